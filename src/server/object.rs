use std::collections::BTreeSet;
use std::ops::Range;

use bytes::Bytes;

use super::length;
use crate::protocol::{DEFAULT_SLICE_SIZE, FileView, Slice, sha1_hex};

/// What the service holds at one path: an upload under way, or a finished object.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) session: String,
    pub(super) filesize: u64,
    pub(super) slice_size: u64,
    pub(super) sha: Option<String>,
    pub(super) slices: Vec<(u64, Piece)>,
    /// Where slices are kept that are not what came.
    pub(super) altered: BTreeSet<u64>,
    pub(super) complete: bool,
    /// The finished object that this upload is to replace.
    pub(super) replaces: Option<Box<Self>>,
    /// The file whose upload somebody else left here, if it is one.
    pub(super) left_behind: Option<FileView>,
}

/// Bytes that the service holds: a range of a file that it knows, which takes no memory, or others.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Range(FileView, Range<u64>),
    Bytes(Bytes),
}

impl Piece {
    /// These bytes, as a range of the file if they are its bytes at this offset.
    pub(super) fn of(file: &FileView, offset: u64, bytes: &Bytes) -> Self {
        match offset.checked_add(length(bytes)) {
            Some(end) if file.matches(offset, bytes) => Self::Range(file.clone(), offset..end),
            _ => Self::Bytes(bytes.clone()),
        }
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Range(_, range) => range.end.saturating_sub(range.start),
            Self::Bytes(bytes) => length(bytes),
        }
    }

    /// The bytes; `None` if there are too many to be read at a time.
    pub(super) fn bytes(&self) -> Option<Bytes> {
        match self {
            Self::Range(file, range) => file.bytes(range.clone()),
            Self::Bytes(bytes) => Some(bytes.clone()),
        }
    }

    fn is(&self, bytes: &Bytes) -> bool {
        match self {
            Self::Range(file, range) => {
                self.len() == length(bytes) && file.matches(range.start, bytes)
            }
            Self::Bytes(own) => own == bytes,
        }
    }

    /// Whether these bytes are in the file at this offset.
    fn lies_in(&self, file: &FileView, offset: u64) -> bool {
        match self {
            // Known without a look at the bytes, which may be gigabytes.
            Self::Range(own, range) if range.start == offset && own.is_same(file) => true,
            _ => self.bytes().is_some_and(|bytes| file.matches(offset, &bytes)),
        }
    }
}

impl Object {
    /// An upload that begins.
    pub(super) fn begun(
        session: String,
        filesize: u64,
        slice_size: u64,
        sha: Option<String>,
    ) -> Self {
        Self {
            session,
            filesize,
            slice_size,
            sha,
            slices: Vec::new(),
            altered: BTreeSet::new(),
            complete: false,
            replaces: None,
            left_behind: None,
        }
    }

    /// An object that is finished.
    pub(super) fn complete(content: Piece) -> Self {
        // Of what is too large to be read at a time no digest is taken; no
        // init is an instant hit then.
        let sha = content.bytes().map(|bytes| sha1_hex(&bytes));
        let object = Self::begun(String::new(), content.len(), DEFAULT_SLICE_SIZE, sha);
        Self { slices: vec![(0, content)], complete: true, ..object }
    }

    /// The finished object that readers get: an upload replaces the one before it when it is finished.
    pub(super) fn standing(&self) -> Option<&Self> {
        if self.complete { Some(self) } else { self.replaces.as_deref() }
    }

    /// The same, without the upload.
    pub(super) fn into_standing(self) -> Option<Self> {
        if self.complete { Some(self) } else { self.replaces.map(|replaced| *replaced) }
    }

    /// Whether this is the session of the upload; what was never uploaded in slices has none.
    pub(super) fn is_of(&self, session: Option<&str>) -> bool {
        session.is_some_and(|session| !session.is_empty() && session == self.session)
    }

    /// Whether these very bytes are there already.
    pub(super) fn holds(&self, offset: u64, content: &Bytes) -> bool {
        self.slices.iter().any(|(start, held)| *start == offset && held.is(content))
    }

    /// Keeps a slice, in place of a shorter one; `altered` if it is not what came.
    pub(super) fn store(&mut self, offset: u64, content: Piece, altered: bool) {
        // A longer one stays: its end was acknowledged, and the new one does not replace that.
        self.slices.retain(|(start, held)| *start != offset || held.len() > content.len());
        self.slices.push((offset, content));
        if altered {
            self.altered.insert(offset);
        } else {
            self.altered.remove(&offset);
        }
    }

    /// Whether the object is this file, byte for byte.
    pub(super) fn is(&self, file: &FileView) -> bool {
        let mut gaps = Slice::gaps(self.extents(), self.filesize);
        let mut others = self.slices.iter().filter(|(at, piece)| !piece.lies_in(file, *at));
        self.filesize == file.len()
            // A lax finish leaves zeros where no slice came, and zeros may
            // be what the file has there.
            && gaps.all(|gap| file.is_zero(gap.offset..gap.offset.saturating_add(gap.length)))
            // What is wrong there may be under another slice that is not.
            && others.all(|(at, piece)| {
                let range = *at..at.saturating_add(piece.len());
                self.content(range).is_some_and(|content| file.matches(*at, &content))
            })
    }

    /// All bytes, zeros where no slice came; `None` if there are too many to be read at a time.
    pub(super) fn whole(&self) -> Option<Vec<u8>> {
        self.content(0..self.filesize)
    }

    /// The bytes of a range; a later slice covers an earlier one.
    fn content(&self, range: Range<u64>) -> Option<Vec<u8>> {
        let size = range.end.checked_sub(range.start);
        // The range comes from lengths that a client has announced.
        let size = size.filter(|size| *size <= FileView::MOST_BYTES)?;
        let mut content = vec![0; usize::try_from(size).ok()?];
        for (offset, piece) in &self.slices {
            if *offset >= range.end || offset.saturating_add(piece.len()) <= range.start {
                continue;
            }
            let slice = piece.bytes()?;
            let at = usize::try_from(offset.saturating_sub(range.start)).ok()?;
            let skipped = usize::try_from(range.start.saturating_sub(*offset)).ok()?;
            let (place, rest) = (content.get_mut(at..)?, slice.get(skipped..)?);
            let shared = place.len().min(rest.len());
            place.get_mut(..shared)?.copy_from_slice(rest.get(..shared)?);
        }
        Some(content)
    }

    pub(super) fn first_gap(&self) -> Option<u64> {
        Slice::first_gap(self.extents(), self.filesize)
    }

    fn extents(&self) -> impl Iterator<Item = Slice> {
        self.slices.iter().map(|(offset, piece)| Slice { offset: *offset, length: piece.len() })
    }
}
