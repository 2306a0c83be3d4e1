//! A service that keeps a 100 back, refuses early or closes connections, and what is said of its clients.

use std::time::Duration;

use slicecheck::protocol::{Claim, Delivery, Exchange, Op, Receipt, Request, Response, Transcript};

use super::{PLAIN, broken, changed, found};

const LENGTH: &str = "request/content-length";

/// The last of three exchanges is changed, and the upload ended there.
fn ended(claim: Claim, change: impl FnOnce(&mut Exchange)) -> Transcript {
    changed(PLAIN, |transcript| {
        transcript.exchanges.truncate(3);
        change(&mut transcript.exchanges[2]);
        let outcome = transcript.outcome.as_mut().unwrap();
        outcome.claim = claim;
        outcome.elapsed = Duration::from_secs(30);
    })
}

/// Keeps so many bytes of the body.
fn cut(exchange: &mut Exchange, kept: usize, receipt: Receipt) {
    let end = exchange.request.head().end + kept;
    exchange.request = Request::new(exchange.request.raw().slice(..end));
    exchange.receipt = receipt;
    exchange.response = Response::write(400, &[], "{\"code\":-5963,\"message\":\"\"}");
}

#[test]
fn a_body_that_ends_early_is_told_by_bytes_received_and_announced() {
    let length = slicecheck::scenario::scenarios()
        .find(|scenario| scenario.id == PLAIN)
        .map(|scenario| scenario.simulate(1).exchanges[2].request.body_length())
        .unwrap();
    let said =
        format!("the body ends after 1000 of the {length} bytes that Content-Length announces");
    let stalled = ended(Claim::Failed, |exchange| cut(exchange, 1000, Receipt::Stalled));
    assert_eq!(found(LENGTH, &stalled), [said.as_str()]);
    // Who breaks off may have given up; what it did is told where it has to be said that it failed.
    let aborted = ended(Claim::Failed, |exchange| cut(exchange, 1000, Receipt::Aborted));
    assert_eq!(found(LENGTH, &aborted), [""; 0]);
    for transcript in [stalled, aborted] {
        let failed = found("outcome/completes", &transcript).concat();
        assert!(failed.contains(&format!("; of its last request, {said}; ")), "{failed}");
    }
}

fn asks_for_continue(exchange: &mut Exchange) {
    exchange.request.edit_head(|head| {
        head.replacen("Content-Length", "Expect: 100-continue\r\nContent-Length", 1)
    });
}

#[test]
fn who_waits_for_100_continue_has_announced_no_wrong_length() {
    for (expects, kept, times) in [(true, 0, 0), (true, 1, 1), (false, 0, 1)] {
        let transcript = ended(Claim::Failed, |exchange| {
            if expects {
                asks_for_continue(exchange);
            }
            cut(exchange, kept, Receipt::Stalled);
        });
        assert_eq!(found(LENGTH, &transcript).len(), times, "{expects} {kept}");
    }
}

#[test]
fn who_waits_for_100_continue_until_killed_does_not_hang_on_the_service() {
    let killed = |kept: usize| {
        let mut transcript = ended(Claim::Hung, |exchange| {
            asks_for_continue(exchange);
            cut(exchange, kept, Receipt::Aborted);
        });
        transcript.job.must_succeed = false;
        ["outcome/no-hang", "outcome/ends-in-time"].map(|rule| found(rule, &transcript).len())
    };
    assert_eq!(killed(0), [0, 1]);
    assert_eq!(killed(1), [1, 0]);
}

/// A slice that was refused early, of which the client has sent so many bytes when it sent what follows.
fn given_up(delivery: Delivery, next: &[u8]) -> Transcript {
    changed("transport/early-refusal", |transcript| {
        let (number, refused) = transcript.of(&Op::Data).next().unwrap();
        assert_eq!(refused.delivery, Delivery::Early);
        let refused = &mut transcript.exchanges[number];
        let raw = refused.request.raw();
        let end = refused.request.head().end + 5000;
        let whole = raw.len();
        let mut given_up = [&raw[..end], next].concat();
        given_up.resize(whole, 0);
        refused.request = Request::new(given_up.into());
        refused.delivery = delivery;
    })
}

#[test]
fn a_body_given_up_after_an_early_refusal_is_not_the_next_request() {
    let again = b"POST /files/v2/1251668577/examplebucket/a HTTP/1.1\r\nHost: h\r\n\r\n";
    let transcript = given_up(Delivery::Early, again);
    let said = found(LENGTH, &transcript).concat();
    assert!(said.starts_with("the body ends after 5000 of the "), "{said}");
    assert!(said.ends_with(", and another request follows"), "{said}");
    // And nothing else is: the form is not one.
    let found_in_form: Vec<_> =
        broken(&transcript).into_iter().filter(|rule| *rule != LENGTH).collect();
    assert_eq!(found_in_form, [""; 0]);
    // Where nothing was refused, or no request follows, it is a body with a mistake.
    for (delivery, next) in
        [(Delivery::Whole, &again[..]), (Delivery::Early, b"POST /files/v2/ is text\r\n")]
    {
        let said = found(LENGTH, &given_up(delivery, next)).concat();
        assert_eq!(said, "", "{delivery}");
    }
}

#[test]
fn a_finish_that_was_sent_into_a_closing_connection_is_not_missed() {
    let without_finish = |delivery: Delivery| {
        let transcript = changed(PLAIN, |transcript| {
            transcript.exchanges.pop();
            transcript.job.must_succeed = false;
            for exchange in &mut transcript.exchanges {
                exchange.delivery = delivery;
            }
            transcript.outcome.as_mut().unwrap().claim = Claim::Failed;
        });
        found("flow/finishes", &transcript).len()
    };
    assert_eq!(without_finish(Delivery::Whole), 1);
    assert_eq!(without_finish(Delivery::ClosedAfter), 0);
}
