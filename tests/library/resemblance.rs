//! Which mutant a report says that a client resembles.

mod planted;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use planted::{PLANTED, Planted};
use slicecheck::client::ClientPolicy;
use slicecheck::mutant::{CONFORMING, Resemblance, mutants, resemblances};
use slicecheck::results::{Played, Results, Run, RunEnd, Terms};
use slicecheck::scenario::{Scenario, Simulation, scenarios};

/// Another seed than that of the mutants which a client is compared with.
const SEED: u64 = 7;
/// Defects that are no mutant may lead their author to the wrong place this often.
const MOST_WRONG: usize = 2;

/// What a run of a client says that it resembles.
fn resembles(policy: &ClientPolicy) -> Vec<Resemblance> {
    let played = |scenario: &Arc<Scenario>| Played {
        scenario: Arc::clone(scenario),
        transcript: Simulation::in_small(scenario, SEED).play(policy),
        elapsed: Duration::ZERO,
        stdout: Vec::new(),
        stderr: Vec::new(),
    };
    let small = scenarios().filter(|of| of.setup.file.size < 4 << 20);
    let judged = small.map(|scenario| played(scenario).judge()).collect();
    let (run, terms) = (Run::default(), Terms::default());
    Results::resolve(run, terms, RunEnd::Complete, judged, NonZeroUsize::MIN).resembles
}

/// What is made of each, on all cores, in order.
fn of_each<T: Sync, R: Send>(all: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let make = &make;
    std::thread::scope(|scope| {
        let shares = all.chunks(all.len().div_ceil(threads));
        let shares: Vec<_> =
            shares.map(|share| scope.spawn(move || share.iter().map(make).collect())).collect();
        shares.into_iter().flat_map(|share| -> Vec<R> { share.join().unwrap() }).collect()
    })
}

#[test]
fn a_client_resembles_the_mutant_that_it_is() {
    let ids = [
        "cutting/asked-slice-size",
        "trying/once",
        "signing/scheme",
        "session/quoted",
        "resuming/by-count",
    ];
    let found = of_each(&ids, |id| resembles(&mutants().find(|of| of.id == *id).unwrap().policy));
    for (id, found) in ids.into_iter().zip(found) {
        let found: Vec<_> = found.iter().map(|of| (of.mutant.id, of.percent)).collect();
        assert_eq!(found.first(), Some(&(id, 100)), "{found:?}");
    }
}

#[test]
fn a_client_without_counting_findings_resembles_none() {
    assert!(resembles(&CONFORMING[0].1).is_empty());
    assert!(resemblances(&[].into(), &[], NonZeroUsize::MIN).is_empty());
}

#[test]
fn defects_that_are_no_mutant_lead_to_their_place_or_nowhere() {
    assert!(PLANTED.len() >= 30);
    let found = of_each(PLANTED, |planted| resembles(&planted.policy));
    let leads: Vec<_> = PLANTED.iter().zip(&found).filter(|(_, found)| !found.is_empty()).collect();
    let named = |(planted, found): &(&Planted, &Vec<Resemblance>)| {
        let named: Vec<_> = found.iter().map(|of| (of.mutant.id, of.percent)).collect();
        format!("{}: {named:?}", planted.what)
    };
    let is_wrong = |(planted, found): &&(&Planted, &Vec<Resemblance>)| {
        !found.iter().any(|of| planted.is_akin_to(of.mutant.id))
    };
    let wrong: Vec<_> = leads.iter().filter(is_wrong).map(named).collect();
    let right: Vec<_> = leads.iter().filter(|of| !is_wrong(of)).map(named).collect();
    assert!(wrong.len() <= MOST_WRONG, "wrong: {wrong:#?}\nright: {right:#?}");
    // Silence alone would be of no use.
    assert!(right.len() >= PLANTED.len() / 4, "wrong: {wrong:#?}\nright: {right:#?}");
}
