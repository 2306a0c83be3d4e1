//! How large a page becomes.

use maud::{Markup, PreEscaped};

/// How much a section tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Detail {
    /// What it is about.
    Little,
    /// And what was found.
    Findings,
    /// And all that shows it.
    All,
}

/// Sections in at most `most` bytes, if all fit that tell little: the first ones tell all, as long as there is
/// room.
pub(super) fn fitting(
    most: usize,
    sections: usize,
    section: impl Fn(usize, Detail) -> Markup,
) -> Markup {
    let written = |number, detail| section(number, detail).into_string();
    let mut all: Vec<_> = (0..sections).map(|number| written(number, Detail::Little)).collect();
    let mut left = most.saturating_sub(all.iter().map(String::len).sum());
    for (number, short) in all.iter_mut().enumerate() {
        for detail in [Detail::All, Detail::Findings] {
            let full = written(number, detail);
            let more = full.len().saturating_sub(short.len());
            if more <= left {
                left -= more;
                *short = full;
                break;
            }
        }
    }
    PreEscaped(all.concat())
}
