use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use bytes::{Bytes, BytesMut};

use super::digest::{md5_hex, sha1_hex};

/// The content of a file, of which ranges are read; clones share it.
///
/// It is in memory, or it is zeros with some runs of other bytes: a file of 64 GiB takes no more memory
/// than these runs.
///
/// ```
/// use slicecheck::protocol::FileView;
///
/// let file = FileView::sparse(64 << 30, [(5 << 30, b"noise".to_vec().into())]).unwrap();
/// assert_eq!(file.len(), 64 << 30);
/// assert_eq!(file.bytes((5 << 30) - 1..(5 << 30) + 6).unwrap(), "\0noise\0");
/// assert!(file.matches(5 << 30, b"noise\0") && !file.matches(1 << 30, b"noise"));
/// assert_eq!(file.whole(), None, "more than is read at a time");
/// ```
#[derive(Clone)]
pub struct FileView(Content);

#[derive(Clone)]
enum Content {
    /// With its SHA-1, once somebody has asked for it: several do, of one file.
    Memory(Bytes, Arc<OnceLock<String>>),
    Sparse(Arc<Sparse>),
}

struct Sparse {
    length: u64,
    /// By offset; no two touch.
    runs: Vec<(u64, Bytes)>,
}

/// What slices of zeros share.
static ZEROS: LazyLock<Bytes> = LazyLock::new(|| vec![0; 4 << 20].into());

/// How many bytes of a sparse file are made at a time, to be compared.
const COMPARED: usize = 1 << 20;

impl FileView {
    /// How many bytes are read at a time at most: 64 MiB, as of the body of a request.
    pub const MOST_BYTES: u64 = 64 << 20;

    /// A file of `length` zeros but for these runs of bytes; `None` if two of them overlap or one goes
    /// beyond the end.
    pub fn sparse(length: u64, runs: impl IntoIterator<Item = (u64, Bytes)>) -> Option<Self> {
        let mut given: Vec<_> = runs.into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect();
        given.sort_by_key(|(offset, _)| *offset);
        let mut runs: Vec<(u64, Bytes)> = Vec::new();
        for (offset, bytes) in given {
            let before = runs.last().map_or(0, end);
            match runs.last_mut() {
                _ if offset < before => return None,
                // Joined: bytes that lie in one run are shared, those across two are copied.
                Some((_, run)) if offset == before => *run = [run.as_ref(), &bytes].concat().into(),
                _ => runs.push((offset, bytes)),
            }
        }
        let fits = |(offset, run): &(u64, Bytes)| {
            u64::try_from(run.len()).is_ok_and(|size| Some(size) <= length.checked_sub(*offset))
        };
        runs.last()
            .is_none_or(fits)
            .then(|| Self(Content::Sparse(Arc::new(Sparse { length, runs }))))
    }

    /// A file of zeros.
    pub fn zeros(length: u64) -> Self {
        Self(Content::Sparse(Arc::new(Sparse { length, runs: Vec::new() })))
    }

