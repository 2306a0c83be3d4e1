//! What was found, and where.

use serde::Serialize;

use super::Masked;
use super::bytes::{self, Bytes};
use crate::report::View;
use crate::report::secrets::Secrets;
use crate::results::{Discount, Disposition, ResolvedFinding, ScenarioResult};

#[derive(Serialize)]
pub(super) struct Finding {
    rule: &'static str,
    level: &'static str,
    exchange: Option<usize>,
    /// Other exchanges that it is about.
    related: Vec<Related>,
    at: Masked,
    expected: Masked,
    found: Masked,
    span: Option<Span>,
    /// The bytes around the span.
    bytes: Option<Bytes>,
    known: bool,
    /// Whether it goes into the verdict: it is neither known nor discounted.
    counts: bool,
    /// Why it is not taken for an effect of what the scenario is about, if it is not.
    discounted: Option<String>,
    /// In how many places of the scenario the same was found.
    times: usize,
}

#[derive(Serialize)]
struct Related {
    exchange: usize,
    what: Masked,
}

#[derive(Serialize)]
struct Span {
    start: usize,
    end: usize,
    of: &'static str,
}

pub(super) fn finding(
    result: &ScenarioResult,
    found: &ResolvedFinding,
    view: View,
    secrets: &Secrets,
) -> Finding {
    let ResolvedFinding { finding, disposition } = found;
    let evidence = &finding.evidence;
    let masked = |text: &String| Masked::new(text, secrets);
    Finding {
        rule: finding.rule.id,
        level: finding.rule.level().as_str(),
        exchange: finding.exchange,
        related: evidence
            .related
            .iter()
            .map(|related| Related { exchange: related.exchange, what: masked(&related.what) })
            .collect(),
        at: masked(&evidence.at),
        expected: masked(&evidence.expected),
        found: masked(&evidence.found),
        span: evidence.span.as_ref().map(|span| Span {
            start: span.range.start,
            end: span.range.end,
            of: span.of.as_str(),
        }),
        bytes: bytes::of(result, found, view, secrets),
        known: *disposition == Disposition::Known,
        counts: *disposition == Disposition::Counts,
        discounted: disposition.discount().map(Discount::to_string),
        times: finding.times,
    }
}
