use bytes::{BufMut, Bytes, BytesMut};
use memchr::memmem;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::auth::{Credentials, FieldOrder, Signature, StringToSign};
use super::digest::md5_hex;
use super::fields::{Fields, UploadPart};
use super::framed::Framed;
use super::multipart::{MultipartBody, Part};
use super::op::Op;
use super::path::{Escaping, ObjectPath};

mod known;

/// How one client puts its requests on the wire, as data [SDK §9.1, §9.3].
///
/// All dialects here were spoken by shipped clients and understood by the service, so none of their
/// peculiarities is worth more than a note [SDK §9.5].
///
/// ```
/// use slicecheck::protocol::{Dialect, Fields};
///
/// let form = Dialect::PYTHON.form(&Fields::list(), "B", "big.bin");
/// assert_eq!(
///     form.encode(),
///     "--B\r\nContent-Disposition: form-data; name=\"op\"; filename=\"op\"\r\n\r\n\
///      upload_slice_list\r\n--B--\r\n"
/// );
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent habits")]
#[non_exhaustive]
pub struct Dialect {
    /// A word for lists and file names.
    pub name: &'static str,
    /// Every `x` stands for a character of `alphabet`.
    pub boundary: &'static str,
    /// What a boundary's changing part is made of.
    pub alphabet: &'static str,
    /// What stands before the first delimiter.
    pub preamble: &'static str,
    /// What every part but the content looks like.
    pub text: PartStyle,
    /// What the content of a simple upload looks like.
    pub file: PartStyle,
    /// What the content of a slice looks like.
    pub slice: PartStyle,
    /// In which order the fields of an operation come.
    pub order: Order,
    /// Fields that it calls by another name: the operation, the documented name, its own.
    pub renamed: &'static [(Op, &'static str, &'static str)],
    /// The word for sliced operations, where it is that of the predecessor API `[V1]`.
    pub sliced_op: Option<&'static str>,
    /// How `uploadparts` is written.
    pub json: JsonStyle,
    /// How the key is escaped in the request target, and in `f`.
    pub escaping: Escaping,
    /// Whether a list request is a JSON object (`FileOp.java:537`).
    pub json_list: bool,
    /// Whether the signature travels as `?sign=` (`qcloud_sdk.js:137`).
    pub sign_in_query: bool,
    /// The order of the signature's fields.
    pub signature: FieldOrder,
    /// Whether the signature names the object in `f`.
    pub bound: bool,
    /// `User-Agent`, if it sends one of its own.
    pub user_agent: Option<&'static str>,
    /// Whether it sends `Expect: 100-continue`.
    pub expects_continue: bool,
}

/// What a part has besides its name and its content [SDK §9.1].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PartStyle {
    /// The `filename` of the disposition.
    pub filename: Filename,
    /// Headers after `Content-Disposition`, in order.
    pub headers: &'static [(&'static str, &'static str)],
    /// Whether a `Content-Length` of the part follows.
    pub content_length: bool,
}

/// Where the `filename` of a part comes from [SDK §9.1].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Filename {
    /// There is none.
    Absent,
    /// It is the name of the field.
    Field,
    /// It is this word.
    Fixed(&'static str),
    /// It is the local file's name without its folders.
    Base,
    /// It is the local file's path as it was given.
    Path,
}

/// The names of an operation's fields in the order in which they are sent; none is prescribed
/// [SDK §9.1].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Order {
    /// Of `upload`; empty where the client has no such operation, here and below.
    pub upload: &'static [&'static str],
    /// Of `upload_slice_init` without a `sha`.
    pub init: &'static [&'static str],
    /// Of `upload_slice_init` with `sha` and `uploadparts`, where that is another order.
    pub init_with_sha: Option<&'static [&'static str]>,
    /// Of `upload_slice_data`.
    pub data: &'static [&'static str],
    /// Of `upload_slice_list`.
    pub list: &'static [&'static str],
    /// Of `upload_slice_finish`.
    pub finish: &'static [&'static str],
}

/// How the JSON of `uploadparts` is written [§6.4].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct JsonStyle {
    /// The order of the three keys.
    pub keys: [&'static str; 3],
    /// Whether a space follows each comma and colon.
    pub spaced: bool,
}

