//! The end of the report: counts, what is known, errors, and the verdict.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use super::{BAD, DOUBTFUL, GOOD, Screen, View, coverage};
use crate::mutant::Resemblance;
use crate::protocol::Claim;
use crate::report::words;
use crate::results::known::KnownState;
use crate::results::{KnownResult, Results, RunEnd, RunVerdict, ScenarioResult};
use crate::scenario::Blame;
use crate::spec::Level;

/// Of waiting, what is shorter is not told.
const LEAST_TOLD: Duration = Duration::from_millis(50);

/// Writes the last lines, of which the very last has the verdict.
pub(super) fn write(results: &Results, view: View, out: &mut Screen) -> io::Result<()> {
    writeln!(out, "findings   {}", words::findings(results))?;
    coverage::write(results, view, out)?;
    write_time(results, out)?;
    write_discounted(results, out)?;
    write_known(results, view, out)?;
    write_errors(results, view, out)?;
    if !view.verbose && !results.strict && results.count(Level::Should) > 0 {
        writeln!(out, "           -v shows findings of should and note in full")?;
    }
    for (number, Resemblance { mutant, percent }) in results.resembles.iter().enumerate() {
        let word = if number == 0 { "resembles" } else { "     or as" };
        writeln!(out, "{word}  mutant {}, by {percent} %: {}", mutant.id, mutant.summary)?;
    }
    write_missed(results, out)?;
    if let Some(words) = words::cut_short(results) {
        write!(out, "ended      ")?;
        out.styled(DOUBTFUL, format_args!("{words}"))?;
        writeln!(out)?;
    }
    let style = match results.verdict {
        RunVerdict::Conforms => GOOD,
        RunVerdict::Interrupted => DOUBTFUL,
        _ => BAD,
    };
    let reason = match results.verdict {
        RunVerdict::Conforms | RunVerdict::NotExercised | RunVerdict::Interrupted => "",
        RunVerdict::Violates if words::breaks_rules(results) => "",
        RunVerdict::HarnessError => ": see above; please report this",
        RunVerdict::Violates | RunVerdict::Unjudged | RunVerdict::Machine => ": see above",
    };
    let words = words::verdict(results);
    let client = results.run.title();
    write!(out, "verdict    {client}: ")?;
    out.styled(style, format_args!("{words}{reason}"))?;
    writeln!(out, " (exit {})", results.verdict.exit_code())
}

/// How long the scenarios took, one after the other, and how much of it went into waiting: for clients that did
/// not end, and in the other scenarios for each other.
fn write_time(results: &Results, out: &mut Screen) -> io::Result<()> {
    let is_hung = |result: &&ScenarioResult| {
        let outcome = result.judged().and_then(|judged| judged.outcome.as_ref());
        outcome.is_some_and(|outcome| outcome.claim == Claim::Hung)
    };
    let elapsed = |result: &&ScenarioResult| result.judged.elapsed;
    let (hung, ended): (Vec<_>, Vec<_>) = results.scenarios.iter().partition(is_hung);
    let waiting = || ended.iter().map(|result| result.judged.waiting());
    let all: Duration = results.scenarios.iter().map(|result| result.judged.elapsed).sum();
    write!(out, "time       {:.1} s in all scenarios", all.as_secs_f64())?;
    let lost = [
        (hung.iter().map(elapsed).sum(), format!("in {} that only the deadline ended", hung.len())),
        (
            waiting().map(|waiting| waiting.service).sum(),
            "for replies that the service delayed or withheld".to_owned(),
        ),
        (
            waiting().map(|waiting| waiting.client).sum(),
            "in pauses of the client between an answer and its next request".to_owned(),
        ),
    ];
    let is_told = |(time, _): &&(Duration, String)| *time >= LEAST_TOLD;
    for (number, (time, words)) in lost.iter().filter(is_told).enumerate() {
        let of = if number == 0 { " of it" } else { "" };
        write!(out, ", {:.1} s{of} {words}", time.as_secs_f64())?;
    }
    writeln!(out)
}

