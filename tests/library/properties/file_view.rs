use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use slicecheck::protocol::{FileView, md5_hex, sha1_hex};

use super::config;

const LENGTH: usize = 64;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_sparse_file_reads_as_its_bytes_in_memory_would(
        runs in runs(),
        (start, end) in (0..=LENGTH, 0..=LENGTH),
        flipped in 0..LENGTH,
    ) {
        let mut bytes = vec![0; LENGTH];
        for (offset, run) in &runs {
            bytes[*offset..][..run.len()].copy_from_slice(run);
        }
        let sparse = runs.into_iter().map(|(offset, run)| (offset as u64, Bytes::from(run)));
        let sparse = FileView::sparse(LENGTH as u64, sparse).unwrap();
        let memory = FileView::from(bytes.clone());
        let range = start as u64..end as u64;
        let expected = (start <= end).then(|| Bytes::copy_from_slice(&bytes[start..end]));
        for view in [&sparse, &memory] {
            prop_assert_eq!(view.bytes(range.clone()), expected.clone());
            prop_assert_eq!(view.whole(), Some(bytes.clone().into()));
            prop_assert_eq!(view.sha1(), Some(sha1_hex(&bytes)));
            prop_assert_eq!(view.md5(), Some(md5_hex(&bytes)));
            if let Some(expected) = &expected {
                let is_zero = expected.iter().all(|byte| *byte == 0);
                prop_assert_eq!(view.is_zero(range.clone()), is_zero);
            }
        }
        let mut other = bytes.clone();
        other[flipped] ^= 1;
        for view in [sparse, memory] {
            prop_assert!(view.matches(start as u64, &bytes[start..]));
            prop_assert_eq!(view.matches(start as u64, &other[start..]), flipped < start);
            prop_assert!(!view.matches(1, &bytes), "beyond the end");
        }
    }
}

#[test]
fn runs_that_overlap_or_go_beyond_the_end_make_no_file() {
    let run = |offset| (offset, Bytes::from_static(b"run"));
    assert!(FileView::sparse(8, [run(5), run(2)]).is_some());
    assert!(FileView::sparse(8, [run(2), run(4)]).is_none());
    assert!(FileView::sparse(8, [run(6)]).is_none());
    assert!(FileView::sparse(u64::MAX, [run(u64::MAX - 2)]).is_none());
}

#[test]
fn bytes_of_a_large_file_are_found_across_the_ends_of_its_runs() {
    let far = 5 << 30;
    let run: Bytes = vec![7; 3 << 20].into();
    let file = FileView::sparse(64 << 30, [(far, run.clone())]).unwrap();
    let mut around = vec![0; 5 << 20];
    around[1 << 20..4 << 20].copy_from_slice(&run);
    assert!(file.matches(far - (1 << 20), &around));
    around[(5 << 20) - 1] = 1;
    assert!(!file.matches(far - (1 << 20), &around));
    assert_eq!(file.bytes(0..FileView::MOST_BYTES + 1), None);
    assert_eq!((file.sha1(), file.md5()), (None, None));
    assert!(file.is_zero(0..far) && !file.is_zero(0..far + 1));
}

/// Runs of bytes at places that do not overlap, in any order; many of the bytes are zeros.
fn runs() -> impl Strategy<Value = Vec<(usize, Vec<u8>)>> {
    let run = vec(0..3_u8, 0..16);
    vec((0..16_usize, run), 0..5).prop_map(|gaps| {
        let mut end = 0;
        let mut runs = Vec::new();
        for (gap, run) in gaps {
            let offset = end + gap;
            end = offset + run.len();
            if end <= LENGTH {
                runs.push((offset, run));
            }
        }
        runs.reverse();
        runs
    })
}
