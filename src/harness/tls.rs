//! TLS with a certificate authority (CA) that is made for a run.

#[cfg(feature = "tls")]
mod authority;
#[cfg(feature = "tls")]
mod made;
#[cfg(feature = "tls")]
mod trust_store;

#[cfg(feature = "tls")]
pub use made::Tls;

/// TLS, which this program was built without: there is no value of it.
#[cfg(not(feature = "tls"))]
#[derive(Clone, Debug)]
pub enum Tls {}

#[cfg(not(feature = "tls"))]
impl Tls {
    /// An error.
    pub fn new() -> Result<Self, super::HarnessError> {
        let why = "--tls: this program was built without the feature tls";
        Err(super::HarnessError::Attach(why.to_owned()))
    }

    pub(super) fn ca(&self) -> std::path::PathBuf {
        match *self {}
    }

    pub(super) fn words(&self) -> [(&'static str, std::ffi::OsString); 2] {
        match *self {}
    }

    pub(super) fn environment(&self) -> Vec<(&'static str, std::ffi::OsString)> {
        match *self {}
    }
}
