use super::{Entry, WITH_SHA, plain, strict};
use crate::protocol::Wishes;
use crate::server::{Behaviour, Fault, Preexisting, Reaction, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        same_file(),
        instant_hit(),
        other_file(),
        other_file_kept(),
        other_file_replaced(),
        other_file_slice_refused(),
        other_file_finish_refused(),
    ]
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

const REPLACING: Wishes = Wishes { sha: false, insert_only: Some(false) };

fn other_file() -> Entry {
    Entry {
        id: "existing/other-file",
        summary: "another file is there already: init is answered with -177, unless it has insertOnly=0",
        key: "/slicecheck/other-file.bin",
        behaviour: Behaviour { preexisting: Preexisting::OtherFile, ..Behaviour::default() },
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn other_file_kept() -> Entry {
    Entry {
        id: "existing/other-file-kept",
        summary: "the client is asked for insertOnly=1, and another file is there already: init is answered \
                  with -177",
        key: "/slicecheck/other-file-kept.bin",
        wishes: Wishes { sha: false, insert_only: Some(true) },
        ..other_file()
    }
}

fn other_file_replaced() -> Entry {
    Entry {
        id: "existing/other-file-replaced",
        summary: "the client is asked for insertOnly=0, and another file is there already: finish replaces it",
        key: "/slicecheck/other-file-replaced.bin",
        wishes: REPLACING,
        ..other_file()
    }
}

fn other_file_slice_refused() -> Entry {
    let refused = Fault::always(Trigger::slice(1), Reaction::refusal(503, -5997));
    Entry {
        id: "existing/other-file-slice-refused",
        summary: "the client is asked for insertOnly=0, and another file is there already; the second slice \
                  is answered with -5997 each time",
        key: "/slicecheck/other-file-slice.bin",
        behaviour: Behaviour { preexisting: Preexisting::OtherFile, ..strict([refused]) },
        control: Some("existing/other-file-replaced"),
        ..other_file_replaced()
    }
}

fn other_file_finish_refused() -> Entry {
    let refused = Fault::always(Trigger::Finish, Reaction::refusal(503, -5997));
    Entry {
        id: "existing/other-file-finish-refused",
        summary: "the client is asked for insertOnly=0, and another file is there already; finish is \
                  answered with -5997 each time",
        key: "/slicecheck/other-file-finish.bin",
        behaviour: Behaviour { preexisting: Preexisting::OtherFile, ..strict([refused]) },
        ..other_file_slice_refused()
    }
}
