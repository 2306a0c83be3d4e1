//! The program, as a shell sees it. The clients are built by Cargo: nothing else is needed.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::snapshot::assert_snapshot;

pub(crate) fn slicecheck(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_slicecheck")).args(arguments).output().unwrap()
}

/// The example client of this package.
pub(crate) fn client() -> String {
    static CLIENT: OnceLock<String> = OnceLock::new();
    CLIENT.get_or_init(|| example("client")).clone()
}

/// Cargo without what the Cargo that runs this test has told the test: build scripts of dependencies ask to
/// be run again when `CARGO_PKG_NAME` and its like change, and all that depends on them is built again.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        }) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// The path of an example. `cargo test` has built it, `cargo test --test it` has not.
pub(crate) fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_slicecheck")).parent().unwrap();
    let mut cargo = cargo();
    cargo.args(["build", "--quiet", "--example", name, "--target-dir"]);
    cargo.arg(folder.parent().unwrap());
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap().success());
    folder.join("examples").join(name).to_str().unwrap().to_owned()
}

pub(crate) fn run(options: &[&str], misbehaviour: &[&str]) -> Output {
    let client = client();
    let arguments = [&["run"], options, &["--", &client], misbehaviour].concat();
    slicecheck(&arguments)
}

pub(crate) fn report(options: &[&str], misbehaviour: &[&str]) -> (Option<i32>, Value) {
    let output = run(&[&["--report", "json=-"], options].concat(), misbehaviour);
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

pub(crate) fn scenario<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["scenarios"].as_array().unwrap().iter().find(|entry| entry["id"] == id).unwrap()
}

