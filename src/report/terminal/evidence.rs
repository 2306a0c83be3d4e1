//! Where in a conversation, and in its bytes, a finding is.

use std::fmt::Write as _;
use std::io;

use super::{BAD, Judged, QUIET, View, WIDTH, cut, safe_text};
use crate::protocol::Exchange;
use crate::rules::{Finding, Span, SpanOf};

/// More exchanges than this are shown with a gap.
const LADDER: usize = 6;

/// The exchanges around a finding, and how the upload ended.
pub(super) fn write_ladder(
    judged: &Judged,
    finding: &Finding,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let ladder = &judged.ladder;
    let centre = finding.exchange.unwrap_or(ladder.len().saturating_sub(1));
    // The first exchange says what was agreed; the others stand around the finding.
    let from = centre.saturating_sub(2).min(ladder.len().saturating_sub(LADDER - 1));
    let mut last = None;
    for (number, line) in ladder.iter().enumerate() {
        let near = (from..from + LADDER - 1).contains(&number);
        if number > 0 && !near {
            continue;
        }
        if last.is_some_and(|last| last + 1 < number) {
            writeln!(out, "     {QUIET}…{QUIET:#}")?;
        }
        let mark = if finding.exchange == Some(number) { "✗" } else { " " };
        writeln!(out, "  {mark} {}", cut(line, WIDTH))?;
        last = Some(number);
    }
    if let Some(outcome) = &judged.transcript.outcome {
        let words = cut(&safe_text(&outcome.words), 60);
        writeln!(out, "       claims {:?} ({words}), stored: {:?}", outcome.claim, outcome.stored)?;
    }
    Ok(())
}

/// Up to three lines of hex around the first bytes of a span, and carets under them.
pub(super) fn write_bytes(
    exchange: &Exchange,
    span: &Span,
    view: View,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut bytes = span.of.bytes(&exchange.request).to_vec();
    if span.of == SpanOf::Raw && !view.show_secrets {
        mask_signature(exchange, &mut bytes);
    }
    let end = span.range.end.min(span.range.start.saturating_add(16)).max(span.range.start + 1);
    let first_row = (span.range.start / 16).saturating_sub(1) * 16;
    for row in (first_row..end.min(bytes.len())).step_by(16).take(3) {
        let line = &bytes[row..(row + 16).min(bytes.len())];
        let mut hex = String::new();
        let mut carets = String::new();
        let (mut characters, mut marks) = (String::new(), String::new());
        for (column, byte) in line.iter().enumerate() {
            let gap = if column == 8 { " " } else { "" };
            let marked = (span.range.start..end).contains(&(row + column));
            let _ = write!(hex, "{gap}{byte:02x} ");
            let _ = write!(carets, "{gap}{} ", if marked { "^^" } else { "  " });
            let printable = (0x20..0x7f).contains(byte);
            characters.push(if printable { char::from(*byte) } else { '.' });
            marks.push(if marked { '^' } else { ' ' });
        }
        writeln!(out, "      {QUIET}{row:08x}{QUIET:#}  {hex:<50}|{characters}|")?;
        if carets.contains('^') {
            writeln!(out, "                {BAD}{carets:<50} {}{BAD:#}", marks.trim_end())?;
        }
    }
    Ok(())
}

/// Overwrites what the signature proves, all but its first characters.
fn mask_signature(exchange: &Exchange, bytes: &mut [u8]) {
    let head = exchange.request.head();
    let header = head.all("authorization").map(|field| field.value_span.clone());
    let target = exchange.request.target_span().filter(|_| exchange.request.query().is_some());
    let query = target.and_then(|span| {
        let at = memchr::memmem::find(bytes.get(span.clone())?, b"sign=")?;
        Some(span.start + at + 5..span.end)
    });
    for span in header.chain(query) {
        if let Some(secret) = bytes.get_mut(span.start.saturating_add(8)..span.end) {
            secret.fill(b'*');
        }
    }
}
