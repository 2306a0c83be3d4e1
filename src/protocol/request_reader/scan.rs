/// Methods are not longer than this.
const MAX_METHOD: usize = 32;

/// Where the head ends, if it does; `scanned` keeps the start of the last unfinished line.
pub(super) fn end_of_head(buffer: &[u8], scanned: &mut usize) -> Option<usize> {
    loop {
        let rest = buffer.get(*scanned..)?;
        let length = memchr::memchr(b'\n', rest)?;
        *scanned = scanned.saturating_add(length).saturating_add(1);
        if matches!(rest.get(..length)?, [] | [b'\r']) {
            return Some(*scanned);
        }
    }
}

/// How many bytes of empty lines there are before a request line. A server reads over them, and a
/// client must not send them (RFC 9112 §2.2).
pub(super) fn empty_lines(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some(after) = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n")) {
        rest = after;
    }
    bytes.len().saturating_sub(rest.len())
}

/// Whether `bytes` begin with a method and a space; `None` if more bytes are needed to tell.
pub(super) fn begins_request(bytes: &[u8]) -> Option<bool> {
    // All standard methods are capitals (RFC 9110 §9.1); content and TLS records seldom begin so.
    let letters = bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    match bytes.get(letters) {
        _ if letters > MAX_METHOD => Some(false),
        Some(byte) => Some(letters > 0 && *byte == b' '),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Head;

    #[test]
    fn heads_end_where_the_protocol_says_in_whatever_pieces_they_come() {
        let heads: [&[u8]; 4] =
            [b"A\r\nB: 1\r\n\r\nC\n\n", b"A\nB: 1\n\nC", b"A\r\n\r\r\n\r\nC", b"A\n\r\n"];
        for head in heads {
            let expected = Head::read(&head.to_vec().into());
            assert!(expected.complete);
            let mut scanned = 0;
            let piece = |end| head.get(..end).unwrap();
            let found = (0..=head.len()).find_map(|end| end_of_head(piece(end), &mut scanned));
            assert_eq!(found, Some(expected.end));
        }
    }

    #[test]
    fn a_request_begins_with_a_word_of_capitals_and_a_space() {
        assert_eq!(begins_request(b"POST /"), Some(true));
        assert_eq!(begins_request(b"POS"), None);
        assert_eq!(begins_request(b""), None);
        for other in [b"post /".as_slice(), b" ", b"--b", b"AB\r\n", &[b'A'; 40]] {
            assert_eq!(begins_request(other), Some(false));
        }
    }
}
