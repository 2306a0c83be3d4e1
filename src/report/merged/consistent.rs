//! Whether the reports of parts say the same in all places: what a part says of its verdict is not taken on trust.

use std::num::NonZeroUsize;

use super::{Document, Finding, Scenario, is_outdated};
use crate::results::{RunEnd, RunVerdict, ShardNumber};
use crate::spec::Level;

/// All verdicts.
const VERDICTS: [RunVerdict; 7] = [
    RunVerdict::Conforms,
    RunVerdict::Violates,
    RunVerdict::Unjudged,
    RunVerdict::NotExercised,
    RunVerdict::Machine,
    RunVerdict::HarnessError,
    RunVerdict::Interrupted,
];

/// What in a part contradicts the rest of it, if anything does.
pub(super) fn contradiction(part: &Document) -> Option<&'static str> {
    let summary = &part.summary;
    let sums = [
        (Level::Must, summary.must, "the number of findings that break a must"),
        (Level::Should, summary.should, "the number of findings that break a should"),
        (Level::Note, summary.note, "the number of notes"),
    ];
    if let Some((_, _, what)) = sums.iter().find(|(level, sum, _)| counted(part, *level) != *sum) {
        return Some(what);
    }
    let Some(verdict) = VERDICTS.iter().find(|verdict| verdict.exit_code() == summary.exit) else {
        return Some("its exit code");
    };
    if verdict.as_str() != summary.verdict {
        return Some("its exit code, and its verdict");
    }
    let is_outdated = part.known.iter().any(|entry| is_outdated(&entry.state));
    let fails = is_outdated || !summary.missed.is_empty();
    let is_wrong = match verdict {
        RunVerdict::Conforms => fails || summary.must > 0,
        // Only a strict run fails for what breaks a should.
        RunVerdict::Violates => !fails && summary.must == 0 && summary.should == 0,
        _ => false,
    };
    if is_wrong {
        return Some("its exit code, and its findings");
    }
    // Earlier versions did not write how a run ended.
    let end = summary.end.as_deref()?;
    let is_interrupted = end == RunEnd::Interrupted.as_str();
    let is_told = *verdict == RunVerdict::Interrupted;
    (is_interrupted != is_told).then_some("its exit code, and how it ended")
}

/// How many findings of a level go into the verdict.
fn counted(part: &Document, level: Level) -> usize {
    let findings = part.scenarios.iter().flat_map(|Scenario { findings, .. }| findings);
    let counts = |Finding { rest, .. }: &&Finding| {
        let is_of = rest.get("level").is_some_and(|it| *it == level.as_str());
        is_of && rest.get("counts").is_some_and(|it| *it == true)
    };
    findings.filter(counts).count()
}

/// The scenario that stands in a part to which it is not dealt, if one does; the scenarios have the order of the
/// catalogue, and of each it is known in which part it is.
pub(super) fn misdealt<'a>(
    scenarios: impl Iterator<Item = (&'a str, usize)>,
    of: usize,
) -> Option<&'a str> {
    let of = NonZeroUsize::new(of)?;
    let is_misdealt = |(place, number): (usize, usize)| {
        NonZeroUsize::new(number).is_none_or(|number| !ShardNumber { number, of }.has(place))
    };
    let mut placed = scenarios.enumerate();
    placed.find(|(place, (_, number))| is_misdealt((*place, *number))).map(|(_, (id, _))| id)
}
