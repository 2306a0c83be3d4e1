use serde::{Deserialize, Serialize};

/// Optional fields that the client is asked to send; a client that cannot is no worse for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(deny_unknown_fields, default)]
pub struct Wishes {
    /// Whether `sha`, and `uploadparts` at init, are asked for [DOC17 6067].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sha: bool,
    /// The value of `insertOnly` that is asked for: `false` is `0`, which replaces an object that is there,
    /// and `true` is `1`, which keeps it [DOC17 6066]; `None` leaves it to the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insert_only: Option<bool>,
}

impl Wishes {
    /// Whether nothing is asked for.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The words of the driver contract that are set, with their values.
    pub fn words(self) -> impl Iterator<Item = (&'static str, u8)> {
        let sha = self.sha.then_some(("sha", 1));
        let insert_only = self.insert_only.map(|keeps| ("insert_only", u8::from(keeps)));
        sha.into_iter().chain(insert_only)
    }
}
