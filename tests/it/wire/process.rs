//! Programs under test: how they are started, what they are told, how they end.

use std::ffi::OsString;
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use slicecheck::harness::{
    Event, HarnessError, Introduction, Job, MemoryPermit, Options, Run, Subject, Via, run,
};
use slicecheck::protocol::{Claim, Kept, Receipt, Wishes};
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::Scenario;

use super::scenario;

pub(super) fn options(deadline: Duration) -> Options {
    Options {
        jobs: NonZeroUsize::new(2).unwrap(),
        deadline,
        patience: None,
        via: Via::Endpoint,
        tls: None,
        seed: 1,
        introduction: Introduction::default(),
    }
}

fn sh(script: &str) -> Subject {
    Subject::Command(["sh", "-c", script].map(OsString::from).into())
}

async fn run_one(subject: &Subject, options: &Options) -> Run {
    run_all(&[Arc::clone(scenario())], subject, options).await.pop().unwrap()
}

pub(super) async fn run_all(
    scenarios: &[Arc<Scenario>],
    subject: &Subject,
    options: &Options,
) -> Vec<Run> {
    let mut runs = Vec::new();
    run(scenarios, subject, options, |event| {
        if let Event::Ended(mut run) = event {
            run.share = MemoryPermit::default();
            runs.push(*run);
        }
    })
    .await;
    runs
}

const WITH_A_CHILD: &str = "exec 3>\"$0\"; sh -c 'sleep 600' & echo ready >&3; wait";

/// A fifo that ends, for its reader, when the last process that has it open is dead.
fn lifeline(script: &str) -> (tempfile::TempDir, Subject, JoinHandle<Vec<u8>>, Receiver<()>) {
    let place = tempfile::tempdir().unwrap();
    let fifo = place.path().join("lifeline");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let subject = ["sh".into(), "-c".into(), script.into(), fifo.clone().into()];
    let (ready, wait) = channel();
    let reader = std::thread::spawn(move || {
        let mut fifo = std::fs::File::open(fifo).unwrap();
        let mut heard = vec![0; 6];
        fifo.read_exact(&mut heard).unwrap();
        ready.send(()).unwrap();
        fifo.read_to_end(&mut heard).unwrap();
        heard
    });
    (place, Subject::Command(subject.into()), reader, wait)
}

