//! For a terminal.

use std::io;

use super::{Change, Difference, Kind, Report, Standing, topics};
use crate::report::screen::Screen;
use crate::report::text::{columns, padded};

/// A table of the clients, and then of the rules that one of them breaks.
pub fn write(reports: &[Report], out: &mut Screen) -> io::Result<()> {
    let width = reports.iter().map(|report| columns(&report.name)).max().unwrap_or(0).max(6);
    writeln!(
        out,
        "{:<width$}  {:<14} {:>4} {:>6} {:>4}  {:>6} {:>6} {:>13} {:>11}",
        "client",
        "verdict",
        "must",
        "should",
        "note",
        "pass",
        "broken",
        "not exercised",
        "unsupported"
    )?;
    for report in reports {
        writeln!(
            out,
            "{}  {:<14} {:>4} {:>6} {:>4}  {:>6} {:>6} {:>13} {:>11}",
            padded(&report.name, width),
            report.verdict,
            report.broken("must"),
            report.broken("should"),
            report.broken("note"),
            report.scenarios_that(Standing::Pass),
            report.scenarios_that(Standing::Broken),
            report.scenarios_that(Standing::NotExercised),
            report.scenarios_that(Standing::Unsupported),
        )?;
    }
    writeln!(out)?;
    let rules = topics(Kind::Rule, reports);
    let broken: Vec<_> =
        rules.values().flatten().filter(|row| row.cells.contains(&Standing::Broken)).collect();
    if broken.is_empty() {
        return writeln!(out, "no rule is broken");
    }
    writeln!(out, "rules that one of them breaks; a column is a client, in the order above:")?;
    writeln!(out)?;
    for row in broken {
        let signs: String = row.cells.iter().map(|cell| cell.sign()).collect();
        writeln!(out, "{signs}  {:<6}  {}", row.level.unwrap_or_default(), row.id)?;
    }
    let legend = [Standing::Pass, Standing::Broken, Standing::NotExercised];
    let legend = legend.map(|standing| format!("{} {}", standing.sign(), standing.words()));
    writeln!(out)?;
    writeln!(out, "{}, empty: absent", legend.join(", "))
}

/// What is different between two reports.
pub fn differences(differences: &[Difference], out: &mut Screen) -> io::Result<()> {
    if differences.is_empty() {
        return writeln!(out, "no difference");
    }
    for change in Change::ALL {
        for difference in differences.iter().filter(|difference| difference.change == change) {
            let kind = match difference.kind {
                Kind::Rule => "rule",
                Kind::Scenario => "scenario",
            };
            let [before, after] = difference.standings.map(Standing::words);
            let (words, id) = (change.words(), difference.id);
            writeln!(out, "{words:<20} {kind:<9} {id}: {before}, then {after}")?;
        }
    }
    Ok(())
}
