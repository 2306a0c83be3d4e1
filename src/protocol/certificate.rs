use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// What a client that reaches the service over TLS finds wrong with its certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Hash)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Certificate {
    /// Nothing.
    #[default]
    Valid,
    /// The CA that signed it is unknown.
    UnknownCa,
    /// A CA that is trusted has signed it, for another host.
    OtherHost,
    /// Its time is over.
    Expired,
}

impl Certificate {
    /// Whether nothing is wrong with it.
    pub fn is_valid(&self) -> bool {
        *self == Self::Valid
    }

    /// What is wrong with it; `None` if nothing is.
    pub fn fault(self) -> Option<&'static str> {
        match self {
            Self::Valid => None,
            Self::UnknownCa => Some("is signed by a CA that is unknown"),
            Self::OtherHost => Some("is that of another host"),
            Self::Expired => Some("has expired"),
        }
    }
}

/// Reads the names, and what cases and recordings of earlier versions say: they know one fault only, and whether it is
/// there.
struct Reading;

impl Visitor<'_> for Reading {
    type Value = Certificate;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("\"valid\", \"unknown_ca\", \"other_host\" or \"expired\"")
    }

    fn visit_bool<E: Error>(self, unknown_ca: bool) -> Result<Certificate, E> {
        Ok(if unknown_ca { Certificate::UnknownCa } else { Certificate::Valid })
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Certificate, E> {
        match name {
            "valid" => Ok(Certificate::Valid),
            "unknown_ca" => Ok(Certificate::UnknownCa),
            "other_host" => Ok(Certificate::OtherHost),
            "expired" => Ok(Certificate::Expired),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }
}

impl<'de> Deserialize<'de> for Certificate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}
