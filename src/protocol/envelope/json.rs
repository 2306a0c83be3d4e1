//! JSON with places: where each value of a reply stands, and what is unusual about its bytes.
//!
//! The grammar is `serde_json`'s; this file only keeps what a tree of values forgets: the bytes, the
//! order of the keys, and the keys that are repeated.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{EnvelopeError, FieldError, FieldErrorKind, ReplyDeviation, ReplyDeviationKind};

/// The longest body that is read, in bytes: the list of a file of 64 GiB in slices of 64 KiB has 42 MB.
const LARGEST: usize = 64 << 20;
/// How many levels of brackets are read: as many as `serde_json` does.
const DEEPEST: usize = 127;

/// How many deviations of one reply are kept: enough for people, bounded for machines.
const MOST_DEVIATIONS: usize = 1000;

/// What is read, and what was noticed on the way.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) text: &'a str,
    /// `None` if nobody asked.
    noticed: Option<RefCell<Vec<ReplyDeviation>>>,
}

/// One value of the document: its bytes and its place.
#[derive(Clone, Copy, Debug)]
pub struct JsonNode<'a, 'p> {
    document: &'p Document<'a>,
    raw: &'a str,
    place: ValuePath<'p>,
}

/// An object of the document: its fields as they were written.
#[derive(Debug)]
pub(super) struct JsonObject<'a, 'p> {
    document: &'p Document<'a>,
    raw: &'a str,
    place: ValuePath<'p>,
    entries: Vec<Entry<'a>>,
}

#[derive(Debug)]
pub(super) struct Entry<'a> {
    name: Cow<'a, str>,
    key: &'a str,
    value: &'a str,
}

/// Where a value stands: `data.listparts[3].offset`.
#[derive(Clone, Copy, Debug)]
enum ValuePath<'p> {
    Root,
    Key(&'p ValuePath<'p>, &'p str),
    Index(&'p ValuePath<'p>, usize),
}

/// The text of a body and the fields of the object that it is.
pub(super) fn parse(body: &[u8]) -> Result<(&str, Vec<Entry<'_>>), EnvelopeError> {
    if body.len() > LARGEST {
        return Err(EnvelopeError::TooLarge { length: body.len() });
    }
    if body.starts_with(b"\xef\xbb\xbf") {
        return Err(EnvelopeError::ByteOrderMark);
    }
    let text = std::str::from_utf8(body)
        .map_err(|error| EnvelopeError::NotUtf8 { offset: error.valid_up_to() })?;
    let start = text.trim_ascii_start();
    match start.bytes().next() {
        None => return Err(EnvelopeError::Empty),
        Some(b'<') => return Err(markup(start)),
        Some(_) => {}
    }
    check_depth(text)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    if !start.starts_with('{') {
        let value = <&RawValue>::deserialize(&mut deserializer);
        value.and_then(|_| deserializer.end()).map_err(|error| syntax(text, &error))?;
        return Err(EnvelopeError::NotAnObject { found: kind_of(start) });
    }
    let Entries(entries) =
        Entries::deserialize(&mut deserializer).map_err(|error| syntax(text, &error))?;
    let end = deserializer.end();
    end.map_err(|error| EnvelopeError::Trailing { offset: offset(text, &error) })?;
    Ok((text, entries))
}

fn markup(start: &str) -> EnvelopeError {
    let begins_with = |tag: &str| {
        start.get(..tag.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(tag))
    };
    let html = begins_with("<html") || begins_with("<!doctype html");
    if html { EnvelopeError::Html } else { EnvelopeError::Xml }
}