pub(crate) fn broken(scenario: &Value) -> Vec<&str> {
    let findings = scenario["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["rule"].as_str().unwrap()).collect()
}

#[test]
fn the_built_in_client_conforms() {
    let output = slicecheck(&["run", "--strict"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("the built-in reference client: conforms"), "{text}");
    assert!(text.contains("not exercised: "), "{text}");
}

#[test]
fn a_conforming_program_has_no_finding_in_any_scenario() {
    let (code, report) = report(&["--strict"], &[]);
    assert_eq!(report["summary"]["verdict"], "conforms", "{report:#}");
    let counts = ["must", "should", "note"].map(|level| report["summary"][level].as_u64().unwrap());
    assert_eq!((code, counts), (Some(0), [0, 0, 0]));
}

#[test]
fn ignoring_the_smaller_slice_size_is_caught_although_the_object_is_right() {
    let (code, report) = report(&["-s", "server-choice/*"], &["stubborn"]);
    let entry = scenario(&report, "server-choice/smaller-slice-size");
    assert_eq!((&entry["claim"], &entry["stored"]), (&"ok".into(), &"complete".into()));
    assert!(broken(entry).contains(&"data/length"), "{entry:#}");
    assert_eq!(code, Some(1));
}

#[test]
fn claiming_success_for_what_is_not_stored_is_caught_by_the_truth_rule() {
    let (code, report) = report(&["-s", "faults/slice-code-always"], &["liar"]);
    let entry = scenario(&report, "faults/slice-code-always");
    assert_eq!((&entry["claim"], &entry["stored"]), (&"ok".into(), &"absent".into()));
    assert!(broken(entry).contains(&"outcome/truthful"), "{entry:#}");
    assert_eq!(code, Some(1));
}

#[test]
fn denying_an_upload_that_succeeded_is_caught() {
    let (code, report) = report(&["-s", "happy/one-byte"], &["denier"]);
    assert_eq!(broken(scenario(&report, "happy/one-byte")), ["outcome/completes"]);
    assert_eq!(code, Some(1));
}

#[test]
fn a_crash_and_a_hang_are_findings_of_their_own() {
    let (_, crashed) = report(&["-s", "happy/one-byte"], &["crash"]);
    let entry = scenario(&crashed, "happy/one-byte");
    assert_eq!(entry["claim"], "crashed");
    assert!(broken(entry).contains(&"outcome/no-crash"));
    let (_, hung) = report(&["-s", "happy/one-byte", "--deadline", "3s"], &["hang"]);
    let entry = scenario(&hung, "happy/one-byte");
    assert_eq!(entry["claim"], "hung");
    assert!(broken(entry).contains(&"outcome/no-hang"));
    assert!(!broken(entry).contains(&"outcome/no-crash"));
    // That the connection is closed at the end is no sign of life.
    let (exit, hung) = report(&["-s", "happy/one-byte", "--deadline", "3s"], &["hang-within"]);
    let entry = scenario(&hung, "happy/one-byte");
    assert_eq!((exit, &entry["claim"]), (Some(1), &"hung".into()));
    assert!(broken(entry).contains(&"outcome/no-hang"));
}

/// Nobody waits for the deadline of a client that has had more than its share.
#[test]
fn a_client_that_never_gives_up_is_ended_long_before_its_deadline() {
    let options = ["-s", "happy/one-byte", "--deadline", "1h"];
    let (exit, storm) = report(&options, &["storm"]);
    let entry = scenario(&storm, "happy/one-byte");
    assert_eq!((exit, &entry["claim"]), (Some(1), &"hung".into()));
    assert_eq!(entry["exchanges"], 4096);
    let broken = broken(entry);
    assert!(broken.contains(&"outcome/no-hang") && broken.contains(&"outcome/within-bounds"));
}

#[test]
fn a_client_that_never_sends_a_request_is_not_judged() {
    for misbehaviour in ["bystander", "silent"] {
        let (code, report) = report(&["-s", "happy/*"], &[misbehaviour]);
        assert_eq!((code, &report["summary"]["verdict"]), (Some(3), &"unjudged".into()));
    }
    let missing = slicecheck(&["run", "--", "/nonexistent/client"]);
    assert_eq!(missing.status.code(), Some(3));
    let text = String::from_utf8(missing.stdout).unwrap();
    assert!(text.contains("cannot start \"/nonexistent/client\""), "{text}");
}

#[test]
fn a_client_that_sends_garbage_is_a_finding_and_not_a_panic() {
    let (code, report) = report(&["-s", "happy/*"], &["garbage"]);
    assert_eq!(code, Some(1));
    assert!(broken(scenario(&report, "happy/one-slice")).contains(&"request/line"), "{report:#}");
}

#[test]
fn a_client_that_supports_nothing_exercises_nothing() {
    let (code, report) = report(&["-s", "happy/*"], &["unsupporting"]);
    assert_eq!(code, Some(4));
    assert_eq!(scenario(&report, "happy/one-slice")["verdict"], "unsupported");
}

#[test]
fn usage_errors_and_empty_selections_have_exit_codes_of_their_own() {
    assert_eq!(slicecheck(&["run", "-s", "nosuch/*"]).status.code(), Some(4));
    let unmet = slicecheck(&["run", "-s", "happy/*", "--require-exercised", "faults=1"]);
    assert_eq!(unmet.status.code(), Some(4));
    assert!(String::from_utf8(unmet.stderr).unwrap().contains("no scenario of the topic faults"));
    for arguments in [
        &["run", "--nosuch"] as &[_],
        &["run", "--deadline", "0s"],
        &["run", "--jobs", "0"],
        &["run", "--replay", "1:nosuch/scenario"],
        &["run", "--replay", "happy/one-slice"],
        &["run", "--report", "xml=-"],
        &["run", "--report", "json="],
        &["run", "--report", "json=/nonexistent/directory/report.json"],
        &["run", "-s", "a{b"],
        &["run", "--require-exercised", "faults"],
        &["run", "--require-exercised", "nosuch=90"],
        &["run", "--require-exercised", "faults=101"],
        &["explain", "nosuch/rule"],
        &["nosuch"],
        &[],
    ] {
        let output = slicecheck(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_report_but_for_the_time() {
    let report = |seed: &str, jobs: &str| {
        let (_, mut report) =
            report(&["--seed", seed, "-j", jobs, "-s", "{happy,echo}/*"], &["stubborn"]);
        for entry in report["scenarios"].as_array_mut().unwrap() {
            entry["ms"] = 0.into();
        }
        report
    };
    assert_eq!(report("7", "1"), report("7", "3"));
}

#[test]
fn the_json_report_has_the_fields_of_version_1() {
    let (_, report) = report(&["-s", "server-choice/smaller-slice-size"], &["stubborn"]);
    let keys = |value: &Value| -> Vec<String> {
        let mut keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    assert_eq!(
        keys(&report),
        ["client", "known", "rules", "scenarios", "seed", "summary", "tool", "version"]
    );
    assert_eq!((&report["version"], &report["tool"]["name"]), (&1.into(), &"slicecheck".into()));
    let expected = "discounted end exercised exit known missed must not_exercised not_played note \
                    resembles should verdict";
    assert_eq!(keys(&report["summary"]).join(" "), expected);
    assert_eq!(keys(&report["summary"]["exercised"]), ["scenarios", "topics"]);
    assert_eq!(report["summary"]["exercised"]["topics"]["server-choice"], json!([1, 1]));
    let entry = scenario(&report, "server-choice/smaller-slice-size");
    for key in [
        "id",
        "verdict",
        "claim",
        "stored",
        "exchanges",
        "ms",
        "replay",
        "replay_command",
        "findings",
    ] {
        assert!(!entry[key].is_null(), "{key}");
    }
    assert_eq!(keys(&entry["deviations"][0]), ["always", "occurred", "reason", "what"]);
    assert_eq!(entry["deviations"][0]["occurred"], json!([0]));
    let finding = &entry["findings"][0];
    for key in ["rule", "level", "exchange", "at", "expected", "found", "span", "known", "counts"] {
        assert!(!finding[key].is_null(), "{key}");
    }
    assert!(finding.as_object().unwrap().contains_key("discounted"));
    assert!(finding["related"].is_array());
    assert!(finding["span"]["start"].as_u64() < finding["span"]["end"].as_u64());
    let expected = ["broken", "clause", "fix", "held", "id", "level", "summary", "verdict", "why"];
    assert_eq!(keys(&report["rules"][0]), expected);
}

#[test]
fn a_replay_token_runs_that_scenario_alone() {
    let (_, first) = report(&["--seed", "9", "-s", "server-choice/*"], &["stubborn"]);
    let entry = scenario(&first, "server-choice/smaller-slice-size");
    let (_, again) = report(&["--replay", entry["replay"].as_str().unwrap()], &["stubborn"]);
    assert_eq!(again["scenarios"].as_array().unwrap().len(), 1);
    assert_eq!(again["scenarios"][0]["findings"], entry["findings"]);
    assert_eq!(again["seed"], "9");
}

#[test]
fn what_a_client_prints_cannot_command_the_terminal() {
    let output = run(&["-s", "happy/one-byte", "-v", "--color", "never"], &["noise"]);
    let (out, _) = (String::from_utf8(output.stdout).unwrap(), output.stderr);
    assert!(!out.contains('\x1b') && !out.contains('\u{202e}') && !out.contains('\x07'), "{out}");
}

#[test]
fn the_report_of_a_broken_rule_is_at_most_25_lines() {
    let output = run(&["--color", "never", "-v"], &["stubborn"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for block in text.split("\n\n").filter(|block| block.starts_with('✗')) {
        assert!(block.lines().count() <= 25, "{block}");
        for needed in ["clause", "source", "scenario", "expected", "found", "replay"] {
            assert!(!block.contains("  must  ") || block.contains(needed), "{needed}: {block}");
        }
    }
    assert!(text.contains("✗ data/length"), "{text}");
}

#[test]
fn the_report_of_an_ignored_slice_size_is_its_snapshot() {
    let both = "{happy/last-slice-short,server-choice/smaller-slice-size}";
    let output = run(&["-s", both, "--color", "never"], &["stubborn"]);
    let text = String::from_utf8(output.stdout).unwrap();
    // The lines that name the catalogue's rules would change with each new one.
    let is_count = |line: &&str| line.starts_with("rules ") || line.contains("not exercised: ");
    let stable: Vec<String> =
        text.lines().filter(|line| !is_count(line)).map(without_noise).collect();
    assert_snapshot("reports", "terminal", &stable.join("\n").replace(&client(), "./client"));
}

/// Hides what differs between runs: moments.
fn without_noise(line: &str) -> String {
    if line.starts_with("time  ") {
        return "time       0.0 s in all scenarios".to_owned();
    }
    match (line.find(", +"), line.ends_with(" ms")) {
        (Some(at), true) => format!("{}, +0.0 ms", &line[..at]),
        _ => line.to_owned(),
    }
}

#[test]
fn lists_name_every_id_in_both_formats() {
    for (list, ids) in [
        ("rules", slicecheck::rules::catalogue().map(|rule| rule.id).collect::<Vec<_>>()),
        (
            "scenarios",
            slicecheck::scenario::scenarios().map(|scenario| scenario.id.as_str()).collect(),
        ),
        ("spec", slicecheck::spec::clauses().map(|clause| clause.id).collect()),
    ] {
        let json = slicecheck(&[list, "--format", "json"]);
        let entries: Vec<Value> = serde_json::from_slice(&json.stdout).unwrap();
        let listed: Vec<_> = entries.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
        assert_eq!(listed, ids);
        let text = String::from_utf8(slicecheck(&[list]).stdout).unwrap();
        assert!(ids.iter().all(|id| text.contains(id)));
    }
}

#[test]
fn every_id_can_be_explained() {
    for id in ["data/offset-aligned", "resume/init-in-progress", "data-offset-grid", "-4019"] {
        let output = slicecheck(&["explain", id]);
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8(output.stdout).unwrap().starts_with(id));
    }
}

#[test]
fn mutants_of_all_sets_can_be_explained_with_what_they_were_written_from() {
    for (id, source) in [
        ("spec/path-latin1", Some("path-decodes")),
        ("public/alpakka-plus", Some("akka/alpakka#838")),
        ("trying/once", None),
    ] {
        let text = String::from_utf8(slicecheck(&["explain", id]).stdout).unwrap();
        assert!(text.starts_with(id), "{text}");
        let written = text.lines().find_map(|line| line.strip_prefix("Written from "));
        assert_eq!(written, source.map(|source| format!("{source}.")).as_deref());
    }
    let clause = String::from_utf8(slicecheck(&["explain", "path-decodes"]).stdout).unwrap();
    assert!(clause.contains("spec/path-latin1"), "{clause}");
}

#[test]
fn an_id_that_is_not_remembered_whole_is_completed() {
    let output = slicecheck(&["explain", "Offset-aligned"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().ends_with("there is data/offset-aligned\n"));
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_no_child_and_no_grandchild() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let client = client();
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("ids");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let script =
        format!("exec 3>'{}'; echo $$ >&3; \"$0\" hang again & echo $! >&3; wait", pipe.display());
    let mut run = Command::new(env!("CARGO_BIN_EXE_slicecheck"))
        .args(["run", "-j", "1", "-s", "happy/one-byte", "--", "sh", "-c", &script, &client])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(std::fs::File::open(&pipe).unwrap()).lines();
    let ids: Vec<i32> = (0..2).map(|_| lines.next().unwrap().unwrap().parse().unwrap()).collect();
    let interrupted = rustix::process::Pid::from_child(&run);
    rustix::process::kill_process(interrupted, rustix::process::Signal::INT).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    // Both held the pipe open; that it ends means that both are gone.
    assert!(lines.next().is_none());
    for id in ids {
        let pid = rustix::process::Pid::from_raw(id).unwrap();
        // Its files are closed a moment before it is dead.
        while rustix::process::test_kill_process(pid).is_ok() && !is_zombie(id) {
            std::thread::yield_now();
        }
    }
}

/// Dead, but not yet collected by whoever inherited it.
#[cfg(unix)]
fn is_zombie(id: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat"))
        .is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')))
}

#[test]
fn the_name_of_a_program_is_taken_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    // In its arguments this would be the key.
    let program = folder.path().join("{key}");
    std::fs::copy(client(), &program).unwrap();
    let program = program.to_str().unwrap();
    let output = slicecheck(&["run", "-s", "happy/one-byte", "--", program]);
    assert_eq!(output.status.code(), Some(0), "{output:#?}");
}

#[test]
fn a_client_may_open_as_many_files_as_a_run_needs() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("limits");
    let run = format!(
        "ulimit -S -n 256; exec \"$0\" run -s happy/one-byte -- sh -c 'ulimit -n > {0}; ulimit -H -n >> {0}'",
        told.display()
    );
    let program = env!("CARGO_BIN_EXE_slicecheck");
    let output = Command::new("sh").args(["-c", &run, program]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:#?}");
    let told = std::fs::read_to_string(told).unwrap();
    let limit = |text: &str| text.parse().unwrap_or(u64::MAX);
    let limits: Vec<u64> = told.lines().map(limit).collect();
    let [soft, hard] = limits[..] else { panic!("{told}") };
    assert_eq!(soft, hard.min(16 << 10));
}
