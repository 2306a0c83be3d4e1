//! Which requests can be told apart from what surrounds them.
//!
//! A request that came in pieces, with the wrong length, or with a boundary that occurs in the file
//! breaks a rule of its own. All others would only repeat that in their words.

use std::collections::HashMap;

use memchr::memmem;

use crate::protocol::{BodyFraming, Exchange, Request, Witness};

/// Looks for boundaries in the file; what is known about a boundary is kept.
pub(super) struct Readability<'a> {
    file: &'a [u8],
    collisions: HashMap<String, Option<usize>>,
}

impl<'a> Readability<'a> {
    pub(super) fn of(file: &'a [u8]) -> Self {
        Self { file, collisions: HashMap::new() }
    }

    /// Where in the file a line reads like a delimiter of the request's form.
    pub(super) fn collision(&mut self, request: &Request) -> Option<usize> {
        let form = request.form().as_multipart()?;
        if let Some(known) = self.collisions.get(form.boundary()) {
            return *known;
        }
        let collision = collision(self.file, form.boundary());
        self.collisions.insert(form.boundary().to_owned(), collision);
        collision
    }
}

/// Where in a file a line reads like a delimiter of this boundary.
fn collision(file: &[u8], boundary: &str) -> Option<usize> {
    let delimiter = format!("--{boundary}");
    memmem::find_iter(file, delimiter.as_bytes()).find(|at| {
        let behind = file.get(at.saturating_add(delimiter.len())..).unwrap_or_default();
        let before = file.get(..*at).unwrap_or_default();
        before.ends_with(b"\n") && matches!(behind, [b'\r' | b'\n', ..] | [b'-', b'-', ..])
    })
}

/// Whether the request came whole and is framed rightly.
pub(super) fn is_framed(exchange: &Exchange) -> bool {
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
