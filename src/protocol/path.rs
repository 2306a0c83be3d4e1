use std::fmt;

mod escaping;

pub use escaping::{Escaping, Slashes};

/// The place of an object: `/files/v2/<appid>/<bucket>/<path>` [SEED L13, DOC17 6053].
///
/// `key` begins with `/` and is not escaped. Two paths are equal if they are after
/// percent-decoding; a `+` is a plus [SDK §1.3]. It displays as the target that
/// [`Escaping::UNRESERVED`] makes of it.
///
/// ```
/// use slicecheck::protocol::{Escaping, ObjectPath};
///
/// let path = ObjectPath::read("/files/v2/200001/newbucket/a%20b%2bc").unwrap();
/// assert_eq!(path.key, "/a b+c");
/// assert_eq!(path.to_string(), "/files/v2/200001/newbucket/a%20b%2Bc");
/// assert_eq!(path.target(Escaping::DOTNET), "/files/v2/200001/newbucket/a%20b%2bc");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectPath {
    /// Decimal digits.
    pub appid: String,
    /// The bucket's name.
    pub bucket: String,
    /// The object's key with a leading `/`, in UTF-8, not escaped.
    pub key: String,
}

/// Why a request target names no object [ERR -5994, -160].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// It does not start with `/files/v2/`.
    #[error("the path does not start with /files/v2/")]
    Prefix,
    /// The appid is no decimal number [SEED L13].
    #[error("the appid {0:?} is not made of digits")]
    Appid(String),
    /// The bucket is missing.
    #[error("the bucket is missing")]
    Bucket,
    /// Nothing after the bucket, or a trailing slash, which is a folder [DOC17 6053].
    #[error("the object path is empty or ends in a slash")]
    Key,
    /// A `%` without two hex digits after it.
    #[error("a % that is not followed by two hexadecimal digits")]
    Escape,
    /// The decoded bytes are no UTF-8 [ERR -46157].
    #[error("the decoded path is not UTF-8")]
    NotUtf8,
}

impl ObjectPath {
    /// Reads the path of a request target, decoded; a query must have been removed.
    pub fn read(path: &str) -> Result<Self, PathError> {
        let rest = path.strip_prefix("/files/v2/").ok_or(PathError::Prefix)?;
        let (appid, rest) = rest.split_once('/').ok_or(PathError::Bucket)?;
        if appid.is_empty() || !appid.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PathError::Appid(appid.to_owned()));
        }
        let (bucket, key) = rest.split_once('/').ok_or(PathError::Key)?;
        let bucket = percent_decode(bucket)?;
        if bucket.is_empty() {
            return Err(PathError::Bucket);
        }
        let key = percent_decode(key)?;
        // Once decoded: an escaped slash at the end is a folder's, too.
        if key.is_empty() || key.ends_with('/') {
            return Err(PathError::Key);
        }
        Ok(Self { appid: appid.to_owned(), bucket, key: format!("/{key}") })
    }

    /// The same with one slash for each two or more in a row, as some clients send it [§1.3].
    #[must_use]
    pub fn merged(&self) -> Self {
        let segments: Vec<&str> = self.key.split('/').filter(|it| !it.is_empty()).collect();
        Self { key: format!("/{}", segments.join("/")), ..self.clone() }
    }

    /// The request target with this escaping, without a query.
    pub fn target(&self, escaping: Escaping) -> String {
        format!("/files/v2{}", self.fileid_in(escaping))
    }

    /// The fileid of a signature, escaped: `/appid/bucket/path` [DOC17 6054].
    pub fn fileid(&self) -> String {
        self.fileid_in(Escaping::UNRESERVED)
    }

    /// The fileid with this escaping: the SDKs sign the path that they send [SDK §9.3].
    pub fn fileid_in(&self, escaping: Escaping) -> String {
        let bucket = escaping.escape_segment(&self.bucket);
        format!("/{}/{bucket}{}", self.appid, escaping.escape(&self.key))
    }
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.target(Escaping::UNRESERVED))
    }
}

/// Decodes `%XX` in UTF-8, strictly: a `%` without two hex digits is an error, and a `+` stays a plus
/// [SDK §1.3].
pub fn percent_decode(text: &str) -> Result<String, PathError> {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        // The decoder below leaves such a % as it is, and a key that was not escaped would pass.
        if byte == b'%' {
            let hex = |next: Option<u8>| next.is_some_and(|byte| byte.is_ascii_hexdigit());
            if !hex(bytes.next()) || !hex(bytes.next()) {
                return Err(PathError::Escape);
            }
        }
    }
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| PathError::NotUtf8)
}
