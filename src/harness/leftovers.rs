//! Files and folders that have to be gone when the program is, however it ends.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::lock;

/// What there is at the moment; `None` once nothing may be there any more.
static LEFT: Mutex<Option<BTreeSet<PathBuf>>> = Mutex::new(Some(BTreeSet::new()));

/// A file or folder that is removed when this is dropped, or by [`remove_all`].
pub(crate) struct Leftover(PathBuf);

impl Leftover {
    /// A new empty folder of this user alone, in the folder for temporary files.
    pub(crate) fn folder() -> io::Result<Self> {
        Self::of(|| {
            let folder = tempfile::Builder::new().prefix("slicecheck-").tempdir()?;
            let path = std::path::absolute(folder.path())?;
            // From here on it is ours to remove.
            let _ = folder.keep();
            Ok(path)
        })
    }

    /// Something that `make` creates; nothing is created any more after [`remove_all`].
    pub(crate) fn of(make: impl FnOnce() -> io::Result<PathBuf>) -> io::Result<Self> {
        // Locked until it is known: otherwise the program could end in between, and leave it.
        let mut left = lock(&LEFT);
        let left = left.as_mut().ok_or_else(|| io::Error::other("the run is over"))?;
        let path = make()?;
        left.insert(path.clone());
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        remove(&self.0);
        if let Some(left) = lock(&LEFT).as_mut() {
            left.remove(&self.0);
        }
    }
}

/// Removes all that is left, for a program that is about to exit.
pub(super) fn remove_all() {
    // Locked until all are gone: a second signal ends the program as soon as it is through here.
    let mut left = lock(&LEFT);
    for path in left.take().unwrap_or_default() {
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