/// Writes the requests of one upload; [`RequestBuilder::write`] yields them one by one.
///
/// ```
/// use slicecheck::protocol::{Credentials, Dialect, Fields, ObjectPath, RequestBuilder};
///
/// let builder = RequestBuilder {
///     dialect: &Dialect::JAVA,
///     path: &ObjectPath::read("/files/v2/200001/newbucket/a").unwrap(),
///     credentials: &Credentials { secret_id: "AKID".into(), secret_key: "key".into() },
///     host: "gz.file.myqcloud.com",
///     local_file: "/tmp/a",
///     begins: 1_505_201_819,
///     ends: 1_505_202_119,
///     random: 42,
///     seed: 0,
/// };
/// let request = builder.write(&Fields::list());
/// assert!(request.head.starts_with(b"POST /files/v2/200001/newbucket/a HTTP/1.1\r\n"));
/// assert_eq!(request.content, r#"{"op":"upload_slice_list"}"#);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RequestBuilder<'a> {
    /// The form of everything.
    pub dialect: &'a Dialect,
    /// The object.
    pub path: &'a ObjectPath,
    /// What to sign with.
    pub credentials: &'a Credentials,
    /// The value of `Host`.
    pub host: &'a str,
    /// The local file; some dialects send its name.
    pub local_file: &'a str,
    /// From when the signature is valid, in unix seconds.
    pub begins: u64,
    /// Until when it is valid, in unix seconds.
    pub ends: u64,
    /// `r` of the signature.
    pub random: u32,
    /// What boundaries are made from.
    pub seed: u64,
}

/// How many boundaries are tried on a content that has been made to contain them.
const MOST_BOUNDARIES: u64 = 1000;

/// What `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

impl RequestBuilder<'_> {
    /// The request with these fields: its head, its content, borrowed, and what follows it.
    pub fn write(&self, fields: &Fields) -> Framed {
        let (content_type, body) = self.body(fields);
        let signature = self.signature(fields.op());
        let mut target = self.path.target(self.dialect.escaping);
        if self.dialect.sign_in_query {
            target.push_str("?sign=");
            target.extend(utf8_percent_encode(&signature, COMPONENT));
        }
        let mut head = BytesMut::with_capacity(body.head.len().saturating_add(768));
        let mut line = |line: &str| {
            head.put_slice(line.as_bytes());
            head.put_slice(b"\r\n");
        };
        line(&format!("POST {target} HTTP/1.1"));
        line(&format!("Host: {}", self.host));
        if !self.dialect.sign_in_query {
            line(&format!("Authorization: {signature}"));
        }
        line(&format!("Content-Type: {content_type}"));
        if let Some(agent) = self.dialect.user_agent {
            line(&format!("User-Agent: {agent}"));
        }
        if self.dialect.expects_continue {
            line("Expect: 100-continue");
        }
        line(&format!("Content-Length: {}", body.len()));
        line("");
        head.put_slice(&body.head);
        Framed { head: head.freeze(), ..body }
    }

    /// `Content-Type` and body.
    fn body(&self, fields: &Fields) -> (String, Framed) {
        // What deletes, moves or updates comes as JSON [§2.6], and one SDK lists so, too.
        let is_other = matches!(fields.op(), Op::Other(_));
        if is_other || (self.dialect.json_list && *fields.op() == Op::List) {
            let body = format!(r#"{{"op":"{}"}}"#, self.dialect.word(fields.op()));
            return ("application/json".to_owned(), Framed::whole(body.into()));
        }
        let content = fields.content().map(Bytes::as_ref).unwrap_or_default();
        // Only the content can be any bytes, and so contain a boundary.
        let boundary = self.dialect.boundary_absent_from(content, self.seed);
        let form = self.dialect.form(fields, &boundary, self.local_file);
        (format!("multipart/form-data; boundary={boundary}"), form.framed())
    }

    fn signature(&self, op: &Op) -> String {
        let Dialect { bound, escaping, .. } = *self.dialect;
        // What removes or moves an object is signed for one use [§5].
        let once = matches!(op, Op::Other(_));
        let fileid = if bound || once { self.path.fileid_in(escaping) } else { String::new() };
        let clear = StringToSign {
            order: self.dialect.signature,
            path: self.path,
            secret_id: &self.credentials.secret_id,
            begins: self.begins,
            ends: if once { 0 } else { self.ends },
            random: self.random,
            fileid: &fileid,
        };
        Signature::sign(&self.credentials.secret_key, &clear.to_string())
    }
}

impl Dialect {
    /// The form with these fields; `local_file` is the path of which some clients send a part.
    ///
    /// Fields that the dialect does not know come last.
    pub fn form(&self, fields: &Fields, boundary: &str, local_file: &str) -> MultipartBody {
        let mut form = MultipartBody::new(boundary);
        form.set_preamble(self.preamble);
        let order = self.names(fields.op(), fields.text("sha").is_some());
        let known = order.iter().copied().filter(|name| fields.names().any(|own| own == *name));
        let others = fields.names().filter(|name| !order.contains(name));
        for name in known.chain(others) {
            form.push(self.part(fields, name, local_file));
        }
        form
    }

