use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{STALL, STALL_BEHIND_FORM, Shared};

/// How much room there is for a read.
const ROOM: usize = 16 << 10;

/// Where the bytes of one connection come from, and those that have come and are not used yet.
pub(super) struct Source {
    pub(super) stream: TcpStream,
    pub(super) buffer: BytesMut,
    shared: Arc<Shared>,
    closing: watch::Receiver<Option<Instant>>,
    last_byte: Instant,
}

/// Why no more bytes come.
#[derive(Clone, Copy)]
pub(super) enum Gap {
    /// The client closed its side or went silent, or the tap closes.
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

impl Source {
    pub(super) fn new(
        stream: TcpStream,
        shared: Arc<Shared>,
        closing: watch::Receiver<Option<Instant>>,
    ) -> Self {
        Self { stream, buffer: BytesMut::new(), shared, closing, last_byte: Instant::now() }
    }

    /// More bytes of a request that has begun.
    pub(super) async fn fill(&mut self) -> Result<(), Gap> {
        self.buffer.reserve(ROOM);
        let patience = self.patience();
        tokio::select! {
            biased;
            read = self.stream.read_buf(&mut self.buffer) => self.charge(read?),
            () = tokio::time::sleep(patience) => Err(Gap::Silent),
            end = closing(&mut self.closing) => {
                let read = self.stream.read_buf(&mut self.buffer);
                match tokio::time::timeout_at(end, read).await {
                    Ok(read) => self.charge(read?),
                    Err(_) => Err(Gap::Silent),
                }
            }
        }
    }

    /// A form that has come to its end gets no more bytes, whatever was announced.
    fn patience(&self) -> Duration {
        let closed = self.buffer.trim_ascii_end().ends_with(b"--");
        if closed { STALL_BEHIND_FORM } else { STALL }
    }

    /// The first bytes of a request, however long it takes.
    pub(super) async fn wait(&mut self) -> Result<(), Gap> {
        self.buffer.reserve(ROOM);
        let read = tokio::select! {
            biased;
            read = self.stream.read_buf(&mut self.buffer) => read,
            _ = closing(&mut self.closing) => self.read_now(),
        };
        self.charge(read?)
    }

    /// Asks the system itself, as bytes may have come that the runtime has not heard of yet.
    fn read_now(&mut self) -> std::io::Result<usize> {
        let mut bytes = vec![0; ROOM];
        let length = rustix::io::read(&self.stream, &mut bytes)?;
        self.buffer.extend_from_slice(bytes.get(..length).unwrap_or_default());
        Ok(length)
    }

    /// How long the client has sent nothing.
    pub(super) fn silence(&self) -> Duration {
        self.last_byte.elapsed()
    }

    fn charge(&mut self, length: usize) -> Result<(), Gap> {
        match length {
            0 => Err(Gap::Silent),
            _ if self.shared.ledger.charge(length) => {
                self.last_byte = Instant::now();
                Ok(())
            }
            _ => Err(Gap::TooMuch),
        }
    }
}

/// Waits until the tap closes; the time until which requests that have begun may become complete.
async fn closing(closing: &mut watch::Receiver<Option<Instant>>) -> Instant {
    let end = closing.wait_for(Option::is_some).await.ok().and_then(|end| *end);
    end.unwrap_or_else(Instant::now)
}
