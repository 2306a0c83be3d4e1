use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;

use super::authority::Authority;
use super::trust_store;
use crate::harness::HarnessError;
use crate::harness::leftovers::Leftover;
use crate::protocol::Certificate;

/// What TLS libraries read the file from that has the CAs to trust: OpenSSL, Go, .NET and Python's `ssl`;
/// curl; Python's requests; Node, which adds them to its own.
const VARIABLES: [&str; 4] =
    ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];

/// What a Java virtual machine takes options from.
const JAVA_OPTIONS: &str = "JAVA_TOOL_OPTIONS";

/// TLS as clients meet it in a run: a CA that they are told to trust, and another that they are not.
///
/// Its certificates are in files for the clients, which are removed with the last clone.
#[derive(Clone)]
pub struct Tls(Arc<Made>);

struct Made {
    trusted: Authority,
    unknown: Authority,
    folder: Leftover,
}

impl Tls {
    /// Makes both CAs, with keys of their own.
    pub fn new() -> Result<Self, HarnessError> {
        let authority = |name| {
            Authority::new(name).map_err(|error| {
                HarnessError::Attach(format!("--tls: cannot make a certificate: {error}"))
            })
        };
        let trusted = authority("slicecheck CA, made for one run")?;
        let unknown = authority("slicecheck CA that nobody trusts")?;
        let cannot = |error| {
            HarnessError::Machine(format!("cannot write the certificate of the CA: {error}"))
        };
        let folder = Leftover::folder().map_err(cannot)?;
        let made = Made { trusted, unknown, folder };
        fs::write(made.pem(), made.trusted.pem()).map_err(cannot)?;
        fs::write(made.p12(), trust_store::write(made.trusted.der())).map_err(cannot)?;
        Ok(Self(Arc::new(made)))
    }

    /// The certificate of the trusted CA, a PEM file.
    pub(in crate::harness) fn ca(&self) -> PathBuf {
        self.0.pem()
    }

    /// The words of the driver contract about it.
    pub(in crate::harness) fn words(&self) -> [(&'static str, OsString); 2] {
        [("ca", self.0.pem().into()), ("ca_p12", self.0.p12().into())]
    }

    /// What TLS libraries look for in the environment.
    pub(in crate::harness) fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut found: Vec<_> = VARIABLES.map(|name| (name, self.0.pem().into())).into();
        found.push((JAVA_OPTIONS, java_options(std::env::var_os(JAVA_OPTIONS), &self.0.p12())));
        found
    }

    /// How the service at a host answers a handshake, with a certificate of which this is wrong; the host is not
    /// known of a client that names none.
    pub(in crate::harness) fn config(
        &self,
        certificate: Certificate,
        host: Option<&str>,
    ) -> Result<Arc<ServerConfig>, String> {
        let authority = match certificate {
            Certificate::UnknownCa => &self.0.unknown,
            Certificate::Valid | Certificate::OtherHost | Certificate::Expired => &self.0.trusted,
        };
        authority.config(certificate, host).map_err(|error| error.to_string())
    }
}

impl Made {
    fn pem(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn p12(&self) -> PathBuf {
        self.folder.path().join("ca.p12")
    }
}

/// No key is written.
impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").field("ca", &self.ca()).finish_non_exhaustive()
    }
}

/// The options of the user, and those that name the trust store, in quotes as a path may have spaces.
fn java_options(own: Option<OsString>, trust_store: &Path) -> OsString {
    // Of a property that is set twice, Java takes the last value: the user's options come first.
    let mut options = own.unwrap_or_default();
    for (name, value) in [
        ("trustStore", trust_store.as_os_str()),
        ("trustStoreType", "PKCS12".as_ref()),
        ("trustStorePassword", trust_store::PASSWORD.as_ref()),
    ] {
        options.push(format!(" \"-Djavax.net.ssl.{name}="));
        options.push(value);
        options.push("\"");
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn java_keeps_the_options_of_the_user() {
        let options = java_options(Some("-Xmx64m".into()), Path::new("/a b/ca.p12"));
        let options = options.to_str().unwrap();
        assert!(options.starts_with("-Xmx64m \"-Djavax.net.ssl.trustStore=/a b/ca.p12\" "));
    }
}
