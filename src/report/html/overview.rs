//! The verdict and how much was exercised, at a glance.

use maud::{Markup, html};

use super::{Page, count};
use crate::report::words;
use crate::results::{
    ExercisedCount, RuleVerdict, RunEnd, RunVerdict, ScenarioResult, ScenarioVerdict,
};
use crate::spec::Level;

/// How many messages about what kept the client from being judged are shown.
const ERRORS: usize = 5;
/// How wide the bar of all scenarios is.
const WIDTH: usize = 1000;

/// Who was judged, and the verdict.
pub(super) fn header(page: &Page, title: &str) -> Markup {
    let results = page.results;
    let class = match results.verdict {
        RunVerdict::Conforms => "good",
        RunVerdict::Interrupted | RunVerdict::NotExercised => "doubtful",
        _ => "bad",
    };
    let command = results.run.command.iter().map(|word| page.text(word));
    let command: Vec<_> = command.collect();
    let run = page.results.scenarios.len();
    html! {
        header class="top" {
            p class="tool" { "slicecheck " (env!("CARGO_PKG_VERSION")) ", seed " (results.run.seed) }
            h1 { (title) }
            p class={ "verdict " (class) } {
                (words::verdict(results)) " " small { "exit code " (results.verdict.exit_code()) }
            }
            @if !command.is_empty() { p { code { (command.join(" ")) } } }
            ul class="numbers" {
                @for level in [Level::Must, Level::Should, Level::Note] {
                    (number(results.count(level), level.as_str(), level.as_str()))
                }
                (number(results.count_known(), "known", "quiet"))
                (number(results.count_discounted(), "discounted", "quiet"))
                li class="quiet" {
                    b { (results.coverage.scenarios.exercised) " of " (run) } " scenarios exercised"
                }
                @if results.unplayed() > 0 { li class="doubtful" { b { (results.unplayed()) } " not played" } }
            }
            (errors(page))
            nav aria-label="Sections" {
                @if page.view.baseline.is_some() { a href="#changes" { "Changes" } " " }
                a href="#causes" { "Causes" } " "
                a href="#rules" { "Rules" } " "
                a href="#matrix" { "Matrix" } " "
                a href="#scenarios" { "Scenarios" }
            }
        }
    }
}

fn number(number: usize, words: &str, class: &str) -> Markup {
    let class = if number == 0 { "none" } else { class };
    html! { li class=(class) { b { (number) } " " (words) } }
}

/// What kept scenarios from being judged, each message once, and what of the user's terms was not met.
fn errors(page: &Page) -> Markup {
    let results = page.results;
    let mut told: Vec<String> = Vec::new();
    if let RunEnd::GivenUp { detail, .. } = &results.end {
        told.push(page.text(&format!("the run was given up: {detail}")));
    }
    for failure in results.scenarios.iter().filter_map(ScenarioResult::failure) {
        let message = page.text(&failure.message);
        if !told.contains(&message) && told.len() < ERRORS {
            told.push(message);
        }
    }
    told.extend(words::cut_short(results));
    for missed in &results.missed {
        let share = results.coverage.topic(&missed.topic).unwrap_or_default();
        told.push(format!(
            "{} of {} scenarios of {} were exercised, {} % are required",
            share.exercised, share.run, missed.topic, missed.percent
        ));
    }
    for known in results.known.iter().filter(|known| known.state.fails()) {
        let (rule, glob) = (known.entry.rule.id, page.text(&known.entry.glob));
        told.push(format!("the known finding {rule} in {glob}: {}", known.state.as_str()));
    }
    html! { @if !told.is_empty() { ul class="errors" { @for words in &told { li { (words) } } } } }
}

