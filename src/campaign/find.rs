//! What was found: a setup, the rule that a client breaks in it, and how.

use std::collections::BTreeSet;
use std::mem::discriminant;
use std::sync::Arc;

use super::pool;
use super::shrink::hash;
use crate::protocol::{Claim, Op};
use crate::results::{Judged, JudgedScenario, trait_of};
use crate::rules::Finding;
use crate::scenario::{Scenario, Setup};
use crate::server::{Preexisting, Reaction, Reply};
use crate::spec::Level;

/// Why something was found: a rule, and in what way it is broken, without numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The id of the rule.
    pub rule: String,
    /// What was found where.
    pub what: String,
}

/// A setup in which a client breaks a rule.
pub struct Find {
    /// The setup, as small as it became.
    pub scenario: Arc<Scenario>,
    /// What is broken in it.
    pub cause: Cause,
    /// Whether it was found each time that it was tried.
    pub is_steady: bool,
    /// The last run in which it was found.
    pub judged: JudgedScenario,
    /// A scenario of the catalogue in which the same is found.
    pub shown_by: Option<String>,
    /// How many other setups were found in which it is the same.
    pub others: usize,
}

/// A find of an earlier campaign, played again.
pub struct Earlier {
    /// The setup.
    pub scenario: Arc<Scenario>,
    /// What was broken in it.
    pub cause: Option<Cause>,
    /// Whether nothing is broken in it any more; `None` if it was not played to its end.
    pub is_mended: Option<bool>,
}

/// Rules whose findings are finds, whatever their level: the client came to no end.
const HANGS: [&str; 1] = ["outcome/ends-in-time"];
/// The gravest first: what is found beside them follows from the same.
const GRAVEST: [&str; 4] =
    ["outcome/truthful", "outcome/no-crash", "outcome/no-hang", "outcome/ends-in-time"];

impl Cause {
    fn of(finding: &Finding) -> Self {
        Self { rule: finding.rule.id.to_owned(), what: trait_of(finding) }
    }

    /// All causes in a scenario, the gravest first, but those of rules that are broken where nothing goes wrong.
    pub(super) fn all(judged: &Judged, discounted: &BTreeSet<&'static str>) -> Vec<Self> {
        // Who says so has not tried.
        if judged.claim() == Some(Claim::Unsupported) {
            return Vec::new();
        }
        let is_counted = |finding: &&Finding| {
            let rule = finding.rule;
            let is_grave = rule.level() == Level::Must || HANGS.contains(&rule.id);
            is_grave && !discounted.contains(rule.id)
        };
        let rank = |finding: &&Finding| {
            let rank = GRAVEST.iter().position(|rule| *rule == finding.rule.id);
            (rank.unwrap_or(GRAVEST.len()), finding.exchange.unwrap_or(usize::MAX))
        };
        let mut found: Vec<_> = judged.findings().filter(is_counted).collect();
        found.sort_by_key(rank);
        found.into_iter().map(Self::of).collect()
    }

    /// Whether it is about nothing but time.
    pub(super) fn is_of_time(&self) -> bool {
        HANGS.contains(&self.rule.as_str())
    }

    /// The summary of a scenario that is kept for it.
    pub(super) fn summary(&self) -> String {
        const MOST: usize = 300;
        let text = format!("{}: {}", self.rule, self.what);
        text.get(..text.floor_char_boundary(MOST)).unwrap_or_default().to_owned()
    }

    /// What a summary says.
    pub(super) fn read(summary: &str) -> Option<Self> {
        let (rule, what) = summary.split_once(": ")?;
        Some(Self { rule: rule.to_owned(), what: what.to_owned() })
    }
}

impl Find {
    /// The level of the rule.
    pub fn level(&self) -> Level {
        // It is always there: the run is one in which this was found.
        let mut findings = self.judged.judged.iter().flat_map(Judged::findings);
        let finding = findings.find(|finding| finding.rule.id == self.cause.rule);
        finding.map_or(Level::Must, |finding| finding.rule.level())
    }

    /// The name of a file for it, without an extension.
    pub fn name(&self) -> String {
        let place = self.scenario.id.rsplit('/').next().unwrap_or_default();
        format!("{}-{place}", self.cause.rule.replace('/', "-"))
    }

    /// Whether all that goes wrong in this also goes wrong in that setup.
    pub(super) fn is_within(&self, setup: &Setup) -> bool {
        let own = &self.scenario.setup.behaviour.faults;
        // Otherwise a find without faults would be within all setups.
        !own.is_empty() && own.iter().all(|fault| setup.behaviour.faults.contains(fault))
    }

    /// Whether the same kind of things go wrong in this and in that setup: the same requests are answered in the
    /// same way. Of literal bytes it does not matter to which request they are the reply, if those of one have no
    /// kind of character that the others do not have.
    pub(super) fn is_like(&self, setup: &Setup) -> bool {
        match (literal_characters(&self.scenario.setup), literal_characters(setup)) {
            (Some(own), Some(other)) => own.is_subset(&other) || other.is_subset(&own),
            (None, None) => reactions(&self.scenario.setup) == reactions(setup),
            _ => false,
        }
    }

