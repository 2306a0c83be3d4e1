//! What rules say at their edges, where neither their counterexamples nor whole clients come.

use slicecheck::protocol::{Exchange, MultipartBody, Op, Transcript};
use slicecheck::rules::{Analysis, Verdict, catalogue, findings, judge};

use crate::conforming::played;

mod analysis;
mod auth;
mod data;
mod digits;
mod end;
mod finish;
mod flow;
mod form;
mod hiding;
mod init;
mod lawful;
mod limits;
mod order;
mod outcome;
mod parts;
mod request;
mod sessions;
mod unkind;

const PLAIN: &str = "happy/last-slice-short";

/// The reference client's conversation in a scenario, changed.
fn changed(scenario: &str, change: impl FnOnce(&mut Transcript)) -> Transcript {
    let mut transcript = played(scenario);
    change(&mut transcript);
    transcript
}

/// That conversation with one form changed.
fn with_form(op: &Op, nth: usize, change: impl FnOnce(&mut MultipartBody)) -> Transcript {
    changed(PLAIN, |transcript| edit(transcript, op, nth, change))
}

fn edit(transcript: &mut Transcript, op: &Op, nth: usize, change: impl FnOnce(&mut MultipartBody)) {
    let edited = transcript.tamper(op, nth).unwrap().edit(|form| {
        change(form);
        Some(())
    });
    edited.unwrap();
}

/// Changes the text of the first request's head, once.
fn in_head(transcript: &mut Transcript, from: &str, to: &str) {
    transcript.tamper(&Op::Init, 0).unwrap().edit_head(|head| head.replacen(from, to, 1));
}

/// Puts an exchange in a conversation, between two of it in time as well.
fn insert(transcript: &mut Transcript, at: usize, mut exchange: Exchange) {
    let before = at.checked_sub(1).map(|before| transcript.exchanges[before].answered);
    exchange.started = before.unwrap_or_default();
    exchange.answered = exchange.started;
    transcript.exchanges.insert(at, exchange);
}

/// What a rule finds, place by place.
pub(crate) fn found(rule: &str, transcript: &Transcript) -> Vec<String> {
    let rule = catalogue().find(|known| known.id == rule).unwrap();
    let verdicts = rule.verdicts(&Analysis::new(transcript)).into_iter();
    let found = verdicts.filter_map(|(_, verdict)| match verdict {
        Verdict::Broken(evidence) => Some(evidence.found),
        Verdict::Holds => None,
    });
    found.collect()
}

/// In how many places a rule holds.
fn held(rule: &str, transcript: &Transcript) -> usize {
    let rulings = judge(transcript);
    rulings.iter().find(|ruling| ruling.rule.id == rule).unwrap().held
}

/// The rules that are broken, in the order of the catalogue.
fn broken(transcript: &Transcript) -> Vec<&'static str> {
    let rulings = judge(transcript);
    let mut rules: Vec<_> = findings(&rulings).map(|finding| finding.rule.id).collect();
    rules.dedup();
    rules
}
