use std::ops::Range;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::{BufMut, Bytes, BytesMut};

use super::framed::Framed;

mod part;
mod reader;

pub use part::{Part, boundary_parameter, boundary_parameters};
use reader::{Reader, delimiter_starts};

/// A `multipart/form-data` body (RFC 7578, RFC 2046 §5.1), written byte for byte or read with places.
///
/// Reading never stops at the first defect and never fails: [`MultipartBody::defects`] lists what is
/// wrong, and the parts are what a lenient receiver can still make of the body. Spans are byte
/// offsets into the body.
///
/// ```
/// use slicecheck::protocol::MultipartBody;
///
/// let form = MultipartBody::new("B").with("op", "upload_slice_list");
/// let body = form.encode();
/// assert_eq!(
///     body,
///     "--B\r\nContent-Disposition: form-data; name=\"op\"\r\n\r\nupload_slice_list\r\n--B--\r\n"
/// );
/// assert_eq!(MultipartBody::read("B", &body).value("op").unwrap(), "upload_slice_list");
/// ```
#[derive(Clone, Debug)]
pub struct MultipartBody {
    boundary: String,
    preamble: Bytes,
    parts: Vec<Part>,
    epilogue: Option<Bytes>,
    defects: Vec<FormDefect>,
}

/// Something in a form body that its specifications forbid, or that is worth a note.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FormDefect {
    /// What it is.
    pub kind: FormDefectKind,
    /// Where it is, in bytes of the body.
    pub span: Range<usize>,
}

/// The kinds of [`FormDefect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FormDefectKind {
    /// No delimiter line of the header's boundary anywhere (RFC 2046 §5.1.1).
    NoDelimiter,
    /// A line that opens a part with another boundary than the header's.
    ForeignDelimiter,
    /// No closing delimiter `--boundary--`.
    NoClosingDelimiter,
    /// A delimiter or part header line that ends in LF without CR.
    BareLineFeed,
    /// No empty line between the part's headers and its content.
    NoBlankLine,
    /// A part header that is not `name: value`.
    MalformedHeader,
    /// A part without `Content-Disposition` (RFC 7578 §4.2).
    NoDisposition,
    /// A disposition other than `form-data` (RFC 7578 §4.2).
    NotFormData,
    /// A disposition without `name` (RFC 7578 §4.2).
    NoName,
    /// A parameter of the disposition that does not stand from quote to quote.
    UnquotedParameter,
    /// A parameter of the disposition that comes twice (RFC 2183 §2).
    RepeatedParameter,
    /// A quote in a parameter of the disposition that neither begins nor ends it, or is missing at its end
    /// (RFC 2045 §5.1).
    StrayQuote,
    /// A line that ends within the quotes of a parameter.
    LineEndInQuotes,
    /// A part header that goes on in a second line (RFC 5322 §2.2.3).
    FoldedHeader,
    /// `filename*`, which RFC 7578 §4.2 does not allow in forms.
    ExtendedFilename,
    /// A line end before the first delimiter.
    LineEndPreamble,
    /// Text before the first delimiter.
    TextPreamble,
    /// Bytes after the closing delimiter, other than one line end.
    Epilogue,
    /// More parts, or defects, than anybody has a use for; the rest is not kept.
    TooMany,
}

impl FormDefectKind {
    /// Whether readers can still agree on what the parts are.
    pub(crate) fn leaves_parts_clear(self) -> bool {
        matches!(
            self,
            // All of these are before or after the parts, or in one header
            // that each reader understands.
            Self::LineEndPreamble
                | Self::UnquotedParameter
                | Self::ExtendedFilename
                | Self::Epilogue
        )
    }
}

/// How the independent decoder `multer` understands a part; see [`MultipartBody::read_with_multer`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecondReading {
    /// The part's name, if it has one.
    pub name: Option<String>,
    /// Whether its content is, byte for byte, that of the part of ours with the same number.
    pub same_content: bool,
}

/// How many parts, headers of a part and defects of a form are kept.
pub(super) const MOST: usize = 1000;

/// How many bytes of a body `multer` gets at once: few, as it copies them, but so that the pieces are
/// not many, as it begins its search for the end of a preamble or a header again with each of them.
fn piece_length(body: &[u8]) -> usize {
    const SMALLEST: usize = 64 << 10;
    const MOST_PIECES: usize = 64;
    body.len().div_ceil(MOST_PIECES).max(SMALLEST)
}

