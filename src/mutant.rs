//! The reference client's defects, and what must catch each.
//!
//! To add a mutant, write an entry in the `MUTANTS` of its topic: a [`ClientPolicy`] that differs from a
//! conforming one in a single decision, and the rules that have to name it. Wire-level defects are
//! edits of the finished request.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use crate::client::{
    ClientPolicy, CompletionPolicy, InitPolicy, Outgoing, ReplyPolicy, ResumePolicy, RetryPolicy,
    Signing, SlicingPolicy,
};
use crate::protocol::{Claim, Exchange, Stored, Transcript};
use crate::rules::{catalogue, findings, judge};
use crate::scenario::{Scenario, Simulation};

/// Which scenarios are needed.
mod alone;
/// Inits and finishes whose fields are wrong, and where nothing is announced that should be.
mod announcing;
/// How the file is cut, and what is sent as a slice.
mod cutting;
/// What is claimed in the end.
mod ending;
/// Forms that are not what they should be.
mod form;
/// Defects written from the clauses alone.
pub mod from_spec;
/// What an HTTP library makes of replies.
mod http;
/// What each rule catches alone.
mod lone;
/// One unclear reply that is taken for a success.
mod misreading;
/// Where defects come from that were not made for the rules.
mod planted;
/// Public reports of defects, planted.
pub mod public;
/// What is made of replies.
mod reading;
/// Request lines, headers, framing.
mod request;
/// Which mutant a client looks like.
mod resemblance;
/// What is made of an upload that was interrupted.
mod resuming;
/// How the session is kept.
mod session;
/// Which mutants are counted together.
mod sets;
/// How requests are signed.
mod signing;
/// What is done after a failure.
mod trying;

pub use alone::{Need, SHARED, Shared, needs, reason, with_reason};
pub use lone::{Missed, without_each_rule};
pub use planted::Planted;
pub use resemblance::{Breach, Breaches, Resemblance, resemblances, trait_of};
pub use sets::{Set, source};

/// A client with exactly one defect.
#[derive(Debug)]
pub struct Mutant {
    /// `topic/defect`: permanent.
    pub id: &'static str,
    /// The defect in a sentence.
    pub summary: &'static str,
    /// How the client behaves.
    pub policy: ClientPolicy,
    /// The rules that have to name the defect.
    pub expected: &'static [&'static str],
}

impl Mutant {
    /// What the reference client does in a scenario with a small file, and what this one does.
    pub fn beside_reference(&self, scenario: &Scenario) -> (Transcript, Transcript) {
        let simulation = Simulation::in_small(scenario, SEED);
        (simulation.play(&ClientPolicy::REFERENCE), simulation.play(&self.policy))
    }
}

/// What became of a mutant.
#[derive(Clone, Debug)]
pub struct MutantOutcome {
    /// The mutant.
    pub mutant: &'static Mutant,
    /// The rules that it broke where the reference client does not, and in which scenarios.
    pub broken: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// The rules that it broke in each scenario, those included that do not count, with what was found.
    broken_in: BTreeMap<&'static str, BrokenRules>,
    /// The scenarios that it did not complete although the reference client does.
    incomplete: BTreeSet<&'static str>,
}

/// Broken rules, each with what was found.
type BrokenRules = BTreeMap<&'static str, BTreeSet<String>>;

/// What a mutant did in one scenario.
struct Trial {
    /// The rules that it broke and that the reference client keeps.
    broken: BrokenRules,
    /// Whether what it did is about the faults of the scenario.
    has_met_faults: bool,
    /// Whether it did not complete an upload that the reference client completes.
    is_incomplete: bool,
}

/// In how many scenarios a mutant is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// In all.
    TheEnd,
    /// In all in which a finding of a rule that has to name its defect would count.
    Named,
    /// Until all rules that have to name its defect have done so.
    Killed,
}

/// What breaks nothing but notes, in any scenario: conforming clients, by name.
pub const CONFORMING: [(&str, ClientPolicy); 9] = [
    ("reference", ClientPolicy::REFERENCE),
    ("with sha", ClientPolicy::WITH_SHA),
    ("parallel", ClientPolicy::PARALLEL),
    ("overwriting", ClientPolicy::OVERWRITING),
    ("listing first", ClientPolicy::LISTING_FIRST),
    ("backwards", ClientPolicy::BACKWARDS),
    ("patient", ClientPolicy::PATIENT),
    ("restarting", ClientPolicy::RESTARTING),
    ("in one request", ClientPolicy::IN_ONE_REQUEST),
];

/// The seed of all mutants' simulations.
const SEED: u64 = 1;
/// Files of more bytes than this are played last, and as they are.
const LARGE: usize = 8 << 20;

