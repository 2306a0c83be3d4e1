use std::ops::Range;

use bytes::{Bytes, BytesMut};
use memchr::memmem;

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

/// One part: a field of the form.
#[derive(Clone, Debug)]
pub struct Part {
    headers: Vec<(String, String)>,
    content: Bytes,
    span: Range<usize>,
    content_span: Range<usize>,
    disposition: Disposition,
}

#[derive(Clone, Debug, Default)]
struct Disposition {
    kind: String,
    parameters: Vec<(String, String, bool)>,
}

/// Something in a form body that its specifications forbid, or that is worth a note.
#[derive(Clone, Debug)]
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
    /// `filename*`, which RFC 7578 §4.2 does not allow in forms.
    ExtendedFilename,
    /// A line end before the first delimiter.
    LineEndPreamble,
    /// Text before the first delimiter.
    TextPreamble,
    /// Bytes behind the closing delimiter, other than one line end.
    Epilogue,
}

impl MultipartBody {
    /// An empty form with this boundary.
    pub fn new(boundary: impl Into<String>) -> Self {
        Self {
            boundary: boundary.into(),
            preamble: Bytes::new(),
            parts: Vec::new(),
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

    /// Replaces the bytes before the first delimiter.
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

    /// The body as it goes on the wire.
    pub fn encode(&self) -> Bytes {
        let content: usize = self.parts.iter().map(|part| part.content.len()).sum();
        let mut body = BytesMut::with_capacity(content.saturating_add(1024));
        body.extend_from_slice(&self.preamble);
        for part in &self.parts {
            body.extend_from_slice(b"--");
            body.extend_from_slice(self.boundary.as_bytes());
            body.extend_from_slice(b"\r\n");
            for (name, value) in &part.headers {
                body.extend_from_slice(name.as_bytes());
                body.extend_from_slice(b": ");
                body.extend_from_slice(value.as_bytes());
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(b"\r\n");
            body.extend_from_slice(&part.content);
            body.extend_from_slice(b"\r\n");
        }
        if let Some(epilogue) = &self.epilogue {
            body.extend_from_slice(b"--");
            body.extend_from_slice(self.boundary.as_bytes());
            body.extend_from_slice(b"--");
            body.extend_from_slice(epilogue);
        }
        body.freeze()
    }

    /// Reads a body whose parts are separated by `boundary`.
    pub fn read(boundary: &str, body: &Bytes) -> Self {
        let mut form = Reader { body, form: Self { epilogue: None, ..Self::new(boundary) } }.read();
        form.defects.sort_by_key(|defect| defect.span.start);
        form
    }

    /// The boundary, without the dashes that introduce a delimiter.
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

    /// What the independent decoder `multer` makes of a body: names and contents, or its complaint.
    pub fn read_with_multer(
        boundary: &str,
        body: &Bytes,
    ) -> Result<Vec<(Option<String>, Bytes)>, multer::Error> {
        use futures_util::FutureExt;
        let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(body.clone())]);
        let reading = async {
            let mut form = multer::Multipart::new(stream, boundary);
            let mut parts = Vec::new();
            while let Some(field) = form.next_field().await? {
                let name = field.name().map(str::to_owned);
                parts.push((name, field.bytes().await?));
            }
            Ok(parts)
        };
        reading.now_or_never().expect("an in-memory stream is always ready")
    }
}

impl Part {
    /// A field with nothing but a `Content-Disposition`.
    pub fn new(name: &str, content: impl Into<Bytes>) -> Self {
        let mut part = Self {
            headers: Vec::new(),
            content: content.into(),
            span: 0..0,
            content_span: 0..0,
            disposition: Disposition::default(),
        };
        part.set_header("Content-Disposition", format!("form-data; name=\"{}\"", escape(name)));
        part
    }

    /// This part with a `filename`.
    #[must_use]
    pub fn with_filename(mut self, filename: &str) -> Self {
        let name = escape(self.name().unwrap_or_default());
        let value = format!("form-data; name=\"{name}\"; filename=\"{}\"", escape(filename));
        self.set_header("Content-Disposition", value);
        self
    }

