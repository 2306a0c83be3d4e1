//! What is said of an object that has slices which the client only knew from a list.

use slicecheck::protocol::{Op, Stored, Transcript};

use crate::conforming::played;
use crate::edges;

/// What is found where the object of an upload that went well is another one.
fn found(mut transcript: Transcript) -> String {
    transcript.outcome.as_mut().unwrap().stored = Stored::Different;
    edges::found("outcome/truthful", &transcript)[0].clone()
}

#[test]
fn an_object_with_slices_of_a_list_is_traced_back_to_the_list() {
    let found = found(played("resume/init-in-progress"));
    assert!(found.contains(" bytes at offset 0 are of an upload that the list named"), "{found}");
}

#[test]
fn an_object_that_the_client_sent_in_whole_is_not_blamed_on_a_list() {
    let whole = "success claimed; the stored object differs from the file";
    assert_eq!(found(played("happy/last-slice-short")), whole);
    // What the list names was sent by the client itself.
    let mut transcript = played("happy/last-slice-short");
    let listed = played("resume/init-in-progress");
    let list = listed.exchanges.iter().find(|exchange| exchange.request.op() == Some(&Op::List));
    transcript.exchanges.insert(1, list.unwrap().clone());
    assert_eq!(found(transcript), whole);
}

#[test]
fn wrong_bytes_that_the_client_sent_itself_are_not_blamed_on_a_list() {
    let mut transcript = played("resume/init-in-progress");
    let slice = transcript.tamper(&Op::Data, 0).unwrap();
    slice.edit(|form| form.set("filecontent", "another file")).unwrap();
    assert_eq!(found(transcript), "success claimed; the stored object differs from the file");
}

#[test]
fn bytes_that_nobody_sent_or_listed_are_no_fault_of_the_list() {
    let mut transcript = played("resume/init-in-progress");
    let last = transcript.exchanges.iter().rposition(|it| it.request.op() == Some(&Op::Data));
    transcript.exchanges.remove(last.unwrap());
    let found = found(transcript);
    assert!(!found.contains("of an upload that the list named"), "{found}");
}
