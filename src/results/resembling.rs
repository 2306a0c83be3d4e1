//! Which mutants a client resembles.

use std::num::NonZeroUsize;

use super::{Disposition, ResolvedFinding, ScenarioResult, trait_of};
use crate::mutant::{Breaches, Resemblance, resemblances};
use crate::scenario::{Scenario, with_large_uploads};

/// The mutants that break nearly the same, if findings count. Mutants are only played in scenarios of the
/// catalogue.
pub(super) fn resembles(scenarios: &[ScenarioResult], threads: NonZeroUsize) -> Vec<Resemblance> {
    // A case that was changed by hand has no mutant played in it, even
    // under the id of the catalogue.
    let catalogued = |result: &ScenarioResult| catalogue_of(&result.judged.scenario);
    let judged = scenarios.iter().filter(|result| result.judged().is_some());
    let judged: Vec<_> = judged.filter_map(|it| Some((it, catalogued(it)?))).collect();
    let mut breaches = Breaches::new();
    for (result, scenario) in &judged {
        // What a control explains is no effect of the fault, and what is accepted is no lead.
        let counts =
            result.findings.iter().filter(|found| found.disposition == Disposition::Counts);
        for ResolvedFinding { finding, .. } in counts {
            let breach = (finding.rule.id, scenario.id.as_str());
            breaches.entry(breach).or_default().insert(trait_of(finding));
        }
    }
    let played: Vec<_> = judged.iter().map(|(_, scenario)| *scenario).collect();
    resemblances(&breaches, &played, threads)
}

/// A scenario in the catalogue, if it stands there as it is here.
pub(crate) fn catalogue_of(scenario: &Scenario) -> Option<&'static Scenario> {
    with_large_uploads().map(AsRef::as_ref).find(|known: &&Scenario| **known == *scenario)
}
