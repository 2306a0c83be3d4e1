//! Sequences of replies, one for each attempt that a client was seen to make.
//!
//! Who tries again meets a reply of its own with each attempt, and is served with the last one, so that one upload
//! shows what a client makes of many replies.

use super::choices::Choices;
use super::pool::{self, OPERATIONS};
use super::{replies, space};
use crate::protocol::{Op, Transcript};
use crate::scenario::Setup;
use crate::server::{Fault, FinishCheck, Preexisting, Reaction, SliceSelector};

/// How many replies there are to one request at most.
const MOST: usize = 5;

/// How many attempts a client makes at a request of each operation, as far as was seen.
#[derive(Default)]
pub(super) struct Attempts([usize; OPERATIONS.len()]);

impl Attempts {
    pub(super) fn learn(&mut self, transcript: &Transcript) {
        for occurrence in transcript.deviations.iter().flat_map(|deviation| &deviation.occurred) {
            let exchange = transcript.exchanges.get(occurrence.exchange);
            let op = exchange.and_then(|exchange| exchange.request.op());
            let place = OPERATIONS.iter().position(|known| Some(known) == op);
            if let Some(most) = place.and_then(|place| self.0.get_mut(place)) {
                let attempt = usize::try_from(occurrence.attempt).unwrap_or(MOST);
                *most = (*most).max(attempt.min(MOST));
            }
        }
    }

    fn of(&self, op: &Op) -> usize {
        let place = OPERATIONS.iter().position(|known| known == op);
        place.and_then(|place| self.0.get(place)).copied().unwrap_or(0)
    }

    /// Whether the client tries again.
    pub(super) fn are_several(&self) -> bool {
        self.0.iter().any(|attempts| *attempts > 1)
    }

    /// The setup with a reply for each attempt at each operation: those before the last are served in the end.
    pub(super) fn fill(&self, mut setup: Setup, choices: &mut Choices) -> Setup {
        setup.behaviour.faults.clear();
        let before = &mut setup.behaviour.preexisting;
        if *before == Preexisting::Nothing && choices.once_in(4) {
            *before = Preexisting::Unfinished(vec![0]);
        }
        let asks_for_list = !matches!(
            before,
            Preexisting::Nothing | Preexisting::SameFile | Preexisting::OtherFile
        );
        let in_order = [Op::Init, Op::List, Op::Data, Op::Finish];
        let asked = in_order.iter().filter(|op| **op != Op::List || asks_for_list);
        let asked: Vec<_> = asked.collect();
        // To the later ones a client comes less often.
        let last = choices.below(asked.len()).max(choices.below(asked.len()));
        for (number, op) in asked.into_iter().enumerate().take(last.saturating_add(1)) {
            let is_last = number == last;
            let attempts = self.of(op).max(1);
            let replies = if is_last { attempts } else { choices.below(attempts) };
            if replies == 0 {
                continue;
            }
            let reactions = (0..replies).map(|_| reaction(op, is_last, choices)).collect();
            let trigger = pool::trigger(op, SliceSelector::Any);
            setup.behaviour.faults.push(Fault { trigger, reactions, repeats: is_last });
        }
        // Chosen again: a lax one may have been taken away because of the faults that were there before.
        setup.behaviour.finish =
            if choices.once_in(4) { FinishCheck::Lax } else { FinishCheck::Strict };
        space::tidied(setup)
    }
}

fn reaction(op: &Op, is_last: bool, choices: &mut Choices) -> Reaction {
    if is_last { replies::any(op, choices) } else { replies::passing(op, choices) }
}

#[cfg(test)]
mod tests {
    use super::super::space::Grid;
    use super::*;
    use crate::scenario::Random;

    fn played(setup: Setup) -> Transcript {
        super::super::find::scenario(setup, "a setup").simulate(1)
    }

    #[test]
    fn who_tries_again_meets_a_reply_of_its_own_with_each_attempt() {
        let mut attempts = Attempts::default();
        attempts.learn(&played(Grid::Short.plain()));
        assert!(!attempts.are_several());
        for op in [Op::Init, Op::Data, Op::Finish] {
            let mut setup = Grid::Short.plain();
            let trigger = pool::trigger(&op, SliceSelector::Any);
            setup.behaviour.faults.push(Fault::always(trigger, Reaction::refusal(503, -71)));
            attempts.learn(&played(setup));
        }
        assert!(attempts.are_several());
        let replies_met = |seed| {
            let bytes = Random::new(seed, "sequences").bytes(1024);
            let setup = attempts.fill(Grid::Short.plain(), &mut Choices::new(&bytes));
            let transcript = played(setup);
            transcript.deviations.iter().filter(|deviation| deviation.has_occurred()).count()
        };
        let most = (0..32).map(replies_met).max();
        assert!(most > Some(4), "{most:?}");
    }
}
