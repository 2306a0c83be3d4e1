use super::text::surroundings;
use crate::protocol::{MacMistake, Signature, SignatureError, Verification, percent_decode};
use crate::rules::AnnotatedExchange;

/// Where a request without a signature in the right place has something that reads like one.
pub(in crate::rules) fn misplaced_signature(annotated: &AnnotatedExchange) -> Option<String> {
    let is_signature = |text: &str| {
        // Where it is misplaced it may be percent-encoded as well.
        let text = percent_decode(text).unwrap_or_else(|_| text.to_owned());
        // Any base64 of 21 bytes reads as a signature; only one with a SecretId is meant as one.
        Signature::read(&text).is_ok_and(|signature| signature.field("k").is_some())
    };
    let head = annotated.request.head().fields.iter().find(|field| is_signature(&field.value));
    let mut query = annotated.request.query().into_iter().flat_map(|query| query.split('&'));
    let query = || {
        let (name, _) =
            query.find_map(|pair| pair.split_once('=').filter(|(_, value)| is_signature(value)))?;
        Some(format!("the query, as {name}"))
    };
    let form = || {
        // What is longer is a slice, and costs much to read.
        let value = annotated.request.form().values().iter().find(|value| {
            value.content.len() <= Verification::LONGEST
                && std::str::from_utf8(&value.content).is_ok_and(is_signature)
        })?;
        Some(format!("the field {}", value.name))
    };
    head.map(|field| format!("the header {}", field.name)).or_else(query).or_else(form)
}

/// Why a text is no signature.
pub(in crate::rules) fn signature_mistake(
    annotated: &AnnotatedExchange,
    text: &str,
    error: &SignatureError,
) -> String {
    let credentials = annotated.job.credentials.as_ref();
    let by_credentials = credentials.and_then(|of| Signature::explain_text(text, of));
    by_credentials
        .map(MacMistake::describe)
        .or_else(|| wrapping(text))
        .map_or_else(|| error.to_string(), str::to_owned)
}

/// What is around a signature that cannot be read, and could be without it.
fn wrapping(text: &str) -> Option<&'static str> {
    let is_signature = |text: &str| Signature::read(text).is_ok();
    // The last word, as there may be a scheme of several words before it.
    if text.rsplit_once(' ').is_some_and(|(_, last)| is_signature(last)) {
        Some("a word stands before it")
    } else if percent_decode(text).is_ok_and(|decoded| is_signature(&decoded)) {
        Some("it is percent-encoded, which it has to be in the query alone")
    } else {
        surroundings(text, is_signature)
    }
}
