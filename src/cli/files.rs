//! Files that are written at the end of a run: whole, or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, Timespec};
use rustix::io::Errno;
use slicecheck::harness::Leftover;
use tempfile::NamedTempFile;

/// How long somebody may take to open the other end of a FIFO.
const OPENING: Duration = Duration::from_secs(5);
/// How long whoever reads a stream may take for the next bytes.
const READING: Timespec = Timespec { tv_sec: 30, tv_nsec: 0 };
/// These stand for what is open already, and possibly shared with others.
const OPEN_ALREADY: [&str; 4] = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];

/// A place for one document, of which is known that it could be written when the run began.
pub(super) struct Output {
    path: PathBuf,
    target: Target,
}

enum Target {
    /// Is replaced as a whole: whoever reads or alters it meanwhile does so to the old one.
    Replaced,
    /// Must not exist yet.
    New,
    /// A device or a FIFO, open: nothing can take its place.
    Stream(File),
}

impl Output {
    /// A file to replace or to make, or a stream; an error names it.
    pub(super) fn replacing(path: &Path) -> Result<Self, String> {
        Self::probe(path).map_err(|error| place(path, &error))
    }

    /// A file that does not exist yet; an error names it.
    pub(super) fn new(path: &Path) -> Result<Self, String> {
        let free = match fs::symlink_metadata(path) {
            Ok(_) => Err(ErrorKind::AlreadyExists.into()),
            Err(_) => beside(path).map(drop),
        };
        free.map_err(|error| place(path, &error))?;
        Ok(Self { path: path.to_owned(), target: Target::New })
    }

    fn probe(path: &Path) -> io::Result<Self> {
        let output = |path: &Path, target| Self { path: path.to_owned(), target };
        if OPEN_ALREADY.iter().any(|open| path.starts_with(open)) {
            return Ok(output(path, Target::Stream(stream(path)?)));
        }
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => Ok(output(path, Target::Stream(stream(path)?))),
            Ok(_) => {
                // What a link leads to is replaced, and not the link.
                let path = fs::canonicalize(path)?;
                beside(&path)?;
                Ok(output(&path, Target::Replaced))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                beside(path)?;
                Ok(output(path, Target::Replaced))
            }
            Err(error) => Err(error),
        }
    }

    /// Writes the document; an error names the file.
    pub(super) fn write(self, text: &[u8]) -> Result<(), String> {
        let written = match self.target {
            Target::Replaced => replace(&self.path, text),
            Target::New => new_file(&self.path, text)
                .and_then(|unnamed| Ok(unnamed.file.persist_noclobber(&self.path).map(drop)?)),
            Target::Stream(file) => pour(file, text),
        };
        written.map_err(|error| place(&self.path, &error))
    }
}

/// A folder for several documents.
pub(super) struct Folder {
    path: PathBuf,
    /// Its device and its number there: another folder under its name, or a link, is not it.
    identity: (u64, u64),
}

impl Folder {
    /// The folder, which is made if it is missing; an error names it.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let folder = fs::create_dir_all(path).and_then(|()| {
            // The user may name it by a link; the client may not put one in its place.
            let path = fs::canonicalize(path)?;
            let identity = identity(&path)?;
            Ok(Self { path, identity })
        });
        try_folder(path)?;
        folder.map_err(|error| place(path, &error))
    }

    /// Puts a file in place of what is there under this name; an error names it.
    pub(super) fn replace(&self, name: &str, text: &[u8]) -> Result<(), String> {
        let path = self.path.join(name);
        let replaced = identity(&self.path).and_then(|identity| {
            if identity != self.identity {
                return Err(io::Error::other("the folder is no longer the one that it was"));
            }
            replace(&path, text)
        });
        replaced.map_err(|error| place(&path, &error))
    }
}

fn identity(folder: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(folder)?;
    // A link may have the number that the folder had before it.
    if !found.is_dir() {
        return Err(ErrorKind::NotADirectory.into());
    }
    Ok((found.dev(), found.ino()))
}

/// Puts a file in place of what is there; a link is replaced and not followed.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    new_file(path, text)?.file.persist(path)?;
    Ok(())
}

/// Tries to write into a folder; an error names it.
pub(super) fn try_folder(path: &Path) -> Result<(), String> {
    beside(&path.join("any")).map(drop).map_err(|error| place(path, &error))
}

/// An error with its file.
pub(super) fn place(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

/// A file that has yet to get its name, and goes with the program if it never gets it.
struct Unnamed {
    file: NamedTempFile<File>,
    _leftover: Leftover,
}

fn new_file(path: &Path, text: &[u8]) -> io::Result<Unnamed> {
    let mut unnamed = beside(path)?;
    unnamed.file.write_all(text)?;
    // Some file systems say only now that they are full.
    unnamed.file.as_file().sync_all()?;
    Ok(unnamed)
}

/// A new, empty file in the same folder, under a name that nobody can know; it goes with its value.
fn beside(path: &Path) -> io::Result<Unnamed> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // With the rights of any other file of the user's: tempfile's own would be readable by nobody else.
    let create = |path: &Path| OpenOptions::new().write(true).create_new(true).open(path);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".slicecheck-");
    let mut made = None;
    let leftover = Leftover::file(|| {
        let file = builder.make_in(folder.unwrap_or(Path::new(".")), create)?;
        let path = file.path().to_owned();
        made = Some(file);
        Ok(path)
    })?;
    let file = made.ok_or(ErrorKind::NotFound)?;
    Ok(Unnamed { file, _leftover: leftover })
}

/// Opens a device or a FIFO without waiting for its other end for ever.
fn stream(path: &Path) -> io::Result<File> {
    // Without a reader, a FIFO that is opened like this fails (ENXIO, fifo(7)) instead of waiting for
    // one.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let begun = Instant::now();
    loop {
        // /dev/stdout may be a file that is opened again: without append its beginning would be
        // overwritten.
        match OpenOptions::new().append(true).custom_flags(flags).open(path) {
            Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) => {
                if begun.elapsed() > OPENING {
                    return Err(io::Error::other("nobody reads it"));
                }
                sleep(Duration::from_millis(10));
            }
            opened => return opened,
        }
    }
}

/// Writes into a stream for as long as somebody reads it.
fn pour(mut file: File, text: &[u8]) -> io::Result<()> {
    let mut rest = text;
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(length) => rest = &rest[length..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let mut wanted = [PollFd::new(&file, PollFlags::OUT)];
                match poll(&mut wanted, Some(&READING)) {
                    Ok(0) => return Err(io::Error::other("nobody reads it any more")),
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            // Who reads it has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
