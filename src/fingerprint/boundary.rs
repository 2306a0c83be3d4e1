use std::collections::BTreeSet;

use serde::Serialize;

use crate::protocol::{Transcript, boundary_parameters};

/// How a client makes the boundaries of its forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BoundaryHabit {
    /// How many dashes it begins with.
    pub dashes: usize,
    /// What follows them in every boundary, if it is a word; all of it, if it is the same each time.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// What the rest is made of: `0-9`, `a-f`, `A-F`, `a-z`, `A-Z` and other characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub alphabet: String,
    /// The length of all of it, if that is the same each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<usize>,
    /// Whether the parameter is in quotes.
    pub quoted: bool,
}

/// The boundaries that were seen.
#[derive(Debug, Default)]
pub(super) struct Boundaries {
    seen: BTreeSet<String>,
    quoted: bool,
    /// How many requests had one.
    requests: usize,
}

/// More are not kept.
const MOST: usize = 4096;

impl Boundaries {
    pub(super) fn add(&mut self, transcript: &Transcript) {
        for exchange in &transcript.exchanges {
            let content_type = exchange.request.head().get("content-type").unwrap_or_default();
            let Some((boundary, quoted)) = boundary_parameters(content_type).into_iter().next()
            else {
                continue;
            };
            self.quoted |= quoted;
            self.requests = self.requests.saturating_add(1);
            if self.seen.len() < MOST {
                self.seen.insert(boundary);
            }
        }
    }

    pub(super) fn habit(&self) -> Option<BoundaryHabit> {
        let first = self.seen.first()?;
        let lengths: BTreeSet<_> = self.seen.iter().map(String::len).collect();
        let length = lengths.first().copied().filter(|_| lengths.len() == 1);
        let dashes = |boundary: &String| boundary.bytes().take_while(|byte| *byte == b'-').count();
        let dashes = self.seen.iter().map(dashes).min().unwrap_or(0);
        // A single one does not tell whether the next is the same.
        let is_constant = self.seen.len() == 1 && self.requests > 1;
        let text = first.get(dashes..).unwrap_or_default();
        let text = if is_constant { text } else { self.common_word(text) };
        let start = dashes.saturating_add(text.len());
        let rest: BTreeSet<char> =
            self.seen.iter().filter_map(|it| it.get(start..)).flat_map(str::chars).collect();
        let text = text.to_owned();
        Some(BoundaryHabit { dashes, text, alphabet: alphabet(&rest), length, quoted: self.quoted })
    }

    /// The beginning that all have, up to the last letter that is no digit of a number: what begins with the time has
    /// some digits in common, too, for a while.
    fn common_word<'a>(&self, first: &'a str) -> &'a str {
        let last = self.seen.last().map_or("", |last| last.trim_start_matches('-'));
        // They are sorted: what the first and the last begin with, all do.
        let common = first.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
        let common = first.get(..common).unwrap_or_default();
        common.trim_end_matches(|letter: char| letter.is_ascii_hexdigit())
    }
}

/// The classes that characters are of.
fn alphabet(letters: &BTreeSet<char>) -> String {
    let has = |range: std::ops::RangeInclusive<char>| letters.range(range).next().is_some();
    let mut classes = Vec::new();
    if has('0'..='9') {
        classes.push("0-9".to_owned());
    }
    for (hex, beyond, all) in
        [('a'..='f', 'g'..='z', ["a-f", "a-z"]), ('A'..='F', 'G'..='Z', ["A-F", "A-Z"])]
    {
        match (has(hex), has(beyond)) {
            (_, true) => classes.push(all[1].to_owned()),
            (true, false) => classes.push(all[0].to_owned()),
            (false, false) => {}
        }
    }
    let others = letters.iter().filter(|letter| !letter.is_ascii_alphanumeric());
    classes.extend(others.map(char::to_string));
    classes.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habit(boundaries: &[&str]) -> BoundaryHabit {
        let seen = boundaries.iter().copied().map(str::to_owned).collect();
        Boundaries { seen, quoted: false, requests: 9 }.habit().expect("there are some")
    }

    #[test]
    fn a_boundary_is_told_by_its_dashes_its_word_and_its_alphabet() {
        let webkit = habit(&["----WebKitFormBoundaryA1b9", "----WebKitFormBoundaryA2z8"]);
        assert_eq!((webkit.dashes, webkit.text.as_str()), (4, "WebKitFormBoundary"));
        assert_eq!((webkit.alphabet.as_str(), webkit.length), ("0-9 a-z A-F", Some(26)));
        let digits = habit(&["--123", "--4567"]);
        assert_eq!((digits.dashes, digits.alphabet.as_str(), digits.length), (2, "0-9", None));
    }

    #[test]
    fn digits_that_boundaries_have_in_common_are_no_word() {
        let time = habit(&["8de2f1a", "8de2f2b"]);
        assert_eq!((time.text.as_str(), time.alphabet.as_str()), ("", "0-9 a-f"));
    }

    #[test]
    fn a_boundary_that_never_changes_is_told_whole() {
        let constant = habit(&["--boundary123"]);
        assert_eq!((constant.text.as_str(), constant.alphabet.as_str()), ("boundary123", ""));
    }
}
