//! Broken rules, and all the places in which each was broken.

use crate::results::{Disposition, ResolvedFinding, Results, ScenarioResult};
use crate::rules::Rule;
use crate::spec::Level;

/// A rule with findings that count.
pub(super) struct Broken<'a> {
    pub(super) rule: &'static Rule,
    /// At least one.
    pub(super) places: Vec<(&'a ScenarioResult, &'a ResolvedFinding)>,
}

/// The rules of which findings count, the gravest first, then in the order of the scenarios.
pub(super) fn broken_rules(results: &Results) -> Vec<Broken<'_>> {
    let levels = [Level::Must, Level::Should, Level::Note];
    levels.into_iter().flat_map(|level| of_level(results, level)).collect()
}

fn of_level(results: &Results, level: Level) -> Vec<Broken<'_>> {
    let mut all: Vec<Broken> = Vec::new();
    for result in &results.scenarios {
        for found in &result.findings {
            let rule = found.finding.rule;
            if rule.level() != level || found.disposition != Disposition::Counts {
                continue;
            }
            match all.iter_mut().find(|broken| broken.rule.id == rule.id) {
                Some(broken) => broken.places.push((result, found)),
                None => all.push(Broken { rule, places: vec![(result, found)] }),
            }
        }
    }
    all
}

impl Broken<'_> {
    /// In how many scenarios.
    pub(super) fn scenarios(&self) -> usize {
        let mut ids: Vec<_> = self.places.iter().map(|(result, _)| result.judged.id()).collect();
        ids.dedup();
        ids.len()
    }
}
