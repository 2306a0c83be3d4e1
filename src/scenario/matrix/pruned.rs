//! The combinations that are not played, with the reasons.

use super::Cell;
use super::dimensions::{Attempts, FinishNotices, Operation, Position, Unclear};

/// Combinations that mean nothing, or the same as others.
#[non_exhaustive]
pub struct Pruned {
    /// Why.
    pub reason: &'static str,
    /// Which they are.
    pub is: fn(&Cell) -> bool,
}

/// All of them; a cell that none of them is, is valid.
pub const PRUNED: &[Pruned] = &[
    Pruned {
        reason: "a fault of finish hits op=upload as well: for a client that sends whole files, each cell \
                 of finish is one of upload",
        is: |cell| cell.operation == Operation::Upload,
    },
    Pruned {
        reason: "only slices are sent more than once in an upload: the others have one place, the first",
        is: |cell| cell.operation != Operation::Slice && cell.place != Position::First,
    },
    Pruned {
        reason: "a finish that does not notice what is missing matters only where a slice is not stored",
        is: |cell| {
            let is_lost = cell.operation == Operation::Slice && !cell.is_done();
            cell.finish == FinishNotices::Nothing && !is_lost
        },
    },
    Pruned {
        reason: "init and list carry no session that could be refused",
        is: |cell| {
            cell.reply == Unclear::SessionRefused
                && matches!(cell.operation, Operation::Init | Operation::List)
        },
    },
    Pruned {
        reason: "only replies to slices and to list say how much has come",
        is: |cell| {
            cell.reply == Unclear::TooMuch
                && !matches!(cell.operation, Operation::Slice | Operation::List)
        },
    },
    Pruned {
        reason: "only init and list name a session to go on with",
        is: |cell| {
            cell.reply == Unclear::NumberSession
                && !matches!(cell.operation, Operation::Init | Operation::List)
        },
    },
    Pruned {
        reason: "who can read the number has no reason to ask again: once is the same as always",
        is: |cell| cell.reply == Unclear::NumberSession && cell.attempts == Attempts::Once,
    },
    Pruned {
        reason: "a client may stop at a refusal, follow a redirect, and take what it can read: the second \
                 fault would be met by few",
        is: |cell| {
            let is_last = match cell.reply {
                Unclear::PositiveCode
                | Unclear::SessionRefused
                | Unclear::Redirect
                | Unclear::NumberSession => true,
                Unclear::TooMuch => cell.operation == Operation::List,
                _ => false,
            };
            is_last && cell.attempts == Attempts::ThenUnavailable
        },
    },
];
