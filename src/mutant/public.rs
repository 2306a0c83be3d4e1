//! Public reports about clients that upload files, planted one by one.
//!
//! Each has the repository and the number of the report, and what was wrong in a sentence of ours. Where the
//! report is about another protocol, the same mistake is made in this one.

use super::planted::Planted;

/// Multipart forms and keys.
mod forms;
/// What is made of replies, and what follows a failure.
mod replies;
/// Heads, lengths, signatures.
mod requests;
/// Which bytes are sent, from where, how often.
mod slices;

/// Those that no rule names, and why.
pub const UNNAMED: &[(&str, &str)] = &[];

/// All of them.
pub fn planted() -> impl Iterator<Item = &'static Planted> {
    [forms::PLANTED, requests::PLANTED, slices::PLANTED, replies::PLANTED].into_iter().flatten()
}
