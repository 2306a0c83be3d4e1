use std::ops::Range;

/// Why a reply is no envelope. Offsets and spans count bytes of the body from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The reply did not arrive whole.
    #[error("the reply did not arrive whole")]
    Cut,
    /// There is no body.
    #[error("the body is empty")]
    Empty,
    /// The body is larger than any reply, and is not looked at.
    #[error("the body has {length} bytes, more than any reply")]
    TooLarge {
        /// Its length in bytes.
        length: usize,
    },
    /// A byte order mark stands before the JSON, where RFC 8259 §8.1 forbids one.
    #[error("the body starts with a byte order mark")]
    ByteOrderMark,
    /// A page for people: what proxies answer [ISSUE cos-python3-sdk#1].
    #[error("the body is HTML, not JSON")]
    Html,
    /// The error of another API: what a wrong appid gets [ISSUE cos-python-sdk-v4#30].
    #[error("the body is XML, not JSON")]
    Xml,
    /// JSON is UTF-8.
    #[error("byte {offset} is not UTF-8")]
    NotUtf8 {
        /// The first byte that is not.
        offset: usize,
    },
    /// The body ends before the JSON does.
    #[error("the JSON ends after {offset} bytes, before it is complete")]
    Truncated {
        /// The length of the body.
        offset: usize,
    },
    /// The body is no JSON.
    #[error("byte {offset}: {message}")]
    Syntax {
        /// Where it stops being JSON.
        offset: usize,
        /// What is wrong there.
        message: String,
    },
    /// Something other than white space follows the JSON [SEED E28].
    #[error("byte {offset}: something follows the JSON")]
    Trailing {
        /// Where it starts.
        offset: usize,
    },
    /// More levels than any reply has, and than most readers bear.
    #[error("byte {offset}: the JSON is nested too deeply")]
    TooDeep {
        /// The bracket of the level that is too deep.
        offset: usize,
    },
    /// JSON, but no object.
    #[error("the JSON is {found}, not an object")]
    NotAnObject {
        /// What it is instead.
        found: &'static str,
    },
    /// A field is missing or of another type.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// A field of a reply that is missing or of another type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {kind}")]
#[non_exhaustive]
pub struct FieldError {
    /// The field, as in `data.listparts[3].offset`.
    pub place: String,
    /// What is wrong with it.
    pub kind: FieldErrorKind,
    /// Its value in the body; of a missing one, the object that should have it.
    pub span: Range<usize>,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldErrorKind {
    /// It is not there.
    #[error("missing")]
    Missing,
    /// It is of another type, or out of range.
    #[error("expected {what}, found {found}")]
    Expected {
        /// What a reader needs.
        what: &'static str,
        /// What is there.
        found: &'static str,
    },
}

/// Where a reply that can be read is not what the service writes [CALC §1.6].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {kind}")]
#[non_exhaustive]
pub struct ReplyDeviation {
    /// In which way.
    pub kind: ReplyDeviationKind,
    /// The field, as in `data.offset`; empty for the reply as a whole.
    pub place: String,
    /// The value, the key or the bytes in the body; of an absent key, the object.
    pub span: Range<usize>,
}

/// In which way a reply is not what the service writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyDeviationKind {
    /// A number in quotes [SEED L88]; Android and JavaScript clients take either.
    #[error("a number as a string")]
    DigitString,
    /// A number where the service writes a string, as the page types the session [SEED L89].
    #[error("a string as a number")]
    NumberForText,
    /// The same key again; readers differ in which counts, here the last.
    #[error("a key that is repeated")]
    RepeatedKey,
    /// A key that no document has.
    #[error("an unknown key")]
    UnknownKey,
    /// A key that replies of 2017 have and those of 2016 may lack [CALC §8.1].
    #[error("a key that is absent")]
    AbsentKey,
    /// A key before one that the service writes first [CALC §8.3].
    #[error("a key out of order")]
    KeyOrder,
    /// `null` where the service leaves a field out [CALC §8.3].
    #[error("null")]
    Null,
    /// White space between values: the pages are printed so, the wire is compact [SEED E37].
    #[error("white space")]
    WhiteSpace,
    /// A string with escapes that JSON does not need (RFC 8259 §7).
    #[error("escapes that are not needed")]
    Escapes,
    /// `datamd5` is not 32 lower-case hex digits [SEED E33].
    #[error("not 32 lower-case hex digits")]
    DigestForm,
    /// `data` beside an error code [SEED E35].
    #[error("data beside an error")]
    DataOfError,
}

impl EnvelopeError {
    /// The bytes of the body to look at, if they are known.
    pub fn span(&self) -> Option<Range<usize>> {
        match self {
            Self::Field(error) => Some(error.span.clone()),
            Self::ByteOrderMark => Some(0..3),
            Self::NotUtf8 { offset }
            | Self::Truncated { offset }
            | Self::Syntax { offset, .. }
            | Self::Trailing { offset }
            | Self::TooDeep { offset } => Some(*offset..*offset),
            _ => None,
        }
    }
}
