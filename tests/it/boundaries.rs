//! What comes into the program and what leaves it: words, files, hostile text, secrets.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use slicecheck::scenario::scenarios;

use crate::cli::{client, run, slicecheck};

/// Commands a terminal, reorders and hides text, ends lines.
const HOSTILE: &str = "MARK\u{1b}[2J\u{9b}31m\u{202e}\u{200b}\u{2028}\u{7f}\rerror: forged";

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn assert_harmless(shown: &str) {
    let harmful = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{200b}\u{2028}".contains(c);
    assert!(!shown.contains(harmful), "{shown:?}");
}

fn path_of(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

fn with_stdout(arguments: &[&str], stdout: &str) -> Output {
    let stdout = fs::OpenOptions::new().write(true).open(stdout).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
    command.args(arguments).stdout(stdout).stderr(Stdio::piped());
    command.spawn().unwrap().wait_with_output().unwrap()
}

#[test]
fn an_empty_command_is_no_reason_to_judge_the_built_in_client() {
    for detail in [&["run", "--"] as &[_], &["run", "--", ""], &["run", "-s", "happy/*", "--", " "]]
    {
        let output = slicecheck(detail);
        assert_eq!(output.status.code(), Some(2), "{detail:?}");
        assert!(text(&output.stderr).contains("the command after -- is empty"), "{detail:?}");
        assert!(output.stdout.is_empty(), "{detail:?}");
    }
}

#[test]
fn each_glob_has_to_match_a_scenario_and_the_nearest_are_named() {
    let output = slicecheck(&["run", "-s", "happy/one-byte", "-s", "hapy/*"]);
    assert_eq!(output.status.code(), Some(4));
    let message = text(&output.stderr);
    assert!(message.contains("no scenario matches \"hapy/*\" (near: happy/*"), "{message}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_time_that_no_clock_reaches_is_refused() {
    for deadline in ["584554531y", "10y", "99999999999999999999y"] {
        let output = slicecheck(&["run", "--deadline", deadline]);
        assert_eq!(output.status.code(), Some(2), "{deadline}");
    }
    let jobs = usize::MAX.to_string();
    let output = slicecheck(&["run", "-s", "happy/one-byte", "-j", &jobs]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn hostile_words_and_files_are_told_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let known = path_of(&folder, "known.toml");
    fs::write(&known, format!("[[known]]\nrule = '{}'\n", HOSTILE.replace('\r', ""))).unwrap();
    let saved = path_of(&folder, "saved.json");
    fs::write(&saved, serde_json::json!({ "version": HOSTILE }).to_string()).unwrap();
    let missing = path_of(&folder, HOSTILE);
    let target = format!("{HOSTILE}=x");
    let json = format!("json=/nonexistent/{HOSTILE}");
    for detail in [
        &["run", "--report", &target] as &[_],
        &["run", "--report", &json],
        &["run", HOSTILE],
        &["run", "-s", HOSTILE],
        &["run", "--replay", HOSTILE],
        &["run", "--deadline", HOSTILE],
        &["run", "--known", &known],
        &["run", "--known", &missing],
        &["check", &missing],
        &["check", &saved],
        &["explain", HOSTILE],
        &[HOSTILE],
    ] {
        let output = slicecheck(detail);
        assert!([2, 4].contains(&output.status.code().unwrap()), "{detail:?}");
        let message = text(&output.stderr);
        assert_harmless(&message);
        assert!(!message.lines().any(|line| line.starts_with("error: forged")), "{message}");
        if detail != ["run", "--known", known.as_str()] {
            assert!(message.contains("MARK\\u{1b}[2J"), "{detail:?}: {message}");
        }
    }
}

/// A client that says what it must not, and is caught at something.
fn telltale() -> String {
    format!(
        "printf '%s\\n' '{HOSTILE}' \"key $SLICECHECK_SECRET_KEY\"; \
         printf 'base64 %s\\n' \"$(printf %s \"id:$SLICECHECK_SECRET_KEY\" | base64 -w0)\" >&2; \
         \"$0\" stubborn; code=$?; \
         printf '{{\"outcome\":\"ok\",\"detail\":\"%s\"}}' \"$SLICECHECK_SECRET_KEY\"; exit $code"
    )
}

#[test]
fn what_a_client_says_shows_no_secret_and_commands_nothing() {
    const ID: &str = "server-choice/smaller-slice-size";
    let folder = tempfile::tempdir().unwrap();
    let report = path_of(&folder, "report.json");
    let target = format!("json={report}");
    let scenario = scenarios().find(|of| of.id == ID).unwrap();
    let key = scenario.job(1).credentials.secret_key;
    let (script, client) = (telltale(), client());
    let told = |more: &[&str]| {
        let options = [&["run", "-s", ID, "-v", "--report", &target], more].concat();
        let output = slicecheck(&[&options[..], &["--", "sh", "-c", &script, &client]].concat());
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        [text(&output.stdout), text(&output.stderr), fs::read_to_string(&report).unwrap()]
    };
    let hidden = told(&[]);
    for shown in &hidden {
        assert_harmless(shown);
        assert!(!shown.contains(&key[..8]), "{shown}");
    }
    assert!(hidden[0].contains("key <SecretKey>") && hidden[0].contains("base64 aWQ6<SecretKey>"));
    assert!(hidden[0].contains("MARK\\u{1b}[2J"), "{}", hidden[0]);
    assert!(hidden[0].contains("detail <SecretKey>"), "{}", hidden[0]);
    let shown = told(&["--show-secrets"]);
    assert!(shown[0].contains(&format!("key {key}")), "{}", shown[0]);
    assert_harmless(&shown[0]);
}

#[test]
fn only_files_are_read_and_none_before_all_are_known_to_be_files() {
    let folder = tempfile::tempdir().unwrap();
    let place = path_of(&folder, "x.json");
    let fifo = || assert!(Command::new("mkfifo").arg(&place).status().unwrap().success());
    let device = || std::os::unix::fs::symlink("/dev/zero", &place).unwrap();
    let directory = || fs::create_dir(&place).unwrap();
    let huge = || fs::File::create(&place).unwrap().set_len(1 << 40).unwrap();
    let cases: [(&dyn Fn(), &str); 4] = [
        (&fifo, "x.json: a FIFO, not a file"),
        (&device, "x.json: a symbolic link, not a file"),
        (&directory, "x.json: a folder, not a file"),
        (&huge, "x.json: 1099511627776 bytes; at most 402653184 are read"),
    ];
    for (make, detail) in cases {
        make();
        let output = slicecheck(&["check", folder.path().to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(detail), "{}", text(&output.stderr));
        fs::remove_file(&place).or_else(|_| fs::remove_dir(&place)).unwrap();
    }
    let output = slicecheck(&["check", "/dev/zero"]);
    assert!(text(&output.stderr).contains("/dev/zero: a device, not a file"));
    let output = slicecheck(&["run", "--known", "/dev/zero"]);
    assert!(text(&output.stderr).contains("/dev/zero: a device, not a file"));
}

#[test]
fn a_client_cannot_forge_a_report_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let report = path_of(&folder, "report.json");
    fs::write(&report, "before").unwrap();
    let target = format!("json={report}");
    let script = format!("cat '{report}'; printf forged >>'{report}'; exec \"$0\"");
    let options = ["run", "-s", "happy/one-byte", "--report", &target, "--", "sh", "-c", &script];
    let output = slicecheck(&[&options[..], &[&client()]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let written: Value = serde_json::from_str(&fs::read_to_string(&report).unwrap()).unwrap();
    assert_eq!(written["summary"]["verdict"], "conforms");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_report_that_cannot_be_written_hides_neither_the_text_nor_a_violation() {
    let full = ["-s", "server-choice/*", "--report", "json=/dev/full"];
    for (misbehaviour, code) in [(&[] as &[_], 2), (&["stubborn"], 1)] {
        let output = run(&full, misbehaviour);
        assert_eq!(output.status.code(), Some(code));
        assert!(text(&output.stdout).contains("verdict    "), "{}", text(&output.stdout));
        let message = text(&output.stderr);
        assert!(message.contains("error: /dev/full: No space left on device"), "{message}");
    }
    for detail in [&["run", "-s", "happy/one-byte"] as &[_], &["rules"], &["spec"]] {
        let output = with_stdout(detail, "/dev/full");
        assert_eq!(output.status.code(), Some(2), "{detail:?}");
        assert!(text(&output.stderr).contains("error: stdout: No space left"), "{detail:?}");
    }
}

#[test]
fn conversations_whose_folder_vanishes_are_told_and_nothing_else_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = path_of(&folder, "exchanges");
    let target = format!("transcript={exchanges}");
    let script = format!("rm -rf '{exchanges}'; exec \"$0\"");
    let options =
        ["run", "-j1", "-s", "happy/one-*", "--report", &target, "--", "sh", "-c", &script];
    let output = slicecheck(&[&options[..], &[&client()]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stdout).contains("conforms (exit 0)"));
    let message = text(&output.stderr);
    assert!(message.contains("more transcripts be kept"), "{message}");
}

#[test]
fn nothing_is_written_into_a_folder_that_replaces_that_for_transcripts() {
    let folder = tempfile::tempdir().unwrap();
    let (exchanges, other) = (path_of(&folder, "exchanges"), path_of(&folder, "other"));
    fs::create_dir(&other).unwrap();
    let target = format!("transcript={exchanges}");
    let script = format!("rm -rf '{exchanges}'; ln -sfn '{other}' '{exchanges}'; exec \"$0\"");
    let options =
        ["run", "-j1", "-s", "happy/one-*", "--report", &target, "--", "sh", "-c", &script];
    let output = slicecheck(&[&options[..], &[&client()]].concat());
    assert_eq!(fs::read_dir(&other).unwrap().count(), 0);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(message.contains("exchanges/happy__one-"), "{message}");
}

#[test]
fn a_link_among_the_conversations_is_replaced_and_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let precious = path_of(&folder, "precious");
    fs::write(&precious, "mine").unwrap();
    let exchanges = path_of(&folder, "exchanges");
    fs::create_dir(&exchanges).unwrap();
    let transcript = Path::new(&exchanges).join("happy__one-byte.json.gz");
    std::os::unix::fs::symlink(&precious, &transcript).unwrap();
    let target = format!("transcript={exchanges}");
    let output = run(&["-s", "happy/one-byte", "--report", &target], &[]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");
    assert!(fs::symlink_metadata(&transcript).unwrap().is_file());
}

#[test]
fn two_reports_cannot_go_to_the_same_place() {
    let folder = tempfile::tempdir().unwrap();
    let one = format!("json={}", path_of(&folder, "report.json"));
    let other = format!("json={}/./report.json", folder.path().display());
    for targets in [[one.as_str(), other.as_str()], ["json=-", "json=-"]] {
        let output = slicecheck(&["run", "--report", targets[0], "--report", targets[1]]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("cannot go to the same place"));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_for_temporary_files_that_is_none_is_named() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
    command.args(["run", "-s", "happy/one-byte", "--", &client()]).env("TMPDIR", "/nonexistent");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("TMPDIR: /nonexistent"), "{}", text(&output.stderr));
}

/// A shell that starts a service in the background and then becomes the program leaves it a child.
#[test]
fn a_process_that_was_there_before_the_run_outlives_it() {
    let script = "sleep 600 >/dev/null 2>&1 & echo $!; exec \"$0\" \"$@\"";
    for arguments in [&["run", "-s", "happy/one-byte"] as &[&str], &["rules"]] {
        let mut shell = Command::new("sh");
        shell.args(["-c", script, env!("CARGO_BIN_EXE_slicecheck")]).args(arguments);
        let output = shell.output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let shown = text(&output.stdout);
        let pid = shown.lines().next().unwrap();
        // Fails if there is no such process any more.
        let killed = Command::new("kill").args(["-KILL", pid]).status().unwrap();
        assert!(killed.success(), "{shown}");
    }
}
