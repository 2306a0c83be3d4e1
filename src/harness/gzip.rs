//! gzip's format (RFC 1952), for bodies of replies.

use std::io::{self, Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// More than any reply has, decompressed, in bytes.
const LONGEST: u64 = 64 << 20;

pub(super) fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("a vector takes all bytes");
    encoder.finish().expect("a vector takes all bytes")
}

/// The bytes that were compressed, the first 64 MiB of them.
pub(super) fn decompress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    // A short body may stand for gigabytes.
    GzDecoder::new(bytes).take(LONGEST).read_to_end(&mut all)?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::{compress, decompress};

    #[test]
    fn what_was_compressed_is_what_comes_out_and_half_of_it_is_an_error() {
        for length in [0, 1, 100_000] {
            let bytes = vec![b'x'; length];
            let compressed = compress(&bytes);
            assert!(compressed.starts_with(&[0x1f, 0x8b, 8]));
            assert_eq!(decompress(&compressed).unwrap(), bytes);
            assert!(decompress(&compressed[..compressed.len() / 2]).is_err());
        }
    }
}
