//! What a finding says of a content that is not the file's bytes: how it came to be.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use slicecheck::protocol::{Op, Transcript};
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
    let header: Change =
        |text| [b"\r\nX-Note: a header that has slipped into the content\r\n\r\n", text].concat();
    let cases: [(Change, &str); 8] = [
        (|text| text[..1001].to_vec(), r#"1001 bytes: "\r\n" is missing at the end"#),
        (|text| text[4..].to_vec(), r#"999 bytes: "\r\n\r\n" is missing at the beginning"#),
        (|text| [text, b"\n"].concat(), r#"1004 bytes: "\n" was added at the end"#),
        (
            |text| [b"\xef\xbb\xbf", text].concat(),
            r#"1006 bytes: "\xef\xbb\xbf" was added at the beginning"#,
        ),
        (
            header,
            "1059 bytes: \"\\r\\nX-Note: a header that has slipped into the con\" and so on, 56 \
             bytes, was added at the beginning",
        ),
        (|text| text[..1].to_vec(), "1 byte"),
        (|text| text[..986].to_vec(), "986 bytes"),
        (|text| text[1..1002].to_vec(), "1001 bytes: these are the file's bytes from 1"),
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

#[test]
fn a_larger_slice_is_not_said_to_have_anything_added() {
    let sent = |scenario: &str, more: &[u8]| {
        let mut transcript = played(scenario);
        let whole = transcript.job.file.as_ref().unwrap().whole().unwrap();
        let content = [&whole[..1 << 20], more].concat();
        let request = transcript.tamper(&Op::Data, 0).unwrap();
        request.edit(|form| form.set("filecontent", content)).unwrap();
        edges::found("data/length", &transcript)[0].clone()
    };
    let whole = played("happy/exact-multiple").job.file.unwrap().whole().unwrap();
    assert_eq!(sent("happy/exact-multiple", &whole[1 << 20..][..9]), "1048585 bytes");
    let zeros =
        "1048585 bytes: \"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\" was added at the end";
    assert_eq!(sent("happy/exact-multiple", &[0; 9]), zeros);
}

#[test]
fn a_slice_that_ends_before_a_zero_byte_may_have_been_a_string() {
    let whole = played("happy/exact-multiple").job.file.unwrap().whole().unwrap();
    let cut = |at: usize| {
        let mut transcript = played("happy/exact-multiple");
        let request = transcript.tamper(&Op::Data, 0).unwrap();
        request.edit(|form| form.set("filecontent", whole.slice(..at))).unwrap();
        edges::found("data/length", &transcript)[0].clone()
    };
    let mut zeros = whole.iter().enumerate().filter(|(_, byte)| **byte == 0).map(|(at, _)| at);
    let first = zeros.next().unwrap();
    assert!(cut(first).ends_with(" bytes: it ends before the first zero byte, like a string in C"));
    // With a zero byte in it, it is no such string.
    let second = cut(zeros.next().unwrap());
    assert!(second.ends_with(" bytes"), "{second}");
}

/// What a rule finds where the first request's form is changed.
fn found_in_init(rule: &str, scenario: &str, change: impl FnOnce(&mut Transcript)) -> String {
    let mut transcript = played(scenario);
    change(&mut transcript);
    edges::found(rule, &transcript)[0].clone()
}

#[test]
fn an_op_that_is_utf_16_or_of_another_request_is_recognised() {
    let op = |op: Vec<u8>| {
        found_in_init("form/op", "happy/one-byte", |transcript| {
            let request = transcript.tamper(&Op::Init, 0).unwrap();
            request.edit(|form| form.set("op", op)).unwrap();
        })
    };
    let utf_16 = "upload_slice_init".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(op(utf_16).ends_with(": this is UTF-16; text fields are UTF-8"));
    let delete = op(b"delete".to_vec());
    assert!(
        delete.ends_with(": this is no step of an upload, and comes as JSON and not as a form")
    );
    assert_eq!(op(b"upload_slice".to_vec()), "\"upload_slice\"");
}

#[test]
fn a_body_that_is_compressed_is_said_to_be() {
    let found = |head: &[u8]| {
        found_in_init("form/delimiters", "happy/one-byte", |transcript| {
            let request = transcript.tamper(&Op::Init, 0).unwrap();
            request.edit_body(|body| [head, &vec![b'x'; body.len() - head.len()]].concat());
        })
    };
    assert_eq!(found(&[0x1f, 0x8b, 8]), "no form: this is compressed with gzip");
    assert!(!found(b"ab").contains("gzip"));
}

#[test]
fn a_length_in_characters_is_recognised() {
    let text = "r\u{e9}sum\u{e9} \u{1d11e}";
    let found = |less: usize| {
        found_in_init("request/content-length", "happy/one-byte", |transcript| {
            let request = transcript.tamper(&Op::Init, 0).unwrap();
            request.edit_body(|body| [text.as_bytes(), body].concat());
            let length = request.body_length();
            let (from, to) = (format!("Length: {length}"), format!("Length: {}", length - less));
            request.edit_head(|head| head.replacen(&from, &to, 1));
        })
    };
    assert!(
        found(5).contains(" (the number of its characters in UTF-8), and the body goes on with ")
    );
    assert!(found(4).contains(" (the length of a string in UTF-16), and the body goes on with "));
    assert!(!found(6).contains('('), "{}", found(6));
}

#[test]
fn another_unicode_form_of_a_key_is_recognised() {
    let found = |change: fn(&str) -> String| {
        found_in_init("request/path-object", "key/decomposed", |transcript| {
            transcript.tamper(&Op::Init, 0).unwrap().edit_head(change);
        })
    };
    let composed = found(|head| head.replacen("e%CC%81", "%C3%A9", 2));
    assert!(
        composed.ends_with(
            ": letters with accents were composed or decomposed (Unicode normalization)"
        )
    );
    let lost = found(|head| head.replacen("e%CC%81", "", 2));
    assert!(!lost.contains("composed"), "{lost}");
}

#[test]
fn a_session_that_was_a_number_meanwhile_is_recognised() {
    let found = |change: fn(&str) -> String| {
        let mut transcript = played("session/digits");
        let request = transcript.tamper(&Op::Data, 0).unwrap();
        let session = change(request.text("session").unwrap());
        request.edit(|form| form.set("session", session)).unwrap();
        edges::found("data/session", &transcript)[0].clone()
    };
    let float: fn(&str) -> String = |session| format!("{:.0}", session.parse::<f64>().unwrap());
    assert!(found(float).ends_with(": it was read as a number"), "{}", found(float));
    assert!(found(|session| format!("9{}", &session[1..])).ends_with('"'));
}

#[test]
fn uploadparts_that_cannot_be_read_are_told_in_words_of_json() {
    let found = |parts: &'static str| {
        found_in_init("init/uploadparts-form", "sha/upload", |transcript| {
            let request = transcript.tamper(&Op::Init, 0).unwrap();
            request.edit(|form| form.set("uploadparts", parts)).unwrap();
        })
    };
    let cases = [
        (r#"[{"offset":"0","datalen":1}]"#, r#"offset "0" in quotes, which is no number"#),
        (r#"[{"offset":0,"datalen":-1}]"#, "datalen -1, which is no whole number"),
        (r#"[{"datalen":1}]"#, "a part without offset"),
        (r#"{"offset":0}"#, "JSON, but no array"),
        (r#"[{"offset":0,"datalen":7}]"#, "the parts end at 7; the last one has datalen 7"),
    ];
    for (parts, expected) in cases {
        assert_eq!(found(parts), expected);
    }
    assert!(found("[{").starts_with("no JSON: "), "{}", found("[{"));
}
