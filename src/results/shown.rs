//! What is kept of a judged transcript: what a report shows of it, however many bytes it had.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use super::sent::Sent;
use super::signatures::signatures;
use super::wire::Wire;
use crate::protocol::{Delivery, EnvelopeError, Exchange, Request, Transcript};
use crate::rules::{Finding, Ruling, Span, SpanOf, findings};

/// More exchanges than this are shown with a gap.
const LADDER: usize = 6;
/// How many of the first exchanges are kept in any case, and how many of the last.
const FIRST: usize = 16;
const LAST: usize = 8;
/// How many bytes of a place are shown.
const PLACE: usize = 16;
/// How far around shown bytes secrets are looked for: longer than each is, in any form.
const MARGIN: usize = 1024;
/// Of how many exchanges all is kept that a page shows, besides one for each finding, and of how many where
/// nothing was found.
const OTHER_WIRES: usize = 8;
const WIRES_WITHOUT_FINDINGS: usize = 2;
/// How many characters of a field are kept: more than are shown.
const FIELD: usize = 64;

/// The places of findings, and the exchanges around those that are the first of their rules.
#[derive(Clone)]
pub(super) struct Shown {
    /// By exchange and span: findings of several rules may be in one place.
    places: Vec<(usize, Option<Span>, Place)>,
    /// Exchanges, by number.
    ladder: BTreeMap<usize, Row>,
    /// Those of them that findings and deviations are about.
    wires: BTreeMap<usize, Wire>,
    sent: Sent,
    exchanges: usize,
}

/// Where a finding is.
#[derive(Clone)]
#[non_exhaustive]
pub struct Place {
    /// The number of the connection, from 1.
    pub connection: u32,
    /// When the exchange began, since the scenario did.
    pub started: Duration,
    /// The bytes of the finding's span.
    pub excerpt: Option<Excerpt>,
}

/// Some bytes of a request and those around them, in rows of 16.
#[derive(Clone)]
#[non_exhaustive]
pub struct Excerpt {
    /// The first rows' bytes, with a margin on both sides.
    pub bytes: Vec<u8>,
    /// Where these bytes begin, in what the span counts.
    pub from: usize,
    /// The rows that are shown, in what the span counts.
    pub rows: Range<usize>,
    /// The first bytes of the span, in what it counts.
    pub marked: Range<usize>,
    /// Where signatures stand, but for their first characters, in `bytes`.
    pub signatures: Vec<Range<usize>>,
}

/// An exchange in short: what was asked for, and what was replied.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The number of the connection, from 1.
    pub connection: u32,
    /// When its first byte arrived, since the scenario began.
    pub started: Duration,
    /// When the reply was about to be sent.
    pub answered: Duration,
    /// The operation, if the request names one.
    pub op: Option<String>,
    /// Fields of the form that say what is sent, by name, cut.
    pub fields: Vec<(&'static str, String)>,
    /// The length of the content in bytes, if there is one.
    pub content: Option<usize>,
    /// The HTTP status of the reply.
    pub status: u16,
    /// What the reply says.
    pub reply: ReplyRow,
    /// How the reply was delivered.
    pub delivery: Delivery,
}

/// What a reply says, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyRow {
    /// Not enough of it was delivered.
    Cut,
    /// It is no JSON of the service.
    NoJson,
    /// A code, and the slice size that it grants as JSON, cut.
    Code(i64, Option<String>),
}

impl Row {
    /// An exchange in short.
    pub fn of(exchange: &Exchange) -> Self {
        let request = &exchange.request;
        let field = |name| Some((name, start_of(request.text(name)?)));
        Self {
            connection: exchange.connection,
            started: exchange.started,
            answered: exchange.answered,
            op: request.op().map(|op| start_of(op.as_str())),
            fields: ["filesize", "slice_size", "offset"].into_iter().filter_map(field).collect(),
            content: request.value("filecontent").map(|content| content.content.len()),
            status: exchange.response.status(),
            reply: match exchange.reply::<serde_json::Value>() {
                Err(EnvelopeError::Cut) => ReplyRow::Cut,
                Err(_) => ReplyRow::NoJson,
                Ok(reply) => {
                    let slice_size = reply.data.as_ref().and_then(|data| data.get("slice_size"));
                    ReplyRow::Code(reply.code, slice_size.map(|it| start_of(&it.to_string())))
                }
            },
            delivery: exchange.delivery,
        }
    }
}

fn start_of(text: &str) -> String {
    // A client decides how long its fields are, and rows of all scenarios are kept.
    text.chars().take(FIELD).collect()
}

impl Shown {
    pub(super) fn of(transcript: &Transcript, rulings: &[Ruling]) -> Self {
        let exchanges = transcript.exchanges.len();
        let firsts = || rulings.iter().filter_map(|ruling| ruling.findings.first());
        let mut places: Vec<(usize, Option<Span>, Place)> = Vec::new();
        for finding in findings(rulings) {
            let (number, span) = (finding.exchange, &finding.evidence.span);
            let exchange = number.and_then(|it| Some((it, transcript.exchanges.get(it)?)));
            let Some((number, exchange)) = exchange else { continue };
            if !places.iter().any(|(other, of, _)| (*other, of) == (number, span)) {
                places.push((number, span.clone(), Place::of(exchange, span.as_ref())));
            }
        }
        let near = firsts().flat_map(|finding| rows(finding.exchange, exchanges));
        let ends = (0..exchanges.min(FIRST)).chain(exchanges.saturating_sub(LAST)..exchanges);
        let central = central(transcript, rulings);
        let near: BTreeSet<usize> = near.chain(ends).chain(central.iter().copied()).collect();
        let row = |number| Some((number, Row::of(transcript.exchanges.get(number)?)));
        Self {
            places,
            ladder: near.into_iter().filter_map(row).collect(),
            wires: central
                .into_iter()
                .filter_map(|number| Some((number, Wire::of(transcript.exchanges.get(number)?))))
                .collect(),
            sent: Sent::of(transcript),
            exchanges,
        }
    }

