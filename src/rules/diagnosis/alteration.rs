//! What is done to bytes on their way through a client that takes them for text.

use base64::Engine;

/// The well-known alteration by which what was sent differs from the file's bytes from `at` on.
///
/// Until there both are the same; what was altered may begin a few bytes before, as those of one
/// character may begin alike.
pub(super) fn alteration_before(sent: &[u8], file: &[u8], at: usize) -> Option<&'static str> {
    // A character has at most four bytes in UTF-8 (RFC 3629 §3).
    (0..4).find_map(|back| {
        let start = at.checked_sub(back)?;
        alteration(sent.get(start..)?, file.get(start..)?)
    })
}

/// The well-known alteration that makes what was sent of the file's bytes, seen from their beginning.
fn alteration(sent: &[u8], file: &[u8]) -> Option<&'static str> {
    let head = sent.get(..sent.len().min(256))?;
    // An alteration may shorten: more of the file is compared than of what was sent.
    let source = file.get(..file.len().min(1024))?;
    // Both ways: CRLF made of LF, and LF made of CRLF.
    let line_feeds = line_feeds(source);
    if [&line_feeds, &with_carriage_returns(&line_feeds)].iter().any(|text| text.starts_with(head))
    {
        return Some("line ends were converted");
    }
    // Of a few bytes, anything may be made by chance.
    let starts = |altered: &[u8]| head.len() >= 8 && altered.starts_with(head);
    let text = String::from_utf8_lossy(source);
    // As UTF-8 with replacement characters, or as Latin-1, which has a character for every byte.
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
    compression(head)
}

/// The compression that bytes begin like.
pub(in crate::rules) fn compression(bytes: &[u8]) -> Option<&'static str> {
    // The first two bytes of every gzip stream (RFC 1952 §2.3.1).
    bytes.starts_with(&[0x1f, 0x8b]).then_some("this is compressed with gzip")
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
