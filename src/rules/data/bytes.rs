//! Whether what was sent is the file.

use std::ops::Range;

use crate::protocol::{Slice, Value};
use crate::rules::diagnosis::{content_mistake, length_mistake, place_in};
use crate::rules::{AnnotatedExchange, Evidence, Span, Verdict, quote};

/// How many bytes are shown from where they differ.
const SHOWN: usize = 16;

/// Whether filecontent is how the file goes on from `start`.
pub(in crate::rules) fn same_bytes(annotated: &AnnotatedExchange, start: usize) -> Option<Verdict> {
    let content = annotated.request.value("filecontent")?;
    let sent = &content.content;
    let whole = annotated.file()?;
    // More than was sent, as an alteration may have made it shorter.
    let count = sent.len().saturating_add(1024).try_into().ok()?;
    // At the end of the file there are fewer, and what goes beyond breaks `data/in-file`.
    let wanted = &whole.at_most(start.try_into().ok()?, count)?;
    Verdict::broken_by(first_difference(sent, wanted), |at| {
        let end = at.saturating_add(SHOWN);
        let shown = |bytes: &[u8]| quote(bytes.get(at..end.min(bytes.len())).unwrap_or(bytes));
        let place = start.saturating_add(at);
        let expected = format!("{}, the file's bytes from {place}", shown(wanted));
        let from = content.span.start.saturating_add(at);
        let end = content.span.end.min(from.saturating_add(SHOWN));
        Evidence::at("filecontent")
            .expected(expected)
            .found(shown(sent))
            .explained(content_mistake(whole, sent, wanted, at))
            .span(Span::body(from..end))
    })
}

/// Evidence about a filecontent that has not the length of what belongs there: `wanted` bytes of the file
/// from `start` on.
pub(in crate::rules) fn length_evidence(
    annotated: &AnnotatedExchange,
    content: &Value,
    start: u64,
    wanted: u64,
) -> Evidence {
    let sent = &content.content;
    let bytes = |length| annotated.file()?.bytes(start..start.saturating_add(length));
    // What the file goes on with is a larger slice, and nothing that was added.
    let length = u64::try_from(sent.len()).unwrap_or(u64::MAX);
    let goes_on = || length > wanted && bytes(length).is_some_and(|all| all == *sent);
    let belongs = bytes(wanted).filter(|_| !goes_on());
    let altered = || {
        let file = annotated.file()?;
        let wanted = file.at_most(start, length.saturating_add(1024))?;
        content_mistake(file, sent, &wanted, first_difference(sent, &wanted)?)
    };
    let Range { start, end } = content.span;
    Evidence::at("filecontent")
        .found(match sent.len() {
            1 => "1 byte".to_owned(),
            length => format!("{length} bytes"),
        })
        .explained(belongs.and_then(|belongs| length_mistake(sent, &belongs)).or_else(altered))
        .span(Span::body(start..end.min(start.saturating_add(SHOWN))))
}

/// That a slice has bytes of the file, but not those of its offset.
pub(super) fn bytes_elsewhere(annotated: &AnnotatedExchange, slice: Slice) -> Option<String> {
    let file = annotated.file()?;
    let sent = &annotated.request.value("filecontent")?.content;
    // Where the beginning is right, the end is what is wrong.
    let here = file.at_most(slice.offset, slice.length).unwrap_or_default();
    if !here.is_empty() && sent.starts_with(&here) {
        return None;
    }
    Some(format!("these are the file's bytes from {}", place_in(file, sent)?))
}

/// Where the first byte of one is not that of the other, as far as both go.
fn first_difference(one: &[u8], other: &[u8]) -> Option<usize> {
    let length = one.len().min(other.len());
    // Most often nothing differs, and comparing the whole is many times faster than looking for it.
    if one.get(..length) == other.get(..length) {
        return None;
    }
    one.iter().zip(other).position(|(one, other)| one != other)
}
