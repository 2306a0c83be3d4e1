//! What a client does not break: where it holds, and why some of it was not seen.

use maud::{Markup, html};

use super::{absent_anchor, anchor, class, replay};
use crate::report::matrix::read::{Rule, Scenario};
use crate::report::matrix::{Kind, Report, Standing};

/// A line for each rule and scenario to which cells lead, and one for what the report does not have.
pub(super) fn section(column: usize, report: &Report) -> Markup {
    let list = |kind: Kind, standing: Standing, title: &str, words: &dyn Fn(usize) -> Markup| {
        let all = report.standings(kind).into_iter().enumerate();
        let all: Vec<_> = all.filter(|(_, (_, _, of))| *of == standing).collect();
        html! {
            @if !all.is_empty() {
                details class=(class(standing)) {
                    summary { (all.len()) " " (title) }
                    ul {
                        @for (number, (id, _, _)) in all {
                            li id=(anchor(column, id)) { code { (id) } ": " (words(number)) }
                        }
                    }
                }
            }
        }
    };
    let rule = |number: usize| report.rules.get(number).map(rule).unwrap_or_default();
    let of = |number: usize| report.scenarios.get(number).map(scenario).unwrap_or_default();
    html! {
        section {
            h3 { (report.name) }
            (list(Kind::Rule, Standing::Pass, "rules hold", &rule))
            (list(Kind::Rule, Standing::NotExercised, "rules applied nowhere", &|_| nowhere(report)))
            (list(Kind::Scenario, Standing::Pass, "scenarios were passed", &of))
            (list(Kind::Scenario, Standing::NotExercised, "scenarios were not exercised", &of))
            (list(Kind::Scenario, Standing::Unsupported, "scenarios are not supported", &of))
            p id=(absent_anchor(column)) class="absent" {
                "What is absent: this report has " (report.rules.len()) " rules and "
                (report.scenarios.len()) " scenarios; others were not selected, or its version did not know them."
            }
        }
    }
}

fn rule(rule: &Rule) -> Markup {
    html! { "held in " (rule.held) @if rule.held == 1 { " place" } @else { " places" } }
}

/// Why a rule was not exercised.
fn nowhere(report: &Report) -> Markup {
    let idle = report.scenarios_that(Standing::NotExercised);
    html! {
        "nothing that it is about happened in the " (report.scenarios.len()) " scenarios of the report"
        @if idle > 0 { ", of which " (idle) " were not exercised" }
    }
}

fn scenario(of: &Scenario) -> Markup {
    let unknown = "the report does not say why";
    html! {
        @match of.verdict.as_str() {
            "pass" => {
                "claims " (of.claim.as_deref().unwrap_or("nothing")) ", stored: "
                (of.stored.as_deref().unwrap_or("unknown")) ", " (of.exchanges)
                @if of.exchanges == 1 { " exchange" } @else { " exchanges" }
            }
            "unsupported" => { "the client says so: " (of.detail.as_deref().unwrap_or(unknown)) }
            _ => {
                @if let Some(error) = &of.error { (error) }
                @else if of.reasons.is_empty() { (unknown) }
                @else { (of.reasons.join("; ")) }
            }
        }
        "; replay: " code { (replay(of)) }
    }
}
