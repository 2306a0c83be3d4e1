//! Where a request has its signatures.

use std::ops::Range;

use crate::protocol::Request;

/// What a signature proves, in the bytes of a request: all but its first characters.
pub(crate) fn signatures(request: &Request) -> Vec<Range<usize>> {
    let header = request.head().all("authorization").map(|field| field.value_span.clone());
    let target = request.target_span().filter(|_| request.query().is_some());
    let query = target.and_then(|span| {
        // The first one, even if it is in the path: too much is hidden rather than too little.
        let at = memchr::memmem::find(request.raw().get(span.clone())?, b"sign=")?;
        Some(span.start + at + 5..span.end)
    });
    let options = |span: Range<usize>| span.start.saturating_add(8).min(span.end)..span.end;
    header.chain(query).map(options).collect()
}
