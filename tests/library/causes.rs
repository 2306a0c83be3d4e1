//! What is told first: the cause, at its place, before what came of it.

use std::num::NonZeroUsize;
use std::time::Duration;

use slicecheck::mutant::mutants;
use slicecheck::protocol::{Claim, Delivery, Op, Transcript};
use slicecheck::report::{View, terminal};
use slicecheck::results::{Played, Results, Run, RunEnd, Terms};
use slicecheck::rules::{Finding, findings, judge};
use slicecheck::scenario::{Simulation, scenarios};

use crate::conforming::played;

/// The findings of a rule, of which there have to be some.
fn found(rule: &str, transcript: &Transcript) -> Vec<Finding> {
    let rulings = judge(transcript);
    let found = findings(&rulings).filter(|finding| finding.rule.id == rule);
    let found: Vec<_> = found.cloned().collect();
    assert!(!found.is_empty(), "{rule}");
    found
}

/// The report of a mutant, on a terminal.
fn report(mutant: &str, scenario: &str) -> String {
    let scenario = scenarios().find(|known| known.id == scenario).unwrap();
    let mutant = mutants().find(|known| known.id == mutant).unwrap();
    let played = Played {
        scenario: scenario.clone(),
        transcript: Simulation::in_small(scenario, 1).play(&mutant.policy),
        elapsed: Duration::ZERO,
        stdout: Vec::new(),
        stderr: Vec::new(),
    };
    let (run, terms) = (Run::default(), Terms::default());
    let judged = vec![played.judge()];
    let results = Results::resolve(run, terms, RunEnd::Complete, judged, NonZeroUsize::MIN);
    let mut text = Vec::new();
    terminal::write(&results, View::default(), &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_false_success_is_told_after_what_it_came_of() {
    let report = report("ending/without-finish", "happy/last-slice-short");
    let cause = report.find("✗ outcome/success-acknowledged");
    let result = report.find("✗ outcome/truthful");
    assert!(cause.is_some() && cause < result, "{report}");
}

#[test]
fn a_false_success_points_to_what_was_broken_before() {
    let of_md5 = report("reading/datamd5-ignored", "storage/slice-altered-lax");
    let line = "  see also  flow/datamd5-compared, broken in the same scenario: ";
    assert!(of_md5.contains(line), "{of_md5}");
    // What is in its place says for itself what is wrong there.
    let of_key = report("request/escaped-twice", "key/unicode");
    let (path, _) = of_key.split_once("✗ outcome/").unwrap();
    assert!(path.contains("✗ request/path-object") && !path.contains("see also"), "{path}");
}

#[test]
fn a_retry_that_lost_bytes_is_told_at_its_own_place() {
    let retried = |length: usize| {
        let mut transcript = played("faults/slice-503-once");
        let again = transcript.tamper(&Op::Data, 2).unwrap();
        let cut = again.value("filecontent").unwrap().content.slice(..length);
        again.edit(|form| form.set("filecontent", cut)).unwrap();
        transcript
    };
    let transcript = retried(1000);
    let heeded = &found("flow/code-heeded", &transcript)[0];
    assert_eq!(heeded.evidence.found, "1000 bytes at the same offset, and then finish");
    assert_eq!(
        heeded.evidence.related[0].what,
        "the slice as it was, which got HTTP 503, code -5997"
    );
    let length = &found("data/length", &transcript)[0];
    assert_eq!((length.exchange, heeded.exchange), (Some(3), Some(3)));
    let rulings = judge(&transcript);
    let rules: Vec<_> = findings(&rulings).map(|finding| finding.rule.id).collect();
    let place = |rule: &str| rules.iter().position(|known| *known == rule);
    assert!(place("data/length") < place("flow/code-heeded"), "{rules:?}");
    let another = "another attempt at this slice, which had all of its bytes";
    assert_eq!(
        (length.evidence.related[0].exchange, length.evidence.related[0].what.as_str()),
        (2, another)
    );
    // Without a retry, the reply is what was not heeded.
    let mut transcript = retried(1000);
    transcript.exchanges.remove(3);
    let heeded = &found("flow/code-heeded", &transcript)[0];
    assert_eq!(heeded.evidence.found, "finish after HTTP 503, code -5997");
    assert_eq!(heeded.exchange, Some(2));
}

#[test]
fn a_slice_without_session_is_told_with_the_reply_that_gave_none() {
    let mut transcript = played("happy/last-slice-short");
    transcript.exchanges[0].delivery = Delivery::Reset;
    let finding = &found("flow/starts-with-init", &transcript)[0];
    assert_eq!(finding.evidence.found, "upload_slice_data, though no reply has granted a session");
    assert_eq!(finding.evidence.related[0].what, "got a reset connection");
    transcript.exchanges.remove(0);
    let finding = &found("flow/starts-with-init", &transcript)[0];
    assert_eq!(finding.evidence.found, "upload_slice_data before init");
    assert!(finding.evidence.related.is_empty());
}

#[test]
fn a_gap_in_a_resumed_upload_is_told_with_its_list() {
    let without_slices = |scenario: &str| {
        let mut transcript = played(scenario);
        transcript.exchanges.retain(|exchange| exchange.request.op() != Some(&Op::Data));
        found("finish/after-all-slices", &transcript)[0].evidence.related[0].what.clone()
    };
    let none = "lists the slices that are there, and these bytes are not among them";
    assert_eq!(without_slices("resume/last-missing"), none);
    let part = "lists 524288 bytes at offset 1048576, which is a part of a slice";
    assert_eq!(without_slices("resume/partial-part"), part);
}

#[test]
fn a_slice_that_came_after_finish_is_told_with_it() {
    let mut transcript = played("happy/last-slice-short");
    let mut slice = transcript.exchanges.remove(2);
    let missing = found("finish/after-all-slices", &transcript)[0].evidence.clone();
    assert!(missing.related.is_empty());
    slice.started = transcript.exchanges.last().unwrap().answered;
    slice.answered = slice.started;
    transcript.exchanges.push(slice);
    let late = &found("finish/after-all-slices", &transcript)[0].evidence;
    assert_eq!(late.found, missing.found);
    let (related, last) = (&late.related[0], transcript.exchanges.len() - 1);
    assert_eq!(
        (related.exchange, related.what.as_str()),
        (last, "sent some of these bytes too late")
    );
}

#[test]
fn what_fills_an_endless_upload_is_named() {
    let found = |repeated: usize| {
        let mut transcript = played("happy/last-slice-short");
        let slice = transcript.exchanges[1].clone();
        transcript.exchanges.extend(std::iter::repeat_n(slice, repeated));
        transcript.overflowed = true;
        found("outcome/within-bounds", &transcript)[0].evidence.found.clone()
    };
    let most = "more, most of them upload_slice_data with offset 0; the rest was not read";
    assert_eq!(found(9), most);
    assert_eq!(found(1), "more; the rest was not read");
}

#[test]
fn a_long_silence_between_two_requests_is_shown() {
    let late = |pauses: [u64; 4]| {
        let mut transcript = played("happy/last-slice-short");
        let mut sum = 0;
        for (exchange, pause) in transcript.exchanges[1..].iter_mut().zip(pauses) {
            sum += pause;
            exchange.started += Duration::from_secs(sum);
            exchange.answered += Duration::from_secs(sum);
        }
        let outcome = transcript.outcome.as_mut().unwrap();
        (outcome.claim, outcome.elapsed) = (Claim::Hung, Duration::from_secs(30));
        let finding = found("outcome/ends-in-time", &transcript).remove(0);
        finding.evidence.related.first().map(|related| related.exchange)
    };
    assert_eq!(late([0, 25, 0, 0]), Some(1));
    assert_eq!(late([6, 6, 6, 6]), None);
}
