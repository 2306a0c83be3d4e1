//! Clients that conform, judged in every scenario: they have no finding, and what they claim is true.
//!
//! A change of the reference client that makes it another client has to be found here:
//! `.cargo/mutants-client.toml`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use slicecheck::client::ClientPolicy;
use slicecheck::mutant::CONFORMING;
use slicecheck::protocol::{Claim, Dialect, Stored};
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::{Scenario, Simulation, scenarios};
use slicecheck::spec::Level;

#[test]
fn every_conforming_client_has_at_most_notes_and_tells_the_truth() {
    let scenarios: Vec<_> = scenarios().collect();
    assert_none(scenarios.len() * CONFORMING.len(), |at| {
        let (name, policy) = &CONFORMING[at % CONFORMING.len()];
        let scenario = scenarios[at / CONFORMING.len()];
        // The reference client at full size; what the others do is the same at an eighth of it.
        let simulation = match *name {
            "reference" => Simulation::new(scenario, 1),
            _ => Simulation::in_small(scenario, 1),
        };
        objection(scenario, &simulation, 1, name, policy)
    });
}

/// Each scenario is played in each dialect, with and without sha, each time with another seed.
#[test]
fn no_dialect_with_or_without_sha_has_more_than_notes_in_any_scenario() {
    let scenarios: Vec<_> = scenarios().collect();
    let dialects: Vec<_> = dialects().collect();
    assert!(scenarios.len() * dialects.len() > 2000);
    assert_none(scenarios.len() * dialects.len(), |seed| {
        let (scenario, round) = (scenarios[seed % scenarios.len()], seed / scenarios.len());
        let (name, policy) = dialects[round];
        let simulation = Simulation::in_small(scenario, seed as u64);
        objection(scenario, &simulation, seed, name, &policy)
    });
}

/// `SLICECHECK_TEST_SEEDS` says how many seeds are tried, 1,000 if it is not set.
#[test]
#[ignore = "takes minutes: .ci/run runs it"]
fn the_reference_client_has_no_finding_in_any_scenario_with_any_seed() {
    let seeds = std::env::var("SLICECHECK_TEST_SEEDS");
    let seeds: usize = seeds.map_or(1000, |seeds| seeds.parse().expect("a number of seeds"));
    assert!(seeds > 0);
    let scenarios: Vec<_> = scenarios().collect();
    assert_none(seeds * scenarios.len(), |at| {
        let (scenario, seed) = (scenarios[at % scenarios.len()], at / scenarios.len());
        let simulation = Simulation::in_small(scenario, seed as u64);
        objection(scenario, &simulation, seed, "reference", &ClientPolicy::REFERENCE)
    });
}

/// What is said against a client that should have nothing said against it.
fn objection(
    scenario: &Scenario,
    simulation: &Simulation,
    seed: usize,
    name: &str,
    policy: &ClientPolicy,
) -> Option<String> {
    let transcript = simulation.play(policy);
    let rulings = judge(&transcript);
    // Only the reference client is free of the peculiarities of shipped ones.
    let counts = |level| level != Level::Note || name == "reference";
    let mut found = findings(&rulings).filter(|finding| counts(finding.rule.level()));
    let place = format!("{name} in {} with seed {seed}", scenario.id);
    if let Some(found) = found.next() {
        return Some(format!("{place}: {}: {:?}", found.rule.id, found.evidence));
    }
    let outcome = transcript.outcome.unwrap();
    let told = outcome.claim == Claim::Failed || outcome.stored == Stored::Complete;
    let completed = !scenario.setup.must_succeed() || outcome.claim == Claim::Ok;
    (!(told && completed)).then(|| format!("{place}: {outcome:?}"))
}

/// Asks for each number below `count`, on all cores, and fails at the first objection: the others are left
/// out then.
fn assert_none(count: usize, objection: impl Fn(usize) -> Option<String> + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let objections: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let numbers = || Some(next.fetch_add(1, Relaxed)).filter(|number| *number < count);
            let found = std::iter::from_fn(numbers).find_map(&objection);
            if found.is_some() {
                next.store(count, Relaxed);
            }
            found
        };
        let workers: Vec<_> = (0..threads.get()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().filter_map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(objections, [""; 0]);
}

/// The manners of shipped clients that know all operations of this API.
fn dialects() -> impl Iterator<Item = (&'static str, ClientPolicy)> {
    let whole = Dialect::ALL.into_iter().filter(|dialect| dialect.sliced_op.is_none());
    whole.flat_map(|dialect| {
        let conducts = [ClientPolicy::REFERENCE, ClientPolicy::WITH_SHA];
        conducts.map(|policy| (dialect.name, policy.speaking(dialect)))
    })
}
