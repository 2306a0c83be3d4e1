//! Exchanges in short.

use serde::Serialize;

use super::Masked;
use crate::protocol::Delivery;
use crate::report::secrets::Secrets;
use crate::results::{Judged, ReplyRow, Row};

#[derive(Serialize)]
pub(super) struct LadderRow {
    exchange: usize,
    op: Option<Masked>,
    filesize: Option<Masked>,
    slice_size: Option<Masked>,
    offset: Option<Masked>,
    /// The length of the content in bytes.
    content: Option<usize>,
    reply: Reply,
}

#[derive(Serialize)]
struct Reply {
    status: u16,
    /// Null where it is no JSON of the service, or not enough was delivered.
    code: Option<i64>,
    /// What is granted, as JSON, cut.
    slice_size: Option<Masked>,
    /// How it was delivered; null if whole.
    delivery: Option<String>,
}

/// All exchanges that are kept.
pub(super) fn ladder(judged: &Judged, secrets: &Secrets) -> Vec<LadderRow> {
    judged.rows().map(|(exchange, row)| ladder_row(exchange, row, secrets)).collect()
}

fn ladder_row(exchange: usize, row: &Row, secrets: &Secrets) -> LadderRow {
    let masked = |text: &String| Masked::new(text, secrets);
    let field = |wanted: &str| {
        let found = row.fields.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| masked(value))
    };
    let (code, slice_size) = match &row.reply {
        ReplyRow::Cut | ReplyRow::NoJson => (None, None),
        ReplyRow::Code(code, slice_size) => (Some(*code), slice_size.as_ref().map(masked)),
    };
    let delivery = Some(row.delivery).filter(|delivery| *delivery != Delivery::Whole);
    LadderRow {
        exchange,
        op: row.op.as_ref().map(masked),
        filesize: field("filesize"),
        slice_size: field("slice_size"),
        offset: field("offset"),
        content: row.content,
        reply: Reply {
            status: row.status,
            code,
            slice_size,
            delivery: delivery.map(|delivery| delivery.to_string()),
        },
    }
}
