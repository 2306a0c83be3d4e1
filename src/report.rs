//! What a run found, and the formats it is told in.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use self::known::{Known, KnownState};
use self::shown::Shown;
use crate::mutant::{Resemblance, resemblance};
use crate::protocol::{Claim, FileView, Transcript};
use crate::rules::{Finding, Rule, Ruling, catalogue, findings, judge};
use crate::scenario::{Blame, Scenario, scenarios};
use crate::spec::Level;

pub mod explain;
mod json_text;
pub mod json_v1;
pub mod known;
pub mod lists;
pub mod mutants;
pub mod saved;
pub mod screen;
mod secrets;
mod shown;
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
    /// Findings that do not fail the run.
    pub known: Known,
    /// How the run ended.
    pub end: RunEnd,
    /// The mutant that the client looks like, see [`Report::resemblance`].
    pub resembles: Option<Resemblance>,
    /// The scenarios in the order of the catalogue.
    pub results: Vec<ScenarioResult>,
}

/// One scenario, judged.
pub struct ScenarioResult {
    /// The scenario.
    pub scenario: Arc<Scenario>,
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
    /// The conversation; see [`Judged::release`].
    pub transcript: Transcript,
    /// In the order of the catalogue.
    pub rulings: Vec<Ruling>,
    /// What reports show of it.
    shown: Shown,
}

/// Why a scenario could not be judged.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Who can do something about it.
    pub blame: Blame,
    /// What happened.
    pub message: String,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// With its last scenario.
    Complete,
    /// By a signal, before that.
    Interrupted,
    /// It was given up.
    GivenUp {
        /// Who can do something about that.
        blame: Blame,
        /// Why, and what it was doing then.
        detail: String,
    },
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

/// What a finding does to the verdict on the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It counts.
    Counts,
    /// It does not: somebody has accepted it.
    Known,
    /// It does not: the client fails without the scenario's fault, too. What it does there counts.
    ControlFailed,
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
    /// The machine is short of something that a run needs.
    Machine,
    /// Our own fault.
    HarnessError,
    /// The user ended it; what had been judged by then is in the report.
    Interrupted,
}

impl Judged {
    /// Judges a conversation.
    pub fn new(transcript: Transcript) -> Self {
        let rulings = judge(&transcript);
        let shown = Shown::of(&transcript, &rulings);
        Self { transcript, rulings, shown }
    }

    /// Lets go of the file and of all exchanges: what a report shows of them is kept by itself.
    pub fn release(&mut self) {
        self.transcript.exchanges = Vec::new();
        self.transcript.job.file = FileView::default();
    }

    /// How many exchanges there were.
    pub fn exchanges(&self) -> usize {
        self.shown.exchanges()
    }

