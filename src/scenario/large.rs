use super::{Content, Entry, MIB, plain};
use crate::server::{Behaviour, Preexisting, SliceSize};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![above_20_mib(), thousand_slices(), above_2_gib(), above_4_gib(), sixty_four_gib()]
}

/// What sends more than 64 MiB, and is played only where that is asked for.
pub(super) fn uploads() -> Vec<Entry> {
    vec![whole_above_2_gib()]
}

fn whole_above_2_gib() -> Entry {
    Entry {
        id: "large/whole-above-2-gib",
        summary: "a file of 2 GiB and one byte, all of which is sent",
        size: 2 * GIB + 1,
        content: Content::Sparse(vec![2047, 2048]),
        key: "/slicecheck/whole-above-2-gib.bin",
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

const GIB: usize = 1 << 30;

fn above_20_mib() -> Entry {
    Entry {
        id: "large/above-20-mib",
        summary: "a file of 21 MiB, one more than is taken in one request",
        size: 21 * MIB,
        key: "/slicecheck/above-20-mib.bin",
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn thousand_slices() -> Entry {
    Entry {
        id: "large/thousand-slices",
        summary: "init answers -4019: the list names 1,000 slices, all but one in the middle and the last",
        size: 1001 * MIB + 9,
        key: "/slicecheck/thousand-slices.bin",
        ..resumed(&[500, 1001], SliceSize::Asked)
    }
}

fn above_2_gib() -> Entry {
    Entry {
        id: "large/resume-above-2-gib",
        summary: "init answers -4019: the list names all slices but those before and after 2 GiB and the \
                  last",
        // A signed number of 32 bits ends there.
        size: 2 * GIB + MIB + 9,
        key: "/slicecheck/resume-above-2-gib.bin",
        ..resumed(&[2047, 2048, 2049], SliceSize::Asked)
    }
}

fn above_4_gib() -> Entry {
    Entry {
        id: "large/resume-above-4-gib",
        summary: "init answers -4019: the list names all slices but those before and after 4 GiB and the \
                  last",
        // An unsigned number of 32 bits ends there.
        size: 4 * GIB + MIB + 9,
        key: "/slicecheck/resume-above-4-gib.bin",
        ..resumed(&[4095, 4096, 4097], SliceSize::Asked)
    }
}

fn sixty_four_gib() -> Entry {
    // Two MiB are the largest documented slice size that 2 GiB are a multiple of.
    let slice_size = SliceSize::Fixed(2_097_152);
    Entry {
        id: "large/sixty-four-gib",
        summary: "init answers -4019: the largest file there can be; the list names all slices of 2 MiB \
                  but those before and after 2 and 4 GiB and the last",
        size: 64 * GIB,
        key: "/slicecheck/sixty-four-gib.bin",
        ..resumed(&[1023, 1024, 2047, 2048, 32_767], slice_size)
    }
}

/// An interrupted upload of a file of zeros that has left all slices but these; there is noise in them.
///
/// A client that sends all slices would send gigabytes: it is told to stop long before.
fn resumed(missing: &[u64], slice_size: SliceSize) -> Entry {
    Entry {
        content: Content::Sparse(missing.to_vec()),
        behaviour: Behaviour {
            slice_size,
            preexisting: Preexisting::UnfinishedBut(missing.to_vec()),
            most_content: Some(48 << 20),
            ..Behaviour::default()
        },
        control: Some("resume/hole-in-the-middle"),
        ..plain()
    }
}
