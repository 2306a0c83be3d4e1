//! What was sent of the file.

use std::ops::Range;

use serde::Serialize;

use crate::results;

#[derive(Serialize)]
pub(super) struct Sent {
    /// The length of the file in bytes, if it is known.
    length: Option<u64>,
    slices: Vec<Slice>,
    /// How many more there were.
    left_out: usize,
    /// What the client was not told to be stored, if that is known.
    missing: Vec<Bytes>,
}

#[derive(Serialize)]
struct Slice {
    exchange: usize,
    start: u64,
    end: u64,
    /// Whether the client was told that it is stored.
    accepted: bool,
}

#[derive(Serialize)]
struct Bytes {
    start: u64,
    end: u64,
}

impl Sent {
    pub(super) fn of(sent: &results::Sent) -> Self {
        let slice = |slice: &results::SentSlice| Slice {
            exchange: slice.exchange,
            start: slice.range.start,
            end: slice.range.end,
            accepted: slice.accepted,
        };
        let bytes = |Range { start, end }| Bytes { start, end };
        Self {
            length: sent.length,
            slices: sent.slices.iter().map(slice).collect(),
            left_out: sent.left_out,
            missing: sent.missing().into_iter().map(bytes).collect(),
        }
    }
}
