//! The built-in client: a real HTTP client against a real socket, and a client in the same process like
//! any other.

use reqwest::redirect::Policy;
use reqwest::{Method, Proxy, retry};

use super::job::Job;
use super::unix_now;
use crate::client::{Action, Client, Outgoing};
use crate::protocol::{Claim, Request, Response};

/// The built-in client: uploads as it is told, and says what came of it.
pub async fn reference(job: Job) -> (Claim, String) {
    let transport = match transport(job.proxy.as_deref()) {
        Ok(transport) => transport,
        Err(error) => return (Claim::Failed, format!("it has no transport: {error}")),
    };
    let mut client = Client::new(&job.upload, job.seed);
    loop {
        match client.poll(unix_now()) {
            Action::Send(Outgoing { id, pause, request, .. }) => {
                tokio::time::sleep(pause).await;
                let reply = send(&transport, &job.endpoint, &request).await.ok();
                client.handle_reply(id, reply.as_ref());
            }
            // One request at a time: there is nothing to wait for.
            Action::Wait => return (Claim::Hung, "no request is under way".to_owned()),
            Action::Done(claim, detail) => return (claim, detail),
        }
    }
}

fn transport(proxy: Option<&str>) -> reqwest::Result<reqwest::Client> {
    let plain = reqwest::Client::builder()
        .no_proxy()
        .http1_only()
        .redirect(Policy::none())
        .retry(retry::never());
    match proxy {
        Some(proxy) => plain.proxy(Proxy::http(proxy)?).build(),
        None => plain.build(),
    }
}

/// Sends a request with all that is its own; the host and the length are the transport's business.
async fn send(
    transport: &reqwest::Client,
    endpoint: &str,
    request: &Request,
) -> reqwest::Result<Response> {
    let method = Method::from_bytes(request.method().as_bytes()).unwrap_or(Method::POST);
    let url = format!("{endpoint}{}", request.target());
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
