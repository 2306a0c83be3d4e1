//! One rule, scenario or clause, in full: what `explain` prints, and what the snapshots hold.

use std::fmt::Write;

use super::text::{request_lines, transcript_lines};
use crate::protocol::Transcript;
use crate::rules::{Rule, catalogue, findings, judge};
use crate::scenario::{Scenario, scenarios};
use crate::spec::{CLAUSES, Clause};

/// The seed of the conversations that pages show.
const SEED: u64 = 1;

/// The page of a rule, scenario or clause; `None` if there is none of this id.
pub fn page(id: &str) -> Option<String> {
    let rule = catalogue().find(|rule| rule.id == id).map(rule_page);
    let scenario = || scenarios().find(|scenario| scenario.id == id).map(scenario_page);
    let clause = || CLAUSES.iter().find(|clause| clause.id == id).map(|clause| clause_page(clause));
    rule.or_else(scenario).or_else(clause)
}

/// The page of a rule: what it demands and why, its counterexample, and all that this one breaks.
pub fn rule_page(rule: &Rule) -> String {
    let mut page = format!("{}  ({})\n\n", rule.id, rule.level().as_str());
    let _ = writeln!(page, "A conforming client: {}.\n", rule.summary);
    let _ = writeln!(page, "Clause   {}: {}", rule.clause.id, rule.clause.text);
    let _ = writeln!(page, "Source   {}", rule.clause.source);
    let _ = writeln!(page, "Why      {}\n", rule.why);
    let _ = writeln!(page, "Counterexample, in scenario {}:\n", rule.counterexample.scenario);
    let Some((before, after)) = counterexample(rule) else {
        page.push_str("  (the scenario has no place for it)\n");
        return page;
    };
    page.push_str(&difference(&before, &after));
    page.push_str("\nFindings:\n\n");
    for finding in findings(&judge(&after)) {
        let place = finding.exchange.map(|number| format!(", exchange {}", number + 1));
        let evidence = &finding.evidence;
        let (id, level) = (finding.rule.id, finding.rule.level().as_str());
        let _ = writeln!(page, "  {id} ({level}){}", place.unwrap_or_default());
        let _ = writeln!(page, "    {}", evidence.at);
        let _ = writeln!(page, "      expected  {}", evidence.expected);
        let _ = writeln!(page, "      found     {}", evidence.found);
    }
    page
}

/// The page of a scenario: what is special, and how the reference client fares.
pub fn scenario_page(scenario: &Scenario) -> String {
    let mut page = format!("{}\n\n{}.\n\n", scenario.id, scenario.summary);
    let _ = writeln!(page, "File     {} bytes", scenario.size);
    let _ = writeln!(page, "Key      {}", scenario.key);
    if let Some(control) = scenario.control {
        let _ = writeln!(page, "Control  {control}");
    }
    if scenario.undisturbed {
        page.push_str("Nothing goes wrong here: a conforming client completes the upload.\n");
    }
    page.push_str("\nThe reference client:\n\n");
    for line in transcript_lines(&scenario.rehearse(SEED)) {
        let _ = writeln!(page, "{line}");
    }
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
    page
}

/// The conforming conversation of a rule's counterexample, and the broken one.
pub fn counterexample(rule: &Rule) -> Option<(Transcript, Transcript)> {
    let scenario = scenarios().find(|scenario| scenario.id == rule.counterexample.scenario)?;
    let before = scenario.rehearse(SEED);
    let mut after = before.clone();
    (rule.counterexample.breaks)(&mut after)?;
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
