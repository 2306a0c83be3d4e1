use std::io::{self, ErrorKind, Read};

use bytes::BytesMut;
use rustls::server::Acceptor;
use rustls::{AlertDescription, Error, ServerConnection};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::opening::Secure;
use super::transport::{ROOM, Transport};
use crate::protocol::FailedConnection;

/// Answers a handshake with a certificate for the host that the client names, or that a tunnel leads to.
pub(super) async fn shake_hands(
    secure: &Secure,
    stream: TcpStream,
    tunnel: Option<&str>,
) -> Result<TlsStream<TcpStream>, FailedConnection> {
    let broken = |error: io::Error| FailedConnection::HandshakeFailed(error.to_string());
    // A client that goes to an address names no host.
    let address = stream.local_addr().ok().map(|address| address.ip().to_string());
    let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await.map_err(broken)?;
    let host = hello.client_hello().server_name().map(str::to_owned);
    let config =
        secure.tls.config(secure.certificate, host.as_deref().or(tunnel).or(address.as_deref()));
    let config = config.map_err(FailedConnection::HandshakeFailed)?;
    hello.into_stream(config).await.map_err(|error| {
        if is_refusal(&error) { FailedConnection::CertificateRefused } else { broken(error) }
    })
}

/// Whether a client that has the certificate wants nothing to do with it: it says so in one of the alerts
/// that libraries have for that, or goes without a word.
fn is_refusal(error: &io::Error) -> bool {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::AlertReceived(alert)) => matches!(
            alert,
            AlertDescription::AccessDenied
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::CloseNotify
                | AlertDescription::InternalError
                | AlertDescription::UnknownCA
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::UserCanceled
        ),
        Some(_) => false,
        None => matches!(
            error.kind(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
        ),
    }
}

impl Transport for TlsStream<TcpStream> {
    /// Asks the system itself, as of a socket alone.
    fn read_now(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        let (socket, session) = self.get_mut();
        let before = buffer.len();
        take_read(session, buffer)?;
        let mut raw = vec![0; ROOM];
        let length = match rustix::io::read(&*socket, &mut raw) {
            Ok(length) => length,
            // What has been decrypted is enough; an error shows again at the next read.
            Err(_) if buffer.len() > before => 0,
            Err(error) => return Err(error.into()),
        };
        let mut rest = raw.get(..length).unwrap_or_default();
        while !rest.is_empty() {
            session.read_tls(&mut rest)?;
            session.process_new_packets().map_err(io::Error::other)?;
            take_read(session, buffer)?;
        }
        match buffer.len().saturating_sub(before) {
            // Half a record: no byte of a request has come, but it is no end, either.
            0 if length > 0 => Err(ErrorKind::WouldBlock.into()),
            read => Ok(read),
        }
    }

    fn send_at_once(&self) {
        self.get_ref().0.send_at_once();
    }

    fn hold_until_end(&self) {
        self.get_ref().0.hold_until_end();
    }

    async fn send_part(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (socket, session) = self.get_mut();
        io::Write::write_all(&mut session.writer(), bytes)?;
        let mut record = Vec::new();
        session.write_tls(&mut record)?;
        // Half a record cannot be decrypted, so that its reader gets nothing of it.
        socket.write_all(record.get(..record.len() / 2).unwrap_or_default()).await
    }

    async fn cut(&mut self) -> io::Result<()> {
        // Without close_notify, by which TLS libraries tell an end that is meant (RFC 8446 §6.1).
        self.get_mut().0.shutdown().await
    }

    fn reset(self) {
        self.into_inner().0.reset();
    }
}

