//! The JSON report, version 1. Stable: fields are only added.

use std::io;

use serde::Serialize;

use super::json_text;
use super::known::{KnownEntry, KnownState};
use super::secrets::Secrets;
use super::terminal::View;
use super::{Disposition, Judged, Report, RunVerdict, ScenarioResult, ScenarioVerdict};
use crate::protocol::{Claim, Stored};
use crate::rules::Finding;
use crate::spec::Level;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    client: Client,
    seed: String,
    summary: Summary,
    scenarios: Vec<Scenario<'a>>,
    rules: Vec<Rule>,
    /// The entries of the known findings, and what became of them.
    known: Vec<KnownFinding>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Client {
    command: Vec<Masked>,
}

#[derive(Serialize)]
struct Summary {
    verdict: &'static str,
    exit: u8,
    /// How many findings of this level count, each once, whatever its `times`.
    must: usize,
    should: usize,
    note: usize,
    not_exercised: usize,
    known: usize,
    /// The mutant of the reference client that breaks most nearly the same.
    resembles: Option<Resembles>,
}

#[derive(Serialize)]
struct Resembles {
    mutant: &'static str,
    summary: &'static str,
    percent: usize,
}

#[derive(Serialize)]
struct Scenario<'a> {
    id: &'a str,
    verdict: &'static str,
    claim: Option<&'static str>,
    stored: Option<&'static str>,
    exchanges: usize,
    ms: u128,
    replay: String,
    findings: Vec<FindingEntry>,
    /// In how many more places rules were broken, in other ways than those of the findings.
    left_out: Vec<LeftOut>,
    /// Why there is no verdict, if there is none.
    error: Option<Masked>,
}

#[derive(Serialize)]
struct FindingEntry {
    rule: &'static str,
    level: &'static str,
    exchange: Option<usize>,
    at: Masked,
    expected: Masked,
    found: Masked,
    span: Option<Span>,
    known: bool,
    /// Whether it goes into the verdict: nobody has accepted it, and the control passed.
    counts: bool,
    /// In how many places of the scenario the same was found.
    times: usize,
}

#[derive(Serialize)]
struct LeftOut {
    rule: &'static str,
    times: usize,
}

#[derive(Serialize)]
struct KnownFinding {
    rule: &'static str,
    scenario: Masked,
    reason: Masked,
    expires: Option<String>,
    state: &'static str,
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

/// A foreign text without the secrets of the run.
#[derive(Serialize)]
struct Masked(String);

impl Masked {
    fn new(text: &str, secrets: &Secrets) -> Self {
        Self(secrets.mask(text).into_owned())
    }
}

/// Writes the report as one JSON document; of the view, only whether secrets are shown matters.
pub fn write(report: &Report, view: View, out: &mut dyn io::Write) -> io::Result<()> {
    let secrets = &view.secrets(report);
    let masked = |text: &String| Masked::new(text, secrets);
    let tallies = report.tallies();
    let not_exercised = tallies.iter().filter(|tally| tally.held + tally.broken == 0).count();
    let entries = report.known.entries.iter().zip(report.known_states());
    let document = Document {
        version: 1,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        client: Client { command: report.command.iter().map(masked).collect() },
        seed: report.seed.to_string(),
        summary: Summary {
            verdict: match report.verdict() {
                RunVerdict::Conforms => "conforms",
                RunVerdict::Violates => "violates",
                RunVerdict::Unjudged
                | RunVerdict::NotExercised
                | RunVerdict::Machine
                | RunVerdict::HarnessError
                | RunVerdict::Interrupted => "unjudged",
            },
            exit: report.verdict().exit_code(),
            must: report.count(Level::Must),
            should: report.count(Level::Should),
            note: report.count(Level::Note),
            not_exercised,
            known: report.findings().filter(|(_, of)| *of == Disposition::Known).count(),
            resembles: report.resembles.as_ref().map(|of| Resembles {
                mutant: of.mutant.id,
                summary: of.mutant.summary,
                percent: of.percent,
            }),
        },
        scenarios: report.results.iter().map(|result| scenario(report, result, secrets)).collect(),
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
        known: entries.map(|(entry, state)| known(entry, state, secrets)).collect(),
    };
    json_text::write(&document, out)
}

fn known(entry: &KnownEntry, state: KnownState, secrets: &Secrets) -> KnownFinding {
    KnownFinding {
        rule: entry.rule.id,
        scenario: Masked::new(&entry.glob, secrets),
        reason: Masked::new(&entry.reason, secrets),
        expires: entry.expires.clone(),
        state: state.as_str(),
    }
}

fn scenario<'a>(report: &Report, result: &'a ScenarioResult, secrets: &Secrets) -> Scenario<'a> {
    let judged = result.judged.as_ref();
    let outcome = judged.ok().and_then(|judged| judged.transcript.outcome.as_ref());
    Scenario {
        id: &result.scenario.id,
        verdict: match report.scenario_verdict(result) {
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
        exchanges: judged.map_or(0, Judged::exchanges),
        ms: result.elapsed.as_millis(),
        replay: result.replay_token(report.seed),
        findings: findings(report, result, secrets),
        left_out: judged.map(left_out).unwrap_or_default(),
        error: judged.err().map(|failure| Masked::new(&failure.message, secrets)),
    }
}

fn findings(report: &Report, result: &ScenarioResult, secrets: &Secrets) -> Vec<FindingEntry> {
    let Ok(judged) = &result.judged else { return Vec::new() };
    let disposition = report.dispositions(result);
    let entry = |found| finding(found, disposition(found), secrets);
    judged.findings().into_iter().map(entry).collect()
}

fn left_out(judged: &Judged) -> Vec<LeftOut> {
    let some = judged.rulings.iter().filter(|ruling| ruling.left_out > 0);
    some.map(|ruling| LeftOut { rule: ruling.rule.id, times: ruling.left_out }).collect()
}

fn finding(finding: &Finding, disposition: Disposition, secrets: &Secrets) -> FindingEntry {
    let evidence = &finding.evidence;
    let masked = |text: &String| Masked::new(text, secrets);
    FindingEntry {
        rule: finding.rule.id,
        level: finding.rule.level().as_str(),
        exchange: finding.exchange,
        at: masked(&evidence.at),
        expected: masked(&evidence.expected),
        found: masked(&evidence.found),
        span: evidence.span.as_ref().map(|span| Span {
            start: span.range.start,
            end: span.range.end,
            of: span.of.as_str(),
        }),
        known: disposition == Disposition::Known,
        counts: disposition == Disposition::Counts,
        times: finding.times,
    }
}
