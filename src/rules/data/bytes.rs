//! Whether what was sent is the file, and what else it may be.

use base64::Engine;

use crate::protocol::FileView;
use crate::rules::{AnnotatedExchange, Evidence, Span, Verdict, quote};

/// Where in the file all of these bytes are. A few of them are looked for, as it costs much to prepare
/// the search for many; where these are in too many places, the others are not looked at, and what begins
/// with the zeros of a sparse file is not looked for.
fn place_in(file: &FileView, bytes: &[u8]) -> Option<u64> {
    const CANDIDATES: usize = 64;
    let few = bytes.get(..bytes.len().min(256))?;
    let places = file.runs().flat_map(|(offset, run)| {
        let places = memchr::memmem::find_iter(run, few);
        places.filter_map(move |at| offset.checked_add(u64::try_from(at).ok()?))
    });
    places.take(CANDIDATES).find(|at| file.matches(*at, bytes))
}

/// Whether filecontent is how the file goes on from `start`.
pub(in crate::rules) fn same_bytes(annotated: &AnnotatedExchange, start: usize) -> Option<Verdict> {
    let content = annotated.request.value("filecontent")?;
    let sent = &content.content;
    // Behind what was sent, as an alteration may have made it shorter.
    let count = sent.len().saturating_add(1024).try_into().ok()?;
    let whole = annotated.file()?;
    let file = &whole.at_most(start.try_into().ok()?, count)?;
    let differs = first_difference(sent, file);
    Verdict::broken_by(differs, |differs| {
        let at = differs;
        let from = |bytes: &[u8]| {
            let end = bytes.len().min(at.saturating_add(16));
            quote(bytes.get(at..end).unwrap_or_default())
        };
        let hint = alteration_before(sent, file, at).map(str::to_owned).or_else(|| {
            let other = place_in(whole, sent)?;
            Some(format!("these are the file's bytes from {other}"))
        });
        let hint = hint.map(|hint| format!(": {hint}")).unwrap_or_default();
        let place = start.saturating_add(at);
        let expected = format!("{}, the file's bytes from {place}", from(file));
        let from_here = content.span.start.saturating_add(at);
        let end = content.span.end.min(from_here.saturating_add(16));
        let found = format!("{}{hint}", from(sent));
        Evidence::at("filecontent").expected(expected).found(found).span(Span::body(from_here..end))
    })
}

/// The wrong length of filecontent in words, and which few bytes are missing or too many of those
/// that belong there: `wanted` of the file's from `start` on.
pub(in crate::rules) fn length_in_words(
    annotated: &AnnotatedExchange,
    start: u64,
    wanted: u64,
) -> String {
    let sent = annotated.request.value("filecontent").map(|content| content.content.as_ref());
    let sent = sent.unwrap_or_default();
    let range = start..start.saturating_add(wanted);
    let file = annotated.file().and_then(|file| file.bytes(range));
    let hint = file.and_then(|file| few_bytes(sent, &file));
    format!("{} bytes{}", sent.len(), hint.unwrap_or_default())
}

/// In what few bytes one end of what was sent is not that of the file's bytes.
fn few_bytes(sent: &[u8], file: &[u8]) -> Option<String> {
    const FEW: usize = 16;
    let told = |bytes: Option<&[u8]>, what: &str| {
        let few = bytes.filter(|bytes| (1..=FEW).contains(&bytes.len()))?;
        Some(format!(": {} {what}", quote(few)))
    };
    told(file.strip_prefix(sent), "is missing at its end")
        .or_else(|| told(file.strip_suffix(sent), "is missing at its beginning"))
        .or_else(|| told(sent.strip_prefix(file), "is too much at its end"))
        .or_else(|| told(sent.strip_suffix(file), "is too much at its beginning"))
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

/// The well-known alteration by which what was sent differs from the file's bytes from `at` on.
///
/// Until there both are the same; what was altered may begin a few bytes before, as those of one
/// character may begin alike.
fn alteration_before(sent: &[u8], file: &[u8], at: usize) -> Option<&'static str> {
    (0..4).find_map(|back| {
        let start = at.checked_sub(back)?;
        alteration(sent.get(start..)?, file.get(start..)?)
    })
}

/// The well-known alteration that makes what was sent of the file's bytes, seen from their beginning.
fn alteration(sent: &[u8], file: &[u8]) -> Option<&'static str> {
    let head = sent.get(..sent.len().min(256))?;
    let source = file.get(..file.len().min(1024))?;
    let line_feeds = line_feeds(source);
    if [&line_feeds, &with_carriage_returns(&line_feeds)].iter().any(|text| text.starts_with(head))
    {
        return Some("line ends were converted");
    }
    // Of a few bytes, anything may be made by chance.
    let starts = |altered: &[u8]| head.len() >= 8 && altered.starts_with(head);
    let text = String::from_utf8_lossy(source);
    let latin: String = source.iter().copied().map(char::from).collect();
    if starts(text.as_bytes()) || starts(latin.as_bytes()) {
        return Some("the bytes were read as text and encoded again");
    }
    if starts(base64::engine::general_purpose::STANDARD.encode(source).as_bytes()) {
        return Some("this is base64 of the file's bytes");
    }
    let digits: String = source.iter().flat_map(|byte| hex_digits(*byte)).collect();
    if starts(digits.as_bytes()) {
        return Some("these are the file's bytes as hexadecimal digits");
    }
    head.starts_with(&[0x1f, 0x8b]).then_some("this is compressed with gzip")
}

/// The bytes with LF where CRLF was.
fn line_feeds(bytes: &[u8]) -> Vec<u8> {
    let next = bytes.iter().skip(1).map(Some).chain([None]);
    let kept = bytes.iter().zip(next).filter(|pair| *pair != (&b'\r', Some(&b'\n')));
    kept.map(|(byte, _)| *byte).collect()
}

/// The bytes with CRLF where LF was.
fn with_carriage_returns(bytes: &[u8]) -> Vec<u8> {
    let line_end = |byte: u8| (byte == b'\n').then_some(b'\r').into_iter().chain([byte]);
    bytes.iter().flat_map(|byte| line_end(*byte)).collect()
}

fn hex_digits(byte: u8) -> impl Iterator<Item = char> {
    [byte >> 4, byte & 15].into_iter().filter_map(|digit| char::from_digit(digit.into(), 16))
}