/// What has been decrypted and was not read yet.
fn take_read(session: &mut ServerConnection, buffer: &mut BytesMut) -> io::Result<()> {
    let mut bytes = vec![0; ROOM];
    loop {
        match session.reader().read(&mut bytes) {
            // The end of the stream shows when it is waited for.
            Ok(0) => return Ok(()),
            Ok(length) => buffer.extend_from_slice(bytes.get(..length).unwrap_or_default()),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::UnexpectedEof) =>
            {
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::crypto::ring;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::version::{TLS12, TLS13};
    use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
    use tokio::io::AsyncReadExt;
    use tokio_rustls::{TlsConnector, client};

    use super::super::{LOOPBACK, PAUSE, Tap};
    use super::*;
    use crate::harness::Tls;
    use crate::harness::wiremock::Responder;
    use crate::protocol::{Certificate, Delivery, FileView, Request, Response};
    use crate::server::Answer;

    const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

    /// A tap whose replies are delivered like this.
    async fn tap(tls: &Tls, certificate: Certificate, delivery: Delivery) -> Tap {
        let answer = move |_: &Request, _: u64| {
            Answer::new(Response::write(200, &[], "{\"code\":0}"), delivery)
        };
        let (takes_plain, makes_tunnels) = (false, false);
        let secure = Secure { tls: tls.clone(), certificate, takes_plain, makes_tunnels };
        let file = FileView::zeros(1);
        let responder = Responder::Wiremock;
        Tap::listen(responder, &[LOOPBACK], Some(secure), answer, file, PAUSE).await.unwrap()
    }

    async fn connect(
        tls: &Tls,
        tap: &Tap,
        version: &'static SupportedProtocolVersion,
    ) -> io::Result<client::TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(tls.ca()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(tap.address()).await?;
        let address = ServerName::from(tap.address().ip());
        TlsConnector::from(Arc::new(config)).connect(address, stream).await
    }

    #[tokio::test]
    async fn an_end_that_is_meant_is_told_from_one_that_is_not() {
        let tls = Tls::new().unwrap();
        for version in VERSIONS {
            for (delivery, expected) in [
                (Delivery::UntilClose, None),
                (Delivery::Truncated(4), Some(ErrorKind::UnexpectedEof)),
                (Delivery::CutHead(9), Some(ErrorKind::UnexpectedEof)),
                (Delivery::ResetWithin(4), Some(ErrorKind::ConnectionReset)),
                (Delivery::Reset, Some(ErrorKind::ConnectionReset)),
            ] {
                let tap = tap(&tls, Certificate::Valid, delivery).await;
                let mut stream = connect(&tls, &tap, version).await.unwrap();
                let request = b"POST /k HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
                stream.write_all(request).await.unwrap();
                stream.flush().await.unwrap();
                let end = stream.read_to_end(&mut Vec::new()).await;
                assert_eq!(
                    end.err().map(|error| error.kind()),
                    expected,
                    "{version:?} {delivery:?}"
                );
                let exchanges = tap.finish().await.unwrap().exchanges;
                let deliveries: Vec<_> = exchanges.iter().map(|it| it.delivery).collect();
                assert_eq!(deliveries, [delivery]);
            }
        }
    }

    #[tokio::test]
    async fn a_client_that_verifies_certificates_refuses_each_that_is_wrong() {
        let tls = Tls::new().unwrap();
        for version in VERSIONS {
            for wrong in [Certificate::UnknownCa, Certificate::OtherHost, Certificate::Expired] {
                let tap = tap(&tls, wrong, Delivery::Whole).await;
                assert!(connect(&tls, &tap, version).await.is_err(), "{wrong:?}");
                let failed = tap.finish().await.unwrap().failed_connections;
                assert_eq!(
                    failed.into_iter().collect::<Vec<_>>(),
                    [FailedConnection::CertificateRefused],
                    "{wrong:?}"
                );
            }
        }
    }

    #[tokio::test]
    async fn whoever_disconnects_right_after_the_handshake_refuses_the_certificate() {
        let tls = Tls::new().unwrap();
        let tap = tap(&tls, Certificate::Valid, Delivery::Whole).await;
        let mut stream = connect(&tls, &tap, &TLS13).await.unwrap();
        stream.shutdown().await.unwrap();
        // The tap has read it to its end when it closes, too.
        assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap_or(0), 0);
        let failed = tap.finish().await.unwrap().failed_connections;
        assert!(failed.contains(&FailedConnection::CertificateRefused), "{failed:?}");
    }

    #[test]
    fn only_an_alert_about_the_certificate_refuses_it() {
        let alert = |alert| is_refusal(&io::Error::other(Error::AlertReceived(alert)));
        assert!(alert(AlertDescription::UnknownCA) && alert(AlertDescription::CertificateUnknown));
        assert!(!alert(AlertDescription::ProtocolVersion));
        assert!(!is_refusal(&io::Error::other(Error::HandshakeNotComplete)));
        assert!(is_refusal(&ErrorKind::UnexpectedEof.into()));
    }
}
