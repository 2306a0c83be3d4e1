//! A run in parts, and the parts put together.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::{client, slicecheck};

const BUILT_IN: &[&str] = &[];
const SMALLER: &str = "server-choice/smaller-slice-size";

/// Runs parts of these scenarios with the example client; the paths of their reports.
fn parts(folder: &Path, of: usize, options: &[&str], words: &[&str]) -> Vec<String> {
    let all = (1..=of).map(|number| {
        let file = folder.join(format!("{number}.json")).to_str().unwrap().to_owned();
        let (shard, report) = (format!("{number}/{of}"), format!("json={file}"));
        let own = ["run", "--shard", &shard, "--report", &report];
        let client = client();
        let client: &[&str] = if words == BUILT_IN { &[] } else { &["--", &client] };
        slicecheck(&[&own, options, client, words].concat());
        file
    });
    all.collect()
}

/// What `merge` ends with, the report that it writes, and what it tells.
fn merge(options: &[&str], files: &[String]) -> (Option<i32>, Value, String) {
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let output = slicecheck(&[&["merge", "--out", "-"], options, &files].concat());
    let told = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default(), told)
}

/// Without what differs from run to run, and without the mutant that is only looked for in whole runs.
fn comparable(mut report: Value) -> Value {
    for scenario in report["scenarios"].as_array_mut().unwrap() {
        scenario["ms"] = 0.into();
    }
    report["summary"]["resembles"] = Value::Null;
    report
}

#[test]
fn the_parts_of_a_run_are_merged_to_the_report_of_the_whole_run() {
    let options = ["-s", "server-choice/*", "-s", "slice/*"];
    let (code, whole) = crate::cli::report(&options, &["stubborn"]);
    let folder = tempfile::tempdir().unwrap();
    let files = parts(folder.path(), 3, &options, &["stubborn"]);
    let (merged, report, told) = merge(&[], &files);
    assert_eq!((code, merged), (Some(1), Some(1)), "{told}");
    assert!(whole["summary"]["must"].as_u64() > Some(0));
    assert_eq!(comparable(report), comparable(whole));
    assert!(told.contains("data/length"), "{told}");
}

#[test]
fn a_part_that_was_stopped_stands_for_the_end_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["-s", "happy/*", "--max-fail", "1"];
    let stopped = parts(folder.path(), 2, &options, &["denier"]);
    let whole = tempfile::tempdir().unwrap();
    let complete = parts(whole.path(), 2, &["-s", "happy/*"], &["denier"]);
    for files in
        [[stopped[0].clone(), complete[1].clone()], [complete[0].clone(), stopped[1].clone()]]
    {
        let (code, report, told) = merge(&[], &files);
        assert_eq!((code, &report["summary"]["end"]), (Some(1), &"stopped".into()), "{told}");
    }
}

#[test]
fn a_finding_is_discounted_by_a_control_of_another_part() {
    let options = ["-s", "{happy,faults}/*"];
    let (_, whole) = crate::cli::report(&options, &["liar"]);
    let folder = tempfile::tempdir().unwrap();
    let (_, report, _) = merge(&[], &parts(folder.path(), 2, &options, &["liar"]));
    assert_eq!(report["summary"]["discounted"], whole["summary"]["discounted"]);
    assert_eq!(comparable(report), comparable(whole));
}

#[test]
fn what_are_not_all_parts_of_one_run_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["-s", "happy/*"];
    let files = parts(folder.path(), 2, &options, BUILT_IN);
    let refused = |files: &[String], words: &str| {
        let (code, _, told) = merge(&[], files);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(words), "{told}");
    };
    refused(&files[..1], "part 2 of 2 is missing");
    refused(&[files[1].clone(), files[1].clone()], "2.json: part 2 again");
    let other = tempfile::tempdir().unwrap();
    let others = parts(other.path(), 2, &[&options[..], &["--seed", "2"]].concat(), BUILT_IN);
    refused(&[files[0].clone(), others[1].clone()], "its seed is not that of the first file");
    let three = parts(other.path(), 3, &options, BUILT_IN);
    refused(&[files[0].clone(), three[1].clone()], "its number of parts is not that");
    // Dealt from another selection, a scenario is of another part.
    let fewer = parts(other.path(), 2, &["-s", "happy/*", "-s", "!happy/one-slice"], BUILT_IN);
    refused(&[files[0].clone(), fewer[1].clone()], "they did not play the same selection");
    let whole = folder.path().join("whole.json").to_str().unwrap().to_owned();
    slicecheck(&["run", "-s", "happy/one-byte", "--report", &format!("json={whole}")]);
    refused(&[whole], "it was run without --shard");
    let text = folder.path().join("text.json");
    fs::write(&text, "[]").unwrap();
    refused(&[text.to_str().unwrap().to_owned()], "text.json: no JSON report");
}

#[test]
fn a_known_finding_that_is_gone_is_told_when_all_parts_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let known = folder.path().join("known.toml");
    let entry = "[[known]]\nrule = \"data/length\"\nscenario = \"happy/*\"\nreason = \"7\"\n";
    fs::write(&known, entry).unwrap();
    let options = ["-s", "happy/*", "--known", known.to_str().unwrap()];
    let files = parts(folder.path(), 2, &options, BUILT_IN);
    for file in &files {
        let part: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        assert_eq!(
            (&part["summary"]["exit"], &part["known"][0]["state"]),
            (&0.into(), &"not-run".into())
        );
    }
    let (code, report, told) = merge(&[], &files);
    assert_eq!((code, &report["known"][0]["state"]), (Some(1), &"unexpected-pass".into()));
    assert!(told.contains("known finding data/length in happy/*: unexpected-pass"), "{told}");
}

