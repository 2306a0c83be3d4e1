//! Findings grouped by what was broken first: one defect shows itself in many rules and scenarios.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::{Page, anchor, count};
use crate::results::{Disposition, ResolvedFinding, ScenarioResult};
use crate::rules::Rule;

/// How many of the rules and scenarios that follow are named.
const NAMED: usize = 12;

/// A rule that is the first one to be broken in some scenarios.
struct Cause<'a> {
    rule: &'static Rule,
    scenarios: Vec<&'a str>,
    /// What else is broken there.
    others: BTreeSet<&'static str>,
}

/// The causes, those of most scenarios first, and the mutant that breaks nearly the same.
pub(super) fn section(page: &Page) -> Markup {
    let causes = causes(&page.results.scenarios);
    html! {
        section aria-labelledby="causes" {
            h2 id="causes" { "Likely causes" }
            @if causes.is_empty() {
                p { "No finding counts." }
            } @else {
                p class="quiet" {
                    "In each scenario, the finding that comes first is the likely cause of the others."
                }
            }
            ol class="causes" { @for cause in &causes { li { (item(page, cause)) } } }
            @for resemblance in &page.results.resembles {
                p {
                    "This client resembles the mutant " code { (resemblance.mutant.id) } " ("
                    (resemblance.mutant.summary) "): " (resemblance.percent) " % of what either breaks is the same."
                }
            }
        }
    }
}

fn item(page: &Page, cause: &Cause) -> Markup {
    let rule = cause.rule;
    html! {
        a href={ "#" (anchor("r", rule.id)) } { code { (rule.id) } }
        " " small class=(rule.level().as_str()) { (rule.level().as_str()) } " "
        (rule.summary) " "
        span class="quiet" {
            "Broken first in " (count(cause.scenarios.len(), "scenario", "scenarios"))
            @if !cause.others.is_empty() {
                ", with " (count(cause.others.len(), "more rule", "more rules")) " after it"
            }
        }
        details {
            summary { "Which" }
            p {
                "Scenarios: "
                @for id in cause.scenarios.iter().take(NAMED) {
                    a href={ "#" (anchor("s", id)) } { (page.text(id)) } " "
                }
                (more(cause.scenarios.len()))
            }
            @if !cause.others.is_empty() {
                p {
                    "Rules: "
                    @for id in cause.others.iter().take(NAMED) { a href={ "#" (anchor("r", id)) } { (id) } " " }
                    (more(cause.others.len()))
                }
            }
        }
    }
}

fn more(number: usize) -> String {
    number
        .checked_sub(NAMED)
        .filter(|more| *more > 0)
        .map_or(String::new(), |more| format!("and {more} more"))
}

fn causes(scenarios: &[ScenarioResult]) -> Vec<Cause<'_>> {
    let mut causes: BTreeMap<&str, Cause> = BTreeMap::new();
    for result in scenarios {
        let counting = || {
            let counts = |found: &&ResolvedFinding| found.disposition == Disposition::Counts;
            result.findings.iter().filter(counts).map(|found| &found.finding)
        };
        // Of those in one place the first is the gravest.
        let Some(first) = counting().min_by_key(|finding| finding.place()) else { continue };
        let rule = first.rule;
        let new = || Cause { rule, scenarios: Vec::new(), others: BTreeSet::new() };
        let cause = causes.entry(rule.id).or_insert_with(new);
        cause.scenarios.push(result.judged.id());
        cause.others.extend(counting().map(|finding| finding.rule.id).filter(|id| *id != rule.id));
    }
    let mut causes: Vec<_> = causes.into_values().collect();
    causes.sort_by_key(|cause| (cause.rule.level(), std::cmp::Reverse(cause.scenarios.len())));
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_are_spoken_of_where_there_are_more() {
        assert_eq!([more(0), more(NAMED)], ["", ""]);
        assert_eq!(more(NAMED + 1), "and 1 more");
    }
}
