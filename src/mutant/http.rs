use super::{INIT, Mutant, REPLIES, init, replies};
use crate::client::{ClientPolicy, InitPolicy, ReplyPolicy, Task};
use crate::protocol::{Certificate, Delivery, HeadForm, Response};

/// A client whose HTTP library cannot read replies that come like this.
macro_rules! cannot_read {
    ($delivery:pat) => {
        hearing(|delivery, reply| match delivery {
            $delivery => None,
            other => other.heard(reply),
        })
    };
}

const HTTP: &[&str] = &["outcome/http-replies-read"];
const LAWFUL: &[&str] = &["outcome/lawful-replies-read"];

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "http/one-segment",
        summary: "one read is taken for the whole reply",
        policy: cannot_read!(Delivery::Dribbled | Delivery::Segmented),
        expected: HTTP,
    },
    Mutant {
        id: "http/status-line-split",
        summary: "the first read has to have the whole status line",
        policy: cannot_read!(Delivery::Segmented),
        expected: HTTP,
    },
    Mutant {
        id: "http/no-chunks",
        summary: "chunks are taken for the body as they come",
        policy: cannot_read!(Delivery::Chunked | Delivery::ChunkedTrailers | Delivery::ChunkedCase),
        expected: HTTP,
    },
    Mutant {
        id: "http/no-trailers",
        summary: "the last chunk is looked for as 0 and two line ends",
        policy: cannot_read!(Delivery::ChunkedTrailers),
        expected: HTTP,
    },
    Mutant {
        id: "http/coding-by-case",
        summary: "Transfer-Encoding is compared with chunked, case included",
        policy: cannot_read!(Delivery::ChunkedCase),
        expected: HTTP,
    },
    Mutant {
        id: "http/stops-at-interim",
        summary: "a 1xx is taken for the reply",
        policy: cannot_read!(Delivery::Interim | Delivery::Interims),
        expected: LAWFUL,
    },
    Mutant {
        id: "http/skips-100-alone",
        summary: "a 100 is passed over, any other 1xx is taken for the reply",
        policy: cannot_read!(Delivery::Interims),
        expected: LAWFUL,
    },
    Mutant {
        id: "http/names-by-case",
        summary: "names of fields are compared with case",
        policy: cannot_read!(Delivery::Head(HeadForm::LowerCase | HeadForm::MixedCase)),
        expected: HTTP,
    },
    Mutant {
        id: "http/names-in-two-cases",
        summary: "names of fields are known as Content-Length and as content-length only",
        policy: cannot_read!(Delivery::Head(HeadForm::MixedCase)),
        expected: HTTP,
    },
    Mutant {
        id: "http/blanks-kept",
        summary: "what follows the colon and one space is the value",
        policy: cannot_read!(Delivery::Head(HeadForm::WhiteSpace)),
        expected: HTTP,
    },
    Mutant {
        id: "http/reason-needed",
        summary: "a status line has three words",
        policy: cannot_read!(Delivery::Head(HeadForm::NoReason)),
        expected: HTTP,
    },
    Mutant {
        id: "http/close-by-case",
        summary: "the next request goes into a connection that ended with Connection: CLOSE",
        policy: cannot_read!(Delivery::Head(HeadForm::Close)),
        expected: HTTP,
    },
    Mutant {
        id: "http/one-version",
        summary: "a reply has to begin with HTTP/1.1",
        policy: cannot_read!(Delivery::Head(HeadForm::Http10)),
        expected: LAWFUL,
    },
    Mutant {
        id: "http/length-needed",
        summary: "a reply without a Content-Length is an error",
        policy: cannot_read!(
            Delivery::UntilClose
                | Delivery::Chunked
                | Delivery::ChunkedTrailers
                | Delivery::ChunkedCase
        ),
        expected: &["outcome/http-replies-read", "outcome/lawful-replies-read"],
    },
    Mutant {
        id: "http/type-compared",
        summary: "only application/json is read",
        policy: cannot_read!(Delivery::Head(HeadForm::Html | HeadForm::Untyped)),
        expected: LAWFUL,
    },
    Mutant {
        id: "http/type-needed",
        summary: "a reply without a Content-Type is an error",
        policy: cannot_read!(Delivery::Head(HeadForm::Untyped)),
        expected: LAWFUL,
    },
    Mutant {
        id: "http/length-in-octal",
        summary: "a Content-Length that begins with 0 is read as octal digits",
        policy: cannot_read!(Delivery::Head(HeadForm::Zeros)),
        expected: LAWFUL,
    },
    Mutant {
        id: "http/short-head",
        summary: "the head has to fit into 4 KiB",
        policy: cannot_read!(Delivery::Head(HeadForm::ManyFields)),
        expected: LAWFUL,
    },
    Mutant {
        id: "http/keep-alive-unknown",
        summary: "any Connection but close and keep-alive, in lower case, is an error",
        policy: cannot_read!(Delivery::Head(HeadForm::KeepAlive)),
        expected: LAWFUL,
    },
    Mutant {
        id: "http/no-timeout",
        summary: "a read has no timeout: a reply that does not come is waited for",
        policy: replies(ReplyPolicy { times_out: false, ..REPLIES }),
        expected: &["outcome/reply-timeout"],
    },
    Mutant {
        id: "http/any-certificate",
        summary: "a certificate is trusted whoever has signed it",
        policy: init(InitPolicy { trusts: |it| it == Certificate::UnknownCa, ..INIT }),
        expected: &["tls/certificate-verified"],
    },
    Mutant {
        id: "http/any-host",
        summary: "a certificate is trusted for whichever host it is",
        policy: init(InitPolicy { trusts: |it| it == Certificate::OtherHost, ..INIT }),
        expected: &["tls/certificate-verified"],
    },
    Mutant {
        id: "http/any-time",
        summary: "a certificate is trusted whose time is over",
        policy: init(InitPolicy { trusts: |it| it == Certificate::Expired, ..INIT }),
        expected: &["tls/certificate-verified"],
    },
    Mutant {
        id: "http/finish-as-text",
        summary: "the reply to finish is searched for the code as the service writes it; others are read as JSON",
        policy: replies(ReplyPolicy {
            doubts: |task, reply| {
                let code = b"\"code\":0,";
                *task == Task::Finish && !reply.body().windows(code.len()).any(|it| it == code)
            },
            ..REPLIES
        }),
        expected: &["outcome/lawful-replies-read"],
    },
    Mutant {
        id: "http/json-first",
        summary: "a reply whose first byte is no brace is no JSON",
        policy: hearing(|delivery, reply| {
            delivery.heard(reply).filter(|heard| heard.body().starts_with(b"{"))
        }),
        expected: LAWFUL,
    },
    Mutant {
        id: "http/json-within-a-kilobyte",
        summary: "JSON is looked for in the first kilobyte of a reply",
        policy: hearing(|delivery, reply| {
            let heard = delivery.heard(reply)?;
            let begins = heard.body().iter().take(1 << 10).any(|byte| *byte == b'{');
            begins.then_some(heard)
        }),
        expected: LAWFUL,
    },
];

const fn hearing(hears: fn(Delivery, &Response) -> Option<Response>) -> ClientPolicy {
    replies(ReplyPolicy { hears, ..REPLIES })
}
