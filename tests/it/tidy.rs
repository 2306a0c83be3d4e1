//! What the repository promises about itself: layers, owners of snapshots, paths in documents, configuration.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use slicecheck::protocol::{Dialect, Op};
use slicecheck::report::{FORMATS, Writer};
use slicecheck::rules::catalogue;
use slicecheck::scenario::scenarios;

use crate::clients::record::ON_RECORD;
use crate::records::RECORDS;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// All files below a folder, relative to the root.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let path = path.strip_prefix(root()).unwrap();
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Which layer may use which; the binary's own files may use the library only by its name.
const LAYERS: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("spec", &[]),
    ("rules", &["protocol", "spec"]),
    ("client", &["protocol"]),
    ("server", &["protocol"]),
    ("scenario", &["client", "server", "protocol"]),
    ("mutant", &["client", "scenario", "rules", "protocol", "spec"]),
    ("harness", &["report", "results", "scenario", "server", "client", "protocol"]),
    ("results", &["mutant", "rules", "scenario", "protocol", "spec"]),
    ("campaign", &["results", "rules", "scenario", "server", "protocol", "spec"]),
    ("fingerprint", &["scenario", "server", "protocol"]),
    ("report", &["fingerprint", "results", "mutant", "rules", "scenario", "protocol", "spec"]),
    (
        "fuzz_targets",
        &["campaign", "report", "results", "rules", "scenario", "client", "protocol", "spec"],
    ),
];

#[test]
fn layers_only_point_down() {
    for file in files("src") {
        let text = read(&file);
        let module = file.trim_start_matches("src/").trim_end_matches(".rs");
        let layer = module.split('/').next().unwrap();
        if ["lib", "main", "cli", "exit"].contains(&layer) {
            continue;
        }
        let (_, allowed) = LAYERS.iter().find(|(name, _)| *name == layer).unwrap();
        assert!(
            !text.contains("use crate::{"),
            "{file}: one use per module, or this test is blind"
        );
        for (at, _) in text.match_indices("crate::") {
            let rest = &text[at + "crate::".len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap();
            let used = &rest[..end];
            assert!(used == layer || allowed.contains(&used), "{file} uses {used}");
        }
    }
}

#[test]
fn every_layer_is_a_module_and_every_module_a_layer() {
    let modules: BTreeSet<String> = files("src")
        .iter()
        .map(|file| file.trim_start_matches("src/").split(['/', '.']).next().unwrap().to_owned())
        .filter(|module| !["lib", "main", "cli", "exit"].contains(&module.as_str()))
        .collect();
    let layers: BTreeSet<String> = LAYERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_same(&modules, &layers);
}

#[test]
fn every_topic_is_a_file_and_every_file_a_topic() {
    let topics: BTreeSet<_> =
        catalogue().map(|rule| format!("src/rules/{}.rs", rule.topic())).collect();
    let engine = [
        "analysis",
        "counterexample",
        "diagnosis",
        "digests",
        "framed",
        "judge",
        "literal",
        "ruling",
        "signed",
    ]
    .map(|name| format!("src/rules/{name}.rs"));
    // A topic that outgrew its file has more of them, in a folder of its name.
    let topic = |file: String| match file.trim_start_matches("src/rules/").split_once('/') {
        Some((topic, _)) => format!("src/rules/{topic}.rs"),
        None => file,
    };
    let found = files("src/rules").into_iter().map(topic);
    let found: BTreeSet<_> = found.filter(|file| !engine.contains(file)).collect();
    assert_same(&found, &topics);
}

#[test]
fn every_snapshot_has_an_owner() {
    let name =
        |folder: &str, id: &str| format!("snapshots/{folder}/{}.snap", id.replace('/', "__"));
    let rules = catalogue().map(|rule| name("rules", rule.id));
    let scenarios = scenarios().map(|scenario| name("scenarios", &scenario.id));
    let clients = ON_RECORD.iter().map(|id| name("clients", id));
    let documents = FORMATS.iter().filter(|format| matches!(format.writer, Writer::Document(_)));
    let reports = RECORDS.into_iter().chain(documents.map(|format| format.name));
    let reports = reports.map(|id| name("reports", id));
    let matrix = ["cells"].map(|id| name("matrix", id));
    let fingerprints = ["reference", "conforming"].map(|id| name("fingerprints", id));
    let owned = rules.chain(scenarios).chain(clients).chain(reports).chain(matrix);
    let owned = owned.chain(fingerprints);
    let owned = owned.chain(requests());
    let owned: BTreeSet<_> = owned.collect();
    let found: BTreeSet<_> = files("snapshots").into_iter().collect();
    assert_same(&found, &owned);
}

/// A snapshot for each operation of each dialect.
fn requests() -> impl Iterator<Item = String> {
    Dialect::ALL.into_iter().flat_map(|dialect| {
        let ops = Op::ALL.into_iter().filter(move |op| dialect.speaks(op));
        ops.map(move |op| format!("snapshots/requests/{}__{op}.snap", dialect.name))
    })
}

/// Shows what differs, not all that is the same.
fn assert_same(found: &BTreeSet<String>, wanted: &BTreeSet<String>) {
    let surplus: Vec<_> = found.difference(wanted).collect();
    let missing: Vec<_> = wanted.difference(found).collect();
    assert!(surplus.is_empty() && missing.is_empty(), "surplus {surplus:?}, missing {missing:?}");
}

#[test]
fn every_path_in_a_document_exists() {
    for document in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = read(document);
        let prose: String = text.split("```").step_by(2).collect();
        for word in prose.split('`').skip(1).step_by(2) {
            let is_path = ["src/", "tests/", "fuzz/", "snapshots/", "examples/", ".ci/", ".cargo/"]
                .iter()
                .any(|folder| word.starts_with(folder));
            if is_path && !word.contains(['<', '*']) {
                assert!(root().join(word).exists(), "{document} names {word}");
            }
        }
    }
}