/// How the scenarios ended, as a bar and by topic, and what the rules came to.
pub(super) fn coverage(page: &Page) -> Markup {
    let results = page.results;
    let with = |verdict: ScenarioVerdict| {
        results.scenarios.iter().filter(|result| result.verdict == verdict).count()
    };
    let rules = |verdict: RuleVerdict| {
        results.rules.iter().filter(|result| result.verdict() == verdict).count()
    };
    html! {
        section aria-labelledby="coverage" {
            h2 id="coverage" { "Coverage" }
            (bar(&ScenarioVerdict::ALL.map(|verdict| (class(verdict), with(verdict)))))
            p class="legend" {
                @for verdict in ScenarioVerdict::ALL {
                    @if with(verdict) > 0 {
                        span class={ "key " (class(verdict)) } { (sign(verdict)) } " "
                        (with(verdict)) " " (verdict.as_str()) "  "
                    }
                }
            }
            p {
                "Rules: " (rules(RuleVerdict::Holds)) " hold, " (rules(RuleVerdict::Broken)) " broken, "
                (rules(RuleVerdict::NotExercised)) " not exercised."
            }
            details {
                summary { "Scenarios by topic" }
                div class="wide" tabindex="0" role="region" aria-label="Scenarios by topic" {
                    table {
                        thead {
                            tr {
                                th scope="col" { "topic" } th scope="col" { "run" } th scope="col" { "exercised" }
                                th scope="col" { "failed" }
                            }
                        }
                        tbody { @for (topic, share) in &results.coverage.topics { (row(page, topic, share)) } }
                    }
                }
            }
        }
    }
}

fn row(page: &Page, topic: &str, share: &ExercisedCount) -> Markup {
    let of_topic = |result: &&ScenarioResult| result.scenario().topic() == topic;
    let mine = page.results.scenarios.iter().filter(of_topic);
    let failed = mine.filter(|result| result.verdict == ScenarioVerdict::Fail).count();
    html! {
        tr {
            th scope="row" { (page.text(topic)) }
            td class="number" { (share.run) }
            td class="number" { (share.exercised) }
            td class={ "number" @if failed > 0 { " broken" } } { (failed) }
        }
    }
}

/// Parts of one whole, as wide as they are many.
fn bar(parts: &[(&str, usize)]) -> Markup {
    let all = parts.iter().map(|(_, number)| number).sum::<usize>().max(1);
    let mut drawn = Vec::new();
    let mut before = 0;
    for (class, number) in parts {
        let (from, to) = (before * WIDTH / all, (before + number) * WIDTH / all);
        drawn.push((*class, from, to - from));
        before += number;
    }
    let words = count(all, "scenario", "scenarios");
    html! {
        svg class="bar" role="img" aria-label=(words) viewBox={ "0 0 " (WIDTH) " 12" } preserveAspectRatio="none" {
            @for (class, from, width) in drawn.iter().filter(|(_, _, width)| *width > 0) {
                rect class={ "fill " (class) } x=(from) y="0" width=(width) height="12" {}
            }
        }
    }
}

/// What a verdict looks like.
pub(super) fn class(verdict: ScenarioVerdict) -> &'static str {
    match verdict {
        ScenarioVerdict::Pass => "pass",
        ScenarioVerdict::Fail => "broken",
        ScenarioVerdict::NotExercised => "idle",
        ScenarioVerdict::Unsupported => "unsupported",
        ScenarioVerdict::HarnessError => "doubtful",
    }
}

/// The same in one character.
pub(super) fn sign(verdict: ScenarioVerdict) -> char {
    match verdict {
        ScenarioVerdict::Pass => '✓',
        ScenarioVerdict::Fail => '✗',
        ScenarioVerdict::NotExercised => '·',
        ScenarioVerdict::Unsupported => 'u',
        ScenarioVerdict::HarnessError => '!',
    }
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn the_parts_of_a_bar_stand_side_by_side() {
        let drawn = bar(&[("pass", 3), ("idle", 0), ("broken", 1)]).into_string();
        let rect = |class: &str, from: usize, width: usize| {
            format!(
                "<rect class=\"fill {class}\" x=\"{from}\" y=\"0\" width=\"{width}\" height=\"12\""
            )
        };
        assert!(drawn.contains(&rect("pass", 0, 750)), "{drawn}");
        assert!(drawn.contains(&rect("broken", 750, 250)), "{drawn}");
        assert!(!drawn.contains("idle"), "{drawn}");
    }
}
