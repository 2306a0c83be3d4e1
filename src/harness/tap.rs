//! The recorder and fault injector on the wire between a client and wiremock.
//!
//! It keeps the bytes of every request as they came, takes whole requests to wiremock, and does
//! with the answers what the server decided: deliver, reset, truncate.

mod connection;
#[cfg(feature = "tls")]
mod handshake;
mod inbound;
mod opening;
pub(super) mod outbound;
mod recorder;
mod source;
mod transport;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::HarnessError;
use super::wiremock::{Responder, Service, Wiremock};
use crate::protocol::{Exchange, FailedConnection, FileView, Occurred, Request};
use crate::server::Answer;
pub(super) use opening::Secure;
use recorder::Recorder;
use transport::Transport;

/// An address on this machine with a port that the system chooses.
pub const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// How long files are of which nobody has said how long they are.
const FILE: u64 = 20 << 20;

/// Connections that are served at the same time; more are reset.
const MAX_CONNECTIONS: usize = 256;

/// How long a request may pause before its connection is given up; no document bounds pauses.
const PAUSE: Duration = Duration::from_secs(20);

/// How long a client may be silent once its form has come to its end.
const STALL: Duration = Duration::from_secs(1);

/// How long a request that is under way at the end may take to become complete.
const CLOSING_TIMEOUT: Duration = Duration::from_millis(500);

/// How long all connections together may take to end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// A listening tap. Dropping it ends all connections.
pub struct Tap {
    address: SocketAddr,
    shared: Arc<Shared>,
    closing: watch::Sender<Option<Instant>>,
    accepting: JoinSet<()>,
}

/// What a tap saw.
#[derive(Debug)]
#[non_exhaustive]
pub struct Recorded {
    /// The exchanges in the order in which the requests were complete.
    pub exchanges: Vec<Exchange>,
    /// The deviations that occurred, by the number of the exchange.
    pub occurred: Vec<(usize, Vec<Occurred>)>,
    /// How many connections were opened.
    pub connections: u32,
    /// Why connections brought no request, each reason once.
    pub failed_connections: BTreeSet<FailedConnection>,
    /// Whether a bound on connections, exchanges or bytes was exceeded, so that exchanges are missing.
    pub overflowed: bool,
}

/// What all connections of a tap have in common.
struct Shared {
    recorder: Recorder,
    /// How long a client may wait for a reply that does not come.
    patience: Duration,
    /// Held from the question to the entry in the recorder, which keeps both in the same order.
    wiremock: Mutex<Wiremock>,
    secure: Option<Secure>,
}

/// Turns into a time when the tap closes: until then, requests that have begun may become complete.
type Closing = watch::Receiver<Option<Instant>>;

impl Tap {
    /// Listens on `address` and answers with what `answer` makes of a request at a unix time.
    pub async fn start(
        address: SocketAddr,
        answer: impl FnMut(&Request, u64) -> Answer + Send + 'static,
    ) -> Result<Self, HarnessError> {
        Self::serve(address, answer, FileView::zeros(FILE), PAUSE).await
    }

    /// Listens on `address` and answers with what a service says, early if it wants to. It reads as
    /// many bytes of requests as the upload of this file may take, and keeps no copies of its content.
    /// A client that waits longer than `patience` for a reply that does not come has [waited](Self::waited).
    pub async fn serve(
        address: SocketAddr,
        service: impl Service,
        file: FileView,
        patience: Duration,
    ) -> Result<Self, HarnessError> {
        Self::listen(Responder::Wiremock, &[address], None, service, file, patience).await
    }

    /// The same on several addresses, and over TLS if that is asked for.
    pub(super) async fn listen(
        responder: Responder,
        addresses: &[SocketAddr],
        secure: Option<Secure>,
        service: impl Service,
        file: FileView,
        patience: Duration,
    ) -> Result<Self, HarnessError> {
        let mut listeners = Vec::new();
        for address in addresses {
            let cannot = |error: std::io::Error| HarnessError::socket(*address, &error);
            let listener = TcpListener::bind(address).await.map_err(cannot)?;
            listeners.push((listener.local_addr().map_err(cannot)?, listener));
        }
        let address = listeners.first().map_or(LOOPBACK, |(address, _)| *address);
        let wiremock = Mutex::new(match responder {
            Responder::Wiremock => Wiremock::start(service).await?,
            Responder::Service => Wiremock::without(service),
        });
        let recorder = Recorder::new(file);
        let shared = Arc::new(Shared { recorder, patience, wiremock, secure });
        let (closing, closed) = watch::channel(None);
        let mut accepting = JoinSet::new();
        for (address, listener) in listeners {
            accepting.spawn(accept(listener, address, Arc::clone(&shared), closed.clone()));
        }
        Ok(Self { address, shared, closing, accepting })
    }

    /// Where it listens, and the first of these places if there are several.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Turns true when a bound on connections, exchanges or bytes is exceeded: from then on nothing is
    /// listened to.
    pub fn overflowing(&self) -> watch::Receiver<bool> {
        self.shared.recorder.overflowing()
    }

    /// Turns true when a client has waited for a reply that does not come, for as long as it may.
    pub fn waited(&self) -> watch::Receiver<bool> {
        self.shared.recorder.waited()
    }

    /// Whether a connection has come.
    pub fn is_reached(&self) -> bool {
        self.shared.recorder.is_reached()
    }

