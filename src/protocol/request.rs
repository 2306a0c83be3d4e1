use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::{BufMut, Bytes, BytesMut};

use self::start_line::{StartLine, origin_form};
use super::body::{BodyFraming, read_body};
use super::digest::md5_hex;
use super::file_view::FileView;
use super::form::{Form, Value};
use super::head::Head;
use super::multipart::{MultipartBody, SecondReading};
use super::op::Op;
use super::path::{ObjectPath, PathError, percent_decode};
use super::wire_bytes::WireBytes;

mod start_line;

/// One request, as the client sent it.
///
/// There is one constructor, [`Request::new`], which takes the bytes from the wire, parses them once and
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
pub struct Request(Arc<Parts>);

/// What is known of a request; its copies share it.
#[derive(Clone, Debug)]
struct Parts {
    raw: WireBytes,
    head: Head,
    start_line: Result<StartLine, Range<usize>>,
    framing: BodyFraming,
    body: Body,
    excess: Range<usize>,
    form: Form,
    op: Option<Op>,
    object_path: Result<ObjectPath, PathError>,
    // These cost more than all others together: they are taken when somebody asks for them.
    content_md5: OnceLock<String>,
    second_reading: OnceLock<Result<Vec<SecondReading>, String>>,
}

/// Where the body is.
#[derive(Clone, Debug)]
enum Body {
    /// Behind the head: this many of the bytes from the wire.
    AsSent(usize),
    /// What the chunks have in them.
    Decoded(Bytes),
}

impl Request {
    /// Reads the bytes of one request; bytes after its body are its [`Request::excess`].
    pub fn new(raw: Bytes) -> Self {
        let head = Head::read(&raw);
        let start_line = StartLine::read(&raw, &head.start_line);
        let rest = raw.slice(head.end..);
        let (framing, body, consumed) = read_body(&head, &rest);
        let form = Form::read(head.get("content-type"), &body);
        // Lossy, as a word that is no UTF-8 is to be told as one that the service does not know.
        let op = form.get("op").map(|value| Op::read(&String::from_utf8_lossy(&value.content)));
        let excess = head.end.saturating_add(consumed)..raw.len();
        let body = match framing {
            // The content of chunks is nowhere in one piece; any other body
            // is a range of the raw bytes.
            BodyFraming::Chunked { .. } | BodyFraming::BrokenChunks(_) => Body::Decoded(body),
            _ => Body::AsSent(body.len()),
        };
        let mut parts = Parts {
            head,
            start_line,
            framing,
            body,
            excess,
            form,
            op,
            // It is read below, from what the parts hold.
            object_path: Err(PathError::Prefix),
            content_md5: OnceLock::new(),
            second_reading: OnceLock::new(),
            raw: WireBytes::new(raw),
        };
        parts.object_path = ObjectPath::read(parts.path());
        Self(Arc::new(parts))
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
        let shared = || {
            let value = self.value("filecontent")?;
            let is_whole = self.op() == Some(&Op::Upload);
            let offset = if is_whole { 0 } else { self.number("offset")? };
            let start = self.0.head.end.checked_add(value.span.start)?;
            let size = u64::try_from(value.content.len()).ok()?;
            // In chunks the content may be cut by size lines: then it is
            // nowhere as the file has it.
            let is_sent_so = matches!(self.0.body, Body::AsSent(_));
            if !is_sent_so || self.form().as_multipart().is_none() || value.content.len() < SHORTEST
            {
                return None;
            }
            self.0.raw.sharing(start, file.bytes(offset..offset.checked_add(size)?)?)
        };
        let Some(raw) = shared() else { return };
        let mut form = self.0.form.clone();
        // Its fields are slices of the bytes that came, and would keep all of them in memory.
        form.rebase(|span| body_part(&raw, &self.0.head, span));
        let parts = Arc::make_mut(&mut self.0);
        parts.raw = raw;
        parts.form = form;
    }

    /// How many bytes it takes in memory beside the file.
    pub fn kept(&self) -> usize {
        self.0.raw.own()
    }

