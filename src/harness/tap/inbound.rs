use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::super::unix_now;
use super::outbound;
use super::scan::{begins_request, empty_lines, end_of_head};
use super::source::{BodyEnd, Gap, Source};
use super::{PAUSE, Shared};
use crate::protocol::{BodyFraming, ChunkedBody, Delivery, Request, Response, boundary_parameter};

const MAX_HEAD: usize = 64 << 10;
const MAX_BODY: usize = 64 << 20;

/// The receiving side of one connection. No body is looked at twice, whatever its pieces.
pub(super) struct Inbound {
    pub(super) source: Source,
    /// Line ends that came before the request that was heard last.
    pub(super) empty_lines: BytesMut,
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
    pub(super) response: Response,
    /// When it was about to be sent.
    pub(super) answered: Duration,
    pub(super) clock: u64,
    pub(super) delivery: Delivery,
}

/// How the reading of a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All of it is there.
    Whole,
    /// Its head is longer than we read.
    LongHead,
    /// Its body is longer than we read.
    LongBody,
    /// Where its body ends cannot be told.
    Unframed,
    /// The client waits for a reply to half a request.
    Stalled,
    /// The client closed its side or pauses for too long.
    Stopped,
    /// The client is gone.
    Gone,
}

impl Inbound {
    pub(super) fn new(
        stream: TcpStream,
        shared: Arc<Shared>,
        closing: watch::Receiver<Option<Instant>>,
    ) -> Self {
        let source = Source::new(stream, shared, closing);
        Self { source, empty_lines: BytesMut::new(), early: None }
    }

    /// The next request; `first` if none came before it on this connection.
    pub(super) async fn request(&mut self, first: bool) -> Heard {
        loop {
            let lines = empty_lines(&self.source.buffer);
            self.empty_lines.extend_from_slice(&self.source.buffer.split_to(lines));
            // A lone CR may be half of an empty line.
            if !matches!(self.source.buffer.as_ref(), [] | [b'\r']) {
                break;
            }
            match self.source.wait().await {
                Ok(()) => {}
                Err(Gap::TooMuch) => return Heard::TooMuch,
                Err(_) => return Heard::Nothing,
            }
        }
        let started = self.source.last_bytes;
        self.source.body_end = None;
        if !first && !self.begins().await {
            return Heard::Excess;
        }
        let (length, end) = match self.read().await {
            Ok(found) => found,
            Err(Gap::TooMuch) => return Heard::TooMuch,
            Err(Gap::Stalled) => (self.source.buffer.len(), End::Stalled),
            Err(Gap::Silent) => (self.source.buffer.len(), End::Stopped),
            Err(Gap::Gone) => (self.source.buffer.len(), End::Gone),
        };
        let request = Request::new(self.source.buffer.split_to(length).freeze());
        let (heard, early) = (self.source.last_bytes, self.early.take());
        Heard::Arrival(Box::new(Arrival { request, started, heard, end, early }))
    }

    /// Whether what is in the buffer, and what follows it, begins a request.
    async fn begins(&mut self) -> bool {
        loop {
            match begins_request(&self.source.buffer) {
                Some(begins) => return begins,
                None if self.source.fill().await.is_err() => return false,
                None => {}
            }
        }
    }

    /// How many bytes the request has, and whether that is all of it.
    async fn read(&mut self) -> Result<(usize, End), Gap> {
        let mut scanned = 0;
        let head_length = loop {
            let end = end_of_head(&self.source.buffer, &mut scanned);
            if end.unwrap_or(self.source.buffer.len()) > MAX_HEAD {
                return Ok((self.source.buffer.len(), End::LongHead));
            }
            match end {
                Some(end) => break end,
                None => self.source.fill().await?,
            }
        };
        let head = Request::new(Bytes::copy_from_slice(&self.source.buffer[..head_length]));
        self.source.body_end = body_end(&head);
        self.answer_early(&head).await;
        match head.framing() {
            BodyFraming::None => Ok((head_length, End::Whole)),
            BodyFraming::Sized { length, .. } => {
                let length = usize::try_from(*length).unwrap_or(usize::MAX);
                if length > MAX_BODY {
                    return Ok((self.source.buffer.len(), End::LongBody));
                }
                let whole = head_length.saturating_add(length);
                self.send_for_body(&head, whole).await;
                while self.source.buffer.len() < whole {
                    self.source.fill().await?;
                }
                Ok((whole, End::Whole))
            }
            BodyFraming::Chunked { .. } => {
                self.send_for_body(&head, usize::MAX).await;
                let mut chunks = ChunkedBody::default();
                loop {
                    let body = self.source.buffer.get(head_length..).unwrap_or_default();
                    match chunks.advance(body) {
                        Ok(true) => break,
                        Err(_) => return Ok((self.source.buffer.len(), End::Unframed)),
                        Ok(false) if body.len() > MAX_BODY => {
                            return Ok((self.source.buffer.len(), End::LongBody));
                        }
                        Ok(false) => self.source.fill().await?,
                    }
                }
                let end =
                    if chunks.content_length() > MAX_BODY { End::LongBody } else { End::Whole };
                Ok((head_length.saturating_add(chunks.consumed()), end))
            }
            BodyFraming::BadLength(_) | BodyFraming::BrokenChunks(_) => {
                Ok((self.source.buffer.len(), End::Unframed))
            }
        }
    }

    /// Answers before the body is read, if the service wants that; the body is read all the same.
    async fn answer_early(&mut self, head: &Request) {
        let shared = Arc::clone(&self.source.shared);
        let clock = unix_now();
        let Some(answer) = shared.stage.lock().await.ask_early(head, clock) else { return };
        let response = outbound::dress(&answer.response, head, outbound::is_last(head));
        let answered = shared.ledger.now();
        let (stream, method) = (&mut self.source.stream, head.method());
        let delivery = outbound::deliver(stream, &response, answer.delivery, method).await;
        self.early = Some(Early { response, answered, clock, delivery });
    }

    /// Answers `Expect: 100-continue`, unless the client did not wait (RFC 9110 §10.1.1).
    async fn send_for_body(&mut self, head: &Request, whole: usize) {
        let waits = head.head().has_token("expect", "100-continue") && head.version() != "HTTP/1.0";
        let begun =
            self.source.buffer.len() > head.raw().len() || self.source.buffer.len() >= whole;
        if waits && !begun && self.early.is_none() {
            let interim = self.source.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
            // A client that is gone shows at the next read.
            let _ = tokio::time::timeout(PAUSE, interim).await;
        }
    }
}

/// With what the client will end the body of a request.
fn body_end(head: &Request) -> Option<BodyEnd> {
    if matches!(head.framing(), BodyFraming::Chunked { .. }) {
        return Some(BodyEnd::LastChunk);
    }
    let (boundary, _) = head.head().get("content-type").and_then(boundary_parameter)?;
    Some(BodyEnd::Delimiter(format!("--{boundary}--").into_bytes()))
}
