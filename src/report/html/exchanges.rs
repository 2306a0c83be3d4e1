//! Requests and replies as they came over the wire, side by side.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{Page, count, exchange_anchor};
use crate::protocol::{Delivery, Receipt};
use crate::report::text::{cut, ladder_line, safe, safe_text};
use crate::results::{Judged, Piece, Row, Wire};

/// How many bytes are shown of a head, of a field, and of the body of a reply.
const HEAD: usize = 1200;
const CONTENT: usize = 64;
const BODY: usize = 600;

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
    let mut head = wire.head.bytes.clone();
    page.secrets.mask_bytes(&mut head);
    for proof in wire.signatures.iter().filter(|_| !page.view.show_secrets) {
        if let Some(proof) = head.get_mut(proof.clone()) {
            proof.fill(b'*');
        }
    }
    html! {
        h5 { "Request, connection " (row.connection) ", " (millis(row.started)) }
        pre { (lines(&head, wire.head.length, HEAD)) }
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
        pre { (lines(&wire.reply_head.bytes, wire.reply_head.length, HEAD)) }
        pre {
            @let mut body = wire.reply_body.bytes.clone();
            @let () = page.secrets.mask_bytes(&mut body);
            (lines(&body, wire.reply_body.length, BODY))
        }
    }
}

fn field(page: &Page, content: &Piece) -> String {
    let is_text = std::str::from_utf8(&content.bytes)
        .is_ok_and(|text| content.length < 4 * CONTENT || text.is_empty());
    if is_text {
        return page.text(&String::from_utf8_lossy(&content.bytes));
    }
    let mut bytes = content.bytes.clone();
    page.secrets.mask_bytes(&mut bytes);
    bytes.truncate(CONTENT / 2);
    format!("{}…", safe(&bytes))
}

/// Bytes that are lines of text, what cannot be seen in them escaped.
fn lines(bytes: &[u8], length: usize, most: usize) -> String {
    let shown = bytes.get(..most).unwrap_or(bytes);
    let text = String::from_utf8_lossy(shown);
    let lines = text.split('\n').map(|line| safe_text(line.strip_suffix('\r').unwrap_or(line)));
    let mut lines = lines.collect::<Vec<_>>().join("\n");
    if shown.len() < length {
        let _ = write!(lines, "… {} of {length} bytes", shown.len());
    }
    lines
}

fn receipt(receipt: Receipt) -> String {
    match receipt {
        Receipt::Whole => "all of it was read".to_owned(),
        Receipt::Stalled => "the client stopped sending before its end".to_owned(),
        Receipt::Aborted => "the client closed the connection before its end".to_owned(),
        Receipt::Refused(bound) => format!("not read to its end: it exceeds {}", bound.as_str()),
    }
}

fn millis(time: std::time::Duration) -> String {
    format!("+{}.{} ms", time.as_millis(), time.as_micros() % 1000 / 100)
}
