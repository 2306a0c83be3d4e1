//! The package: what is in it, and that nothing else is needed.

use std::path::Path;
use std::process::{Command, Output};

use crate::cli;

fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    cli::cargo().args(arguments).current_dir(folder).output().unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_package_has_what_a_user_needs_and_nothing_else() {
    let output = cargo(root(), &["package", "--list", "--allow-dirty", "--offline"]);
    let list = String::from_utf8(output.stdout).unwrap();
    let expected = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "Cargo.lock", "src/main.rs"];
    for file in expected {
        assert!(list.lines().any(|line| line == file), "{file}: {list}");
    }
    let own = ["src/", "examples/"];
    let others = list.lines().filter(|line| !own.iter().any(|folder| line.starts_with(folder)));
    assert!(others.clone().all(|line| !line.contains('/')), "{:?}", others.collect::<Vec<_>>());
}

/// As `cargo install` does it, but for where it is built.
#[test]
#[ignore = "builds the crate once more"]
fn a_program_is_built_from_the_package_alone() {
    let target = Path::new(env!("CARGO_BIN_EXE_slicecheck")).parent().unwrap().parent().unwrap();
    let target = target.to_str().unwrap();
    let packed =
        cargo(root(), &["package", "--no-verify", "--allow-dirty", "--target-dir", target]);
    assert!(packed.status.success(), "{packed:#?}");
    let folder = tempfile::tempdir().unwrap();
    let name = concat!("slicecheck-", env!("CARGO_PKG_VERSION"));
    let archive = format!("{target}/package/{name}.crate");
    let unpacked = Command::new("tar").args(["xzf", &archive]).current_dir(folder.path()).status();
    assert!(unpacked.unwrap().success());
    let folder = folder.path().join(name);
    // Whether it can be built is asked, not how fast it is then.
    let quick = ["--locked", "--target-dir", target, "--config", "profile.dev.opt-level=0"];
    let run = ["--", "run", "-q", "-s", "happy/one-byte"];
    let output = cargo(&folder, &[&["run"], &quick[..], &run[..]].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("reference client: conforms"), "{output:#?}");
    // The tests and benches that the manifest names are not missed.
    let checked = cargo(&folder, &[&["check"], &quick[..], &["--lib", "--examples"]].concat());
    assert!(checked.status.success(), "{checked:#?}");
}
