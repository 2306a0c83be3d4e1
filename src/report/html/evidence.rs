//! What was found, where, and the bytes there.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use super::{Page, anchor, exchange_anchor};
use crate::report::excerpt;
use crate::results::{Disposition, Excerpt, ResolvedFinding, ScenarioResult};
use crate::rules::Related;

/// How many related exchanges are named.
const RELATED: usize = 6;

/// A finding of a scenario, with its bytes if there is room for them.
pub(super) fn finding(
    page: &Page,
    result: &ScenarioResult,
    found: &ResolvedFinding,
    has_room: bool,
) -> Markup {
    let finding = &found.finding;
    let evidence = &finding.evidence;
    let rule = finding.rule;
    let excerpt = result.judged().and_then(|judged| judged.place(finding)?.excerpt.as_ref());
    html! {
        article class={ "finding " (rule.level().as_str()) } {
            h4 {
                a href={ "#" (anchor("r", rule.id)) } { code { (rule.id) } } " "
                small class=(rule.level().as_str()) { (rule.level().as_str()) }
                @if found.disposition == Disposition::Known { small { " known" } }
                @if finding.times > 1 { small { " " (finding.times) " times" } }
            }
            dl {
                @if let Some(discount) = found.disposition.discount() {
                    dt { "discounted" } dd { (discount.to_string()) ": " (discount.advice()) }
                }
                dt { "at" }
                dd {
                    (page.text(&evidence.at))
                    @if let Some(exchange) = finding.exchange {
                        ", " (request(result, exchange))
                    }
                }
                dt { "expected" } dd { (page.text(&evidence.expected)) }
                dt { "found" } dd { (page.text(&evidence.found)) }
                @for Related { exchange, what } in evidence.related.iter().take(RELATED) {
                    dt { "see" } dd { (request(result, *exchange)) ": " (page.text(what)) }
                }
                @if evidence.related.len() > RELATED {
                    dt { "see" } dd { (evidence.related.len() - RELATED) " more requests" }
                }
            }
            @if let (true, Some(excerpt)) = (has_room, excerpt) { (hex(page, excerpt)) }
        }
    }
}

/// An exchange by its number, a link if it is on the page.
pub(super) fn request(result: &ScenarioResult, exchange: usize) -> Markup {
    // Exchanges are on the page where there are findings.
    let is_shown = !result.findings.is_empty()
        && result.judged().is_some_and(|judged| judged.has_wire(exchange));
    html! {
        @if is_shown {
            a href={ "#" (exchange_anchor(result.judged.id(), exchange)) } { "request " (exchange.saturating_add(1)) }
        } @else { "request " (exchange.saturating_add(1)) }
    }
}

/// Rows of 16 bytes, as numbers and as characters; those of the span are marked.
fn hex(page: &Page, excerpt: &Excerpt) -> Markup {
    let bytes = excerpt::shown(excerpt, page.view, &page.secrets);
    let mut rows = String::new();
    for (number, row) in bytes.chunks(16).enumerate() {
        let start = excerpt.rows.start + number * 16;
        let marked: Vec<_> =
            (start..start + row.len()).map(|at| excerpt.marked.contains(&at)).collect();
        let numbers = row.iter().map(|byte| format!("{byte:02x}"));
        let characters = row.iter().map(|byte| match byte {
            b'<' => "&lt;".to_owned(),
            b'>' => "&gt;".to_owned(),
            b'&' => "&amp;".to_owned(),
            b'"' => "&quot;".to_owned(),
            0x20..0x7f => char::from(*byte).to_string(),
            _ => ".".to_owned(),
        });
        let room = "   ".repeat(16 - row.len());
        let _ = write!(rows, "{start:08x}  ");
        push_marked(&mut rows, numbers, &marked, " ");
        let _ = write!(rows, " {room} ");
        push_marked(&mut rows, characters, &marked, "");
        rows.push('\n');
    }
    html! { pre class="hex" tabindex="0" aria-label="bytes" { (PreEscaped(rows)) } }
}

/// Words with a separator between them; those in a row that are marked stand in one element.
fn push_marked(
    rows: &mut String,
    words: impl Iterator<Item = String>,
    marked: &[bool],
    separator: &str,
) {
    let mut is_open = false;
    for (number, (word, is_marked)) in words.zip(marked).enumerate() {
        if is_open && !is_marked {
            rows.push_str("</mark>");
        }
        if number > 0 {
            rows.push_str(separator);
        }
        if *is_marked && !is_open {
            rows.push_str("<mark>");
        }
        is_open = *is_marked;
        rows.push_str(&word);
    }
    if is_open {
        rows.push_str("</mark>");
    }
}

#[cfg(test)]
mod tests {
    use super::push_marked;

    #[test]
    fn bytes_in_a_row_that_are_marked_stand_in_one_element() {
        let marked = |marked: &[bool]| {
            let mut rows = String::new();
            let words = ["a", "b", "c", "d"].map(str::to_owned).into_iter();
            push_marked(&mut rows, words, marked, " ");
            rows
        };
        assert_eq!(marked(&[false; 4]), "a b c d");
        assert_eq!(marked(&[false, true, true, false]), "a <mark>b c</mark> d");
        assert_eq!(marked(&[true, false, true, true]), "<mark>a</mark> b <mark>c d</mark>");
    }
}
