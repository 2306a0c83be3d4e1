//! The verdict in one line.

use std::io;

use super::screen::Screen;
use super::{View, words};
use crate::results::Results;

/// Writes who was judged, the verdict, and what was found.
pub fn write(results: &Results, view: View, out: &mut dyn io::Write) -> io::Result<()> {
    let out = &mut Screen::hiding(out, view.secrets(results));
    let (client, verdict) = (results.run.title(), words::verdict(results.verdict));
    let (findings, exit) = (words::findings(results), results.verdict.exit_code());
    let cut_short = words::cut_short(results).map(|words| format!("; {words}"));
    let cut_short = cut_short.unwrap_or_default();
    writeln!(out, "{client}: {verdict}: {findings}{cut_short} (exit {exit})")
}
