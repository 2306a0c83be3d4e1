//! `slicecheck check`.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use slicecheck::report::Writer;
use slicecheck::report::saved::{self, Saved};
use slicecheck::report::screen::Screen;
use slicecheck::results::{JudgedScenario, Run};
use slicecheck::scenario::with_large_uploads;

use super::ended::Whole;
use super::files::place;
use super::input::{self, Links};
use super::output::Opened;
use super::transcripts::{MOST_BYTES, transcripts};
use super::{Check, Refused, anchor, ended, places, selection};
use crate::exit::Exit;

/// What a file in gzip's format begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// An error may quote the file; this much of it is shown, in characters.
const MOST_WORDS: usize = 300;

/// Judges saved transcripts as if they had just been recorded.
pub(crate) fn check(check: &Check, out: &mut Screen, err: &mut Screen) -> Exit {
    let judged = sources(check).and_then(|files| {
        let whole = ended::of(check.files.iter().filter(|path| path.is_dir()))?;
        for note in &whole.notes {
            // Nothing is left to tell it to, should this fail.
            let _ = writeln!(err, "note: {note}");
        }
        // Opened only now: a folder that is read must not get other files.
        let opened = Opened::new(&check.options, None, None)?;
        let (run, judged) = judge_all(check, &files, &opened)?;
        let run = with_unplayed(run, &whole, &judged);
        let unplayed = run.unplayed.iter().map(String::as_str);
        let ids: Vec<_> = judged.iter().map(JudgedScenario::id).chain(unplayed).collect();
        selection::covers(&check.options.required, &ids)?;
        if run.shard.is_some() && !check.options.required.is_empty() {
            // As a run: how much of a topic one part has is left to chance.
            let message = "--require-exercised: these are the transcripts of one part of a run";
            return Err(message.to_owned().into());
        }
        Ok((opened, run, whole.end, judged))
    });
    match judged {
        Ok((opened, run, end, judged)) => opened.write(run, end, judged, out, err),
        Err(refused) => refused.tell(err),
    }
}

/// Reads, judges and lets go of one transcript after the other; they have to be of one run.
fn judge_all(
    check: &Check,
    files: &[(PathBuf, Links)],
    opened: &Opened,
) -> Result<(Run, Vec<JudgedScenario>), Refused> {
    let Some((first, links)) = files.first() else {
        let message = "there is no saved transcript in these folders".to_owned();
        return Err(Refused { exit: Exit::NotExercised, message });
    };
    let Saved { mut run, played } = read(first, *links)?;
    run.anchor = anchor::of(&check.options, &run.command);
    run.name = check.options.name.clone().or(run.name);
    opened.keep(&run, &played);
    let mut judged = vec![played.judge()];
    // No two of them are in memory at the same time: each may have hundreds of MiB.
    drop(played);
    for (path, links) in &files[1..] {
        let saved = read(path, *links)?;
        if let Some(before) = judged.iter().position(|of| *of.id() == saved.played.scenario.id) {
            let message = format!("the scenario of {} again", files[before].0.display());
            return Err(place(path, &message).into());
        }
        // How to replay it may differ: a run may have been put together with a part of another.
        if (&saved.run.command, saved.run.seed) != (&run.command, run.seed) {
            let message = format!("of another run than {}", first.display());
            return Err(place(path, &message).into());
        }
        opened.keep(&run, &saved.played);
        judged.push(saved.played.judge());
    }
    // One that is not in the catalogue stands last, as in its run.
    let order = |id: &str| with_large_uploads().position(|it| it.id == id).unwrap_or(usize::MAX);
    judged.sort_by_key(|scenario| order(scenario.id()));
    Ok((run, judged))
}

pub(super) fn read(path: &Path, links: Links) -> Result<Saved, String> {
    let file = input::open(path, MOST_BYTES, links)?;
    let mut file = BufReader::with_capacity(1 << 16, file);
    let named = |error: io::Error| place(path, &error);
    // Earlier versions did not compress them.
    let is_compressed = file.fill_buf().map_err(named)?.starts_with(&GZIP);
    let text: Box<dyn Read> =
        if is_compressed { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
    // A short file in gzip's format may stand for more than memory holds.
    let mut text = BufReader::with_capacity(1 << 20, text.take(MOST_BYTES));
    saved::read(&mut text).map_err(|error| {
        if text.get_ref().limit() == 0 {
            let message =
                format!("decompressed it is longer than the {MOST_BYTES} bytes that are read");
            return place(path, &message);
        }
        let words: String = error.to_string().chars().take(MOST_WORDS).collect();
        place(path, &words)
    })
}

/// The run, with what it did not play, and what it played as controls alone.
fn with_unplayed(run: Run, whole: &Whole, judged: &[JudgedScenario]) -> Run {
    // Another folder may have what one had left out.
    let is_left = |id: &&String| !judged.iter().any(|judged| judged.id() == *id);
    let unplayed: BTreeSet<_> = whole.unplayed.iter().filter(is_left).cloned().collect();
    let selected = Some(judged.len().saturating_add(unplayed.len()));
    let unplayed = unplayed.into_iter().collect();
    let (shard, controls) = (whole.shard.clone(), whole.controls.clone());
    Run { selected, unplayed, shard, controls, ..run }
}

/// What is read, none of which is written to.
fn sources(check: &Check) -> Result<Vec<(PathBuf, Links)>, Refused> {
    let files = files(&check.files)?;
    let mut inputs: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
    // A folder may have nothing to read.
    inputs.extend(check.files.iter().cloned());
    let reports = || check.options.reports.iter().filter(|report| !report.is_stdout());
    places::none_is_read(reports().map(|report| report.path.as_path()), &inputs)?;
    let folders = reports().filter(|it| matches!(it.format.writer, Writer::Folder { .. }));
    places::none_is_read_from(folders.map(|report| report.path.as_path()), &inputs)?;
    Ok(files)
}

/// The files, and those of the folders, in the order of their names. None of them is read before all
/// are known to be files.
fn files(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Links)>, String> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push((path.clone(), Links::Followed));
            continue;
        }
        files.extend(transcripts(path)?.into_iter().map(|file| (file, Links::Refused)));
    }
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (path, links) in &files {
        input::open(path, MOST_BYTES, *links)?;
    }
    Ok(files)
}
