use std::time::Duration;

use bytes::Bytes;

use super::reply::RequestError;
use super::{Outgoing, Task};
use crate::protocol::{
    Certificate, Claim, Codes, Delivery, Dialect, ErrorCode, FileView, Kept, ListData, Response,
    Signature, Slice, SlicePlan, UploadJob, UploadPart, sha1_hex,
};

/// Every decision of a client, as data.
///
/// [`ClientPolicy::REFERENCE`] decides everything rightly, and so do the other constants, in other ways. A
/// policy that differs from one of them in a single decision is that of a client with one defect.
#[derive(Clone, Copy, Debug)]
pub struct ClientPolicy {
    /// How requests look on the wire.
    pub dialect: Dialect,
    /// How an upload begins.
    pub init: InitPolicy,
    /// How the file is cut and sent.
    pub slicing: SlicingPolicy,
    /// What is made of replies.
    pub replies: ReplyPolicy,
    /// What is done after a failure.
    pub retry: RetryPolicy,
    /// What is made of an upload that was interrupted.
    pub resume: ResumePolicy,
    /// How requests are signed.
    pub signing: Signing,
    /// How an upload ends.
    pub completion: CompletionPolicy,
    /// What becomes of a finished request before it is sent; `None` where there is no place for it.
    pub edit: fn(&mut Outgoing) -> Option<()>,
}

/// How an upload begins.
#[derive(Clone, Copy, Debug)]
pub struct InitPolicy {
    /// What comes first.
    pub first: First,
    /// Whether and how the file's digests are announced.
    pub digests: Option<Digests>,
    /// Fields of init and simple upload besides those that have to be there.
    pub extra: &'static [(&'static str, &'static str)],
    /// Whether the client refuses to upload this at all.
    pub refuses: fn(&UploadJob) -> bool,
    /// What is made of a local file that cannot be read.
    pub unreadable: Unreadable,
    /// Which certificates of a service are trusted that should not be.
    pub trusts: fn(Certificate) -> bool,
}

/// What is made of a local file that cannot be read, or has become shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The upload has failed.
    Fail,
    /// What can be read of it is the file.
    Empty,
}

/// The first request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// init.
    Init,
    /// A list request, whether or not there is something to resume; init if there is not.
    List,
    /// A slice, with a session that nobody granted.
    Slice,
    /// The whole file in one request, if it has at most this many bytes; init otherwise.
    Upload(u64),
    /// No request at all.
    Nothing,
}

/// What goes into `sha` and `uploadparts`.
#[derive(Clone, Copy, Debug)]
pub struct Digests {
    /// `sha`, from the file.
    pub sha: fn(&[u8]) -> String,
    /// `uploadparts`, from the file and the slice size that is asked for.
    pub parts: fn(&[u8], usize) -> Option<Vec<UploadPart>>,
}

/// How the file is cut and sent.
#[derive(Clone, Copy, Debug)]
pub struct SlicingPolicy {
    /// Whose slice size counts.
    pub grid: Grid,
    /// The slices of a whole file, in the order in which they are sent.
    pub slices: fn(SlicePlan) -> Vec<Slice>,
    /// `offset` of a slice, with the slice size.
    pub offset: fn(Slice, u64) -> String,
    /// The content of a slice: of the file, the slice, and which attempt this is, counted from 1.
    pub content: fn(&FileView, Slice, u32) -> Bytes,
    /// How a session that was granted is kept.
    pub session: fn(&str) -> String,
    /// How many data requests are under way at a time.
    pub in_flight: usize,
    /// Whether it is only one if the service asks for that.
    pub heeds_serial: bool,
}

/// A slice size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    /// The one in the reply to init or list.
    Answered,
    /// The one that the client asked for.
    Asked,
    /// The one that the client asked for, times this, divided by that.
    Share(u64, u64),
}

