use std::ops::Range;

use arbitrary::Unstructured;
use bytes::Bytes;

use super::multipart::places_are_true;
use crate::protocol::{BodyFraming, Field, HeadDefectKind, MultipartBody, ObjectPath, Request};

/// The bytes are read as a request, and, apart from that, cut into the pieces of one that is written
/// and read.
pub fn request(input: &[u8]) {
    reading(&Bytes::copy_from_slice(input));
    let _ = writing(Unstructured::new(input));
}

fn reading(raw: &Bytes) {
    let request = Request::new(raw.clone());
    head_is_accounted_for(&request);
    body_is_accounted_for(&request);
    fields_are_in_the_body(&request);
    target_is_in_the_head(&request);
    what_comes_after_changes_nothing(&request);
    httparse_agrees(&request);
    editing_nothing_changes_nothing(&request);
}

fn head_is_accounted_for(request: &Request) {
    let (raw, head) = (request.raw(), request.head());
    assert!(head.end <= raw.len());
    let ends_here = raw.ends_with(b"\n\n") || raw.ends_with(b"\n\r\n");
    assert_eq!(head.complete, head.end < raw.len() || ends_here, "{raw:?}");
    assert!(is_within(&head.start_line, head.end));
    let mut end_of_last = head.start_line.end;
    for field in &head.fields {
        let (span, value) = (&field.span, &field.value_span);
        assert!(is_within(span, head.end) && end_of_last <= span.start, "{field:?}");
        assert!(is_within(value, span.end) && span.start <= value.start, "{field:?}");
        let line = String::from_utf8_lossy(&raw[span.clone()]);
        assert!(line.starts_with(&field.name), "{field:?} in {line}");
        end_of_last = span.end;
    }
    for defect in &head.defects {
        assert!(is_within(&defect.span, raw.len()), "{defect:?}");
    }
}

/// Each byte belongs to the head, to the body with its framing, or to the excess.
fn body_is_accounted_for(request: &Request) {
    let (raw, end_of_head, excess) = (request.raw(), request.head().end, request.excess());
    assert!(end_of_head <= excess.start && excess.start <= excess.end);
    assert_eq!(excess.end, raw.len());
    let (body, between) = (request.body(), &raw[end_of_head..excess.start]);
    match request.framing() {
        BodyFraming::None => assert!(body.is_empty() && between.is_empty()),
        BodyFraming::Sized { length, missing } => {
            assert_eq!(body, between);
            assert_eq!(u64::try_from(body.len()).expect("it fits") + missing, *length);
            assert!(*missing == 0 || excess.is_empty());
        }
        BodyFraming::Chunked { finished } => {
            assert!(body.len() < between.len() || between.is_empty());
            assert!(*finished || excess.is_empty());
        }
        BodyFraming::BrokenChunks(error) => {
            assert!(excess.is_empty() && body.len() <= between.len() && error.at <= between.len());
        }
        BodyFraming::BadLength(_) => assert!(body == between && excess.is_empty()),
    }
    if let Some((content, length)) = strict_chunks(&raw[end_of_head..])
        && matches!(request.framing(), BodyFraming::Chunked { .. } | BodyFraming::BrokenChunks(_))
    {
        assert_eq!(request.framing(), &BodyFraming::Chunked { finished: true }, "{raw:?}");
        assert_eq!((body.as_ref(), between.len()), (content.as_slice(), length), "{raw:?}");
    }
}

/// The content and the length of chunks whose every line is as RFC 9112 §7.1 writes it.
fn strict_chunks(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut content, mut at) = (Vec::new(), 0);
    loop {
        // httparse takes a line without any digit for a size of 0.
        if !bytes.get(at)?.is_ascii_hexdigit() {
            return None;
        }
        let Ok(httparse::Status::Complete((line, size))) = httparse::parse_chunk_size(&bytes[at..])
        else {
            return None;
        };
        // It also looks for the line end beyond line feeds in an extension.
        if memchr::memchr(b'\n', &bytes[at..]) != Some(line - 1) {
            return None;
        }
        at += line;
        if size == 0 {
            break;
        }
        let end = at.checked_add(usize::try_from(size).ok()?)?;
        content.extend_from_slice(bytes.get(at..end)?);
        at = end + bytes.get(end..)?.strip_prefix(b"\r\n").map(|_| 2)?;
    }
    loop {
        let length = memchr::memmem::find(&bytes[at..], b"\r\n")?;
        let line = &bytes[at..at + length];
        at += length + 2;
        if line.is_empty() {
            return Some((content, at));
        }
        if line.contains(&b'\n') || line.trim_ascii_end().is_empty() {
            return None;
        }
    }
}

