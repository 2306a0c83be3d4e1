//! What each rule catches alone: the mutants that would be missed without it.

use std::collections::BTreeMap;

use super::MutantOutcome;
use crate::rules::catalogue;
use crate::spec::Level;

/// A mutant that a single rule kills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Its id.
    pub mutant: &'static str,
    /// Whether it fails to store the file, or to say so, where the reference client does both: what is
    /// claimed and stored shows the defect without any rule.
    pub shows_in_outcome: bool,
}

/// The mutants that are missed without each rule, in the order of the catalogue, in a kill matrix of whole
/// conversations ([`Until::TheEnd`](super::Until::TheEnd)).
///
/// A note kills only where the mutant has to be named by it: others may say it of conforming clients.
pub fn without_each_rule(outcomes: &[MutantOutcome]) -> Vec<(&'static str, Vec<Missed>)> {
    let mut missed: BTreeMap<&str, Vec<Missed>> = BTreeMap::new();
    for outcome in outcomes {
        if let [rule] = kills(outcome)[..] {
            let shows_in_outcome = !outcome.incomplete.is_empty();
            let one = Missed { mutant: outcome.mutant.id, shows_in_outcome };
            missed.entry(rule).or_default().push(one);
        }
    }
    let of = |rule: &'static str| (rule, missed.remove(rule).unwrap_or_default());
    catalogue().map(|rule| rule.id).map(of).collect()
}

fn kills(outcome: &MutantOutcome) -> Vec<&'static str> {
    let counts = |rule: &&'static str| {
        outcome.mutant.expected.contains(rule)
            || catalogue().any(|of| of.id == *rule && of.level() != Level::Note)
    };
    outcome.broken.keys().copied().filter(counts).collect()
}