    /// Whether the client sent anything, be it kept or not.
    pub fn has_traffic(&self) -> bool {
        self.transcript.overflowed || self.exchanges() > 0
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
    /// Whether breaking a rule of this level fails the run.
    pub fn fails(&self, level: Level) -> bool {
        level == Level::Must || (self.strict && level == Level::Should)
    }

    /// What a finding of a scenario does to the verdict.
    pub fn disposition(&self, result: &ScenarioResult, finding: &Finding) -> Disposition {
        self.dispositions(result)(finding)
    }

    /// The same for all findings of a scenario, whose control is looked at once.
    fn dispositions(&self, result: &ScenarioResult) -> impl Fn(&Finding) -> Disposition {
        let control = result.scenario.control.as_deref().and_then(|id| self.result(id));
        let failed = control.is_some_and(|it| self.scenario_verdict(it) == ScenarioVerdict::Fail);
        let scenario = result.scenario.id.clone();
        move |finding| {
            if self.known.excuses(finding.rule, &scenario) {
                Disposition::Known
            } else if failed {
                Disposition::ControlFailed
            } else {
                Disposition::Counts
            }
        }
    }

    /// The result of a scenario, if it was run.
    pub fn result(&self, id: &str) -> Option<&ScenarioResult> {
        self.results.iter().find(|result| result.scenario.id == id)
    }

    /// The verdict on a scenario.
    pub fn scenario_verdict(&self, result: &ScenarioResult) -> ScenarioVerdict {
        let Ok(judged) = &result.judged else { return ScenarioVerdict::HarnessError };
        let excused = |finding: &Finding| self.known.excuses(finding.rule, &result.scenario.id);
        let fails = |finding: &&Finding| self.fails(finding.rule.level()) && !excused(finding);
        if findings(&judged.rulings).any(|finding| fails(&finding)) {
            ScenarioVerdict::Fail
        } else if judged.claim() == Some(Claim::Unsupported) {
            ScenarioVerdict::Unsupported
        } else if judged.exchanges() == 0 {
            ScenarioVerdict::NotExercised
        } else {
            ScenarioVerdict::Pass
        }
    }

    /// What became of each entry of the known findings, in their order.
    pub fn known_states(&self) -> Vec<KnownState> {
        let state = |entry: &known::KnownEntry| {
            if entry.expired {
                return KnownState::Expired;
            }
            let about = |result: &&ScenarioResult| entry.scenarios.contains(&result.scenario.id);
            let ran = self.results.iter().filter(about).filter(|result| {
                let verdict = self.scenario_verdict(result);
                !matches!(verdict, ScenarioVerdict::HarnessError | ScenarioVerdict::NotExercised)
            });
            let excused = |result: &ScenarioResult| {
                let judged = result.judged.iter().flat_map(Judged::findings);
                judged.filter(|finding| entry.is_about(finding.rule, &result.scenario.id)).count()
            };
            let counts: Vec<_> = ran.map(excused).collect();
            match counts.iter().sum() {
                _ if counts.is_empty() => KnownState::NotRun,
                0 => KnownState::UnexpectedPass,
                found => KnownState::Matched(found),
            }
        };
        self.known.entries.iter().map(state).collect()
    }

    /// The findings of all scenarios, with what each does to the verdict.
    pub fn findings(&self) -> impl Iterator<Item = (&Finding, Disposition)> {
        self.results.iter().flat_map(|result| {
            let disposition = self.dispositions(result);
            let findings = result.judged.iter().flat_map(|judged| findings(&judged.rulings));
            findings.map(move |finding| (finding, disposition(finding)))
        })
    }

    /// What became of each rule, in the order of the catalogue.
    pub fn tallies(&self) -> Vec<RuleTally> {
        let tally = |rule| RuleTally { rule, held: 0, broken: 0 };
        let mut tallies: Vec<_> = catalogue().map(tally).collect();
        for judged in self.results.iter().filter_map(|result| result.judged.as_ref().ok()) {
            // Rulings have the order of the catalogue, too.
            for (tally, ruling) in tallies.iter_mut().zip(&judged.rulings) {
                tally.held += ruling.held;
                tally.broken += ruling.broken();
            }
        }
        tallies
    }

    /// How many findings of a level count, each once, whatever its `times`.
    pub fn count(&self, level: Level) -> usize {
        let counts = |(finding, disposition): &(&Finding, Disposition)| {
            finding.rule.level() == level && *disposition == Disposition::Counts
        };
        self.findings().filter(counts).count()
    }

    /// The mutant of the reference client whose findings look most like those that count here, if one
    /// does. This plays mutants, on `threads` threads; a client that breaks nothing costs nothing.
    pub fn resemblance(&self, threads: NonZeroUsize) -> Option<Resemblance> {
        // Mutants are only played in scenarios of the catalogue.
        let known = |of: &ScenarioResult| scenarios().find(|known| ***known == *of.scenario);
        let judged = || {
            let results = self.results.iter();
            results.filter_map(move |of| Some((of, of.judged.as_ref().ok()?, known(of)?)))
        };
        let counting = judged().flat_map(|(result, judged, scenario)| {
            let (disposition, all) = (self.dispositions(result), findings(&judged.rulings));
            let counts = all.filter(move |found| disposition(found) == Disposition::Counts);
            counts.map(|finding| (finding.rule.id, scenario.id.as_str()))
        });
        let scenarios: Vec<_> = judged().map(|(_, _, scenario)| scenario.as_ref()).collect();
        resemblance(&counting.collect(), &scenarios, threads)
    }

    /// The verdict on the client.
    ///
    /// A client that never connected is not judged, whatever it claims: that it is caught claiming
    /// success without a connection does not make it a client of this protocol.
    pub fn verdict(&self) -> RunVerdict {
        let judged = || self.results.iter().filter_map(|result| result.judged.as_ref().ok());
        let failures = || self.results.iter().filter_map(|result| result.judged.as_ref().err());
        let connected = judged().any(Judged::has_traffic);
        let broken = self.findings().any(|(finding, disposition)| {
            self.fails(finding.rule.level()) && disposition == Disposition::Counts
        });
        let outdated = self.known_states().into_iter().any(KnownState::fails);
        let blames = |blame| failures().any(|failure| failure.blame == blame);
        if self.end == RunEnd::Interrupted {
            RunVerdict::Interrupted
        } else if self.end.blames(Blame::Harness) {
            RunVerdict::HarnessError
        } else if blames(Blame::Client) {
            RunVerdict::Unjudged
        } else if self.end.blames(Blame::Machine) || blames(Blame::Machine) {
            RunVerdict::Machine
        } else if blames(Blame::Harness) {
            RunVerdict::HarnessError
        } else if connected && (broken || outdated) {
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

impl RunEnd {
    fn blames(&self, who: Blame) -> bool {
        matches!(self, Self::GivenUp { blame, .. } if *blame == who)
    }
}

impl RunVerdict {
    /// The exit code of a run with this verdict.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Conforms => 0,
            Self::Violates => 1,
            Self::Machine => 2,
            Self::Unjudged => 3,
            Self::NotExercised => 4,
            Self::HarnessError => 70,
            Self::Interrupted => 130,
        }
    }
}

/// A form for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON, version 1: one document.
    Json,
    /// The conversations: a folder of documents, see [`saved`].
    Transcript,
}
