//! Clients in the same process as the suite.

use std::sync::Arc;
use std::time::Duration;

use slicecheck::harness::{Job, check, reference};
use slicecheck::protocol::Claim;
use slicecheck::report::{View, json_v1};
use slicecheck::results::{Judged, RunVerdict};

use crate::clients::record::is_careful;

#[path = "../../examples/reqwest_client.rs"]
#[expect(dead_code, reason = "its `main` is what the example adds")]
mod reqwest_client;

#[tokio::test]
async fn the_example_over_reqwest_conforms_in_all_scenarios() {
    let checked = check(reqwest_client::upload).all_scenarios().await;
    checked.assert_conforms();
    let mut report = Vec::new();
    json_v1::write(checked.results(), View::default(), &mut report).unwrap();
    is_careful("careful-reqwest", &serde_json::from_slice(&report).unwrap());
}

#[tokio::test]
async fn a_client_that_panics_has_crashed() {
    let checked = check(async |job: Job| -> Claim { panic!("no {}", job.key) });
    let checked = checked.scenarios("happy/one-byte").await;
    let outcome = outcome(&checked);
    assert_eq!(outcome.0, Claim::Crashed);
    assert!(outcome.1.starts_with("it panicked: no /"), "{outcome:?}");
    assert_eq!(checked.verdict(), RunVerdict::Unjudged);
}

/// What the client claims in the first scenario, and in which words.
fn outcome(checked: &slicecheck::harness::Checked) -> (Claim, String) {
    let outcome = checked.results().judged().next().unwrap().outcome.clone().unwrap();
    (outcome.claim, outcome.detail)
}

#[tokio::test]
async fn a_client_that_never_ends_is_dropped_with_its_tasks() {
    let alive = Arc::new(());
    let seen = Arc::clone(&alive);
    let hangs = move |_: Job| {
        let held = Arc::clone(&seen);
        async move {
            let task = Arc::clone(&held);
            tokio::spawn(async move {
                std::future::pending::<()>().await;
                drop(task);
            });
            std::future::pending::<()>().await;
            drop(held);
            Claim::Ok
        }
    };
    let checked = check(hangs).deadline(Duration::from_millis(200)).scenarios("happy/one-byte");
    let checked = checked.await;
    assert_eq!(outcome(&checked), (Claim::Hung, "no answer within 200ms".to_owned()));
    assert_eq!(Arc::strong_count(&alive), 1);
}

/// Rules of which a client that is killed breaks one, whatever else the machine has to do.
const ENDS: [&str; 2] = ["outcome/ends-in-time", "outcome/no-hang"];

/// Which of them a client breaks that uploads and does this after it until it is stopped.
async fn broken_at_the_end<R: Future<Output = ()> + 'static>(
    then: impl Fn() -> R + Send + Sync + Clone + 'static,
) -> Vec<&'static str> {
    let client = move |job: Job| {
        let then = then.clone();
        async move {
            let claimed = reference(job).await;
            then().await;
            claimed
        }
    };
    let checked = check(client).deadline(Duration::from_secs(1)).scenarios("happy/one-byte").await;
    let findings = checked.results().judged().flat_map(Judged::findings);
    findings.map(|finding| finding.rule.id).filter(|id| ENDS.contains(id)).collect()
}

#[tokio::test]
async fn who_computes_too_long_may_need_longer_and_who_waits_for_nothing_hangs() {
    let computes = || async {
        loop {
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(broken_at_the_end(computes).await, ["outcome/ends-in-time"]);
    let on_another_thread = || async {
        let computes = async {
            loop {
                tokio::task::yield_now().await;
            }
        };
        let _ = tokio::spawn(computes).await;
    };
    assert_eq!(broken_at_the_end(on_another_thread).await, ["outcome/ends-in-time"]);
    assert_eq!(broken_at_the_end(std::future::pending).await, ["outcome/no-hang"]);
}

#[tokio::test]
async fn a_client_that_blocks_its_thread_holds_up_nobody() {
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Arc::new(std::sync::Mutex::new(blocked));
    let blocks = move |_: Job| {
        let blocked = Arc::clone(&blocked);
        async move {
            let _ = blocked.lock().unwrap().recv();
            Claim::Ok
        }
    };
    let checked = check(blocks).deadline(Duration::from_millis(200)).scenarios("happy/one-byte");
    let (claim, detail) = outcome(&checked.await);
    assert_eq!(claim, Claim::Hung);
    assert!(detail.ends_with("it blocks its thread, which cannot be ended"), "{detail}");
    drop(release);
}

#[tokio::test]
async fn an_answer_counts_though_what_was_left_running_takes_longer() {
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Arc::new(std::sync::Mutex::new(blocked));
    let answers = move |job: Job| {
        let blocked = Arc::clone(&blocked);
        async move {
            tokio::task::spawn_blocking(move || blocked.lock().unwrap().recv());
            reference(job).await
        }
    };
    let checked = check(answers).deadline(Duration::from_millis(400)).scenarios("happy/one-byte");
    assert_eq!(outcome(&checked.await).0, Claim::Ok);
    drop(release);
}

#[tokio::test]
async fn a_job_names_a_file_that_is_gone_with_the_run() {
    let (tell, told) = std::sync::mpsc::channel();
    let reads = move |job: Job| {
        let tell = tell.clone();
        async move {
            let path = job.file_path().unwrap();
            assert_eq!(job.file_path().unwrap(), path);
            tell.send((std::fs::read(&path).unwrap(), job.file.whole().unwrap(), path)).unwrap();
            reference(job).await
        }
    };
    check(reads).scenarios("happy/one-byte").await.assert_conforms();
    let (read, content, path) = told.recv().unwrap();
    assert_eq!(read, content);
    assert!(!path.exists());
}

#[tokio::test]
async fn what_a_client_gets_wrong_is_in_the_report() {
    let lies = async |job: Job| match reference(job).await {
        (Claim::Failed, detail) => (Claim::Ok, detail),
        honest => honest,
    };
    let checked = check(lies).scenarios("faults/init-refused").await;
    assert_eq!(checked.verdict(), RunVerdict::Violates);
    let text = checked.to_string();
    assert!(text.contains("outcome/") && !text.contains('\x1b'), "{text}");
    // The control is played, too.
    assert!(checked.results().scenarios.len() > 1);
}

#[tokio::test]
async fn an_error_is_a_claim_to_have_failed() {
    let fails = async |_: Job| Err::<(), _>("no network");
    let checked = check(fails).scenarios("happy/one-byte").await;
    assert_eq!(outcome(&checked), (Claim::Failed, "no network".to_owned()));
}

#[tokio::test]
#[should_panic(expected = "no scenario matches \"nosuch/*\"")]
async fn a_pattern_without_a_scenario_is_a_mistake_in_the_test() {
    check(reference).scenarios("nosuch/*").await;
}
