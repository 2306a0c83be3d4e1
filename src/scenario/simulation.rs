use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{MIB, Met, SIMULATION_CLOCK, Scenario, Setup, Situation};
use crate::client::{
    Action, Client, ClientPolicy, Outgoing, ReplyPolicy, Task, content as file_content,
};
use crate::protocol::{
    BodyFraming, Claim, DEFAULT_SLICE_SIZE, Delivery, Exchange, FailedConnection, FileView, Kept,
    Outcome, Receipt, Request, Response, ResponseEnvelope, Slice, Source, Transcript, UploadJob,
};
use crate::server::Answer;

/// How long a client may take, as in a run.
const DEADLINE: Duration = Duration::from_secs(30);
/// How many requests are kept: fewer than in a run, where there is one client to bear at a time.
const MOST_REQUESTS: usize = 1000;

const MILLISECOND: Duration = Duration::from_millis(1);

/// How much smaller everything is in a small simulation.
const SMALL: usize = 8;
/// How much smaller the file is in a miniature.
const MINIATURE: usize = 1024;

/// A scenario that is ready to be played against the reference server, in memory, by any client that
/// a [`ClientPolicy`] describes.
#[derive(Debug)]
pub struct Simulation {
    setup: Setup,
    usual_slice_size: u64,
    job: UploadJob,
    seed: u64,
    /// The MD5 of slices that some client has sent already: most send the same.
    md5s: Mutex<HashMap<Slice, String>>,
}

/// What happens while one client plays.
struct SimulatedRun {
    situation: Situation,
    transcript: Transcript,
    /// The requests without a reply: their place in the transcript, their id, and the reply.
    in_flight: VecDeque<(usize, u32, Option<Response>)>,
    /// What the client does with its file.
    source: Kept,
    bytes: usize,
    time: Duration,
    /// Until when no reply goes out, but for one that is ahead of others.
    quiet_until: Duration,
}

impl Simulation {
    /// File, key and credentials follow from the seed; they are made here, once.
    pub fn new(scenario: &Scenario, seed: u64) -> Self {
        Self::of(scenario.setup.clone(), DEFAULT_SLICE_SIZE, &scenario.id, seed)
    }

    /// The same with a file and slices of an eighth of their size: the same requests, with the same mistakes,
    /// at a fraction of the cost.
    pub fn in_small(scenario: &Scenario, seed: u64) -> Self {
        let mut setup = scenario.setup.clone();
        setup.file.size = file_scaled(setup.file.size, SMALL);
        setup.slice_size = scaled(setup.slice_size, SMALL);
        let granted = setup.behaviour.slice_size;
        setup.behaviour.slice_size = granted.map(|size| scaled(size, SMALL));
        setup.machine.source = source_scaled(setup.machine.source, SMALL);
        Self::of(setup, scaled(DEFAULT_SLICE_SIZE, SMALL), &scenario.id, seed).in_place_of(scenario)
    }

    /// The same with a file of a few kilobytes, whose slices are as much smaller: that is what the
    /// service names, as no client may ask for slices of a kilobyte.
    pub fn in_miniature(scenario: &Scenario, seed: u64) -> Self {
        let mut setup = scenario.setup.clone();
        setup.file.size = file_scaled(setup.file.size, MINIATURE);
        let granted = setup.behaviour.slice_size.named(setup.slice_size);
        setup.behaviour.slice_size = granted.map(|size| scaled(size, MINIATURE));
        setup.machine.source = source_scaled(setup.machine.source, MINIATURE);
        Self::of(setup, DEFAULT_SLICE_SIZE, &scenario.id, seed).in_place_of(scenario)
    }

    /// What excuses a client are the sizes of the scenario, and not the smaller ones.
    fn in_place_of(mut self, scenario: &Scenario) -> Self {
        self.job.must_succeed = scenario.setup.must_succeed();
        self
    }

    fn of(setup: Setup, usual_slice_size: u64, id: &str, seed: u64) -> Self {
        let job = setup.job(id, seed);
        Self { setup, usual_slice_size, job, seed, md5s: Mutex::default() }
    }

