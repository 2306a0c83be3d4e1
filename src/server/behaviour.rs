use serde::{Deserialize, Serialize};

use super::{Fault, SessionForm};

/// How the service behaves in a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    /// The slice size that init and list replies carry.
    pub slice_size: SliceSize,
    /// Whether finish refuses a gap.
    pub finish: FinishCheck,
    /// What sessions look like.
    pub session: SessionForm,
    /// Whether the reply to init asks for one data request at a time; `None` if it says nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_upload: Option<bool>,
    /// What is at the object's place before the client comes.
    pub preexisting: Preexisting,
    /// How many bytes of slices are taken before the service refuses more with -46615; `None` if it takes
    /// all. It spares a client from which few slices are awaited gigabytes of traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_content: Option<u64>,
    /// What goes wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// The slice size that the service grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum SliceSize {
    /// The size that the client asks for.
    Asked,
    /// This size, whatever the client asks for.
    Fixed(u64),
    /// Whatever the client asks for, one size at first, and another one for each upload that is begun after
    /// the first.
    Changes {
        /// What the first upload is granted.
        first: u64,
        /// What the others are granted.
        later: u64,
    },
}

impl SliceSize {
    /// The size that the first upload is granted, of a client that asks for this one.
    pub(crate) fn granted(self, asked: u64) -> u64 {
        match self {
            Self::Asked => asked,
            Self::Fixed(size) | Self::Changes { first: size, .. } => size,
        }
    }

    /// The same sizes, named by the service and not by the client, which asks for this one.
    pub(crate) fn named(self, asked: u64) -> Self {
        match self {
            Self::Asked => Self::Fixed(asked),
            named => named,
        }
    }

    /// The same with other sizes in the place of those that the service names.
    pub(crate) fn map(self, size: impl Fn(u64) -> u64) -> Self {
        match self {
            Self::Asked => Self::Asked,
            Self::Fixed(fixed) => Self::Fixed(size(fixed)),
            Self::Changes { first, later } => {
                Self::Changes { first: size(first), later: size(later) }
            }
        }
    }

    /// The size that uploads after the first are granted, of a client that asks for this one.
    pub(crate) fn granted_later(self, asked: u64) -> u64 {
        match self {
            Self::Asked => asked,
            Self::Fixed(size) | Self::Changes { later: size, .. } => size,
        }
    }
}

/// What finish does about a slice that never came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum FinishCheck {
    /// Refuses with -29144.
    Strict,
    /// Says SUCCESS and stores zeros: only the client's own care prevents the loss.
    Lax,
}

/// What is at the object's place before the client comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Preexisting {
    /// Nothing.
    Nothing,
    /// An interrupted upload of the same file, with the slices of these indices.
    Unfinished(Vec<u64>),
    /// The same, begun with the file's sha, which its list names.
    UnfinishedWithSha(Vec<u64>),
    /// An interrupted upload of the same file, with the slices of these indices, of the last of which only the
    /// first half has arrived.
    UnfinishedHalved(Vec<u64>),
    /// An interrupted upload of the same file, with all slices but those of these indices.
    UnfinishedBut(Vec<u64>),
    /// An interrupted upload of another file, twice as long, with the slices of these indices.
    UnfinishedLonger(Vec<u64>),
    /// An interrupted upload of another file, half as long, with the slices of these indices.
    UnfinishedShorter(Vec<u64>),
    /// An interrupted upload of another file of the same length, begun with its sha, with the slices of these
    /// indices: each init is refused with -4020.
    UnfinishedOther(Vec<u64>),
    /// The same file, complete.
    SameFile,
    /// Another file, complete: it is replaced when an upload with `insertOnly` 0 is finished.
    OtherFile,
    /// Nothing here, but the service has the same file elsewhere: init with its sha is answered with an
    /// address, as if it had been uploaded.
    Recognised,
}

impl Default for Behaviour {
    /// Grants what is asked for, finds nothing, and does nothing wrong.
    fn default() -> Self {
        Self {
            slice_size: SliceSize::Asked,
            finish: FinishCheck::Strict,
            session: SessionForm::Hex,
            serial_upload: None,
            preexisting: Preexisting::Nothing,
            most_content: None,
            faults: Vec::new(),
        }
    }
}
