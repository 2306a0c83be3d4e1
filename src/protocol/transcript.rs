use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::auth::Credentials;
use super::envelope::{EnvelopeError, ReplyContent, ReplyFacts, ResponseEnvelope};
use super::file_view::FileView;
use super::head_form::HeadForm;
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
            must_succeed,
        }
    }
}

/// One request as it came over the wire and the response it got.
#[derive(Clone, Debug)]
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
    /// When the response was about to be sent: no client can react to it any earlier. Of a request
    /// that its client gave up, when its last bytes came.
    pub answered: Duration,
    /// The service's clock at that time, in unix seconds.
    pub clock: u64,
}

/// How much of a request was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
pub enum Bound {
    /// 64 KiB of head.
    Head,
    /// 64 MiB of body.
    Body,
}

/// How a response reached the client, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivery {
    /// All of it, with its length, on a connection that stays.
    Whole,
    /// Nothing: the connection was reset.
    Reset,
    /// The first bytes of the body, this many; then the connection was closed.
    Truncated(usize),
    /// The first bytes of the head, this many; then the connection was closed.
    CutHead(usize),
    /// The first bytes of the body, this many; then the connection was reset.
    ResetWithin(usize),
    /// All of it; then the connection was reset.
    ResetAfter,
    /// All of it; then the connection was closed, which no header field had announced.
    ClosedAfter,
    /// All of it, but `Content-Length` promised this many bytes more; then the connection was closed.
    Overstated(usize),
    /// All of it, but `Content-Length` left out the last bytes, this many; then the connection was
    /// closed.
    Understated(usize),
    /// All of it, in chunks (RFC 9112 §7.1).
    Chunked,
    /// All of it, in chunks with extensions, and with a trailer section after them (RFC 9112 §7.1.2).
    ChunkedTrailers,
    /// All of it, in chunks whose sizes have leading zeros; the coding is called `Chunked` (RFC 9112 §7).
    ChunkedCase,
    /// All of it, with its head written in another way.
    Head(HeadForm),
    /// All of it, in chunks, but for the last one, which says that there are no more (RFC 9112 §8); then
    /// the connection was closed.
    WithoutLastChunk,
    /// All of it, without a length: it ends with the connection.
    UntilClose,
    /// All of it, in small pieces with pauses between them.
    Dribbled,
    /// All of it, each byte in a segment of its own.
    Segmented,
    /// All of it, compressed, as the client allowed.
    Gzipped,
    /// All of it, behind a `100 Continue` (RFC 9110 §15.2).
    Interim,
    /// All of it, behind a `100`, a `102` and a `103` with fields (RFC 9110 §15.2).
    Interims,
    /// All of it, before the body of the request was read.
    Early,
    /// All of it, before the body of the request was read; then the connection was closed, and the rest of
    /// the body never read.
    EarlyClosed,
    /// The same, but the connection was reset.
    EarlyReset,
    /// All of it; the `100 Continue` that the request asked for had come late (RFC 9110 §10.1.1).
    ContinueLate,
    /// All of it; the `100 Continue` that the request asked for never came (RFC 9110 §10.1.1).
    ContinueNever,
    /// All of it, once another request had begun or half a second had passed: who sends something
    /// meanwhile does so without it, and who does not has waited for it.
    Held,
}

/// How much of a response a client can have taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Nothing that makes sense.
    Nothing,
    /// Careful clients discard it; others take it.
    Perhaps,
    /// All of it.
    All,
}

/// What the client says in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The CPU time that the client's processes used; `None` if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<Duration>,
    /// What became of the local file; `None` if there was none, or nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Kept>,
    /// What became of another object that was in the place of the file's; `None` if there was none, or
    /// nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_object: Option<Kept>,
}

/// One thing in which a scenario differs from the plain one, and where it was met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Whether the client met it.
    pub fn has_occurred(&self) -> bool {
        self.always || !self.occurred.is_empty()
    }
}

/// Where a deviation occurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The number of the exchange, counted from 0.
    pub exchange: usize,
    /// Which attempt at the same request it was, counted from 1.
    pub attempt: u32,
}

/// A deviation that occurs with an answer, for whoever numbers the exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurred {
    /// The index in [`Transcript::deviations`].
    pub deviation: usize,
    /// Which attempt at the same request it is, counted from 1.
    pub attempt: u32,
}

/// All exchanges of one run of one scenario, in order of arrival, and how it ended.
#[derive(Clone, Debug)]
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