#[tokio::test]
async fn child_and_grandchild_are_dead_after_the_deadline() {
    let (_place, subject, reader, _ready) = lifeline(WITH_A_CHILD);
    let run = run_one(&subject, &options(Duration::from_secs(2))).await;
    assert_eq!(reader.join().unwrap(), b"ready\n");
    let outcome = run.result.unwrap().outcome.clone().unwrap();
    assert_eq!((outcome.claim, outcome.detail.as_str()), (Claim::Hung, "no answer within 2s"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_and_grandchild_are_dead_after_the_run_is_dropped() {
    let (_place, subject, reader, ready) = lifeline(WITH_A_CHILD);
    let ready = tokio::task::spawn_blocking(move || ready.recv());
    let options = options(Duration::from_mins(10));
    tokio::select! {
        _ = run_one(&subject, &options) => panic!("it does not end"),
        ready = ready => ready.unwrap().unwrap(),
    }
    assert_eq!(reader.join().unwrap(), b"ready\n");
}

#[tokio::test]
async fn a_grandchild_does_not_outlive_the_child() {
    let script = "exec 3>\"$0\"; echo ready >&3; sleep 600 & exit 3";
    let (_place, subject, reader, _ready) = lifeline(script);
    let run = run_one(&subject, &options(Duration::from_secs(30))).await;
    // The end of the fifo is the end of the last process that has it open.
    assert_eq!(reader.join().unwrap(), b"ready\n");
    assert_eq!(run.connections, 0);
    let outcome = run.result.unwrap().outcome.clone().unwrap();
    assert_eq!((outcome.claim, outcome.detail.as_str()), (Claim::Failed, "exit status 3"));
}

#[tokio::test]
async fn captured_output_is_bounded() {
    let script = "i=0; while [ $i -lt 2000 ]; do echo \"$i 0123456789012345678901234567890123456789\
                  0123456789012345678901234567890123456789\"; i=$((i+1)); done; echo no >&2";
    let run = run_one(&sh(script), &options(Duration::from_secs(30))).await;
    assert!(run.stdout.len() < (64 << 10) + 100);
    assert!(run.stdout.starts_with(b"0 0123") && run.stdout.ends_with(b"6789\n"));
    assert_eq!(run.stderr, b"no\n");
}

#[tokio::test]
async fn the_driver_contract_reaches_environment_and_arguments() {
    let script = "test \"$SLICECHECK_FILE\" = \"$1\" && cmp -s \"$1\" \"$SLICECHECK_FILE\" && \
                  echo \"$SLICECHECK_ENDPOINT $0 $SLICECHECK_OP $SLICECHECK_KEY $http_proxy\"";
    let mut command = ["sh", "-c", script, "--at={endpoint}{other}", "{file}"].map(OsString::from);
    let run_it = |command: Vec<OsString>, via| async move {
        let options = Options { via, ..options(Duration::from_secs(30)) };
        let run = run_one(&Subject::Command(command), &options).await;
        (run.result.unwrap(), String::from_utf8(run.stdout).unwrap())
    };
    let (transcript, said) = run_it(command.to_vec(), Via::Endpoint).await;
    assert_eq!(transcript.outcome.as_ref().unwrap().claim, Claim::Ok);
    let key = transcript.job.path.as_ref().unwrap().key.clone();
    let endpoint = said.split(' ').next().unwrap();
    assert!(endpoint.starts_with("http://127.0.0.1:"), "{said}");
    assert_eq!(said, format!("{endpoint} --at={endpoint}{{other}} upload {key} \n"));
    command[3] = "x".into();
    let (_, said) = run_it(command.to_vec(), Via::Proxy).await;
    let start = format!("http://gz.file.myqcloud.com x upload {key} http://127.0.0.1:");
    assert!(said.starts_with(&start), "{said}");
}

#[tokio::test]
async fn what_a_client_does_to_its_file_is_seen_and_told() {
    for (script, kept, broken) in [
        ("cat \"$SLICECHECK_FILE\" > /dev/null; exit 1", Kept::Whole, false),
        ("rm \"$SLICECHECK_FILE\"; exit 1", Kept::Gone, true),
        ("echo more >> \"$SLICECHECK_FILE\"; exit 1", Kept::Altered, true),
    ] {
        let run = run_one(&sh(script), &options(Duration::from_secs(30))).await;
        let transcript = run.result.unwrap();
        assert_eq!(transcript.outcome.as_ref().unwrap().source, Some(kept));
        let rulings = judge(&transcript);
        let told = findings(&rulings).any(|finding| finding.rule.id == "outcome/source-kept");
        assert_eq!(told, broken, "{script}");
    }
}

#[tokio::test]
async fn what_a_function_does_to_its_file_is_seen_if_it_has_asked_for_one() {
    let kept = async |subject: Subject| {
        let run = run_one(&subject, &options(Duration::from_secs(30))).await;
        run.result.unwrap().outcome.unwrap().source
    };
    let removing = async |job: Job| {
        std::fs::remove_file(job.file_path().unwrap()).unwrap();
        Claim::Failed
    };
    assert_eq!(kept(Subject::function(removing)).await, Some(Kept::Gone));
    assert_eq!(kept(Subject::function(async |_: Job| Claim::Failed)).await, None);
}

#[tokio::test]
async fn wishes_are_set_in_scenarios_about_them_and_nowhere_else() {
    let said = async |wishes| {
        let mut scenario = Scenario::clone(scenario());
        scenario.setup.wishes = wishes;
        let script = "echo \"$0 $1 ${SLICECHECK_SHA-unset} ${SLICECHECK_INSERT_ONLY-unset}\"";
        let command = ["sh", "-c", script, "sha={sha}", "only={insert_only}"].map(OsString::from);
        let subject = Subject::Command(command.into());
        let options = options(Duration::from_secs(30));
        let run = run_all(&[Arc::new(scenario)], &subject, &options).await.pop().unwrap();
        String::from_utf8(run.stdout).unwrap()
    };
    let both = Wishes { sha: true, insert_only: Some(false) };
    assert_eq!(said(both).await, "sha=1 only=0 1 0\n");
    let kept = Wishes { sha: false, insert_only: Some(true) };
    assert_eq!(said(kept).await, "sha= only=1 unset 1\n");
    assert_eq!(said(Wishes::default()).await, "sha= only= unset unset\n");
}

#[tokio::test]
async fn a_persistent_driver_is_told_wishes_as_numbers() {
    let mut scenario = Scenario::clone(scenario());
    scenario.setup.wishes = Wishes { sha: true, insert_only: Some(true) };
    let script = r#"read -r hello; echo '{"name":"d"}'; read -r canary
echo '{"id":1,"outcome":"unsupported"}'; read -r job; echo "asked $job"
echo '{"id":2,"outcome":"unsupported"}'"#;
    let subject = Subject::Driver(["sh", "-c", script].map(OsString::from).into());
    let options = options(Duration::from_secs(30));
    let run = run_all(&[Arc::new(scenario)], &subject, &options).await.pop().unwrap();
    let said = String::from_utf8(run.stdout).unwrap();
    let job = said.trim().strip_prefix("asked ").unwrap_or_else(|| panic!("{said}"));
    let job: serde_json::Value = serde_json::from_str(job).unwrap();
    assert_eq!((&job["sha"], &job["insert_only"]), (&1.into(), &1.into()), "{job}");
    assert_eq!(run.result.unwrap().outcome.unwrap().claim, Claim::Unsupported);
}

#[tokio::test]
async fn a_missing_program_is_not_started_and_not_tried_again() {
    let subject = Subject::Command(vec!["/nowhere/no-such-client".into()]);
    let (scenarios, options) =
        ([(); 5].map(|()| Arc::clone(scenario())), options(Duration::from_secs(30)));
    let runs = run_all(&scenarios, &subject, &options).await;
    assert_eq!(runs.len(), 5);
    for run in runs {
        let error = run.result.unwrap_err();
        assert!(matches!(&error, HarnessError::NotStarted { .. }));
        assert!(error.to_string().starts_with("cannot start \"/nowhere/no-such-client\": No such"));
    }
}

#[tokio::test]
async fn the_reference_client_speaks_through_a_real_socket() {
    let run = run_one(&Subject::reference(), &options(Duration::from_secs(30))).await;
    let transcript = run.result.unwrap();
    let first = &transcript.exchanges[0];
    assert!(first.request.head().get("host").is_some_and(|host| host.starts_with("127.0.0.1:")));
    assert_eq!(first.request.head().all("content-length").count(), 1);
    assert_eq!(first.receipt, Receipt::Whole);
}

/// Conversations that nobody has judged fill the memory.
#[tokio::test]
async fn no_scenario_begins_while_as_many_as_may_run_wait_for_the_judge() {
    let scenarios = [(); 7].map(|()| Arc::clone(scenario()));
    let (mut unjudged, mut most, mut held) = (0, 0, Vec::new());
    let on_event = |event| match event {
        Event::Began(_) => {
            unjudged += 1;
            most = most.max(unjudged);
        }
        Event::Ended(run) => {
            held.push(run.share);
            // The judge is two exchanges late, and takes them both at once.
            if held.len() == 2 {
                unjudged -= held.drain(..).count();
            }
        }
    };
    run(&scenarios, &sh("exit 1"), &options(Duration::from_secs(30)), on_event).await;
    assert_eq!((most, held.len()), (2, 1));
}

/// In a session of its own it is out of reach of the group's signals, but not of its environment.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_grandchild_in_a_session_of_its_own_does_not_outlive_the_child() {
    let script = "exec 3>\"$0\"; echo ready >&3; setsid sleep 600 & exit 3";
    let (_place, subject, reader, _ready) = lifeline(script);
    let run = run_one(&subject, &options(Duration::from_secs(30))).await;
    assert_eq!(reader.join().unwrap(), b"ready\n");
    assert_eq!(run.result.unwrap().outcome.unwrap().claim, Claim::Failed);
}
