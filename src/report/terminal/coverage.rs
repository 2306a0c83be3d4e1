//! How much was exercised, and why not all of it.

use std::fmt::Write as _;
use std::io;

use super::{DOUBTFUL, Screen, View};
use crate::results::{Results, RuleResult, RuleVerdict, ScenarioResult, ScenarioVerdict, Share};
use crate::spec::Level;

/// How many rules and scenarios were exercised, and which not.
pub(super) fn write(results: &Results, view: View, out: &mut Screen) -> io::Result<()> {
    write_rules(results, out)?;
    write_scenarios(results, view, out)?;
    write_exercised(results, view, out)
}

fn write_rules(results: &Results, out: &mut Screen) -> io::Result<()> {
    let rules = &results.rules;
    let count = |level: Level, verdict: RuleVerdict| {
        let mine = rules.iter().filter(|result| result.rule.level() == level);
        mine.filter(|result| result.verdict() == verdict).count()
    };
    let [must, should, note] = [Level::Must, Level::Should, Level::Note].map(|level| {
        let holds = count(level, RuleVerdict::Holds);
        format!("{holds} hold, {} broken", count(level, RuleVerdict::Broken))
    });
    let silent = rules.iter().filter(|result| is_silent(result)).count();
    let exercised = rules.len() - silent;
    writeln!(
        out,
        "rules      {exercised} exercised of {}: must {must}; should {should}; note {note}",
        rules.len()
    )?;
    if silent > 0 {
        writeln!(out, "           not exercised: {}", silent_rules(rules).join(", "))?;
    }
    Ok(())
}

fn is_silent(result: &RuleResult) -> bool {
    result.verdict() == RuleVerdict::NotExercised
}

/// The rules that did not apply anywhere; `topic/*` where that is true of a whole topic.
fn silent_rules(rules: &[RuleResult]) -> Vec<String> {
    let mut names = Vec::new();
    for result in rules.iter().filter(|result| is_silent(result)) {
        let topic = result.rule.topic();
        let mut siblings = rules.iter().filter(|other| other.rule.topic() == topic);
        let name =
            if siblings.all(is_silent) { format!("{topic}/*") } else { result.rule.id.to_owned() };
        if names.last() != Some(&name) {
            names.push(name);
        }
    }
    names
}

fn write_scenarios(results: &Results, view: View, out: &mut Screen) -> io::Result<()> {
    let mut counts = String::new();
    for verdict in ScenarioVerdict::ALL {
        let mine = results.scenarios.iter().filter(|result| result.verdict == verdict);
        let ids: Vec<_> = mine.map(|result| result.judged.id()).collect();
        if !ids.is_empty() {
            let _ = write!(counts, "; {} {}", ids.len(), verdict.as_str());
            if verdict != ScenarioVerdict::Pass && (ids.len() <= 4 || view.verbose) {
                let _ = write!(counts, " ({})", ids.join(", "));
            }
        }
    }
    let (run, seed) = (results.scenarios.len(), results.run.seed);
    let part = results.run.shard.as_ref().map_or_else(String::new, |shard| {
        format!("; part {} of {}", shard.part.number, shard.part.of)
    });
    writeln!(out, "scenarios  {run} run{counts}; seed {seed}{part}")
}

/// How many scenarios were exercised; by topic, where not all; and the reasons, each once.
fn write_exercised(results: &Results, view: View, out: &mut Screen) -> io::Result<()> {
    let Share { exercised, run } = results.coverage.scenarios;
    if exercised < run {
        let topics = results.coverage.topics.iter();
        let short = topics.filter(|(_, share)| share.exercised < share.run);
        let short: Vec<_> = short
            .map(|(topic, share)| format!("{topic} {} of {}", share.exercised, share.run))
            .collect();
        writeln!(out, "exercised  {exercised} of {run} scenarios: {}", short.join(", "))?;
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for (reason, result) in results.scenarios.iter().flat_map(reasons_of) {
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, ids)) => ids.push(result.judged.id()),
                None => reasons.push((reason, vec![result.judged.id()])),
            }
        }
        let more = reasons.len().saturating_sub(view.most_lines());
        for (reason, ids) in reasons.into_iter().take(view.most_lines()) {
            let all = view.verbose || ids.len() <= 2;
            let places = if all { ids.join(", ") } else { format!("{} scenarios", ids.len()) };
            writeln!(out, "           {reason}: {places}")?;
        }
        if more > 0 {
            writeln!(out, "           and {more} more reasons")?;
        }
    }
    if results.has_traffic() && !results.judged().any(|judged| judged.used_slices) {
        write!(out, "           ")?;
        out.styled(DOUBTFUL, format_args!("no request of a slice upload came in any scenario\n"))?;
    }
    Ok(())
}

/// Why something that a scenario is about did not happen.
fn reasons_of(result: &ScenarioResult) -> impl Iterator<Item = (&str, &ScenarioResult)> {
    let reasons = result.judged().map(crate::results::Judged::reasons).unwrap_or_default();
    reasons.into_iter().map(move |reason| (reason, result))
}
