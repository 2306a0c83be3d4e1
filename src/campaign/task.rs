//! One find on its way: tried again, made smaller, and tried again.

use super::find::Cause;
use super::shrink::Shrinker;
use crate::results::JudgedScenario;
use crate::scenario::Setup;

/// How many times a setup has to show the same.
const TIMES: u8 = 3;

pub(super) struct Task {
    pub(super) cause: Cause,
    /// The last run in which it was found.
    pub(super) seen: Option<JudgedScenario>,
    original: Setup,
    shrinker: Shrinker,
    step: Step,
    is_waiting: bool,
}

/// What is being done; how many times it was tried, and how many of them it was found.
#[derive(Clone, Copy)]
enum Step {
    Repeat { tried: u8, found: u8 },
    Shrink,
    Confirm { tried: u8, found: u8 },
}

impl Task {
    pub(super) fn new(cause: Cause, setup: Setup) -> Self {
        Self {
            cause,
            seen: None,
            original: setup.clone(),
            shrinker: Shrinker::new(setup),
            step: Step::Repeat { tried: 0, found: 0 },
            is_waiting: false,
        }
    }

    /// The setup that is to be played next; `None` if one is.
    pub(super) fn next(&mut self) -> Option<Setup> {
        // What is tried next depends on what comes of this.
        if self.is_waiting {
            return None;
        }
        self.is_waiting = true;
        match self.step {
            Step::Repeat { .. } => Some(self.original.clone()),
            Step::Confirm { .. } => Some(self.shrinker.best().clone()),
            Step::Shrink => {
                let smaller = self.shrinker.next();
                if smaller.is_none() {
                    self.step = Step::Confirm { tried: 0, found: 0 };
                }
                Some(smaller.unwrap_or_else(|| self.shrinker.best().clone()))
            }
        }
    }

    /// Whether it was found; tells, if that was the last time that it had to be tried, whether it always was.
    pub(super) fn tell(&mut self, is_found: bool) -> Option<bool> {
        self.is_waiting = false;
        match &mut self.step {
            Step::Shrink => {
                self.shrinker.tell(is_found);
                None
            }
            Step::Repeat { tried, found } => {
                count(tried, found, is_found);
                match (*tried, *found) {
                    (TIMES, TIMES) => {
                        self.step = Step::Shrink;
                        None
                    }
                    (TIMES, _) => Some(false),
                    _ => None,
                }
            }
            Step::Confirm { tried, found } => {
                count(tried, found, is_found);
                (*tried == TIMES).then_some(*found == TIMES)
            }
        }
    }

    /// Whether it was found each time that it was tried before it was made smaller.
    pub(super) fn is_steady(&self) -> bool {
        matches!(self.step, Step::Shrink | Step::Confirm { .. })
    }

    /// The smallest setup in which it was found.
    pub(super) fn best(&self) -> &Setup {
        match self.step {
            Step::Repeat { .. } => &self.original,
            Step::Shrink | Step::Confirm { .. } => self.shrinker.best(),
        }
    }
}

fn count(tried: &mut u8, found: &mut u8, is_found: bool) {
    *tried = tried.saturating_add(1);
    *found = found.saturating_add(u8::from(is_found));
}
