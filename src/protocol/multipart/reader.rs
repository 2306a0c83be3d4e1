use std::ops::Range;

use bytes::Bytes;
use memchr::memmem;

use super::part::{Disposition, Part};
use super::{FormDefect, FormDefectKind, MOST, MultipartBody};
use crate::protocol::head::is_token_byte;

pub(super) struct Reader<'a> {
    pub(super) body: &'a Bytes,
    pub(super) form: MultipartBody,
}

/// A delimiter line: where it starts, its line end before, and where the next line starts.
struct Delimiter {
    /// Start of the dashes.
    start: usize,
    /// End of the content before it, that is the start of the line end that belongs to it.
    content_end: usize,
    /// First byte after the delimiter line.
    next: usize,
    closing: bool,
    bare: bool,
}

impl Reader<'_> {
    pub(super) fn read(mut self) -> MultipartBody {
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
                // What follows is no part, even if it reads like one (RFC 2046 §5.1.1).
                self.close(&delimiter);
                return self.form;
            }
            match delimiters.peek() {
                Some(next) => self.part(&delimiter, next.content_end, next.start),
                // Two community clients send no closing delimiter [SEED E3]:
                // the last part has the rest.
                None => self.part(&delimiter, self.body.len(), self.body.len()),
            }
        }
        let end = self.body.len();
        // The end may be among what is not kept.
        if self.form.parts.len() >= MOST {
            return self.too_many(end);
        }
        self.defect(FormDefectKind::NoClosingDelimiter, end.saturating_sub(16)..end);
        self.form
    }

    fn delimiters(&self) -> Vec<Delimiter> {
        // One search for the dashes with the boundary, which are rare, and
        // then a look around each place.
        let dashed = format!("--{}", self.form.boundary);
        memmem::find_iter(self.body, dashed.as_bytes())
            .filter_map(|start| self.delimiter(start, start.checked_add(dashed.len())?))
            // Beyond these, bodies made of delimiters would take more memory than bytes.
            .take(MOST)
            .collect()
    }

    /// The delimiter at `start`, if it stands on a line of its own.
    fn delimiter(&self, start: usize, end: usize) -> Option<Delimiter> {
        let before = self.body.get(..start)?;
        let (content_end, bare_before) = match before {
            // The dashes begin a line, or the whole body, as no preamble has to
            // be there (RFC 2046 §5.1.1).
            [] => (start, false),
            [.., b'\r', b'\n'] => (start.checked_sub(2)?, false),
            [.., b'\n'] => (start.checked_sub(1)?, true),
            _ => return None,
        };
        let rest = self.body.get(end..)?;
        let closing = rest.starts_with(b"--");
        let dashes = if closing { 2 } else { 0 };
        let tail = rest.get(dashes..)?;
        // What comes after it on its line is for the epilogue to tell.
        if closing {
            let next = end.checked_add(dashes)?;
            return Some(Delimiter { start, content_end, next, closing, bare: bare_before });
        }
        // White space after a delimiter is transport padding (RFC 2046 §5.1.1).
        let padding = tail.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let (line_end, bare_after) = match tail.get(padding..)? {
            [b'\r', b'\n', ..] => (2, false),
            [b'\n', ..] => (1, true),
            // The body breaks off after the delimiter: a part without anything in it.
            [] => (0, false),
            _ => return None,
        };
        let next = end.checked_add(padding)?.checked_add(line_end)?;
        Some(Delimiter { start, content_end, next, closing, bare: bare_before || bare_after })
    }

    fn too_many(mut self, end: usize) -> MultipartBody {
        let start = self.form.parts.last().map_or(0, |part| part.span.start);
        self.defect(FormDefectKind::TooMany, start..end);
        self.form
    }

    fn judge_preamble(&mut self, end: usize) {
        let preamble = self.form.preamble.clone();
        // A part in front of the first delimiter has another boundary than the header's [SEED E2].
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
        // White space after a delimiter is transport padding (RFC 2046 §5.1.1).
        let padding = epilogue.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let kind = match epilogue.get(padding..).unwrap_or_default() {
            b"" | b"\r\n" => None,
            b"\n" => Some(FormDefectKind::BareLineFeed),
            _ => Some(FormDefectKind::Epilogue),
        };
        if let Some(kind) = kind {
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
        // Nothing closes the form: a line end after a text is not part of it. A file may end so.
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
            if let Some((name, value)) = part.headers.last_mut()
                && let Some((kind, joint)) = goes_on(kept, value)
            {
                value.push_str(joint);
                value.push_str(String::from_utf8_lossy(kept).trim_ascii_start());
                if name.eq_ignore_ascii_case("content-disposition") {
                    part.disposition = Disposition::read(value);
                }
                self.defect(kind, at..next);
                at = next;
                continue;
            }
            let Some((name, value)) = header(kept) else {
                // Most likely the value itself: the empty line before it was left out.
                let kind = if part.headers.is_empty() {
                    FormDefectKind::MalformedHeader
                } else {
                    FormDefectKind::NoBlankLine
                };
                self.defect(kind, at..next);
                return at;
            };
            if part.headers.len() == MOST {
                self.defect(FormDefectKind::TooMany, at..next);
                return at;
            }
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
        if part.disposition.repeats_parameter() {
            self.defect(FormDefectKind::RepeatedParameter, place.clone());
        }
        if part.disposition.stray_quote {
            // Where values begin and end is a guess then: nothing more is said of quotes.
            return self.defect(FormDefectKind::StrayQuote, place);
        }
        // Other parameters are tokens by definition, such as the size (RFC 2183 §2.7).
        let named = |name: &str| ["name", "filename"].contains(&name);
        let unquoted = |(name, _, quoted): &(String, String, bool)| !quoted && named(name);
        if part.disposition.parameters.iter().any(unquoted) {
            self.defect(FormDefectKind::UnquotedParameter, place);
        }
    }

    /// A text field that swallowed the next part shows that part's own delimiter, in the line before
    /// its header.
    fn judge_content(&mut self, part: &Part) {
        let is_file = part.name().is_some_and(|name| name.eq_ignore_ascii_case("filecontent"));
        // A file may have whole forms in it.
        if is_file {
            return;
        }
        if let Some(at) = memmem::find(&part.content, b"\nContent-Disposition: form-data") {
            let before = part.content.get(..at).unwrap_or_default();
            let line = memchr::memrchr(b'\n', before).map_or(0, |end| end.saturating_add(1));
            let start = part.content_span.start.saturating_add(line);
            self.defect(FormDefectKind::ForeignDelimiter, start..part.content_span.end);
        }
    }

    fn defect(&mut self, kind: FormDefectKind, span: Range<usize>) {
        match self.form.defects.len() {
            ..MOST => self.form.defects.push(FormDefect { kind, span }),
            MOST => self.form.defects.push(FormDefect { kind: FormDefectKind::TooMany, span }),
            _ => {}
        }
    }
}

