//! Real clients, judged: what each does wrong is on record.
//!
//! They need more than Cargo, so that `cargo test` leaves them out and `.ci/run` installs what they
//! need with `tests/it/clients/install.sh FOLDER`. `SLICECHECK_TEST_PYTHON` names the interpreter in
//! FOLDER/python/bin that has their libraries, `SLICECHECK_TEST_NODE` FOLDER, for its packages of Node.

mod browser;
mod explained;
mod planted;
pub(crate) mod record;
pub(crate) mod through_plan;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

pub(crate) use record::page;

use crate::fingerprint;
use crate::snapshot::assert_snapshot;

#[test]
#[ignore = "needs Python"]
fn a_client_that_takes_every_care_passes_every_scenario_without_a_finding() {
    let report = judge(&["--strict"], &[&python(), &file("conforming.py")]);
    let summary = &report["summary"];
    assert_eq!(summary["exit"], 0, "{}", page(&report));
    assert_eq!((&summary["must"], &summary["should"]), (&0.into(), &0.into()), "{}", page(&report));
    let mut unreadable = 0;
    for scenario in entries(&report["scenarios"]) {
        // Root reads every file.
        let reason = scenario["deviations"][0]["reason"].as_str().unwrap_or_default();
        if reason == "the user whose client this is may read every file" {
            assert_eq!(scenario["id"], "machine/file-unreadable");
            unreadable += 1;
        } else {
            assert_eq!(scenario["verdict"], "pass", "{scenario:#}");
        }
    }
    let scenarios = &report["summary"]["exercised"]["scenarios"];
    assert_eq!(scenarios[0].as_u64().unwrap() + unreadable, scenarios[1].as_u64().unwrap());
}

#[test]
#[ignore = "needs Python"]
fn a_client_that_takes_every_care_asks_again_where_no_reply_comes() {
    // Less than it may wait, and more than a reply takes on a busy machine.
    let timeout = [("TIMEOUT", "10")];
    let options = ["--strict", "--patience", "5m", "-s", "patience/*"];
    let report = judge_with(&timeout, &options, &[&python(), &file("conforming.py")]);
    assert_eq!(report["summary"]["exit"], 0, "{}", page(&report));
    for scenario in entries(&report["scenarios"]) {
        assert_eq!((&scenario["verdict"], &scenario["claim"]), (&"pass".into(), &"ok".into()));
    }
}

#[test]
#[ignore = "needs Python"]
fn the_fingerprint_of_a_client_that_takes_every_care_is_on_record() {
    let found = fingerprint::of(&["--", &python(), &file("conforming.py")]);
    assert_snapshot("fingerprints", "conforming", &found);
}

#[test]
#[ignore = "needs Python"]
fn a_client_with_slices_under_way_has_no_finding() {
    let report = judge(&["--strict"], &[&python(), &file("parallel.py"), "10"]);
    assert_eq!(report["summary"]["exit"], 0, "{}", page(&report));
}

/// Whether a scenario is about slices: faults of finish are met by whole files, too.
fn is_about_slices(id: &str) -> bool {
    const TOPICS: [&str; 5] = ["server-choice", "session", "resume", "echo", "storage"];
    const NAMES: [&str; 3] = ["slice", "list", "init"];
    let (topic, name) = id.split_once('/').unwrap();
    TOPICS.contains(&topic) || NAMES.iter().any(|start| name.starts_with(start))
}

#[test]
#[ignore = "needs Python"]
fn whoever_sends_whole_files_passes_no_scenario_about_slices() {
    let client = [&*python(), &file("whole_file.py")];
    let report = judge(&[], &client);
    let of_slices: Vec<_> = entries(&report["scenarios"])
        .iter()
        .filter(|scenario| is_about_slices(text(&scenario["id"])))
        .collect();
    assert!(of_slices.len() > 60, "{}", of_slices.len());
    for scenario in of_slices {
        assert_ne!(scenario["verdict"], "pass", "{scenario:#}");
    }
    // Other scenarios pass, and no slice was ever sent.
    assert_eq!(report["summary"]["exit"], 4, "{}", page(&report));
    let report = judge(&["-s", "faults/slice*"], &client);
    assert_eq!(report["summary"]["exit"], 4, "{}", page(&report));
    assert_eq!(report["summary"]["exercised"]["topics"]["faults"][0], 0);
    let report = judge(&["--require-exercised", "faults=90", "-s", "faults/*"], &client);
    assert_eq!(report["summary"]["exit"], 1);
    assert_eq!(report["summary"]["missed"][0]["topic"], "faults");
}

#[test]
#[ignore = "needs Python"]
fn faults_on_a_slice_follow_a_client_whose_slices_are_large() {
    let options = ["-s", "faults/slice*", "-s", "storage/*"];
    let report = judge(&options, &[&python(), &file("three_mib.py")]);
    let mut occurred = 0;
    for scenario in entries(&report["scenarios"]) {
        for deviation in entries(&scenario["deviations"]) {
            let has_occurred = !entries(&deviation["occurred"]).is_empty();
            occurred += usize::from(has_occurred);
            assert!(has_occurred || deviation["reason"].is_string(), "{scenario:#}");
        }
    }
    assert!(occurred > 10, "{report:#}");
}

#[test]
#[ignore = "needs Python"]
fn a_client_that_ignores_the_slice_size_is_caught_with_a_right_object() {
    let id = "server-choice/smaller-slice-size";
    let report = judge(&["--scenario", id], &[&python(), &file("stubborn.py")]);
    // Its control is run with it, and stands beside it.
    let mut scenarios = entries(&report["scenarios"]).iter();
    let scenario = scenarios.find(|scenario| scenario["id"] == id).expect("the scenario was run");
    assert_eq!((&scenario["claim"], &scenario["stored"]), (&"ok".into(), &"complete".into()));
    let caught = entries(&scenario["findings"])
        .iter()
        .any(|finding| text(&finding["rule"]).starts_with("data/") && finding["level"] == "must");
    assert!(caught, "{}", page(&report));
    assert_eq!(report["summary"]["exit"], 1);
}

/// The JSON report on a client.
pub(crate) fn judge(options: &[&str], client: &[&str]) -> Value {
    judge_with(&[], options, client)
}

/// The same, with these variables in the environment of the client.
fn judge_with(variables: &[(&str, &str)], options: &[&str], client: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_slicecheck"))
        // Not a matter of speed: a busy machine must not turn a slow start into a hang.
        .args(["run", "--report", "json=-", "--jobs", "2", "--deadline", "60s"])
        .args(options)
        .arg("--")
        .args(client)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).expect(&said);
    let exit = output.status.code().map(i64::from);
    assert_eq!(report["summary"]["exit"].as_i64(), exit, "{said}");
    assert_ne!(report["summary"]["verdict"], "unjudged", "{said}");
    report
}

pub(crate) fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients");
    folder.join(name).to_str().unwrap().to_owned()
}

pub(crate) fn python() -> String {
    std::env::var("SLICECHECK_TEST_PYTHON").unwrap_or("python3".to_owned())
}

pub(crate) fn entries(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
