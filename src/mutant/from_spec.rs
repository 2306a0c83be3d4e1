//! Defects that were written from the sentences of `slicecheck spec` alone, before any was played: what
//! share of them the rules name says more than that of the mutants that were written with the rules.

use super::planted::Planted;

/// Signatures.
mod auth;
/// Parts, boundaries, values.
mod form;
/// Inits, announced digests, simple uploads.
mod init;
/// What is claimed, and what becomes of files.
mod outcome;
/// What is made of replies.
mod replies;
/// Heads, targets, framing.
mod request;
/// Slices, lists, finishes.
mod slices;

/// Those that no rule names, and why.
pub const UNNAMED: &[(&str, &str)] = &[];

/// All of them.
pub fn planted() -> impl Iterator<Item = &'static Planted> {
    [
        request::PLANTED,
        form::PLANTED,
        auth::PLANTED,
        init::PLANTED,
        slices::PLANTED,
        replies::PLANTED,
        outcome::PLANTED,
    ]
    .into_iter()
    .flatten()
}
