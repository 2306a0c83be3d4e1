//! `JUnit`'s XML: a suite for each topic, a case for each scenario.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::secrets::Secrets;
use super::words::{self, line};
use super::{Format, View, Writer};
use crate::results::{Disposition, Results, RunEnd, ScenarioResult, ScenarioVerdict};

/// XML as `JUnit`'s ant task wrote it first, and as servers for builds read it.
pub const FORMAT: Format = Format { name: "junit", writer: Writer::Document(write) };

/// More characters of a text are cut.
const TEXT: usize = 400;
/// How many bytes of each stream of a client are kept, from its end.
const PRINTED: usize = 8 << 10;

fn write(results: &Results, view: View, out: &mut dyn io::Write) -> io::Result<()> {
    let secrets = &view.secrets(results);
    let mut report =
        Report::new(format!("slicecheck: {}", line(&results.run.title(), TEXT, secrets)));
    let mut topics: Vec<&str> = Vec::new();
    for result in &results.scenarios {
        let topic = result.scenario().topic();
        // A case of the user comes last, whatever its topic is.
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    for topic in topics {
        let of_topic = results.scenarios.iter().filter(|it| it.scenario().topic() == topic);
        let cases: Vec<_> = of_topic.map(|result| case(results, result, secrets)).collect();
        report.add_test_suite(suite(topic, cases));
    }
    let mut run = suite("run", whole_run(results, secrets));
    run.add_properties(properties(results, secrets));
    report.add_test_suite(run);
    report.set_time(results.scenarios.iter().map(|result| result.judged.elapsed).sum::<Duration>());
    report.serialize(&mut *out).map_err(io::Error::other)
}

fn suite(name: &str, cases: Vec<TestCase>) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.set_time(cases.iter().filter_map(|case| case.time).sum::<Duration>());
    suite.add_test_cases(cases);
    suite
}

fn properties(results: &Results, secrets: &Secrets) -> Vec<Property> {
    let share = results.coverage.scenarios;
    let mut all = vec![
        Property::new("seed", results.run.seed.to_string()),
        Property::new("verdict", words::verdict(results)),
        Property::new("exit", results.verdict.exit_code().to_string()),
        Property::new("findings", words::findings(results)),
        Property::new("exercised", format!("{} of {}", share.exercised, share.run)),
        Property::new("end", results.end.as_str()),
        Property::new("not played", results.unplayed().to_string()),
    ];
    let command = results.run.command.iter().map(|word| line(word, TEXT, secrets));
    all.extend(command.map(|word| Property::new("command", word)));
    all
}

fn case(results: &Results, result: &ScenarioResult, secrets: &Secrets) -> TestCase {
    let status = match result.verdict {
        ScenarioVerdict::Pass => TestCaseStatus::success(),
        ScenarioVerdict::Fail => failed(result, secrets),
        ScenarioVerdict::Unsupported => skipped("the client does not support this"),
        ScenarioVerdict::NotExercised => skipped(&words::reasons(result)),
        ScenarioVerdict::HarnessError => {
            let message = result.failure().map_or("", |failure| &failure.message);
            error(&line(message, TEXT, secrets))
        }
    };
    let mut case = TestCase::new(result.judged.id(), status);
    case.set_classname(format!("slicecheck.{}", result.scenario().topic()));
    case.set_time(result.judged.elapsed);
    let replay = words::replay(&results.run, result.judged.id(), secrets);
    case.add_property(Property::new("replay", replay));
    if result.verdict == ScenarioVerdict::Fail {
        case.set_system_out(printed(&result.judged.stdout, secrets));
        case.set_system_err(printed(&result.judged.stderr, secrets));
    }
    case
}

fn failed(result: &ScenarioResult, secrets: &Secrets) -> TestCaseStatus {
    let mut rules: Vec<&str> = Vec::new();
    let mut text = String::new();
    for found in result.findings.iter().filter(|found| found.disposition != Disposition::Known) {
        let (rule, evidence) = (found.finding.rule, &found.finding.evidence);
        if !rules.contains(&rule.id) {
            rules.push(rule.id);
        }
        let request = found.finding.exchange.map(|number| format!(", request {}", number + 1));
        let (id, level, request) = (rule.id, rule.level().as_str(), request.unwrap_or_default());
        let _ = writeln!(text, "{id} ({level}){request}: {}", line(&evidence.at, TEXT, secrets));
        let _ = writeln!(text, "  clause    {} {}", rule.clause.text, rule.clause.source);
        let _ = writeln!(text, "  expected  {}", line(&evidence.expected, TEXT, secrets));
        let _ = writeln!(text, "  found     {}", line(&evidence.found, TEXT, secrets));
        if let Some(discount) = found.disposition.discount() {
            let _ = writeln!(text, "  discount  {discount}");
        }
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(format!("breaks {}", rules.join(", ")));
    status.set_type(rules.first().copied().unwrap_or_default());
    status.set_description(text);
    status
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(reason);
    status
}

fn error(message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(message);
    status
}

fn failure(message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message);
    status
}

/// What decides about a run besides its scenarios, so that a run that fails has a case that does.
fn whole_run(results: &Results, secrets: &Secrets) -> Vec<TestCase> {
    let ending = match &results.end {
        RunEnd::Complete | RunEnd::Stopped => match words::cut_short(results) {
            Some(words) => skipped(&words),
            None => TestCaseStatus::success(),
        },
        RunEnd::Interrupted => error("interrupted before the end"),
        RunEnd::GivenUp { detail, .. } => error(&line(detail, TEXT, secrets)),
    };
    let mut cases = vec![TestCase::new("end", ending)];
    for missed in &results.missed {
        let share = results.coverage.topic(&missed.topic).unwrap_or_default();
        let words = format!(
            "{} of {} scenarios, {} % are required",
            share.exercised, share.run, missed.percent
        );
        cases.push(TestCase::new(format!("exercises {}", missed.topic), failure(&words)));
    }
    for known in results.known.iter().filter(|known| known.state.fails()) {
        let glob = line(&known.entry.glob, TEXT, secrets);
        let name = format!("known {} in {glob}", known.entry.rule.id);
        cases.push(TestCase::new(name, failure(known.state.as_str())));
    }
    for case in &mut cases {
        case.set_classname("slicecheck.run");
    }
    cases
}

/// The end of what a client has printed, with its line ends. It is masked before it is cut.
fn printed(bytes: &[u8], secrets: &Secrets) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = secrets.mask(&text);
    let from = text.ceil_char_boundary(text.len().saturating_sub(PRINTED));
    let lines = text[from..].lines().map(super::text::safe_text);
    lines.collect::<Vec<_>>().join("\n")
}
