//! A request as a command line of curl.

use crate::protocol::{BodyFraming, Request};

/// Where the script listens if nothing else is said: `PORT` there.
const ADDRESS: &str = "http://127.0.0.1:8642/";

/// The words, which a shell has yet to quote; or why curl cannot send this.
///
/// The body comes from its stdin. No word can mean a file, another address or another option: fields have names
/// that are tokens, and the target is passed apart from the address.
pub(super) fn curl(request: &Request) -> Result<Vec<String>, &'static str> {
    let is_visible = |text: &str| text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    if request.bad_start_line().is_some() || !request.head().defects.is_empty() {
        return Err("its head is not as HTTP writes it");
    }
    let method = request.method();
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err("its method is none of HTTP's");
    }
    let target = request.target();
    if target.is_empty() || !is_visible(target) {
        return Err("its target has bytes that a URI has not");
    }
    match request.framing() {
        BodyFraming::BadLength(_) | BodyFraming::BrokenChunks(_) => {
            return Err("its body has no valid length");
        }
        BodyFraming::Sized { missing: 1.., .. } | BodyFraming::Chunked { finished: false } => {
            return Err("its body is not complete");
        }
        _ if !request.excess().is_empty() => return Err("bytes follow its body"),
        _ => {}
    }
    let mut words: Vec<String> =
        ["curl", "--silent", "--show-error", "--include", "--max-time", "10", "--globoff"]
            .map(str::to_owned)
            .into();
    let version = if request.version() == "HTTP/1.0" { "--http1.0" } else { "--http1.1" };
    words.extend([version, "--request", method, "--request-target", target].map(str::to_owned));
    // What curl adds of its own is taken away, and then what was sent is added.
    for own in ["Accept", "User-Agent", "Content-Type", "Expect"] {
        if request.head().get(own).is_none() {
            words.extend(["--header".to_owned(), format!("{own}:")]);
        }
    }
    for field in &request.head().fields {
        if !field.name.bytes().all(is_token) || field.name.is_empty() {
            return Err("a header field has a name that HTTP does not allow");
        }
        if field.value.chars().any(|letter| !(' '..='~').contains(&letter)) {
            return Err("a header field has bytes that are no text");
        }
        // curl counts the body itself.
        if field.name.eq_ignore_ascii_case("content-length") {
            continue;
        }
        let line = match field.value.as_str() {
            // With a colon and nothing after it, curl would leave the field out.
            "" => format!("{};", field.name),
            value => format!("{}: {value}", field.name),
        };
        words.extend(["--header".to_owned(), line]);
    }
    if *request.framing() != BodyFraming::None {
        // --data would take the line ends out of the body.
        words.extend(["--data-binary", "@-"].map(str::to_owned));
    }
    words.push(ADDRESS.to_owned());
    Ok(words)
}

/// Whether a byte may stand in a name (RFC 9110 §5.6.2), and begins nothing that curl would take for a file.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(raw: &[u8]) -> Result<Vec<String>, &'static str> {
        curl(&Request::new(raw.to_vec().into()))
    }

    #[test]
    fn a_request_is_sent_with_its_own_fields_and_none_of_curls() {
        let raw = b"POST /a?b=[c] HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nab";
        let expected = "curl --silent --show-error --include --max-time 10 --globoff --http1.1 --request POST \
            --request-target /a?b=[c] --header Accept: --header User-Agent: --header Content-Type: --header Expect: \
            --header Host: h --header X-Empty; --data-binary @- http://127.0.0.1:8642/";
        assert_eq!(words(raw).unwrap().join(" "), expected);
    }

    #[test]
    fn what_curl_would_take_for_something_else_is_not_given_to_it() {
        for head in [
            "POST / HTTP/1.1\r\n@/etc/passwd: x\r\n",
            "@x / HTTP/1.1\r\nHost: h\r\n",
            "POST / HTTP/1.1\r\nHost: \x1b[2J\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 9\r\n",
            "nonsense\r\n",
        ] {
            assert!(words(format!("{head}\r\n").as_bytes()).is_err(), "{head:?}");
        }
    }
}
