//! Replies that are lawful, unusual, and say that the work is done.

use super::{Entry, MIB, plain, strict};
use crate::protocol::{Delivery, HeadForm};
use crate::server::{Fault, Reaction, ReplyEncoding, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        // How the bytes come.
        delivered(
            "lawful/byte-by-byte",
            "each byte of each reply comes in a segment of its own",
            Delivery::Segmented,
        ),
        delivered(
            "lawful/trailers",
            "each reply comes in chunks with extensions, and with a trailer section after them",
            Delivery::ChunkedTrailers,
        ),
        delivered(
            "lawful/chunked-in-capitals",
            "each reply has Transfer-Encoding: Chunked, and zeros before the sizes of its chunks",
            Delivery::ChunkedCase,
        ),
        delivered(
            "lawful/interim-replies",
            "each reply comes after a 100, a 102 and a 103 with fields",
            Delivery::Interims,
        ),
        // How the head is written.
        head(
            "lawful/lower-case-names",
            "each reply has its header names in lower case",
            HeadForm::LowerCase,
        ),
        head(
            "lawful/mixed-case-names",
            "each reply has its header names in lower and upper case by turns",
            HeadForm::MixedCase,
        ),
        head(
            "lawful/blanks-around-values",
            "each reply has tabs and spaces around its header values, or none",
            HeadForm::WhiteSpace,
        ),
        head("lawful/no-reason-phrase", "each reply has no reason phrase", HeadForm::NoReason),
        head(
            "lawful/http-1-0",
            "each reply is of HTTP/1.0, and ends its connection",
            HeadForm::Http10,
        ),
        head("lawful/html-type", "each reply has Content-Type: text/html", HeadForm::Html),
        head("lawful/no-type", "each reply has no Content-Type", HeadForm::Untyped),
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
        head(
            "lawful/connection-close",
            "each reply has Connection: CLOSE, and ends its connection",
            HeadForm::Close,
        ),
        // How the body is written.
        lawful(
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
