use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use super::{Mutant, MutantOutcome, Until, mutants, try_all};
use crate::rules::catalogue;
use crate::scenario::Scenario;
use crate::spec::Level;

/// A rule that was broken, and the scenario in which it was.
pub type Breach = (&'static str, &'static str);

/// The mutant that a client's findings look like.
#[derive(Clone, Debug)]
pub struct Resemblance {
    /// The mutant.
    pub mutant: &'static Mutant,
    /// Of the findings of either, how many per cent both have, in the scenarios that were compared.
    pub percent: usize,
}

/// Less is no resemblance.
const LEAST: usize = 50;
/// How many mutants are played, and in how many scenarios: a report is not to wait for this.
const MOST_MUTANTS: usize = 24;
const MOST_SCENARIOS: usize = 6;

/// The mutant whose findings look most like these, if one does; notes are not looked at.
///
/// Only mutants that one of the broken rules has to name are played, and only in a few scenarios:
/// for each set of rules the first in which these are broken, then those in which nothing is.
pub fn resemblance(
    broken: &BTreeSet<Breach>,
    scenarios: &[&'static Scenario],
    threads: NonZeroUsize,
) -> Option<Resemblance> {
    let noted: BTreeSet<_> =
        catalogue().filter(|rule| rule.level() == Level::Note).map(|rule| rule.id).collect();
    let broken: BTreeSet<Breach> =
        broken.iter().filter(|(rule, _)| !noted.contains(rule)).copied().collect();
    let rules: BTreeSet<_> = broken.iter().map(|(rule, _)| *rule).collect();
    let shared = |mutant: &Mutant| mutant.expected.iter().filter(|of| rules.contains(*of)).count();
    let mut candidates: Vec<_> = mutants().filter(|mutant| shared(mutant) > 0).collect();
    candidates
        .sort_by_key(|mutant| (mutant.expected.len() - shared(mutant), mutant.expected.len()));
    candidates.truncate(MOST_MUTANTS);
    let sample = sample(&broken, scenarios);
    let compared: BTreeSet<_> = sample.iter().map(|scenario| scenario.id.as_str()).collect();
    let broken: BTreeSet<Breach> =
        broken.into_iter().filter(|(_, scenario)| compared.contains(scenario)).collect();
    let outcomes = try_all(&candidates, &sample, Until::TheEnd, threads);
    let likeness = |outcome: &MutantOutcome| {
        let pairs = |(rule, places): (&&'static str, &BTreeSet<&'static str>)| {
            places.iter().map(|place| (*rule, *place)).collect::<Vec<_>>()
        };
        let own = outcome.broken.iter().filter(|(rule, _)| !noted.contains(*rule));
        let own: BTreeSet<Breach> = own.flat_map(pairs).collect();
        let either = own.union(&broken).count();
        (own.intersection(&broken).count() * 100).checked_div(either).unwrap_or(0)
    };
    let all = outcomes.iter().map(|outcome| (outcome.mutant, likeness(outcome)));
    // Of several the first.
    let best = all.rev().max_by_key(|(_, percent)| *percent);
    let (mutant, percent) = best.filter(|(_, percent)| *percent >= LEAST)?;
    Some(Resemblance { mutant, percent })
}

/// The scenarios to compare, in their order.
fn sample(broken: &BTreeSet<Breach>, scenarios: &[&'static Scenario]) -> Vec<&'static Scenario> {
    let rules = |scenario: &&&'static Scenario| {
        let here = broken.iter().filter(|(_, place)| *place == scenario.id);
        here.map(|(rule, _)| *rule).collect::<BTreeSet<_>>()
    };
    let mut seen = BTreeSet::new();
    let options = scenarios.iter().filter(|of| !rules(of).is_empty() && seen.insert(rules(of)));
    let mut chosen: Vec<_> = options.take(MOST_SCENARIOS - 1).copied().collect();
    // Where a control is broken, nothing is known about what it is the control of.
    let is_judged = |of: &&Scenario| broken.iter().all(|(_, place)| *place != of.id);
    let quiet = scenarios
        .iter()
        .filter(|of| is_judged(of) && of.controls().all(|it| is_judged(&it.as_ref())));
    let room = MOST_SCENARIOS - chosen.len();
    chosen.extend(quiet.take(room));
    scenarios.iter().filter(|of| chosen.iter().any(|other| other.id == of.id)).copied().collect()
}