/// What is made of replies.
#[derive(Clone, Copy, Debug)]
pub struct ReplyPolicy {
    /// What the HTTP library makes of a reply that comes like this; `None` if it cannot read it.
    pub hears: fn(Delivery, &Response) -> Option<Response>,
    /// Whether it stops waiting for a reply that does not come.
    pub times_out: bool,
    /// A reply that is taken for a success although it is none; `None` if no whole reply came.
    pub believes: fn(&Task, Option<&Response>) -> bool,
    /// One more of these, put together from requests and replies.
    pub misreads: Option<Misreading>,
    /// A success that is taken for a failure.
    pub doubts: fn(&Task, &Response) -> bool,
    /// Which echoes of a slice are compared.
    pub compares: Echoes,
    /// Whether a reply to init that names a finished object ends the upload.
    pub sees_instant_hit: bool,
    /// What is made of a slice size in quotes.
    pub quoted: Quoted,
}

/// A reply to some requests that is taken for a success although it is none.
#[derive(Clone, Copy, Debug)]
pub struct Misreading {
    /// The requests, in an upload of so many bytes.
    pub requests: fn(&Task, u64) -> bool,
    /// The replies to them.
    pub replies: fn(&Task, &Response) -> bool,
}

impl ReplyPolicy {
    /// Whether a reply that is no success is taken for one, in an upload of so many bytes.
    pub(super) fn is_taken_in(&self, task: &Task, size: u64, reply: Option<&Response>) -> bool {
        let is_misread = |(misreading, reply): (Misreading, &Response)| {
            (misreading.requests)(task, size) && (misreading.replies)(task, reply)
        };
        (self.believes)(task, reply) || self.misreads.zip(reply).is_some_and(is_misread)
    }
}

/// What is made of a slice size that comes as a string of digits (DOC16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoted {
    /// It is the number that it spells.
    Number,
    /// It is not seen: the size that was asked for counts.
    Unseen,
    /// No offset is beyond it: the file is one slice.
    Endless,
    /// Offsets are added to it as strings: its digits after a 0, once for each slice before.
    Appended,
}

/// The echoes of a reply to a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each can be forgotten alone")]
pub struct Echoes {
    /// The number of bytes.
    pub datalen: bool,
    /// Their MD5.
    pub datamd5: bool,
    /// Where they belong.
    pub offset: bool,
    /// The upload that they belong to.
    pub session: bool,
}

/// What is done after a failure.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// How often one request is tried.
    pub attempts: u32,
    /// How often requests are repeated in the whole upload, all of them together.
    pub repetitions: u32,
    /// How long it waits before another attempt.
    pub pause: Duration,
    /// Whether another attempt may help.
    pub is_retryable: fn(&Task, &RequestError) -> bool,
    /// What happens when it is not tried again.
    pub then: OnExhausted,
    /// When what is at the place of the object is deleted.
    pub deletes: Deletes,
    /// Whether the upload goes on once another attempt at a slice has succeeded.
    pub goes_on: bool,
}

/// When what is at the place of the object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletes {
    /// Never.
    Never,
    /// When init says that another object is there; then it is sent again.
    Conflicts,
    /// When a slice has failed for good, as if there were nothing but a part of the file.
    Failures,
}

/// What happens when a request is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExhausted {
    /// The upload has failed.
    Fail,
    /// The upload goes on as if the request had succeeded.
    GoOn,
    /// No more slices are sent; finish is.
    Finish,
    /// All slices are sent again, a few times.
    FromTheStart,
    /// The client dies of a signal.
    Crash,
    /// The client waits for something that never comes.
    Hang,
}

/// What is made of an upload that was interrupted.
#[derive(Clone, Copy, Debug)]
pub struct ResumePolicy {
    /// What -4019 at init leads to.
    pub in_progress: InProgress,
    /// The slices that a list reply leaves to be sent.
    pub missing: fn(&ListData, SlicePlan) -> Vec<Slice>,
    /// Whose slice size counts.
    pub grid: Grid,
    /// What a session leads to that the service does not know any more.
    pub forgotten: Forgotten,
    /// Whether the session in the list is the one to go on with.
    pub takes_session: bool,
    /// Whether the size of the file that was begun is compared.
    pub compares_filesize: bool,
    /// How its sha is compared, if the list has one.
    pub compares_sha: ComparesSha,
    /// Which slices are not sent again once the client was killed and started again, whatever the list
    /// says.
    pub remembers: Remembers,
}

