//! The reference server, without sockets: a state machine per object path.
//!
//! It is a lenient server: where a request breaks a rule but its meaning is plain, it goes on as the
//! service would, so that one run yields all findings. It refuses what it cannot understand with the
//! documented code [§3.1, ERR]. What goes wrong, and when, is data: see [`Behaviour`].

use std::collections::HashMap;

use crate::protocol::{Delivery, ObjectPath, Request, Response, SlicePlan, Stored, UploadJob};

mod behaviour;
mod faults;
mod object;
mod operations;
mod reply;
mod reply_encoding;
mod session;

pub use behaviour::{Behaviour, Finish, Preexisting, SliceSize};
pub use faults::{Corruption, EchoField, Fault, FaultKind, Times, Trigger};
use object::{Object, Piece};
pub use reply_encoding::ReplyEncoding;
pub use session::SessionForm;

/// A reply and what becomes of it on the way.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The reply, whole.
    pub response: Response,
    /// How it reaches the client, and how much of it.
    pub delivery: Delivery,
}

/// The service: what it holds, and how it behaves.
#[derive(Debug)]
pub struct Server {
    behaviour: Behaviour,
    job: UploadJob,
    objects: HashMap<ObjectPath, Object>,
    /// Which faults have happened that happen once.
    spent: Vec<bool>,
    /// What becomes of the slice of this request, before it is stored.
    corruption: Option<Corruption>,
    requests: u32,
    sessions: u32,
}

/// A refusal, by the code it is answered with.
struct Refusal(i64);

impl Server {
    /// A service with this behaviour, as the job finds it.
    pub fn new(behaviour: Behaviour, job: &UploadJob) -> Self {
        let mut server = Self {
            spent: vec![false; behaviour.faults.len()],
            behaviour,
            job: job.clone(),
            objects: HashMap::new(),
            corruption: None,
            requests: 0,
            sessions: 0,
        };
        let path = job.path.clone();
        match behaviour.preexisting {
            Preexisting::Nothing => {}
            Preexisting::Unfinished(held) => server.leave_behind(held),
            Preexisting::SameFile | Preexisting::Recognised => {
                server.objects.insert(
                    path,
                    Object::complete(Piece::Range(job.file.clone(), 0..job.file.len())),
                );
            }
        }
        server
    }

    /// Answers one request; `clock` is in unix seconds.
    pub fn answer(&mut self, request: &Request, clock: u64) -> Answer {
        if let Some(early) = self.answer_early(request, clock) {
            return early;
        }
        self.requests = self.requests.saturating_add(1);
        let request_id = self.request_id(clock);
        match self.fault(request) {
            Some(kind) => self.misbehave(kind, request, clock, &request_id),
            None => whole(self.perform(request, clock, &request_id)),
        }
    }

    /// What the service holds of the file that the client was to upload.
    pub fn stored(&self) -> Stored {
        match self.objects.get(&self.job.path) {
            Some(object) if object.complete => {
                if object.is(&self.job.file) {
                    Stored::Complete
                } else {
                    Stored::Different
                }
            }
            _ => Stored::Absent,
        }
    }

    /// Puts an unfinished upload of the file in place, with the slices of these indices.
    fn leave_behind(&mut self, held: &[u64]) {
        let slice_size = match self.behaviour.slice_size {
            SliceSize::Fixed(size) => size,
            SliceSize::Asked => self.job.slice_size,
        };
        let file = self.job.file.clone();
        let plan = SlicePlan::new(file.len(), slice_size).ok();
        let slice = |index: &u64| {
            let slice = plan?.slice(*index)?;
            Some((slice.offset, Piece::Range(file.clone(), slice.offset..slice.end()?)))
        };
        let mut object = Object::begun(self.new_session(), file.len(), slice_size, None);
        object.slices = held.iter().filter_map(slice).collect();
        object.left_behind = true;
        self.objects.insert(self.job.path.clone(), object);
    }
}

fn whole(response: Response) -> Answer {
    Answer { response, delivery: Delivery::Whole }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
