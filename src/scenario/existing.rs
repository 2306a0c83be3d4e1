use super::{Entry, WITH_SHA, plain};
use crate::server::{Behaviour, Preexisting};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![same_file(), instant_hit()]
}

fn same_file() -> Entry {
    Entry {
        id: "existing/same-file",
        summary: "the same file is there already: an init with its sha is answered with its address and \
              no session, any other with -177",
        key: "/slicecheck/same-file.bin",
        behaviour: Behaviour { preexisting: Preexisting::SameFile, ..Behaviour::default() },
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn instant_hit() -> Entry {
    Entry {
        id: "existing/instant-hit",
        summary: "the client is asked for sha, and the service has the file elsewhere: init is answered \
                  with addresses, and no session",
        key: "/slicecheck/instant-hit.bin",
        wishes: WITH_SHA,
        behaviour: Behaviour { preexisting: Preexisting::Recognised, ..Behaviour::default() },
        control: Some("sha/upload"),
        ..plain()
    }
}
