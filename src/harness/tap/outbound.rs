use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use super::super::gzip;
use super::STALL;
use super::transport::Transport;
use crate::protocol::{Delivery, Request, Response};

/// What a client waits for that asks for it with `Expect` (RFC 9110 §10.1.1).
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What a client waits for that asks a proxy for a tunnel (RFC 9110 §9.3.6).
pub(super) const TUNNEL: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// What is kept of bytes that come when nothing is expected any more.
const KEPT: usize = 64 << 10;

/// How long a client has to read a last response and to close its side.
const LINGER: Duration = Duration::from_secs(1);

/// How long a connection stays of which nothing more is read.
const UNREAD: Duration = Duration::from_millis(300);

/// A dribbled response comes in this many pieces, and takes a third of a second in all.
const PIECES: usize = 16;

/// The pause between them: long enough that each of them is a read of its own.
const BETWEEN_PIECES: Duration = Duration::from_millis(20);

/// After so many segments of one byte there is a pause, so that no read gets many of them.
const BYTES_AT_A_TIME: usize = 16;
/// That pause.
const BETWEEN_BYTES: Duration = Duration::from_millis(1);

/// Whoever closes the connection within this time after the first piece does not wait for the others: no timeout
/// of a client is so short.
const SOON: Duration = Duration::from_secs(1);

/// What comes before a reply in [`Delivery::Interims`]: `Link` is what a `103` is for (RFC 8297 §2).
const INTERIMS: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n\
    HTTP/1.1 102 Processing\r\n\r\n\
    HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\
    Link: </script.js>; rel=preload; as=script\r\n\r\n";

