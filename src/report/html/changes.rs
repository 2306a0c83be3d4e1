//! What has changed since an earlier report.

use maud::{Markup, html};

use super::{Page, anchor};
use crate::report::json_v1;
use crate::report::matrix::{Change, Difference, Kind, Report, Standing};

/// How many rules and scenarios are named of each kind of change.
const NAMED: usize = 60;

/// Empty if there is nothing to compare with.
pub(super) fn section(page: &Page) -> Markup {
    let now = page.view.baseline.and_then(|before| Some((before, now(page)?)));
    let Some((before, now)) = &now else { return html! {} };
    let differences = Difference::between(before, now);
    html! {
        section aria-labelledby="changes" {
            h2 id="changes" { "Changes since " (page.text(&before.name)) }
            @if differences.is_empty() { p { "Every rule and scenario stands as it did." } }
            @for change in Change::ALL {
                @let mine: Vec<_> = differences.iter().filter(|of| of.change == change).collect();
                @if !mine.is_empty() {
                    h3 class=(if change.is_worse() { "bad" } else { "good" }) { (change.words()) ": " (mine.len()) }
                    ul class="list" {
                        @for difference in mine.iter().take(NAMED) { li { (item(page, difference)) } }
                        @if mine.len() > NAMED { li { "and " (mine.len() - NAMED) " more" } }
                    }
                }
            }
        }
    }
}

fn item(page: &Page, difference: &Difference) -> Markup {
    let id = difference.id;
    let (kind, is_here) = match difference.kind {
        Kind::Rule => ("r", page.results.rules.iter().any(|result| result.rule.id == id)),
        Kind::Scenario => ("s", page.results.scenario(id).is_some()),
    };
    let [before, after] = difference.standings.map(Standing::words);
    html! {
        @if is_here { a href={ "#" (anchor(kind, id)) } { code { (page.text(id)) } } }
        @else { code { (page.text(id)) } }
        span class="quiet" { ": " (before) " before, " (after) " now" }
    }
}

/// This run as its JSON report tells it.
fn now(page: &Page) -> Option<Report> {
    let mut text = Vec::new();
    json_v1::write(page.results, page.view, &mut text).ok()?;
    Report::read(std::str::from_utf8(&text).ok()?, "").ok()
}
