//! `slicecheck check`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use slicecheck::report::saved::{self, Saved};
use slicecheck::report::screen::Screen;
use slicecheck::report::{Report, RunEnd};
use slicecheck::scenario::scenarios;

use super::Check;
use super::telling::Opened;
use crate::exit::Exit;

/// Judges saved conversations as if they had just been held.
pub(crate) fn check(check: &Check, out: &mut Screen, err: &mut Screen) -> io::Result<Exit> {
    let read = || Ok((Opened::new(&check.telling)?, read_all(&check.files)?));
    let (mut opened, all) = match read() {
        Ok(read) => read,
        Err::<_, String>(error) => {
            writeln!(err, "error: {error}")?;
            return Ok(Exit::Usage);
        }
    };
    let Some(first) = all.first() else {
        writeln!(err, "error: there is no saved conversation in these folders")?;
        return Ok(Exit::NotExercised);
    };
    let report = Report {
        command: first.command.clone(),
        seed: first.seed,
        replay_options: first.replay_options.clone(),
        strict: check.telling.strict,
        known: opened.take_known(),
        end: RunEnd::Complete,
        resembles: None,
        results: all.into_iter().map(|saved| saved.result).collect(),
    };
    for result in &report.results {
        opened.keep(&report, result)?;
    }
    opened.write(report, out, err)
}

/// All conversations, in the order of the catalogue; they have to be of one run.
fn read_all(paths: &[PathBuf]) -> Result<Vec<Saved>, String> {
    let mut all: Vec<(PathBuf, Saved)> = Vec::new();
    for path in files(paths)? {
        let place = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read(&path).map_err(|error| place(&error))?;
        let saved = saved::read(&text).map_err(|error| place(&error))?;
        for (other, before) in &all {
            if before.result.scenario.id == saved.result.scenario.id {
                return Err(place(&format!("the scenario of {} again", other.display())));
            }
            if (&before.command, before.seed) != (&saved.command, saved.seed) {
                return Err(place(&format!("of another run than {}", other.display())));
            }
        }
        all.push((path, saved));
    }
    let order = |id| scenarios().position(|scenario| scenario.id == id);
    all.sort_by_key(|(_, saved)| order(saved.result.scenario.id));
    Ok(all.into_iter().map(|(_, saved)| saved).collect())
}

/// The files, and those of the folders.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let place = |error: io::Error| format!("{}: {error}", path.display());
        for entry in fs::read_dir(path).map_err(place)? {
            let file = entry.map_err(place)?.path();
            if file.extension() == Some(Path::new("json").as_os_str()) {
                files.push(file);
            }
        }
    }
    files.sort();
    Ok(files)
}
