//! Replies of the service: lengths that were published, errata of the pages, and what goes wrong.

use slicecheck::protocol::{
    EnvelopeError, FieldErrorKind, ListData, ReplyContent, ReplyData, ReplyDeviationKind,
    ResponseEnvelope, SliceData, StrictError,
};

use crate::bodies::SESSION;

const REQUEST_ID: &str = "NTliNzhlOWJfMTliMjk0MGFfNDg0ZF8xMTY3Yzc=";
const MIB: u64 = 1_048_576;

fn success<T>(data: Option<T>) -> ResponseEnvelope<T> {
    let request_id = Some(REQUEST_ID.to_owned());
    ResponseEnvelope { code: 0, message: "SUCCESS".to_owned(), request_id, data }
}

/// The form of 2016: no `request_id`.
fn success_of_2016<T>(data: Option<T>) -> ResponseEnvelope<T> {
    ResponseEnvelope { request_id: None, ..success(data) }
}

fn slice() -> SliceData {
    SliceData {
        datalen: MIB,
        datamd5: "b6d81b360a5672d80c27430f39153e2c".to_owned(),
        offset: 97 * MIB,
        session: SESSION.to_owned(),
    }
}

fn deviations<T: ReplyContent>(body: &str) -> Vec<(ReplyDeviationKind, String, String)> {
    let reading = ResponseEnvelope::<T>::read_with_deviations(body.as_bytes()).ok().unwrap();
    let described = |found: &slicecheck::protocol::ReplyDeviation| {
        (found.kind, found.place.clone(), body[found.span.clone()].to_owned())
    };
    reading.deviations.iter().map(described).collect()
}

#[test]
fn the_reply_of_an_operation_that_is_not_ours_is_58_bytes() {
    let created = success_of_2016(Some(serde_json::json!({ "ctime": 1_472_647_600 })));
    let body = created.write();
    assert_eq!(body.len(), 58);
    assert_eq!(ResponseEnvelope::read(body.as_bytes()), Ok(created));
}

#[test]
fn the_seed_pages_reply_as_printed_is_read_but_for_its_third_brace() {
    let body = success(Some(slice())).write();
    let pretty: serde_json::Value = serde_json::from_str(&body).unwrap();
    let mut printed = serde_json::to_string_pretty(&pretty).unwrap();
    let read = ResponseEnvelope::<SliceData>::read(printed.as_bytes());
    assert_eq!(read, Ok(success(Some(slice()))));
    printed.push_str("\n}");
    let error = ResponseEnvelope::<SliceData>::read(printed.as_bytes()).unwrap_err();
    let offset = printed.len() - 1;
    assert_eq!(error, EnvelopeError::Trailing { offset });
    assert_eq!(error.to_string(), format!("byte {offset}: something follows the JSON"));
}

#[test]
fn offset_may_be_the_string_and_session_the_number_that_the_page_calls_it() {
    let body = success(Some(slice())).write();
    let quoted = body.replace("101711872", "\"101711872\"");
    let found =
        (ReplyDeviationKind::DigitString, "data.offset".to_owned(), "\"101711872\"".to_owned());
    assert_eq!(deviations::<SliceData>(&quoted), [found]);
    let with_session = |session: &str| body.replace(&format!("\"{SESSION}\""), session);
    let digits = "1234567890123456789";
    let number = with_session(digits);
    let found = (ReplyDeviationKind::NumberForText, "data.session".to_owned(), digits.to_owned());
    assert_eq!(deviations::<SliceData>(&number), [found]);
    let read = ResponseEnvelope::<SliceData>::read(number.as_bytes()).unwrap();
    assert_eq!(read.data.unwrap().session, digits);
    // Of these the digits are not the whole of it, or nobody is certain to keep them.
    for session in ["-8", "8.5", "8e3", "12345678901234567890123"] {
        let number = with_session(session);
        let error = ResponseEnvelope::<SliceData>::read(number.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "data.session: expected a string, found a number");
        assert_eq!(error.span().map(|span| &number[span]), Some(session));
    }
}

