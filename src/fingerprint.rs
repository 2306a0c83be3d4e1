//! A client's habits: how it writes requests, which course it takes, how it tries again, what it needs.
//!
//! A [`Survey`] names the scenarios to be played and takes their transcripts; what they have in common is the
//! [`Fingerprint`]. Everything in it but [`Fingerprint::spread`] is the same each time that the same client is played:
//! times are told by classes, and what differs from request to request by its form.

use std::collections::BTreeMap;

use serde::Serialize;

mod boundary;
mod course;
mod needs;
pub mod policy;
mod request;
mod retries;
mod signature;
mod survey;
mod target;

pub use boundary::BoundaryHabit;
pub use course::{Course, Resumption, UploadHabits, WithDigests};
pub use request::RequestHabit;
pub use retries::{RetryHabit, Spread, pauses_after_faults};
pub use signature::SignatureHabit;
pub use survey::{Progress, Survey, Unusable};
pub use target::TargetHabit;

/// What is known of a client's habits.
#[derive(Clone, Debug, Serialize)]
pub struct Fingerprint {
    /// The version of this form.
    pub version: u32,
    /// A plain upload in slices.
    pub upload: UploadHabits,
    /// The upload of a file of 1,000 bytes.
    pub small_file: Option<Course>,
    /// An upload for which `sha` and `uploadparts` are asked for.
    pub with_sha: Option<WithDigests>,
    /// An upload of which the first and the third of four slices are there.
    pub resumption: Option<Resumption>,
    /// The request target.
    pub target: TargetHabit,
    /// The signature; `None` if no request has one that can be read.
    pub signature: Option<SignatureHabit>,
    /// The boundary of forms; `None` if no request has one.
    pub boundary: Option<BoundaryHabit>,
    /// What the requests of each operation look like.
    pub requests: Vec<RequestHabit>,
    /// What is done about a fault that does not end, by its name.
    pub retries: BTreeMap<&'static str, RetryHabit>,
    /// The fields of replies, by operation, without which it is sent again, or the upload fails.
    pub needs: BTreeMap<String, Vec<String>>,
    /// The times that were measured, by fault: they differ from run to run.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub spread: BTreeMap<&'static str, Spread>,
}
