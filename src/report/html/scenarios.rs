//! A section for each scenario: what was special in it, what happened, and what was found.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::budget::{Detail, fitting};
use super::evidence::{finding, request};
use super::overview::{class, sign};
use super::{Page, anchor, count, exchange_anchor, exchanges, file_bar, ladder, timeline};
use crate::report::text::{cut, safe_text};
use crate::report::words;
use crate::results::{Judged, ScenarioResult, ScenarioVerdict};

/// How many findings are shown where there is little room.
const FEW: usize = 3;
/// How many characters of each end of what the client printed are shown.
const PRINTED: usize = 800;

/// All scenarios, in at most `most` bytes.
pub(super) fn within(page: &Page, most: usize) -> Markup {
    let all = &page.results.scenarios;
    let has_findings = |number: usize| all.get(number).is_some_and(|it| !it.findings.is_empty());
    fitting(most, all.len(), has_findings, |number, detail| {
        all.get(number).map(|result| section(page, result, detail)).unwrap_or_default()
    })
}

fn section(page: &Page, result: &ScenarioResult, detail: Detail) -> Markup {
    let (scenario, verdict) = (result.scenario(), class(result.verdict));
    let id = result.judged.id();
    html! {
        details class={ "scenario s-" (verdict) } id=(anchor("s", id)) data-row=(page.text(id)) {
            summary {
                span class=(verdict) { (sign(result.verdict)) } " " code { (page.text(id)) } " "
                (page.text(&scenario.summary)) " "
                span class="quiet" {
                    (result.verdict.as_str())
                    @if !result.findings.is_empty() { ", " (count(result.findings.len(), "finding", "findings")) }
                }
            }
            (facts(page, result))
            @if let Some(judged) = result.judged() { (findings(page, result, judged, detail)) }
        }
    }
}

/// What it is about, and how it ended.
fn facts(page: &Page, result: &ScenarioResult) -> Markup {
    let scenario = result.scenario();
    let was_run = |id: &&str| page.results.scenario(id).is_some();
    let control = scenario.control.as_deref().filter(was_run);
    let outcome = result.judged().and_then(|judged| judged.outcome.as_ref());
    html! {
        dl {
            @if let Some(failure) = result.failure() { dt { "error" } dd { (page.text(&failure.message)) } }
            @for deviation in result.judged().into_iter().flat_map(|judged| &judged.deviations) {
                dt { "special" }
                dd {
                    (page.text(&deviation.what)) ": "
                    @if deviation.always { "all the time" }
                    @else if deviation.occurred.is_empty() {
                        span class="doubtful" {
                            "did not occur"
                            @if let Some(reason) = &deviation.reason { ", " (page.text(reason)) }
                        }
                    }
                    @else {
                        "at "
                        @for of in deviation.occurred.iter().take(4) { (request(result, of.exchange)) " " }
                        @if deviation.occurred.len() > 4 { "and " (deviation.occurred.len() - 4) " more" }
                    }
                }
            }
            @if result.verdict == ScenarioVerdict::NotExercised {
                dt { "not exercised" } dd { (page.text(&words::reasons(result))) }
            }
            @if let Some(outcome) = outcome {
                dt { "claim" } dd { (words::claim(outcome.claim)) " (" (page.text(&outcome.detail)) ")" }
                dt { "stored" } dd { (words::stored(outcome.stored)) }
            }
            @if let Some(control) = control {
                dt { "control" } dd { a href={ "#" (anchor("s", control)) } { (page.text(control)) } }
            }
            dt { "replay" }
            dd { code { (words::replay(&page.results.run, &scenario.id, &page.secrets)) } }
        }
    }
}

fn findings(page: &Page, result: &ScenarioResult, judged: &Judged, detail: Detail) -> Markup {
    let has_room = detail >= Detail::Evidence;
    let most = match detail {
        Detail::Little => 0,
        Detail::Findings => FEW,
        Detail::Evidence | Detail::All => result.findings.len(),
    };
    let found: BTreeSet<_> = result.findings.iter().filter_map(|it| it.finding.exchange).collect();
    let is_shown = |number: usize| match detail {
        Detail::Little | Detail::Findings => false,
        Detail::Evidence => found.contains(&number),
        Detail::All => true,
    };
    html! {
        @for found in result.findings.iter().take(most) { (finding(page, result, found, has_room)) }
        @if result.findings.len() > most {
            p { "and " (count(result.findings.len() - most, "more finding", "more findings")) }
        }
        @if detail == Detail::All {
            (ladder::section(page, result, judged))
            (file_bar::section(judged.sent()))
            (timeline::section(judged))
        }
        (exchanges::section(page, result.judged.id(), judged, is_shown))
        @if detail == Detail::All {
            (printed(page, "stdout", &result.judged.stdout))
            (printed(page, "stderr", &result.judged.stderr))
        } @else {
            // Links from elsewhere lead here.
            @for (number, _, _) in judged.wires().filter(|(number, _, _)| !is_shown(*number)) {
                i id=(exchange_anchor(result.judged.id(), number)) {}
            }
            p class="quiet" {
                "This page has no room for its "
                @if has_room { "other " }
                "exchanges: -v --report json=FILE has those that findings are about, --report transcript=DIR all."
            }
        }
    }
}

/// Both ends of what the client printed.
fn printed(page: &Page, name: &str, bytes: &[u8]) -> Markup {
    if bytes.is_empty() {
        return html! {};
    }
    let text = String::from_utf8_lossy(bytes);
    let text = page.secrets.mask(&text);
    let shown = text.split('\n').map(safe_text).collect::<Vec<_>>().join("\n");
    let ends = if shown.chars().count() > 2 * PRINTED {
        let after: Vec<_> = shown.chars().rev().take(PRINTED).collect();
        format!("{}\n{}", cut(&shown, PRINTED), after.iter().rev().collect::<String>())
    } else {
        shown
    };
    html! { details { summary { "printed on " (name) } pre { (ends) } } }
}
