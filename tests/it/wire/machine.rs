//! What programs find on the machine that they run on, and what becomes of those that are killed.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use slicecheck::harness::{Job, Options, Run, Subject};
use slicecheck::protocol::{Claim, Kept, Outcome, Stored, Transcript};
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::{Scenario, scenarios};

use super::process::{options, run_all};
use crate::cli::client;

fn find(id: &str) -> Arc<Scenario> {
    Arc::clone(scenarios().find(|scenario| scenario.id == id).unwrap())
}

async fn play(id: &str, subject: &Subject) -> Run {
    run_all(&[find(id)], subject, &options(Duration::from_mins(1))).await.pop().unwrap()
}

fn words<const COUNT: usize>(words: [&str; COUNT]) -> Vec<OsString> {
    words.map(OsString::from).into()
}

fn sh(script: &str) -> Subject {
    Subject::Command(words(["sh", "-c", script]))
}

/// What was not met, and why.
fn missed(transcript: &Transcript) -> Vec<&str> {
    let missed = transcript.deviations.iter().filter(|of| !of.has_occurred());
    missed.map(|of| of.reason.as_deref().unwrap_or_default()).collect()
}

fn found(transcript: &Transcript) -> Vec<&'static str> {
    findings(&judge(transcript)).map(|finding| finding.rule.id).collect()
}

#[tokio::test]
async fn the_local_file_is_the_one_of_the_scenario() {
    let name = "printf %s \"${SLICECHECK_FILE##*/}\"; head -c 1 \"$SLICECHECK_FILE\" >&2";
    for (id, script, printed) in [
        ("machine/symlink", "test -L \"$SLICECHECK_FILE\" && printf link", "link"),
        ("machine/name-quoted", name, "a \"quoted\" \\ name; x=y 100%.bin"),
        ("machine/name-unicode", name, "文件 – größe é.bin"),
        ("machine/name-line-end", name, "line\r\nContent-Type: text\r\n\r\nend.bin"),
        ("machine/file-absent", "test -e \"$SLICECHECK_FILE\" || printf none", "none"),
        ("machine/time-zone", "printf %s \"$TZ\"", "Asia/Kathmandu"),
        ("machine/locale-arabic", "printf %s \"$LC_ALL $LANG\"", "ar_EG.UTF-8 ar_EG.UTF-8"),
    ] {
        let run = play(id, &sh(&format!("{script}; exit 1"))).await;
        assert_eq!(String::from_utf8(run.stdout).unwrap(), printed, "{id}");
        let transcript = run.result.unwrap();
        assert_eq!(missed(&transcript), [""; 0], "{id}");
        assert!(transcript.is_exercised(), "{id}");
    }
}

#[tokio::test]
async fn a_persistent_driver_is_started_for_the_environment_of_a_scenario() {
    let script = r#"read -r hello; echo '{"name":"d"}'; read -r canary
echo '{"id":1,"outcome":"unsupported"}'; id=2
while read -r job; do
  echo "$$ $TZ"; echo "{\"id\":$id,\"outcome\":\"api_error\"}"; id=$((id+1))
done"#;
    let subject = Subject::Driver(words(["sh", "-c", script]));
    let scenarios = ["happy/one-byte", "machine/time-zone", "happy/one-byte"].map(find);
    let options = Options { jobs: NonZeroUsize::MIN, ..options(Duration::from_mins(1)) };
    let runs = run_all(&scenarios, &subject, &options).await;
    let printed = runs.iter().map(|run| String::from_utf8(run.stdout.clone()).unwrap());
    let printed: Vec<_> = printed.collect();
    // The process that stays is used before and afterwards.
    assert_eq!(printed[0], printed[2]);
    assert_ne!(printed[0], printed[1]);
    assert!(printed[1].ends_with(" Asia/Kathmandu\n"), "{printed:?}");
    assert_eq!(missed(runs[1].result.as_ref().unwrap()), [""; 0]);
}

/// Root reads every file: there the scenario is not exercised, and says so.
#[tokio::test]
async fn an_unreadable_file_is_not_exercised_for_who_may_read_every_file() {
    let reads = sh("cat \"$SLICECHECK_FILE\" | head -c 1; exit 1");
    let run = play("machine/file-unreadable", &reads).await;
    let transcript = run.result.unwrap();
    if run.stdout.is_empty() {
        assert_eq!(missed(&transcript), [""; 0]);
    } else {
        assert_eq!(missed(&transcript), ["the user whose client this is may read every file"]);
    }
    assert_eq!(transcript.outcome.unwrap().source, Some(Kept::Whole));
}

