use std::ops::Range;

use bytes::Bytes;

/// The head of one HTTP/1.x message: start line and field lines, as they came, with their places.
///
/// Shape and names follow RFC 9112 §2–§5. Spans are byte offsets into the message, from its first
/// byte. Reading never fails: what is wrong is listed in [`Head::defects`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Head {
    /// The start line without its line end.
    pub start_line: Range<usize>,
    /// All field lines in order of arrival, repeats included.
    pub fields: Vec<Field>,
    /// What is not HTTP as RFC 9112 writes it.
    pub defects: Vec<HeadDefect>,
    /// Where the body begins; the length of the input if the head has no end.
    pub end: usize,
    /// Whether an empty line ends the head.
    pub complete: bool,
}

/// One field line (RFC 9112 §5).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Field {
    /// The name as sent.
    pub name: String,
    /// The value without surrounding white space; bytes that are no UTF-8 are replaced.
    pub value: String,
    /// The place of the whole line without its line end.
    pub span: Range<usize>,
    /// The place of the value.
    pub value_span: Range<usize>,
}

/// Something in a head that RFC 9112 forbids.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HeadDefect {
    /// What it is.
    pub kind: HeadDefectKind,
    /// Where it is.
    pub span: Range<usize>,
}

/// The kinds of [`HeadDefect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadDefectKind {
    /// A line ends in LF without CR.
    BareLineFeed,
    /// A CR that is not followed by LF.
    BareCarriageReturn,
    /// A field line is continued on the next line (RFC 9112 §5.2).
    FoldedLine,
    /// A field line has no colon, or an empty or impossible name (RFC 9112 §5).
    NoFieldName,
    /// White space between the name and the colon (RFC 9112 §5.1).
    BlankBeforeColon,
    /// The head does not end in an empty line.
    Unfinished,
    /// More field lines, or defects, than anybody has a use for; the rest is not kept.
    TooMany,
}

/// How many field lines and how many defects of a head are kept.
const MOST: usize = 256;

impl Head {
    /// Reads the head at the start of `raw`, up to its empty line (RFC 9112 §2.1).
    pub fn read(raw: &Bytes) -> Self {
        let mut head = Self::default();
        let mut at = 0;
        let mut first = true;
        loop {
            let rest = raw.get(at..).unwrap_or_default();
            let Some(length) = memchr::memchr(b'\n', rest) else {
                head.end = raw.len();
                head.defect(HeadDefectKind::Unfinished, at..raw.len());
                return head;
            };
            let line_feed = at.saturating_add(length);
            let next = line_feed.saturating_add(1);
            let mut end = line_feed;
            if rest.get(..length).is_some_and(|line| line.ends_with(b"\r")) {
                end = line_feed.saturating_sub(1);
            } else {
                head.defect(HeadDefectKind::BareLineFeed, line_feed..next);
            }
            // Readers pass over empty lines before it (RFC 9112 §2.2); here it is what comes first,
            // even if it is empty, so that nothing is lost.
            if first {
                head.start_line = at..end;
            } else if at == end {
                head.end = next;
                head.complete = true;
                return head;
            } else {
                head.field_line(raw, at..end);
            }
            first = false;
            at = next;
        }
    }

    /// The fields of this name, compared without regard to case (RFC 9110 §5.1).
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Field> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
    }

    /// The value of the first field of this name, compared without regard to case (RFC 9110 §5.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value.as_str())
    }

    /// Whether `token` is among the comma-separated values of the fields of this name, both compared
    /// without regard to case (RFC 9110 §5.6.1).
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.all(name)
            .flat_map(|field| field.value.split(','))
            .any(|value| value.trim().eq_ignore_ascii_case(token))
    }

    /// Whether `Accept-Encoding` lists a coding, with any weight but 0 (RFC 9110 §12.5.3).
    pub fn accepts_coding(&self, coding: &str) -> bool {
        let mut listed = self.all("accept-encoding").flat_map(|field| field.value.split(','));
        listed.any(|listed| {
            let (name, weight) = listed.split_once(';').unwrap_or((listed, ""));
            let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok());
            name.trim().eq_ignore_ascii_case(coding) && weight != Some(0.0)
        })
    }

    fn field_line(&mut self, raw: &Bytes, line: Range<usize>) {
        let bytes = raw.get(line.clone()).unwrap_or_default();
        if let Some(at) = memchr::memchr(b'\r', bytes) {
            let at = line.start.saturating_add(at);
            self.defect(HeadDefectKind::BareCarriageReturn, at..at.saturating_add(1));
        }
        if matches!(bytes.first(), Some(b' ' | b'\t')) {
            self.defect(HeadDefectKind::FoldedLine, line.clone());
            if let Some(last) = self.fields.last_mut() {
                // Read as RFC 9112 §5.2 has a server replace it, so that a
                // folded boundary is still found.
                last.value.push(' ');
                last.value.push_str(String::from_utf8_lossy(bytes).trim());
                last.span.end = line.end;
                last.value_span.end = line.end;
            }
            return;
        }
        let Some(colon) = memchr::memchr(b':', bytes) else {
            return self.defect(HeadDefectKind::NoFieldName, line);
        };
        let name = bytes.get(..colon).unwrap_or_default();
        let name_text = String::from_utf8_lossy(name);
        // Kept without the space: what a rule asks of this header is still to be judged.
        let trimmed = name_text.trim_end_matches([' ', '\t']);
        if trimmed.len() < name_text.len() {
            self.defect(HeadDefectKind::BlankBeforeColon, line.clone());
        } else if trimmed.is_empty() || !trimmed.bytes().all(is_token_byte) {
            self.defect(HeadDefectKind::NoFieldName, line.clone());
        }
        if self.fields.len() >= MOST {
            return self.defect(HeadDefectKind::TooMany, line);
        }
        let value = bytes.get(colon.saturating_add(1)..).unwrap_or_default();
        let kept = value.trim_ascii();
        let lead = value.len().saturating_sub(value.trim_ascii_start().len());
        let start = line.start.saturating_add(colon).saturating_add(1).saturating_add(lead);
        self.fields.push(Field {
            name: trimmed.to_owned(),
            value: String::from_utf8_lossy(kept).into_owned(),
            value_span: start..start.saturating_add(kept.len()),
            span: line,
        });
    }

    fn defect(&mut self, kind: HeadDefectKind, span: Range<usize>) {
        match self.defects.len() {
            ..MOST => self.defects.push(HeadDefect { kind, span }),
            MOST => self.defects.push(HeadDefect { kind: HeadDefectKind::TooMany, span }),
            _ => {}
        }
    }
}

/// `tchar` of RFC 9110 §5.6.2.
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
