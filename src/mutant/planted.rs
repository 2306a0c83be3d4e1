//! Defects that were not made for the rules: where each comes from, and tools to plant them.

use memchr::memmem;
use serde_json::Value;

use super::Mutant;
use crate::client::{ClientPolicy, Outgoing};
use crate::protocol::Response;

/// A mutant that was written without a look at the rules' checks, and where its defect comes from.
#[derive(Debug)]
pub struct Planted {
    /// A clause of `slicecheck spec` that it breaks, or a public report of the same defect.
    pub source: &'static str,
    /// The client.
    pub mutant: Mutant,
}

/// An entry of a set.
#[expect(clippy::large_types_passed_by_value, reason = "only at compile time")]
pub(super) const fn plant(
    id: &'static str,
    source: &'static str,
    summary: &'static str,
    expected: &'static [&'static str],
    policy: ClientPolicy,
) -> Planted {
    Planted { source, mutant: Mutant { id, summary, policy, expected } }
}

/// A head with one more line.
pub(super) fn with_line(head: &str, line: &str) -> String {
    format!("{}{line}\r\n\r\n", head.strip_suffix("\r\n").unwrap_or(head))
}

/// A head in which the line of this field, without its line end, is another.
pub(super) fn with_field(head: &str, name: &str, change: impl Fn(&str) -> String) -> String {
    let is_meant = |line: &str| {
        line.split_once(':').is_some_and(|(known, _)| known.eq_ignore_ascii_case(name))
    };
    let lines = head.split("\r\n");
    let changed = lines.map(|line| if is_meant(line) { change(line) } else { line.to_owned() });
    changed.collect::<Vec<_>>().join("\r\n")
}

/// A head without this field.
pub(super) fn without_field(head: &str, name: &str) -> String {
    // A mark that is nowhere in the heads of the reference client.
    with_field(head, name, |_| "\0".to_owned()).replace("\0\r\n", "")
}

/// A head with another request target.
pub(super) fn with_target(head: &str, change: impl Fn(&str) -> String) -> String {
    let mut words = head.splitn(3, ' ');
    let (method, target, rest) = (words.next(), words.next(), words.next());
    match (method, target, rest) {
        (Some(method), Some(target), Some(rest)) => format!("{method} {} {rest}", change(target)),
        _ => head.to_owned(),
    }
}

/// Changes the first place of the body that reads so; `None` if there is none.
pub(super) fn replace(outgoing: &mut Outgoing, old: &str, new: &str) -> Option<()> {
    let at = memmem::find(&outgoing.request.body(), old.as_bytes())?;
    outgoing.request.edit_body(|body| {
        let (before, rest) = body.split_at(at);
        let after = rest.get(old.len()..).unwrap_or_default();
        [before, new.as_bytes(), after].concat()
    });
    Some(())
}

/// Changes the value of a text field; `None` if there is none.
pub(super) fn change_text(
    outgoing: &mut Outgoing,
    name: &str,
    change: impl Fn(&str) -> String,
) -> Option<()> {
    let new = change(outgoing.request.text(name)?);
    outgoing.request.edit(|form| form.set(name, new))
}

/// The body of a reply as JSON; null if it is none.
pub(super) fn json(reply: &Response) -> Value {
    serde_json::from_slice(reply.body()).unwrap_or_default()
}

/// `code` of a reply, if it is a number.
pub(super) fn code(reply: &Response) -> Option<i64> {
    json(reply).get("code")?.as_i64()
}

/// A reply of the same status with another body.
pub(super) fn with_body(reply: &Response, body: &str) -> Response {
    Response::write(reply.status(), &[], body)
}
