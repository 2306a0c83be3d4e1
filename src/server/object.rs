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
    pub(super) complete: bool,
    pub(super) left_behind: bool,
}

impl Object {
    /// An object that is finished.
    pub(super) fn complete(content: Bytes) -> Self {
        Self {
            session: String::new(),
            filesize: length(&content),
            slice_size: DEFAULT_SLICE_SIZE,
            sha: Some(sha1_hex(&content)),
            slices: vec![(0, content)],
            complete: true,
            left_behind: false,
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
