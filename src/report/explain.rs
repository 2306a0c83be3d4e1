//! One rule, scenario, clause, erratum, mutant, error code or topic, in full: what `explain` prints. The snapshots hold
//! the pages of rules and scenarios without the links to others.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;

use super::near::near;
use super::text::{request_lines, transcript_lines};
use crate::mutant::{self, Mutant};
use crate::protocol::{Era, ErrorCode, Op, Request, Retry, Transcript, quote};
use crate::rules::{Related, Rule, Span, SpanOf, catalogue, findings, judge};
use crate::scenario::{Scenario, with_large_uploads};
use crate::spec::{Clause, Erratum};

mod entry;
mod kills;
mod notes;
mod reference;
mod related;

pub(super) use entry::Entry;
pub(super) use kills::play_all;

/// The seed of the conversations that pages show.
const SEED: u64 = 1;

/// The pages of a rule, scenario, clause, erratum, mutant, error code or topic: of all that have this id, or
/// this name, which error codes have; `None` if there is none.
pub fn page(id: &str) -> Option<String> {
    let is_meant = |entry: &Entry| entry.id() == id || entry.name() == Some(id);
    let pages: Vec<_> = Entry::all().filter(is_meant).map(entry::page).collect();
    (!pages.is_empty()).then(|| pages.join("\n"))
}

/// Ids that have these words in them, for people who do not remember a whole one, or else those that are much
/// like them.
pub fn ids_like(words: &str) -> Vec<String> {
    let lower = words.to_lowercase();
    let names = Entry::all().filter_map(Entry::name).map(str::to_owned);
    let ids: Vec<_> = Entry::all().map(Entry::id).chain(names).collect();
    let having = |id: &&String| !lower.is_empty() && id.to_lowercase().contains(&lower);
    let having = ids.iter().filter(having);
    let having: BTreeSet<_> = having.cloned().collect();
    if having.is_empty() { near(&lower, ids) } else { having.into_iter().collect() }
}

/// Scenarios whose ids are much like these words: the three nearest.
pub fn scenarios_near(words: &str) -> Vec<String> {
    near(words, with_large_uploads().map(|scenario| scenario.id.as_str()))
}

/// The page of a rule: what it demands and why, its counterexample, and all that this one breaks.
pub fn rule_page(rule: &Rule) -> String {
    let mut page = format!("{}  ({})\n\n", rule.id, rule.level().as_str());
    let _ = writeln!(page, "A conforming client: {}.\n", rule.summary);
    let _ = writeln!(page, "Clause   {}: {}", rule.clause.id, rule.clause.text);
    let _ = writeln!(page, "Source   {}", rule.clause.source);
    let _ = writeln!(page, "Why      {}", rule.why);
    let _ = writeln!(page, "Fix      {}\n", rule.fix);
    let _ = writeln!(page, "Counterexample, in scenario {}:\n", rule.counterexample.scenario);
    let Some((before, after)) = counterexample(rule) else {
        page.push_str("  (the scenario has no place for it)\n");
        return page;
    };
    page.push_str(&difference(&before, &after));
    page.push_str("\nFindings:\n\n");
    for finding in findings(&judge(&after)) {
        let place = finding.exchange.map(|number| format!(", exchange {}", number + 1));
        let again = Some(finding.times).filter(|times| *times > 1);
        let times = again.map(|times| format!(", {times} times")).unwrap_or_default();
        let evidence = &finding.evidence;
        let (id, level) = (finding.rule.id, finding.rule.level().as_str());
        let _ = writeln!(page, "  {id} ({level}){}{times}", place.unwrap_or_default());
        let _ = writeln!(page, "    {}", evidence.at);
        let _ = writeln!(page, "      expected  {}", evidence.expected);
        let _ = writeln!(page, "      found     {}", evidence.found);
        for Related { exchange, what } in &evidence.related {
            let _ = writeln!(page, "      see       exchange {}: {what}", exchange + 1);
        }
        if let Some(bytes) = finding.exchange.and_then(|number| {
            describe_bytes(evidence.span.as_ref()?, &after.exchanges.get(number)?.request)
        }) {
            let _ = writeln!(page, "      bytes     {bytes}");
        }
    }
    page
}

/// A place in a request, and what stands there.
fn describe_bytes(span: &Span, request: &Request) -> Option<String> {
    let Range { start, end } = span.range;
    let of = match span.of {
        SpanOf::Raw => "request",
        SpanOf::Body => "body",
    };
    let bytes = quote(span.of.bytes(request).get(start..end)?);
    Some(format!("{start} to {end} of the {of}: {bytes}"))
}

/// The page of a scenario: what is special, and how the reference client fares.
pub fn scenario_page(scenario: &Scenario) -> String {
    let mut page = format!("{}\n\n{}.\n\n", scenario.id, scenario.summary);
    let _ = writeln!(page, "File     {} bytes", scenario.setup.file.size);
    let _ = writeln!(page, "Key      {}", scenario.setup.key);
    if let Some(control) = &scenario.control {
        let _ = writeln!(page, "Control  {control}");
    }
    if scenario.setup.must_succeed() {
        page.push_str("Nothing goes wrong here: a conforming client completes the upload.\n");
    }
    page.push_str("\nThe reference client:\n\n");
    for line in transcript_lines(&scenario.simulate(SEED)) {
        let _ = writeln!(page, "{line}");
    }
    page
}

