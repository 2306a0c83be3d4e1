//! A service that falls silent: it takes a request, and no byte of a reply ever comes.
//!
//! They are played with `--patience` alone, as a client has to wait until it gives up. The next attempt is
//! answered as always.

use super::matrix::{SMALL_SLICES, TWELVE_SLICES};
use super::{Entry, MIB, lax, plain, strict};
use crate::protocol::Delivery;
use crate::server::{Behaviour, Fault, Preexisting, Reaction, Storing, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![init(), slice(), slice_lost(), list(), finish(), finish_lost()]
}

fn init() -> Entry {
    Entry {
        id: "patience/init",
        summary: "init gets no reply the first time, and opens no upload",
        behaviour: strict([lost(Trigger::Init)]),
        ..silent()
    }
}

fn slice() -> Entry {
    Entry {
        id: "patience/slice",
        summary: "the slice in the middle is stored, and gets no reply the first time",
        behaviour: strict([done(Trigger::MIDDLE_SLICE)]),
        ..twelve_slices()
    }
}

fn slice_lost() -> Entry {
    Entry {
        id: "patience/slice-not-stored",
        summary: "the slice in the middle gets no reply the first time, and is not stored; finish would \
                  not notice",
        behaviour: lax([lost(Trigger::MIDDLE_SLICE)]),
        ..twelve_slices()
    }
}

fn list() -> Entry {
    Entry {
        id: "patience/list",
        summary: "init answers -4019; the list gets no reply the first time",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![0]),
            ..strict([lost(Trigger::List)])
        },
        control: Some("resume/init-in-progress"),
        ..silent()
    }
}

fn finish() -> Entry {
    Entry {
        id: "patience/finish",
        summary: "the file is stored, and finish gets no reply the first time",
        behaviour: strict([done(Trigger::Finish)]),
        ..silent()
    }
}

fn finish_lost() -> Entry {
    Entry {
        id: "patience/finish-not-done",
        summary: "finish gets no reply the first time, and nothing is done",
        behaviour: strict([lost(Trigger::Finish)]),
        ..silent()
    }
}

/// What these scenarios have in common.
fn silent() -> Entry {
    Entry {
        size: MIB + 12_345,
        key: "/slicecheck/patience.bin",
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn twelve_slices() -> Entry {
    Entry { size: TWELVE_SLICES, slice_size: SMALL_SLICES, ..silent() }
}

fn done(trigger: Trigger) -> Fault {
    Fault::once(trigger, Reaction::delivered(Delivery::Unanswered))
}

fn lost(trigger: Trigger) -> Fault {
    let stored = Storing::Nothing;
    Fault::once(trigger, Reaction { stored, ..Reaction::delivered(Delivery::Unanswered) })
}
