//! Conversations that were saved are judged as when they were held.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use slicecheck::client::ClientPolicy;
use slicecheck::protocol::Transcript;
use slicecheck::report::saved::{self, SavedError};
use slicecheck::report::{View, explain, json_v1};
use slicecheck::results::{Played, Results, Run, RunEnd, Terms};
use slicecheck::rules::catalogue;
use slicecheck::scenario::{Scenario, Simulation, scenarios};

fn run() -> Run {
    let command = vec!["client".to_owned(), "--flag".to_owned()];
    let [name, version] = ["a client", "1.2"].map(|text| Some(text.to_owned()));
    Run { command, name, version, seed: 1, ..Run::default() }
}

fn played(scenario: &Arc<Scenario>, transcript: Transcript) -> Played {
    Played {
        scenario: Arc::clone(scenario),
        transcript,
        elapsed: Duration::from_nanos(1_234_567_891),
        stdout: b"\xff\x00".to_vec(),
        stderr: b"detail".to_vec(),
    }
}

fn written(played: &Played) -> String {
    saved::write(&run(), played, View { show_secrets: true, ..View::default() }).unwrap()
}

fn as_json(played: &Played) -> String {
    let judged = vec![played.judge()];
    let results =
        Results::resolve(run(), Terms::default(), RunEnd::Complete, judged, NonZeroUsize::MIN);
    let mut json = Vec::new();
    json_v1::write(&results, View::default(), &mut json).unwrap();
    String::from_utf8(json).unwrap()
}

/// What the reference client does there, with a file of an eighth of its size: the same, in less time.
fn in_small(scenario: &Scenario) -> Transcript {
    Simulation::in_small(scenario, 1).play(&ClientPolicy::REFERENCE)
}

/// All that a report says of it, and what is written the second time.
fn survives(scenario: &Arc<Scenario>, transcript: Transcript) {
    let before = played(scenario, transcript);
    let text = written(&before);
    let saved = saved::read(text.as_bytes()).unwrap();
    assert_eq!(saved.run, run());
    assert_eq!(saved.played.stdout, before.stdout);
    assert_eq!(as_json(&saved.played), as_json(&before), "{}", scenario.id);
    assert!(written(&saved.played) == text, "{} is not written as it was read", scenario.id);
}

#[test]
fn every_scenario_is_judged_the_same_from_disk() {
    for scenario in scenarios() {
        survives(scenario, in_small(scenario));
    }
}

#[test]
fn every_scenario_gives_the_same_report_from_its_file() {
    for scenario in scenarios() {
        let read = Arc::new(Scenario::from_toml(&scenario.to_toml()).unwrap());
        let [of_case, of_scenario] = [&read, scenario].map(|of| as_json(&played(of, in_small(of))));
        assert_eq!(of_case, of_scenario, "{}", scenario.id);
    }
}

#[test]
fn every_counterexample_is_judged_the_same_from_disk() {
    for rule in catalogue() {
        let scenario = scenarios().find(|of| of.id == rule.counterexample.scenario).unwrap();
        let (_, transcript) = explain::counterexample(rule).unwrap();
        survives(scenario, transcript);
    }
}

#[test]
fn slices_are_written_once() {
    let scenario = scenarios().find(|of| of.id == "happy/exact-multiple").unwrap();
    let transcript = scenario.simulate(1);
    let once = transcript.job.file.as_ref().unwrap().whole().unwrap().len() * 4 / 3;
    let text = written(&played(scenario, transcript));
    assert!(text.len() < once + 32_768, "{} bytes for a file of {once} in base64", text.len());
}

#[test]
fn a_file_that_follows_from_the_seed_is_not_written() {
    let scenario = scenarios().find(|of| of.id == "happy/exact-multiple").unwrap();
    let text = written(&played(scenario, scenario.simulate(1)));
    assert!(text.len() < 65_536, "{}", text.len());
    let mut other = scenario.simulate(1);
    other.job.file = Some(vec![b'x'; 4096].into());
    survives(scenario, other.clone());
    assert!(written(&played(scenario, other)).contains("xxxxxxxx"));
    let refused = altered(|value| value["job"]["generated"] = json!("0")).err().unwrap();
    assert_eq!(refused.to_string(), "this version makes another file of the seed");
    assert!(altered(|value| value["seed"] = json!(2)).is_err());
    // What follows from the seed is known of the catalogue alone: a file of somebody else's may be of any size.
    let of_another = altered(|value| {
        let scenario = scenarios().find(|of| of.id == "happy/one-slice").unwrap();
        value["scenario"] = json!("mine/one-slice");
        value["setup"] = json!(scenario.to_toml().replace("happy/one-slice", "mine/one-slice"));
    });
    let of_another = of_another.err().unwrap();
    assert!(matches!(of_another, SavedError::Generated), "{of_another}");
}