/// The page of a mutant: its defect, where that comes from, and what it does in the first scenario that shows it.
fn mutant_page(mutant: &'static Mutant) -> String {
    let Mutant { id, summary, .. } = mutant;
    let mut page = format!("{id}  (mutant)\n\nThe reference client, but {summary}.\n");
    if let Some(source) = mutant::source(id) {
        let _ = writeln!(page, "\nWritten from {source}.");
    }
    let difference = kills::shown_in(mutant).into_iter().find_map(|scenario| {
        let (before, after) = mutant.beside_reference(scenario);
        Some((scenario, difference(&before, &after))).filter(|(_, text)| !text.is_empty())
    });
    if let Some((scenario, difference)) = difference {
        let _ =
            writeln!(page, "\nIn scenario {}, with a smaller file:\n\n{difference}", scenario.id);
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// The page of a clause: its sentence, its source, and the rules that enforce it.
pub fn clause_page(clause: &Clause) -> String {
    let mut page = format!("{}  ({})\n\n{}\n\n", clause.id, clause.level.as_str(), clause.text);
    let _ = writeln!(page, "Source   {}", clause.source);
    let rules = catalogue().filter(|rule| rule.clause == clause).map(|rule| rule.id);
    let rules = rules.collect::<Vec<_>>().join(", ");
    match clause.unchecked {
        Some(reason) => {
            let _ = writeln!(page, "Unchecked, because {reason}.");
        }
        None => {
            let _ = writeln!(page, "Rules    {rules}");
        }
    }
    for erratum in Erratum::about(clause) {
        let _ = writeln!(page, "Erratum  {}: {}", erratum.id, erratum.resolution);
    }
    page
}

/// The page of an erratum: where the seed page is wrong, and what follows.
pub fn erratum_page(erratum: &Erratum) -> String {
    let Erratum { id, lines, shows, resolution, clauses } = erratum;
    let place = if lines.is_empty() { "(the page is silent)" } else { lines };
    let clauses: Vec<_> = clauses.iter().map(|clause| clause.id).collect();
    format!(
        "{id}  {place}\n\nThe page shows  {shows}\nTaken as true   {resolution}\nClauses         {}\n",
        clauses.join(", ")
    )
}

/// The page of an error code: what the service means by it, and what a client can do.
pub fn code_page(known: &ErrorCode) -> String {
    let mut page = format!("{}  {}\n\n", known.code, known.name.unwrap_or("(no name is known)"));
    let _ = writeln!(page, "Meaning     {}", known.meaning);
    let status = known.status.map_or("not documented".to_owned(), |status| status.to_string());
    let _ = writeln!(page, "Status      {status}");
    let other = Op::Other("requests that are about no upload".to_owned());
    let operations = Op::ALL.into_iter().chain([other]).filter(|op| known.operations.contains(op));
    let operations: Vec<_> = operations.map(|op| op.to_string()).collect();
    let _ = writeln!(page, "Answers to  {}", operations.join(", "));
    let _ = writeln!(page, "A client    {}", advice(known.retry));
    match known.era {
        Era::Current => page.push_str("Listed by   the current pages\n"),
        Era::Legacy => page.push_str("Listed by   the page of the predecessor API alone\n"),
        Era::Both => page.push_str("Listed by   the current pages and the predecessor's\n"),
        Era::Changed { name, meaning } => {
            page.push_str("Listed by   the current pages\n");
            let _ = writeln!(page, "Formerly    {name}: {meaning}");
        }
    }
    page
}

fn advice(retry: Retry) -> &'static str {
    match retry {
        Retry::No => "gives up: the same request is refused again",
        Retry::Later => "tries again later: the page says so",
        Retry::Transient => "tries again later: it is transient by its nature",
        Retry::Resume => "lists what has arrived, and sends the rest",
        Retry::SignAgain => "signs each request, with the right time",
        Retry::ResendSlices => "sends the missing slices, then finishes again",
        Retry::Unknown => "gives up: nothing is known about it",
    }
}

/// The conforming conversation of a rule's counterexample, and the broken one.
pub fn counterexample(rule: &Rule) -> Option<(Transcript, Transcript)> {
    let scenario =
        with_large_uploads().find(|scenario| scenario.id == rule.counterexample.scenario)?;
    let before = scenario.simulate(SEED);
    let mut after = before.clone();
    rule.counterexample.apply(&mut after)?;
    Some((before, after))
}

/// What differs: lines of requests that were changed, else lines of the ladder.
fn difference(before: &Transcript, after: &Transcript) -> String {
    let same_length = before.exchanges.len() == after.exchanges.len();
    let pairs = before.exchanges.iter().zip(&after.exchanges).enumerate();
    let mut changed = pairs.filter(|(_, (old, new))| old.request.raw() != new.request.raw());
    let (old, new) = match changed.next() {
        Some((_, (old, new))) if same_length => {
            (request_lines(&old.request), request_lines(&new.request))
        }
        _ => (transcript_lines(before), transcript_lines(after)),
    };
    let (old, new) = (old.join("\n"), new.join("\n"));
    let comparison = similar::TextDiff::from_lines(&old, &new);
    let mut text = String::new();
    for group in comparison.grouped_ops(1) {
        for change in group.iter().flat_map(|op| comparison.iter_changes(op)) {
            let line = super::text::cut(change.value().trim_end_matches('\n'), 160);
            let _ = writeln!(text, "  {} {line}", change.tag());
        }
    }
    text
}
