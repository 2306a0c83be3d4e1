//! Which scenarios are played for a fingerprint, and what is made of their transcripts.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::Fingerprint;
use super::course::ends;
use crate::protocol::{Claim, Op, Transcript};
use crate::scenario::Scenario;

mod faults;
mod found;
mod questions;

use faults::HTTP_503;
use found::Found;
use questions::{Question, Size};

/// The scenarios that a fingerprint is made of: first an upload in which nothing is special, then all others.
#[derive(Debug)]
pub struct Survey {
    waiting: VecDeque<Question>,
    asked: BTreeMap<String, Question>,
    answered: usize,
    unusable: Option<Unusable>,
    found: Found,
}

/// Why there is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The client says so.
    #[error("the client does not support the upload of a file")]
    Unsupported,
    /// There are no habits of who does not get to the end.
    #[error(
        "the client completes no upload in which nothing goes wrong; judge it with `run` first"
    )]
    Incomplete,
    /// Not even the first scenario was played.
    #[error("the client was not played")]
    Unplayed,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many scenarios have ended.
    pub answered: usize,
    /// How many there are, as far as is known.
    pub all: usize,
}

impl Default for Survey {
    fn default() -> Self {
        Self {
            waiting: VecDeque::from([Question::Plain(Size::Usual)]),
            asked: BTreeMap::new(),
            answered: 0,
            unusable: None,
            found: Found::default(),
        }
    }
}

impl Survey {
    /// The next scenario; `None` if there is none before another has ended, or none any more.
    pub fn poll(&mut self) -> Option<Arc<Scenario>> {
        let question = self.waiting.pop_front()?;
        let scenario = question.scenario();
        self.asked.insert(scenario.id.clone(), question);
        Some(Arc::new(scenario))
    }

    /// Takes in what came of a scenario. Of the transcript nothing is kept: there may be many of large files.
    pub fn tell(&mut self, scenario: &Scenario, transcript: &Transcript) {
        let Some(question) = self.asked.remove(&scenario.id) else { return };
        self.answered = self.answered.saturating_add(1);
        if let Question::Plain(size) = question
            && !self.goes_on(size, transcript)
        {
            return;
        }
        let is_503 = matches!(question, Question::Fault { kind, .. } if kind.name == HTTP_503);
        self.found.take(&question, transcript);
        if is_503 && self.found.needs_more_of_503() {
            self.waiting.extend(Question::more_of_503(&question));
        }
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let open = self.waiting.len().saturating_add(self.asked.len());
        Progress { answered: self.answered, all: self.answered.saturating_add(open) }
    }

    /// What was found.
    pub fn end(self) -> Result<Fingerprint, Unusable> {
        match self.unusable {
            Some(unusable) => Err(unusable),
            None => self.found.fingerprint().ok_or(Unusable::Unplayed),
        }
    }

    /// Looks at a plain upload, and asks everything else; says whether it is the one to go by.
    fn goes_on(&mut self, size: Size, transcript: &Transcript) -> bool {
        let claim = transcript.outcome.as_ref().map(|outcome| outcome.claim);
        self.unusable = match claim {
            Some(Claim::Unsupported) => Some(Unusable::Unsupported),
            _ if ends(transcript) != "ok" => Some(Unusable::Incomplete),
            _ => None,
        };
        if self.unusable.is_some() {
            return false;
        }
        let in_slices = transcript.of(&Op::Data).next().is_some();
        if !in_slices && size == Size::Usual {
            // It may send larger files in slices.
            self.waiting.push_back(Question::Plain(Size::Large));
            return false;
        }
        self.waiting.extend(Question::others(size, in_slices));
        true
    }
}