/// Whether anything that the client did fails the run, and not an entry of the known findings or what was
/// required alone.
/// How many findings do not count because of a control, and what to do about it.
fn write_discounted(results: &Results, out: &mut Screen) -> io::Result<()> {
    const SHOWN: usize = 4;
    let discounted = results.count_discounted();
    if discounted == 0 {
        return Ok(());
    }
    let (findings, they) =
        if discounted == 1 { ("finding does", "it") } else { ("findings do", "they") };
    writeln!(
        out,
        "discounted {discounted} {findings} not count, for {they} may not come from what the scenario is about:"
    )?;
    let mut told: Vec<String> = Vec::new();
    for discount in results.findings().filter_map(|found| found.disposition.discount()) {
        let line = discount.to_string();
        if !told.contains(&line) {
            told.push(line);
        }
    }
    for line in told.iter().take(SHOWN) {
        writeln!(out, "           {line}")?;
    }
    if told.len() > SHOWN {
        writeln!(out, "           and {} more controls", told.len() - SHOWN)?;
    }
    writeln!(out, "           once the controls complete without these findings, run this again")
}

/// How many findings are excused, and which excuses have to go.
fn write_known(results: &Results, view: View, out: &mut Screen) -> io::Result<()> {
    if results.known.is_empty() {
        return Ok(());
    }
    let (matched, entries) = (results.count_known(), results.known.len());
    let findings = words::count(matched, "finding does", "findings do");
    let entries = words::count(entries, "entry", "entries");
    writeln!(out, "known      {findings} not count, by {entries}")?;
    let stale: Vec<_> = results.known.iter().filter(|known| known.state.fails()).collect();
    for KnownResult { entry, state } in stale.iter().take(view.most_lines()) {
        let words = match state {
            KnownState::Expired => {
                format!("has expired on {}", entry.expires.as_deref().unwrap_or_default())
            }
            _ => "matched nothing: take it out".to_owned(),
        };
        write!(out, "           ")?;
        out.styled(BAD, format_args!("✗ {} in {}", entry.rule.id, entry.glob))?;
        writeln!(out, " {words} ({})", entry.reason)?;
    }
    if stale.len() > view.most_lines() {
        writeln!(out, "           and {} more entries", stale.len() - view.most_lines())?;
    }
    Ok(())
}

fn write_missed(results: &Results, out: &mut Screen) -> io::Result<()> {
    for missed in &results.missed {
        let share = results.coverage.topic(&missed.topic).unwrap_or_default();
        write!(out, "required   ")?;
        out.styled(BAD, format_args!("✗ {} % of {}", missed.percent, missed.topic))?;
        writeln!(out, " to be exercised; {} of {} scenarios were", share.exercised, share.run)?;
    }
    Ok(())
}

fn write_errors(results: &Results, view: View, out: &mut Screen) -> io::Result<()> {
    if let RunEnd::GivenUp { detail, .. } = &results.end {
        writeln!(out, "error      the run was given up: {detail}")?;
    }
    let mut told: Vec<&str> = Vec::new();
    for result in &results.scenarios {
        let Some(failure) = result.failure() else { continue };
        let message = failure.message.as_str();
        if told.contains(&message) || told.len() >= view.most_lines() {
            continue;
        }
        if failure.blame == Blame::Harness {
            writeln!(out, "error      {}: {message}", result.judged.id())?;
        } else {
            writeln!(out, "error      {message}")?;
        }
        told.push(message);
    }
    if !results.has_traffic()
        && let Some(judged) = results.judged().next()
    {
        let outcome = judged.outcome.as_ref();
        let (claim, words) = outcome.map(|outcome| (outcome.claim, &*outcome.detail)).unzip();
        writeln!(
            out,
            "error      the client never sent a request in any scenario; its claim was {:?} ({}). {}",
            claim.unwrap_or(Claim::Failed),
            words.unwrap_or_default(),
            why_nothing_came(results)
        )?;
    }
    Ok(())
}

/// What connections without a request tell, or what to look at where there were none.
fn why_nothing_came(results: &Results) -> String {
    let outcomes = results.judged().filter_map(|judged| judged.outcome.as_ref());
    let failed: BTreeSet<_> = outcomes.flat_map(|outcome| &outcome.failed_connections).collect();
    if failed.is_empty() {
        let has = |word: &str| results.run.replay_options.iter().any(|option| option == word);
        let advice = if has("proxy") {
            "Does it heed http_proxy? Not every HTTP library does."
        } else if results.run.asks_a_plan() {
            "Does it send its requests to the endpoint of the words that it fetched?"
        } else if has("hosts") {
            "Does it send its requests to gz.file.myqcloud.com?"
        } else {
            "Does it read SLICECHECK_ENDPOINT, or {endpoint} in its arguments, or need --via proxy?"
        };
        return advice.to_owned();
    }
    let told =
        failed.iter().map(|failed| format!("But {}. {}", failed.describe(), failed.advice()));
    told.collect::<Vec<_>>().join(" ")
}