fn fields_are_in_the_body(request: &Request) {
    let body = request.body();
    let form = request.form();
    for value in form.values() {
        assert!(is_within(&value.span, body.len()), "{value:?}");
        let there = body[value.span.clone()] == value.content;
        assert!(there || form.as_multipart().is_none(), "{value:?} is not in its place");
        let first = form.get(&value.name).expect("it has a first one");
        let number = request.number(&value.name);
        let digits = first.content.iter().all(u8::is_ascii_digit) && !first.content.is_empty();
        assert!(number.is_none() || digits, "{first:?} is read as {number:?}");
        if digits && first.content.len() < 20 {
            assert!(number.is_some(), "{first:?} is not read as a number");
        }
    }
    if let Some(multipart) = form.as_multipart() {
        places_are_true(multipart, &body);
        let again = MultipartBody::read(multipart.boundary(), &body);
        assert_eq!(format!("{again:?}"), format!("{multipart:?}"), "read again");
    }
}

fn target_is_in_the_head(request: &Request) {
    let raw = request.raw();
    let target = request.target();
    match request.target_span() {
        Some(span) => assert_eq!(&raw[span], target.as_bytes()),
        None => assert!(request.bad_start_line().is_some() && target.is_empty()),
    }
    if request.bad_start_line().is_none() {
        let line = format!("{} {target} {}", request.method(), request.version());
        assert_eq!(line.as_bytes(), &raw[request.head().start_line.clone()]);
    }
    if target.starts_with('/') {
        let query = request.query().map(|query| format!("?{query}")).unwrap_or_default();
        assert_eq!(format!("{}{query}", request.path()), target);
    }
    if let Ok(path) = request.object_path() {
        assert_eq!(ObjectPath::read(&path.to_string()).as_ref(), Ok(path), "of {target}");
    }
    if let Some((_, Some(span))) = request.signature_text() {
        assert!(is_within(&span, request.head().end));
    }
}

/// What was read of a complete request stays, whatever comes after it: so its beginning is not
/// complete, and bytes after it are excess and nothing else.
fn what_comes_after_changes_nothing(request: &Request) {
    let raw = request.raw();
    // What looks like a last chunk, a delimiter, and another request.
    let after = [raw.as_ref(), b"\r\n0\r\n\r\n--POST / HTTP/1.1\r\n\r\n"].concat();
    is_the_beginning_of(request, &Request::new(after.into()));
    // All beginnings would take time that grows with the square of the length.
    let step = (raw.len() / 32).max(1);
    let edges = [request.head().end, request.excess().start].map(|end| end.saturating_sub(1));
    for end in (0..raw.len()).step_by(step).chain(edges) {
        is_the_beginning_of(&Request::new(raw.slice(..end)), request);
    }
}

fn is_the_beginning_of(beginning: &Request, whole: &Request) {
    if !is_complete(beginning) {
        return;
    }
    let facts = |request: &Request| {
        let head = format!("{:?}", request.head());
        let fields = format!("{:?}", request.form());
        (head, request.framing().clone(), request.excess().start, request.body().clone(), fields)
    };
    assert_eq!(facts(beginning), facts(whole), "{:?} and more", beginning.raw());
}

fn is_complete(request: &Request) -> bool {
    let framed = match request.framing() {
        BodyFraming::None => true,
        BodyFraming::Sized { missing, .. } => *missing == 0,
        BodyFraming::Chunked { finished } => *finished,
        BodyFraming::BrokenChunks(_) | BodyFraming::BadLength(_) => false,
    };
    request.head().complete && framed
}

/// The independent reader of heads finds the same, or stops for one of the reasons known of it.
fn httparse_agrees(request: &Request) {
    let (raw, head) = (request.raw(), request.head());
    // Empty lines before a request are no part of it to either, but here they are kept.
    if raw.starts_with(b"\r") || raw.starts_with(b"\n") {
        return;
    }
    let mut fields = [httparse::EMPTY_HEADER; 256];
    let mut theirs = httparse::Request::new(&mut fields);
    let only_line_feeds =
        head.defects.iter().all(|defect| defect.kind == HeadDefectKind::BareLineFeed);
    match theirs.parse(&raw) {
        Ok(httparse::Status::Complete(end)) => {
            assert!(head.complete && only_line_feeds, "httparse reads what we do not: {raw:?}");
            assert_eq!((end, request.bad_start_line()), (head.end, None), "in {raw:?}");
            let line = (theirs.method, theirs.path, theirs.version.map(|minor| minor.to_string()));
            let minor = request.version().strip_prefix("HTTP/1.").map(str::to_owned);
            assert_eq!(line, (Some(request.method()), Some(request.target()), minor));
            let ours: Vec<_> = head.fields.iter().map(name_and_value).collect();
            let theirs = theirs.headers.iter().map(|field| {
                (field.name.to_owned(), String::from_utf8_lossy(field.value).into_owned())
            });
            assert_eq!(ours, theirs.collect::<Vec<_>>(), "in {raw:?}");
        }
        Ok(httparse::Status::Partial) => assert!(!head.complete, "httparse wants more: {raw:?}"),
        Err(error) => {
            let sound = head.complete && only_line_feeds && request.bad_start_line().is_none();
            assert!(!sound || stops_httparse(request), "httparse says {error} of {raw:?}");
        }
    }
}

