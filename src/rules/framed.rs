//! Which requests can be told apart from what surrounds them.
//!
//! A request that came in pieces, with the wrong length, or with a boundary that occurs in the file
//! breaks a rule of its own. All others would only repeat that in their words.

use std::cell::OnceCell;
use std::collections::HashMap;

use bytes::Bytes;
use memchr::memmem;

use crate::protocol::{BodyFraming, Delivery, Exchange, FileView, Receipt, Request};

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
        // A client with a constant boundary asks once, and not for each of its slices.
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
            // What follows a delimiter on its line: a line that only
            // begins like one is no delimiter.
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
        // A POST without a length breaks `request/content-length`; a GET has no body to frame.
        BodyFraming::None => request.method() != "POST",
        BodyFraming::BrokenChunks(_) | BodyFraming::BadLength(_) => false,
    };
    let is_whole = framed && exchange.receipt == Receipt::Whole && nothing_after;
    is_whole && another_request(exchange).is_none()
}

/// That a body ends early, in words.
pub(super) fn ends_after(came: u64, length: u64) -> String {
    format!("the body ends after {came} of the {length} bytes that Content-Length announces")
}

/// Whether the body has not begun because its client waits for a `100 Continue`, which need not come.
pub(super) fn awaits_continue(request: &Request) -> bool {
    let is_awaited =
        matches!(request.framing(), BodyFraming::Sized { missing, .. } if *missing > 0);
    is_awaited && request.body_length() == 0 && request.head().get("expect").is_some()
}

/// With what a request to this API begins.
pub(super) const BEGINNING: &[u8] = b"POST /files/v2/";

/// Where another request begins within the body of one that was answered early: the client has given the
/// rest of the body up and uses the connection again. The place in the raw bytes, and the length that the
/// body was announced with.
///
/// A body that came whole has its closing delimiter, whatever else is in it.
pub(super) fn another_request(exchange: &Exchange) -> Option<(usize, u64)> {
    let request = &exchange.request;
    let BodyFraming::Sized { length, .. } = request.framing() else { return None };
    let is_closed = || {
        let form = request.form().as_multipart();
        form.is_none_or(|form| {
            let closing = format!("--{}--", form.boundary());
            request.body().trim_ascii_end().ends_with(closing.as_bytes())
        })
    };
    // Only who has its reply already gives up a body and goes on with the connection.
    if exchange.delivery != Delivery::Early || is_closed() {
        return None;
    }
    let body = request.body();
    let version = |line: &[u8]| memmem::find(line, b" HTTP/1.").is_some();
    let starts = memmem::find_iter(&body, BEGINNING);
    let mut lines =
        starts.filter_map(|at| Some((at, body.get(at..)?.split(|b| *b == b'\r').next()?)));
    let (at, _) = lines.find(|(_, line)| version(line))?;
    Some((request.head().end.saturating_add(at), *length))
}
