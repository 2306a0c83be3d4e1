//! The semantic responder: a wiremock server that answers with what the sans-I/O server says.
//!
//! wiremock cannot show a request as it came and cannot play transport faults, so the tap keeps the request
//! and asks wiremock by number; the delivery takes the way around wiremock.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Respond, ResponseTemplate};

use super::{HarnessError, LOOPBACK, lock, unix_now};
use crate::protocol::{Delivery, Head, Request, Response};
use crate::scenario::Situation;
use crate::server::Answer;

const EXCHANGE: &str = "x-slicecheck-exchange";

/// How long the wiremock may take for one answer. It takes milliseconds; a machine with too much to do may
/// take seconds, and that is no failure.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long it may take to start. Where wiremock gets no file, its thread is gone, and nobody is told.
const START: Duration = Duration::from_secs(10);

/// Who answers the requests that a tap witnesses.
pub trait Service: Send + 'static {
    /// The answer to a request, with the clock in unix seconds.
    fn answer(&mut self, request: &Request, clock: u64) -> Answer;

    /// The answer to a request of which the head is there, if nobody is to wait for more.
    fn answer_early(&mut self, _head: &Request, _clock: u64) -> Option<Answer> {
        None
    }

    /// How the `100 Continue` is kept back that a request asks for, if it is.
    fn keeps_back(&mut self, _head: &Request) -> Option<Delivery> {
        None
    }
}

impl<F: FnMut(&Request, u64) -> Answer + Send + 'static> Service for F {
    fn answer(&mut self, request: &Request, clock: u64) -> Answer {
        self(request, clock)
    }
}

impl Service for Arc<Mutex<Situation>> {
    fn answer(&mut self, request: &Request, clock: u64) -> Answer {
        lock(self).answer(request, clock)
    }

    fn answer_early(&mut self, head: &Request, clock: u64) -> Option<Answer> {
        lock(self).answer_early(head, clock)
    }

    fn keeps_back(&mut self, head: &Request) -> Option<Delivery> {
        lock(self).keeps_back(head)
    }
}

/// A responder for a `MockServer` of one's own, without a tap.
///
/// It answers about what wiremock left of the request, and always delivers whole responses.
pub fn responder(situation: Arc<Mutex<Situation>>) -> impl Respond {
    move |asked: &wiremock::Request| {
        let fields: Vec<(&str, String)> = asked
            .headers
            .iter()
            // Request::write frames the body itself, and wiremock has joined its chunks already.
            .filter(|(name, _)| *name != "content-length" && *name != "transfer-encoding")
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into()))
            .collect();
        let path = asked.url.path();
        let target = asked.url.query().map_or(path.to_owned(), |query| format!("{path}?{query}"));
        let request = Request::write(asked.method.as_str(), &target, &fields, &asked.body);
        let answer = lock(&situation).answer(&request, unix_now());
        match answer.delivery {
            Delivery::Literal => ResponseTemplate::new(200)
                .set_body_raw(answer.response.body().as_ref(), "application/json"),
            _ => template(&answer.response),
        }
    }
}

/// Whether requests are answered through wiremock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Responder {
    /// They are.
    Wiremock,
    /// The service is asked directly: where thousands of scenarios are played, starting a server for each would take
    /// most of the time.
    Service,
}

/// One wiremock server and the only connection to it.
///
/// Requests are asked about one at a time, so that the server answers them in the order in which
/// the transcript has them.
pub(super) struct Wiremock {
    /// Only kept: it answers until it is dropped. Without one the service is asked directly.
    server: Option<Started>,
    relay: Arc<Relay>,
    /// Lost with a question that was given up: half an answer may still be in it.
    upstream: Option<TcpStream>,
    address: SocketAddr,
    asked: u64,
}

impl Wiremock {
    pub(super) async fn start(service: impl Service) -> Result<Self, HarnessError> {
        let cannot = |error: io::Error| HarnessError::socket(LOOPBACK, &error);
        let service: Box<dyn Service> = Box::new(service);
        let relay = Arc::new(Relay { service: Mutex::new(service), pending: Mutex::default() });
        let listener = TcpListener::bind(LOOPBACK).map_err(cannot)?;
        // The same socket as wiremock's, for shut(): wiremock does not give its own away.
        let listening = listener.try_clone().map_err(cannot)?;
        // wiremock panics where it gets no thread.
        std::thread::Builder::new().spawn(|| ()).map_err(cannot)?;
        let builder = MockServer::builder().listener(listener).disable_request_recording();
        let server = Started(Some(builder.start().await));
        let address = listening.local_addr().map_err(cannot)?;
        let respond = Arc::clone(&relay);
        let respond = move |asked: &wiremock::Request| respond.respond(asked);
        if let Some(server) = &server.0 {
            // One for all: wiremock answers what matches none with a 404, and tells nobody.
            Mock::given(any()).respond_with(respond).mount(server).await;
        }
        let mut upstream = TcpStream::connect(address).await.map_err(cannot)?;
        // No exchange has this number. Once there is an answer, the connection is through.
        let answer = tokio::time::timeout(START, forward(&mut upstream, address, 0)).await;
        answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(cannot)?;
        shut(&listening);
        Ok(Self { server: Some(server), relay, upstream: Some(upstream), address, asked: 0 })
    }

