//! The scenarios that are generated: which there are, and that none is missing.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::sync::Arc;

use slicecheck::protocol::{Request, Response};
use slicecheck::rules::{Related, findings, judge};
use slicecheck::scenario::matrix::{Cell, PRUNED, Unclear, WRITTEN, all, cells, valid};
use slicecheck::scenario::{Scenario, scenarios};
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
    // There, how long the file is makes the course of an upload.
    let is_judged =
        |of: &&Arc<Scenario>| !of.setup.behaviour.faults.is_empty() && of.topic() != "combined";
    for scenario in scenarios().filter(is_judged) {
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

#[test]
fn a_request_that_lost_its_body_to_a_redirect_names_the_redirect() {
    let cells = cells();
    let cell = cells.iter().find(|cell| cell.reply == Unclear::Redirect).unwrap();
    let whole = scenarios().find(|of| of.id == cell.scenario_id()).unwrap().simulate(1);
    let number = whole.exchanges.iter().position(|of| of.response.status() == 302).unwrap();
    let named = |status: u16, location: &str, method: &str, body: &[u8]| {
        let mut transcript = whole.clone();
        transcript.exchanges.truncate(number + 1);
        let redirect = &mut transcript.exchanges[number];
        let signature = redirect.request.signature_text().unwrap().0;
        redirect.response = Response::write(status, &[("Location", location.to_owned())], "");
        let mut next = redirect.clone();
        next.started = redirect.answered;
        let fields = [("Host", "h".to_owned()), ("Authorization", signature)];
        next.request = Request::write(method, redirect.request.target(), &fields, body);
        next.response = Response::write(400, &[], r#"{"code":-5980,"message":"ERROR"}"#);
        transcript.exchanges.push(next);
        let rulings = judge(&transcript);
        let found = findings(&rulings).filter(|of| of.exchange == Some(number + 1));
        let related = found.map(|of| {
            let is_meant =
                |it: &&Related| it.exchange == number && it.what.contains("lost its body");
            (of.rule.id, of.evidence.related.iter().filter(is_meant).count())
        });
        related.collect::<Vec<_>>()
    };
    let path = whole.exchanges[number].request.path().to_owned();
    let address = format!("https://other.example{path}?a=1");
    for location in [path.as_str(), &address, "?a=1"] {
        assert_eq!(named(307, location, "GET", b""), [("request/method", 1)], "{location}");
        let posted = named(302, location, "POST", b"");
        assert!(posted.contains(&("request/content-type", 1)), "{location}: {posted:?}");
    }
    // Somewhere else, no redirect at all, or with a body.
    assert_eq!(named(307, "/files/v2/1/b/other", "GET", b""), [("request/method", 0)]);
    assert_eq!(named(400, &path, "GET", b""), [("request/method", 0)]);
    assert!(named(307, &path, "PUT", b"x").contains(&("request/method", 0)));
}
