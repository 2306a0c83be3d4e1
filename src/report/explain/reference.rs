//! What the reference client does in each scenario, which many pages refer to. Playing all takes seconds, so that each is
//! played once, and only when a page asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::SEED;
use crate::protocol::Deviation;
use crate::rules::judge;
use crate::scenario::Scenario;

/// A scenario as the reference client met it.
pub(super) struct ReferenceRun {
    /// The ids of the rules that it exercised.
    pub(super) held: BTreeSet<&'static str>,
    /// The codes that it got.
    pub(super) codes: BTreeSet<i64>,
    /// What was special, and where it met that.
    pub(super) deviations: Vec<Deviation>,
}

/// What it did in a scenario of the catalogue.
pub(super) fn played(scenario: &'static Scenario) -> Arc<ReferenceRun> {
    static PLAYED: Mutex<BTreeMap<&str, Arc<ReferenceRun>>> = Mutex::new(BTreeMap::new());
    let mut all = PLAYED.lock().unwrap_or_else(PoisonError::into_inner);
    all.entry(&scenario.id).or_insert_with(|| Arc::new(play(scenario))).clone()
}

fn play(scenario: &Scenario) -> ReferenceRun {
    let transcript = scenario.simulate(SEED);
    let replies = transcript.exchanges.iter().filter_map(|it| it.reply::<Value>().ok());
    let held = judge(&transcript).into_iter().filter(|ruling| ruling.held > 0);
    ReferenceRun {
        held: held.map(|ruling| ruling.rule.id).collect(),
        codes: replies.map(|reply| reply.code).collect(),
        deviations: transcript.deviations,
    }
}
