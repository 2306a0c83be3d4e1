use super::upload_call;
use crate::protocol::{HeadDefect, HeadDefectKind, Op};
use crate::rules::counterexample::{Counterexample, Edit, INIT};
use crate::rules::{AnnotatedExchange, Check, Evidence, Rule, Span, Verdict, quote};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] = &[
    HOST,
    FIELD_LINES,
    UNFOLDED,
    HEAD_LINE_ENDS,
    BARE_CR,
    FIELD_VALUES,
    CONTENT_TYPE,
    ONE_CONTENT_TYPE,
    HEADERS_ONCE,
    METHOD_HEADER,
    EXPECT,
    CONTENT_ENCODING,
];

const HOST: Rule = Rule {
    id: "request/host",
    clause: &spec::HOST,
    summary: "there is exactly one Host header",
    why: "The service serves many hosts on one address and refuses a request without one.",
    fix: "Write Host into a head made by hand, and where the HTTP library already sends one, \
          replace it instead of adding a second.",
    check: Check::Request(|annotated| {
        // HTTP/1.0 does not require Host, and its version breaks a rule of its own.
        if !annotated.request.head().complete || annotated.request.version() == "HTTP/1.0" {
            return None;
        }
        // Where there are more headers than are kept, it may be among the others.
        if defect_of(annotated, HeadDefectKind::TooMany).is_some() {
            return None;
        }
        // Two are as bad as none: two servers in a row may differ in which one they use.
        let hosts = annotated.request.head().all("host").count();
        Verdict::of(hosts == 1, || {
            let span = annotated.request.head().all("host").nth(1);
            let span = span.map(|field| Span::raw(field.span.clone()));
            Evidence::at("Host")
                .expected("one Host header")
                .found(match hosts {
                    0 => "none".to_owned(),
                    _ => format!("{hosts} of them"),
                })
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::HeaderLine("Host", None)),
};

const FIELD_LINES: Rule = Rule {
    id: "request/field-lines",
    clause: &spec::FIELD_LINES,
    summary: "each header line is a name, a colon and a value",
    why: "Servers must answer other lines with 400, as they are a way to smuggle requests.",
    fix: "Write each header as name, colon without a space before it, and value; look for an empty \
          name, or for a value with a line break, such as a signature from a base64 function that \
          wraps lines.",
    check: Check::Request(|annotated| {
        let defect = annotated.request.head().defects.iter().find(|defect| {
            matches!(defect.kind, HeadDefectKind::NoFieldName | HeadDefectKind::BlankBeforeColon)
        });
        Verdict::broken_by(defect, |defect| defect_evidence(annotated, defect, "name: value"))
    }),
    counterexample: Counterexample::edited(INIT, Edit::Head("Host:", "Host :")),
};

const HEAD_LINE_ENDS: Rule = Rule {
    id: "request/head-line-ends",
    clause: &spec::HEAD_LINE_ENDS,
    summary: "lines of the head end in CR LF",
    why: "A lone LF is read by some servers as a line end and by others as an error.",
    fix: "Write CR LF after every line of the head, the empty one included; println functions and \
          multi-line string literals end lines in LF alone.",
    check: Check::Request(|annotated| {
        let defect = defect_of(annotated, HeadDefectKind::BareLineFeed);
        Verdict::broken_by(defect, |defect| {
            Evidence::at("line end")
                .expected("\"\\r\\n\"")
                .found_bytes(&annotated.request, Span::raw(defect.span.clone()))
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| {
            request.edit_head(|head| head.replace("\r\n", "\n"));
            Some(())
        }),
    ),
};

const CONTENT_TYPE: Rule = Rule {
    id: "request/content-type",
    clause: &spec::CONTENT_TYPE,
    summary: "Content-Type is multipart/form-data",
    why: "The service reads the fields of an upload from a multipart form only.",
    fix: "Send the fields with the HTTP library's multipart form, which sets Content-Type, instead \
          of its default of JSON or application/x-www-form-urlencoded; only upload_slice_list may \
          be JSON.",
    check: Check::Request(|annotated| {
        let value = upload_call(annotated)?.request.head().get("content-type");
        let media_type = value.and_then(|value| value.split(';').next()).map(str::trim);
        let is = |name: &str| media_type.is_some_and(|found| found.eq_ignore_ascii_case(name));
        // The Java SDK sends its list request as JSON [SDK FileOp.java:537], and the service accepts that.
        let json_list = annotated.request.op() == Some(&Op::List) && is("application/json");
        Verdict::of(is("multipart/form-data") || json_list, || {
            let span = annotated.request.head().all("content-type").next();
            let span = span.map(|field| Span::raw(field.value_span.clone()));
            let found = value.map_or("no Content-Type".to_owned(), |value| quote(value.as_bytes()));
            Evidence::at("Content-Type")
                .expected("multipart/form-data; boundary=…")
                .found(found)
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Head("multipart/form-data", "multipart/mixed"),
    ),
};

const UNFOLDED: Rule = Rule {
    id: "request/unfolded",
    clause: &spec::UNFOLDED,
    summary: "no header continues on a second line",
    why: "Servers must refuse such a request with 400, or replace the line break with spaces.",
    fix: "Write each header on one line; do not serialize the head with a library for mail, which \
          wraps long values such as Authorization.",
    check: Check::Request(|annotated| {
        let defect = defect_of(annotated, HeadDefectKind::FoldedLine);
        Verdict::broken_by(defect, |defect| {
            defect_evidence(annotated, defect, "a header on one line")
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Head("Host: ", "Host:\r\n ")),
};

const BARE_CR: Rule = Rule {
    id: "request/no-bare-cr",
    clause: &spec::BARE_CR,
    summary: "each CR in the head is followed by an LF",
    why: "Some servers take a lone CR for the end of a line, others for a part of the value.",
    fix: "Strip the CR at the end of values from files and environment variables before they \
          become headers, and end each line of the head in CR LF, not in CR or CR CR LF.",
    check: Check::Request(|annotated| {
        let defect = defect_of(annotated, HeadDefectKind::BareCarriageReturn);
        Verdict::broken_by(defect, |defect| {
            defect_evidence(annotated, defect, "\"\\r\\n\", or no CR")
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Head("Authorization: ", "X-Note: a\rb\r\nAuthorization: "),
    ),
};

const FIELD_VALUES: Rule = Rule {
    id: "request/field-values",
    clause: &spec::FIELD_VALUES,
    summary: "header values contain no control characters",
    why: "Some readers end the value at such a character; it is rarely there on purpose.",
    fix: "Make header values of text alone: write a digest in base64 or hexadecimal instead of its \
          raw bytes, and leave out the NUL at the end of a C string.",
    check: Check::Request(|annotated| {
        let head = annotated.request.head();
        // What has no end may be no head at all: its bytes are not judged as values.
        if !head.complete {
            return None;
        }
        let raw = annotated.request.raw_part(0..head.end)?;
        // A tab may be part of a value (RFC 9110 §5.5); CR and LF break other rules.
        let is_control = |byte: &u8| (*byte < b' ' && !b"\t\r\n".contains(byte)) || *byte == 0x7f;
        let place = head.fields.iter().find_map(|field| {
            let value = raw.get(field.value_span.clone())?;
            let at = value.iter().position(is_control)?;
            Some((field, quote(value), field.value_span.start.saturating_add(at)))
        });
        Verdict::broken_by(place, |(field, found, at)| {
            Evidence::at(field.name.clone())
                .expected("printable characters")
                .found(found)
                .span(Span::raw(at..at.saturating_add(1)))
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Head("Authorization: ", "X-Note: a\0b\r\nAuthorization: "),
    ),
};

const ONE_CONTENT_TYPE: Rule = Rule {
    id: "request/one-content-type",
    clause: &spec::ONE_CONTENT_TYPE,
    summary: "a request does not have two different Content-Types",
    why: "The service uses one of them; with the wrong boundary it finds no fields.",
    fix: "Keep only the Content-Type that the form library makes with its boundary; remove the one \
          set by hand, or a default such as application/json for all requests.",
    check: Check::Request(|annotated| {
        if !annotated.is_upload_call() {
            return None;
        }
        let mut fields = annotated.request.head().all("content-type");
        let first = fields.next()?;
        // Repeats with the same value are the subject of `request/headers-once`.
        let other = fields.find(|field| field.value != first.value);
        Verdict::broken_by(other, |other| {
            let (first, second) = (quote(first.value.as_bytes()), quote(other.value.as_bytes()));
            let found = format!("{first} and then {second}");
            let span = Span::raw(other.value_span.clone());
            Evidence::at("Content-Type").expected("one Content-Type").found(found).span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Head(
            "Content-Length",
            "Content-Type: multipart/form-data; boundary=another\r\nContent-Length",
        ),
    ),
};

const HEADERS_ONCE: Rule = Rule {
    id: "request/headers-once",
    clause: &spec::HEADERS_ONCE,
    summary: "Content-Length and Content-Type are sent once each",
    why: "Servers may refuse a request that repeats them, even with the same value.",
    fix: "Set Content-Length and Content-Type with the function that replaces a header, not with \
          the one that adds one, or leave both to the HTTP library; check code that copies headers \
          for a retry.",
    check: Check::Request(|annotated| {
        if !annotated.request.head().complete {
            return None;
        }
        // Two of any other header can be lawful lists (RFC 9110 §5.3).
        let repeated = ["content-length", "content-type"]
            .into_iter()
            .find_map(|name| annotated.request.head().all(name).nth(1));
        Verdict::broken_by(repeated, |repeated| {
            let name = repeated.name.clone();
            let span = Span::raw(repeated.span.clone());
            Evidence::at(name).expected("one header of this name").found("a second one").span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| {
            let length = format!("Content-Length: {}\r\n", request.body_length());
            request.edit_head(|head| head.replacen(&length, &length.repeat(2), 1));
            Some(())
        }),
    ),
};

const METHOD_HEADER: Rule = Rule {
    id: "request/no-method-header",
    clause: &spec::METHOD_HEADER,
    summary: "no header is named Method",
    why: "The method is in the request line; the service ignores such a header.",
    fix: "Take Method out of the map of headers and pass it as the method argument of the HTTP \
          library's call.",
    check: Check::Request(|annotated| {
        annotated.of_upload()?;
        let field = annotated.request.head().all("method").next();
        Verdict::broken_by(field, |field| {
            let value = field.value.as_str();
            let span = Span::raw(field.span.clone());
            Evidence::at("Method")
                .expected("no such header")
                .found(quote(value.as_bytes()))
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Head("Host", "Method: POST\r\nHost")),
};

const EXPECT: Rule = Rule {
    id: "request/expect",
    clause: &spec::EXPECT,
    summary: "Expect, if sent, is 100-continue",
    why: "Servers answer any other expectation with 417.",
    fix: "Leave Expect out, or send exactly 100-continue; where it is turned off by an empty \
          value, check that the HTTP library then removes the header instead of sending it empty.",
    check: Check::Request(|annotated| {
        annotated.of_upload()?;
        let mut fields = annotated.request.head().all("expect");
        // The expectation is compared without case (RFC 9110 §10.1.1).
        let good = |value: &str| value.eq_ignore_ascii_case("100-continue");
        let bad = fields.find(|field| !good(&field.value));
        Verdict::broken_by(bad, |bad| {
            let value = bad.value.as_str();
            let span = Span::raw(bad.value_span.clone());
            Evidence::at("Expect")
                .expected("100-continue, or no such header")
                .found(quote(value.as_bytes()))
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Head("Host", "Expect: 200-ok\r\nHost")),
};

const CONTENT_ENCODING: Rule = Rule {
    id: "request/no-content-encoding",
    clause: &spec::CONTENT_ENCODING,
    summary: "the body is not compressed",
    why: "No shipped client compresses the body; a service that does not decompress it finds no form.",
    fix: "Turn off the compression of request bodies, an option or a middleware of the HTTP \
          library, for this API, and remove a Content-Encoding that is set by hand.",
    check: Check::Request(|annotated| {
        let field = upload_call(annotated)?.request.head().all("content-encoding").next();
        // identity is the name of no coding at all.
        let coded = field.filter(|field| !field.value.eq_ignore_ascii_case("identity"));
        Verdict::broken_by(coded, |coded| {
            let value = coded.value.as_str();
            let span = Span::raw(coded.value_span.clone());
            Evidence::at("Content-Encoding")
                .expected("no such header")
                .found(quote(value.as_bytes()))
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Head("Host", "Content-Encoding: gzip\r\nHost"),
    ),
};

/// The first defect of the head of this kind.
fn defect_of(annotated: &AnnotatedExchange, kind: HeadDefectKind) -> Option<&HeadDefect> {
    annotated.request.head().defects.iter().find(|defect| defect.kind == kind)
}

fn defect_evidence(annotated: &AnnotatedExchange, defect: &HeadDefect, expected: &str) -> Evidence {
    Evidence::at("header line")
        .expected(expected)
        .found_bytes(&annotated.request, Span::raw(defect.span.clone()))
}
