//! Replies that are lawful, unusual, and say that the work is done.

use super::{Entry, MIB, plain, strict};
use crate::protocol::{Delivery, HeadForm};
use crate::server::{Fault, Reaction, ReplyEncoding, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        // How the bytes come.
        delivered(
            // TCP promises nothing about how the bytes of a stream are grouped.
            "lawful/byte-by-byte",
            "each byte of each reply comes in a segment of its own",
            Delivery::Segmented,
        ),
        // Unknown extensions have to be ignored, and trailers may be (RFC 9112 §7.1.1, §7.1.2).
        delivered(
            "lawful/trailers",
            "each reply comes in chunks with extensions, and with a trailer section after them",
            Delivery::ChunkedTrailers,
        ),
        // Codings are named in any case, and a size is any number of digits (RFC 9112 §7, §7.1).
        delivered(
            "lawful/chunked-in-capitals",
            "each reply has Transfer-Encoding: Chunked, and zeros before the sizes of its chunks",
            Delivery::ChunkedCase,
        ),
        // A client has to read any number of 1xx, whether it expects them or not (RFC 9110 §15.2).
        delivered(
            "lawful/interim-replies",
            "each reply comes after a 100, a 102 and a 103 with fields",
            Delivery::Interims,
        ),
        // How the head is written.
        head(
            // Names of fields have no case (RFC 9110 §5.1).
            "lawful/lower-case-names",
            "each reply has its header names in lower case",
            HeadForm::LowerCase,
        ),
        head(
            "lawful/mixed-case-names",
            "each reply has its header names in lower and upper case by turns",
            HeadForm::MixedCase,
        ),
        // White space around a value is no part of it (RFC 9112 §5.1).
        head(
            "lawful/blanks-around-values",
            "each reply has tabs and spaces around its header values, or none",
            HeadForm::WhiteSpace,
        ),
        // The phrase may be missing, the space before it may not (RFC 9112 §4).
        head("lawful/no-reason-phrase", "each reply has no reason phrase", HeadForm::NoReason),
        head(
            "lawful/http-1-0",
            "each reply is of HTTP/1.0, and ends its connection",
            HeadForm::Http10,
        ),
        // What the type says is a hint: the body is what it is (RFC 9110 §8.3).
        head("lawful/html-type", "each reply has Content-Type: text/html", HeadForm::Html),
        head("lawful/no-type", "each reply has no Content-Type", HeadForm::Untyped),
        // Its grammar is any number of digits (RFC 9110 §8.6).
        head(
            "lawful/length-with-zeros",
            "each reply has zeros before its Content-Length",
            HeadForm::Zeros,
        ),
        head(
            "lawful/many-fields",
            "each reply has 60 more header fields, one of them of 8,000 bytes",
            HeadForm::ManyFields,
        ),
        head(
            "lawful/keep-alive",
            "each reply has Connection: Keep-Alive, and says for how long",
            HeadForm::KeepAlive,
        ),
        // Options of Connection have no case (RFC 9110 §7.6.1).
        head(
            "lawful/connection-close",
            "each reply has Connection: CLOSE, and ends its connection",
            HeadForm::Close,
        ),
        // How the body is written.
        lawful(
            // Around JSON there may be white space (RFC 8259 §2).
            "lawful/white-space-first",
            "each reply has 4 KiB of white space before its JSON",
            Reaction::encoded(ReplyEncoding::Late),
        ),
    ]
}

fn head(id: &'static str, summary: &'static str, form: HeadForm) -> Entry {
    delivered(id, summary, Delivery::Head(form))
}

fn delivered(id: &'static str, summary: &'static str, delivery: Delivery) -> Entry {
    lawful(id, summary, Reaction::delivered(delivery))
}

fn lawful(id: &'static str, summary: &'static str, reaction: Reaction) -> Entry {
    Entry {
        id,
        summary,
        size: MIB + 12_345,
        key: "/slicecheck/lawful.bin",
        behaviour: strict([Fault::always(Trigger::Any, reaction)]),
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}
