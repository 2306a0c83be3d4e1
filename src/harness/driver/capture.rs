use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::harness::lock;

/// How much is kept of either end of an output.
const KEPT: usize = 32 << 10;

/// The first and the last bytes of an output, and how many were between them.
#[derive(Default)]
pub(super) struct Capture {
    first: Vec<u8>,
    last: VecDeque<u8>,
    left_out: usize,
}

impl Capture {
    /// Reads to the end, so that the writer never waits.
    pub(super) async fn fill(&mut self, source: Option<impl AsyncRead + Unpin>) {
        let Some(mut source) = source else { return };
        let mut bytes = vec![0; 16 << 10];
        while let Ok(length @ 1..) = source.read(&mut bytes).await {
            self.push(&bytes[..length]);
        }
    }

    /// The same into one that others look into meanwhile.
    pub(super) async fn share(shared: Arc<Mutex<Self>>, source: Option<impl AsyncRead + Unpin>) {
        let Some(mut source) = source else { return };
        let mut bytes = vec![0; 16 << 10];
        while let Ok(length @ 1..) = source.read(&mut bytes).await {
            lock(&shared).push(&bytes[..length]);
        }
    }

    /// What was kept, with a line that tells where something is left out.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.first;
        if self.left_out > 0 {
            bytes.extend(format!("\n[{} bytes left out]\n", self.left_out).into_bytes());
        }
        bytes.extend(self.last);
        bytes
    }

    /// Adds to the end.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let (first, rest) = bytes.split_at(bytes.len().min(KEPT - self.first.len()));
        self.first.extend_from_slice(first);
        self.last.extend(rest);
        let surplus = self.last.len().saturating_sub(KEPT);
        self.last.drain(..surplus);
        self.left_out = self.left_out.saturating_add(surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::{Capture, KEPT};

    #[test]
    fn both_ends_of_a_long_output_are_kept() {
        let mut capture = Capture::default();
        for _ in 0..KEPT {
            capture.push(b"abcd");
        }
        capture.push(b"the end");
        let bytes = capture.into_bytes();
        assert!(bytes.starts_with(b"abcd") && bytes.ends_with(b"the end"));
        let note = b"\n[65543 bytes left out]\n";
        assert!(memchr::memmem::find(&bytes, note).is_some());
        assert_eq!(bytes.len(), 2 * KEPT + note.len());
    }

    #[test]
    fn a_short_output_is_kept_as_it_is() {
        let mut capture = Capture::default();
        capture.push(b"one ");
        capture.push(b"two");
        assert_eq!(capture.into_bytes(), b"one two");
    }
}
