//! The file of known findings: read for `--known`, drafted for `--write-known`.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::SystemTime;

use slicecheck::report::Report;
use slicecheck::report::known::Known;

/// Reads the file; an error says where in it.
pub(super) fn read(path: &Path, now: SystemTime) -> Result<Known, String> {
    let name = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    Known::read(&text, &today(now)).map_err(|error| format!("{name}: {error}"))
}

/// The day in UTC.
fn today(now: SystemTime) -> String {
    humantime::format_rfc3339_seconds(now).to_string().chars().take(10).collect()
}

/// Drafts entries for all that fails this run, into a new file.
pub(super) fn draft(report: &Report, mut file: File) -> io::Result<()> {
    file.write_all(Known::draft(report).write().as_bytes())
}
