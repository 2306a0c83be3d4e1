//! The reference client over plain sockets: what it, or a client that decides otherwise, makes of a request goes out
//! to the byte, where an HTTP library would mend it.

mod reply;

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use slicecheck::client::{Action, Client, ClientPolicy, Outgoing};
use slicecheck::harness::{Event, Introduction, Job, Options, Subject, Via, run};
use slicecheck::protocol::{Bound, Claim, Kept, Receipt, Request, Transcript, UploadJob};
use slicecheck::scenario::Scenario;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::WriteHalf;

use reply::{Reply, hear};

/// The seed of all that these clients upload.
const SEED: u64 = 1;
/// As in a run.
const DEADLINE: Duration = Duration::from_secs(30);

/// How finished requests go out.
#[derive(Clone, Copy)]
pub(crate) struct Wire {
    /// The bytes of a request.
    pub(crate) bytes: fn(&Request) -> Vec<u8>,
    /// How many of them are written at a time.
    pub(crate) at_a_time: usize,
    /// Whether a connection is used again where it can be.
    pub(crate) keeps_connection: bool,
    /// Whether the sending side of a connection is closed after a request.
    pub(crate) closes_side: bool,
    /// How often it is read for a reply: one that is not whole then is taken for lost.
    pub(crate) most_reads: usize,
    /// How long a reply is awaited: one that comes later is taken for lost.
    pub(crate) awaits: Duration,
}

impl Wire {
    /// Whole requests on one connection, as they are.
    pub(crate) const PLAIN: Self = Self {
        bytes: |request| request.raw().to_vec(),
        at_a_time: usize::MAX,
        keeps_connection: true,
        closes_side: false,
        most_reads: usize::MAX,
        awaits: DEADLINE,
    };
}

/// Plays a client in a scenario, through the tap.
pub(crate) fn played(
    scenario: &Arc<Scenario>,
    policy: &'static ClientPolicy,
    wire: Wire,
) -> Transcript {
    played_with_waits(scenario, policy, wire).0
}

/// The same, with how long the client has waited before requests for which it was to wait.
pub(crate) fn played_with_waits(
    scenario: &Arc<Scenario>,
    policy: &'static ClientPolicy,
    wire: Wire,
) -> (Transcript, Vec<Duration>) {
    let upload = scenario.job(SEED);
    let waits = Waits::default();
    let waited = Arc::clone(&waits);
    let client = move |job: Job| perform(job, upload.clone(), policy, wire, Arc::clone(&waited));
    let options = Options {
        jobs: NonZeroUsize::MIN,
        deadline: DEADLINE,
        patience: None,
        via: Via::Endpoint,
        tls: None,
        seed: SEED,
        introduction: Introduction::default(),
    };
    let mut ended = None;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(&[Arc::clone(scenario)], &Subject::function(client), &options, |event| {
        if let Event::Ended(run) = event {
            ended = Some(run.result);
        }
    }));
    let transcript = ended.unwrap().unwrap_or_else(|error| panic!("{}: {error}", scenario.id));
    let waits = std::mem::take(&mut *waits.lock().unwrap());
    (transcript, waits)
}

type Waits = Arc<Mutex<Vec<Duration>>>;

