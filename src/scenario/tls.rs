use super::{Entry, plain};
use crate::protocol::{Certificate, Machine};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        Entry {
            id: "tls/unknown-ca",
            summary: "the certificate of the service is signed by a CA that is unknown (only with --tls)",
            key: "/slicecheck/unknown-ca.bin",
            machine: shown(Certificate::UnknownCa),
            control: Some("happy/last-slice-short"),
            ..plain()
        },
        Entry {
            id: "tls/other-host",
            summary: "the certificate of the service is that of another host (only with --tls)",
            key: "/slicecheck/other-host.bin",
            machine: shown(Certificate::OtherHost),
            control: Some("happy/last-slice-short"),
            ..plain()
        },
        Entry {
            id: "tls/expired",
            summary: "the certificate of the service has expired (only with --tls)",
            key: "/slicecheck/expired.bin",
            machine: shown(Certificate::Expired),
            control: Some("happy/last-slice-short"),
            ..plain()
        },
    ]
}

fn shown(certificate: Certificate) -> Machine {
    Machine { certificate, ..Machine::default() }
}