fn altered(change: impl FnOnce(&mut Value)) -> Result<saved::Saved, SavedError> {
    let scenario = scenarios().find(|of| of.id == "happy/one-slice").unwrap();
    let mut value =
        serde_json::from_str(&written(&played(scenario, scenario.simulate(1)))).unwrap();
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
    let zeros = |count: u64| altered(|value| slice(value, json!({"zeros": count})));
    let request = zeros(4096).unwrap().played.transcript.exchanges.remove(1).request;
    assert!(request.raw().windows(4096).any(|bytes| bytes == [0; 4096]));
    let too_many = zeros(u64::MAX).err().unwrap().to_string();
    assert_eq!(too_many, "it unfolds to more than 268435456 bytes");
    let whole = vec![json!({"file": {"start": 0, "end": 1_048_576}}); 16];
    let unfolding = |value: &mut Value| {
        let exchanges = value["exchanges"].as_array_mut().unwrap();
        let mut large = exchanges[1].clone();
        large["request"] = json!(whole);
        exchanges.extend(vec![large; 16]);
    };
    let error_of = |result: Result<saved::Saved, SavedError>| result.err().unwrap().to_string();
    assert_eq!(error_of(altered(unfolding)), "it unfolds to more than 268435456 bytes");
    assert!(
        error(|value| value["stdout"] = json!(vec![""; 17])).contains("a list of more than 16")
    );
    let cut = saved::read(&b"{\"version\":1,"[..]).err().unwrap().to_string();
    assert!(
        cut.starts_with("not a transcript that `run --report transcript=FOLDER` has saved: EOF"),
        "{cut}"
    );
    assert!(altered(|value| drop(value["exchanges"][0]["receipt"].take())).is_err());
}

#[test]
fn more_exchanges_than_a_run_keeps_are_no_saved_conversation() {
    let read = |count: usize| {
        altered(|document| {
            let Value::Array(exchanges) = &mut document["exchanges"] else {
                panic!("no exchanges")
            };
            let first = exchanges[0].clone();
            exchanges.resize(count, first);
        })
    };
    let transcript = read(4096).unwrap().played.transcript;
    assert_eq!((transcript.exchanges.len(), transcript.overflowed), (4096, false));
    let error = read(4097).err().unwrap().to_string();
    assert!(error.contains("a list of more than 4096 at line"), "{error}");
}

#[test]
fn what_is_no_json_of_ours_is_told_with_its_place() {
    let error = |text: String| saved::read(text.as_bytes()).err().unwrap().to_string();
    for (text, detail) in [
        ("[".repeat(1_000_000), "at line 1 column"),
        (format!("{{\"more\":{}", "[".repeat(1_000_000)), "line 1 column"),
        ("{\"version\":1,\"version\":1}".to_owned(), "duplicate field `version` at line 1 column"),
        (format!("{{\"version\":{}}}", "9".repeat(5000)), "at line 1 column"),
        ("{\"version\":1e999}".to_owned(), "number out of range at line 1 column"),
        ("{\"scenario\":\"\\ud800\"}".to_owned(), "at line 1 column"),
    ] {
        let error = error(text);
        assert!(error.contains(detail), "{error}");
    }
}

#[test]
fn bytes_that_are_hard_to_escape_are_written_in_base64() {
    let scenario = scenarios().find(|of| of.id == "happy/one-slice").unwrap();
    let mut played = played(scenario, scenario.simulate(1));
    let without = written(&played).len();
    played.stdout = vec![0; 60_000];
    assert!(written(&played).len() < without + 81_000);
    let saved = saved::read(written(&played).as_bytes()).unwrap();
    assert_eq!(saved.played.stdout, vec![0; 60_000]);
}

