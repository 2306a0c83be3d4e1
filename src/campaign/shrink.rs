//! Makes a setup smaller while the same is found in it.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::reduce::reductions;
use crate::scenario::Setup;

/// How many setups are tried.
const MOST: usize = 400;

/// A setup, and what may be left out of it.
pub(super) struct Shrinker {
    best: Setup,
    candidates: Vec<Setup>,
    at: usize,
    tried: HashSet<u64>,
}

impl Shrinker {
    pub(super) fn new(setup: Setup) -> Self {
        let candidates = reductions(&setup);
        Self { best: setup, candidates, at: 0, tried: HashSet::new() }
    }

    /// The smallest setup so far.
    pub(super) fn best(&self) -> &Setup {
        &self.best
    }

    /// The next setup to be tried; `None` if nothing can be left out any more, or enough was tried.
    pub(super) fn next(&mut self) -> Option<Setup> {
        while self.tried.len() < MOST {
            let candidate = self.candidates.get(self.at)?;
            if self.tried.insert(hash(candidate)) {
                return Some(candidate.clone());
            }
            self.at = self.at.saturating_add(1);
        }
        None
    }

    /// Whether the same was found in the setup that came last from [`Shrinker::next`].
    pub(super) fn tell(&mut self, is_found: bool) {
        if !is_found {
            self.at = self.at.saturating_add(1);
        } else if let Some(smaller) = self.candidates.get(self.at) {
            self.best = smaller.clone();
            // What was needed in the larger setup may not be in this one, and the reverse.
            self.candidates = reductions(&self.best);
            self.at = 0;
        }
    }
}

/// A number for a setup.
pub(super) fn hash(setup: &Setup) -> u64 {
    let mut hasher = DefaultHasher::new();
    setup.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::space::Grid;
    use crate::campaign::{pool, replies};
    use crate::protocol::Op;
    use crate::server::{Fault, Literal, Reply, SessionForm, SliceSelector};

    fn shrunk(setup: Setup, is_found: impl Fn(&Setup) -> bool) -> (Setup, usize) {
        let mut shrinker = Shrinker::new(setup);
        let mut runs = 0;
        while let Some(candidate) = shrinker.next() {
            runs += 1;
            shrinker.tell(is_found(&candidate));
        }
        (shrinker.best, runs)
    }

    fn literal(setup: &Setup) -> Option<Vec<u8>> {
        let reaction = setup.behaviour.faults.first()?.reactions.first()?;
        match &reaction.replied {
            Reply::LiteralBody(bytes) => bytes.bytes().map(|bytes| bytes.to_vec()),
            _ => None,
        }
    }

    #[test]
    fn what_does_not_matter_is_left_out_and_what_does_stays() {
        let mut setup = Grid::Asked.plain();
        setup.behaviour.session = SessionForm::Long;
        setup.key = "/slicecheck/ünï.bin".to_owned();
        let reply = "{\"code\":-71,\"message\":\"xxxxxxxxxx\",\"data\":{\"a\":[[[[[[[[0]]]]]]]],\"b\":\"\\u0000\"}}";
        let reply = Reply::LiteralBody(Literal::Text(reply.to_owned()));
        let trigger = pool::trigger(&Op::Finish, SliceSelector::Any);
        setup.behaviour.faults.push(Fault::always(trigger, replies::reaction(reply)));
        for entry in pool::POOL.iter().take(3) {
            super::super::space::add_fault(&mut setup, entry, SliceSelector::Any, 1);
        }
        let (small, runs) = shrunk(setup, |setup| {
            let text = literal(setup).unwrap_or_default();
            setup.behaviour.session == SessionForm::Long
                && memchr::memmem::find(&text, b"[[[[").is_some()
        });
        assert_eq!(literal(&small).as_deref(), Some(&b"[[[["[..]));
        assert_eq!((small.behaviour.faults.len(), small.key.as_str()), (1, "/slicecheck/fuzz.bin"));
        assert_eq!(small.behaviour.session, SessionForm::Long);
        assert!(runs < MOST, "{runs}");
    }
}
