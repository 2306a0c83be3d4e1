//! Transcripts on disk: all that a run saw, to be judged again.
//!
//! One JSON document per scenario. Bytes are written as text where they are text, as base64 where
//! they are not, and as a range of the uploaded file where they are its bytes. The file itself is not written
//! where it follows from the seed, but its digest is.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::{Format, View, Writer, json_text};
use crate::protocol::{
    Credentials, Delivery, Deviation, Exchange, FileView, JobFacts, LARGEST_FILE, ObjectPath,
    Outcome, Receipt, Request, Response, Transcript, Wishes,
};
use crate::results::{Case, Played, Run, catalogue_of};
use crate::scenario::{Scenario, TomlError, with_large_uploads};

mod index;
mod mask;
mod piece;

use mask::Mask;
use piece::{Piece, at_most};

/// Transcripts: a folder with a document for each scenario.
pub const FORMAT: Format = Format {
    name: "transcript",
    writer: Writer::Folder { scenario: document, index: index::index },
};

/// The version that is written, and read.
const VERSION: u32 = 1;
/// How much one file may unfold to, in bytes: more than a run keeps of one scenario.
const MOST_BYTES: usize = 256 << 20;
/// How many pieces a request or an output is in at most: three are written.
const MOST_PIECES: usize = 16;
/// How many words a command has at most.
const MOST_WORDS: usize = 65_536;
/// Contents shorter than this are written out.
const SHORTEST_REFERENCE: usize = 64;

/// One scenario of an earlier run.
pub struct Saved {
    /// The run that it is of.
    pub run: Run,
    /// What was played.
    pub played: Played,
}

/// Why a file is no saved transcript.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SavedError {
    /// It is not the JSON that was written.
    #[error("not a saved transcript: {0}")]
    Json(#[from] serde_json::Error),
    /// Another version of this program wrote it.
    #[error("saved in version {0} of the format, not {VERSION}")]
    Version(u32),
    /// There is no such scenario, or not any more.
    #[error("there is no scenario {0:?}")]
    Scenario(String),
    /// The scenario that it is of cannot be read.
    #[error("its scenario: {0}")]
    Setup(TomlError),
    /// A reference goes beyond the file.
    #[error("{place}: bytes {from} to {to} of a file of {length}")]
    Reference {
        /// What has the reference.
        place: String,
        /// Its start.
        from: u64,
        /// Its end.
        to: u64,
        /// The length of the file in bytes.
        length: u64,
    },
    /// The file that the seed gives is not the one that was uploaded.
    #[error("this version makes another file of the seed")]
    Generated,
    /// Not base64.
    #[error("{place}: {error}")]
    Base64 {
        /// What is encoded.
        place: String,
        /// What is wrong with it.
        error: base64::DecodeError,
    },
    /// It would take more memory than any run.
    #[error("it unfolds to more than {MOST_BYTES} bytes")]
    TooLarge,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    scenario: String,
    #[serde(deserialize_with = "at_most::<_, MOST_WORDS, _>")]
    command: Vec<String>,
    /// What the client is called, and its version, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_version: Option<String>,
    seed: u64,
    #[serde(deserialize_with = "at_most::<_, MOST_WORDS, _>")]
    replay_options: Vec<String>,
    /// The file that the run read a scenario from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    case: Option<Case>,
    /// The scenario as TOML, if it is not in the catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    setup: Option<String>,
    /// Whether keys and signatures are overwritten with asterisks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    masked: bool,
    elapsed: Duration,
    stdout: Pieces,
    stderr: Pieces,
    #[serde(alias = "assignment")]
    job: JobEntry,
    #[serde(deserialize_with = "at_most::<_, { Transcript::MOST_EXCHANGES }, _>")]
    exchanges: Vec<ExchangeEntry>,
    overflowed: bool,
    /// Absent in files of versions that did not plan any.
    #[serde(default)]
    deviations: Vec<Deviation>,
    outcome: Option<Outcome>,
}

#[derive(Serialize, Deserialize)]
struct JobEntry {
    /// Each is absent where it is not known.
    #[serde(flatten)]
    path: Option<PathEntry>,
    #[serde(flatten)]
    credentials: Option<CredentialsEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slice_size: Option<u64>,
    #[serde(default, skip_serializing_if = "Wishes::is_none")]
    wishes: Wishes,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unknown_ca: bool,
    #[serde(alias = "undisturbed")]
    must_succeed: bool,
    /// The digest of the file that the seed makes of a scenario of the catalogue, if the known one is no
    /// other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    generated: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<Pieces>,
}

#[derive(Serialize, Deserialize)]
struct PathEntry {
    appid: String,
    bucket: String,
    key: String,
}

#[derive(Serialize, Deserialize)]
struct CredentialsEntry {
    secret_id: String,
    secret_key: String,
}

#[derive(Serialize, Deserialize)]
struct ExchangeEntry {
    request: Pieces,
    #[serde(alias = "witness")]
    receipt: Receipt,
    response: Pieces,
    delivery: Delivery,
    connection: u32,
    started: Duration,
    answered: Duration,
    clock: u64,
}

