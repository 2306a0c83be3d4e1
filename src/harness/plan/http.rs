use std::convert::Infallible;
use std::net::{IpAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::folder::Folder;
use super::queue::{ClaimReception, TaskQueue};
use crate::protocol::FileView;

/// The page that plays the plan in a browser, and the frame in which it plays each scenario.
const PAGE: &str = include_str!("page.html");
const FRAME: &str = include_str!("frame.html");

/// Connections that are served at the same time; more wait.
const MOST_CONNECTIONS: usize = 256;

/// How long the head of a request may be.
const MOST_HEAD: usize = 64 << 10;

/// How long a claim may be.
const MOST_CLAIM: usize = 1 << 20;

/// How long a request may take to come, and a connection may be idle.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long nothing is accepted after that has failed.
const RECOVERY: Duration = Duration::from_millis(100);

/// How many bytes of a file are sent at a time.
const PIECE: u64 = 256 << 10;

/// What is served.
pub(super) struct PlanService {
    pub(super) queue: Arc<TaskQueue>,
    pub(super) folder: Option<Folder>,
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Serves connections until it is told to close, and what is under way then.
pub(super) async fn serve(
    listener: TcpListener,
    service: PlanService,
    closing: watch::Receiver<bool>,
) {
    let service = Arc::new(service);
    let mut closed = closing.clone();
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&service), closing.clone()));
                }
                // Short of open files, for a moment.
                Err(_) => tokio::time::sleep(RECOVERY).await,
            },
            Some(_) = connections.join_next() => {}
            _ = closed.wait_for(|closing| *closing) => break,
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    service: Arc<PlanService>,
    mut closing: watch::Receiver<bool>,
) {
    let Ok(local) = stream.local_addr() else { return };
    // A listener on [::] sees clients over IPv4 as ::ffff:a.b.c.d, which is no address for their URLs.
    let reached = local.ip().to_canonical();
    let service = service_fn(|request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(answer(request, &service, reached).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(MOST_HEAD);
    let mut served = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // A connection that breaks concerns nobody else.
    tokio::select! {
        _ = &mut served => return,
        _ = closing.wait_for(|closing| *closing) => {}
    }
    // A request that is under way still gets its reply.
    served.as_mut().graceful_shutdown();
    let _ = served.await;
}

async fn answer(
    request: Request<Incoming>,
    service: &Arc<PlanService>,
    reached: IpAddr,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().strip_prefix("/__slicecheck/");
    let mut response = match (&head.method, path) {
        (&Method::OPTIONS, _) => preflight(),
        (&Method::GET, Some("")) => page(PAGE),
        (&Method::GET, Some("frame")) => page(FRAME),
        (&Method::GET, Some("next")) => match service.queue.next(reached).await {
            Some(words) => of_type("application/json", Value::Object(words).to_string()),
            None => status(StatusCode::NO_CONTENT, ""),
        },
        (&Method::POST, Some("claim")) => claim(body, &service.queue).await,
        (&Method::GET, Some(path)) => match path.split_once('/') {
            // Numbers begin with 1: nobody has 0.
            Some(("file", id)) => file(service.queue.file(id.parse().unwrap_or_default())),
            Some(("files", path)) => from_folder(Arc::clone(service), path.to_owned()).await,
            _ => not_found(),
        },
        _ => not_found(),
    };
    let fields = response.headers_mut();
    // The page with the driver may be of any origin, and a scenario's credentials are made for it alone.
    fields.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    // A browser that takes /next from its cache would play the same scenario for ever.
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What a browser asks before a request from a page of another origin (Fetch standard §4.8).
fn preflight() -> Response<Body> {
    let mut response = status(StatusCode::NO_CONTENT, "");
    let fields = response.headers_mut();
    fields.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, OPTIONS"),
    );
    fields.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
    fields.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    // Chromium wants it where a public page asks a private address (Private Network Access).
    fields.insert("access-control-allow-private-network", HeaderValue::from_static("true"));
    response
}

async fn claim(body: Incoming, queue: &TaskQueue) -> Response<Body> {
    // The timeout of hyper is for the head alone.
    let collected = tokio::time::timeout(PATIENCE, Limited::new(body, MOST_CLAIM).collect()).await;
    let Ok(Ok(collected)) = collected else {
        return status(StatusCode::BAD_REQUEST, "the claim did not come whole, or is too long\n");
    };
    let receipt = match serde_json::from_slice(&collected.to_bytes()) {
        Ok(Value::Object(claim)) => queue.claim(&claim),
        Ok(_) => ClaimReception::Unreadable("a claim is a JSON object".to_owned()),
        Err(error) => ClaimReception::Unreadable(format!("no JSON: {error}")),
    };
    match receipt {
        ClaimReception::Taken => status(StatusCode::NO_CONTENT, ""),
        ClaimReception::Unreadable(why) => status(StatusCode::BAD_REQUEST, format!("{why}\n")),
        ClaimReception::Unknown => {
            status(StatusCode::NOT_FOUND, "no scenario with this id is being played\n")
        }
    }
}

fn file(file: Option<FileView>) -> Response<Body> {
    let Some(file) = file else { return not_found() };
    let length = file.len();
    let pieces = (0..length.div_ceil(PIECE)).map(move |number| {
        let piece = file.at_most(number.saturating_mul(PIECE), PIECE);
        // There are as many as the length says.
        Ok(Frame::data(piece.unwrap_or_default()))
    });
    let body = UnsyncBoxBody::new(StreamBody::new(stream::iter(pieces)));
    let mut response = Response::new(body);
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_LENGTH, length.into());
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    response
}

/// Reads a file on a thread of its own: a disk may be slow.
async fn from_folder(service: Arc<PlanService>, path: String) -> Response<Body> {
    let read = move || service.folder.as_ref().and_then(|folder| folder.read(&path));
    match tokio::task::spawn_blocking(read).await {
        Ok(Some((content, media_type))) => of_type(media_type, content),
        Ok(None) | Err(_) => not_found(),
    }
}

/// A page of our own; nothing foreign is written into it.
fn page(text: &'static str) -> Response<Body> {
    of_type("text/html; charset=utf-8", text)
}

fn not_found() -> Response<Body> {
    status(StatusCode::NOT_FOUND, "there is nothing here; a plan has /__slicecheck/next\n")
}

fn of_type(media_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(UnsyncBoxBody::new(Full::new(body.into())));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

fn status(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = of_type("text/plain; charset=utf-8", text);
    *response.status_mut() = status;
    response
}
