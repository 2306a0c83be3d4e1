//! Runs scenarios against a real client: sockets, processes, the clock. Feature `harness`.
//!
//! ```text
//! client --TCP/TLS--> tap --TCP--> wiremock --call--> server (sans-I/O)
//! ```
//!
//! The [`Tap`] is the recorder and the fault injector; wiremock only turns numbers of exchanges into the
//! server's answers. Only loopback addresses are bound. Nothing that a client sends ends up as a
//! panic: what fails on our side is a [`HarnessError`] of the scenario in which it failed.

mod access;
mod check;
#[cfg(feature = "libtest")]
mod conformance;
mod driver;
mod error;
mod function;
mod gzip;
mod hosts;
mod introduction;
mod job;
mod leftovers;
mod limit;
mod plan;
mod playlist;
mod reference;
mod restart;
mod source_file;
mod subject;
mod tap;
mod threads;
mod tls;
mod wiremock;

use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, SystemTime};

use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::{FutureExt, TryFutureExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use access::Via;
pub use check::{Check, Checked, check};
#[cfg(feature = "libtest")]
pub use conformance::conformance;
pub use error::HarnessError;
pub use function::Function;
pub use hosts::Hosts;
pub use introduction::Introduction;
pub use job::Job;
pub use leftovers::Leftover;
pub use plan::Plan;
pub use playlist::{Playlist, play_list};
pub use reference::{play, reference};
pub use subject::{Claimed, Subject};
pub use tap::{LOOPBACK, Recorded, Tap};
pub use tls::Tls;
pub use wiremock::{Service, responder};

use crate::protocol::{Exchange, FailedConnection, Outcome, Transcript};
use crate::scenario::{Met, Scenario, Situation};
use access::Access;
use hosts::LeasedAddress;
use leftovers::Shutdown;
use limit::Limit;
use restart::Restart;
use source_file::SourceFile;
use subject::{Attached, RunContext};
use tap::Secure;
use wiremock::Responder;

/// How scenarios are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many run at the same time.
    pub jobs: NonZeroUsize,
    /// How long the client may take for one.
    pub deadline: Duration,
    /// How much longer it may take where a reply does not come, and how long it may wait for that; as long
    /// as the deadline if nothing is said.
    pub patience: Option<Duration>,
    /// How the client is told where the service is.
    pub via: Via,
    /// The CA of the service, if it is reached over TLS.
    pub tls: Option<Tls>,
    /// Where files, credentials and the server's whims come from.
    pub seed: u64,
    /// Where a driver's name is put down.
    pub introduction: Introduction,
}

/// What is waited for one after the other in a scenario, with a limit each: what a driver says of itself, its first
/// answer, and the job; and all that again where it is killed or gone and started once more.
const MOST_WAITS: u32 = 6;

/// How many scenarios run at the same time unless somebody says otherwise.
pub fn usual_jobs(is_built_in: bool) -> NonZeroUsize {
    const TWICE: NonZeroUsize = NonZeroUsize::new(2).unwrap();
    let cores = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    // The built-in client waits for replies, and between attempts, more than it computes.
    if is_built_in { cores.saturating_mul(TWICE) } else { cores }
}

impl Options {
    /// How long a scenario takes at most on a machine that has much else to do.
    pub fn longest_scenario(&self) -> Duration {
        let deadline = self.deadline.saturating_add(self.patience.unwrap_or_default());
        limit::longest(deadline).saturating_mul(MOST_WAITS)
    }
}

/// What happens in a run.
pub enum Event {
    /// A scenario has begun.
    Began(Arc<Scenario>),
    /// A scenario has ended.
    Ended(Box<Run>),
}

/// One scenario that was run, and what came of it.
pub struct Run {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// What happened on the wire; an error is ours, or the program could not be started.
    pub result: Result<Transcript, HarnessError>,
    /// What the program wrote to its standard output, without the middle if it is long.
    pub stdout: Vec<u8>,
    /// What the program wrote to its standard error, without the middle if it is long.
    pub stderr: Vec<u8>,
    /// How long the client ran.
    pub elapsed: Duration,
    /// How many connections the client opened.
    pub connections: u32,
    /// Its share of the memory that conversations may take; others begin when this is dropped.
    pub share: MemoryPermit,
}