/// `serde_json` skips what it does not keep without looking at its depth.
fn check_depth(text: &str) -> Result<(), EnvelopeError> {
    let bytes = text.as_bytes();
    if memchr::memchr2_iter(b'{', b'[', bytes).take(DEEPEST.saturating_add(1)).count() <= DEEPEST {
        return Ok(());
    }
    let mut depth = 0_usize;
    for (offset, byte) in outside_strings(bytes) {
        match byte {
            b'{' | b'[' if depth == DEEPEST => return Err(EnvelopeError::TooDeep { offset }),
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// The bytes of JSON that are not inside a string; of those, the first quotes.
fn outside_strings(json: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let (offset, byte) = (next, *json.get(next)?);
        let end = if byte == b'"' { end_of_string(json, offset) } else { offset };
        next = end.saturating_add(1);
        Some((offset, byte))
    })
}

/// Where the quote stands that ends the string that begins at `start`, or the end of a text that has
/// none.
fn end_of_string(json: &[u8], start: usize) -> usize {
    let mut at = start.saturating_add(1);
    loop {
        match json.get(at) {
            None | Some(b'"') => return at,
            Some(b'\\') => at = at.saturating_add(2),
            Some(_) => at = at.saturating_add(1),
        }
    }
}

fn syntax(text: &str, error: &serde_json::Error) -> EnvelopeError {
    if error.is_eof() {
        return EnvelopeError::Truncated { offset: text.len() };
    }
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    EnvelopeError::Syntax { offset: offset(text, error), message }
}

/// Where an error is: `serde_json` counts lines from 1, and bytes of the line up to the one at fault.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let start = lines.fold(0_usize, |length, line| length.saturating_add(line.len()));
    start.saturating_add(error.column().saturating_sub(1)).min(text.len())
}

impl<'a> Document<'a> {
    pub(super) fn new(text: &'a str, notices: bool) -> Self {
        Self { text, noticed: notices.then(RefCell::default) }
    }

    /// The object that is the whole document.
    pub(super) fn root<'p>(&'p self, entries: Vec<Entry<'a>>) -> JsonObject<'a, 'p> {
        if self.is_noticing() {
            self.notice_white_space();
        }
        JsonObject { document: self, raw: self.text, place: ValuePath::Root, entries }
    }

    /// The first white space between values: a page's worth of it is one deviation.
    fn notice_white_space(&self) {
        let is_space = |byte: u8| byte.is_ascii_whitespace();
        let first = outside_strings(self.text.as_bytes()).find(|(_, byte)| is_space(*byte));
        if let Some((start, _)) = first {
            let after = self.text.bytes().skip(start).take_while(|byte| is_space(*byte)).count();
            let span = start..start.saturating_add(after);
            self.notice(ReplyDeviationKind::WhiteSpace, String::new(), span);
        }
    }

    pub(super) fn into_deviations(self) -> Vec<ReplyDeviation> {
        self.noticed.map(RefCell::into_inner).unwrap_or_default()
    }

    pub(super) fn notice(&self, kind: ReplyDeviationKind, place: String, span: Range<usize>) {
        if let Some(noticed) = &self.noticed
            && noticed.borrow().len() < MOST_DEVIATIONS
        {
            noticed.borrow_mut().push(ReplyDeviation { kind, place, span });
        }
    }

    /// Whether anything was noticed so far.
    pub(super) fn has_noticed(&self) -> bool {
        self.noticed.as_ref().is_some_and(|noticed| !noticed.borrow().is_empty())
    }

    pub(super) fn is_noticing(&self) -> bool {
        self.noticed.is_some()
    }

    /// Where a part of the text stands in it.
    fn span(&self, part: &str) -> Range<usize> {
        let start = part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        start..start.saturating_add(part.len())
    }
}

impl<'a, 'p> JsonNode<'a, 'p> {
    /// The value as it was written.
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// Where it stands in the reply, in bytes.
    pub fn span(&self) -> Range<usize> {
        self.document.span(self.raw)
    }

