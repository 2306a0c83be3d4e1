//! The scenarios that are generated: which there are, and that none is missing.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use slicecheck::protocol::{Request, Response};
use slicecheck::scenario::matrix::{Cell, PRUNED, Unclear, WRITTEN, all, cells, valid};
use slicecheck::scenario::scenarios;
use slicecheck::spec::Level;

use crate::conforming::assert_no_more_than;
use crate::snapshot::assert_snapshot;

type Chosen = (usize, usize);

fn pairs(row: &[usize]) -> impl Iterator<Item = (Chosen, Chosen)> + use<> {
    let levels: Vec<Chosen> = row.iter().copied().enumerate().collect();
    let seconds = levels.clone().into_iter();
    seconds.flat_map(move |second| {
        let firsts: Vec<_> = levels.iter().copied().take(second.0).collect();
        firsts.into_iter().map(move |first| (first, second))
    })
}

#[test]
fn each_pair_of_levels_that_means_anything_is_played() {
    let wanted: BTreeSet<_> = valid().iter().flat_map(|row| pairs(row)).collect();
    let played: BTreeSet<_> = cells().iter().flat_map(|cell| pairs(&cell.levels())).collect();
    assert!(wanted.len() > 200, "{}", wanted.len());
    assert_eq!(played, wanted);
}

#[test]
fn each_cell_is_played_by_one_scenario() {
    for cell in cells() {
        let id = cell.scenario_id();
        let scenario = scenarios().find(|scenario| scenario.id == id).unwrap();
        // Only key, text and control are its own.
        let mut setup = scenario.setup.clone();
        setup.key.clone_from(&cell.scenario().setup.key);
        assert_eq!(setup, cell.scenario().setup, "{id}");
    }
}

#[test]
fn no_two_scenarios_with_a_fault_have_the_same_setup() {
    let mut known: HashMap<String, &str> = HashMap::new();
    for scenario in scenarios().filter(|of| !of.setup.behaviour.faults.is_empty()) {
        // What is in the file, and how many slices it has, makes no other situation of a fault.
        let mut setup = scenario.setup.clone();
        setup.key.clear();
        (setup.file.size, setup.slice_size) = (0, 0);
        let same = known.insert(format!("{setup:?}"), &scenario.id);
        assert_eq!(same, None, "{}", scenario.id);
    }
}

#[test]
fn each_cell_that_is_written_elsewhere_is_one_that_is_played() {
    let played: BTreeSet<Cell> = cells().into_iter().collect();
    for (cell, id) in WRITTEN {
        assert!(played.contains(&cell), "{id}");
        assert_ne!(cell.id(), id);
        assert!(scenarios().all(|scenario| scenario.id != cell.id()), "{id}");
    }
}

#[test]
fn each_reason_prunes_what_no_other_does() {
    let all = all();
    for pruned in PRUNED {
        let alone = |cell: &&Cell| PRUNED.iter().filter(|of| (of.is)(cell)).count() == 1;
        assert!(all.iter().filter(alone).any(|cell| (pruned.is)(cell)), "{}", pruned.reason);
    }
}

/// Ids are permanent: a change of this list is a change of the catalogue.
#[test]
fn the_list_of_cells_and_of_what_is_pruned_is_its_snapshot() {
    let mut page = String::new();
    let all = all();
    writeln!(page, "{} of {} combinations are valid\n", valid().len(), all.len()).unwrap();
    for pruned in PRUNED {
        let count = all.iter().filter(|cell| (pruned.is)(cell)).count();
        writeln!(page, "{count:>5} pruned: {}", pruned.reason).unwrap();
    }
    writeln!(page, "\n{} are played\n", cells().len()).unwrap();
    for cell in cells() {
        let (id, scenario) = (cell.id(), cell.scenario_id());
        let elsewhere = if id == scenario { String::new() } else { format!("  is {scenario}") };
        writeln!(page, "{id}{elsewhere}").unwrap();
    }
    assert_snapshot("matrix", "cells", &page);
}

/// With another method, or with the same request once more (RFC 9110 §15.4.3).
#[test]
fn a_client_that_follows_a_redirect_is_accused_of_nothing() {
    let mut followed = 0;
    for cell in cells().iter().filter(|cell| cell.reply == Unclear::Redirect) {
        let id = cell.scenario_id();
        let whole = scenarios().find(|scenario| scenario.id == id).unwrap().simulate(1);
        for method in ["GET", "POST"] {
            let mut transcript = whole.clone();
            transcript.deviations.clear();
            transcript.exchanges.clear();
            for exchange in &whole.exchanges {
                transcript.exchanges.push(exchange.clone());
                if exchange.response.status() != 302 {
                    continue;
                }
                let mut next = exchange.clone();
                next.started = exchange.answered;
                if method == "GET" {
                    let fields = [
                        ("Host", "h".to_owned()),
                        ("Authorization", exchange.request.signature_text().unwrap().0),
                    ];
                    next.request = Request::write("GET", exchange.request.target(), &fields, b"");
                    let unknown = r#"{"code":-5980,"message":"ERROR_CGI_PARAM_MISSING_OP"}"#;
                    next.response = Response::write(400, &[], unknown);
                }
                transcript.exchanges.push(next);
                followed += 1;
            }
            assert_no_more_than(Level::Note, &transcript, &format!("{method} in {id}"));
        }
    }
    assert!(followed >= 8, "{followed}");
}
