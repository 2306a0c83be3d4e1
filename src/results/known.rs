//! Findings that somebody has accepted for now: they do not fail a run, and may not linger.

mod reading;
mod writing;

pub(crate) use reading::meant;

use crate::rules::Rule;

/// What is accepted, entry by entry.
#[derive(Default)]
#[non_exhaustive]
pub struct Known {
    /// In the order of the file.
    pub entries: Vec<KnownEntry>,
}

/// One rule that may be broken in some scenarios.
#[non_exhaustive]
pub struct KnownEntry {
    /// The rule.
    pub rule: &'static Rule,
    /// The scenarios, as the file names them.
    pub glob: String,
    /// The ids of the scenarios that are meant.
    pub scenarios: Vec<String>,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which it is, as `YYYY-MM-DD`.
    pub expires: Option<String>,
    /// Whether that day is over.
    pub expired: bool,
}

/// What became of an entry in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KnownState {
    /// It excuses this many findings.
    Matched(usize),
    /// A scenario ran, and the rule was not broken: the entry has to go.
    UnexpectedPass,
    /// It excuses nothing any more.
    Expired,
    /// None of its scenarios could be judged.
    NotRun,
}

impl KnownEntry {
    /// Whether it is about this rule in this scenario, be it expired or not.
    pub(crate) fn is_about(&self, rule: &Rule, scenario: &str) -> bool {
        self.rule.id == rule.id && self.scenarios.iter().any(|id| id == scenario)
    }
}

impl Known {
    /// Whether a rule may be broken in a scenario.
    pub fn excuses(&self, rule: &Rule, scenario: &str) -> bool {
        self.entries.iter().any(|entry| !entry.expired && entry.is_about(rule, scenario))
    }
}

impl KnownState {
    /// Whether it fails the run.
    pub fn fails(self) -> bool {
        matches!(self, Self::UnexpectedPass | Self::Expired)
    }

    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Matched(_) => "matched",
            Self::UnexpectedPass => "unexpected-pass",
            Self::Expired => "expired",
            Self::NotRun => "not-run",
        }
    }
}
