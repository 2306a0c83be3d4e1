//! The sets of mutants that were not written with the rules. That the rules name them, but for those on
//! record, takes minutes to see: `.ci/run` has the program play them.

use std::collections::HashSet;
use std::num::NonZeroUsize;

use slicecheck::mutant::{Set, Until, try_all, without_each_rule};
use slicecheck::report;
use slicecheck::rules::catalogue;
use slicecheck::scenario::scenarios;
use slicecheck::spec::clauses;

const SETS: [Set; 2] = [Set::Spec, Set::Public];

#[test]
fn sets_are_as_large_as_they_are_said_to_be() {
    let sizes = SETS.map(|set| set.planted().len());
    assert_eq!(sizes, [229, 66]);
    assert_eq!(SETS.map(|set| set.unnamed().len()), [14, 0]);
}

#[test]
fn ids_in_sets_are_unique_and_their_rules_exist() {
    let rules: HashSet<_> = catalogue().map(|rule| rule.id).collect();
    let mut ids = HashSet::new();
    for planted in SETS.into_iter().flat_map(Set::planted) {
        let mutant = &planted.mutant;
        assert!(ids.insert(mutant.id), "{}", mutant.id);
        assert!(!mutant.expected.is_empty(), "{}", mutant.id);
        assert!(mutant.expected.iter().all(|rule| rules.contains(rule)), "{}", mutant.id);
    }
    assert!(ids.iter().all(|id| id.starts_with("spec/") || id.starts_with("public/")));
}

#[test]
fn the_source_of_a_planted_defect_is_a_clause_or_a_report() {
    let known: HashSet<_> = clauses().map(|clause| clause.id).collect();
    assert!(Set::Spec.planted().iter().all(|planted| known.contains(planted.source)));
    for planted in Set::Public.planted() {
        let (repository, number) = planted.source.split_once('#').unwrap();
        assert_eq!(repository.split('/').count(), 2, "{}", planted.source);
        assert!(number.parse::<u32>().is_ok(), "{}", planted.source);
    }
}

#[test]
fn a_mutant_that_one_rule_kills_is_missed_without_that_rule() {
    let scenarios: Vec<_> =
        scenarios().filter(|of| of.topic() == "happy").map(AsRef::as_ref).collect();
    let mutants: Vec<_> = Set::Spec
        .mutants()
        .into_iter()
        .filter(|of| ["spec/finish-twice", "spec/tail-forgotten"].contains(&of.id))
        .collect();
    let outcomes = try_all(&mutants, &scenarios, Until::TheEnd, NonZeroUsize::MIN);
    let of = |wanted: &str| {
        let rules = without_each_rule(&outcomes);
        rules.into_iter().find(|(rule, _)| *rule == wanted).unwrap().1
    };
    let twice: Vec<_> =
        of("finish/once").iter().map(|of| (of.mutant, of.shows_in_outcome)).collect();
    assert_eq!(twice, [("spec/finish-twice", false)]);
    // Others name what is not stored, too.
    assert_eq!(of("finish/after-all-slices"), []);
    let mut text = Vec::new();
    report::mutants::without_each_rule(&outcomes, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("without finish/once  spec/finish-twice\n"), "{text}");
    assert!(text.contains("1 of 2 are killed by one rule only"), "{text}");
}
