//! Fingerprints of clients over sockets.

mod pauses;

use std::fs;

use crate::cli::slicecheck;
use crate::snapshot::assert_snapshot;

fn told(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = slicecheck(&[&["fingerprint"], arguments].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The fingerprint of a client that has one.
pub(crate) fn of(arguments: &[&str]) -> String {
    let (code, text, errors) = told(arguments);
    assert_eq!(code, Some(0), "{errors}");
    text
}

#[test]
fn the_fingerprint_of_the_built_in_client_is_on_record_and_stays_the_same() {
    let first = of(&["--jobs", "4"]);
    // A client of another version is another client.
    let shown = first.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert_snapshot("fingerprints", "reference", &shown);
    std::thread::scope(|scope| {
        let four_times = || (0..4).for_each(|_| assert_same(&first, &of(&["--jobs", "4"])));
        let threads: Vec<_> = (0..5).map(|_| scope.spawn(four_times)).collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// Shows the lines that differ, not all that are the same.
pub(crate) fn assert_same(first: &str, again: &str) {
    let pairs = first.lines().zip(again.lines());
    let differing: Vec<_> = pairs.filter(|(a, b)| a != b).collect();
    assert!(first == again, "{differing:#?}");
}

#[test]
fn a_fingerprint_replaces_a_file_and_has_times_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("client.toml");
    fs::write(&path, "before").unwrap();
    let (code, shown, errors) = told(&["--jobs", "4", "--spread", "--out", path.to_str().unwrap()]);
    assert_eq!((code, &*shown), (Some(0), ""), "{errors}");
    let written: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
    let measured = &written["spread"]["http-503"];
    assert_eq!(measured["pauses_ms"].as_array().unwrap().len(), 6, "{measured}");
    assert!(measured["base_ms"].as_integer().unwrap() >= 50, "{measured}");
}

#[test]
fn who_completes_no_upload_has_no_fingerprint() {
    for (command, expected, message) in [
        (&["/nonexistent/client"] as &[_], 3, "cannot start"),
        (&["false"], 3, "completes no upload in which nothing goes wrong"),
        (&["sh", "-c", "exit 89"], 4, "does not support"),
    ] {
        let (code, text, errors) = told(&[&["--deadline", "20s", "--"], command].concat());
        assert_eq!((code, &*text), (Some(expected), ""), "{errors}");
        assert!(errors.contains(message), "{errors}");
    }
    assert_eq!(told(&["--"]).0, Some(2));
    assert_eq!(told(&["--out", "/nonexistent/folder/file"]).0, Some(2));
}
