use std::fmt;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The JSON envelope of every reply [SEED L75–L80].
///
/// Written compact and in this order; `data` and `request_id` may be absent [DOC16, CALC §8.1].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct ResponseEnvelope<T> {
    /// 0 is success, anything else an error [SEED L77].
    #[serde(deserialize_with = "integer")]
    pub code: i64,
    /// `SUCCESS`, or the symbolic name of the error [SEED L78].
    #[serde(default)]
    pub message: String,
    /// The same as the header `x-cos-request-id` [SEED L79].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What the operation returns; absent on errors [SEED L80].
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
}

/// Why a reply is no envelope.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The reply did not arrive whole.
    #[error("the reply did not arrive whole")]
    Cut,
    /// The body is no JSON object of this shape.
    #[error("the reply is not the JSON that was expected: {0}")]
    Json(#[from] serde_json::Error),
}

/// `data` of init and list replies that grant a session [DOC17 6067].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionData {
    /// 1 asks for one data request at a time.
    #[serde(
        default,
        deserialize_with = "optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    pub serial_upload: Option<i64>,
    /// Opaque; to be repeated as it is [SEED L49].
    pub session: String,
    /// The grid of the slices, in bytes.
    #[serde(deserialize_with = "unsigned")]
    pub slice_size: u64,
}

/// `data` of the reply to a slice [SEED L84–L89].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceData {
    /// Bytes received.
    #[serde(deserialize_with = "unsigned")]
    pub datalen: u64,
    /// MD5 of the slice, lower-case hex; absent in 2016.
    #[serde(default)]
    pub datamd5: String,
    /// Echo of the request's offset.
    #[serde(deserialize_with = "unsigned")]
    pub offset: u64,
    /// Echo of the request's session.
    pub session: String,
}

/// `data` of the reply to a list request while the upload is unfinished [DOC17 6070].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListData {
    /// The size announced at init, in bytes.
    #[serde(deserialize_with = "unsigned")]
    pub filesize: u64,
    /// The slices that have arrived, by ascending offset.
    #[serde(default)]
    pub listparts: Vec<ListPart>,
    /// The session to go on with.
    pub session: String,
    /// What init announced, if it announced any; clients read it up to a `_`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha: Option<String>,
    /// The grid of the session, in bytes.
    #[serde(deserialize_with = "unsigned")]
    pub slice_size: u64,
}

/// One slice that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPart {
    /// Its length in bytes.
    #[serde(deserialize_with = "unsigned")]
    pub datalen: u64,
    /// Where it starts.
    #[serde(deserialize_with = "unsigned")]
    pub offset: u64,
}

/// `data` of replies that name a finished object [DOC17 6074].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredData {
    /// Address behind the content delivery network.
    pub access_url: String,
    /// `/<appid>/<bucket>/<path>`.
    #[serde(default)]
    pub resource_path: String,
    /// Address of the origin.
    #[serde(default)]
    pub source_url: String,
    /// Address of this API.
    #[serde(default)]
    pub url: String,
    /// Version: 32 hex digits and 10 digits of unix time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vid: Option<String>,
}

/// What init, list and finish replies can mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ReplyData {
    /// An unfinished upload and its slices.
    Listed(ListData),
    /// A session to upload with.
    Granted(SessionData),
    /// The object is complete.
    Stored(StoredData),
}

impl<T: DeserializeOwned> ResponseEnvelope<T> {
    /// Reads the body of a reply; numbers may come as strings of digits [SEED L88, DOC16].
    ///
    /// The whole body must be JSON, unknown keys included; of a repeated key the last counts.
    pub fn read(body: &[u8]) -> Result<Self, EnvelopeError> {
        // Straight into the struct, serde would take an array for it and skip over what is no JSON.
        let object: Map<String, Value> = serde_json::from_slice(body)?;
        Ok(Self::deserialize(Value::Object(object))?)
    }
}

impl<T: Serialize> ResponseEnvelope<T> {
    /// The body of a reply: compact JSON.
    pub fn write(&self) -> String {
        serde_json::to_string(self).expect("an envelope has string keys and finite numbers")
    }
}

fn none<T>() -> Option<T> {
    None
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Integer(i64),
    Unsigned(u64),
    Digits(String),
}

impl Number {
    fn integer<E: serde::de::Error>(self) -> Result<i64, E> {
        match self {
            Self::Integer(number) => Ok(number),
            Self::Unsigned(_) => Err(E::custom("number out of range")),
            Self::Digits(digits) => parse(&digits),
        }
    }

    fn unsigned<E: serde::de::Error>(self) -> Result<u64, E> {
        match self {
            Self::Integer(number) => u64::try_from(number).map_err(E::custom),
            Self::Unsigned(number) => Ok(number),
            Self::Digits(digits) => parse(&digits),
        }
    }
}

/// Digits and, where there are negative numbers, a minus; Rust itself would also take a plus.
fn parse<N: FromStr<Err: fmt::Display>, E: serde::de::Error>(digits: &str) -> Result<N, E> {
    if digits.starts_with('+') {
        return Err(E::custom("a number with a plus sign"));
    }
    digits.parse().map_err(E::custom)
}

fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Number::deserialize(deserializer)?.integer()
}

fn optional_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Option::<Number>::deserialize(deserializer)?.map(Number::integer).transpose()
}

fn unsigned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Number::deserialize(deserializer)?.unsigned()
}
