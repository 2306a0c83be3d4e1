mod scan;

use bytes::{Buf, Bytes, BytesMut};

use super::body::BodyFraming;
use super::chunked::ChunkedBody;
use super::multipart::boundary_parameter;
use super::request::Request;
use scan::{begins_request, empty_lines, end_of_head};

/// Requests of at most this many bytes are copied out of the buffer.
const COPIED: usize = 256 << 10;

/// An incremental reader of the requests of one connection (RFC 9112 §2.2, §6.3), without input or
/// output.
///
/// Bytes are appended to [`RequestReader::buffer`] as they come, in whatever pieces, and
/// [`RequestReader::advance`] tells what they make. Requests do not depend on the pieces, and no body
/// is looked at twice.
///
/// ```
/// use slicecheck::protocol::{RequestReader, Step};
///
/// let mut reader = RequestReader::default();
/// reader.buffer.extend_from_slice(b"GET / HT");
/// assert!(matches!(reader.advance(), Step::Unfinished));
/// reader.buffer.extend_from_slice(b"TP/1.1\r\n\r\n");
/// assert!(matches!(reader.advance(), Step::Head { .. }));
/// assert!(matches!(reader.advance(), Step::Request(request, _) if request.method() == "GET"));
/// assert!(matches!(reader.advance(), Step::Idle));
/// ```
#[derive(Debug)]
pub struct RequestReader {
    /// The bytes that have come and belong to no request yet. Only ever append to it.
    pub buffer: BytesMut,
    empty_lines: BytesMut,
    largest: LargestRequest,
    /// Whether no request was read yet.
    first: bool,
    state: State,
}

/// How much of a request is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LargestRequest {
    /// The bytes of the head, with the empty line.
    pub head: usize,
    /// The bytes of the body, with its transfer coding.
    pub body: usize,
}

/// What the bytes that have come make.
#[derive(Debug)]
pub enum Step {
    /// Nothing: more bytes are awaited, and need not come.
    Idle,
    /// The beginning of a request, or of something else: more bytes are needed to tell.
    Unclear,
    /// Bytes that begin no request; they stay in the buffer.
    Excess,
    /// The beginning of a request: more bytes are needed.
    Unfinished,
    /// The head of a request, told once, before the request itself.
    Head {
        /// The head as a request without its body.
        head: Box<Request>,
        /// Whether a body is to come of which there is nothing yet.
        awaits_body: bool,
    },
    /// A request, or all that is read of it.
    Request(Box<Request>, RequestEnd),
}

/// How the reading of a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestEnd {
    /// All of it is there.
    Whole,
    /// Its head is longer than what is read.
    LongHead,
    /// Its body is longer than what is read.
    LongBody,
    /// Where its body ends cannot be told.
    Unframed,
}

#[derive(Debug)]
enum State {
    /// Between two requests.
    Between,
    /// Something has begun after a request.
    Begun,
    /// In the head; what is known of its lines so far.
    Head { scanned: usize },
    /// Behind the head, which has this length.
    Body { head_length: usize, ends: BodyEnds, last_bytes: Option<LastBytes> },
}

/// Where a body ends.
#[derive(Debug)]
enum BodyEnds {
    /// Behind this many bytes.
    After(usize),
    /// Where its chunks say.
    Chunks(ChunkedBody),
    /// Nobody knows, or cares.
    Never(RequestEnd),
}

/// With what a client ends a body, whether or not it has announced as many bytes.
#[derive(Debug)]
enum LastBytes {
    /// The closing delimiter of its form, and perhaps line ends.
    Delimiter(Vec<u8>),
    /// A last chunk without trailers.
    LastChunk,
}

impl Default for LargestRequest {
    /// A head of 64 KiB and a body of 64 MiB.
    fn default() -> Self {
        Self { head: 64 << 10, body: 64 << 20 }
    }
}

impl Default for RequestReader {
    fn default() -> Self {
        Self::new(LargestRequest::default())
    }
}

impl RequestReader {
    /// How many bytes of empty lines are kept between two requests.
    pub const MOST_EMPTY_LINES: usize = 64 << 10;

    /// A reader at the beginning of a connection.
    pub fn new(largest: LargestRequest) -> Self {
        Self {
            buffer: BytesMut::new(),
            empty_lines: BytesMut::new(),
            largest,
            first: true,
            state: State::Between,
        }
    }

    /// What the bytes in the buffer make; to be asked until it waits for more of them. What it tells
    /// while it waits is the same until they come.
    ///
    /// Behind a request that is not whole there is no place where another could begin.
    pub fn advance(&mut self) -> Step {
        loop {
            match &mut self.state {
                State::Between => {
                    self.take_empty_lines_from_buffer();
                    // A lone CR may be half of an empty line.
                    if matches!(self.buffer.as_ref(), [] | [b'\r']) {
                        return Step::Idle;
                    }
                    // Whatever a connection begins with is judged as a request; later it may be
                    // what is left of a body that was longer than announced.
                    self.state = if self.first { State::Head { scanned: 0 } } else { State::Begun };
                }
                State::Begun => match begins_request(&self.buffer) {
                    Some(true) => self.state = State::Head { scanned: 0 },
                    Some(false) => return Step::Excess,
                    None => return Step::Unclear,
                },
                State::Head { scanned } => {
                    // Not beyond the bound, even where more has come: what is refused
                    // must not depend on the pieces.
                    let end = end_of_head(up_to(&self.buffer, self.largest.head), scanned);
                    return match end {
                        Some(length) => self.head(length),
                        None if self.buffer.len() > self.largest.head => {
                            self.request(self.buffer.len(), RequestEnd::LongHead)
                        }
                        None => Step::Unfinished,
                    };
                }
                State::Body { head_length, ends, .. } => {
                    let body = self.buffer.get(*head_length..).unwrap_or_default();
                    return match ends.advance(body, self.largest.body) {
                        Some((length, RequestEnd::Whole)) => {
                            let length = head_length.saturating_add(length);
                            self.request(length, RequestEnd::Whole)
                        }
                        // Its end is not known: no other request can begin in what has come.
                        Some((_, end)) => self.request(self.buffer.len(), end),
                        None => Step::Unfinished,
                    };
                }
            }
        }
    }

