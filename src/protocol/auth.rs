use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};

use super::digest::hmac_sha1;
use super::path::ObjectPath;

mod mistake;
mod verification;

pub use mistake::MacMistake;
pub use verification::{SignatureFault, SignatureFaultKind, Uses, Verification};

/// The key pair that requests are signed with [DOC17 6054].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Travels in the field `k`.
    pub secret_id: String,
    /// Never travels.
    pub secret_key: String,
}

/// The two published orders of the string to sign; both are accepted [DOC17 6054, SDK §4.2].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldOrder {
    /// `a, b, k, e, t, r, f`, as the signature page has it now.
    Documented,
    /// `a, k, e, t, r, f, b`, as most SDKs send it.
    Sdk,
}

/// A signature: base64 of a raw HMAC-SHA1 and the string to sign it covers [DOC17 6054].
///
/// ```
/// use slicecheck::protocol::Signature;
///
/// let clear = "a=200001&b=newbucket&k=AKIDUfLUEUigQiXqm7CVSspKJnuaiIKtxqAv\
///              &e=1437995704&t=1437995644&r=2081660421&f=";
/// let signature = Signature::sign("bLcPnl88WU30VY57ipRhSePfPdOfSruK", clear);
/// assert!(signature.starts_with("wHgvVkXpcZ3d+G0rOkAJml3R5Ndh"));
/// assert_eq!(Signature::read(&signature).unwrap().field("b"), Some("newbucket"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    bytes: Vec<u8>,
    string_to_sign: String,
}

/// What a signature covers; it displays as the string to sign.
///
/// With `ends` 0 and a `fileid` it is one that can be used once [DOC17 6054].
///
/// ```
/// use slicecheck::protocol::{StringToSign, FieldOrder, ObjectPath};
///
/// let path = ObjectPath::read("/files/v2/200001/newbucket/a%20b.jpg").unwrap();
/// let clear = StringToSign {
///     order: FieldOrder::Sdk,
///     path: &path,
///     secret_id: "AKID",
///     begins: 1_437_995_644,
///     ends: 0,
///     random: 7,
///     fileid: &path.fileid(),
/// };
/// assert_eq!(
///     clear.to_string(),
///     "a=200001&k=AKID&e=0&t=1437995644&r=7&f=/200001/newbucket/a%20b.jpg&b=newbucket"
/// );
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StringToSign<'a> {
    /// The order of the fields.
    pub order: FieldOrder,
    /// Gives appid and bucket, `a` and `b`.
    pub path: &'a ObjectPath,
    /// `k`.
    pub secret_id: &'a str,
    /// `t`, in unix seconds.
    pub begins: u64,
    /// `e`, in unix seconds.
    pub ends: u64,
    /// `r`.
    pub random: u32,
    /// `f`, escaped; empty for any object of the bucket.
    pub fileid: &'a str,
}

impl fmt::Display for StringToSign<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, secret_id, begins, ends, random, fileid, .. } = self;
        let ObjectPath { appid, bucket, .. } = path;
        let middle = format!("k={secret_id}&e={ends}&t={begins}&r={random}&f={fileid}");
        match self.order {
            FieldOrder::Documented => write!(formatter, "a={appid}&b={bucket}&{middle}"),
            FieldOrder::Sdk => write!(formatter, "a={appid}&{middle}&b={bucket}"),
        }
    }
}

/// Why a text is no signature [DOC17 6054].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// It is empty [ERR -81].
    #[error("the signature is empty")]
    Empty,
    /// It uses `-` and `_` where the standard alphabet has `+` and `/`.
    #[error("it is base64 in the URL-safe alphabet, not in the standard one")]
    UrlSafe,
    /// It is broken into lines or has white space in it.
    #[error("it contains white space or line breaks")]
    WhiteSpace,
    /// It is not base64; a scheme word in front has this effect, too.
    #[error("it is not base64: {0}")]
    NotBase64(String),
    /// It is too short to hold an HMAC-SHA1 and a string to sign.
    #[error("{0} bytes are too few for 20 bytes of HMAC-SHA1 and a string to sign")]
    TooShort(usize),
    /// The string to sign is no UTF-8.
    #[error("the string to sign after the first 20 bytes is not UTF-8")]
    NotText,
}

