//! Words that several formats use for the same thing.

use super::secrets::Secrets;
use super::text::{cut, safe_text};
use crate::protocol::{Claim, Stored};
use crate::results::{Results, RunVerdict, ScenarioResult};
use crate::spec::Level;

/// The verdict, for people.
pub(super) fn verdict(verdict: RunVerdict) -> &'static str {
    match verdict {
        RunVerdict::Conforms => "conforms",
        RunVerdict::Violates => "does not conform",
        RunVerdict::Unjudged => "could not be judged",
        RunVerdict::NotExercised => "nothing that matters was exercised",
        RunVerdict::Machine => "could not be judged on this machine",
        RunVerdict::HarnessError => "the harness failed",
        RunVerdict::Interrupted => "interrupted before the end",
    }
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

/// Why a scenario has neither passed nor failed.
pub(super) fn reasons(result: &ScenarioResult) -> String {
    result.judged().map(|judged| judged.reasons().join("; ")).unwrap_or_default()
}

/// A foreign text in one line of at most `length` characters, without secrets. It is masked before it is
/// cut: a secret without its end is one, too.
pub(super) fn line(text: &str, length: usize, secrets: &Secrets) -> String {
    cut(&safe_text(&secrets.mask(text)), length)
}
