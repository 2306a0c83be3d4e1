use std::time::Duration;

use slicecheck::protocol::{Op, Response};
use slicecheck::rules::{findings, judge};

use super::{PLAIN, broken, changed, edit, found};

#[test]
fn a_finish_that_overtakes_a_slice_does_not_wait() {
    // The last slice began before finish and was there after it.
    let transcript = changed(PLAIN, |transcript| {
        let last = transcript.of(&Op::Data).last().unwrap().0;
        let finish = transcript.exchanges.len() - 1;
        transcript.exchanges[finish].started = transcript.exchanges[last].answered;
        transcript.exchanges[last].answered = transcript.exchanges[finish].answered;
        transcript.exchanges.swap(last, finish);
    });
    assert!(found("finish/after-all-slices", &transcript).is_empty());
    let finish = transcript.exchanges.len() - 1;
    let rulings = judge(&transcript);
    let waits: Vec<_> =
        findings(&rulings).filter(|of| of.rule.id == "finish/after-replies").collect();
    let related: Vec<_> = waits[0].evidence.related.iter().map(|of| of.exchange).collect();
    assert_eq!((waits.len(), related), (1, vec![finish]));
}

#[test]
fn a_slice_that_begins_with_finish_or_later_was_not_sent_before_it() {
    let mut transcript = changed(PLAIN, |transcript| {
        let last = transcript.of(&Op::Data).last().unwrap().0;
        let finish = transcript.exchanges.len() - 1;
        transcript.exchanges.swap(last, finish);
        transcript.exchanges[finish].started = transcript.exchanges[last].started;
        transcript.exchanges[finish].answered = transcript.exchanges[last].answered;
    });
    let missing = "no slice was sent that has bytes 2097152 to 2442830";
    assert_eq!(found("finish/after-all-slices", &transcript), [missing]);
    let finish = transcript.exchanges.len() - 1;
    transcript.exchanges[finish].started = transcript.exchanges[finish].answered;
    assert_eq!(found("finish/after-all-slices", &transcript), [missing]);
}

#[test]
fn finish_may_be_sent_the_moment_the_last_reply_is_there() {
    let transcript = changed(PLAIN, |transcript| {
        let last = transcript.of(&Op::Data).last().unwrap().1.answered;
        transcript.exchanges.last_mut().unwrap().started = last;
    });
    assert_eq!(broken(&transcript), broken(&changed(PLAIN, |_| ())));
}

#[test]
fn the_first_bytes_that_are_missing_are_told() {
    let transcript = changed(PLAIN, |transcript| {
        edit(transcript, &Op::Data, 1, |form| {
            let content = form.value("filecontent").unwrap().slice(..1000);
            form.set("filecontent", content).unwrap();
        });
    });
    let missing = "no slice was sent that has bytes 1049576 to 2097152";
    assert_eq!(found("finish/after-all-slices", &transcript), [missing]);
}

#[test]
fn a_failure_known_the_moment_finish_is_sent_was_waited_for() {
    let waits = |late: Duration| {
        let transcript = changed(PLAIN, |transcript| {
            let finish = transcript.exchanges.len() - 1;
            transcript.exchanges[finish - 1].response = Response::write(500, &[], "");
            transcript.exchanges[finish].started = transcript.exchanges[finish - 1].answered;
            transcript.exchanges[finish - 1].answered += late;
        });
        found("finish/after-replies", &transcript).len()
    };
    assert_eq!(waits(Duration::ZERO), 0);
    assert_eq!(waits(Duration::from_nanos(1)), 1);
}
