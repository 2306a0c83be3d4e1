//! Defects that were planted into a careful client, each of which a campaign has to find within so many setups and
//! to make small.

use std::fs;

use slicecheck::scenario::Scenario;
use slicecheck::server::Reply;

use super::{file, python};
use crate::cli::slicecheck;
use crate::planted_names::{PAIRS, PARSERS};

/// How many setups are tried. The rarest of these defects shows in one of a thousand or so: where three thousand are
/// drawn, one campaign in twenty misses it, and which one that is changes with every reaction in the catalogue.
const SETUPS: &str = "6000";
/// How many bytes of JSON a find has at most, or how many things that go wrong.
const MOST_BYTES: usize = 64;
const MOST_FAULTS: usize = 2;

/// Finds a defect, and says what is wrong with what was found.
fn look_for(defect: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let (program, client) = (python(), file("planted_parsers.py"));
    let options = ["--runs", SETUPS, "--deadline", "2s", "--skip-comparison", "--stop-at-first"];
    // One at a time: of two, it depends on the machine which is told first, and with that what comes next.
    let place = ["fuzz", "--finds", folder.path().to_str().unwrap(), "--driver", "--jobs", "1"];
    let output = slicecheck(&[&place[..], &options, &["--", &program, &client, defect]].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let finds = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let smallest = finds
        .map(|path| Scenario::from_toml(&fs::read_to_string(path).unwrap()).unwrap())
        .min_by_key(|find| (literal_bytes(find), find.setup.behaviour.faults.len()));
    match smallest {
        None => Err(format!("{defect} was not found: {text}")),
        Some(find) => {
            let is_small = literal_bytes(&find) <= MOST_BYTES
                || find.setup.behaviour.faults.len() <= MOST_FAULTS;
            if is_small { Ok(()) } else { Err(format!("{defect} is not small: {text}")) }
        }
    }
}

fn literal_bytes(find: &Scenario) -> usize {
    let reactions = find.setup.behaviour.faults.iter().flat_map(|fault| &fault.reactions);
    let bytes = reactions.filter_map(|reaction| match &reaction.replied {
        Reply::LiteralBody(bytes) | Reply::LiteralResponse(bytes) => Some(bytes.bytes()?.len()),
        _ => None,
    });
    bytes.sum()
}

fn all_are_found(defects: &[&str]) {
    let missed: Vec<_> = defects.iter().filter_map(|defect| look_for(defect).err()).collect();
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), defects.len(), missed.join("\n"));
}

#[test]
#[ignore = "needs Python"]
fn some_planted_defects_are_found_and_made_small() {
    all_are_found(&["wraps", "deep", "head-line", "finish-lost+slice-lost"]);
}

#[test]
#[ignore = "needs Python"]
fn the_careful_client_without_a_defect_is_accused_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (program, client) = (python(), file("planted_parsers.py"));
    let place = ["fuzz", "--finds", folder.path().to_str().unwrap(), "--driver"];
    let options = ["--runs", "1500", "--skip-comparison", "--", &program, &client];
    let output = slicecheck(&[&place[..], &options].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

mod full_lane {
    use super::*;

    #[test]
    #[ignore = "needs Python"]
    fn each_planted_defect_of_a_parser_is_found_and_made_small() {
        all_are_found(PARSERS);
    }

    #[test]
    #[ignore = "needs Python"]
    fn each_planted_defect_of_two_deviations_is_found_and_made_small() {
        all_are_found(PAIRS);
    }
}
