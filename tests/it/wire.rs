//! The tap on the wire, through sockets.

mod delivery;
mod expecting;
mod lawful;
mod machine;
mod process;

use std::sync::{Arc, Mutex};

use slicecheck::harness::{HarnessError, LOOPBACK, Recorded, Tap, responder};
use slicecheck::protocol::{
    BodyFraming, Bound, Delivery, FailedConnection, Receipt, Request, Response,
};
use slicecheck::scenario::{Scenario, Situation};
use slicecheck::server::Answer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::holds::holds;

const POST: &str = "POST /files/v2/1/b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";

/// Any scenario; these tests are not about what is in it.
fn scenario() -> &'static Arc<Scenario> {
    slicecheck::scenario::scenarios().next().unwrap()
}

fn answer(delivery: Delivery) -> Answer {
    let fields = [("Content-Type", "application/json".to_owned())];
    Answer::new(Response::write(200, &fields, "{\"code\":0}"), delivery)
}

async fn tap() -> Tap {
    tap_that(|_| answer(Delivery::Whole)).await
}

async fn tap_that(mut answer: impl FnMut(&Request) -> Answer + Send + 'static) -> Tap {
    Tap::start(LOOPBACK, move |request, _| answer(request)).await.unwrap()
}

async fn dial(tap: &Tap) -> TcpStream {
    TcpStream::connect(tap.address()).await.unwrap()
}

/// Sends bytes on a connection of their own, closes the sending side and reads all there is.
async fn say(tap: &Tap, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = dial(tap).await;
    stream.write_all(bytes.as_ref()).await.unwrap();
    stream.shutdown().await.unwrap();
    hear(&mut stream).await
}

async fn hear(stream: &mut TcpStream) -> String {
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.unwrap();
    heard
}

/// Reads one response with a `Content-Length`.
async fn hear_one(stream: &mut TcpStream) -> Response {
    let mut heard = Vec::new();
    loop {
        heard.push(stream.read_u8().await.unwrap());
        let response = Response::new(heard.clone().into());
        let length = response.head().get("content-length").map_or(0, |n| n.parse().unwrap());
        if response.head().complete && response.body().len() == length {
            return response;
        }
    }
}

