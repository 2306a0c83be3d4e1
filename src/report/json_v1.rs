//! The JSON report, version 1. Stable: fields are only added.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

use super::secrets::Secrets;
use super::{Format, View, Writer, json_text, words};
use crate::mutant::Resemblance;
use crate::results::{
    Coverage, ExercisedCount, Judged, KnownResult, Requirement, Results, RuleResult, RuleVerdict,
    Run, ScenarioResult, ScenarioVerdict, catalogue_of,
};
use crate::scenario;
use crate::spec::Level;

mod bytes;
mod finding;
mod ladder;
mod printed;
mod sent;
mod wire;

use finding::{Finding, finding};
use ladder::{LadderRow, ladder};
use printed::Printed;
use sent::Sent;
use wire::{OnWire, Shown};

/// JSON, version 1: one document. `src/report/json_v1/schema.json` describes it.
pub const FORMAT: Format = Format { name: "json", writer: Writer::Document(write) };

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    client: Client,
    seed: String,
    /// Which part of a run it is, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<Shard>,
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
    name: Option<Masked>,
    version: Option<Masked>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Shard {
    pub(super) number: usize,
    pub(super) of: usize,
}

#[derive(Serialize)]
struct Summary {
    verdict: &'static str,
    exit: u8,
    /// How the run ended.
    end: &'static str,
    /// How many of the selected scenarios it did not come to.
    not_played: usize,
    /// How many findings of this level count, each once, whatever its `times`.
    must: usize,
    should: usize,
    note: usize,
    not_exercised: usize,
    known: usize,
    discounted: usize,
    exercised: Exercised,
    /// The requirements of `--require-exercised` that were not met.
    missed: Vec<Missed>,
    /// The mutant of the reference client that breaks most nearly the same.
    resembles: Option<Resembles>,
}

/// Pairs: how many scenarios were exercised, and how many were run.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Exercised {
    pub(super) scenarios: [usize; 2],
    pub(super) topics: BTreeMap<String, [usize; 2]>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Missed {
    pub(super) topic: String,
    pub(super) percent: u8,
}

#[derive(Serialize)]
struct Resembles {
    mutant: &'static str,
    summary: &'static str,
    percent: usize,
    /// Others that are about as near.
    others: Vec<Resembled>,
}

#[derive(Serialize)]
struct Resembled {
    mutant: &'static str,
    summary: &'static str,
    percent: usize,
}

#[derive(Serialize)]
struct Scenario<'a> {
    id: &'a str,
    /// What is special in it.
    summary: &'a str,
    control: Option<&'a str>,
    verdict: &'static str,
    /// Why it was not exercised.
    reasons: Vec<&'a str>,
    claim: Option<&'static str>,
    /// How the client said so.
    detail: Option<Masked>,
    stored: Option<&'static str>,
    exchanges: usize,
    /// Why connections brought no request, in words.
    failed_connections: Vec<Masked>,
    ms: u128,
    /// Only where all details are asked for, as the fields about the wire: they differ from run to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    waited_ms: Option<Waited>,
    replay: String,
    /// The command line that plays it again.
    replay_command: String,
    deviations: Vec<Deviation<'a>>,
    /// The first exchanges, the last ones, and those around findings.
    ladder: Vec<LadderRow>,
    /// When they took place, and what came over the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire: Option<Vec<OnWire>>,
    /// Of how many exchanges with a finding or a deviation there is no room for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire_left_out: Option<usize>,
    sent: Option<Sent>,
    /// What the client printed, without the middle if it is long; null if that is nothing.
    printed: Option<Printed>,
    findings: Vec<Finding>,
    /// In how many more places rules were broken, in other ways than those of the findings.
    left_out: Vec<LeftOut>,
    /// Why there is no verdict, if there is none.
    error: Option<Masked>,
}

/// How much of the time nothing was under way, and who let the other wait.
#[derive(Serialize)]
struct Waited {
    client: u128,
    service: u128,
}

#[derive(Serialize)]
struct Deviation<'a> {
    what: &'a str,
    /// The exchanges, counted from 0.
    occurred: Vec<usize>,
    /// Whether it was there all the time, so that no exchange shows it.
    always: bool,
    /// Why it did not occur.
    reason: Option<&'a str>,
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
struct Rule {
    id: &'static str,
    level: &'static str,
    /// The property, as a client honours it.
    summary: &'static str,
    clause: Clause,
    /// What goes wrong otherwise.
    why: &'static str,
    fix: &'static str,
    verdict: &'static str,
    held: usize,
    broken: usize,
}

