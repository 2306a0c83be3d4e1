use super::{Fault, SessionForm};

/// How the service behaves in a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// The slice size that init and list replies carry.
    pub slice_size: SliceSize,
    /// Whether finish refuses a gap.
    pub finish: Finish,
    /// What sessions look like.
    pub session: SessionForm,
    /// Whether the reply to init asks for one data request at a time.
    pub serial_upload: Option<bool>,
    /// What is at the object's place before the client comes.
    pub preexisting: Preexisting,
    /// What goes wrong.
    pub faults: &'static [Fault],
}

/// The slice size that the service grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliceSize {
    /// The size that the client asks for.
    Asked,
    /// This size, whatever the client asks for.
    Fixed(u64),
}

/// What finish does about a slice that never came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Refuses with -29144.
    Strict,
    /// Says SUCCESS and stores zeros: only the client's own care prevents the loss.
    Lax,
}

/// What is at the object's place before the client comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preexisting {
    /// Nothing.
    Nothing,
    /// An interrupted upload of the same file, with the slices of these indices.
    Unfinished(&'static [u64]),
    /// The same file, complete.
    SameFile,
    /// The same file, complete; init is answered with its address even without a sha.
    Recognised,
}
