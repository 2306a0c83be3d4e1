//! The verdicts on a scenario and on a run.

use super::{
    Disposition, JudgedScenario, KnownResult, Requirement, ResolvedFinding, RuleResult,
    RuleVerdict, RunEnd, RunVerdict, ScenarioResult, ScenarioVerdict,
};
use crate::protocol::Claim;
use crate::scenario::Blame;
use crate::spec::Level;

/// The verdict on a scenario. What is broken comes first: it was seen, whatever else did not happen.
pub(super) fn of_scenario(
    scenario: &JudgedScenario,
    findings: &[ResolvedFinding],
    strict: bool,
) -> ScenarioVerdict {
    let Ok(judged) = &scenario.judged else { return ScenarioVerdict::HarnessError };
    // A discounted finding fails its scenario, and not the run: it was
    // seen, and its control counts.
    if findings.iter().any(|found| found.fails(strict) && found.disposition != Disposition::Known) {
        ScenarioVerdict::Fail
    } else if judged.claim() == Some(Claim::Unsupported) {
        ScenarioVerdict::Unsupported
    } else if judged.is_exercised() {
        ScenarioVerdict::Pass
    } else {
        ScenarioVerdict::NotExercised
    }
}

/// The verdict on the client.
///
/// A client that never connected is not judged, whatever it claims: that it is caught claiming success
/// without a connection does not make it a client of this protocol.
pub(super) fn of_run(
    end: &RunEnd,
    (scenarios, controls): (&[ScenarioResult], &[String]),
    rules: &[RuleResult],
    known: &[KnownResult],
    missed: &[Requirement],
    strict: bool,
) -> RunVerdict {
    let judged = || scenarios.iter().filter_map(ScenarioResult::judged);
    let connected = judged().any(|judged| judged.has_traffic);
    let broken = scenarios
        .iter()
        .flat_map(|result| &result.findings)
        .any(|found| found.fails(strict) && found.disposition == Disposition::Counts);
    let outdated = known.iter().any(|known| known.state.fails());
    let failures = || scenarios.iter().filter_map(ScenarioResult::failure);
    let blames = |blame| failures().any(|failure| failure.blame == blame);
    let matters = |result: &ScenarioResult| {
        matches!(result.verdict, ScenarioVerdict::Pass | ScenarioVerdict::Fail)
    };
    // Of what was asked for; what was broken was seen, whatever else did not happen.
    let is_asked =
        |result: &&ScenarioResult| !controls.iter().any(|id| *id == result.scenario().id);
    let tells = |result: &ScenarioResult| matters(result) || !result.findings.is_empty();
    // Not all was played, and the user knows why.
    if *end == RunEnd::Interrupted {
        RunVerdict::Interrupted
    // What we broke off by our own fault says nothing about anybody else.
    } else if end.blames(Blame::Harness) {
        RunVerdict::HarnessError
    // Before the machine: a client that does not start is not helped by a better machine.
    } else if blames(Blame::Client) {
        RunVerdict::Unjudged
    } else if end.blames(Blame::Machine) || blames(Blame::Machine) {
        RunVerdict::Machine
    } else if blames(Blame::Harness) {
        RunVerdict::HarnessError
    } else if connected && (broken || outdated || !missed.is_empty()) {
        RunVerdict::Violates
    // Before the question of traffic, as who supports nothing need not connect. True as
    // well where nothing was judged.
    } else if judged().all(|judged| judged.claim() == Some(Claim::Unsupported)) {
        RunVerdict::NotExercised
    } else if !connected {
        RunVerdict::Unjudged
    } else if !judged().any(|judged| judged.used_slices)
        || !scenarios.iter().any(matters)
        || !scenarios.iter().filter(is_asked).any(tells)
        || rules.iter().all(|result| result.verdict() == RuleVerdict::NotExercised)
    {
        RunVerdict::NotExercised
    } else {
        RunVerdict::Conforms
    }
}

impl ResolvedFinding {
    /// Whether breaking its rule fails a run.
    pub fn fails(&self, strict: bool) -> bool {
        fails(self.finding.rule.level(), strict)
    }
}

/// Whether breaking a rule of this level fails a run.
pub(super) fn fails(level: Level, strict: bool) -> bool {
    level == Level::Must || (strict && level == Level::Should)
}

impl RunEnd {
    fn blames(&self, who: Blame) -> bool {
        matches!(self, Self::GivenUp { blame, .. } if *blame == who)
    }
}

impl ScenarioVerdict {
    /// All, in the order in which reports count them.
    pub const ALL: [Self; 5] =
        [Self::Pass, Self::Fail, Self::Unsupported, Self::HarnessError, Self::NotExercised];

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

impl RuleVerdict {
    /// The verdict on a rule that held in so many places and was broken in so many.
    pub fn of(held: usize, broken: usize) -> Self {
        match (held, broken) {
            (0, 0) => Self::NotExercised,
            (_, 0) => Self::Holds,
            _ => Self::Broken,
        }
    }

    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Broken => "broken",
            Self::NotExercised => "not-exercised",
        }
    }
}

/// Where nothing could be played.
impl From<Blame> for RunVerdict {
    fn from(blame: Blame) -> Self {
        match blame {
            Blame::Client => Self::Unjudged,
            Blame::Machine => Self::Machine,
            Blame::Harness => Self::HarnessError,
        }
    }
}

impl RunVerdict {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Violates => "violates",
            Self::NotExercised => "not-exercised",
            Self::Unjudged | Self::Machine | Self::HarnessError | Self::Interrupted => "unjudged",
        }
    }

    /// Whether it says something about the client: that it conforms, or that it does not.
    pub const fn is_judgement(self) -> bool {
        matches!(self, Self::Conforms | Self::Violates)
    }

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
