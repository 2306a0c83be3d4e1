use std::sync::Arc;

use bytes::Bytes;

use super::body::{BodyFraming, read_body};
use super::head::Head;

/// One response, as it went to the client.
#[derive(Clone, Debug)]
pub struct Response(Arc<Parts>);

/// What is known of a response; its copies share it.
#[derive(Debug)]
struct Parts {
    raw: Bytes,
    head: Head,
    status: u16,
    body: Bytes,
}

impl Response {
    /// Reads the bytes of one response; a status line that cannot be read gives status 0.
    pub fn new(raw: Bytes) -> Self {
        let head = Head::read(&raw);
        let line = String::from_utf8_lossy(raw.get(head.start_line.clone()).unwrap_or_default());
        let status = line
            // As lenient as clients are: the minor version and the phrase may be anything.
            .strip_prefix("HTTP/1.")
            .and_then(|rest| rest.split(' ').nth(1))
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        let rest = raw.slice(head.end..);
        let (framing, body, _) = read_body(&head, &rest);
        // Without a length a response ends with its connection; a request has
        // no body then (RFC 9112 §6.3).
        let body = if framing == BodyFraming::None { rest } else { body };
        Self(Arc::new(Parts { raw, head, status, body }))
    }

    /// Writes a response with these fields and a `Content-Length`; with status 204 there is neither a
    /// length nor a body (RFC 9110 §8.6).
    pub fn write(status: u16, fields: &[(&str, String)], body: &str) -> Self {
        let mut lines = vec![format!("HTTP/1.1 {status} {}", reason(status))];
        lines.extend(fields.iter().map(|(name, value)| format!("{name}: {value}")));
        lines.push(match status {
            204 => "\r\n".to_owned(),
            _ => format!("Content-Length: {}\r\n\r\n{body}", body.len()),
        });
        Self::new(lines.join("\r\n").into())
    }

    /// The bytes on the wire.
    pub fn raw(&self) -> &Bytes {
        &self.0.raw
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.0.head
    }

    /// The status code (RFC 9110 §15); 0 if the status line cannot be read.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        302 => "Found",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        // A reason phrase may be empty (RFC 9112 §4).
        _ => "",
    }
}