/// A share of the memory that conversations may take which have not been judged yet.
#[derive(Default)]
pub struct MemoryPermit {
    _permit: Option<OwnedSemaphorePermit>,
}

/// Runs scenarios, at most [`Options::jobs`] at a time and beside them all in which a client only waits, and
/// tells `on_event` of each that begins and ends:
/// whatever it keeps of them is the memory that a run takes. One of which it keeps the [`Run::share`]
/// counts as one that runs, so that no other begins; those that run are not disturbed.
///
/// Dropping the future kills the process groups of all programs that run. If the program cannot be
/// used, scenarios that have not begun get the same error without another try.
pub async fn run(
    scenarios: &[Arc<Scenario>],
    subject: &Subject,
    options: &Options,
    mut on_event: impl FnMut(Event),
) {
    let client = subject.attach(options);
    let most = match &options.via {
        Via::Endpoint | Via::Proxy => usize::MAX,
        Via::Hosts(hosts) => hosts.most_jobs(),
    };
    // A semaphore panics above usize::MAX >> 3 permits, which --jobs may name.
    let jobs = options.jobs.get().min(most).min(scenarios.len().max(1));
    let shares = Arc::new(Semaphore::new(jobs));
    let (silent, others): (Vec<_>, Vec<_>) =
        scenarios.iter().cloned().partition(|scenario| scenario.is_silent());
    let mut waiting = others.into_iter().peekable();
    let mut running = FuturesUnordered::new();
    // One after the other, each would take --patience. They need no processor, and no share: with one
    // job, all others would wait for them.
    for scenario in silent {
        on_event(Event::Began(Arc::clone(&scenario)));
        let share = MemoryPermit::default();
        running.push(perform(scenario, &*client, options, Responder::Wiremock, None, share));
    }
    let mut unusable = None;
    loop {
        let is_waiting = waiting.peek().is_some();
        let run: Run = tokio::select! {
            // What has ended comes first: it may say that the client cannot be used, and then no other is
            // started.
            biased;
            Some(run) = running.next(), if !running.is_empty() => run,
            permit = Arc::clone(&shares).acquire_owned(), if is_waiting => {
                let share = MemoryPermit { _permit: permit.ok() };
                if let Some(scenario) = waiting.next() {
                    on_event(Event::Began(Arc::clone(&scenario)));
                    let (how, unusable) = (Responder::Wiremock, unusable.clone());
                    running.push(perform(scenario, &*client, options, how, unusable, share));
                }
                continue;
            }
            else => break,
        };
        if let Err(error) = &run.result
            && error.is_unusable()
        {
            unusable.get_or_insert_with(|| error.clone());
        }
        on_event(Event::Ended(Box::new(run)));
    }
    drop(running);
    client.close().await;
}

/// Prepares a program that does nothing but run clients: it becomes the parent of processes that lose
/// theirs, so that [`end_runs`] finds all that clients have started, and it may have as many
/// connections open as hostile clients open.
pub fn dedicate_process() {
    driver::adopt_strays();
    limit::raise_open_files();
}

/// Kills all processes that runs of this program have started, and removes all files that they need; from
/// then on no client is started.
pub fn end_runs() {
    driver::end_all();
    leftovers::remove_all(Shutdown::Runs);
}

/// The same, and removes all other [`Leftover`]s, for a program that is about to exit.
pub fn shut_down() {
    driver::end_all();
    leftovers::remove_all(Shutdown::Program);
}

/// One scenario from its file to its transcript.
async fn perform(
    scenario: Arc<Scenario>,
    client: &dyn Attached,
    options: &Options,
    responder: Responder,
    unusable: Option<HarnessError>,
    share: MemoryPermit,
) -> Run {
    let attempt = async {
        match unusable {
            Some(error) => Err(error),
            None => attempt(&scenario, client, options, responder).await,
        }
    };
    // A panic of ours, or of a library, costs this scenario and no other.
    let guarded = AssertUnwindSafe(attempt).catch_unwind();
    let run = guarded.unwrap_or_else(|panic| Err(HarnessError::panicked(&*panic)));
    match run.await {
        Ok(Performed { transcript, stdout, stderr, elapsed, connections }) => {
            Run { scenario, result: Ok(transcript), stdout, stderr, elapsed, connections, share }
        }
        Err(error) => Run {
            scenario,
            result: Err(error),
            stdout: Vec::new(),
            stderr: Vec::new(),
            elapsed: Duration::ZERO,
            connections: 0,
            share,
        },
    }
}

