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
    } else if is_same_number(found, issued) {
        Some("it was read as a number")
    } else if issued.starts_with(found) {
        Some("it was cut")
    } else {
        missing_value(found)
    }
}

/// Whether one text of digits is what a number type makes of another: without its leading zeros, or with
/// as many digits of its own as a floating-point number has.
fn is_same_number(found: &str, issued: &str) -> bool {
    const EXACT: usize = 15;
    let digits = |text: &str| text.trim_start_matches('0').to_owned();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(found) || !is_number(issued) {
        return false;
    }
    let (found, issued) = (digits(found), digits(issued));
    found == issued || (found.len() == issued.len() && found.get(..EXACT) == issued.get(..EXACT))
}
