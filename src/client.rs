//! The reference client, without sockets: it says what to send and hears what came back.
//!
//! It speaks the plainest form of the protocol, checks every echo, tries again what may succeed, and
//! claims success only when the service has said so.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::protocol::{
    Assignment, Claim, Codes, Dialect, EnvelopeError, ErrorCode, Fields, ReplyContent, ReplyData,
    Request, RequestBuilder, Response, ResponseEnvelope, Slice, SliceData, SlicePlan, md5_hex,
};

/// How often one request is tried.
const ATTEMPTS: u32 = 3;
/// How long a signature is valid, in seconds.
const LIFETIME: u64 = 3600;

/// What the client wants next.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one is alive at a time")]
pub enum Action {
    /// This request is to be sent; [`Client::hear`] takes the reply.
    Send(Request),
    /// It is done, and this is what it claims, and why.
    Done(Claim, String),
}

/// One upload in progress.
#[derive(Debug)]
pub struct Client {
    assignment: Assignment,
    clock: u64,
    seed: u64,
    dialect: Dialect,
    step: Step,
    attempts: u32,
    session: String,
    plan: Option<SlicePlan>,
    missing: BTreeSet<Slice>,
}

#[derive(Clone, Debug)]
enum Step {
    Init,
    List,
    Data(Slice),
    Finish,
    Done(Claim, String),
}

/// What a reply means for the request it answers.
enum Heard<T> {
    Success(T),
    Refused(i64, String),
    Lost(&'static str),
}

impl Client {
    /// A client that is about to upload; `clock` is in unix seconds, `seed` makes its boundary.
    pub fn new(assignment: &Assignment, clock: u64, seed: u64) -> Self {
        Self {
            assignment: assignment.clone(),
            clock,
            seed,
            dialect: Dialect::REFERENCE,
            step: Step::Init,
            attempts: 0,
            session: String::new(),
            plan: None,
            missing: BTreeSet::new(),
        }
    }

