//! Tests of our own server: what it holds, what it refuses, and how it goes wrong where that is asked for.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/holds.rs"]
mod holds;

mod delivery;
mod faults;
mod holding;
mod refusals;
mod requests;
mod service;
