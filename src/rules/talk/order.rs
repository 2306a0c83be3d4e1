//! What came before what: computed once for a conversation, as many rules ask it of each call.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::Call;
use super::held::earliest_covers;
use crate::protocol::{Op, Slice};

/// The order of a conversation's calls, in number and in time.
pub(super) struct Order {
    /// For each call, the number of the next one that asks for the same.
    next_same: Vec<Option<usize>>,
    /// Replies that said that the object is complete, by number; each came before those before it.
    stored: Vec<(Duration, usize)>,
    /// By the number of a call, when its slice was acknowledged first.
    acknowledged: BTreeMap<usize, Duration>,
    /// By the number of a call, when its slice was acknowledged first by a reply that describes it.
    echoed: BTreeMap<usize, Duration>,
    /// All data requests, by number.
    sent: Vec<Sent>,
    /// The bytes of the file, cut where slices begin and end.
    runs: Vec<Run>,
}

/// A data request, and until when it was open.
struct Sent {
    number: usize,
    started: Duration,
    /// When its reply came, or its slice was acknowledged otherwise.
    settled: Duration,
}

/// Some bytes of the file, and since when they were on their way.
struct Run {
    start: u64,
    /// The first data request that had them, by number.
    number: Option<usize>,
    /// The first that had them, or said that the service has, by time.
    time: Option<Duration>,
}

impl Order {
    pub(super) fn of(calls: &[Call], size: u64) -> Self {
        let wanted = calls.iter().filter_map(|call| Some((call.slice()?, call.number)));
        let wanted: Vec<_> = wanted.collect();
        let acknowledged = earliest_covers(acknowledged(calls).collect(), wanted.clone());
        let echoes = calls.iter().filter(|call| call.echoed && call.is(&Op::Data));
        let echoes = echoes.filter_map(|call| Some((call.slice()?, call.exchange.answered)));
        let sent = calls.iter().filter(|call| call.request.op() == Some(&Op::Data)).map(|call| {
            let answered = call.exchange.answered;
            let settled = acknowledged.get(&call.number).map_or(answered, |at| answered.min(*at));
            Sent { number: call.number, started: call.exchange.started, settled }
        });
        Self {
            next_same: next_same(calls),
            stored: stored(calls),
            echoed: earliest_covers(echoes.collect(), wanted),
            sent: sent.collect(),
            runs: runs(calls, size),
            acknowledged,
        }
    }

    pub(super) fn next_same(&self, number: usize) -> Option<usize> {
        self.next_same.get(number).copied().flatten()
    }

    pub(super) fn stored_before(&self, time: Duration) -> Option<usize> {
        let at = self.stored.partition_point(|(answered, _)| *answered > time);
        self.stored.get(at).map(|(_, number)| *number)
    }

    pub(super) fn is_acknowledged_before(&self, number: usize, time: Duration) -> bool {
        self.acknowledged.get(&number).is_some_and(|at| *at <= time)
    }

    pub(super) fn is_echoed_before(&self, number: usize, time: Duration) -> bool {
        self.echoed.get(&number).is_some_and(|at| *at <= time)
    }

    /// The data requests that were open when this call was sent, by number.
    pub(super) fn open_at(&self, call: &Call) -> impl Iterator<Item = usize> {
        let (at, started) = (call.number, call.exchange.started);
        let open = self.sent.iter().filter(move |sent| {
            sent.settled > started && (sent.number < at || sent.started < started)
        });
        open.map(|sent| sent.number)
    }

    /// The first bytes of the file that were neither sent nor said to be there before this call.
    pub(super) fn first_gap_before(&self, call: &Call, size: u64) -> Option<Slice> {
        let (at, started) = (call.number, call.exchange.started);
        let is_missing = |run: &&Run| {
            run.number.is_none_or(|number| number >= at)
                && run.time.is_none_or(|time| time > started)
        };
        let mut runs = self.runs.iter().skip_while(|run| !is_missing(run));
        let start = runs.next()?.start;
        let end = runs.find(|run| !is_missing(run)).map_or(size, |run| run.start);
        Some(Slice { offset: start, length: end.saturating_sub(start) })
    }
}

/// The slices that the service has acknowledged, by its own words, and when.
fn acknowledged<'c>(calls: &'c [Call]) -> impl Iterator<Item = (Slice, Duration)> + 'c {
    calls.iter().filter(|call| call.success).flat_map(|call| {
        let own = call.slice().filter(|_| call.is(&Op::Data));
        let all = own.into_iter().chain(call.listed.slices());
        all.map(|slice| (slice, call.exchange.answered))
    })
}

fn next_same(calls: &[Call]) -> Vec<Option<usize>> {
    let mut later = HashMap::new();
    let next = calls.iter().rev().map(|call| later.insert((call.op()?, call.offset), call.number));
    let mut next: Vec<_> = next.collect();
    next.reverse();
    next
}

fn stored(calls: &[Call]) -> Vec<(Duration, usize)> {
    let closes = |call: &&Call| {
        let closes = matches!(call.request.op(), Some(Op::Finish | Op::Upload));
        closes && call.says_stored && call.clear
    };
    let mut earliest = Duration::MAX;
    let mut stored = Vec::new();
    for call in calls.iter().filter(closes) {
        if call.exchange.answered < earliest || stored.is_empty() {
            earliest = call.exchange.answered;
            stored.push((earliest, call.number));
        }
    }
    stored
}

fn runs(calls: &[Call], size: u64) -> Vec<Run> {
    let sent = calls.iter().filter(|call| call.request.op() == Some(&Op::Data));
    let sent = sent.filter_map(|call| Some((call, call.slice()?)));
    let by_number = sent.clone().map(|(call, slice)| (slice, call.number));
    // A slice is on its way before a call that begins any time later.
    let just_behind = |time: Duration| time.saturating_add(Duration::from_nanos(1));
    let by_time = sent.map(|(call, slice)| (slice, just_behind(call.exchange.started)));
    let by_number: Vec<_> = by_number.collect();
    let by_time: Vec<_> = by_time.chain(acknowledged(calls)).collect();
    let ends = by_time.iter().flat_map(|(slice, _)| [slice.offset, end(*slice)]);
    let starts: BTreeSet<u64> = [0].into_iter().chain(ends).filter(|at| *at < size).collect();
    let (number, time) = (firsts(&starts, by_number), firsts(&starts, by_time));
    let run = |start: &u64| Run {
        start: *start,
        number: number.get(start).copied(),
        time: time.get(start).copied(),
    };
    starts.iter().map(run).collect()
}

/// For each run of bytes, by its start, the least of what comes with the slices that have it.
fn firsts<T: Ord + Copy>(starts: &BTreeSet<u64>, mut slices: Vec<(Slice, T)>) -> HashMap<u64, T> {
    slices.sort_by_key(|(_, value)| *value);
    let mut open = starts.clone();
    let mut firsts = HashMap::new();
    for (slice, value) in slices {
        let now: Vec<_> = open.range(slice.offset..end(slice)).copied().collect();
        for start in now {
            open.remove(&start);
            firsts.insert(start, value);
        }
    }
    firsts
}

fn end(slice: Slice) -> u64 {
    slice.end().unwrap_or(u64::MAX)
}
