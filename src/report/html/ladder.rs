//! The exchanges of a scenario beside those of its control, or of the reference client.

use maud::{Markup, html};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{Page, exchange_anchor};
use crate::report::text::{cut, ladder_line};
use crate::results::{Judged, Row, ScenarioResult};

/// More exchanges are only shown around the first finding.
const ROWS: usize = 14;
/// With a larger file the reference client would take long.
const SIMULATED: usize = 16 << 20;
/// More characters of an exchange are cut.
const WIDTH: usize = 110;

/// A line of one side: the number of the exchange, and what it says.
type Side = (usize, String);

/// A line of both sides, and whether they say the same.
struct Line<'a> {
    own: Option<&'a Side>,
    other: Option<&'a Side>,
    is_same: bool,
}

pub(super) fn section(page: &Page, result: &ScenarioResult, judged: &Judged) -> Markup {
    let first = result.findings.first().and_then(|found| found.finding.exchange);
    let own = picked(judged, first);
    let (name, other) = other_side(page, result, first);
    let aligned = aligned(&own, &other);
    let difference = aligned.iter().position(|line| !line.is_same);
    let found: Vec<_> = result.findings.iter().filter_map(|it| it.finding.exchange).collect();
    let id = result.judged.id();
    html! {
        div class="wide" tabindex="0" role="region" aria-label="Exchanges" {
            table class="ladder" {
                thead { tr { th scope="col" { "this client" } th scope="col" { (name) } } }
                tbody {
                    @for (number, line) in aligned.iter().enumerate() {
                        tr class=[(difference == Some(number)).then_some("first")] {
                            td {
                                @if let Some((exchange, words)) = line.own {
                                    @if found.contains(exchange) { span class="broken" { "✗ " } }
                                    @if judged.has_wire(*exchange) {
                                        a href={ "#" (exchange_anchor(id, *exchange)) } { (words) }
                                    } @else { (words) }
                                }
                            }
                            td class="quiet" { @if let Some((_, words)) = line.other { (words) } }
                        }
                    }
                }
            }
        }
        @if difference.is_some() { p class="quiet" { "The first difference is marked." } }
    }
}

/// What it is compared with: the control, if it was played, or else the reference client.
fn other_side(page: &Page, result: &ScenarioResult, first: Option<usize>) -> (String, Vec<Side>) {
    let scenario = result.scenario();
    let control = scenario.control.as_deref().and_then(|id| page.results.scenario(id));
    if let Some((control, judged)) = control.and_then(|of| Some((of, of.judged()?))) {
        return (format!("its control {}", page.text(control.judged.id())), picked(judged, first));
    }
    // Where nothing was found there is nothing to explain by a comparison that takes a simulation.
    if result.findings.is_empty() || scenario.setup.file.size > SIMULATED {
        return ("not compared".to_owned(), Vec::new());
    }
    let transcript = scenario.simulate(page.results.run.seed);
    let rows = transcript.exchanges.iter().take(ROWS).enumerate();
    let rows = rows.map(|(number, exchange)| side(number, &Row::of(exchange))).collect();
    ("the reference client".to_owned(), rows)
}

/// All exchanges, or those around one.
fn picked(judged: &Judged, around: Option<usize>) -> Vec<Side> {
    let sides = |rows: &mut dyn Iterator<Item = (usize, &Row)>| {
        rows.map(|(number, row)| side(number, row)).collect()
    };
    if judged.exchanges <= ROWS {
        sides(&mut judged.rows())
    } else {
        sides(&mut judged.ladder(around))
    }
}

fn side(number: usize, row: &Row) -> Side {
    (number, cut(ladder_line(number, row).trim_start(), WIDTH))
}

/// Both sides; what is the same on both stands in one line.
fn aligned<'a>(own: &'a [Side], other: &'a [Side]) -> Vec<Line<'a>> {
    // Without the number: a request that is sent again is not another one.
    let words = |sides: &'a [Side]| -> Vec<&'a str> {
        sides
            .iter()
            .map(|(_, line)| line.split_once("  ").map_or(line.as_str(), |(_, of)| of))
            .collect()
    };
    let mut lines = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &words(own), &words(other)) {
        let is_same = matches!(op, DiffOp::Equal { .. });
        let (left, right) = (op.old_range(), op.new_range());
        for number in 0..left.len().max(right.len()) {
            let of = |sides: &'a [Side], range: &std::ops::Range<usize>| {
                range.clone().nth(number).and_then(|place| sides.get(place))
            };
            lines.push(Line { own: of(own, &left), other: of(other, &right), is_same });
        }
    }
    lines
}
