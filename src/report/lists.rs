//! The lists that `rules`, `scenarios` and `spec` print, for people and for machines.

use std::io;

use serde::Serialize;

use crate::rules::catalogue;
use crate::scenario::scenarios;
use crate::spec::{ERRATA, Erratum, SOURCES, clauses};

#[derive(Serialize)]
struct RuleEntry {
    id: &'static str,
    level: &'static str,
    clause: &'static str,
    summary: &'static str,
}

#[derive(Serialize)]
struct ScenarioEntry {
    id: &'static str,
    summary: &'static str,
}

#[derive(Serialize)]
struct ClauseEntry {
    id: &'static str,
    level: &'static str,
    text: &'static str,
    source: &'static str,
    rules: Vec<&'static str>,
    unchecked: Option<&'static str>,
    errata: Vec<ErratumEntry>,
}

#[derive(Serialize)]
struct ErratumEntry {
    id: &'static str,
    lines: &'static str,
    shows: &'static str,
    resolution: &'static str,
}

impl From<&'static Erratum> for ErratumEntry {
    fn from(erratum: &'static Erratum) -> Self {
        let Erratum { id, lines, shows, resolution, .. } = *erratum;
        Self { id, lines, shows, resolution }
    }
}

/// All rules.
pub fn rules(json: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let entries: Vec<_> = catalogue()
        .map(|rule| RuleEntry {
            id: rule.id,
            level: rule.level().as_str(),
            clause: rule.clause.id,
            summary: rule.summary,
        })
        .collect();
    if json {
        return write_json(&entries, out);
    }
    for RuleEntry { id, level, summary, .. } in &entries {
        writeln!(out, "{level:<6}  {id:<30}  {summary}")?;
    }
    writeln!(out, "\n{} rules; slicecheck explain ID shows one in full", entries.len())
}

/// All scenarios.
pub fn all_scenarios(json: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let entries: Vec<_> = scenarios()
        .map(|scenario| ScenarioEntry { id: &scenario.id, summary: &scenario.summary })
        .collect();
    if json {
        return write_json(&entries, out);
    }
    for ScenarioEntry { id, summary } in &entries {
        writeln!(out, "{id:<32}  {summary}")?;
    }
    writeln!(out, "\n{} scenarios; slicecheck explain ID shows one in full", entries.len())
}

/// The clause ledger, with the rules that enforce each clause, and the errata of the seed page.
pub fn spec(json: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let entries: Vec<_> = clauses()
        .map(|clause| ClauseEntry {
            id: clause.id,
            level: clause.level.as_str(),
            text: clause.text,
            source: clause.source,
            rules: catalogue().filter(|rule| rule.clause == clause).map(|rule| rule.id).collect(),
            unchecked: clause.unchecked,
            errata: Erratum::about(clause).map(ErratumEntry::from).collect(),
        })
        .collect();
    if json {
        return write_json(&entries, out);
    }
    for entry in &entries {
        writeln!(out, "{:<6}  {}: {}", entry.level, entry.id, entry.text)?;
        writeln!(out, "        {}", entry.source)?;
        match entry.unchecked {
            Some(reason) => writeln!(out, "        unchecked: {reason}")?,
            None => writeln!(out, "        {}", entry.rules.join(", "))?,
        }
    }
    writeln!(out, "\nErrata of the seed page, and what is taken as true:")?;
    for Erratum { id, lines, shows, resolution, clauses } in ERRATA {
        let place = if lines.is_empty() { "the page is silent" } else { lines };
        let clauses: Vec<_> = clauses.iter().map(|clause| clause.id).collect();
        writeln!(out, "{id:<4} {shows} ({place})")?;
        writeln!(out, "     {resolution}")?;
        writeln!(out, "     {}", clauses.join(", "))?;
    }
    writeln!(out)?;
    for (tag, meaning) in SOURCES {
        writeln!(out, "[{tag}]  {meaning}")?;
    }
    let unchecked = entries.iter().filter(|entry| entry.unchecked.is_some()).count();
    writeln!(
        out,
        "\n{} clauses, {unchecked} of them unchecked; {} errata",
        entries.len(),
        ERRATA.len()
    )
}

fn write_json<T: Serialize>(entries: &[T], out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, entries)?;
    writeln!(out)
}
