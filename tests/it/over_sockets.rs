//! Every mutant of the kill matrix, over real sockets: files of full size, the tap, the fault injector.
//!
//! In memory, framing and order are simulated. Here each mutant is played where it died there, and the same rules
//! have to name it.
#![expect(clippy::print_stdout, reason = "how many were played is what the test is run for")]

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::thread::available_parallelism;
use std::time::Duration;

use slicecheck::client::{ClientPolicy, ReplyPolicy, Task};
use slicecheck::mutant::{Mutant, MutantOutcome, Until, mutants, try_all};
use slicecheck::protocol::{Claim, Stored, Transcript};
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::{Scenario, scenarios};

use crate::raw_client::{Wire, played};

/// Mutants that cannot be played from this process, and why.
const NOT_PLAYED: [(&str, &str); 1] = [(
    "resuming/progress-noted-too-early",
    "it shows when the client is killed and started again, and a client in this process cannot be killed",
)];

/// Rules that name a mutant in memory alone, and why.
const NOT_NAMED: [(&str, &str, &str); 2] = [
    ("cutting/never-advances", "outcome/no-hang", CUT_OFF),
    ("ending/finish-awaited", "outcome/no-hang", CUT_OFF),
];
const CUT_OFF: &str = "beyond the bounds of a run connections end, so that it fails";

/// Where a mutant is played whose defect does not show at full size where it showed at an eighth of it.
const USUAL: &str = "happy/last-slice-short";

type Broken = BTreeSet<&'static str>;

#[test]
#[ignore = "plays every mutant through sockets, which takes minutes"]
fn every_mutant_dies_over_sockets_by_each_rule_that_has_to_name_it() {
    let in_memory: Vec<_> = {
        let scenarios: Vec<_> = scenarios().map(AsRef::as_ref).collect();
        try_all(&mutants().collect::<Vec<_>>(), &scenarios, Until::Killed, threads())
    };
    let is_played = |of: &&MutantOutcome| NOT_PLAYED.iter().all(|(id, _)| *id != of.mutant.id);
    let trials: Vec<_> = in_memory
        .iter()
        .filter(is_played)
        .map(|outcome| (outcome.mutant, killers(outcome)))
        .collect();
    let mut places: BTreeSet<_> = trials.iter().flat_map(|(_, killers)| killers).copied().collect();
    places.insert(USUAL);
    let usual: BTreeMap<_, _> =
        on_threads(places, |id| (id, broken_by(&played(scenario(id), &REFERENCE, Wire::PLAIN))))
            .into_iter()
            .collect();
    let missed = on_threads(trials.clone(), |(mutant, killers)| {
        let mut missed: Broken = mutant.expected.iter().copied().collect();
        missed.retain(|rule| NOT_NAMED.iter().all(|(id, of, _)| (*id, *of) != (mutant.id, *rule)));
        for id in killers.iter().chain([&USUAL]) {
            if !missed.is_empty() {
                let named = named_in(mutant, id, &usual[id]);
                missed.retain(|rule| !named.contains(rule));
            }
        }
        (mutant.id, missed, killers)
    });
    let missed: Vec<_> = missed.into_iter().filter(|(_, missed, _)| !missed.is_empty()).collect();
    let (died, of) = (trials.len() - missed.len(), in_memory.len());
    println!("{died} of {of} mutants die over sockets, in {} scenarios", usual.len());
    assert_eq!(trials.len() + NOT_PLAYED.len(), of, "each that is not played exists");
    assert!(missed.is_empty(), "mutant, rules that do not name it, scenarios: {missed:#?}");
}

/// Takes a slice for sent whose reply does not come in time.
const HASTY: ClientPolicy = ClientPolicy {
    replies: ReplyPolicy {
        believes: |task, reply| matches!(task, Task::Data(_)) && reply.is_none(),
        ..ClientPolicy::PARALLEL.replies
    },
    ..ClientPolicy::PARALLEL
};

