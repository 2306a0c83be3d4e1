use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use serde::Deserialize;
use serde_json::Value;

use crate::protocol::Claim;

/// The exit code of a driver that does not support what it was asked to do.
const UNSUPPORTED: i32 = 89;

/// How long the client's own words may be, in characters.
const MAX_WORDS: usize = 500;

/// What a driver says in JSON: in the last line of its output, or in its answer.
#[derive(Deserialize)]
pub(super) struct Answer {
    outcome: String,
    #[serde(default)]
    code: Value,
    #[serde(default)]
    detail: Value,
}

impl Answer {
    /// Reads it; `None` if it names no outcome.
    pub(super) fn of(line: Value) -> Option<Self> {
        serde_json::from_value(line).ok()
    }
}

/// What a process claims by its end and its last line.
pub(super) fn read(status: ExitStatus, stdout: &[u8]) -> (Claim, String) {
    let line = last_line(stdout).and_then(|line| serde_json::from_slice(line).ok());
    let said = line.and_then(Answer::of);
    let claim = match (status.code(), said.as_ref().and_then(claim_of)) {
        (None, _) => Claim::Crashed,
        // Who ends with an error has not succeeded, whatever it printed before.
        (_, Some(claim @ (Claim::Failed | Claim::Unsupported))) => claim,
        (Some(0), _) => Claim::Ok,
        (Some(UNSUPPORTED), _) => Claim::Unsupported,
        (Some(_), _) => Claim::Failed,
    };
    let end = end_in_words(status);
    let words = match said {
        None => end,
        Some(said) => format!("{end}, {}", in_words(said)),
    };
    (claim, printable(&words))
}

/// What an answer claims; one without a known outcome claims no success.
pub(super) fn of_answer(said: Option<Answer>) -> (Claim, String) {
    match said {
        None => (Claim::Failed, "an answer without an outcome".to_owned()),
        Some(said) => (claim_of(&said).unwrap_or(Claim::Failed), printable(&in_words(said))),
    }
}

fn claim_of(said: &Answer) -> Option<Claim> {
    match said.outcome.as_str() {
        "ok" => Some(Claim::Ok),
        "unsupported" => Some(Claim::Unsupported),
        "api_error" | "parse_error" | "transport_error" | "integrity_error" | "timeout" => {
            Some(Claim::Failed)
        }
        _ => None,
    }
}

/// How a process ended.
pub(super) fn end_in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => match signal_name(signal) {
            Some(name) => format!("signal {signal} ({name})"),
            None => format!("signal {signal}"),
        },
        (None, None) => status.to_string(),
    }
}

fn in_words(Answer { outcome, code, detail }: Answer) -> String {
    let [code, detail] = [("code", code), ("detail", detail)].map(value_in_words);
    format!("outcome {outcome}{code}{detail}")
}

/// Words are printed to terminals.
fn printable(words: &str) -> String {
    let printable = |letter: char| if letter.is_control() { ' ' } else { letter };
    words.chars().map(printable).take(MAX_WORDS).collect()
}

fn value_in_words((name, value): (&str, Value)) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => format!(", {name} {text}"),
        other => format!(", {name} {other}"),
    }
}

fn last_line(text: &[u8]) -> Option<&[u8]> {
    text.rsplit(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty())
}

/// The names that are the same on all systems, and two that are the same on those that matter.
fn signal_name(signal: i32) -> Option<&'static str> {
    let names = [
        (1, "SIGHUP"),
        (2, "SIGINT"),
        (3, "SIGQUIT"),
        (4, "SIGILL"),
        (5, "SIGTRAP"),
        (6, "SIGABRT"),
        (7, "SIGBUS"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (13, "SIGPIPE"),
        (14, "SIGALRM"),
        (15, "SIGTERM"),
        (31, "SIGSYS"),
    ];
    names.iter().find(|(number, _)| *number == signal).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(code: i32) -> ExitStatus {
        ExitStatus::from_raw(code << 8)
    }

    #[test]
    fn exit_codes_and_signals_are_claims() {
        assert_eq!(read(exit(0), b""), (Claim::Ok, "exit status 0".to_owned()));
        assert_eq!(read(exit(1), b"").0, Claim::Failed);
        assert_eq!(read(exit(89), b"").0, Claim::Unsupported);
        let crash = read(ExitStatus::from_raw(11), b"{\"outcome\":\"ok\"}");
        assert_eq!(crash, (Claim::Crashed, "signal 11 (SIGSEGV), outcome ok".to_owned()));
    }

    #[test]
    fn the_last_line_refines_the_exit_code() {
        let line = b"log\n{\"outcome\":\"api_error\",\"code\":-4019,\"detail\":\"a\\u001bb\"}\n\n";
        let words = "exit status 0, outcome api_error, code -4019, detail a b".to_owned();
        assert_eq!(read(exit(0), line), (Claim::Failed, words));
        assert_eq!(read(exit(0), b"{\"outcome\":\"ok\"}").0, Claim::Ok);
        assert_eq!(read(exit(1), b"{\"outcome\":\"ok\"}").0, Claim::Failed);
        assert_eq!(read(exit(0), b"{\"outcome\":\"unsupported\"}").0, Claim::Unsupported);
        assert_eq!(read(exit(0), b"{\"outcome\":\"timeout\"}\nbye").0, Claim::Ok);
        assert_eq!(read(exit(0), b"{\"outcome\":1}").1, "exit status 0");
    }

    #[test]
    fn words_are_bounded() {
        let line = format!("{{\"outcome\":\"ok\",\"detail\":\"{}\"}}", "é".repeat(1000));
        assert_eq!(read(exit(0), line.as_bytes()).1.chars().count(), MAX_WORDS);
    }
}
