//! The reference client, without sockets: it says what to send and hears what came back.
//!
//! What it decides is data: a [`ClientPolicy`]. That of the reference client speaks the plainest form of the
//! protocol, checks every echo, tries again what may succeed, and claims success only when the service
//! has said so.

use std::collections::VecDeque;
use std::time::Duration;

use crate::protocol::{
    Claim, FileView, Receipt, ReplyData, Request, Response, Slice, SliceData, SlicePlan, UploadJob,
};

mod failures;
mod opening;
mod policy;
mod reply;
mod request;

use opening::{announced, has_quoted_slice_size};
pub use policy::{
    ClientPolicy, ComparesSha, CompletionPolicy, Deletes, Digests, Echoes, FinishTiming, First,
    Forgotten, Grid, InProgress, InitPolicy, Misreading, OnExhausted, Quoted, Remembers,
    ReplyPolicy, ResumePolicy, RetryPolicy, Signing, SlicingPolicy, Unreadable, content,
};
pub use reply::RequestError;
use reply::read;

/// How often all slices are sent again.
const ROUNDS: u32 = 2;

/// What the client wants next.
#[derive(Clone, Debug)]
pub enum Action {
    /// This request is to be sent; [`Client::handle_reply`] takes the reply.
    Send(Outgoing),
    /// It wants to hear a reply first. If none is under way, it waits for ever.
    Wait,
    /// It is done, and this is what it claims, and why.
    Done(Claim, String),
}

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// To be given back with the reply.
    pub id: u32,
    /// What it is about.
    pub task: Task,
    /// Which attempt this is, counted from 1.
    pub attempt: u32,
    /// How long to wait before it is sent.
    pub pause: Duration,
    /// The request.
    pub request: Request,
    /// How much of it is sent.
    pub receipt: Receipt,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Opening an upload.
    Init,
    /// Asking what has arrived.
    List,
    /// A slice.
    Data(Slice),
    /// Closing an upload.
    Finish,
    /// The whole file.
    Upload,
    /// Deleting what is there.
    Delete,
}

/// One upload in progress.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that happened, or not")]
pub struct Client {
    policy: ClientPolicy,
    job: UploadJob,
    seed: u64,
    /// `sha` and `uploadparts`, if they are announced.
    digests: Option<(String, String)>,
    /// What can be sent now, each with the number of earlier attempts.
    waiting: VecDeque<(Task, u32)>,
    /// What was sent and has no reply yet, by id.
    in_flight: Vec<(u32, Task, u32, Request)>,
    requests_sent: u32,
    phase: Phase,
    session: String,
    slice_size: u64,
    /// How that was read, if it was in quotes.
    quoted: Option<Quoted>,
    serial: bool,
    /// When the signature was made that all requests carry.
    signed: Option<u64>,
    /// How many requests it has repeated.
    repeated: u32,
    /// How often it has begun again.
    rounds: u32,
    /// Whether it has opened another upload because the first was forgotten.
    restarted: bool,
    /// Whether it asks what is there before it opens an upload.
    asks_first: bool,
    /// Whether it has deleted what was there.
    deleted: bool,
    /// The file as it is now, once it has changed.
    changed: Option<FileView>,
    /// The slices that it has begun to send.
    sent: Vec<Slice>,
    /// Those that were acknowledged.
    acknowledged: Vec<Slice>,
    /// Those that are not sent again.
    remembered: Vec<Slice>,
    end: Option<(Claim, String)>,
    hangs: bool,
}

/// How far the upload has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Init,
    Slices,
    Finishing,
    Afterwards,
}

impl Client {
    /// A client that is about to upload; `seed` makes its boundaries.
    pub fn new(job: &UploadJob, seed: u64) -> Self {
        Self::with(ClientPolicy::REFERENCE, job, seed)
    }

