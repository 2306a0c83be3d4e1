//! How clients end: where nothing is wrong, and at the deadline.

use std::collections::BTreeSet;
use std::time::Duration;

use slicecheck::protocol::{Claim, Delivery, Op, Outcome, Stored, Transcript};
use slicecheck::rules::catalogue;
use slicecheck::spec::Level;

use super::{PLAIN, changed, found};

const DEADLINE: Duration = Duration::from_secs(30);

/// How it ended, for somebody who has stored nothing.
fn ended(claim: Claim) -> Outcome {
    Outcome {
        claim,
        detail: "W".to_owned(),
        stored: Stored::Absent,
        elapsed: DEADLINE,
        busy: None,
        computed: None,
        source: None,
        other_object: None,
        failed_connections: BTreeSet::new(),
    }
}

/// A conversation of which this many exchanges took place, and which ended like this.
fn cut(scenario: &str, kept: usize, outcome: Outcome) -> Transcript {
    changed(scenario, |transcript| {
        transcript.exchanges.truncate(kept);
        transcript.outcome = Some(outcome);
    })
}

#[test]
fn where_nothing_is_wrong_no_end_conforms_but_success_and_unsupported() {
    let completes = |kept: usize, claim: Claim| {
        let found = found("outcome/completes", &cut(PLAIN, kept, ended(claim)));
        assert!(found.len() < 2);
        found.concat()
    };
    for kept in [0, 2] {
        let sent = if kept == 0 { "; no request was sent" } else { "" };
        let nothing = "; nothing is stored";
        let failed = format!("failure reported (W){sent}{nothing}");
        assert_eq!(completes(kept, Claim::Failed), failed);
        assert_eq!(completes(kept, Claim::Crashed), format!("a crash (W){sent}{nothing}"));
        let hung = format!(
            "W; nothing was sent for most of it{sent}{nothing}; \
             if it waits for a timeout of its own, try --deadline 2m"
        );
        assert_eq!(completes(kept, Claim::Hung), hung);
        assert_eq!(completes(kept, Claim::Unsupported), "");
        // That is a matter of truth.
        assert_eq!(completes(kept, Claim::Ok), "");
        assert_eq!(found("outcome/truthful", &cut(PLAIN, kept, ended(Claim::Ok))).len(), 1);
    }
    let stored = Outcome { stored: Stored::Complete, ..ended(Claim::Hung) };
    let found = found("outcome/completes", &cut(PLAIN, 9, stored)).concat();
    assert!(found.contains("; the object is complete; "), "{found}");
}

/// Some of either kind: which scenarios say so, their pages in `snapshots/scenarios` have.
#[test]
fn nothing_is_wrong_with_what_is_left_to_the_service_and_the_user() {
    let wrong = |id: &str| {
        let transcript = cut(id, 0, ended(Claim::Failed));
        found("outcome/completes", &transcript).is_empty()
    };
    for id in [
        "happy/one-byte",
        "happy/larger",
        "content/delimiters",
        "key/unicode",
        "key/spaces",
        "key/long",
        "server-choice/smaller-slice-size",
        "server-choice/serial-upload",
        "session/percent-signs",
        "sha/upload",
    ] {
        assert!(!wrong(id), "{id}");
    }
    for id in [
        // Some documents do without a question mark in names.
        "key/query-characters",
        "server-choice/slice-size-string",
        "server-choice/slice-size-absent",
        "session/forgotten",
        "resume/init-in-progress",
        "existing/same-file",
        "reply/pretty",
        "transport/chunked",
        "faults/slice-503-once",
    ] {
        assert!(wrong(id), "{id}");
    }
}

/// In how many places `no-hang` and `ends-in-time` are broken by a client that used the processor for
/// so long, and was killed after so many exchanges.
fn killed(kept: usize, busy: Option<Duration>) -> [usize; 2] {
    let transcript = cut(PLAIN, kept, Outcome { busy, ..ended(Claim::Hung) });
    ["outcome/no-hang", "outcome/ends-in-time"].map(|rule| found(rule, &transcript).len())
}

