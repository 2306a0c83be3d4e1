//! Mistakes that any text can be made by.

/// What surrounds a text that is right without it.
pub(in crate::rules) fn surroundings(
    text: &str,
    is_right: impl Fn(&str) -> bool,
) -> Option<&'static str> {
    if is_right(text.trim()) {
        Some("it is surrounded by white space")
    // White space around the quotes does not hide them.
    } else if is_right(text.trim().trim_matches('"')) {
        Some("it is in quotes")
    } else {
        None
    }
}

/// Whether this is what some language prints for a value that is not there.
pub(super) fn missing_value(text: &str) -> Option<&'static str> {
    ["None", "null", "undefined", "NaN", "nil"]
        .contains(&text.trim())
        .then_some("a missing value was printed as a word")
}
