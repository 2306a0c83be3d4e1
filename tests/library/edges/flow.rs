use std::time::Duration;

use slicecheck::protocol::{
    Delivery, Exchange, ListData, Op, Response, ResponseEnvelope, SessionData, SliceData,
    Transcript,
};

use super::{PLAIN, changed, edit, found, insert};
use crate::conforming::{delete, in_one_request};

const RESUMED: &str = "resume/init-in-progress";

/// Lets a request be refused.
fn refuse(transcript: &mut Transcript, number: usize, status: u16, code: i64) {
    let exchange = &mut transcript.exchanges[number];
    let request_id = exchange.reply::<()>().unwrap().request_id;
    let message = "ERROR".to_owned();
    let refusal = ResponseEnvelope::<()> { code, message, request_id, data: None };
    exchange.response = Response::write(status, &[], &refusal.write());
}

/// What a rule finds where the object is deleted before the exchange of this number, and where it is
/// not.
fn with_and_without_delete(rule: &str, transcript: &Transcript, at: usize) -> (usize, usize) {
    let mut deleted = transcript.clone();
    let delete = delete(&deleted);
    insert(&mut deleted, at, delete);
    (found(rule, &deleted).len(), found(rule, transcript).len())
}

#[test]
fn everything_may_begin_again_after_a_removal() {
    let again = |scenario: &str| {
        changed(scenario, |transcript| {
            let init = transcript.exchanges[0].clone();
            insert(transcript, 1, init);
        })
    };
    assert_eq!(with_and_without_delete("flow/session-kept", &again(PLAIN), 1), (0, 1));
    let hit = again("existing/instant-hit");
    assert_eq!(with_and_without_delete("flow/instant-hit-ends", &hit, 1), (0, 1));
    let conflict = changed(RESUMED, |transcript| refuse(transcript, 0, 409, -4020));
    let (with, without) = with_and_without_delete("flow/conflict-not-resumed", &conflict, 1);
    assert!(with == 0 && without > 0, "{with} {without}");
}

#[test]
fn a_slice_that_begins_with_the_refusal_of_another_follows_it() {
    let after = |gap: Duration| {
        let transcript = changed(PLAIN, |transcript| {
            refuse(transcript, 1, 400, -29096);
            transcript.exchanges[2].started =
                transcript.exchanges[1].answered.checked_sub(gap).unwrap();
        });
        found("flow/stops-when-refused", &transcript).len()
    };
    assert!(after(Duration::ZERO) > 0);
    // Who sends slices side by side has them under way already.
    assert_eq!(after(Duration::from_nanos(1)), 0);
}

#[test]
fn a_slice_that_was_damaged_on_its_way_is_sent_again() {
    let rules = ["flow/permanent-not-retried", "flow/stops-when-refused"];
    let accused = |code: i64| {
        let again = changed(PLAIN, |transcript| {
            let slice = transcript.exchanges[1].clone();
            refuse(transcript, 1, 400, code);
            insert(transcript, 2, slice);
        });
        rules.map(|rule| found(rule, &again).len())
    };
    for code in [-29147, -29143, -29138, -29063, -5961, -4016] {
        assert_eq!(accused(code), [0, 0], "{code}");
    }
    assert_eq!(accused(-29096)[0], 1);
    // A whole file may have been damaged as well.
    let simple = |code: i64| {
        let mut transcript = in_one_request();
        let again = transcript.exchanges[0].clone();
        refuse(&mut transcript, 0, 400, code);
        insert(&mut transcript, 1, again);
        found("flow/permanent-not-retried", &transcript).len()
    };
    assert_eq!([-29143, -4016, -285].map(simple), [0, 0, 1]);
}

/// A slice that was answered with this code and message, and what a rule says of it.
fn said(code: i64, message: &str, change: impl FnOnce(&mut Transcript)) -> Vec<String> {
    let transcript = changed(PLAIN, |transcript| {
        let mut reply = transcript.exchanges[2].reply::<SliceData>().unwrap();
        (reply.code, reply.message) = (code, message.to_owned());
        reply.data = reply.data.filter(|_| code == 0);
        transcript.exchanges[2].response = Response::write(200, &[], &reply.write());
        change(transcript);
    });
    found("flow/message-ignored", &transcript)
}

fn send_again(transcript: &mut Transcript) {
    let again = transcript.exchanges[2].clone();
    insert(transcript, 3, again);
}

