//! The defects of `tests/it/clients/planted_parsers.py`, as conditions on what a client met.

use std::collections::BTreeSet;
use std::str;

use memchr::memmem;
use slicecheck::protocol::{Exchange, Op, Transcript};
use slicecheck::scenario::Setup;

use crate::planted_names::{PAIRS, PARSERS};

/// Their names; those of two things have a plus between them.
pub(super) fn defects() -> impl Iterator<Item = &'static str> {
    PARSERS.iter().chain(PAIRS).copied()
}

/// Which of them a client with all of them would have shown.
pub(super) fn met(transcript: &Transcript, setup: &Setup) -> Vec<&'static str> {
    let notes = notes(transcript, setup);
    let is_met = |defect: &&str| {
        if defect.contains('+') {
            defect.split('+').all(|one| notes.contains(one))
        } else {
            transcript.exchanges.iter().any(|exchange| is_misread(defect, exchange))
        }
    };
    defects().filter(is_met).collect()
}

/// Whether a parser with this defect stumbles over a reply.
fn is_misread(defect: &str, exchange: &Exchange) -> bool {
    let body = exchange.response.body().as_ref();
    let has = |piece: &[u8]| memmem::find(body, piece).is_some();
    let count = |piece: &[u8]| memmem::find_iter(body, piece).count();
    // Who takes a failure for a success lies where nothing was stored.
    let is_failure = exchange.response.is_plain_failure();
    match defect {
        "byte-order-mark" => body.starts_with(b"\xef\xbb\xbf"),
        "code-as-text" => is_failure && has(b"\"code\":\""),
        "cut" => is_failure && body.starts_with(b"{\"code\":0") && count(b"{") > count(b"}"),
        "deep" => count(b"[") > 60,
        "duplicate-first" => count(b"\"code\"") > 1,
        "duplicate-last" => has_name_twice(body) && !has(b"listparts"),
        "empty-name" => has(b"\"\":"),
        "exponent" => numbers(body).any(|number| number.contains(['e', 'E'])),
        "fraction" => numbers(body).any(|number| number.contains('.')),
        "head-line" => has_odd_line(exchange),
        "key-order" => body.starts_with(b"{\"") && !body.starts_with(b"{\"code\":"),
        "lone-surrogate" => [&b"\\ud8"[..], b"\\udc"].iter().any(|escape| has(escape)),
        "long-text" => body.split(|byte| *byte == b'"').any(|text| text.len() >= 300),
        "missing-code" => is_failure && body.starts_with(b"{") && !has(b"code"),
        "not-a-number" => has(b"NaN") || has(b"Infinity"),
        "not-utf8" => str::from_utf8(body).is_err(),
        "nul-in-text" => has(b"\\u0000") || has(b"\0"),
        "trailing" => !body.starts_with(b"[") && has_trailing(body),
        "wraps" => is_failure && code(body).is_some_and(|code| code != 0 && code % (1 << 32) == 0),
        "wraps-64" => is_failure && code(body).is_some_and(|code| code.abs() >= 1 << 63),
        _ => false,
    }
}

/// What stands after colons and begins like a number.
fn numbers(body: &[u8]) -> impl Iterator<Item = &str> {
    let pieces = body.split(|byte| *byte == b':').skip(1);
    pieces.filter_map(|piece| {
        let is_of_number = |byte: &u8| byte.is_ascii_digit() || b"-+.eE".contains(byte);
        let end = piece.iter().position(|byte| !is_of_number(byte)).unwrap_or(piece.len());
        let number = str::from_utf8(piece.get(..end)?).ok()?;
        number.trim_start_matches('-').starts_with(|it: char| it.is_ascii_digit()).then_some(number)
    })
}

fn code(body: &[u8]) -> Option<i128> {
    let at = memmem::find(body, b"\"code\":")?;
    numbers(body.get(at..)?).next()?.parse().ok()
}

fn has_name_twice(body: &[u8]) -> bool {
    let mut names = BTreeSet::new();
    let pieces: Vec<_> = body.split(|byte| *byte == b'"').collect();
    pieces.windows(2).any(|pair| match pair {
        [name, after] => after.starts_with(b":") && !names.insert(*name),
        _ => false,
    })
}

fn has_trailing(body: &[u8]) -> bool {
    body.windows(2).any(|pair| matches!(pair, [b'}', after] if !b" \r\n\t}],".contains(after)))
}

fn has_odd_line(exchange: &Exchange) -> bool {
    let raw = exchange.response.raw();
    let Some(end) = memmem::find(raw, b"\r\n\r\n") else { return false };
    let head = raw.get(..end).unwrap_or_default();
    let lines = memmem::find_iter(head, b"\r\n").filter_map(|at| head.get(at + 2..));
    let mut lines = lines.map(|rest| &rest[..memmem::find(rest, b"\r\n").unwrap_or(rest.len())]);
    lines.any(|line| !line.contains(&b':'))
}

/// What has happened in an upload.
fn notes(transcript: &Transcript, setup: &Setup) -> BTreeSet<String> {
    const TRANSIENT: [i64; 7] = [-71, -195, -196, -5997, -20034, -21095, -29302];
    const UNFINISHED: i64 = -4019;
    let mut notes = BTreeSet::new();
    let mut add = |note: &str| {
        notes.insert(note.to_owned());
    };
    for exchange in &transcript.exchanges {
        let name = match exchange.request.op() {
            Some(Op::Init) => "init",
            Some(Op::Data) => "slice",
            Some(Op::List) => "list",
            Some(Op::Finish) => "finish",
            _ => continue,
        };
        match exchange.facts() {
            Ok(facts) if facts.code == 0 && exchange.response.status() == 200 => {}
            Ok(facts) if facts.code == UNFINISHED => {}
            Ok(facts) if facts.code != 0 && !TRANSIENT.contains(&facts.code) => {
                add(&format!("{name}-refused"));
            }
            _ => add(&format!("{name}-lost")),
        }
        if name == "list" {
            add("resumed");
        }
    }
    let has_begun =
        transcript.exchanges.iter().any(|exchange| exchange.request.op() == Some(&Op::Data));
    let form = setup.behaviour.session;
    if has_begun && form == slicecheck::server::SessionForm::Long {
        add("long-session");
    }
    if has_begun && setup.behaviour.serial_upload == Some(true) {
        add("serial");
    }
    let granted = match setup.behaviour.slice_size {
        slicecheck::server::SliceSize::Asked => setup.slice_size,
        slicecheck::server::SliceSize::Fixed(size) => size,
        slicecheck::server::SliceSize::Changes { first, .. } => first,
    };
    let size = setup.file.size as u64;
    if has_begun && size <= granted {
        add("one-slice");
    }
    if has_begun && size % granted.max(1) == 1 {
        add("last-byte");
    }
    notes
}