/// Bytes, one piece after the other.
#[derive(Serialize, Deserialize)]
struct Pieces(#[serde(deserialize_with = "at_most::<_, MOST_PIECES, _>")] Vec<Piece>);

/// The name of a scenario's document, and its text.
fn document(run: &Run, played: &Played, view: View) -> io::Result<(String, String)> {
    Ok((file_name(&played.scenario.id), write(run, played, view)?))
}

/// Writes the transcript of a scenario; of the view, only whether secrets are shown matters.
pub fn write(run: &Run, played: &Played, view: View) -> serde_json::Result<String> {
    let transcript = &played.transcript;
    let job = &transcript.job;
    let mask = Mask::new(job, view);
    let made = made(run, played);
    let file = job.file.clone().or_else(|| made.clone()).unwrap_or_default();
    let generated = made.as_ref().map(digest_of);
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
            path: job.path.clone().map(|ObjectPath { appid, bucket, key }| PathEntry {
                appid,
                bucket,
                key,
            }),
            credentials: job.credentials.clone().filter(|_| !mask.hides()).map(|known| {
                CredentialsEntry { secret_id: known.secret_id, secret_key: known.secret_key }
            }),
            slice_size: job.slice_size,
            wishes: job.wishes,
            unknown_ca: job.unknown_ca,
            must_succeed: job.must_succeed,
            file: job.file.as_ref().filter(|_| generated.is_none()).map(file_pieces),
            generated,
        },
        exchanges: transcript.exchanges.iter().map(|it| entry(it, &file, &mask)).collect(),
        overflowed: transcript.overflowed,
        deviations: transcript.deviations.clone(),
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

/// SHA-1 of the length and of the runs of a file.
fn digest_of(file: &FileView) -> String {
    let mut digest = Sha1::new();
    digest.update(file.len().to_le_bytes());
    for (offset, run) in file.runs() {
        digest.update(offset.to_le_bytes());
        digest.update(run);
    }
    digest.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
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
    let raw = request.raw();
    let reference = || {
        let value = request.value("filecontent")?;
        let content = value.content.as_ref();
        let place = value.span.start.checked_add(request.head().end)?;
        let after = place.checked_add(content.len())?;
        let stands_there = raw.get(place..after)? == content;
        let offset = offset_in(file, content, request.number("offset"))?;
        let range = offset..offset.checked_add(u64::try_from(content.len()).ok()?)?;
        stands_there.then_some((place, range, after))
    };
    match reference() {
        None => Pieces::of(&mask.request(request, 0..raw.len())),
        Some((place, file, after)) => Pieces(vec![
            Piece::of(&mask.request(request, 0..place)),
            Piece::File(file),
            Piece::of(&mask.request(request, after..raw.len())),
        ]),
    }
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

impl Pieces {
    fn of(bytes: &[u8]) -> Self {
        Self(vec![Piece::of(bytes)])
    }
}

/// Reads a file that [`write()`] wrote.
///
/// What takes more memory than any run keeps is refused, where it stands: longer lists than are
/// written, and more bytes.
pub fn read(source: impl io::Read) -> Result<Saved, SavedError> {
    let document: Document = serde_json::from_reader(source)?;
    if document.version != VERSION {
        return Err(SavedError::Version(document.version));
    }
    let scenario = if let Some(setup) = &document.setup {
        Arc::new(Scenario::from_toml(setup).map_err(SavedError::Setup)?)
    } else {
        let known = with_large_uploads().find(|scenario| scenario.id == document.scenario);
        known.cloned().ok_or(SavedError::Scenario(document.scenario))?
    };
    let mut reader = Reader { file: FileView::default(), left: MOST_BYTES };
    let JobEntry {
        path,
        credentials,
        slice_size,
        wishes,
        unknown_ca,
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
        path: path.map(|PathEntry { appid, bucket, key }| ObjectPath { appid, bucket, key }),
        file,
        credentials: credentials
            .map(|known| Credentials { secret_id: known.secret_id, secret_key: known.secret_key }),
        slice_size,
        wishes,
        unknown_ca,
        secrets_masked: document.masked,
        must_succeed,
    };
    let exchanges = document.exchanges.into_iter().enumerate();
    let exchanges = exchanges.map(|(number, entry)| reader.exchange(number + 1, entry));
    let exchanges = exchanges.collect::<Result<_, _>>()?;
    let transcript = Transcript {
        job,
        exchanges,
        overflowed: document.overflowed,
        deviations: document.deviations,
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
    let run = Run { command, name, version, anchor, seed, replay_options, case };
    Ok(Saved { run, played })
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

/// The name of a scenario's file: its id, with a separator that every file system takes. Whoever writes the file
/// compresses it.
pub fn file_name(scenario: &str) -> String {
    format!("{}.json.gz", scenario.replace('/', "__"))
}
