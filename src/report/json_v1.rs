//! The JSON report, version 1. Stable: fields are only added.

use std::io;

use serde::Serialize;

use super::terminal::{View, mask};
use super::{Judged, Report, RunVerdict, ScenarioResult, ScenarioVerdict};
use crate::protocol::{Assignment, Claim, Stored};
use crate::rules::{Finding, SpanOf};
use crate::spec::Level;

#[derive(Serialize)]
struct Document {
    version: u32,
    tool: Tool,
    client: Client,
    seed: String,
    summary: Summary,
    scenarios: Vec<Scenario>,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Client {
    command: Vec<String>,
}

#[derive(Serialize)]
struct Summary {
    verdict: &'static str,
    exit: u8,
    must: usize,
    should: usize,
    note: usize,
    not_exercised: usize,
    known: usize,
}

#[derive(Serialize)]
struct Scenario {
    id: &'static str,
    verdict: &'static str,
    claim: Option<&'static str>,
    stored: Option<&'static str>,
    exchanges: usize,
    ms: u128,
    replay: String,
    findings: Vec<FindingEntry>,
    /// Why there is no verdict, if there is none.
    error: Option<String>,
}

#[derive(Serialize)]
struct FindingEntry {
    rule: &'static str,
    level: &'static str,
    exchange: Option<usize>,
    at: String,
    expected: String,
    found: String,
    span: Option<Span>,
    known: bool,
}

#[derive(Serialize)]
struct Span {
    start: usize,
    end: usize,
    of: &'static str,
}

#[derive(Serialize)]
struct Rule {
    id: &'static str,
    level: &'static str,
    verdict: &'static str,
    held: usize,
    broken: usize,
}

/// Writes the report as one JSON document.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let tallies = report.tallies();
    let not_exercised = tallies.iter().filter(|tally| tally.held + tally.broken == 0).count();
    let document = Document {
        version: 1,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        client: Client { command: report.command.clone() },
        seed: report.seed.to_string(),
        summary: Summary {
            verdict: match report.verdict() {
                RunVerdict::Conforms => "conforms",
                RunVerdict::Violates => "violates",
                RunVerdict::Unjudged
                | RunVerdict::NotExercised
                | RunVerdict::HarnessError
                | RunVerdict::Interrupted => "unjudged",
            },
            exit: report.verdict().exit_code(),
            must: report.count(Level::Must),
            should: report.count(Level::Should),
            note: report.count(Level::Note),
            not_exercised,
            known: 0,
        },
        scenarios: report.results.iter().map(|result| scenario(report, result)).collect(),
        rules: tallies
            .iter()
            .map(|tally| Rule {
                id: tally.rule.id,
                level: tally.rule.level().as_str(),
                verdict: match (tally.held, tally.broken) {
                    (0, 0) => "not-exercised",
                    (_, 0) => "holds",
                    _ => "broken",
                },
                held: tally.held,
                broken: tally.broken,
            })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn scenario(report: &Report, result: &ScenarioResult) -> Scenario {
    let judged = result.judged.as_ref();
    let outcome = judged.ok().and_then(|judged| judged.transcript.outcome.as_ref());
    Scenario {
        id: result.scenario.id,
        verdict: match result.verdict(report.strict) {
            // Version 1 has no word for a client that declines without asking the service.
            ScenarioVerdict::NotExercised => "unsupported",
            verdict => verdict.as_str(),
        },
        claim: outcome.map(|outcome| match outcome.claim {
            Claim::Ok => "ok",
            Claim::Failed => "failed",
            Claim::Crashed => "crashed",
            Claim::Hung => "hung",
            Claim::Unsupported => "unsupported",
        }),
        stored: outcome.map(|outcome| match outcome.stored {
            Stored::Complete => "complete",
            Stored::Absent => "absent",
            Stored::Different => "different",
        }),
        exchanges: judged.map_or(0, |judged| judged.transcript.exchanges.len()),
        ms: result.elapsed.as_millis(),
        replay: result.replay_token(report.seed),
        findings: judged.map(findings).unwrap_or_default(),
        error: judged.err().map(|failure| failure.message.clone()),
    }
}

fn findings(judged: &Judged) -> Vec<FindingEntry> {
    let assignment = &judged.transcript.assignment;
    judged.findings().into_iter().map(|found| finding(found, assignment)).collect()
}

fn finding(finding: &Finding, assignment: &Assignment) -> FindingEntry {
    let evidence = &finding.evidence;
    let masked = |text: &str| mask(text, assignment, View::default());
    FindingEntry {
        rule: finding.rule.id,
        level: finding.rule.level().as_str(),
        exchange: finding.exchange,
        at: evidence.at.clone(),
        expected: masked(&evidence.expected),
        found: masked(&evidence.found),
        span: evidence.span.as_ref().map(|span| Span {
            start: span.range.start,
            end: span.range.end,
            of: match span.of {
                SpanOf::Raw => "raw",
                SpanOf::Body => "body",
            },
        }),
        known: false,
    }
}
