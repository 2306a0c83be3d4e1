//! What a run found, resolved once: verdicts, what each finding counts for, coverage. Reports only write
//! it down.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::mutant::Resemblance;
pub(crate) use crate::mutant::trait_of;
use crate::rules::{Finding, Rule, catalogue};
use crate::scenario::{Blame, Scenario};
use crate::spec::Level;

mod coverage;
mod disposition;
mod judged;
pub mod known;
mod replay;
mod resembling;
mod sent;
mod shard;
mod shown;
mod signatures;
mod title;
mod unplayed;
mod verdict;
mod waiting;
mod wire;

pub use coverage::{Coverage, ExercisedCount, Requirement, RequirementError};
pub use disposition::{Discount, Disposition};
pub use judged::{Failure, Judged, JudgedScenario, Played};
pub(crate) use resembling::catalogue_of;
pub use sent::{Sent, SentSlice};
pub use shard::{PartError, Shard, ShardNumber};
pub use shown::{Excerpt, Place, ReplyRow, Row};
pub(crate) use signatures::signatures;
pub use waiting::Waiting;
pub use wire::{Piece, Wire};

use disposition::Controls;
use known::{Known, KnownEntry, KnownState};
use resembling::resembles;

/// Who was judged, and how to do it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The command of the client; empty for the built-in reference client, and where a client asked a plan.
    pub command: Vec<String>,
    /// What the user calls the client, or else what it calls itself.
    pub name: Option<String>,
    /// Its version, if it has told one.
    pub version: Option<String>,
    /// The file of the user's repository that reports point at: a path with slashes, relative to the
    /// repository.
    pub anchor: Option<String>,
    /// Another file of it, for reports that have to point at one.
    pub stand_in: Option<String>,
    /// Where contents and credentials came from.
    pub seed: u64,
    /// Options that a replay needs besides the token.
    pub replay_options: Vec<String>,
    /// The scenario that was read from a file, if one was.
    pub case: Option<Case>,
    /// Which part of a run it was, if it was one.
    pub shard: Option<Shard>,
    /// How many scenarios were selected, where that is known: a run may end before all have a result.
    pub selected: Option<usize>,
    /// The ids of those of them that it did not come to.
    pub unplayed: Vec<String>,
    /// The ids of those that nobody asked for but as controls of others, where that is known: that they pass says
    /// nothing of what was asked for.
    pub controls: Vec<String>,
}

/// A scenario that was read from a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The scenario's id.
    pub scenario: String,
    /// The file, as the user named it.
    pub path: String,
}

/// What decides, besides the findings, whether a run passes.
#[derive(Default)]
pub struct Terms {
    /// Whether breaking a `should` fails the run.
    pub strict: bool,
    /// Findings that do not fail the run.
    pub known: Known,
    /// How much of which topics has to be exercised.
    pub required: Vec<Requirement>,
    /// The ids of the rules that count and are shown; all of them if this is `None`.
    pub rules: Option<Vec<&'static str>>,
}

/// All that a run came to.
#[non_exhaustive]
pub struct Results {
    /// Who was judged.
    pub run: Run,
    /// Whether breaking a `should` fails the run.
    pub strict: bool,
    /// How the run ended.
    pub end: RunEnd,
    /// The scenarios in the order in which they were handed over.
    pub scenarios: Vec<ScenarioResult>,
    /// Scenarios that were played as controls alone: they count in another part of the run.
    pub borrowed: Vec<ScenarioResult>,
    /// What became of each rule, in the order of the catalogue.
    pub rules: Vec<RuleResult>,
    /// What became of each entry of the known findings, in their order.
    pub known: Vec<KnownResult>,
    /// How much was exercised.
    pub coverage: Coverage,
    /// The requirements that were not met.
    pub missed: Vec<Requirement>,
    /// The mutants that the client looks like, the nearest first, if it breaks anything.
    pub resembles: Vec<Resemblance>,
    /// The verdict on the client.
    pub verdict: RunVerdict,
}

/// What one scenario came to.
#[non_exhaustive]
pub struct ScenarioResult {
    /// The scenario, judged.
    pub judged: JudgedScenario,
    /// The verdict on it.
    pub verdict: ScenarioVerdict,
    /// The findings, the gravest first, then from the first exchange to the end.
    pub findings: Vec<ResolvedFinding>,
}

/// A finding, and what it does to the verdict on the client.
pub struct ResolvedFinding {
    /// The finding.
    pub finding: Finding,
    /// What it does.
    pub disposition: Disposition,
}

/// What became of one rule in a run.
#[non_exhaustive]
pub struct RuleResult {
    /// The rule.
    pub rule: &'static Rule,
    /// In how many places it held.
    pub held: usize,
    /// In how many places it was broken.
    pub broken: usize,
}

