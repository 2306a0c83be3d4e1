mod data;
mod error;
mod facts;
mod json;

use serde::Serialize;

pub use self::data::{
    ListData, ListPart, PartialData, ReplyContent, ReplyData, SessionData, SliceData, StoredData,
};
pub use self::error::{
    EnvelopeError, FieldError, FieldErrorKind, ReplyDeviation, ReplyDeviationKind,
};
pub use self::facts::ReplyFacts;
pub use self::json::JsonNode;
use self::json::{Document, JsonObject, parse};

/// The JSON envelope of every reply [SEED L75–L80].
///
/// Written compact and in this order; `data` and `request_id` may be absent [DOC16, CALC §8.1].
///
/// ```
/// use slicecheck::protocol::{ResponseEnvelope, SessionData};
///
/// let body = br#"{"code":0,"message":"SUCCESS","data":{"session":"8ad1","slice_size":"1048576"}}"#;
/// let reading = ResponseEnvelope::<SessionData>::read_with_deviations(body)?;
/// let data = reading.envelope.data.expect("a session was granted");
/// assert_eq!((data.session.as_str(), data.slice_size), ("8ad1", 1_048_576));
///
/// let found: Vec<_> = reading.deviations.iter().map(ToString::to_string).collect();
/// assert_eq!(found, [
///     "request_id: a key that is absent",
///     "data.slice_size: a number as a string",
/// ]);
///
/// let error = ResponseEnvelope::<SessionData>::read(br#"{"code":0,"data":{}}"#).unwrap_err();
/// assert_eq!(error.to_string(), "data.session: missing");
/// # Ok::<(), slicecheck::protocol::EnvelopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResponseEnvelope<T> {
    /// 0 is success, anything else an error [SEED L77].
    pub code: i64,
    /// `SUCCESS`, or the symbolic name of the error [SEED L78].
    pub message: String,
    /// The same as the header `x-cos-request-id` [SEED L79]; absent in 2016.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What the operation returns [SEED L80]; on errors it is absent, and not read if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
}

/// A reply, and where its bytes are not what the service writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<T> {
    /// What it says.
    pub envelope: ResponseEnvelope<T>,
    /// In the order in which they were met; the first 1000.
    pub deviations: Vec<ReplyDeviation>,
}

/// Why a reply is not what the service writes [CALC §1.6].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StrictError {
    /// Nobody can read it.
    #[error(transparent)]
    Unreadable(#[from] EnvelopeError),
    /// Robust clients can.
    #[error(transparent)]
    Deviation(#[from] ReplyDeviation),
}

impl<T: ReplyContent> ResponseEnvelope<T> {
    /// Reads the body of a reply as a robust client does.
    ///
    /// The body is one JSON object in UTF-8, at most 64 MiB and 127 levels deep. Numbers may come as
    /// strings of digits [SEED L88, DOC16], keys in any order; of a repeated key the last counts, and
    /// unknown keys do not matter. `code` is all that has to be there; `data` that is there has to
    /// have the shape of `T`, unless `code` says that it is an error: then nobody needs it.
    pub fn read(body: &[u8]) -> Result<Self, EnvelopeError> {
        read(body, false).map(|reading| reading.envelope)
    }

    /// The same, and passes over what lenient clients pass over: a byte order mark, and bytes after the JSON.
    pub fn read_leniently(body: &[u8]) -> Result<Self, EnvelopeError> {
        leniently(body, Self::read).map(|(envelope, _)| envelope)
    }

    /// The same, and notices where the bytes are not what the service writes [CALC §8.1].
    pub fn read_with_deviations(body: &[u8]) -> Result<Reading<T>, EnvelopeError> {
        read(body, true)
    }

    /// Reads a reply in the very form that the service of 2017 writes [CALC §8.3]; fails at the first
    /// deviation.
    pub fn read_strict(body: &[u8]) -> Result<Self, StrictError> {
        let Reading { envelope, deviations } = read(body, true)?;
        deviations.into_iter().next().map_or(Ok(envelope), |deviation| Err(deviation.into()))
    }
}

impl<T: Serialize> ResponseEnvelope<T> {
    /// The body of a reply: compact JSON, keys in the service's order, so that each published length
    /// is reproduced [CALC §8.1].
    pub fn write(&self) -> String {
        serde_json::to_string(self).expect("an envelope has string keys and finite numbers")
    }
}

/// What `read` makes of a body, or of what is left without a byte order mark or the bytes after the JSON;
/// and whether it was all of it.
fn leniently<T>(
    body: &[u8],
    read: impl Fn(&[u8]) -> Result<T, EnvelopeError>,
) -> Result<(T, bool), EnvelopeError> {
    let part = match read(body) {
        Err(EnvelopeError::ByteOrderMark) => body.get(3..),
        Err(EnvelopeError::Trailing { offset }) => body.get(..offset),
        all => return all.map(|all| (all, true)),
    };
    read(part.unwrap_or_default()).map(|part| (part, false))
}

fn read<T: ReplyContent>(body: &[u8], notices: bool) -> Result<Reading<T>, EnvelopeError> {
    let (text, entries) = parse(body)?;
    let document = Document::new(text, notices);
    let envelope = fields(&document.root(entries))?;
    Ok(Reading { envelope, deviations: document.into_deviations() })
}

fn fields<T: ReplyContent>(object: &JsonObject<'_, '_>) -> Result<ResponseEnvelope<T>, FieldError> {
    object.notice_keys(&["code", "message", "request_id", "data"], &["data"]);
    // A reply without a code says nothing: clients decide by it alone [§3.4].
    let code = object.required("code")?.integer()?;
    let message = object.get("message").map(|node| node.text()).transpose()?.unwrap_or_default();
    let request_id = object.optional("request_id", JsonNode::text)?;
    let data = object.get("data").filter(|node| !node.is_null());
    let data = match data {
        None => None,
        Some(node) if code == 0 => Some(T::read(&node)?),
        Some(node) => {
            node.notice(ReplyDeviationKind::DataOfError);
            None
        }
    };
    Ok(ResponseEnvelope { code, message, request_id, data })
}
