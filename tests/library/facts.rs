//! What is known of a job is optional: a rule that needs what is not known does not apply.

use std::collections::BTreeSet;

use slicecheck::client::ClientPolicy;
use slicecheck::protocol::{JobFacts, Transcript};
use slicecheck::rules::{catalogue, findings, judge};
use slicecheck::scenario::{Scenario, Simulation, scenarios};

/// What takes a fact away.
type Forget = fn(&mut JobFacts);

/// What can be taken away, by name.
const FACTS: [(&str, Forget); 4] = [
    ("path", |job| job.path = None),
    ("file", |job| job.file = None),
    ("credentials", |job| job.credentials = None),
    ("slice size", |job| job.slice_size = None),
];

fn played(id: &str) -> Transcript {
    let scenario: &Scenario = scenarios().find(|scenario| scenario.id == id).unwrap();
    Simulation::new(scenario, 1).play(&ClientPolicy::REFERENCE)
}

fn broken(transcript: &Transcript) -> BTreeSet<&'static str> {
    findings(&judge(transcript)).map(|finding| finding.rule.id).collect()
}

#[test]
fn less_is_known_and_no_client_is_accused_of_more() {
    for rule in catalogue() {
        let mut transcript = played(rule.counterexample.scenario);
        rule.counterexample.apply(&mut transcript).unwrap();
        let all = broken(&transcript);
        for (name, forget) in FACTS {
            let mut less = transcript.clone();
            forget(&mut less.job);
            let surplus: Vec<_> = broken(&less).difference(&all).copied().collect();
            assert!(surplus.is_empty(), "{} without {name}: {surplus:?}", rule.id);
        }
    }
}

#[test]
fn a_conforming_client_is_accused_of_nothing_whatever_is_known() {
    for scenario in ["happy/last-slice-short", "resume/hole-in-the-middle", "key/unicode"] {
        for (name, forget) in FACTS {
            let mut transcript = played(scenario);
            forget(&mut transcript.job);
            assert_eq!(broken(&transcript), BTreeSet::new(), "{scenario} without {name}");
        }
    }
}

#[test]
fn what_needs_a_fact_does_not_apply_without_it_and_all_else_does() {
    for (id, needed) in [
        ("request/path-object", "path"),
        ("data/bytes", "file"),
        ("data/length", "file"),
        ("finish/filesize", "file"),
        ("init/slice-size", "slice size"),
    ] {
        let rule = catalogue().find(|rule| rule.id == id).unwrap();
        let mut transcript = played(rule.counterexample.scenario);
        rule.counterexample.apply(&mut transcript).unwrap();
        for (name, forget) in FACTS {
            let mut less = transcript.clone();
            forget(&mut less.job);
            let ruling = judge(&less).into_iter().find(|ruling| ruling.rule.id == id).unwrap();
            let applies = ruling.held > 0 || ruling.broken() > 0;
            assert_eq!(applies, name != needed, "{id} without {name}");
        }
    }
}