/// What became of an entry of the known findings.
#[non_exhaustive]
pub struct KnownResult {
    /// The entry.
    pub entry: KnownEntry,
    /// What became of it.
    pub state: KnownState,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunEnd {
    /// With its last scenario.
    Complete,
    /// By a signal, before that.
    Interrupted,
    /// As soon as so many scenarios had failed as the user wanted to see.
    Stopped,
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
#[non_exhaustive]
pub enum ScenarioVerdict {
    /// All that the scenario is about happened, and nothing was broken that fails a run.
    Pass,
    /// Something was.
    Fail,
    /// The client says that it does not support this.
    Unsupported,
    /// The harness could not do its part.
    HarnessError,
    /// Something that the scenario is about did not happen.
    NotExercised,
}

/// What became of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleVerdict {
    /// It applied, and held wherever it did.
    Holds,
    /// It was broken somewhere.
    Broken,
    /// It did not apply anywhere.
    NotExercised,
}

/// What a run says about the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunVerdict {
    /// It conforms.
    Conforms,
    /// It breaks at least one rule that fails a run, or the run exercised less than was required.
    Violates,
    /// It was not started, or never connected.
    Unjudged,
    /// Nothing that matters was exercised.
    NotExercised,
    /// The machine is short of something that a run needs.
    Machine,
    /// Our own fault.
    HarnessError,
    /// The user ended it; what had been judged by then is in the report.
    Interrupted,
}

impl Results {
    /// Resolves what was judged.
    ///
    /// A client that breaks something is compared with mutants, which are played on `threads` threads.
    pub fn resolve(
        run: Run,
        terms: Terms,
        end: RunEnd,
        judged: Vec<JudgedScenario>,
        threads: NonZeroUsize,
    ) -> Self {
        let selected = terms.rules.is_some();
        let (scenarios, borrowed) =
            Shard::split(run.shard.as_ref(), resolve_scenarios(judged, &terms));
        let mut rules = rule_results(&scenarios);
        rules.retain(|result| terms.selects(result.rule));
        let state = |entry: &KnownEntry| {
            let is_judged = terms.selects(entry.rule);
            if is_judged { known_state(entry, &run, &scenarios) } else { KnownState::NotRun }
        };
        let states: Vec<_> = terms.known.entries.iter().map(state).collect();
        let Terms { strict, known, required, .. } = terms;
        let known = known.entries.into_iter().zip(states);
        let known: Vec<_> = known.map(|(entry, state)| KnownResult { entry, state }).collect();
        // Of this part's own scenarios alone: those that it borrowed count in another one.
        let coverage = Coverage::of(&scenarios, &run.unplayed);
        let missed: Vec<_> = required.into_iter().filter(|it| !coverage.meets(it)).collect();
        let verdict =
            verdict::of_run(&end, (&scenarios, &run.controls), &rules, &known, &missed, strict);
        // Of what a mutant breaks only a part may have been looked at.
        let resembles = if selected { Vec::new() } else { resembles(&scenarios, threads) };
        Self {
            run,
            strict,
            end,
            scenarios,
            borrowed,
            rules,
            known,
            coverage,
            missed,
            resembles,
            verdict,
        }
    }

    /// The findings of all scenarios, with what each does to the verdict.
    pub fn findings(&self) -> impl Iterator<Item = &ResolvedFinding> {
        self.scenarios.iter().flat_map(|result| &result.findings)
    }

    /// How many findings of a level count, each once, whatever its `times`.
    pub fn count(&self, level: Level) -> usize {
        let mine = self.findings().filter(|found| found.finding.rule.level() == level);
        mine.filter(|found| found.disposition == Disposition::Counts).count()
    }

    /// How many findings are accepted by somebody.
    pub fn count_known(&self) -> usize {
        self.findings().filter(|found| found.disposition == Disposition::Known).count()
    }

    /// How many findings do not count because of a control.
    pub fn count_discounted(&self) -> usize {
        let discounted = |found: &&ResolvedFinding| found.disposition.discount().is_some();
        self.findings().filter(discounted).count()
    }

    /// The result of a scenario, if it was run, be it for another part of the run.
    pub fn scenario(&self, id: &str) -> Option<&ScenarioResult> {
        self.scenarios.iter().chain(&self.borrowed).find(|result| result.judged.id() == id)
    }

    /// The scenarios that could be judged.
    pub fn judged(&self) -> impl Iterator<Item = &Judged> {
        self.scenarios.iter().filter_map(ScenarioResult::judged)
    }

