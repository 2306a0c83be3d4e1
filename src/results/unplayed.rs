//! What a run that ended before its last scenario has left out.

use super::{Results, RunEnd};

impl Results {
    /// How many of the selected scenarios have no result, for the run ended before.
    pub fn unplayed(&self) -> usize {
        let selected = self.run.selected.unwrap_or(0);
        selected.saturating_sub(self.scenarios.len())
    }
}

impl RunEnd {
    /// The word used in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Interrupted => "interrupted",
            Self::Stopped => "stopped",
            Self::GivenUp { .. } => "given-up",
        }
    }
}
