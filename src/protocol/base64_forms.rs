//! How a text looks within the base64 of another.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// What the base64 of any text has in it that has `text` in it: three forms, by what stands before.
pub(crate) fn base64_forms(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..3).map(move |before| {
        let mut form = STANDARD_NO_PAD.encode([&vec![0; before], text].concat()).into_bytes();
        if !before.saturating_add(text.len()).is_multiple_of(3) {
            // Made of what follows, too.
            form.pop();
        }
        // The first digits are made of what stands before, too, which is not known.
        form.drain(..before.saturating_mul(4).div_ceil(3).min(form.len()));
        form
    })
}