    /// The keys of an object, in their order; those that are repeated, too.
    pub fn keys(&self) -> Result<Vec<Cow<'a, str>>, FieldError> {
        Ok(self.object()?.entries.into_iter().map(|entry| entry.name).collect())
    }

    pub(super) fn is_null(&self) -> bool {
        self.raw == "null"
    }

    pub(super) fn object(&self) -> Result<JsonObject<'a, 'p>, FieldError> {
        let Ok(Entries(entries)) = serde_json::from_str(self.raw) else {
            return Err(self.expected("an object"));
        };
        Ok(JsonObject { document: self.document, raw: self.raw, place: self.place, entries })
    }

    /// What `read` makes of each value of an array, each of which has to be an object.
    pub(super) fn objects<T>(
        &self,
        read: impl Fn(&JsonObject<'a, '_>) -> Result<T, FieldError>,
    ) -> Result<impl Iterator<Item = Result<T, FieldError>>, FieldError> {
        let Some(mut rest) = self.raw.strip_prefix('[') else {
            return Err(self.expected("an array"));
        };
        let elements = std::iter::from_fn(move || {
            rest = rest.trim_start_matches([',', ' ', '\t', '\n', '\r']);
            let (raw, entries) = first_value(rest)?;
            rest = rest.get(raw.len()..)?;
            Some((raw, entries))
        });
        let document = self.document;
        Ok(elements.enumerate().map(move |(index, (raw, entries))| {
            let place = ValuePath::Index(&self.place, index);
            let Some(entries) = entries else {
                return Err(JsonNode { document, raw, place }.expected("an object"));
            };
            read(&JsonObject { document, raw, place, entries })
        }))
    }

    pub(super) fn text(&self) -> Result<String, FieldError> {
        if let Some(text) = plain_text(self.raw) {
            return Ok(text.to_owned());
        }
        let Ok(text) = serde_json::from_str::<String>(self.raw) else {
            return Err(self.expected("a string"));
        };
        if self.document.is_noticing() && !is_spelled_plainly(self.raw, &text) {
            self.notice(ReplyDeviationKind::Escapes);
        }
        Ok(text)
    }

    /// A string, or the digits of a number of 64 bits, none of which is lost [SEED L89].
    pub(super) fn text_or_digits(&self) -> Result<String, FieldError> {
        if self.raw.parse::<u64>().is_err() {
            return self.text();
        }
        self.notice(ReplyDeviationKind::NumberForText);
        Ok(self.raw.to_owned())
    }

    pub(super) fn integer(&self) -> Result<i64, FieldError> {
        self.number("an integer", |digits| {
            // Neither is a number that the service writes; a fraction's zero has a sign.
            (digits != "-0" && !digits.starts_with('+')).then(|| digits.parse().ok()).flatten()
        })
    }

    pub(super) fn unsigned(&self) -> Result<u64, FieldError> {
        self.number("an integer of 0 or more", |digits| {
            (!digits.starts_with('+')).then(|| digits.parse().ok()).flatten()
        })
    }

    /// A JSON number, or a string of its digits [SEED L88, DOC16].
    fn number<N>(
        &self,
        what: &'static str,
        parse: impl Fn(&str) -> Option<N>,
    ) -> Result<N, FieldError> {
        if !self.raw.starts_with('"') {
            return parse(self.raw).ok_or_else(|| self.expected(what));
        }
        let digits = self.text()?;
        let number = parse(&digits).ok_or_else(|| self.expected(what))?;
        self.notice(ReplyDeviationKind::DigitString);
        Ok(number)
    }

    pub(super) fn notice(&self, kind: ReplyDeviationKind) {
        if self.document.is_noticing() {
            self.document.notice(kind, self.place.to_string(), self.span());
        }
    }

    pub(super) fn expected(&self, what: &'static str) -> FieldError {
        FieldError {
            place: self.place.to_string(),
            kind: FieldErrorKind::Expected { what, found: kind_of(self.raw) },
            span: self.span(),
        }
    }
}

