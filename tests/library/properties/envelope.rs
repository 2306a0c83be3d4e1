use proptest::prelude::*;
use slicecheck::protocol::ResponseEnvelope;

use super::config;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn numbers_of_a_reply_may_be_written_as_strings_of_digits(code: i64) {
        let bare = format!(r#"{{"code":{code}}}"#);
        let quoted = format!(r#"{{"code":"{code}"}}"#);
        let read = |text: &str| ResponseEnvelope::<()>::read(text.as_bytes()).unwrap();
        prop_assert_eq!(read(&bare).code, code);
        prop_assert_eq!(read(&bare), read(&quoted));
    }

    #[test]
    fn of_a_repeated_key_the_last_counts(first: i64, last: i64) {
        let text = format!(r#"{{"code":{first},"message":"","code":{last}}}"#);
        prop_assert_eq!(ResponseEnvelope::<()>::read(text.as_bytes()).unwrap().code, last);
    }
}
