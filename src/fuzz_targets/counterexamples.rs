//! Conversations in miniature, and what their counterexamples do to them; played once.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::client::ClientPolicy;
use crate::protocol::{Deviation, Exchange, Outcome, Transcript};
use crate::rules::{Analysis, AnnotatedExchange, Rule, Verdict, catalogue};
use crate::scenario::{Scenario, Simulation, scenarios};

/// The seed of all conversations.
const SEED: u64 = 1;

/// A rule at an exchange, or at the end.
pub(super) type FindingPlace = (&'static str, Option<usize>);

/// The reference client's conversation in one scenario, and what there is to break in it.
pub(super) struct Conversation {
    pub(super) conforming: Transcript,
    pub(super) counterexamples: Vec<Effect>,
}

/// What one counterexample does to the conversation by itself.
pub(super) struct Effect {
    pub(super) rule: &'static Rule,
    pub(super) fires: BTreeSet<FindingPlace>,
    /// The exchanges that it changes, by number; `None` if it changes more than those, or what the
    /// client could know at some point.
    pub(super) changes: Option<Vec<(usize, Exchange)>>,
}

pub(super) static CONVERSATIONS: LazyLock<Vec<Conversation>> =
    LazyLock::new(|| scenarios().flat_map(|scenario| Conversation::of(scenario)).collect());

/// Where which rules are broken: not the findings, which tell of equal places but once.
pub(super) fn fired(transcript: &Transcript) -> BTreeSet<FindingPlace> {
    let transcript = Analysis::new(transcript);
    let broken = |rule: &'static Rule| {
        let verdicts = rule.verdicts(&transcript).into_iter();
        let broken = verdicts.filter(|(_, verdict)| *verdict != Verdict::Holds);
        broken.map(|(exchange, _)| (rule.id, exchange)).collect::<Vec<_>>()
    };
    catalogue().flat_map(broken).collect()
}

impl Conversation {
    /// In miniature, and once more an eighth as large as in a run for the rules that are not broken
    /// there: some counterexamples need more than a few kilobytes.
    fn of(scenario: &'static Scenario) -> Vec<Self> {
        let rules = catalogue().filter(|rule| rule.counterexample.scenario == scenario.id);
        let mut left: Vec<_> = rules.collect();
        let mut conversations = Vec::new();
        for simulate in [Simulation::in_miniature, Simulation::in_small] {
            if left.is_empty() {
                break;
            }
            let conforming = simulate(scenario, SEED).play(&ClientPolicy::REFERENCE);
            // What is broken anyway would be ascribed to each counterexample.
            assert_eq!(fired(&conforming), BTreeSet::new(), "in {}", scenario.id);
            let facts = facts(&conforming);
            let broken = left.iter().filter_map(|rule| Effect::new(rule, &conforming, &facts));
            let counterexamples: Vec<_> = broken.collect();
            left.retain(|rule| counterexamples.iter().all(|broken| broken.rule.id != rule.id));
            conversations.push(Self { conforming, counterexamples });
        }
        conversations.retain(|conversation| !conversation.counterexamples.is_empty());
        conversations
    }
}

impl Effect {
    /// `None` if the conversation has no place for it, or is too small for it to break its rule.
    fn new(rule: &'static Rule, conforming: &Transcript, known: &[String]) -> Option<Self> {
        let mut transcript = conforming.clone();
        rule.counterexample.apply(&mut transcript)?;
        let fires = fired(&transcript);
        fires.iter().find(|(id, _)| *id == rule.id)?;
        let changes =
            (facts(&transcript) == known).then(|| changes(conforming, &transcript)).flatten();
        Some(Self { rule, fires, changes })
    }
}

/// The exchanges that are others in the second conversation, if that is all that differs.
fn changes(one: &Transcript, other: &Transcript) -> Option<Vec<(usize, Exchange)>> {
    let same_frame = one.exchanges.len() == other.exchanges.len() && frame(one) == frame(other);
    let pairs = one.exchanges.iter().zip(&other.exchanges).enumerate();
    let differs = pairs.filter(|(_, (one, other))| {
        one.request.raw() != other.request.raw()
            || one.response.raw() != other.response.raw()
            || one.receipt != other.receipt
            || one.delivery != other.delivery
            || (one.started, one.answered, one.clock)
                != (other.started, other.answered, other.clock)
    });
    same_frame.then(|| differs.map(|(number, (_, other))| (number, other.clone())).collect())
}

/// All of a transcript but its exchanges.
fn frame(transcript: &Transcript) -> (String, bool, &[Deviation], Option<&Outcome>) {
    let Transcript { job, exchanges: _, overflowed, deviations, outcome } = transcript;
    (format!("{job:?}"), *overflowed, deviations, outcome.as_ref())
}

/// What rules take from other exchanges than the one they judge.
fn facts(transcript: &Transcript) -> Vec<String> {
    let analysis = Analysis::new(transcript);
    let fact = |annotated: &AnnotatedExchange| {
        let sent = (annotated.op().cloned(), annotated.slice(), annotated.request.text("session"));
        let known = (&annotated.upload, &annotated.sha, &annotated.init, &annotated.listed);
        let heard = (
            annotated.well_framed,
            annotated.success(),
            annotated.echoed(),
            annotated.says_stored(),
        );
        format!("{sent:?} {known:?} {heard:?} {}", annotated.is_upload_call())
    };
    analysis.exchanges().iter().map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counterexamples_are_fuzzed_but_for_those_that_need_a_megabyte() {
        let fuzzed = CONVERSATIONS.iter().flat_map(|conversation| &conversation.counterexamples);
        let fuzzed: BTreeSet<_> = fuzzed.map(|broken| broken.rule.id).collect();
        let rules = catalogue().map(|rule| rule.id).filter(|id| !fuzzed.contains(id));
        assert_eq!(
            rules.collect::<Vec<_>>(),
            ["upload/bytes", "init/uploadparts-shas", "data/bytes"]
        );
    }

    #[test]
    fn seventy_counterexamples_at_least_can_be_applied_together_with_others() {
        let all = CONVERSATIONS.iter().flat_map(|conversation| &conversation.counterexamples);
        let together = all.filter(|broken| broken.changes.is_some()).count();
        assert!(together >= 70, "{together}");
    }
}
