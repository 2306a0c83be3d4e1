use std::collections::BTreeSet;

use serde::Serialize;

use crate::protocol::Transcript;

/// Keys of which each character is looked for in the request target. A client may refuse some of them, and what is
/// after a raw `?` or `#` is lost: so there are several.
pub(super) const KEYS: [&str; 5] = [
    "/fingerprint/ -_.~!$&'()+,;=@é.bin",
    "/fingerprint/*:|\"<>\\.bin",
    "/fingerprint/[]^`{}%#",
    "/fingerprint/a?b.bin",
    "/fingerprint//double.bin",
];

/// How a client writes the request target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TargetHabit {
    /// Whether it is sent as to a proxy, with the host.
    pub absolute: bool,
    /// The ASCII characters that stay as they are, besides letters, digits and the slash.
    pub kept: String,
    /// Those that are escaped.
    pub escaped: String,
    /// Those that are neither, or after which nothing came, or for which no request was sent.
    pub lost: String,
    /// The hexadecimal digits of ASCII characters.
    pub digits: &'static str,
    /// What becomes of a character outside of ASCII.
    pub other_characters: &'static str,
    /// What becomes of two slashes in a row.
    pub double_slash: &'static str,
}

/// What was seen of characters.
#[derive(Debug, Default)]
pub(super) struct Targets {
    absolute: bool,
    kept: BTreeSet<char>,
    escaped: BTreeSet<char>,
    lost: BTreeSet<char>,
    upper: bool,
    lower: bool,
    double_slash: Option<bool>,
}

impl Targets {
    /// Looks for each character of the key in the target of the first request.
    pub(super) fn add(&mut self, transcript: &Transcript, key: &str) {
        let target = transcript.exchanges.first().map(|exchange| exchange.request.target());
        let Some((before, rest)) = target.and_then(|it| it.split_once("/files/v2/")) else {
            return self.lost.extend(special(key));
        };
        self.absolute |= !before.is_empty();
        // Appid and bucket come first.
        let rest = rest.splitn(3, '/').nth(2).unwrap_or_default();
        self.read(key.trim_start_matches('/'), rest);
    }

    fn read(&mut self, key: &str, mut rest: &str) {
        let mut before = ' ';
        for (at, letter) in key.char_indices() {
            let escape = Escape::of(letter, rest);
            let is_second = letter == '/' && before == '/';
            before = letter;
            if let Some(Escape { length, digits }) = escape {
                self.upper |= letter.is_ascii() && digits.contains(|it| matches!(it, 'A'..='F'));
                self.lower |= letter.is_ascii() && digits.contains(|it| matches!(it, 'a'..='f'));
                self.escaped.insert(letter);
                rest = rest.get(length..).unwrap_or_default();
            } else if let Some(after) = rest.strip_prefix(letter) {
                if is_special(letter) {
                    self.kept.insert(letter);
                }
                rest = after;
            } else if !is_second {
                // It has stopped being the key: what cannot be told of the rest, is not told.
                let unseen = key.get(at..).unwrap_or_default();
                return self.lost.extend(special(unseen));
            } else {
                self.double_slash = Some(false);
                continue;
            }
            if is_second {
                self.double_slash = Some(true);
            }
        }
    }

    pub(super) fn habit(&self) -> TargetHabit {
        let ascii = |set: &BTreeSet<char>| set.iter().filter(|it| it.is_ascii()).collect();
        let foreign = |set: &BTreeSet<char>| set.iter().any(|it| !it.is_ascii());
        TargetHabit {
            absolute: self.absolute,
            kept: ascii(&self.kept),
            escaped: ascii(&self.escaped),
            // What is lost of one key may be there of another.
            lost: ascii(&(&(&self.lost - &self.kept) - &self.escaped)),
            digits: match (self.upper, self.lower) {
                (true, true) => "both cases",
                (false, true) => "lower case",
                (true, false) => "upper case",
                (false, false) => "unknown",
            },
            other_characters: match (foreign(&self.escaped), foreign(&self.kept)) {
                (true, _) => "escaped",
                (false, true) => "raw",
                (false, false) => "unknown",
            },
            double_slash: match self.double_slash {
                Some(true) => "kept",
                Some(false) => "merged",
                None => "unknown",
            },
        }
    }
}

fn is_special(letter: char) -> bool {
    !letter.is_ascii_alphanumeric() && letter != '/'
}

fn special(key: &str) -> impl Iterator<Item = char> {
    key.chars().filter(|letter| is_special(*letter))
}

/// A character that is written as `%XX`, once for each of its bytes.
struct Escape<'a> {
    length: usize,
    digits: &'a str,
}

impl<'a> Escape<'a> {
    fn of(letter: char, text: &'a str) -> Option<Self> {
        let length = letter.len_utf8().checked_mul(3)?;
        let digits = text.get(..length)?;
        let mut bytes = letter.encode_utf8(&mut [0; 4]).bytes().collect::<Vec<_>>().into_iter();
        let is_so = digits.as_bytes().chunks(3).all(|chunk| {
            let hex = chunk.strip_prefix(b"%").and_then(|hex| std::str::from_utf8(hex).ok());
            let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
            byte.is_some() && byte == bytes.next()
        });
        is_so.then_some(Self { length, digits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str, target: &str) -> TargetHabit {
        let mut targets = Targets::default();
        targets.read(key, target);
        targets.habit()
    }

    #[test]
    fn each_character_of_a_key_is_kept_or_escaped() {
        let habit = read("a -~é/+z", "a%20-~%c3%a9/%2bz");
        assert_eq!((habit.kept.as_str(), habit.escaped.as_str()), ("-~", " +"));
        assert_eq!((habit.digits, habit.other_characters), ("lower case", "escaped"));
        assert_eq!(habit.lost, "");
    }

    #[test]
    fn what_follows_a_raw_hash_is_lost() {
        let habit = read("a?b#c", "a%3Fb");
        assert_eq!((habit.escaped.as_str(), habit.lost.as_str()), ("?", "#"));
    }

    #[test]
    fn two_slashes_are_kept_or_merged() {
        assert_eq!(read("a//b", "a//b").double_slash, "kept");
        assert_eq!(read("a//b", "a/b").double_slash, "merged");
        assert_eq!(read("a/b", "a/b").double_slash, "unknown");
    }
}
