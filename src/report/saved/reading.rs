//! From a document, which may be anybody's, to what was played.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::piece::Piece;
use super::{
    DeviationEntry, Document, ExchangeEntry, JobEntry, MOST_BYTES, MOST_TEXT, Pieces, Saved,
    SavedError, VERSION, digest_of,
};
use crate::protocol::{
    Credentials, Deviation, Exchange, FileView, JobFacts, LARGEST_FILE, ObjectPath, Request,
    Response, Transcript,
};
use crate::results::{Played, Run, catalogue_of};
use crate::scenario::{Scenario, Situation, with_large_uploads};

/// Reads a file that [`write`](super::write) wrote.
///
/// What takes more memory than any run keeps is refused, where it stands: longer lists than are
/// written, and more bytes.
pub fn read(source: impl io::Read) -> Result<Saved, SavedError> {
    let document: Document = serde_json::from_reader(source)?;
    if document.version != VERSION {
        return Err(SavedError::Version(document.version));
    }
    not_too_long(&document)?;
    let scenario = if let Some(setup) = &document.setup {
        Arc::new(Scenario::from_toml(setup).map_err(SavedError::Setup)?)
    } else {
        let known = with_large_uploads().find(|scenario| scenario.id == document.scenario);
        known.cloned().ok_or(SavedError::Scenario(document.scenario))?
    };
    let mut reader = Reader { file: FileView::default(), left: MOST_BYTES };
    let JobEntry {
        appid,
        bucket,
        key,
        secret_id,
        secret_key,
        slice_size,
        wishes,
        certificate,
        restarts,
        must_succeed,
        generated,
        file,
    } = document.job;
    let file = match generated {
        // What is in no catalogue may be of any size.
        Some(digest) if catalogue_of(&scenario).is_some() => {
            reader.generated(&scenario, document.seed, &digest)?
        }
        Some(_) => return Err(SavedError::Generated),
        None => {
            let file = file.map(|file| reader.file(file)).transpose()?;
            reader.file = file.clone().unwrap_or_default();
            file
        }
    };
    let job = JobFacts {
        scenario: scenario.id.clone(),
        path: match (appid, bucket, key) {
            (None, None, None) => None,
            (Some(appid), Some(bucket), Some(key)) => Some(ObjectPath { appid, bucket, key }),
            _ => return Err(SavedError::Incomplete("appid, bucket and key")),
        },
        file,
        credentials: match (secret_id, secret_key) {
            (None, None) => None,
            (Some(secret_id), Some(secret_key)) => Some(Credentials { secret_id, secret_key }),
            _ => return Err(SavedError::Incomplete("secret_id and secret_key")),
        },
        slice_size,
        wishes,
        certificate,
        restarts,
        secrets_masked: document.masked,
        must_succeed,
    };
    let exchanges = document.exchanges.into_iter().enumerate();
    let exchanges = exchanges.map(|(number, entry)| reader.exchange(number + 1, entry));
    let exchanges = exchanges.collect::<Result<_, _>>()?;
    let transcript = Transcript {
        deviations: deviations(document.deviations, &scenario, &job),
        job,
        exchanges,
        overflowed: document.overflowed,
        outcome: document.outcome,
    };
    let played = Played {
        scenario,
        transcript,
        elapsed: document.elapsed,
        stdout: reader.bytes(document.stdout, "stdout")?.into(),
        stderr: reader.bytes(document.stderr, "stderr")?.into(),
    };
    let Document { command, client_name, client_version, seed, replay_options, case, .. } =
        document;
    let (name, version, anchor) = (client_name, client_version, None);
    let run = Run { command, name, version, anchor, seed, replay_options, case, ..Run::default() };
    Ok(Saved { run, played })
}

/// Who reads a command or a name in a report has to find the rest of it.
fn not_too_long(document: &Document) -> Result<(), SavedError> {
    let name = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let words = |words: &[String]| words.iter().map(String::len).sum();
    let lengths = [
        ("command", words(&document.command)),
        ("replay_options", words(&document.replay_options)),
        ("client_name", name(&document.client_name)),
        ("client_version", name(&document.client_version)),
    ];
    match lengths.into_iter().find(|(_, length)| *length > MOST_TEXT) {
        Some((what, _)) => Err(SavedError::TooLong(what)),
        None => Ok(()),
    }
}

