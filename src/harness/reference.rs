//! The built-in client: a real HTTP client against a real socket, and a client in the same process like
//! any other.

#[cfg(feature = "tls")]
mod secure;
mod transport;

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};

use super::gzip;
use super::job::Job;
use super::unix_now;
use crate::client::{Action, Client, ClientPolicy, Outgoing};
use crate::protocol::{Claim, Machine, Request, Response};
use transport::{Reply, Transport};

/// Bodies of at least as many bytes are announced with `Expect: 100-continue`, as curl does.
const LARGE: usize = 1 << 20;

/// How long it waits for a reply, or for more of it: longer than a busy machine takes.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The built-in client: uploads as it is told, and says what came of it.
pub async fn reference(job: Job) -> (Claim, String) {
    play(job, &ClientPolicy::REFERENCE).await
}

/// The same client with other decisions: it may have several requests under way.
pub async fn play(job: Job, policy: &ClientPolicy) -> (Claim, String) {
    let transport = match Transport::new(&job) {
        Ok(transport) => transport,
        Err(error) => return (Claim::Failed, format!("it has no transport: {error}")),
    };
    let mut upload = job.upload.clone();
    // The job has the content. Only a scenario about the file needs it on the disk, where gigabytes would
    // have to be written and read.
    if upload.machine.concerns_file() {
        match job.file_path().and_then(std::fs::read) {
            Ok(content) => upload.file = bytes::Bytes::from(content).into(),
            Err(error) => return (Claim::Failed, format!("the file cannot be read: {error}")),
        }
    }
    // It has met it, whatever is the matter with it.
    upload.machine = Machine::default();
    let mut client = Client::with(*policy, &upload, job.seed);
    let mut in_flight = FuturesUnordered::new();
    loop {
        match client.poll(unix_now()) {
            Action::Send(outgoing) => in_flight.push(answered(&transport, &job, outgoing)),
            Action::Wait => match in_flight.next().await {
                Some((id, reply)) => client.handle_reply(id, reply.as_ref()),
                None => return (Claim::Hung, "no request is under way".to_owned()),
            },
            Action::Done(claim, detail) => return (claim, detail),
        }
    }
}

/// The number of a request, and the reply to it, if one came.
async fn answered(transport: &Transport, job: &Job, outgoing: Outgoing) -> (u32, Option<Response>) {
    let Outgoing { id, pause, request, .. } = outgoing;
    tokio::time::sleep(pause).await;
    // The client decides by what it has heard; why nothing came makes no difference to it.
    (id, send(transport, &job.endpoint, &request).await.ok())
}

/// Sends a request, and sends it again if what is in front of the service knows no `Expect`
/// (RFC 9110 §10.1.1).
async fn send(
    transport: &Transport,
    endpoint: &str,
    request: &Request,
) -> Result<Response, String> {
    let expects = request.body_length() >= LARGE;
    let reply = send_once(transport, endpoint, request, expects).await?;
    if expects && reply.status() == StatusCode::EXPECTATION_FAILED.as_u16() {
        return send_once(transport, endpoint, request, false).await;
    }
    Ok(reply)
}

/// Sends a request with all that is its own; the host, the length and the encoding of the reply are the
/// transport's business.
async fn send_once(
    transport: &Transport,
    endpoint: &str,
    request: &Request,
    expects: bool,
) -> Result<Response, String> {
    let method = Method::from_bytes(request.method().as_bytes()).unwrap_or(Method::POST);
    let own = request.head().fields.iter().filter(|field| {
        !["host", "content-length"].iter().any(|name| field.name.eq_ignore_ascii_case(name))
    });
    let own = own.map(|field| Some((field.name.parse::<HeaderName>().ok()?, &*field.value)));
    let mut fields = HeaderMap::new();
    for (name, value) in own.flatten() {
        fields.append(name, HeaderValue::from_str(value).map_err(|error| error.to_string())?);
    }
    // So that it meets the scenario in which the reply is compressed.
    fields.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    if expects {
        fields.insert(header::EXPECT, HeaderValue::from_static("100-continue"));
    }
    let place = (endpoint, request.target());
    let Reply { status, fields, body } =
        transport.send(method, place, fields, request.body().clone()).await?;
    let is_compressed = fields.get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
    let fields = fields
        .iter()
        // They describe the body as it came, which may have been in chunks and compressed.
        .filter(|(name, _)| *name != "content-length" && *name != "transfer-encoding");
    // What cannot be decompressed is no JSON, either.
    let body =
        if is_compressed { gzip::decompress(&body).unwrap_or_default() } else { body.into() };
    // Byte by byte as it came: what is no UTF-8 is no JSON, and the client has to see it.
    let head = format!("HTTP/1.1 {}\r\nContent-Length: {}\r\n", status.as_u16(), body.len());
    let mut raw = head.into_bytes();
    for (name, value) in fields {
        raw.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    raw.extend([b"\r\n", body.as_slice()].concat());
    Ok(Response::new(raw.into()))
}
