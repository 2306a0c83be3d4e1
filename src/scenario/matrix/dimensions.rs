//! What a cell of the matrix is made of: one level of each dimension.

/// The operation whose reply is unclear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Operation {
    /// `upload_slice_init`.
    Init,
    /// `upload_slice_data`.
    Slice,
    /// `upload_slice_list`.
    List,
    /// `upload_slice_finish`.
    Finish,
    /// `upload`.
    Upload,
}

/// A reply of which nobody can tell that it is a success, or which lacks what a success has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Unclear {
    /// A page of HTML with HTTP status 200.
    Html,
    /// The XML of another API with HTTP status 400.
    Xml,
    /// HTTP status 200, and no body.
    Empty,
    /// JSON that breaks off.
    CutJson,
    /// JSON without a code.
    NoCode,
    /// JSON that is null.
    Null,
    /// JSON that is an array.
    Array,
    /// JSON that is a string.
    Text,
    /// A code above 0.
    PositiveCode,
    /// -29096: the session is refused.
    SessionRefused,
    /// HTTP status 302 that leads to the same place.
    Redirect,
    /// HTTP status 302 that leads nowhere.
    RedirectNowhere,
    /// HTTP status 201 and no body.
    Created,
    /// HTTP status 202 and no body.
    Accepted,
    /// HTTP status 204, which has no body.
    NoContent,
    /// Code 0, and no data.
    NoData,
    /// Code 0, and data that is null.
    NullData,
    /// Code 0 with HTTP status 500.
    FailedStatus,
    /// More than was sent.
    TooMuch,
    /// Chunks without the last one.
    UnendedChunks,
    /// What only a program takes that runs a reply as code.
    SingleQuotes,
    /// A code that is null.
    NullCode,
    /// A code that is true.
    TrueCode,
    /// A session that is a number.
    NumberSession,
}

/// Which of the requests of an operation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Position {
    /// The first, or the only one.
    First,
    /// One in the middle of twelve.
    Middle,
    /// The last.
    Last,
}

/// What attempts at the request meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Attempts {
    /// The first meets the reply, the next is served.
    Once,
    /// Each meets it.
    Always,
    /// The first meets it, the second another fault, the next is served.
    ThenUnavailable,
}

/// Whether finish notices that something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FinishNotices {
    /// It does.
    Gaps,
    /// It does not: only the client's own care prevents the loss.
    Nothing,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Init, Self::Slice, Self::List, Self::Finish, Self::Upload];

    /// The topic of its cells.
    pub fn word(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Slice => "slice",
            Self::List => "list",
            Self::Finish => "finish",
            Self::Upload => "upload",
        }
    }
}

impl Unclear {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::Html,
        Self::Xml,
        Self::Empty,
        Self::CutJson,
        Self::NoCode,
        Self::Null,
        Self::Array,
        Self::Text,
        Self::PositiveCode,
        Self::SessionRefused,
        Self::Redirect,
        Self::RedirectNowhere,
        Self::Created,
        Self::Accepted,
        Self::NoContent,
        Self::NoData,
        Self::NullData,
        Self::FailedStatus,
        Self::TooMuch,
        Self::UnendedChunks,
        Self::SingleQuotes,
        Self::NullCode,
        Self::TrueCode,
        Self::NumberSession,
    ];

    /// The word for it in ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Xml => "xml",
            Self::Empty => "empty",
            Self::CutJson => "cut-json",
            Self::NoCode => "no-code",
            Self::Null => "null",
            Self::Array => "array",
            Self::Text => "string",
            Self::PositiveCode => "positive-code",
            Self::SessionRefused => "session-refused",
            Self::Redirect => "302",
            Self::RedirectNowhere => "302-to-nowhere",
            Self::Created => "201",
            Self::Accepted => "202",
            Self::NoContent => "204",
            Self::NoData => "no-data",
            Self::NullData => "null-data",
            Self::FailedStatus => "500-with-code-0",
            Self::TooMuch => "too-much",
            Self::UnendedChunks => "unended-chunks",
            Self::SingleQuotes => "single-quotes",
            Self::NullCode => "null-code",
            Self::TrueCode => "true-code",
            Self::NumberSession => "number-session",
        }
    }
}

impl Position {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::First, Self::Middle, Self::Last];

    /// The word for it in ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Middle => "middle",
            Self::Last => "last",
        }
    }
}

impl Attempts {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Once, Self::Always, Self::ThenUnavailable];

    /// The word for it in ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Always => "always",
            Self::ThenUnavailable => "then-503",
        }
    }
}

impl FinishNotices {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Gaps, Self::Nothing];

    /// The word for it in ids, if it has one.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Gaps => None,
            Self::Nothing => Some("lax"),
        }
    }
}