/// All mutants, topic by topic.
pub fn mutants() -> impl Iterator<Item = &'static Mutant> {
    [
        request::MUTANTS,
        form::MUTANTS,
        signing::MUTANTS,
        announcing::MUTANTS,
        session::MUTANTS,
        cutting::MUTANTS,
        http::MUTANTS,
        reading::MUTANTS,
        trying::MUTANTS,
        resuming::MUTANTS,
        ending::MUTANTS,
    ]
    .into_iter()
    .flatten()
    .chain(misreading::MUTANTS.iter())
}

/// Plays mutants in scenarios and judges them, on `threads` threads; the outcomes come back in order.
///
/// A finding counts as in a run: not where the reference client has it, not if the control explains it
/// (the same rule is broken there, or the upload does not complete), and not in a scenario with a control
/// unless its deviations occurred, as far as the mutant let them: something else than its fault was seen then. Files and slices are an eighth of what they are in a run; what does
/// not show then, as a limit that is not reached, is looked for in large files as they are.
pub fn try_all(
    mutants: &[&'static Mutant],
    scenarios: &[&'static Scenario],
    until: Until,
    threads: NonZeroUsize,
) -> Vec<MutantOutcome> {
    let mut outcomes: Vec<MutantOutcome> =
        mutants.iter().copied().map(MutantOutcome::new).collect();
    // A control before what it is the control of, and large files last.
    let mut scenarios = scenarios.to_vec();
    scenarios
        .sort_by_key(|scenario| (scenario.setup.file.size > LARGE, scenario.controls().count()));
    let controls: BTreeSet<_> = scenarios.iter().filter_map(|of| of.control.as_deref()).collect();
    let in_small = scenarios.iter().map(|scenario| (*scenario, true));
    let large = scenarios.iter().filter(|scenario| scenario.setup.file.size > LARGE);
    for (scenario, in_small) in in_small.chain(large.map(|scenario| (*scenario, false))) {
        let is_control = controls.contains(scenario.id.as_str());
        let waits = |outcome: &&mut MutantOutcome| match until {
            Until::TheEnd if in_small => true,
            Until::Named if in_small => !outcome.is_explained_in(scenario, is_control),
            _ => !outcome.is_complete(),
        };
        if !outcomes.iter_mut().any(|outcome| waits(&outcome)) {
            continue;
        }
        let simulate = if in_small { Simulation::in_small } else { Simulation::new };
        let simulation = simulate(scenario, SEED);
        let conforming = simulation.play(&ClientPolicy::REFERENCE);
        let reference = broken_by(&conforming);
        let waiting = Mutex::new(outcomes.iter_mut().filter(waits));
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        std::thread::scope(|scope| {
            for _ in 0..threads.get() {
                scope.spawn(|| {
                    while let Some(outcome) = next() {
                        let played = simulation.play(&outcome.mutant.policy);
                        // Most defects do not show in most scenarios: what is the same is judged once.
                        if !is_same(&played, &conforming) {
                            let mut broken = broken_by(&played);
                            broken.retain(|rule, _| !reference.contains_key(rule));
                            outcome.learn(
                                scenario,
                                Trial {
                                    broken,
                                    has_met_faults: played.has_met_its_faults(),
                                    is_incomplete: is_complete(&conforming)
                                        && !(is_complete(&played) && played.is_exercised()),
                                },
                            );
                        }
                    }
                });
            }
        });
    }
    outcomes
}

/// Whether all that rules look at is the same in both conversations about one job.
fn is_same(one: &Transcript, other: &Transcript) -> bool {
    let same = |(one, other): (&Exchange, &Exchange)| {
        let times = |of: &Exchange| (of.started, of.answered, of.clock);
        one.request.raw() == other.request.raw()
            && one.response.raw() == other.response.raw()
            && (one.receipt, one.delivery) == (other.receipt, other.delivery)
            && times(one) == times(other)
    };
    one.outcome == other.outcome
        && one.overflowed == other.overflowed
        && one.exchanges.len() == other.exchanges.len()
        && one.exchanges.iter().zip(&other.exchanges).all(same)
}

/// The rules that a conversation breaks.
fn broken_by(transcript: &Transcript) -> BrokenRules {
    let rulings = judge(transcript);
    let mut broken = BrokenRules::new();
    for finding in findings(&rulings) {
        broken.entry(finding.rule.id).or_default().insert(trait_of(finding));
    }
    broken
}

/// Whether the file is stored, and the client says so.
fn is_complete(transcript: &Transcript) -> bool {
    transcript
        .outcome
        .as_ref()
        .is_some_and(|outcome| (outcome.claim, outcome.stored) == (Claim::Ok, Stored::Complete))
}

impl MutantOutcome {
    fn new(mutant: &'static Mutant) -> Self {
        Self {
            mutant,
            broken: BTreeMap::new(),
            broken_in: BTreeMap::new(),
            incomplete: BTreeSet::new(),
        }
    }

    /// Takes what it did in a scenario; controls come before what they are the controls of.
    fn learn(&mut self, scenario: &'static Scenario, trial: Trial) {
        if trial.is_incomplete {
            self.incomplete.insert(&scenario.id);
        }
        let control = scenario.control.as_deref();
        let counts = control.is_none_or(|id| trial.has_met_faults && !self.incomplete.contains(id));
        let explained = |rule: &str| self.is_broken_in_control(scenario, rule);
        let counted = trial.broken.keys().copied().filter(|rule| counts && !explained(rule));
        for rule in counted.collect::<Vec<_>>() {
            self.broken.entry(rule).or_default().insert(&scenario.id);
        }
        let all = self.broken_in.entry(&scenario.id).or_default();
        for (rule, traits) in trial.broken {
            all.entry(rule).or_default().extend(traits);
        }
    }

    /// Whether its control has that rule broken, or the control of that.
    fn is_broken_in_control(&self, scenario: &Scenario, rule: &str) -> bool {
        let in_control = |control: &Arc<Scenario>| self.broken_in.get(control.id.as_str());
        scenario.controls().filter_map(in_control).any(|broken| broken.contains_key(rule))
    }

    /// Whether no finding of a rule that has to name the defect would count in a scenario, and it is
    /// the control of none.
    fn is_explained_in(&self, scenario: &Scenario, is_control: bool) -> bool {
        let control = scenario.control.as_deref();
        let is_incomplete = control.is_some_and(|id| self.incomplete.contains(id));
        let mut expected = self.mutant.expected.iter();
        !is_control
            && (is_incomplete || expected.all(|rule| self.is_broken_in_control(scenario, rule)))
    }

    /// Whether all rules that have to name the defect have done so.
    pub fn is_complete(&self) -> bool {
        self.mutant.expected.iter().all(|rule| self.broken.contains_key(rule))
    }

    /// What counts of what it broke, with what was found.
    pub fn breaches(&self) -> Breaches {
        let places = self.broken.iter().flat_map(|(rule, places)| {
            places.iter().map(|place| (*rule, *place)).collect::<Vec<Breach>>()
        });
        let traits = |(rule, place): Breach| Some(self.broken_in.get(place)?.get(rule)?.clone());
        places.filter_map(|breach| Some((breach, traits(breach)?))).collect()
    }

    /// The rules that it broke, in the order of the catalogue.
    pub fn killed_by(&self) -> Vec<&'static str> {
        catalogue().map(|rule| rule.id).filter(|id| self.broken.contains_key(id)).collect()
    }

    /// Whether a rule that has to name the defect does.
    pub fn is_killed(&self) -> bool {
        self.mutant.expected.iter().any(|rule| self.broken.contains_key(rule))
    }
}

const REFERENCE: ClientPolicy = ClientPolicy::REFERENCE;
const INIT: InitPolicy = REFERENCE.init;
const SLICING: SlicingPolicy = REFERENCE.slicing;
const REPLIES: ReplyPolicy = REFERENCE.replies;
const RETRY: RetryPolicy = REFERENCE.retry;
const RESUME: ResumePolicy = REFERENCE.resume;
const SIGNING: Signing = REFERENCE.signing;
const COMPLETION: CompletionPolicy = REFERENCE.completion;

const fn init(init: InitPolicy) -> ClientPolicy {
    ClientPolicy { init, ..REFERENCE }
}

const fn slicing(slicing: SlicingPolicy) -> ClientPolicy {
    ClientPolicy { slicing, ..REFERENCE }
}

const fn replies(replies: ReplyPolicy) -> ClientPolicy {
    ClientPolicy { replies, ..REFERENCE }
}

const fn retry(retry: RetryPolicy) -> ClientPolicy {
    ClientPolicy { retry, ..REFERENCE }
}

const fn resume(resume: ResumePolicy) -> ClientPolicy {
    ClientPolicy { resume, ..REFERENCE }
}

const fn signing(signing: Signing) -> ClientPolicy {
    ClientPolicy { signing, ..REFERENCE }
}

const fn completion(completion: CompletionPolicy) -> ClientPolicy {
    ClientPolicy { completion, ..REFERENCE }
}

const fn edited(edit: fn(&mut Outgoing) -> Option<()>) -> ClientPolicy {
    ClientPolicy { edit, ..REFERENCE }
}

/// A client that changes the form of these requests.
macro_rules! edits_form {
    ($task:pat, $change:expr) => {
        $crate::mutant::edited(|outgoing| {
            let meant = matches!(outgoing.task, $task);
            meant.then(|| outgoing.request.edit($change)).flatten()
        })
    };
}

/// A client that changes the head of these requests, given and returned with its line ends.
macro_rules! edits_head {
    ($task:pat, $change:expr) => {
        $crate::mutant::edited(|outgoing| {
            let meant = matches!(outgoing.task, $task);
            meant.then(|| outgoing.request.edit_head($change))
        })
    };
}

use {edits_form, edits_head};
