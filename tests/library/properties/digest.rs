use proptest::collection::vec;
use proptest::prelude::*;
use slicecheck::protocol::{cumulative_sha1, sha1_hex};

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
