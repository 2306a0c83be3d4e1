use crate::protocol::{
    BodyFraming, Bound, ChunkSize, ChunkedBody, FormDefectKind, HeadDefectKind, Receipt, Request,
};
use crate::rules::counterexample::{Breaks, Counterexample, Edit, FINISH, FIRST_SLICE, INIT};
use crate::rules::framed::{BEGINNING, another_request, awaits_continue, ends_after};
use crate::rules::{AnnotatedExchange, Check, Evidence, Rule, Span, Verdict, quote};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] =
    &[CONTENT_LENGTH, NO_EMPTY_LINE, NOT_CHUNKED, CHUNKS, ONE_FRAMING, TRANSFER_CODING, BOUNDS];

/// Says that the body comes in chunks, whatever it is.
const CHUNKED: Edit = Edit::HeaderLine("Content-Length", Some("Transfer-Encoding: chunked"));

/// How many bytes are shown of what goes on after a body.
const SHOWN: usize = 32;

const CONTENT_LENGTH: Rule = Rule {
    id: "request/content-length",
    clause: &spec::CONTENT_LENGTH,
    summary: "Content-Length is the length of the body",
    why: "If it is too large, the service waits for bytes that never come; if it is too small, the \
          service cuts the body and takes its end for the next request.",
    fix: "Send one Content-Length with every POST, counted in bytes of the finished body, not in \
          characters; after an early reply send the rest of the body or close the connection.",
    check: Check::Request(content_length),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| {
            let length = request.body_length();
            // Enough for the body to be cut within its closing delimiter.
            let less = length.checked_sub(20)?;
            let (from, to) = (format!("Length: {length}\r"), format!("Length: {less}\r"));
            request.edit_head(|head| head.replacen(&from, &to, 1));
            Some(())
        }),
    ),
};

