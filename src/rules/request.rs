use std::ops::Range;

use super::{Call, Check, Counterexample, Evidence, Rule, Span, Verdict, quote};
use crate::protocol::{BodyFraming, Bound, FormDefectKind, HeadDefectKind, Op, PathError, Witness};
use crate::spec;

pub(super) const RULES: &[Rule] = &[
    LINE,
    METHOD,
    PATH_GRAMMAR,
    PATH_DECODES,
    PATH_OBJECT,
    TARGET_ASCII,
    PATH_SLASHES,
    QUERY,
    HOST,
    FIELD_LINES,
    HEAD_LINE_ENDS,
    CONTENT_LENGTH,
    NOT_CHUNKED,
    CHUNKS,
    ONE_FRAMING,
    BOUNDS,
    CONTENT_TYPE,
];

const PLAIN: &str = "happy/last-slice-short";

const LINE: Rule = Rule {
    id: "request/line",
    clause: &spec::REQUEST_LINE,
    summary: "the request line is method, target and version",
    why: "A server cannot read anything behind a request line that it does not understand.",
    check: Check::Request(|call| {
        let bad = call.request.bad_start_line();
        if call.exchange.witness == Witness::Aborted && begins_with_method(call) {
            return None;
        }
        Verdict::of(bad.is_none(), || {
            let line = bad.unwrap_or_default();
            let found = bad_line(call.request.raw(), line.clone());
            let span = if line.is_empty() { 0..call.request.raw().len().min(16) } else { line };
            Evidence::new("request line", "method SP target SP HTTP/1.1", found, Span::raw(span))
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Data, 1)?;
            request.edit_head(|head| head.replacen("plain.bin HTTP", "plain file.bin HTTP", 1));
            Some(())
        },
    },
};

const METHOD: Rule = Rule {
    id: "request/method",
    clause: &spec::METHOD,
    summary: "the method is POST",
    why: "The service refuses other methods with -5996.",
    check: Check::Request(|call| {
        let request = call.request;
        let other_operation = request.query().is_some_and(|query| query.contains("op="));
        if request.bad_start_line().is_some() || !is_api(call) || other_operation {
            return None;
        }
        Verdict::of(request.method() == "POST", || {
            let end = request.method().len();
            Evidence::new("method", "POST", request.method(), Span::raw(0..end))
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            talk.tamper(&Op::Finish, 0)?.edit_head(|head| head.replacen("POST", "PUT", 1));
            Some(())
        },
    },
};

const PATH_GRAMMAR: Rule = Rule {
    id: "request/path-grammar",
    clause: &spec::PATH_GRAMMAR,
    summary: "the path is /files/v2/<appid>/<bucket>/<object>",
    why: "The service finds account, bucket and object by their places in the path.",
    check: Check::Request(|call| {
        let is_grammar =
            |error: &PathError| !matches!(error, PathError::Escape | PathError::NotUtf8);
        path_is_free_of(call, is_grammar, "/files/v2/<digits>/<bucket>/<object>")
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Init, 0)?;
            request.edit_head(|head| head.replacen("/files/v2/1251668577", "/files/v2/gz", 1));
            Some(())
        },
    },
};

const PATH_DECODES: Rule = Rule {
    id: "request/path-decodes",
    clause: &spec::PATH_DECODES,
    summary: "the path is percent-encoded UTF-8",
    why: "An object with an undecodable name is refused with -46157, or can never be read again.",
    check: Check::Request(|call| {
        let is_coding = |error: &PathError| matches!(error, PathError::Escape | PathError::NotUtf8);
        path_is_free_of(call, is_coding, "UTF-8, with %XX for reserved characters")
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Init, 0)?;
            request.edit_head(|head| head.replacen("plain.bin", "pl%E4n.bin", 1));
            Some(())
        },
    },
};

const PATH_OBJECT: Rule = Rule {
    id: "request/path-object",
    clause: &spec::PATH_OBJECT,
    summary: "the path names the object that is to be uploaded",
    why: "The file is stored under another name, or the slices of one upload go to several objects.",
    check: Check::Request(|call| {
        let path = call.request.object_path().ok().filter(|_| is_api(call))?;
        call.op()?;
        let wanted = &call.assignment.path;
        Verdict::of(path == wanted, || {
            let found = format!("{} which is {}", quote(call.request.path().as_bytes()), {
                quote(path.key.as_bytes())
            });
            let expected = format!("{wanted} which is {}", quote(wanted.key.as_bytes()));
            Evidence::new("path", expected, found, call.request.target_span().and_then(Span::raw))
        })
    }),
    counterexample: Counterexample {
        scenario: "key/plus-and-percent",
        breaks: |talk| {
            let request = talk.tamper(&Op::Data, 0)?;
            request.edit_head(|head| head.replacen("%20", "+", 1));
            Some(())
        },
    },
};

const TARGET_ASCII: Rule = Rule {
    id: "request/target-ascii",
    clause: &spec::TARGET_ASCII,
    summary: "characters that no address may have are escaped",
    why: "Proxies and servers may refuse, cut or re-encode such a target.",
    check: Check::Request(|call| {
        let target = call.request.target();
        let span = call.request.target_span().filter(|_| is_api(call))?;
        let bad = |byte: u8| !(0x21..=0x7e).contains(&byte) || b"\"#<>\\^`{|}".contains(&byte);
        let place = target.bytes().position(bad);
        Verdict::of(place.is_none(), || {
            let at = span.start.saturating_add(place.unwrap_or_default());
            let span = Span::raw(at..at.saturating_add(1));
            Evidence::new("target", "%XX for each such byte", quote(target.as_bytes()), span)
        })
    }),
    counterexample: Counterexample {
        scenario: "key/reserved",
        breaks: |talk| {
            talk.tamper(&Op::Data, 0)?.edit_head(|head| head.replacen("%23", "#", 1));
            Some(())
        },
    },
};

const PATH_SLASHES: Rule = Rule {
    id: "request/path-slashes",
    clause: &spec::PATH_SLASHES,
    summary: "slashes of the object path are sent as slashes",
    why: "What decodes the path before it is cut at the slashes takes both for the same; not all do.",
    check: Check::Request(|call| {
        call.request.object_path().ok().filter(|_| is_api(call))?;
        let path = call.request.path();
        Verdict::of(!path.to_ascii_lowercase().contains("%2f"), || {
            let span = call.request.target_span().and_then(Span::raw);
            Evidence::new("path", "/", quote(path.as_bytes()), span)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Init, 0)?;
            request.edit_head(|head| head.replacen("/plain.bin", "%2Fplain.bin", 1));
            Some(())
        },
    },
};

const QUERY: Rule = Rule {
    id: "request/query",
    clause: &spec::QUERY,
    summary: "the query is empty or the signature",
    why: "The fields of an operation are in its body; the service does not look for them elsewhere.",
    check: Check::Request(|call| {
        if !call.is_upload_call() || !is_api(call) {
            return None;
        }
        let query = call.request.query().unwrap_or_default();
        let other = query.split('&').find(|pair| !pair.is_empty() && !pair.starts_with("sign="));
        Verdict::of(other.is_none(), || {
            let found = quote(other.unwrap_or_default().as_bytes());
            let span = call.request.target_span().and_then(Span::raw);
            Evidence::new("query", "nothing, or sign=<signature>", found, span)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Data, 1)?;
            request.edit_head(|head| head.replacen(" HTTP", "?offset=1048576 HTTP", 1));
            Some(())
        },
    },
};

const HOST: Rule = Rule {
    id: "request/host",
    clause: &spec::HOST,
    summary: "there is exactly one Host header",
    why: "The service serves many hosts on one address and refuses a request without one.",
    check: Check::Request(|call| {
        if !call.request.head().complete || call.request.version() == "HTTP/1.0" {
            return None;
        }
        let hosts = call.request.head().all("host").count();
        Verdict::of(hosts == 1, || {
            let span = call.request.head().all("host").nth(1);
            let span = span.and_then(|field| Span::raw(field.span.clone()));
            Evidence::new("Host", "one Host header", format!("{hosts} of them"), span)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Init, 0)?;
            request.edit_head(|head| head.replacen("Host: gz.file.myqcloud.com\r\n", "", 1));
            Some(())
        },
    },
};

const FIELD_LINES: Rule = Rule {
    id: "request/field-lines",
    clause: &spec::FIELD_LINES,
    summary: "each header line is a name, a colon and a value",
    why: "Servers must answer other lines with 400, as they are a way to smuggle requests.",
    check: Check::Request(|call| {
        let defect = call.request.head().defects.iter().find(|defect| {
            matches!(
                defect.kind,
                HeadDefectKind::FoldedLine
                    | HeadDefectKind::NoFieldName
                    | HeadDefectKind::BlankBeforeColon
            )
        });
        Verdict::of(defect.is_none(), || {
            let span = defect.map(|defect| defect.span.clone()).unwrap_or_default();
            let found = quote(call.request.raw().get(span.clone()).unwrap_or_default());
            Evidence::new("header line", "name: value", found, Span::raw(span))
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Init, 0)?;
            request.edit_head(|head| head.replacen("Host:", "Host :", 1));
            Some(())
        },
    },
};

const HEAD_LINE_ENDS: Rule = Rule {
    id: "request/head-line-ends",
    clause: &spec::HEAD_LINE_ENDS,
    summary: "lines of the head end in CR LF",
    why: "A lone LF is read by some servers as a line end and by others as an error.",
    check: Check::Request(|call| {
        let defect = call.request.head().defects.iter().find(|defect| {
            let kind = defect.kind;
            kind == HeadDefectKind::BareLineFeed || kind == HeadDefectKind::BareCarriageReturn
        });
        Verdict::of(defect.is_none(), || {
            let span = defect.map(|defect| defect.span.clone()).unwrap_or_default();
            let found = quote(call.request.raw().get(span.clone()).unwrap_or_default());
            Evidence::new("line end", "\"\\r\\n\"", found, Span::raw(span))
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            talk.tamper(&Op::Init, 0)?.edit_head(|head| head.replace("\r\n", "\n"));
            Some(())
        },
    },
};

const CONTENT_LENGTH: Rule = Rule {
    id: "request/content-length",
    clause: &spec::CONTENT_LENGTH,
    summary: "Content-Length is the length of the body",
    why: "Too large, and the service waits for bytes that never come; too small, and it drops the \
          end of the body and takes it for the next request.",
    check: Check::Request(content_length),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Init, 0)?;
            let length = request.body().len();
            let less = length.checked_sub(20)?;
            let (from, to) = (format!("Length: {length}\r"), format!("Length: {less}\r"));
            request.edit_head(|head| head.replacen(&from, &to, 1));
            Some(())
        },
    },
};

const NOT_CHUNKED: Rule = Rule {
    id: "request/not-chunked",
    clause: &spec::NOT_CHUNKED,
    summary: "the body has a Content-Length and is not chunked",
    why: "No shipped client sends chunked bodies; the service may refuse them.",
    check: Check::Request(|call| {
        call.op()?;
        let chunked = matches!(
            call.request.framing(),
            BodyFraming::Chunked { .. } | BodyFraming::BrokenChunks(_)
        );
        Verdict::of(!chunked, || {
            let span = call.request.head().all("transfer-encoding").next();
            let span = span.and_then(|field| Span::raw(field.span.clone()));
            Evidence::new("Transfer-Encoding", "Content-Length", "chunked", span)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Data, 0)?;
            let size = request.body().len();
            let body = request.body().clone();
            let chunked = [format!("{size:x}\r\n").as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
            request.edit_body(|_| chunked);
            request.edit_head(|head| {
                let length = head.lines().find(|line| line.starts_with("Content-Length"));
                head.replacen(length.unwrap_or_default(), "Transfer-Encoding: chunked", 1)
            });
            Some(())
        },
    },
};

const CHUNKS: Rule = Rule {
    id: "request/chunks",
    clause: &spec::CHUNKS,
    summary: "a chunked body ends in its last chunk",
    why: "Without it the service waits for more, or drops the request.",
    check: Check::Request(|call| {
        if call.exchange.witness == Witness::Aborted {
            return None;
        }
        let found = match call.request.framing() {
            BodyFraming::Chunked { finished: true } => return Some(Verdict::Holds),
            BodyFraming::Chunked { finished: false } => "no last chunk".to_owned(),
            BodyFraming::BrokenChunks(error) => error.to_string(),
            _ => return None,
        };
        let expected = "chunks and a last one of size 0";
        Some(Verdict::Broken(Evidence::new("body", expected, found, None)))
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Finish, 0)?;
            request.edit_head(|head| {
                let length = head.lines().find(|line| line.starts_with("Content-Length"));
                head.replacen(length.unwrap_or_default(), "Transfer-Encoding: chunked", 1)
            });
            Some(())
        },
    },
};

const ONE_FRAMING: Rule = Rule {
    id: "request/one-framing",
    clause: &spec::ONE_FRAMING,
    summary: "a request is framed in one way",
    why: "Two servers in a row may disagree about where the request ends.",
    check: Check::Request(|call| {
        let head = call.request.head();
        head.get("content-length").or(head.get("transfer-encoding"))?;
        let both = head.get("content-length").is_some() && head.get("transfer-encoding").is_some();
        Verdict::of(!both, || {
            let span = head.all("transfer-encoding").next();
            let span = span.and_then(|field| Span::raw(field.span.clone()));
            Evidence::new("Transfer-Encoding", "either, not both", "Content-Length as well", span)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Finish, 0)?;
            request.edit_head(|head| {
                head.replacen("Content-Length", "Transfer-Encoding: identity\r\nContent-Length", 1)
            });
            Some(())
        },
    },
};

const BOUNDS: Rule = Rule {
    id: "request/bounds",
    clause: &spec::BOUNDS,
    summary: "head and body are of a size that the protocol has a use for",
    why: "Servers bound both; what is larger is refused before it is looked at.",
    check: Check::Request(|call| {
        let defects = &call.request.head().defects;
        let form = call.request.form().as_multipart();
        let parts = form.and_then(|form| form.defects_of(FormDefectKind::TooMany).next());
        let refused = match call.exchange.witness {
            Witness::Refused(bound) => Some(bound.as_str()),
            _ if defects.iter().any(|defect| defect.kind == HeadDefectKind::TooMany) => {
                Some("at most 256 headers")
            }
            _ => parts.map(|_| "at most 1000 parts"),
        };
        Verdict::of(refused.is_none(), || {
            Evidence::new("request", refused.unwrap_or_default(), "more", None)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            talk.exchanges.first_mut()?.witness = Witness::Refused(Bound::Head);
            Some(())
        },
    },
};

const CONTENT_TYPE: Rule = Rule {
    id: "request/content-type",
    clause: &spec::CONTENT_TYPE,
    summary: "Content-Type is multipart/form-data",
    why: "The service reads the fields of an upload from a multipart form only.",
    check: Check::Request(|call| {
        if !call.is_upload_call() || !is_api(call) {
            return None;
        }
        let value = call.request.head().get("content-type");
        let media_type = value.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let is = |name: &str| media_type.eq_ignore_ascii_case(name);
        let json_list = call.request.op() == Some(&Op::List) && is("application/json");
        Verdict::of(is("multipart/form-data") || json_list, || {
            let span = call.request.head().all("content-type").next();
            let span = span.and_then(|field| Span::raw(field.value_span.clone()));
            let found = value.map_or("no Content-Type".to_owned(), |value| quote(value.as_bytes()));
            Evidence::new("Content-Type", "multipart/form-data; boundary=…", found, span)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Init, 0)?;
            request.edit_head(|head| head.replacen("multipart/form-data", "multipart/mixed", 1));
            Some(())
        },
    },
};

/// A line that is no request line, and what it may be instead.
fn bad_line(raw: &[u8], line: Range<usize>) -> String {
    let bytes = raw.get(line).unwrap_or_default();
    let spaces = memchr::memchr_iter(b' ', bytes).count();
    if raw.starts_with(&[0x16, 3]) {
        return "the beginning of TLS; the endpoint speaks plain HTTP".to_owned();
    }
    if bytes.is_empty() {
        return quote(raw);
    }
    if spaces > 2 {
        let target = "a space in the target is sent as %20";
        return format!("{spaces} spaces, where {target}: {}", quote(bytes));
    }
    quote(bytes)
}

/// Whether what came may be the beginning of a request that was given up.
fn begins_with_method(call: &Call) -> bool {
    let raw = call.request.raw();
    let method = raw.split(|byte| *byte == b' ').next().unwrap_or_default();
    !call.request.head().complete && method.iter().all(u8::is_ascii_uppercase)
}

/// Whether a request means this API at all: a probe of `/` does not.
fn is_api(call: &Call) -> bool {
    let request = call.request;
    let readable = request.bad_start_line().is_none() && request.head().complete;
    readable && (request.path().starts_with("/files/") || request.op().is_some())
}

/// Whether the path of a readable POST to this API is free of errors of some kind.
fn path_is_free_of(
    call: &Call,
    is_kind: fn(&PathError) -> bool,
    expected: &str,
) -> Option<Verdict> {
    if !is_api(call) || !call.is_upload_call() {
        return None;
    }
    let error = call.request.object_path().err();
    Verdict::of(!error.is_some_and(is_kind), || path_evidence(call, expected))
}

fn path_evidence(call: &Call, expected: &str) -> Evidence {
    let found = call.request.object_path().err().map(ToString::to_string).unwrap_or_default();
    let found = format!("{}: {found}", quote(call.request.path().as_bytes()));
    Evidence::new("path", expected, found, call.request.target_span().and_then(Span::raw))
}

fn content_length(call: &Call) -> Option<Verdict> {
    let request = call.request;
    // A client may give a request up; that it broke off says nothing about its Content-Length.
    let given_up = matches!(call.exchange.witness, Witness::Aborted | Witness::Refused(_));
    if given_up || !request.head().complete {
        return None;
    }
    let value_span = request.head().all("content-length").next();
    let value_span = value_span.and_then(|field| Span::raw(field.value_span.clone()));
    let excess = request.excess();
    let broken = |expected: String, found: String, span| {
        Some(Verdict::Broken(Evidence::new("Content-Length", expected, found, span)))
    };
    match request.framing() {
        BodyFraming::BadLength(values) => {
            broken("one decimal number".to_owned(), quote(values.as_bytes()), value_span)
        }
        BodyFraming::Sized { length, missing } if *missing > 0 => {
            let came = length.saturating_sub(*missing);
            broken(format!("{came}, the bytes that came"), length.to_string(), value_span)
        }
        framing if !excess.is_empty() => {
            let behind = quote(request.raw().get(excess.clone()).unwrap_or_default());
            let announced = match framing {
                BodyFraming::Sized { length, .. } => length.to_string(),
                _ => "no length".to_owned(),
            };
            let expected = format!("{}, the bytes that came", {
                request.body().len().saturating_add(excess.len())
            });
            broken(expected, format!("{announced}, and {behind} behind it"), Span::raw(excess))
        }
        BodyFraming::None if request.method() == "POST" => {
            broken("the number of bytes of the body".to_owned(), "none".to_owned(), None)
        }
        BodyFraming::Sized { .. } => Some(Verdict::Holds),
        BodyFraming::None | BodyFraming::Chunked { .. } | BodyFraming::BrokenChunks(_) => None,
    }
}