/// How the sha of a list is compared with that of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparesSha {
    /// It is not.
    Never,
    /// Up to the suffix that the service may add [SDK `qcloud_sdk.js:495`].
    BeforeSuffix,
    /// With any suffix, where the client has announced it; without one elsewhere.
    WholeWhereAnnounced,
}

/// What of its progress a client goes by that was killed and started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembers {
    /// What the service has.
    Nothing,
    /// What it had begun to send.
    Sent,
    /// What was acknowledged to it.
    Acknowledged,
    /// That it had sent finish.
    Finish,
    /// The slice size that it asks for, for a session that has its own.
    SliceSize,
}

/// What -4019 at init leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InProgress {
    /// A list request.
    List,
    /// The end, in failure.
    Fail,
    /// The end, in success: the file is there, is it not?
    Succeed,
    /// Slices, with a session that nobody granted.
    Slices,
    /// The same init again.
    Again,
}

/// What a session leads to that the service does not know any more (-29096).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// The end, in failure.
    Fail,
    /// init, and all slices with the new session; the end, in failure, if that is forgotten, too.
    Restart,
    /// The same, however often it is forgotten.
    RestartEndlessly,
    /// init, and all slices with the old session.
    KeepSession,
    /// init, and the slices that were not acknowledged before.
    KeepProgress,
}

/// How requests are signed.
#[derive(Clone, Copy, Debug)]
pub struct Signing {
    /// How long a signature is valid, in seconds.
    pub lifetime: u64,
    /// Whether each request is signed for itself.
    pub per_request: bool,
    /// The signature of a string to sign.
    pub sign: fn(&UploadJob, &str) -> String,
}

/// How an upload ends.
#[derive(Clone, Copy, Debug)]
pub struct CompletionPolicy {
    /// When finish is sent.
    pub finish: FinishTiming,
    /// What is claimed where this would be right.
    pub claims: fn(Claim) -> Claim,
    /// What is said of it.
    pub says: fn(&str) -> String,
    /// What becomes of the local file in the end.
    pub source: Kept,
}

/// When finish is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishTiming {
    /// When all slices are acknowledged.
    Acknowledged,
    /// When all slices are sent.
    Sent,
    /// Before the last slice.
    BeforeLast,
    /// Twice.
    Twice,
    /// And then the first slice again.
    ThenSlice,
    /// Not at all: the list is asked for until it names the object.
    Awaited,
    /// Not at all.
    Never,
}

impl Digests {
    /// What the documents ask for [DOC17 6067].
    pub const DOCUMENTED: Self = Self { sha: sha1_hex, parts: UploadPart::all };
}

impl ClientPolicy {
    /// The plainest way: init, slices one after the other, finish; a list where init says -4019.
    pub const REFERENCE: Self = Self {
        dialect: Dialect::REFERENCE,
        init: InitPolicy {
            first: First::Init,
            digests: None,
            extra: &[],
            refuses: |_| false,
            unreadable: Unreadable::Fail,
            trusts: |_| false,
        },
        slicing: SlicingPolicy {
            grid: Grid::Answered,
            slices: |plan| plan.slices().collect(),
            offset: |slice, _| slice.offset.to_string(),
            content: |file, slice, _| content(file, slice),
            session: str::to_owned,
            in_flight: 1,
            heeds_serial: true,
        },
        replies: ReplyPolicy {
            hears: Delivery::heard,
            times_out: true,
            believes: |_, _| false,
            misreads: None,
            doubts: |_, _| false,
            compares: Echoes { datalen: true, datamd5: true, offset: true, session: true },
            sees_instant_hit: true,
            quoted: Quoted::Number,
        },
        retry: RetryPolicy {
            attempts: 3,
            repetitions: u32::MAX,
            pause: Duration::from_millis(50),
            is_retryable: |_, error| is_retryable(error),
            then: OnExhausted::Fail,
            deletes: Deletes::Never,
            goes_on: true,
        },
        resume: ResumePolicy {
            in_progress: InProgress::List,
            missing: |list, plan| missing(list, plan),
            grid: Grid::Answered,
            forgotten: Forgotten::Fail,
            takes_session: true,
            compares_filesize: true,
            compares_sha: ComparesSha::BeforeSuffix,
            remembers: Remembers::Nothing,
        },
        signing: Signing {
            lifetime: 3600,
            per_request: true,
            sign: |job, string_to_sign| {
                Signature::sign(&job.credentials.secret_key, string_to_sign)
            },
        },
        completion: CompletionPolicy {
            finish: FinishTiming::Acknowledged,
            claims: |claim| claim,
            says: str::to_owned,
            source: Kept::Whole,
        },
        edit: |_| Some(()),
    };

