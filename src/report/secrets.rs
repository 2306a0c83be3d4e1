//! What no report gives away: the secret keys of a run, and signatures that are made with them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use crate::protocol::{Credentials, JobFacts, ObjectPath, base64_forms};
use crate::results::Results;

/// A part of a key this long gives it away; a key that is shorter than the second is none.
const TELLING: usize = 8;
const SHORTEST_KEY: usize = 4;
/// The same in hexadecimal digits, which other texts have, too.
const TELLING_HEX: usize = 16;

/// The secrets of a run, in all forms in which they are found in texts.
///
/// A key is found as it is, in base64, in hexadecimal digits and percent-encoded, cut or whole, and
/// whatever stands between its letters that is no letter itself: line ends, white space, escapes, colons. A
/// signature is found by the string to sign in its base64.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    forms: Vec<Form>,
}

/// Texts that are searched for, in all their parts of one length.
#[derive(Clone)]
struct Form {
    kind: Kind,
    length: usize,
    parts: HashSet<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Key,
    /// The text is a part of the secret only.
    Signature,
}

impl Secrets {
    /// The secrets of all scenarios of a run.
    pub(super) fn of(results: &Results) -> Self {
        Self::new(
            results.judged().map(|judged| (judged.credentials.as_ref(), judged.path.as_ref())),
        )
    }

    /// The secrets of one scenario.
    pub(super) fn of_job(job: &JobFacts) -> Self {
        Self::new(std::iter::once((job.credentials.as_ref(), job.path.as_ref())))
    }

    fn new<'a>(
        jobs: impl Iterator<Item = (Option<&'a Credentials>, Option<&'a ObjectPath>)>,
    ) -> Self {
        let mut forms: Vec<Form> = Vec::new();
        for (credentials, path) in jobs {
            let key = credentials.map_or(&[][..], |known| known.secret_key.as_bytes());
            let hex = hexadecimal(key).concat();
            let length = Letters::of(key).bytes.len().min(TELLING);
            if length >= SHORTEST_KEY {
                add(&mut forms, Kind::Key, length, key);
                base64_forms(key).for_each(|form| add(&mut forms, Kind::Key, TELLING, &form));
                add(&mut forms, Kind::Key, TELLING_HEX, hex.as_bytes());
                add(&mut forms, Kind::Key, TELLING_HEX, hex.to_uppercase().as_bytes());
            }
            // In both orders of its fields, a string to sign begins with it [§4.2].
            let appid = path.map(|path| format!("a={}&", path.appid));
            let marks = [
                credentials.map(|known| known.secret_id.as_bytes()),
                appid.as_deref().map(str::as_bytes),
            ];
            for mark in marks.into_iter().flatten() {
                base64_forms(mark)
                    .for_each(|form| add(&mut forms, Kind::Signature, TELLING, &form));
            }
        }
        Self { forms }
    }

    /// The text with the name of each secret in its place.
    pub(super) fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let places = self.places(text.as_bytes());
        if places.is_empty() {
            return text.into();
        }
        let mut masked = String::new();
        let mut at = 0;
        for (range, kind) in places {
            let start = text.floor_char_boundary(range.start).max(at);
            masked.push_str(&text[at..start]);
            masked.push_str(match kind {
                Kind::Key => "<SecretKey>",
                Kind::Signature => "<signature>",
            });
            at = text.ceil_char_boundary(range.end);
        }
        masked.push_str(&text[at..]);
        masked.into()
    }

    /// Overwrites each secret with as many asterisks.
    pub(super) fn mask_bytes(&self, bytes: &mut [u8]) {
        for (range, _) in self.places(bytes) {
            bytes[range].fill(b'*');
        }
    }

    /// Where secrets are: in order, and no two of them touch.
    fn places(&self, text: &[u8]) -> Vec<(Range<usize>, Kind)> {
        let letters = Letters::of(text);
        let mut places = Vec::new();
        for Form { kind, length, parts } in &self.forms {
            let mut end = 0;
            for (at, part) in letters.bytes.windows(*length).enumerate() {
                let found = letters.places[at]..letters.places[at + length - 1] + 1;
                if found.end > end && parts.contains(part) {
                    let whole = match kind {
                        Kind::Key => found,
                        Kind::Signature => base64_around(text, found),
                    };
                    end = whole.end;
                    places.push((whole, *kind));
                }
            }
        }
        // Each form was searched for by itself.
        places.sort_by_key(|(range, _)| range.start);
        places.dedup_by(|(next, kind), (range, other)| {
            let touches = next.start <= range.end;
            if touches {
                range.end = range.end.max(next.end);
                *other = if *kind == Kind::Signature { *kind } else { *other };
            }
            touches
        });
        places
    }
}

