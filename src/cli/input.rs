//! Files that are read: regular ones, of a size that fits into memory.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::files::place;

/// What to do with a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// The user has named it.
    Followed,
    /// It was found in a folder, and may lead anywhere.
    Refused,
}

/// Opens a regular file of at most so many bytes; an error names it.
///
/// Nothing else is opened if it can be seen beforehand, and nothing else is read in any case.
pub(super) fn open(path: &Path, most: u64, links: Links) -> Result<File, String> {
    let named = |error: std::io::Error| place(path, &error);
    let (found, flags) = match links {
        Links::Followed => (fs::metadata(path), OFlags::empty()),
        Links::Refused => (fs::symlink_metadata(path), OFlags::NOFOLLOW),
    };
    regular(path, &found.map_err(named)?, most)?;
    // If a FIFO has taken its place meanwhile, opening it must not wait for a writer.
    let flags = (flags | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(named)?;
    regular(path, &file.metadata().map_err(named)?, most)?;
    Ok(file)
}

/// Reads a text of at most so many bytes; an error names the file.
pub(super) fn read_text(path: &Path, most: u64) -> Result<String, String> {
    let mut text = String::new();
    let mut file = open(path, most, Links::Followed)?.take(most);
    file.read_to_string(&mut text).map_err(|error| place(path, &error))?;
    Ok(text)
}

fn regular(path: &Path, found: &Metadata, most: u64) -> Result<(), String> {
    if !found.is_file() {
        return Err(place(path, &format!("{}, not a file", describe(found.file_type()))));
    }
    if found.len() > most {
        let words = format!("{} bytes; at most {most} are read", found.len());
        return Err(place(path, &words));
    }
    Ok(())
}

fn describe(kind: FileType) -> &'static str {
    match kind {
        kind if kind.is_dir() => "a folder",
        kind if kind.is_symlink() => "a symbolic link",
        kind if kind.is_fifo() => "a FIFO",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}
