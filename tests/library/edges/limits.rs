//! Bounds, on both sides of their edge.

use slicecheck::client::{ClientPolicy, Signing};
use slicecheck::protocol::{Op, Part, Response, ResponseEnvelope, SessionData, Transcript};
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::{Simulation, scenarios};

use super::{PLAIN, changed, edit, found, in_head};
use crate::conforming::in_one_request;

#[test]
fn a_signature_has_up_to_2048_bytes() {
    let too_long = |length: usize| {
        let transcript = changed(PLAIN, |transcript| {
            let (sign, _) = transcript.tamper(&Op::Init, 0).unwrap().signature_text().unwrap();
            in_head(transcript, &sign, &"A".repeat(length));
        });
        found("auth/signature-length", &transcript)
    };
    assert_eq!(too_long(2048), [""; 0]);
    assert_eq!(too_long(2049), ["2049 bytes"]);
}

#[test]
fn a_file_in_one_request_has_up_to_20_mib() {
    let too_large = |length: usize| {
        let mut transcript = in_one_request();
        edit(&mut transcript, &Op::Upload, 0, |form| {
            form.remove("filecontent");
            form.push(Part::new("filecontent", vec![0; length]));
        });
        found("upload/size", &transcript)
    };
    assert_eq!(too_large(20 << 20), [""; 0]);
    assert_eq!(too_large((20 << 20) + 1), ["20971521 bytes"]);
}

#[test]
fn a_request_may_fail_up_to_20_times() {
    let too_often = |attempts: usize| {
        let transcript = changed(PLAIN, |transcript| {
            let mut refused = transcript.of(&Op::Data).next().unwrap().1.clone();
            refused.response = Response::write(503, &[], "{\"code\":-71,\"message\":\"M\"}");
            transcript.exchanges.extend(std::iter::repeat_n(refused, attempts));
        });
        found("flow/retries-bounded", &transcript)
    };
    assert_eq!(too_often(20), [""; 0]);
    assert_eq!(too_often(21), ["21 failed attempts"]);
}

#[test]
fn a_signature_is_valid_for_up_to_31_days_and_beyond_for_up_to_90() {
    let policy_of = |lifetime: u64| ClientPolicy {
        signing: Signing { lifetime, ..ClientPolicy::REFERENCE.signing },
        ..ClientPolicy::REFERENCE
    };
    let broken = |lifetime: u64| {
        let scenario = scenarios().find(|scenario| scenario.id == PLAIN).unwrap();
        let transcript = Simulation::in_small(scenario, 1).play(&policy_of(lifetime));
        let rulings = judge(&transcript);
        findings(&rulings).map(|finding| finding.rule.id).collect::<Vec<_>>()
    };
    let days = |days: u64| days * 86_400;
    assert_eq!(broken(days(31)), [""; 0]);
    assert_eq!(broken(days(31) + 1), ["auth/lifetime-of-a-month"]);
    assert_eq!(broken(days(90)), ["auth/lifetime-of-a-month"]);
    assert_eq!(broken(days(90) + 1), ["auth/lifetime"]);
}

/// The plain conversation with two slices under way at a time, and this in the reply to init.
fn at_a_time(serial_upload: Option<i64>) -> Transcript {
    changed(PLAIN, |transcript| {
        let init = &mut transcript.exchanges[0];
        let mut reply: ResponseEnvelope<SessionData> = init.reply().unwrap();
        reply.data.as_mut().unwrap().serial_upload = serial_upload;
        init.response = Response::write(200, &[], &reply.write());
        transcript.exchanges[2].started = transcript.exchanges[1].started;
        transcript.exchanges[2].connection += 1;
    })
}

#[test]
fn only_serial_upload_1_asks_for_one_slice_at_a_time() {
    for serial_upload in [None, Some(0), Some(2)] {
        assert_eq!(found("data/serial", &at_a_time(serial_upload)), [""; 0]);
    }
    assert_eq!(found("data/serial", &at_a_time(Some(1))).len(), 2);
}

#[test]
fn only_the_reply_to_a_success_is_held_to_its_echo() {
    let accused = |code: &str| {
        let transcript = changed(PLAIN, |transcript| {
            let (number, _) = transcript.of(&Op::Data).next().unwrap();
            let reply = transcript.exchanges[number].response.clone();
            let text = String::from_utf8_lossy(reply.body())
                .replace("\"offset\":0", "\"offset\":1")
                .replace("\"code\":0", code);
            transcript.exchanges[number].response = Response::write(200, &[], &text);
        });
        found("flow/offset-compared", &transcript).len()
    };
    assert_eq!(["\"code\":0", "\"code\":-71"].map(accused), [1, 0]);
}
