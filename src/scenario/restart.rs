use super::{Entry, lax, plain, strict};
use crate::protocol::Machine;
use crate::server::{Fault, Reaction, Storing, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![first_slice_lost(), slice_lost(), slice_lost_lax(), slice_stored(), last_slice_lost()]
}

fn restarting() -> Machine {
    Machine { restarts: true, ..Machine::default() }
}

/// The slice of this index reaches the service, and the client hears nothing.
fn unheard(slice: u64, stored: Storing) -> [Fault; 1] {
    let reaction = Reaction { stored, ..Reaction::reset() };
    [Fault::once(Trigger::slice(slice), reaction)]
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
