//! Signals at any moment: nothing is left, and reports are whole or not there.

use std::env;
use std::fs::File;
use std::io::Read as _;
use std::process::Command;
use std::thread::{scope, sleep};
use std::time::Duration;

use rustix::process::Signal;

use super::guarded::{Ended, Guarded, hostile};
use crate::cli::client;

const SIGNALS: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::HUP];

/// At how many moments; `SLICECHECK_TEST_SIGNALS` asks for more.
fn moments() -> u32 {
    env::var("SLICECHECK_TEST_SIGNALS").map_or(12, |number| number.parse().unwrap())
}

#[test]
fn a_signal_at_any_moment_leaves_no_process_folder_or_half_a_report() {
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

/// The reports that are files: none has another end, and nothing else is left.
fn whole_reports(ended: &Ended) -> [bool; 2] {
    let files = ended.files(".");
    assert!(files.iter().all(|name| !name.starts_with(".slicecheck")), "{files:?}");
    let has_xml = files.iter().any(|name| name == "report.xml");
    assert!(!has_xml || ended.read("report.xml").ends_with("</testsuites>\n"), "{ended:#?}");
    // Reading it shows that it is whole.
    [ended.report().is_some(), has_xml]
}

/// Seven moments: while the first client runs, the second, and so on.
#[test]
fn an_interrupt_at_each_scenario_leaves_reports_of_those_before_it() {
    let (client, hostile) = (client(), hostile());
    let script = "echo >> \"$1\"; test $(wc -l < \"$1\") -lt $2 && exec \"$0\"; \
                  kill -INT $PPID; exec \"$3\" sleeper";
    for moment in 1..=7 {
        let guarded = Guarded::new();
        let place = |name: &str| guarded.place().join(name).display().to_string();
        let json = format!("json={}", guarded.report().display());
        let (junit, count) = (format!("junit={}", place("report.xml")), place("count"));
        let options = ["run", "-j", "1", "-s", "happy/*", "--report", &json, "--report", &junit];
        let number = moment.to_string();
        let command = ["--", "sh", "-c", script, &client, &count, &number, &hostile];
        let ended = guarded.run(&[&options[..], &command].concat());
        assert_eq!(ended.code(), Some(130), "{moment}: {ended:#?}");
        assert_eq!(whole_reports(&ended), [true, true], "{moment}: {ended:#?}");
        let report = ended.report().unwrap();
        assert_eq!(report["summary"]["exit"], 130, "{moment}");
        assert_eq!(report["scenarios"].as_array().unwrap().len(), moment - 1, "{moment}");
    }
}

/// Three moments: before the files, between them and after them. The page goes into a FIFO whose reader stops after
/// its first byte, so that the run is in the middle of it.
#[test]
fn an_interrupt_while_reports_are_written_leaves_whole_ones_or_none() {
    for before in 0..=2 {
        let guarded = Guarded::new();
        let place = |name: &str| guarded.place().join(name).display().to_string();
        let fifo = place("page");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let mut reports = vec![
            format!("json={}", guarded.report().display()),
            format!("junit={}", place("report.xml")),
        ];
        reports.insert(before, format!("html={fifo}"));
        let options = ["run", "-s", "{happy,faults,status}/*"];
        let reports: Vec<_> = reports.iter().flat_map(|to| ["--report", to.as_str()]).collect();
        let run = guarded.start(&[&options[..], &reports].concat());
        let mut page = File::open(fifo).unwrap();
        page.read_exact(&mut [0]).unwrap();
        run.signal(Signal::INT);
        let ended = run.end();
        assert_eq!(ended.code(), Some(130), "{before}: {ended:#?}");
        assert_eq!(whole_reports(&ended), [before > 0, before > 1], "{before}: {ended:#?}");
        // More was to come than a FIFO holds, or the run would have gone on.
        let mut rest = Vec::new();
        page.read_to_end(&mut rest).unwrap();
        assert!(!rest.ends_with(b"</html>"), "{before}");
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