    /// Stops listening, lets requests that are under way end, and tells what was seen.
    ///
    /// Bytes that reached this machine before the call are in it; it takes a second at most.
    pub async fn finish(mut self) -> Result<Recorded, HarnessError> {
        self.closing.send_replace(Some(Instant::now() + CLOSING_TIMEOUT));
        let accepting = &mut self.accepting;
        let ended = async {
            while let Some(ended) = accepting.join_next().await {
                ended.map_err(|error| HarnessError::Tap(error.to_string()))?;
            }
            Ok(())
        };
        // Those that have not ended by then are ended.
        tokio::time::timeout(SHUTDOWN_TIMEOUT, ended).await.unwrap_or(Ok(()))?;
        // So that nobody writes into the recorder any more, which is emptied now.
        self.accepting.shutdown().await;
        self.shared.recorder.close()
    }
}

/// Serves connections until the tap closes and the last one has ended.
async fn accept(listener: TcpListener, address: SocketAddr, shared: Arc<Shared>, closing: Closing) {
    let mut acceptor = Acceptor { shared, closing: closing.clone(), handlers: JoinSet::new() };
    let mut closing = closing;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => acceptor.admit(stream),
                // The client was gone before its connection was taken (accept(2)).
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    // It would be the same at once if it were tried again, and requests that nobody sees
                    // cannot be judged.
                    acceptor.shared.recorder.fail(HarnessError::socket(address, &error));
                    break;
                }
            },
            _ = closing.wait_for(Option::is_some) => break,
            // How many there are is what bounds connections: those that have ended have to be taken out.
            Some(ended) = acceptor.handlers.join_next() => acceptor.ended(ended),
        }
    }
    // The system may have accepted connections that nobody told us about yet.
    if let Ok(listener) = listener.into_std() {
        while let Ok((stream, _)) = listener.accept() {
            // On Linux an accepted socket does not inherit this from its listener.
            let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
            if let Ok(stream) = stream {
                acceptor.admit(stream);
            }
        }
    }
    while let Some(ended) = acceptor.handlers.join_next().await {
        acceptor.ended(ended);
    }
}

struct Acceptor {
    shared: Arc<Shared>,
    closing: Closing,
    handlers: JoinSet<()>,
}

impl Acceptor {
    fn admit(&mut self, stream: TcpStream) {
        let number = self.shared.recorder.connect();
        if self.handlers.len() >= MAX_CONNECTIONS {
            self.shared.recorder.overflow();
        }
        if self.shared.recorder.overflowed() {
            return stream.reset();
        }
        let shared = Arc::clone(&self.shared);
        self.handlers.spawn(opening::serve(shared, stream, number, self.closing.clone()));
    }

    fn ended(&self, ended: Result<(), tokio::task::JoinError>) {
        if let Err(error) = ended {
            let detail = format!("a connection's task failed: {error}");
            self.shared.recorder.fail(HarnessError::Tap(detail));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::connection::Role;
    use super::*;
    use crate::protocol::{Delivery, Receipt, Response};

    #[tokio::test]
    async fn who_waits_for_a_reply_to_half_a_body_has_stalled_who_leaves_has_not() {
        let answer =
            |_: &Request, _: u64| Answer::new(Response::write(200, &[], ""), Delivery::Whole);
        let wiremock = Mutex::new(Wiremock::start(answer).await.unwrap());
        let recorder = Recorder::new(FileView::zeros(1 << 20));
        let shared = Arc::new(Shared { recorder, patience: PAUSE, wiremock, secure: None });
        // The pause of twenty seconds takes no time.
        tokio::time::pause();
        for leaves in [false, true] {
            let (mut client, stream) = tokio::io::duplex(1 << 10);
            let (_closing, closed) = watch::channel(None);
            let serving = tokio::spawn(connection::serve(
                Arc::clone(&shared),
                stream,
                1,
                closed,
                Role::Service,
            ));
            let half = b"POST /k HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf";
            client.write_all(half).await.unwrap();
            if leaves {
                client.shutdown().await.unwrap();
            }
            let mut heard = String::new();
            client.read_to_string(&mut heard).await.unwrap();
            serving.await.unwrap();
            assert!(heard.starts_with("HTTP/1.1 400 "), "{heard}");
        }
        let seen = shared.recorder.close().unwrap().exchanges;
        let receipts: Vec<_> = seen.iter().map(|exchange| exchange.receipt).collect();
        assert_eq!(receipts, [Receipt::Stalled, Receipt::Aborted]);
    }

    #[tokio::test]
    async fn a_tap_serves_any_stream_of_bytes() {
        let answer = |request: &Request, _: u64| {
            let fields = [("X-Request-ID", "7".to_owned())];
            let delivery = match request.body().as_ref() {
                b"hello" => Delivery::Whole,
                _ => Delivery::Reset,
            };
            Answer::new(Response::write(200, &fields, "{\"code\":0}"), delivery)
        };
        let wiremock = Mutex::new(Wiremock::start(answer).await.unwrap());
        let recorder = Recorder::new(FileView::zeros(1 << 20));
        let shared = Arc::new(Shared { recorder, patience: PAUSE, wiremock, secure: None });
        let (mut client, stream) = tokio::io::duplex(1 << 10);
        let (_closing, closed) = watch::channel(None);
        let serving =
            tokio::spawn(connection::serve(Arc::clone(&shared), stream, 1, closed, Role::Service));
        let post = |body: &str| {
            format!("POST /k HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        };
        client.write_all((post("hello") + &post("again")).as_bytes()).await.unwrap();
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        serving.await.unwrap();
        assert!(
            heard.starts_with("HTTP/1.1 200 OK\r\n") && heard.ends_with("{\"code\":0}"),
            "{heard}"
        );
        // As the server wrote it.
        assert!(heard.contains("\r\nX-Request-ID: 7\r\n"), "{heard}");
        let seen = shared.recorder.close().unwrap().exchanges;
        let deliveries: Vec<_> = seen.iter().map(|exchange| exchange.delivery).collect();
        assert_eq!(deliveries, [Delivery::Whole, Delivery::Reset]);
    }
}
