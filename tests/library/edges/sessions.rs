//! What was sent for one upload is no part of the next one.

use slicecheck::client::{ClientPolicy, Forgotten, ResumePolicy};
use slicecheck::protocol::{Op, Transcript};
use slicecheck::rules::judge;
use slicecheck::scenario::{Simulation, scenarios};

use super::{found, insert, played};

fn restarting(forgotten: Forgotten) -> Transcript {
    let scenario = scenarios().find(|scenario| scenario.id == "session/forgotten").unwrap();
    Simulation::new(scenario, 1).play(&policy(forgotten))
}

fn policy(forgotten: Forgotten) -> ClientPolicy {
    let resume = ResumePolicy { forgotten, ..ClientPolicy::REFERENCE.resume };
    ClientPolicy { resume, ..ClientPolicy::REFERENCE }
}

/// A client that is to send one slice at a time gives up on a slice, whose reply comes only after the first slice
/// of the upload that it has opened instead; `same` says that there is no other upload.
fn given_up(same: bool) -> Transcript {
    let mut scenario =
        scenarios().find(|it| it.id == "session/forgotten").unwrap().as_ref().clone();
    scenario.setup.behaviour.serial_upload = Some(true);
    let mut transcript = Simulation::new(&scenario, 1).play(&policy(Forgotten::Restart));
    let inits: Vec<_> = transcript.of(&Op::Init).map(|(number, _)| number).collect();
    let [_, again] = inits.as_slice() else { panic!("two inits") };
    let (left, next) = (again - 1, again + 1);
    if same {
        let before = transcript.exchanges[left].request.text("session").unwrap().to_owned();
        let next = &mut transcript.exchanges[next].request;
        next.edit(|form| form.set("session", before)).unwrap();
    }
    let late = transcript.exchanges.last().unwrap().answered;
    transcript.exchanges[left].answered = late;
    transcript
}

#[test]
fn a_slice_that_was_given_up_with_its_upload_is_not_waited_for() {
    for rule in ["data/serial", "finish/after-replies"] {
        assert_eq!(found(rule, &given_up(false)), [""; 0], "{rule}");
    }
    assert_eq!(
        found("data/serial", &given_up(true)),
        ["sent before the reply to another slice"; 1]
    );
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

/// What is told beside the finding of a finish for the session of the first slice that comes before this exchange.
fn told_of_an_early_finish(mut transcript: Transcript, at: usize) -> Vec<String> {
    let session = transcript.exchanges[1].request.text("session").unwrap().to_owned();
    let mut early = transcript.of(&Op::Finish).next().unwrap().1.clone();
    early.request.edit(|form| form.set("session", session)).unwrap();
    insert(&mut transcript, at, early);
    let rulings = judge(&transcript);
    let all = rulings.iter().find(|it| it.rule.id == "finish/after-all-slices").unwrap();
    assert_eq!(all.findings.len(), 1);
    let related = all.findings.iter().flat_map(|finding| &finding.evidence.related);
    related.map(|related| related.what.clone()).collect()
}

#[test]
fn a_slice_of_another_upload_is_not_said_to_have_come_too_late() {
    let told = told_of_an_early_finish(played(super::PLAIN), 2);
    assert_eq!(told, ["sent some of these bytes too late"]);
    let transcript = restarting(Forgotten::Restart);
    let again = transcript.of(&Op::Init).nth(1).unwrap().0;
    assert_eq!(told_of_an_early_finish(transcript, again), [""; 0]);
}

#[test]
fn a_session_that_is_granted_again_goes_on_with_its_upload() {
    let mut transcript = played(super::PLAIN);
    let init = transcript.exchanges[0].clone();
    insert(&mut transcript, 2, init);
    assert_eq!(found("finish/after-all-slices", &transcript), [""; 0]);
}
