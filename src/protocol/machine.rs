use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::certificate::Certificate;
use super::file_view::FileView;

/// What the client finds on the machine that it runs on: the local file, its environment, and whether it
/// is left to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Machine {
    /// What the local file is called, without its folder; `None` leaves it to the harness.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// What is the matter with the local file.
    #[serde(skip_serializing_if = "Source::is_regular")]
    pub source: Source,
    /// Whether the client is killed where the first fault strikes, before it can hear of it, and then
    /// started again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub restarts: bool,
    /// What is wrong with the certificate of the service, as the machine sees it. Only a service that is reached
    /// over TLS has one.
    #[serde(alias = "unknown_ca", skip_serializing_if = "Certificate::is_valid")]
    pub certificate: Certificate,
    /// Variables that the client finds in its environment besides those of the driver contract.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
}

/// What is the matter with the local file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// Nothing.
    #[default]
    Regular,
    /// It is a symbolic link to the content.
    Symlink,
    /// It is not there.
    Absent,
    /// It must not be read.
    Unreadable,
    /// It is cut to this many bytes when the first request with content is complete.
    Shrinks(u64),
    /// This many bytes are added to it when the first request with content is complete.
    Grows(u64),
}

impl Machine {
    /// Whether nothing is special.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the local file has a name or a nature of its own.
    pub fn concerns_file(&self) -> bool {
        self.file_name.is_some() || self.source != Source::Regular
    }
}

impl Source {
    fn is_regular(&self) -> bool {
        *self == Self::Regular
    }

    /// Whether it can be read.
    pub fn is_readable(self) -> bool {
        !matches!(self, Self::Absent | Self::Unreadable)
    }

    /// Whether it has the same content from beginning to end.
    pub fn is_steady(self) -> bool {
        matches!(self, Self::Regular | Self::Symlink)
    }

    /// The content that the file has later; `None` if it does not change.
    pub fn changed(self, content: &FileView) -> Option<FileView> {
        let whole = || content.whole().unwrap_or_default();
        match self {
            Self::Shrinks(length) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX).min(whole().len());
                Some(whole().slice(..length).into())
            }
            Self::Grows(more) => {
                // The number may come from a case file, and is memory here.
                let more = usize::try_from(more.min(FileView::MOST_BYTES)).unwrap_or(0);
                Some(Bytes::from([whole().as_ref(), &vec![b'+'; more]].concat()).into())
            }
            Self::Regular | Self::Symlink | Self::Absent | Self::Unreadable => None,
        }
    }
}
