//! Replies read from a socket as RFC 9112 has it, and what there was to see of how each came.

use bytes::{Bytes, BytesMut};
use slicecheck::protocol::{ChunkedBody, Delivery, Head, HeadForm, Response};
use tokio::io::{AsyncRead, AsyncReadExt};

/// More than any head or body that these scenarios have.
const ROOM: usize = 64 << 10;

/// A reply that came whole.
pub(super) struct Reply {
    pub(super) response: Response,
    /// Whether no other request can follow it.
    pub(super) ends_connection: bool,
    /// How many 1xx came before it.
    interims: usize,
    /// How many bytes came with each read.
    reads: Vec<usize>,
}

/// The next reply; `None` if the connection ends before it does, or so many reads do not bring all of it.
pub(super) async fn hear(
    stream: &mut (impl AsyncRead + Unpin),
    most_reads: usize,
) -> Option<Reply> {
    let mut bytes = BytesMut::with_capacity(ROOM);
    let mut reads = Vec::new();
    loop {
        // What came at once is read at once.
        bytes.reserve(ROOM);
        // A connection that is reset has ended, too, but not as it should.
        let length = stream.read_buf(&mut bytes).await.ok()?;
        reads.push(length);
        let (interims, begins) = final_reply(&bytes);
        let came = Bytes::copy_from_slice(&bytes[begins..]);
        if let Some((length, ends_connection)) = length_of(&came, length == 0) {
            let response = Response::new(came.slice(..length));
            let ends_connection = ends_connection || came.len() > length;
            return Some(Reply { response, ends_connection, interims, reads });
        }
        if length == 0 || reads.len() >= most_reads {
            return None;
        }
    }
}

/// How many replies of status 1xx come first, and where they end.
fn final_reply(bytes: &[u8]) -> (usize, usize) {
    let (mut interims, mut begins) = (0, 0);
    while bytes[begins..].starts_with(b"HTTP/1.1 1") {
        let Some(end) = memchr::memmem::find(&bytes[begins..], b"\r\n\r\n") else { break };
        interims += 1;
        begins += end + 4;
    }
    (interims, begins)
}

/// The length of a reply that is complete, and whether its connection ends with it (RFC 9112 §6.3, §9.3).
fn length_of(came: &Bytes, ended: bool) -> Option<(usize, bool)> {
    let head = Head::read(came);
    let line = String::from_utf8_lossy(&came[head.start_line.clone()]).into_owned();
    if !head.complete || !line.starts_with("HTTP/1.") {
        return None;
    }
    let closes = head.has_token("connection", "close") || line.starts_with("HTTP/1.0");
    let body = &came[head.end..];
    if line.contains(" 204") || line.contains(" 304") {
        return Some((head.end, closes));
    }
    if head.has_token("transfer-encoding", "chunked") {
        let mut chunks = ChunkedBody::default();
        let is_complete = chunks.advance(body).ok()?;
        return is_complete.then(|| (head.end + chunks.consumed(), closes));
    }
    match head.get("content-length") {
        Some(length) => {
            let length = length.parse::<usize>().ok()?;
            (body.len() >= length).then_some((head.end + length, closes))
        }
        None => ended.then_some((came.len(), true)),
    }
}

impl Reply {
    /// One that came before all of its request was sent: no other request can follow that.
    pub(super) fn before_the_end(self) -> Self {
        Self { ends_connection: true, ..self }
    }

    /// The way in which it came, as far as a client can tell.
    pub(super) fn delivery(&self) -> Delivery {
        let head = self.response.head();
        match self.interims {
            0 => {}
            1 => return Delivery::Interim,
            _ => return Delivery::Interims,
        }
        if self.reads[0] < head.start_line.end {
            return Delivery::Segmented;
        }
        if self.reads.len() > 3 {
            return Delivery::Dribbled;
        }
        if let Some(coding) = head.get("transfer-encoding") {
            return match memchr::memmem::find(self.response.raw(), b"\r\nServer-Timing: ") {
                Some(_) => Delivery::ChunkedTrailers,
                None if coding == "Chunked" => Delivery::ChunkedCase,
                None => Delivery::Chunked,
            };
        }
        if head.get("content-length").is_none() && self.response.status() != 204 {
            return Delivery::UntilClose;
        }
        self.form().map_or(Delivery::Whole, Delivery::Head)
    }

    fn form(&self) -> Option<HeadForm> {
        let head = self.response.head();
        let line = String::from_utf8_lossy(&self.response.raw()[head.start_line.clone()]);
        let is = |name: &str, value: &str| head.get(name) == Some(value);
        let length = head.all("content-length").next();
        let name = length.map_or("Content-Length", |field| field.name.as_str());
        let spaces = memchr::memmem::find(self.response.raw(), b"Length: \t ").is_some();
        let zeros = length.is_some_and(|field| field.value.starts_with('0') && field.value != "0");
        [
            (line.starts_with("HTTP/1.0"), HeadForm::Http10),
            (line.ends_with(' '), HeadForm::NoReason),
            (name == "content-length", HeadForm::LowerCase),
            (name == "cOnTeNt-lEnGtH", HeadForm::MixedCase),
            (spaces, HeadForm::WhiteSpace),
            (zeros, HeadForm::Zeros),
            (head.fields.len() > 40, HeadForm::ManyFields),
            (is("connection", "CLOSE"), HeadForm::Close),
            (is("connection", "Keep-Alive"), HeadForm::KeepAlive),
            (head.get("content-type").is_none(), HeadForm::Untyped),
            (is("content-type", "text/html"), HeadForm::Html),
        ]
        .into_iter()
        .find_map(|(matches, form)| matches.then_some(form))
    }
}
