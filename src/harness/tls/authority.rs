use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::harness::lock;
use crate::protocol::Certificate;

/// How far off the clock of a client may be, and how long a run may take.
const VALIDITY: Duration = Duration::from_hours(30 * 24);

/// Of so many hosts the certificates are kept; a client may name as many as it likes.
const MOST_HOSTS: usize = 64;

/// The names of the endpoint of a scenario, whatever the client asks for.
const ENDPOINT: [&str; 2] = ["127.0.0.1", "localhost"];

/// A host that no client asks for (RFC 2606 §2).
const OTHER_HOST: &str = "another-host.invalid";

/// What is wrong with a certificate, and the host that it is for if that is known.
type Wanted = (Certificate, Option<String>);

/// A certificate authority, and a service whose certificates it signs.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
    service_key: KeyPair,
    configs: Mutex<HashMap<Wanted, Arc<ServerConfig>>>,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum IssueError {
    #[error("{0}")]
    Certificate(#[from] rcgen::Error),
    #[error("{0}")]
    Config(#[from] rustls::Error),
}

impl Authority {
    pub(super) fn new(name: &str) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?;
        let issuer = Issuer::new(params, key);
        let service_key = KeyPair::generate()?;
        Ok(Self { issuer, certificate, service_key, configs: Mutex::default() })
    }

    /// Its certificate as PEM.
    pub(super) fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// Its certificate as DER.
    pub(super) fn der(&self) -> &[u8] {
        self.certificate.der()
    }

    /// How the service at this host answers a handshake, with a certificate of which this is wrong.
    pub(super) fn config(
        &self,
        certificate: Certificate,
        host: Option<&str>,
    ) -> Result<Arc<ServerConfig>, IssueError> {
        let mut configs = lock(&self.configs);
        let wanted = (certificate, host.map(str::to_ascii_lowercase));
        if let Some(known) = configs.get(&wanted) {
            return Ok(Arc::clone(known));
        }
        let certificate = self.issue(certificate, wanted.1.as_deref())?;
        let key = PrivatePkcs8KeyDer::from(self.service_key.serialize_der());
        // Without the global default, which belongs to whoever runs a client in the same process.
        let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key.into())?;
        // Clients that offer HTTP/2 as well are told which of both is spoken here.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        if configs.len() < MOST_HOSTS {
            configs.insert(wanted, Arc::clone(&config));
        }
        Ok(config)
    }

    /// A certificate for the endpoint and for this host, unless that can be the name of none, or one of which
    /// this is wrong.
    fn issue(
        &self,
        certificate: Certificate,
        host: Option<&str>,
    ) -> Result<CertificateDer<'static>, rcgen::Error> {
        let mut params = params("slicecheck");
        let own = ENDPOINT.into_iter().chain(host);
        let names: Vec<_> = match certificate {
            Certificate::OtherHost => vec![OTHER_HOST],
            Certificate::Valid | Certificate::UnknownCa | Certificate::Expired => own.collect(),
        };
        params.subject_alt_names =
            names.into_iter().filter_map(|name| alternative_name(name).ok()).collect();
        if certificate == Certificate::Expired {
            let now = SystemTime::now();
            params.not_before = now.checked_sub(VALIDITY * 2).unwrap_or(now).into();
            params.not_after = now.checked_sub(VALIDITY).unwrap_or(now).into();
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Strict verification demands it, as Python's ssl has it since 3.13.
        params.use_authority_key_identifier_extension = true;
        Ok(params.signed_by(&self.service_key, &self.issuer)?.der().clone())
    }
}

fn alternative_name(host: &str) -> Result<SanType, rcgen::Error> {
    match host.parse::<IpAddr>() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => Ok(SanType::DnsName(host.try_into()?)),
    }
}

fn params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    let now = SystemTime::now();
    params.not_before = now.checked_sub(VALIDITY).unwrap_or(now).into();
    params.not_after = now.checked_add(VALIDITY).unwrap_or(now).into();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

#[cfg(test)]
mod tests {
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::{CertificateError, Error, RootCertStore};

    use super::*;

    /// What a client that trusts the authority has against such a certificate of a service here.
    fn refused(certificate: Certificate) -> Option<CertificateError> {
        let authority = Authority::new("an authority").unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().to_vec().into()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
        let issued = authority.issue(certificate, None).unwrap();
        let host = ServerName::try_from(ENDPOINT[1]).unwrap();
        match verifier.verify_server_cert(&issued, &[], &host, &[], UnixTime::now()) {
            Ok(_) => None,
            Err(Error::InvalidCertificate(error)) => Some(error),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn of_a_wrong_certificate_nothing_else_is_wrong() {
        assert_eq!(refused(Certificate::Valid), None);
        let expired = refused(Certificate::Expired);
        assert!(
            matches!(
                expired,
                Some(CertificateError::Expired | CertificateError::ExpiredContext { .. })
            ),
            "{expired:?}"
        );
        let other = refused(Certificate::OtherHost);
        assert!(
            matches!(
                other,
                Some(
                    CertificateError::NotValidForName
                        | CertificateError::NotValidForNameContext { .. }
                )
            ),
            "{other:?}"
        );
    }
}
