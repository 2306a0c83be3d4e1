//! What is known of uploads and their sessions at each point of a conversation.

use std::time::Duration;

use slicecheck::protocol::{Op, Response, SessionData, SliceData, Transcript};

use super::{PLAIN, changed, edit, found, insert};

/// Changes what the service says in reply to a slice.
fn reply_to_slice(transcript: &mut Transcript, nth: usize, change: impl FnOnce(&mut SliceData)) {
    let number = transcript.of(&Op::Data).nth(nth).unwrap().0;
    let mut reply = transcript.exchanges[number].reply::<SliceData>().unwrap();
    change(reply.data.as_mut().unwrap());
    transcript.exchanges[number].response = Response::write(200, &[], &reply.write());
}

/// Lets another init be answered with another session, which is then used.
fn with_new_session(transcript: &mut Transcript, at: usize, session: &str) {
    let mut init = transcript.exchanges[0].clone();
    let mut reply = init.reply::<SessionData>().unwrap();
    session.clone_into(&mut reply.data.as_mut().unwrap().session);
    init.response = Response::write(200, &[], &reply.write());
    insert(transcript, at, init);
    for exchange in &mut transcript.exchanges[at..] {
        exchange.request.edit(|form| form.set("session", session.to_owned()));
    }
}

fn set_session(transcript: &mut Transcript, op: &Op, nth: usize, session: &str) {
    edit(transcript, op, nth, |form| form.set("session", session.to_owned()).unwrap());
}

#[test]
fn a_session_may_be_taken_from_the_reply_to_a_slice() {
    let finished_with = |session: &str| {
        let transcript = changed(PLAIN, |transcript| {
            reply_to_slice(transcript, 2, |data| data.session = "renewed".to_owned());
            set_session(transcript, &Op::Finish, 0, session);
        });
        found("finish/session", &transcript).len()
    };
    assert_eq!(finished_with("renewed"), 0);
    assert_eq!(finished_with("another"), 1);
}

#[test]
fn a_session_of_an_earlier_upload_is_not_that_of_this_one() {
    let transcript = changed(PLAIN, |transcript| {
        let before = transcript.exchanges[1].request.text("session").unwrap().to_owned();
        with_new_session(transcript, 2, "second");
        reply_to_slice(transcript, 1, |data| data.session.clone_from(&before));
        set_session(transcript, &Op::Finish, 0, &before);
    });
    let found = &found("finish/session", &transcript)[0];
    assert!(found.ends_with(": this is the session of an earlier upload"), "{found}");
}

#[test]
fn the_latest_of_many_sessions_are_remembered() {
    let finished_with = |session: &str| {
        let transcript = changed(PLAIN, |transcript| {
            for number in 0..20 {
                with_new_session(transcript, 1, &format!("session {number}"));
            }
            set_session(transcript, &Op::Finish, 0, session);
        });
        found("finish/session", &transcript)[0].contains("of an earlier upload")
    };
    // They were put in front of each other: number 0 is the last.
    assert!(finished_with("session 1"));
    assert!(finished_with("session 16"));
    assert!(!finished_with("session 17"));
}

#[test]
fn a_slice_size_of_0_is_none() {
    let transcript = changed(PLAIN, |transcript| {
        let mut reply = transcript.exchanges[0].reply::<SessionData>().unwrap();
        reply.data.as_mut().unwrap().slice_size = 0;
        transcript.exchanges[0].response = Response::write(200, &[], &reply.write());
    });
    for rule in ["data/length", "data/offset-aligned", "flow/slice-size-of-init"] {
        assert!(found(rule, &transcript).is_empty(), "{rule}");
    }
}