    /// The bytes from the wire; they are put together again if the request is [compact](Request::compact).
    pub fn raw(&self) -> Bytes {
        self.0.raw.whole()
    }

    /// How many bytes came.
    pub fn raw_length(&self) -> usize {
        self.0.raw.len()
    }

    /// A range of the bytes from the wire; `None` if it goes beyond them.
    pub fn raw_part(&self, range: Range<usize>) -> Option<Bytes> {
        self.0.raw.part(range)
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.0.head
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
        self.0.start_line.as_ref().ok().map(|line| line.target.clone())
    }

    /// Where the start line is not `method SP target SP version` (RFC 9112 §3).
    pub fn bad_start_line(&self) -> Option<Range<usize>> {
        self.0.start_line.as_ref().err().cloned()
    }

    /// The path of the target, whether in origin form or, as sent to a proxy, in absolute form
    /// (RFC 9112 §3.2).
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The query of the target, not decoded (RFC 3986 §3.4).
    pub fn query(&self) -> Option<&str> {
        origin_form(self.target()).split_once('?').map(|(_, query)| query)
    }

    /// The object that the path names [SEED L13].
    pub fn object_path(&self) -> Result<&ObjectPath, &PathError> {
        self.0.object_path.as_ref()
    }

    /// How the end of the body was found (RFC 9112 §6.3).
    pub fn framing(&self) -> &BodyFraming {
        &self.0.framing
    }

    /// The body without transfer coding (RFC 9112 §6.1).
    ///
    /// It is put together again if the request is [compact](Request::compact).
    pub fn body(&self) -> Bytes {
        self.body_part(0..self.body_length()).unwrap_or_default()
    }

    /// The length of the body in bytes.
    pub fn body_length(&self) -> usize {
        match &self.0.body {
            Body::AsSent(length) => *length,
            Body::Decoded(body) => body.len(),
        }
    }

    /// A range of the body; `None` if it goes beyond its end.
    pub fn body_part(&self, range: Range<usize>) -> Option<Bytes> {
        if range.start > range.end || range.end > self.body_length() {
            return None;
        }
        match &self.0.body {
            Body::AsSent(_) => body_part(&self.0.raw, &self.0.head, range),
            Body::Decoded(body) => Some(body.slice(range)),
        }
    }

    /// Bytes that came after the body and begin no request.
    pub fn excess(&self) -> Range<usize> {
        self.0.excess.clone()
    }

    /// The fields of the body.
    pub fn form(&self) -> &Form {
        &self.0.form
    }

    /// The operation, if the body has the field `op` [SEED L47].
    pub fn op(&self) -> Option<&Op> {
        self.0.op.as_ref()
    }

