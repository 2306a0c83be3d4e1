use bytes::Bytes;

use crate::protocol::{BodyFraming, LargestRequest, Request, RequestEnd, RequestReader, Step};

/// Bounds that a short input can exceed.
const SMALL: LargestRequest = LargestRequest { head: 64, body: 32 };

/// What was found in a stream.
#[derive(Debug, Default)]
struct Found {
    requests: Vec<Request>,
    end: Option<End>,
    empty_lines: usize,
    /// What is in the buffer at the end, or was in the request that is not read any further.
    left: Bytes,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Idle,
    Unclear,
    Excess,
    Unfinished,
    /// In a request that is not read any further.
    Given(RequestEnd),
}

/// The last bytes say in which pieces the others come over a connection: the very last one how many of
/// the bytes before it are lengths of pieces, and whether the bounds are small.
///
/// The requests found are the same in any pieces, and those that are found request by request; the
/// bounds hold.
pub fn tap_stream(input: &[u8]) {
    let Some((last, rest)) = input.split_last() else { return };
    let pieces = usize::from(last & 0x0f).min(rest.len());
    let (stream, pieces) = rest.split_at(rest.len() - pieces);
    let largest = if last & 0x10 == 0 { LargestRequest::default() } else { SMALL };
    let at_once = found(stream, &[], largest);
    let in_pieces = found(stream, pieces, largest);
    is_same(&in_pieces, &at_once);
    for request in &at_once.requests {
        let body = request.raw().len() - request.head().end;
        assert!(request.head().end <= largest.head && body <= largest.body, "{request:?}");
        assert!(request.excess().is_empty(), "{request:?}");
    }
    if largest == LargestRequest::default() && stream.len() < largest.head {
        let expected = request_by_request(stream);
        let requests: Vec<_> = at_once.requests.iter().map(|of| of.raw().clone()).collect();
        assert_eq!((requests, at_once.end), (expected.0, Some(expected.1)));
    }
}

/// What is found if the stream comes in these pieces, and then the rest of it.
fn found(stream: &[u8], pieces: &[u8], largest: LargestRequest) -> Found {
    let mut reader = RequestReader::new(largest);
    let mut found = Found::default();
    let mut rest = stream;
    for length in pieces.iter().map(|length| usize::from(*length)).chain([stream.len()]) {
        let (piece, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        reader.buffer.extend_from_slice(piece);
        let end = advance(&mut reader, &mut found);
        found.end = Some(end);
        if matches!(end, End::Excess | End::Given(_)) {
            break;
        }
    }
    found.empty_lines += reader.take_empty_lines().len();
    if !matches!(found.end, Some(End::Given(_))) {
        found.left = reader.buffer.clone().freeze();
    }
    if matches!(found.end, Some(End::Unfinished)) {
        let unfinished = reader.take_unfinished();
        assert_eq!(unfinished.raw(), &found.left);
        assert_eq!(wait(&reader.advance()), Some(End::Idle), "after the end of a request");
    }
    found
}

/// As far as the bytes go that have come; waiting, it says the same again.
fn advance(reader: &mut RequestReader, found: &mut Found) -> End {
    let mut head: Option<Box<Request>> = None;
    for _ in 0..=reader.buffer.len() * 2 {
        match reader.advance() {
            Step::Head { head: told, awaits_body } => {
                assert!(head.is_none() && told.head().complete, "{told:?}");
                assert!(!awaits_body || reader.buffer.len() == told.raw().len(), "{told:?}");
                assert!(reader.buffer.starts_with(&told.raw()), "{told:?}");
                head = Some(told);
            }
            Step::Request(request, RequestEnd::Whole) => {
                // Its head may have been told when less had come.
                let head = head.take().map(|head| head.raw().clone());
                assert!(head.is_none_or(|head| request.raw().starts_with(&head)), "{request:?}");
                found.requests.push(*request);
            }
            Step::Request(request, end) => {
                found.left = request.raw().clone();
                return End::Given(end);
            }
            step => {
                let _ = reader.body_looks_ended();
                let end = wait(&step).expect("it waits");
                assert_eq!(wait(&reader.advance()), Some(end), "asked again");
                return end;
            }
        }
    }
    panic!("more steps than bytes: {found:?}");
}

/// What is waited for, if nothing is told.
fn wait(step: &Step) -> Option<End> {
    match step {
        Step::Idle => Some(End::Idle),
        Step::Unclear => Some(End::Unclear),
        Step::Excess => Some(End::Excess),
        Step::Unfinished => Some(End::Unfinished),
        Step::Head { .. } | Step::Request(..) => None,
    }
}

fn is_same(in_pieces: &Found, at_once: &Found) {
    let raw = |found: &Found| -> Vec<Bytes> {
        found.requests.iter().map(|request| request.raw().clone()).collect()
    };
    assert_eq!(raw(in_pieces), raw(at_once));
    assert_eq!((in_pieces.end, in_pieces.empty_lines), (at_once.end, at_once.empty_lines));
    match at_once.end {
        // How much has come by then depends on the pieces.
        Some(End::Given(_) | End::Excess) => {
            assert!(at_once.left.starts_with(&in_pieces.left), "{in_pieces:?} {at_once:?}");
        }
        _ => assert_eq!(in_pieces.left, at_once.left),
    }
}

/// The requests that [`Request::new`] finds, one after the other, and how that ends.
fn request_by_request(stream: &[u8]) -> (Vec<Bytes>, End) {
    let mut rest = Bytes::copy_from_slice(stream);
    let mut requests = Vec::new();
    loop {
        // A server ignores empty lines before a request (RFC 9112 §2.2).
        while rest.starts_with(b"\n") || rest.starts_with(b"\r\n") {
            rest = rest.slice(if rest.starts_with(b"\n") { 1 } else { 2 }..);
        }
        if rest.is_empty() || *rest == *b"\r" {
            return (requests, End::Idle);
        }
        if !requests.is_empty() {
            let method = rest.iter().position(|byte| !byte.is_ascii_uppercase());
            match method {
                Some(1..=32) if rest[method.unwrap_or_default()] == b' ' => {}
                None if rest.len() <= 32 => return (requests, End::Unclear),
                _ => return (requests, End::Excess),
            }
        }
        let request = Request::new(rest.clone());
        let is_whole = match request.framing() {
            _ if !request.head().complete => false,
            BodyFraming::None => true,
            BodyFraming::Sized { length, .. } if *length > 64 << 20 => {
                return (requests, End::Given(RequestEnd::LongBody));
            }
            BodyFraming::Sized { missing, .. } => *missing == 0,
            BodyFraming::Chunked { finished } => *finished,
            BodyFraming::BrokenChunks(_) | BodyFraming::BadLength(_) => {
                return (requests, End::Given(RequestEnd::Unframed));
            }
        };
        if !is_whole {
            return (requests, End::Unfinished);
        }
        let length = request.excess().start;
        requests.push(rest.split_to(length));
    }
}
