//! What a client sent of its file.

use std::ops::Range;

use crate::protocol::{Acknowledgement, Exchange, Op, Transcript};

/// How many slices are kept: more cannot be told apart in a drawing.
const MOST: usize = 512;

/// The slices of a file, in the order in which they came.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Sent {
    /// The length of the file in bytes, if it is known.
    pub length: Option<u64>,
    /// The slices.
    pub slices: Vec<SentSlice>,
    /// How many more there were.
    pub left_out: usize,
}

/// A slice that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentSlice {
    /// The number of the exchange, counted from 0.
    pub exchange: usize,
    /// Which bytes of the file it claims to be.
    pub range: Range<u64>,
    /// Whether the client was told that it is stored.
    pub accepted: bool,
}

impl Sent {
    pub(super) fn of(transcript: &Transcript) -> Self {
        let slices = transcript.exchanges.iter().enumerate();
        let mut slices = slices.filter_map(|(number, exchange)| SentSlice::of(number, exchange));
        Self {
            length: transcript.job.file.as_ref().map(crate::protocol::FileView::len),
            slices: slices.by_ref().take(MOST).collect(),
            left_out: slices.count(),
        }
    }

    /// The bytes of the file that were not sent, or of which the client was not told that they are stored.
    ///
    /// Nothing if the length of the file is not known, or not all slices are.
    pub fn missing(&self) -> Vec<Range<u64>> {
        // With slices left out nobody knows: a range that seems to be missing may be among them.
        let (Some(length), 0) = (self.length, self.left_out) else { return Vec::new() };
        let mut stored: Vec<_> = self.slices.iter().filter(|slice| slice.accepted).collect();
        stored.sort_by_key(|slice| slice.range.start);
        let (mut missing, mut end) = (Vec::new(), 0);
        for SentSlice { range, .. } in stored {
            if range.start.min(length) > end {
                missing.push(end..range.start.min(length));
            }
            end = end.max(range.end);
        }
        if end < length {
            missing.push(end..length);
        }
        missing
    }

    /// The slices, each with how often its bytes were sent before, in whole or in part.
    pub fn layers(&self) -> impl Iterator<Item = (&SentSlice, usize)> {
        let overlaps = |one: &SentSlice, other: &SentSlice| {
            one.range.start < other.range.end && other.range.start < one.range.end
        };
        self.slices.iter().enumerate().map(move |(number, slice)| {
            // Each with each: there are at most `MOST` of them.
            let earlier = self.slices.iter().take(number);
            (slice, earlier.filter(|other| overlaps(slice, other)).count())
        })
    }

    /// How many slices were sent more than once, with the same bounds; and how many overlap another one.
    pub fn repeated(&self) -> (usize, usize) {
        let (mut doubled, mut overlapping) = (0, 0);
        for (number, (slice, layer)) in self.layers().enumerate() {
            let before = || self.slices.iter().take(number);
            if before().any(|other| other.range == slice.range) {
                doubled += 1;
            } else if layer > 0 {
                overlapping += 1;
            }
        }
        (doubled, overlapping)
    }
}

impl SentSlice {
    /// A request that carries content of the file; `None` for others.
    fn of(number: usize, exchange: &Exchange) -> Option<Self> {
        let request = &exchange.request;
        let start = match request.op()? {
            Op::Upload => 0,
            Op::Data => request.number("offset")?,
            _ => return None,
        };
        let length = u64::try_from(request.value("filecontent")?.content.len()).ok()?;
        // As the rules take it: a client may have got less than the service has said.
        let facts = exchange.facts().ok();
        let accepted = Acknowledgement::of(exchange, facts.as_ref()).is_possible();
        Some(Self { exchange: number, range: start..start.checked_add(length)?, accepted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(ranges: &[Range<u64>]) -> Sent {
        let slice =
            |range: &Range<u64>| SentSlice { exchange: 0, range: range.clone(), accepted: true };
        Sent { length: Some(100), slices: ranges.iter().map(slice).collect(), left_out: 0 }
    }

    #[test]
    fn what_is_sent_again_is_told_from_what_overlaps() {
        assert_eq!(sent(&[0..50, 50..100]).repeated(), (0, 0));
        assert_eq!(sent(&[0..50, 0..50, 0..50, 50..100]).repeated(), (2, 0));
        assert_eq!(sent(&[0..50, 40..60, 0..50]).repeated(), (1, 1));
        let layers = |ranges: &[Range<u64>]| -> Vec<_> {
            sent(ranges).layers().map(|(_, layer)| layer).collect()
        };
        assert_eq!(layers(&[0..50, 50..100, 49..51]), [0, 0, 2]);
    }

    #[test]
    fn what_is_missing_lies_between_and_after_what_was_stored() {
        assert_eq!(sent(&[10..50, 60..90]).missing(), [0..10, 50..60, 90..100]);
        assert_eq!(sent(&[60..100, 0..60]).missing(), [0..0; 0]);
        assert_eq!(sent(&[0..300, 0..1]).missing(), [0..0; 0]);
        let unknown = Sent { left_out: 1, ..sent(&[0..50, 0..1]) };
        assert_eq!(unknown.missing(), [0..0; 0]);
    }
}
