//! From what was played to a document.

use std::io;
use std::ops::Range;

use super::mask::Mask;
use super::piece::Piece;
use super::raw;
use super::{Document, ExchangeEntry, JobEntry, Pieces, VERSION, digest_of};
use crate::protocol::{Exchange, FileView, Request};
use crate::report::{NamedFile, View, json_text};
use crate::results::{Played, Run, catalogue_of};

/// Contents shorter than this are written out.
const SHORTEST_REFERENCE: usize = 64;

/// The names of a scenario's documents, and what is in them.
pub(super) fn documents(run: &Run, played: &Played, view: View) -> io::Result<Vec<NamedFile>> {
    let id = &played.scenario.id;
    Ok(vec![
        (super::file_name(id), write(run, played, view)?.into_bytes()),
        (super::raw_name(id), raw::write(played, &file_of(run, played), view)),
    ])
}

/// Writes the transcript of a scenario; of the view, only whether secrets are shown matters.
pub fn write(run: &Run, played: &Played, view: View) -> serde_json::Result<String> {
    let transcript = &played.transcript;
    let job = &transcript.job;
    let mask = Mask::new(job, view);
    let made = made(run, played);
    let file = file_of(run, played);
    let generated = made.as_ref().map(digest_of);
    let credentials = job.credentials.as_ref().filter(|_| !mask.hides());
    let document = Document {
        version: VERSION,
        scenario: job.scenario.clone(),
        command: run.command.clone(),
        client_name: run.name.clone(),
        client_version: run.version.clone(),
        seed: run.seed,
        replay_options: run.replay_options.clone(),
        case: run.case.clone(),
        setup: match catalogue_of(&played.scenario) {
            Some(_) => None,
            None => Some(played.scenario.to_toml()),
        },
        masked: mask.hides(),
        elapsed: played.elapsed,
        stdout: Pieces::of(&mask.bytes(&played.stdout)),
        stderr: Pieces::of(&mask.bytes(&played.stderr)),
        job: JobEntry {
            appid: job.path.as_ref().map(|path| path.appid.clone()),
            bucket: job.path.as_ref().map(|path| path.bucket.clone()),
            key: job.path.as_ref().map(|path| path.key.clone()),
            secret_id: credentials.map(|known| known.secret_id.clone()),
            secret_key: credentials.map(|known| known.secret_key.clone()),
            slice_size: job.slice_size,
            wishes: job.wishes,
            certificate: job.certificate,
            restarts: job.restarts,
            must_succeed: job.must_succeed,
            file: job.file.as_ref().filter(|_| generated.is_none()).map(file_pieces),
            generated,
        },
        exchanges: transcript.exchanges.iter().map(|it| entry(it, &file, &mask)).collect(),
        overflowed: transcript.overflowed,
        deviations: transcript.deviations.iter().cloned().map(Into::into).collect(),
        outcome: transcript.outcome.clone().map(|outcome| mask.outcome(outcome)),
    };
    json_text::to_string(&document)
}

/// The file, if a reader of the document can make the same one. One that changes while it is read is not known,
/// but what is read of it is for the most part what the seed makes.
fn made(run: &Run, played: &Played) -> Option<FileView> {
    let made = catalogue_of(&played.scenario)?.job(run.seed).file;
    let known = played.transcript.job.file.as_ref();
    known.is_none_or(|file| digest_of(file) == digest_of(&made)).then_some(made)
}

/// The file that was uploaded, as far as it is known.
fn file_of(run: &Run, played: &Played) -> FileView {
    let known = played.transcript.job.file.clone();
    known.or_else(|| made(run, played)).unwrap_or_default()
}

fn entry(exchange: &Exchange, file: &FileView, mask: &Mask) -> ExchangeEntry {
    ExchangeEntry {
        request: request_pieces(&exchange.request, file, mask),
        receipt: exchange.receipt,
        response: Pieces::of(&mask.bytes(exchange.response.raw())),
        delivery: exchange.delivery,
        connection: exchange.connection,
        started: exchange.started,
        answered: exchange.answered,
        clock: exchange.clock,
    }
}

/// The slice by reference, if it is one of the file's and stands in one piece.
fn request_pieces(request: &Request, file: &FileView, mask: &Mask) -> Pieces {
    let length = request.raw().len();
    match slice_of(file, request) {
        None => Pieces::of(&mask.request(request, 0..length)),
        Some((place, file)) => Pieces(vec![
            Piece::of(&mask.request(request, 0..place.start)),
            Piece::File(file),
            Piece::of(&mask.request(request, place.end..length)),
        ]),
    }
}

/// Where in the bytes of a request a slice of the file stands in one piece, and which one it is.
pub(super) fn slice_of(file: &FileView, request: &Request) -> Option<(Range<usize>, Range<u64>)> {
    let value = request.value("filecontent")?;
    let content = value.content.as_ref();
    let start = value.span.start.checked_add(request.head().end)?;
    let place = start..start.checked_add(content.len())?;
    let stands_there = request.raw().get(place.clone())? == content;
    let offset = offset_in(file, content, request.number("offset"))?;
    let range = offset..offset.checked_add(u64::try_from(content.len()).ok()?)?;
    stands_there.then_some((place, range))
}

/// Where in the file this content is: where the request says, or in one of the file's runs.
fn offset_in(file: &FileView, content: &[u8], claimed: Option<u64>) -> Option<u64> {
    if content.len() < SHORTEST_REFERENCE {
        return None;
    }
    let mut found = file.runs().filter_map(|(offset, run)| {
        let at = memchr::memmem::find(run, content)?;
        offset.checked_add(u64::try_from(at).ok()?)
    });
    // Of bytes that are there several times, only the request tells which were meant.
    claimed.filter(|offset| file.matches(*offset, content)).or_else(|| found.next())
}

/// The runs of the file, and how many zeros lie between them.
fn file_pieces(file: &FileView) -> Pieces {
    let mut pieces = Vec::new();
    let mut end = 0;
    for (offset, run) in file.runs() {
        pieces.push(Piece::Zeros(offset.saturating_sub(end)));
        pieces.push(Piece::of(run));
        end = offset.saturating_add(u64::try_from(run.len()).unwrap_or(u64::MAX));
    }
    pieces.push(Piece::Zeros(file.len().saturating_sub(end)));
    pieces.retain(|piece| !matches!(piece, Piece::Zeros(0)));
    Pieces(pieces)
}