/// The deviations; in their place, where the recording says nothing of any, those that were planned: whether they
/// occurred is not known, so that nothing that depends on them was exercised.
fn deviations(said: Vec<DeviationEntry>, scenario: &Scenario, job: &JobFacts) -> Vec<Deviation> {
    if !said.is_empty() {
        return said.into_iter().map(Deviation::from).collect();
    }
    let planned = Situation::planned_for(&scenario.setup, job.path.as_ref()).into_iter();
    let unsaid = planned.map(|deviation| Deviation {
        always: false,
        reason: Some("the recording does not say whether it occurred".to_owned()),
        ..deviation
    });
    unsaid.collect()
}

struct Reader {
    file: FileView,
    /// How many bytes may still be unfolded.
    left: usize,
}

impl Reader {
    fn exchange(&mut self, number: usize, entry: ExchangeEntry) -> Result<Exchange, SavedError> {
        let before = self.left;
        let mut request = Request::new(self.bytes(entry.request, &format!("request {number}"))?);
        request.compact(&self.file);
        // What is the file's is not kept a second time.
        self.left = before.saturating_sub(request.kept());
        let response = self.bytes(entry.response, &format!("response {number}"))?;
        Ok(Exchange {
            request,
            receipt: entry.receipt,
            response: Response::new(response),
            delivery: entry.delivery,
            connection: entry.connection,
            started: entry.started,
            answered: entry.answered,
            clock: entry.clock,
        })
    }

    /// Takes the file that the seed makes for what is referred to, and returns it if it is known.
    fn generated(
        &mut self,
        scenario: &Scenario,
        seed: u64,
        digest: &str,
    ) -> Result<Option<FileView>, SavedError> {
        let job = scenario.job(seed);
        let (file, known) = (job.file.clone(), JobFacts::from(job).file);
        if digest_of(&file) != digest {
            return Err(SavedError::Generated);
        }
        let kept: usize = file.runs().map(|(_, run)| run.len()).sum();
        self.left = self.left.checked_sub(kept).ok_or(SavedError::TooLarge)?;
        self.file = file;
        Ok(known)
    }

    /// The file, of which zeros take no memory.
    fn file(&mut self, pieces: Pieces) -> Result<FileView, SavedError> {
        let has_zeros = pieces.0.iter().any(|piece| matches!(piece, Piece::Zeros(_)));
        if !has_zeros {
            return Ok(self.bytes(pieces, "file")?.into());
        }
        let mut runs = Vec::new();
        let mut length = 0_u64;
        for piece in pieces.0 {
            let start = length;
            let count = if let Piece::Zeros(count) = piece {
                count
            } else {
                let run = self.piece(piece, "file")?;
                let count = u64::try_from(run.len()).unwrap_or(u64::MAX);
                runs.push((start, run));
                count
            };
            let end = start.checked_add(count).filter(|end| *end <= LARGEST_FILE);
            length = end.ok_or(SavedError::TooLarge)?;
        }
        FileView::sparse(length, runs).ok_or(SavedError::TooLarge)
    }

    fn bytes(&mut self, pieces: Pieces, place: &str) -> Result<Bytes, SavedError> {
        let mut bytes = Vec::new();
        for piece in pieces.0 {
            bytes.extend_from_slice(&self.piece(piece, place)?);
        }
        Ok(bytes.into())
    }

    fn piece(&mut self, piece: Piece, place: &str) -> Result<Bytes, SavedError> {
        let piece = match piece {
            Piece::Text(text) => Bytes::from(text),
            Piece::File(range) => {
                let Range { start, end } = range;
                let length = self.file.len();
                if start > end || end > length {
                    let place = place.to_owned();
                    return Err(SavedError::Reference { place, from: start, to: end, length });
                }
                self.file.bytes(range).ok_or(SavedError::TooLarge)?
            }
            Piece::Zeros(count) => {
                // Asked before the memory is taken: a number of zeros is only a few bytes of the
                // document.
                let count = usize::try_from(count).ok().filter(|count| *count <= self.left);
                vec![0; count.ok_or(SavedError::TooLarge)?].into()
            }
            Piece::Base64(base64) => {
                let decoded = STANDARD.decode(base64);
                let place = || place.to_owned();
                decoded.map_err(|error| SavedError::Base64 { place: place(), error })?.into()
            }
        };
        self.left = self.left.checked_sub(piece.len()).ok_or(SavedError::TooLarge)?;
        Ok(piece)
    }
}
