use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::head_form::HeadForm;
use super::response::Response;

/// How a response reached the client, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[non_exhaustive]
pub enum Delivery {
    /// All of it, with its length, on a connection that stays.
    Whole,
    /// Nothing: the connection was reset.
    Reset,
    /// Nothing: the connection stays open, and no byte comes.
    Unanswered,
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
    /// All of it, after a `100 Continue` (RFC 9110 §15.2).
    Interim,
    /// All of it, after a `100`, a `102` and a `103` with fields (RFC 9110 §15.2).
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
    /// As the bytes that were written down for it; where they do not say where they end, the connection was
    /// closed.
    Literal,
    /// All of it, once another request had begun or half a second had passed: who sends something
    /// meanwhile does so without it, and who does not has waited for it.
    Held,
    /// All of it, once finish had begun, or nothing at all had for two seconds: who finishes meanwhile does so
    /// without it.
    HeldUntilFinish,
    /// All of it, and to nothing else a reply for a second: who sends something after that second knows of it.
    Ahead,
}

/// How much of a response a client can have taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Received {
    /// Nothing that makes sense.
    Nothing,
    /// Careful clients discard it; others take it.
    Perhaps,
    /// All of it.
    All,
}

impl Delivery {
    /// How long nothing else is answered after a reply that is [`Delivery::Ahead`].
    pub(crate) const AHEAD: Duration = Duration::from_secs(1);

    /// How much a client can have taken in.
    pub fn received(self) -> Received {
        match self {
            Self::Reset
            | Self::Unanswered
            | Self::Truncated(_)
            | Self::CutHead(_)
            | Self::ResetWithin(_) => Received::Nothing,
            // A reset may erase what has arrived and was not read yet (RFC 9112 §9.6). Of a wrong
            // length some libraries make an error, some a reply.
            Self::ResetAfter
            | Self::Overstated(_)
            | Self::Understated(_)
            | Self::EarlyClosed
            | Self::EarlyReset
            | Self::Literal
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
            | Self::Held
            | Self::HeldUntilFinish
            | Self::Ahead => Received::All,
        }
    }

    /// The same for this response: of one that is shorter than what was to come of it, the last byte is missing.
    #[must_use]
    pub fn short_of(self, response: &Response) -> Self {
        // Cut after more bytes than it has, a reply would come whole, and yet be taken for lost.
        let most = response.body().len().saturating_sub(1);
        match self {
            Self::Truncated(length) => Self::Truncated(length.min(most)),
            Self::ResetWithin(length) => Self::ResetWithin(length.min(most)),
            other => other,
        }
    }

    /// Whether it did not wait for the body of the request.
    pub fn is_early(self) -> bool {
        matches!(self, Self::Early | Self::EarlyClosed | Self::EarlyReset)
    }

    /// Whether it is as always, but for when it comes among other replies and requests.
    pub fn is_timed(self) -> bool {
        matches!(self, Self::Held | Self::HeldUntilFinish | Self::Ahead)
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
                // A library stops where Content-Length says; the rest goes with the connection.
                let length = response.raw().len().saturating_sub(surplus);
                Some(Response::new(response.raw().slice(..length)))
            }
            (Self::Literal, _) => response.is_well_framed().then(|| response.clone()),
            // All of it was sent before the connection ended: a library that reads at once has it.
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
            Self::Unanswered => out.write_str("no reply"),
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
            Self::Literal => out.write_str("as literal bytes"),
            Self::Held => out.write_str("held back for half a second"),
            Self::HeldUntilFinish => out.write_str("held back until finish, or for two seconds"),
            Self::Ahead => out.write_str("a second before any other reply"),
        }
    }
}
