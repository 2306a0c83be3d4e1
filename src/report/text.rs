//! Messages as text that people can read and a terminal can show.

use std::fmt::Write;
use std::ops::Range;

use crate::protocol::{Delivery, Kept, MultipartBody, Request, Transcript};
use crate::results::{ReplyRow, Row};

/// More of a content than this is replaced by its length.
const SHOWN: usize = 60;

/// Bytes from a client, made safe: control characters and non-ASCII bytes are escaped.
pub(super) fn safe(bytes: &[u8]) -> String {
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
/// that hides or reorders text or joins another, no line end of any kind, and no blank but the space.
pub(super) fn is_plain(c: char) -> bool {
    const BLANK_LETTERS: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
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
    let mut line = format!("{:>3}  {:<20}", number + 1, safe_text(op));
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

/// At most `length` characters.
pub(super) fn cut(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    text.chars().take(length.saturating_sub(1)).chain(['…']).collect()
}
