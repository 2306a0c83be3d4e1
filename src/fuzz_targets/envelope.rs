use std::fmt;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::protocol::{
    EnvelopeError, FieldErrorKind, ListData, ListPart, Reading, ReplyContent, ReplyData,
    ReplyDeviation, ReplyDeviationKind, ResponseEnvelope, SessionData, SliceData, StoredData,
};

/// A reply is read as this file reads it, for every kind of `data`, and comes back when written.
pub fn envelope(input: &[u8]) {
    agree(input, "any data", |data| Some(data.clone()));
    for envelope in [
        agree(input, "data of a slice", slice).map(|read| check_form(input, &read)),
        agree(input, "data of a list", list).map(|read| check_form(input, &read)),
        agree(input, "data of a session", session).map(|read| check_form(input, &read)),
        agree(input, "data of a finished object", stored).map(|read| check_form(input, &read)),
        agree(input, "data of an upload", upload).map(|read| check_form(input, &read)),
    ] {
        let Some(text) = envelope else { continue };
        let again = ResponseEnvelope::<Value>::read(text.as_bytes());
        assert!(again.is_ok(), "written as {text}: {again:?}");
    }
}

/// What was read, if this file reads the same.
fn agree<T>(input: &[u8], kind: &str, data: impl Fn(&Value) -> Option<T>) -> Option<Reading<T>>
where
    T: ReplyContent + PartialEq + fmt::Debug,
{
    let read = ResponseEnvelope::<T>::read_with_deviations(input);
    let text = String::from_utf8_lossy(input);
    match serde_json::from_slice(input) {
        Ok(value) => match (&read, walk(&value, data)) {
            (Ok(read), Some(expected)) => assert_eq!(read.envelope, expected, "{kind}, in {text}"),
            (Err(error), None) => assert!(is_about_shape(error), "{kind}: {error} in {text}"),
            (read, expected) => panic!("{kind}: {read:?}, expected {expected:?}, in {text}"),
        },
        Err(error) => assert!(read.is_err() || fits_no_tree(&error), "{error}, in {text}"),
    }
    match read {
        Ok(read) => {
            let lenient = ResponseEnvelope::<T>::read(input).ok();
            assert_eq!(lenient.as_ref(), Some(&read.envelope), "without deviations, in {text}");
            read.deviations.iter().for_each(|deviation| check_deviation(input, deviation));
            Some(read)
        }
        Err(error) => {
            check_error(input, &error);
            None
        }
    }
}

fn is_about_shape(error: &EnvelopeError) -> bool {
    matches!(error, EnvelopeError::Field(_) | EnvelopeError::NotAnObject { .. })
}

/// JSON by its grammar, but not for a tree of numbers and texts: in fields that nobody reads, fine.
fn fits_no_tree(error: &serde_json::Error) -> bool {
    let message = error.to_string();
    // serde_json tells these from other mistakes by their words alone.
    ["number out of range", "lone leading surrogate", "unexpected end of hex escape"]
        .iter()
        .any(|known| message.contains(known))
}

/// The bytes that a deviation points at are what it says.
fn check_deviation(input: &[u8], deviation: &ReplyDeviation) {
    let bytes = &input[deviation.span.clone()];
    let text = std::str::from_utf8(bytes).expect("whole characters");
    let is_json =
        |start: char| text.starts_with(start) && serde_json::from_str::<&RawValue>(text).is_ok();
    let good = match deviation.kind {
        ReplyDeviationKind::DigitString => serde_json::from_str(text)
            .is_ok_and(|digits: String| is_decimal(digits.strip_prefix('-').unwrap_or(&digits))),
        ReplyDeviationKind::NumberForText => is_decimal(text),
        ReplyDeviationKind::WhiteSpace => !text.is_empty() && text.trim_ascii().is_empty(),
        ReplyDeviationKind::Null => text == "null",
        ReplyDeviationKind::Escapes => is_json('"') && text.contains('\\'),
        ReplyDeviationKind::AbsentKey => is_json('{') || text.trim_ascii_start().starts_with('{'),
        ReplyDeviationKind::DataOfError => serde_json::from_str::<&RawValue>(text).is_ok(),
        _ => is_json('"'),
    };
    assert!(good, "{deviation} at {text}");
}

fn check_error(input: &[u8], error: &EnvelopeError) {
    let Some(span) = error.span() else { return };
    assert!(span.start <= span.end && span.end <= input.len(), "{error}: {span:?}");
    if let EnvelopeError::Field(error) = error {
        let text = std::str::from_utf8(&input[span]).expect("whole characters");
        let value = serde_json::from_str::<&RawValue>(text);
        assert!(value.is_ok(), "{error} at {text}");
        if error.kind == FieldErrorKind::Missing {
            assert!(text.trim_ascii_start().starts_with('{'), "{error} at {text}");
        }
    }
}

