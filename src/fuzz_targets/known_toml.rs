use crate::results::known::{Known, KnownEntry};
use crate::rules::catalogue;
use crate::scenario::scenarios;

const TODAY: &str = "2027-01-31";

/// The bytes are read as a file of known findings, and, apart from that, are the words of an entry.
pub fn known_toml(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match Known::read(&text, TODAY, None) {
        Ok(known) => written_and_read_it_is_the_same(&known),
        Err(error) => {
            let line = text.split('\n').nth(error.line - 1).expect("the line is one of the text");
            assert!((1..=line.chars().count() + 1).contains(&error.column), "{error} in {line:?}");
        }
    }
    let scenario = scenarios().next().expect("there are scenarios").id.clone();
    // Without the characters that mean something in a glob.
    let glob = format!("{{{scenario},{}}}", text.replace(['{', '}', '[', ']', '\\'], "?"));
    // A glob that is too large is refused; this is about strings.
    if input.len() < 4096 && !text.trim().is_empty() {
        written_and_read_it_is_the_same(&Known {
            entries: vec![KnownEntry {
                rule: catalogue().next().expect("there are rules"),
                glob,
                scenarios: vec![scenario],
                reason: text.into_owned(),
                expires: None,
                expired: false,
            }],
        });
    }
}

fn written_and_read_it_is_the_same(known: &Known) {
    let text = known.write();
    let again =
        Known::read(&text, TODAY, None).unwrap_or_else(|error| panic!("{error} in {text:?}"));
    assert_eq!(again.entries.len(), known.entries.len());
    for (one, other) in known.entries.iter().zip(&again.entries) {
        let KnownEntry { rule, glob, scenarios, reason, expires, expired } = other;
        assert_eq!((rule.id, glob, reason), (one.rule.id, &one.glob, &one.reason));
        assert_eq!((expires, expired), (&one.expires, &one.expired));
        assert!(one.scenarios.iter().all(|id| scenarios.contains(id)), "{glob}");
    }
}
