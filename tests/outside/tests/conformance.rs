//! The same client, with a test for each scenario.

use std::process::ExitCode;

use slicecheck::harness::{Subject, conformance};

#[path = "../../../examples/reqwest_client.rs"]
#[expect(dead_code, reason = "its `main` is for who runs it as an example")]
mod reqwest_client;

fn main() -> ExitCode {
    conformance(Subject::function(reqwest_client::upload))
}
