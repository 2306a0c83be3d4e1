use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::Credentials;
use crate::protocol::digest::{hex, hmac_sha1};
use crate::protocol::path::{Escaping, Slashes, percent_decode};

/// Well-known ways of computing the wrong MAC, or of putting it in the wrong place; each is found
/// only where it reproduces the MAC that was sent [DOC17 6054].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MacMistake {
    /// The MAC was written as hex digits instead of raw bytes.
    Hex,
    /// The MAC was encoded by itself before it was joined to the string to sign.
    Base64,
    /// The MAC stands after the string to sign.
    Behind,
    /// It is an HMAC-SHA256, whole or cut to 20 bytes.
    Sha256,
    /// It is the SHA-1 of key and string to sign, one after the other, and no HMAC.
    NoHmac,
    /// The fields were signed in another order than they are sent in: a published one, or sorted.
    OtherOrder,
    /// The string to sign was signed with appid and bucket in each other's place.
    AppidAndBucketSwapped,
    /// The `SecretId` was used as the key.
    SecretIdAsKey,
    /// The key is empty.
    EmptyKey,
    /// The key was used with a line end or a space around it.
    WhiteSpaceInKey,
    /// The string to sign was used as the key, and the key as the message.
    KeyAndMessageSwapped,
    /// The string to sign was signed with a line end or a space after it.
    WhiteSpaceAfter,
    /// `f` was signed as it is and sent escaped.
    UnescapedFileid,
    /// `f` was signed in another escaping than it was sent in.
    OtherEscaping,
    /// An empty `f` was signed, and another one sent.
    EmptyFileid,
}

impl MacMistake {
    /// All of them, in the order in which they are looked for, those of place first.
    pub const ALL: [Self; 15] = [
        Self::Hex,
        Self::Base64,
        Self::Behind,
        Self::Sha256,
        Self::OtherOrder,
        Self::SecretIdAsKey,
        Self::EmptyKey,
        Self::KeyAndMessageSwapped,
        Self::NoHmac,
        Self::WhiteSpaceInKey,
        Self::WhiteSpaceAfter,
        Self::AppidAndBucketSwapped,
        Self::EmptyFileid,
        Self::UnescapedFileid,
        Self::OtherEscaping,
    ];

