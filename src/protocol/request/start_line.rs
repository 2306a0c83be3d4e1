use std::ops::Range;

use bytes::Bytes;

use crate::protocol::head::is_token_byte;

#[derive(Clone, Debug)]
pub(super) struct StartLine {
    pub(super) method: Range<usize>,
    pub(super) target: Range<usize>,
    pub(super) version: Range<usize>,
}

impl StartLine {
    pub(super) fn read(raw: &Bytes, line: &Range<usize>) -> Result<Self, Range<usize>> {
        let bytes = raw.get(line.clone()).unwrap_or_default();
        let spaces: Vec<usize> = memchr::memchr_iter(b' ', bytes).collect();
        // With a third space, readers differ in where the target ends (RFC 9112 §3).
        let [first, second] = spaces.as_slice() else { return Err(line.clone()) };
        let at = |offset: usize| line.start.saturating_add(offset);
        let read = Self {
            method: line.start..at(*first),
            target: at(first.saturating_add(1))..at(*second),
            version: at(second.saturating_add(1))..line.end,
        };
        let text = |span: &Range<usize>| raw.get(span.clone()).unwrap_or_default();
        let method = text(&read.method);
        let good = !method.is_empty()
            && method.iter().all(|byte| is_token_byte(*byte))
            && !read.target.is_empty()
            // Raw UTF-8 breaks a rule about targets; other bytes have no text that could be told.
            && std::str::from_utf8(text(&read.target)).is_ok()
            && matches!(text(&read.version), [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor]
                if minor.is_ascii_digit());
        if good { Ok(read) } else { Err(line.clone()) }
    }
}

/// The origin form of a target: what is left of an absolute form without scheme and authority.
pub(super) fn origin_form(target: &str) -> &str {
    let authority = ["http://", "https://"].into_iter().find_map(|scheme| {
        target
            .get(..scheme.len())?
            .eq_ignore_ascii_case(scheme)
            .then(|| target.get(scheme.len()..))?
    });
    let Some(rest) = authority else { return target };
    // A target without a path means the root (RFC 9112 §3.2.1).
    rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/")
}
