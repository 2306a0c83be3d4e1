//! `slicecheck check`.

use std::fs;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use slicecheck::report::saved::{self, Saved};
use slicecheck::report::screen::Screen;
use slicecheck::report::{Report, RunEnd};
use slicecheck::scenario::scenarios;

use super::files::place;
use super::input::{self, Links};
use super::output::Opened;
use super::{Check, Refused};
use crate::exit::Exit;

/// A file may have this many bytes: more than any that a run has written.
const MOST_BYTES: u64 = 384 << 20;
/// What is wrong in a file may quote it; this much of that is shown, in characters.
const MOST_WORDS: usize = 300;

/// Judges saved conversations as if they had just been held.
pub(crate) fn check(check: &Check, out: &mut Screen, err: &mut Screen) -> Exit {
    match judge_all(check) {
        Ok((report, opened)) => opened.write(report, out, err),
        Err(refused) => refused.tell(err),
    }
}

/// Reads, judges and lets go of one conversation after the other; they have to be of one run.
fn judge_all(check: &Check) -> Result<(Report, Opened<'_>), Refused> {
    let mut opened = Opened::new(&check.options, None)?;
    let files = files(&check.files)?;
    let Some((path, links)) = files.first() else {
        let message = "there is no saved conversation in these folders".to_owned();
        return Err(Refused { exit: Exit::NotExercised, message });
    };
    let first = read(path, *links)?;
    let mut report = Report {
        command: first.command.clone(),
        seed: first.seed,
        replay_options: first.replay_options.clone(),
        strict: check.options.strict,
        known: opened.take_known(),
        end: RunEnd::Complete,
        resembles: None,
        results: Vec::new(),
    };
    let mut places: Vec<&Path> = Vec::new();
    let mut next = Some(first);
    for (path, links) in &files {
        let saved = next.take().map_or_else(|| read(path, *links), Ok)?;
        let Saved { command, seed, mut result, .. } = saved;
        if let Some(before) =
            report.results.iter().position(|of| of.scenario.id == result.scenario.id)
        {
            let words = format!("the scenario of {} again", places[before].display());
            return Err(place(path, &words).into());
        }
        if (&command, seed) != (&report.command, report.seed) {
            return Err(
                place(path, &format!("of another run than {}", files[0].0.display())).into()
            );
        }
        opened.keep(&report, &result);
        if let Ok(judged) = &mut result.judged {
            judged.release();
        }
        places.push(path);
        report.results.push(result);
    }
    let order = |id: &str| scenarios().position(|scenario| scenario.id == id);
    report.results.sort_by_key(|result| order(&result.scenario.id));
    Ok((report, opened))
}

fn read(path: &Path, links: Links) -> Result<Saved, String> {
    let file = input::open(path, MOST_BYTES, links)?;
    saved::read(BufReader::with_capacity(1 << 20, file.take(MOST_BYTES))).map_err(|error| {
        let words: String = error.to_string().chars().take(MOST_WORDS).collect();
        place(path, &words)
    })
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
        let named = |error: io::Error| place(path, &error);
        for entry in fs::read_dir(path).map_err(named)? {
            let file = entry.map_err(named)?.path();
            if file.extension() == Some(Path::new("json").as_os_str()) {
                files.push((file, Links::Refused));
            }
        }
    }
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (path, links) in &files {
        input::open(path, MOST_BYTES, *links)?;
    }
    Ok(files)
}
