//! How much was exercised, and why not all of it.

use std::fmt::Write as _;
use std::io;

use super::{DOUBTFUL, Screen, View};
use crate::results::{
    ExercisedCount, Results, RuleResult, RuleVerdict, ScenarioResult, ScenarioVerdict,
};
use crate::spec::Level;

/// How many rules and scenarios were exercised, and which not.
pub(super) fn write(results: &Results, view: View, out: &mut Screen) -> io::Result<()> {
    write_rules(results, view, out)?;
    write_scenarios(results, view, out)?;
    write_exercised(results, view, out)
}

fn write_rules(results: &Results, view: View, out: &mut Screen) -> io::Result<()> {
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
        writeln!(out, "           not exercised: {}", silent_rules(rules, view))?;
    }
    Ok(())
}

fn is_silent(result: &RuleResult) -> bool {
    result.verdict() == RuleVerdict::NotExercised
}

/// The rules that did not apply anywhere; `topic/*` where that is true of a whole topic, and how many of which
/// topics, where they are many.
fn silent_rules(rules: &[RuleResult], view: View) -> String {
    const MOST_NAMES: usize = 8;
    let (mut names, mut counts) = (Vec::new(), Vec::new());
    // The catalogue has the rules of a topic side by side.
    for of_topic in rules.chunk_by(|one, other| one.rule.topic() == other.rule.topic()) {
        let silent: Vec<_> = of_topic.iter().filter(|result| is_silent(result)).collect();
        let Some(topic) = silent.first().map(|result| result.rule.topic()) else { continue };
        if silent.len() == of_topic.len() {
            names.push(format!("{topic}/*"));
            counts.push(format!("{topic}/*"));
        } else {
            names.extend(silent.iter().map(|result| result.rule.id.to_owned()));
            counts.push(format!("{} of {topic}", silent.len()));
        }
    }
    if view.verbose || names.len() <= MOST_NAMES {
        names.join(", ")
    } else {
        format!("{} (-v names them)", counts.join(", "))
    }
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

/// How many scenarios were exercised, by topic, and why not all of them, each reason once.
fn write_exercised(results: &Results, view: View, out: &mut Screen) -> io::Result<()> {
    let ExercisedCount { exercised, run } = results.coverage.scenarios;
    let topics = || results.coverage.topics.iter();
    let short = topics().filter(|(_, share)| share.exercised < share.run);
    let mut words: Vec<_> = short
        .map(|(topic, share)| format!("{topic} {} of {}", share.exercised, share.run))
        .collect();
    let whole = topics().filter(|(_, share)| share.exercised == share.run && share.run > 0);
    let whole: Vec<_> = whole.map(|(topic, _)| topic.as_ref()).collect();
    if !whole.is_empty() {
        words.push(format!("all of {}", whole.join(", ")));
    }
    let unplayed = match results.unplayed() {
        0 => String::new(),
        unplayed => format!("; {unplayed} more were selected, but not played"),
    };
    writeln!(out, "exercised  {exercised} of {run} scenarios: {}{unplayed}", words.join(", "))?;
    if exercised < run {
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
    if results.has_traffic() && results.rules.iter().all(is_silent) {
        write!(out, "           ")?;
        out.styled(DOUBTFUL, format_args!("none of the chosen rules applied in any scenario\n"))?;
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