async fn seen(tap: Tap) -> Recorded {
    tap.finish().await.unwrap()
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let tap = tap_that(|_| answer(Delivery::Reset)).await;
    let mut stream = dial(&tap).await;
    stream.write_all(POST.as_bytes()).await.unwrap();
    let error = stream.read(&mut [0; 1]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let seen = seen(tap).await;
    assert_eq!(seen.exchanges[0].delivery, Delivery::Reset);
    assert_eq!(seen.exchanges[0].response.body().as_ref(), b"{\"code\":0}");
}

#[tokio::test]
async fn a_truncated_reply_ends_at_byte_n() {
    let tap = tap_that(|_| answer(Delivery::Truncated(4))).await;
    let mut stream = dial(&tap).await;
    stream.write_all(POST.as_bytes()).await.unwrap();
    let heard = hear(&mut stream).await;
    assert!(heard.contains("Content-Length: 10\r\n"), "{heard}");
    assert!(heard.ends_with("\r\n\r\n{\"co"), "{heard}");
    assert_eq!(seen(tap).await.exchanges[0].delivery, Delivery::Truncated(4));
}

#[tokio::test]
async fn the_raw_bytes_kept_are_the_bytes_sent() {
    let raw = "POST //files/v2/1/b/a/../c%2fd?x=%20+ HTTP/1.1\r\nhOST:h\r\nB: 2\r\nA:  1\r\nB: 3\r\n\
               Content-Length: 5\r\n\r\nhello";
    let tap = tap().await;
    let mut stream = dial(&tap).await;
    stream.set_nodelay(true).unwrap();
    for byte in raw.as_bytes() {
        stream.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(hear_one(&mut stream).await.status(), 200);
    stream.write_all(b"\r\n\r\n").await.unwrap();
    stream.write_all(POST.as_bytes()).await.unwrap();
    assert_eq!(hear_one(&mut stream).await.status(), 200);
    let seen = seen(tap).await;
    let raws: Vec<_> = seen.exchanges.iter().map(|exchange| exchange.request.raw()).collect();
    // Line ends after a body are the client's mistake (RFC 9112 §2.2), but do not break the next request.
    assert_eq!(raws, [&format!("{raw}\r\n\r\n"), POST]);
    assert!(seen.exchanges.iter().all(|exchange| exchange.connection == 1));
    assert!(seen.exchanges[0].started <= seen.exchanges[0].answered);
}

#[tokio::test]
async fn a_client_that_waits_for_100_continue_gets_it() {
    let tap = tap().await;
    let head = POST.replace("\r\n\r\nhello", "\r\nExpect: 100-continue\r\n\r\n");
    let mut stream = dial(&tap).await;
    stream.write_all(head.as_bytes()).await.unwrap();
    holds!(SERVICE_CONTINUE, hear_one(&mut stream).await.status() == 100);
    stream.write_all(b"hello").await.unwrap();
    assert_eq!(hear_one(&mut stream).await.status(), 200);
    let eager = say(&tap, format!("{head}hello")).await;
    assert!(eager.starts_with("HTTP/1.1 200"), "{eager}");
    assert_eq!(seen(tap).await.exchanges.len(), 2);
}

#[tokio::test]
async fn chunked_bodies_are_joined_and_their_framing_is_kept() {
    let tap = tap().await;
    let raw = "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n\
               2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nT: 1\r\n\r\n";
    assert!(say(&tap, format!("{raw}{POST}")).await.starts_with("HTTP/1.1 200"));
    let broken = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n";
    assert!(say(&tap, broken).await.starts_with("HTTP/1.1 400"));
    let seen = seen(tap).await;
    let [chunked, _, broken] = seen.exchanges.as_slice() else { panic!("three exchanges") };
    assert_eq!(chunked.request.body().as_ref(), b"hello");
    assert_eq!(chunked.request.raw(), raw);
    assert!(matches!(broken.request.framing(), BodyFraming::BrokenChunks(_)));
}

#[tokio::test]
async fn an_absolute_target_and_a_foreign_host_are_witnessed() {
    let tap = tap().await;
    let raw = POST.replace(" /files", " http://gz.file.myqcloud.com/files");
    assert!(say(&tap, &raw).await.starts_with("HTTP/1.1 200"));
    let seen = seen(tap).await;
    assert_eq!(seen.exchanges[0].request.target(), "http://gz.file.myqcloud.com/files/v2/1/b/k");
}

#[tokio::test]
async fn a_head_over_64_kib_gets_431() {
    let tap = tap().await;
    let endless = format!("POST / HTTP/1.1\r\nX: {}", "x".repeat(70_000));
    let closed = format!("{endless}\r\n\r\n");
    for raw in [endless, closed] {
        let heard = say(&tap, raw).await;
        assert!(heard.starts_with("HTTP/1.1 431"), "{heard}");
        assert!(heard.contains("\"code\":-5999"), "{heard}");
    }
    let seen = seen(tap).await;
    assert_eq!(seen.exchanges.len(), 2);
    assert_eq!(seen.exchanges[0].receipt, Receipt::Refused(Bound::Head));
}

#[tokio::test]
async fn a_body_over_64_mib_gets_413() {
    let tap = tap().await;
    let sized = POST.replace("Length: 5", "Length: 67108865");
    let heard = say(&tap, sized + &"x".repeat(300_000)).await;
    assert!(heard.starts_with("HTTP/1.1 413"), "{heard}");
    let mut chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4000001\r\n".to_vec();
    chunked.resize(chunked.len() + (64 << 20) + 1, b'x');
    let heard = say(&tap, chunked).await;
    assert!(heard.starts_with("HTTP/1.1 413"), "{heard}");
    let seen = seen(tap).await;
    assert_eq!(seen.exchanges.len(), 2);
    assert_eq!(seen.exchanges[1].receipt, Receipt::Refused(Bound::Body));
    assert!(!seen.overflowed);
}

#[tokio::test]
async fn bytes_after_the_body_belong_to_the_request_before() {
    let tap = tap().await;
    for (excess, close) in [("\r\n--b--\r\n", false), ("EXCESS", false), ("lost", true)] {
        let request =
            if close { POST.replace("Host", "Connection: close\r\nHost") } else { POST.into() };
        let heard = say(&tap, format!("{request}{excess}")).await;
        assert_eq!(heard.contains("HTTP/1.1 400"), !close, "{heard}");
    }
    let seen = seen(tap).await;
    let excess: Vec<_> = seen
        .exchanges
        .iter()
        .map(|exchange| exchange.request.raw().slice(exchange.request.excess()))
        .collect();
    assert_eq!(excess, [b"\r\n--b--\r\n".as_slice(), b"EXCESS", b"lost"]);
    assert!(seen.exchanges.iter().all(|exchange| exchange.request.body().as_ref() == b"hello"));
}

#[tokio::test]
async fn a_request_that_is_closed_or_reset_halfway_is_broken() {
    let tap = tap().await;
    let heard = say(&tap, &POST[..POST.len() - 2]).await;
    assert!(heard.starts_with("HTTP/1.1 400") && heard.contains("-5963"), "{heard}");
    let mut stream = dial(&tap).await;
    stream.write_all(&POST.as_bytes()[..20]).await.unwrap();
    stream.set_zero_linger().unwrap();
    drop(stream);
    drop(dial(&tap).await);
    let seen = seen(tap).await;
    // A reset discards what the tap has not read yet.
    let [closed, reset @ ..] = seen.exchanges.as_slice() else { panic!("an exchange") };
    assert_eq!((closed.receipt, closed.delivery), (Receipt::Aborted, Delivery::Whole));
    assert_eq!(*closed.request.framing(), BodyFraming::Sized { length: 5, missing: 2 });
    assert!(reset.len() <= 1 && reset.iter().all(|reset| reset.receipt == Receipt::Aborted));
    assert_eq!(seen.connections, 3);
}

#[tokio::test]
async fn a_length_that_is_no_number_gets_400() {
    let tap = tap().await;
    let heard = say(&tap, POST.replace("Length: 5", "Length: five")).await;
    assert!(heard.starts_with("HTTP/1.1 400") && heard.contains("-5999"), "{heard}");
    let seen = seen(tap).await;
    assert_eq!(*seen.exchanges[0].request.framing(), BodyFraming::BadLength("five".to_owned()));
}

#[tokio::test]
async fn garbage_does_not_stop_the_tap() {
    let tap = tap().await;
    let hello: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    for garbage in [hello, b"\0", b"GET", b"\xff\xff\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        say(&tap, garbage).await;
    }
    assert!(say(&tap, POST).await.starts_with("HTTP/1.1 200"));
    let seen = seen(tap).await;
    assert_eq!(Vec::from_iter(&seen.failed_connections), [&FailedConnection::TlsUnexpected]);
    assert_eq!(seen.exchanges.len(), 5);
    assert_eq!(seen.exchanges[0].request.raw(), b"\0"[..]);
    assert_eq!(seen.exchanges[0].receipt, Receipt::Aborted);
}

#[tokio::test]
async fn pipelined_requests_are_both_answered() {
    let tap = tap().await;
    let heard = say(&tap, POST.repeat(2)).await;
    assert_eq!(heard.matches("HTTP/1.1 200").count(), 2, "{heard}");
    let old = POST.replace("HTTP/1.1", "HTTP/1.0");
    let heard = say(&tap, old.repeat(2)).await;
    assert_eq!(heard.matches("HTTP/1.1 200").count(), 1, "{heard}");
    let seen = seen(tap).await;
    assert_eq!(seen.exchanges.len(), 3);
    assert!(seen.exchanges.iter().all(|exchange| exchange.request.excess().is_empty()));
    // The second did not wait for the reply to the first, and the times say so.
    assert!(seen.exchanges[1].started <= seen.exchanges[0].answered);
}

#[tokio::test]
async fn a_preflight_is_answered_and_not_recorded() {
    let tap = tap().await;
    let preflight = "OPTIONS /k HTTP/1.1\r\nOrigin: http://a\r\n\
                     Access-Control-Request-Headers: authorization\r\n\r\n";
    let heard =
        say(&tap, format!("{preflight}{}", POST.replace("Host", "Origin: a\r\nHost"))).await;
    assert!(heard.starts_with("HTTP/1.1 204"), "{heard}");
    assert!(heard.contains("Access-Control-Allow-Headers: authorization\r\n"), "{heard}");
    holds!(
        SERVICE_PREFLIGHT,
        heard.contains("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n")
    );
    assert!(say(&tap, "CONNECT h:443 HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 405"));
    holds!(SERVICE_PREFLIGHT, seen(tap).await.exchanges.len() == 1);
}

#[tokio::test]
async fn what_was_sent_just_before_the_end_is_witnessed() {
    let tap = tap().await;
    let mut stream = std::net::TcpStream::connect(tap.address()).unwrap();
    std::io::Write::write_all(&mut stream, POST.repeat(3).as_bytes()).unwrap();
    // Nothing is awaited in between: the runtime has not seen the connection yet.
    let seen = seen(tap).await;
    assert_eq!((seen.exchanges.len(), seen.connections), (3, 1));
}

#[tokio::test]
async fn answers_are_given_in_the_order_of_the_transcript() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&order);
    let tap = tap_that(move |request| {
        heard.lock().unwrap().push(request.target().to_owned());
        answer(Delivery::Whole)
    });
    let tap = tap.await;
    let requests = (0..50).map(|n| {
        let tap = &tap;
        async move { say(tap, POST.replace("/k", &format!("/{n}"))).await }
    });
    futures_util::future::join_all(requests).await;
    let seen = seen(tap).await;
    let targets: Vec<_> =
        seen.exchanges.iter().map(|exchange| exchange.request.target().to_owned()).collect();
    assert_eq!(targets.len(), 50);
    assert_eq!(targets, *order.lock().unwrap());
}