    fn head(&mut self, length: usize) -> Step {
        // A copy: it is told before the body is there, and the buffer goes on growing.
        let head = Request::new(Bytes::copy_from_slice(up_to(&self.buffer, length)));
        let ends = BodyEnds::of(head.framing(), self.largest.body);
        let awaits_body = self.buffer.len() == length && !ends.is_empty();
        let last_bytes = LastBytes::of(&head);
        self.state = State::Body { head_length: length, ends, last_bytes };
        Step::Head { head: Box::new(head), awaits_body }
    }

    fn request(&mut self, length: usize, end: RequestEnd) -> Step {
        let request = self.take(length);
        Step::Request(Box::new(request), end)
    }

    fn take(&mut self, length: usize) -> Request {
        (self.state, self.first) = (State::Between, false);
        let length = length.min(self.buffer.len());
        if length > COPIED {
            return Request::new(self.buffer.split_to(length).freeze());
        }
        // With the buffer, a short request would keep all the room that was made for longer ones.
        let raw = Bytes::copy_from_slice(up_to(&self.buffer, length));
        self.buffer.advance(length);
        Request::new(raw)
    }

    /// All that there is of a request of which no more will come.
    pub fn take_unfinished(&mut self) -> Request {
        self.take(self.buffer.len())
    }

    /// Whether the body that is being received has come to what looks like its end, whatever length
    /// was announced: a client that has sent this much waits for an answer.
    pub fn body_looks_ended(&self) -> bool {
        match &self.state {
            State::Body { last_bytes: Some(last), .. } => last.end(&self.buffer),
            _ => false,
        }
    }

    /// The line ends that came before what was read last; they are kept up to
    /// [`RequestReader::MOST_EMPTY_LINES`].
    pub fn take_empty_lines(&mut self) -> BytesMut {
        std::mem::take(&mut self.empty_lines)
    }

    fn take_empty_lines_from_buffer(&mut self) {
        let lines = self.buffer.split_to(empty_lines(&self.buffer));
        let room = Self::MOST_EMPTY_LINES.saturating_sub(self.empty_lines.len());
        self.empty_lines.extend_from_slice(up_to(&lines, room));
    }

    /// How many of the bytes after a request begin no other: its line ends, or all of them.
    pub fn excess(bytes: &[u8]) -> usize {
        let lines = empty_lines(bytes);
        match begins_request(bytes.get(lines..).unwrap_or_default()) {
            Some(true) => lines,
            Some(false) | None => bytes.len(),
        }
    }
}

impl BodyEnds {
    fn of(framing: &BodyFraming, largest: usize) -> Self {
        match framing {
            BodyFraming::None => Self::After(0),
            BodyFraming::Sized { length, .. } => match usize::try_from(*length) {
                Ok(length) if length <= largest => Self::After(length),
                // Told at the head: nobody waits for a body that is not going to be read.
                Ok(_) | Err(_) => Self::Never(RequestEnd::LongBody),
            },
            BodyFraming::Chunked { .. } => Self::Chunks(ChunkedBody::default()),
            BodyFraming::BadLength(_) | BodyFraming::BrokenChunks(_) => {
                Self::Never(RequestEnd::Unframed)
            }
        }
    }

    /// Whether there is nothing to wait for.
    fn is_empty(&self) -> bool {
        matches!(self, Self::After(0) | Self::Never(_))
    }

    /// How many bytes the body has, and why it has no more; `None` if more have to come.
    fn advance(&mut self, body: &[u8], largest: usize) -> Option<(usize, RequestEnd)> {
        match self {
            Self::After(length) => (body.len() >= *length).then_some((*length, RequestEnd::Whole)),
            Self::Never(end) => Some((body.len(), *end)),
            // What is beyond the bound is not looked at: it may have come, or not.
            Self::Chunks(chunks) => match chunks.advance(up_to(body, largest)) {
                Ok(true) => Some((chunks.consumed(), RequestEnd::Whole)),
                Ok(false) if body.len() > largest => Some((body.len(), RequestEnd::LongBody)),
                Ok(false) => None,
                Err(_) => Some((body.len(), RequestEnd::Unframed)),
            },
        }
    }
}

impl LastBytes {
    fn of(head: &Request) -> Option<Self> {
        if matches!(head.framing(), BodyFraming::Chunked { .. }) {
            // Sizes of chunks may be wrong as a Content-Length may: decimal ones, for example.
            return Some(Self::LastChunk);
        }
        let (boundary, _) = head.head().get("content-type").and_then(boundary_parameter)?;
        Some(Self::Delimiter(format!("--{boundary}--").into_bytes()))
    }

    fn end(&self, bytes: &[u8]) -> bool {
        const LINE_ENDS: usize = 8;
        match self {
            Self::Delimiter(end) => {
                // Only the last bytes are looked at, as this is asked after every read.
                let longest = end.len().saturating_add(LINE_ENDS);
                let start = bytes.len().saturating_sub(longest);
                let tail = bytes.get(start..).unwrap_or_default();
                tail.trim_ascii_end().ends_with(end)
            }
            // Without its trailers, which hardly any client sends.
            Self::LastChunk => bytes.ends_with(b"\r\n0\r\n\r\n"),
        }
    }
}

/// The first bytes, at most this many.
fn up_to(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or(bytes)
}
