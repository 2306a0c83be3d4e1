//! Public reports about clients that upload files, planted one by one.
//!
//! Each has the repository and the number of the report, and what was wrong in a sentence of ours.

use super::planted::Planted;

/// All of them.
pub fn planted() -> impl Iterator<Item = &'static Planted> {
    std::iter::empty()
}
