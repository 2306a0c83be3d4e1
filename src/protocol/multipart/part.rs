use std::ops::Range;

use bytes::Bytes;

use super::MOST;

/// One part: a field of the form (RFC 7578 §4).
#[derive(Clone, Debug)]
pub struct Part {
    pub(super) headers: Vec<(String, String)>,
    pub(super) content: Bytes,
    pub(super) span: Range<usize>,
    pub(super) content_span: Range<usize>,
    pub(super) disposition: Disposition,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Disposition {
    pub(super) kind: String,
    pub(super) parameters: Vec<(String, String, bool)>,
    /// Whether a quote is where none belongs.
    pub(super) stray_quote: bool,
    /// Whether the name of a parameter has capital letters, as it may (RFC 2045 §5.1).
    pub(super) capital_name: bool,
    /// Whether a letter is escaped that need not be, as it may (RFC 5322 §3.2.4).
    pub(super) escaped_letter: bool,
}

impl Part {
    /// A field with nothing but a `Content-Disposition` (RFC 7578 §4.2).
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

    /// This part with a `filename` (RFC 7578 §4.2).
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

    /// The field name: the parameter `name` of its disposition (RFC 7578 §4.2).
    pub fn name(&self) -> Option<&str> {
        self.disposition.parameter("name")
    }

    /// The parameter `filename`, if the part has one (RFC 7578 §4.2).
    pub fn filename(&self) -> Option<&str> {
        self.disposition.parameter("filename")
    }

    /// Whether its disposition is written in a way that is lawful and that few readers know: with capital
    /// letters in the name of a parameter (RFC 2045 §5.1), or with letters escaped in a value that need not be
    /// (RFC 5322 §3.2.4).
    pub fn has_unusual_parameter(&self) -> bool {
        self.disposition.capital_name || self.disposition.escaped_letter
    }

    /// The value of a header of the part, its name compared without regard to case (RFC 2045 §1).
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
    pub(super) fn read(value: &str) -> Self {
        let mut pieces = split_parameters(value).into_iter();
        // Types and the names of parameters have no case (RFC 2183 §2); values keep theirs.
        let kind = pieces.next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        let pieces: Vec<String> = pieces.collect();
        let stray_quote = pieces.iter().any(|piece| has_stray_quote(piece));
        let name = |piece: &String| piece.split_once('=').map(|(name, _)| name.to_owned());
        let mut names = pieces.iter().filter_map(name);
        let capital_name = names.any(|name| name.bytes().any(|byte| byte.is_ascii_uppercase()));
        let escaped_letter = pieces.iter().any(|piece| has_escaped_letter(piece));
        let parameters = pieces.iter().filter_map(|piece| parameter(piece)).collect();
        Self { kind, parameters, stray_quote, capital_name, escaped_letter }
    }

    /// Whether a parameter comes twice.
    pub(super) fn repeats_parameter(&self) -> bool {
        let mut names: Vec<&str> = self.parameters.iter().map(|(name, ..)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair.first() == pair.last())
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _, _)| known == name)
            .map(|(_, value, _)| value.as_str())
    }
}

/// The `boundary` of a `Content-Type`, and whether it was quoted (RFC 2046 §5.1.1).
pub fn boundary_parameter(content_type: &str) -> Option<(String, bool)> {
    boundary_parameters(content_type).into_iter().next()
}

/// Each `boundary` of a `Content-Type`, and whether it was quoted; what stands in the quotes of another
/// parameter is none.
pub fn boundary_parameters(content_type: &str) -> Vec<(String, bool)> {
    split_parameters(content_type)
        .iter()
        .skip(1)
        .filter_map(|piece| parameter(piece))
        .filter(|(name, _, _)| name == "boundary")
        .map(|(_, value, quoted)| (value, quoted))
        .collect()
}

/// Splits at semicolons outside of quotes; what is after the thousandth is not looked at.
fn split_parameters(value: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for character in value.chars() {
        if character == ';' && !quoted {
            // Each piece is a text of its own: a header of semicolons
            // would take many times its bytes.
            if pieces.len() == MOST {
                break;
            }
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
    let is_path = name.starts_with("filename");
    while let Some(character) = characters.next() {
        let escapes = character == '\\'
            && characters.peek().is_some_and(|next| is_escaped(*next) || !is_path);
        // With a quote within it, it is not quoted from end to end.
        quoted &= escapes || character != '"';
        text.push(if escapes { characters.next().unwrap_or(character) } else { character });
    }
    Some((name, text, quoted))
}

/// What browsers and libcurl escape. Any character may be (RFC 5322 §3.2.4), but for a Windows path, which keeps
/// its backslashes.
fn is_escaped(character: char) -> bool {
    matches!(character, '"' | '\\')
}

/// Whether another character is escaped in the value of a parameter that is no path.
fn has_escaped_letter(piece: &str) -> bool {
    if piece.trim_ascii().to_ascii_lowercase().starts_with("filename") {
        return false;
    }
    let mut characters = piece.chars();
    let mut next_pair =
        || characters.by_ref().find(|it| *it == '\\').and_then(|_| characters.next());
    std::iter::from_fn(&mut next_pair).any(|character| !is_escaped(character))
}

/// Whether a value begins with a quote and has another one before its end, or none there.
fn has_stray_quote(piece: &str) -> bool {
    // No parameter: what is left of a value that a quote ended before a semicolon in it.
    let Some((_, value)) = piece.split_once('=') else { return piece.contains('"') };
    let value = value.trim_ascii();
    let last = value.len().saturating_sub(1);
    let mut escaped = false;
    let mut quotes = value.bytes().enumerate().filter(|(_, byte)| {
        let counts = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        counts
    });
    match (quotes.next(), quotes.next(), quotes.next()) {
        (None, ..) => false,
        (Some((0, _)), Some((end, _)), None) => end != last,
        _ => true,
    }
}

fn escape(name: &str) -> String {
    // Line ends as browsers write them: a header ends at one, whatever stands before it.
    name.replace('\\', "\\\\").replace('"', "\\\"").replace('\r', "%0D").replace('\n', "%0A")
}
