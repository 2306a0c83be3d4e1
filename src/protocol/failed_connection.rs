use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Why a connection of the client brought no request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailedConnection {
    /// The client began a TLS handshake with an endpoint that speaks plain HTTP.
    TlsUnexpected,
    /// The client asked an HTTP proxy for a tunnel, which makes none.
    TunnelUnexpected,
    /// The client spoke plain HTTP to an endpoint that speaks TLS.
    PlainUnexpected,
    /// The client ended the TLS handshake, or the connection right after it, when it had the certificate
    /// of the service.
    CertificateRefused,
    /// The TLS handshake failed in another way, in words.
    HandshakeFailed(String),
}

impl FailedConnection {
    /// What the client did.
    pub fn describe(&self) -> Cow<'static, str> {
        match self {
            Self::TlsUnexpected => {
                "it began a TLS handshake with an endpoint that speaks plain HTTP".into()
            }
            Self::TunnelUnexpected => {
                "it asked the HTTP proxy for a tunnel (CONNECT), as for https".into()
            }
            Self::PlainUnexpected => "it spoke plain HTTP to an endpoint that speaks TLS".into(),
            Self::CertificateRefused => {
                "it ended the TLS handshake when it had the certificate of the service".into()
            }
            Self::HandshakeFailed(why) => format!("the TLS handshake failed: {why}").into(),
        }
    }

    /// What whoever runs the client can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::TlsUnexpected | Self::TunnelUnexpected => "Judge it over TLS, with --tls.",
            Self::PlainUnexpected => {
                "Does it heed https:// in SLICECHECK_ENDPOINT? Without --tls the endpoint is plain HTTP."
            }
            Self::CertificateRefused => {
                "Does it trust the CA in SLICECHECK_CA? Not every TLS library heeds SSL_CERT_FILE."
            }
            Self::HandshakeFailed(_) => "The service speaks TLS 1.2 and 1.3.",
        }
    }
}
