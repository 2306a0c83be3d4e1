//! What was sent for one upload is no part of the next one.

use slicecheck::client::{ClientPolicy, Forgotten, ResumePolicy};
use slicecheck::protocol::Transcript;
use slicecheck::scenario::{Simulation, scenarios};

use super::{found, insert, played};

fn restarting(forgotten: Forgotten) -> Transcript {
    let scenario = scenarios().find(|scenario| scenario.id == "session/forgotten").unwrap();
    let resume = ResumePolicy { forgotten, ..ClientPolicy::REFERENCE.resume };
    Simulation::new(scenario, 1).play(&ClientPolicy { resume, ..ClientPolicy::REFERENCE })
}

#[test]
fn a_slice_that_a_forgotten_upload_had_is_missing_in_the_next_one() {
    let found = found("finish/after-all-slices", &restarting(Forgotten::KeepProgress));
    assert_eq!(found, ["no slice was sent in this upload that has bytes 0 to 1048576"]);
}

#[test]
fn all_slices_with_the_new_session_make_the_new_upload() {
    assert_eq!(found("finish/after-all-slices", &restarting(Forgotten::Restart)), [""; 0]);
}

#[test]
fn a_session_that_is_granted_again_goes_on_with_its_upload() {
    let mut transcript = played(super::PLAIN);
    let init = transcript.exchanges[0].clone();
    insert(&mut transcript, 2, init);
    assert_eq!(found("finish/after-all-slices", &transcript), [""; 0]);
}
