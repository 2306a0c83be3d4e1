//! Which scenarios are needed: without them, some mutant would not be named by a rule that has to.

use std::collections::{BTreeMap, BTreeSet};

use super::MutantOutcome;
use crate::scenario::{Scenario, topic_of};

/// Scenarios without a mutant of their own, and why they are played.
pub struct Shared {
    /// Why.
    pub reason: &'static str,
    /// Their ids, or whole topics: `content/*`.
    pub scenarios: &'static [&'static str],
}

/// What is known of a scenario in a kill matrix of all mutants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A rule names this mutant there, as it has to, and nowhere else.
    Mutant(&'static str),
    /// There is no such mutant, but this reason.
    Reason(&'static str),
    /// There is neither.
    Unknown,
}

/// Why each scenario is played.
pub fn needs<'a>(
    scenarios: impl Iterator<Item = &'a Scenario>,
    outcomes: &[MutantOutcome],
) -> BTreeMap<&'a str, Need> {
    let alone: BTreeMap<_, _> = outcomes.iter().flat_map(named_once).collect();
    let need = |id: &str| {
        let mutant = alone.get(id).copied().map(Need::Mutant);
        mutant.or_else(|| reason(id).map(Need::Reason)).unwrap_or(Need::Unknown)
    };
    scenarios.map(|scenario| (scenario.id.as_str(), need(&scenario.id))).collect()
}

/// The scenarios in which alone a rule names a mutant that has to.
fn named_once(outcome: &MutantOutcome) -> Vec<(&'static str, &'static str)> {
    let places = outcome.mutant.expected.iter().filter_map(|rule| outcome.broken.get(rule));
    let alone = places.filter(|places| places.len() == 1).flatten();
    alone.map(|scenario| (*scenario, outcome.mutant.id)).collect()
}

/// Why a scenario without a mutant of its own is played.
pub fn reason(id: &str) -> Option<&'static str> {
    let is_meant = |entry: &&str| {
        *entry == id || entry.strip_suffix("/*").is_some_and(|topic| topic == topic_of(id))
    };
    let shared = SHARED.iter().find(|shared| shared.scenarios.iter().any(is_meant));
    shared.map(|shared| shared.reason)
}

/// The ids that reasons are given for, whole topics left out.
pub fn with_reason() -> BTreeSet<&'static str> {
    let ids = SHARED.iter().flat_map(|shared| shared.scenarios).copied();
    ids.filter(|id| !id.ends_with("/*")).collect()
}

/// All of them, by reason.
pub const SHARED: &[Shared] = &[
    Shared {
        reason: "a control, or one of several lengths of a file: what shows in it shows in others",
        scenarios: &["happy/*"],
    },
    Shared {
        reason: "one of several values of the same thing: what spoils it spoils another of them, too, and \
                 which ones it spoils depends on the client",
        scenarios: &["content/*", "key/*", "session/*", "server-choice/*", "echo/*"],
    },
    Shared {
        reason: "a client has one place in its code for all courses of an upload, and what goes wrong there shows \
                 in others; who has several can go wrong in each of them alone",
        scenarios: &["combined/*"],
    },
    Shared {
        reason: "one of several states of an upload or of its place: who goes on wrongly from one of them \
                 does so from others",
        scenarios: &["resume/*", "existing/*", "sha/*", "large/*", "status/init-other-upload"],
    },
    Shared {
        reason: "all mutants read JSON with the same parser: only another one stumbles over it",
        scenarios: &["reply/*", "status/code-0-with-error"],
    },
    Shared {
        reason: "in memory a reply comes or is lost: how HTTP libraries differ shows over sockets only",
        scenarios: &["transport/*", "lawful/*"],
    },
    Shared {
        reason: "one of several damages, and of those with a finish that does not notice: who compares no \
                 echo misses all of them",
        scenarios: &["storage/*"],
    },
    Shared {
        reason: "one of several requests that get no reply: who waits for one without end waits for all",
        scenarios: &["patience/*"],
    },
    Shared {
        reason: "in memory there is no machine and no process: what a client makes of its locale, time zone, \
                 file or end shows where it is one",
        scenarios: &["machine/*", "restart/*"],
    },
    Shared {
        reason: "the service does what was asked for, or its words are clear: who takes the reply for a \
                 success is right, and who does not may fail",
        scenarios: &[
            "init/500-with-code-0-always",
            "init/unended-chunks-once",
            "init/number-session-always",
            "list/500-with-code-0-then-503",
            "list/unended-chunks-always",
            "list/number-session-always",
            "list/too-much-always",
            "slice/500-with-code-0-last-once",
            "slice/no-data-middle-then-503",
            "slice/no-data-last-once",
            "slice/null-data-middle-always",
            "slice/null-data-last-always",
            "slice/unended-chunks-middle-then-503",
            "slice/unended-chunks-last-once",
            "status/slice-500-with-code-0",
            "status/finish-400-with-code-0",
            "status/finish-slices-missing",
            "finish/no-data-always",
            "finish/null-data-then-503",
            "finish/unended-chunks-always",
        ],
    },
    Shared {
        reason: "the same decision is asked for by another code, at another place or more often: who decides \
                 wrongly here does so there",
        scenarios: &[
            "faults/finish-503-once",
            "faults/finish-reply-truncated",
            "faults/finish-reset-always",
            "faults/last-slice-code-always",
            "faults/slice-500-always",
            "faults/slice-503-once",
            "faults/slice-code-always",
            "faults/slice-reply-truncated",
            "faults/slice-reset",
            "faults/slice-reset-always",
            "finish/no-code-then-503",
            "finish/session-refused-always",
            "slice/session-refused-middle-once",
            "status/finish-304",
            "status/finish-504-empty",
            "status/finish-backend-error",
            "status/finish-bad-parameter",
            "status/finish-code-false",
            "status/finish-content-differs",
            "status/finish-forbidden",
            "status/finish-in-progress",
            "status/finish-length-differs",
            "status/finish-lost-not-found",
            "status/finish-lost-occupied",
            "status/finish-lost-session-refused",
            "status/first-slice-empty",
            "status/first-slice-html",
            "status/first-slice-storage-error",
            "status/init-exists",
            "status/last-slice-413-html",
            "status/list-forbidden",
            "status/list-not-found",
            "status/list-not-found-always",
            "status/list-without-session",
            "status/slice-304",
            "status/slice-308-nowhere",
            "status/slice-408-empty",
            "status/slice-413-html",
            "status/slice-429-empty",
            "status/slice-backend-error",
            "status/slice-code-empty",
            "status/slice-code-false",
            "status/slice-forbidden",
            "status/slice-in-progress",
            "status/slice-misplaced",
            "status/slice-missing-always",
            "status/slice-occupied",
            "status/slice-rate-limited",
            "status/slice-rate-limited-always",
            "status/slice-session-refused",
        ],
    },
];
