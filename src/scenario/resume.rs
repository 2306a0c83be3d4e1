use super::{MIB, PLAIN, Scenario, strict};
use crate::server::{Behaviour, Fault, FaultKind, Preexisting, ReplyEncoding, SliceSize, Trigger};

pub(super) const SCENARIOS: &[Scenario] = &[
    NOTHING_HELD,
    NO_LISTPARTS,
    FIRST_HELD,
    LAST_MISSING,
    FIRST_MISSING,
    HOLE,
    ALL_HELD,
    OTHER_SLICE_SIZE,
    LARGER_SLICES,
    PARTS_REVERSED,
    PARTS_REPEATED,
    SHA_SUFFIXED,
    FINISHED_MEANWHILE,
];

const CONTROL: Option<&str> = Some("happy/last-slice-short");

const FIRST_HELD: Scenario = Scenario {
    id: "resume/init-in-progress",
    summary: "init answers -4019: an interrupted upload has left its first slice",
    key: "/slicecheck/init-in-progress.bin",
    behaviour: Behaviour { preexisting: Preexisting::Unfinished(&[0]), ..PLAIN.behaviour },
    control: CONTROL,
    ..PLAIN
};

const HOLE: Scenario = Scenario {
    id: "resume/hole-in-the-middle",
    summary: "init answers -4019: first and last of four slices are there",
    size: 3 * MIB + 7,
    key: "/slicecheck/hole-in-the-middle.bin",
    behaviour: Behaviour { preexisting: Preexisting::Unfinished(&[0, 3]), ..PLAIN.behaviour },
    control: CONTROL,
    ..PLAIN
};

const ALL_HELD: Scenario = Scenario {
    id: "resume/only-finish-missing",
    summary: "init answers -4019: all slices are there, only finish was never sent",
    key: "/slicecheck/only-finish-missing.bin",
    behaviour: Behaviour { preexisting: Preexisting::Unfinished(&[0, 1, 2]), ..PLAIN.behaviour },
    control: CONTROL,
    ..PLAIN
};

const OTHER_SLICE_SIZE: Scenario = Scenario {
    id: "resume/other-slice-size",
    summary: "init answers -4019: the interrupted upload was cut into smaller slices",
    key: "/slicecheck/other-slice-size.bin",
    behaviour: Behaviour {
        slice_size: SliceSize::Fixed(524_288),
        preexisting: Preexisting::Unfinished(&[0, 1, 3]),
        ..PLAIN.behaviour
    },
    control: CONTROL,
    ..PLAIN
};

const NOTHING_HELD: Scenario = Scenario {
    id: "resume/nothing-listed",
    summary: "init answers -4019: an interrupted upload has left no slice",
    key: "/slicecheck/nothing-listed.bin",
    behaviour: Behaviour { preexisting: Preexisting::Unfinished(&[]), ..PLAIN.behaviour },
    control: CONTROL,
    ..PLAIN
};

const NO_LISTPARTS: Scenario = Scenario {
    id: "resume/listparts-absent",
    summary: "init answers -4019: no slice is there, and the list has no listparts",
    key: "/slicecheck/listparts-absent.bin",
    behaviour: Behaviour {
        preexisting: Preexisting::Unfinished(&[]),
        ..strict(&[listed(ReplyEncoding::Without("listparts"))])
    },
    control: Some("resume/nothing-listed"),
    ..PLAIN
};

const LAST_MISSING: Scenario = Scenario {
    id: "resume/last-missing",
    summary: "init answers -4019: all slices are there but the last",
    key: "/slicecheck/last-missing.bin",
    behaviour: Behaviour { preexisting: Preexisting::Unfinished(&[0, 1]), ..PLAIN.behaviour },
    control: CONTROL,
    ..PLAIN
};

const FIRST_MISSING: Scenario = Scenario {
    id: "resume/first-missing",
    summary: "init answers -4019: all slices are there but the first",
    key: "/slicecheck/first-missing.bin",
    behaviour: Behaviour { preexisting: Preexisting::Unfinished(&[1, 2]), ..PLAIN.behaviour },
    control: CONTROL,
    ..PLAIN
};

const LARGER_SLICES: Scenario = Scenario {
    id: "resume/larger-slice-size",
    summary: "init answers -4019: the interrupted upload was cut into larger slices",
    key: "/slicecheck/larger-slice-size.bin",
    behaviour: Behaviour {
        slice_size: SliceSize::Fixed(2_097_152),
        preexisting: Preexisting::Unfinished(&[0]),
        ..PLAIN.behaviour
    },
    control: CONTROL,
    ..PLAIN
};

const PARTS_REVERSED: Scenario = Scenario {
    id: "resume/parts-reversed",
    summary: "init answers -4019: two slices are there, and the second is listed first",
    key: "/slicecheck/parts-reversed.bin",
    behaviour: Behaviour {
        preexisting: Preexisting::Unfinished(&[0, 1]),
        ..strict(&[listed(ReplyEncoding::PartsReversed)])
    },
    control: Some("resume/last-missing"),
    ..PLAIN
};

const PARTS_REPEATED: Scenario = Scenario {
    id: "resume/parts-repeated",
    summary: "init answers -4019: two slices are there, and each is listed twice",
    key: "/slicecheck/parts-repeated.bin",
    behaviour: Behaviour {
        preexisting: Preexisting::Unfinished(&[0, 1]),
        ..strict(&[listed(ReplyEncoding::PartsRepeated)])
    },
    control: Some("resume/last-missing"),
    ..PLAIN
};

const SHA_SUFFIXED: Scenario = Scenario {
    id: "resume/sha-with-suffix",
    summary: "init answers -4019: the list has the sha of init, if there was one, with a suffix",
    key: "/slicecheck/sha-with-suffix.bin",
    behaviour: Behaviour {
        preexisting: Preexisting::Unfinished(&[0]),
        ..strict(&[listed(ReplyEncoding::ShaSuffixed)])
    },
    control: Some("resume/init-in-progress"),
    ..PLAIN
};

const FINISHED_MEANWHILE: Scenario = Scenario {
    id: "resume/finished-meanwhile",
    summary: "init answers -4019, but the file is complete by the time of the list: it is answered with \
              addresses",
    key: "/slicecheck/finished-meanwhile.bin",
    behaviour: Behaviour {
        preexisting: Preexisting::SameFile,
        ..strict(&[Fault::once(Trigger::Init, FaultKind::refuse(409, -4019))])
    },
    control: Some("existing/same-file"),
    ..PLAIN
};

const fn listed(variant: ReplyEncoding) -> Fault {
    Fault::always(Trigger::List, FaultKind::Write(variant))
}
