use proptest::prelude::*;
use proptest::sample::select;
use slicecheck::protocol::{Dialect, Escaping, ObjectPath, Slashes, percent_decode};

use super::config;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_object_path_is_read_as_it_was_written(path in object_path()) {
        let written = path.to_string();
        prop_assert!(written.bytes().all(|byte| byte.is_ascii_graphic()));
        prop_assert_eq!(ObjectPath::read(&written), Ok(path.clone()));
        prop_assert_eq!(ObjectPath::read(&lower_case_escapes(&written)), Ok(path));
    }

    #[test]
    fn a_path_is_read_as_the_one_that_its_client_names(
        path in object_path(),
        dialect in select(&Dialect::ALL),
    ) {
        let escaping = dialect.escaping;
        let written = path.target(escaping);
        prop_assert!(written.bytes().all(|byte| byte.is_ascii_graphic()));
        let key = escaping.slashes.sent(&path.key).into_owned();
        prop_assert_eq!(ObjectPath::read(&written), Ok(ObjectPath { key, ..path.clone() }));
        prop_assert_eq!(written, format!("/files/v2{}", path.fileid_in(escaping)));
    }

    #[test]
    fn every_escaping_is_undone_by_decoding_unless_it_drops_a_slash(key in key()) {
        for escaping in Escaping::ALL {
            let decoded = percent_decode(&escaping.escape(&key));
            if escaping.slashes == Slashes::Kept || !key.contains("//") {
                prop_assert_eq!(decoded, Ok(key.clone()), "{:?}", escaping);
            }
        }
    }

    #[test]
    fn a_key_loses_nothing_but_slashes_and_those_only_once(key in key()) {
        for slashes in [Slashes::Kept, Slashes::OneInFront, Slashes::NoEmptySegment] {
            let sent = slashes.sent(&key);
            prop_assert_eq!(sent.replace('/', ""), key.replace('/', ""));
            prop_assert_eq!(slashes.sent(&sent), sent.clone());
            let segments = |key: &str| {
                let full = key.split('/').filter(|segment| !segment.is_empty());
                full.map(str::to_owned).collect::<Vec<_>>()
            };
            prop_assert_eq!(segments(&sent), segments(&key));
        }
    }

    #[test]
    fn escaping_more_than_needed_names_the_same_object(path in object_path()) {
        let escapes = path.key.bytes().skip(1).map(|byte| format!("%{byte:02x}"));
        let escaped = escapes.collect::<Vec<_>>().concat();
        let bucket = path.bucket.bytes().map(|byte| format!("%{byte:02x}"));
        let bucket = bucket.collect::<Vec<_>>().concat();
        let text = format!("/files/v2/{}/{bucket}/{escaped}", path.appid);
        prop_assert_eq!(ObjectPath::read(&text), Ok(path));
    }

    #[test]
    fn percent_decoding_takes_any_text_and_leaves_text_without_percents(text: String) {
        let decoded = percent_decode(&text);
        if text.contains('%') {
            prop_assert!(decoded.is_err() || decoded.unwrap().len() < text.len());
        } else {
            prop_assert_eq!(decoded, Ok(text));
        }
    }

    #[test]
    fn paths_of_any_text_are_read_or_refused(text in "(/files/v2/)?[0-9a-z/%+é]{0,40}") {
        if let Ok(path) = ObjectPath::read(&text) {
            prop_assert_eq!(ObjectPath::read(&path.to_string()), Ok(path));
        }
    }
}

fn object_path() -> impl Strategy<Value = ObjectPath> {
    let bucket = prop_oneof!["[a-z0-9-]{1,20}", "[ -~é]{1,8}"];
    ("[0-9]{1,10}", bucket, key()).prop_map(|(appid, bucket, key)| ObjectPath {
        appid,
        bucket,
        key,
    })
}

/// Any text, and more often one with slashes in a row.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[/a%+é]{0,20}"].prop_map(|key| format!("/{key}."))
}

fn lower_case_escapes(path: &str) -> String {
    let mut pieces = path.split('%');
    let start = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(start, |text, piece| {
        let (digits, rest) = piece.split_at(2);
        text + "%" + &digits.to_ascii_lowercase() + rest
    })
}
