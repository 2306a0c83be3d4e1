//! Requests and replies as they came over the wire, side by side.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{Page, count, exchange_anchor};
use crate::protocol::{Delivery, Receipt};
use crate::report::text::{cut, ladder_line, safe, safe_text};
use crate::report::wire::{BODY, CONTENT, HEAD, first, receipt, request_head};
use crate::results::{Judged, Piece, Row, Wire};

/// Those of the exchanges that are kept which are wanted.
pub(super) fn section(
    page: &Page,
    id: &str,
    judged: &Judged,
    is_wanted: impl Fn(usize) -> bool,
) -> Markup {
    html! {
        @for (number, row, wire) in judged.wires().filter(|(number, _, _)| is_wanted(*number)) {
            details class="wire" id=(exchange_anchor(id, number)) {
                summary {
                    code { (cut(ladder_line(number, row).trim_start(), 130)) }
                }
                div class="sides" {
                    section { (request(page, row, wire)) }
                    section { (reply(page, row, wire)) }
                }
            }
        }
    }
}

fn request(page: &Page, row: &Row, wire: &Wire) -> Markup {
    let head = request_head(wire, page.view, &page.secrets);
    html! {
        h5 { "Request, connection " (row.connection) ", " (millis(row.started)) }
        pre { (lines(&head, wire.head.length)) }
        @if wire.fields.is_empty() {
            p class="quiet" { "No field of a form can be read in the body of " (wire.body_length) " bytes." }
        } @else {
            table class="fields" {
                thead { tr { th scope="col" { "field" } th scope="col" { "content" } th scope="col" { "bytes" } } }
                tbody {
                    @for (name, content) in &wire.fields {
                        tr {
                            th scope="row" { code { (page.text(name)) } }
                            td { code { (field(page, content)) } }
                            td class="number" { (content.length) }
                        }
                    }
                }
            }
            @if wire.more_fields > 0 { p { "and " (count(wire.more_fields, "more field", "more fields")) } }
        }
        @if wire.receipt != Receipt::Whole { p class="broken" { (receipt(wire.receipt)) } }
    }
}

fn reply(page: &Page, row: &Row, wire: &Wire) -> Markup {
    html! {
        h5 { "Reply, " (millis(row.answered)) }
        @if row.delivery != Delivery::Whole { p class="doubtful" { "delivery: " (row.delivery.to_string()) } }
        pre { (lines(&first(&wire.reply_head, HEAD, &page.secrets), wire.reply_head.length)) }
        pre { (lines(&first(&wire.reply_body, BODY, &page.secrets), wire.reply_body.length)) }
    }
}

fn field(page: &Page, content: &Piece) -> String {
    match content.as_text() {
        Some(text) => page.text(text),
        None => format!("{}…", safe(&first(content, CONTENT, &page.secrets))),
    }
}

/// Bytes that are lines of text, what cannot be seen in them escaped.
fn lines(shown: &[u8], length: usize) -> String {
    let text = String::from_utf8_lossy(shown);
    let lines = text.split('\n').map(|line| safe_text(line.strip_suffix('\r').unwrap_or(line)));
    let mut lines = lines.collect::<Vec<_>>().join("\n");
    if shown.len() < length {
        let _ = write!(lines, "… {} of {length} bytes", shown.len());
    }
    lines
}

fn millis(time: std::time::Duration) -> String {
    format!("+{}.{} ms", time.as_millis(), time.as_micros() % 1000 / 100)
}
