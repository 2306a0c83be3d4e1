//! Replies that are lawful and unusual: who is told that it cannot read them.

use std::time::Duration;

use slicecheck::client::{ClientPolicy, ReplyPolicy};
use slicecheck::protocol::{
    Claim, Delivery, Exchange, HeadForm, Op, ReplyData, Response, ResponseEnvelope, SliceData,
    Stored, Transcript,
};
use slicecheck::rules::catalogue;
use slicecheck::scenario::{Scenario, Simulation, scenarios};
use slicecheck::spec::Level;

use super::{PLAIN, broken, changed, found, held};

const HTTP: &str = "outcome/http-replies-read";
const LAWFUL: &str = "outcome/lawful-replies-read";

/// A client that can read nothing that is unusual, JSON included, whatever else it decides.
fn deaf(policy: &ClientPolicy) -> ClientPolicy {
    let hears = |delivery: Delivery, reply: &Response| {
        let is_plain = ResponseEnvelope::<SliceData>::read_strict(reply.body()).is_ok()
            || ResponseEnvelope::<ReplyData>::read_strict(reply.body()).is_ok();
        let heard = delivery.heard(reply)?;
        (is_plain && !delivery.is_unusual()).then_some(heard)
    };
    ClientPolicy { replies: ReplyPolicy { hears, ..policy.replies }, ..*policy }
}

/// The scenarios in which the service does the work and replies in a way that is lawful.
fn lawful() -> impl Iterator<Item = &'static Scenario> {
    const OTHERS: [&str; 11] = [
        "transport/chunked",
        "transport/until-close",
        "transport/continue",
        "reply/unknown-fields",
        "reply/reordered-fields",
        "reply/pretty",
        "reply/escaped",
        "reply/nested",
        "reply/digit-strings",
        "reply/long",
        "reply/of-2016",
    ];
    let all = scenarios().map(AsRef::as_ref);
    all.filter(|of: &&Scenario| of.topic() == "lawful" || OTHERS.contains(&of.id.as_str()))
}

#[test]
fn who_cannot_read_a_lawful_reply_is_accused_of_that_and_of_nothing_else() {
    let others = [("plain", ClientPolicy::REFERENCE), ("parallel", ClientPolicy::PARALLEL)];
    let restarting = [("once", once()), ("patient", ClientPolicy::PATIENT)];
    let mut played = 0;
    for scenario in lawful() {
        for (name, policy) in others.into_iter().chain(restarting) {
            let transcript = Simulation::in_small(scenario, 1).play(&deaf(&policy));
            let rule = match broken(&transcript).as_slice() {
                [rule] => *rule,
                other => panic!("{name} in {}: {other:?}", scenario.id),
            };
            assert!([HTTP, LAWFUL].contains(&rule), "{name} in {}: {rule}", scenario.id);
            played += 1;
        }
    }
    assert_eq!(played, 4 * 27);
}

/// One attempt at each request.
fn once() -> ClientPolicy {
    let mut policy = ClientPolicy::REFERENCE;
    policy.retry.attempts = 1;
    policy
}

#[test]
fn a_reply_that_was_read_is_held_to_its_credit() {
    for scenario in lawful() {
        let transcript = Simulation::in_small(scenario, 1).play(&ClientPolicy::REFERENCE);
        assert_eq!(held(HTTP, &transcript) + held(LAWFUL, &transcript), 1, "{}", scenario.id);
    }
    let plain = changed(PLAIN, |transcript| transcript.job.must_succeed = false);
    assert_eq!(held(HTTP, &plain) + held(LAWFUL, &plain), 0);
}

