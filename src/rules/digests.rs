//! Digests of the file that several rules ask for: each is taken once, when the first rule asks. Of a file
//! that is not read whole there are none, and rules about them do not apply.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::protocol::{FileView, cumulative_sha1, sha1_hex};

/// The digests of one file.
pub(super) struct FileDigests {
    file: Option<FileView>,
    sha1: OnceLock<Option<String>>,
    sha1_of_first_mib: OnceLock<Option<String>>,
    md5: OnceLock<Option<String>>,
    /// For the grid that was asked for last: a client may name one in each request.
    cumulative: Mutex<Option<Cumulative>>,
}

struct Cumulative {
    slice_size: usize,
    shas: Option<Arc<[String]>>,
}

impl FileDigests {
    pub(super) fn of(file: Option<FileView>) -> Self {
        Self {
            file,
            sha1: OnceLock::new(),
            sha1_of_first_mib: OnceLock::new(),
            md5: OnceLock::new(),
            cumulative: Mutex::new(None),
        }
    }

    /// SHA-1 of the file as hex digits. If the running states on a grid will be asked for as well,
    /// one pass over the file gives both.
    pub(super) fn sha1(&self, grid: Option<usize>) -> Option<&str> {
        let sha1 = self.sha1.get_or_init(|| {
            let shas = grid.and_then(|grid| self.cumulative_sha1(grid));
            // The last running state is that of the whole file, which is finished: its SHA-1.
            let last = shas.as_deref().and_then(|shas| shas.last().cloned());
            last.or_else(|| self.file.as_ref()?.sha1())
        });
        sha1.as_deref()
    }

    /// SHA-1 of the first MiB of the file, or of all of it if it is shorter, as hex digits.
    pub(super) fn sha1_of_first_mib(&self) -> Option<&str> {
        let first = || Some(sha1_hex(&self.file.as_ref()?.at_most(0, 1 << 20)?));
        self.sha1_of_first_mib.get_or_init(first).as_deref()
    }

    /// MD5 of the file as hex digits.
    pub(super) fn md5(&self) -> Option<&str> {
        self.md5.get_or_init(|| self.file.as_ref()?.md5()).as_deref()
    }

    /// The `datasha` of each slice, as [`cumulative_sha1`] gives them.
    pub(super) fn cumulative_sha1(&self, slice_size: usize) -> Option<Arc<[String]>> {
        let mut cumulative = self.cumulative.lock().unwrap_or_else(PoisonError::into_inner);
        match cumulative.as_ref() {
            // One grid is kept: clients keep to one, and a hostile one must not fill the memory.
            Some(known) if known.slice_size == slice_size => known.shas.clone(),
            _ => {
                let file = self.file.as_ref().and_then(FileView::whole);
                let shas = file.and_then(|file| cumulative_sha1(&file, slice_size)).map(Arc::from);
                *cumulative = Some(Cumulative { slice_size, shas: shas.clone() });
                shas
            }
        }
    }
}