    /// The length in bytes.
    pub fn len(&self) -> u64 {
        match &self.0 {
            Content::Memory(bytes, _) => length(bytes),
            Content::Sparse(sparse) => sparse.length,
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of a range; `None` if it goes beyond the end, or is longer than
    /// [`FileView::MOST_BYTES`] and not in memory.
    pub fn bytes(&self, range: Range<u64>) -> Option<Bytes> {
        let size = range.end.checked_sub(range.start).filter(|_| range.end <= self.len())?;
        match &self.0 {
            Content::Memory(bytes, _) => {
                let place = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
                Some(bytes.slice(place))
            }
            // Memory is there already; of a sparse file these bytes would have to be made.
            Content::Sparse(_) if size > Self::MOST_BYTES => None,
            Content::Sparse(sparse) => sparse.bytes(&range, usize::try_from(size).ok()?),
        }
    }

    /// The bytes from `offset` on: as many, or as many as there are.
    pub fn at_most(&self, offset: u64, count: u64) -> Option<Bytes> {
        let count = count.min(Self::MOST_BYTES);
        self.bytes(offset..offset.checked_add(count)?.min(self.len()))
    }

    /// All bytes, under the same condition.
    pub fn whole(&self) -> Option<Bytes> {
        self.bytes(0..self.len())
    }

    /// Whether these bytes are there at this offset.
    pub fn matches(&self, offset: u64, bytes: &[u8]) -> bool {
        let Some(end) = offset.checked_add(length(bytes)).filter(|end| *end <= self.len()) else {
            return false;
        };
        let mut at = offset;
        match &self.0 {
            // Without a copy; of a sparse file a piece at a time is made,
            // so that memory stays bounded.
            Content::Memory(..) => self.bytes(offset..end).is_some_and(|own| own == bytes),
            Content::Sparse(_) => bytes.chunks(COMPARED).all(|piece| {
                let start = at;
                at = at.saturating_add(length(piece));
                self.bytes(start..at).is_some_and(|own| own == piece)
            }),
        }
    }

    /// The runs of bytes with their offsets; all bytes that are in none of them are zeros.
    pub fn runs(&self) -> impl Iterator<Item = (u64, &Bytes)> {
        let (whole, runs) = match &self.0 {
            Content::Memory(bytes, _) => (Some((0, bytes)), [].as_slice()),
            Content::Sparse(sparse) => (None, sparse.runs.as_slice()),
        };
        whole.into_iter().chain(runs.iter().map(|(offset, bytes)| (*offset, bytes)))
    }

    /// Whether there are only zeros in a range.
    pub fn is_zero(&self, range: Range<u64>) -> bool {
        self.runs().all(|(offset, run)| {
            let place = |at: u64| usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX);
            let (from, to) = (place(range.start), place(range.end).min(run.len()));
            run.get(from..to).is_none_or(|shared| shared.iter().all(|byte| *byte == 0))
        })
    }

    /// Whether this is a clone of the same view, which is known without looking at bytes.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Content::Memory(one, _), Content::Memory(other, _)) => {
                (one.as_ptr(), one.len()) == (other.as_ptr(), other.len())
            }
            (Content::Sparse(one), Content::Sparse(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// SHA-1 as hex digits; `None` for a file that cannot be read [whole](FileView::whole), whose digests
    /// would take minutes.
    pub fn sha1(&self) -> Option<String> {
        match &self.0 {
            Content::Memory(bytes, known) => Some(known.get_or_init(|| sha1_hex(bytes)).clone()),
            Content::Sparse(_) => self.whole().map(|bytes| sha1_hex(&bytes)),
        }
    }

    /// MD5 as hex digits, likewise.
    pub fn md5(&self) -> Option<String> {
        self.whole().map(|bytes| md5_hex(&bytes))
    }
}

impl Sparse {
    fn bytes(&self, range: &Range<u64>, size: usize) -> Option<Bytes> {
        let first = self.runs.partition_point(|run| end(run) <= range.start);
        let runs = self.runs.get(first..)?;
        // Without a run from here on, as if the next one began after every byte.
        let (offset, run) = runs.first().map_or((u64::MAX, Bytes::new()), Clone::clone);
        if offset <= range.start && end(&(offset, run.clone())) >= range.end {
            let from = usize::try_from(range.start.checked_sub(offset)?).ok()?;
            return Some(run.slice(from..from.checked_add(size)?));
        }
        // Zeros alone, and not too many: they are the same for all.
        if offset >= range.end && size <= ZEROS.len() {
            return Some(ZEROS.slice(..size));
        }
        // The rest is made: zeros with what there is of the runs.
        let mut bytes = BytesMut::zeroed(size);
        for (offset, run) in runs.iter().take_while(|(offset, _)| *offset < range.end) {
            let skipped = usize::try_from(range.start.saturating_sub(*offset)).ok()?;
            let at = usize::try_from(offset.saturating_sub(range.start)).ok()?;
            let rest = run.get(skipped..)?;
            let place = bytes.get_mut(at..)?;
            let shared = rest.len().min(place.len());
            place.get_mut(..shared)?.copy_from_slice(rest.get(..shared)?);
        }
        Some(bytes.freeze())
    }
}

impl Default for FileView {
    fn default() -> Self {
        Self::from(Bytes::new())
    }
}

impl From<Bytes> for FileView {
    fn from(bytes: Bytes) -> Self {
        Self(Content::Memory(bytes, Arc::default()))
    }
}

impl From<Vec<u8>> for FileView {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

impl fmt::Debug for FileView {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "FileView({} bytes)", self.len())
    }
}

fn end((offset, bytes): &(u64, Bytes)) -> u64 {
    offset.saturating_add(length(bytes))
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
