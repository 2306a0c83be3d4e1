//! Files that are larger than what is sent of them.

use slicecheck::client::ClientPolicy;
use slicecheck::mutant::mutants;
use slicecheck::protocol::{Claim, FileView, ListData, Op, Slice, SlicePlan, Stored};
use slicecheck::scenario::{Scenario, Simulation, scenarios};

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
            assert!(!transcript.job.file.is_zero(offset..offset + 9), "{}", scenario.id);
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
        assert_eq!(last.clear_code(), Some(-46615), "{}", scenario.id);
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
