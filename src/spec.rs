//! The clause ledger: every normative sentence about the protocol, with level and source.
//!
//! A clause has rules that enforce it, or says why none can; those that bind the service name the
//! test of our own server that holds it to them. [`ERRATA`] lists where the seed page is wrong, and
//! which clauses follow from that. Sources are tags; [`SOURCES`] says what they stand for.
//!
//! To add a clause, write an entry in the file of its topic.
#![expect(clippy::doc_markdown, reason = "sentences name fields as people write them")]

macro_rules! clauses {
    ($($name:ident = $id:literal $level:ident $text:literal <- $source:literal $(unchecked $reason:literal)?;)+) => {
        $(
            #[doc = $text]
            pub const $name: $crate::spec::Clause = $crate::spec::Clause {
                id: $id,
                level: $crate::spec::Level::$level,
                text: $text,
                source: $source,
                unchecked: clauses!(@reason $($reason)?),
            };
        )+
        /// The clauses of this file, in order.
        pub(super) const CLAUSES: &[&$crate::spec::Clause] = &[$(&$name),+];
    };
    // A reason that is not there has no fragment to be wrapped: a rule for each of the two.
    (@reason) => { None };
    (@reason $reason:literal) => { Some($reason) };
}

mod auth;
mod data;
mod errata;
mod finish;
mod flow;
mod form;
mod init;
mod list;
mod outcome;
mod reply;
mod request;
mod service;
mod tls;
mod upload;

pub use auth::*;
pub use data::*;
pub use errata::{ERRATA, Erratum};
pub use finish::*;
pub use flow::*;
pub use form::*;
pub use init::*;
pub use list::*;
pub use outcome::*;
pub use reply::*;
pub use request::*;
pub use service::*;
pub use tls::*;
pub use upload::*;

/// What the tags of sources stand for.
pub const SOURCES: &[(&str, &str)] = &[
    ("SEED L<line>", "COS JSON API, page of upload_slice_data (2017), line of its source text"),
    ("DOC16 <id>", "COS documentation of August 2016, cloud.tencent.com/document/product/436/<id>"),
    ("DOC17 <id>", "the same of August to October 2017"),
    ("ERR <code>", "COS error codes, page 8432 of the same documentation"),
    ("V1", "the pages of the predecessor API"),
    ("SDK <file>:<line>", "the vendor's v4 SDKs: Python, Java, PHP, C++, JS, .NET"),
    ("ISSUE <repository>#<n>", "a public issue of one of them"),
    ("WIRE", "seen on the wire when they were run"),
    ("CALC", "recomputed from published samples, to the byte"),
    ("INFER", "concluded from the others; never the only source of a must"),
    (
        "E<n>, §<n>",
        "number of the erratum, or section, in the notes that the rules were written from",
    ),
    ("CONTRACT", "what this suite asks of a client under test: see its README"),
];

/// One normative sentence about the protocol.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clause {
    /// Permanent.
    pub id: &'static str,
    /// What breaking it means.
    pub level: Level,
    /// The sentence, in our words.
    pub text: &'static str,
    /// Where it is written, or from what it follows.
    pub source: &'static str,
    /// Why no rule checks it, if none does.
    pub unchecked: Option<&'static str>,
}

/// What breaking a clause means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// The service or the data breaks.
    Must,
    /// It departs from documented or robust practice.
    Should,
    /// Harmless, known, and worth knowing.
    Note,
}

/// The clauses of each topic.
const CLAUSES: &[&[&Clause]] = &[
    request::CLAUSES,
    form::CLAUSES,
    auth::CLAUSES,
    upload::CLAUSES,
    init::CLAUSES,
    data::CLAUSES,
    list::CLAUSES,
    finish::CLAUSES,
    reply::CLAUSES,
    flow::CLAUSES,
    outcome::CLAUSES,
    tls::CLAUSES,
    service::CLAUSES,
];

/// All clauses, topic by topic.
pub fn clauses() -> impl Iterator<Item = &'static Clause> {
    CLAUSES.iter().copied().flatten().copied()
}

impl Level {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Note => "note",
        }
    }
}