    /// This part with one more header, or another value of it.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set_header(name, value.into());
        self
    }

    /// Sets a header of the part.
    pub fn set_header(&mut self, name: &str, value: String) {
        if name.eq_ignore_ascii_case("content-disposition") {
            self.disposition = Disposition::read(&value);
        }
        match self.headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => *known = value,
            None => self.headers.push((name.to_owned(), value)),
        }
    }

    /// The field name.
    pub fn name(&self) -> Option<&str> {
        self.disposition.parameter("name")
    }

    /// The file name, if the part has one.
    pub fn filename(&self) -> Option<&str> {
        self.disposition.parameter("filename")
    }

    /// The value of a header of the part, its name compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All headers of the part, in order.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The content, raw.
    pub fn content(&self) -> &Bytes {
        &self.content
    }

    /// The place of the whole part in the body it was read from, delimiter line included.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The place of the content in the body it was read from.
    pub fn content_span(&self) -> Range<usize> {
        self.content_span.clone()
    }
}

impl Disposition {
    fn read(value: &str) -> Self {
        let mut pieces = split_parameters(value).into_iter();
        let kind = pieces.next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        let parameters = pieces.filter_map(|piece| parameter(&piece)).collect();
        Self { kind, parameters }
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _, _)| known == name)
            .map(|(_, value, _)| value.as_str())
    }
}

/// The `boundary` of a `Content-Type`, and whether it was quoted.
pub fn boundary_parameter(content_type: &str) -> Option<(String, bool)> {
    split_parameters(content_type)
        .iter()
        .skip(1)
        .filter_map(|piece| parameter(piece))
        .find(|(name, _, _)| name == "boundary")
        .map(|(_, value, quoted)| (value, quoted))
}

/// Splits at semicolons outside of quotes.
fn split_parameters(value: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for character in value.chars() {
        if character == ';' && !quoted {
            pieces.push(String::new());
            continue;
        }
        quoted ^= character == '"' && !escaped;
        escaped = character == '\\' && quoted && !escaped;
        if let Some(piece) = pieces.last_mut() {
            piece.push(character);
        }
    }
    pieces
}

/// `name=value` or `name="value"`; the flag says whether it was quoted, from end to end.
fn parameter(piece: &str) -> Option<(String, String, bool)> {
    let (name, value) = piece.split_once('=')?;
    let name = name.trim_ascii().to_ascii_lowercase();
    let value = value.trim_ascii();
    let Some(open) = value.strip_prefix('"') else {
        return Some((name, value.to_owned(), false));
    };
    let inside = open.strip_suffix('"');
    let mut quoted = inside.is_some();
    let mut text = String::new();
    let mut characters = inside.unwrap_or(open).chars().peekable();
    while let Some(character) = characters.next() {
        // Only what browsers and libcurl escape; a Windows path keeps its backslashes.
        let escapes = character == '\\' && matches!(characters.peek(), Some('"' | '\\'));
        quoted &= escapes || character != '"';
        text.push(if escapes { characters.next().unwrap_or(character) } else { character });
    }
    Some((name, text, quoted))
}

fn escape(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"").replace('\r', "%0D").replace('\n', "%0A")
}

struct Reader<'a> {
    body: &'a Bytes,
    form: MultipartBody,
}

/// A delimiter line: where it starts, its line end before, and where the next line starts.
struct Delimiter {
    /// Start of the dashes.
    start: usize,
    /// End of the content before it, that is the start of the line end that belongs to it.
    content_end: usize,
    /// First byte behind the delimiter line.
    next: usize,
    closing: bool,
    bare: bool,
}

