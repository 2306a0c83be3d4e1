use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::{BufMut, Bytes, BytesMut};

use super::chunked::{ChunkError, ChunkedBody};
use super::digest::md5_hex;
use super::file_view::FileView;
use super::form::{Form, Value};
use super::head::Head;
use super::multipart::{MultipartBody, SecondReading};
use super::op::Op;
use super::path::{ObjectPath, PathError, percent_decode};

/// One request, as the client sent it.
///
/// There is one door, [`Request::new`], which takes the bytes from the wire, parses them once and
/// never fails. Spans of the head are offsets into [`Request::raw`]; spans of fields are offsets into
/// [`Request::body`]. Both stay as they are where [`Request::compact`] keeps a part of the bytes elsewhere.
///
/// ```
/// use slicecheck::protocol::{MultipartBody, Op, Request};
///
/// let form = MultipartBody::new("B").with("op", "upload_slice_data").with("offset", "1048576");
/// let fields = [("Content-Type", "multipart/form-data; boundary=B".to_owned())];
/// let request = Request::write("POST", "/files/v2/200001/newbucket/a", &fields, &form.encode());
/// assert_eq!((request.op(), request.number("offset")), (Some(&Op::Data), Some(1_048_576)));
/// assert_eq!(request.object_path().unwrap().key, "/a");
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    /// The bytes from the wire; those before the content if that is kept elsewhere.
    raw: Bytes,
    compacted: Option<Compacted>,
    head: Head,
    start_line: Result<StartLine, Range<usize>>,
    framing: BodyFraming,
    body: Bytes,
    excess: Range<usize>,
    form: Form,
    op: Option<Op>,
    object_path: Result<ObjectPath, PathError>,
    on_demand: Arc<OnDemand>,
}

/// What costs more than everything else that is known of a request: taken when it is first asked for;
/// copies share it.
#[derive(Debug, Default)]
struct OnDemand {
    content_md5: OnceLock<String>,
    second_reading: OnceLock<Result<Vec<SecondReading>, String>>,
}

/// What follows the first bytes of a request of which the content is kept by somebody else.
#[derive(Clone, Debug)]
struct Compacted {
    content: Bytes,
    after: Bytes,
    /// The length of the body.
    body: usize,
}

#[derive(Clone, Debug)]
struct StartLine {
    method: Range<usize>,
    target: Range<usize>,
    version: Range<usize>,
}

/// How the end of a body is found (RFC 9112 §6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// Neither `Content-Length` nor `Transfer-Encoding`: no body.
    None,
    /// `Content-Length`, and how many of its bytes did not come.
    Sized {
        /// The announced length in bytes.
        length: u64,
        /// Announced bytes that did not arrive.
        missing: u64,
    },
    /// `Transfer-Encoding: chunked`, and whether the last chunk came.
    Chunked {
        /// Whether the last chunk and the trailer section are complete.
        finished: bool,
    },
    /// Chunk framing that cannot be followed.
    BrokenChunks(ChunkError),
    /// A `Content-Length` that is no decimal number, or several that differ.
    BadLength(String),
}

impl Request {
    /// Reads the bytes of one request; bytes after its body are its [`Request::excess`].
    pub fn new(raw: Bytes) -> Self {
        let head = Head::read(&raw);
        let start_line = StartLine::read(&raw, &head.start_line);
        let rest = raw.slice(head.end..);
        let (framing, body, consumed) = read_body(&head, &rest);
        let form = Form::read(head.get("content-type"), &body);
        let op = form.get("op").map(|value| Op::read(&String::from_utf8_lossy(&value.content)));
        let excess = head.end.saturating_add(consumed)..raw.len();
        let mut request = Self {
            head,
            start_line,
            framing,
            body,
            excess,
            form,
            op,
            object_path: Err(PathError::Prefix),
            on_demand: Arc::default(),
            raw,
            compacted: None,
        };
        request.object_path = ObjectPath::read(request.path());
        request
    }

