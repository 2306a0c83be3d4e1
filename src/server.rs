//! The reference server, without sockets: a state machine per object path.
//!
//! It is a lenient server: where a request breaks a rule but its meaning is plain, it goes on as the
//! service would, so that one run yields all findings. It refuses what it cannot understand with the
//! documented code [§3.1, ERR]. What goes wrong, and when, is data: see [`Behaviour`].

use std::collections::HashMap;

use crate::protocol::{
    Delivery, FileView, Kept, ObjectPath, Occurred, Request, Response, Slice, SlicePlan, Stored,
};

mod behaviour;
mod delivered;
mod describe;
mod faults;
mod literal;
mod object;
mod operations;
mod react;
mod reply;
mod reply_encoding;
mod session;

pub use behaviour::{Behaviour, FinishCheck, Preexisting, SliceSize};
pub use faults::{EchoField, Fault, Reaction, Reply, SliceSelector, Storing, Trigger};
pub use literal::Literal;
use object::{Object, Piece};
pub use reply_encoding::ReplyEncoding;
pub use session::SessionForm;

/// A reply, what becomes of it on the way, and what of the plan it plays.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The reply, whole.
    pub response: Response,
    /// How it reaches the client, and how much of it.
    pub delivery: Delivery,
    /// Which fault it is, if it is one.
    pub played: Option<PlayedReaction>,
    /// The deviations of the scenario that occur with it.
    pub deviations: Vec<Occurred>,
}

/// A reaction of a fault that was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayedReaction {
    /// The index of the fault in [`Behaviour::faults`].
    pub fault: usize,
    /// The index of the reaction in [`Fault::reactions`].
    pub reaction: usize,
    /// Which attempt it met, counted from 1.
    pub attempt: u32,
}

/// The service: what it holds, and how it behaves.
///
/// It knows nothing of what a client was asked to do: whoever plays a scenario puts in place what is
/// there before, asks, and compares what is there in the end.
#[derive(Debug)]
pub struct Server {
    behaviour: Behaviour,
    /// What makes the sessions of one run differ from those of another.
    session_seed: String,
    objects: HashMap<ObjectPath, Object>,
    /// Content of which no copy is kept where a client sends it: ranges of it are.
    known: FileView,
    /// Content that is recognised by its sha, wherever it is to go.
    recognised: Option<FileView>,
    /// How many attempts each fault has met.
    attempts: Vec<usize>,
    /// What becomes of the slice of this request.
    storing: Storing,
    requests: u32,
    sessions: u32,
    /// How many bytes of slices came.
    content: u64,
}

/// A refusal, by the code it is answered with.
struct Refusal(i64);

impl Server {
    /// A service with this behaviour, which holds nothing.
    pub fn new(behaviour: Behaviour, session_seed: impl Into<String>) -> Self {
        Self {
            attempts: vec![0; behaviour.faults.len()],
            behaviour,
            session_seed: session_seed.into(),
            objects: HashMap::new(),
            known: FileView::default(),
            recognised: None,
            storing: Storing::AsSent,
            requests: 0,
            sessions: 0,
            content: 0,
        }
    }

    /// Keeps ranges of this file, and no copies, where a client sends its bytes: what is stored is the
    /// same, but takes no memory.
    pub fn know(&mut self, file: FileView) {
        self.known = file;
    }

    /// Has this content already, somewhere: an init with its sha gets an object, and no session.
    pub fn recognise(&mut self, content: FileView) {
        self.recognised = Some(content);
    }

    /// Puts a finished object in place.
    pub fn hold_object(&mut self, path: ObjectPath, content: FileView) {
        let length = content.len();
        self.objects.insert(path, Object::complete(Piece::Range(content, 0..length)));
    }

