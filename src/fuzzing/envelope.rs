use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::protocol::{
    ListData, ListPart, ReplyData, ResponseEnvelope, SessionData, SliceData, StoredData,
};

/// A reply is read as this file reads it, for every kind of `data`, and comes back when written.
pub fn envelope(input: &[u8]) {
    agree(input, "any data", |data| Some(data.clone()));
    agree(input, "data of a slice", slice);
    agree(input, "data of a list", list);
    agree(input, "data of a session", session);
    agree(input, "data of a finished object", stored);
    agree(input, "data of init, list or finish", |data| {
        let listed = || list(data).map(ReplyData::Listed);
        let granted = || session(data).map(ReplyData::Granted);
        let stored = || stored(data).map(ReplyData::Stored);
        listed().or_else(granted).or_else(stored)
    });
}

fn agree<T>(input: &[u8], kind: &str, data: impl Fn(&Value) -> Option<T>)
where
    T: DeserializeOwned + PartialEq + Serialize + fmt::Debug,
{
    let read = ResponseEnvelope::<T>::read(input);
    let expected = serde_json::from_slice(input).ok().and_then(|value| walk(&value, data));
    let text = String::from_utf8_lossy(input);
    match (read, expected) {
        (Ok(read), Some(expected)) => {
            assert_eq!(read, expected, "with {kind}, in {text}");
            survives_writing(&expected);
        }
        (Err(_), None) => {}
        (read, expected) => panic!("with {kind}: read {read:?}, expected {expected:?}, in {text}"),
    }
}

/// What was read, fractions aside: the protocol has none, and `serde_json` does not promise to read
/// back the very fraction that it wrote.
fn survives_writing<T>(envelope: &ResponseEnvelope<T>)
where
    T: DeserializeOwned + PartialEq + Serialize + fmt::Debug,
{
    let mut value = serde_json::to_value(envelope).expect("an envelope has string keys");
    drop_fractions(&mut value);
    let envelope = serde_json::from_value::<ResponseEnvelope<T>>(value)
        .unwrap_or_else(|error| panic!("{envelope:?} is not read back: {error}"));
    let text = envelope.write();
    let read = ResponseEnvelope::read(text.as_bytes());
    assert_eq!(read.ok().as_ref(), Some(&envelope), "written as {text}");
}

fn drop_fractions(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => *value = Value::from(0),
        Value::Array(values) => values.iter_mut().for_each(drop_fractions),
        Value::Object(fields) => fields.values_mut().for_each(drop_fractions),
        _ => {}
    }
}

/// The lenient rules by hand: an object with a code; `message`, `request_id` and `data` may be
/// absent, the last two also null; other keys do not matter, and of a repeated key the last counts.
fn walk<T>(value: &Value, data: impl Fn(&Value) -> Option<T>) -> Option<ResponseEnvelope<T>> {
    let fields = value.as_object()?;
    let request_id = fields.get("request_id").filter(|id| !id.is_null());
    let content = fields.get("data").filter(|data| !data.is_null());
    Some(ResponseEnvelope {
        code: integer(fields.get("code")?)?,
        message: text_or_nothing(fields, "message")?,
        request_id: optional(request_id, text)?,
        data: optional(content, data)?,
    })
}

fn slice(data: &Value) -> Option<SliceData> {
    let fields = named(data, &["datalen", "datamd5", "offset", "session"])?;
    Some(SliceData {
        datalen: unsigned(fields.get("datalen")?)?,
        datamd5: text_or_nothing(&fields, "datamd5")?,
        offset: unsigned(fields.get("offset")?)?,
        session: text(fields.get("session")?)?,
    })
}

fn session(data: &Value) -> Option<SessionData> {
    let fields = named(data, &["serial_upload", "session", "slice_size"])?;
    let serial_upload = fields.get("serial_upload").filter(|number| !number.is_null());
    Some(SessionData {
        serial_upload: optional(serial_upload, integer)?,
        session: text(fields.get("session")?)?,
        slice_size: unsigned(fields.get("slice_size")?)?,
    })
}

fn list(data: &Value) -> Option<ListData> {
    let fields = named(data, &["filesize", "listparts", "session", "sha", "slice_size"])?;
    let listparts = match fields.get("listparts") {
        Some(parts) => parts.as_array()?.iter().map(list_part).collect::<Option<_>>()?,
        None => Vec::new(),
    };
    Some(ListData {
        filesize: unsigned(fields.get("filesize")?)?,
        listparts,
        session: text(fields.get("session")?)?,
        sha: optional(fields.get("sha").filter(|sha| !sha.is_null()), text)?,
        slice_size: unsigned(fields.get("slice_size")?)?,
    })
}

fn list_part(part: &Value) -> Option<ListPart> {
    let fields = named(part, &["datalen", "offset"])?;
    Some(ListPart {
        datalen: unsigned(fields.get("datalen")?)?,
        offset: unsigned(fields.get("offset")?)?,
    })
}

fn stored(data: &Value) -> Option<StoredData> {
    let names = ["access_url", "resource_path", "source_url", "url", "vid"];
    let fields = named(data, &names)?;
    Some(StoredData {
        access_url: text(fields.get("access_url")?)?,
        resource_path: text_or_nothing(&fields, "resource_path")?,
        source_url: text_or_nothing(&fields, "source_url")?,
        url: text_or_nothing(&fields, "url")?,
        vid: optional(fields.get("vid").filter(|vid| !vid.is_null()), text)?,
    })
}

/// The fields of an object; serde also takes an array of no more values than there are names.
fn named(data: &Value, names: &[&str]) -> Option<Map<String, Value>> {
    match data {
        Value::Object(fields) => Some(fields.clone()),
        Value::Array(values) if values.len() <= names.len() => {
            let names = names.iter().map(|name| (*name).to_owned());
            Some(names.zip(values.iter().cloned()).collect())
        }
        _ => None,
    }
}

/// Nothing stays nothing; something must be readable.
#[expect(clippy::option_option, reason = "absent is not unreadable")]
fn optional<T>(value: Option<&Value>, read: impl Fn(&Value) -> Option<T>) -> Option<Option<T>> {
    value.map_or(Some(None), |value| read(value).map(Some))
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
            is_decimal(digits.strip_prefix('-').unwrap_or(digits)).then_some(digits)?.parse().ok()
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
