//! A part of a run, so that several machines can share it.

use std::num::NonZeroUsize;
use std::str::FromStr;

use super::ScenarioResult;

/// One of several parts into which the scenarios of a run are dealt, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShardNumber {
    /// Which it is, from 1.
    pub number: NonZeroUsize,
    /// How many there are.
    pub of: NonZeroUsize,
}

/// A run that played one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part.
    pub part: ShardNumber,
    /// The ids of scenarios of other parts that were played, too, since they are the controls of some of
    /// this one. They count in their own part.
    pub borrowed: Vec<String>,
}

/// Why a text names no part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// It is not two whole numbers with a slash between them.
    #[error("expected K/N, such as 2/4")]
    Form,
    /// There is no such part.
    #[error("there is no part {number} of {of}: K goes from 1 to N")]
    Number {
        /// Which was named.
        number: usize,
        /// Of how many.
        of: usize,
    },
}

impl ShardNumber {
    /// Whether the scenario at this place of the whole run, counted from 0, is of this part.
    pub fn has(self, place: usize) -> bool {
        place % self.of == self.number.get() - 1
    }
}

impl Shard {
    /// The results of this part, and those of the controls that it borrowed.
    pub(super) fn split(
        this: Option<&Self>,
        all: Vec<ScenarioResult>,
    ) -> (Vec<ScenarioResult>, Vec<ScenarioResult>) {
        let is_own =
            |result: &ScenarioResult| this.is_none_or(|shard| shard.counts(result.judged.id()));
        // Only now, as the dispositions of its own findings need the borrowed controls.
        all.into_iter().partition(is_own)
    }

    /// Whether a scenario that was played counts here.
    pub fn counts(&self, id: &str) -> bool {
        !self.borrowed.iter().any(|borrowed| borrowed == id)
    }
}

impl FromStr for ShardNumber {
    type Err = PartError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, of) = text.split_once('/').ok_or(PartError::Form)?;
        let [Ok(number), Ok(of)] = [number, of].map(str::parse::<usize>) else {
            return Err(PartError::Form);
        };
        match [number, of].map(NonZeroUsize::new) {
            [Some(part), Some(all)] if part <= all => Ok(Self { number: part, of: all }),
            _ => Err(PartError::Number { number, of }),
        }
    }
}
