//! For a page of a repository.

use std::io;

use super::{Report, Standing};
use crate::report::text::is_plain;

/// A table: a client in each row, the rules of `must` and `should` that it breaks, and its scenarios.
pub fn write(reports: &[Report], out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "| client | `must` broken | `should` broken | notes | pass | broken | not exercised |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    for report in reports {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            cell(&report.name),
            names(report, "must"),
            names(report, "should"),
            report.broken("note"),
            report.scenarios_that(Standing::Pass),
            report.scenarios_that(Standing::Broken),
            report.scenarios_that(Standing::NotExercised)
                + report.scenarios_that(Standing::Unsupported),
        )?;
    }
    Ok(())
}

/// How many there are, and which.
fn names(report: &Report, level: &str) -> String {
    let broken = report.rules.iter().filter(|rule| rule.level == level && rule.verdict == "broken");
    let names: Vec<_> = broken.map(|rule| cell(&rule.id)).collect();
    match names.len() {
        0 => "–".to_owned(),
        number => format!("{number}: {}", names.join(", ")),
    }
}

/// Text that ends no cell, begins no markup, and is one line.
fn cell(text: &str) -> String {
    let mut cell = String::new();
    for character in text.chars() {
        match character {
            '&' => cell.push_str("&amp;"),
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '~' | '#' => {
                cell.push('\\');
                cell.push(character);
            }
            character if character.is_control() => cell.push(' '),
            character if !is_plain(character) => cell.extend(character.escape_default()),
            character => cell.push(character),
        }
    }
    cell
}
