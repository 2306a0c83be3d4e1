//! Requests that ask for `100 Continue`, and those that are refused before their body is read.

use std::io::ErrorKind;
use std::time::Duration;

use slicecheck::harness::{LOOPBACK, Service, Tap};
use slicecheck::protocol::{Delivery, FileView, Receipt, Request, Response};
use slicecheck::server::Answer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{POST, dial, hear, hear_one, seen};

/// Delivers each reply in this way, which may be before the body comes.
struct Unkind(Delivery, u16);

impl Unkind {
    fn reply(&self) -> Answer {
        Answer::new(Response::write(self.1, &[], "{\"code\":0}"), self.0)
    }
}

impl Service for Unkind {
    fn answer(&mut self, _: &Request, _: u64) -> Answer {
        self.reply()
    }

    fn answer_early(&mut self, _: &Request, _: u64) -> Option<Answer> {
        self.0.is_early().then(|| self.reply())
    }

    fn keeps_back(&mut self, _: &Request) -> Option<Delivery> {
        (!self.0.is_early()).then_some(self.0)
    }
}

async fn tap(delivery: Delivery, status: u16) -> Tap {
    let service = Unkind(delivery, status);
    Tap::serve(LOOPBACK, service, FileView::zeros(64 << 20), Duration::from_secs(20)).await.unwrap()
}

/// A request that asks for `100 Continue`: its head, and its body.
fn expecting() -> (String, &'static str) {
    let head = POST.replace("\r\n\r\nhello", "\r\nExpect: 100-continue\r\n\r\n");
    (head, "hello")
}

/// Whether something comes within a quarter of a second.
async fn comes(stream: &TcpStream) -> bool {
    let readable = tokio::time::timeout(Duration::from_millis(250), stream.readable());
    readable.await.is_ok()
}

#[tokio::test]
async fn a_100_that_never_comes_is_not_in_the_way_of_the_body() {
    let tap = tap(Delivery::ContinueNever, 200).await;
    let mut stream = dial(&tap).await;
    let (head, body) = expecting();
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(!comes(&stream).await);
    stream.write_all(body.as_bytes()).await.unwrap();
    assert_eq!(hear_one(&mut stream).await.status(), 200);
    let seen = seen(tap).await;
    assert_eq!(seen.exchanges[0].delivery, Delivery::ContinueNever);
    assert_eq!(seen.exchanges[0].receipt, Receipt::Whole);
}

#[tokio::test]
async fn a_late_100_comes_to_who_waits_and_with_the_reply_to_who_does_not() {
    let tap = tap(Delivery::ContinueLate, 200).await;
    let (head, body) = expecting();
    let mut patient = dial(&tap).await;
    patient.write_all(head.as_bytes()).await.unwrap();
    assert!(!comes(&patient).await);
    assert_eq!(hear_one(&mut patient).await.status(), 100);
    patient.write_all(body.as_bytes()).await.unwrap();
    assert_eq!(hear_one(&mut patient).await.status(), 200);
    let mut eager = dial(&tap).await;
    eager.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    assert_eq!(hear_one(&mut eager).await.status(), 100);
    assert_eq!(hear_one(&mut eager).await.status(), 200);
    // Who asks for none gets none.
    eager.write_all(POST.as_bytes()).await.unwrap();
    assert_eq!(hear_one(&mut eager).await.status(), 200);
    assert_eq!(seen(tap).await.exchanges.len(), 3);
}

#[tokio::test]
async fn a_417_comes_before_the_body_and_ends_the_connection() {
    let tap = tap(Delivery::Early, 417).await;
    let (head, body) = expecting();
    for body in ["", body] {
        let mut stream = dial(&tap).await;
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let reply = hear(&mut stream).await;
        assert!(reply.starts_with("HTTP/1.1 417 "), "{reply}");
        assert!(reply.contains("\r\nConnection: close\r\n"), "{reply}");
    }
    for exchange in seen(tap).await.exchanges {
        assert_eq!((exchange.delivery, exchange.receipt), (Delivery::Early, Receipt::Aborted));
        assert_eq!(exchange.request.raw(), head);
    }
}

/// A request of eight megabytes: more than what two sockets hold on this machine.
fn long() -> (String, Vec<u8>) {
    (POST.replace("Length: 5\r\n\r\nhello", "Length: 8388608\r\n\r\n"), vec![b'x'; 8 << 20])
}

/// How the sending of a request ends that is refused early, and what is heard.
async fn refused(delivery: Delivery) -> (Option<ErrorKind>, String) {
    let tap = tap(delivery, 503).await;
    let mut stream = dial(&tap).await;
    let (head, body) = long();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut reply = vec![0; 4096];
    // The reply is there before the body, or the connection is gone by now.
    let length = stream.read(&mut reply).await.unwrap_or(0);
    reply.truncate(length);
    let sent = stream.write_all(&body).await;
    let seen = seen(tap).await;
    assert_eq!((seen.exchanges[0].delivery, seen.exchanges.len()), (delivery, 1));
    assert_eq!(seen.exchanges[0].request.raw(), head);
    (sent.err().map(|error| error.kind()), String::from_utf8(reply).unwrap())
}

#[tokio::test]
async fn who_is_refused_early_cannot_send_the_rest_where_the_connection_ends() {
    const BROKEN: [ErrorKind; 2] = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset];
    let (error, heard) = refused(Delivery::EarlyClosed).await;
    assert!(error.is_some_and(|error| BROKEN.contains(&error)), "{error:?}");
    assert!(heard.starts_with("HTTP/1.1 503 "), "{heard}");
    assert!(heard.contains("\r\nConnection: close\r\n"), "{heard}");
    let (error, heard) = refused(Delivery::EarlyReset).await;
    assert!(error.is_some_and(|error| BROKEN.contains(&error)), "{error:?}");
    // A reset discards what was not read by then.
    assert!(heard.is_empty() || heard.starts_with("HTTP/1.1 503 "), "{heard}");
}

#[tokio::test]
async fn a_connection_with_a_body_given_up_and_another_request_ends_soon() {
    let tap = tap(Delivery::Early, 503).await;
    let mut stream = dial(&tap).await;
    let (head, body) = long();
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(hear_one(&mut stream).await.status(), 503);
    stream.write_all(&body[..1000]).await.unwrap();
    stream.write_all(POST.as_bytes()).await.unwrap();
    assert_eq!(hear(&mut stream).await, "");
    let seen = seen(tap).await;
    assert_eq!(seen.exchanges.len(), 1);
    assert_eq!(seen.exchanges[0].receipt, Receipt::Aborted);
    let came = seen.exchanges[0].request.raw();
    assert!(came.ends_with(POST.as_bytes()), "the other request stands in the body");
}
