//! Replies that say the same in another type, which a client may read as well as the judge [SEED L88, L89,
//! DOC16].

use slicecheck::protocol::{Op, Response, Transcript};

use super::{PLAIN, changed, edit, found, held};

/// Changes the text of the reply to the first request of an operation.
fn reply(transcript: &mut Transcript, op: &Op, from: &str, to: &str) {
    let number = transcript.of(op).next().unwrap().0;
    let exchange = &mut transcript.exchanges[number];
    let body = String::from_utf8(exchange.response.body().to_vec()).unwrap();
    assert!(body.contains(from), "{body}");
    exchange.response = Response::write(200, &[], &body.replace(from, to));
}

#[test]
fn a_slice_size_in_quotes_is_the_grid_and_an_unreadable_one_is_none() {
    let judged = |size: &str| {
        let transcript = changed(PLAIN, |transcript| {
            reply(
                transcript,
                &Op::Init,
                "\"slice_size\":1048576",
                &format!("\"slice_size\":{size}"),
            );
        });
        ["data/length", "data/offset-aligned"]
            .map(|rule| (held(rule, &transcript), found(rule, &transcript).len()))
    };
    assert_eq!(judged("1048576"), [(3, 0), (3, 0)]);
    assert_eq!(judged("\"1048576\""), [(3, 0), (3, 0)]);
    assert_eq!(judged("\"524288\""), [(1, 2), (3, 0)]);
    assert_eq!(judged("\"2097152\""), [(1, 2), (2, 1)]);
    for size in ["null", "true", "0", "\"0\"", "-1", "1048576.0", "\"1 MiB\"", "[1048576]"] {
        assert_eq!(judged(size), [(0, 0), (0, 0)], "{size}");
    }
}

#[test]
fn a_session_that_is_a_number_is_its_digits() {
    let sent = |session: &str| {
        let transcript = changed(PLAIN, |transcript| {
            let issued = transcript.exchanges[1].request.text("session").unwrap().to_owned();
            let number = "9007199254740993000";
            reply(transcript, &Op::Init, &format!("\"{issued}\""), number);
            edit(transcript, &Op::Data, 0, |form| form.set("session", session.to_owned()).unwrap());
        });
        let rule =
            |rule: &str| found(rule, &transcript).iter().any(|found| found.contains(session));
        (rule("data/session"), found("flow/starts-with-init", &transcript).len())
    };
    assert_eq!(sent("9007199254740993000"), (false, 0));
    // As a floating-point number.
    assert_eq!(sent("9007199254740992000"), (true, 0));
}

#[test]
fn slices_that_a_list_names_in_quotes_are_not_to_be_sent_again() {
    let repeated = |from: &str, to: &str| {
        let transcript = changed("resume/init-in-progress", |transcript| {
            let first = transcript.job.file.as_ref().unwrap().whole().unwrap().slice(..1 << 20);
            reply(transcript, &Op::List, from, to);
            edit(transcript, &Op::Data, 0, |form| {
                form.set("offset", "0").unwrap();
                form.set("filecontent", first).unwrap();
            });
        });
        found("flow/resumes-missing-only", &transcript).len()
    };
    let part = "{\"datalen\":1048576,\"offset\":0}";
    assert_eq!(repeated(part, part), 1);
    assert_eq!(repeated(part, "{\"datalen\":\"1048576\",\"offset\":\"0\"}"), 1);
    assert_eq!(repeated(part, &format!("{{\"offset\":7}},{part}")), 1);
    assert_eq!(repeated("\"slice_size\":1048576", "\"slice_size\":null"), 1);
    assert_eq!(repeated(part, "{\"datalen\":null,\"offset\":0}"), 0);
}

#[test]
fn one_request_at_a_time_may_be_asked_for_in_quotes() {
    let overlapping = |serial: &str| {
        let transcript = changed("server-choice/serial-upload", |transcript| {
            let serial = format!("\"serial_upload\":{serial}");
            reply(transcript, &Op::Init, "\"serial_upload\":1", &serial);
            let first = transcript.of(&Op::Data).next().unwrap().1.started;
            let second = transcript.of(&Op::Data).nth(1).unwrap().0;
            transcript.exchanges[second].started = first;
        });
        !found("data/serial", &transcript).is_empty()
    };
    for (serial, is_asked_for) in
        [("1", true), ("\"1\"", true), ("0", false), ("\"0\"", false), ("null", false)]
    {
        assert_eq!(overlapping(serial), is_asked_for, "{serial}");
    }
}

#[test]
fn who_was_told_that_slices_have_no_bytes_may_send_none() {
    let empty = |size: &str| {
        let transcript = changed(PLAIN, |transcript| {
            reply(
                transcript,
                &Op::Init,
                "\"slice_size\":1048576",
                &format!("\"slice_size\":{size}"),
            );
            edit(transcript, &Op::Data, 0, |form| form.set("filecontent", "").unwrap());
        });
        found("data/content", &transcript).len()
    };
    assert_eq!(["1048576", "null", "0", "\"0\""].map(empty), [1, 1, 0, 0]);
    let without = changed(PLAIN, |transcript| {
        reply(transcript, &Op::Init, "\"slice_size\":1048576", "\"slice_size\":0");
        edit(transcript, &Op::Data, 0, |form| form.remove("filecontent").unwrap());
    });
    assert_eq!(found("data/content", &without).len(), 1);
}
