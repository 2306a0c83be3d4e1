use super::{PLAIN, Scenario};
use crate::server::{Behaviour, Found};

pub(super) const SCENARIOS: &[Scenario] = &[SAME_FILE];

const SAME_FILE: Scenario = Scenario {
    id: "existing/same-file",
    summary: "the same file is there already: an init with its sha is answered with its address and \
              no session, any other with -177",
    key: "/slicecheck/same-file.bin",
    behaviour: Behaviour { found: Found::SameFile, ..PLAIN.behaviour },
    control: Some("happy/last-slice-short"),
    ..PLAIN
};
