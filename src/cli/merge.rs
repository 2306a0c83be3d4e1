//! `slicecheck merge`.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use slicecheck::report::matrix::{self, Report};
use slicecheck::report::merged::{MergeError, Merged, PartReport};
use slicecheck::report::screen::Screen;
use slicecheck::results::{Requirement, RunVerdict};

use super::files::place;
use super::output::{is_stdout, put, replacing, unless_closed};
use super::places::none_is_read;
use super::{Refused, input, names, selection};
use crate::exit::Exit;

/// A report of a client that fails everywhere has some megabytes.
const MOST_BYTES: u64 = 64 << 20;

/// Options of `merge`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  slicecheck run --shard 1/2 --report json=1.json -- ./uploader
  slicecheck run --shard 2/2 --report json=2.json -- ./uploader
  slicecheck merge --out all.json 1.json 2.json

Exit codes: as those of run.")]
pub(crate) struct Merge {
    /// Write the JSON report of the whole run into this file; - is stdout, which moves the text to stderr
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Fail if less of a topic's scenarios was exercised, in per cent; may be repeated
    #[arg(long = "require-exercised", value_name = "TOPIC=PERCENT", value_parser = names::requirement)]
    required: Vec<Requirement>,
    /// The JSON reports of all parts
    #[arg(required = true, value_name = "PART.json")]
    files: Vec<PathBuf>,
}

/// Puts the parts together; ends as the whole run would have.
pub(crate) fn merge(merge: &Merge, out: &mut Screen, err: &mut Screen) -> Exit {
    match merged(merge, out, err) {
        Ok(exit) => exit,
        Err(refused) => refused.tell(err),
    }
}

fn merged(merge: &Merge, out: &mut Screen, err: &mut Screen) -> Result<Exit, Refused> {
    let is_stdout = merge.out.as_deref().is_some_and(is_stdout);
    none_is_read(merge.out.as_deref().into_iter().filter(|_| !is_stdout), &merge.files)?;
    let output = replacing(merge.out.as_deref())?;
    let parts: Result<Vec<_>, _> = merge.files.iter().map(|path| read(path)).collect();
    let merged = Merged::of(parts?, &merge.required).map_err(|error| match error {
        MergeError::At(number, error) => place(&merge.files[number], &error),
        error => error.to_string(),
    })?;
    selection::covers(&merge.required, &merged.ids())?;
    let stream = if is_stdout { "stderr" } else { "stdout" };
    let mut document = Vec::new();
    let text = merged.write(&mut document).and_then(|()| {
        let report = Report::read(&String::from_utf8_lossy(&document), "client");
        let reports = [report.map_err(io::Error::other)?];
        if is_stdout { tell(&reports, &merged, err) } else { tell(&reports, &merged, out) }
    });
    let mut lost = Vec::new();
    lost.extend(unless_closed(text).err().map(|error| place(Path::new(stream), &error)));
    if is_stdout || output.is_some() {
        lost.extend(put(&document, output, out).err());
    }
    for error in &lost {
        // Nothing is left to tell it to, should this fail, too.
        let _ = writeln!(err, "error: {error}");
    }
    Ok(match merged.verdict() {
        // As at the end of a run: what is lost never hides a verdict.
        RunVerdict::Conforms if !lost.is_empty() => Exit::Usage,
        verdict => verdict.into(),
    })
}

fn tell(reports: &[Report], merged: &Merged, out: &mut Screen) -> io::Result<()> {
    matrix::text(reports, out)?;
    merged.complaints().iter().try_for_each(|complaint| writeln!(out, "{complaint}"))
}

fn read(path: &Path) -> Result<PartReport, String> {
    let text = input::read_text(path, MOST_BYTES)?;
    PartReport::read(&text).map_err(|error| place(path, &error))
}
