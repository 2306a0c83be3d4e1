//! A client's habits, as TOML: one habit a line, so that two fingerprints can be compared with `diff`.

use std::io;

use crate::fingerprint::Fingerprint;

/// Writes a fingerprint; without `spread`, it is the same each time that the same client is played.
pub fn write(fingerprint: &Fingerprint, spread: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let mut shown = fingerprint.clone();
    if !spread {
        shown.spread.clear();
    }
    let text = toml::to_string_pretty(&shown).map_err(io::Error::other)?;
    write!(out, "# Habits of a client, as slicecheck fingerprint found them.\n{text}")
}
