use super::{Entry, WITH_SHA, lax, plain, strict};
use crate::protocol::Machine;
use crate::server::{Behaviour, Fault, Reaction, SliceSize, Storing, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        first_slice_lost(),
        slice_lost(),
        slice_lost_lax(),
        slice_stored(),
        last_slice_lost(),
        smaller_slices(),
        upload_forgotten(),
        upload_forgotten_lax(),
        finish_lost(),
        finish_done(),
    ]
}

fn restarting() -> Machine {
    Machine { restarts: true, ..Machine::default() }
}

/// The slice of this index reaches the service, and the client hears nothing.
fn unheard(slice: u64, stored: Storing) -> [Fault; 1] {
    [Fault::once(Trigger::slice(slice), silent(stored))]
}

/// This is done with the request, and the client hears nothing.
fn silent(stored: Storing) -> Reaction {
    Reaction { stored, ..Reaction::reset() }
}

fn slice_lost() -> Entry {
    Entry {
        id: "restart/slice-lost",
        summary: "the client is killed when it has sent the second slice, which is lost, and started again",
        key: "/slicecheck/restart-slice-lost.bin",
        machine: restarting(),
        // Who notes a slice as sent before it is acknowledged leaves it out after the restart.
        behaviour: strict(unheard(1, Storing::Nothing)),
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn slice_lost_lax() -> Entry {
    Entry {
        id: "restart/slice-lost-finish-lax",
        summary: "the client is killed when it has sent the second slice, which is lost, and started again; \
                  finish does not notice what is missing",
        key: "/slicecheck/restart-lax.bin",
        behaviour: lax(unheard(1, Storing::Nothing)),
        ..slice_lost()
    }
}

fn first_slice_lost() -> Entry {
    Entry {
        id: "restart/first-slice-lost",
        summary: "the client is killed when it has sent the first slice, which is lost, and started again",
        key: "/slicecheck/restart-first-lost.bin",
        behaviour: strict(unheard(0, Storing::Nothing)),
        ..slice_lost()
    }
}

fn slice_stored() -> Entry {
    Entry {
        id: "restart/slice-stored",
        summary: "the client is killed before it hears that the second slice is stored, and started again",
        key: "/slicecheck/restart-slice-stored.bin",
        // Who does not know sends it again, which is no mistake [§3.3].
        behaviour: strict(unheard(1, Storing::AsSent)),
        ..slice_lost()
    }
}

fn last_slice_lost() -> Entry {
    Entry {
        id: "restart/last-slice-lost",
        summary: "the client is killed when it has sent the last slice, which is lost, and started again",
        key: "/slicecheck/restart-last-lost.bin",
        behaviour: strict(unheard(2, Storing::Nothing)),
        ..slice_lost()
    }
}

fn smaller_slices() -> Entry {
    Entry {
        id: "restart/smaller-slice-size",
        summary: "the service grants a smaller slice_size than is asked for; the client is killed when it has sent \
                  the third slice, which is lost, and started again",
        key: "/slicecheck/restart-smaller-slices.bin",
        // Who takes the size that it asks for goes on beside the grid of the list.
        behaviour: Behaviour {
            slice_size: SliceSize::Fixed(524_288),
            ..strict(unheard(2, Storing::Nothing))
        },
        control: Some("server-choice/smaller-slice-size"),
        ..slice_lost()
    }
}

fn upload_forgotten() -> Entry {
    Entry {
        id: "restart/upload-forgotten",
        summary: "the client is killed when it has sent the last slice, and started again; meanwhile the service \
                  has forgotten the upload",
        key: "/slicecheck/restart-forgotten.bin",
        // How long a session lives, no document says [§3.3]: what was noted of the old one counts no more.
        behaviour: strict(unheard(2, Storing::Forgotten)),
        ..slice_lost()
    }
}

fn upload_forgotten_lax() -> Entry {
    Entry {
        id: "restart/upload-forgotten-finish-lax",
        summary: "the client is killed when it has sent the last slice, and started again; meanwhile the service \
                  has forgotten the upload, and finish does not notice what is missing",
        key: "/slicecheck/restart-forgotten-lax.bin",
        behaviour: lax(unheard(2, Storing::Forgotten)),
        ..slice_lost()
    }
}

fn finish_lost() -> Entry {
    Entry {
        id: "restart/finish-lost",
        summary: "the client is killed when it has sent finish, which is lost, and started again",
        key: "/slicecheck/restart-finish-lost.bin",
        // That all slices have arrived does not make an object of them.
        behaviour: strict([Fault::once(Trigger::Finish, silent(Storing::Nothing))]),
        ..slice_lost()
    }
}

fn finish_done() -> Entry {
    Entry {
        id: "restart/finish-done",
        summary: "the client is asked for sha, killed before it hears that finish is done, and started again",
        key: "/slicecheck/restart-finish-done.bin",
        // By a sha alone can it learn that the object is its own [§2.2]: any other init is answered with -177.
        wishes: WITH_SHA,
        behaviour: strict([Fault::once(Trigger::Finish, silent(Storing::AsSent))]),
        control: Some("sha/upload"),
        ..slice_lost()
    }
}
