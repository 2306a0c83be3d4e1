//! Between which exchanges, and in which bytes, a finding is.

use std::fmt::Write as _;
use std::io;

use super::{BAD, QUIET, Screen, View, WIDTH, cut, safe_text};
use crate::report::excerpt::shown;
use crate::report::text::ladder_line;
use crate::results::{Excerpt, Judged};
use crate::rules::Finding;

/// The exchanges around a finding, and how the upload ended.
pub(super) fn write_ladder(judged: &Judged, finding: &Finding, out: &mut Screen) -> io::Result<()> {
    let mut last = None;
    for (number, row) in judged.ladder(finding.exchange) {
        if last.is_some_and(|last| last + 1 < number) {
            write!(out, "     ")?;
            out.styled(QUIET, format_args!("…\n"))?;
        }
        let mark = if finding.exchange == Some(number) { "✗" } else { " " };
        writeln!(out, "  {mark} {}", cut(&ladder_line(number, row), WIDTH))?;
        last = Some(number);
    }
    if let Some(outcome) = &judged.outcome {
        let words = cut(&safe_text(&out.secrets().mask(&outcome.detail)), 60);
        writeln!(out, "       claims {:?} ({words}), stored: {:?}", outcome.claim, outcome.stored)?;
    }
    Ok(())
}

/// Narrower terminals get half as many bytes in a line.
const NARROW: usize = 84;

/// Some lines of hex around the first bytes of a span, and carets under them.
pub(super) fn write_bytes(excerpt: &Excerpt, view: View, out: &mut Screen) -> io::Result<()> {
    let Excerpt { rows, marked, .. } = excerpt;
    let shown = shown(excerpt, view, out.secrets());
    let across = if view.width.is_some_and(|width| width < NARROW) { 8 } else { 16 };
    let room = across * 3 + across / 8;
    for (row, line) in rows.clone().step_by(across).zip(shown.chunks(across)).take(48 / across) {
        let mut hex = String::new();
        let mut carets = String::new();
        let (mut characters, mut marks) = (String::new(), String::new());
        for (column, byte) in line.iter().enumerate() {
            let gap = if column == 8 { " " } else { "" };
            let marked = marked.contains(&(row + column));
            let _ = write!(hex, "{gap}{byte:02x} ");
            let _ = write!(carets, "{gap}{} ", if marked { "^^" } else { "  " });
            let printable = (0x20..0x7f).contains(byte);
            characters.push(if printable { char::from(*byte) } else { '.' });
            marks.push(if marked { '^' } else { ' ' });
        }
        write!(out, "      ")?;
        out.styled(QUIET, format_args!("{row:08x}"))?;
        writeln!(out, "  {hex:<room$}|{characters}|")?;
        if carets.contains('^') {
            write!(out, "                ")?;
            out.styled(BAD, format_args!("{carets:<room$} {}", marks.trim_end()))?;
            writeln!(out)?;
        }
    }
    Ok(())
}
