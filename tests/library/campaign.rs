//! Campaigns against clients in memory.

mod defects;
mod feedback;

use std::sync::Arc;
use std::time::Duration;

use slicecheck::campaign::{Campaign, CampaignOptions, from_bytes};
use slicecheck::client::ClientPolicy;
use slicecheck::mutant::mutants;
use slicecheck::protocol::{Claim, Stored};
use slicecheck::results::Played;
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::{Scenario, Simulation, scenarios};

fn played(scenario: Arc<Scenario>, policy: &ClientPolicy) -> Played {
    let transcript = Simulation::new(&scenario, 1).play(policy);
    let (stdout, stderr) = (Vec::new(), Vec::new());
    Played { scenario, transcript, elapsed: Duration::ZERO, stdout, stderr }
}

/// A campaign of so many new setups, to its end.
fn campaign(most: usize, seed: u64, policy: &ClientPolicy) -> Campaign {
    let plan = CampaignOptions {
        seed,
        most: Some(most),
        has_feedback: true,
        compares: false,
        stops_at_first: false,
    };
    let mut campaign = Campaign::new(plan, Vec::new());
    while let Some(scenario) = campaign.poll() {
        // A find is kept as a case, and one in which no client can notice a lie would be refused.
        let case = Scenario::from_toml(&scenario.to_toml());
        assert!(case.is_ok(), "{case:?}: {}", scenario.to_toml());
        campaign.tell(played(scenario, policy));
    }
    campaign
}

fn told(campaign: &Campaign) -> Vec<String> {
    campaign.finds().iter().map(slicecheck::campaign::Find::to_toml).collect()
}

#[test]
fn the_reference_client_is_accused_of_nothing() {
    let most = std::env::var("SLICECHECK_TEST_SETUPS").ok().and_then(|most| most.parse().ok());
    let campaign = campaign(most.unwrap_or(1500), 1, &ClientPolicy::REFERENCE);
    assert!(campaign.finds().is_empty(), "{:#?}", told(&campaign));
    assert!(campaign.progress().behaviours > 100, "{:?}", campaign.progress());
}

#[test]
fn the_same_seed_gives_the_same_campaign() {
    let once = |seed| {
        let campaign = campaign(300, seed, &ClientPolicy::REFERENCE);
        (campaign.progress(), told(&campaign))
    };
    assert_eq!(once(3), once(3));
    assert_ne!(once(3), once(4));
}

/// What a campaign without new setups says of a kept find of this rule: whether it is mended, if that is known.
fn is_mended(rule: &str, policy: &ClientPolicy, supports_it: bool) -> Option<bool> {
    let find = Scenario {
        summary: format!("{rule}: what was found"),
        ..scenarios().find(|of| of.id == "faults/slice-503-once").unwrap().as_ref().clone()
    };
    let plan = CampaignOptions {
        seed: 1,
        most: Some(0),
        has_feedback: false,
        compares: false,
        stops_at_first: false,
    };
    let mut campaign = Campaign::new(plan, vec![Arc::new(find.clone())]);
    while let Some(scenario) = campaign.poll() {
        let is_find = scenario.id == find.id;
        let mut played = played(scenario, policy);
        if is_find && !supports_it {
            played.transcript.outcome.as_mut().unwrap().claim = Claim::Unsupported;
        }
        campaign.tell(played);
    }
    campaign.earlier()[0].is_mended
}

#[test]
fn a_find_is_mended_only_where_its_rule_holds_and_the_client_tried() {
    let plain = scenarios().find(|of| of.id == "happy/last-slice-short").unwrap();
    // It completes what goes well, and breaks a rule there.
    let (rule, mutant) = mutants()
        .find_map(|mutant| {
            let transcript = Simulation::new(plain, 1).play(&mutant.policy);
            let outcome = transcript.outcome.as_ref()?;
            let rulings = judge(&transcript);
            let rule = findings(&rulings).next()?.rule.id;
            ((outcome.claim, outcome.stored) == (Claim::Ok, Stored::Complete))
                .then_some((rule, mutant))
        })
        .unwrap();
    assert_eq!(is_mended(rule, &ClientPolicy::REFERENCE, true), Some(true));
    assert_eq!(is_mended(rule, &mutant.policy, true), Some(false), "{}: {rule}", mutant.id);
    assert_eq!(is_mended(rule, &ClientPolicy::REFERENCE, false), None);
}

#[test]
fn the_same_bytes_give_the_same_setup_and_its_file() {
    for number in 0..200_u8 {
        let bytes: Vec<u8> = (0..200).map(|at| number.wrapping_mul(at).wrapping_add(at)).collect();
        let setup = from_bytes(&bytes);
        assert_eq!(setup, from_bytes(&bytes));
        let (id, summary) = ("fuzz/bytes".to_owned(), "bytes".to_owned());
        let scenario = Scenario { id, summary, control: None, setup };
        assert_eq!(Scenario::from_toml(&scenario.to_toml()), Ok(scenario));
    }
}
