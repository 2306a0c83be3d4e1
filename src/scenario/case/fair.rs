//! Whether a client can notice what the service does not do: one that cannot is not to be judged by it.

use super::wrong::Wrong;
use crate::protocol::Received;
use crate::server::{Behaviour, FinishCheck, Reaction, Reply, Storing, Trigger};

/// Refuses a service that says of something that it is done, does not do it, and never tells.
pub(super) fn check(behaviour: &Behaviour) -> Result<(), Wrong> {
    let mut faults = behaviour.faults.iter().enumerate();
    faults.try_for_each(|(number, fault)| {
        let mut reactions = fault.reactions.iter().enumerate();
        let lie = reactions.find(|(_, reaction)| says_that_it_is_done(reaction));
        match (lie, unnoticed(fault.trigger, behaviour.finish)) {
            (Some((at, _)), Some(message)) => {
                Err(Wrong::new(message).at("stored").at(at).at("reactions").at(number).at("faults"))
            }
            _ => Ok(()),
        }
    })
}

/// Why nobody can notice that such a request did nothing.
fn unnoticed(trigger: Trigger, finish: FinishCheck) -> Option<&'static str> {
    match (trigger, finish) {
        // What comes after a slice or after nothing else may be finish.
        (Trigger::Finish | Trigger::Any | Trigger::Expecting, _) => Some(
            "expected a reply that is no success, as finish stores nothing here: nothing comes after it in which a \
             client could notice that",
        ),
        (Trigger::Slice(_), FinishCheck::Lax) => Some(
            "expected a reply that is no success, or a strict finish, as the slice is not stored here: a client could \
             not notice that",
        ),
        _ => None,
    }
}

/// Whether nothing is done, and the client hears the opposite.
fn says_that_it_is_done(reaction: &Reaction) -> bool {
    let is_success = match &reaction.replied {
        Reply::Regular | Reply::Message(_) | Reply::Status(200) => true,
        Reply::CodeWithData(code) | Reply::CodeWithSuccess(code) => *code == 0,
        // Written in another way, it need not be one; a wrong echo is there to be noticed.
        _ => false,
    };
    is_success
        && reaction.stored == Storing::Nothing
        && reaction.delivered.received() == Received::All
}
