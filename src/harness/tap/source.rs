use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::Instant;

use super::transport::{ROOM, Transport};
use super::{Closing, PAUSE, STALL, Shared};
use crate::protocol::RequestReader;

/// Where the bytes of one connection come from, and those that have come and are not used yet.
pub(super) struct Source<T> {
    pub(super) stream: T,
    pub(super) reader: RequestReader,
    pub(super) shared: Arc<Shared>,
    closing: Closing,
    /// When bytes came last, since the scenario began.
    pub(super) last_bytes: Duration,
    /// Whether the request that is being read was refused already: its client need not send the rest.
    pub(super) is_refused: bool,
}

/// Why no more bytes come.
#[derive(Clone, Copy)]
pub(super) enum Gap {
    /// The client sends nothing, and its connection stays open.
    Stalled,
    /// The client closed its side, or the tap closes.
    Silent,
    /// The client is gone.
    Gone,
    /// The scenario has had its share of bytes.
    TooMuch,
}

impl From<std::io::Error> for Gap {
    fn from(_: std::io::Error) -> Self {
        Self::Gone
    }
}

impl<T: Transport> Source<T> {
    pub(super) fn new(stream: T, shared: Arc<Shared>, closing: Closing) -> Self {
        Self {
            stream,
            reader: RequestReader::default(),
            shared,
            closing,
            last_bytes: Duration::ZERO,
            is_refused: false,
        }
    }

    /// More bytes of a request that has begun.
    pub(super) async fn fill(&mut self) -> Result<(), Gap> {
        self.reader.buffer.reserve(ROOM);
        let patience =
            if self.is_refused || self.reader.body_looks_ended() { STALL } else { PAUSE };
        tokio::select! {
            // Bytes that are there count, even if the time was up meanwhile.
            biased;
            read = self.stream.read_buf(&mut self.reader.buffer) => self.charge(read?),
            () = tokio::time::sleep(patience) => Err(Gap::Stalled),
            end = closing(&mut self.closing) => {
                let read = self.stream.read_buf(&mut self.reader.buffer);
                match tokio::time::timeout_at(end, read).await {
                    Ok(read) => self.charge(read?),
                    Err(_) => Err(Gap::Silent),
                }
            }
        }
    }

    /// Takes what has come already and was not asked for yet: requests that did not wait.
    pub(super) fn take_early(&mut self) {
        if let Ok(length @ 1..) = self.stream.read_now(&mut self.reader.buffer) {
            // A share that is used up shows at the next read.
            let _ = self.charge(length);
        }
    }

    /// The first bytes of a request, however long it takes.
    pub(super) async fn wait(&mut self) -> Result<(), Gap> {
        self.reader.buffer.reserve(ROOM);
        let read = tokio::select! {
            biased;
            read = self.stream.read_buf(&mut self.reader.buffer) => read,
            // Tap::finish promises that nothing is lost which had come by then.
            _ = closing(&mut self.closing) => self.stream.read_now(&mut self.reader.buffer),
        };
        self.charge(read?)
    }

    /// Reads and forgets what still comes, until the client ends the connection or the tap closes.
    pub(super) async fn ignore(&mut self) {
        while self.wait().await.is_ok() {
            self.reader.buffer.clear();
        }
    }

    fn charge(&mut self, length: usize) -> Result<(), Gap> {
        match length {
            0 => Err(Gap::Silent),
            _ if self.shared.recorder.charge(length) => {
                self.last_bytes = self.shared.recorder.now();
                Ok(())
            }
            _ => Err(Gap::TooMuch),
        }
    }
}

/// Waits until the tap closes; the time until which requests that have begun may become complete.
pub(super) async fn closing(closing: &mut Closing) -> Instant {
    let end = closing.wait_for(Option::is_some).await.ok().and_then(|end| *end);
    end.unwrap_or_else(Instant::now)
}
