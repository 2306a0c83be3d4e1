//! The verdict in one line.

use std::io;

use super::screen::Screen;
use super::{View, words};
use crate::results::{KnownResult, Results};

/// So many reasons are told.
const MOST: usize = 3;

/// Writes who was judged, the verdict, and what was found.
pub fn write(results: &Results, view: View, out: &mut dyn io::Write) -> io::Result<()> {
    let out = &mut Screen::hiding(out, view.secrets(results));
    let (client, verdict) = (results.run.title(), words::verdict(results));
    let (findings, exit) = (words::findings(results), results.verdict.exit_code());
    let cut_short = words::cut_short(results).map(|words| format!("; {words}"));
    let cut_short = cut_short.unwrap_or_default();
    let others = others(results);
    writeln!(out, "{client}: {verdict}: {findings}{others}{cut_short} (exit {exit})")
}

/// What fails a run besides findings.
fn others(results: &Results) -> String {
    let outdated = results.known.iter().filter(|known| known.state.fails());
    let outdated = outdated.map(|KnownResult { entry, .. }| {
        format!("; known {} in {} has to go", entry.rule.id, entry.glob)
    });
    let missed = results
        .missed
        .iter()
        .map(|missed| format!("; less than {} % of {} exercised", missed.percent, missed.topic));
    outdated.chain(missed).take(MOST).collect()
}