    /// With `sha` on every request and `uploadparts` at init.
    pub const WITH_SHA: Self = Self {
        init: InitPolicy { digests: Some(Digests::DOCUMENTED), ..Self::REFERENCE.init },
        ..Self::REFERENCE
    };

    /// With several slices under way at a time, unless the service asks for one.
    pub const PARALLEL: Self = Self {
        slicing: SlicingPolicy { in_flight: 4, ..Self::REFERENCE.slicing },
        ..Self::REFERENCE
    };

    /// With `insertOnly=0`: an object that is there is replaced.
    pub const OVERWRITING: Self = Self {
        init: InitPolicy { extra: &[("insertOnly", "0")], ..Self::REFERENCE.init },
        ..Self::REFERENCE
    };

    /// With a question for what is there before every init.
    pub const LISTING_FIRST: Self =
        Self { init: InitPolicy { first: First::List, ..Self::REFERENCE.init }, ..Self::REFERENCE };

    /// With the last slice first.
    pub const BACKWARDS: Self = Self {
        slicing: SlicingPolicy {
            slices: |plan| {
                let mut slices: Vec<_> = plan.slices().collect();
                slices.reverse();
                slices
            },
            ..Self::REFERENCE.slicing
        },
        ..Self::REFERENCE
    };

    /// With more attempts, and longer pauses.
    pub const PATIENT: Self = Self {
        retry: RetryPolicy { attempts: 6, pause: Duration::from_secs(1), ..Self::REFERENCE.retry },
        ..Self::REFERENCE
    };

    /// With a new init where the service has forgotten the upload.
    pub const RESTARTING: Self = Self {
        resume: ResumePolicy { forgotten: Forgotten::Restart, ..Self::REFERENCE.resume },
        ..Self::REFERENCE
    };

    /// With files of up to 20 MiB in one request [DOC17 6066].
    pub const IN_ONE_REQUEST: Self = Self {
        init: InitPolicy { first: First::Upload(20 << 20), ..Self::REFERENCE.init },
        ..Self::REFERENCE
    };

    /// This one, in the manners of a shipped client.
    #[must_use]
    pub const fn speaking(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }
}

impl Grid {
    pub(super) fn choose(self, answered: u64, asked: u64) -> u64 {
        match self {
            Self::Answered => answered,
            Self::Asked => asked,
            Self::Share(times, by) => asked.saturating_mul(times).checked_div(by).unwrap_or(asked),
        }
    }
}

/// What the file has of a slice.
pub fn content(file: &FileView, slice: Slice) -> Bytes {
    file.at_most(slice.offset.min(file.len()), slice.length).unwrap_or_default()
}

/// The service says so, or nothing came that says otherwise.
fn is_retryable(error: &RequestError) -> bool {
    match error {
        RequestError::Refused { code, .. } => {
            Codes::get(*code).is_some_and(ErrorCode::is_retryable)
        }
        RequestError::Lost(_) => true,
    }
}

fn missing(list: &ListData, plan: SlicePlan) -> Vec<Slice> {
    let part =
        |part: &crate::protocol::ListPart| Slice { offset: part.offset, length: part.datalen };
    plan.missing(list.listparts.iter().map(part)).collect()
}