impl MultipartBody {
    /// An empty form with this boundary.
    pub fn new(boundary: impl Into<String>) -> Self {
        Self {
            boundary: boundary.into(),
            preamble: Bytes::new(),
            parts: Vec::new(),
            // Published lengths are those of bodies with a line end after the
            // closing delimiter [CALC §7.4].
            epilogue: Some(Bytes::from_static(b"\r\n")),
            defects: Vec::new(),
        }
    }

    /// This form and one more field at its end.
    #[must_use]
    pub fn with(mut self, name: &str, content: impl Into<Bytes>) -> Self {
        self.push(Part::new(name, content));
        self
    }

    /// Takes all bytes from another place, by their places in the body.
    pub(super) fn rebase(&mut self, body: impl Fn(Range<usize>) -> Option<Bytes>) {
        for part in &mut self.parts {
            part.content = body(part.content_span()).unwrap_or_default();
        }
        // Copies, as slices would keep all bytes of the body that they are slices of.
        self.preamble = Bytes::copy_from_slice(&self.preamble);
        self.epilogue = self.epilogue.as_deref().map(Bytes::copy_from_slice);
    }

    /// Adds a part at the end.
    pub fn push(&mut self, part: Part) {
        self.parts.push(part);
    }

    /// Replaces the content of the first field of this exact name; `None` if there is none.
    pub fn set(&mut self, name: &str, content: impl Into<Bytes>) -> Option<()> {
        self.part_mut(name)?.content = content.into();
        Some(())
    }

    /// Renames the first field of this exact name; `None` if there is none.
    pub fn rename(&mut self, name: &str, new: &str) -> Option<()> {
        let part = self.part_mut(name)?;
        *part = Part::new(new, part.content.clone());
        Some(())
    }

    /// Removes every field of this exact name; `None` if there is none.
    pub fn remove(&mut self, name: &str) -> Option<()> {
        let before = self.parts.len();
        self.parts.retain(|part| part.name() != Some(name));
        (self.parts.len() < before).then_some(())
    }

    /// Replaces the bytes before the first delimiter (RFC 2046 §5.1.1, `preamble`).
    pub fn set_preamble(&mut self, preamble: impl Into<Bytes>) {
        self.preamble = preamble.into();
    }

    /// Replaces what follows the closing delimiter; `None` leaves that delimiter out.
    pub fn set_epilogue(&mut self, epilogue: Option<Bytes>) {
        self.epilogue = epilogue;
    }

    /// Changes the first part of this exact name; `None` if there is none.
    pub fn part_mut(&mut self, name: &str) -> Option<&mut Part> {
        self.parts.iter_mut().find(|part| part.name() == Some(name))
    }

    /// The body as it goes on the wire (RFC 2046 §5.1.1), in one piece.
    pub fn encode(&self) -> Bytes {
        self.framed().to_bytes()
    }

    /// The body as it goes on the wire; the content of the longest part is not copied.
    pub fn framed(&self) -> Framed {
        // The longest is the content; all other parts are a few hundred bytes.
        let longest = self.parts.iter().enumerate().max_by_key(|(_, part)| part.content.len());
        let (before, content, after) = match longest {
            Some((at, part)) => {
                let (before, rest) = self.parts.split_at_checked(at).unwrap_or_default();
                (before, part.content.clone(), rest.get(1..).unwrap_or_default())
            }
            None => Default::default(),
        };
        let mut head = BytesMut::from(self.preamble.as_ref());
        self.put_parts(&mut head, before);
        let mut tail = BytesMut::new();
        if let Some((_, part)) = longest {
            self.put_head(&mut head, part);
            tail.put_slice(b"\r\n");
        }
        self.put_parts(&mut tail, after);
        if let Some(epilogue) = &self.epilogue {
            self.put_delimiter(&mut tail);
            tail.put_slice(b"--");
            tail.put_slice(epilogue);
        }
        Framed { head: head.freeze(), content, tail: tail.freeze() }
    }

    fn put_parts(&self, body: &mut BytesMut, parts: &[Part]) {
        for part in parts {
            self.put_head(body, part);
            body.put_slice(&part.content);
            body.put_slice(b"\r\n");
        }
    }

    fn put_head(&self, body: &mut BytesMut, part: &Part) {
        self.put_delimiter(body);
        body.put_slice(b"\r\n");
        for (name, value) in &part.headers {
            body.put_slice(name.as_bytes());
            body.put_slice(b": ");
            body.put_slice(value.as_bytes());
            body.put_slice(b"\r\n");
        }
        body.put_slice(b"\r\n");
    }

    fn put_delimiter(&self, body: &mut BytesMut) {
        body.put_slice(b"--");
        body.put_slice(self.boundary.as_bytes());
    }

