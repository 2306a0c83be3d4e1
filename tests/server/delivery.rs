//! Replies before the whole request is there, and ways of delivery that not every client can take.

use slicecheck::protocol::{Delivery, Fields, HeadForm, Request};
use slicecheck::scenario::SIMULATION_CLOCK;
use slicecheck::server::{Fault, Reaction, Trigger};

use crate::requests::{expecting, headed, in_http_10, path, request, with_faults};

#[test]
fn a_long_body_is_answered_early_if_it_is_longer_than_512_kib() {
    let early = Reaction { delivered: Delivery::EarlyClosed, ..Reaction::refusal(413, -46615) };
    let page = Reaction { delivered: Delivery::Early, ..Reaction::foreign(502, "<html>") };
    for (reaction, status) in [(early, 413), (page, 502)] {
        let delivery = reaction.delivered;
        let mut server = with_faults([Fault::always(Trigger::LongBody, reaction)]);
        let mut answered = |length: usize| {
            let request = Request::write(
                "POST",
                &path("/a").to_string(),
                &[("Host", "h".to_owned()), ("Content-Type", "text/plain".to_owned())],
                &vec![b'a'; length],
            );
            server.answer_early(&request, SIMULATION_CLOCK)
        };
        assert!(answered(512 << 10).is_none());
        let answer = answered((512 << 10) + 1).unwrap();
        assert_eq!((answer.response.status(), answer.delivery), (status, delivery));
        let played = answer.played.map(|played| (played.fault, played.attempt));
        assert_eq!(played, Some((0, 1)));
    }
}

#[test]
fn who_waits_for_100_continue_is_answered_early_or_waits_longer() {
    let fields = Fields::list();
    let refused = |delivered| Reaction { delivered, ..Reaction::refusal(417, -5999) };
    let mut early = with_faults([Fault::always(Trigger::Expecting, refused(Delivery::Early))]);
    assert!(early.answer_early(&request("/a", &fields), SIMULATION_CLOCK).is_none());
    assert!(early.answer_early(&in_http_10(&expecting(&fields)), SIMULATION_CLOCK).is_none());
    assert_eq!(early.keeps_back(&expecting(&fields)), None);
    let answer = early.answer_early(&expecting(&fields), SIMULATION_CLOCK).unwrap();
    assert_eq!((answer.response.status(), answer.delivery), (417, Delivery::Early));
    // What comes early is no answer to a request that is there, whole.
    let whole = early.answer(&request("/a", &fields), SIMULATION_CLOCK);
    assert_eq!((whole.response.status(), whole.played), (404, None));
    let never = Reaction::delivered(Delivery::ContinueNever);
    let mut late = with_faults([
        Fault::always(Trigger::List, Reaction::delivered(Delivery::Chunked)),
        Fault::once(Trigger::Expecting, never),
    ]);
    assert!(late.answer_early(&expecting(&fields), SIMULATION_CLOCK).is_none());
    assert_eq!(late.keeps_back(&expecting(&fields)), Some(Delivery::ContinueNever));
    assert_eq!(late.keeps_back(&request("/a", &fields)), None);
    assert_eq!(late.keeps_back(&in_http_10(&expecting(&fields))), None);
}

#[test]
fn a_reply_is_delivered_as_planned_only_where_the_client_can_take_it() {
    let plain = request("/a", &Fields::list());
    let with = |line: &str| {
        headed(&Fields::list(), |head| head.replacen("Host:", &format!("{line}\r\nHost:"), 1))
    };
    let gzip = with("Accept-Encoding: deflate, gzip;q=1.0");
    let [refuses_gzip, closing] =
        ["Accept-Encoding: gzip;q=0, *;q=0", "Connection: close"].map(with);
    let old = in_http_10(&plain);
    let keep_alive = Delivery::Head(HeadForm::KeepAlive);
    for (delivery, possible) in [
        (Delivery::Chunked, [true, true, true, false]),
        (Delivery::ChunkedTrailers, [true, true, true, false]),
        (Delivery::ChunkedCase, [true, true, true, false]),
        (Delivery::WithoutLastChunk, [true, true, true, false]),
        (Delivery::Interim, [true, true, true, false]),
        (Delivery::Interims, [true, true, true, false]),
        (Delivery::Gzipped, [false, true, false, false]),
        (keep_alive, [true, true, false, false]),
        (Delivery::Head(HeadForm::LowerCase), [true, true, true, true]),
        (Delivery::Reset, [true, true, true, true]),
    ] {
        let fault = Fault::always(Trigger::List, Reaction::delivered(delivery));
        let mut server = with_faults([fault]);
        if delivery == Delivery::Gzipped {
            let answer = server.answer(&refuses_gzip, SIMULATION_CLOCK);
            assert_eq!(answer.delivery, Delivery::Whole);
        }
        let delivered = [&plain, &gzip, &closing, &old].map(|request| {
            let answer = server.answer(request, SIMULATION_CLOCK);
            let expected = if answer.played.is_some() { delivery } else { Delivery::Whole };
            assert_eq!(answer.delivery, expected);
            answer.played.is_some()
        });
        assert_eq!(delivered, possible, "{delivery}");
    }
}