fn add(forms: &mut Vec<Form>, kind: Kind, length: usize, text: &[u8]) {
    let letters = Letters::of(text).bytes;
    let parts = letters.windows(length).map(<[u8]>::to_vec);
    match forms.iter_mut().find(|form| (form.kind, form.length) == (kind, length)) {
        Some(form) => form.parts.extend(parts),
        None => forms.push(Form { kind, length, parts: parts.collect() }),
    }
}

/// The digits of each byte.
fn hexadecimal(bytes: &[u8]) -> Vec<String> {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The whole base64 that has this range in it, percent-encoded or not, and over line ends.
fn base64_around(text: &[u8], found: Range<usize>) -> Range<usize> {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_%".contains(byte);
    let before = text[..found.start].iter().rev().take_while(|byte| inside(byte)).count();
    let after = text[found.end..].iter().take_while(|byte| inside(byte) || **byte == b'=').count();
    found.start - before..found.end + after
}

/// The letters and digits of a text, and where they stand in it.
#[derive(Default)]
struct Letters {
    bytes: Vec<u8>,
    places: Vec<usize>,
}

impl Letters {
    fn of(text: &[u8]) -> Self {
        let mut letters = Self::default();
        let mut escaped = false;
        for (place, byte) in text.iter().enumerate() {
            // The letter of an escaped line end or tab is none of the text's.
            let is_escape = escaped && b"nrt".contains(byte);
            escaped = *byte == b'\\';
            if byte.is_ascii_alphanumeric() && !is_escape || !byte.is_ascii() {
                letters.bytes.push(*byte);
                letters.places.push(place);
            }
        }
        letters
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD_NO_PAD;

    use super::*;
    use crate::protocol::{Signature, UploadJob};
    use crate::scenario::scenarios;

    fn job() -> UploadJob {
        scenarios().next().unwrap().job(1)
    }

    fn secrets(job: &UploadJob) -> Secrets {
        Secrets::new(std::iter::once((Some(&job.credentials), Some(&job.path))))
    }

    fn masked(text: &str) -> String {
        secrets(&job()).mask(text).into_owned()
    }

    #[test]
    fn a_key_is_masked_in_every_form_and_nothing_else_is() {
        let key = job().credentials.secret_key;
        let percent = hexadecimal(key.as_bytes()).join("%").to_uppercase();
        let hex = hexadecimal(key.as_bytes()).join(":");
        let lines = key.as_bytes().chunks(5).map(|line| String::from_utf8_lossy(line));
        let lines: Vec<_> = lines.collect();
        let cut = format!("{}…", &key[..20]);
        for form in [&key, &percent, &hex, &lines.join("\n"), &lines.join("\\r\\n "), &cut] {
            let text = masked(&format!("key=\"{form}\", and more"));
            let rest = text.replace([':', '…', '%'], "");
            assert_eq!(rest, "key=\"<SecretKey>\", and more", "{form}");
        }
        for before in ["", "a", "ab", "id:"] {
            let encoded = STANDARD_NO_PAD.encode(format!("{before}{key}:x"));
            let text = masked(&format!("Basic {encoded}!"));
            assert!(text.contains("<SecretKey>") && text.len() < 30, "{text}");
        }
        let innocent = "request 2, filecontent, connection 2; é; abc def ghi jkl mno pqr stu";
        assert_eq!(masked(innocent), innocent);
    }

    #[test]
    fn a_signature_is_masked_whole_wherever_it_stands() {
        let job = job();
        let UploadJob { credentials, path, .. } = &job;
        for order in ["a={a}&b=bucket&k={k}&e=1&t=0&r=5&f=", "a={a}&k={k}&e=1&t=0&r=5&f=&b=bucket"]
        {
            let clear = order.replace("{a}", &path.appid).replace("{k}", &credentials.secret_id);
            let signature = Signature::sign(&credentials.secret_key, &clear);
            let escaped = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            for form in [&signature, &escaped] {
                assert_eq!(masked(&format!("sign={form}&x=y")), "sign=<signature>&x=y");
                assert_eq!(masked(&format!("\"{}…\"", &form[..60])), "\"<signature>…\"");
            }
        }
    }

    #[test]
    fn bytes_keep_their_number() {
        let job = job();
        let key = &job.credentials.secret_key;
        let mut bytes = [b"\xff\x00", key.as_bytes(), b"\xc3"].concat();
        secrets(&job).mask_bytes(&mut bytes);
        assert_eq!(bytes, [b"\xff\x00", "*".repeat(key.len()).as_bytes(), b"\xc3"].concat());
    }

    #[test]
    fn a_key_that_is_no_secret_hides_nothing() {
        let mut job = job();
        for key in ["", "e", "🔑"] {
            job.credentials.secret_key = key.to_owned();
            let text = "whatever 🔑 there is";
            assert!(secrets(&job).mask(text).ends_with("there is"), "{key}");
        }
    }
}