#[tokio::test]
async fn a_client_that_claims_success_without_a_file_is_told_so() {
    for id in ["machine/file-absent", "machine/file-unreadable"] {
        let transcript = play(id, &sh("exit 0")).await.result.unwrap();
        assert!(found(&transcript).contains(&"outcome/truthful"), "{id}");
    }
}

#[tokio::test]
async fn the_file_becomes_another_while_it_is_sent() {
    let subject =
        Subject::Command(words(["sh", "-c", "\"$0\"; wc -c < \"$SLICECHECK_FILE\"", &client()]));
    for (id, length) in
        [("machine/file-shrinks", 1 << 20), ("machine/file-grows", 2_442_830 + (3 << 19))]
    {
        let run = play(id, &subject).await;
        let printed = String::from_utf8(run.stdout).unwrap();
        assert_eq!(printed.trim().lines().last(), Some(length.to_string().as_str()), "{id}");
        let transcript = run.result.unwrap();
        assert_eq!((missed(&transcript), found(&transcript)), (vec![], vec![]), "{id}");
        // It had read the file by then.
        let Outcome { stored, source, .. } = transcript.outcome.unwrap();
        assert_eq!((stored, source), (Stored::Complete, Some(Kept::Whole)), "{id}");
    }
}

/// Which is what it says, too, on both streams.
const COUNTED: &str = "echo x >> \"$SLICECHECK_STATE/starts\"; \
                       wc -l < \"$SLICECHECK_STATE/starts\" | tee /dev/stderr; \
                       exec \"$0\"";

#[tokio::test]
async fn a_client_that_is_killed_is_started_again_with_the_same_folder() {
    let subject = Subject::Command(words(["sh", "-c", COUNTED, &client()]));
    for id in ["restart/slice-lost", "restart/slice-stored", "restart/last-slice-lost"] {
        let run = play(id, &subject).await;
        for printed in [run.stdout, run.stderr] {
            let printed = String::from_utf8(printed).unwrap();
            let starts: Vec<_> =
                printed.split_whitespace().filter(|word| word.len() == 1).collect();
            assert_eq!(starts, ["1", "2"], "{id}: {printed}");
        }
        let transcript = run.result.unwrap();
        assert_eq!((missed(&transcript), found(&transcript)), (vec![], vec![]), "{id}");
        let outcome = transcript.outcome.unwrap();
        assert_eq!((outcome.claim, outcome.stored), (Claim::Ok, Stored::Complete), "{id}");
    }
}

#[tokio::test]
async fn a_persistent_driver_that_is_killed_is_started_again_and_asked_the_same() {
    let subject = Subject::Driver(words([&client(), "driver"]));
    let run = play("restart/slice-lost", &subject).await;
    let transcript = run.result.unwrap();
    assert_eq!((missed(&transcript), found(&transcript)), (vec![], vec![]));
    let outcome = transcript.outcome.unwrap();
    assert_eq!((outcome.claim, outcome.stored), (Claim::Ok, Stored::Complete));
}

#[tokio::test]
async fn the_folder_that_stays_is_set_in_scenarios_about_it_alone() {
    let subject =
        Subject::Command(words(["sh", "-c", "echo \"$0${SLICECHECK_STATE-unset}\"", "{state}"]));
    let run = play("happy/one-byte", &subject).await;
    assert_eq!(String::from_utf8(run.stdout).unwrap(), "unset\n");
    let ls = "ls \"$SLICECHECK_STATE\"; test \"$0\" = \"$SLICECHECK_STATE\" && echo same";
    let run =
        play("restart/slice-lost", &Subject::Command(words(["sh", "-c", ls, "{state}"]))).await;
    assert_eq!(String::from_utf8(run.stdout).unwrap(), "same\n");
}

#[tokio::test]
async fn why_a_client_in_the_same_process_does_not_meet_these_is_said() {
    let subject = Subject::reference();
    for (id, reasons) in [
        ("machine/symlink", &[] as &[_]),
        ("machine/file-absent", &[]),
        ("machine/file-shrinks", &[]),
        (
            "machine/time-zone",
            &["a client in the same process has the environment of this program"],
        ),
        ("restart/slice-lost", &["a client in the same process cannot be killed"]),
    ] {
        let transcript = play(id, &subject).await.result.unwrap();
        assert_eq!(missed(&transcript), reasons, "{id}");
        assert_eq!(found(&transcript), [""; 0], "{id}");
    }
    let reads_nothing = Subject::function(async |_: Job| Claim::Failed);
    let transcript = play("machine/symlink", &reads_nothing).await.result.unwrap();
    assert_eq!(missed(&transcript), ["the client did not ask for the file on the disk"]);
}
