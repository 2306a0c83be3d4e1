use std::collections::HashSet;

use slicecheck::client::ClientPolicy;
use slicecheck::protocol::Dialect;
use slicecheck::report::explain;
use slicecheck::rules::{catalogue, findings, judge};
use slicecheck::scenario::{Simulation, scenarios};
use slicecheck::server::{Fault, FinishCheck, Storing};
use slicecheck::spec::{Level, clauses};

use crate::conforming;
use crate::snapshot::assert_snapshot;

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
fn every_rule_holds_in_some_conforming_conversation() {
    let mut held = HashSet::new();
    let simulations = scenarios().map(|scenario| scenario.simulate(1));
    let plain = scenarios().find(|scenario| scenario.id == "happy/last-slice-short").unwrap();
    let dialects = Dialect::ALL.into_iter().filter(|dialect| dialect.sliced_op.is_none());
    let simulation = Simulation::new(plain, 1);
    let dialects =
        dialects.map(|dialect| simulation.play(&ClientPolicy::REFERENCE.speaking(dialect)));
    for transcript in simulations.chain(dialects).chain(conforming::variants()) {
        for ruling in judge(&transcript) {
            let found: Vec<_> = ruling.findings.iter().map(|finding| &finding.evidence).collect();
            let level = ruling.rule.level();
            let tolerated = level == Level::Note || ruling.rule.id == "request/not-chunked";
            assert!(found.is_empty() || tolerated, "{}: {found:?}", ruling.rule.id);
            if ruling.held > 0 {
                held.insert(ruling.rule.id);
            }
        }
    }
    let never: Vec<_> = catalogue().map(|rule| rule.id).filter(|id| !held.contains(id)).collect();
    assert_eq!(never, Vec::<&str>::new());
}

#[test]
fn every_rule_has_a_fix_of_its_own_that_is_a_sentence() {
    let mut fixes = HashSet::new();
    for rule in catalogue() {
        assert!(fixes.insert(rule.fix), "{}: the text of another rule", rule.id);
        let is_sentence = rule.fix.starts_with(|c: char| c.is_ascii_uppercase());
        assert!(is_sentence && rule.fix.ends_with('.'), "{}: {}", rule.id, rule.fix);
        assert!(rule.fix.len() <= 200 && rule.fix != rule.summary, "{}: {}", rule.id, rule.fix);
    }
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
        assert_snapshot("scenarios", &scenario.id, &explain::scenario_page(scenario));
    }
}

#[test]
fn ids_are_unique_words() {
    let rules = catalogue().map(|rule| rule.id);
    let ids: Vec<_> =
        rules.chain(scenarios().map(|s| s.id.as_str())).chain(clauses().map(|c| c.id)).collect();
    let unique: HashSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
    let word = |id: &str| {
        id.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-/".contains(&byte))
    };
    assert!(ids.iter().all(|id| word(id)));
}

#[test]
fn the_topic_of_a_rule_is_the_first_half_of_its_id() {
    for rule in catalogue() {
        let (topic, name) = rule.id.split_once('/').unwrap();
        assert_eq!(rule.topic(), topic);
        assert!(!name.contains('/'), "{}", rule.id);
    }
}

#[test]
fn every_scenario_with_faults_has_a_control_and_the_control_has_none() {
    for scenario in scenarios() {
        let faulty = !scenario.setup.behaviour.faults.iter().all(Fault::only_delays);
        assert!(!faulty || scenario.control.is_some(), "{}", scenario.id);
        assert!(!faulty || !scenario.setup.must_succeed(), "{}", scenario.id);
        let Some(control) = &scenario.control else { continue };
        let control = scenarios().find(|other| other.id == *control).unwrap();
        assert!(control.setup.behaviour.faults.is_empty(), "{}", scenario.id);
    }
}

/// A client that takes the service at its word does not lose data by it.
#[test]
fn finish_notices_what_is_not_stored_as_it_came_but_in_twins() {
    for scenario in scenarios() {
        let is_damage = |stored| matches!(stored, Storing::Altered | Storing::Halved);
        let mut faults = scenario.setup.behaviour.faults.iter();
        let damages = faults.any(|fault| fault.reactions.iter().any(|of| is_damage(of.stored)));
        if damages && scenario.id.ends_with("-lax") {
            let strict = scenario.id.trim_end_matches("-lax");
            let strict = scenarios().find(|other| other.id == strict).unwrap();
            assert_eq!(strict.setup.behaviour.faults, scenario.setup.behaviour.faults);
            continue;
        }
        assert!(
            !damages || scenario.setup.behaviour.finish == FinishCheck::Strict,
            "{}",
            scenario.id
        );
    }
}

#[test]
fn one_key_beyond_ascii_can_be_written_in_latin_1() {
    let is_latin = |key: &str| !key.is_ascii() && key.chars().all(|letter| letter <= '\u{ff}');
    assert!(scenarios().any(|scenario| is_latin(&scenario.setup.key)));
}
