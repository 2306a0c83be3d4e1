//! Why an entry matters in the field, and what to change in a client. What a rule says of itself stands on its page; what
//! is said of clauses, mutants and error codes comes from the rules, and what is said of scenarios from the kinds of
//! their differences.

use super::entry::Entry;
use super::related::rules_of;
use crate::mutant::{Mutant, Set};
use crate::rules::{Rule, catalogue};

/// Lines under headings.
pub(in crate::report) type Notes = Vec<(&'static str, Vec<String>)>;

const WHY: &str = "Why it matters";
const MEND: &str = "How to mend a client";

impl Entry {
    /// Why it matters, what shows it, and what to change in a client, by headings; nothing where nothing is known.
    pub(in crate::report) fn notes(self) -> Notes {
        let notes = match self {
            Self::Scenario(scenario) => {
                let purposes = scenario.setup.purposes();
                vec![
                    (WHY, purposes.iter().map(|of| of.why.to_owned()).collect()),
                    (MEND, purposes.iter().map(|of| of.mend.to_owned()).collect()),
                ]
            }
            Self::Clause(clause) => {
                vec![(WHY, whys(rules_of(clause))), (MEND, fixes(rules_of(clause)))]
            }
            Self::Mutant(mutant) => vec![
                ("Not named by these rules, because", unnamed(mutant)),
                (WHY, whys(naming(mutant))),
                ("What a conforming client does", conforming(naming(mutant))),
                (MEND, fixes(naming(mutant))),
            ],
            Self::Topic(_) | Self::Rule(_) | Self::Erratum(_) | Self::Code(_) => Vec::new(),
        };
        notes.into_iter().filter(|(_, lines): &(_, Vec<String>)| !lines.is_empty()).collect()
    }
}

fn naming(mutant: &'static Mutant) -> impl Iterator<Item = &'static Rule> {
    catalogue().filter(|rule| mutant.expected.contains(&rule.id))
}

fn whys(rules: impl Iterator<Item = &'static Rule>) -> Vec<String> {
    rules.map(|rule| format!("{}: {}", rule.id, rule.why)).collect()
}

fn fixes(rules: impl Iterator<Item = &'static Rule>) -> Vec<String> {
    rules.map(|rule| format!("{}: {}", rule.id, rule.fix)).collect()
}

fn conforming(rules: impl Iterator<Item = &'static Rule>) -> Vec<String> {
    rules.map(|rule| format!("{}: {}", rule.id, rule.summary)).collect()
}

/// Why no rule has to name a mutant.
fn unnamed(mutant: &Mutant) -> Vec<String> {
    let all = [Set::Catalogue, Set::Spec, Set::Public].into_iter().flat_map(Set::unnamed);
    all.filter(|(id, _)| *id == mutant.id).map(|(_, reason)| (*reason).to_owned()).collect()
}
