//! The bytes that a finding points at.

use std::fmt::Write;

use serde::Serialize;

use crate::report::View;
use crate::report::excerpt::shown;
use crate::report::secrets::Secrets;
use crate::results::{ResolvedFinding, ScenarioResult};

/// Rows of 16 bytes around the start of a span.
#[derive(Serialize)]
pub(super) struct Bytes {
    /// Where they begin, in what the span counts.
    start: usize,
    /// Two digits for each byte; bytes of secrets are those of asterisks.
    hex: String,
}

/// The bytes of a finding, if it points at any.
pub(super) fn of(
    result: &ScenarioResult,
    found: &ResolvedFinding,
    view: View,
    secrets: &Secrets,
) -> Option<Bytes> {
    let excerpt = result.judged()?.place(&found.finding)?.excerpt.as_ref()?;
    let mut hex = String::new();
    for byte in shown(excerpt, view, secrets) {
        let _ = write!(hex, "{byte:02x}");
    }
    Some(Bytes { start: excerpt.rows.start, hex })
}
