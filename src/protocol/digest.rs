use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::digest::common::hazmat::SerializableState;
use sha1::{Digest, Sha1};

/// SHA-1 of `bytes` as 40 lower-case hex digits: the form of every `sha` field [SEED L51].
pub fn sha1_hex(bytes: &[u8]) -> String {
    hex(&Sha1::digest(bytes))
}

/// MD5 of `bytes` as 32 lower-case hex digits: the form of `datamd5` [SEED L87].
pub fn md5_hex(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

/// HMAC-SHA1 of `message`, the raw 20 bytes that open every signature [DOC17 6054].
pub fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The `datasha` of each slice of `uploadparts`, in order [CALC §2.2].
///
/// One SHA-1 runs over the whole content. Behind every slice but the last its five chaining words
/// are written out as they are, each in little-endian order; the last value is the finished SHA-1 of
/// the whole. `None` unless `slice_size` is a multiple of SHA-1's block of 64 bytes.
pub fn cumulative_sha1(content: &[u8], slice_size: usize) -> Option<Vec<String>> {
    if slice_size == 0 || !slice_size.is_multiple_of(64) {
        return None;
    }
    let mut running = Sha1::new();
    let mut shas = Vec::new();
    let mut slices = content.chunks(slice_size).peekable();
    while let Some(slice) = slices.next() {
        running.update(slice);
        if slices.peek().is_some() {
            // A hasher is saved as its five words in little-endian order, and then its counters.
            shas.push(hex(running.serialize().get(..20)?));
        }
    }
    shas.push(hex(&running.finalize()));
    Some(shas)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::cumulative_sha1;

    #[test]
    fn cumulative_digests_are_the_published_little_endian_states() {
        assert_eq!(
            cumulative_sha1(&[b'a'; 130], 64).unwrap(),
            [
                "eb6849da1f7c372e528f4e88eb4b5283bdbd4ee7",
                "4929a00b382871dee5769e6881f85b884434ba17",
                "e1cd437ec3e8a60db34e1d150a4fc73882d83b41"
            ]
        );
        assert_eq!(
            cumulative_sha1(&vec![0; 2 * 1_048_576 + 5], 1_048_576).unwrap(),
            [
                "99c460eef9b1336489cc206bcde3f3a58b5a6466",
                "0e555f3d864fa4796ebc5c499da6fc8bcc0408bf",
                "e7eec01201d5fa3442510a2d35f173ffbceac1fa"
            ]
        );
    }

    #[test]
    fn a_slice_size_off_sha1s_block_grid_has_no_cumulative_digests() {
        assert_eq!(cumulative_sha1(b"abc", 100), None);
        assert_eq!(cumulative_sha1(b"abc", 0), None);
    }
}
