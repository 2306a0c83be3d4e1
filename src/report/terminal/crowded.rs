//! Broken rules for which a report has no room.

use std::io;

use super::{BAD, BrokenRule, Screen, View, WIDTH, cut, lines};
use crate::spec::Level;

/// How many lines go to what is not shown: how many there are of each level, where to find them, and an empty
/// line.
const COUNTS: usize = 3;

/// How many rules can be shown in full, so that the others that are broken can be named in `most` lines in all.
pub(super) fn fitting(all: &[BrokenRule], pages: &[Vec<u8>], most: usize, view: View) -> usize {
    let fits = |shown: &usize| {
        let full: usize = pages.iter().take(*shown).map(|page| lines(page)).sum();
        let others = all.get(*shown..).unwrap_or_default();
        full.saturating_add(packed(others, view).len()).saturating_add(COUNTS) <= most
    };
    (0..all.len()).rev().find(fits).unwrap_or(0)
}

/// Names the rules of `must` among these, a line each if there is room for that, and counts the others.
pub(super) fn write(
    others: &[BrokenRule],
    view: View,
    room: usize,
    out: &mut Screen,
) -> io::Result<()> {
    let musts: Vec<_> = of_level(others, Level::Must).collect();
    if musts.len().saturating_add(COUNTS) <= room {
        for broken in &musts {
            let rule = broken.rule;
            out.styled(BAD, format_args!("✗ {}", rule.id))?;
            let scenario = broken.first().map_or("", |(result, _)| result.judged.id());
            let words = format!("  must  {}  in {scenario}", rule.summary);
            writeln!(out, "{}", cut(&words, WIDTH.saturating_sub(rule.id.len())))?;
        }
    } else {
        for line in packed(others, view) {
            out.styled(BAD, format_args!("✗ {line}\n"))?;
        }
    }
    let counts = [Level::Must, Level::Should, Level::Note].map(|level| {
        let count = of_level(others, level).count();
        (count > 0).then(|| format!("{count} of {}", level.as_str()))
    });
    let counts: Vec<_> = counts.into_iter().flatten().collect();
    let rules = if others.len() == 1 { "broken rule is" } else { "broken rules are" };
    let see = if view.verbose { "--report json=FILE" } else { "-v, or --report json=FILE" };
    let counts = counts.join(", ");
    writeln!(out, "{} {rules} not shown in full ({counts}): see {see}", others.len())?;
    writeln!(out)
}

/// The ids of the rules of `must`, as many in a line as it holds.
fn packed(others: &[BrokenRule], view: View) -> Vec<String> {
    // Before them stands a mark, and after them a comma.
    let width = view.width.unwrap_or(WIDTH).min(WIDTH).saturating_sub(5);
    let mut packed: Vec<String> = Vec::new();
    for BrokenRule { rule, .. } in of_level(others, Level::Must) {
        match packed.last_mut() {
            Some(line) if line.len().saturating_add(rule.id.len()) < width => {
                line.push_str(", ");
                line.push_str(rule.id);
            }
            _ => packed.push(rule.id.to_owned()),
        }
    }
    packed
}

fn of_level<'a, 'b>(
    all: &'a [BrokenRule<'b>],
    level: Level,
) -> impl Iterator<Item = &'a BrokenRule<'b>> {
    all.iter().filter(move |broken| broken.rule.level() == level)
}
