use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use super::capture::Capture;

/// A line may be this long, in bytes; the rest of a longer one is left out.
const LONGEST: usize = 64 << 10;

/// The lines of an output, and what of it was not meant for us.
pub(super) struct Lines<R> {
    source: BufReader<R>,
    /// The beginning of a line whose end has not come yet: reading may be given up at any time.
    begun: Vec<u8>,
    kept: Capture,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source: BufReader::new(source), begun: Vec::new(), kept: Capture::default() }
    }

    /// The next line without its end; `None` when there are no more.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            let bytes = self.source.fill_buf().await.ok()?;
            if bytes.is_empty() {
                return (!self.begun.is_empty()).then(|| std::mem::take(&mut self.begun));
            }
            let end = memchr::memchr(b'\n', bytes);
            let piece = &bytes[..end.unwrap_or(bytes.len())];
            let room = LONGEST.saturating_sub(self.begun.len()).min(piece.len());
            self.begun.extend_from_slice(&piece[..room]);
            let used = end.map_or(piece.len(), |end| end + 1);
            self.source.consume(used);
            if end.is_some() {
                return Some(std::mem::take(&mut self.begun));
            }
        }
    }

    /// Keeps a line for the report.
    pub(super) fn keep(&mut self, line: &[u8]) {
        self.kept.push(line);
        self.kept.push(b"\n");
    }

    /// All that was kept since the last time.
    pub(super) fn take_kept(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.kept).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Lines};

    #[tokio::test]
    async fn lines_are_read_whole_and_long_ones_are_cut() {
        let long = "x".repeat(2 * LONGEST);
        let text = format!("one\n\n{long}\ntwo");
        let mut lines = Lines::new(text.as_bytes());
        assert_eq!(lines.next().await.unwrap(), b"one");
        assert_eq!(lines.next().await.unwrap(), b"");
        assert_eq!(lines.next().await.unwrap().len(), LONGEST);
        assert_eq!(lines.next().await.unwrap(), b"two");
        assert_eq!(lines.next().await, None);
    }
}
