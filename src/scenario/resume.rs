use super::{MIB, PLAIN, Scenario};
use crate::server::{Behaviour, Found, SliceSize};

pub(super) const SCENARIOS: &[Scenario] = &[FIRST_HELD, HOLE, ALL_HELD, OTHER_SLICE_SIZE];

const CONTROL: Option<&str> = Some("happy/last-slice-short");

const FIRST_HELD: Scenario = Scenario {
    id: "resume/init-in-progress",
    summary: "init answers -4019: an interrupted upload has left its first slice",
    key: "/slicecheck/init-in-progress.bin",
    behaviour: Behaviour { found: Found::Unfinished(&[0]), ..PLAIN.behaviour },
    control: CONTROL,
    ..PLAIN
};

const HOLE: Scenario = Scenario {
    id: "resume/hole-in-the-middle",
    summary: "init answers -4019: first and last of four slices are there",
    size: 3 * MIB + 7,
    key: "/slicecheck/hole-in-the-middle.bin",
    behaviour: Behaviour { found: Found::Unfinished(&[0, 3]), ..PLAIN.behaviour },
    control: CONTROL,
    ..PLAIN
};

const ALL_HELD: Scenario = Scenario {
    id: "resume/only-finish-missing",
    summary: "init answers -4019: all slices are there, only finish was never sent",
    key: "/slicecheck/only-finish-missing.bin",
    behaviour: Behaviour { found: Found::Unfinished(&[0, 1, 2]), ..PLAIN.behaviour },
    control: CONTROL,
    ..PLAIN
};

const OTHER_SLICE_SIZE: Scenario = Scenario {
    id: "resume/other-slice-size",
    summary: "init answers -4019: the interrupted upload was cut into smaller slices",
    key: "/slicecheck/other-slice-size.bin",
    behaviour: Behaviour {
        slice_size: SliceSize::Fixed(524_288),
        found: Found::Unfinished(&[0, 1, 3]),
        ..PLAIN.behaviour
    },
    control: CONTROL,
    ..PLAIN
};
