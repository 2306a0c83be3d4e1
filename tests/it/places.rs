//! Where documents go: not where something is read, and to stdout where that is asked for.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cli::{client, run, slicecheck};

#[test]
fn no_report_is_written_over_one_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (one, two, other) = (path("one.json"), path("two.json"), path("other.html"));
    for (file, part) in [(&one, "1/2"), (&two, "2/2")] {
        let report = format!("json={file}");
        run(&["-s", "happy/*", "--shard", part, "--report", &report], &[]);
    }
    let before = [&one, &two].map(|file| fs::read(file).unwrap());
    let dotted = path("./one.json");
    let [over, over_dotted] = [&one, &dotted].map(|file| format!("html={file}"));
    let both = format!("html={other},markdown={other}");
    for words in [
        &["matrix", "--report", &over, &one, &two][..],
        &["matrix", "--report", &over_dotted, &one, &two],
        &["matrix", "--report", &both, &one, &two],
        &["merge", "--out", &two, &one, &two],
    ] {
        let output = slicecheck(words);
        assert_eq!(output.status.code(), Some(2), "{words:?} {output:#?}");
        assert_eq!([&one, &two].map(|file| fs::read(file).unwrap()), before, "{words:?}");
        assert!(!Path::new(&other).exists(), "{words:?}");
    }
    let target = format!("html={other}");
    assert_eq!(slicecheck(&["matrix", "--report", &target, &one, &two]).status.code(), Some(0));
    assert!(Path::new(&other).exists(), "the control: another file");
}

#[test]
fn a_dash_is_stdout_for_each_document() {
    let folder = tempfile::tempdir().unwrap();
    let client = client();
    let report = folder.path().join("report.json");
    let json = format!("json={}", report.display());
    run(&["-s", "happy/one-byte", "--report", &json], &[]);
    let report = report.to_str().unwrap();
    let smaller = "server-choice/smaller-slice-size";
    let token = format!("1:{smaller}");
    for (words, begin) in [
        (&["matrix", "--report", "markdown=-", report][..], "|"),
        (&["matrix", "--report", "html=-", report], "<!DOCTYPE html>"),
        (&["witness", &token, "-o", "-", "--", &client, "stubborn"], "#!"),
        (&["run", "-s", smaller, "--write-known", "-", "--", &client, "stubborn"], "[[known]]"),
        (&["fingerprint", "-o", "-"], ""),
    ] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
        let output = program.args(words).current_dir(folder.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let begins = text.lines().any(|line| line.starts_with(begin));
        assert!(begins && !text.is_empty(), "{words:?}: {text}");
        assert!(!folder.path().join("-").exists(), "{words:?}");
    }
    let both = ["run", "-s", "happy/one-byte", "--write-known", "-", "--report", "json=-"];
    assert_eq!(slicecheck(&both).status.code(), Some(2), "two documents in one stream");
}
