//! A conformance suite and fuzzer for clients of the COS JSON API's slice upload.
//!
//! In the order of dependence:
//!
//! - [`protocol`]: requests, forms, signatures, replies, as bytes and as nouns
//! - [`spec`]: what is normative, sentence by sentence
//! - [`rules`]: the properties of a client, and the one engine that judges
//! - [`client`], [`server`]: the reference pair, without sockets
//! - [`scenario`]: situations to put a client in
//! - [`harness`]: the same scenarios against any program (feature `harness`)
//! - [`results`]: what was found: verdicts, coverage, what each finding counts for
//! - [`report`]: the same, written for people and for machines

pub mod protocol;
pub mod spec;

pub mod client;
pub mod rules;
pub mod server;

pub mod scenario;

pub mod mutant;

#[doc(hidden)]
pub mod fuzz_targets;

#[cfg(feature = "harness")]
pub mod harness;
pub mod report;
pub mod results;