#[test]
fn a_merged_report_that_cannot_be_written_hides_no_violation() {
    let folder = tempfile::tempdir().unwrap();
    for (words, code, verdict) in
        [(BUILT_IN, 2, "no rule is broken"), (&["stubborn"], 1, "data/length")]
    {
        let files = parts(folder.path(), 2, &["-s", "server-choice/*"], words);
        let files: Vec<_> = files.iter().map(String::as_str).collect();
        let output = slicecheck(&[&["merge", "--out", "/dev/full"], files.as_slice()].concat());
        let [text, told] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(text.contains(verdict), "{text}");
        assert!(told.contains("error: /dev/full: No space left on device"), "{told}");
    }
}

#[test]
fn how_much_is_required_is_asked_of_the_whole_run() {
    let folder = tempfile::tempdir().unwrap();
    let files = parts(folder.path(), 2, &["-s", "happy/*"], BUILT_IN);
    assert_eq!(merge(&["--require-exercised", "happy=100"], &files).0, Some(0));
    assert_eq!(merge(&["--require-exercised", "faults=1"], &files).0, Some(4));
    let refused = slicecheck(&["run", "--shard", "1/2", "--require-exercised", "happy=1"]);
    assert_eq!(refused.status.code(), Some(2));
    // The built-in client is no process that could be started again.
    let files = parts(folder.path(), 2, &["-s", "{happy,restart}/*"], BUILT_IN);
    let (code, report, told) = merge(&["--require-exercised", "restart=100"], &files);
    assert_eq!(
        (code, &report["summary"]["missed"][0]["topic"]),
        (Some(1), &"restart".into()),
        "{told}"
    );
    assert!(told.contains("100 % are required"), "{told}");
}

#[test]
fn a_part_without_a_scenario_and_one_that_there_is_not_are_refused() {
    let code = |shard: &str| {
        let output = slicecheck(&["run", "-s", SMALLER, "--shard", shard]);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for shard in ["0/2", "3/2", "1", "1/0", "a/b", "1/2/3"] {
        assert_eq!(code(shard).0, Some(2), "{shard}");
    }
    let (code, told) = code("9/9");
    assert_eq!(code, Some(4));
    assert!(told.contains("there are only 2 scenarios"), "{told}");
}

#[test]
fn a_glob_in_a_report_that_is_too_large_ends_in_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let files = parts(folder.path(), 2, &["-s", "happy/*"], BUILT_IN);
    for file in &files {
        let mut part: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let glob = "{a,b}".repeat(200_000);
        part["known"] = serde_json::json!([
            {"rule": "data/length", "scenario": glob, "reason": "7", "expires": null, "state": "not-run"}
        ]);
        fs::write(file, part.to_string()).unwrap();
    }
    let (code, report, told) = merge(&[], &files);
    assert_eq!((code, &report["known"][0]["state"]), (Some(0), &"not-run".into()), "{told}");
}

#[test]
fn parts_that_do_not_fit_together_or_contradict_themselves_are_refused() {
    let [folder, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let known = |name: &str, rule: &str| {
        let path = folder.path().join(name).to_str().unwrap().to_owned();
        let entry = format!("[[known]]\nrule = \"{rule}\"\nscenario = \"key/*\"\nreason = \"7\"\n");
        fs::write(&path, entry).unwrap();
        path
    };
    let [one, two] = [known("one.toml", "data/length"), known("two.toml", "init/filesize")];
    let refused = |files: &[String], words: &str| {
        let (code, _, told) = merge(&[], files);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(words), "{told}");
    };
    let of = |folder: &Path, options: &[&str], words| parts(folder, 2, options, words);
    let happy = of(folder.path(), &["-s", "happy/*", "--known", &one], BUILT_IN);
    assert_eq!(merge(&[], &happy).0, Some(0), "the control");
    let others = of(other.path(), &["-s", "happy/*", "--known", &two], BUILT_IN);
    refused(&[happy[0].clone(), others[1].clone()], "its list of known findings is not that");
    let keys = of(other.path(), &["-s", "key/*", "--known", &one], BUILT_IN);
    refused(&[happy[0].clone(), keys[1].clone()], "they did not play the same selection");

    let failing = of(folder.path(), &["-s", "server-choice/*"], &["stubborn"]);
    assert_eq!(merge(&[], &failing).0, Some(1), "the control");
    let change = |change: &dyn Fn(&mut Value)| {
        let changed = failing.iter().enumerate().map(|(number, file)| {
            let mut part: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
            change(&mut part["summary"]);
            let file = other.path().join(format!("changed{number}.json"));
            fs::write(&file, part.to_string()).unwrap();
            file.to_str().unwrap().to_owned()
        });
        changed.collect::<Vec<_>>()
    };
    refused(&change(&|summary| summary["exit"] = 0.into()), "its exit code, and its verdict");
    let conforms = |summary: &mut Value| {
        summary["exit"] = 0.into();
        summary["verdict"] = "conforms".into();
    };
    refused(&change(&conforms), "its exit code, and its findings");
    refused(&change(&|summary| summary["must"] = 0.into()), "break a must");
    refused(&change(&|summary| summary["exit"] = 9.into()), "its exit code");
    refused(&change(&|summary| summary["end"] = "interrupted".into()), "how it ended");
    assert_eq!(merge(&[], &change(&|_| ())).0, Some(1), "the control");
}
