//! What a client can have known, and what only looks as if it had.

use slicecheck::client::{ClientPolicy, Digests, Grid, InitPolicy, ResumePolicy};
use slicecheck::protocol::{Claim, Delivery, Exchange, Op, Response, Transcript};
use slicecheck::scenario::{Simulation, scenarios};

use super::{PLAIN, changed, found, insert, played};

/// A client that goes on after a slice was refused for good, each slice on a connection of its own.
fn going_on(delivery: Delivery) -> Transcript {
    changed(PLAIN, |transcript| {
        let body = played("status/slice-session-refused").exchanges[2].response.body().clone();
        let body = String::from_utf8(body.to_vec()).unwrap();
        transcript.exchanges[1].response = Response::write(400, &[], &body);
        transcript.exchanges[1].delivery = delivery;
        for (number, exchange) in transcript.exchanges.iter_mut().enumerate() {
            exchange.connection = u32::try_from(number).unwrap();
        }
    })
}

#[test]
fn a_slice_on_another_connection_may_have_been_sent_without_having_heard() {
    assert_eq!(found("flow/stops-when-refused", &going_on(Delivery::Whole)), [""; 0]);
}

#[test]
fn who_sends_nothing_while_a_refusal_is_held_back_has_heard_it() {
    let found = found("flow/stops-when-refused", &going_on(Delivery::Held));
    assert_eq!(found.first().map(String::as_str), Some("another slice"));
}

#[test]
fn a_list_may_follow_a_success_that_nobody_can_rely_on() {
    let with_list = |status| {
        changed(PLAIN, |transcript| {
            let list = played("resume/init-in-progress").exchanges[1].clone();
            let body = transcript.exchanges[1].response.body().clone();
            let body = String::from_utf8(body.to_vec()).unwrap();
            transcript.exchanges[1].response = Response::write(status, &[], &body);
            insert(transcript, 2, list);
        })
    };
    assert_eq!(found("list/after-refusal", &with_list(500)), [""; 0]);
    assert_eq!(found("list/after-refusal", &with_list(200)).len(), 1);
}

#[test]
fn a_list_that_only_asked_what_became_of_a_request_leads_nowhere() {
    let asked = |code_of_init| {
        changed("resume/init-in-progress", |transcript| {
            transcript.exchanges.truncate(2);
            let init = &mut transcript.exchanges[0];
            let body = String::from_utf8(init.response.body().to_vec()).unwrap();
            let body = body.replace("-4019", code_of_init);
            init.response = Response::write(409, &[], &body);
        })
    };
    assert_eq!(found("flow/resume-goes-on", &asked("-4019")).len(), 1);
    assert_eq!(found("flow/resume-goes-on", &asked("-195")), [""; 0]);
}

#[test]
fn an_object_of_that_name_is_not_the_file_before_the_file_is_sent() {
    let reported = changed("transport/finish-reply-lost", |transcript| {
        let mut list = played("resume/finished-meanwhile").exchanges[1].clone();
        assert_eq!(list.request.op(), Some(&Op::List));
        transcript.exchanges.truncate(1);
        list.answered = transcript.exchanges[0].started;
        insert(transcript, 0, list);
        transcript.outcome.as_mut().unwrap().claim = Claim::Failed;
    });
    assert_eq!(found("outcome/success-reported", &reported), [""; 0]);
}

#[test]
fn who_sees_the_local_file_change_may_report_a_failure() {
    let reported = |id: &str| {
        let failed = changed(id, |transcript| {
            transcript.outcome.as_mut().unwrap().claim = Claim::Failed;
        });
        found("outcome/success-reported", &failed).len()
    };
    assert_eq!(reported("machine/file-grows"), 0);
    assert_eq!(reported("faults/slice-503-once"), 1);
}

#[test]
fn what_a_refused_init_announced_excuses_no_slice_of_the_upload_before_it() {
    let id = "resume/with-sha-other-slice-size";
    let scenario = scenarios().find(|scenario| scenario.id == id).unwrap();
    let digests: Option<Digests> = ClientPolicy::WITH_SHA.init.digests;
    let policy = ClientPolicy {
        init: InitPolicy { digests, ..ClientPolicy::REFERENCE.init },
        resume: ResumePolicy { grid: Grid::Asked, ..ClientPolicy::REFERENCE.resume },
        ..ClientPolicy::REFERENCE
    };
    let transcript = Simulation::new(scenario, 1).play(&policy);
    assert!(!found("flow/slice-size-of-list", &transcript).is_empty());
    assert_eq!(found("data/no-overlap", &transcript), ["1048576 bytes at offset 1048576"]);
    let own = Simulation::new(scenario, 1).play(&ClientPolicy::WITH_SHA);
    assert_eq!(found("data/no-overlap", &own), [""; 0]);
}

#[test]
fn what_was_acknowledged_before_a_kill_is_known_from_a_list_alone() {
    let sent_again = |restarts: bool, is_listed: bool| {
        let transcript = changed("restart/slice-lost", |transcript| {
            transcript.job.restarts = restarts;
            let first = transcript.of(&Op::Data).next().unwrap().1.clone();
            let killed = 1 + transcript.exchanges.iter().position(is_reset).unwrap();
            if !is_listed {
                // Whoever notes its session asks for no list.
                transcript.exchanges.drain(killed..killed + 2);
            }
            insert(transcript, if is_listed { killed + 2 } else { killed }, first);
        });
        found("data/once", &transcript).len()
    };
    assert_eq!(sent_again(true, false), 0);
    assert_eq!(sent_again(true, true), 1);
    assert_eq!(sent_again(false, false), 1);
}

fn is_reset(exchange: &Exchange) -> bool {
    exchange.delivery == Delivery::Reset
}

#[test]
fn whoever_is_told_by_a_list_that_a_slice_is_missing_need_not_finish() {
    let without_finish = |asks: bool| {
        let transcript = changed(PLAIN, |transcript| {
            transcript.exchanges.pop();
            if asks {
                // It has the first slice alone.
                let list = played("resume/init-in-progress").exchanges[1].clone();
                insert(transcript, transcript.exchanges.len(), list);
            }
            transcript.outcome.as_mut().unwrap().claim = Claim::Failed;
        });
        found("flow/finishes", &transcript).len()
    };
    assert_eq!(without_finish(false), 1);
    assert_eq!(without_finish(true), 0);
}
