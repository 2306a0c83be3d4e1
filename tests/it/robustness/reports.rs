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
        (folder.join("happy__one-byte.json.gz"), format!("transcript={}", folder.display()));
    let hostile = hostile();
    let [transcript, victim] = [&transcript, &other].map(|path| path.to_str().unwrap());
    let client = ["--", &hostile, "link", transcript, victim];
    let ended = guarded.run(&[OPTIONS, &["--report", &report], &client].concat());
    assert_eq!(ended.read("other"), "precious", "{ended:#?}");
    assert!(ended.files("transcripts").contains(&"happy__one-byte.json.gz".to_owned()));
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

/// The lines of a report on a client that breaks what it can, and the rules of `must` that it breaks.
fn all_wrong(options: &[&str]) -> (Vec<String>, Vec<String>) {
    let guarded = Guarded::new();
    let (report, hostile) = (format!("json={}", guarded.report().display()), hostile());
    let scenarios = ["run", "-s", "happy/*", "-s", "faults/*", "-s", "resume/*", "-s", "key/*"];
    let client = ["--color", "never", "--report", &report, "--", &hostile, "all-wrong"];
    let ended = guarded.run(&[&scenarios, options, &client].concat());
    assert_eq!(ended.code(), Some(1), "{ended:#?}");
    let report = ended.report().unwrap();
    let rules = report["rules"].as_array().unwrap().iter();
    let broken = rules.filter(|rule| rule["level"] == "must" && rule["verdict"] == "broken");
    let broken = broken.map(|rule| rule["id"].as_str().unwrap().to_owned());
    (ended.stdout.lines().map(str::to_owned).collect(), broken.collect())
}

#[test]
fn a_client_that_fails_everywhere_fills_no_more_than_a_screen() {
    for (options, most) in [(&[][..], 60), (&["-v"], 300)] {
        let (lines, broken) = all_wrong(options);
        let text = lines.join("\n");
        assert!(lines.len() <= most, "{} lines: {text}", lines.len());
        // There is room to use, and much to tell.
        assert!(lines.len() > most / 2 && broken.len() > 40, "{}: {broken:?}", lines.len());
        let unnamed: Vec<_> = broken.iter().filter(|id| !text.contains(*id)).collect();
        assert!(unnamed.is_empty(), "{unnamed:?} not in {text}");
        assert!(text.contains("not shown in full (") && text.contains("report json"), "{text}");
        assert!(lines.last().unwrap().ends_with("does not conform (exit 1)"), "{text}");
    }
}
