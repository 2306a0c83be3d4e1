use bytes::Bytes;

use super::chunked::{ChunkError, ChunkedBody};
use super::head::Head;

/// How the end of a body is found (RFC 9112 §6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyFraming {
    /// Neither `Content-Length` nor `Transfer-Encoding`: no body.
    None,
    /// `Content-Length`, and how many of its bytes did not come.
    Sized {
        /// The announced length in bytes.
        length: u64,
        /// Announced bytes that did not arrive.
        missing: u64,
    },
    /// `Transfer-Encoding: chunked`, and whether the last chunk came.
    Chunked {
        /// Whether the last chunk and the trailer section are complete.
        finished: bool,
    },
    /// Chunk framing that cannot be followed.
    BrokenChunks(ChunkError),
    /// A `Content-Length` that is no decimal number, or several that differ.
    BadLength(String),
}

/// Framing, content and how many bytes of `rest` belong to the message.
pub(super) fn read_body(head: &Head, rest: &Bytes) -> (BodyFraming, Bytes, usize) {
    // Chunks first: where both headers are there, they override Content-Length (RFC 9112 §6.3).
    if head.has_token("transfer-encoding", "chunked") {
        let mut chunks = ChunkedBody::default();
        let framing = match chunks.advance(rest) {
            Ok(finished) => BodyFraming::Chunked { finished },
            Err(error) => BodyFraming::BrokenChunks(error),
        };
        let finished = framing == BodyFraming::Chunked { finished: true };
        // Without an end nothing says where another request could begin:
        // all that came is of this one.
        let consumed = if finished { chunks.consumed() } else { rest.len() };
        return (framing, chunks.content(rest), consumed);
    }
    let mut lengths = head.all("content-length").map(|field| field.value.as_str());
    let Some(first) = lengths.next() else { return (BodyFraming::None, Bytes::new(), 0) };
    // `parse` takes a sign, which the grammar does not have (RFC 9110 §8.6).
    let digits = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let length =
        // Equal lengths frame the body as one does; different ones frame nothing (RFC 9112 §6.3).
        first.parse::<u64>().ok().filter(|_| digits && lengths.all(|other| other == first));
    let Some(length) = length else {
        let all: Vec<_> = head.all("content-length").map(|field| field.value.as_str()).collect();
        return (BodyFraming::BadLength(all.join(", ")), rest.clone(), rest.len());
    };
    // A length beyond the address space is in any case more than what came.
    let have = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
    let missing = length.saturating_sub(u64::try_from(have).unwrap_or(u64::MAX));
    (BodyFraming::Sized { length, missing }, rest.slice(..have), have)
}
