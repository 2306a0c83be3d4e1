//! Signals at any moment: nothing is left, and reports are whole or not there.

use std::env;
use std::thread::{scope, sleep};
use std::time::Duration;

use rustix::process::Signal;

use super::guarded::{Guarded, hostile};
use crate::cli::client;

const SIGNALS: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::HUP];

/// At how many moments; `SLICECHECK_TEST_SIGNALS` asks for more.
fn moments() -> u32 {
    env::var("SLICECHECK_TEST_SIGNALS").map_or(12, |number| number.parse().unwrap())
}

#[test]
fn a_signal_at_any_moment_leaves_no_process_no_folder_and_no_half_of_a_report() {
    let all = moments();
    for moment in 0..all {
        let signal = SIGNALS[moment as usize % SIGNALS.len()];
        let (guarded, hostile) = (Guarded::new(), hostile());
        let report = format!("json={}", guarded.report().display());
        let xml = format!("junit={}", guarded.place().join("report.xml").display());
        let html = format!("html={}", guarded.place().join("page.html").display());
        let reports = ["--report", &report, "--report", &xml, "--report", &html];
        let options = [&["run", "-j", "4", "-s", "happy/*"], &reports[..]].concat();
        let run = guarded.start(&[&options[..], &["--", &hostile, "forks", "2"]].concat());
        // The moments are what is tried here: from the start to when clients run.
        sleep(Duration::from_millis(240) * moment / all);
        run.signal(signal);
        let ended = run.end();
        let report = ended.report();
        // Before the program's first instruction the system's own default ends it.
        if ended.killed_by() == Some(signal.as_raw()) {
            assert_eq!((ended.text().as_str(), report), ("", None));
        } else {
            assert_eq!(ended.code(), Some(130), "{signal:?} at {moment} of {all}: {ended:#?}");
        }
        let others = ended.files(".");
        if others.iter().any(|name| name == "report.xml") {
            assert!(ended.read("report.xml").ends_with("</testsuites>\n"), "{ended:#?}");
        }
        if others.iter().any(|name| name == "page.html") {
            assert!(ended.read("page.html").ends_with("</html>"), "{ended:#?}");
        }
        assert!(others.iter().all(|name| !name.starts_with(".slicecheck")), "{others:?}");
    }
}

#[test]
fn a_signal_while_a_driver_runs_ends_it_too() {
    let (guarded, hostile) = (Guarded::new(), hostile());
    let script = "kill -TERM $PPID; exec \"$0\" driver silent";
    let options = ["run", "-j", "4", "-s", "happy/*", "--driver", "--", "sh", "-c", script];
    let ended = guarded.run(&[&options, [hostile.as_str()].as_slice()].concat());
    assert_eq!(ended.code(), Some(130), "{ended:#?}");
}

#[test]
fn a_hangup_that_was_to_be_ignored_is_ignored() {
    let client = client();
    let script = "kill -HUP $PPID; exec \"$0\"";
    let command = ["run", "-j", "1", "-s", "happy/one-*", "--", "sh", "-c", script, &client];
    scope(|scope| {
        scope.spawn(|| Guarded::new().after("trap '' HUP;").run(&command).tells(0, &["conforms"]));
        scope.spawn(|| Guarded::new().run(&command).tells(130, &[]));
    });
}