/// The way in which a preflight request of a browser is answered (Fetch standard §4.8).
pub(super) fn preflight(request: &Request) -> String {
    let field = |name: &str| request.head().get(name).unwrap_or("*").to_owned();
    format!(
        "HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: {}\r\n\
         Access-Control-Allow-Methods: GET, POST, OPTIONS\r\n\
         Access-Control-Allow-Headers: {}\r\nAccess-Control-Allow-Private-Network: true\r\n\
         Access-Control-Max-Age: 600\r\n\r\n",
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

/// Whether the client wants no other response on this connection.
pub(super) fn is_last(request: &Request) -> bool {
    request.version() == "HTTP/1.0" || request.head().has_token("connection", "close")
}

/// Adds what this connection needs to say to a response: that a page may read it, that it is the last.
pub(super) fn dress(response: &Response, request: &Request, last: bool) -> Response {
    // A page that may not read a reply cannot tell it from a failure of the network.
    let origin = request.head().get("origin").map(|_| "Access-Control-Allow-Origin: *\r\n");
    let close = last.then_some("Connection: close\r\n");
    let raw = response.raw();
    let fields = raw.len().min(response.head().start_line.end.saturating_add(2));
    let [origin, close] = [origin, close].map(|line| line.unwrap_or_default().as_bytes());
    Response::new([&raw[..fields], origin, close, &raw[fields..]].concat().into())
}

/// Delivers a response as decided; says how it can have reached the client.
///
/// The response to `HEAD` has no body (RFC 9110 §9.3.2).
pub(super) async fn deliver(
    stream: &mut impl Transport,
    response: &Response,
    delivery: Delivery,
    method: &str,
) -> Delivery {
    if matches!(delivery, Delivery::Reset | Delivery::Unanswered) {
        return delivery;
    }
    let bytes = bytes_of_reply(response, delivery, method);
    if delivery == Delivery::ClosedAfter {
        stream.hold_until_end();
    }
    let length = match delivery {
        // chunks() panics at 0, and there may be no byte.
        Delivery::Dribbled => bytes.len().div_ceil(PIECES).max(1),
        Delivery::Segmented => 1,
        _ => bytes.len().max(1),
    };
    // When the first piece had been sent, if there are several.
    let mut began = None;
    for (number, piece) in bytes.chunks(length).enumerate() {
        match delivery {
            Delivery::Dribbled if number > 0 => tokio::time::sleep(BETWEEN_PIECES).await,
            Delivery::Segmented if number % BYTES_AT_A_TIME == 1 => {
                tokio::time::sleep(BETWEEN_BYTES).await;
            }
            _ => {}
        }
        if number == 1 {
            began = Some(Instant::now());
        }
        if !send(stream, piece).await {
            // It has read a part and does not want the rest, which it could have had. Who hangs up later may have
            // run out of time.
            let hung_up = began.is_some_and(|began| began.elapsed() < SOON);
            return if hung_up { delivery } else { Delivery::Reset };
        }
    }
    if let Delivery::ResetWithin(_) = delivery {
        let rest = response.raw().get(bytes.len()..).unwrap_or_default();
        // The reset follows in any case.
        let _ = tokio::time::timeout(STALL, stream.send_part(rest)).await;
    }
    match delivery {
        // If there are fewer bytes, the reply came whole, and must not be taken for lost.
        Delivery::Truncated(length) => Delivery::Truncated(length.min(response.body().len())),
        other => other,
    }
}

/// The bytes of a response to a method that is delivered in this way.
pub(in crate::harness) fn bytes_of_reply(
    response: &Response,
    delivery: Delivery,
    method: &str,
) -> Vec<u8> {
    let mut bytes = wire(response, delivery);
    if method == "HEAD" {
        bytes.truncate(response.head().end);
    }
    bytes
}

/// The bytes of a response that is delivered in this way.
fn wire(response: &Response, delivery: Delivery) -> Vec<u8> {
    let (raw, head) = (response.raw(), response.head().end);
    let first = |length: usize| raw[..length.min(raw.len())].to_vec();
    let length = response.body().len();
    match delivery {
        Delivery::Reset | Delivery::Unanswered => Vec::new(),
        Delivery::Truncated(length) | Delivery::ResetWithin(length) => {
            first(head.saturating_add(length))
        }
        Delivery::CutHead(length) => first(length.min(head)),
        Delivery::Overstated(more) => {
            reframed(response, &length_line(length.saturating_add(more)), response.body())
        }
        Delivery::Understated(fewer) => {
            reframed(response, &length_line(length.saturating_sub(fewer)), response.body())
        }
        Delivery::Chunked => {
            reframed(response, "Transfer-Encoding: chunked\r\n", &chunked(response.body()))
        }
        Delivery::ChunkedTrailers => {
            let lines = "Trailer: Server-Timing\r\nTransfer-Encoding: chunked\r\n";
            reframed(response, lines, &with_trailers(response.body()))
        }
        Delivery::ChunkedCase => {
            reframed(response, "Transfer-Encoding: Chunked\r\n", &with_zeros(response.body()))
        }
        Delivery::Head(form) => form.write(response),
        Delivery::WithoutLastChunk => {
            let chunks = chunked(response.body());
            let kept = chunks.strip_suffix(LAST_CHUNK).unwrap_or(&chunks);
            reframed(response, "Transfer-Encoding: chunked\r\n", kept)
        }
        Delivery::UntilClose => reframed(response, "Connection: close\r\n", response.body()),
        Delivery::Gzipped => {
            let body = gzip::compress(response.body());
            let lines = format!("Content-Encoding: gzip\r\n{}", length_line(body.len()));
            reframed(response, &lines, &body)
        }
        Delivery::Interim => [CONTINUE, raw.as_ref()].concat(),
        Delivery::Interims => [INTERIMS, raw.as_ref()].concat(),
        Delivery::Whole
        | Delivery::ResetAfter
        | Delivery::ClosedAfter
        | Delivery::Dribbled
        | Delivery::Segmented
        | Delivery::Early
        | Delivery::EarlyClosed
        | Delivery::EarlyReset
        | Delivery::ContinueLate
        | Delivery::ContinueNever
        | Delivery::Literal
        | Delivery::Held
        | Delivery::HeldUntilFinish
        | Delivery::Ahead => raw.to_vec(),
    }
}

/// Says that no more chunks come, and that no trailer does.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

fn length_line(length: usize) -> String {
    format!("Content-Length: {length}\r\n")
}

/// The response with these lines in the place of its `Content-Length`, and with this body.
fn reframed(response: &Response, lines: &str, body: &[u8]) -> Vec<u8> {
    let head = String::from_utf8_lossy(&response.raw()[..response.head().end]).into_owned();
    let is_length = |line: &&str| line.to_ascii_lowercase().starts_with("content-length:");
    let kept = head.split_inclusive("\r\n").filter(|line| !is_length(line) && *line != "\r\n");
    let head = kept.chain([lines, "\r\n"]).collect::<String>();
    [head.as_bytes(), body].concat()
}

/// A body in chunks of different lengths, one with an extension (RFC 9112 §7.1.1).
fn chunked(body: &[u8]) -> Vec<u8> {
    let (first, rest) = body.split_at(body.len().min(1));
    let mut chunks = Vec::new();
    for (number, chunk) in [first].into_iter().chain(rest.chunks(37)).enumerate() {
        let extension = if number == 1 { ";a=b" } else { "" };
        if !chunk.is_empty() {
            chunks.extend_from_slice(format!("{:X}{extension}\r\n", chunk.len()).as_bytes());
            chunks.extend_from_slice(&[chunk, b"\r\n"].concat());
        }
    }
    chunks.extend_from_slice(LAST_CHUNK);
    chunks
}

/// A body in two chunks with extensions, one of them in quotes, and a trailer section after them: the
/// field is one that its definition allows there (RFC 9110 §6.5.1).
fn with_trailers(body: &[u8]) -> Vec<u8> {
    let (first, rest) = body.split_at(body.len() / 2);
    let chunk = |bytes: &[u8], extension: &str| match bytes {
        [] => Vec::new(),
        bytes => {
            let size = format!("{:x}{extension}\r\n", bytes.len());
            [size.as_bytes(), bytes, b"\r\n"].concat()
        }
    };
    // One extension for each chunk and no space before it: more than that is lawful, too, but Node's readers
    // take it for a bad size.
    let first = chunk(first, ";note=\"a; b\"");
    let rest = chunk(rest, ";last");
    [&first, &rest, &b"0;end\r\nServer-Timing: total;dur=7.5\r\n\r\n"[..]].concat()
}

/// A body in one chunk, whose size has leading zeros as its grammar allows (RFC 9112 §7.1).
fn with_zeros(body: &[u8]) -> Vec<u8> {
    let chunk = match body {
        [] => Vec::new(),
        body => [format!("{:08X}\r\n", body.len()).as_bytes(), body, b"\r\n"].concat(),
    };
    [&chunk, &b"000\r\n\r\n"[..]].concat()
}

/// Sends bytes; `false` if the client does not take them.
pub(super) async fn send(stream: &mut impl Transport, bytes: &[u8]) -> bool {
    let sent = async {
        stream.write_all(bytes).await?;
        // What encrypts may keep some of it.
        stream.flush().await
    };
    matches!(tokio::time::timeout(STALL, sent).await, Ok(Ok(())))
}

/// Ends the connection and leaves what still comes unread: first the client can see that it ends, and after
/// a while whatever it sends is answered with a reset.
pub(super) async fn close_unread(mut stream: impl Transport) {
    // However it ends, the connection has had its chance.
    let _ = stream.shutdown().await;
    tokio::time::sleep(UNREAD).await;
}

/// Ends the connection and returns the first bytes that still came.
///
/// They have to be read even if nobody wants them: a socket that is closed with unread bytes
/// resets the connection, and the client may lose the response.
pub(super) async fn close(mut stream: impl Transport) -> BytesMut {
    // However it ends, the connection has had its chance.
    let _ = tokio::time::timeout(LINGER, stream.shutdown()).await;
    drain(stream).await
}

/// The same, as if the connection broke off.
pub(super) async fn cut(mut stream: impl Transport) -> BytesMut {
    let _ = tokio::time::timeout(LINGER, stream.cut()).await;
    drain(stream).await
}

async fn drain(mut stream: impl Transport) -> BytesMut {
    let mut kept = BytesMut::new();
    let drain = async {
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
    let _ = tokio::time::timeout(LINGER, drain).await;
    kept
}