#[test]
fn slices_of_another_session_are_those_of_another_upload() {
    // Half a slice further on: within one session that is an overlap.
    let shifted = |session: Option<&str>| {
        changed(PLAIN, |transcript| {
            let content =
                transcript.job.file.as_ref().unwrap().whole().unwrap().slice(524_288..1_572_864);
            edit(transcript, &Op::Data, 1, |form| {
                form.set("offset", "524288").unwrap();
                form.set("filecontent", content).unwrap();
            });
            if let Some(session) = session {
                set_session(transcript, &Op::Data, 1, session);
            }
        })
    };
    assert_eq!(found("data/no-overlap", &shifted(None)).len(), 1);
    assert_eq!(found("data/no-overlap", &shifted(Some("another"))).len(), 0);
}

#[test]
fn the_order_of_slices_is_that_of_their_session() {
    let back_to_0 = |session: Option<&str>| {
        changed("server-choice/serial-upload", |transcript| {
            let last = transcript.of(&Op::Data).count() - 1;
            let content = transcript.job.file.as_ref().unwrap().whole().unwrap().slice(..1 << 20);
            // The one that was first had another offset then.
            edit(transcript, &Op::Data, 0, |form| form.set("offset", "1").unwrap());
            edit(transcript, &Op::Data, last, |form| {
                form.set("offset", "0").unwrap();
                form.set("filecontent", content).unwrap();
            });
            if let Some(session) = session {
                set_session(transcript, &Op::Data, last, session);
            }
        })
    };
    assert_eq!(found("data/serial-order", &back_to_0(None)).len(), 1);
    assert_eq!(found("data/serial-order", &back_to_0(Some("another"))).len(), 0);
}

#[test]
fn a_slice_that_was_sent_before_in_another_session_does_not_come_again() {
    let repeated = |session: &str| {
        changed("server-choice/serial-upload", |transcript| {
            let (last, again) = transcript.of(&Op::Data).last().unwrap();
            let mut again = again.clone();
            again.request.edit(|form| form.set("offset", "0")).unwrap();
            insert(transcript, last + 1, again);
            set_session(transcript, &Op::Data, 0, session);
        })
    };
    let issued = repeated("x").exchanges[2].request.text("session").unwrap().to_owned();
    assert_eq!(found("data/serial-order", &repeated(&issued)).len(), 0);
    assert_eq!(found("data/serial-order", &repeated("another")).len(), 1);
}

#[test]
fn what_was_acknowledged_the_moment_that_finish_was_sent_is_known_to_it() {
    let acknowledged = |late: Duration| {
        let transcript = changed(PLAIN, |transcript| {
            let finish = transcript.exchanges.len() - 1;
            let (number, again) = transcript.of(&Op::Data).last().unwrap();
            // Sent twice, and the reply to the second time is still on its way.
            let mut again = again.clone();
            again.answered = transcript.exchanges[finish].answered;
            transcript.exchanges[finish].started = transcript.exchanges[number].answered;
            transcript.exchanges[number].answered += late;
            transcript.exchanges.insert(number + 1, again);
        });
        found("finish/after-replies", &transcript).len()
    };
    assert_eq!(acknowledged(Duration::ZERO), 0);
    assert_eq!(acknowledged(Duration::from_nanos(1)), 1);
}

#[test]
fn of_more_sessions_than_are_kept_none_is_said_to_be_another() {
    let finished_with = |renewals: usize, session: &str| {
        let transcript = changed(PLAIN, |transcript| {
            for number in 0..renewals {
                let again = transcript.exchanges[1].clone();
                insert(transcript, 1, again);
                reply_to_slice(transcript, 0, |data| data.session = format!("renewed {number}"));
            }
            if session != "granted" {
                set_session(transcript, &Op::Finish, 0, session);
            }
        });
        found("finish/session", &transcript).len()
    };
    for number in 0..14 {
        assert_eq!(finished_with(14, &format!("renewed {number}")), 0);
    }
    assert_eq!([finished_with(14, "granted"), finished_with(14, "another")], [0, 1]);
    // Of 20, all of which the service has named, some are not known any more.
    for number in 0..20 {
        assert_eq!(finished_with(20, &format!("renewed {number}")), 0);
    }
    assert_eq!([finished_with(20, "granted"), finished_with(15, "another")], [0, 0]);
}
