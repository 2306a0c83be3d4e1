use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::auth::Credentials;
use super::certificate::Certificate;
use super::delivery::{Delivery, Received};
use super::envelope::{EnvelopeError, ReplyContent, ReplyFacts, ResponseEnvelope};
use super::failed_connection::FailedConnection;
use super::file_view::FileView;
use super::machine::Machine;
use super::op::Op;
use super::path::ObjectPath;
use super::request::Request;
use super::response::Response;
use super::wishes::Wishes;

/// What the client was asked to do: upload these bytes to this place with these credentials.
#[derive(Clone, Debug)]
pub struct UploadJob {
    /// The scenario's id.
    pub scenario: String,
    /// Where the object is to be.
    pub path: ObjectPath,
    /// The content of the local file.
    pub file: FileView,
    /// The credentials made for the run.
    pub credentials: Credentials,
    /// The slice size that the client was told to ask for, in bytes.
    pub slice_size: u64,
    /// Which optional fields the client is asked to send.
    pub wishes: Wishes,
    /// What it finds on the machine that it runs on.
    pub machine: Machine,
    /// Whether nothing is wrong, with the service or with what is asked for: a conforming client has no
    /// excuse to fail.
    pub must_succeed: bool,
}

/// What is known of what a client was asked to do: all of it in a run, less in recorded traffic.
///
/// A rule that needs what is not known does not apply.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct JobFacts {
    /// The scenario's id.
    pub scenario: String,
    /// Where the object is to be.
    pub path: Option<ObjectPath>,
    /// The content of the local file.
    pub file: Option<FileView>,
    /// The credentials that requests are to be signed with.
    pub credentials: Option<Credentials>,
    /// The slice size that the client was told to ask for, in bytes.
    pub slice_size: Option<u64>,
    /// Which optional fields the client was asked to send.
    pub wishes: Wishes,
    /// See [`Machine::certificate`].
    pub certificate: Certificate,
    /// See [`Machine::restarts`].
    pub restarts: bool,
    /// Whether keys and signatures are overwritten in the requests, so that nothing can be said of them.
    pub secrets_masked: bool,
    /// See [`UploadJob::must_succeed`]; of recorded traffic nobody knows.
    pub must_succeed: bool,
}

impl From<UploadJob> for JobFacts {
    fn from(job: UploadJob) -> Self {
        let UploadJob { scenario, path, file, credentials, slice_size, .. } = job;
        let UploadJob { wishes, machine, must_succeed, .. } = job;
        Self {
            scenario,
            path: Some(path),
            // What was in it when it was read, nobody knows.
            file: Some(file).filter(|_| machine.source.is_steady()),
            credentials: Some(credentials),
            slice_size: Some(slice_size),
            wishes,
            certificate: machine.certificate,
            restarts: machine.restarts,
            secrets_masked: false,
            must_succeed,
        }
    }
}

/// One request as it came over the wire and the response it got.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// The request.
    pub request: Request,
    /// Whether all of the request was read.
    pub receipt: Receipt,
    /// The response, whole, whatever reached the client.
    pub response: Response,
    /// How the response reached the client.
    pub delivery: Delivery,
    /// Number of the connection, counted from 1.
    pub connection: u32,
    /// When its first byte arrived, since the scenario began.
    pub started: Duration,
    /// When the response was about to be sent: no client can react to it any earlier. For a request that
    /// the client aborted: when its last bytes arrived.
    pub answered: Duration,
    /// The service's clock at that time, in unix seconds.
    pub clock: u64,
}

/// How much of a request was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Receipt {
    /// All of it.
    Whole,
    /// The client stopped sending before its end and waited for a reply.
    Stalled,
    /// The client closed the connection while it was sending.
    Aborted,
    /// It exceeds what we read.
    Refused(Bound),
}

/// What we read of a request at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Bound {
    /// 64 KiB of head.
    Head,
    /// 64 MiB of body.
    Body,
}

/// What the client says in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Claim {
    /// The object is stored.
    Ok,
    /// It is not.
    Failed,
    /// Nothing: it died of a signal.
    Crashed,
    /// Nothing: it was still running at the deadline.
    Hung,
    /// It does not support what it was asked to do.
    Unsupported,
}

/// What the service holds in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Stored {
    /// The file, byte for byte.
    Complete,
    /// No finished object.
    Absent,
    /// A finished object that is not the file.
    Different,
}

/// What became of something that was there before the client came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kept {
    /// It is there, byte for byte.
    Whole,
    /// Something else is in its place.
    Altered,
    /// Nothing is in its place.
    Gone,
}

/// How the upload ended: what the client says and what the service holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What the client says.
    pub claim: Claim,
    /// How it said so: exit status, signal, or the detail that it gave.
    #[serde(alias = "words")]
    pub detail: String,
    /// What the service holds.
    pub stored: Stored,
    /// How long the client ran.
    pub elapsed: Duration,
    /// How long the client's processes computed or waited for a processor; `None` if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<Duration>,
    /// The part of it for which they computed: the CPU time that they used; `None` if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Duration>,
    /// What became of the local file; `None` if there was none, or nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Kept>,
    /// What became of another object that was in the place of the file's; `None` if there was none, or
    /// nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_object: Option<Kept>,
    /// Why connections of the client brought no request, each reason once.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub failed_connections: BTreeSet<FailedConnection>,
}

