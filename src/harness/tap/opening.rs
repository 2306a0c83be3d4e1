//! How a connection begins: what a client speaks shows at its first byte.

use std::sync::Arc;

use rustix::net::RecvFlags;
use tokio::net::TcpStream;

use super::connection::{self, Role, Served};
use super::source::closing as closes;
use super::{Closing, Shared, outbound};
use crate::harness::tls::Tls;
use crate::protocol::{Certificate, FailedConnection};

/// With what a TLS handshake begins (RFC 8446 §5.1), and no request does.
const HANDSHAKE: u8 = 22;

/// TLS, as a tap is to speak it.
#[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "there is no value of Tls"))]
pub(in crate::harness) struct Secure {
    pub(in crate::harness) tls: Tls,
    /// What is wrong with its certificates.
    pub(in crate::harness) certificate: Certificate,
    /// Whether plain HTTP is taken, too.
    pub(in crate::harness) takes_plain: bool,
    /// Whether it is reached through tunnels that are asked for with CONNECT.
    pub(in crate::harness) makes_tunnels: bool,
}

/// Serves one connection to its end.
pub(super) async fn serve(
    shared: Arc<Shared>,
    mut stream: TcpStream,
    number: u32,
    mut closing: Closing,
) {
    let mut tunnel = None;
    loop {
        let Some(first) = first_byte(&stream, &mut closing).await else { return };
        let secure = shared.secure.as_ref();
        if first == HANDSHAKE {
            return match secure {
                Some(_) => serve_over_tls(shared, stream, number, closing, tunnel).await,
                None => refuse(&shared, stream, FailedConnection::TlsUnexpected).await,
            };
        }
        // Within a tunnel there is the service, and no proxy any more.
        let makes_tunnels = tunnel.is_none() && secure.is_some_and(|secure| secure.makes_tunnels);
        let takes_requests = secure.is_none_or(|secure| secure.takes_plain);
        let role = match (takes_requests, makes_tunnels) {
            (true, false) => Role::Service,
            (true, true) => Role::ServiceAndTunnels,
            (false, true) => Role::Tunnels,
            (false, false) => {
                return refuse(&shared, stream, FailedConnection::PlainUnexpected).await;
            }
        };
        let (all, closed) = (Arc::clone(&shared), closing.clone());
        match connection::serve(all, stream, number, closed, role).await {
            Served::Tunnel(inner, host) => (stream, tunnel) = (inner, Some(host)),
            Served::Nothing | Served::Requests => return,
        }
    }
}

/// The first byte, which stays where it is; `None` if there will be none.
async fn first_byte(stream: &TcpStream, closing: &mut Closing) -> Option<u8> {
    let mut byte = [0];
    let length = tokio::select! {
        biased;
        peeked = stream.peek(&mut byte) => peeked.ok()?,
        // Asks the system itself, as it may have come and the runtime has not heard of it yet.
        _ = closes(closing) => {
            let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
            rustix::net::recv(stream, &mut byte[..], flags).ok()?.1
        }
    };
    byte.first().copied().filter(|_| length > 0)
}

/// Answers in plain HTTP whoever speaks something else than is spoken here.
async fn refuse(shared: &Shared, mut stream: TcpStream, failed: FailedConnection) {
    shared.recorder.fail_connection(failed);
    let detail = "this is not the protocol of this port";
    outbound::send(&mut stream, outbound::refusal(400, -5999, detail).raw()).await;
    outbound::close(stream).await;
}

#[cfg(not(feature = "tls"))]
fn serve_over_tls(
    _: Arc<Shared>,
    _: TcpStream,
    _: u32,
    _: Closing,
    _: Option<String>,
) -> std::future::Ready<()> {
    // Without the feature there is no value of Tls.
    std::future::ready(())
}

/// Serves a connection of which a TLS handshake is the first; a tunnel leads to a host.
#[cfg(feature = "tls")]
async fn serve_over_tls(
    shared: Arc<Shared>,
    stream: TcpStream,
    number: u32,
    mut closing: Closing,
    host: Option<String>,
) {
    let Some(secure) = &shared.secure else { return };
    let handshake = super::handshake::shake_hands(secure, stream, host.as_deref());
    let patience = async {
        tokio::select! {
            () = tokio::time::sleep(super::PAUSE) => {}
            end = closes(&mut closing) => tokio::time::sleep_until(end).await,
        }
    };
    let ended = tokio::select! {
        biased;
        ended = handshake => ended,
        () = patience => Err(FailedConnection::HandshakeFailed("the client did not go on".to_owned())),
    };
    let failed = match ended {
        Ok(stream) => {
            let all = Arc::clone(&shared);
            match connection::serve(all, stream, number, closing, Role::Service).await {
                // Some libraries look at the certificate when the handshake is done.
                Served::Nothing => FailedConnection::CertificateRefused,
                Served::Tunnel(..) | Served::Requests => return,
            }
        }
        Err(failed) => failed,
    };
    shared.recorder.fail_connection(failed);
}
