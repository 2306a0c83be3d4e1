use std::collections::{BTreeSet, HashSet};
use std::num::NonZeroUsize;

use serde_json::Value;
use slicecheck::client::ClientPolicy;
use slicecheck::mutant::{self, Need, Until, mutants, try_all};
use slicecheck::protocol::Exchange;
use slicecheck::report;
use slicecheck::rules::catalogue;
use slicecheck::scenario::matrix::{Cell, Operation, Unclear, cells};
use slicecheck::scenario::{Simulation, scenarios};

/// The whole matrix is what `slicecheck mutants` prints; here each is played until it is killed.
#[test]
fn every_mutant_is_killed_by_each_rule_that_has_to_name_it() {
    let (mutants, scenarios): (Vec<_>, Vec<_>) =
        (mutants().collect(), scenarios().map(AsRef::as_ref).collect());
    let outcomes = try_all(&mutants, &scenarios, Until::Killed, threads());
    let missed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.is_complete())
        .map(|outcome| (outcome.mutant.id, outcome.mutant.expected, outcome.killed_by()))
        .collect();
    assert!(missed.is_empty(), "mutant, expected, killed by: {missed:#?}");
}

fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

#[test]
fn the_matrix_says_what_was_expected_and_what_has_killed() {
    let mutant = mutants().find(|mutant| mutant.id == "cutting/asked-slice-size").unwrap();
    let matrix = |scenario: &str| {
        let scenario: Vec<_> =
            scenarios().filter(|of| of.id == scenario).map(AsRef::as_ref).collect();
        let outcomes = try_all(&[mutant], &scenario, Until::TheEnd, threads());
        let (mut json, mut text) = (Vec::new(), Vec::new());
        report::mutants::json(&outcomes, &mut json).unwrap();
        report::mutants::text(&outcomes, &mut text).unwrap();
        (serde_json::from_slice::<Value>(&json).unwrap(), String::from_utf8(text).unwrap())
    };
    let (json, text) = matrix("server-choice/smaller-slice-size");
    let expected = serde_json::json!([{
        "id": mutant.id,
        "summary": mutant.summary,
        "expected": mutant.expected,
        "killed_by": mutant.expected,
        "killed": true,
    }]);
    assert_eq!(json, expected);
    assert!(text.contains("by  data/length  in server-choice/smaller-slice-size\n"), "{text}");
    let (json, text) = matrix("happy/one-slice");
    assert_eq!(
        (&json[0]["killed_by"], &json[0]["killed"]),
        (&Value::Array(Vec::new()), &Value::Bool(false))
    );
    assert!(text.contains("MISSED") && text.contains("not by data/length"), "{text}");
}

#[test]
fn a_finding_counts_in_the_matrix_only_where_the_deviation_occurred() {
    let broken = |mutant, places: &[&str]| broken_in(mutant, "upload/bytes", places);
    let simple = "announcing/simple-damaged";
    assert_eq!(broken(simple, &["faults/slice-503-once"]), [""; 0]);
    assert_eq!(broken(simple, &["faults/finish-503-once"]), ["faults/finish-503-once"]);
    assert_eq!(broken(simple, &["happy/one-slice"]), ["happy/one-slice"]);
}

#[test]
fn what_is_broken_in_the_control_does_not_count_again_in_the_matrix() {
    let broken = |places: &[&str]| broken_in("form/not-closed", "form/closing-delimiter", places);
    assert_eq!(broken(&["echo/offset"]), ["echo/offset"]);
    assert_eq!(broken(&["echo/offset", "happy/last-slice-short"]), ["happy/last-slice-short"]);
}

/// A mutant has one defect: what it makes of a form changes nothing in the bytes of the file, however much
/// they look like a form.
#[test]
fn a_mutant_that_edits_a_form_leaves_the_bytes_of_the_file_as_they_are() {
    let look_alike = ["content/delimiters", "content/line-ends", "content/text"];
    let mut damaged = BTreeSet::new();
    for scenario in scenarios().filter(|of| look_alike.contains(&of.id.as_str())) {
        let simulation = Simulation::new(scenario, 1);
        let file = simulation.play(&ClientPolicy::REFERENCE).job.file.unwrap().whole().unwrap();
        for mutant in mutants().filter(|of| of.id.starts_with("form/")) {
            let transcript = simulation.play(&mutant.policy);
            // Refused and unreadable ones, too: whatever slice it was, it is there from end to end.
            let is_whole = |exchange: &Exchange| {
                let body = exchange.request.body();
                body.len() < file.len() / 4
                    || file
                        .chunks(1 << 20)
                        .any(|slice| memchr::memmem::find(&body, slice).is_some())
            };
            if !transcript.exchanges.iter().all(is_whole) {
                damaged.insert(mutant.id);
            }
        }
    }
    assert_eq!(damaged, BTreeSet::new());
}

