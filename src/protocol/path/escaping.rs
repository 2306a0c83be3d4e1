use std::borrow::Cow;
use std::fmt::Write;

/// How a client escapes an object's key in the request target, as data [SDK §1.3].
///
/// Letters and digits stay as they are in all of them, a space is `%20`, and every byte of a character
/// outside of ASCII is escaped with upper-case digits.
///
/// ```
/// use slicecheck::protocol::Escaping;
///
/// let key = "/dir/a b+c~ü(1).txt";
/// assert_eq!(Escaping::UNRESERVED.escape(key), "/dir/a%20b%2Bc~%C3%BC%281%29.txt");
/// assert_eq!(Escaping::JAVA.escape(key), "/dir/a%20b%2Bc%7E%C3%BC%281%29.txt");
/// assert_eq!(Escaping::DOTNET.escape(key), "/dir/a%20b%2bc~%C3%BC(1).txt");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Escaping {
    /// The ASCII characters that stay as they are, besides letters, digits and the slash.
    pub kept: &'static str,
    /// Whether the digits of an escaped ASCII character are `%2b` and not `%2B`.
    pub lower_case: bool,
    /// What becomes of slashes.
    pub slashes: Slashes,
}

/// What a client does to the slashes of a key before it escapes the rest [SDK §1.3]. Where it drops
/// one, the object that it names is not the one that it was told to name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Slashes {
    /// Nothing: each key is named as it is.
    Kept,
    /// All in front but one are dropped, so that a key that begins with two is lost.
    OneInFront,
    /// Empty segments are dropped, so that a key with two in a row is lost.
    NoEmptySegment,
}

impl Escaping {
    /// What the SDKs in Python, PHP and C++ do; it escapes all but RFC 3986's unreserved characters
    /// `[SDK cos_op.py:76, Auth.php:101, CodecUtil.cpp:22]`.
    pub const UNRESERVED: Self = Self { kept: "-_.~", lower_case: false, slashes: Slashes::Kept };

    /// `URLEncoder` on every segment `[SDK CommonPathUtils.java:16]`.
    pub const JAVA: Self =
        Self { kept: "-_.*", lower_case: false, slashes: Slashes::NoEmptySegment };

    /// `encodeURIComponent` in browsers and Node `[SDK qcloud_sdk.js:597]`.
    pub const JAVASCRIPT: Self =
        Self { kept: "-_.!~*'()", lower_case: false, slashes: Slashes::OneInFront };

    /// `HttpUtility.UrlEncode` on every segment (`HttpUtils.cs:15`); of a key with `+` and `ü`,
    /// `%2b` and `%C3%BC` were seen [WIRE §1.3].
    pub const DOTNET: Self =
        Self { kept: "-_.!*()~", lower_case: true, slashes: Slashes::NoEmptySegment };

    /// All of them, one for each row of the SDKs' routines [SDK §1.3].
    pub const ALL: [Self; 4] = [Self::UNRESERVED, Self::JAVA, Self::JAVASCRIPT, Self::DOTNET];

    /// The key as it is put after the bucket.
    pub fn escape(self, key: &str) -> String {
        self.escape_but(&self.slashes.sent(key), Some('/'))
    }

    /// A part of the path in which a slash is not what separates parts.
    pub(in crate::protocol) fn escape_segment(self, segment: &str) -> String {
        self.escape_but(segment, None)
    }

    fn escape_but(self, text: &str, separator: Option<char>) -> String {
        let mut escaped = String::with_capacity(text.len());
        for letter in text.chars() {
            if letter.is_ascii_alphanumeric()
                || self.kept.contains(letter)
                || Some(letter) == separator
            {
                escaped.push(letter);
                continue;
            }
            // .NET was seen to write both %2b and %C3%BC [WIRE §1.3].
            let lower_case = self.lower_case && letter.is_ascii();
            for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                let written = if lower_case {
                    write!(escaped, "%{byte:02x}")
                } else {
                    write!(escaped, "%{byte:02X}")
                };
                written.expect("writing to a string does not fail");
            }
        }
        escaped
    }
}

impl Slashes {
    /// The key that a client with this habit names when it was told to name `key`, not escaped.
    ///
    /// ```
    /// use slicecheck::protocol::Slashes;
    ///
    /// assert_eq!(Slashes::Kept.sent("//a//b"), "//a//b");
    /// assert_eq!(Slashes::OneInFront.sent("//a//b"), "/a//b");
    /// assert_eq!(Slashes::NoEmptySegment.sent("//a//b"), "/a/b");
    /// ```
    pub fn sent(self, key: &str) -> Cow<'_, str> {
        let lost = match self {
            Self::Kept => false,
            Self::OneInFront => key.starts_with("//"),
            Self::NoEmptySegment => key.contains("//"),
        };
        if !lost {
            return Cow::Borrowed(key);
        }
        if self == Self::OneInFront {
            return Cow::Owned(format!("/{}", key.trim_start_matches('/')));
        }
        let mut sent = String::with_capacity(key.len());
        for letter in key.chars() {
            if letter != '/' || !sent.ends_with('/') {
                sent.push(letter);
            }
        }
        Cow::Owned(sent)
    }
}
