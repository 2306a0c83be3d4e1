//! Whole responses whose heads are not as they should be.

use super::choices::Choices;

/// Status lines that HTTP does not have, or that few servers send.
const STATUS_LINES: &[&str] = &[
    "HTTP/1.1 200 OK",
    "HTTP/1.1 200",
    "HTTP/1.1  200 OK",
    "HTTP/1.1\t200 OK",
    "HTTP/1.1 2",
    "HTTP/1.1 0 OK",
    "HTTP/1.1 -200 OK",
    "HTTP/1.1 99999999999999999999 OK",
    "HTTP/1.1 OK",
    "HTTP/1.1",
    "HTTP/9.9 200 OK",
    "HTTP/1.1 200 \u{e9}\u{4e16}",
    "HTTP/1.1 200 OK\0",
    "http/1.1 200 ok",
    "ICY 200 OK",
    "200 OK",
    "",
];

/// Lines of fields that stand beside the usual ones.
const LINES: &[&[u8]] = &[
    b"Content-Type",
    b": value",
    b"X-Folded: a\r\n  b",
    b"X-Nul: a\0b",
    b"X-Byte: \xff\xfe",
    b"X Blank: 1",
    b"X-Blank : 1",
    b"X-Bare: a\rb",
    b"Content-Type: application/json; charset=none-such",
    b"Content-Type: ;;;=\"",
    b"Content-Encoding: gzip",
    b"Content-Encoding: none-such",
    b"Set-Cookie: =; expires=never; ;",
    b"Date: Thu, 99 Foo 0000 99:99:99",
    b"Connection: \x01",
];

/// A response with this body, of which only the head can be read in several ways.
pub(super) fn response(body: &[u8], choices: &mut Choices) -> Vec<u8> {
    let plain = STATUS_LINES.first().copied().unwrap_or_default();
    let is_odd = choices.once_in(3);
    let status =
        if is_odd { choices.one_of(STATUS_LINES).copied().unwrap_or(plain) } else { plain };
    let mut head = status.as_bytes().to_vec();
    head.extend_from_slice(b"\r\nContent-Type: application/json\r\n");
    match choices.below(8) {
        // There are many of them, and each is a mistake of its own.
        0..=3 => {
            let line = choices.one_of(LINES).copied().unwrap_or_default();
            head.extend_from_slice(&[line, b"\r\n"].concat());
        }
        4 => {
            // Readers have bounds between 16 KiB (Node) and 64 KiB (a line in Python's http.client).
            let length = 1_usize << choices.below(18);
            head.extend_from_slice(format!("X-Long: {}\r\n", "x".repeat(length)).as_bytes());
        }
        5 => {
            // Python's http.client reads a hundred fields.
            let count = 1_usize << choices.below(11);
            head.extend_from_slice("X-Many: 1\r\n".repeat(count).as_bytes());
        }
        _ => {}
    }
    let bytes = framed(head, body, choices);
    match choices.below(8) {
        0 => String::from_utf8_lossy(&bytes).replace("\r\n", "\n").into_bytes(),
        1 => bytes.get(..choices.below(bytes.len())).unwrap_or_default().to_vec(),
        2 => ["HTTP/1.1 100 Continue\r\n\r\n".repeat(64).as_bytes(), &bytes].concat(),
        _ => bytes,
    }
}

/// The head, closed by a framing that may contradict itself, and the body.
fn framed(mut head: Vec<u8>, body: &[u8], choices: &mut Choices) -> Vec<u8> {
    let length = body.len();
    let sized = |value: String| format!("Content-Length: {value}\r\n\r\n").into_bytes();
    let chunked = |size: &str| {
        let start = format!("Transfer-Encoding: chunked\r\n\r\n{size}\r\n");
        [start.as_bytes(), body, b"\r\n0\r\n\r\n"].concat()
    };
    let end = match choices.below(14) {
        0 => [sized(format!("{length}\r\nContent-Length: 1")).as_slice(), body].concat(),
        1 => [sized("-1".to_owned()).as_slice(), body].concat(),
        2 => [sized("99999999999999999999".to_owned()).as_slice(), body].concat(),
        3 => [sized(format!("0x{length:x}")).as_slice(), body].concat(),
        4 => [sized(format!("{length}, {length}")).as_slice(), body].concat(),
        5 => [sized(String::new()).as_slice(), body].concat(),
        6 => [b"\r\n", body].concat(),
        7 => chunked("ffffffffffffffff"),
        8 => chunked("-1"),
        9 => chunked(""),
        10 => chunked(&format!("{length:x};{}", "a".repeat(4096))),
        11 => chunked(&format!("{:x}", length.saturating_add(1))),
        _ => [sized(length.to_string()).as_slice(), body].concat(),
    };
    head.extend_from_slice(&end);
    head
}
