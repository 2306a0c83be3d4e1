//! Whether what was sent is the file.

use std::ops::Range;

use crate::protocol::Value;
use crate::rules::diagnosis::{content_mistake, length_mistake};
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
    let range = start..start.saturating_add(wanted);
    let file = annotated.file().and_then(|file| file.bytes(range));
    let Range { start, end } = content.span;
    Evidence::at("filecontent")
        .found(format!("{} bytes", content.content.len()))
        .explained(file.and_then(|file| length_mistake(&content.content, &file)))
        .span(Span::body(start..end.min(start.saturating_add(SHOWN))))
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
