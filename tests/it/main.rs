//! Tests of the program: sockets, processes, and the repository itself.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[cfg(feature = "tls")]
mod attached;
mod boundaries;
mod case;
mod check;
mod cli;
mod clients;
mod command_line;
mod covering;
mod determinism;
mod driver;
mod fingerprint;
mod formats;
mod fuzz;
#[path = "../support/holds.rs"]
mod holds;
mod in_process;
mod known;
mod manners;
#[path = "../support/odd_cases.rs"]
mod odd_cases;
mod options;
mod over_sockets;
mod package;
mod patience;
mod places;
mod plan;
#[path = "../support/planted_names.rs"]
mod planted_names;
#[cfg(target_os = "linux")]
mod progress;
mod raw_client;
#[path = "../support/records.rs"]
mod records;
#[cfg(target_os = "linux")]
mod robustness;
mod shard;
#[path = "../support/snapshot.rs"]
mod snapshot;
mod templates;
mod tidy;
#[cfg(feature = "tls")]
mod tls;
mod wire;
mod witness;
