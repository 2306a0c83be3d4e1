use std::collections::HashSet;

use slicecheck::protocol::{Claim, Stored};
use slicecheck::report::explain;
use slicecheck::rules::{catalogue, findings, judge};
use slicecheck::scenario::scenarios;
use slicecheck::spec::CLAUSES;

use crate::assert_snapshot;

#[test]
fn every_rule_is_broken_by_its_counterexample() {
    for rule in catalogue() {
        let (_, after) = explain::counterexample(rule)
            .unwrap_or_else(|| panic!("{}: its scenario has no place for it", rule.id));
        let rulings = judge(&after);
        assert!(
            findings(&rulings).any(|finding| finding.rule.id == rule.id),
            "{} does not find its own counterexample",
            rule.id
        );
    }
}

#[test]
fn every_rule_holds_somewhere_for_the_reference_client_or_only_sees_what_it_never_does() {
    let held: HashSet<_> = scenarios()
        .flat_map(|scenario| judge(&scenario.rehearse(1)))
        .filter(|ruling| ruling.held > 0)
        .map(|ruling| ruling.rule.id)
        .collect();
    let never: Vec<_> = catalogue().map(|rule| rule.id).filter(|id| !held.contains(id)).collect();
    assert_eq!(
        never,
        [
            // What the reference client does not send: chunks, a query, sha and its company.
            "request/chunks",
            "auth/sign-escaped",
            "init/sha",
            "init/uploadparts-with-sha",
            "init/uploadparts-form",
            "init/uploadparts-shas",
            "init/insert-only",
            "init/biz-attr",
            "data/sha",
            "data/datamd5",
            "finish/sha",
        ]
    );
}

#[test]
fn the_page_of_every_rule_is_its_snapshot() {
    for rule in catalogue() {
        assert_snapshot("rules", rule.id, &explain::rule_page(rule));
    }
}

#[test]
fn the_page_of_every_scenario_is_its_snapshot() {
    for scenario in scenarios() {
        assert_snapshot("scenarios", scenario.id, &explain::scenario_page(scenario));
    }
}

#[test]
fn the_reference_client_has_no_finding_in_any_scenario() {
    for scenario in scenarios() {
        for seed in 0..4 {
            let transcript = scenario.rehearse(seed);
            let rulings = judge(&transcript);
            let found: Vec<_> = findings(&rulings)
                .map(|finding| format!("{}: {:?}", finding.rule.id, finding.evidence))
                .collect();
            assert_eq!(found, Vec::<String>::new(), "in {} with seed {seed}", scenario.id);
            let outcome = transcript.outcome.unwrap();
            assert!(
                outcome.claim != Claim::Ok || outcome.stored == Stored::Complete,
                "{}: {outcome:?}",
                scenario.id
            );
            assert!(!scenario.undisturbed || outcome.claim == Claim::Ok, "{}", scenario.id);
        }
    }
}

#[test]
fn every_clause_has_rules_or_a_reason_and_not_both() {
    for clause in CLAUSES {
        let rules = catalogue().filter(|rule| rule.clause == *clause).count();
        assert_eq!(rules == 0, clause.unchecked.is_some(), "clause {}", clause.id);
        assert!(clause.source.contains('[') || clause.source.starts_with("RFC"), "{}", clause.id);
        let inferred_alone = clause.source.starts_with("[INFER") && !clause.source.contains("] [");
        assert!(clause.level != slicecheck::spec::Level::Must || !inferred_alone, "{}", clause.id);
    }
}

#[test]
fn ids_are_unique_words() {
    let rules = catalogue().map(|rule| rule.id);
    let ids: Vec<_> =
        rules.chain(scenarios().map(|s| s.id)).chain(CLAUSES.iter().map(|c| c.id)).collect();
    let unique: HashSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
    let word = |id: &str| {
        id.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-/".contains(&byte))
    };
    assert!(ids.iter().all(|id| word(id)));
}

#[test]
fn every_control_is_a_scenario_without_faults() {
    for scenario in scenarios() {
        let Some(control) = scenario.control else { continue };
        let control = scenarios().find(|other| other.id == control).unwrap();
        assert!(control.behaviour.faults.is_empty(), "{}", scenario.id);
    }
}
