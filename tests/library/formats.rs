//! Reports for machines, of a client that puts something hostile wherever it can.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::time::Duration;

use serde_json::Value;
use slicecheck::protocol::{Op, Stored};
use slicecheck::report::matrix::{self, Report};
use slicecheck::report::{FORMATS, View, Writer};
use slicecheck::results::{JudgedScenario, Played, ResolvedFinding, Results, Run, RunEnd, Terms};
use slicecheck::scenario::scenarios;

/// What means something in HTML, XML, Markdown, workflow commands or on a terminal.
const HOSTILE: &str = "<script>alert(1)</script> ]]> &amp; ::error::x %0A [a](javascript:b) ![c](d) \
                       @everyone #1 `|` **e** \u{1b}[2J \u{202e} \0 \r\n::error::y\n<!-- {0}";

/// A run in which every text that can be is hostile.
pub(crate) fn hostile() -> Results {
    let ids = ["happy/one-byte", "happy/one-slice", "faults/slice-503-once"];
    let all = ids.map(|id| {
        let scenario = scenarios().find(|scenario| scenario.id == id).unwrap();
        let mut transcript = scenario.simulate(1);
        let secret = transcript.job.credentials.as_ref().unwrap().secret_key.clone();
        let flat: String = HOSTILE.chars().filter(|c| !c.is_control()).collect();
        for op in [Op::Init, Op::Data, Op::Finish] {
            if let Some(request) = transcript.tamper(&op, 0) {
                let method = |head: &str| head.replacen("POST", &flat.replace(' ', "_"), 1);
                request.edit_head(method);
            }
        }
        let outcome = transcript.outcome.as_mut().unwrap();
        outcome.detail = format!("{HOSTILE} {secret}");
        outcome.stored = Stored::Absent;
        let printed = format!("{HOSTILE}\n{secret}").into_bytes();
        let elapsed = Duration::from_millis(7);
        let (scenario, stderr) = (scenario.clone(), printed.clone());
        Played { scenario, transcript, elapsed, stdout: printed, stderr }.judge()
    });
    let run = Run {
        command: vec![HOSTILE.to_owned()],
        name: Some(HOSTILE.to_owned()),
        anchor: Some(format!("dir/{HOSTILE}")),
        ..Run::default()
    };
    let all = all.into_iter().collect();
    Results::resolve(run, Terms::default(), RunEnd::Complete, all, NonZeroUsize::MIN)
}

/// All documents, by their formats.
fn documents(results: &Results, view: View) -> Vec<(&'static str, String)> {
    let write = |format: &slicecheck::report::Format| {
        let Writer::Document(write) = format.writer else { return None };
        let mut document = Vec::new();
        write(results, view, &mut document).unwrap();
        Some((format.name, String::from_utf8(document).unwrap()))
    };
    FORMATS.iter().filter_map(write).collect()
}

pub(crate) fn document(results: &Results, name: &str) -> String {
    viewed(results, name, View::default())
}

pub(crate) fn viewed(results: &Results, name: &str, view: View) -> String {
    let mut all = documents(results, view).into_iter();
    all.find(|(format, _)| *format == name).unwrap().1
}

#[test]
fn no_report_commands_a_terminal_or_gives_a_key_away() {
    let results = hostile();
    let secret = results.judged().next().unwrap().credentials.clone().unwrap().secret_key;
    for (format, text) in documents(&results, View::default()) {
        let harmful = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!text.contains(harmful), "{format}: {text}");
        assert!(!text.contains(&secret), "{format}: {text}");
    }
    let shown = documents(&results, View { show_secrets: true, ..View::default() });
    assert!(shown.iter().any(|(format, text)| *format == "json" && text.contains(&secret)));
}

