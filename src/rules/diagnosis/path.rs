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
    } else if key.ends_with(sent) {
        Some("the folders of the key are missing")
    } else if key.starts_with(sent) {
        Some("the key was cut")
    } else {
        None
    }
}
