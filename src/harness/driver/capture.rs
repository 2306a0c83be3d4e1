use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::harness::lock;

/// How much is kept of either end of an output.
const KEPT: usize = 32 << 10;

/// How much is kept of its end while it goes on: what a client says in its last line may be long.
const KEPT_MEANWHILE: usize = 1 << 20;

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

    /// The last line that is not empty, without white space around it; `None` if it may be an object of
    /// JSON that is longer than what is kept.
    pub(super) fn last_line(&self) -> Option<Vec<u8>> {
        // If something is left out, the two parts do not belong together.
        let first = if self.left_out == 0 { self.first.as_slice() } else { &[] };
        let kept: Vec<u8> = first.iter().chain(&self.last).copied().collect();
        let kept = kept.trim_ascii_end();
        match memchr::memrchr(b'\n', kept) {
            None if self.left_out > 0 => (!kept.ends_with(b"}")).then(Vec::new),
            newline => {
                let line = kept.get(newline.map_or(0, |at| at + 1)..).unwrap_or_default();
                Some(line.trim_ascii().to_vec())
            }
        }
    }

    /// What was kept, with a line that tells where something is left out.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        // The last line has been read by now: what is kept is only shown.
        self.cut_to(KEPT);
        let mut bytes = self.first;
        if self.left_out > 0 {
            bytes.extend(format!("\n[{} bytes left out]\n", self.left_out).into_bytes());
        }
        bytes.extend(self.last);
        bytes
    }

    /// Adds to the end.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        // There are never more than KEPT in the first part, so that this does not wrap.
        let (first, rest) = bytes.split_at(bytes.len().min(KEPT - self.first.len()));
        self.first.extend_from_slice(first);
        self.last.extend(rest);
        self.cut_to(KEPT_MEANWHILE);
    }

    fn cut_to(&mut self, length: usize) {
        let surplus = self.last.len().saturating_sub(length);
        self.last.drain(..surplus);
        self.left_out = self.left_out.saturating_add(surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::{Capture, KEPT, KEPT_MEANWHILE};

    fn last_line(pieces: &[&[u8]]) -> Option<Vec<u8>> {
        let mut capture = Capture::default();
        for piece in pieces {
            capture.push(piece);
        }
        capture.last_line()
    }

    #[test]
    fn the_last_line_is_found_wherever_it_is_kept() {
        let long = vec![b'x'; KEPT_MEANWHILE];
        assert_eq!(last_line(&[]).unwrap(), b"");
        assert_eq!(last_line(&[b"one"]).unwrap(), b"one");
        assert_eq!(last_line(&[b"one\n two \r\n\n"]).unwrap(), b"two");
        assert_eq!(last_line(&[&long[..KEPT - 2], b"\n{long}\n"]).unwrap(), b"{long}");
        assert_eq!(last_line(&[&long, &long, b"\nend"]).unwrap(), b"end");
    }

    #[test]
    fn a_last_line_that_is_too_long_is_unknown_if_it_may_be_an_object() {
        let long = vec![b'x'; KEPT_MEANWHILE];
        assert_eq!(last_line(&[b"{", &long, b"}\n"]).unwrap().len(), KEPT_MEANWHILE + 2);
        assert_eq!(last_line(&[b"{", &long, &long, b"}\n"]), None);
        assert_eq!(last_line(&[b"{", &long, &long, b"100 %"]).unwrap(), b"");
    }

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
