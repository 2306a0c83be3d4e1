use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use serde_json::{Map, Value};

use crate::harness::HarnessError;
use crate::protocol::Claim;

/// The exit code of a driver that does not support what it was asked to do.
const UNSUPPORTED: i32 = 89;

/// How long the client's own words may be, in characters.
const MAX_WORDS: usize = 500;

/// What a driver says in JSON: in the last line of its output, or in its answer.
#[derive(Debug)]
pub(in crate::harness) struct DriverAnswer {
    claim: Claim,
    words: String,
}

impl DriverAnswer {
    /// Reads it; the error says what the contract does not know.
    pub(in crate::harness) fn read(line: &Map<String, Value>) -> Result<Self, HarnessError> {
        let outcome = match line.get("outcome") {
            Some(Value::String(outcome)) => outcome,
            Some(other) => return Err(unknown(&format!("\"outcome\" is {other}, and no string"))),
            None => return Err(unknown("it has no \"outcome\"")),
        };
        let claim = OUTCOMES.iter().find(|(name, _)| name == outcome).map(|(_, claim)| *claim);
        let claim =
            claim.ok_or_else(|| unknown(&format!("the outcome {outcome:?} is not known")))?;
        let [code, detail] = ["code", "detail"].map(|name| describe_value(name, line.get(name)));
        Ok(Self { claim, words: format!("outcome {outcome}{code}{detail}") })
    }

    /// What it claims, and its words.
    pub(in crate::harness) fn into_claim(self) -> (Claim, String) {
        (self.claim, printable(&self.words))
    }
}

/// The outcomes that a driver may name.
const OUTCOMES: &[(&str, Claim)] = &[
    ("ok", Claim::Ok),
    ("api_error", Claim::Failed),
    ("parse_error", Claim::Failed),
    ("transport_error", Claim::Failed),
    ("integrity_error", Claim::Failed),
    ("timeout", Claim::Failed),
    ("unsupported", Claim::Unsupported),
];

fn unknown(what: &str) -> HarnessError {
    let names: Vec<_> = OUTCOMES.iter().map(|(name, _)| *name).collect();
    HarnessError::Answer(printable(&format!("{what}; the outcomes are {}", names.join(", "))))
}

/// The error for a line that was perhaps meant as an answer.
pub(super) fn no_json(line: &[u8], error: &serde_json::Error) -> HarnessError {
    const SHOWN: usize = 80;
    let line: String = String::from_utf8_lossy(line).chars().take(SHOWN).collect();
    HarnessError::Answer(printable(&format!("no JSON ({error}): {line}")))
}

/// What a process claims by its end and its last line. Of the two, the one that claims less counts:
/// who ends with an error has not succeeded, whatever it printed before, and who prints a failure has
/// failed, whatever its exit status.
///
/// `last_line` is that of its output; `None` if it is too long to be kept.
pub(super) fn read(
    status: ExitStatus,
    last_line: Option<&[u8]>,
) -> Result<(Claim, String), HarnessError> {
    let end = describe_end(status);
    let line = last_line.ok_or_else(|| unknown("the last line of its output is too long"))?;
    // Most programs print whatever they like last: only an object with an outcome is meant for us.
    let line = serde_json::from_slice::<Value>(line).ok();
    let said = line.as_ref().and_then(Value::as_object).filter(|line| line.contains_key("outcome"));
    let said = match (said, status.code()) {
        (None, _) => None,
        // Who was interrupted in the midst of a word has crashed, and that is all there is to say.
        (Some(line), None) => DriverAnswer::read(line).ok(),
        (Some(line), Some(_)) => Some(DriverAnswer::read(line)?),
    };
    let claim = match (status.code(), said.as_ref().map(|said| said.claim)) {
        (None, _) => Claim::Crashed,
        (_, Some(claim @ (Claim::Failed | Claim::Unsupported))) => claim,
        (Some(0), _) => Claim::Ok,
        (Some(UNSUPPORTED), _) => Claim::Unsupported,
        (Some(_), _) => Claim::Failed,
    };
    let words = match said {
        None => end,
        Some(said) => format!("{end}, {}", said.words),
    };
    Ok((claim, printable(&words)))
}

