//! Requests are found in a stream of bytes, in whatever pieces they come.

use slicecheck::protocol::{ChunkedBody, LargestRequest, RequestEnd, RequestReader, Step};

/// What is found in pieces of this size: requests, how their reading ended, and what is left.
fn found(stream: &[u8], size: usize, largest: LargestRequest) -> (Vec<String>, String) {
    let mut reader = RequestReader::new(largest);
    let mut found = Vec::new();
    for piece in stream.chunks(size) {
        reader.buffer.extend_from_slice(piece);
        loop {
            match reader.advance() {
                Step::Head { head, awaits_body } => {
                    found.push(format!("head of {} {awaits_body}", head.raw().len()));
                }
                Step::Request(request, RequestEnd::Whole) => {
                    found.push(format!("request of {}", request.raw().len()));
                }
                // How much of it has come depends on the pieces.
                Step::Request(_, end) => {
                    found.push(format!("{end:?}"));
                    return (found, String::new());
                }
                Step::Excess => {
                    found.push("excess".to_owned());
                    return (found, String::new());
                }
                Step::Idle | Step::Unclear | Step::Unfinished => break,
            }
        }
    }
    (found, String::from_utf8_lossy(&reader.buffer).into_owned())
}

/// The same whatever the pieces, but for whether the body has begun when the head is told.
fn found_in_any_pieces(stream: &[u8], largest: LargestRequest) -> Vec<String> {
    let (at_once, left) = found(stream, stream.len(), largest);
    let but_for_begun = |found: &[String]| -> Vec<String> {
        found.iter().map(|line| line.replace("true", "false")).collect()
    };
    for size in 1..stream.len() {
        let (in_pieces, left_in_pieces) = found(stream, size, largest);
        assert_eq!(but_for_begun(&in_pieces), but_for_begun(&at_once), "in pieces of {size}");
        assert_eq!(left_in_pieces, left, "in pieces of {size}");
    }
    at_once
}

const SMALL: LargestRequest = LargestRequest { head: 64, body: 32 };

#[test]
fn requests_follow_each_other_whatever_their_framing() {
    let stream = b"\r\nPOST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\
                   \r\n\nGET / HTTP/1.1\n\n\
                   PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: 1\r\n\r\n\
                   HEAD /";
    let found = found_in_any_pieces(stream, SMALL);
    let expected = [
        "head of 38 false",
        "request of 41",
        "head of 16 false",
        "request of 16",
        "head of 46 false",
        "request of 67",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_body_is_awaited_if_there_is_one_and_nothing_of_it() {
    let awaits = |stream: &[u8]| found(stream, stream.len(), SMALL).0.concat();
    assert_eq!(awaits(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"), "head of 38 true");
    assert_eq!(awaits(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na"), "head of 38 false");
    let empty = awaits(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(empty, "head of 38 falserequest of 38");
    let chunked = awaits(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(chunked, "head of 47 true");
}

#[test]
fn bounds_hold_to_the_byte_whatever_the_pieces() {
    let head = |length: usize| {
        format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "a".repeat(length - 23)).into_bytes()
    };
    assert_eq!(found_in_any_pieces(&head(64), SMALL), ["head of 64 false", "request of 64"]);
    assert_eq!(found_in_any_pieces(&head(65), SMALL), ["LongHead"]);

    let sized = |length: usize| {
        let body = "a".repeat(length);
        format!("PUT / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
    };
    assert_eq!(found_in_any_pieces(&sized(32), SMALL), ["head of 38 false", "request of 70"]);
    assert_eq!(found_in_any_pieces(&sized(33), SMALL), ["head of 38 false", "LongBody"]);

    // The coding counts, too: 11 bytes of it.
    let chunked = |length: usize| {
        let (length, body) = (length - 11, "a".repeat(length - 11));
        let head = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        format!("{head}{length:02x}\r\n{body}\r\n0\r\n\r\n").into_bytes()
    };
    assert_eq!(found_in_any_pieces(&chunked(32)[..], SMALL)[1], "request of 78");
    assert_eq!(found_in_any_pieces(&chunked(33)[..], SMALL)[1], "LongBody");
}

#[test]
fn what_begins_no_request_is_excess_except_at_the_beginning() {
    assert_eq!(found_in_any_pieces(b"get / HTTP/1.1\n\nget /", SMALL)[2], "excess");
    assert_eq!(found_in_any_pieces(b"GET / HTTP/1.1\n\n--boundary--", SMALL)[2], "excess");
    assert_eq!(found_in_any_pieces(b"GET / HTTP/1.1\n\nGET", SMALL).len(), 2);
    assert_eq!(RequestReader::excess(b"\r\n\r\nGET / HTTP/1.1"), 4);
    assert_eq!(RequestReader::excess(b"\r\n--boundary--"), 14);
    assert_eq!(RequestReader::excess(b"\r\nGET"), 5);
}

#[test]
fn a_length_that_cannot_be_read_frames_no_body() {
    let stream = b"PUT / HTTP/1.1\r\nContent-Length: 3x\r\n\r\nabc";
    assert_eq!(found_in_any_pieces(stream, SMALL), ["head of 38 false", "Unframed"]);
    let stream = b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nabc";
    assert_eq!(found_in_any_pieces(stream, SMALL), ["head of 46 false", "Unframed"]);
}

#[test]
fn of_the_lines_between_requests_64_kib_are_kept() {
    let mut reader = RequestReader::default();
    for _ in 0..100 {
        reader.buffer.extend_from_slice(&b"\r\n".repeat(500));
        assert!(matches!(reader.advance(), Step::Idle));
        assert!(reader.buffer.is_empty());
    }
    assert_eq!(reader.take_empty_lines().len(), RequestReader::MOST_EMPTY_LINES);
    assert_eq!(reader.take_empty_lines().len(), 0);
}

#[test]
fn a_body_looks_ended_after_its_delimiter_or_its_last_chunk() {
    let looks_ended = |head: &str, body: &str| {
        let mut reader = RequestReader::default();
        reader
            .buffer
            .extend_from_slice(format!("POST / HTTP/1.1\r\n{head}\r\n\r\n{body}").as_bytes());
        assert!(!reader.body_looks_ended());
        assert!(matches!(reader.advance(), Step::Head { .. }));
        reader.body_looks_ended()
    };
    let form = "Content-Length: 99\r\nContent-Type: multipart/form-data; boundary=B";
    assert!(looks_ended(form, "--B\r\n\r\n--B--\r\n"));
    assert!(looks_ended(form, "--B--"));
    assert!(!looks_ended(form, "--B--\r\nmore"));
    assert!(looks_ended("Transfer-Encoding: chunked", "5\r\nabcde\r\n0\r\n\r\n"));
    assert!(!looks_ended("Content-Length: 99", "--B--"));
}

#[test]
fn a_chunk_size_line_is_too_long_whether_or_not_its_end_has_come() {
    let line = |length: usize| [b"0;".as_slice(), &vec![b'x'; length - 2], b"\n\r\n"].concat();
    assert_eq!(ChunkedBody::default().advance(&line(4096)), Ok(true));
    let at_once = ChunkedBody::default().advance(&line(4097)).unwrap_err();
    let without_its_end = ChunkedBody::default().advance(&line(4097)[..4097]).unwrap_err();
    assert_eq!(at_once, without_its_end);
}
