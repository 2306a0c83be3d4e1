//! How a run ended, in the index of its transcripts: whoever judges them again has to know what was not played.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{file_name, index};
use crate::report::{View, words};
use crate::results::{Results, Run, RunEnd, ShardNumber};
use crate::scenario::Blame;

/// More characters of a text are cut.
const TEXT: usize = 200;
/// What the lines begin with. A scenario's line begins with its verdict.
const END: &str = "end: ";
const PART: &str = "part: ";
const NOT_KEPT: &str = "not played: ";
const CONTROL: &str = "control alone: ";
/// Who is to blame for a run that was given up.
const BLAMES: [(&str, Blame); 3] =
    [("client", Blame::Client), ("machine", Blame::Machine), ("harness", Blame::Harness)];

/// How a run ended whose transcripts are in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// How it ended.
    pub end: RunEnd,
    /// Which part of a run it was, if it was one.
    pub part: Option<ShardNumber>,
    /// The ids of the scenarios that were selected and have no transcript.
    pub unplayed: Vec<String>,
    /// The ids of the scenarios that nobody asked for but as controls of others.
    pub controls: Vec<String>,
}

/// The lines that say it.
pub(super) fn lines(results: &Results, view: View, kept: &BTreeMap<String, String>) -> String {
    let mut text = format!("{END}{}", results.end.as_str());
    if let RunEnd::GivenUp { blame, detail } = &results.end {
        let name = BLAMES.iter().find(|(_, of)| of == blame).map_or("harness", |(name, _)| name);
        let detail = words::line(detail, TEXT, &view.secrets(results));
        let _ = write!(text, " {name} {detail}");
    }
    text.push('\n');
    let Run { shard, unplayed, controls, .. } = &results.run;
    if let Some(shard) = shard {
        let _ = writeln!(text, "{PART}{}/{}", shard.part.number, shard.part.of);
    }
    // What could not be judged left no transcript, either.
    let ids = results.scenarios.iter().map(|result| result.judged.id());
    let lost = ids.filter(|id| !kept.contains_key(&file_name(id)));
    let lost = unplayed.iter().map(String::as_str).chain(lost).map(|id| (NOT_KEPT, id));
    for (what, id) in lost.chain(controls.iter().map(|id| (CONTROL, id.as_str()))) {
        let _ = writeln!(text, "{what}{}", words::line(id, TEXT, &view.secrets(results)));
    }
    text
}

impl Ended {
    /// What an index says; `None` if it is of a version that did not say it.
    pub fn read(index: &str) -> Option<Self> {
        let lines = || index::list(index).lines();
        let end = lines().find_map(|line| line.strip_prefix(END))?;
        let part = lines().find_map(|line| line.strip_prefix(PART));
        let ids = |what| lines().filter_map(move |line| line.strip_prefix(what)).map(str::to_owned);
        Some(Self {
            end: end_of(end),
            part: part.and_then(|part| part.parse().ok()),
            unplayed: ids(NOT_KEPT).collect(),
            controls: ids(CONTROL).collect(),
        })
    }
}

fn end_of(text: &str) -> RunEnd {
    let plain = [RunEnd::Complete, RunEnd::Interrupted, RunEnd::Stopped];
    if let Some(end) = plain.into_iter().find(|end| end.as_str() == text) {
        return end;
    }
    let mut words = text.splitn(3, ' ').skip(1);
    let named = words.next().unwrap_or_default();
    let blame = BLAMES.iter().find(|(name, _)| *name == named).map(|(_, blame)| *blame);
    // What a later version says is no end that is known here.
    RunEnd::GivenUp {
        blame: blame.unwrap_or(Blame::Harness),
        detail: words.next().unwrap_or(text).to_owned(),
    }
}
