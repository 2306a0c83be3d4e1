use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

/// More characters of a name or a version are cut.
const LONGEST: usize = 200;

/// Who a driver says that it is. Known once the first process of a run has answered.
#[derive(Clone, Debug, Default)]
pub struct Introduction {
    said: Arc<OnceLock<(String, Option<String>)>>,
}

impl Introduction {
    /// The name that the driver has told.
    pub fn name(&self) -> Option<&str> {
        self.said.get().map(|(name, _)| name.as_str())
    }

    /// The version that it has told.
    pub fn version(&self) -> Option<&str> {
        self.said.get().and_then(|(_, version)| version.as_deref())
    }

    /// Takes an answer, if it has a name; the first one of a run stays.
    pub(super) fn hear(&self, answer: &Map<String, Value>) -> Option<()> {
        let text = |field: &str| answer.get(field)?.as_str();
        let cut = |text: &str| text.chars().take(LONGEST).collect::<String>();
        let name = cut(text("name")?);
        // A process that stays or is started again says the same.
        let _ = self.said.set((name, text("version").map(cut)));
        Some(())
    }
}
