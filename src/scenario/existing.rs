use super::session::forgotten_once;
use super::status::lost;
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
        other_file_replaced_small(),
        other_file_replaced_with_sha(),
        other_file_init_lost(),
        other_file_init_unavailable(),
        other_file_slice_refused(),
        other_file_finish_refused(),
        other_file_with_escapes(),
        other_file_upload_forgotten(),
        other_file_slice_without_code(),
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
        // By a sha alone can the service know what a file has in it [§2.2].
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
        // The default, said explicitly [§2.1].
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

/// Many clients send a file of less than 1 MiB in one request, whose fields another place of their code writes.
fn other_file_replaced_small() -> Entry {
    Entry {
        id: "existing/other-file-replaced-small",
        summary: "the client is asked for insertOnly=0, and another file is there already: a file of one slice \
                  replaces it",
        size: 345_678,
        key: "/slicecheck/other-file-small.bin",
        control: Some("happy/one-slice"),
        ..other_file_replaced()
    }
}

fn other_file_replaced_with_sha() -> Entry {
    Entry {
        id: "existing/other-file-replaced-with-sha",
        summary: "the client is asked for sha and insertOnly=0, and another file is there already: finish replaces it",
        key: "/slicecheck/other-file-sha.bin",
        wishes: Wishes { sha: true, ..REPLACING },
        control: Some("sha/upload"),
        ..other_file_replaced()
    }
}

/// Sent again, init may be refused for what was there before: the refusal says nothing about this file.
fn other_file_init_lost() -> Entry {
    Entry {
        id: "existing/other-file-init-lost",
        summary: "another file is there already; the connection of init is reset the first time, and then init is \
                  answered with -177, unless it has insertOnly=0",
        key: "/slicecheck/other-file-init-lost.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::OtherFile,
            ..strict([Fault::once(Trigger::Init, lost())])
        },
        control: Some("existing/other-file"),
        ..other_file()
    }
}

fn other_file_init_unavailable() -> Entry {
    let unavailable = Fault::once(Trigger::Init, Reaction::refusal(503, -5997));
    Entry {
        id: "existing/other-file-init-503-once",
        summary: "the client is asked for insertOnly=0, and another file is there already; init is answered with \
                  HTTP 503 the first time",
        key: "/slicecheck/other-file-init-503.bin",
        // Who sends init again without the wish is refused for good.
        behaviour: Behaviour { preexisting: Preexisting::OtherFile, ..strict([unavailable]) },
        control: Some("existing/other-file-replaced"),
        ..other_file_replaced()
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

/// `fuzz` found that qcloud-cos-py3 and cos-lib3 store such a file elsewhere: whoever looks whether it is there finds
/// the other one.
fn other_file_with_escapes() -> Entry {
    Entry {
        id: "existing/other-file-escaped-key",
        summary: "the client is asked for insertOnly=0, and another file is there already; its key has a plus, \
                  and a percent sign that looks like an escape",
        key: "/slicecheck/other+file 2=2 50%25.bin",
        control: Some("existing/other-file-replaced"),
        ..other_file_replaced()
    }
}

/// `fuzz` found that cos-lib3 claims success then, while the object is still the other file.
fn other_file_upload_forgotten() -> Entry {
    Entry {
        id: "existing/other-file-upload-forgotten",
        summary: "the client is asked for insertOnly=0, and another file is there already; the service forgets \
                  the upload at the second slice, and refuses the session: a new init starts again",
        key: "/slicecheck/other-file-forgotten.bin",
        behaviour: Behaviour { preexisting: Preexisting::OtherFile, ..strict([forgotten_once()]) },
        ..other_file_slice_refused()
    }
}

/// `fuzz` found the same of it, for a reply that says nothing.
fn other_file_slice_without_code() -> Entry {
    let unclear = Fault::always(Trigger::slice(1), Reaction::foreign(200, "{}"));
    Entry {
        id: "existing/other-file-slice-no-code",
        summary: "the client is asked for insertOnly=0, and another file is there already; the second slice \
                  is answered with JSON that says nothing, each time",
        key: "/slicecheck/other-file-no-code.bin",
        behaviour: Behaviour { preexisting: Preexisting::OtherFile, ..strict([unclear]) },
        ..other_file_slice_refused()
    }
}
