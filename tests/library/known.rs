//! The file of known findings: what is read, what is refused and where, and what is drafted.

use slicecheck::results::known::Known;
use slicecheck::scenario::TomlError;

const TODAY: &str = "2027-01-31";

fn read(text: &str) -> Result<Known, TomlError> {
    Known::read(text, TODAY, None)
}

fn entry(scenario: &str, reason: &str, more: &str) -> String {
    format!("[[known]]\nrule = \"data/length\"\nscenario = {scenario}\nreason = {reason}\n{more}\n")
}

#[test]
fn an_entry_expires_after_its_last_day() {
    for (day, expired) in [("2027-01-30", true), ("2027-01-31", false), ("2027-02-01", false)] {
        let text = entry("\"happy/*\"", "\"ticket 7\"", &format!("expires = {day}"));
        let known = read(&text).unwrap();
        let [only] = known.entries.as_slice() else { panic!("one entry") };
        assert_eq!((only.expires.as_deref(), only.expired), (Some(day), expired));
        assert!(
            only.scenarios.len() > 1 && only.scenarios.iter().all(|id| id.starts_with("happy/"))
        );
    }
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_line_and_column() {
    let good = entry("\"happy/*\"", "\"ticket 7\"", "");
    assert!(read(&good).is_ok());
    for (text, line, column) in [
        (good.replace("data/length", "data/lenght"), 2, 8),
        (good.replace("happy/*", "happier/*"), 3, 12),
        (good.replace("\"ticket 7\"", "  \" \""), 4, 12),
        (good.clone() + "  expires = 2027-01-31T00:00:00Z\n", 6, 13),
        (good.clone() + "\u{e4} = 2\n", 6, 1),
        (good.replace("\"ticket 7\"", "\"\u{e4}\u{e4}"), 4, 13),
        ("=".to_owned(), 1, 1),
    ] {
        let error = read(&text).err().unwrap();
        assert_eq!((error.line, error.column), (line, column), "{text}\n{error}");
    }
}

#[test]
fn a_glob_too_large_to_be_compiled_is_an_error() {
    let glob = format!("\"{}\"", "?".repeat(1_000_000));
    let error = read(&entry(&glob, "\"ticket 7\"", "")).err().unwrap();
    assert_eq!((error.line, error.column), (3, 12));
}

#[test]
fn what_is_written_is_read_again_whatever_the_words() {
    let text = entry(
        "'happy/[a-z\"]*'",
        "\"\\u0000\\\\ \\\"\\t\\u007f\\n\u{e4}\"",
        "expires = 2999-12-31",
    );
    let known = read(&text).unwrap();
    let again = read(&known.write()).unwrap();
    let [one] = again.entries.as_slice() else { panic!("one entry") };
    assert_eq!(one.glob, "happy/[a-z\"]*");
    assert_eq!(one.reason, "\0\\ \"\t\u{7f}\n\u{e4}");
    assert_eq!(one.expires.as_deref(), Some("2999-12-31"));
    assert_eq!(again.write(), known.write());
}