    /// The documented names of an operation's fields in the order in which they are sent; none if
    /// the client has no such operation [SDK §9.1].
    pub fn names(&self, op: &Op, with_sha: bool) -> &'static [&'static str] {
        let order = &self.order;
        match op {
            Op::Upload => order.upload,
            // CPython 2.7 orders a dictionary by the hashes of its keys: with two more of them the
            // others change places, too [SEED E12].
            Op::Init => order.init_with_sha.filter(|_| with_sha).unwrap_or(order.init),
            Op::Data => order.data,
            Op::List => order.list,
            Op::Finish => order.finish,
            Op::Other(_) => &[],
        }
    }

    /// Whether its client has this operation.
    pub fn speaks(&self, op: &Op) -> bool {
        !self.names(op, false).is_empty()
    }

    /// A boundary after the dialect's pattern that does not occur in `content`.
    ///
    /// A pattern without anything to vary cannot avoid a content; then its one boundary comes back.
    pub fn boundary_absent_from(&self, content: &[u8], seed: u64) -> String {
        let is_absent = |boundary: &String| memmem::find(content, boundary.as_bytes()).is_none();
        let mut boundaries =
            (0..MOST_BOUNDARIES).map(|more| self.boundary(seed.wrapping_add(more)));
        boundaries.find(is_absent).unwrap_or_else(|| self.boundary(seed))
    }

    /// A boundary after the dialect's pattern; the same for the same seed.
    pub fn boundary(&self, seed: u64) -> String {
        let letters = self.alphabet.as_bytes();
        let digits = md5_hex(format!("boundary:{seed}").as_bytes());
        // Two hex digits for each letter, as an alphabet has up to 64 letters, and over again, as a
        // pattern may be longer than the digits of an MD5.
        let mut values = digits.bytes().zip(digits.bytes().rev()).cycle();
        let letter = |pattern: char| {
            if pattern != 'x' {
                return pattern;
            }
            let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default();
            let (low, high) = values.next().unwrap_or_default();
            let value = usize::try_from(digit(high).saturating_mul(16).saturating_add(digit(low)));
            let at = value.unwrap_or_default().checked_rem(letters.len()).unwrap_or_default();
            letters.get(at).copied().map_or('x', char::from)
        };
        self.boundary.chars().map(letter).collect()
    }

    /// `uploadparts` as this client writes it: a JSON array of objects with numbers, in its order of
    /// keys [CALC §6.4].
    pub fn uploadparts(&self, parts: &[UploadPart]) -> String {
        // By hand: a JSON library writes neither Python's spaces nor the order
        // of keys of each SDK [§6.4].
        let (colon, comma) = if self.json.spaced { (": ", ", ") } else { (":", ",") };
        let part = |part: &UploadPart| {
            let value = |key| match key {
                "offset" => part.offset.to_string(),
                "datalen" => part.datalen.to_string(),
                _ => format!("\"{}\"", part.datasha),
            };
            let pair = |key| format!("\"{key}\"{colon}{}", value(key));
            format!("{{{}}}", self.json.keys.map(pair).join(comma))
        };
        format!("[{}]", parts.iter().map(part).collect::<Vec<_>>().join(comma))
    }

    /// The word that it sends for an operation [SDK §9.1].
    pub fn word<'a>(&self, op: &'a Op) -> &'a str {
        // The predecessor API had one word for opening an upload and for its slices [V1].
        let sliced = matches!(op, Op::Init | Op::Data);
        self.sliced_op.filter(|_| sliced).unwrap_or(op.as_str())
    }

    fn part(&self, fields: &Fields, name: &str, local_file: &str) -> Part {
        let op = fields.op();
        let (style, content) = match name {
            "op" => (&self.text, Bytes::copy_from_slice(self.word(op).as_bytes())),
            "filecontent" => {
                // Some SDKs name the file in the one and not in the other, or by
                // its path in one alone [§9.1].
                let style = if *op == Op::Upload { &self.file } else { &self.slice };
                (style, fields.content().cloned().unwrap_or_default())
            }
            _ => {
                let text = fields.text(name).unwrap_or_default();
                (&self.text, Bytes::copy_from_slice(text.as_bytes()))
            }
        };
        let renamed = self.renamed.iter().find(|(of, known, _)| of == op && *known == name);
        let name = renamed.map_or(name, |(_, _, own)| own);
        style.part(name, content, local_file)
    }
}

impl PartStyle {
    fn part(&self, name: &str, content: Bytes, local_file: &str) -> Part {
        let length = content.len();
        let mut part = Part::new(name, content);
        part = match self.filename {
            Filename::Absent => part,
            Filename::Field => part.with_filename(name),
            Filename::Fixed(word) => part.with_filename(word),
            Filename::Base => {
                part.with_filename(local_file.rsplit('/').next().unwrap_or(local_file))
            }
            Filename::Path => part.with_filename(local_file),
        };
        for (header, value) in self.headers {
            part = part.with_header(header, *value);
        }
        if self.content_length {
            part = part.with_header("Content-Length", length.to_string());
        }
        part
    }
}