/// How a process ended.
pub(super) fn describe_end(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => match signal_name(signal) {
            Some(name) => format!("signal {signal} ({name})"),
            None => format!("signal {signal}"),
        },
        (None, None) => status.to_string(),
    }
}

/// Words are printed to terminals.
fn printable(words: &str) -> String {
    let printable = |letter: char| if letter.is_control() { ' ' } else { letter };
    words.chars().map(printable).take(MAX_WORDS).collect()
}

fn describe_value(name: &str, value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => format!(", {name} {text}"),
        Some(other) => format!(", {name} {other}"),
    }
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

    fn claim(status: ExitStatus, stdout: &[u8]) -> (Claim, String) {
        read(status, Some(last_line(stdout))).unwrap()
    }

    fn last_line(stdout: &[u8]) -> &[u8] {
        stdout.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap()
    }

    #[test]
    fn exit_codes_and_signals_are_claims() {
        assert_eq!(claim(exit(0), b""), (Claim::Ok, "exit status 0".to_owned()));
        assert_eq!(claim(exit(1), b"").0, Claim::Failed);
        assert_eq!(claim(exit(89), b"").0, Claim::Unsupported);
        let crash = claim(ExitStatus::from_raw(11), b"{\"outcome\":\"ok\"}");
        assert_eq!(crash, (Claim::Crashed, "signal 11 (SIGSEGV), outcome ok".to_owned()));
    }

    #[test]
    fn the_last_line_refines_the_exit_code() {
        let line = b"log\n{\"outcome\":\"api_error\",\"code\":-4019,\"detail\":\"a\\u001bb\"}\n\n";
        let words = "exit status 0, outcome api_error, code -4019, detail a b".to_owned();
        assert_eq!(claim(exit(0), line), (Claim::Failed, words));
        assert_eq!(claim(exit(0), b"{\"outcome\":\"ok\"}").0, Claim::Ok);
        assert_eq!(claim(exit(1), b"{\"outcome\":\"ok\"}").0, Claim::Failed);
        assert_eq!(claim(exit(89), b"{\"outcome\":\"ok\"}").0, Claim::Unsupported);
        assert_eq!(claim(exit(0), b"{\"outcome\":\"unsupported\"}").0, Claim::Unsupported);
        assert_eq!(claim(exit(0), b"{\"outcome\":\"timeout\"}\nbye").0, Claim::Ok);
        assert_eq!(claim(exit(0), b"{\"result\":1}").1, "exit status 0");
    }

    #[test]
    fn an_outcome_that_the_contract_does_not_know_is_no_claim() {
        for (line, words) in [
            (
                r#"{"outcome":"partial"}"#,
                "the outcome \"partial\" is not known; the outcomes are ok, ",
            ),
            (r#"{"outcome":"success"}"#, "the outcome \"success\" is not known"),
            (r#"{"outcome":"OK"}"#, "the outcome \"OK\" is not known"),
            (r#"{"outcome":1}"#, "\"outcome\" is 1, and no string"),
            (r#"{"outcome":null}"#, "\"outcome\" is null, and no string"),
        ] {
            for status in [0, 1, 89] {
                let error = read(exit(status), Some(line.as_bytes())).unwrap_err();
                assert!(error.to_string().contains(words), "{error}");
            }
            assert_eq!(claim(ExitStatus::from_raw(9), line.as_bytes()).0, Claim::Crashed);
        }
    }

    #[test]
    fn words_are_bounded() {
        let line = format!("{{\"outcome\":\"ok\",\"detail\":\"{}\"}}", "é".repeat(1000));
        assert_eq!(claim(exit(0), line.as_bytes()).1.chars().count(), MAX_WORDS);
    }
}
