//! The file to upload, on the disk.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::leftovers::Leftover;
use super::{HarnessError, lock};
use crate::protocol::{FileView, Kept};

/// How many bytes are compared at a time.
const PIECE: usize = 1 << 20;

/// The file of one scenario, which is written when somebody asks for it; its folder goes with the last
/// clone.
#[derive(Clone)]
pub(super) struct SourceFile {
    content: FileView,
    placed: Arc<Mutex<Option<Placed>>>,
}

struct Placed {
    path: PathBuf,
    _folder: Leftover,
}

impl SourceFile {
    pub(super) fn new(content: FileView) -> Self {
        Self { content, placed: Arc::default() }
    }

    /// Its absolute path.
    pub(super) fn path(&self) -> Result<PathBuf, HarnessError> {
        let mut placed = lock(&self.placed);
        let file = match placed.take() {
            Some(file) => file,
            None => self.place()?,
        };
        Ok(placed.insert(file).path.clone())
    }

    fn place(&self) -> Result<Placed, HarnessError> {
        let cannot = |path: &Path, error: io::Error| {
            HarnessError::Machine(format!(
                "cannot write the file to upload: {}: {error}",
                path.display()
            ))
        };
        let folder = Leftover::folder().map_err(|error| cannot(&std::env::temp_dir(), error))?;
        let path = folder.path().join("slicecheck-upload.bin");
        write(&path, &self.content).map_err(|error| cannot(&path, error))?;
        Ok(Placed { path, _folder: folder })
    }

    /// What became of it; `None` if nobody has asked for it, or it cannot be told.
    pub(super) fn kept(&self) -> Option<Kept> {
        let placed = lock(&self.placed);
        let path = &placed.as_ref()?.path;
        match compare(path, &self.content) {
            Ok(true) => Some(Kept::Whole),
            Ok(false) => Some(Kept::Altered),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Kept::Gone),
            Err(_) => None,
        }
    }
}

/// Writes the runs of a file; what lies between them takes no place on the disk.
fn write(path: &Path, file: &FileView) -> io::Result<()> {
    let written = File::create(path)?;
    written.set_len(file.len())?;
    file.runs().try_for_each(|(offset, run)| written.write_all_at(run, offset))
}

/// Whether this is the content of a file. Of one that is larger than is read at a time, the length and what
/// is not zeros are compared.
fn compare(path: &Path, content: &FileView) -> io::Result<bool> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() != content.len() {
        return Ok(false);
    }
    if metadata.permissions().mode() & 0o400 == 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    let mut file = File::open(path)?;
    if content.len() > FileView::MOST_BYTES {
        return content.runs().try_fold(true, |same, (offset, run)| {
            let mut found = vec![0; run.len()];
            file.read_exact_at(&mut found, offset)?;
            Ok(same && *found == **run)
        });
    }
    let (mut piece, mut offset) = (vec![0; PIECE], 0_u64);
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            return Ok(offset == content.len());
        }
        if !content.matches(offset, &piece[..count]) {
            return Ok(false);
        }
        offset += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed() -> (SourceFile, PathBuf) {
        let file = SourceFile::new(bytes::Bytes::from_static(b"the content").into());
        assert_eq!(file.kept(), None, "nobody has asked for it");
        let path = file.path().unwrap();
        (file, path)
    }

    #[test]
    fn a_file_that_nobody_touched_is_whole() {
        let (file, path) = placed();
        assert_eq!(fs::read(&path).unwrap(), b"the content");
        assert_eq!(file.kept(), Some(Kept::Whole));
        assert_eq!(file.path().unwrap(), path);
        // Whoever took away the right to read has not changed it.
        fs::set_permissions(&path, fs::Permissions::from_mode(0)).unwrap();
        assert_eq!(file.kept(), Some(Kept::Whole));
    }

    #[test]
    fn a_file_that_was_changed_in_place_is_altered() {
        let (file, path) = placed();
        fs::write(&path, "the CONTENT").unwrap();
        assert_eq!(file.kept(), Some(Kept::Altered));
        fs::write(&path, "the content, and more").unwrap();
        assert_eq!(file.kept(), Some(Kept::Altered));
        fs::write(&path, "").unwrap();
        assert_eq!(file.kept(), Some(Kept::Altered));
    }

    #[test]
    fn a_file_that_was_deleted_is_gone() {
        let (file, path) = placed();
        fs::remove_file(&path).unwrap();
        assert_eq!(file.kept(), Some(Kept::Gone));
        fs::create_dir(&path).unwrap();
        assert_eq!(file.kept(), Some(Kept::Altered));
    }

    #[test]
    fn a_large_file_is_compared_where_it_is_no_zeros() {
        let runs = [(70 << 20, bytes::Bytes::from_static(b"run"))];
        let file = SourceFile::new(FileView::sparse(80 << 20, runs).unwrap());
        let path = file.path().unwrap();
        assert_eq!(file.kept(), Some(Kept::Whole));
        File::options().write(true).open(&path).unwrap().write_all_at(b"R", 70 << 20).unwrap();
        assert_eq!(file.kept(), Some(Kept::Altered));
    }
}
