//! The kill matrix: which rules caught which mutants.

use std::collections::BTreeSet;
use std::io;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::mutant::{self, MutantOutcome, Need};
use crate::rules::catalogue;
use crate::scenario::scenarios;

const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();

#[derive(Serialize)]
struct Entry {
    id: &'static str,
    summary: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    expected: &'static [&'static str],
    killed_by: Vec<&'static str>,
    killed: bool,
}

/// One JSON array, in the order of the mutants.
pub fn json(outcomes: &[MutantOutcome], out: &mut dyn io::Write) -> io::Result<()> {
    let entry = |outcome: &MutantOutcome| Entry {
        id: outcome.mutant.id,
        summary: outcome.mutant.summary,
        source: mutant::source(outcome.mutant.id),
        expected: outcome.mutant.expected,
        killed_by: outcome.killed_by(),
        killed: outcome.is_killed(),
    };
    let entries: Vec<_> = outcomes.iter().map(entry).collect();
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    writeln!(out)
}

/// A line for each mutant and rule that broke, and what is not as it should be.
pub fn text(outcomes: &[MutantOutcome], out: &mut dyn io::Write) -> io::Result<()> {
    for outcome in outcomes {
        let (style, word) = if outcome.is_killed() { (GOOD, "killed") } else { (BAD, "MISSED") };
        writeln!(out, "{style}{word}{style:#}  {}: {}", outcome.mutant.id, outcome.mutant.summary)?;
        if let Some(source) = mutant::source(outcome.mutant.id) {
            writeln!(out, "    of  {source}")?;
        }
        let named = |rule: &&&str| outcome.mutant.expected.contains(*rule);
        let killers = outcome.killed_by();
        for rule in killers.iter().filter(named) {
            let scenarios: Vec<_> = outcome.broken[rule].iter().copied().collect();
            writeln!(out, "    by  {rule}  in {}", some(&scenarios, 3))?;
        }
        let others: Vec<_> = killers.iter().filter(|rule| !named(rule)).copied().collect();
        if !others.is_empty() {
            writeln!(out, "        and {}", some(&others, 6))?;
        }
        for rule in outcome.mutant.expected.iter().filter(|rule| !killers.contains(rule)) {
            writeln!(out, "        {BAD}not by {rule}{BAD:#}")?;
        }
    }
    let killed = outcomes.iter().filter(|outcome| outcome.is_killed()).count();
    writeln!(out)?;
    writeln!(out, "mutants    {} of {} killed", killed, outcomes.len())
}

/// How many rules have to name a mutant of the catalogue, and which have none.
pub fn rules(outcomes: &[MutantOutcome], out: &mut dyn io::Write) -> io::Result<()> {
    let meant: BTreeSet<_> =
        outcomes.iter().flat_map(|outcome| outcome.mutant.expected).copied().collect();
    let idle: Vec<_> = catalogue().map(|rule| rule.id).filter(|id| !meant.contains(id)).collect();
    if !idle.is_empty() {
        writeln!(out, "no mutant is meant for  {}", idle.join(", "))?;
    }
    writeln!(out, "rules      {} of {} kill", meant.len(), meant.len() + idle.len())
}

/// Which mutants would be missed if a rule were deleted, for each rule in a kill matrix of whole conversations.
pub fn without_each_rule(outcomes: &[MutantOutcome], out: &mut dyn io::Write) -> io::Result<()> {
    let rules = mutant::without_each_rule(outcomes);
    for (rule, missed) in rules.iter().filter(|(_, missed)| !missed.is_empty()) {
        let words = missed.iter().map(|of| {
            let shows = if of.shows_in_outcome { " (shows in the outcome)" } else { "" };
            format!("{}{shows}", of.mutant)
        });
        writeln!(out, "without {rule}  {}", words.collect::<Vec<_>>().join(", "))?;
    }
    let alone: Vec<_> = rules.iter().flat_map(|(_, missed)| missed).collect();
    let shown = alone.iter().filter(|of| of.shows_in_outcome).count();
    let needed = rules.iter().filter(|(_, missed)| !missed.is_empty()).count();
    writeln!(out)?;
    writeln!(out, "rules      {needed} of {} kill a mutant that no other kills", rules.len())?;
    writeln!(out, "mutants    {} of {} are killed by one rule only", alone.len(), outcomes.len())?;
    writeln!(out, "           {shown} of them show in what is claimed and stored, too")
}

/// Which scenarios have a mutant that only they kill, in the kill matrix of all mutants; `false` if one has
/// neither that nor a reason, or has both.
pub fn needs(outcomes: &[MutantOutcome], out: &mut dyn io::Write) -> io::Result<bool> {
    let needs = mutant::needs(scenarios().map(AsRef::as_ref), outcomes);
    let of = |is_meant: fn(&Need) -> bool| {
        let meant = needs.iter().filter(move |(_, need)| is_meant(need));
        meant.map(|(id, _)| *id).collect::<Vec<_>>()
    };
    let alone = of(|need| matches!(need, Need::Mutant(_)));
    let unknown = of(|need| *need == Need::Unknown);
    let named = mutant::with_reason();
    let needless: Vec<_> = alone.iter().filter(|id| named.contains(**id)).copied().collect();
    for id in &unknown {
        writeln!(out, "{BAD}no mutant is killed by {id} alone, and there is no reason{BAD:#}")?;
    }
    for id in &needless {
        writeln!(out, "{BAD}a mutant is killed by {id} alone: it needs no reason{BAD:#}")?;
    }
    let total = needs.len();
    writeln!(out, "scenarios  {} of {total} kill a mutant that no other kills", alone.len())?;
    Ok(unknown.is_empty() && needless.is_empty())
}

fn some(words: &[&str], most: usize) -> String {
    let shown = words.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    match words.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
