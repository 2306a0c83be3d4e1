use serde::{Deserialize, Serialize};

use super::{Fault, SessionForm};

/// How the service behaves in a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    /// The slice size that init and list replies carry.
    pub slice_size: SliceSize,
    /// Whether finish refuses a gap.
    pub finish: Finish,
    /// What sessions look like.
    pub session: SessionForm,
    /// Whether the reply to init asks for one data request at a time; `None` if it says nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_upload: Option<bool>,
    /// What is at the object's place before the client comes.
    pub preexisting: Preexisting,
    /// What goes wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// The slice size that the service grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SliceSize {
    /// The size that the client asks for.
    Asked,
    /// This size, whatever the client asks for.
    Fixed(u64),
}

/// What finish does about a slice that never came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// Refuses with -29144.
    Strict,
    /// Says SUCCESS and stores zeros: only the client's own care prevents the loss.
    Lax,
}

/// What is at the object's place before the client comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preexisting {
    /// Nothing.
    Nothing,
    /// An interrupted upload of the same file, with the slices of these indices.
    Unfinished(Vec<u64>),
    /// The same, begun with the file's sha, which its list names.
    UnfinishedWithSha(Vec<u64>),
    /// The same file, complete.
    SameFile,
    /// The same file, complete; init is answered with its address even without a sha.
    Recognised,
}

impl Default for Behaviour {
    /// Grants what is asked for, finds nothing, and does nothing wrong.
    fn default() -> Self {
        Self {
            slice_size: SliceSize::Asked,
            finish: Finish::Strict,
            session: SessionForm::Hex,
            serial_upload: None,
            preexisting: Preexisting::Nothing,
            faults: Vec::new(),
        }
    }
}
