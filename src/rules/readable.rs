//! Which requests can be told apart from what surrounds them.
//!
//! A request that came in pieces, with the wrong length, or with a boundary that occurs in the file
//! breaks a rule of its own. All others would only repeat that in their words.

use std::collections::HashMap;

use memchr::memmem;

use crate::protocol::{BodyFraming, Exchange, Request, Witness};

/// Decides request by request; what is known about a boundary is kept.
pub(super) struct Readability<'a> {
    file: &'a [u8],
    collisions: HashMap<String, bool>,
}

impl<'a> Readability<'a> {
    pub(super) fn of(file: &'a [u8]) -> Self {
        Self { file, collisions: HashMap::new() }
    }

    /// Whether the request came whole, is framed rightly, and has a boundary of its own.
    pub(super) fn check(&mut self, exchange: &Exchange) -> bool {
        is_framed(exchange) && !self.collides(&exchange.request)
    }

    fn collides(&mut self, request: &Request) -> bool {
        let Some(form) = request.form().as_multipart() else { return false };
        if let Some(known) = self.collisions.get(form.boundary()) {
            return *known;
        }
        let collides = collision(self.file, form.boundary()).is_some();
        self.collisions.insert(form.boundary().to_owned(), collides);
        collides
    }
}

/// Where in a file a line reads like a delimiter of this boundary.
pub(super) fn collision(file: &[u8], boundary: &str) -> Option<usize> {
    let delimiter = format!("--{boundary}");
    memmem::find_iter(file, delimiter.as_bytes()).find(|at| {
        let behind = file.get(at.saturating_add(delimiter.len())..).unwrap_or_default();
        let before = file.get(..*at).unwrap_or_default();
        before.ends_with(b"\n") && matches!(behind, [b'\r' | b'\n', ..] | [b'-', b'-', ..])
    })
}

fn is_framed(exchange: &Exchange) -> bool {
    let request = &exchange.request;
    let behind = request.raw().get(request.excess()).unwrap_or_default();
    let framed = match request.framing() {
        BodyFraming::Sized { missing, .. } => *missing == 0,
        BodyFraming::Chunked { finished } => *finished,
        BodyFraming::None => request.method() != "POST",
        BodyFraming::BrokenChunks(_) | BodyFraming::BadLength(_) => false,
    };
    framed && exchange.witness == Witness::Whole && behind.trim_ascii().is_empty()
}