const NO_EMPTY_LINE: Rule = Rule {
    id: "request/no-empty-line",
    clause: &spec::EMPTY_LINES,
    summary: "no empty line comes after a body",
    why: "Servers should ignore one before the next request; others refuse that, or close the connection.",
    fix: "Delete the CR LF that is written after the body and not counted in Content-Length; the \
          next request starts directly after the last byte of the body.",
    check: Check::Request(|annotated| {
        let request = &annotated.request;
        let is_whole = match request.framing() {
            BodyFraming::Sized { missing, .. } => *missing == 0,
            BodyFraming::Chunked { finished } => *finished,
            BodyFraming::None | BodyFraming::BadLength(_) | BodyFraming::BrokenChunks(_) => false,
        };
        // What comes after a body whose end is not known is no line after it.
        if !is_whole {
            return None;
        }
        Verdict::of(!has_empty_lines_after(request), || {
            Evidence::at("after the body")
                .expected("the end of the request")
                .found_bytes(request, Span::raw(request.excess()))
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| {
            let raw = [request.raw().as_ref(), b"\r\n"].concat();
            *request = Request::new(raw.into());
            Some(())
        }),
    ),
};

const NOT_CHUNKED: Rule = Rule {
    id: "request/not-chunked",
    clause: &spec::NOT_CHUNKED,
    summary: "the body has a Content-Length and is not chunked",
    why: "No shipped client sends chunked bodies; the service may refuse them.",
    fix: "Give the HTTP library the body as bytes, or as a stream together with its length; it \
          sends generators and streams of unknown length in chunks.",
    check: Check::Request(|annotated| {
        annotated.of_upload()?;
        let chunked = matches!(
            annotated.request.framing(),
            BodyFraming::Chunked { .. } | BodyFraming::BrokenChunks(_)
        );
        Verdict::of(!chunked, || {
            let span = annotated.request.head().all("transfer-encoding").next();
            let span = span.map(|field| Span::raw(field.span.clone()));
            Evidence::at("Transfer-Encoding").expected("Content-Length").found("chunked").span(span)
        })
    }),
    counterexample: Counterexample::plain(Breaks::Each(&[
        Breaks::Request(
            FIRST_SLICE,
            Edit::Any(|request| {
                let size = format!("{:x}\r\n", request.body_length());
                let chunks = [size.as_bytes(), &request.body(), b"\r\n0\r\n\r\n"].concat();
                request.edit_body(|_| chunks);
                Some(())
            }),
        ),
        Breaks::Request(FIRST_SLICE, CHUNKED),
    ])),
};

const CHUNKS: Rule = Rule {
    id: "request/chunks",
    clause: &spec::CHUNKS,
    summary: "a chunked body ends with a last chunk of size 0",
    why: "Without it the service waits for more, or drops the request.",
    fix: "Do not set Transfer-Encoding by hand: let the HTTP library write the chunks, or write \
          each one with its length in hexadecimal and, after the last, a chunk of size 0.",
    check: Check::Request(|annotated| {
        // A client that gives a request up does not send its last chunk.
        if annotated.exchange.receipt == Receipt::Aborted {
            return None;
        }
        let found = match annotated.request.framing() {
            BodyFraming::Chunked { finished: true } => return Some(Verdict::Holds),
            BodyFraming::Chunked { finished: false } => unfinished(&annotated.request),
            BodyFraming::BrokenChunks(error) => error.to_string(),
            // Only chunks are meant; other framings have rules of their own.
            _ => return None,
        };
        let expected = "chunks, and a last chunk of size 0";
        Some(Verdict::Broken(Evidence::at("body").expected(expected).found(found)))
    }),
    counterexample: Counterexample::edited(FINISH, CHUNKED),
};

const ONE_FRAMING: Rule = Rule {
    id: "request/one-framing",
    clause: &spec::ONE_FRAMING,
    summary: "a request has Content-Length or Transfer-Encoding, not both",
    why: "Two servers in a row may disagree about where the request ends.",
    fix: "Set neither Content-Length nor Transfer-Encoding by hand, and give the HTTP library a \
          body of known length, for which it sends Content-Length alone.",
    check: Check::Request(|annotated| {
        let head = annotated.request.head();
        // A request without either has no body, and nothing to be framed.
        head.get("content-length").or(head.get("transfer-encoding"))?;
        let both = head.get("content-length").is_some() && head.get("transfer-encoding").is_some();
        Verdict::of(!both, || {
            let span = head.all("transfer-encoding").next();
            let span = span.map(|field| Span::raw(field.span.clone()));
            Evidence::at("Transfer-Encoding")
                .expected("Content-Length or Transfer-Encoding, not both")
                .found("both")
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(
        FINISH,
        Edit::Head("Content-Length", "Transfer-Encoding: identity\r\nContent-Length"),
    ),
};

const BOUNDS: Rule = Rule {
    id: "request/bounds",
    clause: &spec::BOUNDS,
    summary: "head and body are not larger than the protocol needs",
    why: "Servers limit both, and refuse larger ones without reading them.",
    fix: "Send one slice in each request, not the whole file, and build headers and form again each \
          time: look for a loop that keeps adding headers or parts to the same object.",
    check: Check::Request(|annotated| {
        let defects = &annotated.request.head().defects;
        let form = annotated.request.form().as_multipart();
        let parts = form.and_then(|form| form.defects_of(FormDefectKind::TooMany).next());
        let refused = match annotated.exchange.receipt {
            Receipt::Refused(bound) => Some(bound.as_str()),
            _ if defects.iter().any(|defect| defect.kind == HeadDefectKind::TooMany) => {
                Some("at most 256 headers")
            }
            _ => parts.map(|_| "at most 1000 parts, and 1000 headers in each"),
        };
        Verdict::broken_by(refused, |refused| {
            Evidence::at("request").expected(refused).found("more")
        })
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        transcript.exchanges.first_mut()?.receipt = Receipt::Refused(Bound::Head);
        Some(())
    })),
};

const TRANSFER_CODING: Rule = Rule {
    id: "request/transfer-coding",
    clause: &spec::TRANSFER_CODING,
    summary: "Transfer-Encoding, if sent, is chunked and nothing else",
    why: "A server that does not know the coding cannot find the end of the body; it answers 501.",
    fix: "Remove gzip, identity and a second chunked from Transfer-Encoding; better, leave the \
          header out and send the body with its Content-Length.",
    check: Check::Request(|annotated| {
        // The end of an incomplete head may hold more codings.
        if !annotated.request.head().complete {
            return None;
        }
        let field = annotated.request.head().all("transfer-encoding").next()?;
        let codings: Vec<_> = annotated.request.head().all("transfer-encoding").collect();
        // Chunked may not be applied twice (RFC 9112 §6.1), and several headers are one list.
        let chunked = field.value.eq_ignore_ascii_case("chunked") && codings.len() == 1;
        Verdict::of(chunked, || {
            let values: Vec<_> = codings.iter().map(|field| field.value.as_str()).collect();
            let found = quote(values.join(", ").as_bytes());
            Evidence::at("Transfer-Encoding")
                .expected("chunked, once")
                .found(found)
                .span(Span::raw(field.value_span.clone()))
        })
    }),
    counterexample: Counterexample::edited(
        FINISH,
        Edit::Head("Content-Length", "Transfer-Encoding: gzip\r\nContent-Length"),
    ),
};

/// Where a chunked body that never ends stops making sense.
fn unfinished(request: &Request) -> String {
    let waits_for = || {
        let body = request.raw_part(request.head().end..request.raw_length())?;
        let mut chunks = ChunkedBody::default();
        // Broken chunks have a message of their own; these are whole as far as they go.
        chunks.advance(&body).ok()?;
        let ChunkSize { line, data, size } = chunks.next_size(&body).ok()??;
        let line = quote(body.get(line)?.trim_ascii());
        let came = body.len().saturating_sub(data);
        Some(format!(
            "the chunk size {line}, which is hexadecimal for {size}, and then {came} bytes"
        ))
    };
    waits_for().unwrap_or_else(|| "no last chunk".to_owned())
}

/// Whether the closing delimiter came, and less than the line end after it is not what is missing.
fn has_whole_form(request: &Request) -> bool {
    let BodyFraming::Sized { missing, .. } = request.framing() else { return false };
    let Some(form) = request.form().as_multipart() else { return false };
    let closing = format!("--{}--", form.boundary());
    // After the closing delimiter only its line end may follow, which clients may leave out.
    *missing > 2 && request.body().trim_ascii_end().ends_with(closing.as_bytes())
}

/// Whether nothing but empty lines follows the body.
fn has_empty_lines_after(request: &Request) -> bool {
    let after = request.raw_part(request.excess()).unwrap_or_default();
    !after.is_empty() && after.chunks(2).all(|line| line == b"\r\n")
}

/// What was counted instead of bytes, if that gives this length.
fn counted_as(request: &Request, length: u64) -> Option<&'static str> {
    let all = request.raw_part(request.head().end..request.excess().end)?;
    let text = String::from_utf8_lossy(&all);
    let is = |count: usize| u64::try_from(count) == Ok(length);
    if is(text.chars().count()) {
        Some(" (the number of its characters in UTF-8)")
    } else if is(text.encode_utf16().count()) {
        Some(" (the length of a string in UTF-16)")
    } else {
        None
    }
}

fn content_length(annotated: &AnnotatedExchange) -> Option<Verdict> {
    let request = &annotated.request;
    // A client may give a request up; that it broke off says nothing about its Content-Length, unless
    // all of the form had been sent by then.
    let given_up = match annotated.exchange.receipt {
        Receipt::Aborted => !has_whole_form(request),
        // We stopped reading ourselves; the length may be right.
        Receipt::Refused(_) => true,
        Receipt::Whole | Receipt::Stalled => false,
    };
    if let Some((at, length)) = another_request(&annotated.exchange) {
        let came = u64::try_from(at.saturating_sub(request.head().end)).unwrap_or(u64::MAX);
        let found = format!("{}, and another request follows", ends_after(came, length));
        let evidence = Evidence::at("Content-Length")
            .expected("the rest of the body, or an end of the connection, after an early reply")
            .found(found)
            .span(Span::raw(at..at.saturating_add(BEGINNING.len())));
        return Some(Verdict::Broken(evidence));
    }
    if given_up || awaits_continue(request) || !request.head().complete {
        return None;
    }
    let value_span = request.head().all("content-length").next();
    let value_span = value_span.map(|field| Span::raw(field.value_span.clone()));
    let excess = request.excess();
    let broken = |expected: String, found: String, span| {
        Some(Verdict::Broken(
            Evidence::at("Content-Length").expected(expected).found(found).span(span),
        ))
    };
    match request.framing() {
        // Where Content-Length is not one number, the end of the body cannot be known.
        BodyFraming::BadLength(values) => {
            broken("one decimal number".to_owned(), quote(values.as_bytes()), value_span)
        }
        BodyFraming::Sized { length, missing } if *missing > 0 => {
            let came = length.saturating_sub(*missing);
            broken(format!("{length} bytes of body"), ends_after(came, *length), value_span)
        }
        // What comes after the body and begins no request has been sent as part of the body.
        framing if !excess.is_empty() && !has_empty_lines_after(request) => {
            let after = request.raw_part(excess.clone())?;
            let after = quote(after.get(..SHOWN).unwrap_or(&after));
            let found = match framing {
                BodyFraming::Sized { length, .. } => {
                    let counted = counted_as(request, *length).unwrap_or_default();
                    format!("{length}{counted}, and the body goes on with {after}")
                }
                _ => format!("no length, and {after} after the body"),
            };
            let came = request.body_length().saturating_add(excess.len());
            // How much more there would have been is not read.
            let expected = format!("the length of the whole body: {came} bytes or more came");
            broken(expected, found, Some(Span::raw(excess)))
        }
        // A POST without a length has no body for a server (RFC 9112 §6.3); other methods need none.
        BodyFraming::None if request.method() == "POST" => {
            broken("the number of bytes of the body".to_owned(), "none".to_owned(), None)
        }
        BodyFraming::Sized { .. } => Some(Verdict::Holds),
        BodyFraming::None | BodyFraming::Chunked { .. } | BodyFraming::BrokenChunks(_) => None,
    }
}
