//! The file to upload, on the disk.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::leftovers::Leftover;
use super::{HarnessError, lock};
use crate::protocol::{FileView, Kept, Machine, Source};

/// How many bytes are compared at a time.
const PIECE: usize = 1 << 20;

/// The file of one scenario, which is written when somebody asks for it; its folder goes with the last
/// clone.
#[derive(Clone)]
pub(super) struct SourceFile(Arc<Mutex<State>>);

struct State {
    /// What is in it now.
    content: FileView,
    name: String,
    source: Source,
    placed: Option<Placed>,
}

struct Placed {
    path: PathBuf,
    /// Whether it can be read.
    is_readable: bool,
    _folder: Leftover,
}

/// What the file is called where nothing else is said.
const NAME: &str = "slicecheck-upload.bin";

impl SourceFile {
    pub(super) fn new(content: FileView, machine: &Machine) -> Self {
        let name = machine.file_name.clone().unwrap_or_else(|| NAME.to_owned());
        Self(Arc::new(Mutex::new(State { content, name, source: machine.source, placed: None })))
    }

    /// Its absolute path.
    pub(super) fn path(&self) -> Result<PathBuf, HarnessError> {
        let mut state = lock(&self.0);
        let placed = match state.placed.take() {
            Some(placed) => placed,
            None => state.place()?,
        };
        Ok(state.placed.insert(placed).path.clone())
    }

    /// Whether the client met what is special about the file, or why it did not.
    pub(super) fn met(&self) -> Result<(), &'static str> {
        let state = lock(&self.0);
        match (&state.placed, state.source) {
            (None, _) => Err("the client did not ask for the file on the disk"),
            (Some(Placed { is_readable: true, .. }), Source::Unreadable) => {
                Err("the user whose client this is may read every file")
            }
            (Some(_), _) => Ok(()),
        }
    }

    /// Makes it what it is to become, when called; `false` if it is not on the disk.
    ///
    /// This does not keep the file: whoever serves requests may hold it for longer than the run lasts.
    pub(super) fn changing(&self) -> impl Fn() -> bool + use<> {
        let file = Arc::downgrade(&self.0);
        move || file.upgrade().is_some_and(|state| Self(state).change())
    }

    fn change(&self) -> bool {
        let mut state = lock(&self.0);
        let later = state.source.changed(&state.content);
        let (Some(later), Some(placed)) = (later, &state.placed) else { return false };
        let changed = File::options().write(true).open(&placed.path).and_then(|file| {
            let (old, length) = (state.content.len(), later.len());
            file.set_len(length)?;
            let added = later.bytes(old.min(length)..length).unwrap_or_default();
            file.write_all_at(&added, old.min(length))
        });
        if changed.is_ok() {
            state.content = later;
        }
        changed.is_ok()
    }

    /// What became of it; `None` if nobody has asked for it, or it cannot be told.
    pub(super) fn kept(&self) -> Option<Kept> {
        let state = lock(&self.0);
        let path = &state.placed.as_ref()?.path;
        // There was nothing that the client could have lost.
        if state.source == Source::Absent {
            return None;
        }
        match compare(path, &state.content) {
            Ok(true) => Some(Kept::Whole),
            Ok(false) => Some(Kept::Altered),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Kept::Gone),
            Err(_) => None,
        }
    }
}

impl State {
    fn place(&self) -> Result<Placed, HarnessError> {
        let cannot = |path: &Path, error: io::Error| {
            HarnessError::Machine(format!(
                "cannot write the file to upload: {}: {error}",
                path.display()
            ))
        };
        let folder = Leftover::folder().map_err(|error| cannot(&std::env::temp_dir(), error))?;
        let path = folder.path().join(&self.name);
        self.write(&path).map_err(|error| cannot(&path, error))?;
        // For root every file is readable, whatever its mode says.
        let is_readable = File::open(&path).is_ok();
        Ok(Placed { path, is_readable, _folder: folder })
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        match self.source {
            Source::Absent => Ok(()),
            Source::Symlink => {
                let target = path.with_file_name("slicecheck-content.bin");
                write(&target, &self.content)?;
                symlink(target, path)
            }
            Source::Unreadable => {
                write(path, &self.content)?;
                fs::set_permissions(path, fs::Permissions::from_mode(0o000))
            }
            Source::Regular | Source::Shrinks(_) | Source::Grows(_) => write(path, &self.content),
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
    // A scenario has taken the right away from us as well. The client is gone by now.
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

    fn of(source: Source) -> SourceFile {
        let machine = Machine { source, ..Machine::default() };
        SourceFile::new(bytes::Bytes::from_static(b"the content").into(), &machine)
    }

    #[test]
    fn a_file_is_what_it_was_asked_to_be() {
        let linked = of(Source::Symlink);
        let path = linked.path().unwrap();
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(
            (fs::read(&path).unwrap().as_slice(), linked.met()),
            (&b"the content"[..], Ok(()))
        );
        fs::remove_file(&path).unwrap();
        assert_eq!(linked.kept(), Some(Kept::Gone));
        let absent = of(Source::Absent);
        assert!(absent.met().is_err());
        assert!(!absent.path().unwrap().exists());
        assert_eq!((absent.met(), absent.kept()), (Ok(()), None));
        let unreadable = of(Source::Unreadable);
        let path = unreadable.path().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0);
        assert_eq!(unreadable.met().is_err(), File::open(&path).is_ok());
        let name = "a \"b\"\n.bin".to_owned();
        let machine = Machine { file_name: Some(name.clone()), ..Machine::default() };
        let named = SourceFile::new(FileView::zeros(1), &machine).path().unwrap();
        assert_eq!(named.file_name().unwrap().to_str(), Some(name.as_str()));
    }

    #[test]
    fn a_file_that_changes_has_its_new_content_and_is_still_whole() {
        for (source, later) in
            [(Source::Shrinks(3), &b"the"[..]), (Source::Grows(2), b"the content++")]
        {
            let file = of(source);
            assert!(!file.change(), "it is not on the disk");
            let path = file.path().unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"the content");
            assert!(file.change());
            assert_eq!(fs::read(&path).unwrap(), later);
            assert_eq!(file.kept(), Some(Kept::Whole));
        }
        assert!(!of(Source::Regular).change());
    }

    fn placed() -> (SourceFile, PathBuf) {
        let file = of(Source::Regular);
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
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
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
        let file = SourceFile::new(FileView::sparse(80 << 20, runs).unwrap(), &Machine::default());
        let path = file.path().unwrap();
        assert_eq!(file.kept(), Some(Kept::Whole));
        File::options().write(true).open(&path).unwrap().write_all_at(b"R", 70 << 20).unwrap();
        assert_eq!(file.kept(), Some(Kept::Altered));
    }
}
