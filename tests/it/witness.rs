//! The script that shows one failing exchange.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use crate::cli::{client, example, run, slicecheck};

const TOKEN: &str = "1:server-choice/smaller-slice-size";

/// The script about the example client, which ignores the slice size that the service has chosen.
fn stubborn(script: &Path) -> Output {
    let script = script.to_str().unwrap();
    let options = ["witness", TOKEN, "-r", "data/length", "--out", script];
    slicecheck(&[&options[..], &["--", &client(), "stubborn"]].concat())
}

fn python(script: &Path, words: &[&str]) -> Output {
    Command::new("python3").arg(script).args(words).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A service that ends with the test.
struct Service {
    python: Child,
    /// It has somebody who reads what it says.
    _said: BufReader<ChildStdout>,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended of itself.
        let _ = self.python.kill();
        let _ = self.python.wait();
    }
}

/// The script as a service on a port of its own, and its address.
fn serve(script: &Path, how: &str) -> (Service, String) {
    let mut python = Command::new("python3");
    let python = python.arg(script).args([how, "0"]).stdout(Stdio::piped()).spawn();
    let mut python = python.unwrap();
    let mut said = BufReader::new(python.stdout.take().unwrap());
    let mut address = String::new();
    said.read_line(&mut address).unwrap();
    (Service { python, _said: said }, address.trim().to_owned())
}

#[test]
fn the_script_says_first_what_is_wrong_and_how_to_run_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("bug.py");
    let output = stubborn(&script);
    assert_eq!(output.status.code(), Some(0), "{output:#?}");
    let text = fs::read_to_string(script).unwrap();
    assert!(text.starts_with("#!/usr/bin/env python3\n# coding: utf-8\n# data/length (must): "));
    assert!(text.contains("\n# expected  ") && text.contains("python3 FILE exchange"), "{text}");
    assert!(text.contains(&format!("# slicecheck run --replay {TOKEN} -- COMMAND\n")));
    assert!(!text.contains("@DATA@"));
}

#[test]
fn a_saved_run_gives_the_script_that_playing_gives() {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = folder.path().join("exchanges");
    let target = format!("transcript={}", exchanges.display());
    run(&["-s", "server-choice/smaller-slice-size", "--report", &target], &["stubborn"]);
    let script = |token: &str| {
        slicecheck(&["witness", token, "-r", "data/length", "--from", exchanges.to_str().unwrap()])
    };
    let read = script(TOKEN);
    assert_eq!(read.status.code(), Some(0), "{read:#?}");
    assert!(text(&read).contains("\n# data/length (must): "));
    let other_seed = script("2:server-choice/smaller-slice-size");
    assert_eq!(other_seed.status.code(), Some(2), "{other_seed:#?}");
    let message = String::from_utf8(other_seed.stderr).unwrap();
    assert!(message.contains("of 1:server-choice/smaller-slice-size, not of 2:"), "{message}");
}

#[test]
fn a_client_that_breaks_nothing_gets_no_script() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("bug.py");
    let options = ["witness", "1:happy/one-byte", "--out", script.to_str().unwrap()];
    let output = slicecheck(&[&options[..], &["--", &client()]].concat());
    assert_eq!(output.status.code(), Some(4), "{output:#?}");
    assert!(!script.exists());
}

#[test]
fn who_wants_to_see_what_is_only_played_over_tls_is_told_how() {
    let output = slicecheck(&["witness", "1:tls/unknown-ca", "--", &client()]);
    assert_eq!(output.status.code(), Some(2), "{output:#?}");
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("run --tls --report transcript=FOLDER"), "{message}");
    assert!(message.contains("--from FOLDER"), "{message}");
}

/// The bytes after the head of a response.
fn content(response: &[u8]) -> &[u8] {
    let end = response.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    &response[end + 4..]
}