    /// The mistake in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Hex => "the MAC was written as 40 hex digits; it travels as 20 raw bytes",
            Self::Base64 => {
                "the MAC was encoded in base64 before it was joined to the string to sign"
            }
            Self::Behind => "the MAC stands after the string to sign; it goes before it",
            Self::Sha256 => "the MAC is an HMAC-SHA256; the service takes HMAC-SHA1",
            Self::NoHmac => {
                "the MAC is the SHA-1 of key and string to sign; the service takes an HMAC"
            }
            Self::OtherOrder => "the MAC covers the fields in another order than they are sent in",
            Self::AppidAndBucketSwapped => "the MAC covers appid and bucket in each other's place",
            Self::SecretIdAsKey => "the MAC was computed with the SecretId as its key",
            Self::EmptyKey => "the MAC was computed with an empty key",
            Self::WhiteSpaceInKey => {
                "the MAC was computed with a space or a line end around the key"
            }
            Self::KeyAndMessageSwapped => "the MAC was computed with the string to sign as its key",
            Self::WhiteSpaceAfter => {
                "the MAC covers a line end or a space after the string to sign"
            }
            Self::UnescapedFileid => "the MAC covers f as it is before it is percent-encoded",
            Self::OtherEscaping => "the MAC covers f in another escaping than it is sent in",
            Self::EmptyFileid => "the MAC covers an empty f, and another one is sent",
        }
    }

    /// The mistake that reproduces these decoded bytes of a signature, and the string to sign among them;
    /// none if it is another one, or none at all.
    pub(super) fn find<'a>(bytes: &'a [u8], credentials: &Credentials) -> Option<(Self, &'a [u8])> {
        let key = credentials.secret_key.as_bytes();
        // A right MAC first, as some mistakes reproduce it, too: an f with nothing to escape
        // is the same in each escaping.
        if let Some((mac, clear)) = bytes.split_at_checked(20)
            && mac == hmac_sha1(key, clear)
        {
            return None;
        }
        let made = |mistake: Self| Some((mistake, mistake.made(bytes, credentials)?));
        Self::ALL.into_iter().find_map(made)
    }

    /// The string to sign, if the bytes are what this mistake makes of it.
    fn made<'a>(self, bytes: &'a [u8], credentials: &Credentials) -> Option<&'a [u8]> {
        let key = credentials.secret_key.as_bytes();
        let in_front = |length: usize, wrong: fn(&[u8], &[u8]) -> Vec<u8>| {
            let (front, clear) = bytes.split_at_checked(length)?;
            let good = !clear.is_empty() && front == wrong(key, clear);
            good.then_some(clear)
        };
        match self {
            Self::Hex => in_front(40, |key, clear| hex(&hmac_sha1(key, clear)).into_bytes())
                .or_else(|| {
                    in_front(40, |key, clear| hex(&hmac_sha1(key, clear)).to_uppercase().into())
                }),
            Self::Base64 => {
                in_front(28, |key, clear| STANDARD.encode(hmac_sha1(key, clear)).into_bytes())
            }
            Self::Behind => {
                let (clear, mac) = bytes.split_at_checked(bytes.len().checked_sub(20)?)?;
                (!clear.is_empty() && mac == hmac_sha1(key, clear)).then_some(clear)
            }
            Self::Sha256 => in_front(32, hmac_sha256).or_else(|| {
                in_front(20, |key, clear| hmac_sha256(key, clear).into_iter().take(20).collect())
            }),
            _ => {
                // All others leave 20 bytes in front, so that the string
                // to sign is where it belongs.
                let (mac, clear) = bytes.split_at_checked(20)?;
                (!clear.is_empty() && self.computes(mac, clear, credentials)).then_some(clear)
            }
        }
    }

    /// Whether this mistake computes the 20 bytes in front.
    fn computes(self, mac: &[u8], clear: &[u8], credentials: &Credentials) -> bool {
        let Credentials { secret_id, secret_key } = credentials;
        let key = secret_key.as_bytes();
        match self {
            Self::NoHmac => {
                let joined = [[key, clear].concat(), [clear, key].concat()];
                joined.iter().any(|message| mac == Sha1::digest(message).as_slice())
            }
            Self::SecretIdAsKey => mac == hmac_sha1(secret_id.as_bytes(), clear),
            Self::EmptyKey => mac == hmac_sha1(b"", clear),
            Self::KeyAndMessageSwapped => mac == hmac_sha1(clear, key),
            Self::WhiteSpaceInKey => WHITE_SPACE.into_iter().any(|space| {
                let keys = [[secret_key, space].concat(), [space, secret_key].concat()];
                keys.iter().any(|key| mac == hmac_sha1(key.as_bytes(), clear))
            }),
            _ => std::str::from_utf8(clear).is_ok_and(|clear| {
                let messages = self.other_clear_texts(clear);
                let covers = |message: &String| mac == hmac_sha1(key, message.as_bytes());
                messages.iter().flatten().any(covers)
            }),
        }
    }

    /// What was signed in the place of a string to sign.
    fn other_clear_texts(self, clear: &str) -> Vec<Option<String>> {
        match self {
            Self::OtherOrder => {
                // The two of the documents, and the order in which a sorted map has the fields.
                ["abketrf", "aketrfb", "abefkrt"].map(|order| reordered(clear, order)).to_vec()
            }
            Self::AppidAndBucketSwapped => vec![swapped(clear)],
            Self::WhiteSpaceAfter => {
                WHITE_SPACE.map(|space| Some(format!("{clear}{space}"))).to_vec()
            }
            Self::EmptyFileid => vec![with_fileid(clear, |_| Some(String::new()))],
            Self::UnescapedFileid => vec![with_fileid(clear, |f| percent_decode(f).ok())],
            Self::OtherEscaping => {
                let decoded = |f: &str| percent_decode(f).unwrap_or_else(|_| f.to_owned());
                let escapings = Escaping::ALL.into_iter().flat_map(|escaping| {
                    // Only the escaping is guessed: f was sent with the slashes that were signed.
                    let escaping = Escaping { slashes: Slashes::Kept, ..escaping };
                    [
                        // By a function for paths, by one for URL components, which takes slashes
                        // as well, and of what is escaped already.
                        with_fileid(clear, |f| Some(escaping.escape(&decoded(f)))),
                        with_fileid(clear, |f| Some(escaping.escape_segment(&decoded(f)))),
                        with_fileid(clear, |f| Some(escaping.escape(f))),
                    ]
                });
                escapings.collect()
            }
            _ => Vec::new(),
        }
    }
}

/// What is left around a key or after a text by a careless reading of a line.
const WHITE_SPACE: [&str; 3] = ["\n", "\r\n", " "];

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// The value of a field, if it is there.
fn field<'a>(clear: &'a str, name: &str) -> Option<&'a str> {
    let value = |pair: &'a str| pair.strip_prefix(name)?.strip_prefix('=');
    clear.split('&').find_map(value)
}

/// The seven fields in this order; none if one is not there.
fn reordered(clear: &str, order: &str) -> Option<String> {
    let pair = |name: char| Some(format!("{name}={}", field(clear, &name.to_string())?));
    let pairs: Option<Vec<_>> = order.chars().map(pair).collect();
    Some(pairs?.join("&"))
}

/// The same fields in the same order, `a` and `b` with each other's value.
fn swapped(clear: &str) -> Option<String> {
    let (a, b) = (field(clear, "a")?, field(clear, "b")?);
    let other = |pair: &str| match pair.split_once('=') {
        Some(("a", _)) => format!("a={b}"),
        Some(("b", _)) => format!("b={a}"),
        _ => pair.to_owned(),
    };
    Some(clear.split('&').map(other).collect::<Vec<_>>().join("&"))
}

/// The same string to sign with another `f`; none if it has none, or an empty one.
fn with_fileid(clear: &str, change: impl Fn(&str) -> Option<String>) -> Option<String> {
    // An empty f is the same in all of these: it would make each of them fit.
    let f = field(clear, "f").filter(|f| !f.is_empty())?;
    let other = change(f)?;
    let change = |pair: &str| match pair.strip_prefix("f=") {
        Some(_) => format!("f={other}"),
        None => pair.to_owned(),
    };
    Some(clear.split('&').map(change).collect::<Vec<_>>().join("&"))
}
