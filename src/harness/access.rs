use std::net::SocketAddr;

/// What clients that know no other endpoint call the service [SEED L3].
const DOCUMENTED_HOST: &str = "gz.file.myqcloud.com";

/// How the client is told where the service is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Via {
    /// The endpoint is the tap's address.
    #[default]
    Endpoint,
    /// The endpoint is the documented host, and the tap is the HTTP proxy.
    Proxy,
}

/// Where the service of one scenario is, in the words of those who have to find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Access {
    tap: SocketAddr,
    via: Via,
}

impl Access {
    pub(super) fn new(tap: SocketAddr, via: Via) -> Self {
        Self { tap, via }
    }

    fn scheme() -> &'static str {
        "http"
    }

    /// The base URL, without a trailing slash.
    pub(super) fn endpoint(self) -> String {
        match self.via {
            Via::Endpoint => format!("{}://{}", Self::scheme(), self.tap),
            Via::Proxy => format!("{}://{DOCUMENTED_HOST}", Self::scheme()),
        }
    }

    /// The URL of the HTTP proxy, if the service is only found through one.
    pub(super) fn proxy(self) -> Option<String> {
        (self.via == Via::Proxy).then(|| format!("http://{}", self.tap))
    }

    /// What HTTP libraries look for in the environment.
    pub(super) fn environment(self) -> impl Iterator<Item = (&'static str, String)> {
        let names = ["http_proxy", "HTTP_PROXY"];
        self.proxy().into_iter().flat_map(move |proxy| names.map(|name| (name, proxy.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn through_a_proxy_the_endpoint_is_the_documented_host() {
        let tap = SocketAddr::from(([127, 0, 0, 1], 8080));
        let direct = Access::new(tap, Via::Endpoint);
        assert_eq!(direct.endpoint(), "http://127.0.0.1:8080");
        assert_eq!((direct.proxy(), direct.environment().count()), (None, 0));
        let proxied = Access::new(tap, Via::Proxy);
        assert_eq!(proxied.endpoint(), "http://gz.file.myqcloud.com");
        assert_eq!(proxied.proxy().as_deref(), Some("http://127.0.0.1:8080"));
        let environment: Vec<_> = proxied.environment().collect();
        let told = |name| (name, "http://127.0.0.1:8080".to_owned());
        // curl heeds the name in lower case alone; others look for either.
        assert_eq!(environment, ["http_proxy", "HTTP_PROXY"].map(told));
    }
}
