use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::auth::Credentials;
use super::envelope::{EnvelopeError, ReplyContent, ResponseEnvelope};
use super::message::{Request, Response};
use super::op::Op;
use super::path::ObjectPath;

/// What the client was asked to do: upload these bytes to this place with these credentials.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The scenario's id.
    pub scenario: String,
    /// Where the object is to be.
    pub path: ObjectPath,
    /// The content of the local file.
    pub file: Bytes,
    /// The credentials made for the run.
    pub credentials: Credentials,
    /// The slice size that the client was told to ask for, in bytes.
    pub slice_size: u64,
    /// Whether the service does everything right and in the plainest way, with a key that every
    /// client takes: a conforming client has no excuse to fail.
    pub undisturbed: bool,
}

/// One request as it came over the wire and the response it got.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The request.
    pub request: Request,
    /// Whether all of the request was read.
    pub witness: Witness,
    /// The response, whole, whatever reached the client.
    pub response: Response,
    /// How much of the response reached the client.
    pub delivery: Delivery,
    /// Number of the connection, counted from 1.
    pub connection: u32,
    /// When its first byte arrived, since the scenario began.
    pub started: Duration,
    /// When the response was about to be sent: no client can react to it any earlier.
    pub answered: Duration,
    /// The service's clock at that time, in unix seconds.
    pub clock: u64,
}

/// How much of a request was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Witness {
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

/// How much of a response reached the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivery {
    /// All of it.
    Whole,
    /// Nothing: the connection was reset.
    Reset,
    /// The first bytes of the body, this many; then the connection was closed.
    Truncated(usize),
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

/// How the upload ended: what the client says and what the service holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What the client says.
    pub claim: Claim,
    /// In its own words: exit status, signal, or the detail it gave.
    pub words: String,
    /// What the service holds.
    pub stored: Stored,
    /// How long the client ran.
    pub elapsed: Duration,
}

/// All exchanges of one run of one scenario, in order of arrival, and how it ended.
#[derive(Clone, Debug)]
pub struct Transcript {
    /// What the client was asked to do.
    pub assignment: Assignment,
    /// The exchanges in the order in which the requests were complete.
    pub exchanges: Vec<Exchange>,
    /// Whether there were more than are kept.
    pub overflowed: bool,
    /// How it ended; `None` while it runs.
    pub outcome: Option<Outcome>,
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
    /// The JSON reply, if the client got one whole.
    pub fn reply<T: ReplyContent>(&self) -> Result<ResponseEnvelope<T>, EnvelopeError> {
        match self.delivery {
            Delivery::Whole => ResponseEnvelope::read(self.response.body()),
            Delivery::Reset | Delivery::Truncated(_) => Err(EnvelopeError::Cut),
        }
    }

    /// Whether the client got a reply that says success: HTTP 200, JSON, code 0.
    pub fn is_success(&self) -> bool {
        self.response.status() == 200 && self.reply::<()>().is_ok_and(|reply| reply.code == 0)
    }
}

impl Transcript {
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
