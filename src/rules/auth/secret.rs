//! The SecretKey, which no request has in it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use memchr::memmem;
use percent_encoding::percent_decode;

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
        // The string to sign is sent along, in base64. No span has bytes, as no report is to show them.
        let in_signature = || {
            let (text, _) = request.signature_text()?;
            let (_, form) = found_in(&BASE64_STANDARD.decode(text).ok()?, key)?;
            Some(("string to sign", form, Span::raw(0..0)))
        };
        let in_head = || {
            let (at, form) = found_in(&head, key)?;
            Some(("head of the request", form, Span::raw(at..at)))
        };
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
        let found = in_signature().or_else(in_head).or_else(in_form);
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

/// Where the key is in these bytes, and in which form: as it is, or as anybody reads it who decodes what has it in
/// it. After an escape the place is where the key would be without it.
fn found_in(bytes: &[u8], key: &[u8]) -> Option<(usize, &'static str)> {
    if let Some(at) = memmem::find(bytes, key) {
        return Some((at, ""));
    }
    let unescaped: Vec<u8> = percent_decode(bytes).collect();
    if let Some(at) = memmem::find(&unescaped, key) {
        return Some((at.min(bytes.len()), " with escapes"));
    }
    // Both alphabets of base64.
    let standard = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    let encoded: Vec<u8> = unescaped.iter().map(standard).collect();
    let at = base64_forms(key).find_map(|form| memmem::find(&encoded, &form))?;
    Some((at.min(bytes.len()), " in base64"))
}
