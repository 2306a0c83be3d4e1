//! An exchange as it came over the wire, as much of it as a report shows.

use std::ops::Range;

use super::signatures::signatures;
use crate::protocol::{Exchange, Receipt};

/// How many bytes are kept of a head, of the content of a field, and of the body of a reply.
const HEAD: usize = 4 << 10;
const CONTENT: usize = 160;
const BODY: usize = 2 << 10;
/// A content that is longer is not shown as text.
const TEXT: usize = 256;
/// How many fields of a form are kept.
const FIELDS: usize = 24;

/// A request and its reply, cut.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Wire {
    /// The request line and the header fields.
    pub head: Piece,
    /// Where signatures stand in the head, but for their first characters.
    pub signatures: Vec<Range<usize>>,
    /// The fields of the form, by name, decoded.
    pub fields: Vec<(String, Piece)>,
    /// How many fields more there are.
    pub more_fields: usize,
    /// The length of the body in bytes.
    pub body_length: usize,
    /// How much of the request was read.
    pub receipt: Receipt,
    /// The status line and the header fields of the reply.
    pub reply_head: Piece,
    /// The body of the reply, as it was to be delivered.
    pub reply_body: Piece,
}

/// The first bytes of something.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Piece {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How many there are in all.
    pub length: usize,
}

impl Wire {
    pub(super) fn of(exchange: &Exchange) -> Self {
        let (request, response) = (&exchange.request, &exchange.response);
        let head = Piece::of(&request.raw_part(0..request.head().end).unwrap_or_default(), HEAD);
        // The head may be cut within a signature.
        let within =
            |span: Range<usize>| span.start.min(head.bytes.len())..span.end.min(head.bytes.len());
        let values = request.form().values();
        let field = |value: &crate::protocol::Value| {
            let name = String::from_utf8_lossy(&Piece::of(value.name.as_bytes(), CONTENT).bytes)
                .into_owned();
            (name, Piece::of(&value.content, CONTENT))
        };
        let reply = response.raw();
        // Literal bytes need not have an end of a head: then all is head.
        let reply_head = reply.get(..response.head().end).unwrap_or(reply);
        Self {
            signatures: signatures(request).into_iter().map(within).collect(),
            head,
            fields: values.iter().take(FIELDS).map(field).collect(),
            more_fields: values.len().saturating_sub(FIELDS),
            body_length: request.body_length(),
            receipt: exchange.receipt,
            reply_head: Piece::of(reply_head, HEAD),
            reply_body: Piece::of(response.body(), BODY),
        }
    }
}

impl Piece {
    fn of(bytes: &[u8], most: usize) -> Self {
        let kept = bytes.get(..most).unwrap_or(bytes);
        Self { bytes: kept.to_vec(), length: bytes.len() }
    }

    /// As much of a content as is kept, if it is a text and not long.
    pub fn as_text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        (self.length < TEXT || text.is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_is_text_up_to_a_length() {
        let text = |length: usize| Piece::of(&vec![b'a'; length], CONTENT).as_text().is_some();
        assert!(text(TEXT - 1) && !text(TEXT));
        let binary = Piece::of(b"\xff", CONTENT);
        assert_eq!(binary.as_text(), None);
    }
}
