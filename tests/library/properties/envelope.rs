use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use slicecheck::protocol::{
    ListData, ListPart, ReplyContent, ReplyData, ReplyDeviation, ResponseEnvelope, SessionData,
    SliceData, StoredData,
};

use super::config;

prop_compose! {
    fn granted()(serial_upload: Option<i64>, session: String, slice_size: u64) -> SessionData {
        SessionData { serial_upload, session, slice_size }
    }
}

prop_compose! {
    fn slice()(
        datalen: u64, datamd5 in "[0-9a-f]{32}", offset: u64, session: String,
    ) -> SliceData {
        SliceData { datalen, datamd5, offset, session }
    }
}

prop_compose! {
    fn listed()(
        filesize: u64, parts: Vec<(u64, u64)>, session: String, sha: Option<String>, slice_size: u64,
    ) -> ListData {
        let part = |(datalen, offset)| ListPart { datalen, offset };
        let listparts = parts.into_iter().map(part).collect();
        ListData { filesize, listparts, session, sha, slice_size }
    }
}

prop_compose! {
    fn stored()(
        access_url: String, preview_url: Option<String>, resource_path: String,
        source_url: String, url: String, vid: Option<String>,
    ) -> StoredData {
        StoredData { access_url, preview_url, resource_path, source_url, url, vid }
    }
}

fn written<T>(data: T, message: String, request_id: String) -> (ResponseEnvelope<T>, String)
where
    T: serde::Serialize,
{
    let reply =
        ResponseEnvelope { code: 0, message, request_id: Some(request_id), data: Some(data) };
    let text = reply.write();
    (reply, text)
}

/// Whether the strict reading gives back what was written.
fn is_strict<T>(data: T, message: String, request_id: String) -> bool
where
    T: serde::Serialize + ReplyContent + PartialEq + std::fmt::Debug,
{
    let (reply, text) = written(data, message, request_id);
    ResponseEnvelope::read_strict(text.as_bytes()) == Ok(reply)
}

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

    #[test]
    fn what_the_writer_writes_is_what_the_strict_reader_reads(
        granted in granted(), slice in slice(), listed in listed(), stored in stored(),
        message: String, request_id: String,
    ) {
        prop_assert!(is_strict(granted, message.clone(), request_id.clone()));
        prop_assert!(is_strict(slice, message.clone(), request_id.clone()));
        prop_assert!(is_strict(listed, message.clone(), request_id.clone()));
        prop_assert!(is_strict(stored, message, request_id));
    }

    #[test]
    fn what_a_reply_means_is_told_by_its_keys(
        granted in granted(), listed in listed(), stored in stored(),
    ) {
        for data in [
            ReplyData::Granted(granted), ReplyData::Listed(listed), ReplyData::Stored(stored),
        ] {
            let (reply, text) = written(data, String::new(), String::new());
            prop_assert_eq!(ResponseEnvelope::read(text.as_bytes()), Ok(reply));
        }
    }

    #[test]
    fn a_reply_that_is_cut_is_an_error_within_its_bytes(slice in slice(), cut: prop::sample::Index) {
        let (_, text) = written(slice, String::new(), String::new());
        let cut = &text.as_bytes()[..cut.index(text.len())];
        let error = ResponseEnvelope::<SliceData>::read(cut).unwrap_err();
        prop_assert!(error.span().is_none_or(|span| span.end <= cut.len()), "{}", error);
    }

    #[test]
    fn any_bytes_are_read_alike_with_and_without_deviations(
        body in prop_oneof![any::<Vec<u8>>(), reply_like().prop_map(String::into_bytes)],
        data: bool,
    ) {
        let mut body = body;
        if data {
            body = [br#"{"code":0,"data":"#, body.as_slice(), b"}"].concat();
        }
        let noticed = ResponseEnvelope::<ReplyData>::read_with_deviations(&body);
        let read = ResponseEnvelope::<ReplyData>::read(&body);
        prop_assert_eq!(noticed.map(|reading| reading.envelope), read);
    }

    #[test]
    fn a_reply_of_any_pieces_holds_no_more_than_its_bytes(body in reply_like()) {
        let length = body.len();
        let Ok(reading) = ResponseEnvelope::<ReplyData>::read_with_deviations(body.as_bytes()) else {
            return Ok(());
        };
        let ResponseEnvelope { message, request_id, data, .. } = reading.envelope;
        let mut texts = vec![message, request_id.unwrap_or_default()];
        match data {
            Some(ReplyData::Listed(ListData { listparts, session, sha, .. })) => {
                prop_assert!(listparts.len() <= length / 2);
                texts.extend([session, sha.unwrap_or_default()]);
            }
            Some(ReplyData::Granted(SessionData { session, .. })) => texts.push(session),
            Some(ReplyData::Stored(stored)) => {
                texts.extend([stored.access_url, stored.source_url, stored.url]);
            }
            None => {}
        }
        prop_assert!(texts.iter().map(String::len).sum::<usize>() <= length, "{}", body);
        let within = |found: &ReplyDeviation| found.span.end <= length && found.span.start <= found.span.end;
        prop_assert!(reading.deviations.iter().all(within));
    }

    #[test]
    fn an_error_of_any_pieces_stands_within_them(body in reply_like()) {
        if let Err(error) = ResponseEnvelope::<ReplyData>::read(body.as_bytes()) {
            prop_assert!(error.span().is_none_or(|span| span.end <= body.len()), "{}", error);
        }
    }
}

/// Pieces of replies, in any order, and more often in one that is JSON.
fn reply_like() -> impl Strategy<Value = String> {
    let value = select(vec![
        "0",
        "-1",
        "\"0\"",
        "\"s\"",
        "null",
        "true",
        "[]",
        "{}",
        "1e3",
        "\"\\u00e9\"",
        "\"",
        "[{\"datalen\":4,\"offset\":0}]",
        "[[[[",
        "99999999999999999999",
    ]);
    let key = select(vec![
        "code",
        "message",
        "request_id",
        "session",
        "slice_size",
        "filesize",
        "listparts",
        "url",
        "access_url",
        "sha",
        "serial_upload",
        "x",
    ]);
    let pairs = |count| {
        vec((key.clone(), value.clone()), count).prop_map(|pairs: Vec<(&str, &str)>| {
            let pairs = pairs.iter().map(|(key, value)| format!("\"{key}\":{value}"));
            pairs.collect::<Vec<_>>().join(",")
        })
    };
    (pairs(0..4), pairs(0..6), "(\r\n| |x|\\}|)").prop_map(|(outer, inner, end)| {
        let comma = if outer.is_empty() { "" } else { "," };
        format!("{{\"code\":0{comma}{outer},\"data\":{{{inner}}}}}{end}")
    })
}