#[test]
fn whoever_finishes_after_a_while_without_a_late_reply_is_told_so() {
    let wire = Wire { awaits: Duration::from_secs(1), ..Wire::PLAIN };
    for (id, policy, wire, told) in [
        ("transport/slice-reply-late", &HASTY, wire, true),
        ("transport/slice-reply-late", &HASTY, Wire::PLAIN, false),
        // Who asks once more because it does not come in time has an answer before finish.
        ("transport/slice-reply-late", &ClientPolicy::PARALLEL, wire, false),
        ("transport/slice-reply-late", &REFERENCE, Wire::PLAIN, false),
    ] {
        let transcript = played(scenario(id), policy, wire);
        let broken = broken_by(&transcript);
        assert_eq!(broken.contains("finish/after-replies"), told, "{broken:?}");
        assert_eq!(transcript.outcome.unwrap().claim, Claim::Ok);
    }
}

/// It closes the connection when a part has come: what it left unread was there for it.
#[test]
fn whoever_takes_the_first_read_for_the_reply_is_told_so() {
    for (id, most_reads, told) in [
        ("transport/dribbled", 1, true),
        ("lawful/byte-by-byte", 1, true),
        ("transport/dribbled", usize::MAX, false),
        ("happy/one-slice", 1, false),
    ] {
        let transcript = played(scenario(id), &REFERENCE, Wire { most_reads, ..Wire::PLAIN });
        let claim = if told { Claim::Failed } else { Claim::Ok };
        assert_eq!(transcript.outcome.as_ref().unwrap().claim, claim, "{id}");
        let broken = broken_by(&transcript);
        assert_eq!(broken.contains("outcome/http-replies-read"), told, "{id}: {broken:?}");
        assert!(!broken.contains("flow/retries"), "{id}: {broken:?}");
    }
}

static REFERENCE: ClientPolicy = ClientPolicy::REFERENCE;

fn threads() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn scenario(id: &str) -> &'static Arc<Scenario> {
    scenarios().find(|scenario| scenario.id == id).unwrap()
}

/// For each rule that has to name it the smallest scenario in which it did.
fn killers(outcome: &MutantOutcome) -> BTreeSet<&'static str> {
    let smallest = |rule: &&str| {
        let places = outcome.broken.get(*rule)?;
        places.iter().copied().min_by_key(|id| scenario(id).setup.file.size)
    };
    outcome.mutant.expected.iter().filter_map(smallest).collect()
}

/// The rules that name a mutant in a scenario, as they count in a run: its deviations occurred, its controls were
/// completed, and do not explain it.
fn named_in(mutant: &'static Mutant, id: &str, usual: &Broken) -> Broken {
    let play = |scenario| played(scenario, &mutant.policy, Wire::PLAIN);
    let conversation = play(scenario(id));
    let mut named: Broken = broken_by(&conversation).difference(usual).copied().collect();
    for control in scenario(id).controls() {
        let control = play(control);
        if !is_complete(&control) || !conversation.has_met_its_faults() {
            return Broken::new();
        }
        named.retain(|rule| !broken_by(&control).contains(rule));
    }
    named
}

fn broken_by(transcript: &Transcript) -> Broken {
    let rulings = judge(transcript);
    findings(&rulings).map(|finding| finding.rule.id).collect()
}

fn is_complete(transcript: &Transcript) -> bool {
    let outcome = transcript.outcome.as_ref().unwrap();
    (outcome.claim, outcome.stored) == (Claim::Ok, Stored::Complete)
}

/// What is made of each item; two for each core at a time, as clients wait more than they compute.
fn on_threads<T: Send, R: Send>(
    items: impl IntoIterator<Item = T, IntoIter: Send>,
    make: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let waiting = Mutex::new(items.into_iter());
    let results = Mutex::new(Vec::new());
    let next = || waiting.lock().unwrap().next();
    std::thread::scope(|scope| {
        for _ in 0..2 * threads().get() {
            scope.spawn(|| {
                while let Some(item) = next() {
                    let one = make(item);
                    results.lock().unwrap().push(one);
                }
            });
        }
    });
    results.into_inner().unwrap()
}
