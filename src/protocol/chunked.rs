use std::ops::Range;

use bytes::{Bytes, BytesMut};

/// An incremental reader of the chunked transfer coding (RFC 9112 §7.1).
///
/// It keeps places, not bytes, so that a connection may call [`ChunkedBody::advance`] after every
/// read and pay for each byte once.
#[derive(Clone, Debug, Default)]
pub struct ChunkedBody {
    at: usize,
    chunks: Vec<Range<usize>>,
    length: usize,
    last_chunk_seen: bool,
    finished: bool,
}

/// The line in front of a chunk's data (RFC 9112 §7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkSize {
    /// The line without its LF, in bytes from the start of the body.
    pub line: Range<usize>,
    /// Where the chunk's data begins, in bytes from the start of the body.
    pub data: usize,
    /// The number of bytes that it announces; 0 in front of the trailer section.
    pub size: usize,
}

/// Chunk framing that cannot be followed (RFC 9112 §7.1); the place is in bytes from the start of the
/// body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("chunk framing broken at byte {at}: {reason}")]
#[non_exhaustive]
pub struct ChunkError {
    /// Where the framing stops making sense.
    pub at: usize,
    /// What was expected there.
    pub reason: &'static str,
}

impl ChunkedBody {
    /// Reads as far as `body` goes; `body` is everything that came after the head so far.
    ///
    /// Returns whether the last chunk and its trailer section have been read (RFC 9112 §7.1). The error
    /// is the first byte that is no chunked coding; what was read before it stays.
    pub fn advance(&mut self, body: &[u8]) -> Result<bool, ChunkError> {
        while !self.finished {
            if self.last_chunk_seen {
                let Some(line) = self.line(body)? else { return Ok(false) };
                // Trailer fields mean nothing to a request: only the empty
                // line after them is waited for.
                self.finished = body.get(line.clone()).unwrap_or_default().trim_ascii().is_empty();
                self.at = line.end.saturating_add(1);
                continue;
            }
            let Some(chunk) = self.next_size(body)? else { return Ok(false) };
            if chunk.size == 0 {
                self.last_chunk_seen = true;
                self.at = chunk.data;
                continue;
            }
            let end = chunk
                .data
                .checked_add(chunk.size)
                // The size is a foreign number of up to 64 bits: the sum may overflow.
                .ok_or_else(|| self.error("a chunk size that fits the address space"))?;
            let Some(after) = body.get(end..) else { return Ok(false) };
            let line_end = match after {
                [b'\r', b'\n', ..] => 2,
                // Recipients may take a lone LF for a line end (RFC 9112 §2.2).
                [b'\n', ..] => 1,
                // So far only a half of the line end may have come.
                [] | [b'\r'] => return Ok(false),
                _ => return Err(self.error("a line end after the chunk's data")),
            };
            self.chunks.push(chunk.data..end);
            self.length = self.length.saturating_add(chunk.size);
            self.at = end.saturating_add(line_end);
        }
        Ok(true)
    }

    /// The size line after the chunks read so far, if all of it has come.
    ///
    /// Of a body that goes no further it is the chunk that the reader waits for.
    pub fn next_size(&self, body: &[u8]) -> Result<Option<ChunkSize>, ChunkError> {
        let Some(line) = self.line(body)? else { return Ok(None) };
        let text = body.get(line.clone()).unwrap_or_default();
        // Extensions follow a semicolon, and are ignored by who does not
        // know them (RFC 9112 §7.1.1).
        let digits = text.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let size = std::str::from_utf8(digits)
            .ok()
            // `from_str_radix` takes a sign, which no chunk size has.
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|text| usize::from_str_radix(text, 16).ok())
            .ok_or_else(|| self.error("a chunk size in hexadecimal digits"))?;
        Ok(Some(ChunkSize { data: line.end.saturating_add(1), line, size }))
    }

    /// The line that begins where reading stands, without its LF, if that has come.
    fn line(&self, body: &[u8]) -> Result<Option<Range<usize>>, ChunkError> {
        const LONGEST: usize = 4096;
        let rest = body.get(self.at..).unwrap_or_default();
        // What is beyond the bound is not looked at: it may have come, or not.
        let line = rest.get(..=LONGEST).unwrap_or(rest);
        match memchr::memchr(b'\n', line) {
            Some(length) => Ok(Some(self.at..self.at.saturating_add(length))),
            None if line.len() > LONGEST => {
                Err(self.error("a chunk-size line of at most 4096 bytes"))
            }
            None => Ok(None),
        }
    }

    /// How many bytes of framing and data have been understood.
    pub fn consumed(&self) -> usize {
        self.at
    }

    /// How many bytes of content the chunks read so far hold.
    pub fn content_length(&self) -> usize {
        self.length
    }

    /// The content of all chunks, joined.
    pub fn content(&self, body: &Bytes) -> Bytes {
        // Most bodies come in one chunk: then a slice of MiBs is shared and not copied.
        if let [only] = self.chunks.as_slice() {
            return body.slice(only.clone());
        }
        let mut content = BytesMut::with_capacity(self.length);
        for chunk in &self.chunks {
            content.extend_from_slice(body.get(chunk.clone()).unwrap_or_default());
        }
        content.freeze()
    }

    fn error(&self, reason: &'static str) -> ChunkError {
        ChunkError { at: self.at, reason }
    }
}