    /// Whether the client sent anything in any scenario.
    pub fn has_traffic(&self) -> bool {
        self.judged().any(|judged| judged.has_traffic)
    }
}

impl ScenarioResult {
    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.judged.scenario
    }

    /// Why it could not be judged, if it could not.
    pub fn failure(&self) -> Option<&Failure> {
        self.judged.judged.as_ref().err()
    }

    /// What each rule says, if it could be judged.
    pub fn judged(&self) -> Option<&Judged> {
        self.judged.judged.as_ref().ok()
    }
}

impl RuleResult {
    /// The verdict on the rule.
    pub fn verdict(&self) -> RuleVerdict {
        RuleVerdict::of(self.held, self.broken)
    }
}

impl Terms {
    /// Whether a rule counts and is shown.
    pub fn selects(&self, rule: &Rule) -> bool {
        self.rules.as_ref().is_none_or(|rules| rules.contains(&rule.id))
    }

    /// Whether a scenario fails, whatever else is played: all its controls were, and do not explain why.
    pub fn fails(&self, scenario: &JudgedScenario, all: &[JudgedScenario]) -> bool {
        let was_played = |control: &Scenario| all.iter().any(|of| of.id() == control.id);
        // A control that is still to be played may yet explain what was found.
        let are_played = scenario.scenario.controls().all(|control| was_played(control));
        let controls = Controls::of(all);
        let fails = |finding: &&Finding| {
            let counts = self.selects(finding.rule)
                && self.disposition(finding, scenario, &controls) == Disposition::Counts;
            counts && verdict::fails(finding.rule.level(), self.strict)
        };
        are_played && scenario.findings().iter().any(fails)
    }

    fn disposition(
        &self,
        finding: &Finding,
        scenario: &JudgedScenario,
        controls: &Controls,
    ) -> Disposition {
        // What somebody has accepted is told as that, even where a control explains it, too.
        if self.known.excuses(finding.rule, scenario.id()) {
            return Disposition::Known;
        }
        let discount = controls.discount(finding.rule, &scenario.scenario);
        discount.map_or(Disposition::Counts, Disposition::Discounted)
    }
}

fn resolve_scenarios(judged: Vec<JudgedScenario>, terms: &Terms) -> Vec<ScenarioResult> {
    let controls = Controls::of(&judged);
    let resolved = judged.iter().map(|scenario| {
        let findings = scenario.findings().into_iter();
        let findings = findings.filter(|finding| terms.selects(finding.rule));
        let findings = findings.map(|finding| ResolvedFinding {
            finding: finding.clone(),
            disposition: terms.disposition(finding, scenario, &controls),
        });
        let findings: Vec<_> = findings.collect();
        (verdict::of_scenario(scenario, &findings, terms.strict), findings)
    });
    let resolved: Vec<_> = resolved.collect();
    let pairs = judged.into_iter().zip(resolved);
    pairs
        .map(|(judged, (verdict, findings))| ScenarioResult { judged, verdict, findings })
        .collect()
}

fn rule_results(scenarios: &[ScenarioResult]) -> Vec<RuleResult> {
    let none = |rule| RuleResult { rule, held: 0, broken: 0 };
    let mut results: Vec<_> = catalogue().map(none).collect();
    for judged in scenarios.iter().filter_map(ScenarioResult::judged) {
        // Rulings have the order of the catalogue, too.
        for (result, ruling) in results.iter_mut().zip(&judged.rulings) {
            result.held = result.held.saturating_add(ruling.held);
            result.broken = result.broken.saturating_add(ruling.broken());
        }
    }
    results
}

fn known_state(entry: &KnownEntry, run: &Run, scenarios: &[ScenarioResult]) -> KnownState {
    if entry.expired {
        return KnownState::Expired;
    }
    let ran = scenarios.iter().filter(|result| {
        let was_judged = !matches!(
            result.verdict,
            ScenarioVerdict::HarnessError | ScenarioVerdict::NotExercised
        );
        was_judged && entry.scenarios.iter().any(|id| id == result.judged.id())
    });
    let excused = |result: &ScenarioResult| {
        let mine = result.findings.iter().filter(|found| found.finding.rule.id == entry.rule.id);
        mine.count()
    };
    let counts: Vec<_> = ran.map(excused).collect();
    match counts.iter().sum() {
        // That nothing was found there proves nothing: an entry is out of
        // date only where it could match.
        _ if counts.is_empty() => KnownState::NotRun,
        // The others may have what it is for: that is seen when all parts are merged.
        0 if run.shard.is_some() => KnownState::NotRun,
        0 => KnownState::UnexpectedPass,
        found => KnownState::Matched(found),
    }
}
