use std::collections::BTreeSet;

use bytes::Bytes;

use super::length;
use crate::protocol::{DEFAULT_SLICE_SIZE, Slice, sha1_hex};

/// What the service holds at one path: an upload under way, or a finished object.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) session: String,
    pub(super) filesize: u64,
    pub(super) slice_size: u64,
    pub(super) sha: Option<String>,
    pub(super) slices: Vec<(u64, Bytes)>,
    /// Where slices are kept that are not what came.
    pub(super) altered: BTreeSet<u64>,
    pub(super) complete: bool,
    pub(super) left_behind: bool,
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
            left_behind: false,
        }
    }

    /// An object that is finished.
    pub(super) fn complete(content: Bytes) -> Self {
        let sha = Some(sha1_hex(&content));
        let object = Self::begun(String::new(), length(&content), DEFAULT_SLICE_SIZE, sha);
        Self { slices: vec![(0, content)], complete: true, ..object }
    }

    /// Whether these very bytes are there already.
    pub(super) fn holds(&self, offset: u64, content: &Bytes) -> bool {
        self.slices.iter().any(|(start, held)| *start == offset && held == content)
    }

    /// Keeps a slice, in place of a shorter one; `altered` if it is not what came.
    pub(super) fn store(&mut self, offset: u64, content: Bytes, altered: bool) {
        self.slices.retain(|(start, held)| *start != offset || held.len() > content.len());
        self.slices.push((offset, content));
        if altered {
            self.altered.insert(offset);
        } else {
            self.altered.remove(&offset);
        }
    }

    /// The first `size` bytes, zeros where no slice came; a later slice covers an earlier one.
    pub(super) fn content(&self, size: usize) -> Vec<u8> {
        let mut content = vec![0; size];
        for (offset, slice) in &self.slices {
            let Ok(start) = usize::try_from(*offset) else { continue };
            let end = start.saturating_add(slice.len()).min(size);
            if let Some(place) = content.get_mut(start..end) {
                place.copy_from_slice(slice.get(..place.len()).unwrap_or_default());
            }
        }
        content
    }

    pub(super) fn first_gap(&self) -> Option<u64> {
        let slices = self.slices.iter();
        let slices =
            slices.map(|(offset, content)| Slice { offset: *offset, length: length(content) });
        Slice::first_gap(slices, self.filesize)
    }
}
