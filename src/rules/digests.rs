//! Digests of the file that several rules ask for: each is taken once, when the first rule asks.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use crate::protocol::{cumulative_sha1, md5_hex, sha1_hex};

/// The digests of one file.
pub(super) struct FileDigests<'a> {
    file: &'a [u8],
    sha1: OnceCell<String>,
    sha1_of_first_mib: OnceCell<String>,
    md5: OnceCell<String>,
    /// For the grid that was asked for last: a client may name one in each request.
    cumulative: RefCell<Option<Cumulative>>,
}

struct Cumulative {
    slice_size: usize,
    shas: Option<Rc<[String]>>,
}

impl<'a> FileDigests<'a> {
    pub(super) fn of(file: &'a [u8]) -> Self {
        Self {
            file,
            sha1: OnceCell::new(),
            sha1_of_first_mib: OnceCell::new(),
            md5: OnceCell::new(),
            cumulative: RefCell::new(None),
        }
    }

    /// SHA-1 of the file as hex digits. If the running states on a grid will be asked for as well,
    /// one pass over the file gives both.
    pub(super) fn sha1(&self, grid: Option<usize>) -> &str {
        self.sha1.get_or_init(|| {
            let shas = grid.and_then(|grid| self.cumulative_sha1(grid));
            let last = shas.as_deref().and_then(|shas| shas.last().cloned());
            last.unwrap_or_else(|| sha1_hex(self.file))
        })
    }

    /// SHA-1 of the first MiB of the file, or of all of it if it is shorter, as hex digits.
    pub(super) fn sha1_of_first_mib(&self) -> &str {
        let slice = self.file.get(..1 << 20).unwrap_or(self.file);
        self.sha1_of_first_mib.get_or_init(|| sha1_hex(slice))
    }

    /// MD5 of the file as hex digits.
    pub(super) fn md5(&self) -> &str {
        self.md5.get_or_init(|| md5_hex(self.file))
    }

    /// The `datasha` of each slice, as [`cumulative_sha1`] gives them.
    pub(super) fn cumulative_sha1(&self, slice_size: usize) -> Option<Rc<[String]>> {
        let mut cumulative = self.cumulative.borrow_mut();
        match cumulative.as_ref() {
            Some(known) if known.slice_size == slice_size => known.shas.clone(),
            _ => {
                let shas = cumulative_sha1(self.file, slice_size).map(Rc::from);
                *cumulative = Some(Cumulative { slice_size, shas: shas.clone() });
                shas
            }
        }
    }
}
