//! When exchanges took place, and what came over the wire.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;

use super::Masked;
use crate::report::View;
use crate::report::secrets::Secrets;
use crate::report::wire::{BODY, CONTENT, HEAD, first, receipt, request_head};
use crate::results::{Judged, Piece, Results, Row, ScenarioResult, Wire};

/// How many bytes, roughly, requests and replies take in a report: more than a page can show.
const MOST: usize = 12 << 20;
/// What the names of fields take, roughly, in bytes.
const NAMES: usize = 64;

/// An exchange of the ladder, by its number.
#[derive(Serialize)]
pub(super) struct OnWire {
    exchange: usize,
    /// From 1.
    connection: u32,
    /// Since the scenario began.
    started_us: u128,
    answered_us: u128,
    /// Where findings and deviations are, and there is room.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Request>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<Reply>,
}

#[derive(Serialize)]
struct Request {
    head: First,
    fields: Vec<Field>,
    more_fields: usize,
    body_length: usize,
    /// How much of it was read, in words.
    receipt: String,
}

#[derive(Serialize)]
struct Field {
    name: Masked,
    content: First,
}

#[derive(Serialize)]
struct Reply {
    head: First,
    body: First,
}

/// The first bytes of something.
#[derive(Serialize)]
struct First {
    /// How many bytes there are in all.
    length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Where it is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
}

/// Which exchanges there is room for, by scenario and number.
pub(super) struct Shown(BTreeSet<(usize, usize)>);

impl Shown {
    /// First one for each finding, then others of scenarios that have any, then those of other scenarios.
    pub(super) fn of(results: &Results) -> Self {
        let mut all = Vec::new();
        for (place, result) in results.scenarios.iter().enumerate() {
            let found = |number: usize| {
                result.findings.iter().any(|found| found.finding.exchange == Some(number))
            };
            for (number, _, wire) in result.judged().into_iter().flat_map(Judged::wires) {
                let others = (!found(number), result.findings.is_empty());
                all.push((others.1, others.0, place, number, size(wire)));
            }
        }
        all.sort_unstable();
        let mut left = MOST;
        let mut shown = BTreeSet::new();
        for (_, _, place, number, size) in all {
            if size <= left {
                left -= size;
                shown.insert((place, number));
            }
        }
        Self(shown)
    }

    fn has(&self, scenario: usize, exchange: usize) -> bool {
        self.0.contains(&(scenario, exchange))
    }

    /// How many exchanges of a scenario there is no room for.
    pub(super) fn left_out(&self, place: usize, result: &ScenarioResult) -> usize {
        let wires = result.judged().into_iter().flat_map(Judged::wires);
        wires.filter(|(number, _, _)| !self.has(place, *number)).count()
    }

    /// All exchanges that are kept, with what came over the wire if there is room.
    pub(super) fn exchanges(
        &self,
        place: usize,
        judged: &Judged,
        view: View,
        secrets: &Secrets,
    ) -> Vec<OnWire> {
        let wire = |number: usize| {
            let mut wires = judged.wires().filter(|_| self.has(place, number));
            wires.find(|(of, _, _)| *of == number).map(|(_, _, wire)| wire)
        };
        judged
            .rows()
            .map(|(number, row)| exchange(number, row, wire(number), view, secrets))
            .collect()
    }
}

/// How many bytes an exchange takes, roughly.
fn size(wire: &Wire) -> usize {
    let cut = |piece: &Piece, most: usize| piece.bytes.len().min(most) + NAMES;
    let fields = wire.fields.iter().map(|(name, content)| name.len() + cut(content, usize::MAX));
    let heads = cut(&wire.head, HEAD) + cut(&wire.reply_head, HEAD);
    fields.sum::<usize>() + heads + cut(&wire.reply_body, BODY)
}

fn exchange(
    exchange: usize,
    row: &Row,
    wire: Option<&Wire>,
    view: View,
    secrets: &Secrets,
) -> OnWire {
    let micros = |time: Duration| time.as_micros();
    let field = |(name, content): &(String, Piece)| Field {
        name: Masked::new(name, secrets),
        content: match content.as_text() {
            Some(text) => First::new(content, secrets.mask(text).into_owned()),
            None => First::hex(content, &first(content, CONTENT, secrets)),
        },
    };
    let text = |piece: &Piece, bytes: &[u8]| {
        First::new(piece, String::from_utf8_lossy(bytes).into_owned())
    };
    OnWire {
        exchange,
        connection: row.connection,
        started_us: micros(row.started),
        answered_us: micros(row.answered),
        request: wire.map(|wire| Request {
            head: text(&wire.head, &request_head(wire, view, secrets)),
            fields: wire.fields.iter().map(field).collect(),
            more_fields: wire.more_fields,
            body_length: wire.body_length,
            receipt: receipt(wire.receipt),
        }),
        reply: wire.map(|wire| Reply {
            head: text(&wire.reply_head, &first(&wire.reply_head, HEAD, secrets)),
            body: text(&wire.reply_body, &first(&wire.reply_body, BODY, secrets)),
        }),
    }
}

impl First {
    fn new(piece: &Piece, text: String) -> Self {
        Self { length: piece.length, text: Some(text), hex: None }
    }

    fn hex(piece: &Piece, bytes: &[u8]) -> Self {
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Self { length: piece.length, text: None, hex: Some(hex) }
    }
}
