//! Checkable properties of a client, and the one engine that judges.
//!
//! To add a rule, write a constant in the file of its topic and name it in that file's `RULES`; then
//! run `cargo insta test --review`. The rule carries its own counterexample, and the snapshot that
//! this makes is its page in the manual. Use a closure for a comparison, and a named function below
//! the constant for anything longer or with arithmetic.
#![warn(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::string_slice)]

use std::ops::Range;

use bytes::Bytes;

pub(crate) use crate::protocol::quote;
use crate::protocol::{Outcome, Request, Transcript};
use crate::spec::{Clause, Level};

mod analysis;
mod auth;
mod counterexample;
mod data;
mod diagnosis;
mod digests;
mod finish;
mod flow;
mod form;
mod framed;
mod init;
mod judge;
mod list;
mod literal;
mod outcome;
mod request;
mod ruling;
mod signed;
mod tls;
mod upload;

pub use analysis::{Analysis, AnnotatedExchange};
pub use counterexample::{Breaks, Counterexample, Edit, NthExchange};
pub(crate) use flow::about_another_attempt;
pub use judge::Judge;
pub use ruling::{Finding, Ruling};

/// One property of a conforming client.
#[non_exhaustive]
pub struct Rule {
    /// `topic/property`: permanent, and the name of its snapshot.
    pub id: &'static str,
    /// The sentence it enforces, and with it its level.
    pub clause: &'static Clause,
    /// The property, as a client honours it.
    pub summary: &'static str,
    /// What goes wrong otherwise.
    pub why: &'static str,
    /// What the author of a client that breaks it has to change.
    pub fix: &'static str,
    /// How it is decided.
    pub check: Check,
    /// The smallest way to break it.
    pub counterexample: Counterexample,
}

/// How much a rule looks at. `None`, and no verdict at all, mean that it does not apply.
#[non_exhaustive]
pub enum Check {
    /// One request.
    Request(fn(&AnnotatedExchange) -> Option<Verdict>),
    /// The whole conversation; verdicts belong to exchanges, by number.
    Conversation(fn(&Analysis) -> Vec<(usize, Verdict)>),
    /// How it ended.
    Outcome(fn(&Analysis, &Outcome) -> Option<Verdict>),
}

/// What a rule says about one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The property is there.
    Holds,
    /// It is not.
    Broken(Evidence),
}

/// What was expected, what was found, and where; each text is cut where it has more than 400 bytes.
///
/// No text has the number of an exchange in it: people count from 1, machines from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// The field, header or part of the message.
    pub at: String,
    /// What a conforming client does, and how that was derived.
    pub expected: String,
    /// What this client did.
    pub found: String,
    /// The bytes in question.
    pub span: Option<Span>,
    /// Other exchanges that this is about, at most eight.
    pub related: Vec<Related>,
}

/// Another exchange that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Related {
    /// The number of the exchange, counted from 0.
    pub exchange: usize,
    /// What it has to do with the finding.
    pub what: String,
}

/// How many other exchanges a finding names.
const MOST_RELATED: usize = 8;

/// A place in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Span {
    /// Which bytes the range counts.
    pub of: SpanOf,
    /// The bytes.
    pub range: Range<usize>,
}

/// What a [`Span`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanOf {
    /// The bytes from the wire, from the request line on.
    Raw,
    /// The body, without transfer coding.
    Body,
}

/// All rules, topic by topic.
pub fn catalogue() -> impl Iterator<Item = &'static Rule> {
    [
        request::RULES,
        request::HEAD,
        request::SERVICE,
        request::FRAMING,
        form::RULES,
        form::PARTS,
        form::DISPOSITION_RULES,
        form::FIELDS,
        auth::RULES,
        auth::ONCE,
        upload::RULES,
        init::RULES,
        data::RULES,
        data::ORDER,
        list::RULES,
        finish::RULES,
        flow::RULES,
        flow::REPLIES,
        flow::RESUMING,
        flow::RETRIES,
        outcome::RULES,
        outcome::LAWFUL,
        outcome::END,
        outcome::KEPT,
        outcome::RESULT,
        tls::RULES,
    ]
    .into_iter()
    .flatten()
}

