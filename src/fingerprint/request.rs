use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::protocol::{BodyFraming, MultipartBody, Op, Part, Request, Transcript};

/// What the requests of an operation look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestHabit {
    /// The operation, as it is spelt.
    pub operation: String,
    /// Method and version.
    pub line: String,
    /// The fields of the head in order, as they are spelt; with their values where those say something of the client.
    pub head: Vec<String>,
    /// How the end of the body is found.
    pub framing: &'static str,
    /// The headers of each part of a multipart form, in order; with their values where they are options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// The fields of any other form, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// More kinds of requests of one operation are not told.
const MOST_KINDS: usize = 4;

/// Fields of the head whose values do not depend on the request.
const TOLD: &[&str] = &[
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "expect",
    "keep-alive",
    "method",
    "pragma",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "user-agent",
];

/// Headers of a part whose values do not depend on its content.
const TOLD_OF_PARTS: &[&str] =
    &["content-disposition", "content-type", "content-transfer-encoding"];

/// Fields of a form that are options.
const OPTIONS: &[&str] = &["biz_attr", "insertonly"];

/// What the requests of an operation look like, each kind once; slices are looked at in the order of the file.
pub(super) fn requests_of(op: &Op, transcript: &Transcript, names: &Names) -> Vec<RequestHabit> {
    let mut requests: Vec<_> = transcript.of(op).map(|(_, exchange)| &exchange.request).collect();
    // Several that are under way arrive in any order.
    requests.sort_by_key(|request| request.number("offset"));
    let mut kinds: Vec<RequestHabit> = Vec::new();
    for request in requests {
        let habit = RequestHabit::of(request, names);
        if !kinds.contains(&habit) && kinds.len() < MOST_KINDS {
            kinds.push(habit);
        }
    }
    kinds
}

/// What the local file and the object are called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    pub(super) file: &'static str,
    pub(super) key: &'static str,
}

/// The names that parts have for their content, by field: some are made again each time.
#[derive(Debug, Default)]
pub(super) struct Filenames(BTreeMap<String, BTreeSet<String>>);

impl Filenames {
    pub(super) fn add(&mut self, transcript: &Transcript) {
        // More are not needed to see that they differ.
        const MOST: usize = 256;
        let requests = transcript.exchanges.iter().map(|exchange| &exchange.request);
        let forms = requests.filter_map(|request| request.form().as_multipart());
        for part in forms.flat_map(MultipartBody::parts) {
            let (Some(name), Some(filename)) = (part.name(), part.filename()) else { continue };
            if self.0.len() < MOST {
                let seen = self.0.entry(name.to_owned()).or_default();
                if seen.len() < MOST {
                    seen.insert(filename.to_owned());
                }
            }
        }
    }

    /// Puts a word in the place of names that are not always the same.
    pub(super) fn generalise(&self, habits: &mut [RequestHabit]) {
        let varying = || self.0.values().filter(|seen| seen.len() > 1).flatten();
        for part in habits.iter_mut().flat_map(|habit| &mut habit.parts) {
            for filename in varying() {
                let known = format!("filename=\"{filename}\"");
                if part.contains(&known) {
                    *part = part.replace(&known, "filename=\"{another each time}\"");
                }
            }
        }
    }
}

/// The operation as it is spelt.
pub(super) fn op_name(request: &Request) -> String {
    request.op().map_or_else(|| "none".to_owned(), |op| op.as_str().chars().take(64).collect())
}

impl RequestHabit {
    fn of(request: &Request, names: &Names) -> Self {
        let head = request.head().fields.iter().map(|field| {
            let name = &field.name;
            match name.to_ascii_lowercase().as_str() {
                "content-type" => format!("{name}: {}", media_type(&field.value)),
                known if TOLD.contains(&known) => format!("{name}: {}", field.value),
                _ => name.clone(),
            }
        });
        let multipart = request.form().as_multipart();
        let values = request.form().values().iter().filter(|_| multipart.is_none());
        let parts = multipart.map(MultipartBody::parts).unwrap_or_default();
        Self {
            operation: op_name(request),
            line: format!("{} {}", request.method(), request.version()),
            head: head.collect(),
            framing: match request.framing() {
                BodyFraming::None => "none",
                BodyFraming::Sized { .. } => "Content-Length",
                BodyFraming::Chunked { .. } => "chunked",
                BodyFraming::BrokenChunks(_) | BodyFraming::BadLength(_) => "broken",
            },
            fields: values.map(|value| value.name.clone()).collect(),
            parts: parts.iter().map(|part| part_headers(part, names)).collect(),
        }
    }
}

/// A content type with all its parameters but the boundary.
fn media_type(value: &str) -> String {
    let pieces = value.split(';').map(|piece| match piece.split_once('=') {
        Some((name, _)) if name.trim().eq_ignore_ascii_case("boundary") => format!("{name}=…"),
        _ => piece.to_owned(),
    });
    pieces.collect::<Vec<_>>().join(";")
}

fn part_headers(part: &Part, names: &Names) -> String {
    let headers = part.headers().iter().map(|(name, value)| {
        let known = name.to_ascii_lowercase();
        if !TOLD_OF_PARTS.contains(&known.as_str()) {
            return format!("{name}: …");
        }
        format!("{name}: {}", without_names(part, value, names))
    });
    let headers = headers.collect::<Vec<_>>().join(" | ");
    let name = part.name().unwrap_or_default();
    let is_option = OPTIONS.iter().any(|option| option.eq_ignore_ascii_case(name));
    match str::from_utf8(part.content()) {
        Ok(value) if is_option => format!("{headers} = {value:?}"),
        _ => headers,
    }
}

/// The value of a header with words in the place of names of this run.
fn without_names(part: &Part, value: &str, names: &Names) -> String {
    let Some(filename) = part.filename() else { return value.to_owned() };
    let base = |path: &'static str| path.rsplit('/').next().unwrap_or(path);
    let word = if filename == names.file {
        "{file}"
    } else if filename.ends_with(names.file) {
        "{path of file}"
    } else if filename == names.key || filename == names.key.trim_start_matches('/') {
        "{key}"
    } else if filename == base(names.key) {
        "{last segment of key}"
    } else {
        return value.to_owned();
    };
    value.replace(filename, word)
}
