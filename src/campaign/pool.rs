//! What can go wrong with a request, as the catalogue has it.

use std::sync::LazyLock;

use crate::protocol::{Delivery, Op};
use crate::scenario::scenarios;
use crate::server::{Fault, FinishCheck, Reaction, SliceSelector, Trigger};

/// Scenarios with larger files are about those.
pub(super) const LARGEST_DRAWN_FILE: usize = 16 << 20;

/// A reaction to a request of an operation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The operation.
    pub(super) op: Op,
    /// What happens.
    pub(super) reaction: Reaction,
    /// Whether a client can be blamed for what is lost if finish does not notice.
    pub(super) allows_lax: bool,
}

/// The operations that reactions are about.
pub(super) const OPERATIONS: [Op; 4] = [Op::Init, Op::Data, Op::List, Op::Finish];

/// All reactions that scenarios of the catalogue have, each once for each operation.
///
/// Only these are combined: each was written with what a client can know then in mind.
pub(super) static POOL: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut pool: Vec<Entry> = Vec::new();
    for scenario in scenarios() {
        let setup = &scenario.setup;
        if setup.file.size > LARGEST_DRAWN_FILE || !setup.machine.is_plain() {
            continue;
        }
        let behaviour = &setup.behaviour;
        let faults =
            behaviour.faults.iter().filter_map(|fault| Some((operation(fault.trigger)?, fault)));
        for (op, Fault { reactions, .. }) in faults {
            for reaction in reactions.iter().filter(|reaction| is_quick(reaction.delivered)) {
                let allows_lax = behaviour.finish == FinishCheck::Lax;
                let known = pool.iter_mut().find(|it| it.op == op && it.reaction == *reaction);
                if let Some(known) = known {
                    // A single scenario in which a client can be blamed is enough.
                    known.allows_lax |= allows_lax;
                } else {
                    let (op, reaction) = (op.clone(), reaction.clone());
                    pool.push(Entry { op, reaction, allows_lax });
                }
            }
        }
    }
    pool
});

/// The operation that a trigger is about; none, if it is about a part of them.
pub(super) fn operation(trigger: Trigger) -> Option<Op> {
    match trigger {
        Trigger::Init => Some(Op::Init),
        Trigger::Slice(_) => Some(Op::Data),
        Trigger::List => Some(Op::List),
        Trigger::Finish => Some(Op::Finish),
        Trigger::Any | Trigger::LongBody | Trigger::Expecting => None,
    }
}

/// Where a slice is.
pub(super) const PLACES: [SliceSelector; 5] = [
    SliceSelector::Nth(0),
    SliceSelector::Nth(1),
    SliceSelector::Middle,
    SliceSelector::Last,
    SliceSelector::Any,
];

/// The requests of an operation, at this place if there are several.
pub(super) fn trigger(op: &Op, place: SliceSelector) -> Trigger {
    match op {
        Op::Init => Trigger::Init,
        Op::List => Trigger::List,
        Op::Data => Trigger::Slice(place),
        _ => Trigger::Finish,
    }
}

/// Whether it takes no time to speak of: what is slow is played by the catalogue.
fn is_quick(delivery: Delivery) -> bool {
    !delivery.is_early()
        && !delivery.is_timed()
        && !matches!(
            delivery,
            Delivery::Unanswered
                | Delivery::Dribbled
                | Delivery::Segmented
                | Delivery::ContinueLate
                | Delivery::ContinueNever
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_has_reactions_to_each_operation_and_none_that_is_slow() {
        for op in OPERATIONS {
            let reactions = POOL.iter().filter(|entry| entry.op == op);
            assert!(reactions.count() > 20, "{op}");
        }
        assert!(POOL.iter().all(|entry| is_quick(entry.reaction.delivered)));
        assert!(POOL.iter().any(|entry| entry.allows_lax));
    }
}
