//! The bytes of a place, as reports show them.

use super::View;
use super::secrets::Secrets;
use crate::results::Excerpt;

/// The rows that are shown. Bytes of secrets are asterisks, unless they are to be seen.
pub(super) fn shown(excerpt: &Excerpt, view: View, secrets: &Secrets) -> Vec<u8> {
    let mut bytes = excerpt.bytes.clone();
    // Before the rows are cut out: a secret without its end is one, too.
    secrets.mask_bytes(&mut bytes);
    for proof in excerpt.signatures.iter().filter(|_| !view.show_secrets) {
        if let Some(proof) = bytes.get_mut(proof.clone()) {
            proof.fill(b'*');
        }
    }
    let here = |place: usize| place.saturating_sub(excerpt.from).min(bytes.len());
    // The last row is shown to its end.
    let end = excerpt.rows.start + excerpt.rows.len().next_multiple_of(16);
    bytes.get(here(excerpt.rows.start)..here(end)).unwrap_or_default().to_vec()
}
