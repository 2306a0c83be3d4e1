use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::STALL;
use crate::protocol::{Delivery, Request, Response};

/// What is kept of bytes that come when nothing is expected any more.
const KEPT: usize = 64 << 10;

/// How long a client has to read a last response and to close its side.
const LINGER: Duration = Duration::from_secs(1);

/// The way in which a preflight request of a browser is answered (Fetch standard §4.8).
pub(super) fn preflight(request: &Request) -> String {
    let field = |name: &str| request.head().get(name).unwrap_or("*").to_owned();
    format!(
        "HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: {}\r\n\
         Access-Control-Allow-Methods: GET, POST, OPTIONS\r\n\
         Access-Control-Allow-Headers: {}\r\nAccess-Control-Max-Age: 600\r\n\r\n",
        field("origin"),
        field("access-control-request-headers"),
    )
}

/// A refusal of our own, the last response of its connection.
pub(super) fn refusal(status: u16, code: i32, message: &str) -> Response {
    let fields = [("Content-Type", "application/json".into()), ("Connection", "close".into())];
    let body = format!("{{\"code\":{code},\"message\":\"{message}\"}}");
    Response::write(status, &fields, &body)
}

/// Adds what this connection needs to say to a response: that a page may read it, that it is the last.
pub(super) fn dress(response: &Response, request: &Request, last: bool) -> Response {
    let origin = request.head().get("origin").map(|_| "Access-Control-Allow-Origin: *\r\n");
    let close = last.then_some("Connection: close\r\n");
    let raw = response.raw();
    let fields = raw.len().min(response.head().start_line.end.saturating_add(2));
    let [origin, close] = [origin, close].map(|line| line.unwrap_or_default().as_bytes());
    Response::new([&raw[..fields], origin, close, &raw[fields..]].concat().into())
}

/// Delivers a response as decided; says how much of it can have reached the client.
///
/// The response to `HEAD` has no body (RFC 9110 §9.3.2).
pub(super) async fn deliver(
    stream: &mut TcpStream,
    response: &Response,
    delivery: Delivery,
    method: &str,
) -> Delivery {
    let head = response.head().end;
    let length = match delivery {
        Delivery::Reset => return Delivery::Reset,
        _ if method == "HEAD" => head,
        Delivery::Whole => response.raw().len(),
        Delivery::Truncated(length) => head.saturating_add(length).min(response.raw().len()),
    };
    if !send(stream, &response.raw()[..length]).await {
        return Delivery::Reset;
    }
    match delivery {
        Delivery::Truncated(length) => Delivery::Truncated(length.min(response.body().len())),
        other => other,
    }
}

/// Sends bytes; `false` if the client does not take them.
pub(super) async fn send(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    matches!(tokio::time::timeout(STALL, stream.write_all(bytes)).await, Ok(Ok(())))
}

/// Resets the connection: the client's next read fails, whatever was sent to it.
pub(super) fn reset(stream: TcpStream) {
    // Closing a socket of the kind that does not linger is what sends RST. It fails only if the
    // connection is gone already.
    let _ = stream.set_zero_linger();
    drop(stream);
}

/// Ends the connection and returns the first bytes that still came.
///
/// They have to be read even if nobody wants them: a socket that is closed with unread bytes
/// resets the connection, and the client may lose the response.
pub(super) async fn close(mut stream: TcpStream) -> BytesMut {
    let mut kept = BytesMut::new();
    let drain = async {
        stream.shutdown().await?;
        let mut bytes = vec![0; 16 << 10];
        loop {
            let length = stream.read(&mut bytes).await?;
            if length == 0 {
                return std::io::Result::Ok(());
            }
            let room = KEPT.saturating_sub(kept.len()).min(length);
            kept.extend_from_slice(&bytes[..room]);
        }
    };
    // However it ends, the connection has had its chance.
    let _ = tokio::time::timeout(LINGER, drain).await;
    kept
}
