//! JSON reports of several clients, or of several versions of one, side by side.
//!
//! A row is a rule or a scenario, a column a report; a cell says how the row stands in the column and where
//! that can be seen.

mod difference;
mod html;
mod markdown;
mod read;
mod text;

use std::collections::BTreeMap;

pub use self::difference::{Change, Difference};
pub use self::html::write as html;
pub use self::markdown::write as markdown;
use self::read::{Finding, Rule, Scenario};
pub use self::read::{ReadError, Report};
pub use self::text::{differences, write as text};

/// How a rule or a scenario stands in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The rule holds, or the scenario was passed.
    Pass,
    /// It is broken, or failed.
    Broken,
    /// It did not come to it.
    NotExercised,
    /// The client said that it does not support this.
    Unsupported,
    /// The report does not have it: it is of another version, or of other scenarios.
    Absent,
}

impl Standing {
    /// In a word or two.
    pub fn words(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Broken => "broken",
            Self::NotExercised => "not exercised",
            Self::Unsupported => "unsupported",
            Self::Absent => "absent",
        }
    }

    /// In one character.
    fn sign(self) -> char {
        match self {
            Self::Pass => '✓',
            Self::Broken => '✗',
            Self::NotExercised => '·',
            Self::Unsupported => 'u',
            Self::Absent => ' ',
        }
    }
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A rule.
    Rule,
    /// A scenario.
    Scenario,
}

/// A rule or a scenario, and how it stands in each report.
struct Row<'a> {
    id: &'a str,
    /// Of a rule.
    level: Option<&'a str>,
    cells: Vec<Standing>,
}

/// The rows of a topic.
type Topics<'a> = BTreeMap<&'a str, Vec<Row<'a>>>;

/// The topic of a rule or scenario: its id up to the slash.
fn topic(id: &str) -> &str {
    id.split_once('/').map_or(id, |(topic, _)| topic)
}

/// The rows of a kind, by topic; a row is there if one of the reports has it.
fn topics(kind: Kind, reports: &[Report]) -> Topics<'_> {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for (column, report) in reports.iter().enumerate() {
        for (id, level, standing) in report.standings(kind) {
            let absent = || Row { id, level: None, cells: vec![Standing::Absent; reports.len()] };
            let row = rows.entry(id).or_insert_with(absent);
            row.level = row.level.or(level);
            row.cells[column] = standing;
        }
    }
    let mut topics = Topics::new();
    for (id, row) in rows {
        topics.entry(topic(id)).or_default().push(row);
    }
    topics
}

impl Report {
    /// All rules or scenarios of the report: id, level of a rule, standing.
    fn standings(&self, kind: Kind) -> Vec<(&str, Option<&str>, Standing)> {
        match kind {
            Kind::Rule => {
                let standing = |rule: &Rule| match rule.verdict.as_str() {
                    "holds" => Standing::Pass,
                    "broken" => Standing::Broken,
                    _ => Standing::NotExercised,
                };
                self.rules
                    .iter()
                    .map(|rule| (&*rule.id, Some(&*rule.level), standing(rule)))
                    .collect()
            }
            Kind::Scenario => {
                let standing = |scenario: &Scenario| match scenario.verdict.as_str() {
                    "pass" => Standing::Pass,
                    "fail" => Standing::Broken,
                    "unsupported" => Standing::Unsupported,
                    _ => Standing::NotExercised,
                };
                self.scenarios
                    .iter()
                    .map(|scenario| (&*scenario.id, None, standing(scenario)))
                    .collect()
            }
        }
    }

    /// Where a rule is broken: the scenarios, each with its first finding. Those that count come first.
    fn places<'a>(&'a self, rule: &'a str) -> Vec<(&'a Scenario, &'a Finding)> {
        let mut places: Vec<_> = self
            .scenarios
            .iter()
            .filter_map(|scenario| {
                let mut findings = scenario.findings.iter().filter(|finding| finding.rule == rule);
                let first = findings.clone().find(|finding| finding.counts);
                Some((scenario, first.or_else(|| findings.next())?))
            })
            .collect();
        places.sort_by_key(|(_, finding)| !finding.counts);
        places
    }

    /// How many rules of a level are broken.
    fn broken(&self, level: &str) -> usize {
        let is_broken = |rule: &&Rule| rule.level == level && rule.verdict == "broken";
        self.rules.iter().filter(is_broken).count()
    }

    /// How many scenarios stand like this.
    fn scenarios_that(&self, standing: Standing) -> usize {
        let standings = self.standings(Kind::Scenario);
        standings.iter().filter(|(_, _, found)| *found == standing).count()
    }
}