#[test]
#[ignore = "needs Python and curl"]
fn the_witness_shows_repeats_and_serves_the_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("bug.py");
    assert_eq!(stubborn(&script).status.code(), Some(0));
    let shown = python(&script, &[]);
    let shown = text(&shown);
    for part in
        ["data/length (must)", "  expected  ", "  found  ", "^", "  POST /files/v2/", "curl"]
    {
        assert!(shown.contains(part), "{part:?} is not in {shown}");
    }
    let exchange = text(&python(&script, &["exchange"]));
    assert!(exchange.contains("the reply:\n  HTTP/1.1 "), "{exchange}");

    // The command line that is shown, at the service alone: its request is the recorded one.
    let (_service, address) = serve(&script, "alone");
    let line = shown.lines().find(|line| line.contains(" body | ")).unwrap();
    let line = line.replace("http://127.0.0.1:8642/", &format!("{address}/"));
    let sent = Command::new("sh").args(["-c", line.trim()]).output().unwrap();
    assert!(sent.status.success(), "{sent:#?}");
    let reply = text(&sent);
    assert!(reply.starts_with("HTTP/1.1 ") && reply.contains("\"code\""), "{reply}");

    // The client that the script is about, at the whole service, with the file of the script.
    let file = folder.path().join("file");
    assert!(python(&script, &["file", file.to_str().unwrap()]).status.success());
    let (_service, address) = serve(&script, "serve");
    let one = Command::new("curl").args(["-s", "-i", "-d", "x", &address]).output().unwrap();
    assert!(one.stdout.starts_with(b"HTTP/1.1 "), "{one:#?}");
    let first: serde_json::Value = serde_json::from_slice(content(&one.stdout)).unwrap();
    assert_eq!(first["code"], 0, "{first}");
    assert!(first["data"]["session"].is_string(), "{first}");
}

#[test]
#[ignore = "needs Python and curl"]
fn the_witness_of_a_hostile_client_runs_nothing_of_it() {
    for behaviour in ["all-wrong", "escapes", "markup", "noise-bytes"] {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("bug.py");
        let hostile = example("hostile");
        let out = script.to_str().unwrap();
        let options = ["witness", "1:happy/one-byte", "--out", out, "--", &hostile, behaviour];
        let output = slicecheck(&options);
        assert_eq!(output.status.code(), Some(0), "{output:#?}");
        let shown = python(&script, &["show"]);
        assert!(shown.status.success(), "{shown:#?}");
        let is_plain = |byte: &u8| *byte == b'\n' || !byte.is_ascii_control();
        assert!(shown.stdout.iter().all(is_plain), "{shown:#?}");
    }
}

#[test]
fn a_script_is_small_enough_to_be_attached() {
    for (token, behaviour, most) in [
        (TOKEN, "stubborn", 64 << 10),
        ("1:content/delimiters", "denier", 64 << 10),
        ("1:content/zeros", "denier", 64 << 10),
        // 64 KiB pass before this file begins again.
        ("1:content/every-byte", "denier", 128 << 10),
    ] {
        let output = slicecheck(&["witness", token, "--", &client(), behaviour]);
        assert_eq!(output.status.code(), Some(0), "{:?}", output.stderr);
        let length = output.stdout.len();
        assert!(length <= most, "{token}: {length}");
    }
}

#[test]
#[ignore = "needs Python"]
fn the_script_makes_the_file_and_the_request_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let [script, copy, made] = ["bug.py", "copy", "made"].map(|name| folder.path().join(name));
    let out = script.to_str().unwrap();
    let larger_than_a_script = "1:happy/larger";
    let zeros_but_for_a_few_slices = "1:large/resume-above-2-gib";
    for token in [
        "7:happy/one-byte",
        TOKEN,
        "1:content/delimiters",
        "1:content/every-byte",
        larger_than_a_script,
        zeros_but_for_a_few_slices,
    ] {
        let copying = ["sh", "-c", "cp \"$0\" \"$1\"", "{file}", copy.to_str().unwrap()];
        let output = slicecheck(&[&["witness", token, "--out", out, "--"], &copying[..]].concat());
        assert_eq!(output.status.code(), Some(0), "{output:#?}");
        assert!(python(&script, &["file", made.to_str().unwrap()]).status.success());
        let compared = Command::new("cmp").args([&made, &copy]).output().unwrap();
        assert!(compared.status.success(), "{token}: {compared:?}");
    }

    assert_eq!(stubborn(&script).status.code(), Some(0));
    assert!(python(&script, &["file", made.to_str().unwrap()]).status.success());
    let shown = text(&python(&script, &[]));
    let length = shown.lines().find_map(|line| line.trim().strip_prefix("Content-Length: "));
    let body = python(&script, &["body"]).stdout;
    assert_eq!(length.unwrap().parse(), Ok(body.len()), "{shown}");
    let file = fs::read(&made).unwrap();
    let start = &file[..64];
    let at = body.windows(start.len()).position(|window| window == start).unwrap();
    assert!(body[at..].starts_with(&file[..1 << 20]), "the first MiB of the file");
}
