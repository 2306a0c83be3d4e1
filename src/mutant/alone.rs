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
pub const SHARED: &[Shared] = &[];