    /// Writes a request with these fields and a `Content-Length`; the body is sent as it is.
    pub fn write(method: &str, target: &str, fields: &[(&str, String)], body: &[u8]) -> Self {
        let mut raw = BytesMut::with_capacity(body.len().saturating_add(512));
        raw.put_slice(format!("{method} {target} HTTP/1.1\r\n").as_bytes());
        for (name, value) in fields {
            raw.put_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        raw.put_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        raw.put_slice(body);
        Self::new(raw.freeze())
    }

    /// Shares the content with `file` if it is what stands there, in memory or as zeros, from the offset of
    /// the slice on: nothing changes but how much memory the request takes.
    ///
    /// Of chunked bodies and short contents the bytes are kept.
    pub fn compact(&mut self, file: &FileView) {
        const SHORTEST: usize = 16 << 10;
        let compacted = || {
            let value = self.value("filecontent")?;
            let length = value.content.len();
            let is_whole = self.op == Some(Op::Upload);
            let offset = if is_whole { 0 } else { self.number("offset")? };
            let start = self.head.end.checked_add(value.span.start)?;
            let end = start.checked_add(length)?;
            let stands_there = self.raw.get(start..end)? == value.content;
            let size = u64::try_from(length).ok()?;
            let is_multipart = self.form.as_multipart().is_some();
            if self.compacted.is_some() || !is_multipart || length < SHORTEST || !stands_there {
                return None;
            }
            let content = file.bytes(offset..offset.checked_add(size)?)?;
            let after = Bytes::copy_from_slice(self.raw.get(end..)?);
            let before = Bytes::copy_from_slice(self.raw.get(..start)?);
            let compacted = Compacted { content, after, body: self.body.len() };
            (compacted.content == value.content).then_some((before, compacted))
        };
        let Some((before, compacted)) = compacted() else { return };
        self.raw = before;
        self.compacted = Some(compacted);
        self.body = Bytes::new();
        let mut form = std::mem::replace(&mut self.form, Form::read(None, &Bytes::new()));
        form.rebase(|span| self.body_part(span));
        self.form = form;
    }

    /// How many bytes it takes in memory beside the file.
    pub fn kept(&self) -> usize {
        match &self.compacted {
            Some(compacted) => self.raw.len().saturating_add(compacted.after.len()),
            None => self.raw.len(),
        }
    }

    /// The bytes from the wire; they are put together anew if the request is [compact](Request::compact).
    pub fn raw(&self) -> Bytes {
        match &self.compacted {
            Some(Compacted { content, after, .. }) => {
                [self.raw.as_ref(), content, after].concat().into()
            }
            None => self.raw.clone(),
        }
    }

    /// How many bytes came.
    pub fn raw_length(&self) -> usize {
        let compacted = self.compacted.as_ref();
        let more = compacted.map_or(0, |it| it.content.len().saturating_add(it.after.len()));
        self.raw.len().saturating_add(more)
    }

    /// A range of the bytes from the wire; `None` if it goes beyond them.
    pub fn raw_part(&self, range: Range<usize>) -> Option<Bytes> {
        let within = |piece: &Bytes, start: usize| {
            let place = range.start.checked_sub(start)?..range.end.checked_sub(start)?;
            (place.start <= place.end && place.end <= piece.len()).then(|| piece.slice(place))
        };
        let Some(Compacted { content, after, .. }) = &self.compacted else {
            return within(&self.raw, 0);
        };
        let content_end = self.raw.len().saturating_add(content.len());
        within(&self.raw, 0)
            .or_else(|| within(content, self.raw.len()))
            .or_else(|| within(after, content_end))
            .or_else(|| within(&self.raw(), 0))
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The method (RFC 9110 §9), or `""` if the start line is not a request line.
    pub fn method(&self) -> &str {
        self.part_of_start_line(|line| line.method.clone())
    }

    /// The request target as sent, not decoded (RFC 9112 §3.2).
    pub fn target(&self) -> &str {
        self.part_of_start_line(|line| line.target.clone())
    }

    /// The protocol version as sent, such as `HTTP/1.1` (RFC 9112 §2.3).
    pub fn version(&self) -> &str {
        self.part_of_start_line(|line| line.version.clone())
    }

    /// Where the target stands in the raw bytes, counted from the first of the request.
    pub fn target_span(&self) -> Option<Range<usize>> {
        self.start_line.as_ref().ok().map(|line| line.target.clone())
    }

    /// Where the start line is not `method SP target SP version` (RFC 9112 §3).
    pub fn bad_start_line(&self) -> Option<Range<usize>> {
        self.start_line.as_ref().err().cloned()
    }

    /// The path of the target, whether in origin form or, as sent to a proxy, in absolute form
    /// (RFC 9112 §3.2).
    pub fn path(&self) -> &str {
        let target = origin_form(self.target());
        target.split_once('?').map_or(target, |(path, _)| path)
    }

    /// The query of the target, not decoded (RFC 3986 §3.4).
    pub fn query(&self) -> Option<&str> {
        origin_form(self.target()).split_once('?').map(|(_, query)| query)
    }

    /// The object that the path names [SEED L13].
    pub fn object_path(&self) -> Result<&ObjectPath, &PathError> {
        self.object_path.as_ref()
    }

    /// How the end of the body was found (RFC 9112 §6.3).
    pub fn framing(&self) -> &BodyFraming {
        &self.framing
    }

    /// The body without transfer coding (RFC 9112 §6.1).
    ///
    /// It is put together anew if the request is [compact](Request::compact).
    pub fn body(&self) -> Bytes {
        match self.compacted {
            Some(_) => self.body_part(0..self.body_length()).unwrap_or_default(),
            None => self.body.clone(),
        }
    }

    /// The length of the body in bytes.
    pub fn body_length(&self) -> usize {
        self.compacted.as_ref().map_or(self.body.len(), |compacted| compacted.body)
    }

    /// A range of the body; `None` if it goes beyond its end.
    pub fn body_part(&self, range: Range<usize>) -> Option<Bytes> {
        if range.start > range.end || range.end > self.body_length() {
            return None;
        }
        match self.compacted {
            Some(_) => {
                let place = |at: usize| at.saturating_add(self.head.end);
                self.raw_part(place(range.start)..place(range.end))
            }
            None => Some(self.body.slice(range)),
        }
    }

    /// Bytes that came after the body and begin no request.
    pub fn excess(&self) -> Range<usize> {
        self.excess.clone()
    }

    /// The fields of the body.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// The operation, if the body has the field `op` [SEED L47].
    pub fn op(&self) -> Option<&Op> {
        self.op.as_ref()
    }

    /// The first field of this name, in any case: some clients write `fileSize` [§9.1].
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.form.get(name)
    }

    /// The first field of this name as text; `None` too if it is no UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(&self.form.get(name)?.content).ok()
    }

