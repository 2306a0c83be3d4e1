//! Where in a conversation, and in its bytes, a finding is.

use std::fmt::Write as _;
use std::io;

use super::{BAD, Judged, QUIET, Screen, View, WIDTH, cut, safe_text};
use crate::protocol::Exchange;
use crate::rules::{Finding, Span, SpanOf};

/// More exchanges than this are shown with a gap.
const LADDER: usize = 6;
/// How far around shown bytes secrets are looked for: longer than each is, in any form.
const MARGIN: usize = 1024;

/// The exchanges around a finding, and how the upload ended.
pub(super) fn write_ladder(judged: &Judged, finding: &Finding, out: &mut Screen) -> io::Result<()> {
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
            write!(out, "     ")?;
            out.styled(QUIET, format_args!("…\n"))?;
        }
        let mark = if finding.exchange == Some(number) { "✗" } else { " " };
        writeln!(out, "  {mark} {}", cut(line, WIDTH))?;
        last = Some(number);
    }
    if let Some(outcome) = &judged.transcript.outcome {
        let words = cut(&safe_text(&out.secrets().mask(&outcome.words)), 60);
        writeln!(out, "       claims {:?} ({words}), stored: {:?}", outcome.claim, outcome.stored)?;
    }
    Ok(())
}

/// Up to three lines of hex around the first bytes of a span, and carets under them.
pub(super) fn write_bytes(
    exchange: &Exchange,
    span: &Span,
    view: View,
    out: &mut Screen,
) -> io::Result<()> {
    let bytes = span.of.bytes(&exchange.request);
    let end = span.range.end.min(span.range.start.saturating_add(16)).max(span.range.start + 1);
    let first_row = (span.range.start / 16).saturating_sub(1) * 16;
    let last = end.min(bytes.len());
    // A secret may begin before the bytes that are shown, and end behind them.
    let from = first_row.saturating_sub(MARGIN);
    let mut shown = bytes.get(from..bytes.len().min(last + MARGIN)).unwrap_or_default().to_vec();
    out.secrets().mask_bytes(&mut shown);
    if span.of == SpanOf::Raw && !view.show_secrets {
        mask_signature(exchange, from, &mut shown);
    }
    for row in (first_row..last).step_by(16).take(3) {
        let line = &shown[row - from..(row + 16).min(bytes.len()) - from];
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
        write!(out, "      ")?;
        out.styled(QUIET, format_args!("{row:08x}"))?;
        writeln!(out, "  {hex:<50}|{characters}|")?;
        if carets.contains('^') {
            write!(out, "                ")?;
            out.styled(BAD, format_args!("{carets:<50} {}", marks.trim_end()))?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Overwrites what the signature proves, all but its first characters, in bytes from a place on.
fn mask_signature(exchange: &Exchange, from: usize, bytes: &mut [u8]) {
    let head = exchange.request.head();
    let header = head.all("authorization").map(|field| field.value_span.clone());
    let target = exchange.request.target_span().filter(|_| exchange.request.query().is_some());
    let query = target.and_then(|span| {
        let at = memchr::memmem::find(exchange.request.raw().get(span.clone())?, b"sign=")?;
        Some(span.start + at + 5..span.end)
    });
    for span in header.chain(query) {
        let [start, end] = [span.start.saturating_add(8), span.end]
            .map(|place| place.saturating_sub(from).min(bytes.len()));
        if let Some(secret) = bytes.get_mut(start..end) {
            secret.fill(b'*');
        }
    }
}
