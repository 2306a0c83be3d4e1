use super::{MIB, PLAIN, Scenario};

pub(super) const SCENARIOS: &[Scenario] = &[
    ONE_SLICE,
    SEVERAL_SLICES,
    EXACT_MULTIPLE,
    ONE_BYTE,
    ONE_BYTE_LESS,
    ONE_BYTE_MORE,
    LARGE,
    LARGER,
];

const ONE_SLICE: Scenario = Scenario {
    id: "happy/one-slice",
    summary: "a file of exactly one slice",
    size: MIB,
    key: "/slicecheck/one-slice.bin",
    ..PLAIN
};

const SEVERAL_SLICES: Scenario = Scenario {
    id: "happy/last-slice-short",
    summary: "a file of two slices and a shorter third",
    ..PLAIN
};

const EXACT_MULTIPLE: Scenario = Scenario {
    id: "happy/exact-multiple",
    summary: "a file of exactly three slices, without a shorter last one",
    size: 3 * MIB,
    key: "/slicecheck/exact-multiple.bin",
    ..PLAIN
};

const ONE_BYTE: Scenario = Scenario {
    id: "happy/one-byte",
    summary: "a file of one byte",
    size: 1,
    key: "/slicecheck/one-byte.bin",
    ..PLAIN
};

const ONE_BYTE_MORE: Scenario = Scenario {
    id: "happy/one-byte-more",
    summary: "a file of two slices and one byte",
    size: 2 * MIB + 1,
    key: "/slicecheck/one-byte-more.bin",
    ..PLAIN
};

const ONE_BYTE_LESS: Scenario = Scenario {
    id: "happy/one-byte-less",
    summary: "a file of one slice without its last byte",
    size: MIB - 1,
    key: "/slicecheck/one-byte-less.bin",
    ..PLAIN
};

const LARGE: Scenario = Scenario {
    id: "happy/large",
    summary: "a file of nine slices and five bytes: larger than some clients send in one request",
    size: 9 * MIB + 5,
    key: "/slicecheck/large.bin",
    ..PLAIN
};

const LARGER: Scenario = Scenario {
    id: "happy/larger",
    summary: "a file of one byte more than the service takes in one request",
    size: 20 * MIB + 1,
    key: "/slicecheck/larger.bin",
    ..PLAIN
};
