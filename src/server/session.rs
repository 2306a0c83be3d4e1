use std::fmt;

use serde::{Deserialize, Serialize};

use super::Server;
use crate::protocol::md5_hex;

/// What a session looks like; it is opaque to the client [SEED L49].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum SessionForm {
    /// 192 hex digits, as in 2017.
    Hex,
    /// Characters that have a meaning in forms and addresses.
    Reserved,
    /// Base64 with each of its characters that are no letters or digits.
    Base64,
    /// Percent signs, in front of hex digits and of others.
    Percent,
    /// Digits only, more than any number type has, with a zero in front.
    Digits,
    /// 1024 hex digits.
    Long,
    /// 15 digits, which each number type has that JSON is read into.
    Number,
}

impl SessionForm {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Hex,
        Self::Reserved,
        Self::Base64,
        Self::Percent,
        Self::Digits,
        Self::Long,
        Self::Number,
    ];
}

impl fmt::Display for SessionForm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Hex => "the session is 192 hexadecimal digits",
            Self::Reserved => "the session has reserved characters",
            Self::Base64 => "the session is base64",
            Self::Percent => "the session has percent signs",
            Self::Digits => "the session is a long string of digits",
            Self::Long => "the session has 1024 characters",
            Self::Number => "the session is 15 digits",
        })
    }
}

impl Server {
    pub(super) fn new_session(&mut self) -> String {
        self.sessions = self.sessions.saturating_add(1);
        let source = format!("{}:{}", self.session_seed, self.sessions);
        let hex = |pieces: u32| -> String {
            (0..pieces).map(|piece| md5_hex(format!("{source}:{piece}").as_bytes())).collect()
        };
        match self.behaviour.session {
            // 192 digits: so long is the session of each sample of 2017 [CALC §8.2].
            SessionForm::Hex => hex(6),
            // What a form, a query and percent-encoding give a meaning
            // to: it must arrive unchanged.
            SessionForm::Reserved => format!("{}+/&%2B%25-_.~+/==", hex(1)),
            SessionForm::Base64 => format!("+{}/{}+/w==", hex(1).to_uppercase(), hex(2)),
            SessionForm::Percent => format!("{}%2B%20%%zz%e4%BD%A0%", hex(1)),
            // As a number it would lose its zeros, and its last digits.
            SessionForm::Digits => format!("00{}", digits(&hex(2))),
            SessionForm::Long => hex(32),
            // A first digit of its own: no zero is in front.
            SessionForm::Number => {
                format!("7{}", digits(&hex(1)).chars().take(14).collect::<String>())
            }
        }
    }
}

/// Decimal digits, one for each character.
fn digits(text: &str) -> String {
    text.bytes().map(|byte| char::from(b'0' + byte % 10)).collect()
}
