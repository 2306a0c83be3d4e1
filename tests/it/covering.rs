//! The covering array of the matrix, compared with that of another program.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use slicecheck::scenario::matrix;

fn model() -> Value {
    let rows: Vec<_> = matrix::cells().iter().map(matrix::Cell::levels).collect();
    let levels = matrix::levels().map(|names| names.len());
    json!({"levels": levels, "valid": matrix::valid(), "rows": rows})
}

/// What the script says to a model.
fn compared(model: &Value) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/covering/pairs.py");
    let python = std::env::var("SLICECHECK_TEST_PYTHON").unwrap_or("python3".to_owned());
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(model.to_string().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
#[ignore = "needs Python and allpairspy"]
fn another_program_finds_no_pair_that_the_matrix_lacks() {
    let output = compared(&model());
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
#[ignore = "needs Python and allpairspy"]
fn another_program_notices_a_row_that_is_missing() {
    let mut model = model();
    model["rows"].as_array_mut().unwrap().pop();
    let output = compared(&model);
    assert_eq!(output.status.code(), Some(1));
    assert!(!said(&output).contains("\n0 pairs are missing"), "{}", said(&output));
}
