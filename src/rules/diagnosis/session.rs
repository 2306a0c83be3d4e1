use super::text::{missing_value, surroundings};
use crate::protocol::percent_decode;
use crate::rules::analysis::Upload;

/// The well-known mistake that makes this of a session.
pub(in crate::rules) fn session_mistake(found: &str, upload: &Upload) -> Option<&'static str> {
    let issued = &**upload.sessions.first()?;
    let decoded = |text: &str| percent_decode(text).unwrap_or_else(|_| text.to_owned());
    // The sessions of earlier uploads come first: nothing else explains them.
    if upload.former.iter().any(|former| **former == *found) {
        Some("this is the session of an earlier upload")
    } else if found.is_empty() {
        Some("an empty field")
    } else if let Some(surroundings) = surroundings(found, |text| text == issued) {
        Some(surroundings)
    } else if decoded(found) == issued {
        Some("it was percent-encoded")
    } else if decoded(issued) == found {
        Some("it was percent-decoded")
    } else if issued.replace('+', " ") == found || decoded(&issued.replace('+', " ")) == found {
        Some("a plus was read as a space")
    } else if found.eq_ignore_ascii_case(issued) {
        Some("upper and lower case were changed")
    } else if issued.starts_with(found) {
        Some("it was cut")
    } else {
        missing_value(found)
    }
}