#[test]
fn only_what_http_demands_is_a_must() {
    let level = |id: &str| catalogue().find(|rule| rule.id == id).unwrap().level();
    assert_eq!((level(HTTP), level(LAWFUL)), (Level::Must, Level::Should));
    for (delivery, rule) in [
        (Delivery::Chunked, HTTP),
        (Delivery::ChunkedTrailers, HTTP),
        (Delivery::ChunkedCase, HTTP),
        (Delivery::Interim, LAWFUL),
        (Delivery::Interims, LAWFUL),
        (Delivery::Segmented, HTTP),
        (Delivery::Dribbled, HTTP),
        (Delivery::Head(HeadForm::LowerCase), HTTP),
        (Delivery::Head(HeadForm::MixedCase), HTTP),
        (Delivery::Head(HeadForm::WhiteSpace), HTTP),
        (Delivery::Head(HeadForm::NoReason), HTTP),
        (Delivery::Head(HeadForm::Close), HTTP),
        (Delivery::Head(HeadForm::Http10), LAWFUL),
        (Delivery::Head(HeadForm::Html), LAWFUL),
        (Delivery::Head(HeadForm::Untyped), LAWFUL),
        (Delivery::Head(HeadForm::Zeros), LAWFUL),
        (Delivery::Head(HeadForm::ManyFields), LAWFUL),
        (Delivery::Head(HeadForm::KeepAlive), LAWFUL),
        (Delivery::UntilClose, LAWFUL),
        (Delivery::Gzipped, LAWFUL),
    ] {
        assert!(delivery.is_unusual(), "{delivery}");
        let failed = given_up(1, |exchange| exchange.delivery = delivery);
        assert_eq!(broken(&failed), [rule], "{delivery}");
        let said = found(rule, &failed).concat();
        assert_eq!(said, format!("not read: it came {delivery}; failure reported (stored)"));
    }
}

/// The plain conversation, of which so many exchanges took place, the last of them changed, and which ended
/// in failure.
fn given_up(kept: usize, change: impl FnOnce(&mut Exchange)) -> Transcript {
    changed(PLAIN, |transcript| {
        transcript.job.must_succeed = false;
        transcript.exchanges.truncate(kept);
        change(transcript.exchanges.last_mut().unwrap());
        let outcome = transcript.outcome.as_mut().unwrap();
        (outcome.claim, outcome.stored) = (Claim::Failed, Stored::Absent);
    })
}

/// The plain conversation of which the first request was sent so many times, all answered in chunks, until
/// the deadline passed.
fn held_up(times: usize, delivery: Delivery) -> Transcript {
    let mut transcript = given_up(1, |exchange| exchange.delivery = delivery);
    transcript.outcome.as_mut().unwrap().claim = Claim::Hung;
    for _ in 1..times {
        let mut again = transcript.exchanges.last().unwrap().clone();
        again.started = again.answered + Duration::from_secs(10);
        again.answered = again.started;
        transcript.exchanges.push(again);
    }
    transcript
}

#[test]
fn who_asks_again_until_the_deadline_has_not_read_the_reply() {
    let accused = |times, delivery| found(HTTP, &held_up(times, delivery)).len();
    assert_eq!(accused(2, Delivery::Chunked), 1);
    assert_eq!(accused(1, Delivery::Chunked), 0, "it may be slow");
    assert_eq!(accused(2, Delivery::Segmented), 0, "the reply itself takes its time");
    let kept_from_reading = |seconds| {
        let mut transcript = held_up(2, Delivery::Chunked);
        let outcome = transcript.outcome.as_mut().unwrap();
        outcome.elapsed = Duration::from_secs(30);
        outcome.busy = Some(Duration::from_secs(seconds));
        found(HTTP, &transcript).len()
    };
    assert_eq!([1, 4, 5, 30].map(kept_from_reading), [1, 1, 0, 0]);
    // It did nothing but wait, for two thirds of the time or more since its first request.
    let silent = |seconds, busy: Option<u64>| {
        let mut transcript = held_up(1, Delivery::Chunked);
        let answered = transcript.exchanges[0].answered;
        let outcome = transcript.outcome.as_mut().unwrap();
        outcome.elapsed = answered + Duration::from_secs(seconds);
        outcome.busy = busy.map(Duration::from_secs);
        found(HTTP, &transcript).len()
    };
    assert_eq!(silent(30, Some(1)), 1);
    assert_eq!(silent(30, Some(10)), 0, "it was computing");
    assert_eq!(silent(30, None), 0, "nobody knows whether it was");
    let both = changed(PLAIN, |transcript| {
        *transcript = held_up(2, Delivery::Chunked);
        transcript.exchanges[0].delivery = Delivery::Head(HeadForm::LowerCase);
    });
    assert_eq!(found(HTTP, &both).len(), 0, "each of them came once");
}

