//! A driver that stays: started once, told what to do in lines of JSON.

use std::process::Output;

use serde_json::Value;

use crate::cli::{broken, client, scenario, slicecheck};

const OPTIONS: &[&str] = &["-s", "happy/*", "-s", "key/*", "-j", "2", "--deadline", "5s"];

fn drive(options: &[&str], misbehaviour: &str) -> Output {
    let client = client();
    let command = ["--driver", "--", &client, "driver", misbehaviour];
    slicecheck(&[&["run"], OPTIONS, options, &command].concat())
}

fn report(misbehaviour: &str) -> (Option<i32>, Value) {
    let output = drive(&["--report", "json=-"], misbehaviour);
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

/// Whether all scenarios passed but this one.
fn only_one_byte_failed(report: &Value) -> bool {
    let all = report["scenarios"].as_array().unwrap();
    let failed = all.iter().filter(|entry| entry["verdict"] != "pass");
    failed.map(|entry| entry["id"].as_str().unwrap()).eq(["happy/one-byte"])
}

#[test]
fn a_persistent_driver_is_judged_like_a_process_per_scenario() {
    let (code, report) = report("");
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!(report["summary"]["must"], 0);
    assert!(report["scenarios"].as_array().unwrap().len() > 5);
}

#[test]
fn a_driver_that_dies_is_started_again_and_only_its_scenario_is_blamed() {
    let (code, report) = report("dies");
    let entry = scenario(&report, "happy/one-byte");
    assert_eq!((code, &entry["claim"]), (Some(1), &"crashed".into()));
    assert!(broken(entry).contains(&"outcome/no-crash"), "{entry:#}");
    assert!(only_one_byte_failed(&report), "{report:#}");
}

#[test]
fn a_driver_that_ends_in_success_after_an_answer_is_started_again() {
    let (code, report) = report("leaves");
    assert_eq!(code, Some(0), "{report:#}");
    assert!(report["scenarios"].as_array().unwrap().len() > 5);
}

#[test]
fn a_driver_that_ends_in_success_within_an_upload_is_blamed() {
    let (code, report) = report("quits");
    let all = report["scenarios"].as_array().unwrap();
    assert_eq!(code, Some(1), "{report:#}");
    assert!(all.iter().any(|entry| entry["claim"] == "crashed"), "{report:#}");
}

#[test]
fn a_driver_that_does_not_answer_is_killed_at_the_deadline() {
    let (code, report) = report("sleeps");
    let entry = scenario(&report, "happy/one-byte");
    assert_eq!((code, &entry["claim"]), (Some(1), &"hung".into()));
    assert!(only_one_byte_failed(&report), "{report:#}");
}

#[test]
fn a_driver_that_does_what_nobody_can_do_is_not_judged() {
    let output = drive(&[], "gullible");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("it answered outcome ok to the operation"), "{text}");
}

#[test]
fn a_program_that_is_no_driver_is_not_judged() {
    for (command, detail) in [
        (
            &["sh", "-c", "echo first >&2; echo last >&2; exit 5"] as &[&str],
            "ended before it answered",
        ),
        (&["cat"], "{\"hello\":1}: no answer within 1s"),
        (&["/nonexistent/driver"], "cannot start"),
    ] {
        let options = ["run", "-s", "happy/*", "--deadline", "1s", "--driver", "--"];
        let output = slicecheck(&[&options, command].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains(detail), "{text}");
    }
    assert_eq!(slicecheck(&["run", "--driver"]).status.code(), Some(2));
}

#[test]
fn what_a_driver_prints_between_its_answers_is_shown_where_it_failed() {
    let output = drive(&["-v"], "stubborn");
    assert_eq!(output.status.code(), Some(0));
    let client = client();
    let command = ["--driver", "--", &client, "driver", "stubborn"];
    let run = ["run", "-s", "server-choice/smaller-slice-size"];
    let text = String::from_utf8(slicecheck(&[&run as &[_], &command].concat()).stdout).unwrap();
    assert!(text.contains("log: \"/slicecheck/smaller-slices"), "{text}");
    assert!(text.contains("slicecheck run --driver --replay 1:server-choice"), "{text}");
}
