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
/// room; those `of_interest` before the others.
pub(super) fn fitting(
    most: usize,
    sections: usize,
    of_interest: impl Fn(usize) -> bool,
    section: impl Fn(usize, Detail) -> Markup,
) -> Markup {
    let written = |number, detail| section(number, detail).into_string();
    let mut all: Vec<_> = (0..sections).map(|number| written(number, Detail::Little)).collect();
    let mut left = most.saturating_sub(all.iter().map(String::len).sum());
    let (first, then): (Vec<_>, Vec<_>) =
        all.iter_mut().enumerate().partition(|it| of_interest(it.0));
    for (number, short) in first.into_iter().chain(then) {
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

#[cfg(test)]
mod tests {
    use maud::html;

    use super::*;

    #[test]
    fn what_is_of_interest_gets_the_room_first() {
        let section = |number: usize, detail: Detail| match detail {
            Detail::All => html! { (number) (".".repeat(90)) },
            Detail::Findings | Detail::Little => html! { (number) },
        };
        let short = |page: Markup| page.into_string().replace('.', "");
        let page = |most| fitting(most, 3, |number| number == 2, section);
        assert!(page(100).into_string().starts_with("012."));
        assert!(page(300).into_string().starts_with("0."));
        assert_eq!(short(page(300)), "012");
    }
}
