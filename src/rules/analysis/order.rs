//! What came before what: computed once for a conversation, as many rules ask it of each exchange.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::AnnotatedExchange;
use super::held::earliest_covers;
use crate::protocol::{Op, Slice};

/// The order of a conversation's exchanges, in number and in time.
pub(super) struct Order {
    /// For each exchange, the number of the next one that asks for the same.
    next_same: Vec<Option<usize>>,
    /// Replies that said that the object is complete, by number; each came before those before it.
    stored: Vec<(Duration, usize)>,
    /// By the number of an exchange, when its slice was acknowledged first for the same upload.
    acknowledged: BTreeMap<usize, Duration>,
    /// The same, by a reply that describes it.
    echoed: BTreeMap<usize, Duration>,
    /// All data requests, by number.
    sent: Vec<Sent>,
    /// By the init that opened the upload, the bytes of the file, cut where slices begin and end.
    runs: HashMap<usize, Vec<Run>>,
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
    pub(super) fn of(exchanges: &[AnnotatedExchange], size: u64) -> Self {
        let by_opening = by_opening(exchanges);
        let mut acknowledged = BTreeMap::new();
        let mut echoed = BTreeMap::new();
        // What was acknowledged for one upload says nothing of another.
        for of_one in by_opening.values() {
            let wanted: Vec<_> = slices(of_one).collect();
            let described = of_one.iter().filter(|it| it.echoed() && it.is(&Op::Data));
            let described = described.filter_map(|it| Some((it.slice()?, it.exchange.answered)));
            echoed.extend(earliest_covers(described.collect(), wanted.clone()));
            let known = acknowledgements(of_one.iter().copied());
            acknowledged.extend(earliest_covers(known.collect(), wanted));
        }
        let sent = exchanges
            .iter()
            .filter(|annotated| annotated.request.op() == Some(&Op::Data))
            .map(|annotated| {
                let answered = annotated.exchange.answered;
                let settled =
                    // A list may say that it is there before its own reply comes.
                    acknowledged.get(&annotated.number).map_or(answered, |at| answered.min(*at));
                Sent { number: annotated.number, started: annotated.exchange.started, settled }
            });
        Self {
            next_same: next_same(exchanges),
            stored: stored(exchanges),
            sent: sent.collect(),
            runs: by_opening
                .into_iter()
                .map(|(opening, of_one)| (opening, runs(&of_one, size)))
                .collect(),
            echoed,
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

    /// The data requests that were open when this exchange was sent, by number.
    pub(super) fn open_at(&self, annotated: &AnnotatedExchange) -> impl Iterator<Item = usize> {
        let (at, started) = (annotated.number, annotated.exchange.started);
        let open = self.sent.iter().filter(move |sent| {
            // A number tells when a request was complete: one that began
            // earlier may have a higher one.
            sent.settled > started && (sent.number < at || sent.started < started)
        });
        open.map(|sent| sent.number)
    }

    /// The first bytes of the file that were neither sent nor said to be there before this exchange.
    pub(super) fn first_gap_before(
        &self,
        annotated: &AnnotatedExchange,
        size: u64,
    ) -> Option<Slice> {
        let (at, started) = (annotated.number, annotated.exchange.started);
        // Missing only by both orders: where requests overlap they differ, and
        // nobody is accused in doubt.
        let is_missing = |run: &&Run| {
            run.number.is_none_or(|number| number >= at)
                && run.time.is_none_or(|time| time > started)
        };
        let Some(runs) = self.runs.get(&annotated.opening) else {
            return Some(Slice { offset: 0, length: size }).filter(|file| file.length > 0);
        };
        let mut runs = runs.iter().skip_while(|run| !is_missing(run));
        let start = runs.next()?.start;
        let end = runs.find(|run| !is_missing(run)).map_or(size, |run| run.start);
        Some(Slice { offset: start, length: end.saturating_sub(start) })
    }
}

/// The slices that the service has acknowledged, by its own words, and when.
fn acknowledgements<'c>(
    exchanges: impl Iterator<Item = &'c AnnotatedExchange>,
) -> impl Iterator<Item = (Slice, Duration)> {
    exchanges.filter(|annotated| annotated.success()).flat_map(|annotated| {
        let own = annotated.slice().filter(|_| annotated.is(&Op::Data));
        // A list acknowledges, too, whoever sent what it names.
        let all = own.into_iter().chain(annotated.listed.slices());
        all.map(|slice| (slice, annotated.exchange.answered))
    })
}

fn next_same(exchanges: &[AnnotatedExchange]) -> Vec<Option<usize>> {
    let mut later = HashMap::new();
    let next = exchanges
        .iter()
        .rev()
        .map(|annotated| later.insert((annotated.op()?, annotated.offset), annotated.number));
    let mut next: Vec<_> = next.collect();
    next.reverse();
    next
}

fn stored(exchanges: &[AnnotatedExchange]) -> Vec<(Duration, usize)> {
    let closes = |annotated: &&AnnotatedExchange| {
        let closes = matches!(annotated.request.op(), Some(Op::Finish | Op::Upload));
        closes && annotated.says_stored() && annotated.clear()
    };
    let mut earliest = Duration::MAX;
    let mut stored = Vec::new();
    for annotated in exchanges.iter().filter(closes) {
        // A later one that was answered later too is the first of no question.
        if annotated.exchange.answered < earliest || stored.is_empty() {
            earliest = annotated.exchange.answered;
            stored.push((earliest, annotated.number));
        }
    }
    stored
}

/// The exchanges by the init that opened their upload.
fn by_opening(exchanges: &[AnnotatedExchange]) -> BTreeMap<usize, Vec<&AnnotatedExchange>> {
    let mut by_opening: BTreeMap<usize, Vec<&AnnotatedExchange>> = BTreeMap::new();
    for annotated in exchanges {
        by_opening.entry(annotated.opening).or_default().push(annotated);
    }
    by_opening
}

fn slices(exchanges: &[&AnnotatedExchange]) -> impl Iterator<Item = (Slice, usize)> {
    exchanges.iter().filter_map(|annotated| Some((annotated.slice()?, annotated.number)))
}

fn runs(exchanges: &[&AnnotatedExchange], size: u64) -> Vec<Run> {
    let exchanges = || exchanges.iter().copied();
    // Well framed or not: bytes that were sent in a broken request were
    // sent, and have rules of theirs.
    let sent = exchanges().filter(|annotated| annotated.request.op() == Some(&Op::Data));
    let sent = sent.filter_map(|annotated| Some((annotated, annotated.slice()?)));
    let by_number = sent.clone().map(|(annotated, slice)| (slice, annotated.number));
    // A slice is on its way before an exchange that begins any time later.
    let just_after = |time: Duration| time.saturating_add(Duration::from_nanos(1));
    let by_time = sent.map(|(annotated, slice)| (slice, just_after(annotated.exchange.started)));
    let by_number: Vec<_> = by_number.collect();
    let by_time: Vec<_> = by_time.chain(acknowledgements(exchanges())).collect();
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
    // The least value first, so that each run is taken once, by the slice that counts.
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
