//! How many setups it takes to find planted defects, with feedback and without.
//!
//! Each defect is a condition on what a client met. It shows only when it is met, so that all of them can be looked
//! for in one campaign against the reference client.

use std::collections::BTreeMap;
use std::fmt::Write;

use slicecheck::campaign::{Campaign, CampaignOptions};
use slicecheck::client::ClientPolicy;
use slicecheck::protocol::Transcript;
use slicecheck::scenario::Setup;

use super::defects::{defects, met};
use super::played;

/// How many campaigns are played of each kind.
const SEEDS: u64 = 10;
/// How many setups a campaign tries at most. What was not found by then counts as found then.
const MOST: usize = 3000;

/// After how many new setups each defect was found first.
fn first_found(seed: u64, has_feedback: bool, most: usize) -> BTreeMap<&'static str, usize> {
    let (compares, stops_at_first) = (false, false);
    let plan = CampaignOptions { seed, most: Some(most), has_feedback, compares, stops_at_first };
    let mut campaign = Campaign::new(plan, Vec::new());
    let mut found = BTreeMap::new();
    while found.len() < defects().count()
        && let Some(scenario) = campaign.poll()
    {
        let played = played(scenario, &ClientPolicy::REFERENCE);
        let explored = campaign.progress().explored;
        note(&played.transcript, &played.scenario.setup, explored, &mut found);
        campaign.tell(played);
    }
    found
}

fn note(
    transcript: &Transcript,
    setup: &Setup,
    explored: usize,
    found: &mut BTreeMap<&'static str, usize>,
) {
    for defect in met(transcript, setup) {
        found.entry(defect).or_insert(explored);
    }
}

fn median(mut numbers: Vec<usize>) -> usize {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

/// The median over seeds for each defect, without feedback and with it.
fn compare(most: usize) -> Vec<(&'static str, usize, usize)> {
    let all = |has_feedback| {
        std::thread::scope(|scope| {
            let campaigns: Vec<_> = (1..=SEEDS)
                .map(|seed| scope.spawn(move || first_found(seed, has_feedback, most)))
                .collect();
            campaigns.into_iter().map(|it| it.join().unwrap()).collect::<Vec<_>>()
        })
    };
    let (without, with) = (all(false), all(true));
    let of = |campaigns: &[BTreeMap<&str, usize>], defect| {
        median(campaigns.iter().map(|it| it.get(defect).copied().unwrap_or(most)).collect())
    };
    defects().map(|defect| (defect, of(&without, defect), of(&with, defect))).collect()
}

#[test]
#[ignore = "prints a table with --nocapture"]
#[expect(clippy::print_stdout, reason = "a table is what it is for")]
fn feedback_finds_planted_defects_in_half_as_many_setups() {
    let rows = compare(MOST);
    let mut table = String::new();
    let mut ratios = Vec::new();
    for (defect, without, with) in rows {
        let percent = 100 * without / with.max(1);
        writeln!(table, "{defect:<28}{without:>7}{with:>7}{percent:>7} %").unwrap();
        ratios.push(percent);
    }
    let percent = median(ratios);
    println!("defect                      without   with\n{table}median {percent} %");
    assert!(percent >= 200, "{percent} %\n{table}");
}
