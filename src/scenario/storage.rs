use super::{Entry, lax, plain, strict};
use crate::server::{Fault, Reaction, Storing, Trigger};

// Where nothing but the list tells, finish is strict: a client that takes the service at its word cannot know
// better. Where the reply to the slice tells, there is a twin in which finish would not notice.
pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        storage(
            "storage/slice-altered",
            "the second slice is stored with one bit changed, the first time: datamd5 shows it, and finish \
         refuses with -4016",
            [once(Trigger::slice(1), Storing::Altered)],
        ),
        storage(
            "storage/slice-altered-always",
            "the last slice is stored with one bit changed, each time: datamd5 shows it, and finish \
         refuses with -4016",
            [Fault::always(Trigger::LAST_SLICE, Reaction::stored(Storing::Altered))],
        ),
        storage(
            "storage/slice-halved",
            "the second half of the second slice is lost, the first time: datalen and datamd5 show it, and \
         finish refuses with -29144",
            [once(Trigger::slice(1), Storing::Halved)],
        ),
        storage(
            "storage/last-slice-halved",
            "the second half of the last slice is lost, the first time: datalen and datamd5 show it, and \
         finish refuses with -29144",
            [once(Trigger::LAST_SLICE, Storing::Halved)],
        ),
        storage(
            "storage/slice-dropped",
            "the first slice is acknowledged and not stored, the first time: the list tells, and finish \
         refuses with -29144",
            [once(Trigger::slice(0), Storing::Nothing)],
        ),
        storage_lax(
            "storage/slice-altered-lax",
            "the second slice is stored with one bit changed, the first time: datamd5 shows it, finish would \
         not notice",
            [once(Trigger::slice(1), Storing::Altered)],
        ),
        storage_lax(
            "storage/slice-altered-always-lax",
            "the last slice is stored with one bit changed, each time: datamd5 shows it, finish would not \
         notice",
            [Fault::always(Trigger::LAST_SLICE, Reaction::stored(Storing::Altered))],
        ),
        storage_lax(
            "storage/slice-halved-lax",
            "the second half of the second slice is lost, the first time: datalen and datamd5 show it, finish \
         would not notice",
            [once(Trigger::slice(1), Storing::Halved)],
        ),
        storage_lax(
            "storage/last-slice-halved-lax",
            "the second half of the last slice is lost, the first time: datalen and datamd5 show it, finish \
         would not notice",
            [once(Trigger::LAST_SLICE, Storing::Halved)],
        ),
    ]
}

fn storage_lax(id: &'static str, summary: &'static str, faults: impl Into<Vec<Fault>>) -> Entry {
    Entry { behaviour: lax(faults), ..storage(id, summary, []) }
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
