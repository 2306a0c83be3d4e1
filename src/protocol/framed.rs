use std::io::IoSlice;

use bytes::{BufMut, Bytes, BytesMut};

/// A body or a whole message in three pieces, of which the middle one is borrowed from its maker.
///
/// What is large, the slice, is shared and never copied; write the pieces one after the other, or
/// all at once with [`Framed::io_slices`].
///
/// ```
/// use std::io::Write;
/// use slicecheck::protocol::{Dialect, Fields};
///
/// let fields = Fields::data("S", 0, vec![0; 1_048_576]);
/// let body = Dialect::PYTHON.form(&fields, "B", "").framed();
/// assert_eq!(body.content.as_ptr(), fields.content().unwrap().as_ptr());
///
/// let mut wire = Vec::new();
/// wire.write_vectored(&body.io_slices()).unwrap();
/// assert_eq!(wire.len(), body.len());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framed {
    /// What comes before the content.
    pub head: Bytes,
    /// The content.
    pub content: Bytes,
    /// What comes after the content.
    pub tail: Bytes,
}

impl Framed {
    /// A message that is all content.
    pub fn whole(content: Bytes) -> Self {
        Self { head: Bytes::new(), content, tail: Bytes::new() }
    }

    /// How long it is, in bytes.
    pub fn len(&self) -> usize {
        self.pieces().iter().map(|piece| piece.len()).fold(0, usize::saturating_add)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pieces for a vectored write.
    pub fn io_slices(&self) -> [IoSlice<'_>; 3] {
        self.pieces().map(|piece| IoSlice::new(piece))
    }

    /// All of it in one piece; this copies the content.
    pub fn to_bytes(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(self.len());
        for piece in self.pieces() {
            bytes.put_slice(piece);
        }
        bytes.freeze()
    }

    fn pieces(&self) -> [&Bytes; 3] {
        [&self.head, &self.content, &self.tail]
    }
}
