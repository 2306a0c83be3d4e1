//! What belongs to a clause, to a scenario, and to all.

use super::reference::played;
use crate::mutant::{Mutant, Set};
use crate::rules::{Rule, catalogue};
use crate::scenario::{Scenario, with_large_uploads};
use crate::spec::Clause;

/// Those that enforce a clause.
pub(super) fn rules_of(clause: &Clause) -> impl Iterator<Item = &'static Rule> {
    catalogue().filter(move |rule| rule.clause == clause)
}

/// The rules that the reference client exercises in a scenario and not in its control: what it is played for.
pub(super) fn beyond_control(of: &'static Scenario) -> Vec<&'static Rule> {
    let control = of.control.as_deref();
    let Some(control) = with_large_uploads().find(|it| Some(it.id.as_str()) == control) else {
        return Vec::new();
    };
    let (played, before) = (played(of), played(control));
    let is_new = |rule: &&Rule| played.held.contains(rule.id) && !before.held.contains(rule.id);
    catalogue().filter(is_new).collect()
}

/// The mutants of all sets.
pub(super) fn all_mutants() -> impl Iterator<Item = &'static Mutant> {
    [Set::Catalogue, Set::Spec, Set::Public].into_iter().flat_map(Set::mutants)
}