#[test]
fn what_becomes_of_a_slice_follows_its_code_and_not_its_message() {
    let none: [&str; 0] = [];
    let again = ["the slice again; message is \"ERROR\""];
    assert_eq!(said(0, "ERROR", |_| ()), none);
    assert_eq!(said(0, "ERROR", send_again), again);
    assert_eq!(said(0, "SUCCESS", send_again), none);
    assert_eq!(said(0, "", send_again), none);
    let missing = ["finish, without the slice; message is \"SUCCESS\""];
    assert_eq!(said(-21095, "SUCCESS", |_| ()), missing);
    assert_eq!(said(-21095, "ERROR", |_| ()), none);
    assert_eq!(said(-21095, "SUCCESS", |transcript| transcript.exchanges.truncate(4)), none);
    // The copy that is sent again has the same reply, and nothing is known of its own outcome.
    assert_eq!(said(-21095, "SUCCESS", send_again), missing);
    // It was under way before the reply came.
    let side_by_side = |transcript: &mut Transcript| {
        let again = transcript.exchanges[2].clone();
        transcript.exchanges.insert(3, again);
    };
    assert_eq!(said(0, "ERROR", side_by_side), none);
    // A reply that takes no time does not make a slice its own repetition.
    let at_once = |transcript: &mut Transcript| {
        transcript.exchanges[2].answered = transcript.exchanges[2].started;
    };
    assert_eq!(said(0, "ERROR", at_once), none);
    // With another session it is a slice of another upload.
    let in_another = |transcript: &mut Transcript| {
        send_again(transcript);
        edit(transcript, &Op::Data, 2, |form| form.set("session", "another").unwrap());
    };
    assert_eq!(said(0, "ERROR", in_another), none);
}

/// An interrupted upload whose list is answered otherwise.
fn resumed(change: impl FnOnce(&mut ListData, &mut Response)) -> Transcript {
    changed(RESUMED, |transcript| {
        let list = &mut transcript.exchanges[1];
        let mut reply = list.reply::<ListData>().unwrap();
        let mut response = Response::write(200, &[], "");
        change(reply.data.as_mut().unwrap(), &mut response);
        list.response = Response::write(response.status(), &[], &reply.write());
    })
}

#[test]
fn only_a_clear_list_of_this_file_has_to_be_gone_on_from() {
    let stopped = |change: fn(&mut ListData, &mut Response)| {
        let mut transcript = resumed(change);
        transcript.exchanges.truncate(2);
        found("flow/resume-goes-on", &transcript).len()
    };
    assert_eq!(stopped(|_, _| ()), 1);
    assert_eq!(stopped(|data, _| data.filesize += 1), 0);
    assert_eq!(stopped(|_, response| *response = Response::write(500, &[], "")), 0);
}

#[test]
fn slices_cut_by_the_size_asked_for_miss_the_grid_of_the_service() {
    // The service names half of what was asked for.
    let halved = |change: fn(&mut Transcript)| {
        let transcript = changed(PLAIN, |transcript| {
            let mut reply = transcript.exchanges[0].reply::<SessionData>().unwrap();
            reply.data.as_mut().unwrap().slice_size = 524_288;
            transcript.exchanges[0].response = Response::write(200, &[], &reply.write());
            change(transcript);
        });
        found("flow/slice-size-of-init", &transcript).len()
    };
    // The last slice is short enough to lie on either.
    assert_eq!(halved(|_| ()), 2);
    // Neither of both grids: that is a matter of other rules.
    let on_neither = |transcript: &mut Transcript| {
        edit(transcript, &Op::Data, 0, |form| form.set("filecontent", "short").unwrap());
    };
    assert_eq!(halved(on_neither), 1);
}

#[test]
fn slices_that_a_list_names_may_come_again_once_finish_has_missed_some() {
    let resent = |refused: bool| {
        let transcript = changed(RESUMED, |transcript| {
            let finish = transcript.exchanges.len() - 1;
            if refused {
                refuse(transcript, finish, 400, -29144);
            }
            let mut again = transcript.of(&Op::Data).next().unwrap().1.clone();
            let content = transcript.job.file.as_ref().unwrap().whole().unwrap().slice(..1 << 20);
            again.request.edit(|form| {
                form.set("offset", "0")?;
                form.set("filecontent", content)
            });
            insert(transcript, finish + 1, again);
        });
        found("flow/resumes-missing-only", &transcript).len()
    };
    assert_eq!([resent(true), resent(false)], [0, 1]);
}

#[test]
fn six_attempts_are_a_storm_if_less_than_10_ms_lie_between_them() {
    let spaced = |attempts: usize, pause: Duration| {
        let transcript = changed("faults/slice-code-always", |transcript| {
            let mut refused = transcript.of(&Op::Data).nth(1).unwrap().1.clone();
            transcript.exchanges.truncate(2);
            for _ in 0..attempts {
                refused.started = transcript.exchanges.last().unwrap().answered + pause;
                refused.answered = refused.started;
                transcript.exchanges.push(refused.clone());
            }
        });
        found("flow/retries-spaced", &transcript).len()
    };
    assert_eq!(spaced(6, Duration::from_micros(9_999)), 1);
    assert_eq!(spaced(6, Duration::from_millis(10)), 0);
    assert_eq!(spaced(5, Duration::ZERO), 0);
    assert_eq!(spaced(20, Duration::ZERO), 1);
}

