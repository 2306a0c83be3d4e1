//! A service that falls silent, and clients that wait.

use std::time::Duration;

use serde_json::Value;
use slicecheck::harness::{Checked, Job, check, reference};
use slicecheck::protocol::Claim;
use slicecheck::results::RunVerdict;
use slicecheck::spec::Level;

use crate::cli::slicecheck;

/// Longer than any client of these tests takes.
const LONG: Duration = Duration::from_mins(10);

/// What was found in each scenario that is about silence.
fn found(checked: &Checked) -> Vec<(&str, Vec<(&str, Level)>)> {
    let scenarios = checked.results().scenarios.iter();
    let silent = scenarios.filter(|of| of.judged.id().starts_with("patience/"));
    let rules = |of: &slicecheck::results::ScenarioResult| -> Vec<_> {
        of.findings.iter().map(|it| (it.finding.rule.id, it.finding.rule.level())).collect()
    };
    silent.map(|of| (of.judged.id(), rules(of))).collect()
}

#[tokio::test]
async fn a_client_that_is_still_waiting_in_the_end_breaks_no_must() {
    // The built-in client has a timeout, which is longer than this.
    let checked = check(reference).patience(Duration::from_secs(1)).scenarios("patience/*").await;
    let found = found(&checked);
    assert_eq!(found.len(), 6);
    for (scenario, rules) in found {
        assert_eq!(rules, [("outcome/reply-timeout", Level::Should)], "{scenario}");
    }
    let text = checked.to_string();
    assert_eq!(checked.verdict(), RunVerdict::Conforms, "{text}");
    let outcomes = checked.results().judged().filter_map(|judged| judged.outcome.clone());
    let waited = outcomes.filter(|outcome| outcome.claim == Claim::Hung);
    let details: Vec<_> = waited.map(|outcome| outcome.detail).collect();
    assert_eq!(details, ["still waiting for a reply after 1s (--patience)"; 6]);
}

/// The built-in client, which claims this where it has no reply after some seconds and is not in a control.
async fn claiming(claim: Claim, job: Job) -> (Claim, String) {
    if !job.key.ends_with("/patience.bin") {
        return reference(job).await;
    }
    let upload = tokio::time::timeout(Duration::from_secs(5), reference(job)).await;
    upload.unwrap_or((claim, "no reply came".to_owned()))
}

#[tokio::test]
async fn who_gives_up_waiting_and_says_so_conforms() {
    let checked = check(|job| claiming(Claim::Failed, job)).patience(LONG);
    let checked = checked.scenarios("patience/*").await;
    let found = found(&checked);
    assert_eq!(found.len(), 6);
    for (scenario, rules) in found {
        // That finish may be asked about is a note.
        assert!(rules.iter().all(|(_, level)| *level == Level::Note), "{scenario}: {rules:?}");
    }
    assert_eq!(checked.verdict(), RunVerdict::Conforms, "{checked}");
}

#[tokio::test]
async fn who_takes_silence_for_success_breaks_a_must() {
    let checked = check(|job| claiming(Claim::Ok, job)).patience(LONG);
    let checked = checked.scenarios("patience/*").await;
    let found = found(&checked);
    assert_eq!(found.len(), 6);
    for (scenario, rules) in found {
        assert!(rules.iter().any(|(_, level)| *level == Level::Must), "{scenario}: {rules:?}");
    }
}

#[test]
fn who_asks_again_is_answered_and_completes_the_upload() {
    let options = ["--patience", "2m", "--strict", "-s", "patience/*", "--report", "json=-"];
    let output = slicecheck(&[&["run"], &options as &[_]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["summary"]["exit"], 0, "{report:#}");
    let scenarios = report["scenarios"].as_array().unwrap().iter();
    let silent = scenarios.filter(|of| of["id"].as_str().unwrap().starts_with("patience/"));
    let mut count = 0;
    for scenario in silent {
        assert_eq!((&scenario["verdict"], &scenario["claim"]), (&"pass".into(), &"ok".into()));
        count += 1;
    }
    assert_eq!(count, 6);
}

#[test]
fn silence_is_played_only_where_patience_is_given() {
    let output = slicecheck(&["run", "-s", "patience/*"]);
    assert_eq!(output.status.code(), Some(4));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("no scenario matches \"patience/*\""), "{told}");
    assert!(told.contains("--patience"), "{told}");
    let listed = String::from_utf8(slicecheck(&["scenarios"]).stdout).unwrap();
    assert!(listed.contains("patience/finish-not-done"), "{listed}");
    assert!(slicecheck(&["explain", "patience/init"]).status.success());
}
