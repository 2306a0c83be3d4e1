use slicecheck::client::ClientPolicy;

use super::{Manner, PLAIN};
use crate::raw_client::Wire;

pub(super) const MANNERS: &[Manner] = &[
    Manner {
        what: "each request has a connection of its own",
        source: "RFC 9112 §9.3",
        wire: Wire { keeps_connection: false, ..Wire::PLAIN },
        ..PLAIN
    },
    Manner {
        what: "the sending side is closed after each request",
        source: "RFC 9293 §3.6: half-closed connections",
        wire: Wire { closes_side: true, ..Wire::PLAIN },
        ..PLAIN
    },
    Manner {
        what: "requests are written byte by byte",
        source: "RFC 9112 §2.1: a stream of octets",
        scenario: "happy/one-byte",
        wire: Wire { at_a_time: 1, ..Wire::PLAIN },
        ..PLAIN
    },
    Manner {
        what: "requests are written in pieces of a few bytes, in parallel",
        source: "RFC 9112 §2.1: a stream of octets",
        policy: ClientPolicy::PARALLEL,
        wire: Wire { at_a_time: 1009, ..Wire::PLAIN },
        ..PLAIN
    },
    Manner {
        what: "an empty line stands before a request",
        source: "RFC 9112 §2.2: a server should ignore it, and a client must not send it",
        wire: Wire {
            bytes: |request| [b"\r\n", request.raw().as_ref()].concat(),
            keeps_connection: false,
            ..Wire::PLAIN
        },
        ..PLAIN
    },
    Manner {
        what: "an empty line stands between two requests on a connection",
        source: "RFC 9112 §2.2: a server should ignore it, and a client must not send it",
        wire: Wire { bytes: |request| [b"\r\n", request.raw().as_ref()].concat(), ..Wire::PLAIN },
        told: &[(
            "request/no-empty-line",
            "RFC 9112 §2.2 forbids it to the client and advises the server to bear it: it works by courtesy",
        )],
        ..PLAIN
    },
    Manner {
        what: "each request has a connection of its own, and slices are sent in parallel",
        source: "RFC 9112 §9.4",
        policy: ClientPolicy::PARALLEL,
        wire: Wire { keeps_connection: false, ..Wire::PLAIN },
        ..PLAIN
    },
];
