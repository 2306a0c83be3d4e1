use super::{MIB, PLAIN, Scenario, strict};
use crate::server::{Behaviour, Fault, FaultKind, ReplyEncoding, SessionForm, SliceSize, Trigger};

pub(super) const SCENARIOS: &[Scenario] = &[
    SMALLER_SLICES,
    LARGER_SLICES,
    ONE_SLICE_FOR_ALL,
    SLICE_SIZE_ABSENT,
    SLICE_SIZE_STRING,
    SLICE_SIZE_ZERO,
    OTHER_SIZE_ASKED,
    SESSION,
    SERIAL,
    PARALLEL,
];

const SMALLER_SLICES: Scenario = Scenario {
    id: "server-choice/smaller-slice-size",
    summary: "the service answers a smaller slice_size than was asked for",
    key: "/slicecheck/smaller-slices.bin",
    behaviour: Behaviour { slice_size: SliceSize::Fixed(524_288), ..PLAIN.behaviour },
    control: Some("happy/last-slice-short"),
    ..PLAIN
};

const SESSION: Scenario = Scenario {
    id: "server-choice/opaque-session",
    summary: "the session has characters in it that mean something in forms and addresses",
    size: MIB + 1,
    key: "/slicecheck/opaque-session.bin",
    behaviour: Behaviour { session: SessionForm::Reserved, ..PLAIN.behaviour },
    control: Some("happy/last-slice-short"),
    ..PLAIN
};

const SERIAL: Scenario = Scenario {
    id: "server-choice/serial-upload",
    summary: "the service asks for one data request at a time",
    size: 4 * MIB,
    key: "/slicecheck/serial-upload.bin",
    behaviour: Behaviour { serial_upload: Some(true), ..PLAIN.behaviour },
    control: Some("happy/last-slice-short"),
    ..PLAIN
};

const LARGER_SLICES: Scenario = Scenario {
    id: "server-choice/larger-slice-size",
    summary: "the service answers twice the slice_size that was asked for",
    size: 4 * MIB + 9,
    key: "/slicecheck/larger-slices.bin",
    behaviour: Behaviour { slice_size: SliceSize::Fixed(2_097_152), ..PLAIN.behaviour },
    control: Some("happy/last-slice-short"),
    ..PLAIN
};

const ONE_SLICE_FOR_ALL: Scenario = Scenario {
    id: "server-choice/slice-size-above-file",
    summary: "the service answers a slice_size that is larger than the file",
    key: "/slicecheck/one-slice-for-all.bin",
    behaviour: Behaviour { slice_size: SliceSize::Fixed(3_145_728), ..PLAIN.behaviour },
    control: Some("happy/last-slice-short"),
    ..PLAIN
};

const SLICE_SIZE_ABSENT: Scenario = Scenario {
    id: "server-choice/slice-size-absent",
    summary: "the reply to init has a session, but no slice_size: the client may keep its own, or fail",
    key: "/slicecheck/slice-size-absent.bin",
    behaviour: strict(&[written(ReplyEncoding::Without("slice_size"))]),
    control: Some("happy/last-slice-short"),
    ..PLAIN
};

const SLICE_SIZE_STRING: Scenario = Scenario {
    id: "server-choice/slice-size-string",
    summary: "the service answers a smaller slice_size, as a string of digits: the client may read it, or \
              fail",
    key: "/slicecheck/slice-size-string.bin",
    behaviour: Behaviour {
        slice_size: SliceSize::Fixed(524_288),
        ..strict(&[written(ReplyEncoding::Quoted("slice_size"))])
    },
    control: Some("server-choice/smaller-slice-size"),
    ..PLAIN
};

const SLICE_SIZE_ZERO: Scenario = Scenario {
    id: "server-choice/slice-size-zero",
    summary: "the reply to init has the slice_size 0: the client may keep its own, or fail",
    key: "/slicecheck/slice-size-zero.bin",
    behaviour: strict(&[written(ReplyEncoding::With("slice_size", "0"))]),
    control: Some("happy/last-slice-short"),
    ..PLAIN
};

const OTHER_SIZE_ASKED: Scenario = Scenario {
    id: "server-choice/other-slice-size-asked",
    summary: "the client is told to ask for a slice_size of 524288, and gets it",
    slice_size: 524_288,
    key: "/slicecheck/other-slice-size-asked.bin",
    control: Some("happy/last-slice-short"),
    ..PLAIN
};

const PARALLEL: Scenario = Scenario {
    id: "server-choice/parallel-upload",
    summary: "the service answers serial_upload 0: several data requests at a time are welcome",
    size: 4 * MIB,
    key: "/slicecheck/parallel-upload.bin",
    behaviour: Behaviour { serial_upload: Some(false), ..PLAIN.behaviour },
    control: Some("happy/last-slice-short"),
    ..PLAIN
};

const fn written(variant: ReplyEncoding) -> Fault {
    Fault::always(Trigger::Init, FaultKind::Write(variant))
}
