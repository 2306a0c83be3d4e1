//! Which mutants show in which scenarios. To play each in each takes minutes: a page plays only what it is about, and
//! the manual each mutant until all rules have named it that have to.

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::thread::available_parallelism;

use super::related::{all_mutants, beyond_control};
use crate::mutant::{Mutant, MutantOutcome, Set, Until, try_all};
use crate::scenario::{Scenario, scenarios};

/// How many mutants of a scenario are named.
const NAMED: usize = 20;

/// Of all mutants, where they are first named: what the manual looks up.
static ALL: OnceLock<Vec<MutantOutcome>> = OnceLock::new();

/// Plays all mutants once: pages that are made after this look up what came of it.
pub(in crate::report) fn play_all() {
    ALL.get_or_init(|| play(&nameable().collect::<Vec<_>>(), &all_scenarios(), Until::Killed));
}

/// The scenarios in which the rules that have to name a mutant do so first, in the order of the catalogue; none for
/// a mutant that no rule has to name.
pub(super) fn shown_in(mutant: &'static Mutant) -> Vec<&'static Scenario> {
    let all = ALL.get().map(Vec::as_slice).unwrap_or_default();
    let known = all.iter().find(|of| of.mutant.id == mutant.id).cloned();
    let played = || play(&[mutant], &all_scenarios(), Until::Killed).pop();
    let is_nameable = nameable().any(|of| of.id == mutant.id);
    let outcome = known.or_else(|| is_nameable.then(played).flatten());
    let names = |of: &&Scenario| outcome.as_ref().is_some_and(|it| is_named(it, of));
    all_scenarios().into_iter().filter(names).collect()
}

/// Mutants that a rule names in a scenario that has to, and not in its control: first those of rules that the
/// control does not exercise.
pub(super) fn killed_in(scenario: &'static Scenario) -> Vec<&'static Mutant> {
    let mut played = Vec::new();
    let outcomes = ALL.get().unwrap_or_else(|| {
        let controls = scenario.controls().map(AsRef::as_ref);
        let scenarios: Vec<_> = controls.chain([scenario]).collect();
        played = play(&nameable().collect::<Vec<_>>(), &scenarios, Until::Named);
        &played
    });
    let killed = outcomes.iter().filter(|of| is_named(of, scenario)).map(|of| of.mutant);
    let new: Vec<_> = beyond_control(scenario).iter().map(|rule| rule.id).collect();
    let mut killed: Vec<_> = killed.collect();
    killed.sort_by_key(|mutant| !mutant.expected.iter().any(|rule| new.contains(rule)));
    killed.truncate(NAMED);
    killed
}

/// Whether a rule names the mutant there that has to.
fn is_named(outcome: &MutantOutcome, scenario: &Scenario) -> bool {
    let mut places = outcome.mutant.expected.iter().filter_map(|rule| outcome.broken.get(rule));
    places.any(|places| places.contains(scenario.id.as_str()))
}

/// All but those that no rule has to name: each of them would be played in all scenarios, for nothing.
fn nameable() -> impl Iterator<Item = &'static Mutant> {
    let unnamed = || [Set::Catalogue, Set::Spec, Set::Public].into_iter().flat_map(Set::unnamed);
    all_mutants().filter(move |of| !unnamed().any(|(id, _)| *id == of.id))
}

fn all_scenarios() -> Vec<&'static Scenario> {
    scenarios().map(AsRef::as_ref).collect()
}

fn play(
    mutants: &[&'static Mutant],
    scenarios: &[&'static Scenario],
    until: Until,
) -> Vec<MutantOutcome> {
    let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    try_all(mutants, scenarios, until, threads)
}