#[test]
fn who_computes_for_a_quarter_of_its_silence_is_busy_and_not_silent() {
    for kept in [0, 2] {
        let transcript = cut(PLAIN, kept, ended(Claim::Hung));
        let last = transcript.exchanges.last().map(|last| last.answered).unwrap_or_default();
        let silence = DEADLINE.checked_sub(last).unwrap();
        assert_eq!(killed(kept, None), [1, 0]);
        assert_eq!(killed(kept, Some(Duration::ZERO)), [1, 0]);
        let less = (silence / 4).checked_sub(Duration::from_nanos(1));
        assert_eq!(killed(kept, less), [1, 0]);
        assert_eq!(killed(kept, Some(silence / 4)), [0, 1]);
        assert_eq!(killed(kept, Some(DEADLINE * 16)), [0, 1]);
    }
}

/// Which of `no-hang` and `ends-in-time` are broken by a client that is killed after two slices side by side, the
/// first of which was answered later; each reply came in its own way.
fn killed_side_by_side(first: Delivery, second: Delivery) -> [usize; 2] {
    let mut transcript = cut(PLAIN, 3, ended(Claim::Hung));
    let [_, one, other] = transcript.exchanges.as_mut_slice() else { panic!("three exchanges") };
    (one.delivery, other.delivery) = (first, second);
    other.started = one.started;
    other.answered = one.answered;
    one.answered += Duration::from_millis(1);
    ["outcome/no-hang", "outcome/ends-in-time"].map(|rule| found(rule, &transcript).len())
}

#[test]
fn after_which_reply_a_client_was_silent_is_told_by_time() {
    assert_eq!(killed_side_by_side(Delivery::UntilClose, Delivery::Whole), [0, 1]);
    assert_eq!(killed_side_by_side(Delivery::Whole, Delivery::UntilClose), [1, 0]);
}

#[test]
fn who_waited_for_a_processor_most_of_the_time_need_not_have_completed() {
    let is_accused = |kept: usize, computed: Duration, waited: Duration| {
        let (busy, computed) = (Some(computed + waited), Some(computed));
        let transcript = cut(PLAIN, kept, Outcome { busy, computed, ..ended(Claim::Hung) });
        !found("outcome/completes", &transcript).is_empty()
    };
    for kept in [0, 2] {
        let little = DEADLINE / 8;
        let most = DEADLINE / 4 * 3;
        let less = most.checked_sub(Duration::from_nanos(1)).unwrap();
        assert!(is_accused(kept, little, Duration::ZERO));
        assert!(is_accused(kept, little, less));
        assert!(!is_accused(kept, little, most));
        // Many processes have waited longer together than the time that has passed.
        assert!(is_accused(kept, DEADLINE / 4, DEADLINE * 8));
    }
}

#[test]
fn who_is_killed_while_it_computes_is_told_of_a_longer_deadline() {
    let told = |elapsed: Duration| {
        let busy = Some(elapsed);
        let outcome = Outcome { elapsed, busy, ..ended(Claim::Hung) };
        let transcript = cut(PLAIN, 0, outcome);
        let mut told = found("outcome/ends-in-time", &transcript);
        told.extend(found("outcome/completes", &transcript));
        told
    };
    for (elapsed, option) in [(30, "--deadline 2m"), (45, "--deadline 3m"), (2, "--deadline 8s")] {
        let told = told(Duration::from_secs(elapsed));
        assert_eq!(told.len(), 2);
        for told in told {
            assert!(told.starts_with("W; it was still computing; "), "{told}");
            assert!(told.ends_with(&format!("; it may only need longer: try {option}")), "{told}");
        }
    }
}

/// The client sends its first slice this many times more, and then what it sends at last.
fn repeating(times: usize, last: Option<usize>) -> Transcript {
    changed(PLAIN, |transcript| {
        let [slice, last] = [Some(1), last].map(|at| at.map(|at| transcript.exchanges[at].clone()));
        transcript.exchanges.truncate(2);
        transcript.exchanges.extend(std::iter::repeat_n(slice.unwrap(), times));
        transcript.exchanges.extend(last);
        for (number, exchange) in (1..).zip(&mut transcript.exchanges) {
            exchange.started = DEADLINE * number / 100;
            exchange.answered = exchange.started;
        }
        transcript.outcome = Some(ended(Claim::Hung));
        transcript.outcome.as_mut().unwrap().elapsed =
            transcript.exchanges.last().unwrap().answered;
    })
}

