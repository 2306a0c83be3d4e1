//! Saved conversations, judged again by the program.

use std::fs;

use crate::cli::{run, slicecheck};

#[test]
fn a_run_that_was_saved_is_told_again_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, talks] =
        ["first.json", "second.json", "talks"].map(|name| folder.path().join(name));
    let target = |format: &str, path: &std::path::Path| format!("{format}={}", path.display());
    let (json, transcript) = (target("json", &first), target("transcript", &talks));
    let options = ["-s", "server-choice/*", "-v", "--report", &json, "--report", &transcript];
    let told = run(&options, &["stubborn"]);
    assert_eq!(told.status.code(), Some(1));
    let json = target("json", &second);
    let again = slicecheck(&["check", talks.to_str().unwrap(), "-v", "--report", &json]);
    assert_eq!(again.status.code(), Some(1));
    let texts = [told.stdout, again.stdout].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(texts[0], texts[1]);
    let reports = [first, second].map(|path| fs::read_to_string(path).unwrap());
    assert_eq!(reports[0], reports[1]);
}

#[test]
fn transcripts_of_a_conforming_client_are_small_and_have_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let talks = folder.path().join("talks");
    let target = format!("transcript={}", talks.display());
    let output = slicecheck(&["run", "--report", &target]);
    assert_eq!(output.status.code(), Some(0));
    let files = fs::read_dir(&talks).unwrap().map(|entry| entry.unwrap());
    let lengths = files.map(|file| file.metadata().unwrap().len());
    assert!(lengths.sum::<u64>() <= 2 << 20);
    let index = fs::read_to_string(talks.join("index.txt")).unwrap();
    for scenario in slicecheck::scenario::scenarios() {
        let name = format!("{}.json.gz", scenario.id.replace('/', "__"));
        assert!(index.contains(&name) && talks.join(&name).is_file(), "{name}");
    }
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let talks = |name: &str, seed: &str| {
        let path = folder.path().join(name);
        let target = format!("transcript={}", path.display());
        let output = run(&["-s", "happy/one-byte", "--seed", seed, "--report", &target], &[]);
        assert_eq!(output.status.code(), Some(0));
        path.join("happy__one-byte.json.gz").to_str().unwrap().to_owned()
    };
    let (one, two) = (talks("one", "1"), talks("two", "2"));
    for (files, detail) in [
        ([one.as_str(), one.as_str()], "happy__one-byte.json.gz again"),
        ([one.as_str(), two.as_str()], "happy__one-byte.json.gz"),
        ([one.as_str(), "/nonexistent.json"], "/nonexistent.json: No such file"),
    ] {
        let output = slicecheck(&["check", files[0], files[1]]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(detail), "{message}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(slicecheck(&["check", empty.path().to_str().unwrap()]).status.code(), Some(4));
    fs::write(empty.path().join("x.json"), "{}").unwrap();
    assert_eq!(slicecheck(&["check", empty.path().to_str().unwrap()]).status.code(), Some(2));
}