    /// A client that decides otherwise.
    pub fn with(policy: ClientPolicy, job: &UploadJob, seed: u64) -> Self {
        let wished = job.wishes.sha.then_some(Digests::DOCUMENTED);
        let digests = policy.init.digests.or(wished);
        let mut client = Self {
            digests: digests.and_then(|digests| announced(&policy, digests, job)),
            policy,
            job: job.clone(),
            seed,
            waiting: VecDeque::new(),
            in_flight: Vec::new(),
            requests_sent: 0,
            phase: Phase::Init,
            session: String::new(),
            slice_size: job.slice_size,
            quoted: None,
            serial: false,
            signed: None,
            repeated: 0,
            rounds: 0,
            restarted: false,
            asks_first: policy.init.first == First::List,
            deleted: false,
            changed: None,
            sent: Vec::new(),
            acknowledged: Vec::new(),
            remembered: Vec::new(),
            end: None,
            hangs: false,
        };
        client.open();
        client
    }

    /// The same client, killed and started again: of what it knew it has what it wrote down.
    #[must_use]
    pub fn restarted(self) -> Self {
        let mut again = Self::with(self.policy, &self.job, self.seed);
        match self.policy.resume.remembers {
            Remembers::Sent => again.remembered = self.sent,
            Remembers::Acknowledged => again.remembered = self.acknowledged,
            Remembers::Finish if self.phase == Phase::Finishing => again.done(Claim::Ok, "stored"),
            Remembers::Nothing | Remembers::Finish => {}
            Remembers::SliceSize => again.policy.resume.grid = Grid::Asked,
        }
        again
    }

    /// What it finds in the local file from now on.
    pub fn see_file(&mut self, file: FileView) {
        self.changed = Some(file);
    }

    /// What to do now; `clock` is in unix seconds.
    pub fn poll(&mut self, clock: u64) -> Action {
        if let Some((claim, detail)) = &self.end {
            let CompletionPolicy { claims, says, .. } = self.policy.completion;
            return Action::Done(claims(*claim), says(detail));
        }
        let parallel = if self.serial && self.policy.slicing.heeds_serial {
            1
        } else {
            self.policy.slicing.in_flight
        };
        if self.hangs || self.in_flight.len() >= parallel {
            return Action::Wait;
        }
        let Some((task, before)) = self.waiting.pop_front() else { return Action::Wait };
        if let Task::Data(slice) = task {
            if self.is_cut(slice) {
                self.miss();
                return self.poll(clock);
            }
            self.sent.push(slice);
        }
        let attempt = before.saturating_add(1);
        self.requests_sent = self.requests_sent.saturating_add(1);
        let mut outgoing = Outgoing {
            id: self.requests_sent,
            task,
            attempt,
            pause: if before == 0 { Duration::ZERO } else { self.policy.retry.pause },
            request: self.request(&self.fields(task, attempt), clock),
            receipt: Receipt::Whole,
        };
        // Where there is no place for the edit, the request stays as it is.
        let _ = (self.policy.edit)(&mut outgoing);
        self.in_flight.push((outgoing.id, task, attempt, outgoing.request.clone()));
        if self.waiting.is_empty() && self.policy.completion.finish == FinishTiming::Sent {
            self.finish();
        }
        Action::Send(outgoing)
    }

