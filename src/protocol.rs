//! The nouns of the protocol: no input or output, no `async`, no opinion.
//!
//! Everything here is built from bytes that somebody else sent, so nothing here panics, and every
//! size is bounded by the size of the input.
#![warn(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::string_slice)]

mod acknowledgement;
mod auth;
mod base64_forms;
mod body;
mod certificate;
mod chunked;
mod code;
mod delivery;
mod dialect;
mod digest;
mod envelope;
mod failed_connection;
mod fields;
mod file_view;
mod form;
mod framed;
mod head;
mod head_form;
mod machine;
mod multipart;
mod op;
mod path;
mod plan;
mod quote;
mod refusal;
mod request;
mod request_reader;
mod response;
mod transcript;
mod wire_bytes;
mod wishes;

pub use acknowledgement::{Acknowledged, Acknowledgement};
pub use auth::{
    Credentials, FieldOrder, MacMistake, Signature, SignatureError, SignatureFault,
    SignatureFaultKind, StringToSign, Uses, Verification,
};
pub(crate) use base64_forms::base64_forms;
pub use body::BodyFraming;
pub use certificate::Certificate;
pub use chunked::{ChunkError, ChunkSize, ChunkedBody};
pub use code::{Codes, Era, ErrorCode, Operations, Retry};
pub use delivery::{Delivery, Received};
pub use dialect::{Dialect, Filename, JsonStyle, Order, PartStyle, RequestBuilder};
pub use digest::{CumulativeSha1, cumulative_sha1, hmac_sha1, md5_hex, sha1_hex};
pub use envelope::{
    EnvelopeError, FieldError, FieldErrorKind, JsonNode, ListData, ListPart, PartialData, Reading,
    ReplyContent, ReplyData, ReplyDeviation, ReplyDeviationKind, ReplyFacts, ResponseEnvelope,
    SessionData, SliceData, StoredData, StrictError,
};
pub use failed_connection::FailedConnection;
pub use fields::{Fields, UploadPart};
pub use file_view::FileView;
pub use form::{Encoding, Form, Value};
pub use framed::Framed;
pub use head::{Field, Head, HeadDefect, HeadDefectKind};
pub use head_form::HeadForm;
pub use machine::{Machine, Source};
pub use multipart::{
    FormDefect, FormDefectKind, MultipartBody, Part, SecondReading, boundary_parameter,
    boundary_parameters,
};
pub use op::Op;
pub use path::{Escaping, ObjectPath, PathError, Slashes, percent_decode};
pub use plan::{
    DEFAULT_SLICE_SIZE, LARGEST_FILE, PlanError, Slice, SlicePlan, is_documented_slice_size,
};
pub(crate) use quote::quote;
pub use request::Request;
pub use request_reader::{LargestRequest, RequestEnd, RequestReader, Step};
pub use response::Response;
pub use transcript::{
    Bound, Claim, Deviation, Exchange, JobFacts, Kept, Occurred, Occurrence, Outcome, Receipt,
    Stored, Transcript, UploadJob,
};
pub use wishes::Wishes;