#[tokio::test]
async fn more_than_256_connections_at_once_are_reset_and_noted() {
    let tap = tap().await;
    let mut streams = Vec::new();
    for _ in 0..257 {
        streams.push(dial(&tap).await);
    }
    assert!(streams[256].read(&mut [0; 1]).await.is_err());
    drop(streams);
    let seen = seen(tap).await;
    assert!(seen.overflowed);
    assert_eq!(seen.connections, 257);
}

#[tokio::test]
async fn a_server_that_panics_is_an_error_of_the_harness() {
    let tap = tap_that(|_| panic!("on purpose")).await;
    let mut stream = dial(&tap).await;
    stream.write_all(POST.as_bytes()).await.unwrap();
    assert!(stream.read(&mut [0; 1]).await.is_err());
    assert!(matches!(tap.finish().await, Err(HarnessError::Tap(_))));
}

#[tokio::test]
async fn the_responder_can_be_mounted_without_a_tap() {
    let job = scenario().job(1);
    let server = Arc::new(Mutex::new(Situation::new(&scenario().setup, &job)));
    let mock = wiremock::MockServer::start().await;
    let any = wiremock::Mock::given(wiremock::matchers::any());
    any.respond_with(responder(server)).mount(&mock).await;
    let mut stream = TcpStream::connect(mock.address()).await.unwrap();
    stream.write_all(b"POST /nothing HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    let response = hear_one(&mut stream).await;
    assert_eq!(response.status(), 400);
    assert_eq!(response.head().get("content-type"), Some("application/json; charset=utf-8"));
}

#[tokio::test]
async fn a_client_that_waits_for_a_reply_to_half_a_request_has_stalled() {
    let tap = tap().await;
    let mut stream = dial(&tap).await;
    let head = "POST /files/v2/1/b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\
                Content-Type: multipart/form-data; boundary=b\r\n\r\n";
    stream.write_all(format!("{head}--b--\r\n").as_bytes()).await.unwrap();
    assert_eq!(hear_one(&mut stream).await.status(), 400);
    let seen = tap.finish().await.unwrap();
    assert_eq!(seen.exchanges[0].receipt, Receipt::Stalled);
    let framing = BodyFraming::Sized { length: 99, missing: 92 };
    assert_eq!(*seen.exchanges[0].request.framing(), framing);
}

#[tokio::test]
async fn a_client_that_waits_after_a_chunk_of_wrong_size_has_stalled() {
    let tap = tap().await;
    let mut stream = dial(&tap).await;
    let head = "POST /files/v2/1/b/k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    // Ten bytes, in decimal digits.
    stream.write_all(format!("{head}10\r\n0123456789\r\n0\r\n\r\n").as_bytes()).await.unwrap();
    assert_eq!(hear_one(&mut stream).await.status(), 400);
    let seen = tap.finish().await.unwrap();
    assert_eq!(seen.exchanges[0].receipt, Receipt::Stalled);
    assert_eq!(*seen.exchanges[0].request.framing(), BodyFraming::Chunked { finished: false });
}
