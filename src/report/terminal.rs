//! The report for people: what was broken, why that matters, where the bytes are.

use std::fmt::Write as _;
use std::io;

use anstyle::{AnsiColor, Style};

use super::known::KnownState;
use super::screen::Screen;
use super::secrets::Secrets;
use super::text::{cut, safe_text};
use super::{
    Disposition, Judged, Report, RuleTally, RunEnd, RunVerdict, ScenarioResult, ScenarioVerdict,
};
use crate::mutant::Resemblance;
use crate::rules::{Finding, Rule};
use crate::scenario::Blame;
use crate::spec::Level;

mod evidence;

use evidence::{write_bytes, write_ladder};

const BAD: Style = AnsiColor::Red.on_default().bold();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const QUIET: Style = Style::new().dimmed();

/// Longer lines are cut.
const WIDTH: usize = 160;

/// What a reader wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub struct View {
    /// Notes and passed scenarios in full, too.
    pub verbose: bool,
    /// Signatures and keys as they are.
    pub show_secrets: bool,
}

impl View {
    /// What must not be shown.
    pub(super) fn secrets(self, report: &Report) -> Secrets {
        if self.show_secrets { Secrets::default() } else { Secrets::of(report) }
    }
}

/// Writes the whole report.
pub fn write(report: &Report, view: View, out: &mut dyn io::Write) -> io::Result<()> {
    let out = &mut Screen::hiding(out, view.secrets(report));
    for level in [Level::Must, Level::Should, Level::Note] {
        for broken in broken_rules(report, level) {
            let full =
                level == Level::Must || view.verbose || (report.strict && level == Level::Should);
            write_rule(report, &broken, full, view, out)?;
        }
    }
    write_outputs(report, view, out)?;
    write_summary(report, view, out)
}

/// A broken rule and all the places where it was.
struct Broken<'a> {
    rule: &'static Rule,
    places: Vec<(&'a ScenarioResult, &'a Judged, &'a Finding)>,
    /// Whether the first place does.
    counts: bool,
}

fn broken_rules(report: &Report, level: Level) -> Vec<Broken<'_>> {
    let mut all: Vec<Broken> = Vec::new();
    for result in &report.results {
        let Ok(judged) = &result.judged else { continue };
        let disposition = report.dispositions(result);
        for finding in judged.findings() {
            let disposition = disposition(finding);
            if finding.rule.level() != level || disposition == Disposition::Known {
                continue;
            }
            let place = (result, judged, finding);
            let counts = disposition == Disposition::Counts;
            match all.iter_mut().find(|broken| broken.rule.id == finding.rule.id) {
                // What counts is shown, wherever in the catalogue it stands.
                Some(broken) if counts && !broken.counts => {
                    broken.counts = true;
                    broken.places.insert(0, place);
                }
                Some(broken) => broken.places.push(place),
                None => {
                    all.push(Broken { rule: finding.rule, places: vec![place], counts });
                }
            }
        }
    }
    all
}

fn write_rule(
    report: &Report,
    broken: &Broken,
    full: bool,
    view: View,
    out: &mut Screen,
) -> io::Result<()> {
    let Broken { rule, places, .. } = broken;
    let Some((result, judged, finding)) = places.first() else { return Ok(()) };
    let level = rule.level();
    let style = if level == Level::Must { BAD } else { DOUBTFUL };
    out.styled(style, format_args!("✗ {}", rule.id))?;
    writeln!(out, "  {}  {}", level.as_str(), rule.summary)?;
    if full {
        writeln!(out, "  clause    {}", rule.clause.text)?;
        writeln!(out, "  source    {}", rule.clause.source)?;
        writeln!(out, "  why       {}", rule.why)?;
    }
    writeln!(out, "  scenario  {}", scenario_words(report, result))?;
    if full {
        write_ladder(judged, finding, out)?;
    }
    let evidence = &finding.evidence;
    if let Some((number, place)) = finding.exchange.zip(judged.shown.place(rule.id)) {
        let number = number + 1;
        let micros = place.started.as_micros();
        let connection = place.connection;
        let millis = format!("+{}.{} ms", micros / 1000, micros % 1000 / 100);
        writeln!(
            out,
            "  request {number}, {}, connection {connection}, {millis}",
            shown(&evidence.at, out)
        )?;
        if full && let Some(excerpt) = &place.excerpt {
            write_bytes(excerpt, view, out)?;
        }
    }
    writeln!(out, "      expected  {}", shown(&evidence.expected, out))?;
    writeln!(out, "      found     {}", shown(&evidence.found, out))?;
    match more_places(judged, finding) {
        0 => {}
        1 => writeln!(out, "  also in   1 more place of this scenario")?,
        places => writeln!(out, "  also in   {places} more places of this scenario")?,
    }
    let others = also_in(places);
    if !others.is_empty() {
        writeln!(out, "  also in   {others}")?;
    }
    if full {
        writeln!(out, "  replay    {}", replay_line(report, result))?;
    }
    writeln!(out)
}