/// Judges a transcript by every rule, in the order of the catalogue.
///
/// Live runs, tests and fuzzers all end here; the same transcript always gets the same rulings.
pub fn judge(transcript: &Transcript) -> Vec<Ruling> {
    Analysis::new(transcript).rulings()
}

/// The findings of all rulings, in the order of the catalogue.
pub fn findings(rulings: &[Ruling]) -> impl Iterator<Item = &Finding> {
    rulings.iter().flat_map(|ruling| &ruling.findings)
}

impl Rule {
    /// The level of the clause.
    pub fn level(&self) -> Level {
        self.clause.level
    }

    /// The first half of the id.
    pub fn topic(&self) -> &'static str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// What it says about each place to which it applies, in order; the place is an exchange, by its
    /// number from 0, or how it all ended.
    pub fn verdicts(&self, analysis: &Analysis) -> Vec<(Option<usize>, Verdict)> {
        // What is about signatures and keys.
        if analysis.job().secrets_masked && self.topic() == "auth" {
            return Vec::new();
        }
        match self.check {
            Check::Request(check) => analysis
                .exchanges()
                .iter()
                .filter_map(|annotated| Some((Some(annotated.number), check(annotated)?)))
                .collect(),
            Check::Conversation(check) => check(analysis)
                .into_iter()
                .map(|(number, verdict)| (Some(number), verdict))
                .collect(),
            Check::Outcome(check) => analysis
                .outcome()
                .and_then(|outcome| check(analysis, outcome))
                .map(|verdict| (None, verdict))
                .into_iter()
                .collect(),
        }
    }
}

impl Verdict {
    /// Holds if `good`; otherwise broken, with this evidence.
    #[expect(clippy::unnecessary_wraps, reason = "every check returns an option")]
    fn of(good: bool, evidence: impl FnOnce() -> Evidence) -> Option<Self> {
        Some(if good { Self::Holds } else { Self::Broken(evidence()) })
    }

    /// Broken by this, with the evidence that it makes; it holds if there is nothing.
    #[expect(clippy::unnecessary_wraps, reason = "every check returns an option")]
    fn broken_by<T>(by: Option<T>, evidence: impl FnOnce(T) -> Evidence) -> Option<Self> {
        Some(by.map_or(Self::Holds, |by| Self::Broken(evidence(by))))
    }

    /// The same, of something that has to come later: where it did not come nobody knows whether it
    /// would have, unless the client came to its end and all of it is known.
    fn of_later(
        good: bool,
        analysis: &Analysis,
        evidence: impl FnOnce() -> Evidence,
    ) -> Option<Self> {
        if good || analysis.has_ended() { Self::of(good, evidence) } else { None }
    }
}

impl Evidence {
    /// What is wrong at a field, header or part; the rest is added by name.
    fn at(at: impl Into<String>) -> Self {
        Self { at: bounded(at.into()), ..Self::default() }
    }

    fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = bounded(expected.into());
        self
    }

    fn found(mut self, found: impl Into<String>) -> Self {
        self.found = bounded(found.into());
        self
    }

    fn span(mut self, span: impl Into<Option<Span>>) -> Self {
        self.span = span.into();
        self
    }

    /// Another exchange that this is about, by its number from 0, and what it is in this.
    fn related(mut self, exchange: usize, what: impl Into<String>) -> Self {
        if self.related.len() < MOST_RELATED {
            self.related.push(Related { exchange, what: bounded(what.into()) });
        }
        self
    }
}

/// A text of any length, cut at its end if it is too long for a report.
fn bounded(text: String) -> String {
    const MOST: usize = 400;
    if text.len() <= MOST {
        return text;
    }
    let head = text.get(..text.floor_char_boundary(MOST)).unwrap_or_default();
    format!("{head}… ({} bytes)", text.len())
}

impl SpanOf {
    /// The bytes of a request that a span's range counts.
    pub fn bytes(self, request: &Request) -> Bytes {
        match self {
            Self::Raw => request.raw(),
            Self::Body => request.body(),
        }
    }

    /// As the JSON report names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Body => "body",
        }
    }
}

impl Span {
    fn raw(range: Range<usize>) -> Self {
        Self { of: SpanOf::Raw, range }
    }

    fn body(range: Range<usize>) -> Self {
        Self { of: SpanOf::Body, range }
    }
}