    /// Plays a client to its end, its deadline, or the end of our patience.
    ///
    /// Each request takes a millisecond, and a reply is heard a millisecond later; requests that are
    /// sent before a reply is heard overlap.
    pub fn play(&self, policy: &ClientPolicy) -> Transcript {
        let mut client = Client::with(*policy, &self.job, self.seed);
        let mut situation = Situation::scaled(&self.setup, &self.job, self.usual_slice_size);
        situation.set_changes_file(|| true);
        situation.set_kills(|| true);
        let is_told = !self.job.machine.source.is_readable();
        let file = if is_told { Ok(()) } else { Err("in memory there is no file") };
        let environment = Err("in memory there is no environment");
        situation.meet(Met { file, environment, certificate: Ok(()) });
        let mut run = SimulatedRun {
            transcript: Transcript {
                job: self.job.clone().into(),
                exchanges: Vec::new(),
                overflowed: false,
                deviations: situation.planned(),
                outcome: None,
            },
            situation,
            in_flight: VecDeque::new(),
            source: policy.completion.source,
            bytes: 0,
            time: Duration::ZERO,
            quiet_until: Duration::ZERO,
        };
        let later = self.job.machine.source.changed(&self.job.file);
        loop {
            match client.poll(run.clock()) {
                Action::Done(claim, detail) => return run.end(claim, detail),
                Action::Send(outgoing) if run.may_take(&outgoing) => {
                    self.recognise(&outgoing);
                    let before = run.situation.happened();
                    run.deliver_request(outgoing, &policy.replies);
                    let after = run.situation.happened();
                    if after.changed != before.changed {
                        client.see_file(later.clone().unwrap_or_default());
                    }
                    if after.killed != before.killed {
                        client = client.restarted();
                        // What was killed hears no reply.
                        run.in_flight.clear();
                    }
                }
                Action::Send(_) => return run.overflow(),
                Action::Wait => match run.deliver_reply() {
                    Some((id, reply)) => client.handle_reply(id, reply.as_ref()),
                    None => return run.time_out(),
                },
            }
            if run.time >= DEADLINE {
                return run.time_out();
            }
        }
    }

    /// Spares everybody the MD5 of a slice that was sent before.
    fn recognise(&self, outgoing: &Outgoing) {
        let Task::Data(slice) = outgoing.task else { return };
        let content = outgoing.request.value("filecontent").map(|value| &value.content);
        if content != Some(&file_content(&self.job.file, slice)) {
            return;
        }
        let mut md5s = self.md5s.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(md5) = md5s.get(&slice) {
            outgoing.request.assume_content_md5(md5.clone());
        } else if let Some(md5) = outgoing.request.content_md5() {
            md5s.insert(slice, md5.to_owned());
        }
    }
}

impl SimulatedRun {
    fn clock(&self) -> u64 {
        SIMULATION_CLOCK.saturating_add(self.time.as_secs())
    }

    fn may_take(&self, outgoing: &Outgoing) -> bool {
        let bytes = self.bytes.saturating_add(outgoing.request.raw_length());
        let file = self.transcript.job.file.as_ref();
        let most_bytes = Transcript::most_bytes(file.map_or(0, FileView::len));
        self.transcript.exchanges.len() < MOST_REQUESTS && bytes < most_bytes
    }

    fn deliver_request(&mut self, outgoing: Outgoing, replies: &ReplyPolicy) {
        let Outgoing { id, pause, request, receipt, .. } = outgoing;
        self.time = self.time.saturating_add(pause);
        self.bytes = self.bytes.saturating_add(request.raw_length());
        let receipt = recorded(&request, receipt);
        let answer = match (receipt, request.framing()) {
            (Receipt::Whole, BodyFraming::BadLength(_) | BodyFraming::BrokenChunks(_)) => {
                refusal(-5999, Delivery::Whole)
            }
            (Receipt::Whole, _) => self.situation.answer(&request, self.clock()),
            (Receipt::Stalled | Receipt::Refused(_), _) => refusal(-5963, Delivery::Whole),
            (Receipt::Aborted, _) => refusal(-5963, Delivery::Reset),
        };
        let reply = (replies.hears)(answer.delivery, &answer.response);
        let number = self.transcript.exchanges.len();
        if replies.times_out || answer.delivery != Delivery::Unanswered {
            self.in_flight.push_back((number, id, reply));
        }
        self.transcript.record_deviations(number, &answer.deviations);
        self.transcript.exchanges.push(Exchange {
            request,
            receipt,
            response: answer.response,
            delivery: answer.delivery,
            connection: 1,
            started: self.time,
            answered: self.time,
            clock: self.clock(),
        });
    }