    /// Takes the reply to the request with this id; `None` if no whole reply came.
    pub fn handle_reply(&mut self, id: u32, reply: Option<&Response>) {
        let Some(at) = self.in_flight.iter().position(|(known, ..)| *known == id) else { return };
        let (_, task, attempt, request) = self.in_flight.swap_remove(at);
        if self.end.is_some() {
            return;
        }
        let doubted = reply.is_some_and(|reply| (self.policy.replies.doubts)(&task, reply));
        let heard = match task {
            _ if doubted => Err(RequestError::Lost("a reply that is not understood")),
            Task::Delete => {
                self.after_delete();
                Ok(())
            }
            Task::Init | Task::List => {
                // Who reads the number that it spells need not look.
                let misread = Some(self.policy.replies.quoted).filter(|it| *it != Quoted::Number);
                self.quoted = misread.filter(|_| reply.is_some_and(has_quoted_slice_size));
                let asks_first = std::mem::take(&mut self.asks_first);
                read(reply).map(|data| match data {
                    // What is there may be another file.
                    ReplyData::Stored(_) if asks_first => self.send(Task::Init),
                    data => self.handle_session(data),
                })
            }
            Task::Data(slice) => read(reply)
                .and_then(|data| self.handle_slice_reply(slice, &request, &data))
                .map(|()| {
                    self.acknowledged.push(slice);
                    if attempt > 1 && !self.policy.retry.goes_on {
                        return self.done(Claim::Failed, "a slice was not stored at once");
                    }
                    self.go_on(task);
                }),
            Task::Finish | Task::Upload => match read(reply) {
                Ok(ReplyData::Stored(_)) => {
                    self.go_on(task);
                    Ok(())
                }
                Ok(_) => Err(RequestError::Lost("a reply without an address")),
                Err(error) => Err(error),
            },
        };
        match heard {
            Ok(()) => {}
            Err(_) if self.policy.replies.is_taken_in(&task, self.size(), reply) => {
                self.go_on(task);
            }
            Err(error) => self.handle_error(task, attempt, &error),
        }
    }

    fn handle_slice_reply(
        &self,
        slice: Slice,
        sent: &Request,
        data: &SliceData,
    ) -> Result<(), RequestError> {
        let compares = self.policy.replies.compares;
        let content = sent.value("filecontent");
        let length = content.and_then(|content| u64::try_from(content.content.len()).ok());
        let other_md5 = || !data.datamd5.is_empty() && sent.content_md5() != Some(&data.datamd5);
        let differs = (compares.offset && data.offset != slice.offset)
            || (compares.datalen && Some(data.datalen) != length)
            || (compares.session && data.session != self.session)
            || (compares.datamd5 && other_md5());
        if differs {
            return Err(RequestError::Lost("the reply describes another slice than was sent"));
        }
        Ok(())
    }

    /// What follows a success, or what is taken for one.
    fn go_on(&mut self, task: Task) {
        match task {
            Task::Init | Task::List | Task::Delete => self.begin(None),
            Task::Upload => self.done(Claim::Ok, "stored"),
            Task::Data(_) => {
                let all_heard = self.waiting.is_empty() && self.in_flight.is_empty();
                match self.phase {
                    Phase::Slices if all_heard => self.finish(),
                    Phase::Afterwards if all_heard => self.done(Claim::Ok, "stored"),
                    _ => {}
                }
            }
            Task::Finish => match (self.policy.completion.finish, self.phase) {
                (FinishTiming::Twice, Phase::Finishing) => {
                    self.phase = Phase::Afterwards;
                    self.send(Task::Finish);
                }
                (FinishTiming::ThenSlice, Phase::Finishing) => {
                    self.phase = Phase::Afterwards;
                    let plan = SlicePlan::new(self.size(), self.slice_size).ok();
                    let first = plan.and_then(|plan| plan.slice(0));
                    if let Some(first) = first {
                        self.send(Task::Data(first));
                    }
                }
                (FinishTiming::BeforeLast, _) if !self.waiting.is_empty() => {
                    self.phase = Phase::Afterwards;
                }
                _ => self.done(Claim::Ok, "stored"),
            },
        }
    }

    fn finish(&mut self) {
        if self.phase != Phase::Slices {
            return;
        }
        self.phase = Phase::Finishing;
        match self.policy.completion.finish {
            FinishTiming::Never => self.done(Claim::Ok, "all slices are sent"),
            FinishTiming::Awaited => self.send(Task::List),
            _ => self.send(Task::Finish),
        }
    }

    fn send(&mut self, task: Task) {
        self.waiting.push_back((task, 0));
    }

    fn done(&mut self, claim: Claim, detail: &str) {
        self.end = Some((claim, detail.to_owned()));
    }

    fn size(&self) -> u64 {
        self.job.file.len()
    }
}
