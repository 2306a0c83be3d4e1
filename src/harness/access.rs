use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::hosts::{DOCUMENTED_HOST, Hosts, LeasedAddress};
use super::tls::Tls;

/// How the client is told where the service is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Via {
    /// The endpoint is the tap's address.
    #[default]
    Endpoint,
    /// The endpoint is the documented host, and the tap is the HTTP proxy.
    Proxy,
    /// The endpoint is the documented host, and its name leads to the tap.
    Hosts(Hosts),
}

/// Where the service of one scenario is, in the words of those who have to find it.
#[derive(Clone, Debug)]
pub(super) struct Access {
    /// The base URL, without a trailing slash.
    pub(super) endpoint: String,
    /// The URL of the HTTP proxy, if the service is only found through one.
    pub(super) proxy: Option<String>,
    tap: SocketAddr,
    via: Via,
    /// Where the host of the endpoint is, if nobody is told but who has a file of its own.
    pub(super) address: Option<SocketAddr>,
    /// What comes before the command of a client that has.
    pub(super) wrapper: Vec<OsString>,
    /// The CA to trust, if the service is reached over TLS.
    tls: Option<Tls>,
}

impl Access {
    pub(super) fn new(
        tap: SocketAddr,
        via: &Via,
        tls: Option<Tls>,
        place: Option<&LeasedAddress>,
    ) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let host = match via {
            Via::Endpoint => tap.to_string(),
            Via::Proxy | Via::Hosts(_) => DOCUMENTED_HOST.to_owned(),
        };
        let [plain, secure] = place.map_or([tap; 2], LeasedAddress::addresses);
        Self {
            endpoint: format!("{scheme}://{host}"),
            proxy: matches!(via, Via::Proxy).then(|| format!("http://{tap}")),
            address: place.map(|_| if tls.is_some() { secure } else { plain }),
            wrapper: place.map(LeasedAddress::wrapper).unwrap_or_default(),
            tls,
            tap,
            via: via.clone(),
        }
    }

    /// The same for a client that reaches this machine at another address than the one that is listened on,
    /// which may stand for all.
    pub(super) fn reached_at(self, address: IpAddr) -> Self {
        // No address is leased here: a plan is refused together with --via hosts.
        Self::new(SocketAddr::new(address, self.tap.port()), &self.via, self.tls, None)
    }

    /// The certificate of the CA to trust, a PEM file.
    pub(super) fn ca(&self) -> Option<PathBuf> {
        self.tls.as_ref().map(Tls::ca)
    }

    /// The words of the driver contract about it.
    pub(super) fn words(&self) -> Vec<(&'static str, OsString)> {
        let mut words = vec![("endpoint", self.endpoint.clone().into())];
        words.extend(self.proxy.as_ref().map(|proxy| ("proxy", proxy.into())));
        words.extend(self.tls.iter().flat_map(Tls::words));
        words
    }

    /// What HTTP libraries look for in the environment in this scenario.
    pub(super) fn environment(&self) -> Vec<(&'static str, OsString)> {
        // Libraries differ in the case: curl, for one, heeds http_proxy in lower case alone.
        const PLAIN: &[&str] = &["http_proxy", "HTTP_PROXY"];
        const SECURE: &[&str] = &["https_proxy", "HTTPS_PROXY"];
        let names = PLAIN.iter().chain(SECURE.iter().filter(|_| self.tls.is_some()));
        let proxies = |proxy: &String| names.map(|name| (*name, proxy.into())).collect();
        let proxies: Option<Vec<_>> = self.proxy.as_ref().map(proxies);
        proxies.into_iter().flatten().chain(self.lasting_environment()).collect()
    }

    /// What they look for in all scenarios of a run.
    pub(super) fn lasting_environment(&self) -> Vec<(&'static str, OsString)> {
        self.tls.as_ref().map(Tls::environment).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn through_a_proxy_the_endpoint_is_the_documented_host() {
        let tap = SocketAddr::from(([127, 0, 0, 1], 8080));
        let direct = Access::new(tap, &Via::Endpoint, None, None);
        assert_eq!(direct.endpoint, "http://127.0.0.1:8080");
        assert_eq!((direct.proxy.as_ref(), direct.environment().len()), (None, 0));
        let proxied = Access::new(tap, &Via::Proxy, None, None);
        assert_eq!(proxied.endpoint, "http://gz.file.myqcloud.com");
        assert_eq!(proxied.proxy.as_deref(), Some("http://127.0.0.1:8080"));
        // curl heeds the name in lower case alone; others look for either.
        let told = ["http_proxy", "HTTP_PROXY"].map(|name| (name, "http://127.0.0.1:8080".into()));
        assert_eq!(proxied.environment(), told);
    }
}
