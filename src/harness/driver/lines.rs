use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use super::capture::Capture;

/// A line may be this long, in bytes; the rest of a longer one is left out. Answers may repeat what the
/// service said, whose longest fields have 64 KiB.
pub(super) const LONGEST: usize = 1 << 20;

/// One line of an output, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) bytes: Vec<u8>,
    /// Whether it was longer.
    pub(super) cut: bool,
}

/// The lines of an output, and what of it was not meant for us.
pub(super) struct Lines<R> {
    source: BufReader<R>,
    /// The beginning of a line whose end has not come yet: reading may be given up at any time.
    begun: Line,
    kept: Capture,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(source: R) -> Self {
        let begun = Line { bytes: Vec::new(), cut: false };
        Self { source: BufReader::new(source), begun, kept: Capture::default() }
    }

    /// The next line; `None` when there are no more.
    pub(super) async fn next(&mut self) -> Option<Line> {
        loop {
            let bytes = self.source.fill_buf().await.ok()?;
            if bytes.is_empty() {
                // Whoever ends need not end its last line.
                return (!self.begun.bytes.is_empty()).then(|| self.take_begun());
            }
            let end = memchr::memchr(b'\n', bytes);
            let piece = &bytes[..end.unwrap_or(bytes.len())];
            let room = LONGEST.saturating_sub(self.begun.bytes.len()).min(piece.len());
            self.begun.bytes.extend_from_slice(&piece[..room]);
            self.begun.cut |= room < piece.len();
            let used = end.map_or(piece.len(), |end| end + 1);
            self.source.consume(used);
            if end.is_some() {
                return Some(self.take_begun());
            }
        }
    }

    fn take_begun(&mut self) -> Line {
        std::mem::replace(&mut self.begun, Line { bytes: Vec::new(), cut: false })
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
    use super::{LONGEST, Line, Lines};

    #[tokio::test]
    async fn lines_are_read_whole_and_long_ones_are_cut() {
        let long = "x".repeat(2 * LONGEST);
        let text = format!("one\n\n{long}\ntwo");
        let mut lines = Lines::new(text.as_bytes());
        let whole = |text: &str| Some(Line { bytes: text.as_bytes().to_vec(), cut: false });
        assert_eq!(lines.next().await, whole("one"));
        assert_eq!(lines.next().await, whole(""));
        let cut = lines.next().await.unwrap();
        assert_eq!((cut.bytes.len(), cut.cut), (LONGEST, true));
        assert_eq!(lines.next().await, whole("two"));
        assert_eq!(lines.next().await, None);
    }
}
