//! What the comparison needs of a JSON report. Fields that it does not know it passes over, as those of a
//! later version.

use serde::Deserialize;
use thiserror::Error;

/// A JSON report, version 1.
#[derive(Debug)]
pub struct Report {
    /// What the column is called.
    pub name: String,
    pub(super) verdict: String,
    pub(super) scenarios: Vec<Scenario>,
    pub(super) rules: Vec<Rule>,
}

/// Why a text is no JSON report.
#[derive(Debug, Error)]
pub enum ReadError {
    /// It is no JSON, or JSON of something else.
    #[error("no JSON report: {0}")]
    Json(#[from] serde_json::Error),
    /// It is a report of a version that is not known.
    #[error("a JSON report of version {0}; 1 can be read")]
    Version(u64),
}

#[derive(Deserialize)]
struct Document {
    client: Client,
    summary: Summary,
    scenarios: Vec<Scenario>,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Client {
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Summary {
    verdict: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Scenario {
    pub(super) id: String,
    pub(super) verdict: String,
    #[serde(default)]
    pub(super) replay: String,
    /// Absent in reports of versions that did not write it.
    #[serde(default)]
    pub(super) replay_command: Option<String>,
    /// Why it was not exercised.
    #[serde(default)]
    pub(super) reasons: Vec<String>,
    #[serde(default)]
    pub(super) claim: Option<String>,
    /// How the client said so.
    #[serde(default)]
    pub(super) detail: Option<String>,
    #[serde(default)]
    pub(super) stored: Option<String>,
    #[serde(default)]
    pub(super) exchanges: usize,
    /// Why there is no verdict, if there is none.
    #[serde(default)]
    pub(super) error: Option<String>,
    pub(super) findings: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Finding {
    pub(super) rule: String,
    #[serde(default)]
    pub(super) exchange: Option<usize>,
    pub(super) at: String,
    pub(super) expected: String,
    pub(super) found: String,
    #[serde(default)]
    pub(super) counts: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) level: String,
    pub(super) verdict: String,
    #[serde(default)]
    pub(super) held: usize,
}

/// The version, whatever else is there.
#[derive(Deserialize)]
struct Version {
    version: u64,
}

impl Report {
    /// The same with this name.
    #[must_use]
    pub fn called(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// Reads a JSON report. Without a name of its client it is called `otherwise`.
    pub fn read(text: &str, otherwise: &str) -> Result<Self, ReadError> {
        let Version { version } = serde_json::from_str(text)?;
        if version != 1 {
            return Err(ReadError::Version(version));
        }
        let document: Document = serde_json::from_str(text)?;
        let name = document.client.name.filter(|name| !name.trim().is_empty());
        Ok(Self {
            name: name.unwrap_or_else(|| otherwise.to_owned()),
            verdict: document.summary.verdict,
            scenarios: document.scenarios,
            rules: document.rules,
        })
    }
}
