//! Replies that nobody can take for a success.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::code::Codes;
use super::response::Response;

/// Codes that say no more than that it failed. Others may mean that what was asked for is there already.
const FAILURES: [i64; 5] = [-1, -71, -5997, -5999, -29302];

impl Response {
    /// Whether no reader of HTTP and JSON can take this for a success, however lenient: it is framed as RFC 9112
    /// has it, and its body is empty, or JSON that breaks off, that has no code, or one that is another integer
    /// than 0, or a string of its digits.
    ///
    /// Of any other reply, clients may think differently.
    pub fn is_plain_failure(&self) -> bool {
        self.is_well_framed() && is_plain_failure(self.body())
    }

    /// Whether its head has no defect, and the body is as long as its one `Content-Length` says.
    pub fn is_well_framed(&self) -> bool {
        let head = self.head();
        let is_length = |name: &str| name.eq_ignore_ascii_case("content-length");
        let lengths: Vec<_> = head.fields.iter().filter(|field| is_length(&field.name)).collect();
        let [length] = lengths.as_slice() else { return false };
        let start_line = self.raw().get(head.start_line.clone()).unwrap_or_default();
        let rest = self.raw().len().saturating_sub(head.end);
        head.complete
            && head.defects.is_empty()
            && start_line.starts_with(b"HTTP/1.1 ")
            // After a 1xx another response follows, and 204 and 304 have no body, whatever their
            // length says (RFC 9112 §6.3).
            && (200..=599).contains(&self.status())
            && ![204, 304].contains(&self.status())
            && head.get("transfer-encoding").is_none()
            && length.value == rest.to_string()
    }
}

fn is_plain_failure(body: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(body) else { return false };
    if text.is_empty() {
        return true;
    }
    let fields = match serde_json::from_str::<Members>(text) {
        Ok(fields) => fields.0,
        Err(error) => return error.is_eof() && text.starts_with('{'),
    };
    // A reader may compare names without case, or pick another one that is called like
    // this: then it is left open.
    let named_alike = fields.iter().filter(|(name, _)| name.to_lowercase().contains("code"));
    match named_alike.collect::<Vec<_>>().as_slice() {
        [] => true,
        [(name, code)] if name == "code" => is_failure(code.get()),
        _ => false,
    }
}

/// Whether this JSON is the code of a failure, or a number that no code of the service is.
fn is_failure(code: &str) -> bool {
    let digits = code.strip_prefix('"').and_then(|code| code.strip_suffix('"')).unwrap_or(code);
    let magnitude = digits.strip_prefix('-').unwrap_or(digits);
    if magnitude.is_empty() || !magnitude.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    match digits.parse::<i64>() {
        Ok(0) => false,
        Ok(code) => FAILURES.contains(&code) || Codes::get(code).is_none(),
        // More than 64 bits.
        Err(_) => magnitude.bytes().any(|digit| digit != b'0'),
    }
}

/// The members of a JSON object, in their order, with repeats.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(All)
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain_failure;

    #[test]
    fn only_what_nobody_can_take_for_a_success_is_a_plain_failure() {
        for (body, expected) in [
            ("", true),
            (r#"{"code":-5997,"message":"busy"}"#, true),
            (r#"{"code":"-5997"}"#, true),
            (r#"{"code":4294967296,"data":{}}"#, true),
            (r#"{"code":18446744073709551616}"#, true),
            (r#"{"message":"SUCCESS"}"#, true),
            (r#"{"code":0,"message":"SUCC"#, true),
            (r#"{"code":0}"#, false),
            (r#"{"code":-0}"#, false),
            (r#"{"code":0.0}"#, false),
            (r#"{"code":"0"}"#, false),
            (r#"{"code":null}"#, false),
            (r#"{"code":false}"#, false),
            (r#"{"code":[]}"#, false),
            // It may be there already.
            (r#"{"code":-177}"#, false),
            (r#"{"code":-4019}"#, false),
            // Readers differ in which of them counts.
            (r#"{"code":-5997,"code":0}"#, false),
            (r#"{"code":-5997,"Code":0}"#, false),
            (r#"{"code":-5997} "#, true),
            (r#"{"code":-5997}{"code":0}"#, false),
            ("\u{feff}{\"code\":-5997}", false),
            ("{'code':0}", false),
            ("<html>", false),
            ("[0]", false),
        ] {
            assert_eq!(is_plain_failure(body.as_bytes()), expected, "{body}");
        }
        assert!(!is_plain_failure(b"{\"code\":-5997,\"message\":\"\xff\"}"));
    }
}
