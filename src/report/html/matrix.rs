//! Which topics of rules were exercised and broken in which scenario.

use maud::{Markup, html};

use super::overview::{class, sign};
use super::{Page, anchor};
use crate::results::{Disposition, ScenarioResult};
use crate::rules::Ruling;

/// What became of the rules of a topic in a scenario.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// A finding counts.
    Broken,
    /// Findings do not count.
    Excused,
    Held,
    NotExercised,
}

pub(super) fn section(page: &Page) -> Markup {
    let mut topics: Vec<&str> =
        page.results.rules.iter().map(|result| result.rule.topic()).collect();
    topics.dedup();
    html! {
        section aria-labelledby="matrix" {
            h2 id="matrix" { "Scenarios and topics of rules" }
            p class="legend" {
                span class="broken" { "✗" } " broken " span class="doubtful" { "~" } " known or discounted "
                span class="pass" { "✓" } " holds, empty: not exercised"
            }
            div class="wide tall" tabindex="0" role="region" aria-label="Scenarios and topics of rules" {
                table class="matrix" {
                    thead { tr { th scope="col" { "scenario" } @for topic in &topics { th scope="col" { span { (topic) } } } } }
                    tbody { @for result in &page.results.scenarios { (row(page, result, &topics)) } }
                }
            }
        }
    }
}

fn row(page: &Page, result: &ScenarioResult, topics: &[&str]) -> Markup {
    let id = result.judged.id();
    let link = format!("#{}", anchor("s", id));
    let verdict = class(result.verdict);
    html! {
        tr class={ "s-" (verdict) } data-row=(page.text(id)) {
            th scope="row" {
                span class=(verdict) { (sign(result.verdict)) } " "
                a href=(link) { (page.text(id)) }
            }
            @for topic in topics {
                @match cell(result, topic) {
                    Cell::Broken => td class="broken" { a href=(link) aria-label="broken" { "✗" } },
                    Cell::Excused => td class="doubtful" { "~" },
                    Cell::Held => td class="pass" { "✓" },
                    Cell::NotExercised => td {},
                }
            }
        }
    }
}

fn cell(result: &ScenarioResult, topic: &str) -> Cell {
    let mut mine =
        result.findings.iter().filter(|found| found.finding.rule.topic() == topic).peekable();
    let held = |ruling: &Ruling| ruling.rule.topic() == topic && ruling.held > 0;
    if mine.peek().is_none() {
        let is_held = result.judged().is_some_and(|judged| judged.rulings.iter().any(held));
        return if is_held { Cell::Held } else { Cell::NotExercised };
    }
    let counts = mine.any(|found| found.disposition == Disposition::Counts);
    if counts { Cell::Broken } else { Cell::Excused }
}
