//! One page that needs nothing else: no script, no network.

use std::io;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::read::Scenario;
use super::{Kind, Report, Standing, Topics, topics};
use crate::report::text::safe_text;

mod others;

/// Nothing is loaded from anywhere, and nothing runs.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const STYLE: &str = include_str!("style.css");
/// Of the scenarios in which a client breaks a rule, so many are shown.
const MOST_PLACES: usize = 5;

/// The clients, their rules and scenarios by topic, and where each rule is broken.
pub fn write(reports: &[Report], out: &mut dyn io::Write) -> io::Result<()> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                title { "slicecheck: " (reports.len()) " clients" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { "Clients of the slice upload, side by side" }
                    (legend())
                    (clients(reports))
                    h2 id="rules" { "Rules" }
                    (table(&topics(Kind::Rule, reports), reports, Kind::Rule))
                    h2 id="scenarios" { "Scenarios" }
                    (table(&topics(Kind::Scenario, reports), reports, Kind::Scenario))
                    h2 id="evidence" { "Where rules are broken" }
                    @for (column, report) in reports.iter().enumerate() { (evidence(column, report)) }
                    h2 id="others" { "What holds, and what was not seen" }
                    @for (column, report) in reports.iter().enumerate() { (others::section(column, report)) }
                }
            }
        }
    };
    // Texts of a report may have anything; of our own, none has what cannot be seen.
    let page = page.into_string();
    let lines = page.split_inclusive('\n').flat_map(|line| match line.strip_suffix('\n') {
        Some(line) => [safe_text(line), "\n".to_owned()],
        None => [safe_text(line), String::new()],
    });
    out.write_all(lines.collect::<String>().as_bytes())
}

fn legend() -> Markup {
    let standings =
        [Standing::Pass, Standing::Broken, Standing::NotExercised, Standing::Unsupported];
    html! {
        p class="legend" {
            @for standing in standings { span class=(class(standing)) { (standing.sign()) } " " (standing.words()) ", " }
            span class=(class(Standing::Absent)) { (sign(Standing::Absent)) } " absent from the report"
        }
    }
}

fn clients(reports: &[Report]) -> Markup {
    let counts = |report: &Report| {
        [Standing::Pass, Standing::Broken, Standing::NotExercised, Standing::Unsupported]
            .map(|standing| report.scenarios_that(standing))
    };
    html! {
        div class="wide" tabindex="0" role="region" aria-label="Clients" {
            table {
                thead {
                    tr {
                        th scope="col" { "client" }
                        th scope="col" { "verdict" }
                        @for level in ["must", "should", "note"] { th scope="col" { (level) " broken" } }
                        @for words in ["pass", "broken", "not exercised", "unsupported"] { th scope="col" { (words) } }
                    }
                }
                tbody {
                    @for (column, report) in reports.iter().enumerate() {
                        tr {
                            th scope="row" { a href={ "#client-" (column) } { (report.name) } }
                            td { (report.verdict) }
                            @for level in ["must", "should", "note"] { td class="number" { (report.broken(level)) } }
                            @for count in counts(report) { td class="number" { (count) } }
                        }
                    }
                }
            }
        }
    }
}

/// A table for each topic, closed if nobody breaks anything in it.
fn table(topics: &Topics, reports: &[Report], kind: Kind) -> Markup {
    html! {
        @for (topic, rows) in topics {
            @let broken = rows.iter().filter(|row| row.cells.contains(&Standing::Broken)).count();
            details open[broken > 0] {
                summary { (topic) ": " (rows.len()) ", " (broken) " broken by somebody" }
                div class="wide" tabindex="0" role="region" aria-label=(topic) {
                    table {
                        thead {
                            tr {
                                th scope="col" { (match kind { Kind::Rule => "rule", Kind::Scenario => "scenario" }) }
                                @for report in reports { th scope="col" { (report.name) } }
                            }
                        }
                        tbody {
                            @for row in rows {
                                tr {
                                    th scope="row" {
                                        code { (row.id) }
                                        @if let Some(level) = row.level { " " small { (level) } }
                                    }
                                    @for (column, standing) in row.cells.iter().enumerate() {
                                        (cell(*standing, column, row.id))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How a row stands in a column, with a link to what shows it.
fn cell(standing: Standing, column: usize, id: &str) -> Markup {
    let place = match standing {
        Standing::Absent => absent_anchor(column),
        _ => anchor(column, id),
    };
    html! {
        td class=(class(standing)) {
            a href={ "#" (place) } aria-label=(standing.words()) { (sign(standing)) }
        }
    }
}

/// A link has to be seen.
fn sign(standing: Standing) -> char {
    match standing {
        Standing::Absent => '–',
        _ => standing.sign(),
    }
}

/// What a client breaks: a section for each rule and for each scenario, to which the cells lead.
fn evidence(column: usize, report: &Report) -> Markup {
    let broken = report.rules.iter().filter(|rule| rule.verdict == "broken");
    let failed = report.scenarios.iter().filter(|scenario| scenario.verdict == "fail");
    html! {
        section {
            h3 id={ "client-" (column) } { (report.name) }
            @for rule in broken {
                @let places = report.places(&rule.id);
                details id=(anchor(column, &rule.id)) {
                    summary { code { (rule.id) } " " small { (rule.level) } " in " (places.len()) " scenarios" }
                    @for (scenario, finding) in places.iter().take(MOST_PLACES) {
                        dl {
                            dt { "scenario" }
                            dd {
                                code { (scenario.id) }
                                @if let Some(exchange) = finding.exchange { ", request " (exchange + 1) }
                                @if !finding.counts { " (known or discounted)" }
                            }
                            dt { "at" } dd { (finding.at) }
                            dt { "expected" } dd { (finding.expected) }
                            dt { "found" } dd { (finding.found) }
                            dt { "replay" } dd { code { (replay(scenario)) } }
                        }
                    }
                    @if places.len() > MOST_PLACES { p { "and " (places.len() - MOST_PLACES) " more" } }
                }
            }
            @for scenario in failed {
                details id=(anchor(column, &scenario.id)) {
                    summary { code { (scenario.id) } " breaks " (scenario.findings.iter().filter(|finding| finding.counts).count()) " times what counts" }
                    ul {
                        @for finding in scenario.findings.iter().filter(|finding| finding.counts) {
                            li { code { (finding.rule) } ": expected " (finding.expected) "; found " (finding.found) }
                        }
                    }
                }
            }
        }
    }
}

/// What plays a scenario again.
fn replay(of: &Scenario) -> String {
    let by_token = || format!("slicecheck run --replay {}", of.replay);
    of.replay_command.clone().unwrap_or_else(by_token)
}

/// A name for a place on the page. Ids have letters, digits, slashes and hyphens; from a foreign report they
/// may have anything.
fn anchor(column: usize, id: &str) -> String {
    let known = |character: char| character.is_ascii_alphanumeric() || "/-.".contains(character);
    let id: String = id.chars().map(|it| if known(it) { it } else { '_' }).collect();
    format!("{column}/{id}")
}

/// Where it is said what is not in a report.
fn absent_anchor(column: usize) -> String {
    format!("absent-{column}")
}

fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::Pass => "pass",
        Standing::Broken => "broken",
        Standing::NotExercised => "idle",
        Standing::Unsupported => "unsupported",
        Standing::Absent => "absent",
    }
}