    /// This client with other manners on the wire.
    #[must_use]
    pub fn speaking(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// What to do now.
    pub fn ask(&mut self) -> Action {
        let fields = match &self.step {
            Step::Init => Fields::init(self.size(), self.assignment.slice_size),
            Step::List => Fields::list(),
            Step::Data(slice) => {
                Fields::data(self.session.clone(), slice.offset, self.content(*slice))
            }
            Step::Finish => Fields::finish(self.session.clone(), self.size()),
            Step::Done(claim, words) => return Action::Done(*claim, words.clone()),
        };
        self.attempts = self.attempts.saturating_add(1);
        Action::Send(self.request(&fields))
    }

    /// Takes the reply to the request sent last; `None` if no whole reply came.
    pub fn hear(&mut self, reply: Option<&Response>) {
        match self.step.clone() {
            Step::Init => match read::<ReplyData>(reply) {
                Heard::Refused(-4019, _) => self.go(Step::List),
                heard => self.hear_session(heard),
            },
            Step::List => self.hear_session(read(reply)),
            Step::Data(slice) => self.hear_slice(slice, read(reply)),
            Step::Finish => match read::<ReplyData>(reply) {
                Heard::Success(ReplyData::Stored(_)) => self.done(Claim::Ok, "stored".to_owned()),
                Heard::Success(_) => self.try_again("finish reply without an address"),
                heard => self.retry_or_give_up(&heard),
            },
            Step::Done(..) => {}
        }
    }

    fn hear_session(&mut self, heard: Heard<ReplyData>) {
        let (session, slice_size, held) = match heard {
            Heard::Success(ReplyData::Stored(_)) => {
                return self.done(Claim::Ok, "already stored".to_owned());
            }
            Heard::Success(ReplyData::Granted(data)) => (data.session, data.slice_size, Vec::new()),
            Heard::Success(ReplyData::Listed(data)) => {
                if data.filesize != self.size() {
                    let words = format!("an unfinished upload of {} bytes is there", data.filesize);
                    return self.done(Claim::Failed, words);
                }
                (data.session, data.slice_size, data.listparts)
            }
            heard => return self.retry_or_give_up(&heard),
        };
        let plan = match SlicePlan::new(self.size(), slice_size) {
            Ok(plan) => plan,
            Err(error) => return self.done(Claim::Failed, error.to_string()),
        };
        let held = held.iter().map(|part| Slice { offset: part.offset, length: part.datalen });
        self.session = session;
        self.plan = Some(plan);
        self.missing = plan.missing(held).collect();
        self.next_slice();
    }

    fn hear_slice(&mut self, slice: Slice, heard: Heard<SliceData>) {
        let data = match heard {
            Heard::Success(data) => data,
            heard => return self.retry_or_give_up(&heard),
        };
        let sent = self.content(slice);
        let md5_differs = !data.datamd5.is_empty() && data.datamd5 != md5_hex(&sent);
        let other_slice = data.offset != slice.offset || data.datalen != slice.length;
        if other_slice || md5_differs || data.session != self.session {
            return self.try_again("the reply describes another slice than was sent");
        }
        self.missing.remove(&slice);
        self.next_slice();
    }

    fn next_slice(&mut self) {
        self.go(self.missing.first().map_or(Step::Finish, |slice| Step::Data(*slice)));
    }

    fn retry_or_give_up<T>(&mut self, heard: &Heard<T>) {
        match heard {
            Heard::Refused(code, _) if Codes::get(*code).is_some_and(ErrorCode::is_retryable) => {
                self.try_again(&format!("code {code}"));
            }
            Heard::Refused(code, message) => {
                let words = format!("code {code}: {message}");
                self.done(Claim::Failed, words);
            }
            Heard::Lost(why) => self.try_again(why),
            Heard::Success(_) => self.try_again("a reply of another shape"),
        }
    }

    fn try_again(&mut self, why: &str) {
        if self.attempts >= ATTEMPTS {
            let words = format!("gave up after {ATTEMPTS} attempts: {why}");
            self.done(Claim::Failed, words);
        }
    }

    fn done(&mut self, claim: Claim, words: String) {
        self.go(Step::Done(claim, words));
    }

    fn go(&mut self, step: Step) {
        self.attempts = 0;
        self.step = step;
    }

    fn size(&self) -> u64 {
        u64::try_from(self.assignment.file.len()).unwrap_or(u64::MAX)
    }

    fn content(&self, slice: Slice) -> Bytes {
        let place = usize::try_from(slice.offset).ok().zip(slice.end());
        let place = place.and_then(|(start, end)| Some((start, usize::try_from(end).ok()?)));
        place.map(|(start, end)| self.assignment.file.slice(start..end)).unwrap_or_default()
    }

    fn request(&self, fields: &Fields) -> Request {
        let builder = RequestBuilder {
            dialect: &self.dialect,
            path: &self.assignment.path,
            credentials: &self.assignment.credentials,
            host: "gz.file.myqcloud.com",
            local_file: "/var/data/big.bin",
            begins: self.clock,
            ends: self.clock.saturating_add(LIFETIME),
            random: u32::try_from(self.seed & 0x7fff_ffff).unwrap_or_default(),
            seed: self.seed,
        };
        Request::new(builder.write(fields).to_bytes())
    }
}

fn read<T: ReplyContent>(reply: Option<&Response>) -> Heard<T> {
    let Some(response) = reply else { return Heard::Lost("no whole reply") };
    match ResponseEnvelope::<T>::read(response.body()) {
        Ok(envelope) if envelope.code != 0 => Heard::Refused(envelope.code, envelope.message),
        Ok(ResponseEnvelope { data: Some(data), .. }) if response.status() == 200 => {
            Heard::Success(data)
        }
        Ok(_) if response.status() == 200 => Heard::Lost("a reply without data"),
        Ok(_) => Heard::Lost("success with the status of an HTTP error"),
        Err(EnvelopeError::Field(_)) => Heard::Lost("a reply without the data that was expected"),
        Err(_) => Heard::Lost("a reply that is no JSON"),
    }
}