    /// Reads a body whose parts are separated by `boundary` (RFC 2046 §5.1.1, RFC 7578).
    pub fn read(boundary: &str, body: &Bytes) -> Self {
        let mut form = Reader { body, form: Self { epilogue: None, ..Self::new(boundary) } }.read();
        // They were found kind by kind within a part.
        form.defects.sort_by_key(|defect| defect.span.start);
        form
    }

    /// This body with another boundary in each delimiter, byte for byte the same otherwise; `None`
    /// if a line of it would then be taken for a delimiter that is none now.
    ///
    /// So bodies with boundaries made at random can be put on record, and brought back.
    ///
    /// ```
    /// use slicecheck::protocol::MultipartBody;
    ///
    /// let body = MultipartBody::new("d3a8").with("op", "upload").encode();
    /// let canonical = MultipartBody::replace_boundary("d3a8", "B", &body).unwrap();
    /// assert!(canonical.starts_with(b"--B\r\n"));
    /// assert_eq!(MultipartBody::replace_boundary("B", "d3a8", &canonical).unwrap(), body);
    /// ```
    pub fn replace_boundary(from: &str, to: &str, body: &Bytes) -> Option<Bytes> {
        let starts = delimiter_starts(from, body);
        let mut replaced = BytesMut::with_capacity(body.len());
        let mut end = 0;
        for start in &starts {
            let start = start.checked_add(2)?;
            replaced.put_slice(body.get(end..start)?);
            replaced.put_slice(to.as_bytes());
            end = start.checked_add(from.len())?;
        }
        replaced.put_slice(body.get(end..)?);
        let replaced = replaced.freeze();
        (delimiter_starts(to, &replaced).len() == starts.len()).then_some(replaced)
    }

    /// The boundary, without the dashes that introduce a delimiter (RFC 2046 §5.1.1).
    pub fn boundary(&self) -> &str {
        &self.boundary
    }

    /// The parts in order of arrival.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What is wrong or worth a note, in order of place.
    pub fn defects(&self) -> &[FormDefect] {
        &self.defects
    }

    /// The defects of one kind.
    pub fn defects_of(&self, kind: FormDefectKind) -> impl Iterator<Item = &FormDefect> {
        self.defects.iter().filter(move |defect| defect.kind == kind)
    }

    /// The content of the first part of this exact name.
    pub fn value(&self, name: &str) -> Option<&Bytes> {
        self.parts.iter().find(|part| part.name() == Some(name)).map(Part::content)
    }

    /// What the independent decoder `multer` makes of the body that this form was read from, part by
    /// part, or its complaint.
    pub fn read_with_multer(&self, body: &Bytes) -> Result<Vec<SecondReading>, multer::Error> {
        let mut pieces = (0..body.len()).step_by(piece_length(body)).map(|start| {
            let end = start.saturating_add(piece_length(body)).min(body.len());
            Ok::<_, std::io::Error>(body.slice(start..end))
        });
        // It may ask once for each piece and once for the end: more would be for ever.
        let most_waits = pieces.len().saturating_add(1);
        // A stream that is always ready is read to its end, into one buffer, before anything of it is
        // looked at. So each piece is held back until there is no more to make of those before it.
        let is_asked_for = AtomicBool::new(true);
        let stream = futures_util::stream::poll_fn(|_| {
            if is_asked_for.swap(false, Ordering::Relaxed) {
                Poll::Ready(pieces.next())
            } else {
                Poll::Pending
            }
        });
        let reading = async {
            let mut form = multer::Multipart::new(stream, &self.boundary);
            let mut parts = Vec::new();
            while let Some(mut field) = form.next_field().await? {
                let name = field.name().map(str::to_owned);
                // The pieces are compared as they come: putting them together would copy the content.
                let mut rest = self.parts.get(parts.len()).map(|part| part.content().as_ref());
                while let Some(piece) = field.chunk().await? {
                    rest = rest.and_then(|rest| rest.strip_prefix(piece.as_ref()));
                }
                parts.push(SecondReading { name, same_content: rest == Some(&[]) });
            }
            Ok(parts)
        };
        let mut reading = pin!(reading);
        let mut context = Context::from_waker(Waker::noop());
        let read = (0..=most_waits).find_map(|_| match reading.as_mut().poll(&mut context) {
            Poll::Ready(read) => Some(read),
            Poll::Pending => {
                is_asked_for.store(true, Ordering::Relaxed);
                None
            }
        });
        read.expect("a reader waits for nothing but more of the body")
    }
}