    /// Whether that setup can show the same: all that goes wrong in this one goes wrong in it.
    pub(super) fn goes_wrong_in(&self, setup: &Setup) -> bool {
        is_contained(&self.scenario.setup, setup)
    }

    /// The text of a file that `run --case` plays.
    pub fn to_toml(&self) -> String {
        let steady = if self.is_steady { "" } else { "# not found each time that it was tried\n" };
        let shown = self.shown_by.as_ref().map(|id| format!("# the same is found in {id}\n"));
        format!("{steady}{}{}", shown.unwrap_or_default(), self.scenario.to_toml())
    }
}

/// The scenario of a setup: its id follows from it, and with the id its content.
pub(super) fn scenario(setup: Setup, summary: &str) -> Arc<Scenario> {
    let id = format!("fuzz/{:016x}", hash(&setup));
    Arc::new(Scenario { id, summary: summary.to_owned(), control: None, setup })
}

/// What goes wrong, without the places.
fn reactions(setup: &Setup) -> Vec<(Option<Op>, &Reaction)> {
    let faults = setup.behaviour.faults.iter();
    let reactions = faults.flat_map(|fault| {
        let op = pool::operation(fault.trigger);
        fault.reactions.iter().map(move |reaction| (op.clone(), reaction))
    });
    reactions.collect()
}

/// Whether what is special about a setup is so in another one: what is there before, a key with escapes, and all
/// reactions. Literal replies are in no other, so that of them the cause has to say enough.
fn is_contained(setup: &Setup, other: &Setup) -> bool {
    let before = [setup, other].map(|setup| discriminant(&setup.behaviour.preexisting));
    let is_there = setup.behaviour.preexisting == Preexisting::Nothing || before[0] == before[1];
    let has_key = !has_escapes(&setup.key) || has_escapes(&other.key);
    let others = reactions(other);
    let mut own = reactions(setup).into_iter();
    is_there
        && has_key
        && own.all(|(op, reaction)| reaction.is_literal() || others.contains(&(op, reaction)))
}

/// Whether a key looks different in an address.
fn has_escapes(key: &str) -> bool {
    !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte))
}

/// Which kinds of characters literal replies have; `None` if there are no such replies.
fn literal_characters(setup: &Setup) -> Option<BTreeSet<u8>> {
    let class = |byte: u8| match byte {
        b'0'..=b'9' => b'9',
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => b'a',
        0x80.. => 0x80,
        other => other,
    };
    let mut found: Option<BTreeSet<u8>> = None;
    for reaction in setup.behaviour.faults.iter().flat_map(|fault| &fault.reactions) {
        if let Reply::LiteralBody(bytes) | Reply::LiteralResponse(bytes) = &reaction.replied {
            let bytes = bytes.bytes().unwrap_or_default();
            found.get_or_insert_default().extend(bytes.iter().map(|byte| class(*byte)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::space::{Grid, add_fault};
    use super::*;
    use crate::server::SliceSelector;

    #[test]
    fn a_scenario_shows_a_find_only_if_the_same_goes_wrong_in_it() {
        let with = |numbers: &[usize]| {
            let mut setup = Grid::Short.plain();
            for entry in numbers.iter().filter_map(|number| pool::POOL.get(*number)) {
                add_fault(&mut setup, entry, SliceSelector::Any, 0);
            }
            setup
        };
        assert!(is_contained(&with(&[3]), &with(&[3, 5])));
        assert!(is_contained(&with(&[]), &with(&[5])));
        assert!(!is_contained(&with(&[3, 5]), &with(&[3])));
        assert!(!is_contained(&with(&[3]), &with(&[5])));
    }

    #[test]
    fn what_is_there_before_and_escapes_in_the_key_are_part_of_a_find() {
        let there = |preexisting| {
            let mut setup = Grid::Short.plain();
            setup.behaviour.preexisting = preexisting;
            setup
        };
        let key = |key: &str| Setup { key: key.to_owned(), ..Grid::Short.plain() };
        let plain = || there(Preexisting::Nothing);
        let unfinished = |slices| there(Preexisting::Unfinished(slices));
        assert!(is_contained(&plain(), &there(Preexisting::OtherFile)));
        assert!(!is_contained(&there(Preexisting::OtherFile), &plain()));
        assert!(is_contained(&unfinished(vec![0]), &unfinished(vec![1, 2])));
        assert!(!is_contained(&unfinished(vec![0]), &there(Preexisting::OtherFile)));
        assert!(is_contained(&key("/a%b"), &key("/ü")) && is_contained(&plain(), &key("/ü")));
        assert!(!is_contained(&key("/a%b"), &key("/other.bin")));
    }
}
