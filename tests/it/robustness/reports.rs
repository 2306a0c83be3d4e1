//! Reports are the suite's own, whole, or not there.

use std::fs;

use super::guarded::{Ended, Guarded, hostile};

const OPTIONS: &[&str] = &["run", "-j", "1", "-s", "happy/one-byte", "--color", "never"];

/// A run with a report, and a client that is told where it will be.
fn with_report(behaviour: &str) -> Ended {
    let guarded = Guarded::new();
    let path = guarded.report();
    let (path, hostile) = (path.to_str().unwrap(), hostile());
    let report = format!("json={path}");
    guarded.run(&[OPTIONS, &["--report", &report, "--", &hostile, behaviour, path]].concat())
}

#[test]
fn a_client_cannot_forge_the_report() {
    for behaviour in ["append", "replace"] {
        let ended = with_report(behaviour);
        ended.tells(1, &["outcome/completes", "does not conform"]);
        assert_eq!(ended.report().unwrap()["summary"]["exit"], 1);
    }
}

#[test]
fn a_folder_that_vanishes_does_not_take_the_verdict_with_it() {
    let guarded = Guarded::new();
    let folder = guarded.place().join("transcripts");
    let (folder, hostile) = (folder.to_str().unwrap(), hostile());
    let report = format!("transcript={folder}");
    let ended = guarded
        .run(&[OPTIONS, &["--report", &report, "--", &hostile, "remove-folder", folder]].concat());
    assert!(ended.code().is_some_and(|code| code != 0), "{ended:#?}");
    let text = ended.text();
    assert!(text.contains("outcome/completes") && text.contains("does not conform"), "{text}");
}

#[test]
fn nothing_is_written_through_a_link_in_the_place_of_a_transcript() {
    let guarded = Guarded::new();
    let (folder, other) = (guarded.place().join("transcripts"), guarded.place().join("other"));
    fs::write(&other, "precious").unwrap();
    let (transcript, report) =
        (folder.join("happy__one-byte.json"), format!("transcript={}", folder.display()));
    let hostile = hostile();
    let [transcript, victim] = [&transcript, &other].map(|path| path.to_str().unwrap());
    let client = ["--", &hostile, "link", transcript, victim];
    let ended = guarded.run(&[OPTIONS, &["--report", &report], &client].concat());
    assert_eq!(ended.read("other"), "precious", "{ended:#?}");
    assert!(ended.read("transcripts/happy__one-byte.json").starts_with('{'));
}

#[test]
fn a_report_that_cannot_be_written_does_not_take_the_verdict_with_it() {
    let hostile = hostile();
    let client: &[&str] = &["--report", "json=/dev/full", "--", &hostile, "reset"];
    let ended = Guarded::new().run(&[OPTIONS, client].concat());
    assert!(ended.code().is_some_and(|code| code != 0), "{ended:#?}");
    let text = ended.text();
    assert!(text.contains("/dev/full") && text.contains("does not conform"), "{text}");
}
