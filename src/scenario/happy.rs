use super::{Entry, MIB, plain};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        one_slice(),
        several_slices(),
        exact_multiple(),
        one_byte(),
        one_byte_less(),
        one_byte_more(),
        large(),
        larger(),
    ]
}

fn one_slice() -> Entry {
    Entry {
        id: "happy/one-slice",
        summary: "a file of exactly one slice",
        size: MIB,
        key: "/slicecheck/one-slice.bin",
        ..plain()
    }
}

fn several_slices() -> Entry {
    Entry {
        id: "happy/last-slice-short",
        summary: "a file of two slices and a shorter third",
        ..plain()
    }
}

fn exact_multiple() -> Entry {
    Entry {
        id: "happy/exact-multiple",
        summary: "a file of exactly three slices, without a shorter last one",
        size: 3 * MIB,
        key: "/slicecheck/exact-multiple.bin",
        ..plain()
    }
}

fn one_byte() -> Entry {
    Entry {
        id: "happy/one-byte",
        summary: "a file of one byte",
        // Whether an empty file has slices, no document says [§2.1].
        size: 1,
        key: "/slicecheck/one-byte.bin",
        ..plain()
    }
}

fn one_byte_more() -> Entry {
    Entry {
        id: "happy/one-byte-more",
        summary: "a file of two slices and one byte",
        size: 2 * MIB + 1,
        key: "/slicecheck/one-byte-more.bin",
        ..plain()
    }
}

fn one_byte_less() -> Entry {
    Entry {
        id: "happy/one-byte-less",
        summary: "a file of one slice without its last byte",
        size: MIB - 1,
        key: "/slicecheck/one-byte-less.bin",
        ..plain()
    }
}

fn large() -> Entry {
    Entry {
        id: "happy/large",
        summary: "a file of nine slices and five bytes: larger than some clients send in one request",
        // Some clients send up to 8 MiB in one request [§9.2].
        size: 9 * MIB + 5,
        key: "/slicecheck/large.bin",
        ..plain()
    }
}

fn larger() -> Entry {
    Entry {
        id: "happy/larger",
        summary: "a file of one byte more than the service takes in one request",
        // `upload` takes 20 MiB [§2.1].
        size: 20 * MIB + 1,
        key: "/slicecheck/larger.bin",
        ..plain()
    }
}
