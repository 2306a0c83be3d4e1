//! What options and the machine's environment do to a client, and to the line that plays it again.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::cli::run;

/// What a client claims that says "unsupported" if this shell test is true, and fails otherwise.
fn claim(options: &[&str], test: &str) -> Value {
    let script = format!("{test} && exit 89; exit 1");
    let mut command = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env(name, "http://127.0.0.1:1").env(name.to_uppercase(), "http://127.0.0.1:1");
    }
    command.args(["run", "--report", "json=-", "-s", "happy/one-byte"]).args(options);
    let output = command.args(["--", "sh", "-c", &script]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["scenarios"][0]["claim"].clone()
}

#[test]
fn a_client_hears_of_the_tap_as_a_proxy_and_of_no_other() {
    let none = "test -z \"$http_proxy$HTTP_PROXY$https_proxy$HTTPS_PROXY$all_proxy$ALL_PROXY\"";
    assert_eq!(claim(&[], none), "unsupported");
    assert_eq!(claim(&[], "test -z \"$no_proxy$NO_PROXY\""), "unsupported");
    let tap = "test \"$http_proxy\" = \"$SLICECHECK_PROXY\" && test -n \"$http_proxy\"";
    assert_eq!(claim(&["--via", "proxy"], tap), "unsupported");
    let both = "test \"$HTTP_PROXY\" = \"$http_proxy\"";
    assert_eq!(claim(&["--via", "proxy"], both), "unsupported");
    assert_eq!(claim(&["--via", "proxy"], none), "failed");
}

#[test]
fn a_replay_line_has_the_options_that_change_what_a_client_meets() {
    let replays = |options: &[&str]| {
        let place = ["-s", "server-choice/smaller-slice-size", "--color", "never"];
        let output = run(&[&place, options].concat(), &["stubborn"]);
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find(|line| line.trim_start().starts_with("replay")).unwrap();
        let (_, line) = line.split_once("slicecheck run ").unwrap();
        line.split_once(" --replay").unwrap_or(("", line)).0.to_owned()
    };
    assert_eq!(replays(&[]), "");
    assert_eq!(replays(&["--strict"]), "--strict");
    assert_eq!(replays(&["--deadline", "90s", "--strict"]), "--strict --deadline 1m30s");
    assert_eq!(replays(&["--patience", "7s"]), "--patience 7s");
}

#[test]
fn what_the_file_of_options_requires_counts_for_what_is_selected() {
    let folder = tempfile::tempdir().unwrap();
    let file = |text: &str| fs::write(folder.path().join("slicecheck.toml"), text).unwrap();
    let code = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
        let output = command.arg("run").args(words).current_dir(folder.path()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let case = folder.path().join("case.toml");
    fs::write(&case, "id = \"mine/one\"\nkey = \"/a.bin\"\n[file]\nsize = 3000\n").unwrap();
    file("require-exercised = [\"faults=90\", \"restart=100\"]\n");
    for words in [
        &["--replay", "1:happy/one-byte"][..],
        &["--replay", "1:faults/slice-503-once"],
        &["--case", case.to_str().unwrap()],
        &["-s", "happy/one-byte"],
        &["-s", "faults/slice-503-once"],
    ] {
        let (code, told) = code(words);
        assert_eq!(code, Some(0), "{words:?}: {told}");
    }
    // The built-in client is no process that could be started again.
    let missed = code(&["-s", "{happy,restart}/*"]);
    assert_eq!(missed.0, Some(1), "what is selected is required: {}", missed.1);
    let given = code(&["-s", "happy/one-byte", "--require-exercised", "faults=90"]);
    assert_eq!(given.0, Some(4));
    assert!(given.1.contains("no scenario of the topic faults is selected"), "{}", given.1);
}
