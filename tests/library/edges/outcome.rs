use std::time::Duration;

use slicecheck::protocol::{Claim, Delivery, Op, Stored, Transcript};

use super::{PLAIN, changed, found};

/// A conversation that ended with this claim.
fn claimed(claim: Claim, change: impl FnOnce(&mut Transcript)) -> Transcript {
    changed(PLAIN, |transcript| {
        transcript.outcome.as_mut().unwrap().claim = claim;
        change(transcript);
    })
}

#[test]
fn success_without_any_request_is_a_matter_of_truth_alone() {
    let transcript = claimed(Claim::Ok, |transcript| {
        transcript.exchanges.clear();
        transcript.outcome.as_mut().unwrap().stored = Stored::Absent;
    });
    assert!(found("outcome/success-acknowledged", &transcript).is_empty());
    assert_eq!(found("outcome/truthful", &transcript).len(), 1);
}

#[test]
fn of_what_was_not_kept_nobody_is_accused() {
    let accused = |rule: &str, scenario: &str, overflowed: bool| {
        let transcript = changed(scenario, |transcript| {
            transcript.overflowed = overflowed;
            transcript.outcome.as_mut().unwrap().claim = Claim::Ok;
            if scenario == PLAIN {
                transcript.exchanges.pop();
            }
        });
        found(rule, &transcript).len()
    };
    for (rule, scenario) in [
        ("outcome/success-acknowledged", PLAIN),
        ("outcome/code-heeded", "faults/finish-refused"),
        ("outcome/json-heeded", "faults/finish-html"),
        ("outcome/reply-awaited", "faults/finish-reset-always"),
    ] {
        assert_eq!([false, true].map(|over| accused(rule, scenario, over)), [1, 0], "{rule}");
    }
}

#[test]
fn a_timeout_is_believed_where_a_reply_was_late_or_did_not_come() {
    let doubted = |detail: &str, delivery: Delivery| {
        let transcript = claimed(Claim::Failed, |transcript| {
            detail.clone_into(&mut transcript.outcome.as_mut().unwrap().detail);
            let (at, _) = transcript.of(&Op::Data).nth(1).unwrap();
            transcript.exchanges[at].delivery = delivery;
        });
        found("outcome/timeout-true", &transcript).len()
    };
    let timeout = "exit status 1, outcome timeout, code 7";
    assert_eq!(doubted(timeout, Delivery::Whole), 1);
    assert_eq!(doubted("exit status 1, outcome api_error", Delivery::Whole), 0);
    assert_eq!(doubted("exit status 1, detail the timeout", Delivery::Whole), 0);
    let quoting = "exit status 1, outcome api_error, detail no, outcome timeout, it said";
    assert_eq!(doubted(quoting, Delivery::Whole), 0);
    for excuse in [Delivery::Unanswered, Delivery::Reset, Delivery::ContinueNever] {
        assert_eq!(doubted(timeout, excuse), 0, "{excuse:?}");
    }
}

/// What is said of a client that was killed after 30 seconds: that it hung, and that it took long.
fn killed(change: impl FnOnce(&mut Transcript)) -> [usize; 2] {
    let transcript = claimed(Claim::Hung, |transcript| {
        transcript.outcome.as_mut().unwrap().elapsed = Duration::from_secs(30);
        change(transcript);
    });
    ["outcome/no-hang", "outcome/ends-in-time"].map(|rule| found(rule, &transcript).len())
}

/// The first request comes at the beginning, and this is when the last reply was there.
fn last_heard(transcript: &mut Transcript, seconds: u64) {
    transcript.exchanges[0].started = Duration::ZERO;
    transcript.exchanges.last_mut().unwrap().answered = Duration::from_secs(seconds);
}

#[test]
fn a_client_that_was_silent_for_at_most_two_thirds_of_the_time_was_busy() {
    assert_eq!(killed(|transcript| last_heard(transcript, 9)), [1, 0]);
    assert_eq!(killed(|transcript| last_heard(transcript, 10)), [0, 1]);
    assert_eq!(killed(|transcript| last_heard(transcript, 29)), [0, 1]);
}

#[test]
fn who_waits_for_the_end_of_a_reply_without_length_does_not_hang() {
    for delivery in [Delivery::Chunked, Delivery::Interim, Delivery::UntilClose] {
        let silent = |transcript: &mut Transcript| {
            last_heard(transcript, 1);
            transcript.exchanges.last_mut().unwrap().delivery = delivery;
        };
        assert_eq!(killed(silent), [0, 1], "{delivery}");
        // To repeat oneself for ever is another thing.
        let endless = |transcript: &mut Transcript| {
            let mut refused = transcript.of(&Op::Data).next().unwrap().1.clone();
            refused.delivery = Delivery::Reset;
            transcript.exchanges.extend(std::iter::repeat_n(refused, 11));
            last_heard(transcript, 29);
            transcript.exchanges.last_mut().unwrap().delivery = delivery;
            transcript.exchanges.last_mut().unwrap().response =
                slicecheck::protocol::Response::write(500, &[], "");
        };
        assert_eq!(killed(endless), [1, 0], "{delivery}");
    }
}

#[test]
fn more_than_ten_failed_attempts_are_endless() {
    let repeated = |attempts: usize| {
        killed(|transcript| {
            let mut refused = transcript.of(&Op::Data).next().unwrap().1.clone();
            refused.delivery = Delivery::Reset;
            transcript.exchanges.extend(std::iter::repeat_n(refused, attempts));
            last_heard(transcript, 29);
        })
    };
    assert_eq!(repeated(10), [0, 1]);
    assert_eq!(repeated(11), [1, 0]);
}
