//! Why something is not what was expected: which well-known mistake makes the one of the other.
//!
//! A finding names such a mistake after what was found. Nothing here decides whether a rule is broken.

use super::{AnnotatedExchange, Evidence, Span, SpanOf, bounded, quote};
use crate::protocol::Request;

mod alteration;
mod content;
mod digest;
mod number;
mod path;
mod session;
mod signature;
mod text;

pub(super) use alteration::compression;
pub(super) use content::{content_mistake, length_mistake, place_in};
pub(super) use digest::{datasha_mistake, digest_mistake};
pub(super) use path::path_mistake;
pub(super) use session::session_mistake;
pub(super) use signature::{misplaced_signature, signature_mistake};
pub(super) use text::surroundings;

/// The fields that are decimal numbers.
pub(super) const NUMBERS: [&str; 3] = ["filesize", "slice_size", "offset"];

/// Evidence about a field's value as it was sent.
pub(super) fn value_evidence(
    annotated: &AnnotatedExchange,
    name: &str,
    expected: impl Into<String>,
) -> Evidence {
    let evidence = Evidence::at(name).expected(expected);
    let Some(value) = annotated.request.value(name) else {
        return evidence.found("no such field");
    };
    // A session or digest that has digits only is not meant as a number.
    let mistake = NUMBERS.contains(&name).then(|| number::number_mistake(&value.content)).flatten();
    evidence.found(quote(&value.content)).explained(mistake).span(Span::body(value.span.clone()))
}

impl Evidence {
    /// The bytes in question are what was found.
    pub(super) fn found_bytes(self, request: &Request, span: Span) -> Self {
        let bytes = match span.of {
            SpanOf::Raw => request.raw_part(span.range.clone()),
            SpanOf::Body => request.body_part(span.range.clone()),
        };
        // A span that is not in the request has nothing to show.
        let Some(bytes) = bytes else { return self };
        self.found(quote(&bytes)).span(span)
    }

    /// With what explains it, if anything does, after what was found.
    pub(super) fn explained(mut self, by: Option<impl AsRef<str>>) -> Self {
        if let Some(by) = by {
            self.found = bounded(format!("{}: {}", self.found, by.as_ref()));
        }
        self
    }
}
