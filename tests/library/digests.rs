//! The cumulative SHA-1 of `uploadparts` against what was published.

use slicecheck::protocol::{CumulativeSha1, cumulative_sha1};

const MIB: usize = 1_048_576;

/// The table of known answers [CALC §2.2].
#[test]
fn cumulative_digests_are_the_published_little_endian_states() {
    let (a, zeros) = ([b'a'; 130], vec![0; 2 * MIB + 5]);
    let one_block = "eb6849da1f7c372e528f4e88eb4b5283bdbd4ee7";
    let table: [(&[u8], usize, &[&str]); 4] = [
        (&a[..128], 64, &[one_block, "ad5b3fdbcb526778c2839d2f151ea753995e26a0"]),
        (
            &a,
            64,
            &[
                one_block,
                "4929a00b382871dee5769e6881f85b884434ba17",
                "e1cd437ec3e8a60db34e1d150a4fc73882d83b41",
            ],
        ),
        (
            &zeros[..128],
            64,
            &[
                "e504b492ed8c58564ecd1a6c683f05bf933af709",
                "0ae4f711ef5d6e9d26c611fd2c8c8ac45ecbf9e7",
            ],
        ),
        (
            &zeros,
            MIB,
            &[
                "99c460eef9b1336489cc206bcde3f3a58b5a6466",
                "0e555f3d864fa4796ebc5c499da6fc8bcc0408bf",
                "e7eec01201d5fa3442510a2d35f173ffbceac1fa",
            ],
        ),
    ];
    for (content, slice_size, shas) in table {
        assert_eq!(cumulative_sha1(content, slice_size).unwrap(), shas);
    }
}

/// Of nine slices and a short one [CALC §2.2], of which only a buffer is ever in memory.
#[test]
fn a_file_larger_than_the_memory_taken_has_its_published_digests() {
    let mut running = CumulativeSha1::new();
    let buffer = [0; 4096];
    let mut shas = Vec::new();
    for _ in 0..9 {
        for _ in 0..MIB / buffer.len() {
            running.update(&buffer);
        }
        shas.push(running.datasha().unwrap());
    }
    running.update(&buffer[..5]);
    shas.push(running.finish());
    assert_eq!(shas[9], "a02c0338bcdd4a904c66144c8f18925b39dfab5e");
    assert_eq!(shas[..2], cumulative_sha1(&vec![0; 2 * MIB + 5], MIB).unwrap()[..2]);
    assert_eq!(shas, cumulative_sha1(&vec![0; 9 * MIB + 5], MIB).unwrap());
}

#[test]
fn a_slice_size_off_sha1s_block_grid_has_no_cumulative_digests() {
    assert_eq!(cumulative_sha1(b"abc", 100), None);
    assert_eq!(cumulative_sha1(b"abc", 0), None);
}