impl<'a> JsonObject<'a, '_> {
    /// The value of a key; of a repeated key, the last.
    pub(super) fn get<'n>(&'n self, name: &'n str) -> Option<JsonNode<'a, 'n>> {
        let entry = self.entries.iter().rev().find(|entry| entry.name == name)?;
        let place = ValuePath::Key(&self.place, name);
        Some(JsonNode { document: self.document, raw: entry.value, place })
    }

    /// The value of a key that has to be there.
    pub(super) fn required<'n>(&'n self, name: &'n str) -> Result<JsonNode<'a, 'n>, FieldError> {
        self.get(name).ok_or_else(|| FieldError {
            place: ValuePath::Key(&self.place, name).to_string(),
            kind: FieldErrorKind::Missing,
            span: self.document.span(self.raw),
        })
    }

    /// What `read` makes of the value of a key; `None` if it is absent or null.
    pub(super) fn optional<'n, T>(
        &'n self,
        name: &'n str,
        read: impl Fn(&JsonNode<'a, 'n>) -> Result<T, FieldError>,
    ) -> Result<Option<T>, FieldError> {
        self.get(name).filter(|node| !node.is_null()).map(|node| read(&node)).transpose()
    }

    /// Notices what the service does not do with its keys: it writes each of `usual` once, in this
    /// order, some of `sometimes` at their places in `all`, and no other.
    pub(super) fn notice_keys(&self, all: &[&str], sometimes: &[&str]) {
        if !self.document.is_noticing() {
            return;
        }
        let mut latest = None;
        let mut seen = vec![false; all.len()];
        for entry in &self.entries {
            let place = || ValuePath::Key(&self.place, &entry.name).to_string();
            let notice = |kind| self.document.notice(kind, place(), self.document.span(entry.key));
            if !is_spelled_plainly(entry.key, &entry.name) {
                notice(ReplyDeviationKind::Escapes);
            }
            let Some(position) = all.iter().position(|known| *known == entry.name) else {
                notice(ReplyDeviationKind::UnknownKey);
                continue;
            };
            if seen.get_mut(position).is_some_and(|seen| std::mem::replace(seen, true)) {
                notice(ReplyDeviationKind::RepeatedKey);
            } else if latest.is_some_and(|latest| position < latest) {
                notice(ReplyDeviationKind::KeyOrder);
            }
            latest = latest.max(Some(position));
            if entry.value == "null" {
                self.document.notice(
                    ReplyDeviationKind::Null,
                    place(),
                    self.document.span(entry.value),
                );
            }
        }
        for name in all.iter().filter(|name| !sometimes.contains(name) && !self.has(name)) {
            let place = ValuePath::Key(&self.place, name).to_string();
            self.document.notice(
                ReplyDeviationKind::AbsentKey,
                place,
                self.document.span(self.raw),
            );
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }
}

/// The service writes strings with the escapes that JSON needs, and no others.
fn is_spelled_plainly(raw: &str, text: &str) -> bool {
    let inside = raw.get(1..raw.len().saturating_sub(1));
    inside == Some(text) || serde_json::to_string(text).is_ok_and(|plain| plain == raw)
}

/// What kind of value this is, by its first character.
pub(super) fn kind_of(raw: &str) -> &'static str {
    match raw.bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        Some(_) => "a number",
        None => "nothing",
    }
}

impl fmt::Display for ValuePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Self::Root, name) => f.write_str(name),
            Self::Key(parent, name) => write!(f, "{parent}.{name}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The fields of an object, in their order.
pub(super) struct Entries<'a>(pub(super) Vec<Entry<'a>>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    entries.push(Entry::new(key.get(), value.get()));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl<'a> Entry<'a> {
    fn new(key: &'a str, value: &'a str) -> Self {
        let name = match plain_text(key) {
            Some(name) => Cow::Borrowed(name),
            // Half a surrogate pair is no text: then the key is known by its bytes.
            None => serde_json::from_str(key).map_or(Cow::Borrowed(key), Cow::Owned),
        };
        Self { name, key, value }
    }
}

/// The value that stands first in a text, and its fields if it is an object; `None` if there is none.
fn first_value(text: &str) -> Option<(&str, Option<Vec<Entry<'_>>>)> {
    let deserializer = serde_json::Deserializer::from_str(text);
    if !text.starts_with('{') {
        let value = deserializer.into_iter::<&RawValue>().next()?.ok()?;
        return Some((value.get(), None));
    }
    let mut objects = deserializer.into_iter();
    let Entries(entries) = objects.next()?.ok()?;
    Some((text.get(..objects.byte_offset())?, Some(entries)))
}

/// What a string says that has no escapes.
fn plain_text(raw: &str) -> Option<&str> {
    let inside = raw.strip_prefix('"')?.strip_suffix('"')?;
    memchr::memchr(b'\\', inside.as_bytes()).is_none().then_some(inside)
}