#[test]
fn a_refusal_for_good_is_retried_where_the_same_request_comes_again() {
    let retried = |status: u16, code: i64, change: fn(&mut Transcript)| {
        let transcript = changed(PLAIN, |transcript| {
            refuse(transcript, 1, status, code);
            let again = transcript.exchanges[1].clone();
            insert(transcript, 2, again);
            change(transcript);
        });
        found("flow/permanent-not-retried", &transcript).len()
    };
    assert_eq!(retried(400, -29096, |_| ()), 1);
    assert_eq!(retried(499, -29096, |_| ()), 1);
    assert_eq!(retried(500, -29096, |_| ()), 0, "the service says that it is at fault");
    let other_body = |transcript: &mut Transcript| {
        edit(transcript, &Op::Data, 1, |form| form.set("session", "another").unwrap());
    };
    assert_eq!(retried(400, -29096, other_body), 0);
    let other_slice = |transcript: &mut Transcript| {
        edit(transcript, &Op::Data, 1, |form| form.set("offset", "1048576").unwrap());
    };
    assert_eq!(retried(400, -29096, other_slice), 0);
    let signed_again = |transcript: &mut Transcript| {
        let request = transcript.tamper(&Op::Data, 1).unwrap();
        request.edit_head(|head| head.replacen("Authorization: ", "Authorization: x", 1));
    };
    assert_eq!(retried(403, -97, |_| ()), 1);
    assert_eq!(retried(403, -97, signed_again), 0);
    assert_eq!(retried(400, -79, signed_again), 0, "the code is one of signatures");
    assert_eq!(retried(403, -29096, signed_again), 0, "the status is one of signatures");
    assert_eq!(retried(400, -29096, signed_again), 1);
    assert_eq!(retried(400, -97, signed_again), 0);
    // Whether the request is another one is not seen through another operation in between.
    let listed = |transcript: &mut Transcript| {
        let mut list = transcript.exchanges[0].clone();
        list.request.edit(|form| form.set("op", "upload_slice_list"));
        insert(transcript, 2, list);
    };
    assert_eq!(retried(400, -29096, listed), 0);
}

#[test]
fn a_reply_that_is_lost_or_busy_or_says_to_come_later_is_transient() {
    let given_up = |change: fn(&mut Exchange)| {
        let transcript = changed(PLAIN, |transcript| {
            transcript.exchanges.truncate(2);
            change(&mut transcript.exchanges[1]);
        });
        found("flow/retries", &transcript)
    };
    let none = Vec::<String>::new();
    assert_eq!(given_up(|_| ()), none);
    let lost = given_up(|exchange| exchange.delivery = Delivery::Reset);
    assert_eq!(lost, ["nothing after a reset connection"]);
    let busy = given_up(|exchange| exchange.response = Response::write(503, &[], "<html>"));
    assert_eq!(busy, ["nothing after HTTP 503 and a page of HTML"]);
    let later = changed(PLAIN, |transcript| {
        refuse(transcript, 1, 200, -71);
        transcript.exchanges.truncate(2);
    });
    assert_eq!(found("flow/retries", &later), ["nothing after HTTP 200, code -71"]);
    // A page with another status may be for good.
    let other = given_up(|exchange| exchange.response = Response::write(502, &[], "<html>"));
    assert_eq!(other, none);
    // It is a success, whatever its status.
    let taken = given_up(|exchange| {
        let body = String::from_utf8(exchange.response.body().to_vec()).unwrap();
        exchange.response = Response::write(503, &[], &body);
    });
    assert_eq!(taken, none);
}

#[test]
fn after_an_expired_signature_another_one_is_needed() {
    let again = |pause: Duration, signs: bool| {
        let transcript = changed(PLAIN, |transcript| {
            let mut again = transcript.exchanges[1].clone();
            refuse(transcript, 1, 403, -59);
            again.started = transcript.exchanges[1].answered + pause;
            if signs {
                let (old, _) = again.request.signature_text().unwrap();
                again.request.edit_head(|head| head.replacen(&old, &old.to_lowercase(), 1));
            }
            transcript.exchanges.insert(2, again);
        });
        found("flow/permanent-not-retried", &transcript).len()
    };
    assert_eq!(again(Duration::from_secs(1), false), 1);
    assert_eq!(again(Duration::from_secs(1), true), 0);
    // Signed again within the same second it may be the same text.
    assert_eq!(again(Duration::ZERO, false), 0);
}