impl Signature {
    /// The seven fields, in the order of the signature page [DOC17 6054].
    pub const FIELDS: [&'static str; 7] = ["a", "b", "k", "e", "t", "r", "f"];

    /// Signs a string to sign: `base64(HMAC-SHA1(secret_key, string_to_sign) ‖ string_to_sign)`
    /// in the standard alphabet of RFC 4648 §4 and one line [DOC17 6054].
    pub fn sign(secret_key: &str, string_to_sign: &str) -> String {
        let mac = hmac_sha1(secret_key.as_bytes(), string_to_sign.as_bytes());
        STANDARD.encode([mac.as_slice(), string_to_sign.as_bytes()].concat())
    }

    /// Reads a signature as it travels in `Authorization`: standard base64 (RFC 4648 §4) of 20 bytes of
    /// MAC and at least one of string to sign in UTF-8. Neither fields nor MAC are looked at.
    pub fn read(text: &str) -> Result<Self, SignatureError> {
        if text.is_empty() {
            // Decoded, it would be told as too short; the service has a code
            // of its own for it [ERR -81].
            return Err(SignatureError::Empty);
        }
        let bytes = STANDARD.decode(text).map_err(|error| {
            // Encoders for mail wrap their lines; what is left without the line ends is often
            // right, so that this says more than which byte is no base64.
            let joined: String = text.split_ascii_whitespace().collect();
            if STANDARD.decode(&joined).is_ok() {
                SignatureError::WhiteSpace
            } else if URL_SAFE.decode(text).is_ok() {
                SignatureError::UrlSafe
            } else {
                SignatureError::NotBase64(error.to_string().to_lowercase())
            }
        })?;
        Self::of_bytes(bytes)
    }

    /// The signature that was meant by a text of another alphabet or with white space in it.
    fn read_anyhow(text: &str) -> Option<Self> {
        Self::of_bytes(decode_anyhow(text)?).ok()
    }

    fn of_bytes(bytes: Vec<u8>) -> Result<Self, SignatureError> {
        let clear = bytes.get(20..).filter(|clear| !clear.is_empty());
        let clear = clear.ok_or(SignatureError::TooShort(bytes.len()))?;
        let string_to_sign =
            std::str::from_utf8(clear).map_err(|_| SignatureError::NotText)?.to_owned();
        Ok(Self { bytes, string_to_sign })
    }

    /// The text that is read as this signature: base64 of the MAC and the string to sign
    /// [DOC17 6054].
    pub fn write(&self) -> String {
        STANDARD.encode(&self.bytes)
    }

    /// The string to sign that was sent, without the 20 bytes of MAC before it [DOC17 6054].
    pub fn sent_string_to_sign(&self) -> &str {
        &self.string_to_sign
    }

    /// The fields in the order sent, repeats included; they stand between `&`, and values are not
    /// escaped but for `f` [§4.2].
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        // A word without `=` stays a name, so that it is told as an unknown field and not lost.
        self.string_to_sign.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// The first field of this name, one letter, with a value as it was sent [§4.2].
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Whether the MAC covers the string to sign that was sent [DOC17 6054].
    pub fn verify(&self, secret_key: &str) -> bool {
        // Not in constant time: the key is made for one run, and who measures it has it anyway.
        self.mac() == hmac_sha1(secret_key.as_bytes(), self.string_to_sign.as_bytes())
    }

    /// The well-known mistake that reproduces this MAC.
    pub fn explain(&self, credentials: &Credentials) -> Option<MacMistake> {
        Some(MacMistake::find(&self.bytes, credentials)?.0)
    }

    /// The well-known mistake in a text, whether or not it can be read as a signature: its base64 may
    /// be of the URL-safe alphabet or broken into lines, and what it decodes to no string to sign.
    pub fn explain_text(text: &str, credentials: &Credentials) -> Option<MacMistake> {
        Some(MacMistake::find(&decode_anyhow(text)?, credentials)?.0)
    }

    /// The mistake in a text, and the signature with the string to sign that was meant.
    fn mistake_in(text: &str, credentials: &Credentials) -> Option<(MacMistake, Self)> {
        let bytes = decode_anyhow(text)?;
        let (mistake, clear) = MacMistake::find(&bytes, credentials)?;
        // Zeros in the place of the MAC: it is known to be wrong, and
        // only the fields are asked for.
        let meant = [[0; 20].as_slice(), clear].concat();
        Some((mistake, Self::of_bytes(meant).ok()?))
    }

    fn mac(&self) -> &[u8] {
        // Never shorter: `of_bytes` is the only constructor.
        self.bytes.get(..20).unwrap_or_default()
    }
}

/// The bytes of base64 in either alphabet, white space and missing padding overlooked.
fn decode_anyhow(text: &str) -> Option<Vec<u8>> {
    let standard = |letter: char| match letter {
        '-' => '+',
        '_' => '/',
        _ => letter,
    };
    let letters = text.chars().filter(|letter| !letter.is_ascii_whitespace() && *letter != '=');
    STANDARD_NO_PAD.decode(letters.map(standard).collect::<String>()).ok()
}
