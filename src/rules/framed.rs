//! Which requests can be told apart from what surrounds them.
//!
//! A request that came in pieces, with the wrong length, or with a boundary that occurs in the file
//! breaks a rule of its own. All others would only repeat that in their words.

use std::cell::OnceCell;
use std::collections::HashMap;

use bytes::Bytes;
use memchr::memmem;

use crate::protocol::{BodyFraming, Exchange, FileView, Receipt, Request};

/// Looks for boundaries in the file; what is known about a boundary is kept.
pub(super) struct Readability {
    file: Option<FileView>,
    /// The lines of the file that begin with dashes, and where they do: one search serves all boundaries.
    dashed: OnceCell<Vec<(u64, Bytes)>>,
    collisions: HashMap<String, Option<u64>>,
}

impl Readability {
    pub(super) fn of(file: Option<FileView>) -> Self {
        Self { file, dashed: OnceCell::new(), collisions: HashMap::new() }
    }

    /// Where in the file a line reads like a delimiter of the request's form.
    pub(super) fn collision(&mut self, request: &Request) -> Option<u64> {
        let form = request.form().as_multipart()?;
        if let Some(known) = self.collisions.get(form.boundary()) {
            return *known;
        }
        let collision = self.delimiter(form.boundary().as_bytes());
        self.collisions.insert(form.boundary().to_owned(), collision);
        collision
    }

    /// Where in the file a delimiter of this boundary begins. No delimiter has a zero in it, so that none
    /// goes beyond the runs of a sparse file.
    fn delimiter(&self, boundary: &[u8]) -> Option<u64> {
        let dashed = self.dashed.get_or_init(|| {
            self.file.iter().flat_map(FileView::runs).flat_map(dashed_lines).collect()
        });
        let is_delimiter = |(at, line): &(u64, Bytes)| {
            let line = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
            matches!(line, [b'\r' | b'\n', ..] | [b'-', b'-', ..]).then_some(*at)
        };
        dashed.iter().find_map(is_delimiter)
    }
}

/// The lines of a run that begin with dashes, each to the end of the run, with their offsets.
fn dashed_lines((offset, run): (u64, &Bytes)) -> impl Iterator<Item = (u64, Bytes)> {
    memmem::find_iter(run, b"\n--").filter_map(move |before| {
        let at = before.saturating_add(1);
        Some((offset.saturating_add(u64::try_from(at).ok()?), run.slice(at..)))
    })
}

/// Whether the request came whole and is framed rightly.
pub(super) fn is_framed(exchange: &Exchange) -> bool {
    let request = &exchange.request;
    let after = request.raw_part(request.excess());
    // Servers skip empty lines before the next request (RFC 9112 §2.2): they do no harm.
    let nothing_after = after.is_some_and(|after| after.trim_ascii().is_empty());
    let framed = match request.framing() {
        BodyFraming::Sized { missing, .. } => *missing == 0,
        BodyFraming::Chunked { finished } => *finished,
        BodyFraming::None => request.method() != "POST",
        BodyFraming::BrokenChunks(_) | BodyFraming::BadLength(_) => false,
    };
    framed && exchange.receipt == Receipt::Whole && nothing_after
}