async fn perform(
    job: Job,
    mut upload: UploadJob,
    policy: &ClientPolicy,
    wire: Wire,
    waits: Waits,
) -> (Claim, String) {
    // Where the file is special it is looked at; elsewhere it may be larger than any disk.
    let changes = upload.machine.source.changed(&upload.file).is_some();
    if upload.machine.concerns_file()
        && let Ok(content) = job.file_path().and_then(std::fs::read)
    {
        upload.file = Bytes::from(content).into();
        upload.machine = slicecheck::protocol::Machine::default();
    }
    let mut size = upload.file.len();
    let mut client = Client::with(*policy, &upload, SEED);
    let connections =
        Connections { endpoint: &job.endpoint, wire, idle: RefCell::default(), waits };
    let mut in_flight = FuturesUnordered::new();
    let (claim, detail) = loop {
        match client.poll(unix_now()) {
            Action::Send(outgoing) => in_flight.push(connections.exchange(outgoing)),
            Action::Wait => match in_flight.next().await {
                Some((id, reply)) => {
                    if changes && let Ok(content) = job.file_path().and_then(std::fs::read) {
                        let length = u64::try_from(content.len()).unwrap();
                        if std::mem::replace(&mut size, length) != length {
                            client.see_file(Bytes::from(content).into());
                        }
                    }
                    let heard = reply.and_then(|reply| {
                        (policy.replies.hears)(reply.delivery(), &reply.response)
                    });
                    client.handle_reply(id, heard.as_ref());
                }
                None => std::future::pending().await,
            },
            Action::Done(claim, detail) => break (claim, detail),
        }
    };
    while in_flight.next().await.is_some() {}
    match policy.completion.source {
        Kept::Whole => {}
        Kept::Gone => std::fs::remove_file(job.file_path().unwrap()).unwrap(),
        Kept::Altered => std::fs::write(job.file_path().unwrap(), "altered").unwrap(),
    }
    (claim, detail)
}

fn unix_now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

struct Connections<'a> {
    endpoint: &'a str,
    wire: Wire,
    /// Those on which the last reply left room for another request.
    idle: RefCell<Vec<std::net::TcpStream>>,
    waits: Waits,
}

impl Connections<'_> {
    /// Sends a request after its pause and takes the reply; `None` if no whole one came.
    async fn exchange(&self, outgoing: Outgoing) -> (u32, Option<Reply>) {
        let Outgoing { id, pause, request, receipt, .. } = outgoing;
        if !pause.is_zero() {
            let begun = Instant::now();
            tokio::time::sleep(pause).await;
            self.waits.lock().unwrap().push(begun.elapsed());
        }
        let bytes = match receipt {
            Receipt::Refused(Bound::Head) => with_large_head(&(self.wire.bytes)(&request)),
            _ => (self.wire.bytes)(&request),
        };
        let Some(mut stream) = self.connect().await else { return (id, None) };
        if receipt == Receipt::Aborted {
            let _ = stream.write_all(&bytes).await;
            return (id, None);
        }
        let (mut reader, mut writer) = stream.split();
        let heard = {
            let mut hearing = std::pin::pin!(hear(&mut reader, self.wire.most_reads));
            tokio::select! {
                biased;
                // It came before all of the request was sent.
                early = &mut hearing => early.map(Reply::before_the_end),
                () = self.write(&mut writer, &bytes) => {
                    tokio::time::timeout(self.wire.awaits, hearing).await.ok().flatten()
                }
            }
        };
        let keeps = self.wire.keeps_connection && !self.wire.closes_side;
        if keeps && heard.as_ref().is_some_and(|reply| !reply.ends_connection) {
            self.idle.borrow_mut().push(stream.into_std().unwrap());
        }
        (id, heard)
    }

    async fn write(&self, writer: &mut WriteHalf<'_>, bytes: &[u8]) {
        for piece in bytes.chunks(self.wire.at_a_time.min(bytes.len()).max(1)) {
            // Who is refused meanwhile hears why, or that the connection is gone.
            if writer.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
        if self.wire.closes_side {
            let _ = writer.shutdown().await;
        }
    }

    /// A connection that was kept, or a new one; `None` if nobody takes it, as where too much was sent.
    async fn connect(&self) -> Option<TcpStream> {
        while let Some(idle) = { self.idle.borrow_mut().pop() } {
            // One that has ended says so, or has something to say that nobody asked for.
            let quiet = idle
                .peek(&mut [0])
                .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
            if quiet {
                return Some(TcpStream::from_std(idle).unwrap());
            }
        }
        let address = self.endpoint.trim_start_matches("http://");
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).unwrap();
        Some(stream)
    }
}

/// A request whose head is larger than servers read.
fn with_large_head(bytes: &[u8]) -> Vec<u8> {
    let line = memchr::memmem::find(bytes, b"\r\n").unwrap() + 2;
    let cookie = format!("Cookie: {}\r\n", "c".repeat(1 << 20));
    [&bytes[..line], cookie.as_bytes(), &bytes[line..]].concat()
}
