use super::{Entry, plain, strict};
use crate::server::{Fault, Reaction, Storing, Trigger};

// Finish is strict in all of them: a client that takes the service at its word cannot know better.
pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        storage(
            "storage/slice-altered",
            "the second slice is stored with one bit changed, the first time: its datamd5 tells, and finish \
         refuses with -4016",
            [once(Trigger::slice(1), Storing::Altered)],
        ),
        storage(
            "storage/slice-altered-always",
            "the last slice is stored with one bit changed, each time: its datamd5 tells, and finish \
         refuses with -4016",
            [Fault::always(Trigger::LAST_SLICE, Reaction::stored(Storing::Altered))],
        ),
        storage(
            "storage/slice-halved",
            "the second half of the second slice is lost, the first time: datalen and datamd5 tell, and \
         finish refuses with -29144",
            [once(Trigger::slice(1), Storing::Halved)],
        ),
        storage(
            "storage/last-slice-halved",
            "the second half of the last slice is lost, the first time: datalen and datamd5 tell, and \
         finish refuses with -29144",
            [once(Trigger::LAST_SLICE, Storing::Halved)],
        ),
        storage(
            "storage/slice-dropped",
            "the first slice is acknowledged and not stored, the first time: the list tells, and finish \
         refuses with -29144",
            [once(Trigger::slice(0), Storing::Nothing)],
        ),
    ]
}

fn storage(id: &'static str, summary: &'static str, faults: impl Into<Vec<Fault>>) -> Entry {
    Entry {
        id,
        summary,
        key: "/slicecheck/storage.bin",
        behaviour: strict(faults),
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn once(at: Trigger, stored: Storing) -> Fault {
    Fault::once(at, Reaction::stored(stored))
}
