use std::time::Duration;

use slicecheck::protocol::{Op, Response};

use super::{PLAIN, broken, changed, edit, found};

#[test]
fn a_finish_that_overtakes_a_slice_does_not_wait() {
    // The last slice began before finish and was there after it.
    let talk = changed(PLAIN, |talk| {
        let last = talk.of(&Op::Data).last().unwrap().0;
        let finish = talk.exchanges.len() - 1;
        talk.exchanges[finish].started = talk.exchanges[last].answered;
        talk.exchanges[last].answered = talk.exchanges[finish].answered;
        talk.exchanges.swap(last, finish);
    });
    assert!(found("finish/after-all-slices", &talk).is_empty());
    let finish = talk.exchanges.len() - 1;
    let waits = format!("finish before the reply to exchange {}", finish + 1);
    assert_eq!(found("finish/after-replies", &talk), [waits]);
}

#[test]
fn a_slice_that_begins_with_finish_or_later_was_not_sent_before_it() {
    let mut talk = changed(PLAIN, |talk| {
        let last = talk.of(&Op::Data).last().unwrap().0;
        let finish = talk.exchanges.len() - 1;
        talk.exchanges.swap(last, finish);
        talk.exchanges[finish].started = talk.exchanges[last].started;
        talk.exchanges[finish].answered = talk.exchanges[last].answered;
    });
    let missing = "nothing was sent that has bytes 2097152 to 2442830";
    assert_eq!(found("finish/after-all-slices", &talk), [missing]);
    let finish = talk.exchanges.len() - 1;
    talk.exchanges[finish].started = talk.exchanges[finish].answered;
    assert_eq!(found("finish/after-all-slices", &talk), [missing]);
}

#[test]
fn finish_may_be_sent_the_moment_the_last_reply_is_there() {
    let talk = changed(PLAIN, |talk| {
        let last = talk.of(&Op::Data).last().unwrap().1.answered;
        talk.exchanges.last_mut().unwrap().started = last;
    });
    assert_eq!(broken(&talk), broken(&changed(PLAIN, |_| ())));
}

#[test]
fn the_first_bytes_that_are_missing_are_told() {
    let talk = changed(PLAIN, |talk| {
        edit(talk, &Op::Data, 1, |form| {
            let content = form.value("filecontent").unwrap().slice(..1000);
            form.set("filecontent", content).unwrap();
        });
    });
    let missing = "nothing was sent that has bytes 1049576 to 2097152";
    assert_eq!(found("finish/after-all-slices", &talk), [missing]);
}

#[test]
fn a_reply_that_is_known_the_moment_finish_is_sent_was_waited_for_though_it_is_a_failure() {
    let waits = |late: Duration| {
        let talk = changed(PLAIN, |talk| {
            let finish = talk.exchanges.len() - 1;
            talk.exchanges[finish - 1].response = Response::write(500, &[], "");
            talk.exchanges[finish].started = talk.exchanges[finish - 1].answered;
            talk.exchanges[finish - 1].answered += late;
        });
        found("finish/after-replies", &talk).len()
    };
    assert_eq!(waits(Duration::ZERO), 0);
    assert_eq!(waits(Duration::from_nanos(1)), 1);
}
