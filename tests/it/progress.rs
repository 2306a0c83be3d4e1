//! How far a run is, on a terminal.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// What a run writes to a terminal of so many columns that is its error stream, and to stdout.
fn on_terminal(columns: u16, arguments: &[&str]) -> (String, String) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&theirs, size).unwrap();
    let mut run = Command::new(env!("CARGO_BIN_EXE_slicecheck"))
        .args(arguments)
        .env_remove("COLUMNS")
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(theirs)
        .spawn()
        .unwrap();
    let mut shown = Vec::new();
    // Linux says so when nobody has the other end any more.
    let is_end = |error: &io::Error| error.raw_os_error() == Some(5);
    File::from(ours)
        .read_to_end(&mut shown)
        .or_else(|error| if is_end(&error) { Ok(0) } else { Err(error) })
        .unwrap();
    let mut out = String::new();
    run.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert!(run.wait().unwrap().success(), "{out}");
    (String::from_utf8(shown).unwrap(), out)
}

/// The lines that were shown one after the other, without what moves the cursor.
fn lines(shown: &str) -> Vec<String> {
    let mut text = String::new();
    let mut escape = false;
    for letter in shown.chars() {
        escape |= letter == '\x1b';
        if !escape {
            text.push(letter);
        }
        if escape && letter.is_ascii_alphabetic() {
            assert_ne!(letter, 'm', "a colour: {shown:?}");
            escape = false;
            text.push('\n');
        }
    }
    text.split(['\r', '\n']).map(str::to_owned).collect()
}

#[test]
fn a_terminal_shows_a_bar_and_is_left_empty_before_the_report() {
    let (shown, out) = on_terminal(100, &["run", "-s", "happy/*", "--color", "never"]);
    let lines = lines(&shown);
    let is_bar = |line: &String| line.starts_with('[') && line.contains(" happy/");
    assert!(lines.iter().any(is_bar), "{shown:?}");
    let rest = shown.rsplit("\x1b[2K").next().unwrap();
    assert!(shown.contains("\x1b[2K") && rest.trim().is_empty(), "{shown:?}");
    assert!(out.contains("conforms") && !out.contains(['\x1b', '\r']), "{out:?}");
}

#[test]
fn no_line_of_progress_is_longer_than_a_narrow_terminal() {
    for (columns, arguments) in
        [(30, &["run", "-s", "happy/*"] as &[_]), (24, &["fuzz", "--runs", "20"])]
    {
        let (shown, _) = on_terminal(columns, arguments);
        let lines = lines(&shown);
        assert!(lines.iter().any(|line| line.contains('/')), "{shown:?}");
        let is_long = |line: &&String| line.trim_end().chars().count() > usize::from(columns);
        let long: Vec<_> = lines.iter().filter(is_long).collect();
        assert!(long.is_empty(), "{columns}: {long:?}");
    }
}

#[test]
fn a_quiet_run_shows_no_progress() {
    let (shown, out) = on_terminal(100, &["run", "-q", "-s", "happy/*"]);
    assert_eq!((shown.as_str(), out.lines().count()), ("", 1));
}
