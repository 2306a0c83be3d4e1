//! Whether what was sent is the file, and what else it may be.

use base64::Engine;

use crate::rules::{Call, Evidence, Span, Verdict, quote};

/// Where in the file all of these bytes are. A few of them are looked for, as it costs much to prepare
/// the search for many.
fn place_in(file: &[u8], bytes: &[u8]) -> Option<usize> {
    let few = bytes.get(..bytes.len().min(256))?;
    memchr::memmem::find_iter(file, few)
        .find(|at| file.get(*at..).is_some_and(|rest| rest.starts_with(bytes)))
}

/// Whether filecontent is how the file goes on from `start`.
pub(in crate::rules) fn same_bytes(call: &Call, start: usize) -> Option<Verdict> {
    let content = call.request.value("filecontent")?;
    let (sent, file) = (&content.content, call.assignment.file.get(start..)?);
    let differs = first_difference(sent, file);
    Verdict::of(differs.is_none(), || {
        let at = differs.unwrap_or_default();
        let from = |bytes: &[u8]| {
            let end = bytes.len().min(at.saturating_add(16));
            quote(bytes.get(at..end).unwrap_or_default())
        };
        let hint = alteration(sent, file).map(str::to_owned).or_else(|| {
            let other = place_in(&call.assignment.file, sent)?;
            Some(format!("these are the file's bytes from {other}"))
        });
        let hint = hint.map(|hint| format!(": {hint}")).unwrap_or_default();
        let place = start.saturating_add(at);
        let expected = format!("{}, the file's bytes from {place}", from(file));
        let from_here = content.span.start.saturating_add(at);
        let end = content.span.end.min(from_here.saturating_add(16));
        let found = format!("{}{hint}", from(sent));
        Evidence::new("filecontent", expected, found, Span::body(from_here..end))
    })
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

/// The well-known alteration that makes what was sent of the file's bytes.
fn alteration(sent: &[u8], file: &[u8]) -> Option<&'static str> {
    let head = sent.get(..sent.len().min(256))?;
    let source = file.get(..file.len().min(1024))?;
    if source.starts_with(head) {
        return None;
    }
    let starts = |altered: &str| altered.as_bytes().starts_with(head);
    let text = String::from_utf8_lossy(source);
    let line_feeds = text.replace("\r\n", "\n");
    if starts(&line_feeds) || starts(&line_feeds.replace('\n', "\r\n")) {
        return Some("line ends were converted");
    }
    if starts(&base64::engine::general_purpose::STANDARD.encode(source)) {
        return Some("this is base64 of the file's bytes");
    }
    let latin: String = source.iter().copied().map(char::from).collect();
    if starts(&text) || starts(&latin) {
        return Some("the bytes were read as text and encoded again");
    }
    let digits: String = source.iter().flat_map(|byte| hex_digits(*byte)).collect();
    if starts(&digits) {
        return Some("these are the file's bytes as hexadecimal digits");
    }
    head.starts_with(&[0x1f, 0x8b]).then_some("this is compressed with gzip")
}

fn hex_digits(byte: u8) -> impl Iterator<Item = char> {
    [byte >> 4, byte & 15].into_iter().filter_map(|digit| char::from_digit(digit.into(), 16))
}
