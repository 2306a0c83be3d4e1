//! Markdown for a pull request or the summary of a step: short enough for a comment.

use std::fmt::Write as _;
use std::io;

use super::broken::{BrokenRule, broken_rules};
use super::secrets::Secrets;
use super::words::{self, line};
use super::{Format, View, Writer};
use crate::results::{Results, Run, RunEnd, ScenarioVerdict};

/// GitHub's Markdown.
pub const FORMAT: Format = Format { name: "markdown", writer: Writer::Document(write) };

/// A comment may have 65,536 characters; rules that come after so many bytes are only counted.
const RULES: usize = 40_000;
/// How many scenarios that were not exercised are named.
const SCENARIOS: usize = 40;
/// More characters of a text are cut.
const TEXT: usize = 200;

fn write(results: &Results, view: View, out: &mut dyn io::Write) -> io::Result<()> {
    let secrets = &view.secrets(results);
    let mut text = String::new();
    let client = code(&line(&results.run.title(), TEXT, secrets));
    let verdict = words::verdict(results);
    let _ = writeln!(text, "### slicecheck: {client} {verdict}\n");
    let (known, discounted) = (results.count_known(), results.count_discounted());
    let (findings, share) = (words::findings(results), results.coverage.scenarios);
    let _ = writeln!(
        text,
        "{findings}; {known} known, {discounted} discounted. Exercised: {} of {} scenarios.\n",
        share.exercised, share.run
    );
    errors(results, secrets, &mut text);
    rules(results, secrets, &mut text);
    topics(results, &mut text);
    not_exercised(results, &mut text);
    out.write_all(text.as_bytes())
}

/// What kept scenarios from being judged, each message once.
fn errors(results: &Results, secrets: &Secrets, text: &mut String) {
    let given_up = match &results.end {
        RunEnd::GivenUp { detail, .. } => Some(detail),
        RunEnd::Complete | RunEnd::Interrupted | RunEnd::Stopped => None,
    };
    let failures = results.scenarios.iter().filter_map(|result| Some(&result.failure()?.message));
    let mut told: Vec<&String> = Vec::new();
    for message in given_up.into_iter().chain(failures) {
        if !told.contains(&message) && told.len() < 5 {
            let _ = writeln!(text, "- error: {}", code(&line(message, TEXT, secrets)));
            told.push(message);
        }
    }
    if let Some(words) = words::cut_short(results) {
        let _ = writeln!(text, "- {words}");
    }
    for missed in &results.missed {
        let share = results.coverage.topic(&missed.topic).unwrap_or_default();
        let (exercised, run) = (share.exercised, share.run);
        let (topic, percent) = (code(&missed.topic), missed.percent);
        let _ = writeln!(text, "- {topic}: {exercised} of {run} exercised, {percent} % required");
    }
    for result in results.known.iter().filter(|result| result.state.fails()) {
        let (rule, state) = (code(result.entry.rule.id), result.state.as_str());
        let glob = code(&line(&result.entry.glob, TEXT, secrets));
        let _ = writeln!(text, "- known finding {rule} in {glob}: {state}");
    }
    // Without an empty line, what comes next would belong to the last item of the list.
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
}

fn rules(results: &Results, secrets: &Secrets, text: &mut String) {
    let all = broken_rules(results);
    let mut left = all.iter();
    while text.len() < RULES
        && let Some(broken) = left.next()
    {
        rule(&results.run, broken, secrets, text);
    }
    if left.len() > 0 {
        let _ = writeln!(text, "{} more rules are broken.\n", left.len());
    }
}

fn rule(run: &Run, broken: &BrokenRule, secrets: &Secrets, text: &mut String) {
    let (rule, scenarios) = (broken.rule, broken.describe());
    let Some((result, found)) = broken.first() else { return };
    let (level, id) = (rule.level().as_str(), code(rule.id));
    let summary = prose(rule.summary);
    let _ = writeln!(
        text,
        "<details><summary><b>{level}</b> {id}: {summary} ({scenarios})</summary>\n"
    );
    let (clause, source) = (prose(rule.clause.text), prose(rule.clause.source));
    let _ = writeln!(text, "- clause: {clause} {source}\n- why: {}", prose(rule.why));
    let _ = writeln!(text, "- fix: {}", prose(rule.fix));
    let evidence = &found.finding.evidence;
    let request = found.finding.exchange.map(|number| format!(", request {}", number + 1));
    let (scenario, request) = (code(result.judged.id()), request.unwrap_or_default());
    let shown = |text: &str| code(&line(text, TEXT, secrets));
    let _ = writeln!(text, "- scenario: {scenario}{request}, {}", shown(&evidence.at));
    let _ = writeln!(text, "- expected: {}", shown(&evidence.expected));
    let _ = writeln!(text, "- found: {}", shown(&evidence.found));
    if let Some(replay) = words::short_replay(run, result.judged.id(), secrets) {
        let _ = writeln!(text, "- replay: {}", code(&replay));
    }
    let _ = writeln!(text, "\n</details>\n");
}

fn topics(results: &Results, text: &mut String) {
    let _ = writeln!(text, "<details><summary>Exercised by topic</summary>\n");
    let _ = writeln!(text, "| topic | exercised | run |\n|---|---:|---:|");
    for (topic, share) in &results.coverage.topics {
        let _ = writeln!(text, "| {} | {} | {} |", prose(topic), share.exercised, share.run);
    }
    let _ = writeln!(text, "\n</details>\n");
}

fn not_exercised(results: &Results, text: &mut String) {
    let skipped = |verdict| verdict == ScenarioVerdict::NotExercised;
    let all: Vec<_> = results.scenarios.iter().filter(|result| skipped(result.verdict)).collect();
    if all.is_empty() {
        return;
    }
    let number = all.len();
    let _ = writeln!(text, "<details><summary>Not exercised: {number}</summary>\n");
    for result in all.iter().take(SCENARIOS) {
        let reasons = prose(&super::text::cut(&words::reasons(result), TEXT));
        let _ = writeln!(text, "- {}: {reasons}", code(result.judged.id()));
    }
    if number > SCENARIOS {
        let _ = writeln!(text, "- and {} more", number - SCENARIOS);
    }
    let _ = writeln!(text, "\n</details>");
}

/// A text as it is, in a table, too: nothing in it is a link, a mention, HTML or the end of the line.
///
/// In an element for code nothing is a mention or the number of an issue, and in a numeric reference
/// no punctuation has a meaning.
fn code(text: &str) -> String {
    let mut code = "<code>".to_owned();
    for character in text.chars() {
        if character.is_ascii_punctuation() && !"-/.,".contains(character) {
            let _ = write!(code, "&#{};", u32::from(character));
        } else if character.is_control() {
            code.extend(character.escape_default());
        } else {
            code.push(character);
        }
    }
    code + "</code>"
}

/// Words of our own, in which no character is markup.
fn prose(text: &str) -> String {
    let mut prose = String::new();
    for character in text.chars() {
        if "\\`*_[]<>|#@&".contains(character) {
            let _ = write!(prose, "&#{};", u32::from(character));
        } else {
            prose.push(character);
        }
    }
    prose
}
