//! Conversations that were saved are judged as when they were held.

use std::time::Duration;

use serde_json::{Value, json};
use slicecheck::protocol::Transcript;
use slicecheck::report::known::Known;
use slicecheck::report::saved::{self, SavedError};
use slicecheck::report::terminal::View;
use slicecheck::report::{Judged, Report, RunEnd, ScenarioResult, explain, json_v1};
use slicecheck::rules::catalogue;
use slicecheck::scenario::{Scenario, scenarios};

fn report(scenario: &'static Scenario, talk: Transcript) -> Report {
    let result = ScenarioResult {
        scenario,
        judged: Ok(Judged::new(talk)),
        elapsed: Duration::from_nanos(1_234_567_891),
        stdout: b"\xff\x00".to_vec(),
        stderr: b"words".to_vec(),
    };
    Report {
        command: vec!["client".to_owned(), "--flag".to_owned()],
        seed: 1,
        replay_options: Vec::new(),
        strict: false,
        known: Known::default(),
        end: RunEnd::Complete,
        resembles: None,
        results: vec![result],
    }
}

fn written(report: &Report) -> String {
    saved::write(report, &report.results[0]).unwrap().unwrap()
}

fn as_json(report: &Report) -> String {
    let mut json = Vec::new();
    json_v1::write(report, View::default(), &mut json).unwrap();
    String::from_utf8(json).unwrap()
}

/// All that a report says of it, and what is written the second time.
fn survives(scenario: &'static Scenario, talk: Transcript) {
    let before = report(scenario, talk);
    let text = written(&before);
    let saved = saved::read(text.as_bytes()).unwrap();
    assert_eq!((saved.seed, &saved.command), (1, &before.command));
    assert_eq!(saved.result.stdout, before.results[0].stdout);
    let after = Report { results: vec![saved.result], ..report(scenario, scenario.rehearse(1)) };
    assert_eq!(as_json(&after), as_json(&before), "{}", scenario.id);
    assert!(written(&after) == text, "{} is not written as it was read", scenario.id);
}

#[test]
fn every_scenario_is_judged_the_same_from_disk() {
    for scenario in scenarios() {
        survives(scenario, scenario.rehearse(1));
    }
}

#[test]
fn every_counterexample_is_judged_the_same_from_disk() {
    for rule in catalogue() {
        let scenario = scenarios().find(|of| of.id == rule.counterexample.scenario).unwrap();
        let (_, talk) = explain::counterexample(rule).unwrap();
        survives(scenario, talk);
    }
}

#[test]
fn slices_are_written_once() {
    let scenario = scenarios().find(|of| of.id == "happy/exact-multiple").unwrap();
    let talk = scenario.rehearse(1);
    let once = talk.assignment.file.len() * 4 / 3;
    let text = written(&report(scenario, talk));
    assert!(text.len() < once + 32_768, "{} bytes for a file of {once} in base64", text.len());
}

fn altered(change: impl FnOnce(&mut Value)) -> Result<saved::Saved, SavedError> {
    let scenario = scenarios().find(|of| of.id == "happy/one-slice").unwrap();
    let mut value =
        serde_json::from_str(&written(&report(scenario, scenario.rehearse(1)))).unwrap();
    change(&mut value);
    saved::read(value.to_string().as_bytes())
}

#[test]
fn what_is_wrong_in_a_saved_conversation_is_told() {
    assert!(altered(|_| ()).is_ok());
    let error = |change: fn(&mut Value)| altered(change).err().unwrap().to_string();
    let slice = |value: &mut Value, piece: Value| value["exchanges"][1]["request"][1] = piece;
    assert_eq!(
        error(|value| value["version"] = json!(2)),
        "saved in version 2 of the format, not 1"
    );
    assert_eq!(
        error(|value| value["scenario"] = json!("happy/end")),
        "there is no scenario \"happy/end\""
    );
    assert_eq!(
        altered(|value| slice(value, json!({"file": {"start": 5, "end": 9_000_000}})))
            .err()
            .unwrap()
            .to_string(),
        "request 2: bytes 5 to 9000000 of a file of 1048576"
    );
    assert!(altered(|value| slice(value, json!({"file": {"start": 9, "end": 5}}))).is_err());
    assert_eq!(
        altered(|value| slice(value, json!({"base64": "*"}))).err().unwrap().to_string(),
        "request 2: Invalid symbol 42, offset 0."
    );
    let huge = vec![json!({"file": {"start": 0, "end": 1_048_576}}); 1100];
    assert_eq!(
        altered(|value| value["exchanges"][1]["request"] = json!(huge)).err().unwrap().to_string(),
        "it unfolds to more than 268435456 bytes"
    );
    let cut = saved::read(b"{\"version\":1,").err().unwrap().to_string();
    assert!(cut.starts_with("no saved conversation: EOF"), "{cut}");
    assert!(altered(|value| drop(value["exchanges"][0]["witness"].take())).is_err());
}

#[test]
fn of_more_exchanges_than_a_run_keeps_the_rest_is_dropped_and_said_so() {
    let kept = |count: usize| {
        let saved = altered(|document| {
            let Value::Array(exchanges) = &mut document["exchanges"] else {
                panic!("no exchanges")
            };
            let first = exchanges[0].clone();
            exchanges.resize(count, first);
        });
        let transcript = saved.unwrap().result.judged.unwrap().transcript;
        (transcript.exchanges.len(), transcript.overflowed)
    };
    assert_eq!(kept(4096), (4096, false));
    assert_eq!(kept(4097), (4096, true));
}