fn name_and_value(field: &Field) -> (String, String) {
    (field.name.clone(), field.value.clone())
}

/// Control characters and versions later than 1.1 are not its business, and not a matter of framing.
fn stops_httparse(request: &Request) -> bool {
    let known_version = ["HTTP/1.0", "HTTP/1.1"].contains(&request.version());
    let is_control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    let lines = request.head().fields.iter().map(|field| field.span.clone());
    let mut lines = lines.map(|span| request.raw().slice(span));
    let target = request.target().as_bytes();
    !known_version
        || target.iter().any(u8::is_ascii_control)
        || lines.any(|line| line.iter().any(is_control))
}

/// Taking a request up to change it, and changing nothing, leaves it as it was.
fn editing_nothing_changes_nothing(request: &Request) {
    if !is_complete(request) || std::str::from_utf8(&request.raw()[..request.head().end]).is_err() {
        return;
    }
    let mut again = request.clone();
    again.edit_head(str::to_owned);
    assert_eq!(again.raw(), request.raw(), "with the same head");
    again.edit_body(<[u8]>::to_vec);
    let facts = |request: &Request| (request.body().clone(), format!("{:?}", request.form()));
    assert_eq!(facts(&again), facts(request), "with the same body, from {:?}", request.raw());
    assert!(is_complete(&again) && again.excess().is_empty(), "{:?}", again.raw());
}

/// A request made of these bytes comes back as it was, in one piece and in chunks.
fn writing(mut bytes: Unstructured) -> arbitrary::Result<()> {
    let method = text(&mut bytes, 8, |byte| b'A' + byte % 26)?;
    let method = if method.is_empty() { "POST".to_owned() } else { method };
    let target = format!("/{}", text(&mut bytes, 40, visible)?);
    let mut fields = Vec::new();
    for number in 0..bytes.int_in_range(0..=4)? {
        let name = text(&mut bytes, 12, |byte| {
            b"abcdefghijklmnop-!#$%&'*+.^_`|~0"[usize::from(byte % 32)]
        })?;
        let value = text(&mut bytes, 24, |byte| if byte == 0 { b' ' } else { visible(byte) })?;
        // With such names, none frames the body.
        fields.push((format!("X{number}{name}"), value.trim().to_owned()));
    }
    let sizes: Vec<usize> = bytes.arbitrary::<Vec<u8>>()?.into_iter().map(usize::from).collect();
    let body = bytes.take_rest();

    let named: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let written = Request::write(&method, &target, &named, body);
    reading(&written.raw());
    let start_line = (written.method(), written.target(), written.version());
    assert_eq!(start_line, (method.as_str(), target.as_str(), "HTTP/1.1"));
    let mut expected = fields.clone();
    expected.push(("Content-Length".to_owned(), body.len().to_string()));
    assert_eq!(written.head().fields.iter().map(name_and_value).collect::<Vec<_>>(), expected);
    assert!(written.head().defects.is_empty() && is_complete(&written));
    assert_eq!((written.body().as_ref(), written.excess().len()), (body, 0));

    let mut chunked = written.clone();
    let length = format!("Content-Length: {}", body.len());
    chunked.edit_head(|head| {
        let (front, _) = head.rsplit_once(&length).expect("it is the last field");
        format!("{front}Transfer-Encoding: chunked\r\n\r\n")
    });
    let chunked = [&chunked.raw()[..chunked.head().end], &in_chunks(body, &sizes)].concat();
    let chunked = Request::new(chunked.into());
    reading(&chunked.raw());
    assert_eq!(chunked.framing(), &BodyFraming::Chunked { finished: true });
    assert_eq!((chunked.body().as_ref(), chunked.excess().len()), (body, 0));
    Ok(())
}

/// At most `longest` bytes, made characters of.
fn text(
    bytes: &mut Unstructured,
    longest: usize,
    letter: fn(u8) -> u8,
) -> arbitrary::Result<String> {
    let length = bytes.int_in_range(0..=longest)?;
    let letters = (0..length).map(|_| bytes.arbitrary().map(letter).map(char::from));
    letters.collect()
}

fn visible(byte: u8) -> u8 {
    b'!' + byte % 94
}

/// Chunks of these sizes, over and over.
fn in_chunks(mut content: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut chunks = Vec::new();
    let mut sizes = sizes.iter().copied().filter(|size| *size > 0).cycle();
    while !content.is_empty() {
        let size = sizes.next().unwrap_or(content.len()).min(content.len());
        let (chunk, rest) = content.split_at(size);
        chunks.extend_from_slice(format!("{size:x}\r\n").as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
        content = rest;
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    chunks
}

fn is_within(span: &Range<usize>, end: usize) -> bool {
    span.start <= span.end && span.end <= end
}
