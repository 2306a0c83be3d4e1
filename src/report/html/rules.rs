//! A section for each broken rule, and the others in lists.

use maud::{Markup, html};

use super::evidence::finding;
use super::{Page, anchor, count};
use crate::report::broken::{BrokenRule, broken_rules};
use crate::results::{RuleResult, RuleVerdict};

/// How many scenarios are named in which a rule is broken.
const NAMED: usize = 40;

pub(super) fn section(page: &Page) -> Markup {
    let broken = broken_rules(page.results);
    let counts = |id: &str| broken.iter().any(|of| of.rule.id == id);
    let with = |verdict: RuleVerdict| {
        let mine = page.results.rules.iter().filter(move |result| result.verdict() == verdict);
        mine.filter(|result| !counts(result.rule.id)).collect::<Vec<_>>()
    };
    html! {
        section aria-labelledby="rules" {
            h2 id="rules" { "Rules" }
            @for broken in &broken { (rule(page, broken)) }
            (list("broken, but no finding counts", &with(RuleVerdict::Broken)))
            (list("hold", &with(RuleVerdict::Holds)))
            (list("not exercised", &with(RuleVerdict::NotExercised)))
        }
    }
}

fn rule(page: &Page, broken: &BrokenRule) -> Markup {
    let (rule, ids) = (broken.rule, broken.scenarios());
    let level = rule.level().as_str();
    html! {
        details class="rule" id=(anchor("r", rule.id)) data-row=(rule.id) {
            summary {
                span class="broken" { "✗ " } code { (rule.id) } " " small class=(level) { (level) } " "
                (rule.summary) " " span class="quiet" { "in " (broken.describe()) }
            }
            dl {
                dt { "clause" } dd { (rule.clause.text) }
                dt { "source" } dd { (rule.clause.source) }
                dt { "why" } dd { (rule.why) }
                dt { "fix" } dd { (rule.fix) }
                dt { "more" }
                dd { code { "slicecheck explain " (rule.id) } " shows the smallest violation" }
                dt { "scenarios" }
                dd {
                    @for id in ids.iter().take(NAMED) { a href={ "#" (anchor("s", id)) } { (page.text(id)) } " " }
                    @if ids.len() > NAMED { "and " (ids.len() - NAMED) " more" }
                }
            }
            @if let Some((result, found)) = broken.first() {
                p { "First in " a href={ "#" (anchor("s", result.judged.id())) } { (page.text(result.judged.id())) } ":" }
                (finding(page, result, found, true))
            }
        }
    }
}

/// Rules of which there is nothing to tell.
fn list(words: &str, rules: &[&RuleResult]) -> Markup {
    html! {
        @if !rules.is_empty() {
            details {
                summary { (count(rules.len(), "rule", "rules")) ": " (words) }
                ul class="list" {
                    @for RuleResult { rule, held, .. } in rules {
                        li id=(anchor("r", rule.id)) data-row=(rule.id) {
                            code { (rule.id) } " " small { (rule.level().as_str()) } " " (rule.summary)
                            @if *held > 0 { span class="quiet" { " held in " (count(*held, "place", "places")) } }
                        }
                    }
                }
            }
        }
    }
}
