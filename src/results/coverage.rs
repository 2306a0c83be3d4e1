//! How much of the catalogue a run has exercised.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::ScenarioResult;
use crate::scenario::{scenarios, topic_of};

/// How many scenarios were exercised, of those that were run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExercisedCount {
    /// Those in which all happened that they are about.
    pub exercised: usize,
    /// Those that were run.
    pub run: usize,
}

/// How much was exercised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Coverage {
    /// Of all scenarios.
    pub scenarios: ExercisedCount,
    /// By topic of the scenarios: those that were run.
    pub topics: BTreeMap<String, ExercisedCount>,
    /// By topic: how many were selected, and not played.
    unplayed: BTreeMap<String, usize>,
}

/// How much of a topic has to be exercised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// A topic of scenarios.
    pub topic: String,
    /// Of its scenarios that are run, in per cent.
    pub percent: u8,
}

/// Why a text is no requirement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequirementError {
    /// There is no equals sign.
    #[error("expected TOPIC=PERCENT, such as faults=90")]
    Form,
    /// There is no such topic.
    #[error("there is no topic {topic:?}; the topics are: {topics}")]
    Topic {
        /// What was named.
        topic: String,
        /// What there is.
        topics: String,
    },
    /// The second part is not a whole number up to 100.
    #[error("{0:?} is not a whole number of per cent, from 0 to 100")]
    Percent(String),
}

impl Coverage {
    pub(super) fn of(results: &[ScenarioResult], unplayed: &[String]) -> Self {
        let mut coverage = Self::default();
        for result in results {
            let topic = result.scenario().topic().to_owned();
            let exercised = result.is_exercised();
            coverage.scenarios.add(exercised);
            coverage.topics.entry(topic).or_default().add(exercised);
        }
        for id in unplayed {
            *coverage.unplayed.entry(topic_of(id).to_owned()).or_default() += 1;
        }
        coverage
    }

    /// What was exercised of a topic, where what was selected and not played counts as not exercised; `None` if
    /// nothing of it was selected.
    pub fn topic(&self, topic: &str) -> Option<ExercisedCount> {
        let (played, unplayed) = (self.topics.get(topic), self.unplayed.get(topic));
        if played.is_none() && unplayed.is_none() {
            return None;
        }
        let ExercisedCount { exercised, run } = played.copied().unwrap_or_default();
        Some(ExercisedCount { exercised, run: run.saturating_add(unplayed.copied().unwrap_or(0)) })
    }

    /// Whether enough was exercised. A topic of which nothing was run was not exercised at all.
    pub(super) fn meets(&self, requirement: &Requirement) -> bool {
        requirement.is_met(self.topic(&requirement.topic).unwrap_or_default())
    }
}

impl ExercisedCount {
    fn add(&mut self, exercised: bool) {
        self.run += 1;
        self.exercised += usize::from(exercised);
    }
}

impl Requirement {
    /// Whether so much of the topic is enough; if nothing of it was run, it is not.
    pub fn is_met(&self, ExercisedCount { exercised, run }: ExercisedCount) -> bool {
        // In whole numbers: a share in floating point may miss the very limit.
        run > 0 && exercised.saturating_mul(100) >= run.saturating_mul(self.percent.into())
    }
}

impl ScenarioResult {
    /// Whether all happened that the scenario is about.
    fn is_exercised(&self) -> bool {
        self.judged().is_some_and(super::Judged::is_exercised)
    }
}

impl FromStr for Requirement {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (topic, percent) = text.split_once('=').ok_or(RequirementError::Form)?;
        let mut topics: Vec<&str> = scenarios().map(|scenario| scenario.topic()).collect();
        // Scenarios of one topic stand together in the catalogue.
        topics.dedup();
        if !topics.contains(&topic) {
            let topics = topics.join(", ");
            return Err(RequirementError::Topic { topic: topic.to_owned(), topics });
        }
        let number = percent.parse().ok().filter(|percent| *percent <= 100);
        let percent = number.ok_or_else(|| RequirementError::Percent(percent.to_owned()))?;
        Ok(Self { topic: topic.to_owned(), percent })
    }
}
