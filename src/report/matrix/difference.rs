//! What is different between two reports, by name.

use std::collections::BTreeMap;

use super::{Kind, Report, Standing};

/// How a rule or a scenario changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It was not broken before.
    NewlyBroken,
    /// It passed or was broken, and is not exercised any more, or no longer there.
    NewlyNotExercised,
    /// It was broken before, and passes.
    NewlyFixed,
    /// It was not exercised before, and passes.
    NewlyExercised,
}

/// A rule or a scenario that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<'a> {
    /// How it changed.
    pub change: Change,
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: &'a str,
    /// How it stood, and stands.
    pub standings: [Standing; 2],
}

impl Change {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] =
        [Self::NewlyBroken, Self::NewlyNotExercised, Self::NewlyFixed, Self::NewlyExercised];

    /// In two words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NewlyBroken => "newly broken",
            Self::NewlyNotExercised => "newly not exercised",
            Self::NewlyFixed => "newly fixed",
            Self::NewlyExercised => "newly exercised",
        }
    }

    /// Whether it makes a version worse than the one before.
    pub fn is_worse(self) -> bool {
        matches!(self, Self::NewlyBroken | Self::NewlyNotExercised)
    }

    fn between(before: Standing, after: Standing) -> Option<Self> {
        use Standing::{Absent, Broken, NotExercised, Pass, Unsupported};
        match (before, after) {
            (before, after) if before == after => None,
            (_, Broken) => Some(Self::NewlyBroken),
            (Pass | Broken, NotExercised | Unsupported | Absent) => Some(Self::NewlyNotExercised),
            (Broken, Pass) => Some(Self::NewlyFixed),
            (_, Pass) => Some(Self::NewlyExercised),
            (NotExercised | Unsupported | Absent, NotExercised | Unsupported | Absent) => None,
        }
    }
}

impl<'a> Difference<'a> {
    /// What changed from one report to the other: rules first, the worst first, then by id.
    pub fn between(before: &'a Report, after: &'a Report) -> Vec<Self> {
        let mut all = Vec::new();
        for kind in [Kind::Rule, Kind::Scenario] {
            let mut standings: BTreeMap<&str, [Standing; 2]> = BTreeMap::new();
            for (column, report) in [before, after].into_iter().enumerate() {
                for (id, _, standing) in report.standings(kind) {
                    standings.entry(id).or_insert([Standing::Absent; 2])[column] = standing;
                }
            }
            all.extend(standings.into_iter().filter_map(|(id, standings)| {
                let change = Change::between(standings[0], standings[1])?;
                Some(Difference { change, kind, id, standings })
            }));
        }
        all.sort_by_key(|difference| (difference.change, difference.kind));
        all
    }
}
