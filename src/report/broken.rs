//! Broken rules, and all the places in which each was broken: every report counts them here.

use super::words::count;
use crate::results::{Disposition, ResolvedFinding, Results, ScenarioResult};
use crate::rules::Rule;
use crate::spec::Level;

/// A finding, and where it is.
pub(super) type LocatedFinding<'a> = (&'a ScenarioResult, &'a ResolvedFinding);

/// A rule with findings that are not known.
pub(super) struct BrokenRule<'a> {
    pub(super) rule: &'static Rule,
    /// Those that count.
    pub(super) places: Vec<LocatedFinding<'a>>,
    /// Those that do not, because of a control.
    pub(super) discounted: Vec<LocatedFinding<'a>>,
}

/// Scenarios of which only the number is told, or some.
pub(super) struct More<'a> {
    /// How many, and of what kind.
    pub(super) words: String,
    pub(super) ids: Vec<&'a str>,
}

/// The rules of which findings count, the gravest first, then in the order of the scenarios.
pub(super) fn broken_rules(results: &Results) -> Vec<BrokenRule<'_>> {
    let mut all = all_broken_rules(results);
    all.retain(|broken| !broken.places.is_empty());
    all
}

/// The same, with those of which all findings are discounted.
pub(super) fn all_broken_rules(results: &Results) -> Vec<BrokenRule<'_>> {
    let levels = [Level::Must, Level::Should, Level::Note];
    levels.into_iter().flat_map(|level| of_level(results, level)).collect()
}

fn of_level(results: &Results, level: Level) -> Vec<BrokenRule<'_>> {
    let mut all: Vec<BrokenRule> = Vec::new();
    for result in &results.scenarios {
        for found in &result.findings {
            let rule = found.finding.rule;
            if rule.level() != level || found.disposition == Disposition::Known {
                continue;
            }
            let known = all.iter().position(|broken| broken.rule.id == rule.id);
            let number = known.unwrap_or_else(|| {
                all.push(BrokenRule { rule, places: Vec::new(), discounted: Vec::new() });
                all.len() - 1
            });
            match found.disposition {
                Disposition::Counts => all[number].places.push((result, found)),
                _ => all[number].discounted.push((result, found)),
            }
        }
    }
    all
}

impl<'a> BrokenRule<'a> {
    /// The first place, one that counts if there is any.
    pub(super) fn first(&self) -> Option<LocatedFinding<'a>> {
        self.places.first().or(self.discounted.first()).copied()
    }

    /// The scenarios in which it counts.
    pub(super) fn scenarios(&self) -> Vec<&'a str> {
        ids(&self.places)
    }

    /// The scenarios besides that of the first place: those in which it counts, and those in which it is discounted.
    pub(super) fn more(&self) -> Vec<More<'a>> {
        let first = self.first().map(|(result, _)| result.judged.id());
        let more = |ids: Vec<&'a str>, kind: &str| {
            let ids: Vec<_> = ids.into_iter().filter(|id| Some(*id) != first).collect();
            let words = count(ids.len(), "more scenario", "more scenarios") + kind;
            Some(More { words, ids }).filter(|more| !more.ids.is_empty())
        };
        let counting = more(self.scenarios(), "");
        counting.into_iter().chain(more(ids(&self.discounted), DISCOUNTED)).collect()
    }

    /// How many scenarios in all, in words.
    pub(super) fn describe(&self) -> String {
        let words = count(self.scenarios().len(), "scenario", "scenarios");
        match ids(&self.discounted).len() {
            0 => words,
            more => {
                let more = count(more, "more scenario", "more scenarios");
                format!("{words}, and {more}{DISCOUNTED}")
            }
        }
    }
}

const DISCOUNTED: &str = " where it is discounted";

fn ids<'a>(places: &[LocatedFinding<'a>]) -> Vec<&'a str> {
    let mut ids: Vec<_> = places.iter().map(|(result, _)| result.judged.id()).collect();
    // Places come scenario by scenario.
    ids.dedup();
    ids
}
