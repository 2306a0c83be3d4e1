//! What was there before the upload: the local file, and another object in the same place.

use slicecheck::client::{ClientPolicy, CompletionPolicy, Deletes, Outgoing, RetryPolicy};
use slicecheck::mutant::mutants;
use slicecheck::protocol::{Claim, Kept, Stored, Transcript};
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::{Simulation, scenarios};

const REFERENCE: ClientPolicy = ClientPolicy::REFERENCE;

fn play(id: &str, policy: &ClientPolicy) -> Transcript {
    let scenario = scenarios().find(|scenario| scenario.id == id).unwrap();
    Simulation::in_small(scenario, 1).play(policy)
}

/// The rules below `must` in the end that are broken, and what was found.
fn lost(transcript: &Transcript) -> Vec<(&'static str, String)> {
    let rulings = judge(transcript);
    let kept = findings(&rulings).filter(|finding| finding.rule.id.ends_with("-kept"));
    kept.filter(|finding| finding.rule.id.starts_with("outcome/"))
        .map(|finding| (finding.rule.id, finding.evidence.found.clone()))
        .collect()
}

fn deleting(deletes: Deletes) -> ClientPolicy {
    ClientPolicy { retry: RetryPolicy { deletes, ..REFERENCE.retry }, ..REFERENCE }
}

#[test]
fn insert_only_0_replaces_an_object_at_finish_and_not_before() {
    for (id, claim, stored, kept) in [
        ("existing/other-file", Claim::Failed, Stored::Different, Kept::Whole),
        ("existing/other-file-kept", Claim::Failed, Stored::Different, Kept::Whole),
        ("existing/other-file-replaced", Claim::Ok, Stored::Complete, Kept::Altered),
        ("existing/other-file-slice-refused", Claim::Failed, Stored::Different, Kept::Whole),
        ("existing/other-file-finish-refused", Claim::Failed, Stored::Different, Kept::Whole),
    ] {
        let transcript = play(id, &REFERENCE);
        assert_eq!(lost(&transcript), [], "{id}");
        let outcome = transcript.outcome.unwrap();
        let found = (outcome.claim, outcome.stored, outcome.other_object);
        assert_eq!(found, (claim, stored, Some(kept)), "{id}");
    }
    let elsewhere = play("happy/one-byte", &REFERENCE).outcome.unwrap();
    assert_eq!((elsewhere.other_object, elsewhere.source), (None, Some(Kept::Whole)));
}

#[test]
fn whoever_deletes_an_object_that_is_not_to_be_replaced_is_told_so() {
    let rule = "outcome/other-object-kept";
    let replaced = "it was deleted, and the file uploaded in its place".to_owned();
    for id in ["existing/other-file", "existing/other-file-kept"] {
        let transcript = play(id, &deleting(Deletes::Conflicts));
        assert_eq!(lost(&transcript), [(rule, replaced.clone())], "{id}");
        assert_eq!(transcript.outcome.unwrap().claim, Claim::Ok);
    }
    let gone = "it is gone, and nothing is in its place".to_owned();
    let transcript = play("existing/other-file-slice-refused", &deleting(Deletes::Failures));
    assert_eq!(lost(&transcript), [(rule, gone)]);
}

#[test]
fn whoever_replaces_an_object_that_was_to_be_kept_is_told_so() {
    let policy =
        mutants().find(|mutant| mutant.id == "trying/overwrites-conflicts").unwrap().policy;
    let found = "it was replaced by the file, with insertOnly=0 after the refusal".to_owned();
    for (id, lost_here) in [
        ("existing/other-file-kept", vec![("outcome/other-object-kept", found)]),
        // Nobody has said there whether it is to be kept, or it is not.
        ("existing/other-file", vec![]),
        ("existing/other-file-replaced", vec![]),
    ] {
        let mut transcript = play(id, &policy);
        let outcome = transcript.outcome.as_ref().unwrap();
        let ends = (outcome.claim, outcome.other_object);
        assert_eq!(ends, (Claim::Ok, Some(Kept::Altered)), "{id}");
        assert_eq!(lost(&transcript), lost_here, "{id}");
        // Without a refusal it may be all that the client can ask for.
        transcript.exchanges.remove(0);
        assert_eq!(lost(&transcript), [], "{id}");
    }
}

#[test]
fn whoever_was_asked_to_replace_an_object_may_delete_it_first() {
    let edit = |outgoing: &mut Outgoing| {
        let _ = outgoing.request.edit(|form| form.remove("insertOnly"));
        Some(())
    };
    let policy = ClientPolicy { edit, ..deleting(Deletes::Conflicts) };
    let transcript = play("existing/other-file-replaced", &policy);
    let outcome = transcript.outcome.as_ref().unwrap();
    assert_eq!((outcome.claim, outcome.other_object), (Claim::Ok, Some(Kept::Altered)));
    assert_eq!(lost(&transcript), []);
}

#[test]
fn an_object_that_nobody_refused_to_replace_may_be_deleted() {
    let mut transcript = play("existing/other-file", &deleting(Deletes::Conflicts));
    transcript.exchanges.remove(0);
    assert_eq!(lost(&transcript), []);
    // Unless nothing comes of it.
    transcript.outcome.as_mut().unwrap().other_object = Some(Kept::Gone);
    assert_eq!(lost(&transcript).len(), 1);
}

#[test]
fn what_is_in_the_place_of_another_object_has_to_be_the_file() {
    let mut transcript = play("existing/other-file-replaced", &REFERENCE);
    transcript.outcome.as_mut().unwrap().stored = Stored::Different;
    let found = "something that is not the file is in its place".to_owned();
    assert_eq!(lost(&transcript), [("outcome/other-object-kept", found)]);
}

#[test]
fn a_local_file_that_is_not_as_it_was_is_told_whatever_came_of_the_upload() {
    for (source, found) in [(Kept::Gone, "it was deleted"), (Kept::Altered, "it was changed")] {
        let completion = CompletionPolicy { source, ..REFERENCE.completion };
        for id in ["happy/one-byte", "faults/finish-refused"] {
            let transcript = play(id, &ClientPolicy { completion, ..REFERENCE });
            assert_eq!(lost(&transcript), [("outcome/source-kept", found.to_owned())], "{id}");
        }
    }
    let mut unknown = play("happy/one-byte", &REFERENCE);
    unknown.outcome.as_mut().unwrap().source = None;
    let rulings = judge(&unknown);
    let ruling = rulings.iter().find(|ruling| ruling.rule.id == "outcome/source-kept").unwrap();
    assert_eq!((ruling.held, ruling.broken()), (0, 0));
}

/// What a list names before the upload has begun may be another file.
#[test]
fn an_object_that_a_list_named_before_init_is_no_success_to_report() {
    for id in ["existing/same-file", "existing/other-file"] {
        let transcript = play(id, &ClientPolicy::LISTING_FIRST);
        assert_eq!(transcript.outcome.as_ref().unwrap().claim, Claim::Failed);
        let rulings = judge(&transcript);
        let mut found = findings(&rulings).map(|finding| finding.rule.id);
        assert!(found.all(|id| id == "list/after-refusal"), "{id}");
    }
}