/// The scenarios among these in which a mutant breaks a rule.
fn broken_in(mutant: &str, rule: &str, places: &[&str]) -> Vec<&'static str> {
    let mutant: Vec<_> = mutants().filter(|of| of.id == mutant).collect();
    let played = scenarios().filter(|of| places.contains(&of.id.as_str())).map(AsRef::as_ref);
    let mut outcome =
        try_all(&mutant, &played.collect::<Vec<_>>(), Until::TheEnd, threads()).remove(0);
    outcome.broken.remove(rule).unwrap_or_default().into_iter().collect()
}

#[test]
fn every_cell_in_which_a_client_can_lie_has_a_mutant_that_lies_there() {
    let outcomes = |cell: &Cell, mutant| {
        let scenario: Vec<_> =
            scenarios().filter(|of| of.id == cell.scenario_id()).map(AsRef::as_ref).collect();
        try_all(&[mutant], &scenario, Until::TheEnd, NonZeroUsize::MIN).remove(0)
    };
    let mut honest = Vec::new();
    for cell in cells() {
        let place = if cell.operation == Operation::Slice { cell.place.word() } else { "" };
        let name = format!("{}-{}-{place}", cell.operation.word(), cell.reply.word());
        let mutant = ["misreading", "reading"].into_iter().find_map(|topic| {
            let id = format!("{topic}/{name}");
            mutants().find(|mutant| mutant.id == id.trim_end_matches('-'))
        });
        match mutant {
            Some(mutant) => assert!(outcomes(&cell, mutant).is_complete(), "{name}"),
            None => honest.push(cell),
        }
    }
    // What they take for a success is one, or may be one; or HTTP does not let it through.
    let may_be_taken = |cell: &Cell| cell.is_done() || cell.reply == Unclear::TooMuch;
    assert!(honest.iter().all(may_be_taken), "{honest:?}");
}

#[test]
fn a_scenario_is_needed_for_the_mutant_that_only_it_kills() {
    let played = |ids: &[&str]| -> Vec<_> {
        scenarios().filter(|of| ids.contains(&of.id.as_str())).map(AsRef::as_ref).collect()
    };
    let mutant: Vec<_> = mutants().filter(|of| of.id == "misreading/finish-null").collect();
    let (cell, control) = ("finish/null-always", "happy/last-slice-short");
    let scenarios = played(&[cell, control]);
    let outcomes = try_all(&mutant, &scenarios, Until::Named, threads());
    let needs = mutant::needs(scenarios.iter().copied(), &outcomes);
    assert_eq!(needs[cell], Need::Mutant("misreading/finish-null"));
    assert!(matches!(needs[control], Need::Reason(_)), "{:?}", needs[control]);
    let needs = mutant::needs(scenarios.iter().copied(), &[]);
    assert_eq!(needs[cell], Need::Unknown);
}

#[test]
fn each_scenario_or_topic_that_shares_its_mutants_exists() {
    for shared in mutant::SHARED {
        for id in shared.scenarios {
            let topic = id.strip_suffix("/*");
            let exists = scenarios().any(|of| of.id == *id || Some(of.topic()) == topic);
            assert!(exists && mutant::reason(id) == Some(shared.reason), "{id}");
        }
    }
}

/// What is left out could not have counted.
#[test]
fn a_rule_names_a_mutant_where_it_would_if_all_scenarios_were_played() {
    let played: Vec<_> = scenarios()
        .filter(|of| ["happy", "resume", "faults", "finish"].contains(&of.topic()))
        .map(AsRef::as_ref)
        .collect();
    let ids = ["form/not-closed", "trying/once", "ending/always-ok", "cutting/asked-slice-size"];
    let mutants: Vec<_> = mutants().filter(|of| ids.contains(&of.id)).collect();
    let all = try_all(&mutants, &played, Until::TheEnd, threads());
    let named = try_all(&mutants, &played, Until::Named, threads());
    assert_eq!(all.len(), ids.len());
    for (all, named) in all.iter().zip(&named) {
        for rule in all.mutant.expected {
            assert_eq!(all.broken.get(rule), named.broken.get(rule), "{} {rule}", all.mutant.id);
        }
    }
}

#[test]
fn every_rule_has_to_name_some_mutant() {
    let named: HashSet<_> = mutants().flat_map(|mutant| mutant.expected).copied().collect();
    let known: HashSet<_> = catalogue().map(|rule| rule.id).collect();
    let idle: BTreeSet<_> = known.difference(&named).collect();
    let unknown: BTreeSet<_> = named.difference(&known).collect();
    assert!(idle.is_empty() && unknown.is_empty(), "idle {idle:?}, unknown {unknown:?}");
}

#[test]
fn ids_of_mutants_are_unique_and_begin_with_their_topic() {
    let ids: Vec<_> = mutants().map(|mutant| mutant.id).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    for id in ids {
        let topic = id.split('/').next().unwrap();
        let file = format!("{}/src/mutant/{topic}.rs", env!("CARGO_MANIFEST_DIR"));
        let file = std::fs::read_to_string(file).unwrap();
        assert!(file.contains(id) || topic == "misreading", "{id}");
    }
}
