//! Scenarios as files: printed, changed, and played.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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

/// What a report says of a scenario, but for how long it took and the file that it came from.
fn entry_without_time(report: &Value, id: &str) -> Value {
    let mut entry = scenario(report, id).clone();
    entry["ms"] = 0.into();
    for of_file in ["replay", "replay_command"] {
        entry[of_file] = Value::Null;
    }
    entry
}

#[test]
fn every_printed_case_gives_the_same_report_as_its_scenario() {
    const AT_A_TIME: usize = 4;
    let json = |options: &[&str]| -> Value {
        let output = slicecheck(&[&["run", "--seed", "3", "--report", "json=-"], options].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let all = json(&[]);
    let ids: Vec<_> = all["scenarios"].as_array().unwrap().iter().map(|of| &of["id"]).collect();
    let is_same = |id: &str| {
        let (_folder, path) = file(&printed(id));
        let of_case = entry_without_time(&json(&["--case", &path]), id);
        assert_eq!(of_case, entry_without_time(&all, id), "{id}");
    };
    std::thread::scope(|scope| {
        for ids in ids.chunks(ids.len().div_ceil(AT_A_TIME)) {
            scope.spawn(move || ids.iter().for_each(|id| is_same(id.as_str().unwrap())));
        }
    });
}

#[test]
fn a_printed_case_gives_the_same_findings_as_its_scenario() {
    let id = "faults/slice-503-once";
    let (_folder, path) = file(&printed(id));
    let (code, of_case) = report(&["--case", &path], &["denier"]);
    let (expected, of_scenario) = report(&["-s", id], &["denier"]);
    assert!(!broken(scenario(&of_case, "happy/last-slice-short")).is_empty());
    assert_eq!(code, expected);
    let of_case = entry_without_time(&of_case, id);
    assert_eq!(of_case, entry_without_time(&of_scenario, id));
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
fn a_case_that_was_not_exercised_is_no_pass_of_its_control() {
    // No client asks for a list of an upload that is not there.
    let case = printed("faults/slice-503-once").replace("faults/slice-503-once", "mine/list");
    let faults = "[[behaviour.faults]]\n";
    let case = case.replace(faults, &format!("{faults}trigger = \"list\"\n"));
    let case = case.replace("[behaviour.faults.trigger.slice]\nnth = 1\n", "");
    let (folder, path) = file(&case);
    let exchanges = folder.path().join("exchanges");
    let saved = format!("transcript={}", exchanges.display());
    let (code, report) = report(&["--case", &path, "--report", &saved], &[]);
    assert_eq!(scenario(&report, "mine/list")["verdict"], "not-exercised", "{report:#}");
    assert_eq!((code, &report["summary"]["verdict"]), (Some(4), &"not-exercised".into()));
    // What is read again of it is no pass, either.
    let again = slicecheck(&["check", exchanges.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(4), "{again:#?}");
}

#[test]
fn what_is_drafted_of_a_case_is_known_in_its_next_run() {
    const SMALLER: &str = "server-choice/smaller-slice-size";
    let text = printed(SMALLER).replace(SMALLER, "mine/smaller");
    let (folder, path) = file(&text);
    let known = folder.path().join("known.toml");
    let known = known.to_str().unwrap();
    let (code, _) = report(&["--case", &path, "--write-known", known], &["stubborn"]);
    assert_eq!(code, Some(1));
    let (code, report) = report(&["--case", &path, "--known", known], &["stubborn"]);
    assert_eq!((code, &report["summary"]["must"]), (Some(0), &0.into()), "{report:#}");
    // Elsewhere nothing has this name.
    let elsewhere = run(&["-s", "happy/one-byte", "--known", known], &[]);
    assert_eq!(elsewhere.status.code(), Some(2), "{elsewhere:#?}");
}

#[test]
fn a_reply_that_is_no_utf8_is_none_that_the_built_in_client_relies_on() {
    // A session that the service knows nothing of: who takes the reply cannot succeed.
    let claim = |message: &[u8]| {
        let body = [
            b"{\"code\":0,\"message\":\"",
            message,
            b"\",\"data\":{\"session\":\"8ad1\",\"slice_size\":1048576}}",
        ];
        let base64 = STANDARD.encode(body.concat());
        let reaction = format!(
            "stored = \"nothing\", replied = {{ literal_body = {{ base64 = \"{base64}\" }} }}"
        );
        let fault =
            format!("[[behaviour.faults]]\ntrigger = \"init\"\nreactions = [{{ {reaction} }}]\n");
        let (_folder, path) = file(&format!("{}{fault}", odd_cases::PLAIN));
        let output = slicecheck(&["run", "--report", "json=-", "--case", &path]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        scenario(&report, "mine/one")["claim"].clone()
    };
    assert_eq!(claim("größe".as_bytes()), "failed");
    assert_eq!(claim(b"gr\xf6\xdfe"), "ok");
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
        // Of a certificate, only a run over TLS can tell.
        if text.contains("unknown_ca") || text.contains("certificate") {
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
