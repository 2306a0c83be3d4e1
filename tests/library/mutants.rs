use std::collections::{BTreeSet, HashSet};
use std::num::NonZeroUsize;

use slicecheck::client::Conduct;
use slicecheck::mutant::{CONFORMING, Until, mutants, try_all};
use slicecheck::protocol::{Claim, Dialect, Stored};
use slicecheck::rules::{catalogue, findings, judge};
use slicecheck::scenario::{Rehearsal, scenarios};
use slicecheck::spec::Level;

/// The whole matrix is what `slicecheck mutants` prints; here each is played until it is killed.
#[test]
fn every_mutant_is_killed_by_each_rule_that_has_to_name_it() {
    let (mutants, scenarios): (Vec<_>, Vec<_>) = (mutants().collect(), scenarios().collect());
    let fates = try_all(&mutants, &scenarios, Until::Killed, threads());
    let missed: Vec<_> = fates
        .iter()
        .filter(|fate| !fate.is_complete())
        .map(|fate| (fate.mutant.id, fate.mutant.expected, fate.killed_by()))
        .collect();
    assert!(missed.is_empty(), "mutant, expected, killed by: {missed:#?}");
}

fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

#[test]
fn every_rule_has_to_name_some_mutant() {
    let named: HashSet<_> = mutants().flat_map(|mutant| mutant.expected).copied().collect();
    let known: HashSet<_> = catalogue().map(|rule| rule.id).collect();
    let idle: BTreeSet<_> = known.difference(&named).collect();
    let unknown: BTreeSet<_> = named.difference(&known).collect();
    assert!(idle.is_empty() && unknown.is_empty(), "idle {idle:?}, unknown {unknown:?}");
}

#[test]
fn ids_of_mutants_are_unique_and_begin_with_their_topic() {
    let ids: Vec<_> = mutants().map(|mutant| mutant.id).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    for id in ids {
        let topic = id.split('/').next().unwrap();
        let file = format!("{}/src/mutant/{topic}.rs", env!("CARGO_MANIFEST_DIR"));
        assert!(std::fs::read_to_string(file).unwrap().contains(id), "{id}");
    }
}

#[test]
fn every_conforming_client_has_at_most_notes_and_tells_the_truth() {
    for scenario in scenarios() {
        let rehearsal = Rehearsal::new(scenario, 1);
        for (name, conduct) in CONFORMING.into_iter().chain(dialects()) {
            let transcript = rehearsal.play(&conduct);
            let rulings = judge(&transcript);
            let found: Vec<_> = findings(&rulings)
                .filter(|finding| finding.rule.level() != Level::Note)
                .map(|finding| format!("{}: {:?}", finding.rule.id, finding.evidence))
                .collect();
            assert_eq!(found, Vec::<String>::new(), "{name} in {}", scenario.id);
            let outcome = transcript.outcome.unwrap();
            assert!(
                outcome.claim == Claim::Failed || outcome.stored == Stored::Complete,
                "{name} in {}: {outcome:?}",
                scenario.id
            );
            assert!(
                !scenario.undisturbed || outcome.claim == Claim::Ok,
                "{name} in {}",
                scenario.id
            );
        }
    }
}

/// The manners of shipped clients that know all operations of this API.
fn dialects() -> impl Iterator<Item = (&'static str, Conduct)> {
    let whole = Dialect::ALL.into_iter().filter(|dialect| dialect.sliced_op.is_none());
    whole.map(|dialect| (dialect.name, Conduct::REFERENCE.speaking(dialect)))
}
