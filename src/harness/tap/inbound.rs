use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use super::super::unix_now;
use super::outbound;
use super::source::{Gap, Source};
use super::transport::Transport;
use super::{Closing, PAUSE, Shared};
use crate::protocol::{Delivery, Request, RequestEnd, Step};
use crate::server::Answer;

/// How late a late `100 Continue` is: later than clients wait that send their body without one, as curl
/// does after a second.
const CONTINUE_LATE: Duration = Duration::from_secs(2);

/// RFC 9110 §15.5.18.
const EXPECTATION_FAILED: u16 = 417;

/// The receiving side of one connection.
pub(super) struct Inbound<T> {
    pub(super) source: Source<T>,
    /// What the request that is being read was told already.
    early: Option<Early>,
    /// When it is to get the `100 Continue` that it asked for.
    continue_at: Option<Instant>,
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
    /// Whether the `100 Continue` that it asked for is late and has not been sent yet.
    pub(super) owes_continue: bool,
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
    /// The client sends nothing more of half a request, and its connection stays open.
    Stalled,
    /// The client closed its side.
    Stopped,
    /// The client is gone.
    Gone,
}

impl<T: Transport> Inbound<T> {
    pub(super) fn new(stream: T, shared: Arc<Shared>, closing: Closing) -> Self {
        let source = Source::new(stream, shared, closing);
        Self { source, early: None, continue_at: None }
    }

    /// The next request.
    pub(super) async fn request(&mut self) -> Heard {
        // Its first bytes may have come together with the last ones of the request before.
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
                    if self.early.as_ref().is_some_and(Early::ends_connection) {
                        // How much of the body has come by now is a matter of chance.
                        self.source.reader.take_unfinished();
                        return self.arrival(*head, started, End::Stopped);
                    }
                    self.send_for_body(&head, awaits_body).await;
                    continue;
                }
                Step::Request(request, end) => {
                    return self.arrival(*request, started, End::Read(end));
                }
                Step::Unfinished => self.fill().await,
            };
            let end = match gap {
                Ok(()) => continue,
                Err(Gap::TooMuch) => return Heard::TooMuch,
                Err(Gap::Stalled) => End::Stalled,
                Err(Gap::Silent) => End::Stopped,
                Err(Gap::Gone) => End::Gone,
            };
            let request = self.source.reader.take_unfinished();
            // Nobody waits for a reply within a head: such a client is slow, or gone.
            let is_waiting = end != End::Stalled || request.head().complete;
            return self.arrival(request, started, if is_waiting { end } else { End::Stopped });
        }
    }

    fn arrival(&mut self, request: Request, started: Duration, end: End) -> Heard {
        let (heard, early) = (self.source.last_bytes, self.early.take());
        let owes_continue = self.continue_at.take().is_some();
        self.source.is_refused = false;
        Heard::Arrival(Box::new(Arrival { request, started, heard, end, early, owes_continue }))
    }

    /// More bytes of a request that has begun, or a `100 Continue` that is due before they come.
    async fn fill(&mut self) -> Result<(), Gap> {
        let Some(at) = self.continue_at else { return self.source.fill().await };
        tokio::select! {
            biased;
            filled = self.source.fill() => return filled,
            () = tokio::time::sleep_until(at) => {}
        }
        self.continue_at = None;
        self.send_continue().await;
        Ok(())
    }

    /// Answers before the body is read, if the service wants that; the body is read all the same.
    async fn answer_early(&mut self, head: &Request) {
        let shared = Arc::clone(&self.source.shared);
        let clock = unix_now();
        let Some(answer) = shared.wiremock.lock().await.ask_early(head, clock) else { return };
        let last = outbound::is_last(head) || ends_politely(&answer);
        let response = outbound::dress(&answer.response, head, last);
        let answered = shared.recorder.now();
        let (stream, method) = (&mut self.source.stream, head.method());
        let delivery = outbound::deliver(stream, &response, answer.delivery, method).await;
        let answer = Answer { response, delivery, ..answer };
        self.early = Some(Early { answer, answered, clock });
        self.source.is_refused = true;
    }

    /// Answers `Expect: 100-continue`, for which the client waits (RFC 9110 §10.1.1).
    async fn send_for_body(&mut self, head: &Request, awaits_body: bool) {
        // A server ignores the expectation of an HTTP/1.0 request (RFC 9110 §10.1.1).
        let waits = head.head().has_token("expect", "100-continue") && head.version() != "HTTP/1.0";
        if !waits || self.early.is_some() {
            return;
        }
        let kept_back = self.source.shared.wiremock.lock().await.keeps_back(head);
        match kept_back {
            Some(Delivery::ContinueLate) => {
                self.continue_at = Some(Instant::now() + CONTINUE_LATE);
            }
            Some(Delivery::ContinueNever) => {}
            // A server may omit it once the body has begun to come (RFC 9110 §10.1.1).
            _ if awaits_body => self.send_continue().await,
            _ => {}
        }
    }

    async fn send_continue(&mut self) {
        let stream = &mut self.source.stream;
        let interim = async {
            stream.write_all(outbound::CONTINUE).await?;
            stream.flush().await
        };
        // A client that is gone shows at the next read.
        let _ = tokio::time::timeout(PAUSE, interim).await;
    }
}

impl Early {
    /// Whether no more of the request is read.
    fn ends_connection(&self) -> bool {
        self.answer.delivery == Delivery::EarlyReset || ends_politely(&self.answer)
    }
}

/// Whether an early response says that the connection ends. With 417, nobody can tell whether the body
/// follows (RFC 9110 §10.1.1).
fn ends_politely(answer: &Answer) -> bool {
    answer.delivery == Delivery::EarlyClosed || answer.response.status() == EXPECTATION_FAILED
}