impl Deviation {
    /// Why a further reaction of a fault did not occur.
    pub const NOT_SENT_AGAIN: &str = "the request was not sent again";
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

impl Delivery {
    /// How much a client can have taken in.
    pub fn received(self) -> Received {
        match self {
            Self::Reset | Self::Truncated(_) | Self::CutHead(_) | Self::ResetWithin(_) => {
                Received::Nothing
            }
            Self::ResetAfter
            | Self::Overstated(_)
            | Self::Understated(_)
            | Self::EarlyClosed
            | Self::EarlyReset
            | Self::WithoutLastChunk => Received::Perhaps,
            Self::Whole
            | Self::ClosedAfter
            | Self::Early
            | Self::ContinueLate
            | Self::ContinueNever
            | Self::Chunked
            | Self::ChunkedTrailers
            | Self::ChunkedCase
            | Self::Head(_)
            | Self::UntilClose
            | Self::Dribbled
            | Self::Segmented
            | Self::Gzipped
            | Self::Interim
            | Self::Interims
            | Self::Held => Received::All,
        }
    }

    /// Whether it did not wait for the body of the request.
    pub fn is_early(self) -> bool {
        matches!(self, Self::Early | Self::EarlyClosed | Self::EarlyReset)
    }

    /// Whether all of it came, in a way that HTTP allows and that no capture of the service shows: a client
    /// may not be able to read it.
    pub fn is_unusual(self) -> bool {
        matches!(
            self,
            Self::Chunked
                | Self::ChunkedTrailers
                | Self::ChunkedCase
                | Self::Head(_)
                | Self::UntilClose
                | Self::Dribbled
                | Self::Segmented
                | Self::Gzipped
                | Self::Interim
                | Self::Interims
        )
    }

    /// What an HTTP library makes of a response that comes like this; `None` if it is an error.
    pub fn heard(self, response: &Response) -> Option<Response> {
        match (self, self.received()) {
            (Self::Understated(surplus), _) => {
                let length = response.raw().len().saturating_sub(surplus);
                Some(Response::new(response.raw().slice(..length)))
            }
            (Self::ResetAfter | Self::EarlyClosed | Self::EarlyReset, _) | (_, Received::All) => {
                Some(response.clone())
            }
            (_, Received::Nothing | Received::Perhaps) => None,
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => out.write_str("whole"),
            Self::Reset => out.write_str("connection reset"),
            Self::Truncated(length) => write!(out, "cut after {length} bytes"),
            Self::CutHead(length) => write!(out, "cut after {length} bytes of the head"),
            Self::ResetWithin(length) => write!(out, "reset after {length} bytes"),
            Self::ResetAfter => out.write_str("then reset"),
            Self::ClosedAfter => out.write_str("then closed"),
            Self::Overstated(more) => write!(out, "{more} bytes short of its length"),
            Self::Understated(fewer) => write!(out, "{fewer} bytes beyond its length"),
            Self::Chunked => out.write_str("in chunks"),
            Self::ChunkedTrailers => out.write_str("in chunks with extensions and trailers"),
            Self::ChunkedCase => out.write_str("in chunks, as Transfer-Encoding: Chunked"),
            Self::Head(form) => form.fmt(out),
            Self::WithoutLastChunk => out.write_str("in chunks without the last one"),
            Self::UntilClose => out.write_str("until the connection closes"),
            Self::Dribbled => out.write_str("in small pieces"),
            Self::Segmented => out.write_str("byte by byte"),
            Self::Gzipped => out.write_str("compressed"),
            Self::Interim => out.write_str("after a 100"),
            Self::Interims => out.write_str("after a 100, a 102 and a 103"),
            Self::Early => out.write_str("before the request's body was read"),
            Self::EarlyClosed => out.write_str("before the request's body was read, then closed"),
            Self::EarlyReset => out.write_str("before the request's body was read, then reset"),
            Self::ContinueLate => out.write_str("after a late 100"),
            Self::ContinueNever => out.write_str("without the 100 that was asked for"),
            Self::Held => out.write_str("held back for half a second"),
        }
    }
}

impl Exchange {
    /// What the JSON reply says, if the client can have got it whole.
    pub fn facts(&self) -> Result<ReplyFacts, EnvelopeError> {
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
        let body = self.response.body();
        let rest = |range| body.get(range).unwrap_or_default();
        match ResponseEnvelope::read(body) {
            Err(EnvelopeError::ByteOrderMark) => ResponseEnvelope::read(rest(3..body.len())),
            Err(EnvelopeError::Trailing { offset }) => ResponseEnvelope::read(rest(0..offset)),
            read => read,
        }
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