#[test]
fn who_repeats_what_was_acknowledged_until_it_is_killed_hangs() {
    let hangs = |transcript: &Transcript| found("outcome/no-hang", transcript).concat();
    assert_eq!(hangs(&repeating(9, None)), "");
    assert_eq!(hangs(&repeating(10, None)), "W; the same request was repeated all the time");
    // It went on to another slice.
    assert_eq!(hangs(&repeating(90, Some(2))), "");
    // It only went back to the beginning.
    assert_ne!(hangs(&repeating(90, Some(0))), "");
    // Who comes to its end has not hung, however often it did so.
    let mut ends = repeating(90, None);
    ends.outcome.as_mut().unwrap().claim = Claim::Failed;
    assert_eq!(hangs(&ends), "");
    assert_eq!(found("data/once", &ends).len(), 90);
}

#[test]
fn who_was_killed_is_not_accused_of_what_it_had_no_time_for() {
    for (rule, scenario, op) in [
        ("flow/finishes", PLAIN, Op::Data),
        ("flow/retries", "faults/init-503-once", Op::Init),
        ("flow/resumes", "resume/init-in-progress", Op::Init),
        ("flow/resume-goes-on", "resume/init-in-progress", Op::List),
    ] {
        let accused = |claim: Claim, overflowed: bool| {
            let transcript = changed(scenario, |transcript| {
                let kept = match op {
                    Op::Init => 0,
                    _ => transcript.of(&op).last().unwrap().0,
                };
                transcript.exchanges.truncate(kept + 1);
                transcript.outcome = Some(ended(claim));
                transcript.overflowed = overflowed;
            });
            found(rule, &transcript).len()
        };
        assert_eq!(accused(Claim::Failed, false), 1, "{rule}");
        assert_eq!(accused(Claim::Hung, false), 0, "{rule}");
        assert_eq!(accused(Claim::Failed, true), 0, "{rule}");
    }
}

#[test]
fn whoever_sends_more_than_is_read_does_not_conform() {
    let rule = catalogue().find(|rule| rule.id == "outcome/within-bounds").unwrap();
    assert_eq!(rule.level(), Level::Must);
    for claim in [Claim::Ok, Claim::Failed, Claim::Hung] {
        let transcript = changed(PLAIN, |transcript| {
            transcript.overflowed = true;
            transcript.outcome.as_mut().unwrap().claim = claim;
        });
        assert_eq!(found(rule.id, &transcript).len(), 1);
    }
}

/// The rules about ends that are broken where the client is killed so many exchanges after the one
/// that gets no reply.
fn broken_after_silence(kept: usize, change: impl FnOnce(&mut Transcript)) -> Vec<&'static str> {
    let mut transcript = changed("patience/slice", |transcript| {
        let mut exchanges = transcript.exchanges.iter();
        let silent = exchanges.position(|exchange| exchange.delivery == Delivery::Unanswered);
        transcript.exchanges.truncate(silent.unwrap() + 1 + kept);
        transcript.outcome = Some(ended(Claim::Hung));
    });
    change(&mut transcript);
    let rules = ["completes", "no-hang", "ends-in-time", "reply-timeout"];
    let rules =
        rules.map(|rule| catalogue().find(|of| of.id == format!("outcome/{rule}")).unwrap());
    rules
        .into_iter()
        .map(|rule| rule.id)
        .filter(|rule| !found(rule, &transcript).is_empty())
        .collect()
}

#[test]
fn who_waits_for_a_reply_that_does_not_come_has_a_timeout_too_few() {
    let waits = broken_after_silence(0, |_| ());
    assert_eq!(waits, ["outcome/reply-timeout"]);
    // The same slice again: it has given up, whatever it does then.
    assert_eq!(broken_after_silence(1, |_| ()), ["outcome/no-hang"]);
    // Another slice may have been under way beside it.
    let beside = broken_after_silence(1, |transcript| {
        let last = transcript.exchanges.last_mut().unwrap();
        last.request.edit(|form| form.set("offset", "0")).unwrap();
    });
    assert_eq!(beside, ["outcome/reply-timeout"]);
}
