//! Each way in which a reply can come, byte for byte, as a raw socket sees it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::time::Duration;

use slicecheck::harness::{LOOPBACK, Service, Tap};
use slicecheck::protocol::{Delivery, FileView, Receipt, Received, Request, Response};
use slicecheck::server::Answer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{POST, answer, dial, hear_one, seen, tap_that};

/// All bytes that come, and how the connection ended.
async fn listen(stream: &mut TcpStream) -> (String, Option<ErrorKind>) {
    let mut heard = Vec::new();
    let ended = stream.read_to_end(&mut heard).await;
    (String::from_utf8(heard).unwrap(), ended.err().map(|error| error.kind()))
}

/// What a client that closes its side hears of a reply that is delivered in this way.
async fn deliver(delivery: Delivery) -> (String, Option<ErrorKind>) {
    let tap = tap_that(move |_| answer(delivery)).await;
    let mut stream = dial(&tap).await;
    stream.write_all(POST.as_bytes()).await.unwrap();
    let heard = listen(&mut stream).await;
    assert_eq!(seen(tap).await.exchanges[0].delivery, delivery);
    heard
}

const BODY: &str = "{\"code\":0}";

/// Head and body.
fn parts(heard: &str) -> (&str, &str) {
    heard.split_once("\r\n\r\n").unwrap()
}

#[tokio::test]
async fn a_head_is_cut_at_byte_n() {
    let (heard, error) = deliver(Delivery::CutHead(17)).await;
    assert_eq!((heard.as_str(), error), ("HTTP/1.1 200 OK\r\n", None));
    let (heard, error) = deliver(Delivery::CutHead(1000)).await;
    assert!(heard.ends_with("\r\n\r\n"), "{heard}");
    assert_eq!(error, None);
}

