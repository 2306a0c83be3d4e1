use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use slicecheck::fuzz_targets::TARGETS;

#[test]
fn every_seed_of_the_corpus_satisfies_its_target() {
    for (name, target) in TARGETS {
        for seed in entries(&corpus().join(name)) {
            let input = fs::read(&seed).unwrap();
            let outcome = std::panic::catch_unwind(|| target(&input));
            assert!(outcome.is_ok(), "{} fails on {}, see above", name, seed.display());
        }
    }
}

#[test]
fn every_target_has_seeds() {
    for (name, _) in TARGETS {
        let seeds = entries(&corpus().join(name)).into_iter().filter(|seed| is_seed(seed)).count();
        assert!(seeds > 0, "no seed in fuzz/corpus/{name}");
    }
}

#[test]
fn every_file_of_the_corpus_is_named_as_a_seed_or_as_a_find() {
    for (name, _) in TARGETS {
        for file in entries(&corpus().join(name)) {
            let file_name = name_of(&file);
            let is_find =
                file_name.len() == 40 && file_name.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_seed(&file) || is_find, "{file_name} has no extension: git ignores it");
        }
    }
}

#[test]
fn targets_are_the_same_everywhere() {
    let fuzz = fuzz();
    let targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let corpora: BTreeSet<_> = entries(&corpus()).iter().map(|folder| name_of(folder)).collect();
    assert_eq!(corpora, targets, "the folders of fuzz/corpus");
    let files = entries(&fuzz.join("fuzz_targets"));
    let stems: BTreeSet<_> =
        files.iter().map(|file| name_of(file).strip_suffix(".rs").unwrap().to_owned()).collect();
    assert_eq!(stems, targets, "the files of fuzz/fuzz_targets");
    let dictionaries = entries(&fuzz.join("dict"));
    let stems: BTreeSet<_> = dictionaries
        .iter()
        .map(|file| name_of(file).strip_suffix(".dict").unwrap().to_owned())
        .collect();
    assert_eq!(stems, targets, "the files of fuzz/dict");

    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let bins: BTreeSet<_> = manifest
        .split("[[bin]]")
        .skip(1)
        .map(|bin| {
            let (name, path) = (value(bin, "name"), value(bin, "path"));
            assert_eq!(path, format!("fuzz_targets/{name}.rs"));
            name
        })
        .collect();
    assert_eq!(bins, targets, "the programs in fuzz/Cargo.toml");
}

#[test]
fn every_target_file_calls_the_target_of_its_name() {
    for (name, _) in TARGETS {
        let file = fuzz().join(format!("fuzz_targets/{name}.rs"));
        let text = fs::read_to_string(file).unwrap();
        assert!(
            text.contains(&format!("slicecheck::fuzz_targets::{name}(input)")),
            "{name}: {text}"
        );
    }
}

/// The value of `key = "value"` in a table of a manifest.
fn value(table: &str, key: &str) -> String {
    let line = table.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = ")).unwrap();
    line.trim_matches('"').to_owned()
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn corpus() -> PathBuf {
    fuzz().join("corpus")
}

/// Seeds have an extension, what libFuzzer finds does not, and git keeps only the former.
fn is_seed(file: &Path) -> bool {
    file.extension().is_some()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<_> = read.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn the_oracle_of_paths_takes_long_inputs() {
    for text in ["%41", "a%2F", "%", "a/"] {
        slicecheck::fuzz_targets::path(text.repeat(600_000 / text.len()).as_bytes());
    }
}