#[derive(Serialize)]
struct Clause {
    id: &'static str,
    text: &'static str,
    source: &'static str,
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
pub fn write(results: &Results, view: View, out: &mut dyn io::Write) -> io::Result<()> {
    let secrets = &view.secrets(results);
    let masked = |text: &String| Masked::new(text, secrets);
    // What differs from run to run is told only in detail.
    let shown = view.verbose.then(|| Shown::of(results));
    let document = Document {
        version: 1,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        client: Client {
            command: results.run.command.iter().map(masked).collect(),
            name: results.run.name.as_ref().map(masked),
            version: results.run.version.as_ref().map(masked),
        },
        seed: results.run.seed.to_string(),
        shard: results
            .run
            .shard
            .as_ref()
            .map(|shard| Shard { number: shard.part.number.get(), of: shard.part.of.get() }),
        summary: summary(results),
        scenarios: results
            .scenarios
            .iter()
            .enumerate()
            .map(|(place, it)| scenario(results, it, (place, shown.as_ref()), view, secrets))
            .collect(),
        rules: results
            .rules
            .iter()
            .map(|result| Rule {
                id: result.rule.id,
                level: result.rule.level().as_str(),
                summary: result.rule.summary,
                clause: Clause {
                    id: result.rule.clause.id,
                    text: result.rule.clause.text,
                    source: result.rule.clause.source,
                },
                why: result.rule.why,
                fix: result.rule.fix,
                verdict: result.verdict().as_str(),
                held: result.held,
                broken: result.broken,
            })
            .collect(),
        known: results.known.iter().map(|result| known(result, secrets)).collect(),
    };
    json_text::write(&document, out)
}

fn summary(results: &Results) -> Summary {
    let silent = |result: &&RuleResult| result.verdict() == RuleVerdict::NotExercised;
    Summary {
        verdict: results.verdict.as_str(),
        exit: results.verdict.exit_code(),
        end: results.end.as_str(),
        not_played: results.unplayed(),
        must: results.count(Level::Must),
        should: results.count(Level::Should),
        note: results.count(Level::Note),
        not_exercised: results.rules.iter().filter(silent).count(),
        known: results.count_known(),
        discounted: results.count_discounted(),
        exercised: exercised(&results.coverage),
        missed: results.missed.iter().map(missed).collect(),
        resembles: resembles(&results.resembles),
    }
}

fn resembles(all: &[Resemblance]) -> Option<Resembles> {
    let (first, others) = all.split_first()?;
    let resembled = |of: &Resemblance| Resembled {
        mutant: of.mutant.id,
        summary: of.mutant.summary,
        percent: of.percent,
    };
    let Resembled { mutant, summary, percent } = resembled(first);
    Some(Resembles { mutant, summary, percent, others: others.iter().map(resembled).collect() })
}

fn exercised(coverage: &Coverage) -> Exercised {
    let pair = |share: &ExercisedCount| [share.exercised, share.run];
    let topics = coverage.topics.iter().map(|(topic, share)| (topic.clone(), pair(share)));
    Exercised { scenarios: pair(&coverage.scenarios), topics: topics.collect() }
}

fn missed(requirement: &Requirement) -> Missed {
    Missed { topic: requirement.topic.clone(), percent: requirement.percent }
}

fn known(result: &KnownResult, secrets: &Secrets) -> KnownFinding {
    let KnownResult { entry, state } = result;
    KnownFinding {
        rule: entry.rule.id,
        scenario: Masked::new(&entry.glob, secrets),
        reason: Masked::new(&entry.reason, secrets),
        expires: entry.expires.clone(),
        state: state.as_str(),
    }
}

fn scenario<'a>(
    results: &Results,
    result: &'a ScenarioResult,
    (place, shown): (usize, Option<&Shown>),
    view: View,
    secrets: &Secrets,
) -> Scenario<'a> {
    let judged = result.judged();
    let outcome = judged.and_then(|judged| judged.outcome.as_ref());
    let waiting = result.judged.waiting();
    Scenario {
        id: result.judged.id(),
        summary: &result.scenario().summary,
        control: result.scenario().control.as_deref(),
        verdict: result.verdict.as_str(),
        reasons: match result.verdict {
            ScenarioVerdict::NotExercised => judged.map(Judged::reasons).unwrap_or_default(),
            _ => Vec::new(),
        },
        claim: outcome.map(|outcome| words::claim(outcome.claim)),
        detail: outcome.map(|outcome| Masked::new(&outcome.detail, secrets)),
        stored: outcome.map(|outcome| words::stored(outcome.stored)),
        exchanges: judged.map_or(0, |judged| judged.exchanges),
        failed_connections: outcome
            .into_iter()
            .flat_map(|outcome| &outcome.failed_connections)
            .map(|failed| Masked::new(&failed.describe(), secrets))
            .collect(),
        ms: result.judged.elapsed.as_millis(),
        waited_ms: shown.map(|_| Waited {
            client: waiting.client.as_millis(),
            service: waiting.service.as_millis(),
        }),
        replay: replay(&results.run, &result.judged.scenario),
        replay_command: words::replay(&results.run, result.judged.id(), secrets),
        deviations: judged.map(deviations).unwrap_or_default(),
        ladder: judged.map(|judged| ladder(judged, secrets)).unwrap_or_default(),
        wire: shown
            .zip(judged)
            .map(|(shown, judged)| shown.exchanges(place, judged, view, secrets)),
        wire_left_out: shown.map(|shown| shown.left_out(place, result)),
        sent: judged.map(|judged| Sent::of(judged.sent())),
        printed: Printed::of(&result.judged, secrets),
        findings: result
            .findings
            .iter()
            .map(|found| finding(result, found, view, secrets))
            .collect(),
        left_out: judged.map(|judged| left_out(results, judged)).unwrap_or_default(),
        error: result.failure().map(|failure| Masked::new(&failure.message, secrets)),
    }
}

/// The token, or the file of a scenario that is not in the catalogue.
fn replay(run: &Run, scenario: &scenario::Scenario) -> String {
    match &run.case {
        Some(case) if case.scenario == scenario.id && catalogue_of(scenario).is_none() => {
            case.path.clone()
        }
        _ => run.replay_token(&scenario.id),
    }
}

fn deviations(judged: &Judged) -> Vec<Deviation<'_>> {
    let entries = judged.deviations.iter().map(|deviation| Deviation {
        what: &deviation.what,
        occurred: deviation.occurred.iter().map(|of| of.exchange).collect(),
        always: deviation.always,
        reason: deviation.reason.as_deref(),
    });
    entries.collect()
}

fn left_out(results: &Results, judged: &Judged) -> Vec<LeftOut> {
    let is_shown = |rule: &str| results.rules.iter().any(|result| result.rule.id == rule);
    let some = judged.rulings.iter().filter(|it| it.left_out > 0 && is_shown(it.rule.id));
    some.map(|ruling| LeftOut { rule: ruling.rule.id, times: ruling.left_out }).collect()
}