/// Where the dashes of each delimiter line stand; after a closing one there are none.
pub(super) fn delimiter_starts(boundary: &str, body: &Bytes) -> Vec<usize> {
    let reader = Reader { body, form: MultipartBody::new(boundary) };
    let mut starts = Vec::new();
    for delimiter in reader.delimiters() {
        starts.push(delimiter.start);
        if delimiter.closing {
            break;
        }
    }
    starts
}

/// Whether a line belongs to the header before it, with what is between the two in the value.
fn goes_on(line: &[u8], value: &str) -> Option<(FormDefectKind, &'static str)> {
    if matches!(line, [b' ' | b'\t', ..]) {
        return Some((FormDefectKind::FoldedHeader, " "));
    }
    // Only a line that closes the quotes goes on: without one the quote is stray, and
    // the line is something else.
    let quotes = value.replace("\\\"", "").matches('"').count();
    let is_open = !quotes.is_multiple_of(2) && header(line).is_none() && line.contains(&b'"');
    is_open.then_some((FormDefectKind::LineEndInQuotes, "\r\n"))
}

/// `name: value` with a token for a name.
fn header(line: &[u8]) -> Option<(String, String)> {
    let colon = memchr::memchr(b':', line)?;
    let name = line.get(..colon)?;
    if name.is_empty() || !name.iter().all(|byte| is_token_byte(*byte)) {
        return None;
    }
    let value = line.get(colon.checked_add(1)?..)?.trim_ascii();
    Some((String::from_utf8_lossy(name).into_owned(), String::from_utf8_lossy(value).into_owned()))
}