impl Reader<'_> {
    fn read(mut self) -> MultipartBody {
        let mut delimiters = self.delimiters().into_iter().peekable();
        let Some(first) = delimiters.peek() else {
            self.defect(FormDefectKind::NoDelimiter, 0..self.body.len().min(80));
            self.form.preamble = self.body.clone();
            return self.form;
        };
        self.form.preamble = self.body.slice(..first.start);
        self.judge_preamble(first.start);
        while let Some(delimiter) = delimiters.next() {
            if delimiter.bare {
                self.defect(FormDefectKind::BareLineFeed, delimiter.start..delimiter.next);
            }
            if delimiter.closing {
                self.close(&delimiter);
                return self.form;
            }
            match delimiters.peek() {
                Some(next) => self.part(&delimiter, next.content_end, next.start),
                None => self.part(&delimiter, self.body.len(), self.body.len()),
            }
        }
        let end = self.body.len();
        self.defect(FormDefectKind::NoClosingDelimiter, end.saturating_sub(16)..end);
        self.form
    }

    fn delimiters(&self) -> Vec<Delimiter> {
        let dashed = format!("--{}", self.form.boundary);
        memmem::find_iter(self.body, dashed.as_bytes())
            .filter_map(|start| self.delimiter(start, start.checked_add(dashed.len())?))
            .collect()
    }

    /// The delimiter at `start`, if it stands on a line of its own.
    fn delimiter(&self, start: usize, end: usize) -> Option<Delimiter> {
        let before = self.body.get(..start)?;
        let (content_end, bare_before) = match before {
            [] => (start, false),
            [.., b'\r', b'\n'] => (start.checked_sub(2)?, false),
            [.., b'\n'] => (start.checked_sub(1)?, true),
            _ => return None,
        };
        let rest = self.body.get(end..)?;
        let closing = rest.starts_with(b"--");
        let dashes = if closing { 2 } else { 0 };
        let tail = rest.get(dashes..)?;
        if closing {
            let next = end.checked_add(dashes)?;
            return Some(Delimiter { start, content_end, next, closing, bare: bare_before });
        }
        // Blanks behind a delimiter are transport padding (RFC 2046 §5.1.1).
        let padding = tail.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let (line_end, bare_after) = match tail.get(padding..)? {
            [b'\r', b'\n', ..] => (2, false),
            [b'\n', ..] => (1, true),
            [] => (0, false),
            _ => return None,
        };
        let next = end.checked_add(padding)?.checked_add(line_end)?;
        Some(Delimiter { start, content_end, next, closing, bare: bare_before || bare_after })
    }

    fn judge_preamble(&mut self, end: usize) {
        let preamble = self.form.preamble.clone();
        if memmem::find(&preamble, b"Content-Disposition").is_some() {
            self.defect(FormDefectKind::ForeignDelimiter, 0..end);
        } else if preamble.iter().any(|byte| !matches!(byte, b'\r' | b'\n')) {
            self.defect(FormDefectKind::TextPreamble, 0..end);
        } else if !preamble.is_empty() {
            self.defect(FormDefectKind::LineEndPreamble, 0..end);
        }
    }

    fn close(&mut self, delimiter: &Delimiter) {
        let epilogue = self.body.slice(delimiter.next..);
        if !matches!(epilogue.as_ref(), b"" | b"\r\n") {
            let kind = if epilogue.as_ref() == b"\n" {
                FormDefectKind::BareLineFeed
            } else {
                FormDefectKind::Epilogue
            };
            self.defect(kind, delimiter.next..self.body.len());
        }
        self.form.epilogue = Some(epilogue);
    }

    fn part(&mut self, delimiter: &Delimiter, content_end: usize, end: usize) {
        let mut part = Part {
            headers: Vec::new(),
            content: Bytes::new(),
            span: delimiter.start..end,
            content_span: 0..0,
            disposition: Disposition::default(),
        };
        // A part without any content leaves its one line end to the delimiter that follows.
        let head_end = end.max(delimiter.next);
        let start = self.part_headers(&mut part, delimiter.next, head_end);
        let content_end = content_end.max(start);
        let mut content_end = content_end;
        let is_file = part.name().is_some_and(|name| name.eq_ignore_ascii_case("filecontent"));
        // Nothing closes the form: a line end behind a text is not part of it. A file may end so.
        if end == self.body.len() && content_end == end && !is_file {
            let text = self.body.get(start..end).unwrap_or_default();
            let kept =
                text.strip_suffix(b"\n").map(|text| text.strip_suffix(b"\r").unwrap_or(text));
            content_end = start.saturating_add(kept.unwrap_or(text).len());
        }
        part.content_span = start..content_end;
        part.content = self.body.slice(start..content_end);
        self.judge_disposition(&part);
        self.judge_content(&part);
        self.form.parts.push(part);
    }

    /// Reads header lines from `at`; returns where the content starts.
    fn part_headers(&mut self, part: &mut Part, mut at: usize, end: usize) -> usize {
        loop {
            let rest = self.body.get(at..end).unwrap_or_default();
            let Some(length) = memchr::memchr(b'\n', rest) else {
                self.defect(FormDefectKind::NoBlankLine, at..end);
                return at;
            };
            let next = at.saturating_add(length).saturating_add(1);
            let line = rest.get(..length).unwrap_or_default();
            let kept = line.strip_suffix(b"\r").unwrap_or(line);
            if kept.len() == line.len() {
                self.defect(FormDefectKind::BareLineFeed, at..next);
            }
            if kept.is_empty() {
                return next;
            }
            let Some((name, value)) = header(kept) else {
                // Most likely the value itself: the blank line before it was left out.
                let kind = if part.headers.is_empty() {
                    FormDefectKind::MalformedHeader
                } else {
                    FormDefectKind::NoBlankLine
                };
                self.defect(kind, at..next);
                return at;
            };
            if name.eq_ignore_ascii_case("content-disposition") {
                part.disposition = Disposition::read(&value);
            }
            part.headers.push((name, value));
            at = next;
        }
    }

    fn judge_disposition(&mut self, part: &Part) {
        let place = part.span.start..part.content_span.start;
        if part.header("content-disposition").is_none() {
            return self.defect(FormDefectKind::NoDisposition, place);
        }
        if part.disposition.kind != "form-data" {
            self.defect(FormDefectKind::NotFormData, place.clone());
        }
        if part.name().is_none_or(str::is_empty) {
            self.defect(FormDefectKind::NoName, place.clone());
        }
        if part.disposition.parameter("filename*").is_some() {
            self.defect(FormDefectKind::ExtendedFilename, place.clone());
        }
        let unquoted = |(name, _, quoted): &(String, String, bool)| !quoted && name != "filename*";
        if part.disposition.parameters.iter().any(unquoted) {
            self.defect(FormDefectKind::UnquotedParameter, place);
        }
    }

    /// A text field that swallowed the next part shows that part's own delimiter.
    fn judge_content(&mut self, part: &Part) {
        let is_file = part.name().is_some_and(|name| name.eq_ignore_ascii_case("filecontent"));
        if is_file {
            return;
        }
        if let Some(at) = memmem::find(&part.content, b"\nContent-Disposition: form-data") {
            let start = part.content_span.start.saturating_add(at);
            self.defect(FormDefectKind::ForeignDelimiter, start..part.content_span.end);
        }
    }

    fn defect(&mut self, kind: FormDefectKind, span: Range<usize>) {
        self.form.defects.push(FormDefect { kind, span });
    }
}

/// `name: value` with a token for a name.
fn header(line: &[u8]) -> Option<(String, String)> {
    let colon = memchr::memchr(b':', line)?;
    let name = line.get(..colon)?;
    if name.is_empty() || !name.iter().all(|byte| super::head::is_token_byte(*byte)) {
        return None;
    }
    let value = line.get(colon.checked_add(1)?..)?.trim_ascii();
    Some((String::from_utf8_lossy(name).into_owned(), String::from_utf8_lossy(value).into_owned()))
}
