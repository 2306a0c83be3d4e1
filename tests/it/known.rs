//! Findings that are accepted for now, and the control of a fault.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::cli::{broken, report, run, scenario};

/// A file in a folder that goes when the test ends.
fn known_file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known.toml");
    fs::write(&file, text).unwrap();
    (folder, file)
}

fn entry(rule: &str, scenario: &str, more: &str) -> String {
    format!(
        "[[known]]\nrule = \"{rule}\"\nscenario = \"{scenario}\"\nreason = \"ticket 7\"\n{more}\n"
    )
}

const SMALLER: &str = "server-choice/smaller-slice-size";

/// What a client that ignores the service's slice size gets with these entries.
fn with_known(text: &str) -> (Option<i32>, Value) {
    let (_folder, file) = known_file(text);
    report(&["-s", SMALLER, "--known", file.to_str().unwrap()], &["stubborn"])
}

/// An entry for each rule that it breaks there.
fn all_entries(more: &str) -> String {
    let (_, report) = report(&["-s", SMALLER], &["stubborn"]);
    let rules =
        broken(scenario(&report, SMALLER)).into_iter().collect::<std::collections::BTreeSet<_>>();
    rules.into_iter().map(|rule| entry(rule, SMALLER, more)).collect()
}

#[test]
fn a_known_finding_does_not_fail_the_run_and_is_not_counted() {
    let (code, report) = with_known(&all_entries("expires = 2999-12-31"));
    assert_eq!((code, &report["summary"]["verdict"]), (Some(0), &"conforms".into()));
    assert_eq!(report["summary"]["must"], 0);
    let findings = scenario(&report, SMALLER)["findings"].as_array().unwrap();
    assert!(!findings.is_empty() && findings.iter().all(|finding| finding["known"] == true));
    assert_eq!(report["summary"]["known"], findings.len());
    assert!(report["known"].as_array().unwrap().iter().all(|entry| entry["state"] == "matched"));
}

#[test]
fn a_known_finding_of_another_scenario_excuses_nothing() {
    let text = all_entries("").replace(SMALLER, "happy/*");
    let (code, report) = with_known(&text);
    assert_eq!(code, Some(1));
    assert_eq!(report["summary"]["known"], 0);
}

#[test]
fn a_known_finding_that_is_gone_fails_the_run_by_name() {
    let (_folder, file) = known_file(&entry("data/length", "happy/one-*", ""));
    let options = ["-s", "happy/one-byte", "--known", file.to_str().unwrap()];
    let output = run(&options, &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let detail = "✗ data/length in happy/one-* matched nothing: take it out (ticket 7)";
    assert!(text.contains(detail), "{text}");
    let (_, report) = report(&options, &[]);
    assert_eq!(report["known"][0]["state"], "unexpected-pass");
}

#[test]
fn a_known_finding_whose_scenario_was_not_run_says_nothing() {
    let (_folder, file) = known_file(&entry("data/length", SMALLER, ""));
    let (code, report) = report(&["-s", "happy/one-byte", "--known", file.to_str().unwrap()], &[]);
    assert_eq!((code, &report["known"][0]["state"]), (Some(0), &"not-run".into()));
}

#[test]
fn an_entry_past_its_day_excuses_nothing_and_fails_the_run() {
    let (code, report) = with_known(&all_entries("expires = 2017-09-12"));
    assert_eq!((code, &report["known"][0]["state"]), (Some(1), &"expired".into()));
    assert_eq!(report["summary"]["known"], 0);
    assert_ne!(report["summary"]["must"], 0);
}

#[test]
fn what_is_wrong_in_the_file_is_told_with_its_line() {
    let good = entry("data/length", "happy/*", "");
    for (text, detail) in [
        (good.replace("data/length", "data/lenght"), "line 2: there is no rule \"data/lenght\""),
        (good.replace("happy/*", "happier/*"), "line 3: no scenario matches \"happier/*\""),
        (good.replace("happy/*", "happy/["), "line 3: error parsing glob"),
        (good.replace("ticket 7", " "), "line 4: a reason has words"),
        (good.clone() + "expires = 2027-01-31T00:00:00Z\n", "line 6: expected a day"),
        (good.clone() + "until = 2027-01-31\n", "unknown field `until`"),
        (good.replace("reason", "reasons"), "unknown field `reasons`"),
        ("[[known]]\nrule = 5\n".to_owned(), "line 2"),
    ] {
        let (_folder, file) = known_file(&text);
        let output = run(&["--known", file.to_str().unwrap()], &[]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains("known.toml: ") && message.contains(detail), "{message}");
    }
    let output = run(&["--known", "/nonexistent/known.toml"], &[]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn one_line_names_what_fails_a_run_besides_findings() {
    let text =
        "[[known]]\nrule = \"data/length\"\nscenario = \"happy/one-byte\"\nreason = \"gone\"\n";
    let (_folder, file) = known_file(text);
    let output = run(&["-q", "-s", "happy/one-byte", "--known", file.to_str().unwrap()], &[]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("; known data/length in happy/one-byte has to go"), "{told}");
}

#[test]
fn a_draft_makes_the_next_run_pass_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known.toml");
    let file = file.to_str().unwrap();
    let (code, _) = report(&["-s", SMALLER, "--write-known", file], &["stubborn"]);
    assert_eq!(code, Some(1));
    let (code, report) = report(&["-s", SMALLER, "--known", file], &["stubborn"]);
    assert_eq!((code, &report["summary"]["must"]), (Some(0), &0.into()));
    let output = run(&["--write-known", file], &[]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_draft_keeps_the_reasons_and_ends_of_what_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let [file, next] = ["known.toml", "next.toml"].map(|name| folder.path().join(name));
    let path = |file: &std::path::Path| file.to_str().unwrap().to_owned();
    report(&["-s", SMALLER, "--write-known", &path(&file)], &["stubborn"]);
    let drafted = fs::read_to_string(&file).unwrap();
    let accepted = "reason = \"a ticket\"\nexpires = 2999-12-31\n";
    let text = drafted.replacen("reason = \"to be looked at\"\n", accepted, 1);
    assert!(text.contains(accepted), "{drafted}");
    fs::write(&file, &text).unwrap();
    let options = ["-s", SMALLER, "--known", &path(&file), "--write-known", &path(&next)];
    report(&options, &["stubborn"]);
    assert_eq!(fs::read_to_string(&next).unwrap(), text);
}

#[test]
fn the_control_of_a_fault_is_run_with_it() {
    let (_, report) = report(&["-s", "faults/slice-503-once"], &[]);
    let ids: Vec<_> = report["scenarios"].as_array().unwrap().iter().map(|of| &of["id"]).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
}

#[test]
fn what_a_client_does_without_the_fault_too_does_not_count_as_the_faults() {
    let (code, report) = report(&["-s", "faults/slice-503-once"], &["denier"]);
    assert_eq!(code, Some(1));
    let counts = |entry: &Value| {
        entry["findings"].as_array().unwrap().iter().any(|finding| finding["counts"] == true)
    };
    let entries = report["scenarios"].as_array().unwrap();
    let fault = |entry: &&Value| entry["id"] == "faults/slice-503-once";
    assert!(entries.iter().filter(fault).all(|entry| !counts(entry)));
    assert!(entries.iter().filter(|entry| !fault(entry)).any(counts), "{report:#}");
}
