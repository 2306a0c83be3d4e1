//! Lawful replies that are unusual, byte for byte, as a raw socket sees them.

use slicecheck::protocol::{Delivery, HeadForm, Response};
use slicecheck::server::Answer;
use tokio::io::AsyncWriteExt;

use super::delivery::whole_in_many_reads;
use super::{POST, answer, dial, hear, seen, tap_that};

const BODY: &str = "{\"code\":0}";

/// All that a client hears that sends a request twice, closes its side and waits for the end.
async fn twice(delivery: Delivery) -> String {
    let tap = tap_that(move |_| answer(delivery)).await;
    let mut stream = dial(&tap).await;
    stream.write_all(POST.repeat(2).as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let heard = hear(&mut stream).await;
    assert!(seen(tap).await.exchanges.iter().all(|seen| seen.delivery == delivery));
    heard
}

/// The head of the first of two replies, whose body is as usual.
async fn head(form: HeadForm) -> String {
    let all = twice(Delivery::Head(form)).await;
    // A connection that ends has only one.
    let replies = if form.ends_connection() { 1 } else { 2 };
    assert_eq!(all.matches(BODY).count(), replies, "{all}");
    let (lines, body) = all.split_once("\r\n\r\n").unwrap();
    assert!(body.starts_with(BODY), "{all}");
    format!("{lines}\r\n")
}

#[tokio::test]
async fn names_come_in_any_case_and_white_space_surrounds_values() {
    let lower = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 10\r\n";
    assert_eq!(sorted(&head(HeadForm::LowerCase).await), sorted(lower));
    let mixed = "HTTP/1.1 200 OK\r\ncOnTeNt-tYpE: application/json\r\ncOnTeNt-lEnGtH: 10\r\n";
    assert_eq!(sorted(&head(HeadForm::MixedCase).await), sorted(mixed));
    let spaces = "HTTP/1.1 200 OK\r\nContent-Type:application/json\r\n\
                  Content-Length:  10  \r\n";
    assert_eq!(sorted(&head(HeadForm::WhiteSpace).await), sorted(spaces));
}

/// The lines of a head but for what wiremock adds, in an order of their own.
fn sorted(head: &str) -> Vec<&str> {
    let own = |line: &&str| !line.to_ascii_lowercase().starts_with("date:");
    let mut lines: Vec<_> = head.split_inclusive("\r\n").filter(own).collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn a_status_line_has_no_reason_phrase_or_another_version() {
    assert!(head(HeadForm::NoReason).await.starts_with("HTTP/1.1 200 \r\nContent-"));
    let old = head(HeadForm::Http10).await;
    assert!(old.starts_with("HTTP/1.0 200 OK\r\n") && old.contains("Content-Length: 10\r\n"));
}

#[tokio::test]
async fn a_type_is_another_or_absent_and_a_length_has_zeros_before_it() {
    let html = head(HeadForm::Html).await;
    assert!(html.contains("\r\nContent-Type: text/html\r\n"), "{html}");
    let untyped = head(HeadForm::Untyped).await;
    assert!(!untyped.to_ascii_lowercase().contains("content-type"), "{untyped}");
    let zeros = head(HeadForm::Zeros).await;
    assert!(zeros.contains("\r\nContent-Length: 000010\r\n"), "{zeros}");
}

#[tokio::test]
async fn there_are_sixty_fields_more_and_some_are_repeated() {
    let fields = |head: &str| head.matches("\r\n").count();
    let many = head(HeadForm::ManyFields).await;
    assert_eq!(fields(&many), fields(&head(HeadForm::Untyped).await) + 61);
    assert_eq!(many.matches("\r\nSet-Cookie: ").count(), 2);
    // As long as HTTP asks for at the least, and shorter than some libraries take.
    let longest = many.split("\r\n").map(str::len).max().unwrap();
    assert!((8_000..8_190).contains(&longest), "{longest}");
    // Less than what common servers and clients read of a head.
    assert!(many.len() < 12 << 10, "{}", many.len());
}

#[tokio::test]
async fn a_connection_ends_or_is_kept_as_its_reply_says_in_any_case() {
    let close = head(HeadForm::Close).await;
    assert!(close.contains("\r\nConnection: CLOSE\r\n"), "{close}");
    let kept = head(HeadForm::KeepAlive).await;
    assert!(kept.contains("\r\nConnection: Keep-Alive\r\nKeep-Alive: timeout=60, max=1000\r\n"));
}

#[tokio::test]
async fn chunks_have_extensions_and_a_trailer_section_after_them() {
    let heard = twice(Delivery::ChunkedTrailers).await;
    let chunks = "\r\n\r\n5;note=\"a; b\"\r\n{\"cod\r\n5;last\r\ne\":0}\r\n0;end\r\n\
                  Server-Timing: total;dur=7.5\r\n\r\n";
    assert_eq!(heard.matches(chunks).count(), 2, "{heard}");
    assert!(heard.contains("\r\nTrailer: Server-Timing\r\nTransfer-Encoding: chunked\r\n"));
    let first = Response::new(heard.split_inclusive(chunks).next().unwrap().to_owned().into());
    assert_eq!(first.body().as_ref(), BODY.as_bytes());
}

#[tokio::test]
async fn a_coding_is_in_capitals_and_sizes_have_zeros_before_them() {
    let heard = twice(Delivery::ChunkedCase).await;
    let chunks = "\r\n\r\n0000000A\r\n{\"code\":0}\r\n000\r\n\r\n";
    assert_eq!(heard.matches(chunks).count(), 2, "{heard}");
    assert_eq!(heard.matches("\r\nTransfer-Encoding: Chunked\r\n").count(), 2, "{heard}");
    assert!(!heard.to_ascii_lowercase().contains("content-length"), "{heard}");
}

#[tokio::test]
async fn an_empty_body_has_no_chunk_but_the_last() {
    for delivery in [Delivery::ChunkedTrailers, Delivery::ChunkedCase] {
        let tap = tap_that(move |_| Answer::new(Response::write(200, &[], ""), delivery)).await;
        let heard = super::say(&tap, POST).await;
        let (_, body) = heard.split_once("\r\n\r\n").unwrap();
        assert!(body.starts_with('0') && body.ends_with("\r\n\r\n"), "{heard}");
        assert!(Response::new(heard.into()).body().is_empty());
    }
}

#[tokio::test]
async fn a_reply_comes_after_a_100_a_102_and_a_103_with_fields() {
    let heard = twice(Delivery::Interims).await;
    let statuses = heard.split("HTTP/1.1 ").skip(1).map(|reply| &reply[..3]);
    let one = ["100", "102", "103", "200"];
    assert_eq!(statuses.collect::<Vec<_>>(), [one, one].concat());
    assert_eq!(heard.matches("\r\nLink: ").count(), 4, "{heard}");
}

#[tokio::test]
async fn a_reply_comes_byte_by_byte() {
    let heard = whole_in_many_reads(Delivery::Segmented).await;
    assert!(heard.starts_with("HTTP/1.1 200 OK\r\n"));
}
