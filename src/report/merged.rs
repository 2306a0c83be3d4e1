//! The JSON reports of all parts of a run, put together to that of the whole run.
//!
//! The parts have no scenario in common, so that what counts is added up. Fields that are not known here, as
//! those of a later version, are kept in the scenarios, and in the rest as the first part has them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use super::json_text;
use super::json_v1::{Exercised, Missed, Shard};
use crate::results::known::{KnownState, meant};
use crate::results::{
    ExercisedCount, Requirement, RuleVerdict, RunEnd, RunVerdict, ScenarioVerdict,
};
use crate::scenario::with_large_uploads;

mod consistent;

type Object = Map<String, Value>;

/// The report of a whole run.
#[derive(Debug)]
pub struct Merged {
    document: Document,
    verdict: RunVerdict,
}

/// The report of one part.
#[derive(Debug)]
pub struct PartReport {
    document: Document,
    number: usize,
    of: usize,
}

/// Why a text is no report of a part, or why reports are not the parts of one run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MergeError {
    /// It is no JSON, or JSON of something else.
    #[error("no JSON report: {0}")]
    Json(#[from] serde_json::Error),
    /// It is a report of a version that is not known.
    #[error("a JSON report of version {0}; 1 can be read")]
    Version(u64),
    /// It is the report of a whole run.
    #[error("the report of a whole run, not of a part: it was run without --shard")]
    Whole,
    /// It says that it is a part that there cannot be.
    #[error("part {0} of {1}: there is no such part")]
    Number(usize, usize),
    /// What is wrong with the report at this place of the list, from 0.
    #[error("{1}")]
    At(usize, Box<MergeError>),
    /// This part of so many is not there.
    #[error("part {0} of {1} is missing")]
    Missing(usize, usize),
    /// They differ in something that is the same in all parts of a run.
    #[error("of another run: its {0} is not that of the first file")]
    Different(&'static str),
    /// A part is there twice.
    #[error("part {0} again")]
    Again(usize),
    /// Something in it is not as the rest says.
    #[error("contradicts itself: {0}, does not fit the rest of the report")]
    Contradiction(&'static str),
    /// A scenario is in another part than that to which it is dealt.
    #[error(
        "the scenario {0} is in another part than it would be: they did not play the same selection"
    )]
    Misdealt(String),
    /// Two parts have the same scenario: they did not play the same selection.
    #[error("the scenario {0} again, which another part has: they did not play the same selection")]
    Scenario(String),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Document {
    version: u64,
    tool: Value,
    client: Value,
    seed: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<Shard>,
    summary: Summary,
    scenarios: Vec<Scenario>,
    rules: Vec<Rule>,
    known: Vec<Known>,
    #[serde(flatten)]
    rest: Object,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Summary {
    verdict: String,
    exit: u8,
    /// Absent in reports of versions that did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    #[serde(default)]
    not_played: usize,
    must: usize,
    should: usize,
    note: usize,
    not_exercised: usize,
    known: usize,
    discounted: usize,
    exercised: Exercised,
    missed: Vec<Missed>,
    /// Which mutant breaks the same is told of whole runs alone.
    resembles: Option<Value>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Scenario {
    id: String,
    verdict: String,
    findings: Vec<Finding>,
    #[serde(flatten)]
    rest: Object,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Finding {
    rule: String,
    #[serde(flatten)]
    rest: Object,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Rule {
    id: String,
    verdict: String,
    held: usize,
    broken: usize,
    #[serde(flatten)]
    rest: Object,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Known {
    rule: String,
    scenario: String,
    state: String,
    #[serde(flatten)]
    rest: Object,
}

/// The version, whatever else is there.
#[derive(Deserialize)]
struct Version {
    version: u64,
}

impl PartReport {
    /// Reads the JSON report of a part.
    pub fn read(text: &str) -> Result<Self, MergeError> {
        // Before all the rest, which may look different in another version.
        let Version { version } = serde_json::from_str(text)?;
        if version != 1 {
            return Err(MergeError::Version(version));
        }
        let mut document: Document = serde_json::from_str(text)?;
        match document.shard.take() {
            None => Err(MergeError::Whole),
            Some(Shard { number, of }) if number == 0 || number > of => {
                Err(MergeError::Number(number, of))
            }
            Some(Shard { number, of }) => match consistent::contradiction(&document) {
                Some(what) => Err(MergeError::Contradiction(what)),
                None => Ok(Self { document, number, of }),
            },
        }
    }
}

impl Merged {
    /// Puts parts together; an error names the part by its place among them, unless one is missing.
    pub fn of(parts: Vec<PartReport>, required: &[Requirement]) -> Result<Self, MergeError> {
        let mut parts = parts.into_iter().enumerate();
        let Some((_, first)) = parts.next() else { return Err(MergeError::Missing(1, 1)) };
        let (of, mut numbers) = (first.of, BTreeSet::from([first.number]));
        let ids =
            |part: &Document| part.scenarios.iter().map(|of| of.id.clone()).collect::<Vec<_>>();
        let mut dealt: BTreeMap<String, usize> = BTreeMap::new();
        dealt.extend(ids(&first.document).into_iter().map(|id| (id, first.number)));
        let (mut document, mut exits) = (first.document, Vec::new());
        exits.push(document.summary.exit);
        for (place, part) in parts {
            let at = |error| MergeError::At(place, Box::new(error));
            if part.of != of {
                return Err(at(MergeError::Different("number of parts")));
            }
            if !numbers.insert(part.number) {
                return Err(at(MergeError::Again(part.number)));
            }
            exits.push(part.document.summary.exit);
            dealt.extend(ids(&part.document).into_iter().map(|id| (id, part.number)));
            document.add(part.document).map_err(at)?;
        }
        if let Some(missing) = (1..=of).find(|number| !numbers.contains(number)) {
            return Err(MergeError::Missing(missing, of));
        }
        let verdict = document.finish(&exits, required);
        document.is_dealt(&dealt, of)?;
        Ok(Self { document, verdict })
    }

    /// The ids of its scenarios.
    pub fn ids(&self) -> Vec<&str> {
        self.document.scenarios.iter().map(|scenario| scenario.id.as_str()).collect()
    }

    /// What there is to say of the run besides broken rules, a sentence each.
    pub fn complaints(&self) -> Vec<String> {
        let Document { summary, known, .. } = &self.document;
        let missed = summary.missed.iter().map(|Missed { topic, percent }| {
            let [exercised, run] = summary.exercised.topics.get(topic).copied().unwrap_or_default();
            format!(
                "{topic}: {exercised} of {run} scenarios were exercised; {percent} % are required"
            )
        });
        let outdated = known.iter().filter(|entry| is_outdated(&entry.state));
        let outdated = outdated.map(|Known { rule, scenario, state, .. }| {
            format!("known finding {rule} in {scenario}: {state}")
        });
        let unplayed = Some(summary.not_played).filter(|number| *number > 0);
        let unplayed = unplayed.map(|number| {
            let selected = summary.exercised.scenarios[1].saturating_add(number);
            format!("{number} of {selected} selected scenarios were not played")
        });
        unplayed.into_iter().chain(missed).chain(outdated).collect()
    }

    /// The verdict on the client.
    pub fn verdict(&self) -> RunVerdict {
        self.verdict
    }

    /// Writes it as the JSON report of a whole run.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        json_text::write(&self.document, out)
    }
}

impl Document {
    /// Adds what another part has.
    fn add(&mut self, other: Self) -> Result<(), MergeError> {
        let same = [
            ("version of slicecheck", self.tool == other.tool),
            ("client", self.client["command"] == other.client["command"]),
            ("seed", self.seed == other.seed),
            ("list of rules", same_ids(&self.rules, &other.rules)),
            ("list of known findings", same_entries(&self.known, &other.known)),
        ];
        if let Some((what, _)) = same.iter().find(|(_, same)| !same) {
            return Err(MergeError::Different(what));
        }
        let is_there = |new: &&Scenario| self.scenarios.iter().any(|old| old.id == new.id);
        if let Some(again) = other.scenarios.iter().find(is_there) {
            return Err(MergeError::Scenario(again.id.clone()));
        }
        self.scenarios.extend(other.scenarios);
        for (sum, part) in self.rules.iter_mut().zip(other.rules) {
            sum.held = sum.held.saturating_add(part.held);
            sum.broken = sum.broken.saturating_add(part.broken);
        }
        for (sum, part) in self.known.iter_mut().zip(other.known) {
            if sum.state == KnownState::NotRun.as_str() {
                sum.state = part.state;
            }
        }
        self.summary.add(&other.summary);
        Ok(())
    }

    /// Whether the parts are those of one selection. Where scenarios were not played, or are not known here, that
    /// cannot be told.
    fn is_dealt(&self, dealt: &BTreeMap<String, usize>, of: usize) -> Result<(), MergeError> {
        let is_known = |id: &String| with_large_uploads().any(|known| known.id == *id);
        if self.summary.not_played > 0 || !dealt.keys().all(is_known) {
            return Ok(());
        }
        let scenarios = self.scenarios.iter().map(|scenario| scenario.id.as_str());
        let numbered = scenarios.filter_map(|id| Some((id, *dealt.get(id)?)));
        match consistent::misdealt(numbered, of) {
            Some(id) => Err(MergeError::Misdealt(id.to_owned())),
            None => Ok(()),
        }
    }

    /// What is only known once all parts are there.
    fn finish(&mut self, exits: &[u8], required: &[Requirement]) -> RunVerdict {
        let place = |scenario: &Scenario| {
            with_large_uploads().position(|known| known.id == scenario.id).unwrap_or(usize::MAX)
        };
        self.scenarios.sort_by_cached_key(place);
        for rule in &mut self.rules {
            RuleVerdict::of(rule.held, rule.broken).as_str().clone_into(&mut rule.verdict);
        }
        for entry in &mut self.known {
            if entry.state == KnownState::NotRun.as_str()
                && has_run(&entry.scenario, &self.scenarios)
            {
                KnownState::UnexpectedPass.as_str().clone_into(&mut entry.state);
            }
        }
        let silent = |rule: &&Rule| rule.held == 0 && rule.broken == 0;
        let summary = &mut self.summary;
        summary.not_exercised = self.rules.iter().filter(silent).count();
        summary.resembles = None;
        let missed = required.iter().filter(|required| !summary.exercised.meets(required));
        summary.missed =
            missed.map(|it| Missed { topic: it.topic.clone(), percent: it.percent }).collect();
        let is_outdated = self.known.iter().any(|entry| is_outdated(&entry.state));
        let verdict = verdict(exits, is_outdated || !summary.missed.is_empty());
        verdict.as_str().clone_into(&mut summary.verdict);
        summary.exit = verdict.exit_code();
        verdict
    }
}

impl Summary {
    fn add(&mut self, other: &Self) {
        let sums = [
            (&mut self.not_played, other.not_played),
            (&mut self.must, other.must),
            (&mut self.should, other.should),
            (&mut self.note, other.note),
            (&mut self.known, other.known),
            (&mut self.discounted, other.discounted),
        ];
        for (sum, part) in sums {
            *sum = sum.saturating_add(part);
        }
        // The first part that did not come to its end stands for all.
        let complete = RunEnd::Complete.as_str();
        if self.end.as_deref().is_none_or(|end| end == complete) && other.end.is_some() {
            self.end.clone_from(&other.end);
        }
        let exercised = &mut self.exercised;
        add_pair(&mut exercised.scenarios, other.exercised.scenarios);
        for (topic, pair) in &other.exercised.topics {
            add_pair(exercised.topics.entry(topic.clone()).or_default(), *pair);
        }
    }
}

impl Exercised {
    /// Whether enough was exercised. A topic of which nothing was run was not exercised at all.
    fn meets(&self, required: &Requirement) -> bool {
        let [exercised, run] = self.topics.get(&required.topic).copied().unwrap_or_default();
        required.is_met(ExercisedCount { exercised, run })
    }
}

fn add_pair(sum: &mut [usize; 2], part: [usize; 2]) {
    for (sum, part) in sum.iter_mut().zip(part) {
        *sum = sum.saturating_add(part);
    }
}

fn same_ids(one: &[Rule], other: &[Rule]) -> bool {
    one.iter().map(|rule| &rule.id).eq(other.iter().map(|rule| &rule.id))
}

fn same_entries(one: &[Known], other: &[Known]) -> bool {
    let names = |Known { rule, scenario, .. }: &Known| (rule.clone(), scenario.clone());
    one.iter().map(names).eq(other.iter().map(names))
}

fn is_outdated(state: &str) -> bool {
    [KnownState::UnexpectedPass, KnownState::Expired].iter().any(|it| it.as_str() == state)
}

/// Whether a scenario that a glob matches came to something.
fn has_run(glob: &str, scenarios: &[Scenario]) -> bool {
    let meant = meant(glob, None).unwrap_or_default();
    let nothing = [ScenarioVerdict::HarnessError, ScenarioVerdict::NotExercised];
    scenarios
        .iter()
        .filter(|scenario| meant.contains(&scenario.id))
        .any(|scenario| nothing.iter().all(|verdict| verdict.as_str() != scenario.verdict))
}

/// The verdict on the whole run, from the exit codes of its parts: the one that says the least about the client
/// stands for all, but that a part in which nothing was exercised is no hindrance if another has something.
fn verdict(exits: &[u8], fails: bool) -> RunVerdict {
    let order = [
        RunVerdict::Interrupted,
        RunVerdict::HarnessError,
        RunVerdict::Unjudged,
        RunVerdict::Machine,
        RunVerdict::Violates,
        RunVerdict::Conforms,
    ];
    let mut order = order.into_iter();
    match order.find(|verdict| exits.contains(&verdict.exit_code())) {
        Some(RunVerdict::Conforms) | None if fails => RunVerdict::Violates,
        Some(verdict) => verdict,
        None => RunVerdict::NotExercised,
    }
}
