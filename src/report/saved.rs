//! Transcripts on disk: all that a run saw, to be judged again.
//!
//! One JSON document per scenario, and beside it the bytes as they came, for people. In the document, bytes are
//! written as text where they are text, as base64 where they are not, and as a range of the uploaded file where
//! they are its bytes. The file itself is not written where it follows from the seed, but its digest is.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::{Format, Writer};
use crate::protocol::{
    Certificate, Delivery, Deviation, FileView, Occurrence, Outcome, Receipt, Transcript, Wishes,
};
use crate::results::{Case, Played, Run};
use crate::scenario::TomlError;

mod ended;
mod index;
pub(super) mod mask;
mod piece;
mod raw;
mod reading;
mod writing;

pub use ended::Ended;
pub use index::{INDEX, listed};
pub use reading::read;
pub use writing::write;

use piece::{Piece, at_most};

/// Transcripts: a folder with a document for each scenario.
pub const FORMAT: Format = Format {
    name: "transcript",
    writer: Writer::Folder { scenario: writing::documents, index: index::index },
};

/// The version that is written, and read.
const VERSION: u32 = 1;
/// How much one file may unfold to, in bytes: more than a run keeps of one scenario.
const MOST_BYTES: usize = 256 << 20;
/// How many pieces a request or an output is in at most: three are written.
const MOST_PIECES: usize = 16;
/// How many words a command has at most.
const MOST_WORDS: usize = 65_536;
/// How many bytes a command has at most, and a name: twice what Linux takes for a command.
const MOST_TEXT: usize = 4 << 20;
/// How many deviations are planned at most: far fewer are.
const MOST_DEVIATIONS: usize = 4096;

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
    #[error("not a transcript that `run --report transcript=FOLDER` has saved: {0}")]
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
    /// Of what belongs together, a part is missing.
    #[error("job: of {0}, some are missing")]
    Incomplete(&'static str),
    /// A text is longer than any that a run writes.
    #[error("{0}: more than {MOST_TEXT} bytes")]
    TooLong(&'static str),
    /// It would take more memory than any run.
    #[error("it unfolds to more than {MOST_BYTES} bytes")]
    TooLarge,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    #[serde(default, deserialize_with = "at_most::<_, MOST_DEVIATIONS, _>")]
    deviations: Vec<DeviationEntry>,
    outcome: Option<Outcome>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobEntry {
    /// Of the path and of the credentials, all is absent where they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    appid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bucket: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slice_size: Option<u64>,
    #[serde(default, skip_serializing_if = "Wishes::is_none")]
    wishes: Wishes,
    #[serde(default, alias = "unknown_ca", skip_serializing_if = "Certificate::is_valid")]
    certificate: Certificate,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    restarts: bool,
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
#[serde(deny_unknown_fields)]
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

/// As the deviation of a transcript, of which it is known how often it can have occurred.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviationEntry {
    what: String,
    #[serde(deserialize_with = "at_most::<_, { Transcript::MOST_EXCHANGES }, _>")]
    occurred: Vec<Occurrence>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    always: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<Deviation> for DeviationEntry {
    fn from(Deviation { what, occurred, always, reason }: Deviation) -> Self {
        Self { what, occurred, always, reason }
    }
}

impl From<DeviationEntry> for Deviation {
    fn from(DeviationEntry { what, occurred, always, reason }: DeviationEntry) -> Self {
        Self { what, occurred, always, reason }
    }
}

/// Bytes, one piece after the other.
#[derive(Serialize, Deserialize)]
struct Pieces(#[serde(deserialize_with = "at_most::<_, MOST_PIECES, _>")] Vec<Piece>);

impl Pieces {
    fn of(bytes: &[u8]) -> Self {
        Self(vec![Piece::of(bytes)])
    }
}

/// SHA-1 of the length and of the runs of a file.
fn digest_of(file: &FileView) -> String {
    let mut digest = Sha1::new();
    digest.update(file.len().to_le_bytes());
    for (offset, run) in file.runs() {
        // What lies between the runs counts by their places alone: it may be gigabytes of zeros.
        digest.update(offset.to_le_bytes());
        digest.update(run);
    }
    digest.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// The name of a scenario's file: its id, with a separator that every file system takes. Whoever writes the file
/// compresses it.
pub fn file_name(scenario: &str) -> String {
    format!("{}.json.gz", scenario.replace('/', "__"))
}

/// The name of the file beside it that has the bytes as they came.
fn raw_name(scenario: &str) -> String {
    format!("{}.raw.gz", scenario.replace('/', "__"))
}
