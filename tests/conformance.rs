//! Each scenario as a test of the client that `SLICECHECK_CLIENT` names, or of the built-in one:
//! `SLICECHECK_CLIENT='python3 driver.py' cargo test --test conformance faults/`.

use std::process::ExitCode;

use slicecheck::harness::{Subject, conformance};

fn main() -> ExitCode {
    conformance(Subject::from_environment())
}
