use std::time::Duration;

use slicecheck::protocol::{Response, ResponseEnvelope, Transcript};

use super::{PLAIN, changed, found, insert};
use crate::conforming::delete;

const RESUMED: &str = "resume/init-in-progress";

/// Lets a request be refused.
fn refuse(talk: &mut Transcript, number: usize, status: u16, code: i64) {
    let exchange = &mut talk.exchanges[number];
    let request_id = exchange.reply::<()>().unwrap().request_id;
    let message = "ERROR".to_owned();
    let refusal = ResponseEnvelope::<()> { code, message, request_id, data: None };
    exchange.response = Response::write(status, &[], &refusal.write());
}

/// What a rule finds where the object is deleted before the exchange of this number, and where it is
/// not.
fn with_and_without_delete(rule: &str, talk: &Transcript, at: usize) -> (usize, usize) {
    let mut deleted = talk.clone();
    let delete = delete(&deleted);
    insert(&mut deleted, at, delete);
    (found(rule, &deleted).len(), found(rule, talk).len())
}

#[test]
fn everything_may_begin_anew_behind_a_removal() {
    let again = |scenario: &str| {
        changed(scenario, |talk| {
            let init = talk.exchanges[0].clone();
            insert(talk, 1, init);
        })
    };
    assert_eq!(with_and_without_delete("flow/session-kept", &again(PLAIN), 1), (0, 1));
    let hit = again("existing/instant-hit");
    assert_eq!(with_and_without_delete("flow/instant-hit-ends", &hit, 1), (0, 1));
    let conflict = changed(RESUMED, |talk| refuse(talk, 0, 409, -4020));
    let (with, without) = with_and_without_delete("flow/conflict-not-resumed", &conflict, 1);
    assert!(with == 0 && without > 0, "{with} {without}");
}

#[test]
fn a_slice_that_begins_with_the_refusal_of_another_follows_it() {
    let behind = |gap: Duration| {
        let talk = changed(PLAIN, |talk| {
            refuse(talk, 1, 400, -29096);
            talk.exchanges[2].started = talk.exchanges[1].answered.checked_sub(gap).unwrap();
        });
        found("flow/stops-when-refused", &talk).len()
    };
    assert!(behind(Duration::ZERO) > 0);
    // Who sends slices side by side has them under way already.
    assert_eq!(behind(Duration::from_nanos(1)), 0);
}

#[test]
fn a_slice_that_was_damaged_on_its_way_is_sent_again() {
    let rules = ["flow/permanent-not-retried", "flow/stops-when-refused"];
    let accused = |code: i64| {
        let again = changed(PLAIN, |talk| {
            let slice = talk.exchanges[1].clone();
            refuse(talk, 1, 400, code);
            insert(talk, 2, slice);
        });
        rules.map(|rule| found(rule, &again).len())
    };
    for code in [-29147, -29143, -29138, -29063, -5961, -4016] {
        assert_eq!(accused(code), [0, 0], "{code}");
    }
    assert_eq!(accused(-29096)[0], 1);
}