    /// The same without a server.
    pub(super) fn without(service: impl Service) -> Self {
        let service: Box<dyn Service> = Box::new(service);
        let relay = Arc::new(Relay { service: Mutex::new(service), pending: Mutex::default() });
        Self { server: None, relay, upstream: None, address: LOOPBACK, asked: 0 }
    }

    /// What is answered before the body comes. It takes no turn at wiremock: that one answers whole
    /// requests only.
    pub(super) fn ask_early(&self, head: &Request, clock: u64) -> Option<Answer> {
        lock(&self.relay.service).answer_early(head, clock)
    }

    /// How the `100 Continue` is kept back that a request asks for, if it is.
    pub(super) fn keeps_back(&self, head: &Request) -> Option<Delivery> {
        lock(&self.relay.service).keeps_back(head)
    }

    /// What the server answers to `request` at `clock`, and how it is to be delivered.
    pub(super) async fn ask(
        &mut self,
        request: &Request,
        clock: u64,
    ) -> Result<Answer, HarnessError> {
        if self.server.is_none() {
            return Ok(lock(&self.relay.service).answer(request, clock));
        }
        self.asked = self.asked.saturating_add(1);
        let question = Pending { request: request.clone(), clock, answer: None };
        lock(&self.relay.pending).insert(self.asked, question);
        let lost = || HarnessError::Tap("the connection to wiremock is lost".to_owned());
        let mut upstream = self.upstream.take().ok_or_else(lost)?;
        let answer = forward(&mut upstream, self.address, self.asked);
        let response = tokio::time::timeout(PATIENCE, answer)
            .await
            .map_err(|_| HarnessError::Tap(format!("no answer from wiremock in {PATIENCE:?}")))?
            .map_err(|error| HarnessError::Tap(format!("wiremock did not answer: {error}")))?;
        self.upstream = Some(upstream);
        let pending = lock(&self.relay.pending).remove(&self.asked);
        let answer = pending.and_then(|pending| pending.answer);
        let strange = || HarnessError::Tap("wiremock answered without a question".to_owned());
        let answer = answer.ok_or_else(strange)?;
        if answer.delivery == Delivery::Literal {
            return Ok(answer);
        }
        Ok(Answer { response: spelled_as(&answer.response, &response), ..answer })
    }
}

/// A wiremock server that can be dropped anywhere.
///
/// `MockServer::drop` blocks its thread on a lock of tokio's, polling it again and again. Within a task
/// that has used up its cooperative budget every such poll answers "not yet", and the budget is only
/// given again when the task returns to the runtime: which it never does.
struct Started(Option<MockServer>);

impl Drop for Started {
    fn drop(&mut self) {
        let server = self.0.take();
        // A future that is ready at once: this is how tokio lets code run without a budget.
        let drop_it = tokio::task::unconstrained(async move { drop(server) });
        let ended = drop_it.now_or_never();
        debug_assert!(ended.is_some(), "it waits for nothing");
    }
}

