//! Files that are larger than what is sent of them.

use slicecheck::client::ClientPolicy;
use slicecheck::mutant::mutants;
use slicecheck::protocol::{
    Claim, FileView, ListData, Op, Request, Slice, SlicePlan, Stored, Transcript,
};
use slicecheck::report::explain;
use slicecheck::rules::{Judge, Ruling, catalogue, judge};
use slicecheck::scenario::{Costly, Scenario, Simulation, scenarios, with_controls};

fn resumed() -> impl Iterator<Item = &'static Scenario> {
    scenarios()
        .map(AsRef::as_ref)
        .filter(|scenario| scenario.setup.file.size as u64 > FileView::MOST_BYTES)
}

#[test]
fn what_a_large_upload_lacks_is_noise_and_nothing_else_is_sent() {
    let ids: Vec<_> = resumed().map(|scenario| scenario.id.as_str()).collect();
    assert_eq!(ids.len(), 4, "{ids:?}");
    for scenario in resumed() {
        let transcript = scenario.simulate(1);
        let (_, list) = transcript.of(&Op::List).next().unwrap();
        let list: ListData = list.reply().unwrap().data.unwrap();
        let plan = SlicePlan::new(list.filesize, list.slice_size).unwrap();
        let held = list.listparts.iter();
        let held = held.map(|part| Slice { offset: part.offset, length: part.datalen });
        let missing: Vec<_> = plan.missing(held).map(|slice| slice.offset).collect();
        let data = transcript.of(&Op::Data).map(|(_, exchange)| &exchange.request);
        let sent: Vec<_> = data.filter_map(|request| request.number("offset")).collect();
        assert_eq!(sent, missing, "{}", scenario.id);
        for offset in sent {
            assert!(
                !transcript.job.file.as_ref().unwrap().is_zero(offset..offset + 9),
                "{}",
                scenario.id
            );
        }
        assert_eq!(transcript.outcome.unwrap().stored, Stored::Complete, "{}", scenario.id);
    }
}

#[test]
fn a_client_that_sends_all_slices_again_is_told_to_stop_before_64_mib() {
    let mutant = mutants().find(|mutant| mutant.id == "resuming/from-the-start").unwrap();
    for scenario in resumed() {
        let transcript = Simulation::new(scenario, 1).play(&mutant.policy);
        let bytes: usize =
            transcript.exchanges.iter().map(|exchange| exchange.request.raw().len()).sum();
        assert!(bytes < 64 << 20, "{}: {bytes}", scenario.id);
        let (_, last) = transcript.of(&Op::Data).last().unwrap();
        assert_eq!(last.facts().unwrap().code, -46615, "{}", scenario.id);
        assert_eq!(transcript.outcome.unwrap().claim, Claim::Failed, "{}", scenario.id);
    }
}

#[test]
fn no_digest_of_a_large_file_is_announced_or_compared() {
    for scenario in resumed() {
        let transcript = Simulation::new(scenario, 1).play(&ClientPolicy::WITH_SHA);
        let (_, init) = transcript.of(&Op::Init).next().unwrap();
        assert_eq!(init.request.text("sha"), None, "{}", scenario.id);
        assert_eq!(transcript.outcome.unwrap().claim, Claim::Ok, "{}", scenario.id);
    }
}

/// The same conversation with the content of all requests kept as ranges of the file.
fn compacted(transcript: &Transcript) -> Transcript {
    let mut compacted = transcript.clone();
    for exchange in &mut compacted.exchanges {
        exchange.request = Request::new(exchange.request.raw());
        // Of a file that changes nothing is known.
        exchange.request.compact(&transcript.job.file.clone().unwrap_or_default());
    }
    compacted
}

fn is_judged_the_same(transcript: &Transcript, name: &str) {
    let compacted = compacted(transcript);
    let texts = |rulings: Vec<Ruling>| -> Vec<String> {
        let rulings = rulings.into_iter().map(|ruling| {
            let found = ruling.findings.iter();
            let found: Vec<_> = found.map(|it| (it.exchange, &it.evidence, it.times)).collect();
            format!("{} {} {found:?} {}", ruling.rule.id, ruling.held, ruling.left_out)
        });
        rulings.collect()
    };
    let expected = texts(judge(transcript));
    assert_eq!(texts(judge(&compacted)), expected, "{name}");
    let mut one_by_one = Judge::new(transcript.job.clone());
    for exchange in &transcript.exchanges {
        one_by_one.push(exchange.clone());
    }
    let rulings = one_by_one.finish(transcript.outcome.clone(), transcript.overflowed);
    assert_eq!(texts(rulings), expected, "{name}");
    for (kept, exchange) in compacted.exchanges.iter().zip(&transcript.exchanges) {
        let (kept, request) = (&kept.request, &exchange.request);
        let (raw, body) = (request.raw(), request.body());
        assert!(kept.raw() == raw && kept.body() == body, "{name}");
        assert_eq!((kept.raw_length(), kept.body_length()), (raw.len(), body.len()), "{name}");
    }
}

#[test]
fn compact_or_one_by_one_all_scenarios_are_judged_the_same() {
    for scenario in scenarios() {
        is_judged_the_same(&scenario.simulate(1), &scenario.id);
    }
}

#[test]
fn compact_or_one_by_one_counterexamples_are_judged_the_same() {
    for rule in catalogue() {
        let (_, transcript) = explain::counterexample(rule).unwrap();
        is_judged_the_same(&transcript, rule.id);
    }
}

#[test]
fn a_compact_request_keeps_its_parts_and_what_surrounds_the_content() {
    let scenario = scenarios().find(|of| of.id == "happy/one-slice").unwrap();
    let transcript = compacted(&scenario.simulate(1));
    let (_, data) = transcript.of(&Op::Data).next().unwrap();
    let (request, raw) = (&data.request, data.request.raw());
    assert!(request.kept() < 2048 && raw.len() > 1 << 20, "{}", request.kept());
    let head = request.head().end;
    let content = request.value("filecontent").unwrap().span.clone();
    let edges = [0, 1, head, head + content.start, head + content.end, raw.len() - 1, raw.len()];
    for from in edges {
        for to in edges {
            let expected = (from <= to).then(|| raw.slice(from..to));
            assert_eq!(request.raw_part(from..to), expected, "{from}..{to}");
        }
    }
    assert_eq!(request.raw_part(0..raw.len() + 1), None);
    assert_eq!(
        request.body_part(content),
        Some(transcript.job.file.as_ref().unwrap().whole().unwrap())
    );
}

#[test]
fn content_that_is_not_the_file_s_is_kept() {
    let scenario = scenarios().find(|of| of.id == "happy/one-slice").unwrap();
    let damaged = mutants().find(|mutant| mutant.id == "cutting/damaged").unwrap();
    let transcript = compacted(&Simulation::new(scenario, 1).play(&damaged.policy));
    let (_, data) = transcript.of(&Op::Data).next().unwrap();
    assert_eq!(data.request.kept(), data.request.raw().len());
}

#[test]
fn gigabytes_are_sent_only_where_that_is_asked_for() {
    let ids = |large| -> Vec<String> {
        let costly = Costly { large, ..Costly::default() };
        let chosen = with_controls(|scenario| scenario.id.starts_with("large/whole"), costly);
        chosen.iter().map(|scenario| scenario.id.clone()).collect()
    };
    assert_eq!(ids(false), Vec::<String>::new());
    assert_eq!(ids(true), ["happy/last-slice-short", "large/whole-above-2-gib"]);
}
