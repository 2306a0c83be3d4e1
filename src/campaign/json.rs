//! JSON that need not be any: its numbers, strings and names are bytes.

/// A value, and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    /// A number, a string with its quotes, or whatever stands in their place.
    Raw(Vec<u8>),
    Array(Vec<Self>),
    /// Names have their quotes.
    Object(Vec<(Vec<u8>, Self)>),
}

impl Json {
    pub(super) fn raw(text: impl AsRef<[u8]>) -> Self {
        Self::Raw(text.as_ref().to_vec())
    }

    /// A string of characters that need no escape.
    pub(super) fn text(text: &str) -> Self {
        Self::Raw(quoted(text))
    }

    pub(super) fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Object(members.map(|(name, value)| (quoted(name), value)).into())
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Raw(bytes) => out.extend_from_slice(bytes),
            Self::Array(items) => {
                out.push(b'[');
                for (number, item) in items.iter().enumerate() {
                    out.extend_from_slice(if number > 0 { b"," } else { b"" });
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (number, (name, value)) in members.iter().enumerate() {
                    out.extend_from_slice(if number > 0 { b"," } else { b"" });
                    out.extend_from_slice(name);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }

    /// How many values it has, itself included.
    pub(super) fn count(&self) -> usize {
        let inner: usize = match self {
            Self::Raw(_) => 0,
            Self::Array(items) => items.iter().map(Self::count).sum(),
            Self::Object(members) => members.iter().map(|(_, value)| value.count()).sum(),
        };
        inner.saturating_add(1)
    }

    /// The value with this number, counted as in [`Json::count`], from the root on.
    pub(super) fn nth(&mut self, number: usize) -> Option<&mut Self> {
        let Some(mut rest) = number.checked_sub(1) else { return Some(self) };
        let inner: Box<dyn Iterator<Item = &mut Self>> = match self {
            Self::Raw(_) => return None,
            Self::Array(items) => Box::new(items.iter_mut()),
            Self::Object(members) => Box::new(members.iter_mut().map(|(_, value)| value)),
        };
        for value in inner {
            let count = value.count();
            match rest.checked_sub(count) {
                None => return value.nth(rest),
                Some(less) => rest = less,
            }
        }
        None
    }

    /// The member of the root with this name.
    pub(super) fn member(&mut self, name: &str) -> Option<&mut Self> {
        let name = quoted(name);
        let Self::Object(members) = self else { return None };
        members.iter_mut().find(|(other, _)| *other == name).map(|(_, value)| value)
    }
}

pub(super) fn quoted(text: &str) -> Vec<u8> {
    format!("\"{text}\"").into_bytes()
}
