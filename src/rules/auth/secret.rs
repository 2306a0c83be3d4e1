//! The SecretKey, which no request has in it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use memchr::memmem;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

use crate::protocol::base64_forms;
use crate::rules::counterexample::{Breaks, Counterexample, INIT};
use crate::rules::{Check, Evidence, Rule, Span, Verdict};
use crate::spec;

/// Shorter keys occur by chance.
const SHORTEST: usize = 16;

pub(super) const KEPT: Rule = Rule {
    id: "auth/secret-key-kept",
    clause: &spec::SECRET_KEPT,
    summary: "the SecretKey is in no request",
    why: "Whoever reads the request, a proxy or its log, can sign in the name of the user from then on.",
    fix: "Use the SecretKey as the key of the HMAC and nowhere else: take it out of headers, \
          query, form fields and the string to sign, where k is the SecretId.",
    check: Check::Request(|annotated| {
        let key = annotated.job.credentials.as_ref()?.secret_key.as_bytes();
        if key.len() < SHORTEST {
            return None;
        }
        let request = &annotated.request;
        let head = request.raw_part(0..request.head().end)?;
        // The span has no bytes, as no report is to show them.
        let in_head =
            found_in(&head, key).map(|(at, form)| ("head of the request", form, Span::raw(at..at)));
        let in_form = || {
            // The file's own bytes may be anything.
            let mut values = request.form().values().iter();
            values.find_map(|value| {
                if value.name.eq_ignore_ascii_case("filecontent") {
                    return None;
                }
                let (_, form) = found_in(&value.content, key)?;
                Some((value.name.as_str(), form, Span::body(value.span.clone())))
            })
        };
        // The string to sign is sent along, in base64.
        let in_signature = || {
            let (text, _) = request.signature_text()?;
            let (_, form) = found_in(&BASE64_STANDARD.decode(text).ok()?, key)?;
            Some(("string to sign", form, Span::raw(0..0)))
        };
        let found = in_head.or_else(in_form).or_else(in_signature);
        Verdict::broken_by(found, |(place, form, span)| {
            Evidence::at(place)
                .expected("SecretId and signature, and nothing else of the credentials")
                .found(format!("the SecretKey{form}"))
                .span(span)
        })
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let key = transcript.job.credentials.as_ref()?.secret_key.clone();
        let request = &mut INIT.exchange(transcript)?.request;
        request.edit_head(|head| head.replacen("Host:", &format!("X-Secret: {key}\r\nHost:"), 1));
        Some(())
    })),
};

/// The key as it is, and as anybody reads it who decodes what has it in it, with the words for that.
fn forms(key: &[u8]) -> impl Iterator<Item = (Vec<u8>, &'static str)> {
    let escaped = percent_encode(key, NON_ALPHANUMERIC).to_string().into_bytes();
    let in_base64 = base64_forms(key).map(|form| (form, " in base64"));
    [(key.to_vec(), ""), (escaped, " with escapes")].into_iter().chain(in_base64)
}

/// Where the key is in these bytes, and in which form.
fn found_in(bytes: &[u8], key: &[u8]) -> Option<(usize, &'static str)> {
    forms(key).find_map(|(form, words)| Some((memmem::find(bytes, &form)?, words)))
}