    /// Puts an unfinished upload of a file in place, with the slices of some indices on the grid that
    /// the service grants to who asks for `slice_size`.
    ///
    /// An upload that was begun `with_sha` names it in its list.
    pub fn hold_upload(
        &mut self,
        path: ObjectPath,
        file: &FileView,
        slice_size: u64,
        is_held: impl Fn(u64) -> bool,
        with_sha: bool,
    ) {
        // On the grid that the client will be granted: on another one,
        // none of its slices would match.
        let slice_size = self.behaviour.slice_size.granted(slice_size);
        // Without a plan, for a slice size of 0, nothing has arrived.
        let plan = SlicePlan::new(file.len(), slice_size).ok();
        let slices = plan.into_iter().flat_map(SlicePlan::slices).zip(0..);
        let slices = slices.filter(|(_, index)| is_held(*index));
        let piece = |(slice, _): (Slice, u64)| {
            Some((slice.offset, Piece::Range(file.clone(), slice.offset..slice.end()?)))
        };
        let sha = if with_sha { file.sha1() } else { None };
        let mut object = Object::begun(self.new_session(), file.len(), slice_size, sha);
        object.slices = slices.filter_map(piece).collect();
        // Init is compared with this file, as who left the upload may have announced no sha.
        object.left_behind = Some(file.clone());
        self.objects.insert(path, object);
    }

    /// Makes an unfinished upload one of somebody else's file: what is announced with another sha than its
    /// own, or without, is not taken for the same.
    pub fn disown(&mut self, path: &ObjectPath) {
        if let Some(object) = self.objects.get_mut(path) {
            object.left_behind = None;
        }
    }

    /// Loses the second half of the last slice that an unfinished upload has.
    pub fn halve_last(&mut self, path: &ObjectPath) {
        let object = self.objects.get_mut(path).filter(|object| !object.complete);
        let last =
            object.and_then(|object| object.slices.iter_mut().max_by_key(|(offset, _)| *offset));
        // What is in place before a client comes is always a range of its file.
        if let Some((_, Piece::Range(_, range))) = last {
            let half = range.end.saturating_sub(range.start) / 2;
            range.end = range.start.saturating_add(half);
        }
    }

    /// Answers one request; `clock` is in unix seconds.
    pub fn answer(&mut self, request: &Request, clock: u64) -> Answer {
        // First, as nothing may be done: the service has not read the body.
        if let Some(early) = self.answer_early(request, clock) {
            return early;
        }
        self.requests = self.requests.saturating_add(1);
        let request_id = self.request_id(clock);
        let Some((reaction, played)) = self.reaction_to(request) else {
            return Answer::new(self.perform(request, clock, &request_id), Delivery::Whole);
        };
        let (response, delivery) = self.react(&reaction, request, clock, &request_id);
        // What HTTP or the client does not allow was not played.
        let is_played = delivery == reaction.delivered || delivery == Delivery::Literal;
        let played = Some(played).filter(|_| is_played);
        // After the comparison with what was planned, as a cut that is moved is still that cut.
        let delivery = delivery.short_of(&response);
        Answer { played, ..Answer::new(response, delivery) }
    }

    /// Closes the upload of a place as its client would, if nothing of it is missing.
    fn complete(&mut self, path: &ObjectPath) {
        if let Some(object) = self.objects.get_mut(path)
            // Nobody can complete what is not there; then the client's own upload goes on.
            && object.first_gap().is_none()
        {
            object.complete = true;
        }
    }

    /// What the service holds at a place, compared with the file that was to be uploaded to it.
    pub fn stored(&self, path: &ObjectPath, file: &FileView) -> Stored {
        match self.kept(path, file) {
            Kept::Whole => Stored::Complete,
            Kept::Altered => Stored::Different,
            Kept::Gone => Stored::Absent,
        }
    }

    /// What became of a finished object with this content at a place.
    pub fn kept(&self, path: &ObjectPath, content: &FileView) -> Kept {
        match self.objects.get(path).and_then(Object::standing) {
            Some(object) if object.is(content) => Kept::Whole,
            Some(_) => Kept::Altered,
            None => Kept::Gone,
        }
    }
}

impl Answer {
    /// A reply that is no fault's, as far as is known yet.
    pub fn new(response: Response, delivery: Delivery) -> Self {
        Self { response, delivery, played: None, deviations: Vec::new() }
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