    /// The first field of this name as a decimal number without sign (`^[0-9]+$`), the form of all
    /// sizes and offsets [§2.2, §2.3].
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
    }

    /// The MD5 of the first field `filecontent`, in the form of `datamd5` [SEED L87].
    pub fn content_md5(&self) -> Option<&str> {
        let content = &self.form.get("filecontent")?.content;
        Some(self.on_demand.content_md5.get_or_init(|| md5_hex(content)))
    }

    /// The parts of its multipart form as [`MultipartBody::read_with_multer`] finds them, or why it
    /// finds none.
    pub fn second_reading(&self) -> Option<Result<&[SecondReading], &str>> {
        let form = self.form.as_multipart()?;
        let read = || form.read_with_multer(&self.body()).map_err(|error| error.to_string());
        let reading = self.on_demand.second_reading.get_or_init(read).as_ref();
        Some(reading.map(Vec::as_slice).map_err(String::as_str))
    }

    /// Takes the word of somebody who has taken the MD5 of the same content before.
    pub(crate) fn assume_content_md5(&self, md5: String) {
        // Whoever was first has the same.
        let _ = self.on_demand.content_md5.set(md5);
    }

    /// The signature as transmitted, and where it is: header first, then `?sign=`, decoded [§4.1].
    pub fn signature_text(&self) -> Option<(String, Option<Range<usize>>)> {
        if let Some(field) = self.head.all("authorization").next() {
            return Some((field.value.clone(), Some(field.value_span.clone())));
        }
        let sign = self.query()?.split('&').find_map(|pair| pair.strip_prefix("sign="))?;
        Some((percent_decode(sign).unwrap_or_else(|_| sign.to_owned()), self.target_span()))
    }

    /// Rewrites the multipart form and with it the body and its `Content-Length`; `None` if the
    /// request has no multipart form or the change returns `None`.
    pub fn edit(&mut self, change: impl FnOnce(&mut MultipartBody) -> Option<()>) -> Option<()> {
        let mut form = self.form.as_multipart()?.clone();
        change(&mut form)?;
        let body = form.encode();
        self.edit_body(|_| body.to_vec());
        Some(())
    }

    /// Rewrites the body, and its `Content-Length` if it has one; a chunked body goes in one chunk.
    pub fn edit_body(&mut self, change: impl FnOnce(&[u8]) -> Vec<u8>) {
        let mut body = change(&self.body());
        if self.head.has_token("transfer-encoding", "chunked") {
            let size = format!("{:x}\r\n", body.len());
            let last: &[u8] = if body.is_empty() { b"\r\n" } else { b"\r\n0\r\n\r\n" };
            body = [size.as_bytes(), &body, last].concat();
        }
        let mut head = self.raw.slice(..self.head.end).to_vec();
        // From the last on, so that the places of the others stay.
        let lengths: Vec<_> = self.head.all("content-length").collect();
        for field in lengths.into_iter().rev() {
            head.splice(field.value_span.clone(), body.len().to_string().into_bytes());
        }
        *self = Self::new([head, body].concat().into());
    }

    /// Rewrites the head, given and returned with its line ends.
    pub fn edit_head(&mut self, change: impl FnOnce(&str) -> String) {
        let head = self.raw.slice(..self.head.end);
        let new = change(&String::from_utf8_lossy(&head));
        let rest = self.raw().slice(self.head.end..);
        *self = Self::new([new.as_bytes(), &rest].concat().into());
    }

    fn part_of_start_line(&self, part: impl Fn(&StartLine) -> Range<usize>) -> &str {
        self.start_line
            .as_ref()
            .ok()
            .and_then(|line| std::str::from_utf8(self.raw.get(part(line))?).ok())
            .unwrap_or_default()
    }
}

