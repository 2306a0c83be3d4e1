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
    pub found: Found,
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
pub enum Found {
    /// Nothing.
    Nothing,
    /// An interrupted upload of the same file, with the slices of these indices.
    Unfinished(&'static [u64]),
    /// The same file, complete.
    SameFile,
}

/// What a session looks like; it is opaque to the client [SEED L49].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionForm {
    /// 192 hex digits, as in 2017.
    Hex,
    /// Characters that have a meaning in forms and addresses.
    Reserved,
}

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Which request it hits.
    pub at: Moment,
    /// How often.
    pub times: Times,
    /// What happens.
    pub kind: FaultKind,
}

/// Which request a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The request that opens the upload.
    Init,
    /// The request with the slice of this index.
    Slice(u64),
    /// The request for the list of slices.
    List,
    /// The request that closes the upload.
    Finish,
}

/// How often a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The first time only.
    Once,
    /// Each time.
    Always,
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Nothing is done; the reply says so.
    Refuse {
        /// HTTP status.
        status: u16,
        /// `code` of the envelope.
        code: i64,
    },
    /// Nothing is done; the reply has HTTP status 200, this code, and all the data of a success.
    RefuseWithData {
        /// `code` of the envelope.
        code: i64,
    },
    /// Nothing is done; the connection is reset.
    Reset,
    /// It is done; the reply is cut after this many bytes of its body.
    Truncate(usize),
    /// Nothing is done; the reply has this status and this body, which is no JSON.
    Foreign(u16, &'static str),
    /// The slice is stored as it should be; the reply describes another one in this field.
    Echo(EchoField),
}

/// A field of the reply to a slice that repeats what the client knows [SEED L84–L89].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EchoField {
    /// The number of bytes received.
    Datalen,
    /// Their MD5.
    Datamd5,
    /// The offset of the request.
    Offset,
    /// The session of the request.
    Session,
}