/// Lets nobody else connect: wiremock takes bodies of any length from anybody, and a client under test
/// can find its port.
fn shut(listening: &TcpListener) {
    #[cfg(target_os = "linux")]
    {
        // `BPF_RET | BPF_K` with 0: no byte of any packet to the listening socket is let in. Connections
        // that it has accepted have sockets of their own.
        let drop_all = socket2::SockFilter::new(0x06, 0, 0, 0);
        // Where it is refused, the port stays as open as on other systems.
        let _ = socket2::SockRef::from(listening).attach_filter(&[drop_all]);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = listening;
}

/// Sends the number of an exchange over the upstream and reads the response.
async fn forward(
    upstream: &mut TcpStream,
    address: SocketAddr,
    number: u64,
) -> io::Result<Response> {
    let question = format!("POST / HTTP/1.1\r\nHost: {address}\r\n{EXCHANGE}: {number}\r\n\r\n");
    upstream.write_all(question.as_bytes()).await?;
    let mut buffer = BytesMut::with_capacity(4096);
    loop {
        if upstream.read_buf(&mut buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(end) = memchr::memmem::find(&buffer, b"\r\n\r\n") {
            let end = end.saturating_add(4);
            let head = Head::read(&bytes::Bytes::copy_from_slice(&buffer[..end]));
            let length = head.get("content-length").and_then(|length| length.parse().ok());
            let whole = end.saturating_add(length.unwrap_or(0));
            if buffer.len() >= whole {
                return Ok(Response::new(buffer.split_to(whole).freeze()));
            }
        }
    }
}

/// The response with the names of its fields as in the `original`: on their way through wiremock, they
/// become lower case.
fn spelled_as(original: &Response, response: &Response) -> Response {
    let mut raw = response.raw().to_vec();
    for field in &response.head().fields {
        let written = &original.head().fields;
        let written = written.iter().find(|other| other.name.eq_ignore_ascii_case(&field.name));
        let start = field.span.start;
        let place = raw.get_mut(start..start.saturating_add(field.name.len()));
        if let Some((place, written)) = place.zip(written) {
            // Both have the same length, as they differ in their case alone.
            place.copy_from_slice(written.name.as_bytes());
        }
    }
    Response::new(raw.into())
}

/// Where the tap leaves requests and finds the deliveries of their answers.
struct Relay {
    pending: Mutex<HashMap<u64, Pending>>,
    service: Mutex<Box<dyn Service>>,
}

/// A request, when it came, and once it was answered how the answer is to be delivered.
struct Pending {
    request: Request,
    clock: u64,
    answer: Option<Answer>,
}

impl Relay {
    fn respond(&self, asked: &wiremock::Request) -> ResponseTemplate {
        let number = asked.headers.get(EXCHANGE).and_then(|number| number.to_str().ok());
        let number = number.and_then(|number| number.parse().ok()).unwrap_or(0);
        let pending = lock(&self.pending).remove(&number);
        // Whoever asks without a number is not the tap.
        let Some(mut pending) = pending else { return ResponseTemplate::new(404) };
        let answer = lock(&self.service).answer(&pending.request, pending.clock);
        let template = match answer.delivery {
            // What is no HTTP cannot be given to wiremock.
            Delivery::Literal => ResponseTemplate::new(200),
            _ => template(&answer.response),
        };
        pending.answer = Some(answer);
        lock(&self.pending).insert(number, pending);
        template
    }
}

fn template(response: &Response) -> ResponseTemplate {
    let mime = response.head().get("content-type").unwrap_or("application/octet-stream");
    // wiremock and hyper write these themselves: they would be there twice.
    let framing = ["content-type", "content-length", "transfer-encoding", "connection"];
    response
        .head()
        .fields
        .iter()
        .filter(|field| !framing.iter().any(|name| field.name.eq_ignore_ascii_case(name)))
        .fold(ResponseTemplate::new(response.status()), |template, field| {
            template.append_header(field.name.as_str(), field.value.as_str())
        })
        .set_body_raw(response.body().as_ref(), mime)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::task::Poll;

    use super::*;

    fn silent() -> impl Service {
        |_: &Request, _: u64| Answer::new(Response::write(200, &[], "{}"), Delivery::Whole)
    }

    #[test]
    fn a_stage_can_be_dropped_in_a_task_that_has_used_up_its_budget() {
        let (ended, wait) = mpsc::channel();
        // On a thread of its own: if it fails, it never ends.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let mut wiremock = Some(Wiremock::start(silent()).await.unwrap());
                std::future::poll_fn(|context| {
                    while let Poll::Ready(progress) = tokio::task::coop::poll_proceed(context) {
                        progress.made_progress();
                    }
                    drop(wiremock.take());
                    Poll::Ready(())
                })
                .await;
            });
            ended.send(()).unwrap();
        });
        wait.recv_timeout(Duration::from_secs(30)).expect("it is dropped");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn nobody_but_the_tap_reaches_the_stage() {
        let mut wiremock = Wiremock::start(silent()).await.unwrap();
        let foreign = TcpStream::connect(wiremock.address);
        let connected = tokio::time::timeout(Duration::from_millis(300), foreign).await;
        assert!(!matches!(connected, Ok(Ok(_))), "{connected:?}");
        let request = Request::write("POST", "/", &[], b"");
        assert_eq!(wiremock.ask(&request, 0).await.unwrap().response.status(), 200);
    }
}
