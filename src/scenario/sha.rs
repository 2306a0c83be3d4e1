use super::{Entry, MIB, WITH_SHA, plain, strict};
use crate::server::{Fault, Reaction, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        upload(),
        one_slice(),
        twelve_slices(),
        init_503_once(),
        slice_503_once(),
        slice_503_twice(),
        finish_503_once(),
    ]
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

fn twelve_slices() -> Entry {
    Entry {
        id: "sha/twelve-slices",
        summary: "the client is asked for sha and uploadparts: twelve slices, whose offsets have one to eight digits",
        // Who sorts offsets as text changes their order from eleven slices on.
        size: 11 * MIB + 7,
        key: "/slicecheck/twelve-with-sha.bin",
        wishes: WITH_SHA,
        control: Some("sha/upload"),
        ..plain()
    }
}

/// The client is asked for sha, and this is answered with HTTP 503 the first time: what is sent again has all
/// the fields of what was refused.
fn unavailable_once(trigger: Trigger) -> Entry {
    Entry {
        wishes: WITH_SHA,
        behaviour: strict([Fault::once(trigger, Reaction::refusal(503, -5997))]),
        control: Some("sha/upload"),
        ..plain()
    }
}

fn init_503_once() -> Entry {
    Entry {
        id: "sha/init-503-once",
        summary: "the client is asked for sha and uploadparts: init is answered with HTTP 503 the first time",
        key: "/slicecheck/sha-init-503.bin",
        ..unavailable_once(Trigger::Init)
    }
}

fn slice_503_once() -> Entry {
    Entry {
        id: "sha/slice-503-once",
        summary: "the client is asked for sha: the second slice is answered with HTTP 503 the first time",
        key: "/slicecheck/sha-slice-503.bin",
        ..unavailable_once(Trigger::slice(1))
    }
}

fn slice_503_twice() -> Entry {
    let unavailable = Reaction::refusal(503, -5997);
    Entry {
        id: "sha/slice-503-twice",
        summary: "the client is asked for sha: the second slice is answered with HTTP 503 the first two times",
        key: "/slicecheck/sha-slice-503-twice.bin",
        behaviour: strict([Fault {
            trigger: Trigger::slice(1),
            reactions: vec![unavailable.clone(), unavailable],
            repeats: false,
        }]),
        ..unavailable_once(Trigger::slice(1))
    }
}

fn finish_503_once() -> Entry {
    Entry {
        id: "sha/finish-503-once",
        summary: "the client is asked for sha: finish is answered with HTTP 503 the first time",
        key: "/slicecheck/sha-finish-503.bin",
        ..unavailable_once(Trigger::Finish)
    }
}
