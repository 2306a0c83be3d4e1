//! How large a page becomes.

use maud::{Markup, PreEscaped};

/// After so many sections that did not fit no others are tried: writing them for nothing takes time.
const MISSES: usize = 16;

/// How much a section tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Detail {
    /// What it is about.
    Little,
    /// And what was found first.
    Findings,
    /// And all that was found, each with its bytes and one exchange.
    Evidence,
    /// And all that happened.
    All,
}

/// Sections in at most `most` bytes, if all fit that tell little.
///
/// Those `of_interest` come before the others: each tells a little more before any of them tells all. Of
/// sections alike, the first ones get the room.
pub(super) fn fitting(
    most: usize,
    sections: usize,
    of_interest: impl Fn(usize) -> bool,
    section: impl Fn(usize, Detail) -> Markup,
) -> Markup {
    let written = |number, detail| section(number, detail).into_string();
    let mut all: Vec<_> = (0..sections).map(|number| written(number, Detail::Little)).collect();
    let mut left = most.saturating_sub(all.iter().map(String::len).sum());
    // What is too long in some detail is so in more detail, too: writing it takes time.
    let mut growing = vec![true; sections];
    let mut extend = |detail: Detail, is_of_interest: bool| {
        let mut misses = 0;
        for (number, (short, grows)) in all.iter_mut().zip(&mut growing).enumerate() {
            if of_interest(number) != is_of_interest || !*grows || misses == MISSES {
                continue;
            }
            let full = written(number, detail);
            let more = full.len().saturating_sub(short.len());
            *grows = more <= left;
            if *grows {
                left -= more;
                *short = full;
            } else {
                misses += 1;
            }
        }
    };
    for detail in [Detail::Findings, Detail::Evidence, Detail::All] {
        extend(detail, true);
    }
    extend(Detail::All, false);
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
            Detail::Evidence | Detail::Findings | Detail::Little => html! { (number) },
        };
        let short = |page: Markup| page.into_string().replace('.', "");
        let page = |most| fitting(most, 3, |number| number == 2, section);
        assert!(page(100).into_string().starts_with("012."));
        assert!(page(300).into_string().starts_with("0."));
        assert_eq!(short(page(300)), "012");
    }

    #[test]
    fn all_sections_show_their_evidence_before_one_of_them_shows_all() {
        let section = |_: usize, detail: Detail| match detail {
            Detail::All => html! { "all" (".".repeat(90)) },
            Detail::Evidence => html! { "evidence" (".".repeat(30)) },
            Detail::Findings => html! { "findings" },
            Detail::Little => html! { "little" },
        };
        let page = |most| fitting(most, 3, |_| true, section).into_string().replace('.', "");
        assert_eq!(page(50), "findingsfindingsfindings");
        assert_eq!(page(120), "evidenceevidenceevidence");
        assert_eq!(page(180), "allevidenceevidence");
        assert_eq!(page(300), "allallall");
    }
}
