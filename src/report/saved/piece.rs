//! Bytes in JSON, and lists of a length that is bounded before they are in memory.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

/// Some bytes: a string; `{"file": {"start": 0, "end": 9}}`; `{"zeros": 9}`; or `{"base64": "…"}`.
pub(super) enum Piece {
    Text(String),
    File(Range<u64>),
    Zeros(u64),
    Base64(String),
}

impl Piece {
    /// As text, unless that is longer: escapes take up to six bytes for one.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let escaped = bytes.iter().filter(|byte| byte.is_ascii_control()).count();
        match std::str::from_utf8(bytes) {
            // With more of them, text is longer than base64, which takes a third more than the bytes.
            Ok(text) if escaped <= bytes.len() / 16 => Self::Text(text.to_owned()),
            _ => Self::Base64(STANDARD.encode(bytes)),
        }
    }
}

impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = match self {
            Self::Text(text) => return serializer.serialize_str(text),
            _ => serializer.serialize_map(Some(1))?,
        };
        match self {
            Self::Text(_) => {}
            Self::File(range) => map.serialize_entry("file", range)?,
            Self::Zeros(count) => map.serialize_entry("zeros", count)?,
            Self::Base64(base64) => map.serialize_entry("base64", base64)?,
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PieceVisitor)
    }
}

struct PieceVisitor;

impl<'de> Visitor<'de> for PieceVisitor {
    type Value = Piece;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text, a range of the file, a number of zeros, or base64")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Piece, E> {
        Ok(Piece::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Piece, E> {
        Ok(Piece::Text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Piece, A::Error> {
        let piece = match map.next_key::<Name>()? {
            Some(Name::File) => Piece::File(map.next_value()?),
            Some(Name::Zeros) => Piece::Zeros(map.next_value()?),
            Some(Name::Base64) => Piece::Base64(map.next_value()?),
            None => return Err(A::Error::invalid_value(Unexpected::Map, &self)),
        };
        match map.next_key::<Name>()? {
            Some(_) => Err(A::Error::custom("a piece has one field")),
            None => Ok(piece),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    File,
    Zeros,
    Base64,
}

/// A list that is refused at the first element too many.
pub(super) fn at_most<'de, T: Deserialize<'de>, const MOST: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(Bounded::<T, MOST>(PhantomData))
}

struct Bounded<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Bounded<T, MOST> {
    type Value = Vec<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a list of at most {MOST}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            if elements.len() == MOST {
                return Err(A::Error::custom(format_args!("a list of more than {MOST}")));
            }
            elements.push(element);
        }
        Ok(elements)
    }
}
