//! What a finding does to the verdict, and what its scenario's control has to do with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::JudgedScenario;
use crate::protocol::{Claim, Stored};
use crate::rules::Rule;
use crate::scenario::Scenario;

/// What a finding does to the verdict on the client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposition {
    /// It counts.
    Counts,
    /// It does not: somebody has accepted it.
    Known,
    /// It does not: the scenario's fault is not what the client stumbles over.
    Discounted(Discount),
}

/// Why a finding is not taken for an effect of its scenario's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Discount {
    /// The same rule is broken in this control, which counts by itself.
    SameRule(String),
    /// The upload was not completed in this control, so that nothing can be compared with it.
    Incomplete(String),
}

impl Disposition {
    /// Why it is discounted, if it is.
    pub fn discount(&self) -> Option<&Discount> {
        match self {
            Self::Discounted(discount) => Some(discount),
            Self::Counts | Self::Known => None,
        }
    }
}

impl Discount {
    /// What can be done about it.
    pub fn advice(&self) -> String {
        match self {
            Self::SameRule(control) => format!("mend it in {control}, then run this again"),
            Self::Incomplete(control) => format!("let {control} complete, then run this again"),
        }
    }
}

impl fmt::Display for Discount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameRule(control) => {
                write!(out, "the same rule is broken in the control {control}")
            }
            Self::Incomplete(control) => {
                write!(out, "the client did not complete the control {control}")
            }
        }
    }
}

/// What happened in the scenarios of a run that can be controls.
pub(super) struct Controls<'a> {
    by_id: BTreeMap<&'a str, Control<'a>>,
}

struct Control<'a> {
    /// Whether the file was stored, and said to be: in whatever way the client uploads, what it does then
    /// where something goes wrong is its own.
    is_complete: bool,
    broken: BTreeSet<&'a str>,
}

impl<'a> Controls<'a> {
    pub(super) fn of(judged: &'a [JudgedScenario]) -> Self {
        let control = |scenario: &'a JudgedScenario| (scenario.id(), Control::of(scenario));
        Self { by_id: judged.iter().map(control).collect() }
    }

    /// Why a finding of a rule in a scenario does not count, if its controls explain it. A control that
    /// was not run explains nothing.
    pub(super) fn discount(&self, rule: &Rule, scenario: &Scenario) -> Option<Discount> {
        let controls = || {
            let ran = |control: &Arc<Scenario>| self.by_id.get(control.id.as_str());
            scenario.controls().filter_map(move |of| Some((&of.id, ran(of)?)))
        };
        // The rule by itself first: where it is broken without the fault, that says more than an
        // upload that was not completed.
        let same = controls().find(|(_, control)| control.broken.contains(rule.id));
        if let Some((id, _)) = same {
            return Some(Discount::SameRule(id.clone()));
        }
        let direct = scenario.control.as_deref()?;
        let control = self.by_id.get(direct)?;
        (!control.is_complete).then(|| Discount::Incomplete(direct.to_owned()))
    }
}

impl<'a> Control<'a> {
    fn of(scenario: &'a JudgedScenario) -> Self {
        let Ok(judged) = &scenario.judged else {
            // What could not be judged does not show that the client can do without the fault.
            return Self { is_complete: false, broken: BTreeSet::new() };
        };
        let succeeded = judged.outcome.as_ref().is_some_and(|outcome| {
            (outcome.claim, outcome.stored) == (Claim::Ok, Stored::Complete)
        });
        // Also what was left out of the findings: it was broken all the same.
        let broken = judged.rulings.iter().filter(|ruling| ruling.broken() > 0);
        Self { is_complete: succeeded, broken: broken.map(|ruling| ruling.rule.id).collect() }
    }
}