/// What came of a scenario that was run to its end.
struct Performed {
    transcript: Transcript,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    elapsed: Duration,
    connections: u32,
}

async fn attempt(
    scenario: &Scenario,
    client: &dyn Attached,
    options: &Options,
    responder: Responder,
) -> Result<Performed, HarnessError> {
    let job = scenario.job(options.seed);
    let situation = Arc::new(Mutex::new(Situation::new(&scenario.setup, &job)));
    let place = match &options.via {
        Via::Endpoint | Via::Proxy => None,
        Via::Hosts(hosts) => Some(hosts.place().await?),
    };
    let addresses = place.as_ref().map(LeasedAddress::addresses);
    let listening = [client.address()];
    let addresses = addresses.as_ref().map_or(&listening[..], |addresses| addresses);
    let tls = options.tls.clone().map(|tls| Secure {
        tls,
        certificate: job.machine.certificate,
        // Where it is about the certificate, what comes another way says nothing.
        takes_plain: !matches!(options.via, Via::Endpoint) && job.machine.certificate.is_valid(),
        makes_tunnels: matches!(options.via, Via::Proxy),
    });
    let patience = options.patience.unwrap_or(options.deadline);
    let service = Arc::clone(&situation);
    let file = job.file.clone();
    let tap = Tap::listen(responder, addresses, tls, service, file, patience).await?;
    let waiting = if scenario.is_silent() { patience } else { Duration::ZERO };
    let limit = Limit::new(options.deadline.saturating_add(waiting), patience, &tap);
    let access = Access::new(tap.address(), &options.via, options.tls.clone(), place.as_ref());
    let source = SourceFile::new(job.file.clone(), &job.machine);
    let restart = if job.machine.restarts { Some(Restart::new()?) } else { None };
    lock(&situation).set_changes_file(source.changing());
    if let Some(kill_target) = restart.as_ref().map(|restart| restart.kill_target().clone()) {
        lock(&situation).set_kills(move || kill_target.kill());
    }
    let is_reached = || tap.is_reached();
    let restart = restart.as_ref();
    let context =
        RunContext { job: &job, source: &source, restart, access, is_reached: &is_reached };
    let ended = client.drive(&context, options, limit).await?;
    // Only now: until no process of the client is left, it may still send something.
    let recorded = tap.finish().await?;
    // Another scenario may listen there now, which this tap has ceased to do.
    drop(place);
    let Recorded { exchanges, occurred, connections, failed_connections, overflowed } = recorded;
    let subject::Ended { claim, detail, busy, stdout, stderr, elapsed } = ended;
    let mut situation = lock(&situation);
    // Either shows that there was a handshake: who takes any certificate sends a request, who verifies it
    // refuses it.
    let is_shown =
        failed_connections.contains(&FailedConnection::CertificateRefused) || !exchanges.is_empty();
    situation.meet(Met {
        file: source.met(),
        environment: client.sets_environment(),
        certificate: is_shown.then_some(()).ok_or("the client was shown no certificate"),
    });
    let (deviations, stored) = (situation.planned(), situation.stored());
    let (source, other_object) = (source.kept(), situation.other_object());
    let outcome = Some(Outcome {
        claim,
        detail,
        stored,
        elapsed,
        busy: busy.map(driver::Busy::total),
        computed: busy.map(|busy| busy.used),
        source,
        other_object,
        failed_connections,
    });
    let job = job.into();
    let mut transcript = Transcript { job, exchanges, overflowed, deviations, outcome };
    for (exchange, occurred) in occurred {
        transcript.record_deviations(exchange, &occurred);
    }
    situation.explain(&mut transcript);
    drop(situation);
    Ok(Performed { transcript, stdout, stderr, elapsed, connections })
}

/// The service's clock: seconds since 1970.
fn unix_now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}

/// A panic while a lock is held is reported where it happens; what the lock guards stays readable.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The bytes that the reply of an exchange had on the wire, or was to have where the connection broke off.
pub fn bytes_of_reply(exchange: &Exchange) -> Vec<u8> {
    let method = exchange.request.method();
    tap::outbound::bytes_of_reply(&exchange.response, exchange.delivery, method)
}