    /// The place of the request that is answered next: of those that are neither ahead of others nor held back,
    /// the one that was sent first.
    fn next_in_flight(&self) -> usize {
        let turn = |(place, (number, ..)): (usize, &(usize, u32, Option<Response>))| {
            let exchange = self.transcript.exchanges.get(*number);
            let turn = match exchange.map(|exchange| exchange.delivery) {
                Some(Delivery::Ahead) => 0,
                Some(Delivery::HeldUntilFinish) => 2,
                _ => 1,
            };
            (turn, place)
        };
        self.in_flight.iter().enumerate().map(turn).min().map_or(0, |(_, place)| place)
    }

    /// The next reply, by the order in which the requests were sent.
    fn deliver_reply(&mut self) -> Option<(u32, Option<Response>)> {
        let (number, id, reply) = self.in_flight.remove(self.next_in_flight())?;
        self.time = self.time.saturating_add(MILLISECOND);
        if let Some(exchange) = self.transcript.exchanges.get_mut(number) {
            if exchange.delivery == Delivery::Ahead {
                self.quiet_until = self.time.saturating_add(Delivery::AHEAD);
            } else {
                self.time = self.time.max(self.quiet_until);
            }
            exchange.answered = self.time;
        }
        self.time = self.time.saturating_add(MILLISECOND);
        Some((id, reply))
    }

    fn time_out(mut self) -> Transcript {
        // Each exchange gets the time of its answer, whoever hears it.
        while self.deliver_reply().is_some() {}
        self.time = self.time.max(DEADLINE);
        self.end(Claim::Hung, format!("no end within {DEADLINE:?}"))
    }

    fn overflow(mut self) -> Transcript {
        self.transcript.overflowed = true;
        self.time_out()
    }

    fn end(mut self, claim: Claim, detail: String) -> Transcript {
        while self.deliver_reply().is_some() {}
        let is_refused =
            !self.transcript.job.certificate.is_valid() && self.transcript.exchanges.is_empty();
        let refused = is_refused.then_some(FailedConnection::CertificateRefused);
        let (stored, elapsed) = (self.situation.stored(), self.time);
        self.situation.explain(&mut self.transcript);
        self.transcript.outcome = Some(Outcome {
            claim,
            detail,
            stored,
            elapsed,
            busy: None,
            computed: None,
            source: Some(self.source),
            other_object: self.situation.other_object(),
            failed_connections: refused.into_iter().collect(),
        });
        self.transcript
    }
}

fn scaled(size: u64, scale: usize) -> u64 {
    size.checked_div(scale as u64).unwrap_or(0)
}

fn source_scaled(source: Source, scale: usize) -> Source {
    match source {
        Source::Shrinks(length) => Source::Shrinks(scaled(length, scale)),
        Source::Grows(more) => Source::Grows(scaled(more, scale)),
        other => other,
    }
}

/// A file of as many slices, with the last of them as full as before.
fn file_scaled(size: usize, scale: usize) -> usize {
    let (whole, rest) = (size / MIB, size % MIB);
    let rest = match rest {
        0 => 0,
        // What lacks one byte of a slice still does.
        rest if rest == MIB - 1 => MIB / scale - 1,
        rest => (rest / scale).max(1),
    };
    whole.saturating_mul(MIB / scale).saturating_add(rest)
}

/// How much of a request comes: what waits for bytes that never follow has stalled.
fn recorded(request: &Request, receipt: Receipt) -> Receipt {
    let waits = match request.framing() {
        BodyFraming::Sized { missing, .. } => *missing > 0,
        BodyFraming::Chunked { finished } => !finished,
        BodyFraming::None | BodyFraming::BadLength(_) | BodyFraming::BrokenChunks(_) => false,
    };
    if waits && receipt == Receipt::Whole { Receipt::Stalled } else { receipt }
}

/// What a request is answered with that cannot be told from what follows it.
fn refusal(code: i64, delivery: Delivery) -> Answer {
    let message = "the request cannot be read".to_owned();
    let body = ResponseEnvelope::<()> { code, message, request_id: None, data: None };
    Answer::new(Response::write(400, &[], &body.write()), delivery)
}
