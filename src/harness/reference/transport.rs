//! How the built-in client sends a request: with reqwest, or over TLS.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Method, Proxy, StatusCode, retry};

use super::TIMEOUT;
#[cfg(feature = "tls")]
use super::secure::Secure;
use crate::harness::job::Job;

/// As many connections as there are requests under way, as it is told where the service is.
pub(super) enum Transport {
    Plain(reqwest::Client),
    #[cfg(feature = "tls")]
    Secure(Secure),
}

/// A reply, and its body whole.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) fields: HeaderMap,
    pub(super) body: Bytes,
}

impl Transport {
    pub(super) fn new(job: &Job) -> Result<Self, String> {
        #[cfg(feature = "tls")]
        if let Some(ca) = &job.ca {
            return Secure::new(job, ca).map(Self::Secure);
        }
        let mut plain = reqwest::Client::builder()
            // A proxy of the machine is none of its business, as with clients that are started.
            .no_proxy()
            .read_timeout(TIMEOUT)
            .http1_only()
            // What to do about a redirect is the client's decision, and not the transport's.
            .redirect(Policy::none())
            // A request that reqwest sends again by itself would be judged as the client's own.
            .retry(retry::never());
        if let Some(proxy) = &job.proxy {
            plain = plain.proxy(Proxy::http(proxy).map_err(|error| error.to_string())?);
        }
        if let Some(address) = job.address {
            let host = job.endpoint.trim_start_matches("http://");
            plain = plain.resolve(host, address);
        }
        plain.build().map(Self::Plain).map_err(|error| error.to_string())
    }

    /// Sends a request to a target of the service; an error is that no whole reply came.
    pub(super) async fn send(
        &self,
        method: Method,
        (endpoint, target): (&str, &str),
        fields: HeaderMap,
        body: Bytes,
    ) -> Result<Reply, String> {
        match self {
            Self::Plain(client) => {
                let url = format!("{endpoint}{target}");
                let outgoing = client.request(method, url).headers(fields).body(body);
                let incoming = outgoing.send().await.map_err(|error| error.to_string())?;
                let (status, fields) = (incoming.status(), incoming.headers().clone());
                let body = incoming.bytes().await.map_err(|error| error.to_string())?;
                Ok(Reply { status, fields, body })
            }
            #[cfg(feature = "tls")]
            Self::Secure(secure) => secure.send(method, target, fields, body).await,
        }
    }
}
