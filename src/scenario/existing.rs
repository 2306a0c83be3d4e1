use super::{PLAIN, Scenario};
use crate::server::{Behaviour, Preexisting};

pub(super) const SCENARIOS: &[Scenario] = &[SAME_FILE, INSTANT_HIT];

const SAME_FILE: Scenario = Scenario {
    id: "existing/same-file",
    summary: "the same file is there already: an init with its sha is answered with its address and \
              no session, any other with -177",
    key: "/slicecheck/same-file.bin",
    behaviour: Behaviour { preexisting: Preexisting::SameFile, ..PLAIN.behaviour },
    control: Some("happy/last-slice-short"),
    ..PLAIN
};

const INSTANT_HIT: Scenario = Scenario {
    id: "existing/instant-hit",
    summary: "the service has the file already: init is answered with addresses, and no session",
    key: "/slicecheck/instant-hit.bin",
    behaviour: Behaviour { preexisting: Preexisting::Recognised, ..PLAIN.behaviour },
    control: Some("happy/last-slice-short"),
    ..PLAIN
};
