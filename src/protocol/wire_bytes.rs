use std::ops::Range;

use bytes::Bytes;

/// The bytes of a message, of which a part may be shared with somebody who has them anyway.
#[derive(Clone, Debug)]
pub(super) struct WireBytes {
    /// All of them, or those before what is shared.
    before: Bytes,
    shared: Option<Shared>,
}

#[derive(Clone, Debug)]
struct Shared {
    content: Bytes,
    after: Bytes,
}

impl WireBytes {
    pub(super) fn new(bytes: Bytes) -> Self {
        Self { before: bytes, shared: None }
    }

    /// With these bytes from `start` on taken from `content`, which has to be the same; `None` if it is not.
    pub(super) fn sharing(&self, start: usize, content: Bytes) -> Option<Self> {
        let end = start.checked_add(content.len())?;
        // Once only: a request has one content.
        if self.shared.is_some() || self.before.get(start..end)? != content {
            return None;
        }
        // Copies, as a slice would keep all of the bytes that it is a slice of.
        let after = Bytes::copy_from_slice(self.before.get(end..)?);
        let before = Bytes::copy_from_slice(self.before.get(..start)?);
        Some(Self { before, shared: Some(Shared { content, after }) })
    }

    /// Those before what is shared, without a copy.
    pub(super) fn beginning(&self) -> &Bytes {
        &self.before
    }

    /// How many they are.
    pub(super) fn len(&self) -> usize {
        let shared = self.shared.as_ref();
        self.own().saturating_add(shared.map_or(0, |shared| shared.content.len()))
    }

    /// How many are nobody else's.
    pub(super) fn own(&self) -> usize {
        let after = self.shared.as_ref().map_or(0, |shared| shared.after.len());
        self.before.len().saturating_add(after)
    }

    /// All of them, put together again if a part is shared.
    pub(super) fn whole(&self) -> Bytes {
        match &self.shared {
            Some(Shared { content, after }) => {
                [self.before.as_ref(), content, after].concat().into()
            }
            None => self.before.clone(),
        }
    }

    /// Some of them; `None` if the range goes beyond their end.
    pub(super) fn part(&self, range: Range<usize>) -> Option<Bytes> {
        let within = |piece: &Bytes, start: usize| {
            let place = range.start.checked_sub(start)?..range.end.checked_sub(start)?;
            (place.start <= place.end && place.end <= piece.len()).then(|| piece.slice(place))
        };
        let Some(Shared { content, after }) = &self.shared else {
            return within(&self.before, 0);
        };
        let content_end = self.before.len().saturating_add(content.len());
        within(&self.before, 0)
            .or_else(|| within(content, self.before.len()))
            .or_else(|| within(after, content_end))
            // Only a range across two pieces has to be put together.
            .or_else(|| within(&self.whole(), 0))
    }
}
