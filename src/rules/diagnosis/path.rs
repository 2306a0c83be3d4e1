use crate::protocol::{ObjectPath, percent_decode};

/// The well-known mistake that makes this path of the one that was asked for.
pub(in crate::rules) fn path_mistake(
    path: &ObjectPath,
    wanted: &ObjectPath,
) -> Option<&'static str> {
    let (sent, key) = (path.key.as_str(), wanted.key.as_str());
    if (&path.appid, &path.bucket) != (&wanted.appid, &wanted.bucket) {
        return Some("this is another bucket, or another account's");
    }
    let decodes_to = |one: &str, other: &str| percent_decode(one).is_ok_and(|text| text == other);
    let without = |text: &str| text.replace('/', "");
    // From the most specific on: what is escaped twice would match vaguer mistakes, too.
    if decodes_to(sent, key) {
        Some("it is escaped twice")
    } else if decodes_to(key, sent) {
        Some("a percent sign of the key was not escaped")
    } else if sent.replace('+', " ") == key {
        Some("a plus in a path is a plus; a space is %20")
    } else if key.replace('+', " ") == sent {
        Some("a plus of the key was sent as a space")
    } else if without(sent) == without(key) {
        Some("slashes were dropped, or doubled")
    } else if sent.to_lowercase() == key.to_lowercase() {
        Some("upper and lower case were changed")
    } else if is_other_form(sent, key) {
        Some("letters with accents were composed or decomposed (Unicode normalization)")
    } else if key.ends_with(sent) {
        Some("the folders of the key are missing")
    } else if key.starts_with(sent) {
        Some("the key was cut")
    } else {
        None
    }
}

/// Whether this is one of the combining marks that letters of Latin, Greek and Cyrillic take.
fn is_mark(character: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&character)
}

/// Whether letters with an accent are one character in one of these and two in the other.
fn is_other_form(one: &str, other: &str) -> bool {
    let marks = |text: &str| text.chars().filter(|character| is_mark(*character)).count();
    // An accent is one character that is not ASCII, with its letter or after it.
    let accents = |text: &str| text.chars().filter(|character| !character.is_ascii()).count();
    marks(one) != marks(other)
        && accents(one) == accents(other)
        && without_accents(one) == without_accents(other)
}

/// What is left without letters that have an accent, be it a character of its own or not.
fn without_accents(text: &str) -> String {
    let mut left = String::new();
    for character in text.chars() {
        if is_mark(character) {
            left.pop();
        } else {
            left.push(character);
        }
    }
    left.retain(|character| character.is_ascii());
    left
}
