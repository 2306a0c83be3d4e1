use std::fmt;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::response::Response;

/// Another way to write the head of a reply that HTTP allows a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HeadForm {
    /// All names of fields in lower case (RFC 9110 §5.1).
    LowerCase,
    /// All names of fields in lower and upper case by turns (RFC 9110 §5.1).
    MixedCase,
    /// Spaces and tabs before and after each value, or none (RFC 9112 §5).
    // Case files of earlier versions say `blanks`.
    #[serde(alias = "blanks")]
    WhiteSpace,
    /// No reason phrase: the status line ends in a space (RFC 9112 §4).
    NoReason,
    /// HTTP/1.0, with a `Content-Length`; the connection ends (RFC 9110 §2.5).
    Http10,
    /// `Content-Type: text/html`.
    Html,
    /// No `Content-Type` (RFC 9110 §8.3).
    Untyped,
    /// A `Content-Length` with leading zeros, which its grammar has (RFC 9110 §8.6).
    Zeros,
    /// Sixty fields more, some with the same name, one of 8,000 bytes (RFC 9110 §5.4).
    ManyFields,
    /// `Connection: Keep-Alive`, and how long the connection may be idle.
    KeepAlive,
    /// `Connection: CLOSE`; the connection ends (RFC 9112 §9.6).
    Close,
}

/// How many fields [`HeadForm::ManyFields`] adds.
const MORE_FIELDS: usize = 60;
/// The length of the longest of them: about as much as HTTP asks for at the least (8,000 octets, of a request
/// line, RFC 9112 §3); some libraries take no more than 8,190.
const LONG_VALUE: usize = 8_000;

impl HeadForm {
    /// The bytes of a response whose head is written in this way; its body stays as it is.
    pub fn write(self, response: &Response) -> Vec<u8> {
        let head = response.head();
        let start_line = response.raw().get(head.start_line.clone()).unwrap_or_default();
        let mut text = self.start_line(&String::from_utf8_lossy(start_line));
        text.push_str("\r\n");
        for field in &head.fields {
            let value = field.value.as_str();
            let line = match (self, field.name.to_ascii_lowercase().as_str()) {
                // Connection is written below, in the other way: two of them
                // would contradict each other.
                (Self::Untyped, "content-type") | (Self::KeepAlive | Self::Close, "connection") => {
                    continue;
                }
                (Self::Html, "content-type") => format!("{}: text/html", field.name),
                (Self::Zeros, "content-length") => format!("{}: 0000{value}", field.name),
                (Self::WhiteSpace, "content-type") => format!("{}:{value}", field.name),
                // Node's reader of heads refuses a tab after a length, which RFC 9110 §5.5 allows there, too.
                (Self::WhiteSpace, "content-length") => format!("{}:  {value}  ", field.name),
                (Self::WhiteSpace, _) => format!("{}: \t {value} \t ", field.name),
                (Self::LowerCase, name) => format!("{name}: {value}"),
                (Self::MixedCase, name) => format!("{}: {value}", mixed(name)),
                _ => format!("{}: {value}", field.name),
            };
            text.push_str(&line);
            text.push_str("\r\n");
        }
        text.push_str(&self.more_fields());
        text.push_str("\r\n");
        let body = response.raw().get(head.end..).unwrap_or_default();
        [text.as_bytes(), body].concat()
    }

    /// Whether the connection ends with such a reply.
    pub fn ends_connection(self) -> bool {
        matches!(self, Self::Http10 | Self::Close)
    }

    fn start_line(self, line: &str) -> String {
        match (self, line.split_once(' ')) {
            (Self::Http10, Some((_, rest))) => format!("HTTP/1.0 {rest}"),
            (Self::NoReason, Some((version, rest))) => {
                let status = rest.split(' ').next().unwrap_or_default();
                format!("{version} {status} ")
            }
            _ => line.to_owned(),
        }
    }

    fn more_fields(self) -> String {
        let mut lines = String::new();
        match self {
            Self::KeepAlive => {
                lines.push_str("Connection: Keep-Alive\r\nKeep-Alive: timeout=60, max=1000\r\n");
            }
            Self::Close => lines.push_str("Connection: CLOSE\r\n"),
            Self::ManyFields => {
                lines.push_str("Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; Path=/\r\n");
                lines.push_str("Via: 1.1 one\r\nVia: 1.1 two\r\n");
                // Five come besides: two cookies, two Via and the long one.
                for number in 5..MORE_FIELDS {
                    // Writing to a string cannot fail.
                    let _ = write!(lines, "X-Trace-{number}: {number}\r\n");
                }
                let _ = write!(lines, "X-Trace: {}\r\n", "x".repeat(LONG_VALUE));
            }
            _ => {}
        }
        lines
    }
}

/// A name in lower and upper case by turns.
fn mixed(name: &str) -> String {
    let letter = |(at, letter): (usize, char)| {
        if at.is_multiple_of(2) { letter } else { letter.to_ascii_uppercase() }
    };
    name.chars().enumerate().map(letter).collect()
}

impl fmt::Display for HeadForm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::LowerCase => "with its header names in lower case",
            Self::MixedCase => "with its header names in mixed case",
            Self::WhiteSpace => "with white space around its header values",
            Self::NoReason => "without a reason phrase",
            Self::Http10 => "as HTTP/1.0",
            Self::Html => "with Content-Type: text/html",
            Self::Untyped => "without a Content-Type",
            Self::Zeros => "with zeros before its Content-Length",
            Self::ManyFields => "with 60 more header fields",
            Self::KeepAlive => "with Connection: Keep-Alive",
            Self::Close => "with Connection: CLOSE",
        })
    }
}
