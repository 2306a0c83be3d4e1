//! Names on the command line that are read with care.

use slicecheck::report::near::hint;
use slicecheck::results::{Requirement, RequirementError};
use slicecheck::scenario::scenarios;

/// What reports call the client: something that can be seen.
pub(super) fn client(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("a name has at least one letter".to_owned());
    }
    Ok(text.to_owned())
}

/// How much of a topic has to be exercised; a misspelt topic is told with those that are near.
pub(super) fn requirement(text: &str) -> Result<Requirement, String> {
    text.parse().map_err(|error| match &error {
        RequirementError::Topic { topic, .. } => {
            let mut topics: Vec<_> = scenarios().map(|scenario| scenario.topic()).collect();
            // The catalogue has the scenarios of a topic side by side.
            topics.dedup();
            format!("{error}{}", hint(topic, topics))
        }
        _ => error.to_string(),
    })
}
