use super::{PLAIN, Scenario, strict};
use crate::server::{Corruption, Fault, FaultKind, Trigger};

// Finish is strict in all of them: a client that takes the service at its word cannot know better.
pub(super) const SCENARIOS: &[Scenario] = &[
    storage(
        "storage/slice-altered",
        "the second slice is stored with one bit changed, the first time: its datamd5 tells, and finish \
         refuses with -4016",
        &[once(Trigger::Slice(1), Corruption::Altered)],
    ),
    storage(
        "storage/slice-altered-always",
        "the last slice is stored with one bit changed, each time: its datamd5 tells, and finish \
         refuses with -4016",
        &[Fault::always(Trigger::LastSlice, FaultKind::Store(Corruption::Altered))],
    ),
    storage(
        "storage/slice-halved",
        "the second half of the second slice is lost, the first time: datalen and datamd5 tell, and \
         finish refuses with -29144",
        &[once(Trigger::Slice(1), Corruption::Halved)],
    ),
    storage(
        "storage/last-slice-halved",
        "the second half of the last slice is lost, the first time: datalen and datamd5 tell, and \
         finish refuses with -29144",
        &[once(Trigger::LastSlice, Corruption::Halved)],
    ),
    storage(
        "storage/slice-dropped",
        "the first slice is acknowledged and not stored, the first time: the list tells, and finish \
         refuses with -29144",
        &[once(Trigger::Slice(0), Corruption::Dropped)],
    ),
];

const fn storage(id: &'static str, summary: &'static str, faults: &'static [Fault]) -> Scenario {
    Scenario {
        id,
        summary,
        key: "/slicecheck/storage.bin",
        behaviour: strict(faults),
        control: Some("happy/last-slice-short"),
        ..PLAIN
    }
}

const fn once(at: Trigger, corruption: Corruption) -> Fault {
    Fault::once(at, FaultKind::Store(corruption))
}
