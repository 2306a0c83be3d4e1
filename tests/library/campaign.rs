//! Campaigns against clients in memory.

mod defects;
mod feedback;

use std::sync::Arc;
use std::time::Duration;

use slicecheck::campaign::{Campaign, CampaignOptions, from_bytes};
use slicecheck::client::ClientPolicy;
use slicecheck::results::Played;
use slicecheck::scenario::{Scenario, Simulation};

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
