//! What a run found, and the formats it is told in.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::protocol::{Claim, Transcript};
use crate::rules::{Finding, Rule, Ruling, catalogue, findings, judge};
use crate::scenario::Scenario;
use crate::spec::Level;

pub mod explain;
pub mod json_v1;
pub mod lists;
pub mod terminal;
mod text;

/// All scenarios of one run, judged.
pub struct Report {
    /// The command of the client; empty for the built-in reference client.
    pub command: Vec<String>,
    /// Where contents and credentials came from.
    pub seed: u64,
    /// Options that a replay needs besides the token.
    pub replay_options: Vec<String>,
    /// Whether breaking a `should` fails the run.
    pub strict: bool,
    /// Whether the user ended the run before its end.
    pub interrupted: bool,
    /// The scenarios in the order of the catalogue.
    pub results: Vec<ScenarioResult>,
}

/// One scenario, judged.
pub struct ScenarioResult {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// The conversation and what each rule says about it, or why there is none.
    pub judged: Result<Judged, Failure>,
    /// How long it took.
    pub elapsed: Duration,
    /// What the client printed, bounded.
    pub stdout: Vec<u8>,
    /// What the client printed on its error stream, bounded.
    pub stderr: Vec<u8>,
}

/// A conversation and what each rule says about it.
pub struct Judged {
    /// The conversation.
    pub transcript: Arc<Transcript>,
    /// In the order of the catalogue.
    pub rulings: Vec<Ruling>,
}

/// Why a scenario could not be judged.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Whether the program itself could not be started.
    pub not_started: bool,
    /// What happened.
    pub message: String,
}

/// What became of one scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScenarioVerdict {
    /// Nothing was broken that fails a run.
    Pass,
    /// Something was.
    Fail,
    /// The client says that it does not support this.
    Unsupported,
    /// The harness could not do its part.
    HarnessError,
    /// The client never connected.
    NotExercised,
}

/// What became of one rule in a run.
pub struct RuleTally {
    /// The rule.
    pub rule: &'static Rule,
    /// In how many places it held.
    pub held: usize,
    /// In how many places it was broken.
    pub broken: usize,
}

/// What a run says about the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunVerdict {
    /// It conforms.
    Conforms,
    /// It breaks at least one rule that fails a run.
    Violates,
    /// It was not started, or never connected.
    Unjudged,
    /// Nothing was exercised.
    NotExercised,
    /// Our own fault.
    HarnessError,
    /// The user ended it; what had been judged by then is in the report.
    Interrupted,
}

impl Judged {
    /// Judges a conversation.
    pub fn new(transcript: Arc<Transcript>) -> Self {
        let rulings = judge(&transcript);
        Self { transcript, rulings }
    }

    /// All findings, the gravest first, then in the order of the catalogue.
    pub fn findings(&self) -> Vec<&Finding> {
        let mut all: Vec<_> = findings(&self.rulings).collect();
        all.sort_by_key(|finding| finding.rule.level());
        all
    }

    /// What the client claims; a run that was judged has ended.
    pub fn claim(&self) -> Option<Claim> {
        self.transcript.outcome.as_ref().map(|outcome| outcome.claim)
    }
}

impl ScenarioResult {
    /// The verdict on this scenario.
    pub fn verdict(&self, strict: bool) -> ScenarioVerdict {
        let Ok(judged) = &self.judged else { return ScenarioVerdict::HarnessError };
        if judged.findings().iter().any(|finding| fails(finding.rule.level(), strict)) {
            ScenarioVerdict::Fail
        } else if judged.claim() == Some(Claim::Unsupported) {
            ScenarioVerdict::Unsupported
        } else if judged.transcript.exchanges.is_empty() {
            ScenarioVerdict::NotExercised
        } else {
            ScenarioVerdict::Pass
        }
    }

    /// The token that runs this scenario again with the same bytes.
    pub fn replay_token(&self, seed: u64) -> String {
        format!("{seed}:{}", self.scenario.id)
    }
}

impl ScenarioVerdict {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unsupported => "unsupported",
            Self::HarnessError => "harness-error",
            Self::NotExercised => "not-exercised",
        }
    }
}

impl Report {
    /// What became of each rule, in the order of the catalogue.
    pub fn tallies(&self) -> Vec<RuleTally> {
        let judged = || self.results.iter().filter_map(|result| result.judged.as_ref().ok());
        let tally = |rule: &'static Rule| {
            let rulings = judged().flat_map(|judged| &judged.rulings);
            let mine = rulings.filter(|ruling| ruling.rule.id == rule.id);
            let start = RuleTally { rule, held: 0, broken: 0 };
            mine.fold(start, |tally, ruling| RuleTally {
                held: tally.held + ruling.held,
                broken: tally.broken + ruling.findings.len(),
                ..tally
            })
        };
        catalogue().map(tally).collect()
    }

    /// How many findings there are of a level.
    pub fn count(&self, level: Level) -> usize {
        let judged = self.results.iter().filter_map(|result| result.judged.as_ref().ok());
        let findings = judged.flat_map(|judged| findings(&judged.rulings));
        findings.filter(|finding| finding.rule.level() == level).count()
    }

    /// The verdict on the client.
    ///
    /// A client that never connected is not judged, whatever it claims: that it is caught claiming
    /// success without a connection does not make it a client of this protocol.
    pub fn verdict(&self) -> RunVerdict {
        let judged = || self.results.iter().filter_map(|result| result.judged.as_ref().ok());
        let failures = || self.results.iter().filter_map(|result| result.judged.as_ref().err());
        let connected = judged().any(|judged| !judged.transcript.exchanges.is_empty());
        let broken = self
            .tallies()
            .iter()
            .any(|tally| tally.broken > 0 && fails(tally.rule.level(), self.strict));
        if self.interrupted {
            RunVerdict::Interrupted
        } else if failures().any(|failure| failure.not_started) {
            RunVerdict::Unjudged
        } else if failures().next().is_some() {
            RunVerdict::HarnessError
        } else if broken && connected {
            RunVerdict::Violates
        } else if judged().all(|judged| judged.claim() == Some(Claim::Unsupported)) {
            RunVerdict::NotExercised
        } else if !connected {
            RunVerdict::Unjudged
        } else if self.tallies().iter().all(|tally| tally.held == 0) {
            RunVerdict::NotExercised
        } else {
            RunVerdict::Conforms
        }
    }
}

impl RunVerdict {
    /// The exit code of a run with this verdict.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Conforms => 0,
            Self::Violates => 1,
            Self::Unjudged => 3,
            Self::NotExercised => 4,
            Self::HarnessError => 70,
            Self::Interrupted => 130,
        }
    }
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON, version 1.
    Json,
}

/// Writes a report in a format for machines.
pub fn write(report: &Report, format: &Format, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Json => json_v1::write(report, out),
    }
}

fn fails(level: Level, strict: bool) -> bool {
    level == Level::Must || (strict && level == Level::Should)
}
