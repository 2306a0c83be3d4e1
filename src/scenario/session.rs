use super::{MIB, PLAIN, Scenario, strict};
use crate::server::{Behaviour, Fault, FaultKind, SessionForm, Trigger};

pub(super) const SCENARIOS: &[Scenario] = &[
    looking("session/base64", "the session is base64, with each of its signs", SessionForm::Base64),
    looking(
        "session/percent-signs",
        "the session has percent signs in it, which escape nothing",
        SessionForm::Percent,
    ),
    looking(
        "session/digits",
        "the session is a string of digits that no number type holds",
        SessionForm::Digits,
    ),
    looking("session/long", "the session has 1024 characters", SessionForm::Long),
    FORGOTTEN,
];

const fn looking(id: &'static str, summary: &'static str, session: SessionForm) -> Scenario {
    Scenario {
        id,
        summary,
        size: MIB + 1,
        key: "/slicecheck/session.bin",
        behaviour: Behaviour { session, ..PLAIN.behaviour },
        control: Some("happy/last-slice-short"),
        ..PLAIN
    }
}

const FORGOTTEN: Scenario = Scenario {
    id: "session/forgotten",
    summary: "the service forgets the upload at the second slice, and refuses the session: a new init \
              would be granted a new one",
    key: "/slicecheck/session-forgotten.bin",
    behaviour: strict(&[Fault::once(Trigger::Slice(1), FaultKind::Forget)]),
    control: Some("happy/last-slice-short"),
    ..PLAIN
};
