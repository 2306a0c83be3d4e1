use crate::protocol::{UploadPart, sha1_hex};
use crate::rules::AnnotatedExchange;

/// The well-known mistake that makes this of the file's SHA-1.
pub(in crate::rules) fn digest_mistake(
    annotated: &AnnotatedExchange,
    found: &[u8],
    wanted: &str,
) -> Option<&'static str> {
    const SHA256_DIGITS: usize = 64;
    let file = &annotated.file_digests;
    // The right digest in another form comes first: the others are of other bytes.
    if found.eq_ignore_ascii_case(wanted.as_bytes()) {
        Some("the digits are in upper case")
    } else if file.sha1_of_first_mib().is_some_and(|first| found == first.as_bytes()) {
        Some("this is the SHA-1 of the first slice")
    } else if file.md5().is_some_and(|md5| found.eq_ignore_ascii_case(md5.as_bytes())) {
        Some("this is the MD5 of the file")
    // From a stream that was read to its end before, or a file that was opened and never read.
    } else if found == sha1_hex(b"").as_bytes() {
        Some("this is the SHA-1 of nothing")
    } else {
        (found.len() == SHA256_DIGITS).then_some("this has the length of a SHA-256")
    }
}

/// The well-known mistake that makes this `datasha`.
pub(in crate::rules) fn datasha_mistake(
    annotated: &AnnotatedExchange,
    part: &UploadPart,
    wanted: &str,
) -> Option<&'static str> {
    // SHA-1 is defined on big-endian words; datasha has the bytes of each word in little-endian order.
    if with_words_swapped(wanted).is_some_and(|swapped| swapped == part.datasha) {
        return Some("the words of the state are in big-endian order");
    }
    // These are computed only for a datasha that is wrong, as they cost a pass over the file.
    let end = part.offset.checked_add(part.datalen)?;
    let file = annotated.file()?;
    if part.datasha == sha1_hex(&file.bytes(part.offset..end)?) {
        Some("this is the SHA-1 of the slice alone")
    } else if part.datasha == sha1_hex(&file.bytes(0..end)?) {
        Some("this is the finished SHA-1 up to here, not the running state")
    } else {
        None
    }
}

/// A running state with the bytes of each of its 32-bit words in reverse order: 8 digits are a word.
fn with_words_swapped(state: &str) -> Option<String> {
    let words = state.as_bytes().chunks(8).map(|word| {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        Some(format!("{:08x}", word.swap_bytes()))
    });
    words.collect()
}
