//! What a hostile client is told.

use std::thread::scope;

use slicecheck::scenario::scenarios;

use super::guarded::{Ended, Guarded, hostile, run_hostile};

const ONE: &[&str] = &["-j", "1", "-s", "happy/one-byte", "--deadline", "2s", "--color", "never"];

/// For those whom a bound ends: a slow machine is no reason to end them earlier.
const PATIENT: &[&str] =
    &["-j", "1", "-s", "happy/one-byte", "--deadline", "2m", "--color", "never"];

fn all_tell(cases: &[(&[&str], i32, &[&str])]) {
    all_tell_with(ONE, cases);
}

/// All at a time: most of them only wait.
fn all_tell_with(options: &[&str], cases: &[(&[&str], i32, &[&str])]) {
    scope(|scope| {
        for (behaviour, code, detail) in cases {
            scope.spawn(move || run_hostile(options, behaviour).tells(*code, detail));
        }
    });
}

#[test]
fn whoever_does_not_come_to_an_end_does_not_complete() {
    let detail: &[&str] = &["outcome/completes", "--deadline"];
    all_tell(&[
        (&["one-byte-a-second"], 1, detail),
        (&["late", "1"], 1, detail),
        (&["polling"], 1, detail),
        (&["slow-reader"], 1, detail),
        (&["deserter"], 1, detail),
    ]);
    // These compute: who has to wait for a processor beside another one is not told that.
    all_tell(&[(&["busy"], 1, detail)]);
    all_tell(&[(&["forks", "200"], 1, detail)]);
}

#[test]
fn whoever_never_sends_a_request_is_not_judged() {
    let detail: &[&str] = &["the client never sent a request"];
    all_tell(&[(&["idle"], 3, detail), (&["connected"], 3, detail)]);
}

#[test]
fn floods_are_told_and_bounded() {
    let cases: &[(&[&str], i32, &[&str])] = &[
        (&["many-fields", "1000", "100"], 1, &["outcome/completes"]),
        (&["large-bodies", "2", "60"], 1, &["outcome/within-bounds"]),
        (&["endless-body"], 1, &["request/bounds", "outcome/completes"]),
        (&["endless-chunks"], 1, &["outcome/within-bounds", "outcome/completes"]),
        (&["idle-connections", "1000"], 1, &["outcome/within-bounds"]),
        (&["chatter", "100"], 1, &["outcome/completes"]),
    ];
    all_tell_with(PATIENT, cases);
}

#[test]
fn what_is_no_request_is_told() {
    all_tell(&[
        (&["noise-bytes"], 1, &["request/line"]),
        (&["nul-bytes"], 1, &["request/line"]),
        (&["tls-hello"], 3, &["began a TLS handshake", "--tls"]),
        (&["http2-preface"], 1, &["request/line"]),
        (&["reset"], 1, &["outcome/completes"]),
    ]);
}

#[test]
fn what_is_wrong_with_a_drivers_answer_is_told() {
    let cases: &[(&str, i32, &[&str])] = &[
        ("silent", 3, &["{\"hello\":1}", "no answer within 2s"]),
        ("wrong-hello", 3, &["{\"hello\":1}"]),
        ("gullible", 3, &["canary"]),
        ("other-id", 3, &["id"]),
        ("no-id", 3, &["id"]),
        ("unknown-outcome", 3, &["outcome", "success"]),
        ("no-outcome", 3, &["outcome"]),
        ("no-json", 3, &["JSON"]),
        ("endless-line", 3, &["outcome/completes", "no answer within 2s"]),
        ("long", 3, &["outcome api_error"]),
    ];
    scope(|scope| {
        for (manner, code, detail) in cases {
            scope.spawn(move || drive(ONE, manner).tells(*code, detail));
        }
    });
}

#[test]
fn drivers_that_do_not_go_at_the_end_of_their_input_are_ended_together() {
    let options = ["-j", "8", "-s", "happy/*", "--deadline", "2s"];
    drive(&options, "stays").tells(4, &[]);
    for manner in ["dies", "closes", "late", "chatters"] {
        let ended = drive(ONE, manner);
        assert!(ended.code().is_some_and(|code| code != 0 && code != 70), "{ended:#?}");
    }
}

fn drive(options: &[&str], manner: &str) -> Ended {
    let hostile = hostile();
    let command: &[&str] = &["--driver", "--", &hostile, "driver", manner];
    Guarded::new().run(&[&["run"], options, command].concat())
}

#[test]
fn nothing_that_a_client_says_commands_a_terminal() {
    let guarded = Guarded::new();
    let report = format!("json={}", guarded.report().display());
    let hostile = hostile();
    let options = [ONE, &["-v", "--report", &report, "--", &hostile, "escapes"]].concat();
    let ended = guarded.run(&[&["run"], options.as_slice()].concat());
    assert_eq!(ended.code(), Some(1), "{ended:#?}");
    let json = ended.report_text().unwrap();
    let commands = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    for text in [ended.text(), json] {
        assert!(!text.contains(commands), "{text:?}");
    }
}

#[test]
fn a_secret_key_that_a_client_gives_away_is_not_shown() {
    let scenario = scenarios().find(|scenario| scenario.id == "happy/one-byte").unwrap();
    let key = scenario.job(1).credentials.secret_key;
    let shown = |more: &[&str]| {
        let options = [ONE, &["-v", "--report", "json=-"], more].concat();
        let ended = run_hostile(&options, &["secret"]);
        assert_eq!(ended.code(), Some(1), "{ended:#?}");
        ended.text().contains(&key)
    };
    assert!(!shown(&[]));
    assert!(shown(&["--show-secrets"]));
}