#[tokio::test]
async fn a_reset_within_the_reply_comes_after_byte_n() {
    let (heard, error) = deliver(Delivery::ResetWithin(4)).await;
    assert_eq!((parts(&heard).1, error), ("{\"co", Some(ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn a_reset_after_the_reply_comes_after_all_of_it() {
    let (heard, error) = deliver(Delivery::ResetAfter).await;
    assert_eq!((parts(&heard).1, error), (BODY, Some(ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn a_connection_is_closed_after_a_reply_that_did_not_say_so() {
    let (heard, error) = deliver(Delivery::ClosedAfter).await;
    assert_eq!((parts(&heard).1, error), (BODY, None));
    assert!(!heard.to_lowercase().contains("connection:"), "{heard}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_client_that_has_read_such_a_reply_sees_that_its_connection_is_closed() {
    let tap = tap_that(|_| answer(Delivery::ClosedAfter)).await;
    for _ in 0..20 {
        let stream = dial(&tap).await.into_std().unwrap();
        let ended = tokio::task::spawn_blocking(move || {
            let mut stream = stream;
            stream.set_nonblocking(false)?;
            stream.write_all(POST.as_bytes())?;
            let mut heard = Vec::new();
            while !heard.ends_with(BODY.as_bytes()) {
                let mut bytes = [0; 1024];
                let length = stream.read(&mut bytes)?;
                assert_ne!(length, 0, "the reply ended early");
                heard.extend_from_slice(&bytes[..length]);
            }
            // Not a moment later: without waiting.
            stream.set_nonblocking(true)?;
            stream.read(&mut [0])
        });
        assert_eq!(ended.await.unwrap().map_err(|error| error.kind()), Ok(0));
    }
}

#[tokio::test]
async fn a_length_is_wrong_by_as_many_bytes_as_it_is_to_be() {
    for (delivery, length) in [(Delivery::Overstated(5), 15), (Delivery::Understated(5), 5)] {
        let (heard, error) = deliver(delivery).await;
        assert_eq!((parts(&heard).1, error), (BODY, None));
        assert!(heard.contains(&format!("\r\nContent-Length: {length}\r\n")), "{heard}");
        assert_eq!(heard.to_lowercase().matches("content-length").count(), 1, "{heard}");
    }
}

#[tokio::test]
async fn literal_bytes_end_the_connection_unless_their_length_is_right() {
    let literal = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 2),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", 1),
        ("HTTP/1.1 200 OK\r\n\r\nok", 1),
        ("nothing like HTTP", 1),
    ];
    for (bytes, replies) in literal {
        let response = Response::new(bytes.into());
        let tap = tap_that(move |_| Answer::new(response.clone(), Delivery::Literal)).await;
        let mut stream = dial(&tap).await;
        stream.write_all(POST.repeat(2).as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let (heard, _) = listen(&mut stream).await;
        assert_eq!(heard, bytes.repeat(replies));
    }
}

/// A socket that is closed with unread bytes resets its connection, and the client may lose what it had got.
#[tokio::test]
async fn what_a_client_goes_on_sending_does_not_turn_a_cut_into_a_reset() {
    let tap = tap_that(|_| answer(Delivery::Truncated(4))).await;
    let mut stream = dial(&tap).await;
    let more = "x".repeat(256 << 10);
    stream.write_all(format!("{POST}{more}").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let (heard, error) = listen(&mut stream).await;
    assert_eq!((parts(&heard).1, error), ("{\"co", None));
}

#[tokio::test]
async fn chunks_are_chunks_and_the_connection_stays() {
    let tap = tap_that(|_| answer(Delivery::Chunked)).await;
    let mut stream = dial(&tap).await;
    stream.write_all(POST.repeat(2).as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let (heard, _) = listen(&mut stream).await;
    let chunks = "1\r\n{\r\n9;a=b\r\n\"code\":0}\r\n0\r\n\r\n";
    assert_eq!(heard.matches(chunks).count(), 2, "{heard}");
    assert!(!heard.to_lowercase().contains("content-length"), "{heard}");
    let first = Response::new(heard.split_inclusive(chunks).next().unwrap().to_owned().into());
    assert_eq!(first.body().as_ref(), BODY.as_bytes());
    assert!(seen(tap).await.exchanges.iter().all(|seen| seen.delivery == Delivery::Chunked));
}

#[tokio::test]
async fn a_reply_without_a_length_ends_with_its_connection() {
    let (heard, error) = deliver(Delivery::UntilClose).await;
    let (lines, body) = parts(&heard);
    assert_eq!((body, error), (BODY, None));
    assert!(!lines.to_lowercase().contains("content-length"), "{lines}");
    assert!(lines.contains("\r\nConnection: close"), "{lines}");
}

#[tokio::test]
async fn a_dribbled_reply_comes_whole_in_many_reads() {
    whole_in_many_reads(Delivery::Dribbled).await;
}

/// What comes of a reply that is not sent in one piece.
pub(super) async fn whole_in_many_reads(delivery: Delivery) -> String {
    let tap = tap_that(move |_| answer(delivery)).await;
    let mut stream = dial(&tap).await;
    stream.write_all(POST.as_bytes()).await.unwrap();
    let (mut heard, mut reads) = (Vec::new(), 0);
    while !heard.ends_with(BODY.as_bytes()) {
        let length = stream.read_buf(&mut heard).await.unwrap();
        assert_ne!(length, 0, "it ended before it was whole");
        reads += 1;
    }
    // A busy machine may join some of them; in one piece it cannot come.
    assert!(reads > 1, "{reads} reads");
    String::from_utf8(heard).unwrap()
}

#[tokio::test]
async fn a_compressed_reply_has_the_body_in_the_format_of_gzip() {
    let tap = tap_that(|_| answer(Delivery::Gzipped)).await;
    let mut stream = dial(&tap).await;
    stream.write_all(POST.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).await.unwrap();
    let reply = Response::new(heard.into());
    assert_eq!(reply.head().get("content-encoding"), Some("gzip"));
    let mut body = String::new();
    flate2::read::GzDecoder::new(reply.body().as_ref()).read_to_string(&mut body).unwrap();
    assert_eq!(body, BODY);
}

#[tokio::test]
async fn a_reply_can_come_after_100_continue() {
    let tap = tap_that(|_| answer(Delivery::Interim)).await;
    let mut stream = dial(&tap).await;
    stream.write_all(POST.as_bytes()).await.unwrap();
    assert_eq!(hear_one(&mut stream).await.status(), 100);
    assert_eq!(hear_one(&mut stream).await.body().as_ref(), BODY.as_bytes());
}

/// Refuses everything early, and answers nothing else.
struct Impatient;

impl Service for Impatient {
    fn answer(&mut self, _: &Request, _: u64) -> Answer {
        answer(Delivery::Whole)
    }

    fn answer_early(&mut self, head: &Request, _: u64) -> Option<Answer> {
        let response = Response::write(503, &[], "{\"code\":-71}");
        head.target().ends_with("/k").then_some(Answer::new(response, Delivery::Early))
    }
}

#[tokio::test]
async fn an_early_reply_does_not_wait_for_the_body_and_the_connection_stays() {
    let tap = Tap::serve(LOOPBACK, Impatient, FileView::zeros(64 << 20), Duration::from_secs(20))
        .await
        .unwrap();
    let waiting = POST.replace("Host", "Expect: 100-continue\r\nHost");
    for request in [POST, &waiting] {
        let mut stream = dial(&tap).await;
        let (head, body) = request.split_at(request.len() - 5);
        stream.write_all(head.as_bytes()).await.unwrap();
        assert_eq!(hear_one(&mut stream).await.status(), 503);
        stream.write_all(body.as_bytes()).await.unwrap();
        stream.write_all(POST.replace("/k ", "/other ").as_bytes()).await.unwrap();
        assert_eq!(hear_one(&mut stream).await.status(), 200);
    }
    let seen = seen(tap).await;
    let deliveries: Vec<_> =
        seen.exchanges.iter().map(|seen| (seen.delivery, seen.receipt)).collect();
    let expected = [(Delivery::Early, Receipt::Whole), (Delivery::Whole, Receipt::Whole)];
    assert_eq!(deliveries, [expected, expected].concat());
    assert_eq!(seen.exchanges[0].request.raw(), POST);
}

#[tokio::test]
async fn a_client_that_has_an_early_reply_may_keep_the_rest_to_itself() {
    let tap = Tap::serve(LOOPBACK, Impatient, FileView::zeros(64 << 20), Duration::from_secs(20))
        .await
        .unwrap();
    let mut stream = dial(&tap).await;
    stream.write_all(&POST.as_bytes()[..POST.len() - 3]).await.unwrap();
    assert_eq!(hear_one(&mut stream).await.status(), 503);
    drop(stream);
    let seen = seen(tap).await;
    assert_eq!(seen.exchanges.len(), 1);
    assert_eq!(
        (seen.exchanges[0].delivery, seen.exchanges[0].receipt),
        (Delivery::Early, Receipt::Aborted)
    );
}

#[test]
fn what_is_heard_of_a_delivery_is_what_reaches_the_client() {
    let reply = answer(Delivery::Whole).response;
    let heard = |delivery: Delivery| delivery.heard(&reply).map(|heard| heard.body().clone());
    for delivery in [Delivery::Whole, Delivery::Chunked, Delivery::ResetAfter, Delivery::Early] {
        assert_eq!(heard(delivery).unwrap().as_ref(), BODY.as_bytes());
    }
    assert_eq!(heard(Delivery::Understated(5)).unwrap().as_ref(), b"{\"cod");
    for delivery in [Delivery::Reset, Delivery::CutHead(9), Delivery::Overstated(1)] {
        assert_eq!(heard(delivery), None);
    }
    assert_eq!(Delivery::Overstated(1).received(), Received::Perhaps);
}

#[tokio::test]
async fn chunks_may_lack_the_last_one_and_the_connection_ends() {
    let (heard, error) = deliver(Delivery::WithoutLastChunk).await;
    assert_eq!((parts(&heard).1, error), ("1\r\n{\r\n9;a=b\r\n\"code\":0}\r\n", None));
    assert!(heard.contains("\r\nTransfer-Encoding: chunked\r\n"), "{heard}");
}

#[tokio::test]
async fn a_reply_without_a_body_needs_no_length_and_the_connection_stays() {
    let reply = |_: &Request| Answer::new(Response::write(204, &[], ""), Delivery::Whole);
    let tap = tap_that(reply).await;
    let mut stream = dial(&tap).await;
    stream.write_all(POST.repeat(2).as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let (heard, _) = listen(&mut stream).await;
    assert_eq!(heard.matches("HTTP/1.1 204 No Content\r\n").count(), 2, "{heard}");
    assert!(!heard.to_lowercase().contains("content-length"), "{heard}");
}