#[test]
fn workflow_commands_are_those_of_the_report_alone() {
    let results = hostile();
    let text = document(&results, "github");
    assert!(text.lines().count() > 1);
    for line in text.lines() {
        let kinds = ["::error ", "::warning ", "::notice "];
        assert!(kinds.iter().any(|kind| line.starts_with(kind)), "{line}");
        // The properties end at the first pair of colons after the name.
        let properties = &line[2..][..line[2..].find("::").unwrap()];
        assert!(properties.contains("title="), "{line}");
        assert!(!line.contains("title=x"), "{line}");
    }
}

#[test]
fn nothing_foreign_is_markup_in_markdown() {
    let text = document(&hostile(), "markdown");
    for markup in ["<script", "](", "@everyone", "**e**", "<!--", " #1", "`"] {
        assert!(!text.contains(markup), "{markup}: {text}");
    }
    assert!(text.contains("&#60;script&#62;"), "{text}");
}

#[test]
fn markdown_fits_into_a_comment_however_much_is_broken() {
    let mut results = hostile();
    let finding = results.scenarios[0].findings[0].finding.clone();
    let mut evidence = finding.evidence.clone();
    evidence.found = "<".repeat(400);
    evidence.expected.clone_from(&evidence.found);
    for rule in slicecheck::rules::catalogue() {
        let finding =
            slicecheck::rules::Finding { rule, evidence: evidence.clone(), ..finding.clone() };
        let disposition = slicecheck::results::Disposition::Counts;
        let found = ResolvedFinding { finding, disposition };
        results.scenarios[0].findings.push(found);
    }
    let text = document(&results, "markdown");
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(text.contains(" more rules are broken."), "{text}");
}

#[test]
fn at_most_ten_annotations_of_a_kind_name_all_broken_rules() {
    let mut results = hostile();
    let finding = results.scenarios[0].findings[0].finding.clone();
    let notes = slicecheck::rules::catalogue().filter(|rule| rule.level().as_str() == "note");
    let notes: Vec<_> = notes.collect();
    for rule in &notes {
        let finding = slicecheck::rules::Finding { rule, ..finding.clone() };
        let disposition = slicecheck::results::Disposition::Counts;
        let found = ResolvedFinding { finding, disposition };
        results.scenarios[0].findings.push(found);
    }
    let text = document(&results, "github");
    assert_eq!(
        text.lines().filter(|line| line.starts_with("::notice ")).count(),
        10.min(notes.len())
    );
    assert!(notes.iter().all(|rule| text.contains(rule.id)), "{text}");
}

