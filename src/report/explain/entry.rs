//! All that has a page, and what the pages have to do with each other.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::kills::{killed_in, shown_in};
use super::reference::played;
use super::related::{all_mutants, beyond_control, rules_of};
use super::{clause_page, code_page, erratum_page, mutant_page, rule_page, scenario_page};
use crate::mutant::{Mutant, Set};
use crate::protocol::{Codes, ErrorCode};
use crate::rules::{Rule, about_another_attempt, catalogue};
use crate::scenario::{Scenario, scenarios, topic_of, with_large_uploads};
use crate::spec::{Clause, ERRATA, Erratum, clauses};

/// How many scenarios are named that exercise a rule, or have a code in a reply.
const NAMED: usize = 5;

/// Something that has a page.
#[derive(Clone, Copy)]
pub(in crate::report) enum Entry {
    Topic(&'static str),
    Rule(&'static Rule),
    Clause(&'static Clause),
    Erratum(&'static Erratum),
    Scenario(&'static Scenario),
    Mutant(&'static Mutant),
    Code(&'static ErrorCode),
}

/// Other entries that an entry names, by what they are to it.
pub(in crate::report) type Links = Vec<(&'static str, Vec<Entry>)>;

impl Entry {
    /// Everything: topics first, then kind by kind.
    pub(in crate::report) fn all() -> impl Iterator<Item = Self> {
        let large = with_large_uploads().map(|it| Self::Scenario(it));
        topics()
            .into_iter()
            .map(Self::Topic)
            .chain(catalogue().map(Self::Rule))
            .chain(clauses().map(Self::Clause))
            .chain(ERRATA.iter().map(Self::Erratum))
            .chain(large)
            .chain(all_mutants().map(Self::Mutant))
            .chain(Codes::all().iter().map(Self::Code))
    }

    pub(in crate::report) fn id(self) -> String {
        match self {
            Self::Topic(topic) => topic.to_owned(),
            Self::Rule(rule) => rule.id.to_owned(),
            Self::Clause(clause) => clause.id.to_owned(),
            Self::Erratum(erratum) => erratum.id.to_owned(),
            Self::Scenario(scenario) => scenario.id.clone(),
            Self::Mutant(mutant) => mutant.id.to_owned(),
            Self::Code(code) => code.code.to_string(),
        }
    }

    /// What it is called besides its id.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Code(code) => code.name,
            _ => None,
        }
    }

    pub(in crate::report) fn kind(self) -> &'static str {
        match self {
            Self::Topic(_) => "topic",
            Self::Rule(_) => "rule",
            Self::Clause(_) => "clause",
            Self::Erratum(_) => "erratum",
            Self::Scenario(_) => "scenario",
            Self::Mutant(_) => "mutant",
            Self::Code(_) => "code",
        }
    }

    /// What there is to say about it in a line.
    pub(in crate::report) fn summary(self) -> &'static str {
        match self {
            Self::Topic(_) => "",
            Self::Rule(rule) => rule.summary,
            Self::Clause(clause) => clause.text,
            Self::Erratum(erratum) => erratum.shows,
            Self::Scenario(scenario) => &scenario.summary,
            Self::Mutant(mutant) => mutant.summary,
            Self::Code(code) => code.meaning,
        }
    }

    /// The page, without the links.
    pub(in crate::report) fn text(self) -> String {
        match self {
            Self::Topic(topic) => format!("{topic}  (topic)\n"),
            Self::Rule(rule) => rule_page(rule),
            Self::Clause(clause) => clause_page(clause),
            Self::Erratum(erratum) => erratum_page(erratum),
            Self::Scenario(scenario) => scenario_page(scenario),
            Self::Mutant(mutant) => mutant_page(mutant),
            Self::Code(code) => code_page(code),
        }
    }

    /// What somebody does about it, if there is something to do.
    pub(in crate::report) fn advice(self) -> Option<String> {
        match self {
            Self::Rule(rule) => Some(format!(
                "What a conforming client sends stands on the lines that begin with -. To try a client:\n\
                 slicecheck run -s {} -r {} -- COMMAND",
                rule.counterexample.scenario, rule.id
            )),
            Self::Scenario(scenario) => Some(format!(
                "{}Play it: slicecheck run -s {} -- COMMAND",
                special(scenario),
                scenario.id
            )),
            _ => None,
        }
    }

    /// Other pages.
    pub(in crate::report) fn links(self) -> Links {
        let links = match self {
            Self::Topic(topic) => vec![
                (
                    "Rules",
                    catalogue().filter(|rule| rule.topic() == topic).map(Self::Rule).collect(),
                ),
                (
                    "Scenarios",
                    with_large_uploads()
                        .filter(|scenario| scenario.topic() == topic)
                        .map(|scenario| Self::Scenario(scenario))
                        .collect(),
                ),
                (
                    "Mutants",
                    all_mutants().filter(|it| topic_of(it.id) == topic).map(Self::Mutant).collect(),
                ),
            ],
            Self::Rule(rule) => vec![
                ("Clause", vec![Self::Clause(rule.clause)]),
                ("Exercised by", exercising(|other| other.id == rule.id)),
                (
                    "Mutants",
                    all_mutants()
                        .filter(|it| it.expected.contains(&rule.id))
                        .map(Self::Mutant)
                        .collect(),
                ),
            ],
            Self::Clause(clause) => vec![
                ("Rules", rules_of(clause).map(Self::Rule).collect()),
                ("Exercised by", exercising(|rule| rule.clause == clause)),
                (
                    "Mutants that these rules name",
                    all_mutants()
                        .filter(|it| rules_of(clause).any(|rule| it.expected.contains(&rule.id)))
                        .map(Self::Mutant)
                        .collect(),
                ),
                ("Errata", Erratum::about(clause).map(Self::Erratum).collect()),
                (
                    "Mutants that were written from it",
                    Set::Spec
                        .planted()
                        .into_iter()
                        .filter(|it| it.source == clause.id)
                        .map(|it| Self::Mutant(&it.mutant))
                        .collect(),
                ),
            ],
            Self::Erratum(erratum) => {
                vec![(
                    "Clauses",
                    erratum.clauses.iter().map(|clause| Self::Clause(clause)).collect(),
                )]
            }
            Self::Scenario(of) => vec![
                ("Control", of.control.as_deref().and_then(scenario).into_iter().collect()),
                (
                    "Rules that its control does not exercise",
                    beyond_control(of).into_iter().map(Self::Rule).collect(),
                ),
                ("Mutants that it kills", killed_in(of).into_iter().map(Self::Mutant).collect()),
            ],
            Self::Mutant(mutant) => {
                let names = |rule: &&Rule| mutant.expected.contains(&rule.id);
                vec![
                    ("Rules that name it", catalogue().filter(names).map(Self::Rule).collect()),
                    ("Shows first in", shown_in(mutant).into_iter().map(Self::Scenario).collect()),
                ]
            }
            Self::Code(code) => {
                let scenarios = answering(code.code);
                let new: BTreeSet<_> = scenarios
                    .iter()
                    .flat_map(|of| beyond_control(of))
                    .map(|rule| rule.id)
                    .collect();
                let rules = catalogue().filter(|rule| new.contains(rule.id));
                let mutants =
                    all_mutants().filter(|it| it.expected.iter().any(|id| new.contains(id)));
                let attempts = about_another_attempt(code);
                let attempts = catalogue().filter(|rule| attempts.contains(&rule.id));
                vec![
                    ("Rules about another attempt", attempts.map(Self::Rule).collect()),
                    (
                        "Rules that the scenarios exercise in which it is answered, and not their controls",
                        rules.map(Self::Rule).collect(),
                    ),
                    ("Mutants that these rules name", mutants.map(Self::Mutant).collect()),
                    ("Answered in", scenarios.into_iter().map(Self::Scenario).collect()),
                ]
            }
        };
        links.into_iter().filter(|(_, entries): &(_, Vec<Self>)| !entries.is_empty()).collect()
    }
}

/// The page of an entry as `explain` prints it.
pub(super) fn page(entry: Entry) -> String {
    let mut page = entry.text();
    for (what, lines) in entry.notes() {
        let _ = writeln!(page, "\n{what}:\n");
        for line in lines {
            let _ = writeln!(page, "  {line}");
        }
    }
    for (what, entries) in entry.links() {
        let _ = writeln!(page, "\n{what}:\n");
        for entry in entries {
            let _ = writeln!(page, "  {}  {}", entry.id(), entry.summary());
        }
    }
    if let Some(advice) = entry.advice() {
        let _ = writeln!(page, "\n{advice}");
    }
    page
}

/// Of rules and scenarios and mutants.
fn topics() -> BTreeSet<&'static str> {
    let rules = catalogue().map(Rule::topic);
    let mutants = all_mutants().map(|mutant| topic_of(mutant.id));
    rules.chain(with_large_uploads().map(|scenario| scenario.topic())).chain(mutants).collect()
}

fn scenario(id: &str) -> Option<Entry> {
    with_large_uploads().find(|scenario| scenario.id == id).map(|it| Entry::Scenario(it))
}

/// What is special in a scenario, and where the reference client meets it: a scenario in which that does not occur
/// is not exercised.
fn special(scenario: &'static Scenario) -> String {
    let mut text = String::new();
    for deviation in &played(scenario).deviations {
        let requests: Vec<_> =
            deviation.occurred.iter().map(|of| (of.exchange + 1).to_string()).collect();
        let place = match requests.as_slice() {
            [] if deviation.always => "all the time".to_owned(),
            [] => "not met by the reference client".to_owned(),
            [request] => format!("at request {request}"),
            requests => format!("at requests {}", requests.join(", ")),
        };
        let _ = writeln!(text, "Special: {}: {place}", deviation.what);
    }
    text
}

/// The first scenarios in which the service answers the reference client with a code.
fn answering(code: i64) -> Vec<&'static Scenario> {
    let all = scenarios().map(AsRef::as_ref).filter(|it| played(it).codes.contains(&code));
    all.take(NAMED).collect()
}

/// The first scenarios in which the reference client exercises one of these rules.
fn exercising(is_meant: impl Fn(&Rule) -> bool) -> Vec<Entry> {
    let meant: Vec<_> = catalogue().filter(|rule| is_meant(rule)).map(|rule| rule.id).collect();
    let all = scenarios().filter(|of| meant.iter().any(|id| played(of).held.contains(id)));
    all.take(NAMED).map(|it| Entry::Scenario(it)).collect()
}
