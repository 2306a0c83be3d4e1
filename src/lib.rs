//! A conformance suite and fuzzer for clients of the COS JSON API's slice upload.
//!
//! In the order of dependence:
//!
//! - [`protocol`]: requests, forms, signatures, replies, as bytes and as nouns
//! - [`client`], [`server`]: the reference pair, without sockets
//! - [`scenario`]: situations to put a client in
pub mod protocol;

pub mod client;
pub mod server;

pub mod scenario;
