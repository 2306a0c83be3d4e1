use super::{Entry, MIB, WITH_SHA, plain};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![upload(), one_slice()]
}

fn upload() -> Entry {
    Entry {
        id: "sha/upload",
        summary: "the client is asked for sha and uploadparts: three slices, the last one short",
        key: "/slicecheck/with-sha.bin",
        wishes: WITH_SHA,
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn one_slice() -> Entry {
    Entry {
        id: "sha/one-slice",
        summary: "the client is asked for sha and uploadparts: the file is exactly one slice",
        // Its only datasha is the SHA-1 of the file: that of a last slice is finalised [§2.2].
        size: MIB,
        key: "/slicecheck/one-with-sha.bin",
        wishes: WITH_SHA,
        control: Some("happy/one-slice"),
        ..plain()
    }
}
