use memchr::memmem;

use super::NthExchange;
use crate::protocol::{MultipartBody, Part, Request, Signature, Transcript};

/// A change of one request. Form and body keep their right `Content-Length`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Edit {
    /// A text of the head is replaced by another, where it occurs first.
    Head(&'static str, &'static str),
    /// The line of the header of this name is replaced by another line, or by none.
    HeaderLine(&'static str, Option<&'static str>),
    /// A text of the body is replaced by another, wherever it occurs.
    Body(&'static str, &'static str),
    /// A field of the form has this value instead of its own.
    Set(&'static str, &'static str),
    /// The form has this field, with this value, at its end.
    Add(&'static str, &'static str),
    /// A field of the form is not there.
    Remove(&'static str),
    /// A field of the form has another name.
    Rename(&'static str, &'static str),
    /// Of a field, only this number of bytes is there.
    Cut(&'static str, usize),
    /// One bit of a field's byte at this offset is wrong.
    Flip(&'static str, usize),
    /// The part of a field has a header of this name and value.
    PartHeader(&'static str, &'static str, &'static str),
    /// What is signed is another text, by such replacements, wherever they apply.
    Sign(&'static [(&'static str, &'static str)]),
    /// What is signed is another text.
    SignText(fn(&str) -> String),
    /// The form is another.
    Form(fn(&mut MultipartBody) -> Option<()>),
    /// The request is another.
    Any(fn(&mut Request) -> Option<()>),
}

impl Edit {
    /// Changes a request; `None` if it has no place for the change.
    pub(super) fn apply(self, transcript: &mut Transcript, place: NthExchange) -> Option<()> {
        // Only a change of what is signed needs it; other changes apply to recorded traffic as well.
        let secret_key = transcript.job.credentials.as_ref().map(|of| of.secret_key.clone());
        let request = &mut place.exchange(transcript)?.request;
        match self {
            Self::Head(from, to) => edit_head(request, |head| head.replacen(from, to, 1)),
            Self::HeaderLine(name, line) => {
                edit_head(request, |head| replace_line(head, name, line))
            }
            Self::Body(from, to) => replace_in_body(request, from, to),
            Self::Set(name, value) => request.edit(|form| form.set(name, value)),
            Self::Add(name, value) => request.edit(|form| {
                form.push(Part::new(name, value));
                Some(())
            }),
            Self::Remove(name) => request.edit(|form| form.remove(name)),
            Self::Rename(name, new) => request.edit(|form| form.rename(name, new)),
            Self::Cut(name, length) => request.edit(|form| {
                let content = form.value(name)?.get(..length)?.to_vec();
                form.set(name, content)
            }),
            Self::Flip(name, offset) => request.edit(|form| {
                let mut content = form.value(name)?.to_vec();
                // The smallest change there is: no length, and one bit of the content.
                *content.get_mut(offset)? ^= 1;
                form.set(name, content)
            }),
            Self::PartHeader(part, name, value) => request.edit(|form| {
                form.part_mut(part)?.set_header(name, value.to_owned());
                Some(())
            }),
            Self::Sign(replacements) => sign_again(request, &secret_key?, |text| {
                let replaced = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
                replacements.iter().fold(text.to_owned(), replaced)
            }),
            Self::SignText(change) => sign_again(request, &secret_key?, change),
            Self::Form(change) => request.edit(change),
            Self::Any(change) => change(request),
        }
    }
}

/// Replaces a text of the body, wherever it occurs.
pub(in crate::rules) fn replace_in_body(request: &mut Request, from: &str, to: &str) -> Option<()> {
    memmem::find(&request.body(), from.as_bytes())?;
    request.edit_body(|body| String::from_utf8_lossy(body).replace(from, to).into_bytes());
    Some(())
}

/// Signs a request with this key, over the text that its signature covers, changed.
pub(in crate::rules) fn sign_again(
    request: &mut Request,
    secret_key: &str,
    change: impl FnOnce(&str) -> String,
) -> Option<()> {
    let (old, _) = request.signature_text()?;
    let text = change(Signature::read(&old).ok()?.sent_string_to_sign());
    let new = Signature::sign(secret_key, &text);
    edit_head(request, |head| head.replacen(&old, &new, 1))
}

fn edit_head(request: &mut Request, change: impl FnOnce(&str) -> String) -> Option<()> {
    let before = request.raw();
    request.edit_head(change);
    // A text that is not there breaks nothing.
    (request.raw() != before).then_some(())
}

fn replace_line(head: &str, name: &str, line: Option<&str>) -> String {
    let is_meant =
        |old: &str| old.split_once(':').is_some_and(|(other, _)| other.eq_ignore_ascii_case(name));
    // Each line keeps its own end, so that the rest of the head stays as it is.
    let lines = head.split_inclusive("\r\n").map(|old| match line {
        Some(line) if is_meant(old) => format!("{line}\r\n"),
        None if is_meant(old) => String::new(),
        _ => old.to_owned(),
    });
    lines.collect()
}
