//! Transcripts: what is found in them, and how one is changed.

use bytes::Bytes;
use slicecheck::protocol::{Bound, Delivery, Op, Response, Transcript};
use slicecheck::scenario::scenarios;

fn transcript() -> Transcript {
    let scenario = scenarios().find(|scenario| scenario.id == "happy/last-slice-short").unwrap();
    scenario.simulate(1)
}

#[test]
fn exchanges_are_found_by_their_operation_with_their_numbers() {
    let transcript = transcript();
    for op in Op::ALL {
        let of_op = transcript.exchanges.iter().enumerate();
        let of_op = of_op.filter(|(_, exchange)| exchange.request.op() == Some(&op));
        let expected: Vec<_> = of_op.map(|(number, _)| number).collect();
        let found: Vec<_> = transcript.of(&op).map(|(number, _)| number).collect();
        assert_eq!(found, expected, "{op}");
    }
    assert!(transcript.of(&Op::Data).count() > 1);
}

#[test]
fn the_request_that_is_changed_is_the_one_that_was_counted() {
    let mut transcript = transcript();
    let (number, second) = transcript.of(&Op::Data).nth(1).unwrap();
    let raw = second.request.raw().clone();
    assert_eq!(transcript.tamper(&Op::Data, 1).map(|request| request.raw().clone()), Some(raw));
    transcript.tamper(&Op::Data, 1).unwrap().edit_body(|_| b"x".to_vec());
    let changed: Vec<_> = (0..transcript.exchanges.len())
        .filter(|number| transcript.exchanges[*number].request.body() == Bytes::from_static(b"x"))
        .collect();
    assert_eq!(changed, [number]);
    assert!(transcript.tamper(&Op::Other("move".to_owned()), 0).is_none());
}

#[test]
fn an_exchange_succeeds_with_code_0_whatever_its_status() {
    let mut transcript = transcript();
    assert!(transcript.exchanges.iter().all(|exchange| exchange.acknowledgement().is_possible()));
    let exchange = &mut transcript.exchanges[0];
    let success = r#"{"code":0,"message":"SUCCESS"}"#;
    for (status, body, is_success) in [
        (200, success, true),
        (409, success, true),
        (200, r#"{"code":-71,"message":"ERROR"}"#, false),
        (503, r#"{"code":-71,"message":"ERROR"}"#, false),
        (200, "<html>", false),
    ] {
        exchange.response = Response::write(status, &[], body);
        assert_eq!(exchange.acknowledgement().is_possible(), is_success, "{status} {body}");
    }
}

#[test]
fn a_success_is_clear_with_http_200_and_code_0_as_the_service_writes_it() {
    let mut transcript = transcript();
    assert!(transcript.exchanges.iter().all(|exchange| exchange.acknowledgement().is_clear()));
    let exchange = &mut transcript.exchanges[0];
    let body = String::from_utf8(exchange.response.body().to_vec()).unwrap();
    let refusal = r#"{"code":-71,"message":"ERROR_PROXY_FREQ_CONTROL"}"#.to_owned();
    for (status, body, is_clear) in [
        (200, body.clone(), true),
        (500, body.clone(), false),
        (200, body.clone() + " ", false),
        (200, refusal.clone(), false),
        (503, refusal, false),
    ] {
        exchange.response = Response::write(status, &[], &body);
        assert_eq!(exchange.acknowledgement().is_clear(), is_clear, "{status} {body}");
    }
    exchange.response = Response::write(200, &[], &body);
    exchange.delivery = Delivery::Truncated(body.len());
    assert!(!exchange.acknowledgement().is_clear(), "it may have been cut");
}

#[test]
fn bounds_of_what_is_read_are_told_in_words() {
    assert_eq!(Bound::Head.as_str(), "a head of at most 64 KiB");
    assert_eq!(Bound::Body.as_str(), "a body of at most 64 MiB");
}

#[test]
fn the_code_0_is_clear_only_with_the_data_that_the_operation_returns() {
    let mut transcript = transcript();
    let bare = r#"{"code":0,"message":"SUCCESS","request_id":"x"}"#;
    for exchange in &mut transcript.exchanges {
        for body in [bare, &bare.replace('}', r#","data":null}"#)] {
            exchange.response = Response::write(200, &[], body);
            let acknowledged = exchange.acknowledgement();
            assert_eq!((acknowledged.is_possible(), acknowledged.is_clear()), (true, false));
        }
    }
    let exchange = &mut transcript.exchanges[0];
    exchange.request.edit(|form| form.set("op", "delete"));
    exchange.response = Response::write(200, &[], bare);
    assert!(exchange.acknowledgement().is_clear());
}
