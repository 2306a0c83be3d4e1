//! Faults as people read them.

use std::fmt;

use super::{EchoField, Reaction, Reply, ReplyEncoding, SliceSelector, Storing, Trigger};
use crate::protocol::Delivery;

impl fmt::Display for Trigger {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => out.write_str("each request"),
            Self::Init => out.write_str("init"),
            Self::Slice(SliceSelector::Any) => out.write_str("each slice"),
            Self::Slice(SliceSelector::Middle) => out.write_str("the slice in the middle"),
            Self::Slice(SliceSelector::Last) => out.write_str("the last slice"),
            Self::Slice(SliceSelector::Nth(0)) => out.write_str("the first slice"),
            Self::Slice(SliceSelector::Nth(1)) => out.write_str("the second slice"),
            Self::Slice(SliceSelector::Nth(nth)) => {
                write!(out, "slice {}", nth.saturating_add(1))
            }
            Self::List => out.write_str("list"),
            Self::Finish => out.write_str("finish"),
            Self::LongBody => out.write_str("a body of more than 512 KiB"),
            Self::Expecting => out.write_str("a request that asks for 100 Continue"),
        }
    }
}

impl fmt::Display for Reaction {
    /// What is not as it would be without the fault.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stored, replied, delivered } = self;
        // What would have been replied nobody gets to see.
        if *delivered == Delivery::Reset {
            return out.write_str(match stored {
                Storing::Nothing => "the connection is reset, nothing is done",
                _ => "it is done, but the connection is reset before the reply",
            });
        }
        if *delivered == Delivery::Unanswered {
            return out.write_str(match stored {
                Storing::Nothing => "nothing is done, and no reply comes",
                _ => "it is done, and no reply comes",
            });
        }
        let mut pieces = Vec::new();
        match stored {
            // Where the reply is a refusal it is no surprise that nothing is stored:
            // only the contradiction is told.
            Storing::Nothing if *replied == Reply::Regular => {
                pieces.push("it is acknowledged, but not stored".to_owned());
            }
            Storing::AsSent | Storing::Nothing => {}
            Storing::Altered => pieces.push("it is stored with one bit changed".to_owned()),
            Storing::Halved => pieces.push("its second half is lost".to_owned()),
            Storing::Forgotten => pieces.push("the upload is forgotten".to_owned()),
            Storing::Completed => pieces.push("somebody else completes the upload".to_owned()),
        }
        match replied {
            Reply::Regular => {}
            other => pieces.push(other.to_string()),
        }
        match delivered {
            Delivery::Whole => {}
            other => pieces.push(format!("the reply comes {other}")),
        }
        out.write_str(&pieces.join(", "))
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Regular => out.write_str("the regular reply"),
            Self::Encoded(encoding) => encoding.fmt(out),
            Self::Status(status) => write!(out, "the reply has HTTP status {status}"),
            Self::Message(message) => write!(out, "the reply has the message {message}"),
            Self::Echo(field) => field.fmt(out),
            Self::Refusal { status, code } => write!(out, "HTTP status {status} and code {code}"),
            Self::CodeWithData(code) => write!(out, "code {code} with the data of a success"),
            Self::CodeWithSuccess(code) => write!(out, "code {code} with the message SUCCESS"),
            Self::LiteralBody(body) => {
                // Never empty for bad base64: a case with such a literal
                // is refused when it is read.
                let bytes = body.bytes().unwrap_or_default();
                write!(out, "the reply has the body {}", quoted(&bytes))
            }
            Self::LiteralResponse(bytes) => {
                let bytes = bytes.bytes().unwrap_or_default();
                write!(out, "the reply is {}", quoted(&bytes))
            }
            Self::Redirect => out.write_str("HTTP status 302 with the path of the request"),
            Self::Foreign { status, body } if body.is_empty() => {
                write!(out, "HTTP status {status} without a body")
            }
            Self::Foreign { status, .. } => {
                write!(out, "HTTP status {status} with a body that is no reply of the service")
            }
        }
    }
}

/// Bytes as text, escaped, and not too many of them.
fn quoted(bytes: &[u8]) -> String {
    const MOST: usize = 120;
    let some = bytes.get(..MOST).unwrap_or(bytes).escape_ascii();
    let more = bytes.len().saturating_sub(MOST);
    if more == 0 { format!("\"{some}\"") } else { format!("\"{some}\"… and {more} bytes more") }
}

impl fmt::Display for EchoField {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Datalen => "the reply has a wrong datalen",
            Self::TooMuch => "the reply has a datalen of more than was sent",
            Self::Datamd5 => "the reply has a wrong datamd5",
            Self::Offset => "the reply has a wrong offset",
            Self::Session => "the reply has a wrong session",
            Self::Slice => "the reply describes another slice",
        })
    }
}

impl fmt::Display for ReplyEncoding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByteOrderMark => out.write_str("the reply begins with a byte order mark"),
            Self::BigNumbers => out.write_str("the reply has numbers that no common type holds"),
            Self::DigitStrings => out.write_str("the reply has its numbers as strings of digits"),
            Self::Escaped => out.write_str("the reply has all characters of its strings escaped"),
            Self::Late => out.write_str("the reply has 4 KiB of white space before its JSON"),
            Self::Long => out.write_str("the reply has a field of 64 KiB"),
            Self::Nested => out.write_str("the reply has a field of 40 levels"),
            Self::Of2016 => out.write_str("the reply has the fields of 2016"),
            Self::Pretty => out.write_str("the reply has white space in its JSON"),
            Self::Reordered => out.write_str("the reply has its fields in the opposite order"),
            Self::Repeated => out.write_str("the reply has each field twice"),
            Self::Trailing(_) => out.write_str("the reply has bytes after its JSON"),
            Self::UnknownFields => out.write_str("the reply has fields that no document has"),
            Self::PartsReversed => out.write_str("listparts is in the opposite order"),
            Self::PartsRepeated => out.write_str("listparts has each part twice"),
            Self::PartsAhead => out.write_str("listparts names a slice that was not sent"),
            Self::ShaSuffixed => out.write_str("sha has a suffix"),
            Self::SingleQuotes => out.write_str("the reply has its strings in single quotes"),
            Self::Code(code) => write!(out, "code is {code}"),
            Self::WithoutData => out.write_str("the reply has no data"),
            Self::NullData => out.write_str("data is null"),
            Self::Quoted(name) => write!(out, "{name} is a string of digits"),
            Self::Unquoted(name) => write!(out, "{name} is a number"),
            Self::Without(name) | Self::WithoutBeside(name) => write!(out, "{name} is absent"),
            Self::With(name, value) => write!(out, "{name} is {value}"),
        }
    }
}
