//! The built-in client: a real HTTP client against a real socket, and a client in the same process like
//! any other.

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use reqwest::redirect::Policy;
use reqwest::{Method, Proxy, StatusCode, header, retry};

use super::gzip;
use super::job::Job;
use super::unix_now;
use crate::client::{Action, Client, ClientPolicy, Outgoing};
use crate::protocol::{Claim, Machine, Request, Response};

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
    let transport = match transport(job.proxy.as_deref()) {
        Ok(transport) => transport,
        Err(error) => return (Claim::Failed, format!("it has no transport: {error}")),
    };
    let mut upload = job.upload.clone();
    if upload.machine.concerns_file() {
        match job.file_path().and_then(std::fs::read) {
            Ok(content) => upload.file = bytes::Bytes::from(content).into(),
            Err(error) => return (Claim::Failed, format!("the file cannot be read: {error}")),
        }
        // It has read it, whatever is the matter with it.
        upload.machine = Machine::default();
    }
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
async fn answered(
    transport: &reqwest::Client,
    job: &Job,
    outgoing: Outgoing,
) -> (u32, Option<Response>) {
    let Outgoing { id, pause, request, .. } = outgoing;
    tokio::time::sleep(pause).await;
    (id, send(transport, &job.endpoint, &request).await.ok())
}

fn transport(proxy: Option<&str>) -> reqwest::Result<reqwest::Client> {
    let plain = reqwest::Client::builder()
        .no_proxy()
        .read_timeout(TIMEOUT)
        .http1_only()
        .redirect(Policy::none())
        .retry(retry::never());
    match proxy {
        Some(proxy) => plain.proxy(Proxy::http(proxy)?).build(),
        None => plain.build(),
    }
}

/// Sends a request, and sends it again if what is in front of the service knows no `Expect`
/// (RFC 9110 §10.1.1).
async fn send(
    transport: &reqwest::Client,
    endpoint: &str,
    request: &Request,
) -> reqwest::Result<Response> {
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
    transport: &reqwest::Client,
    endpoint: &str,
    request: &Request,
    expects: bool,
) -> reqwest::Result<Response> {
    let method = Method::from_bytes(request.method().as_bytes()).unwrap_or(Method::POST);
    let url = format!("{endpoint}{}", request.target());
    let own = request.head().fields.iter().filter(|field| {
        !["host", "content-length"].iter().any(|name| field.name.eq_ignore_ascii_case(name))
    });
    let outgoing = transport.request(method, url).body(request.body().clone());
    let outgoing = outgoing.header(header::ACCEPT_ENCODING, "gzip");
    let outgoing = if expects { outgoing.header(header::EXPECT, "100-continue") } else { outgoing };
    let outgoing = own.fold(outgoing, |outgoing, field| outgoing.header(&field.name, &field.value));
    let incoming = outgoing.send().await?;
    let status = incoming.status().as_u16();
    let fields: Vec<(String, String)> = incoming
        .headers()
        .iter()
        .filter(|(name, _)| *name != "content-length" && *name != "transfer-encoding")
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let is_compressed =
        incoming.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
    let body = incoming.bytes().await?;
    // What cannot be decompressed is no JSON, either.
    let body =
        if is_compressed { gzip::decompress(&body).unwrap_or_default() } else { body.into() };
    let fields: Vec<(&str, String)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    Ok(Response::write(status, &fields, &String::from_utf8_lossy(&body)))
}
