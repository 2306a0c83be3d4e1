//! Campaigns against a client that follows the driver contract.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::cli::{client, slicecheck};

fn fuzz(folder: &Path, options: &[&str], misbehaviour: &str) -> (Option<i32>, String) {
    let (folder, client) = (folder.to_str().unwrap(), client());
    let fixed = ["fuzz", "--finds", folder, "--deadline", "10s", "--driver"];
    let command = ["--", &client, "driver", misbehaviour];
    told(&slicecheck(&[&fixed, options, &command].concat()))
}

fn told(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn the_reference_client_is_fuzzed_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let finds = folder.path().join("finds");
    let options = ["fuzz", "--runs", "300", "--finds", finds.to_str().unwrap()];
    let (code, text) = told(&slicecheck(&options));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("0 found in "), "{text}");
    assert!(!finds.exists());
}

/// The names and texts of all files.
fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap());
    let mut files: Vec<_> = entries
        .map(|it| (it.file_name().into_string().unwrap(), fs::read_to_string(it.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// How many were found in how many runs, and how many kinds of behaviour there were.
fn counts(text: &str) -> String {
    let line = text.lines().find(|line| line.contains(" found in ")).unwrap();
    line.split(", ").take(2).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_same_seed_and_client_give_the_same_cases_and_finds() {
    let once = |seed| {
        let folder = tempfile::tempdir().unwrap();
        let options = ["--runs", "40", "--jobs", "1", "--skip-comparison", "--seed", seed];
        let (code, text) = fuzz(folder.path(), &options, "brittle");
        assert_eq!(code, Some(1), "{text}");
        (counts(&text), files(folder.path()))
    };
    let first = once("5");
    assert!(!first.1.is_empty());
    assert_eq!(first, once("5"));
    assert_ne!(first, once("6"));
}

#[test]
fn in_memory_it_does_not_matter_how_many_are_played_at_a_time() {
    let with = |jobs| {
        let folder = tempfile::tempdir().unwrap();
        let finds = folder.path().join("finds");
        let (finds, runs) = (finds.to_str().unwrap(), "400");
        let options = ["fuzz", "--runs", runs, "--jobs", jobs, "--finds", finds];
        let (_, text) = told(&slicecheck(&options));
        counts(&text)
    };
    assert_eq!(with("1"), with("3"));
}

#[test]
fn a_find_is_kept_played_again_and_told_when_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = fuzz(folder.path(), &["--runs", "12", "--skip-comparison"], "brittle");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("✗ outcome/no-crash"), "{text}");
    let kept: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
    let case = kept.first().unwrap().to_str().unwrap();
    let client = client();
    let run = |misbehaviour| {
        let options = ["run", "--case", case, "--driver", "--", &client, "driver", misbehaviour];
        slicecheck(&options).status.code()
    };
    assert_eq!((run("brittle"), run("")), (Some(1), Some(0)), "{case}");

    let (code, text) = fuzz(folder.path(), &["--runs", "0"], "brittle");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("still there: fuzz/"), "{text}");
    let (code, text) = fuzz(folder.path(), &["--runs", "0"], "");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("mended: fuzz/"), "{text}");
}

#[test]
fn a_find_is_compared_with_what_the_catalogue_shows() {
    let folder = tempfile::tempdir().unwrap();
    let (_, text) = fuzz(folder.path(), &["--runs", "6", "--export-scenario"], "brittle");
    assert!(text.contains("shown by  run -s "), "{text}");
    assert!(text.contains("entry     \"fuzz/"), "{text}");
}

#[test]
fn who_completes_nothing_is_not_judged() {
    let folder = tempfile::tempdir().unwrap();
    let options = |command: &'static [&'static str]| {
        let folder = folder.path().to_str().unwrap();
        let options = ["fuzz", "--runs", "5", "--finds", folder, "--deadline", "5s", "--"];
        told(&slicecheck(&[&options[..], command].concat()))
    };
    for (command, expected, message) in [
        (&["false"] as &[_], 3, "completes no upload in which nothing goes wrong"),
        (&["sh", "-c", "exit 89"], 4, ""),
        (&["/nonexistent/client"], 3, "cannot start"),
    ] {
        let (code, text) = options(command);
        assert_eq!(code, Some(expected), "{text}");
        assert!(text.contains(message), "{text}");
    }
    let (code, text) = told(&slicecheck(&["fuzz", "--"]));
    assert_eq!(code, Some(2), "{text}");
}
