//! Messages as text that people can read and a terminal can show.

use std::fmt::Write;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::protocol::{Delivery, Kept, MultipartBody, Request, Transcript};
use crate::results::{ReplyRow, Row};

/// More of a content than this is replaced by its length.
const SHOWN: usize = 60;

/// Bytes from a client, made safe: control characters and non-ASCII bytes are escaped.
pub(super) fn safe(bytes: &[u8]) -> String {
    // It escapes quotes, too, which command nothing.
    bytes.escape_ascii().to_string().replace("\\'", "'").replace("\\\"", "\"")
}

/// Text from anywhere, made safe: what [`is_plain`] stays, the rest is escaped.
pub(super) fn safe_text(text: &str) -> String {
    text.chars().fold(String::new(), |mut safe, c| {
        if is_plain(c) {
            safe.push(c);
        } else {
            safe.extend(c.escape_default());
        }
        safe
    })
}

/// Whether a character can be seen, stands by itself, and commands nothing: no control character, none
/// that hides or reorders text or joins another, no line end of any kind, and no white space but the space.
pub(super) fn is_plain(c: char) -> bool {
    const BLANK_LETTERS: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // It escapes what cannot be seen, and what joins the character before it.
    c.escape_debug().len() == 1 && !BLANK_LETTERS.contains(&c)
}

/// The lines of a request: head and form, long contents replaced by their lengths.
///
/// A line that does not end in CR LF says so.
pub(super) fn request_lines(request: &Request) -> Vec<String> {
    let raw = request.raw();
    let head_end = request.head().end;
    let mut lines = lines_of(raw.get(..head_end).unwrap_or_default());
    let body = request.body();
    let mut at = 0;
    for part in request.form().as_multipart().map(MultipartBody::parts).unwrap_or_default() {
        let Range { start, end } = part.content_span();
        if end.saturating_sub(start) > SHOWN {
            lines.extend(lines_of(body.get(at..start).unwrap_or_default()));
            lines.push(format!("⟨{} bytes⟩", end - start));
            // The line end after a content belongs to the delimiter (RFC 2046 §5.1.1).
            at = body.len().min(end + 2);
        }
    }
    lines.extend(lines_of(body.get(at..).unwrap_or_default()));
    let excess = request.excess();
    if !excess.is_empty() {
        lines.push(format!("⟨after the body: {}⟩", safe(raw.get(excess).unwrap_or_default())));
    }
    lines
}

fn lines_of(bytes: &[u8]) -> Vec<String> {
    let show = |line: &[u8]| match (line.strip_suffix(b"\r\n"), line.strip_suffix(b"\n")) {
        (Some(line), _) => safe(line),
        (None, Some(line)) => format!("{} ⟨LF⟩", safe(line)),
        (None, None) => format!("{} ⟨no line end⟩", safe(line)),
    };
    bytes.split_inclusive(|byte| *byte == b'\n').map(show).collect()
}

/// One exchange in a line: number, operation, fields of the form, and the reply.
pub(super) fn ladder_line(number: usize, row: &Row) -> String {
    let op = row.op.as_deref().unwrap_or("(no op)");
    let mut line = format!("{:>3}  {}", number + 1, padded(&safe_text(op), 20));
    for (name, value) in &row.fields {
        let _ = write!(line, " {name}={}", cut(&safe_text(value), 24));
    }
    if let Some(length) = row.content {
        let _ = write!(line, " {length} B");
    }
    let _ = write!(line, "  ← {}", reply(row));
    line
}

/// A reply in a few words.
fn reply(row: &Row) -> String {
    let status = row.status;
    let said = match &row.reply {
        ReplyRow::Cut => status.to_string(),
        ReplyRow::NoJson => format!("{status}, no JSON"),
        ReplyRow::Code(code, None) => format!("{status} code {code}"),
        ReplyRow::Code(code, Some(size)) => format!("{status} code {code} slice_size={size}"),
    };
    match row.delivery {
        Delivery::Whole => said,
        Delivery::Reset | Delivery::Unanswered => row.delivery.to_string(),
        delivery => format!("{said}, {delivery}"),
    }
}

/// All exchanges, a line each, and how it ended.
pub(super) fn transcript_lines(transcript: &Transcript) -> Vec<String> {
    let exchanges = transcript.exchanges.iter().enumerate();
    let mut lines: Vec<_> =
        exchanges.map(|(number, exchange)| ladder_line(number, &Row::of(exchange))).collect();
    if let Some(outcome) = &transcript.outcome {
        lines.push(format!(
            "     claims {:?} ({}), stored: {:?}",
            outcome.claim,
            safe_text(&outcome.detail),
            outcome.stored
        ));
        let source = outcome.source.filter(|kept| *kept != Kept::Whole);
        lines.extend(source.map(|kept| format!("     local file: {kept:?}")));
        lines.extend(outcome.other_object.map(|kept| format!("     other object: {kept:?}")));
    }
    lines
}

/// At most as much of a text as takes `most` columns of a terminal.
pub(super) fn cut(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let mut taken = 0_usize;
    let fits = |c: &char| {
        taken = taken.saturating_add(columns_of(*c));
        taken < most
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// Filled up with spaces to so many columns.
pub(super) fn padded(text: &str, least: usize) -> String {
    let missing = least.saturating_sub(columns(text));
    format!("{text}{:missing$}", "")
}

/// How many columns of a terminal a text takes: Chinese characters take two each.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Of one character; what [`is_plain`] lets through joins no other.
pub(super) fn columns_of(c: char) -> usize {
    c.width().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{columns, cut, padded};

    #[test]
    fn chinese_characters_take_two_columns_and_are_never_cut_in_half() {
        assert_eq!((columns("照片.jpg"), columns("é…")), (8, 2));
        assert_eq!(padded("照片", 6), "照片  ");
        assert_eq!(cut("照片照片", 8), "照片照片");
        for most in 1..8 {
            let cut = cut("照片照片", most);
            assert!(cut.ends_with('…') && columns(&cut) <= most, "{most}: {cut}");
        }
        assert_eq!([cut("照片照片", 5), cut("照片照片", 6)], ["照片…", "照片…"]);
        assert_eq!(cut("a照b片", 4), "a照…");
    }
}
