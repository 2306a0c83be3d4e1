use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Bytes of a reply, written down one by one: as text, or as base64 of what is no text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(untagged)]
pub enum Literal {
    /// In UTF-8.
    Text(String),
    /// Anything.
    Base64 {
        /// Base64, with padding.
        base64: String,
    },
}

impl Literal {
    /// The bytes; `None` if they are not written in base64.
    pub fn bytes(&self) -> Option<Bytes> {
        match self {
            Self::Text(text) => Some(text.clone().into()),
            Self::Base64 { base64 } => STANDARD.decode(base64).ok().map(Bytes::from),
        }
    }
}

impl From<&[u8]> for Literal {
    fn from(bytes: &[u8]) -> Self {
        match str::from_utf8(bytes) {
            // As text wherever it is some: people read and change these files.
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64 { base64: STANDARD.encode(bytes) },
        }
    }
}