#[test]
fn a_field_that_is_wrong_is_named_with_its_place() {
    let parts = |parts: &str| {
        format!(
            r#"{{"code":0,"data":{{"filesize":9,"listparts":{parts},"session":"s","slice_size":4}}}}"#
        )
    };
    for (body, expected, at) in [
        (
            parts(r#"[{"datalen":4,"offset":0},{"datalen":4,"offset":"4x"}]"#),
            "data.listparts[1].offset: expected an integer of 0 or more, found a string",
            "\"4x\"",
        ),
        (parts(r#"[{"datalen":4}]"#), "data.listparts[0].offset: missing", "{\"datalen\":4}"),
        (parts("[4]"), "data.listparts[0]: expected an object, found a number", "4"),
        (parts("{}"), "data.listparts: expected an array, found an object", "{}"),
        (parts("null"), "data.listparts: expected an array, found null", "null"),
        (r#"{"code":0,"data":[]}"#.to_owned(), "data: expected an object, found an array", "[]"),
        (r#"{"code":true}"#.to_owned(), "code: expected an integer, found a boolean", "true"),
        (r#"{"message":""}"#.to_owned(), "code: missing", r#"{"message":""}"#),
    ] {
        let error = ResponseEnvelope::<ListData>::read(body.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.span().map(|span| &body[span]), Some(at), "{expected}");
    }
}

#[test]
fn what_is_no_json_is_named_with_its_byte() {
    let deep =
        |depth: usize| format!("{{\"code\":0,\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(ResponseEnvelope::<()>::read(deep(126).as_bytes()).map(|reply| reply.code), Ok(0));
    for (body, expected) in [
        (&b""[..], "the body is empty"),
        (b" \r\n", "the body is empty"),
        (b"<!doctype html><p>", "the body is HTML, not JSON"),
        (b"\n<HTML>", "the body is HTML, not JSON"),
        (b"<?xml version='1.0'?><Error/>", "the body is XML, not JSON"),
        (b"\xef\xbb\xbf{\"code\":0}", "the body starts with a byte order mark"),
        (b"{\"code\":0,\"x\":\"\xff\"}", "byte 15 is not UTF-8"),
        (b"[0]", "the JSON is an array, not an object"),
        (b"null", "the JSON is null, not an object"),
        (b"\"OK\"", "the JSON is a string, not an object"),
        (b"OK", "byte 0: expected value"),
        (b"{\"code\":0", "the JSON ends after 9 bytes, before it is complete"),
        (b"{\"code\":0}\r\nx", "byte 12: something follows the JSON"),
        (b"{\n\"code\":0,\n'a':1}", "byte 12: key must be a string"),
        (deep(127).as_bytes(), "byte 140: the JSON is nested too deeply"),
        (&vec![b' '; 64 * 1_048_576], "the body is empty"),
        (&vec![b' '; 64 * 1_048_576 + 1], "the body has 67108865 bytes, more than any reply"),
    ] {
        let error = ResponseEnvelope::<()>::read(body).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn brackets_inside_strings_are_no_levels() {
    let body = format!(r#"{{"code":0,"message":"{}\"{}"}}"#, "[".repeat(200), "{".repeat(200));
    assert_eq!(ResponseEnvelope::<()>::read(body.as_bytes()).map(|reply| reply.code), Ok(0));
}

#[test]
fn brackets_that_are_closed_again_are_no_levels() {
    let pairs = ["[{}]"; 200].join(",");
    let body = format!(r#"{{"code":0,"x":[{pairs}]}}"#);
    assert_eq!(ResponseEnvelope::<()>::read(body.as_bytes()).map(|reply| reply.code), Ok(0));
}

#[test]
fn each_deviation_is_noticed_where_it_stands() {
    use ReplyDeviationKind::*;
    for (body, kind, place, at) in [
        (r#"{"code":"0","message":"","request_id":""}"#, DigitString, "code", "\"0\""),
        (r#"{"code":1,"code":0,"message":"","request_id":""}"#, RepeatedKey, "code", "\"code\""),
        (r#"{"code":0,"message":"","request_id":"","x":1}"#, UnknownKey, "x", "\"x\""),
        (r#"{"code":0,"message":""}"#, AbsentKey, "request_id", r#"{"code":0,"message":""}"#),
        (r#"{"message":"","code":0,"request_id":""}"#, KeyOrder, "code", "\"code\""),
        (r#"{"code":0,"message":"","request_id":"","data":null}"#, Null, "data", "null"),
        ("{\"code\":0,\r\n\"message\":\"\",\"request_id\":\"\"}", WhiteSpace, "", "\r\n"),
        (r#"{"code":0,"message":"\/","request_id":""}"#, Escapes, "message", "\"\\/\""),
        (r#"{"code":-1,"message":"","request_id":"","data":{}}"#, DataOfError, "data", "{}"),
    ] {
        let found = (kind, place.to_owned(), at.to_owned());
        assert_eq!(deviations::<ReplyData>(body), [found]);
        let error = ResponseEnvelope::<ReplyData>::read_strict(body.as_bytes()).unwrap_err();
        assert!(matches!(error, StrictError::Deviation(found) if found.kind == kind), "{body}");
    }
}

#[test]
fn an_error_is_read_whatever_its_data() {
    let body = r#"{"data":{"session":[]},"message":"_ERROR_FILE_NOT_FINISH_UPLOAD","code":-4019}"#;
    let reply = ResponseEnvelope::<ReplyData>::read(body.as_bytes()).unwrap();
    assert_eq!((reply.code, reply.data), (-4019, None));
    let success = body.replace("-4019", "0");
    let error = ResponseEnvelope::<ReplyData>::read(success.as_bytes()).unwrap_err();
    let kind = FieldErrorKind::Expected { what: "a string", found: "an array" };
    let EnvelopeError::Field(error) = error else { panic!("{error}") };
    assert_eq!((error.place.as_str(), error.kind), ("data.session", kind));
}

#[test]
fn no_more_deviations_are_kept_than_people_read() {
    let keys: Vec<_> = (0..5000).map(|index| format!(",\"x{index}\":0")).collect();
    let keys = keys.concat();
    let body = format!(r#"{{"code":0,"message":"","request_id":""{keys}}}"#);
    assert_eq!(deviations::<()>(&body).len(), 1000);
}

#[test]
fn an_error_that_is_at_a_byte_says_so() {
    assert_eq!(EnvelopeError::ByteOrderMark.span(), Some(0..3));
    for error in [
        EnvelopeError::NotUtf8 { offset: 7 },
        EnvelopeError::Truncated { offset: 7 },
        EnvelopeError::Trailing { offset: 7 },
        EnvelopeError::TooDeep { offset: 7 },
    ] {
        assert_eq!(error.span(), Some(7..7), "{error}");
    }
}