fn scenario_words(report: &Report, result: &ScenarioResult) -> String {
    let mut words = format!("{}: {}", result.scenario.id, result.scenario.summary);
    if let Some(control) = result.scenario.control.as_deref().and_then(|id| report.result(id)) {
        let verdict = report.scenario_verdict(control);
        let _ = write!(words, " (control {}: {}", control.scenario.id, verdict.as_str());
        words.push_str(match verdict {
            ScenarioVerdict::Fail => ", so this does not count)",
            _ => ")",
        });
    }
    words
}

/// In how many places of its scenario a finding's rule is broken besides this one.
fn more_places(judged: &Judged, finding: &Finding) -> usize {
    let ruling = judged.rulings.iter().find(|ruling| ruling.rule.id == finding.rule.id);
    ruling.map_or(0, |ruling| ruling.broken().saturating_sub(1))
}

/// The other scenarios of a broken rule.
fn also_in(places: &[(&ScenarioResult, &Judged, &Finding)]) -> String {
    const SHOWN: usize = 4;
    let (first, ..) = places[0];
    let mut ids: Vec<_> = places.iter().map(|(result, ..)| result.scenario.id.as_str()).collect();
    ids.dedup();
    ids.retain(|id| *id != first.scenario.id);
    let mut words: Vec<_> = ids.iter().take(SHOWN).map(ToString::to_string).collect();
    if ids.len() > SHOWN {
        let more = ids.len() - SHOWN;
        words.push(format!("{more} more {}", if more == 1 { "scenario" } else { "scenarios" }));
    }
    words.join(", ")
}

/// What fits into a line. It is masked before it is cut: a secret without its end is one, too.
fn shown(text: &str, out: &Screen) -> String {
    cut(&safe_text(&out.secrets().mask(text)), WIDTH)
}

