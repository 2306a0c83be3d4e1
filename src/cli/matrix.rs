//! `slicecheck matrix`.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use slicecheck::report::matrix::{self, Change, Difference, Report};
use slicecheck::report::screen::Screen;

use super::files::place;
use super::output::{is_stdout, put, replacing};
use super::places::{no_two_are_the_same, none_is_read};
use super::{Refused, input};
use crate::exit::Exit;

/// A report of a client that fails everywhere has some megabytes.
const MOST_BYTES: u64 = 64 << 20;

/// Options of `matrix`.
#[derive(Debug, Args)]
pub(crate) struct Matrix {
    /// Tell what changed from the first report to the second; ends with 1 if anything is newly broken or
    /// newly not exercised
    #[arg(long)]
    diff: bool,
    /// Write the comparison into files instead: html=FILE, markdown=FILE; - is stdout; several with commas between them
    #[arg(
        long = "report",
        value_name = "FORMAT=PATH",
        value_delimiter = ',',
        conflicts_with = "diff"
    )]
    reports: Vec<Target>,
    /// The JSON reports; a column has the name that its report has for the client, or that of its file
    #[arg(required = true, value_name = "REPORT.json")]
    files: Vec<PathBuf>,
}

type Write = fn(&[Report], &mut dyn io::Write) -> io::Result<()>;

/// A format and the file that it is written to.
#[derive(Clone, Debug)]
struct Target {
    write: Write,
    path: PathBuf,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = text.split_once('=').ok_or("expected FORMAT=PATH")?;
        let write: Write = match format {
            "html" => matrix::html,
            "markdown" => matrix::markdown,
            _ => return Err(format!("unknown format {format:?}; the formats are: html, markdown")),
        };
        if path.is_empty() {
            return Err("a path is missing after the =".to_owned());
        }
        Ok(Self { write, path: path.into() })
    }
}

/// Compares JSON reports.
pub(crate) fn matrix(matrix: &Matrix, out: &mut Screen, err: &mut Screen) -> io::Result<Exit> {
    match read_all(matrix).and_then(|reports| show(matrix, &reports, out)) {
        Ok(shown) => shown,
        Err(message) => Ok(Refused::from(message).tell(err)),
    }
}

fn read_all(matrix: &Matrix) -> Result<Vec<Report>, String> {
    if matrix.diff && matrix.files.len() != 2 {
        return Err(format!("--diff compares two reports, not {}", matrix.files.len()));
    }
    let targets = || matrix.reports.iter().map(|target| target.path.as_path());
    no_two_are_the_same(targets())?;
    none_is_read(targets().filter(|path| !is_stdout(path)), &matrix.files)?;
    matrix.files.iter().map(|path| read(path)).collect()
}

/// A JSON report; an error names the file.
pub(super) fn read(path: &Path) -> Result<Report, String> {
    let text = input::read_text(path, MOST_BYTES)?;
    let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
    Report::read(&text, &stem).map_err(|error| place(path, &error))
}

/// The inner error is that of stdout, the outer one names a file.
fn show(matrix: &Matrix, reports: &[Report], out: &mut Screen) -> Result<io::Result<Exit>, String> {
    if let ([before, after], true) = (reports, matrix.diff) {
        let differences = Difference::between(before, after);
        let is_worse = differences.iter().any(|difference| Change::is_worse(difference.change));
        let exit = if is_worse { Exit::Worse } else { Exit::Shown };
        return Ok(matrix::differences(&differences, out).map(|()| exit));
    }
    // All are tried before the first is written.
    let open = |target: &Target| Ok((target.clone(), replacing(Some(&target.path))?));
    let targets: Vec<_> = matrix.reports.iter().map(open).collect::<Result<_, String>>()?;
    for (target, file) in targets {
        let mut page = Vec::new();
        (target.write)(reports, &mut page).map_err(|error| place(&target.path, &error))?;
        put(&page, file, out)?;
    }
    if matrix.reports.is_empty() {
        return Ok(matrix::text(reports, out).map(|()| Exit::Shown));
    }
    Ok(Ok(Exit::Shown))
}