#[test]
fn every_rule_scenario_and_option_that_the_readme_names_exists() {
    let text = read("README.md");
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && !"-/".contains(c)) {
        let Some((topic, _)) = word.split_once('/') else { continue };
        // What ends in a slash was a glob of a whole topic.
        if catalogue().any(|rule| rule.topic() == topic) && !word.ends_with('/') {
            let is_known = catalogue().any(|rule| rule.id == word)
                || scenarios().any(|scenario| scenario.id == word);
            assert!(is_known, "README.md names {word}");
        }
    }
    let help = slicecheck_help();
    for word in text.split([' ', '\n', '`', '=']).filter(|word| word.starts_with("--")) {
        let others = [
            "--",
            "--release",
            "--example",
            "--test",
            "--locked",
            "--path",
            "--endpoint",
            "--key",
            "--config",
            "--ignored",
            "--nocapture",
            "--sharding",
        ];
        assert!(others.contains(&word) || help.contains(word), "README.md names {word}");
    }
}

/// The options of all commands that have some of their own.
fn slicecheck_help() -> String {
    let help = |command: &str| {
        let program = env!("CARGO_BIN_EXE_slicecheck");
        let output = std::process::Command::new(program).args([command, "--help"]).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    ["run", "fuzz", "fingerprint", "witness", "mutants", "matrix", "explain"].map(help).concat()
}

#[test]
fn the_readme_shows_the_report_on_record() {
    let snapshot = read("snapshots/reports/terminal.snap");
    let report = &snapshot[snapshot.find('✗').unwrap()..];
    let block = report.split("\n\n").next().unwrap();
    assert!(read("README.md").contains(block), "README.md does not show:\n{block}");
}

#[test]
fn the_changelog_has_the_current_version() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("CHANGELOG.md").contains(&format!("## {version}")));
}

#[test]
fn the_architecture_is_at_most_a_page() {
    assert!(read("ARCHITECTURE.md").lines().count() <= 80);
}

#[test]
fn no_ignored_test_is_without_a_reason() {
    for file in files("tests")
        .iter()
        .filter(|file| Path::new(file).extension().is_some_and(|kind| kind == "rs"))
    {
        let bare = format!("#[{}]", "ignore");
        assert!(!read(file).contains(&bare), "{file}");
    }
}

/// A name that is longer is two sentences, or says what the body of the test says.
#[test]
fn names_of_functions_have_at_most_70_characters() {
    for file in ["tests", "src"].iter().flat_map(|folder| files(folder)) {
        if Path::new(&file).extension().is_none_or(|kind| kind != "rs") {
            continue;
        }
        let text = read(&file);
        for name in text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next()) {
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            assert!(!is_name || name.len() <= 70, "{file}: {name}");
        }
    }
}