    /// Where a finding is.
    pub(super) fn place(&self, finding: &Finding) -> Option<&Place> {
        let wanted = (finding.exchange?, &finding.evidence.span);
        let mut places = self.places.iter();
        places.find(|(number, span, _)| (*number, span) == wanted).map(|(_, _, place)| place)
    }

    /// All exchanges that are kept, by number.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, &Row)> {
        self.ladder.iter().map(|(number, row)| (*number, row))
    }

    /// The exchanges of which all is kept that a page shows, by number.
    pub(super) fn wires(&self) -> impl Iterator<Item = (usize, &Row, &Wire)> {
        let row = |number| self.ladder.get(number);
        self.wires.iter().filter_map(move |(number, wire)| Some((*number, row(number)?, wire)))
    }

    /// The slices of the file that were sent.
    pub(super) fn sent(&self) -> &Sent {
        &self.sent
    }

    /// The exchanges around one, by number, or those at the end.
    pub(super) fn ladder(&self, exchange: Option<usize>) -> impl Iterator<Item = (usize, &Row)> {
        let near = rows(exchange, self.exchanges);
        near.filter_map(|number| Some((number, self.ladder.get(&number)?)))
    }
}

/// One exchange for each finding; then some of those that the first of each rule refer to, the gravest first,
/// and where deviations occurred; or else the first ones.
fn central(transcript: &Transcript, rulings: &[Ruling]) -> BTreeSet<usize> {
    let exchanges = transcript.exchanges.len();
    let in_transcript = |number: &usize| *number < exchanges;
    let found = findings(rulings).filter_map(|finding| finding.exchange).filter(in_transcript);
    let mut central: BTreeSet<usize> = found.collect();
    let mut firsts: Vec<_> = rulings.iter().filter_map(|ruling| ruling.findings.first()).collect();
    firsts.sort_by_key(|finding| (finding.rule.level(), finding.place()));
    let related = firsts.iter().flat_map(|finding| &finding.evidence.related);
    let deviations = transcript.deviations.iter().filter_map(|of| of.occurred.first());
    let any = if firsts.is_empty() { 0..exchanges } else { 0..0 };
    let others = if firsts.is_empty() { WIRES_WITHOUT_FINDINGS } else { OTHER_WIRES };
    let most = central.len().saturating_add(others);
    // What counts most comes first: only so many are kept.
    for number in related
        .map(|related| related.exchange)
        .chain(deviations.map(|occurred| occurred.exchange))
        .chain(any)
        .filter(in_transcript)
    {
        if central.len() < most {
            central.insert(number);
        }
    }
    central
}

/// The first exchange says what was agreed; the others stand around the finding.
fn rows(exchange: Option<usize>, exchanges: usize) -> impl Iterator<Item = usize> {
    let centre = exchange.unwrap_or(exchanges.saturating_sub(1));
    // One row less than is shown, which is for the first exchange.
    let from = centre.saturating_sub(2).min(exchanges.saturating_sub(LADDER - 1));
    let near = from..exchanges.min(from.saturating_add(LADDER - 1));
    let first = (exchanges > 0 && from > 0).then_some(0);
    first.into_iter().chain(near)
}

impl Place {
    fn of(exchange: &Exchange, span: Option<&Span>) -> Self {
        Self {
            connection: exchange.connection,
            started: exchange.started,
            excerpt: span.map(|span| Excerpt::of(&exchange.request, span)),
        }
    }
}

impl Excerpt {
    fn of(request: &Request, span: &Span) -> Self {
        let bytes = span.of.bytes(request);
        let Range { start, end } = span.range.clone();
        // At least one byte, so that a place between two bytes is seen as well.
        let marked = start..end.min(start.saturating_add(PLACE)).max(start.saturating_add(1));
        // From a row before it, which says what the bytes belong to.
        let rows = (start / 16).saturating_sub(1) * 16..marked.end.min(bytes.len());
        // A secret may begin before the bytes that are shown, and end after them.
        let from = rows.start.saturating_sub(MARGIN);
        let to = bytes.len().min(rows.end.saturating_add(MARGIN));
        let bytes = bytes.get(from..to).unwrap_or_default().to_vec();
        let signatures = match span.of {
            SpanOf::Raw => signatures(request),
            // A signature belongs into the head: in a form there is no
            // place where it is known to be.
            SpanOf::Body => Vec::new(),
        };
        let here = |range: Range<usize>| {
            let place = |at: usize| at.saturating_sub(from).min(bytes.len());
            place(range.start)..place(range.end)
        };
        let signatures: Vec<_> = signatures.into_iter().map(here).collect();
        Self { bytes, from, rows, marked, signatures }
    }
}
