//! The file of known findings, as `--known` names it.

use std::path::Path;
use std::time::SystemTime;

use slicecheck::results::known::Known;

use super::files::place;
use super::input;

/// A file may have this many bytes: some thousand entries.
const MOST_BYTES: u64 = 4 << 20;

/// Reads the file, in which this scenario may be named though it is in no catalogue; an error says where in it.
pub(super) fn read(path: &Path, now: SystemTime, own: Option<&str>) -> Result<Known, String> {
    let text = input::read_text(path, MOST_BYTES)?;
    Known::read(&text, &today(now), own).map_err(|error| place(path, &error))
}

/// The day in UTC.
fn today(now: SystemTime) -> String {
    humantime::format_rfc3339_seconds(now).to_string().chars().take(10).collect()
}
