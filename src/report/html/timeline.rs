//! When the exchanges of each connection took place, and which of them had a fault.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use maud::{Markup, html};

use super::count;
use crate::protocol::Delivery;
use crate::results::{Judged, Row};

/// The size of a drawing, in units of its own.
const WIDTH: u128 = 1000;
const HEIGHT: usize = 10;
/// More connections are only counted.
const CONNECTIONS: usize = 12;

pub(super) fn section(judged: &Judged) -> Markup {
    let mut connections: BTreeMap<u32, Vec<(usize, &Row)>> = BTreeMap::new();
    for (number, row) in judged.rows() {
        connections.entry(row.connection).or_default().push((number, row));
    }
    let end = judged.rows().map(|(_, row)| row.answered).max().unwrap_or_default();
    if connections.is_empty() || end.is_zero() {
        return html! {};
    }
    let faulty: Vec<_> = judged.deviations.iter().flat_map(|of| &of.occurred).collect();
    let is_faulty = |number: usize, row: &Row| {
        row.delivery != Delivery::Whole || faulty.iter().any(|of| of.exchange == number)
    };
    let (mut plain, mut marked) = (String::new(), String::new());
    for (layer, rows) in connections.values().take(CONNECTIONS).enumerate() {
        for (number, row) in rows {
            let path = if is_faulty(*number, row) { &mut marked } else { &mut plain };
            push(path, row, layer, end);
        }
    }
    let kept = judged.rows().count();
    let mut words = format!(
        "{} on {} in {} ms",
        count(judged.exchanges, "exchange", "exchanges"),
        count(connections.len(), "connection", "connections"),
        end.as_millis()
    );
    if kept < judged.exchanges {
        let _ = write!(words, ", of which {kept} are shown");
    }
    let height = connections.len().min(CONNECTIONS) * HEIGHT;
    html! {
        figure {
            svg class="time" role="img" aria-label=(words) viewBox={ "0 0 " (WIDTH) " " (height) } preserveAspectRatio="none" {
                path class="sent" d=(plain) {}
                path class="refused" d=(marked) {}
            }
            figcaption class="quiet" {
                (words) ", a line for each connection; "
                span class="key refused" { "■" } " where the scenario is special"
            }
        }
    }
}

/// A rectangle for an exchange on a connection.
fn push(path: &mut String, row: &Row, layer: usize, end: Duration) {
    let x = |time: Duration| (time.as_micros() * WIDTH / end.as_micros().max(1)).min(WIDTH);
    let from = x(row.started).min(WIDTH - 3);
    let width = x(row.answered).saturating_sub(from).saturating_sub(1).max(3);
    let _ = write!(path, "M{from} {}h{width}v{}h-{width}z", layer * HEIGHT + 2, HEIGHT - 4);
}
