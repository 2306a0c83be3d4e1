//! How the runs ended whose folders of transcripts are judged again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use slicecheck::report::saved::Ended;
use slicecheck::results::{RunEnd, Shard, ShardNumber};

use super::files::place;
use super::transcripts::index_of;

/// How a run ended, put together from all folders of it.
pub(super) struct Whole {
    /// How it ended: the first end that is not that of a complete run stands for all.
    pub(super) end: RunEnd,
    /// The part that it is, if it is the only one.
    pub(super) shard: Option<Shard>,
    /// What was selected, and not played.
    pub(super) unplayed: Vec<String>,
    /// What was played as the control of something else alone.
    pub(super) controls: Vec<String>,
    /// The folders that do not say how their run ended, and why, a sentence each.
    pub(super) notes: Vec<String>,
}

/// What the indexes of these folders say; an error names one.
pub(super) fn of<'a>(folders: impl Iterator<Item = &'a PathBuf>) -> Result<Whole, String> {
    let mut whole = Whole {
        end: RunEnd::Complete,
        shard: None,
        unplayed: Vec::new(),
        controls: Vec::new(),
        notes: Vec::new(),
    };
    let mut parts: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut last = None;
    for folder in folders {
        match read(folder)? {
            Ok(Ended { end, part, unplayed, controls, .. }) => {
                if whole.end == RunEnd::Complete {
                    whole.end = end;
                }
                whole.unplayed.extend(unplayed);
                whole.controls.extend(controls);
                parts.extend(part.map(|ShardNumber { number, of, .. }| (of.get(), number.get())));
                last = part.map(|part| (folder, part)).or(last);
            }
            Err(note) => whole.notes.push(place(folder, &note)),
        }
    }
    let Some((folder, part)) = last else { return Ok(whole) };
    let of = part.of.get();
    let missing = (1..=of).find(|number| !parts.contains(&(of, *number)));
    match missing {
        None if parts.len() == of => {}
        Some(_) if parts.len() == 1 => whole.shard = Some(Shard { part, borrowed: Vec::new() }),
        Some(missing) if parts.iter().all(|(all, _)| *all == of) => {
            let message = format!("part {missing} of {of} is missing: check one part, or all");
            return Err(place(folder, &message));
        }
        _ => return Err(place(folder, &"the parts are not of one run: their numbers differ")),
    }
    Ok(whole)
}

/// What the index of a folder says, or why it says nothing.
fn read(folder: &Path) -> Result<Result<Ended, &'static str>, String> {
    let Some(index) = index_of(folder)? else {
        return Ok(Err(
            "there is no index.txt: the run was killed, or has not ended, and what it \
            did not play is not known",
        ));
    };
    Ok(Ended::read(&index)
        .ok_or("index.txt is of an earlier version: what the run did not play is not known"))
}
