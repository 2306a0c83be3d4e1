//! A request and its reply, as much of them as reports show, without secrets.

use super::View;
use super::secrets::Secrets;
use crate::protocol::Receipt;
use crate::results::{Piece, Wire};

/// How many bytes are shown of a head, of a field that is no text, and of the body of a reply.
pub(super) const HEAD: usize = 1200;
pub(super) const CONTENT: usize = 32;
pub(super) const BODY: usize = 600;

/// The request line and the header fields.
pub(super) fn request_head(wire: &Wire, view: View, secrets: &Secrets) -> Vec<u8> {
    let mut head = wire.head.bytes.clone();
    secrets.mask_bytes(&mut head);
    for proof in wire.signatures.iter().filter(|_| !view.show_secrets) {
        if let Some(proof) = head.get_mut(proof.clone()) {
            proof.fill(b'*');
        }
    }
    head.truncate(HEAD);
    head
}

/// The first bytes of something: it is masked before it is cut, for a secret without its end is one, too.
pub(super) fn first(piece: &Piece, most: usize, secrets: &Secrets) -> Vec<u8> {
    let mut bytes = piece.bytes.clone();
    secrets.mask_bytes(&mut bytes);
    bytes.truncate(most);
    bytes
}

/// How much of a request was read, in words.
pub(super) fn receipt(receipt: Receipt) -> String {
    match receipt {
        Receipt::Whole => "all of it was read".to_owned(),
        Receipt::Stalled => "the client stopped sending before its end".to_owned(),
        Receipt::Aborted => "the client closed the connection before its end".to_owned(),
        Receipt::Refused(bound) => format!("not read to its end: it exceeds {}", bound.as_str()),
    }
}
