//! What careful clients do after a reply that is wrong, and were accused of once: each beside the same without its
//! reason.

use slicecheck::client::{ClientPolicy, RetryPolicy};
use slicecheck::protocol::{Exchange, Request, Response, Transcript};
use slicecheck::scenario::{Scenario, Simulation, scenarios};
use slicecheck::server::{Behaviour, SessionForm, SliceSize};

use crate::conforming::{in_turn, played};
use crate::edges;

/// Whether a conversation breaks this rule, one exchange after the other.
fn breaks(mut transcript: Transcript, rule: &str) -> bool {
    in_turn(&mut transcript);
    !edges::found(rule, &transcript).is_empty()
}

/// The same exchange with other text in its reply.
fn answered(exchange: &Exchange, from: &str, to: &str) -> Exchange {
    let body = String::from_utf8(exchange.response.body().to_vec()).unwrap();
    assert!(body.contains(from), "{body}");
    let mut answered = exchange.clone();
    answered.response = Response::write(200, &[], &body.replacen(from, to, 1));
    answered
}

/// A resumed upload, of which the first slice is there: init, list, two slices and finish.
fn resumed() -> Transcript {
    played("resume/init-in-progress")
}

/// The list, once the second slice is in it, too.
fn longer_list(list: &Exchange) -> Exchange {
    let body = String::from_utf8(list.response.body().to_vec()).unwrap();
    let part = &body[body.find("[{").unwrap() + 1..=body.find("}]").unwrap()];
    let second = part.replace("\"offset\":0", "\"offset\":1048576");
    answered(list, part, &format!("{part},{second}"))
}

#[test]
fn a_slice_of_doubtful_content_may_be_sent_again_although_a_list_names_it() {
    const RULE: &str = "flow/resumes-missing-only";
    let again = |second: &Exchange, times: usize| {
        let mut transcript = resumed();
        let list = longer_list(&transcript.exchanges[1]);
        let pair = [list, transcript.exchanges[2].clone()];
        transcript.exchanges[2] = second.clone();
        transcript.exchanges.splice(3..3, vec![pair; times].concat());
        transcript
    };
    let slice = &resumed().exchanges[2];
    let doubtful = &answered(slice, "\"datamd5\":\"", "\"datamd5\":\"0");
    assert!(breaks(again(slice, 1), RULE));
    assert!(!breaks(again(doubtful, 1), RULE));
    // Acknowledged as it was sent, it is in no doubt any more.
    assert!(breaks(again(doubtful, 2), RULE));
}

#[test]
fn a_list_tells_the_length_that_an_acknowledgement_has_wrong() {
    const RULE: &str = "flow/datalen-compared";
    let listed = |is_listed: bool| {
        let mut transcript = resumed();
        let list = longer_list(&transcript.exchanges[1]);
        transcript.exchanges[2] =
            answered(&transcript.exchanges[2], "\"datalen\":1048576", "\"datalen\":1048577");
        transcript.exchanges.splice(3..3, is_listed.then_some(list));
        transcript
    };
    assert!(breaks(listed(false), RULE));
    assert!(!breaks(listed(true), RULE));
}

#[test]
fn whoever_was_told_of_another_slice_than_was_sent_may_begin_again() {
    const RULE: &str = "flow/session-kept";
    let begun_again = |is_told: bool| {
        let mut transcript = played("happy/last-slice-short");
        let init = transcript.exchanges[0].clone();
        if is_told {
            transcript.exchanges[1] =
                answered(&transcript.exchanges[1], "\"datamd5\":\"", "\"datamd5\":\"0");
        }
        transcript.exchanges.insert(2, init);
        transcript
    };
    assert!(breaks(begun_again(false), RULE));
    assert!(!breaks(begun_again(true), RULE));
}

#[test]
fn a_session_that_cannot_be_used_is_asked_for_again() {
    const RULE: &str = "flow/session-kept";
    let begun_again = |first: &dyn Fn(&mut Exchange)| {
        let mut transcript = played("happy/last-slice-short");
        let mut init = transcript.exchanges[0].clone();
        first(&mut init);
        transcript.exchanges.insert(0, init);
        transcript
    };
    assert!(breaks(begun_again(&|_| ()), RULE));
    let without_slice_size =
        |init: &mut Exchange| *init = answered(init, "\"slice_size\":1048576", "\"slice_size\":0");
    assert!(!breaks(begun_again(&without_slice_size), RULE));
    // The file has become shorter since.
    let of_longer_file = |init: &mut Exchange| {
        let raw = String::from_utf8(init.request.raw().to_vec()).unwrap();
        assert!(raw.contains("2442830"), "{raw}");
        init.request = Request::new(raw.replacen("2442830", "2442831", 1).into_bytes().into());
    };
    assert!(!breaks(begun_again(&of_longer_file), RULE));
}

#[test]
fn two_attempts_are_a_retry_though_they_fail_in_different_ways() {
    const RULE: &str = "flow/retries";
    let with_attempts = |attempts: u32, id: &str| {
        let scenario = scenarios().find(|scenario| scenario.id == id).unwrap();
        let retry = RetryPolicy { attempts, ..ClientPolicy::REFERENCE.retry };
        Simulation::new(scenario, 1).play(&ClientPolicy { retry, ..ClientPolicy::REFERENCE })
    };
    assert!(breaks(with_attempts(1, "faults/slice-503-once"), RULE));
    assert!(!breaks(with_attempts(2, "slice/xml-first-then-503-lax"), RULE));
}

#[test]
fn a_refused_slice_has_no_place_in_an_upload_that_is_begun_anew() {
    const RULE: &str = "flow/code-heeded";
    let begun_anew = |slice_size: SliceSize| {
        let id = "session/forgotten-then-smaller-slices";
        let mut transcript = played(id);
        let mut scenario = Scenario::clone(scenarios().find(|it| it.id == id).unwrap());
        // Another session than that of the first upload.
        scenario.setup.behaviour =
            Behaviour { slice_size, session: SessionForm::Base64, ..Behaviour::default() };
        let anew = Simulation::new(&scenario, 1).play(&ClientPolicy::REFERENCE);
        transcript.exchanges.extend(anew.exchanges);
        transcript.outcome = anew.outcome;
        transcript
    };
    for slice_size in [SliceSize::Fixed(524_288), SliceSize::Asked] {
        let anew = || begun_anew(slice_size);
        assert!(!breaks(anew(), RULE));
        // Of two threads the slower one may send a slice for the first upload when the second one is known.
        let mut late = anew();
        late.exchanges.swap(2, 3);
        assert!(!breaks(late, RULE));
        // One of the new upload that is refused has to be sent once more, though the first upload had it.
        let mut refused = anew();
        let refusal = refused.exchanges[2].response.clone();
        let of_second_upload = &mut refused.exchanges[4];
        of_second_upload.response = refusal;
        assert!(breaks(refused, RULE));
    }
    // What is not sent for the second upload is missing there.
    let mut without = begun_anew(SliceSize::Asked);
    without.exchanges.remove(5);
    assert!(breaks(without, "finish/after-all-slices"));
}