#[test]
fn a_key_that_is_not_ours_is_told_with_its_place() {
    let error = |change: fn(&mut Value)| altered(change).err().unwrap().to_string();
    let misspelt = error(|value| {
        let file = value["job"]["generated"].take();
        value["job"].as_object_mut().unwrap().remove("generated");
        value["job"]["fiel"] = file;
    });
    assert!(misspelt.contains("unknown field `fiel`"), "{misspelt}");
    assert!(misspelt.contains("at line 1 column"), "{misspelt}");
    for place in ["/job", "/exchanges/0", ""] {
        let more = altered(|value| value.pointer_mut(place).unwrap()["more"] = json!(1));
        let more = more.err().unwrap().to_string();
        assert!(more.contains("unknown field `more`"), "{place}: {more}");
    }
    let number = error(|value| value["job"]["appid"] = json!(7));
    assert!(number.contains("invalid type: integer `7`, expected a string"), "{number}");
    for (key, all) in
        [("bucket", "appid, bucket and key"), ("secret_id", "secret_id and secret_key")]
    {
        let some = altered(|value| drop(value["job"].as_object_mut().unwrap().remove(key)));
        assert_eq!(some.err().unwrap().to_string(), format!("job: of {all}, some are missing"));
    }
    let keys = ["appid", "bucket", "key", "secret_id", "secret_key"];
    let without = altered(|value| {
        value["job"].as_object_mut().unwrap().retain(|key, _| !keys.contains(&key.as_str()));
    });
    assert!(without.unwrap().played.transcript.job.path.is_none(), "the control: all or none");
}

#[test]
fn a_recording_that_does_not_say_how_it_ended_is_not_exercised() {
    let verdict = |change: fn(&mut Value)| {
        let judged = altered(change).unwrap().played.judge().judged.unwrap();
        let reasons = judged.reasons().into_iter().map(str::to_owned).collect::<Vec<_>>();
        (judged.is_exercised(), reasons)
    };
    let reason = vec!["the recording does not say how the upload ended".to_owned()];
    assert_eq!(verdict(|_| ()), (true, vec![]));
    assert_eq!(verdict(|value| value["outcome"] = json!(null)), (false, reason.clone()));
    let absent = |value: &mut Value| drop(value.as_object_mut().unwrap().remove("outcome"));
    assert_eq!(verdict(absent), (false, reason));
}

#[test]
fn what_a_recording_does_not_say_of_a_deviation_did_not_occur() {
    let scenario = scenarios().find(|of| of.id == "faults/slice-503-once").unwrap();
    let written: Value =
        serde_json::from_str(&written(&played(scenario, scenario.simulate(1)))).unwrap();
    let judged = |deviations: Option<Value>| {
        let mut value = written.clone();
        match deviations {
            Some(list) => value["deviations"] = list,
            None => drop(value.as_object_mut().unwrap().remove("deviations")),
        }
        let saved = saved::read(value.to_string().as_bytes()).unwrap();
        let judged = saved.played.judge().judged.unwrap();
        (judged.is_exercised(), judged.reasons().join("; "))
    };
    let planned = written["deviations"].clone();
    assert!(judged(Some(planned)).0, "the control: it is as it was written");
    for less in [None, Some(json!([]))] {
        let (is_exercised, reasons) = judged(less);
        assert!(!is_exercised);
        assert_eq!(reasons, "the recording does not say whether it occurred");
    }
}

#[test]
fn lists_that_no_run_writes_are_refused_before_they_take_memory() {
    let error = |change: fn(&mut Value)| altered(change).err().unwrap().to_string();
    assert!(altered(|value| value["deviations"] = json!(vec![deviation(4096); 2])).is_ok());
    let many = error(|value| value["deviations"] = json!(vec![deviation(0); 4097]));
    assert!(many.contains("a list of more than 4096"), "{many}");
    let often = error(|value| value["deviations"] = json!([deviation(4097)]));
    assert!(often.contains("a list of more than 4096"), "{often}");
    let words = error(|value| value["command"] = json!(["client", "x".repeat(5 << 20)]));
    assert_eq!(words, "command: more than 4194304 bytes");
    let name = error(|value| value["client_name"] = json!("x".repeat(5 << 20)));
    assert_eq!(name, "client_name: more than 4194304 bytes");
}

fn deviation(occurred: usize) -> Value {
    json!({"what": "x", "occurred": vec![json!({"exchange": 0, "attempt": 1}); occurred]})
}