fn in_lower_case(exchange: &mut Exchange) {
    exchange.delivery = Delivery::Head(HeadForm::LowerCase);
}

#[test]
fn another_reason_to_fail_is_no_accusation_of_what_cannot_be_read() {
    let accused = |transcript: &Transcript| found(HTTP, transcript).len();
    assert_eq!(accused(&given_up(2, in_lower_case)), 1);
    // The service refuses, or acknowledges something else.
    let refused = |status: u16, body: &'static str| {
        move |exchange: &mut Exchange| {
            in_lower_case(exchange);
            exchange.response = Response::write(status, &[], body);
        }
    };
    for (status, body) in [(400, "{\"code\":-4016}"), (500, "{\"code\":0}"), (200, "{\"code\":0}")]
    {
        assert_eq!(accused(&given_up(2, refused(status, body))), 0, "{status} {body}");
    }
    // The last reply was as usual, or a reply of the kind was read.
    assert_eq!(accused(&given_up(2, |exchange| exchange.delivery = Delivery::Whole)), 0);
    let mut read = given_up(2, in_lower_case);
    in_lower_case(&mut read.exchanges[0]);
    assert_eq!(accused(&read), 0);
    // Other replies of the kind have not been read by who asks for the list.
    read.exchanges[0].delivery = Delivery::Whole;
    let mut again = read.exchanges[1].clone();
    again.started = again.answered;
    again.response = Response::write(400, &[], "{\"code\":-4019}");
    read.exchanges.push(again);
    assert_eq!(accused(&read), 1);
    // It does not say that it failed, or nobody knows all.
    for claim in [Claim::Ok, Claim::Crashed, Claim::Hung, Claim::Unsupported] {
        let mut other = given_up(2, in_lower_case);
        other.outcome.as_mut().unwrap().claim = claim;
        assert_eq!(accused(&other), 0, "{claim:?}");
    }
    let mut overflowed = given_up(2, in_lower_case);
    overflowed.overflowed = true;
    assert_eq!(accused(&overflowed), 0);
    // Where nothing is unusual in the scenario, another rule has the say.
    let mut plain = given_up(2, in_lower_case);
    plain.job.must_succeed = true;
    assert_eq!((accused(&plain), found("outcome/completes", &plain).len()), (0, 1));
}

#[test]
fn a_reply_that_no_service_should_write_may_be_refused() {
    for id in [
        "reply/repeated-fields",
        "reply/byte-order-mark",
        "reply/trailing-brace",
        "server-choice/slice-size-absent",
        "echo/session",
    ] {
        let transcript = changed(id, |transcript| {
            transcript.exchanges.truncate(1);
            let outcome = transcript.outcome.as_mut().unwrap();
            (outcome.claim, outcome.stored) = (Claim::Failed, Stored::Absent);
        });
        assert!(found(LAWFUL, &transcript).is_empty(), "{id}");
    }
}

#[test]
fn what_may_not_have_been_read_is_no_reason_to_accuse_of_anything_else() {
    // Whoever drops a connection at a 100 that it did not ask for sends init again, and does not see why
    // that is refused.
    let transcript = changed("transport/continue", |transcript| {
        let mut again = transcript.of(&Op::Init).next().unwrap().1.clone();
        again.response = Response::write(400, &[], "{\"code\":-4019,\"message\":\"\"}");
        let times = std::iter::repeat_n(again, 3).enumerate().map(|(number, mut again)| {
            again.started += Duration::from_secs(1 + number as u64);
            again.answered = again.started;
            again.connection += 1 + u32::try_from(number).unwrap();
            again
        });
        transcript.exchanges.truncate(1);
        transcript.exchanges.extend(times);
        let outcome = transcript.outcome.as_mut().unwrap();
        (outcome.claim, outcome.stored) = (Claim::Failed, Stored::Absent);
    });
    assert_eq!(broken(&transcript), [LAWFUL]);
    let said = catalogue().find(|rule| rule.id == LAWFUL).unwrap();
    assert!(said.clause.source.contains("§15.2"), "{}", said.clause.source);
}
