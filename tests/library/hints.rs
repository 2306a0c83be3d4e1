//! What a finding says of a content that is not the file's bytes: how it came to be.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use slicecheck::protocol::Op;
use slicecheck::rules::{findings, judge};

use crate::conforming::played;
use crate::edges;

/// What is made of a slice.
type Change = fn(&[u8]) -> Vec<u8>;

/// What a rule finds where the slice of this number is changed.
fn found(rule: &str, scenario: &str, number: usize, change: Change) -> String {
    let mut transcript = played(scenario);
    let changed = transcript.tamper(&Op::Data, number).unwrap().edit(|form| {
        let content = change(form.value("filecontent")?);
        form.set("filecontent", content)
    });
    changed.unwrap();
    edges::found(rule, &transcript)[0].clone()
}

#[test]
fn few_bytes_that_are_missing_or_too_many_are_shown_with_their_end() {
    let cases: [(Change, &str); 6] = [
        (|text| text[..1001].to_vec(), r#"1001 bytes: "\r\n" is missing at the end"#),
        (|text| text[4..].to_vec(), r#"999 bytes: "\r\n\r\n" is missing at the beginning"#),
        (|text| [text, b"\n"].concat(), r#"1004 bytes: "\n" was added at the end"#),
        (
            |text| [b"\xef\xbb\xbf", text].concat(),
            r#"1006 bytes: "\xef\xbb\xbf" was added at the beginning"#,
        ),
        (|text| text[..986].to_vec(), "986 bytes"),
        (|text| text[1..1002].to_vec(), "1001 bytes"),
    ];
    for (change, expected) in cases {
        assert_eq!(found("data/length", "content/last-line-end", 0, change), expected);
    }
}

#[test]
fn well_known_alterations_are_recognised() {
    let hint = |scenario: &str, change: Change| {
        let found = found("data/bytes", scenario, 1, change);
        found.split_once("\": ").map(|(_, hint)| hint.to_owned()).unwrap_or(found)
    };
    let latin: Change = |bytes| bytes.iter().copied().map(char::from).collect::<String>().into();
    let utf8: Change = |bytes| String::from_utf8_lossy(bytes).into_owned().into();
    let digits: Change =
        |bytes| bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
    let cases: [(Change, &str); 5] = [
        (|bytes| STANDARD.encode(bytes).into(), "this is base64 of the file's bytes"),
        (latin, "the bytes were read as text and encoded again"),
        (utf8, "the bytes were read as text and encoded again"),
        (digits, "these are the file's bytes as hexadecimal digits"),
        (|bytes| [&[0x1f, 0x8b, 8], bytes].concat(), "this is compressed with gzip"),
    ];
    for (change, expected) in cases {
        assert_eq!(hint("happy/exact-multiple", change), expected);
    }
    let line_ends: [Change; 2] = [
        |bytes| String::from_utf8_lossy(bytes).replace("\r\n", "\n").into(),
        |bytes| String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\n', "\r\n").into(),
    ];
    for change in line_ends {
        assert_eq!(hint("content/line-ends", change), "line ends were converted");
    }
    // Of a file that is no text.
    let line_feeds: Change = |bytes| bytes.iter().flat_map(|byte| carriage_return(*byte)).collect();
    let found = found("data/bytes", "content/every-byte", 0, line_feeds);
    assert!(found.ends_with("\": line ends were converted"), "{found}");
    // Another byte in front, and one in the middle, are no alteration that anybody knows.
    for change in [
        |bytes: &[u8]| [b"\0", bytes].concat(),
        |bytes: &[u8]| [&bytes[..300], b"\0", &bytes[300..]].concat(),
    ] {
        assert!(hint("happy/exact-multiple", change).ends_with('"'));
    }
}

fn carriage_return(byte: u8) -> Vec<u8> {
    if byte == b'\n' { b"\r\n".to_vec() } else { vec![byte] }
}

#[test]
fn bytes_of_another_place_of_the_file_are_recognised() {
    let other: Change = |bytes| bytes[1..].iter().chain(b"\0").copied().collect();
    let found = found("data/bytes", "happy/exact-multiple", 1, other);
    // Its first bytes are in the file, but not all of them in a row.
    assert!(found.ends_with('"'), "{found}");
    let mut transcript = played("happy/exact-multiple");
    let first = transcript.job.file.as_ref().unwrap().whole().unwrap().slice(..1 << 20);
    let request = transcript.tamper(&Op::Data, 1).unwrap();
    request.edit(|form| form.set("filecontent", first)).unwrap();
    let rulings = judge(&transcript);
    let finding = findings(&rulings).find(|finding| finding.rule.id == "data/bytes").unwrap();
    assert!(finding.evidence.found.ends_with("\": these are the file's bytes from 0"));
    assert!(finding.evidence.expected.ends_with(", the file's bytes from 1048576"));
}

#[test]
fn a_wrong_filesize_of_finish_is_no_other_file_unless_the_list_is_of_one() {
    let expected = |scenario: &str, filesize: &'static str| {
        let mut transcript = played(scenario);
        let finish = transcript.tamper(&Op::Finish, 0).unwrap();
        finish.edit(|form| form.set("filesize", filesize)).unwrap();
        let rulings = judge(&transcript);
        let mut found = findings(&rulings);
        let finding = found.find(|finding| finding.rule.id == "finish/filesize-as-announced");
        finding.unwrap().evidence.expected.clone()
    };
    let own = expected("resume/init-in-progress", "1394254");
    assert_eq!(own, "2442830, as the list has it");
    assert_eq!(expected("happy/last-slice-short", "1"), "2442830, as at init");
}
