//! Words that several formats use for the same thing.

use super::secrets::Secrets;
use super::text::{cut, safe_text};
use crate::protocol::{Claim, Stored};
use crate::results::{Results, Run, RunEnd, RunVerdict, ScenarioResult};
use crate::spec::Level;

/// A number and what it counts.
pub(super) fn count(number: usize, one: &str, more: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {more}") }
}

/// The verdict, for people: a run can fail although the client breaks nothing that it may not break.
pub(super) fn verdict(results: &Results) -> &'static str {
    match results.verdict {
        RunVerdict::Conforms => "conforms",
        RunVerdict::Violates if breaks_rules(results) => "does not conform",
        RunVerdict::Violates if results.missed.is_empty() => {
            "conforms, but entries of the known findings have to go"
        }
        RunVerdict::Violates => "conforms as far as seen, but exercised too little",
        RunVerdict::Unjudged => "could not be judged",
        RunVerdict::NotExercised => "nothing that matters was exercised",
        RunVerdict::Machine => "could not be judged on this machine",
        RunVerdict::HarnessError => "the harness failed",
        RunVerdict::Interrupted => "interrupted before the end",
    }
}

/// Whether the client breaks rules that fail a run.
pub(super) fn breaks_rules(results: &Results) -> bool {
    results.count(Level::Must) > 0 || (results.strict && results.count(Level::Should) > 0)
}

/// What a client claims.
pub(super) fn claim(claim: Claim) -> &'static str {
    match claim {
        Claim::Ok => "ok",
        Claim::Failed => "failed",
        Claim::Crashed => "crashed",
        Claim::Hung => "hung",
        Claim::Unsupported => "unsupported",
    }
}

/// What the service holds.
pub(super) fn stored(stored: Stored) -> &'static str {
    match stored {
        Stored::Complete => "complete",
        Stored::Absent => "absent",
        Stored::Different => "different",
    }
}

/// How many findings of each level count.
pub(super) fn findings(results: &Results) -> String {
    let count = |level: Level| format!("{} {}", results.count(level), level.as_str());
    [Level::Must, Level::Should, Level::Note].map(count).join(", ")
}

/// How a run ended that has left scenarios out; `None` where all have a result.
pub(super) fn cut_short(results: &Results) -> Option<String> {
    let (played, unplayed) = (results.scenarios.len(), results.unplayed());
    if unplayed == 0 {
        return None;
    }
    let how = match results.end {
        RunEnd::Stopped => "stopped by --max-fail",
        RunEnd::Interrupted => "interrupted",
        RunEnd::Complete | RunEnd::GivenUp { .. } => "ended",
    };
    Some(format!("{how} after {played} of {} scenarios", played.saturating_add(unplayed)))
}

/// Why a scenario has neither passed nor failed.
pub(super) fn reasons(result: &ScenarioResult) -> String {
    result.judged().map(|judged| judged.reasons().join("; ")).unwrap_or_default()
}

/// A foreign text in one line of at most `length` characters, without secrets. It is masked before it is
/// cut: a secret without its end is one, too.
pub(super) fn line(text: &str, length: usize, secrets: &Secrets) -> String {
    cut(&safe_text(&secrets.mask(text)), length)
}

/// A longer line is not told where there is little room.
const REPLAY: usize = 1000;

/// What runs a scenario again with the same client, as a line for a shell; secrets are in it, should the command
/// have them.
pub(super) fn replay_line(run: &Run, scenario: &str) -> String {
    let mut words = vec!["slicecheck".to_owned(), "run".to_owned()];
    words.extend(run.replay(scenario));
    if !run.command.is_empty() {
        words.push("--".to_owned());
        words.extend(run.command.iter().cloned());
    }
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+{}".contains(c);
    // bash takes braces with one of these between them apart: {a,b} and {1..3}.
    let expands = word.contains('{') && (word.contains(',') || word.contains(".."));
    let safe = !word.is_empty() && word.chars().all(plain) && !expands;
    // Within single quotes a shell has no escapes: a quote ends them, stands escaped, and begins them
    // again.
    if safe { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// The same for a report: in one line, without secrets, and whole, for a part of a command does something else.
pub(super) fn replay(run: &Run, scenario: &str, secrets: &Secrets) -> String {
    safe_text(&secrets.mask(&replay_line(run, scenario)))
}

/// The same where there is little room.
pub(super) fn short_replay(run: &Run, scenario: &str, secrets: &Secrets) -> Option<String> {
    Some(replay(run, scenario, secrets)).filter(|line| line.len() <= REPLAY)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_change_it() {
        for plain in ["./client", "--endpoint={endpoint}", "a,b", "1..3", "user@host"] {
            assert_eq!(quoted(plain), plain);
        }
        for (word, expected) in [
            ("", "''"),
            ("{a,b}", "'{a,b}'"),
            ("{1..3}", "'{1..3}'"),
            ("it's", "'it'\\''s'"),
            ("$HOME", "'$HOME'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
