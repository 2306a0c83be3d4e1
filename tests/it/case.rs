//! Scenarios as files: printed, changed, and played.

use std::fs;

use serde_json::Value;

use crate::cli::{broken, report, run, scenario, slicecheck};
use crate::clients::{self, python};
use crate::odd_cases;

/// A file in a folder that goes when the test ends.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.toml");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn printed(id: &str) -> String {
    let output = slicecheck(&["explain", id, "--case"]);
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).unwrap()
}

fn without_time(mut report: Value) -> Value {
    for entry in report["scenarios"].as_array_mut().unwrap() {
        entry["ms"] = 0.into();
        // It names the file of a case.
        entry["replay_command"] = Value::Null;
    }
    report
}

#[test]
fn a_printed_case_gives_the_same_report_as_its_scenario() {
    for id in ["happy/one-byte", "faults/slice-503-once", "resume/hole-in-the-middle"] {
        let (_folder, path) = file(&printed(id));
        let (code, of_case) = report(&["--case", &path, "--seed", "3"], &[]);
        let (expected, of_scenario) = report(&["-s", id, "--seed", "3"], &[]);
        assert_eq!((code, without_time(of_case)), (expected, without_time(of_scenario)), "{id}");
    }
}

#[test]
fn a_case_of_the_user_is_played_and_its_replay_names_the_file() {
    let text = printed("faults/slice-503-once").replace("faults/slice-503-once", "mine/slow");
    let (_folder, path) = file(&text);
    let output = run(&["--case", &path, "--color", "never"], &["denier"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let (_, report) = report(&["--case", &path], &[]);
    let entry = scenario(&report, "mine/slow");
    assert_eq!((&entry["verdict"], &entry["replay"]), (&"pass".into(), &(*path).into()));
    let control = &report["scenarios"][0]["replay"];
    assert!(control.as_str().unwrap().starts_with("1:happy/"), "{control}");
}

#[test]
fn a_saved_case_is_judged_again_with_its_file() {
    let text = printed("faults/slice-503-once").replace("control", "# control");
    let (folder, path) = file(&text.replace("faults/slice-503-once", "mine/slow"));
    let saved = folder.path().join("saved");
    let report = format!("transcript={}", saved.display());
    let shown = ["-v", "--show-secrets", "--color", "never"];
    let options = [&["--case", &path, "--report", &report], &shown[..]].concat();
    let told = String::from_utf8(run(&options, &["denier"]).stdout).unwrap();
    assert!(told.contains(&format!("--seed 1 --case {path} -- ")), "{told}");
    let again = slicecheck(&[&["check", saved.to_str().unwrap()], &shown[..]].concat());
    assert_eq!(String::from_utf8(again.stdout).unwrap(), told);
}

#[test]
#[ignore = "needs Python"]
fn no_odd_case_accuses_a_client_that_takes_every_care() {
    let conforming = [python(), clients::file("conforming.py")];
    for text in odd_cases::odd() {
        // Of a CA that is unknown, only a run over TLS can tell.
        if text.contains("unknown_ca") {
            continue;
        }
        let (_folder, path) = file(&text);
        let run = ["run", "--report", "json=-", "--case", &path, "--"];
        let output = slicecheck(&[&run[..], &conforming.each_ref().map(String::as_str)].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["summary"]["must"], 0, "{text}: {report:#}");
    }
    let (_folder, path) = file(odd_cases::PLAIN);
    let (_, report) = report(&["--case", &path], &["denier"]);
    let entry = scenario(&report, "mine/one");
    assert_eq!(broken(entry), ["outcome/completes"], "{entry:#}");
}

#[test]
fn what_is_wrong_in_a_case_is_told_with_its_place() {
    let good = printed("happy/one-byte");
    let controlled = printed("faults/slice-503-once");
    let control = controlled.lines().find(|line| line.starts_with("control")).unwrap();
    for (text, detail) in [
        (good.replacen("size = 1", "size = one", 1), "case.toml: line "),
        (good.replacen("key = ", "kee = ", 1), "unknown field `kee`"),
        (
            controlled.replace(control, "control = \"hapy/one-slice\""),
            "case.toml: line 3: there is no scenario \"hapy/one-slice\" that could be its control \
             (near: happy/one-slice",
        ),
    ] {
        let (_folder, path) = file(&text);
        let output = slicecheck(&["run", "--case", &path]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(detail), "{message}");
    }
    for arguments in [
        &["run", "--case", "/nonexistent/case.toml"] as &[_],
        &["run", "--case", "case.toml", "-s", "happy/*"],
        &["explain", "data/length", "--case"],
    ] {
        assert_eq!(slicecheck(arguments).status.code(), Some(2), "{arguments:?}");
    }
}