    /// The first field of this name, in any case: some clients write `fileSize` [§9.1].
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.form.get(name)
    }

    /// The first field of this name as text; `None` too if it is no UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(&self.0.form.get(name)?.content).ok()
    }

    /// The first field of this name as a decimal number without sign (`^[0-9]+$`), the form of all
    /// sizes and offsets [§2.2, §2.3].
    pub fn number(&self, name: &str) -> Option<u64> {
        // `parse` takes a sign, which `^[0-9]+$` does not.
        self.text(name).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
    }

    /// Whether a client that sends this no longer waits for the reply to an earlier request. Another slice
    /// may be sent beside it.
    pub fn gives_up_on(&self, earlier: &Self) -> bool {
        let is_slice = |request: &Self| request.op() == Some(&Op::Data);
        let is_beside = is_slice(self) && is_slice(earlier);
        !is_beside || self.number("offset") == earlier.number("offset")
    }

    /// The MD5 of the first field `filecontent`, in the form of `datamd5` [SEED L87].
    pub fn content_md5(&self) -> Option<&str> {
        let content = &self.0.form.get("filecontent")?.content;
        Some(self.0.content_md5.get_or_init(|| md5_hex(content)))
    }

    /// The parts of its multipart form as [`MultipartBody::read_with_multer`] finds them, or why it
    /// finds none.
    pub fn second_reading(&self) -> Option<Result<&[SecondReading], &str>> {
        let form = self.0.form.as_multipart()?;
        // Its errors are kept as text: they are not `Clone`, and reports want no more.
        let read = || form.read_with_multer(&self.body()).map_err(|error| error.to_string());
        let reading = self.0.second_reading.get_or_init(read).as_ref();
        Some(reading.map(Vec::as_slice).map_err(String::as_str))
    }

    /// Takes the word of somebody who has taken the MD5 of the same content before.
    pub(crate) fn assume_content_md5(&self, md5: String) {
        // Whoever was first has the same.
        let _ = self.0.content_md5.set(md5);
    }

    /// The signature as transmitted, and where it is: header first, then `?sign=`, decoded [§4.1].
    pub fn signature_text(&self) -> Option<(String, Option<Range<usize>>)> {
        if let Some(field) = self.0.head.all("authorization").next() {
            return Some((field.value.clone(), Some(field.value_span.clone())));
        }
        let sign = self.query()?.split('&').find_map(|pair| pair.strip_prefix("sign="))?;
        // With a broken escape it is no base64, either, and is told as it was sent.
        Some((percent_decode(sign).unwrap_or_else(|_| sign.to_owned()), self.target_span()))
    }

    /// Rewrites the multipart form and with it the body and its `Content-Length`; `None` if the
    /// request has no multipart form or the change returns `None`.
    pub fn edit(&mut self, change: impl FnOnce(&mut MultipartBody) -> Option<()>) -> Option<()> {
        let mut form = self.0.form.as_multipart()?.clone();
        change(&mut form)?;
        self.set_body(form.encode().to_vec());
        Some(())
    }

    /// Rewrites the body, and its `Content-Length` if it has one; a chunked body goes in one chunk.
    pub fn edit_body(&mut self, change: impl FnOnce(&[u8]) -> Vec<u8>) {
        self.set_body(change(&self.body()));
    }

    /// Rewrites the head, given and returned with its line ends.
    pub fn edit_head(&mut self, change: impl FnOnce(&str) -> String) {
        let head = self.0.raw.beginning().slice(..self.0.head.end);
        self.set_head(&change(&String::from_utf8_lossy(&head)));
    }

    // Apart from what takes a closure: mutants call that a hundred times, and each call is compiled by itself.
    fn set_body(&mut self, mut body: Vec<u8>) {
        if self.0.head.has_token("transfer-encoding", "chunked") {
            let size = format!("{:x}\r\n", body.len());
            // A chunk without bytes is the last one by itself.
            let last: &[u8] = if body.is_empty() { b"\r\n" } else { b"\r\n0\r\n\r\n" };
            body = [size.as_bytes(), &body, last].concat();
        }
        let mut head = self.0.raw.beginning().slice(..self.0.head.end).to_vec();
        // From the last on, so that the places of the others stay.
        let lengths: Vec<_> = self.0.head.all("content-length").collect();
        for field in lengths.into_iter().rev() {
            head.splice(field.value_span.clone(), body.len().to_string().into_bytes());
        }
        *self = Self::new([head, body].concat().into());
    }

    fn set_head(&mut self, head: &str) {
        let rest = self.raw().slice(self.0.head.end..);
        *self = Self::new([head.as_bytes(), &rest].concat().into());
    }

    fn part_of_start_line(&self, part: impl Fn(&StartLine) -> Range<usize>) -> &str {
        self.0.part_of_start_line(part)
    }
}

impl Parts {
    fn path(&self) -> &str {
        let target = origin_form(self.part_of_start_line(|line| line.target.clone()));
        target.split_once('?').map_or(target, |(path, _)| path)
    }

    fn part_of_start_line(&self, part: impl Fn(&StartLine) -> Range<usize>) -> &str {
        self.start_line
            .as_ref()
            .ok()
            .and_then(|line| std::str::from_utf8(self.raw.beginning().get(part(line))?).ok())
            .unwrap_or_default()
    }
}

/// A part of a body that is as it was sent.
fn body_part(raw: &WireBytes, head: &Head, range: Range<usize>) -> Option<Bytes> {
    let place = |at: usize| at.saturating_add(head.end);
    raw.part(place(range.start)..place(range.end))
}
