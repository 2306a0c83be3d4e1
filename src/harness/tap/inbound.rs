use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::time::Instant;

use super::super::unix_now;
use super::outbound;
use super::source::{Gap, Source};
use super::transport::Transport;
use super::{PAUSE, Shared};
use crate::protocol::{Request, RequestEnd, Step};
use crate::server::Answer;

/// The receiving side of one connection.
pub(super) struct Inbound<T> {
    pub(super) source: Source<T>,
    /// What the request that is being read was told already.
    early: Option<Early>,
}

/// What was heard when a request was due.
pub(super) enum Heard {
    /// The connection ended, or the tap closes, before another request began.
    Nothing,
    /// Bytes that cannot begin a request, or never get to; they are still in the buffer.
    Excess,
    /// The scenario has had its share of bytes.
    TooMuch,
    /// A request, or as much of it as there will be.
    Arrival(Box<Arrival>),
}

/// A request, or as much of it as there will be.
pub(super) struct Arrival {
    pub(super) request: Request,
    pub(super) started: Duration,
    /// When its last bytes came.
    pub(super) heard: Duration,
    pub(super) end: End,
    /// What the client was told before its body was read.
    pub(super) early: Option<Early>,
}

/// A response that did not wait for the body of its request.
pub(super) struct Early {
    /// As it was delivered.
    pub(super) answer: Answer,
    /// When it was about to be sent.
    pub(super) answered: Duration,
    pub(super) clock: u64,
}

/// How the reading of a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// As far as it is read at all.
    Read(RequestEnd),
    /// The client waits for a reply to half a request.
    Stalled,
    /// The client closed its side or pauses for too long.
    Stopped,
    /// The client is gone.
    Gone,
}

impl<T: Transport> Inbound<T> {
    pub(super) fn new(
        stream: T,
        shared: Arc<Shared>,
        closing: watch::Receiver<Option<Instant>>,
    ) -> Self {
        let source = Source::new(stream, shared, closing);
        Self { source, early: None }
    }

    /// The next request.
    pub(super) async fn request(&mut self) -> Heard {
        let mut started = self.source.last_bytes;
        loop {
            let gap = match self.source.reader.advance() {
                Step::Idle => match self.source.wait().await {
                    Ok(()) => {
                        started = self.source.last_bytes;
                        self.source.shared.recorder.begin();
                        continue;
                    }
                    Err(Gap::TooMuch) => return Heard::TooMuch,
                    Err(_) => return Heard::Nothing,
                },
                Step::Unclear => match self.source.fill().await {
                    Ok(()) => continue,
                    Err(_) => return Heard::Excess,
                },
                Step::Excess => return Heard::Excess,
                Step::Head { head, awaits_body } => {
                    self.answer_early(&head).await;
                    if awaits_body {
                        self.send_for_body(&head).await;
                    }
                    continue;
                }
                Step::Request(request, end) => {
                    return self.arrival(*request, started, End::Read(end));
                }
                Step::Unfinished => self.source.fill().await,
            };
            let end = match gap {
                Ok(()) => continue,
                Err(Gap::TooMuch) => return Heard::TooMuch,
                Err(Gap::Stalled) => End::Stalled,
                Err(Gap::Silent) => End::Stopped,
                Err(Gap::Gone) => End::Gone,
            };
            let request = self.source.reader.take_unfinished();
            return self.arrival(request, started, end);
        }
    }

    fn arrival(&mut self, request: Request, started: Duration, end: End) -> Heard {
        let (heard, early) = (self.source.last_bytes, self.early.take());
        Heard::Arrival(Box::new(Arrival { request, started, heard, end, early }))
    }

    /// Answers before the body is read, if the service wants that; the body is read all the same.
    async fn answer_early(&mut self, head: &Request) {
        let shared = Arc::clone(&self.source.shared);
        let clock = unix_now();
        let Some(answer) = shared.wiremock.lock().await.ask_early(head, clock) else { return };
        let response = outbound::dress(&answer.response, head, outbound::is_last(head));
        let answered = shared.recorder.now();
        let (stream, method) = (&mut self.source.stream, head.method());
        let delivery = outbound::deliver(stream, &response, answer.delivery, method).await;
        let answer = Answer { response, delivery, ..answer };
        self.early = Some(Early { answer, answered, clock });
    }

    /// Answers `Expect: 100-continue`, for which the client waits (RFC 9110 §10.1.1).
    async fn send_for_body(&mut self, head: &Request) {
        let waits = head.head().has_token("expect", "100-continue") && head.version() != "HTTP/1.0";
        if waits && self.early.is_none() {
            let interim = self.source.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
            // A client that is gone shows at the next read.
            let _ = tokio::time::timeout(PAUSE, interim).await;
        }
    }
}
