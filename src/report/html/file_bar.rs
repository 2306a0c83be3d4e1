//! The file as a bar: which slices were sent, what is missing, and what was sent more than once.

use std::fmt::Write as _;
use std::ops::Range;

use maud::{Markup, html};

use super::count;
use crate::results::{Sent, SentSlice};

/// The size of a drawing, in units of its own.
const WIDTH: u64 = 1000;
const HEIGHT: usize = 10;
/// More layers are drawn over the last one.
const LAYERS: usize = 6;

pub(super) fn section(sent: &Sent) -> Markup {
    let Some(length) = sent.length.filter(|length| *length > 0 && !sent.slices.is_empty()) else {
        return html! {};
    };
    let missing = sent.missing();
    let (doubled, overlapping) = sent.repeated();
    let layers = sent.layers().map(|(_, layer)| layer).max().unwrap_or(0).min(LAYERS - 1) + 1;
    let height = (layers + 1) * HEIGHT;
    let of = |accepted: bool| {
        let mine = sent.layers().filter(|(slice, _)| slice.accepted == accepted);
        mine.fold(String::new(), |mut path, (SentSlice { range, .. }, layer)| {
            push(&mut path, range, layer.min(LAYERS - 1), length);
            path
        })
    };
    let mut gaps = String::new();
    for range in &missing {
        push(&mut gaps, range, layers, length);
    }
    let bytes: u64 = missing.iter().map(|range| range.end - range.start).sum();
    let all = sent.slices.len() + sent.left_out;
    let mut words = format!("File of {length} bytes: {} sent", count(all, "slice", "slices"));
    let counted = [
        (count(doubled, "slice", "slices"), doubled, "sent again"),
        (count(overlapping, "slice", "slices"), overlapping, "overlapping others"),
    ];
    for (number, _, what) in counted.iter().filter(|(_, number, _)| *number > 0) {
        let _ = write!(words, ", {number} {what}");
    }
    if bytes > 0 {
        let _ = write!(words, ", {bytes} bytes missing");
    }
    html! {
        figure {
            svg class="file" role="img" aria-label=(words) viewBox={ "0 0 " (WIDTH) " " (height) } preserveAspectRatio="none" {
                path class="sent" d=(of(true)) {}
                path class="refused" d=(of(false)) {}
                path class="missing" d=(gaps) {}
            }
            figcaption class="quiet" {
                (words) "; " span class="key sent" { "■" } " acknowledged "
                span class="key refused" { "■" } " not acknowledged "
                span class="key missing" { "■" } " missing"
            }
        }
    }
}

/// A rectangle for a range of the file in a layer.
fn push(path: &mut String, range: &Range<u64>, layer: usize, length: u64) {
    let x = |place: u64| {
        let scaled = u128::from(place.min(length)) * u128::from(WIDTH) / u128::from(length);
        u64::try_from(scaled).unwrap_or(WIDTH)
    };
    // What is too small to be seen, and what lies after the end of the file, is drawn all the same.
    let from = x(range.start).min(WIDTH - 2);
    // A gap between two slices shows that there are two.
    let width = x(range.end).saturating_sub(from).saturating_sub(1).max(2);
    let y = layer * HEIGHT + 1;
    let _ = write!(path, "M{from} {y}h{width}v{}h-{width}z", HEIGHT - 2);
}
