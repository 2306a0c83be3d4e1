//! The templates of drivers: each speaks the contract, in both ways, and is short.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::{example, slicecheck};

/// A driver may have as many lines.
const LONGEST: usize = 40;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients/templates")
}

fn path(name: &str) -> String {
    folder().join(name).to_str().unwrap().to_owned()
}

#[test]
fn every_template_is_short() {
    let mut count = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= LONGEST, "{}: {lines} lines", path.display());
        count += 1;
    }
    assert_eq!(count, 9);
}

#[test]
fn the_template_in_rust_speaks_the_contract() {
    speaks_the_contract(&[&example("driver")]);
}

#[test]
#[ignore = "needs Python, Node, Java and jq"]
fn the_templates_in_python_node_java_and_shell_speak_the_contract() {
    speaks_the_contract(&["python3", &path("driver.py")]);
    speaks_the_contract(&["node", &path("driver.mjs")]);
    speaks_the_contract(&["java", &path("Driver.java")]);
    speaks_the_contract(&["sh", &path("driver.sh")]);
}

#[test]
#[ignore = "needs Go"]
fn the_template_in_go_speaks_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("driver").to_str().unwrap().to_owned();
    build(&["go", "build", "-o", &program, &path("driver.go")]);
    speaks_the_contract(&[&program]);
}

#[test]
#[ignore = "needs Mono"]
fn the_template_in_c_sharp_speaks_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("driver.exe").to_str().unwrap().to_owned();
    let libraries = "-r:System.Runtime.Serialization,System.Xml,System.Xml.Linq";
    build(&["mcs", libraries, &format!("-out:{program}"), &path("driver.cs")]);
    speaks_the_contract(&["mono", &program]);
}

#[test]
#[ignore = "needs PHP"]
fn the_template_in_php_speaks_the_contract() {
    speaks_the_contract(&["php", &path("driver.php")]);
}

#[test]
#[ignore = "needs Ruby"]
fn the_template_in_ruby_speaks_the_contract() {
    speaks_the_contract(&["ruby", &path("driver.rb")]);
}

pub(crate) fn build(words: &[&str]) {
    assert!(Command::new(words[0]).args(&words[1..]).status().unwrap().success(), "{words:?}");
}

/// What is to be replaced claims a failure that names what it was told, so that both ways are seen to read
/// their words; another operation is not supported.
fn speaks_the_contract(command: &[&str]) {
    for way in [&[] as &[&str], &["--driver"]] {
        // A virtual machine on a busy one takes its time to start.
        let options = ["run", "-s", "happy/one-byte", "--deadline", "60s"];
        let output = slicecheck(&[&options, way, &["--"], command].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(3), "{command:?} {way:?}: {text}");
        assert!(text.contains("its claim was Failed ("), "{command:?} {way:?}: {text}");
        let told = text.split("call your client here: http://127.0.0.1:").nth(1).expect(&text);
        let key = told.trim_start_matches(|letter: char| letter.is_ascii_digit());
        assert!(key.starts_with("/slicecheck/"), "{command:?} {way:?}: {text}");
    }
    let status =
        Command::new(command[0]).args(&command[1..]).env("SLICECHECK_OP", "delete").status();
    assert_eq!(status.unwrap().code(), Some(89), "{command:?}");
}