fn replay_line(report: &Report, result: &ScenarioResult) -> String {
    let mut words = vec!["slicecheck".to_owned(), "run".to_owned()];
    words.extend(report.replay_options.iter().cloned());
    words.extend(["--replay".to_owned(), result.replay_token(report.seed)]);
    if !report.command.is_empty() {
        words.push("--".to_owned());
        words.extend(report.command.iter().cloned());
    }
    let quote = |word: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+{}".contains(c);
        let safe = !word.is_empty() && word.chars().all(plain);
        if safe { word.clone() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// What the client printed in scenarios that failed, a few lines each; if it never sent a request,
/// what it printed in the first.
fn write_outputs(report: &Report, view: View, out: &mut Screen) -> io::Result<()> {
    const SCENARIOS: usize = 3;
    let connected = report.results.iter().any(sent_something);
    let spoke = |result: &&ScenarioResult| !(result.stdout.is_empty() && result.stderr.is_empty());
    let failed =
        report.results.iter().filter(spoke).filter(|result| {
            !connected || report.scenario_verdict(result) == ScenarioVerdict::Fail
        });
    let most = match (view.verbose, connected) {
        (true, _) => usize::MAX,
        (false, true) => SCENARIOS,
        (false, false) => 1,
    };
    for result in failed.filter(|result| result.judged.is_ok()).take(most) {
        out.styled(QUIET, format_args!("printed in {}\n", result.scenario.id))?;
        for bytes in [&result.stdout, &result.stderr] {
            // All of it at once: what is secret may be spread over lines.
            let text = String::from_utf8_lossy(bytes);
            let text = out.secrets().mask(&text).into_owned();
            for line in first_and_last(&text) {
                writeln!(out, "  {}", shown(&line, out))?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The lines that tell most: some languages print the reason first, others last.
fn first_and_last(text: &str) -> Vec<String> {
    const EACH: usize = 4;
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() <= 2 * EACH {
        return lines.iter().map(ToString::to_string).collect();
    }
    let head = lines.iter().take(EACH).map(ToString::to_string);
    let tail = lines.iter().skip(lines.len() - EACH).map(ToString::to_string);
    head.chain(["…".to_owned()]).chain(tail).collect()
}

fn write_summary(report: &Report, view: View, out: &mut Screen) -> io::Result<()> {
    let tallies = report.tallies();
    let holds = |level| {
        let mine = tallies.iter().filter(move |tally| tally.rule.level() == level);
        let (broken, rest): (Vec<_>, Vec<_>) = mine.partition(|tally| tally.broken > 0);
        let held = rest.iter().filter(|tally| tally.held > 0).count();
        format!("{held} hold, {} broken", broken.len())
    };
    let silent = tallies.iter().filter(|tally| tally.held + tally.broken == 0).count();
    let exercised = tallies.len() - silent;
    writeln!(
        out,
        "rules      {exercised} exercised of {}: must {}; should {}; note {}",
        tallies.len(),
        holds(Level::Must),
        holds(Level::Should),
        holds(Level::Note)
    )?;
    if silent > 0 {
        writeln!(out, "           not exercised: {}", not_exercised(&tallies).join(", "))?;
    }
    let sliced = tallies.iter().any(|tally| tally.rule.topic() == "data" && tally.held > 0);
    if exercised > 0 && !sliced && report.results.iter().any(sent_something) {
        write!(out, "           ")?;
        out.styled(DOUBTFUL, format_args!("no slice was sent in any scenario\n"))?;
    }
    let mut counts = String::new();
    for verdict in [
        ScenarioVerdict::Pass,
        ScenarioVerdict::Fail,
        ScenarioVerdict::Unsupported,
        ScenarioVerdict::HarnessError,
        ScenarioVerdict::NotExercised,
    ] {
        let of_this =
            report.results.iter().filter(|result| report.scenario_verdict(result) == verdict);
        let ids: Vec<_> = of_this.map(|result| result.scenario.id.as_str()).collect();
        if !ids.is_empty() {
            let _ = write!(counts, "; {} {}", ids.len(), verdict.as_str());
            if verdict != ScenarioVerdict::Pass && (ids.len() <= 4 || view.verbose) {
                let _ = write!(counts, " ({})", ids.join(", "));
            }
        }
    }
    let run = report.results.len();
    writeln!(out, "scenarios  {run} run{counts}; seed {}", report.seed)?;
    write_known(report, out)?;
    write_errors(report, out)?;
    if !view.verbose && !report.strict && report.count(Level::Should) > 0 {
        writeln!(out, "           -v shows findings of should and note in full")?;
    }
    if let Some(Resemblance { mutant, percent }) = &report.resembles {
        writeln!(out, "resembles  mutant {}, by {percent} %: {}", mutant.id, mutant.summary)?;
    }
    let verdict = report.verdict();
    let (style, words) = match verdict {
        RunVerdict::Conforms => (GOOD, "conforms"),
        RunVerdict::Violates => (BAD, "does not conform"),
        RunVerdict::Unjudged => (BAD, "could not be judged: see above"),
        RunVerdict::NotExercised => (BAD, "nothing was exercised"),
        RunVerdict::Machine => (BAD, "could not be judged on this machine: see above"),
        RunVerdict::HarnessError => (BAD, "the harness failed: see above; please report this"),
        RunVerdict::Interrupted => (DOUBTFUL, "interrupted before the end"),
    };
    let client = match report.command.first() {
        None => "the built-in reference client".to_owned(),
        Some(program) => program.clone(),
    };
    write!(out, "verdict    {client}: ")?;
    out.styled(style, format_args!("{words}"))?;
    writeln!(out, " (exit {})", verdict.exit_code())
}

/// How many findings are excused, and which excuses have to go.
fn write_known(report: &Report, out: &mut Screen) -> io::Result<()> {
    let (states, entries) = (report.known_states(), &report.known.entries);
    if states.is_empty() {
        return Ok(());
    }
    let matched =
        report.findings().filter(|(_, disposition)| *disposition == Disposition::Known).count();
    writeln!(out, "known      {matched} findings do not count, by {} entries", entries.len())?;
    for (entry, state) in entries.iter().zip(states) {
        let (rule, glob) = (entry.rule.id, &entry.glob);
        let words = match state {
            KnownState::UnexpectedPass => "matched nothing: take it out".to_owned(),
            KnownState::Expired => {
                format!("has expired on {}", entry.expires.as_deref().unwrap_or_default())
            }
            KnownState::Matched(_) | KnownState::NotRun => continue,
        };
        write!(out, "           ")?;
        out.styled(BAD, format_args!("✗ {rule} in {glob}"))?;
        writeln!(out, " {words} ({})", entry.reason)?;
    }
    Ok(())
}

fn sent_something(result: &ScenarioResult) -> bool {
    result.judged.as_ref().is_ok_and(Judged::has_traffic)
}

/// The rules that did not apply anywhere; `topic/*` where that is true of a whole topic.
fn not_exercised(tallies: &[RuleTally]) -> Vec<String> {
    let silent = |tally: &&RuleTally| tally.held + tally.broken == 0;
    let mut names = Vec::new();
    for tally in tallies.iter().filter(silent) {
        let topic = tally.rule.topic();
        let mut siblings = tallies.iter().filter(|other| other.rule.topic() == topic);
        let name = if siblings.all(|sibling| silent(&sibling)) {
            format!("{topic}/*")
        } else {
            tally.rule.id.to_owned()
        };
        if names.last() != Some(&name) {
            names.push(name);
        }
    }
    names
}

fn write_errors(report: &Report, out: &mut Screen) -> io::Result<()> {
    if let RunEnd::GivenUp { detail, .. } = &report.end {
        writeln!(out, "error      the run was given up: {detail}")?;
    }
    let failures =
        report.results.iter().filter_map(|result| Some((result, result.judged.as_ref().err()?)));
    let mut told: Vec<&str> = Vec::new();
    for (result, failure) in failures {
        if !told.contains(&failure.message.as_str()) {
            let message = &failure.message;
            if failure.blame == Blame::Harness {
                writeln!(out, "error      {}: {message}", result.scenario.id)?;
            } else {
                writeln!(out, "error      {message}")?;
            }
            told.push(&failure.message);
        }
    }
    let judged: Vec<_> =
        report.results.iter().filter_map(|result| result.judged.as_ref().ok()).collect();
    let connected = judged.iter().any(|judged| judged.has_traffic());
    if !connected && let Some(judged) = judged.first() {
        let outcome = judged.transcript.outcome.as_ref();
        let (claim, words) = outcome.map(|outcome| (outcome.claim, &*outcome.detail)).unzip();
        writeln!(
            out,
            "error      the client never sent a request in any scenario; its claim was {:?} ({}). {}",
            claim.unwrap_or(crate::protocol::Claim::Failed),
            words.unwrap_or_default(),
            if report.replay_options.iter().any(|option| option == "proxy") {
                "Does it heed http_proxy? Not every HTTP library does."
            } else {
                "Does it read SLICECHECK_ENDPOINT, or {endpoint} in its arguments, or need --via proxy?"
            }
        )?;
    }
    Ok(())
}
