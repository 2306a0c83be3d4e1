use std::collections::HashSet;
use std::ops::Range;

use super::diagnosis::path_mistake;
use super::{AnnotatedExchange, Check, Evidence, Rule, Span, Verdict, quote};
use crate::protocol::{PathError, Receipt};
use crate::rules::counterexample::{Counterexample, Edit, FINISH, FIRST_SLICE, INIT, SECOND_SLICE};
use crate::spec;

mod framing;
mod head;
mod service;

pub(super) use framing::RULES as FRAMING;
pub(super) use head::RULES as HEAD;
pub(super) use service::RULES as SERVICE;

pub(super) const RULES: &[Rule] = &[
    LINE,
    VERSION,
    METHOD,
    PATH_GRAMMAR,
    PATH_DECODES,
    PATH_OBJECT,
    KEY_LENGTH,
    TARGET_ASCII,
    PATH_SLASHES,
    QUERY,
    URL_LENGTH,
];

/// The longest key, in bytes when decoded [ERR -199].
const LONGEST_KEY: usize = 850;
/// The longest address, in bytes [DOC17 6053].
const LONGEST_URL: usize = 1024;

const LINE: Rule = Rule {
    id: "request/line",
    clause: &spec::REQUEST_LINE,
    summary: "the request line is method, target and version",
    why: "A server that does not understand the request line cannot read the rest of the request.",
    fix: "Write method, percent-encoded target and HTTP/1.1 with one space between them and each \
          space of the key as %20, and speak TLS only to an https endpoint.",
    check: Check::Request(|annotated| {
        let bad = annotated.request.bad_start_line();
        // A client may give a request up within its first line; the rest of the line is not known then.
        if annotated.exchange.receipt == Receipt::Aborted && begins_with_method(annotated) {
            return None;
        }
        Verdict::broken_by(bad, |bad| {
            // Without a line to point at, the first bytes are shown: they may be of another protocol.
            let beginning = 0..annotated.request.raw_length().min(16);
            Evidence::at("request line")
                .expected("method SP target SP HTTP/1.1")
                .found(describe_bad_line(&annotated.request.raw(), bad.clone()))
                .span(Span::raw(if bad.is_empty() { beginning } else { bad }))
        })
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Head("plain.bin HTTP", "plain file.bin HTTP"),
    ),
};

const VERSION: Rule = Rule {
    id: "request/version",
    clause: &spec::HTTP_VERSION,
    summary: "requests are HTTP/1.1",
    why: "HTTP/1.0 opens a connection for each slice, and does not require a Host header.",
    fix: "Write HTTP/1.1 in the request line: set the protocol version of the HTTP library, or of \
          a proxy between client and service, which may default to 1.0.",
    check: Check::Request(|annotated| {
        annotated.of_upload()?;
        // It is empty if the request line cannot be read, which `request/line` is about.
        let version = Some(annotated.request.version()).filter(|version| !version.is_empty())?;
        Verdict::of(version == "HTTP/1.1", || {
            let start =
                annotated.request.target_span().map_or(0, |span| span.end.saturating_add(1));
            let span = Span::raw(start..start.saturating_add(version.len()));
            Evidence::at("version").expected("HTTP/1.1").found(version).span(span)
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Head("HTTP/1.1", "HTTP/1.0")),
};

const METHOD: Rule = Rule {
    id: "request/method",
    clause: &spec::METHOD,
    summary: "the method is POST",
    why: "The service refuses other methods with -5996.",
    fix: "Send every operation of an upload, upload_slice_list included, with POST; libraries may \
          choose GET for a request without a body, or PUT for the upload of a file.",
    check: Check::Conversation(|analysis| {
        let mut redirected = HashSet::new();
        let mut verdicts = Vec::new();
        for annotated in analysis.exchanges() {
            let request = &annotated.request;
            // After a redirect a POST may become a GET (RFC 9110 §15.4).
            if request.method() != "GET" || !redirected.contains(request.path()) {
                verdicts.extend(method(annotated).map(|verdict| (annotated.number, verdict)));
            }
            let response = &annotated.exchange.response;
            if matches!(response.status(), 301..=303) && response.head().get("location").is_some() {
                redirected.insert(request.path());
            }
        }
        verdicts
    }),
    counterexample: Counterexample::edited(FINISH, Edit::Head("POST", "PUT")),
};

fn method(annotated: &AnnotatedExchange) -> Option<Verdict> {
    let request = &annotated.request;
    // Other operations of this API, such as stat, are GET requests with op in the query.
    let other_operation = request.query().is_some_and(|query| query.contains("op="));
    if request.bad_start_line().is_some() || !is_api(annotated) || other_operation {
        return None;
    }
    Verdict::of(request.method() == "POST", || {
        let end = request.method().len();
        Evidence::at("method").expected("POST").found(request.method()).span(Span::raw(0..end))
    })
}

const PATH_GRAMMAR: Rule = Rule {
    id: "request/path-grammar",
    clause: &spec::PATH_GRAMMAR,
    summary: "the path is /files/v2/<appid>/<bucket>/<object>",
    why: "The service finds account, bucket and object by their positions in the path.",
    fix: "Join /files/v2/, the appid in digits, the bucket and the key with slashes, in this \
          order, and never let a file's path end in a slash; the XML API, with the bucket in Host, \
          has other paths.",
    check: Check::Request(|annotated| {
        // What cannot be decoded breaks `request/path-decodes`, not the grammar.
        let is_grammar =
            |error: &PathError| !matches!(error, PathError::Escape | PathError::NotUtf8);
        path_is_free_of(annotated, is_grammar, "/files/v2/<digits>/<bucket>/<object>")
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Head("/files/v2/1251668577", "/files/v2/gz"),
    ),
};

const PATH_DECODES: Rule = Rule {
    id: "request/path-decodes",
    clause: &spec::PATH_DECODES,
    summary: "the path is percent-encoded UTF-8",
    why: "An object with an undecodable name is refused with -46157, or can never be read again.",
    fix: "Encode the key in UTF-8 first, not in Latin-1 or GBK, and then write each reserved byte, \
          the percent sign included, as % and two hexadecimal digits, not as %uXXXX.",
    check: Check::Request(|annotated| {
        let is_coding = |error: &PathError| matches!(error, PathError::Escape | PathError::NotUtf8);
        path_is_free_of(annotated, is_coding, "UTF-8, with %XX for reserved characters")
    }),
    counterexample: Counterexample::edited(INIT, Edit::Head("plain.bin", "pl%E4n.bin")),
};

const PATH_OBJECT: Rule = Rule {
    id: "request/path-object",
    clause: &spec::PATH_OBJECT,
    summary: "the path names the object that is to be uploaded",
    why: "The file is stored under another name, or the slices of one upload go to several objects.",
    fix: "Take appid, bucket and the whole key as given, in its case and Unicode form, and \
          percent-encode the key once, with a function for paths (space %20, plus %2B), not for \
          forms; use it in every request.",
    check: Check::Request(|annotated| {
        let path = annotated.request.object_path().ok().filter(|_| is_api(annotated))?;
        annotated.of_upload()?;
        // Of recorded traffic the object may not be known.
        let wanted = annotated.job.path.as_ref()?;
        // What two slashes in a row of a key come to is not documented [§1.3].
        if path != wanted && wanted.key.contains("//") && path.merged() == wanted.merged() {
            return None;
        }
        Verdict::of(path == wanted, || {
            let sent = annotated.request.path();
            let whole = wanted.to_string();
            let (differs, differs_decoded) = (
                difference(sent.as_bytes(), whole.as_bytes()),
                difference(path.key.as_bytes(), wanted.key.as_bytes()),
            );
            let mistake = path_mistake(path, wanted);
            // Where the mistake is known its name takes the place of the decoded key: lines are short.
            let describe = |text: &str, key: &str| {
                let text = around(text.as_bytes(), differs.start);
                match mistake {
                    Some(_) => text,
                    None => {
                        format!("{text} which is {}", around(key.as_bytes(), differs_decoded.start))
                    }
                }
            };
            Evidence::at("path")
                .expected(describe(&whole, &wanted.key))
                .found(describe(sent, &path.key))
                .explained(mistake)
                .span(path_span(annotated, &differs))
        })
    }),
    counterexample: Counterexample::edited(FIRST_SLICE, Edit::Head("%20", "+"))
        .in_scenario("key/plus-and-percent"),
};

/// The bytes of one text in which it differs from another: without what both begin and end with, but
/// never none where there are any.
fn difference(one: &[u8], other: &[u8]) -> Range<usize> {
    let alike = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| {
        pairs.take_while(|(one, other)| one == other).count()
    };
    // What both end with must not reach into what both begin with: aa and aaa differ in one byte.
    let shorter = one.len().min(other.len());
    let start = alike(&mut one.iter().zip(other)).min(one.len().saturating_sub(1));
    let common = alike(&mut one.iter().rev().zip(other.iter().rev()));
    let end = one.len().saturating_sub(common.min(shorter.saturating_sub(start)));
    start..end.max(start.saturating_add(1)).min(one.len())
}

/// A quoted text; of one that is too long for a line, what is near one place.
fn around(text: &[u8], at: usize) -> String {
    const SHORT: usize = 76;
    const BEFORE: usize = 20;
    let start = at.saturating_sub(BEFORE).min(text.len().saturating_sub(SHORT));
    let end = start.saturating_add(SHORT).min(text.len());
    let cut = |is_cut: bool| if is_cut { "…" } else { "" };
    let piece = quote(text.get(start..end).unwrap_or_default());
    format!("{}{piece}{}", cut(start > 0), cut(end < text.len()))
}

/// Some bytes of the path, which is the end of the target if that is in absolute form.
fn path_span(annotated: &AnnotatedExchange, bytes: &Range<usize>) -> Option<Span> {
    let target = annotated.request.target_span()?;
    // In absolute form, as a proxy gets it, scheme and host stand before the path.
    let path = annotated.request.target().find(annotated.request.path())?;
    let start = target.start.saturating_add(path);
    Some(Span::raw(start.saturating_add(bytes.start)..start.saturating_add(bytes.end)))
}

const KEY_LENGTH: Rule = Rule {
    id: "request/key-length",
    clause: &spec::KEY_LENGTH,
    summary: "the key has at most 850 bytes",
    why: "The service refuses longer ones. The key that was asked for is shorter; the client has changed it.",
    fix: "Send the key as it was given: look for code that puts a prefix before it, such as a \
          local directory, or that percent-encodes it twice.",
    check: Check::Request(|annotated| {
        let path = annotated.request.object_path().ok().filter(|_| is_api(annotated))?;
        annotated.of_upload()?;
        // What the client was told to upload is not its fault.
        if annotated.job.path.as_ref()?.key.len() > LONGEST_KEY {
            return None;
        }
        let length = path.key.len();
        Verdict::of(length <= LONGEST_KEY, || {
            let span = annotated.request.target_span().map(Span::raw);
            let expected = format!("at most {LONGEST_KEY} bytes, when decoded");
            Evidence::at("path").expected(expected).found(format!("{length} bytes")).span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| {
            let longer = format!("{}/plain.bin", "x".repeat(LONGEST_KEY));
            request.edit_head(|head| head.replacen("plain.bin", &longer, 1));
            Some(())
        }),
    ),
};

const TARGET_ASCII: Rule = Rule {
    id: "request/target-ascii",
    clause: &spec::TARGET_ASCII,
    summary: "characters that a URL may not contain are percent-encoded",
    why: "Proxies and servers may refuse, cut or re-encode such a target.",
    fix: "Before the key is put in the URL, percent-encode each byte of its UTF-8 form that is no \
          letter, no digit, no slash and none of - . _ ~; URL builders leave some of the others as \
          they are.",
    check: Check::Request(|annotated| {
        let target = annotated.request.target();
        let span = annotated.request.target_span().filter(|_| is_api(annotated))?;
        // Control characters, spaces, what is not ASCII, and what RFC 3986 §2 allows nowhere in a URL.
        let bad = |byte: u8| !(0x21..=0x7e).contains(&byte) || b"\"#<>\\^`{|}".contains(&byte);
        let place = target.bytes().position(bad);
        Verdict::broken_by(place, |place| {
            let at = span.start.saturating_add(place);
            let span = Span::raw(at..at.saturating_add(1));
            Evidence::at("target")
                .expected("%XX for each such byte")
                .found(quote(target.as_bytes()))
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(FIRST_SLICE, Edit::Head("%23", "#"))
        .in_scenario("key/reserved"),
};

const PATH_SLASHES: Rule = Rule {
    id: "request/path-slashes",
    clause: &spec::PATH_SLASHES,
    summary: "slashes in the object path are not percent-encoded",
    why: "Not every server decodes the path before it splits it at its slashes; others take all of it for one name.",
    fix: "Percent-encode the segments of the key one by one and join them with slashes, or turn \
          %2F back into a slash afterwards; functions for one URL component escape slashes, too.",
    check: Check::Request(|annotated| {
        annotated.request.object_path().ok().filter(|_| is_api(annotated))?;
        // Escapes are written with digits of either case.
        let path = annotated.request.path();
        Verdict::of(!path.to_ascii_lowercase().contains("%2f"), || {
            let span = annotated.request.target_span().map(Span::raw);
            Evidence::at("path").expected("/").found(quote(path.as_bytes())).span(span)
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Head("/plain.bin", "%2Fplain.bin")),
};

const QUERY: Rule = Rule {
    id: "request/query",
    clause: &spec::QUERY,
    summary: "the query is empty or the signature",
    why: "The fields of an operation are in its body; the service does not look for them elsewhere.",
    fix: "Send op, session, offset and all other fields as parts of the form; keep only the \
          signature in the query, under the name sign, and drop others, such as a timestamp \
          against caching.",
    check: Check::Request(|annotated| {
        let query = upload_call(annotated)?.request.query();
        let mut pairs = query.into_iter().flat_map(|query| query.split('&'));
        // An empty pair comes from a bare `?` or `&`, and carries nothing.
        let other = pairs.find(|pair| !pair.is_empty() && !pair.starts_with("sign="));
        Verdict::broken_by(other, |other| {
            let found = quote(other.as_bytes());
            let span = annotated.request.target_span().map(Span::raw);
            Evidence::at("query").expected("nothing, or sign=<signature>").found(found).span(span)
        })
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Head(" HTTP", "?offset=1048576 HTTP"),
    ),
};

const URL_LENGTH: Rule = Rule {
    id: "request/url-length",
    clause: &spec::URL_LENGTH,
    summary: "the URL has at most 1024 bytes",
    why: "The service refuses longer ones with -180 or -5994.",
    fix: "Send the signature in Authorization instead of in the query, and percent-encode the key \
          once and only where it needs it.",
    check: Check::Request(|annotated| {
        let host = upload_call(annotated)?.request.head().get("host").map_or(0, str::len);
        // The limit is for the whole URL; a target has scheme and host only in absolute form.
        let prefix = "http://".len().saturating_add(host);
        let target = annotated.request.target();
        let is_absolute = !target.starts_with('/');
        let length = target.len().saturating_add(if is_absolute { 0 } else { prefix });
        // With such a key there is no shorter way to write it.
        let shortest = prefix.saturating_add(annotated.job.path.as_ref()?.to_string().len());
        if shortest > LONGEST_URL {
            return None;
        }
        Verdict::of(length <= LONGEST_URL, || {
            let span = annotated.request.target_span().map(Span::raw);
            let expected = format!("at most {LONGEST_URL} bytes; {shortest} are enough");
            Evidence::at("target").expected(expected).found(format!("{length} bytes")).span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| {
            let sign = format!("?sign={} HTTP", "QUJD".repeat(256));
            request.edit_head(|head| head.replacen(" HTTP", &sign, 1));
            Some(())
        }),
    ),
};

/// A line that is no request line, and what it may be instead.
fn describe_bad_line(raw: &[u8], line: Range<usize>) -> String {
    let bytes = raw.get(line).unwrap_or(raw);
    let spaces = memchr::memchr_iter(b' ', bytes).count();
    // A TLS record: content type handshake (22), then the major version 3 (RFC 8446 §5.1).
    if raw.starts_with(&[0x16, 3]) {
        return "the start of a TLS handshake; the endpoint speaks plain HTTP".to_owned();
    }
    if bytes.is_empty() {
        return quote(raw);
    }
    // Two spaces separate the three parts of a request line; any other is part of a target.
    if spaces > 2 {
        let target = "a space in the target is sent as %20";
        return format!("{spaces} spaces, where {target}: {}", quote(bytes));
    }
    quote(bytes)
}

/// Whether what came may be the beginning of a request that was given up.
fn begins_with_method(annotated: &AnnotatedExchange) -> bool {
    let raw = annotated.request.raw();
    let mut method = raw.iter().take_while(|byte| **byte != b' ');
    // Methods are upper-case letters; TLS and other protocols begin with other bytes.
    !annotated.request.head().complete && method.all(u8::is_ascii_uppercase)
}

/// Whether a request means this API at all: a probe of `/` does not.
fn is_api(annotated: &AnnotatedExchange) -> bool {
    let request = &annotated.request;
    let readable = request.bad_start_line().is_none() && request.head().complete;
    // Without that path, the operation tells: the path may be what is wrong.
    readable && (request.path().starts_with("/files/") || request.op().is_some())
}

/// The exchange, if it is a readable POST to this API.
fn upload_call(annotated: &AnnotatedExchange) -> Option<&AnnotatedExchange> {
    Some(annotated).filter(|annotated| annotated.is_upload_call() && is_api(annotated))
}

/// Whether the path of a readable POST to this API is free of errors of some kind.
fn path_is_free_of(
    annotated: &AnnotatedExchange,
    is_kind: fn(&PathError) -> bool,
    expected: &str,
) -> Option<Verdict> {
    let error = upload_call(annotated)?.request.object_path().err();
    Verdict::broken_by(error.filter(|error| is_kind(error)), |error| {
        let path = annotated.request.path();
        Evidence::at("path")
            .expected(expected)
            .found(format!("{}: {error}", quote(path.as_bytes())))
            .span(annotated.request.target_span().map(Span::raw))
    })
}
