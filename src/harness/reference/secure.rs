use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::TIMEOUT;
use super::transport::Reply;
use crate::harness::job::Job;
use crate::harness::lock;

/// The port of HTTPS.
const PORT: u16 = 443;

/// The most that a proxy may say before a tunnel, in bytes.
const LONGEST: usize = 16 << 10;

/// The service over TLS: a connection for each request that is under way, used until its end.
pub(super) struct Secure {
    connector: TlsConnector,
    /// `host` or `host:port`, as in the URL.
    authority: String,
    /// Where to connect to: the service, or a proxy that makes a tunnel to it.
    address: SocketAddr,
    is_proxy: bool,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
}

impl Secure {
    /// For the endpoint of a job, and a file with the one CA to trust.
    pub(super) fn new(job: &Job, ca: &Path) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_file(ca).map_err(|error| error.to_string())?;
        roots.add(ca).map_err(|error| error.to_string())?;
        let config = ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let authority = job.endpoint.trim_start_matches("https://").to_owned();
        let proxy = job.proxy.as_deref().map(|proxy| proxy.trim_start_matches("http://"));
        let address = match job.address {
            Some(address) => address,
            None => proxy
                .unwrap_or(&authority)
                .parse()
                .map_err(|error| format!("{}: {error}", job.endpoint))?,
        };
        let (connector, is_proxy) = (TlsConnector::from(Arc::new(config)), proxy.is_some());
        Ok(Self { connector, authority, address, is_proxy, idle: Mutex::default() })
    }

    pub(super) async fn send(
        &self,
        method: Method,
        target: &str,
        mut fields: HeaderMap,
        body: Bytes,
    ) -> Result<Reply, String> {
        let host = HeaderValue::from_str(&self.authority).map_err(|error| error.to_string())?;
        fields.insert(HOST, host);
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = target.parse().map_err(|error| format!("{target}: {error}"))?;
        *request.headers_mut() = fields;
        let mut connection = match self.open().await {
            Some(open) => open,
            None => self.connect().await.map_err(|error| error.to_string())?,
        };
        let late = |_| "the reply does not come".to_owned();
        let reply = timeout(TIMEOUT, connection.send_request(request)).await.map_err(late)?;
        let (head, body) = reply.map_err(|error| error.to_string())?.into_parts();
        let body = timeout(TIMEOUT, body.collect()).await.map_err(late)?;
        let body = body.map_err(|error| error.to_string())?.to_bytes();
        // Only one whose reply was read to its end can be used again.
        lock(&self.idle).push(connection);
        Ok(Reply { status: head.status, fields: head.headers, body })
    }

    /// A connection that is open and not used at the moment.
    async fn open(&self) -> Option<SendRequest<Full<Bytes>>> {
        loop {
            let mut kept = lock(&self.idle).pop()?;
            if kept.ready().await.is_ok() {
                return Some(kept);
            }
        }
    }

    async fn connect(&self) -> io::Result<SendRequest<Full<Bytes>>> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let host = self.authority.rsplit_once(':').map_or(&*self.authority, |(host, _)| host);
        if self.is_proxy {
            ask_for_tunnel(&mut stream, host).await?;
        }
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let stream = self.connector.connect(name, stream).await?;
        let handshake = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let (connection, driver) = handshake;
        // Its end shows at the next request.
        tokio::spawn(driver);
        Ok(connection)
    }
}

/// Asks a proxy for a tunnel to a host (RFC 9110 §9.3.6).
async fn ask_for_tunnel(stream: &mut TcpStream, host: &str) -> io::Result<()> {
    let request = format!("CONNECT {host}:{PORT} HTTP/1.1\r\nHost: {host}:{PORT}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut reply = Vec::new();
    // Byte by byte: what follows the head belongs to the TLS handshake.
    while !reply.ends_with(b"\r\n\r\n") && reply.len() < LONGEST {
        reply.push(stream.read_u8().await?);
    }
    if reply.starts_with(b"HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(io::Error::other("the proxy makes no tunnel"))
    }
}
