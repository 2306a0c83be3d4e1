//! How findings are counted and bounded: equal ones once, and not any number of others.

use bytes::Bytes;
use slicecheck::protocol::{MultipartBody, Op, Part, Transcript};
use slicecheck::rules::{Ruling, judge};

use crate::conforming::played;

const PLAIN: &str = "happy/last-slice-short";

fn ruling(rule: &str, transcript: &Transcript) -> Ruling {
    judge(transcript).into_iter().find(|ruling| ruling.rule.id == rule).unwrap()
}

/// The plain conversation, its list of exchanges drawn out by many of its first slice, each changed by
/// its number.
fn with_many(count: usize, change: impl Fn(usize, &mut MultipartBody)) -> Transcript {
    let mut transcript = played(PLAIN);
    let (at, slice) = transcript.of(&Op::Data).next().unwrap();
    let mut short = slice.clone();
    short.request.edit(|form| form.set("filecontent", "short")).unwrap();
    let many = (0..count).map(|number| {
        let mut one = short.clone();
        one.request.edit(|form| {
            change(number, form);
            Some(())
        });
        one
    });
    transcript.exchanges.splice(at..at, many.collect::<Vec<_>>());
    transcript
}

#[test]
fn what_is_found_again_is_one_finding_and_says_how_often() {
    let transcript = with_many(30, |_, _| {});
    let length = ruling("data/length", &transcript);
    let [finding] = length.findings.as_slice() else { panic!("one finding") };
    assert_eq!((finding.exchange, finding.times), (Some(1), 30));
    assert_eq!((length.broken(), length.left_out, length.held), (30, 0, 3));
}

#[test]
fn findings_that_differ_by_the_exchange_they_refer_to_are_the_same() {
    let mut transcript = played("resume/init-in-progress");
    let (at, list) = transcript.of(&Op::List).next().unwrap();
    let again = vec![list.clone(); 5];
    transcript.exchanges.splice(at..at, again);
    let heeded = ruling("list/heeded", &transcript);
    let [finding] = heeded.findings.as_slice() else { panic!("one finding") };
    assert_eq!((finding.evidence.found.as_str(), finding.times), ("a list request again", 5));
    // Of several places, the first is shown.
    let related: Vec<_> = finding.evidence.related.iter().map(|of| of.exchange).collect();
    assert_eq!(related, [1]);
}

#[test]
fn findings_that_differ_in_any_other_number_are_told_apart() {
    let transcript = with_many(3, |number, form| {
        form.set("filecontent", vec![b'x'; 5 + number / 2]).unwrap();
    });
    let times: Vec<_> =
        ruling("data/length", &transcript).findings.iter().map(|finding| finding.times).collect();
    assert_eq!(times, [2, 1]);
}

#[test]
fn a_rule_keeps_its_first_findings_and_counts_the_others() {
    let transcript = with_many(100, |number, form| form.push(Part::new(&format!("x{number}"), "")));
    let known = ruling("form/known-fields", &transcript);
    let names: Vec<_> = known.findings.iter().map(|found| found.evidence.at.clone()).collect();
    assert_eq!(names[..2], ["\"x0\"", "\"x1\""]);
    assert!((2..=20).contains(&names.len()), "{names:?}");
    assert_eq!(known.left_out, 100 - names.len());
    assert_eq!(known.broken(), 100);
}

#[test]
fn each_broken_rule_keeps_its_first_finding_and_all_at_most_forty() {
    let transcript = with_many(100, |number, form| {
        for name in ["op", "filesize", "slice_size", "sha", "uploadparts", "datamd5"] {
            form.push(Part::new(name, format!("0{number}")));
        }
        form.set("offset", format!("00{number}")).unwrap();
        form.part_mut("session").unwrap().set_header("Content-Type", format!("x{number}"));
    });
    let rulings = judge(&transcript);
    let broken = rulings.iter().filter(|ruling| ruling.broken() > 0);
    assert!(broken.clone().count() > 5);
    assert!(broken.clone().all(|ruling| !ruling.findings.is_empty()));
    let kept: usize = broken.map(|ruling| ruling.findings.len()).sum();
    assert!((21..=40).contains(&kept), "{kept}");
}

#[test]
fn a_text_from_a_client_is_cut_where_it_would_fill_a_report() {
    let name = "ü".repeat(100_000);
    let transcript = with_many(1, |_, form| form.push(Part::new(&name, Bytes::new())));
    let second = with_many(1, |_, form| {
        form.set("filecontent", "short").unwrap();
        *form.part_mut("op").unwrap() = Part::new(&name, "").with_filename(&name);
    });
    for evidence in [&transcript, &second].into_iter().flat_map(judge).flat_map(|it| it.findings) {
        let evidence = evidence.evidence;
        for text in [evidence.at, evidence.expected, evidence.found] {
            assert!(text.len() <= 430, "{text}");
        }
    }
    let at = &ruling("form/text-without-filename", &second).findings[0].evidence.at;
    assert!(at.ends_with("üü… (200000 bytes)"), "{at}");
}
