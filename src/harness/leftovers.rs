//! Files and folders that have to be gone when the program is, however it ends.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::lock;

/// What there is at the moment, and what may still be made.
static LEFT: Mutex<Left> = Mutex::new(Left { paths: BTreeSet::new(), ended: None });

struct Left {
    paths: BTreeSet<PathBuf>,
    ended: Option<Shutdown>,
}

/// What has come to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shutdown {
    /// All runs: no folder is made any more. What they are reported in still is.
    Runs,
    /// The program: nothing is made any more.
    Program,
}

/// A file or folder that is removed when this is dropped, or when the program ends before that.
#[derive(Debug)]
pub struct Leftover(PathBuf);

impl Leftover {
    /// A new empty folder of this user alone, in the folder for temporary files.
    pub(super) fn folder() -> io::Result<Self> {
        Self::unless(&[Shutdown::Runs, Shutdown::Program], || {
            let folder = tempfile::Builder::new().prefix("slicecheck-").tempdir()?;
            // TMPDIR may be relative, and the driver contract promises an absolute path.
            let path = std::path::absolute(folder.path())?;
            // From here on it is ours to remove.
            let _ = folder.keep();
            Ok(path)
        })
    }

    /// A file that `make` creates, and whose path it returns; nothing is created any more when the
    /// program is about to exit. A file that is moved elsewhere stays.
    pub fn file(make: impl FnOnce() -> io::Result<PathBuf>) -> io::Result<Self> {
        Self::unless(&[Shutdown::Program], make)
    }

    fn unless(over: &[Shutdown], make: impl FnOnce() -> io::Result<PathBuf>) -> io::Result<Self> {
        // Locked until it is known: otherwise the program could end in between, and leave it.
        let mut left = lock(&LEFT);
        if left.ended.is_some_and(|ended| over.contains(&ended)) {
            return Err(io::Error::other("the run is over"));
        }
        let path = make()?;
        left.paths.insert(path.clone());
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        // Removed first: if the program ended in between, nobody would know of it any more.
        remove(&self.0);
        lock(&LEFT).paths.remove(&self.0);
    }
}

/// Removes all that is left.
pub(super) fn remove_all(ended: Shutdown) {
    // Locked until all are gone: a second signal ends the program as soon as it is through here.
    let mut left = lock(&LEFT);
    // The end of the program stays: the end of a run permits less than that to be made.
    if left.ended != Some(Shutdown::Program) {
        left.ended = Some(ended);
    }
    for path in std::mem::take(&mut left.paths) {
        remove(&path);
    }
}

/// Removes a file, or a folder with all that a client has put there. If that fails, nobody can be told
/// who could do something about it.
fn remove(path: &Path) {
    // Somebody who is just being killed may add a file to a folder that is being emptied.
    const TRIES: usize = 3;
    for _ in 0..TRIES {
        // Of a link, the link goes, not what it points to.
        let Ok(metadata) = fs::symlink_metadata(path) else { return };
        let gone = if metadata.is_dir() {
            // The client may have taken away its own right to change it.
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o700));
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
        if gone.is_ok() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_all_that_is_in_it() {
        let folder = Leftover::folder().unwrap();
        let path = folder.path().to_owned();
        fs::create_dir(path.join("inner")).unwrap();
        fs::write(path.join("inner/file"), "x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o500)).unwrap();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn of_a_link_in_its_place_only_the_link_goes() {
        let target = tempfile::tempdir().unwrap();
        let folder = Leftover::folder().unwrap();
        let path = folder.path().to_owned();
        fs::remove_dir(&path).unwrap();
        std::os::unix::fs::symlink(target.path(), &path).unwrap();
        drop(folder);
        assert!(fs::symlink_metadata(&path).is_err());
        assert!(target.path().is_dir());
    }
}
