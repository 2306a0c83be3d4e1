//! The ledger is complete: each clause has rules or a reason, each normative line of the seed page a
//! clause, each erratum a resolution.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use slicecheck::protocol::Codes;
use slicecheck::rules::catalogue;
use slicecheck::spec::{Clause, ERRATA, Level, clauses};

/// The lines of the seed page that demand or define something; the others are empty, or headings,
/// fences, introductions and the heads of tables.
const NORMATIVE: &[(u32, u32)] = &[
    (2, 2),     // what an upload in slices needs
    (4, 8),     // the five steps
    (13, 17),   // request line and headers
    (20, 21),   // what two of them mean
    (24, 24),   // the query
    (29, 40),   // the body
    (47, 51),   // table of its fields
    (57, 57),   // the reply is JSON
    (59, 70),   // its shape
    (77, 80),   // table of its fields
    (86, 89),   // table of the fields of data
    (96, 104),  // example: head of the request
    (105, 105), // example: the line that ends it
    (106, 117), // example: body
    (123, 129), // example: head of the reply
    (131, 140), // example: body
];

/// The last line of the page.
const LAST: u32 = 142;

#[test]
fn every_clause_has_rules_or_a_reason_and_not_both() {
    for clause in clauses() {
        let rules = catalogue().filter(|rule| rule.clause == clause).count();
        assert_eq!(rules == 0, clause.unchecked.is_some(), "clause {}", clause.id);
        assert!(clause.source.contains('[') || clause.source.starts_with("RFC"), "{}", clause.id);
        let inferred_alone = clause.source.starts_with("[INFER") && !clause.source.contains("] [");
        assert!(clause.level != Level::Must || !inferred_alone, "{}", clause.id);
        assert!(clause.text.ends_with('.'), "{}", clause.id);
    }
}

#[test]
fn every_normative_line_of_the_seed_page_has_a_clause() {
    let lines = |ranges: &[(u32, u32)]| -> BTreeSet<u32> {
        ranges.iter().flat_map(|(from, to)| *from..=*to).collect()
    };
    let normative = lines(NORMATIVE);
    let mut cited = BTreeSet::new();
    for clause in clauses() {
        let ranges = seed_lines(clause.source);
        for (from, to) in &ranges {
            assert!(from <= to && *to <= LAST, "{} cites L{from}–L{to}", clause.id);
        }
        let own = lines(&ranges);
        let is_normative = own.iter().any(|line| normative.contains(line));
        assert!(own.is_empty() || is_normative, "{} cites {own:?}", clause.id);
        cited.extend(own);
    }
    let missing: Vec<_> = normative.difference(&cited).collect();
    assert_eq!(missing, Vec::<&u32>::new());
}

#[test]
fn a_line_that_is_cited_alone_is_a_normative_one() {
    let is_normative = |line| NORMATIVE.iter().any(|(from, to)| (*from..=*to).contains(&line));
    for clause in clauses() {
        for (from, to) in seed_lines(clause.source) {
            assert!(from != to || is_normative(from), "{} cites L{from}", clause.id);
        }
    }
}

#[test]
fn the_forty_errata_are_there_and_each_has_a_clause_that_cites_it() {
    let ids: Vec<String> = ERRATA.iter().map(|erratum| erratum.id.to_owned()).collect();
    let wanted: Vec<String> = (1..=40).map(|number| format!("E{number}")).collect();
    assert_eq!(ids, wanted);
    for erratum in ERRATA {
        let id = erratum.id;
        assert!(!erratum.clauses.is_empty(), "{id}");
        assert!(!erratum.shows.is_empty() && !erratum.resolution.is_empty(), "{id}");
        assert_eq!(erratum.lines.is_empty(), id == "E39", "{id} is about lines, or silence");
        let names = |source: &str| {
            source.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == id)
        };
        let cited = erratum.clauses.iter().filter(|clause| names(clause.source)).count();
        assert!(cited > 0, "no clause of {id} names it as a source");
    }
    for clause in clauses() {
        for word in clause.source.split(|c: char| !c.is_ascii_alphanumeric()) {
            let Some(number) = word.strip_prefix('E').and_then(|n| n.parse::<u32>().ok()) else {
                continue;
            };
            let erratum = ERRATA.iter().find(|erratum| erratum.id == format!("E{number}"));
            let follows = erratum.is_some_and(|erratum| erratum.clauses.contains(&clause));
            assert!(follows, "{} cites {word}, from which it does not follow", clause.id);
        }
    }
}

/// By name, and by what they assert: `holds!` is compiled, and names the clause where it fails.
#[test]
fn what_binds_the_service_is_asserted_by_the_tests_that_it_names() {
    let mut sources = String::new();
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests");
    read_all(&tests, &mut sources);
    let constant = |clause: &Clause| clause.id.to_uppercase().replace('-', "_");
    let mut named = BTreeSet::new();
    for clause in clauses() {
        let tests = clause.unchecked.and_then(|reason| reason.strip_prefix("binds the service: "));
        let tests = tests.into_iter().flat_map(|tests| tests.split(", "));
        named.extend(tests.map(|test| (test.to_owned(), constant(clause))));
    }
    // Not some function, but one that is run: what stands above it ends with this attribute.
    let heads = ["#[test]\nfn ", "#[tokio::test]\nasync fn "];
    let bodies = heads.iter().flat_map(|head| sources.split(head).skip(1));
    let mut asserted = BTreeSet::new();
    for body in bodies.filter_map(|text| text.split_once("\n}\n").map(|(body, _)| body)) {
        let (test, body) = body.split_once("()").unwrap();
        let words = |text: &str| text.split(',').next().unwrap().trim().to_owned();
        asserted.extend(
            body.split(concat!("holds!", "(")).skip(1).map(|text| (test.to_owned(), words(text))),
        );
    }
    assert!(named.len() > 30);
    assert_eq!(named, asserted);
}

#[test]
fn codes_that_a_clause_says_are_transient_are_those_of_the_table() {
    let clause = clauses().find(|clause| clause.id == "retries").unwrap();
    let detail = clause.text.split(|c: char| c != '-' && !c.is_ascii_digit());
    let named: BTreeSet<i64> =
        detail.filter(|word| word.starts_with('-')).filter_map(|word| word.parse().ok()).collect();
    let known = Codes::all().iter().filter(|code| code.is_retryable());
    assert_eq!(named, known.map(|code| code.code).collect());
}

fn read_all(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, text);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// The ranges of lines that the tags `[SEED …]` of a source name.
fn seed_lines(source: &str) -> Vec<(u32, u32)> {
    let mut ranges = Vec::new();
    for tag in source.split("[SEED ").skip(1) {
        let inside = tag.split(']').next().unwrap();
        for piece in inside.split([',', ':', ';', ' ']) {
            let mut ends = piece.split('–').map(|end| end.strip_prefix('L')?.parse().ok());
            let Some(Some(from)) = ends.next() else { continue };
            let to = ends.next().map_or(from, |to| to.unwrap());
            ranges.push((from, to));
        }
    }
    ranges
}
