//! What a client may do that the reference client does not, byte for byte, over real sockets: nobody is accused of it.
//!
//! Each row has what allows it. Where it gets a `should` or a `note` nevertheless, the row names the rule and says why
//! that is fair; a `must` is fair for none.

/// The boundary, and what stands around and between the parts.
mod boundaries;
/// Bodies in chunks.
mod chunks;
/// How the bytes of requests are sent, and on which connections.
mod connections;
/// In which order things are asked for.
mod courses;
/// Request lines and header fields.
mod heads;
/// The headers of parts, and the fields of forms.
mod parts;
/// Paths, queries and signatures.
mod targets;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread::available_parallelism;

use slicecheck::client::{ClientPolicy, First, Outgoing};
use slicecheck::protocol::{Claim, Stored};
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::scenarios;
use slicecheck::spec::Level;

use crate::raw_client::{Wire, played};

const REFERENCE: ClientPolicy = ClientPolicy::REFERENCE;

/// One thing that a client may do.
#[derive(Clone, Copy)]
struct Manner {
    what: &'static str,
    /// What allows it.
    source: &'static str,
    scenario: &'static str,
    policy: ClientPolicy,
    wire: Wire,
    /// The rules that it breaks nevertheless, none of them a `must`, and why that is said.
    told: &'static [(&'static str, &'static str)],
}

const PLAIN: Manner = Manner {
    what: "",
    source: "",
    scenario: "happy/last-slice-short",
    policy: REFERENCE,
    wire: Wire::PLAIN,
    told: &[],
};

const fn edited(edit: fn(&mut Outgoing) -> Option<()>) -> ClientPolicy {
    ClientPolicy { edit, ..REFERENCE }
}

/// A client whose heads are changed, given and returned with their line ends.
macro_rules! head {
    ($change:expr) => {
        $crate::manners::edited(|outgoing| {
            outgoing.request.edit_head(|head| $crate::manners::changed(head, $change));
            Some(())
        })
    };
}

/// A client that writes one thing in all heads in another way.
macro_rules! head_with {
    ($from:expr, $to:expr) => {
        $crate::manners::head!(|head: &str| head.replacen($from, $to, 1))
    };
}

/// A client that writes one thing in all forms in another way, wherever it stands.
macro_rules! form_with {
    ($from:expr, $to:expr) => {
        $crate::manners::edited(|outgoing| {
            outgoing.request.edit_body(|body| $crate::manners::replaced(body, $from, $to));
            Some(())
        })
    };
}

use {form_with, head, head_with};

/// A change that changes nothing would show nothing.
fn changed(text: &str, change: impl Fn(&str) -> String) -> String {
    let new = change(text);
    assert_ne!(text, new);
    new
}

/// A body with one text instead of another, if it has that.
fn replaced(body: &[u8], from: &str, to: &str) -> Vec<u8> {
    let (mut new, mut rest) = (Vec::with_capacity(body.len()), body);
    while let Some(at) = memchr::memmem::find(rest, from.as_bytes()) {
        new.extend_from_slice(&rest[..at]);
        new.extend_from_slice(to.as_bytes());
        rest = &rest[at + from.len()..];
    }
    new.extend_from_slice(rest);
    new
}

/// What is wrong with how a manner was judged.
fn complaint(manner: &'static Manner) -> Option<String> {
    let scenario = scenarios().find(|of| of.id == manner.scenario).unwrap();
    let transcript = played(scenario, &manner.policy, manner.wire);
    let rulings = judge(&transcript);
    let is_must = |rule: &str| {
        findings(&rulings).any(|it| it.rule.id == rule && it.rule.level() == Level::Must)
    };
    let found: BTreeSet<_> = findings(&rulings).map(|finding| finding.rule.id).collect();
    let told: BTreeSet<_> = manner.told.iter().map(|(rule, _)| *rule).collect();
    let outcome = transcript.outcome.as_ref().unwrap();
    let is_complete = (outcome.claim, outcome.stored) == (Claim::Ok, Stored::Complete);
    // What a scenario is about is met by who sends slices.
    let in_slices = !matches!(manner.policy.init.first, First::Upload(_));
    let is_exercised = transcript.is_exercised() || !in_slices;
    let is_right = is_complete && is_exercised && found == told;
    (!is_right || found.iter().any(|rule| is_must(rule))).then(|| {
        let said: Vec<_> = findings(&rulings)
            .map(|it| format!("{:?} {} {:?}", it.rule.level(), it.rule.id, it.evidence.found))
            .collect();
        let (end, detail) = ((outcome.claim, outcome.stored), &outcome.detail);
        format!("{} ({}): {end:?} {detail} {said:#?}", manner.what, manner.source)
    })
}

fn all() -> impl Iterator<Item = &'static Manner> {
    [
        heads::MANNERS,
        connections::MANNERS,
        courses::MANNERS,
        boundaries::MANNERS,
        chunks::MANNERS,
        parts::MANNERS,
        targets::MANNERS,
    ]
    .into_iter()
    .flatten()
}

#[test]
fn nobody_is_accused_of_what_the_sources_allow() {
    let waiting = Mutex::new(all());
    let complaints = Mutex::new(Vec::new());
    let next = || waiting.lock().unwrap().next();
    std::thread::scope(|scope| {
        for _ in 0..available_parallelism().unwrap().get() {
            scope.spawn(|| {
                while let Some(manner) = next() {
                    complaints.lock().unwrap().extend(complaint(manner));
                }
            });
        }
    });
    let complaints = complaints.into_inner().unwrap();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_manner_has_a_source_and_every_finding_on_it_a_reason() {
    let manners: BTreeSet<_> = all().map(|manner| manner.what).collect();
    assert_eq!(manners.len(), all().count(), "each is there once");
    for Manner { what, source, told, .. } in all() {
        assert!(!what.is_empty() && !source.is_empty(), "{what}");
        assert!(told.iter().all(|(_, reason)| reason.len() > 20), "{what}");
    }
}
