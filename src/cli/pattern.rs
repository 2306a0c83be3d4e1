//! Which ids are meant: globs, and globs with an exclamation mark for those that are not.

use std::str::FromStr;

use globset::{Glob, GlobSetBuilder};
use slicecheck::report::near::hint;

use super::Refused;
use crate::exit::Exit;

/// `GLOB`, or `!GLOB` for all others.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    glob: Glob,
    excludes: bool,
}

impl FromStr for Pattern {
    type Err = globset::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (glob, excludes) = match text.strip_prefix('!') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        Ok(Self { glob: Glob::new(glob)?, excludes })
    }
}

impl Pattern {
    /// Whether its glob matches an id, be that meant or excluded.
    pub(super) fn matches(&self, id: &str) -> bool {
        self.glob.compile_matcher().is_match(id)
    }

    /// Whether it says what is not meant.
    pub(super) fn excludes(&self) -> bool {
        self.excludes
    }

    /// As the user wrote it.
    pub(super) fn text(&self) -> String {
        let mark = if self.excludes { "!" } else { "" };
        format!("{mark}{}", self.glob.glob())
    }
}

/// What is chosen.
pub(super) struct Names<'a> {
    /// `scenario` or `rule`.
    pub(super) kind: &'static str,
    /// All ids that there are.
    pub(super) ids: Vec<&'a str>,
    /// The option without which what a glob matches is not among them.
    pub(super) option_for: fn(&Glob) -> Option<&'static str>,
}

impl<'a> Names<'a> {
    /// The ids that some glob matches, or all if there is none, but for those that are excluded.
    ///
    /// Each glob has to match one: a run that leaves out what was meant is not told from one that passes.
    pub(super) fn choose(&self, patterns: &[Pattern]) -> Result<Vec<&'a str>, Refused> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            set.add(pattern.glob.clone());
        }
        let set = set.build().map_err(|error| error.to_string())?;
        let mut is_alive = vec![false; patterns.len()];
        let all_are_meant = patterns.iter().all(|pattern| pattern.excludes);
        let mut chosen = Vec::new();
        for id in &self.ids {
            let matching = set.matches(id);
            for number in &matching {
                is_alive[*number] = true;
            }
            let (excluding, including): (Vec<_>, Vec<_>) =
                matching.into_iter().partition(|number| patterns[*number].excludes);
            if excluding.is_empty() && (all_are_meant || !including.is_empty()) {
                chosen.push(*id);
            }
        }
        let dead = patterns.iter().zip(is_alive).filter(|(_, is_alive)| !is_alive);
        let dead: Vec<_> = dead.map(|(pattern, _)| self.describe(pattern)).collect();
        let message = match (dead.as_slice(), chosen.as_slice()) {
            ([], []) => format!("no {} is left", self.kind),
            ([], _) => return Ok(chosen),
            _ => format!("no {0} matches {1}; see slicecheck {0}s", self.kind, dead.join(", nor ")),
        };
        Err(Refused { exit: Exit::NotExercised, message })
    }

    fn describe(&self, pattern: &Pattern) -> String {
        if let Some(option) = (self.option_for)(&pattern.glob) {
            return format!("{:?} without {option}", pattern.text());
        }
        let topics = self.ids.iter().filter_map(|id| Some(format!("{}/*", id.split_once('/')?.0)));
        let mut names: Vec<_> = topics.collect();
        // Catalogues have what is of one topic side by side.
        names.dedup();
        names.extend(self.ids.iter().map(ToString::to_string));
        format!("{:?}{}", pattern.text(), hint(pattern.glob.glob(), names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 4] = ["happy/one", "happy/two", "faults/one", "faults/two"];

    fn choose(patterns: &[&str]) -> Result<Vec<&'static str>, String> {
        let patterns: Vec<_> = patterns.iter().map(|text| text.parse().unwrap()).collect();
        let names = Names { kind: "scenario", ids: IDS.to_vec(), option_for: |_| None };
        names.choose(&patterns).map_err(|refused| refused.message)
    }

    #[test]
    fn globs_add_up_and_what_is_excluded_is_left_out_of_all() {
        assert_eq!(choose(&[]).unwrap(), IDS);
        assert_eq!(
            choose(&["happy/*", "*/two"]).unwrap(),
            ["happy/one", "happy/two", "faults/two"]
        );
        assert_eq!(choose(&["happy/*", "!*/two"]).unwrap(), ["happy/one"]);
        assert_eq!(choose(&["!happy/*"]).unwrap(), ["faults/one", "faults/two"]);
    }

    #[test]
    fn a_glob_that_matches_nothing_is_refused_with_what_is_near() {
        let near = "no scenario matches \"hapy/*\" (near: happy/*); see slicecheck scenarios";
        assert_eq!(choose(&["hapy/*"]).unwrap_err(), near);
        assert!(
            choose(&["!nosuch/*"]).unwrap_err().starts_with("no scenario matches \"!nosuch/*\"")
        );
        assert_eq!(choose(&["!*"]).unwrap_err(), "no scenario is left");
    }
}