impl StartLine {
    fn read(raw: &Bytes, line: &Range<usize>) -> Result<Self, Range<usize>> {
        let bytes = raw.get(line.clone()).unwrap_or_default();
        let spaces: Vec<usize> = memchr::memchr_iter(b' ', bytes).collect();
        let [first, second] = spaces.as_slice() else { return Err(line.clone()) };
        let at = |offset: usize| line.start.saturating_add(offset);
        let read = Self {
            method: line.start..at(*first),
            target: at(first.saturating_add(1))..at(*second),
            version: at(second.saturating_add(1))..line.end,
        };
        let text = |span: &Range<usize>| raw.get(span.clone()).unwrap_or_default();
        let method = text(&read.method);
        let good = !method.is_empty()
            && method.iter().all(|byte| super::head::is_token_byte(*byte))
            && !read.target.is_empty()
            && std::str::from_utf8(text(&read.target)).is_ok()
            && matches!(text(&read.version), [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor]
                if minor.is_ascii_digit());
        if good { Ok(read) } else { Err(line.clone()) }
    }
}

/// The origin form of a target: what is left of an absolute form without scheme and authority.
fn origin_form(target: &str) -> &str {
    let authority = ["http://", "https://"].into_iter().find_map(|scheme| {
        target
            .get(..scheme.len())?
            .eq_ignore_ascii_case(scheme)
            .then(|| target.get(scheme.len()..))?
    });
    let Some(rest) = authority else { return target };
    rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/")
}

/// Framing, content and how many bytes of `rest` belong to the message.
fn read_body(head: &Head, rest: &Bytes) -> (BodyFraming, Bytes, usize) {
    if head.has_token("transfer-encoding", "chunked") {
        let mut chunks = ChunkedBody::default();
        let framing = match chunks.advance(rest) {
            Ok(finished) => BodyFraming::Chunked { finished },
            Err(error) => BodyFraming::BrokenChunks(error),
        };
        let finished = framing == BodyFraming::Chunked { finished: true };
        let consumed = if finished { chunks.consumed() } else { rest.len() };
        return (framing, chunks.content(rest), consumed);
    }
    let mut lengths = head.all("content-length").map(|field| field.value.as_str());
    let Some(first) = lengths.next() else { return (BodyFraming::None, Bytes::new(), 0) };
    let digits = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let length =
        first.parse::<u64>().ok().filter(|_| digits && lengths.all(|other| other == first));
    let Some(length) = length else {
        let all: Vec<_> = head.all("content-length").map(|field| field.value.as_str()).collect();
        return (BodyFraming::BadLength(all.join(", ")), rest.clone(), rest.len());
    };
    let have = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
    let missing = length.saturating_sub(u64::try_from(have).unwrap_or(u64::MAX));
    (BodyFraming::Sized { length, missing }, rest.slice(..have), have)
}

/// One response, as it went to the client.
#[derive(Clone, Debug)]
pub struct Response {
    raw: Bytes,
    head: Head,
    status: u16,
    body: Bytes,
}

impl Response {
    /// Reads the bytes of one response; a status line that cannot be read gives status 0.
    pub fn new(raw: Bytes) -> Self {
        let head = Head::read(&raw);
        let line = String::from_utf8_lossy(raw.get(head.start_line.clone()).unwrap_or_default());
        let status = line
            .strip_prefix("HTTP/1.")
            .and_then(|rest| rest.split(' ').nth(1))
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        let rest = raw.slice(head.end..);
        let (framing, body, _) = read_body(&head, &rest);
        let body = if framing == BodyFraming::None { rest } else { body };
        Self { raw, head, status, body }
    }

    /// Writes a response with these fields and a `Content-Length`.
    pub fn write(status: u16, fields: &[(&str, String)], body: &str) -> Self {
        let mut lines = vec![format!("HTTP/1.1 {status} {}", reason(status))];
        lines.extend(fields.iter().map(|(name, value)| format!("{name}: {value}")));
        lines.push(format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        Self::new(lines.join("\r\n").into())
    }

    /// The bytes on the wire.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The status code (RFC 9110 §15); 0 if the status line cannot be read.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}
