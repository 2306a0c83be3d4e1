//! Faults that do not end: what is done about each is asked.

use crate::fingerprint::retries::{MOST_ATTEMPTS, RETRY_AFTER};
use crate::protocol::Delivery;
use crate::server::{Fault, Literal, Reaction, Reply, Trigger};

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct FaultKind {
    /// What it is called.
    pub(super) name: &'static str,
    /// The request that it strikes.
    pub(super) place: FaultedOperation,
    reaction: fn() -> Reaction,
    /// Whether the reply says when to come again.
    pub(super) has_retry_after: bool,
    /// How many times it is played.
    pub(super) runs: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultedOperation {
    Init,
    Slice,
    Finish,
}

/// The fault that pauses are measured with most.
pub(super) const HTTP_503: &str = "http-503";

/// How many times it is played, at first and where pauses are drawn at random: a few of them say little then.
pub(super) const RUNS_OF_503: usize = 6;
pub(super) const RUNS_WHERE_RANDOM: usize = 16;

const SLICE: FaultKind = FaultKind {
    name: HTTP_503,
    place: FaultedOperation::Slice,
    reaction: || Reaction::refusal(503, -5997),
    has_retry_after: false,
    runs: 3,
};

pub(super) const FAULTS: &[FaultKind] = &[
    FaultKind { runs: RUNS_OF_503, ..SLICE },
    FaultKind { name: "http-503-at-init", place: FaultedOperation::Init, ..SLICE },
    FaultKind { name: "http-503-at-finish", place: FaultedOperation::Finish, ..SLICE },
    FaultKind {
        name: "http-503-retry-after",
        reaction: || retry_after("503 Service Unavailable"),
        has_retry_after: true,
        ..SLICE
    },
    FaultKind {
        name: "http-429-retry-after",
        reaction: || retry_after("429 Too Many Requests"),
        has_retry_after: true,
        ..SLICE
    },
    FaultKind { name: "connection-reset", reaction: Reaction::reset, ..SLICE },
    FaultKind {
        name: "connection-closed",
        reaction: || Reaction { delivered: Delivery::CutHead(0), ..Reaction::reset() },
        ..SLICE
    },
    FaultKind {
        name: "reply-cut",
        reaction: || Reaction { delivered: Delivery::Truncated(40), ..Reaction::reset() },
        ..SLICE
    },
    FaultKind {
        name: "html",
        reaction: || Reaction::foreign(200, "<html><body>please log in</body></html>"),
        ..SLICE
    },
    FaultKind { name: "transient-code", reaction: || Reaction::refusal(200, -21095), ..SLICE },
    FaultKind { name: "permanent-code", reaction: || Reaction::refusal(404, -133), ..SLICE },
];

impl FaultKind {
    /// What the service does about the request.
    pub(super) fn fault(&self, in_slices: bool) -> Fault {
        let trigger = match self.place {
            // A fault of finish strikes an upload in one request, too.
            _ if !in_slices => Trigger::Finish,
            FaultedOperation::Init => Trigger::Init,
            FaultedOperation::Slice => Trigger::MIDDLE_SLICE,
            FaultedOperation::Finish => Trigger::Finish,
        };
        let reactions = std::iter::repeat_with(self.reaction).take(MOST_ATTEMPTS).collect();
        Fault { trigger, reactions, repeats: false }
    }
}

/// A refusal that says when to come again, as proxies send it.
fn retry_after(status: &str) -> Reaction {
    let body = "{\"code\":-5997,\"message\":\"ERROR_CGI_SERVER_BUSY\"}";
    let (seconds, length) = (RETRY_AFTER.as_secs(), body.len());
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nRetry-After: {seconds}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    Reaction::nothing(Reply::LiteralResponse(Literal::Text(response)))
}
