use proptest::prelude::*;
use slicecheck::protocol::{ObjectPath, percent_decode};

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
    fn escaping_more_than_needed_names_the_same_object(path in object_path()) {
        let escapes = path.key.bytes().skip(1).map(|byte| format!("%{byte:02x}"));
        let escaped = escapes.collect::<Vec<_>>().concat();
        let text = format!("/files/v2/{}/{}/{escaped}", path.appid, path.bucket);
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
    let key = any::<String>().prop_map(|key| format!("/{key}."));
    ("[0-9]{1,10}", "[a-z0-9-]{1,20}", key).prop_map(|(appid, bucket, key)| ObjectPath {
        appid,
        bucket,
        key,
    })
}

fn lower_case_escapes(path: &str) -> String {
    let mut pieces = path.split('%');
    let start = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(start, |text, piece| {
        let (digits, rest) = piece.split_at(2);
        text + "%" + &digits.to_ascii_lowercase() + rest
    })
}
