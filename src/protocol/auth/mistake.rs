use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Credentials;
use crate::protocol::digest::{hex, hmac_sha1};
use crate::protocol::path::{Escaping, percent_decode};

/// Well-known ways of computing the wrong MAC, or of putting it in the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MacMistake {
    /// The MAC was written as hex digits instead of raw bytes.
    Hex,
    /// The MAC was encoded by itself before it was joined to the clear text.
    Base64,
    /// The MAC stands behind the clear text.
    Behind,
    /// It is an HMAC-SHA256, whole or cut to 20 bytes.
    Sha256,
    /// The other published order was signed than the one that was sent.
    OtherOrder,
    /// The clear text was signed with appid and bucket in each other's place.
    AppidAndBucketSwapped,
    /// The `SecretId` was used as the key.
    SecretIdAsKey,
    /// The key was used with a line end or a blank around it.
    BlankInKey,
    /// The clear text was used as the key, and the key as the message.
    KeyAndMessageSwapped,
    /// The clear text was signed with a line end behind it.
    TrailingLineFeed,
    /// `f` was signed as it is and sent escaped, or the other way round.
    OtherEscaping,
}

impl MacMistake {
    /// The mistake in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Hex => "the MAC was written as 40 hex digits; it travels as 20 raw bytes",
            Self::Base64 => "the MAC was encoded in base64 before it was joined to the clear text",
            Self::Behind => "the MAC stands behind the clear text; it goes in front",
            Self::Sha256 => "the MAC is an HMAC-SHA256; the service takes HMAC-SHA1",
            Self::OtherOrder => "the MAC covers the fields in another order than they are sent in",
            Self::AppidAndBucketSwapped => "the MAC covers appid and bucket in each other's place",
            Self::SecretIdAsKey => "the MAC was computed with the SecretId as its key",
            Self::BlankInKey => "the MAC was computed with a blank or a line end around the key",
            Self::KeyAndMessageSwapped => "the MAC was computed with the clear text as its key",
            Self::TrailingLineFeed => "the MAC covers a line end behind the clear text",
            Self::OtherEscaping => "the MAC covers f in another escaping than it is sent in",
        }
    }

    /// The mistake that reproduces these decoded bytes of a signature; none if it is another one,
    /// or none at all.
    pub(super) fn find(bytes: &[u8], credentials: &Credentials) -> Option<Self> {
        Self::of_place(bytes, credentials).or_else(|| Self::of_computation(bytes, credentials))
    }

    /// The right MAC, or one of another length, not as 20 bytes in front.
    fn of_place(bytes: &[u8], credentials: &Credentials) -> Option<Self> {
        let key = credentials.secret_key.as_bytes();
        let front = |length, text: fn(&[u8], &[u8]) -> Vec<u8>| {
            let (front, clear) = bytes.split_at_checked(length)?;
            (!clear.is_empty() && front == text(key, clear)).then_some(())
        };
        let behind = || {
            let (clear, mac) = bytes.split_at_checked(bytes.len().checked_sub(20)?)?;
            (!clear.is_empty() && mac == hmac_sha1(key, clear)).then_some(())
        };
        front(40, |key, clear| hex(&hmac_sha1(key, clear)).into_bytes())
            .map(|()| Self::Hex)
            .or_else(|| {
                front(28, |key, clear| STANDARD.encode(hmac_sha1(key, clear)).into_bytes())
                    .map(|()| Self::Base64)
            })
            .or_else(|| front(32, hmac_sha256).map(|()| Self::Sha256))
            .or_else(|| behind().map(|()| Self::Behind))
    }

    /// 20 bytes in front, of another message or under another key.
    fn of_computation(bytes: &[u8], credentials: &Credentials) -> Option<Self> {
        let (mac, clear) = bytes.split_at_checked(20)?;
        let (id, key) = (credentials.secret_id.as_str(), credentials.secret_key.as_str());
        if hmac_sha256(key.as_bytes(), clear).get(..20) == Some(mac) {
            return Some(Self::Sha256);
        }
        let clear = std::str::from_utf8(clear).ok()?;
        let is = |key: &str, message: &str| mac == hmac_sha1(key.as_bytes(), message.as_bytes());
        let blanks = ["\n", "\r\n", " "];
        let padded = |blank| [format!("{key}{blank}"), format!("{blank}{key}")];
        if is(key, clear) {
            None
        } else if ["abketrf", "aketrfb"].iter().any(|order| is(key, &reordered(clear, order))) {
            Some(Self::OtherOrder)
        } else if is(id, clear) {
            Some(Self::SecretIdAsKey)
        } else if is(clear, key) {
            Some(Self::KeyAndMessageSwapped)
        } else if blanks.into_iter().flat_map(padded).any(|key| is(&key, clear)) {
            Some(Self::BlankInKey)
        } else if blanks.iter().any(|blank| is(key, &format!("{clear}{blank}"))) {
            Some(Self::TrailingLineFeed)
        } else if is(key, &swapped(clear)) {
            Some(Self::AppidAndBucketSwapped)
        } else if other_escapings(clear).iter().any(|clear| is(key, clear)) {
            Some(Self::OtherEscaping)
        } else {
            None
        }
    }
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn field<'a>(clear: &'a str, name: &str) -> &'a str {
    let value = |pair: &'a str| pair.strip_prefix(name)?.strip_prefix('=');
    clear.split('&').find_map(value).unwrap_or_default()
}

fn reordered(clear: &str, order: &str) -> String {
    let pair = |name: char| format!("{name}={}", field(clear, &name.to_string()));
    order.chars().map(pair).collect::<Vec<_>>().join("&")
}

/// The same fields in the same order, `a` and `b` with each other's value.
fn swapped(clear: &str) -> String {
    let other = |pair: &str| match pair.split_once('=') {
        Some(("a", _)) => format!("a={}", field(clear, "b")),
        Some(("b", _)) => format!("b={}", field(clear, "a")),
        _ => pair.to_owned(),
    };
    clear.split('&').map(other).collect::<Vec<_>>().join("&")
}

fn other_escapings(clear: &str) -> Vec<String> {
    let f = field(clear, "f");
    if f.is_empty() {
        return Vec::new();
    }
    let decoded = percent_decode(f).unwrap_or_else(|_| f.to_owned());
    [decoded, Escaping::UNRESERVED.escape(f), String::new()]
        .iter()
        .map(|other| clear.replacen(&format!("f={f}"), &format!("f={other}"), 1))
        .collect()
}
