use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use percent_encoding::percent_decode;
use serde_json::value::RawValue;

use super::multipart::{MOST, MultipartBody, boundary_parameter};

/// The fields of a request, in whichever encoding they came; their names are compared without regard
/// to case [SDK §2].
#[derive(Clone, Debug)]
pub struct Form {
    encoding: Encoding,
    values: Vec<Value>,
    multipart: Option<MultipartBody>,
}

/// How the fields of a request are written. The pages show the first, shipped clients also send the
/// last two of them [§9.1].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// `multipart/form-data` (RFC 7578), the documented form [SEED L16].
    Multipart,
    /// `application/x-www-form-urlencoded` (WHATWG URL §5).
    UrlEncoded,
    /// A JSON object; one shipped SDK lists slices with it.
    Json,
    /// Nothing that has fields.
    None,
}

/// One field and its place in the body.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Value {
    /// The name as sent.
    pub name: String,
    /// The content, raw.
    pub content: Bytes,
    /// Where the content stands in the body; the whole body where the encoding hides the place.
    pub span: Range<usize>,
}

impl Form {
    /// Reads the fields of `body`, going by its content type, else by how it begins.
    pub fn read(content_type: Option<&str>, body: &Bytes) -> Self {
        let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        let media_type = media_type.trim().to_ascii_lowercase();
        let boundary = content_type
            .and_then(boundary_parameter)
            .map(|(boundary, _)| boundary)
            // With an empty one, each line that begins with two dashes would be a delimiter.
            .filter(|boundary| !boundary.is_empty());
        match media_type.as_str() {
            "application/x-www-form-urlencoded" => Self::urlencoded(body),
            "application/json" => Self::json(body),
            media_type if media_type.starts_with("multipart/") => {
                // That it is not announced is one mistake; what the form has in it
                // can be judged all the same.
                match boundary.or_else(|| first_delimiter(body)) {
                    Some(boundary) => Self::multipart(&boundary, body),
                    None => Self::none(),
                }
            }
            _ => match first_delimiter(body) {
                Some(boundary) => Self::multipart(&boundary, body),
                None => Self::none(),
            },
        }
    }

    /// The encoding found.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The multipart reading with all its places, if it is one.
    pub fn as_multipart(&self) -> Option<&MultipartBody> {
        self.multipart.as_ref()
    }

    /// All fields in order of arrival.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The fields of this name; case is ignored, as shipped SDKs differ in it [SDK §9.5 item 1].
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.values.iter().filter(move |value| value.name.eq_ignore_ascii_case(name))
    }

    /// The first field of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|value| value.name.eq_ignore_ascii_case(name))
    }

    /// Takes all bytes from another place, by their places in the body.
    pub(super) fn rebase(&mut self, body: impl Fn(Range<usize>) -> Option<Bytes>) {
        for value in &mut self.values {
            value.content = body(value.span.clone()).unwrap_or_default();
        }
        if let Some(multipart) = &mut self.multipart {
            multipart.rebase(body);
        }
    }

    fn none() -> Self {
        Self { encoding: Encoding::None, values: Vec::new(), multipart: None }
    }

    fn multipart(boundary: &str, body: &Bytes) -> Self {
        let form = MultipartBody::read(boundary, body);
        let values = form
            .parts()
            .iter()
            .filter_map(|part| {
                let (content, span) = (part.content().clone(), part.content_span());
                Some(Value { name: part.name()?.to_owned(), content, span })
            })
            .collect();
        Self { encoding: Encoding::Multipart, values, multipart: Some(form) }
    }

    fn urlencoded(body: &Bytes) -> Self {
        let decode = |text: &[u8]| -> Vec<u8> {
            let spaces: Vec<u8> =
                // Before the escapes are decoded: a %2B is a plus, and stays one.
                text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            percent_decode(&spaces).collect()
        };
        let values = body
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
            // Each field takes memory beside its bytes, and a body of
            // separators has millions of them.
            .take(MOST)
            .map(|pair| {
                let at = memchr::memchr(b'=', pair).unwrap_or(pair.len());
                let (name, value) = pair.split_at_checked(at).unwrap_or((pair, b""));
                Value {
                    // Where the escapes are decoded, the content has no
                    // place of its own in the body.
                    name: String::from_utf8_lossy(&decode(name)).into_owned(),
                    content: decode(value.strip_prefix(b"=").unwrap_or(value)).into(),
                    span: 0..body.len(),
                }
            })
            .collect();
        Self { encoding: Encoding::UrlEncoded, values, multipart: None }
    }

    fn json(body: &Bytes) -> Self {
        // Of values that are no strings, the text is the content: a tree of them takes many times as
        // much memory.
        let Ok(object) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(body) else {
            return Self::none();
        };
        let values = object
            .into_iter()
            .take(MOST)
            .map(|(name, value)| Value {
                name,
                content: match serde_json::from_str::<String>(value.get()) {
                    Ok(text) => text.into(),
                    Err(_) => Bytes::copy_from_slice(value.get().as_bytes()),
                },
                span: 0..body.len(),
            })
            .collect();
        Self { encoding: Encoding::Json, values, multipart: None }
    }
}

/// The boundary that the first line of a body suggests, for clients that do not announce it.
fn first_delimiter(body: &Bytes) -> Option<String> {
    let line = body.strip_prefix(b"\r\n").unwrap_or(body).split(|byte| *byte == b'\n').next()?;
    let boundary = line.strip_prefix(b"--")?.trim_ascii_end();
    let boundary = std::str::from_utf8(boundary).ok()?;
    (!boundary.is_empty() && boundary.len() <= 200).then(|| boundary.to_owned())
}
