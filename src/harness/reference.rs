//! The transport of the built-in client: a real HTTP client against a real socket.

use std::net::SocketAddr;
use std::time::Instant;

use reqwest::redirect::Policy;
use reqwest::{Method, retry};
use tokio::task::{JoinError, JoinSet};

use super::driver::Ended;
use super::limit::Limit;
use super::{HarnessError, unix_now};
use crate::client::{Action, Client, Outgoing};
use crate::protocol::{Claim, Request, Response, UploadJob};

/// Lets the built-in client do what it was asked to, until its end or the limit.
pub(super) async fn drive(
    job: &UploadJob,
    tap: SocketAddr,
    seed: u64,
    limit: Limit,
) -> Result<Ended, HarnessError> {
    let cannot = |error: reqwest::Error| HarnessError::Reference(error.to_string());
    let transport = reqwest::Client::builder()
        .no_proxy()
        .http1_only()
        .redirect(Policy::none())
        .retry(retry::never())
        .build()
        .map_err(cannot)?;
    let begun = Instant::now();
    let client = Client::new(job, seed);
    // A task of its own, so that the digests of several scenarios do not wait for each other.
    let mut tasks = JoinSet::new();
    tasks.spawn(converse(client, transport, tap));
    let ended = limit.within(tasks.join_next()).await;
    let (claim, detail) = match ended {
        Ok(Some(Ok(ended))) => ended,
        Ok(Some(Err(error))) => {
            let panic = error.try_into_panic();
            let cancelled = |error: JoinError| HarnessError::Reference(error.to_string());
            return Err(panic.map_or_else(cancelled, |panic| HarnessError::panicked(&*panic)));
        }
        Ok(None) => (Claim::Hung, "it vanished".to_owned()),
        Err(detail) => (Claim::Hung, detail),
    };
    // The connections are closed when the task is gone, not when it is told to go.
    tasks.shutdown().await;
    let (stdout, stderr) = (Vec::new(), Vec::new());
    let elapsed = begun.elapsed();
    Ok(Ended { claim, detail, busy: None, stdout, stderr, elapsed })
}

async fn converse(
    mut client: Client,
    transport: reqwest::Client,
    tap: SocketAddr,
) -> (Claim, String) {
    loop {
        match client.poll(unix_now()) {
            Action::Send(Outgoing { id, pause, request, .. }) => {
                tokio::time::sleep(pause).await;
                let reply = send(&transport, tap, &request).await.ok();
                client.handle_reply(id, reply.as_ref());
            }
            // One request at a time: there is nothing to wait for.
            Action::Wait => return (Claim::Hung, "no request is under way".to_owned()),
            Action::Done(claim, detail) => return (claim, detail),
        }
    }
}

/// Sends a request with all that is its own; the host and the length are the transport's business.
async fn send(
    transport: &reqwest::Client,
    tap: SocketAddr,
    request: &Request,
) -> reqwest::Result<Response> {
    let method = Method::from_bytes(request.method().as_bytes()).unwrap_or(Method::POST);
    let url = format!("http://{tap}{}", request.target());
    let own = request.head().fields.iter().filter(|field| {
        !["host", "content-length"].iter().any(|name| field.name.eq_ignore_ascii_case(name))
    });
    let outgoing = transport.request(method, url).body(request.body().clone());
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
    let body = incoming.bytes().await?;
    let fields: Vec<(&str, String)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    Ok(Response::write(status, &fields, &String::from_utf8_lossy(&body)))
}
