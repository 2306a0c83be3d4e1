use super::{Entry, plain};
use crate::protocol::Machine;

pub(super) fn scenarios() -> Vec<Entry> {
    vec![Entry {
        id: "tls/unknown-ca",
        summary: "the certificate of the service is signed by a CA that is unknown (only with --tls)",
        key: "/slicecheck/unknown-ca.bin",
        machine: Machine { unknown_ca: true, ..Machine::default() },
        control: Some("happy/last-slice-short"),
        ..plain()
    }]
}
