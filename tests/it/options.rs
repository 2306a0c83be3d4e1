//! What options and the machine's environment do to a client, and to the line that plays it again.

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
