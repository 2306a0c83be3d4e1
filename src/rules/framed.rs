//! Which requests can be told apart from what surrounds them.
//!
//! A request that came in pieces, with the wrong length, or with a boundary that occurs in the file
//! breaks a rule of its own. All others would only repeat that in their words.

use std::cell::OnceCell;
use std::collections::HashMap;

use memchr::memmem;

use crate::protocol::{BodyFraming, Exchange, Receipt, Request};

/// Looks for boundaries in the file; what is known about a boundary is kept.
pub(super) struct Readability<'a> {
    file: &'a [u8],
    /// Where the lines of the file that begin with dashes do: one search serves all boundaries.
    dashed: OnceCell<Vec<usize>>,
    collisions: HashMap<&'a str, Option<usize>>,
}

impl<'a> Readability<'a> {
    pub(super) fn of(file: &'a [u8]) -> Self {
        Self { file, dashed: OnceCell::new(), collisions: HashMap::new() }
    }

    /// Where in the file a line reads like a delimiter of the request's form.
    pub(super) fn collision(&mut self, request: &'a Request) -> Option<usize> {
        let form = request.form().as_multipart()?;
        if let Some(known) = self.collisions.get(form.boundary()) {
            return *known;
        }
        let collision = self.delimiter(form.boundary().as_bytes());
        self.collisions.insert(form.boundary(), collision);
        collision
    }

    /// Where in the file a delimiter of this boundary begins.
    fn delimiter(&self, boundary: &[u8]) -> Option<usize> {
        let dashed = self.dashed.get_or_init(|| {
            let lines = memmem::find_iter(self.file, b"\n--");
            lines.map(|at| at.saturating_add(1)).collect()
        });
        let is_delimiter = |at: usize| {
            let line = self.file.get(at..)?.strip_prefix(b"--")?.strip_prefix(boundary)?;
            matches!(line, [b'\r' | b'\n', ..] | [b'-', b'-', ..]).then_some(at)
        };
        dashed.iter().find_map(|at| is_delimiter(*at))
    }
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
    framed && exchange.receipt == Receipt::Whole && behind.trim_ascii().is_empty()
}
