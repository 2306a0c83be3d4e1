//! Slices that a service holds, and from when.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::protocol::Slice;

/// Slices that a list names, without those that lie in another one.
#[derive(Clone, Debug, Default)]
pub struct Held(Vec<Slice>);

impl Held {
    /// Of these slices, in any order.
    pub fn new(mut slices: Vec<Slice>) -> Self {
        // Of those at one offset the longest comes first, so that the others are seen to lie in it.
        slices.sort_unstable_by_key(|slice| (slice.offset, std::cmp::Reverse(slice.length)));
        let mut furthest = None;
        slices.retain(|slice| {
            let is_further = slice.end() > furthest;
            furthest = furthest.max(slice.end());
            is_further
        });
        Self(slices)
    }

    /// Whether one of them has every byte of this slice.
    pub fn covers(&self, slice: Slice) -> bool {
        // Each ends after those before it: of the ones that begin early enough, the last.
        let after = self.0.partition_point(|held| held.offset <= slice.offset);
        let last = after.checked_sub(1).and_then(|last| self.0.get(last));
        last.is_some_and(|held| held.covers(slice))
    }

    /// One that a slice has bytes of, although it is neither in that slice from its first byte on nor the
    /// other way round: the rest of a slice that arrived in part is sent with all of it.
    pub fn cut_across(&self, slice: Slice) -> Option<Slice> {
        // Without those that lie in others, ends are in order as offsets are.
        let first = self.0.partition_point(|held| held.end() <= Some(slice.offset));
        let overlapping = self.0.get(first..)?.iter();
        let mut overlapping = overlapping.take_while(|held| Some(held.offset) < slice.end());
        let cut = overlapping.find(|held| held.offset != slice.offset && !held.covers(slice));
        cut.copied()
    }

    pub(in crate::rules) fn slices(&self) -> impl Iterator<Item = Slice> {
        self.0.iter().copied()
    }
}

/// For each slice that is wanted, by its number, when one that covers it was known first.
pub(super) fn earliest_covers(
    mut known: Vec<(Slice, Duration)>,
    mut wanted: Vec<(Slice, usize)>,
) -> BTreeMap<usize, Duration> {
    // In one pass, both by offset: asking for each slice again would take
    // the square of the requests.
    known.sort_unstable();
    wanted.sort_unstable();
    let mut known = known.into_iter().peekable();
    // What begins early enough and is taken in here covers a slice where it reaches its end.
    let mut reached = Reached::default();
    let earliest = wanted.into_iter().filter_map(|(slice, number)| {
        while let Some((known, time)) = known.next_if(|(known, _)| known.offset <= slice.offset) {
            reached.add(known.end(), time);
        }
        Some((number, reached.at(slice.end()?)?))
    });
    earliest.collect()
}

/// From when a byte was reached: ends of slices, the later in the file the later in time.
#[derive(Default)]
struct Reached(BTreeMap<u64, Duration>);

impl Reached {
    fn add(&mut self, end: Option<u64>, time: Duration) {
        let Some(end) = end.filter(|end| self.at(*end).is_none_or(|known| time < known)) else {
            return;
        };
        // Who reached less, and no earlier, is never asked for again.
        while let Some((shorter, known)) = self.0.range(..=end).next_back()
            && *known >= time
        {
            let shorter = *shorter;
            self.0.remove(&shorter);
        }
        self.0.insert(end, time);
    }

    fn at(&self, end: u64) -> Option<Duration> {
        self.0.range(end..).next().map(|(_, time)| *time)
    }
}
