use proptest::collection::vec;
use proptest::prelude::*;
use sha1::digest::common::hazmat::SerializableState;
use sha1::{Digest, Sha1};
use slicecheck::protocol::{CumulativeSha1, cumulative_sha1, sha1_hex};

use super::config;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_last_cumulative_digest_is_that_of_the_whole(
        content in vec(any::<u8>(), 0..1000),
        blocks in 1_usize..5,
    ) {
        let shas = cumulative_sha1(&content, blocks * 64).unwrap();
        prop_assert_eq!(shas.last(), Some(&sha1_hex(&content)));
        prop_assert_eq!(shas.len(), content.len().div_ceil(blocks * 64).max(1));
        prop_assert!(shas.iter().all(|sha| sha.len() == 40));
    }

    /// A hasher of its crate is saved as its five words in little-endian order, and then its counters.
    #[test]
    fn a_running_digest_is_the_same_in_whatever_pieces_the_bytes_come(
        pieces in vec(vec(any::<u8>(), 0..200), 0..12),
    ) {
        let mut running = CumulativeSha1::new();
        let mut whole = Sha1::new();
        let mut length = 0;
        for piece in &pieces {
            running.update(piece);
            whole.update(piece);
            length += piece.len();
            let saved = whole.serialize();
            let words = saved[..20].iter().map(|byte| format!("{byte:02x}"));
            let expected = (length % 64 == 0).then(|| words.collect::<String>());
            prop_assert_eq!(running.datasha(), expected);
        }
        prop_assert_eq!(running.finish(), sha1_hex(&pieces.concat()));
    }

    #[test]
    fn digests_of_slices_taken_on_the_way_are_those_taken_at_once(
        content in vec(any::<u8>(), 1..1000),
        slice_size in (1_usize..5).prop_map(|blocks| blocks * 64),
        piece in 1_usize..100,
    ) {
        let mut running = CumulativeSha1::new();
        let mut shas = Vec::new();
        for slice in content.chunks(slice_size) {
            shas.extend(running.datasha().filter(|_| slice.as_ptr() != content.as_ptr()));
            slice.chunks(piece).for_each(|bytes| running.update(bytes));
        }
        shas.push(running.finish());
        prop_assert_eq!(cumulative_sha1(&content, slice_size), Some(shas));
    }

    #[test]
    fn cumulative_digests_depend_only_on_what_came_before(
        content in vec(any::<u8>(), 256..600),
        tail in vec(any::<u8>(), 1..200),
    ) {
        let whole = cumulative_sha1(&content, 64).unwrap();
        let longer = cumulative_sha1(&[content, tail].concat(), 64).unwrap();
        prop_assert_eq!(&whole[..whole.len() - 1], &longer[..whole.len() - 1]);
    }
}