#[test]
fn every_sarif_result_is_at_the_file_that_the_run_names() {
    let results = hostile();
    let log: Value = serde_json::from_str(&document(&results, "sarif")).unwrap();
    let run = &log["runs"][0];
    let entries = run["results"].as_array().unwrap();
    assert_eq!(entries.len(), results.findings().count());
    for entry in entries {
        let index = usize::try_from(entry["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], entry["ruleId"]);
        let related = entry["relatedLocations"].as_array().into_iter().flatten();
        for location in entry["locations"].as_array().unwrap().iter().chain(related) {
            let uri = &location["physicalLocation"]["artifactLocation"]["uri"];
            let uri = uri.as_str().unwrap();
            assert!(uri.starts_with("dir/%3Cscript%3E") && !uri.contains(':'), "{uri}");
        }
        assert!(!entry["message"]["text"].as_str().unwrap().contains("]("));
    }
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["exitCode"], results.verdict.exit_code());
    assert_eq!(invocation["executionSuccessful"], true);
}

#[test]
fn the_badge_is_an_endpoint_of_shields() {
    let results = hostile();
    let badge: Value = serde_json::from_str(&document(&results, "badge")).unwrap();
    assert_eq!(badge["schemaVersion"], 1);
    let mut expected = String::new();
    for level in ["must", "should", "note"] {
        let of_level = |found: &&ResolvedFinding| {
            found.finding.rule.level().as_str() == level
                && found.disposition == slicecheck::results::Disposition::Counts
        };
        let separator = if expected.is_empty() { "" } else { ", " };
        let _ =
            write!(expected, "{separator}{} {level}", results.findings().filter(of_level).count());
    }
    assert_eq!((&badge["message"], &badge["color"]), (&expected.into(), &"red".into()));
}

/// A client that leaves nothing at the service, in one scenario, judged by a command with a space in it.
fn failing_command(end: RunEnd, selected: usize) -> Results {
    let scenario = scenarios().find(|scenario| scenario.id == "happy/one-byte").unwrap();
    let mut transcript = scenario.simulate(1);
    transcript.outcome.as_mut().unwrap().stored = Stored::Absent;
    let judged = vec![JudgedScenario::of(scenario.clone(), &transcript)];
    let command = ["python3", "my client.py"].map(str::to_owned).to_vec();
    let options = ["--via", "proxy"].map(str::to_owned).to_vec();
    let selected = Some(selected);
    let run = Run { command, replay_options: options, seed: 1, selected, ..Run::default() };
    Results::resolve(run, Terms::default(), end, judged, NonZeroUsize::MIN)
}

fn terminal(results: &Results) -> String {
    let mut text = Vec::new();
    slicecheck::report::terminal::write(results, View::default(), &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn every_report_replays_a_finding_with_the_same_client() {
    let results = failing_command(RunEnd::Complete, 1);
    let line = "slicecheck run --via proxy --replay 1:happy/one-byte -- python3 'my client.py'";
    let terminal = terminal(&results);
    assert!(terminal.contains(&format!("  replay    {line}\n")), "{terminal}");
    for (format, text) in documents(&results, View::default()) {
        let text = text.replace("&#39;", "'").replace("&apos;", "'").replace("&#58;", ":");
        assert_eq!(text.contains(line), format != "badge", "{format}: {text}");
    }
}

#[test]
fn every_report_says_how_much_of_a_stopped_run_was_not_played() {
    let words = "stopped by --max-fail after 1 of 11 scenarios";
    for (end, selected, is_told) in
        [(RunEnd::Stopped, 11, true), (RunEnd::Stopped, 1, false), (RunEnd::Complete, 1, false)]
    {
        let results = failing_command(end, selected);
        let text = terminal(&results);
        assert_eq!(text.contains(words), is_told, "{text}");
        for (format, text) in documents(&results, View::default()) {
            let words = match format {
                "json" => "\"not_played\": 10",
                _ => words,
            };
            assert_eq!(text.contains(words), is_told, "{format}: {text}");
        }
    }
}

#[test]
fn no_two_sarif_results_have_the_same_fingerprint() {
    let results = || {
        let mut results = hostile();
        // The same in one more exchange.
        let scenario = &mut results.scenarios[0];
        let first = &scenario.findings[0];
        let (mut finding, disposition) = (first.finding.clone(), first.disposition.clone());
        finding.exchange = finding.exchange.map(|exchange| exchange + 1);
        scenario.findings.push(ResolvedFinding { finding, disposition });
        results
    };
    let fingerprints = |results: &Results| {
        let log: Value = serde_json::from_str(&document(results, "sarif")).unwrap();
        let entries = log["runs"][0]["results"].as_array().unwrap().iter();
        let fingerprint = |of: &Value| of["partialFingerprints"]["slicecheck/v1"].to_string();
        entries.map(fingerprint).collect::<Vec<_>>()
    };
    let all = fingerprints(&results());
    let different: BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len(), "{all:#?}");
    assert_eq!(fingerprints(&results()), all);
    // What was there before keeps its own.
    assert_eq!(fingerprints(&hostile())[0], all[0]);
}

#[test]
fn a_comparison_shows_nothing_of_a_report_that_cannot_be_seen() {
    let report = || Report::read(&document(&hostile(), "json"), "client").unwrap();
    for write in [matrix::html, matrix::markdown] {
        let mut page = Vec::new();
        write(&[report()], &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        let harmful = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!page.contains(harmful), "{page}");
        assert!(page.contains("202e"), "{page}");
    }
}
