use super::{MIB, PLAIN, Scenario};
use crate::server::{Behaviour, SessionForm, SliceSize};

pub(super) const SCENARIOS: &[Scenario] = &[SMALLER_SLICES, SESSION, SERIAL];

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