/// No deviation means the very bytes that our writer writes; and our writer's bytes deviate only in
/// what they say. Returns what was written.
fn check_form<T>(input: &[u8], read: &Reading<T>) -> String
where
    T: ReplyContent + PartialEq + Serialize + fmt::Debug,
{
    let written = read.envelope.write();
    let is_same = written.as_bytes() == input;
    assert!(is_same || !read.deviations.is_empty(), "strict, but not as written: {written}");
    let strict = ResponseEnvelope::<T>::read_strict(input);
    assert_eq!(strict.is_ok(), read.deviations.is_empty());
    let again = ResponseEnvelope::<T>::read_with_deviations(written.as_bytes());
    let again = again.unwrap_or_else(|error| panic!("{error} in what was written: {written}"));
    assert_eq!(again.envelope, read.envelope, "written as {written}");
    for deviation in again.deviations {
        use ReplyDeviationKind::{AbsentKey, DigestForm};
        let is_said = matches!(deviation.kind, AbsentKey | DigestForm);
        assert!(is_said, "{deviation} in what was written: {written}");
    }
    written
}

/// The lenient rules by hand: an object with a code; `message`, `request_id` and `data` may be
/// absent, the last two also null; other keys do not matter, and of a repeated key the last counts.
/// The `data` of an error is not read.
fn walk<T>(value: &Value, data: impl Fn(&Value) -> Option<T>) -> Option<ResponseEnvelope<T>> {
    let fields = value.as_object()?;
    let request_id = fields.get("request_id").filter(|id| !id.is_null());
    let content = fields.get("data").filter(|data| !data.is_null());
    let code = integer(fields.get("code")?)?;
    Some(ResponseEnvelope {
        code,
        message: text_or_nothing(fields, "message")?,
        request_id: optional(request_id, text)?,
        data: optional(content.filter(|_| code == 0), data)?,
    })
}

/// What it is, its keys say.
fn upload(data: &Value) -> Option<ReplyData> {
    let fields = data.as_object()?;
    let has = |name| fields.get(name).is_some_and(|value| !value.is_null());
    if !has("session") {
        return stored(data).map(ReplyData::Stored);
    }
    if has("filesize") || has("listparts") {
        return list(data).map(ReplyData::Listed);
    }
    session(data).map(ReplyData::Granted)
}

fn slice(data: &Value) -> Option<SliceData> {
    let fields = data.as_object()?;
    Some(SliceData {
        datalen: unsigned(fields.get("datalen")?)?,
        datamd5: text_or_nothing(fields, "datamd5")?,
        offset: unsigned(fields.get("offset")?)?,
        session: text_or_digits(fields.get("session")?)?,
    })
}

fn session(data: &Value) -> Option<SessionData> {
    let fields = data.as_object()?;
    let serial_upload = fields.get("serial_upload").filter(|number| !number.is_null());
    Some(SessionData {
        serial_upload: optional(serial_upload, integer)?,
        session: text_or_digits(fields.get("session")?)?,
        slice_size: unsigned(fields.get("slice_size")?)?,
    })
}

fn list(data: &Value) -> Option<ListData> {
    let fields = data.as_object()?;
    let listparts = match fields.get("listparts") {
        Some(parts) => parts.as_array()?.iter().map(list_part).collect::<Option<_>>()?,
        None => Vec::new(),
    };
    Some(ListData {
        filesize: unsigned(fields.get("filesize")?)?,
        listparts,
        session: text_or_digits(fields.get("session")?)?,
        sha: optional(fields.get("sha").filter(|sha| !sha.is_null()), text)?,
        slice_size: unsigned(fields.get("slice_size")?)?,
    })
}

fn list_part(part: &Value) -> Option<ListPart> {
    let fields = part.as_object()?;
    Some(ListPart {
        datalen: unsigned(fields.get("datalen")?)?,
        offset: unsigned(fields.get("offset")?)?,
    })
}

fn stored(data: &Value) -> Option<StoredData> {
    let fields = data.as_object()?;
    Some(StoredData {
        access_url: text(fields.get("access_url")?)?,
        preview_url: optional(fields.get("preview_url").filter(|url| !url.is_null()), text)?,
        resource_path: text_or_nothing(fields, "resource_path")?,
        source_url: text_or_nothing(fields, "source_url")?,
        url: text_or_nothing(fields, "url")?,
        vid: optional(fields.get("vid").filter(|vid| !vid.is_null()), text)?,
    })
}

/// Nothing stays nothing; something must be readable.
#[expect(clippy::option_option, reason = "absent is not unreadable")]
fn optional<T>(value: Option<&Value>, read: impl Fn(&Value) -> Option<T>) -> Option<Option<T>> {
    value.map_or(Some(None), |value| read(value).map(Some))
}

/// A number is its digits, if it has 64 bits.
fn text_or_digits(value: &Value) -> Option<String> {
    text(value).or_else(|| Some(value.as_u64()?.to_string()))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn text_or_nothing(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name).map_or_else(|| Some(String::new()), text)
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(digits) => {
            let is_integer = is_decimal(digits.strip_prefix('-').unwrap_or(digits));
            // serde_json takes a bare -0 for a fraction, so that it is no integer, either.
            (is_integer && digits != "-0").then_some(digits)?.parse().ok()
        }
        _ => value.as_i64(),
    }
}

fn unsigned(value: &Value) -> Option<u64> {
    match value {
        Value::String(digits) => is_decimal(digits).then_some(digits)?.parse().ok(),
        _ => value.as_u64(),
    }
}

fn is_decimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