impl Outcome {
    /// Whether the client has named a timeout as the reason of its failure: `outcome` of its answer.
    ///
    /// The first such words are the answer's; any further ones are its detail, which is the client's own text.
    pub fn reports_timeout(&self) -> bool {
        let mut words = self.detail.split(", ");
        words.find(|word| word.starts_with("outcome ")) == Some("outcome timeout")
    }
}

/// One thing in which a scenario differs from the plain one, and where it was met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deviation {
    /// What is different.
    pub what: String,
    /// Where it occurred; nowhere, if the client never came to the point.
    pub occurred: Vec<Occurrence>,
    /// Whether it was there all the time, so that no exchange shows it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub always: bool,
    /// Why it did not occur, where that can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Deviation {
    /// Why a further reaction of a fault did not occur.
    pub const NOT_SENT_AGAIN: &str = "the request was not sent again";

    /// Whether the client met it.
    pub fn has_occurred(&self) -> bool {
        self.always || !self.occurred.is_empty()
    }
}

/// Where a deviation occurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Occurrence {
    /// The number of the exchange, counted from 0.
    pub exchange: usize,
    /// Which attempt at the same request it was, counted from 1.
    pub attempt: u32,
}

/// A deviation that occurs with an answer, for whoever numbers the exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Occurred {
    /// The index in [`Transcript::deviations`].
    pub deviation: usize,
    /// Which attempt at the same request it is, counted from 1.
    pub attempt: u32,
}

/// All exchanges of one run of one scenario, in order of arrival, and how it ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Transcript {
    /// What is known of what the client was asked to do.
    pub job: JobFacts,
    /// The exchanges in the order in which the requests were complete.
    pub exchanges: Vec<Exchange>,
    /// Whether there were more than are kept.
    pub overflowed: bool,
    /// What was planned to be different from the plain scenario, and where it occurred.
    pub deviations: Vec<Deviation>,
    /// How it ended; `None` while it runs.
    pub outcome: Option<Outcome>,
}

impl Transcript {
    /// Whether all that was planned occurred.
    pub fn is_exercised(&self) -> bool {
        self.deviations.iter().all(Deviation::has_occurred)
    }

    /// Whether all that was planned occurred, as far as the client let it: a further reaction of a fault
    /// is met only by who sends its request again.
    pub fn has_met_its_faults(&self) -> bool {
        let is_met = |deviation: &Deviation| {
            let not_again = deviation.reason.as_deref() == Some(Deviation::NOT_SENT_AGAIN);
            !deviation.occurred.is_empty() || not_again
        };
        self.deviations.iter().all(is_met)
    }

    /// Notes that deviations occurred at an exchange.
    pub fn record_deviations(&mut self, exchange: usize, occurred: &[Occurred]) {
        for Occurred { deviation, attempt } in occurred {
            if let Some(deviation) = self.deviations.get_mut(*deviation) {
                deviation.occurred.push(Occurrence { exchange, attempt: *attempt });
            }
        }
    }

    /// Whether the client sent anything: what went beyond the bounds is not kept, but it came.
    pub fn has_traffic(&self) -> bool {
        self.overflowed || !self.exchanges.is_empty()
    }
}

impl Bound {
    /// The bound in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Head => "a head of at most 64 KiB",
            Self::Body => "a body of at most 64 MiB",
        }
    }
}

impl Exchange {
    /// What the JSON reply says, if the client can have got it whole.
    pub fn facts(&self) -> Result<ReplyFacts, EnvelopeError> {
        // Its bytes are known here, but the client has not got them.
        if self.delivery.received() == Received::Nothing {
            return Err(EnvelopeError::Cut);
        }
        ReplyFacts::read(self.request.op(), self.response.body())
    }

    /// The JSON reply, if the client can have got it whole: all of it, and `data` in this shape.
    pub fn reply<T: ReplyContent>(&self) -> Result<ResponseEnvelope<T>, EnvelopeError> {
        if self.delivery.received() == Received::Nothing {
            return Err(EnvelopeError::Cut);
        }
        ResponseEnvelope::read_leniently(self.response.body())
    }
}

/// What requests take beside content.
const ROOM: usize = 48 << 20;

impl Transcript {
    /// How many exchanges are kept.
    pub const MOST_EXCHANGES: usize = 4096;

    /// How many bytes of requests are read, in all: a client that sends each byte of its file four times,
    /// as shipped ones do at most [SDK §9.2], is far from it.
    pub fn most_received(file_length: u64) -> usize {
        // Saturating: for a file of 64 GiB the bound is beyond what 32 bits count.
        let sent = usize::try_from(file_length).unwrap_or(usize::MAX);
        sent.saturating_mul(4).saturating_add(ROOM)
    }

    /// How many of them are kept: of large files the requests are [compact](Request::compact).
    pub fn most_bytes(file_length: u64) -> usize {
        let sent = usize::try_from(file_length.min(FileView::MOST_BYTES)).unwrap_or(usize::MAX);
        sent.saturating_mul(4).saturating_add(ROOM)
    }

    /// The exchanges of one operation, with their numbers.
    pub fn of<'a>(&'a self, op: &'a Op) -> impl Iterator<Item = (usize, &'a Exchange)> {
        self.exchanges
            .iter()
            .enumerate()
            .filter(move |(_, exchange)| exchange.request.op() == Some(op))
    }

    /// The `nth` request of an operation, to be changed by a counterexample.
    pub fn tamper(&mut self, op: &Op, nth: usize) -> Option<&mut Request> {
        self.exchanges
            .iter_mut()
            .map(|exchange| &mut exchange.request)
            .filter(|request| request.op() == Some(op))
            .nth(nth)
    }
}
