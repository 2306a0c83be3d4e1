use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use slicecheck::protocol::{ChunkedBody, Request};

use super::config;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn chunks_hold_what_was_sent_in_whichever_pieces_they_arrive(
        contents in vec(vec(any::<u8>(), 1..40), 0..6),
        extension in "(;[a-z]{1,5}(=[a-z]{1,5})?)?",
        trailer in "([A-Z][a-z]{1,5}: [a-z]{0,5}\r\n){0,2}",
        excess in vec(any::<u8>(), 0..20),
        pieces in vec(1_usize..9, 1..64),
    ) {
        let mut wire = Vec::new();
        for content in &contents {
            wire.extend_from_slice(format!("{:x}{extension}\r\n", content.len()).as_bytes());
            wire.extend_from_slice(content);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(format!("0{extension}\r\n{trailer}\r\n").as_bytes());
        let length = wire.len();
        wire.extend_from_slice(&excess);
        let wire = Bytes::from(wire);

        let mut chunked = ChunkedBody::default();
        let mut arrived = 0;
        for piece in pieces.iter().cycle() {
            let finished = chunked.advance(&wire[..arrived]).unwrap();
            prop_assert_eq!(finished, arrived >= length);
            if arrived == wire.len() {
                break;
            }
            arrived = (arrived + piece).min(wire.len());
        }
        prop_assert_eq!(chunked.consumed(), length);
        prop_assert_eq!(chunked.content(&wire), contents.concat());
        prop_assert_eq!(chunked.content_length(), contents.concat().len());
    }

    #[test]
    fn chunks_of_any_bytes_are_read_alike_at_once_and_byte_by_byte(
        wire in "[0-3a;\r\n ]{0,40}",
        tail in vec(any::<u8>(), 0..20),
    ) {
        let wire = Bytes::from([wire.as_bytes(), &tail].concat());
        let mut at_once = ChunkedBody::default();
        let expected = at_once.advance(&wire);
        let mut growing = ChunkedBody::default();
        let found = (0..=wire.len()).map(|end| growing.advance(&wire[..end]));
        let found = found.reduce(Result::and);
        prop_assert_eq!(found, Some(expected));
        prop_assert_eq!(growing.consumed(), at_once.consumed());
        prop_assert_eq!(growing.content(&wire), at_once.content(&wire));
        prop_assert!(at_once.consumed() <= wire.len());
    }

    #[test]
    fn requests_of_many_shapes_satisfy_the_fuzz_target(raw in message()) {
        slicecheck::fuzz_targets::request(&raw);
    }

    #[test]
    fn a_request_is_read_as_it_was_written(
        target in "/[!-~]{0,30}",
        value in "([!-~]([ -~]{0,20}[!-~])?)?",
        body in vec(any::<u8>(), 0..80),
        excess in vec(any::<u8>(), 0..20),
    ) {
        let request = Request::write("POST", &target, &[("X-Any", value.clone())], &body);
        let raw = Bytes::from([request.raw().as_ref(), &excess].concat());
        let read = Request::new(raw.clone());
        let start_line = (read.method(), read.target(), read.version());
        prop_assert_eq!(start_line, ("POST", target.as_str(), "HTTP/1.1"));
        prop_assert_eq!(read.head().get("x-any"), Some(value.as_str()));
        prop_assert_eq!(read.body(), &body);
        prop_assert_eq!(&raw[read.excess()], &excess);
        prop_assert!(read.head().complete && read.head().defects.is_empty());
    }
}

/// Bytes of which many begin like a request.
fn message() -> impl Strategy<Value = Bytes> {
    let line = prop_oneof![
        "Content-Length: ?[0-9]{1,3}",
        "Content-Length: [0-9]{18,24}",
        "Transfer-Encoding: (chunked|gzip, chunked)",
        "Content-Type: multipart/form-data; boundary=B",
        "Content-Type: application/(json|x-www-form-urlencoded)",
        "[A-Za-z :\t\r]{0,12}",
        "[^\n]{0,12}",
    ];
    let body = prop_oneof![
        vec(any::<u8>(), 0..60),
        "([0-9]\r\n[a-z]{0,9}\r\n){0,4}(0\r\n\r\n)?[a-z]{0,4}".prop_map(String::into_bytes),
        "--B\r\nContent-Disposition: form-data; name=\"[a-z]\"\r\n\r\n[a-z]{0,9}\r\n--B--(\r\n)?"
            .prop_map(String::into_bytes),
    ];
    let start = "(POST /files/v2/[0-9]/[a-z]/[!-~]{0,9} HTTP/1.1|[^\n]{0,20})";
    let text = (start, vec((line, "\r?\n"), 0..6), "(\r\n)?", body).prop_map(
        |(start, lines, end, body)| {
            let lines = lines.into_iter().map(|(line, end)| line + &end).collect::<String>();
            Bytes::from(
                [start.as_bytes(), b"\r\n", lines.as_bytes(), end.as_bytes(), &body].concat(),
            )
        },
    );
    prop_oneof![4 => text, 1 => vec(any::<u8>(), 0..80).prop_map(Bytes::from)]
}
