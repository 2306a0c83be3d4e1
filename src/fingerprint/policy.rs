//! What the pauses between attempts say of the policy that they follow.
//!
//! Pauses of one run are those before the second attempt, the third, and so on; several runs against the same fault
//! show which of them are drawn at random. What was measured is at least what was meant: a machine adds to pauses and
//! takes nothing from them.

use std::time::Duration;

mod random;
mod steady;

/// What a client follows between attempts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Whether the second attempt comes at once, and the rest is about those after it.
    pub first_at_once: bool,
    /// The first pause; where pauses are drawn at random, the longest that it can be.
    pub base: Duration,
    /// How one pause follows from another; `None` if there is only one.
    pub growth: Option<Growth>,
    /// The longest pause, if any reaches it.
    pub cap: Option<Duration>,
    /// Whether pauses are drawn at random; the least part of a pause that is waited, from 0 to 1.
    pub jitter: Option<f64>,
}

/// How pauses grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Growth {
    /// Not at all.
    Constant,
    /// By the first pause each time.
    Linear,
    /// By this factor each time.
    Exponential(f64),
}

/// Less than this is no pause: it is what it takes to send a request again.
pub const AT_ONCE: Duration = Duration::from_millis(19);

impl Policy {
    /// The policy that pauses of some runs follow; `None` if there is no pause.
    pub fn fit(runs: &[Vec<Duration>]) -> Option<Self> {
        let all = columns(runs);
        all.first()?;
        let at_once = AT_ONCE.as_secs_f64();
        if all.iter().all(|pauses| least(pauses) < at_once && middle(pauses) < 2.0 * at_once) {
            return Some(Self {
                first_at_once: true,
                base: Duration::ZERO,
                growth: (all.len() > 1).then_some(Growth::Constant),
                cap: None,
                jitter: None,
            });
        }
        let is_first_short = all.len() > 1 && middle(all.first()?) < at_once;
        let columns = if is_first_short { all.get(1..)? } else { &all };
        let shape = if is_random(columns) { random::fit(columns) } else { steady::fit(columns) };
        Some(Self { first_at_once: is_first_short, ..shape })
    }
}

impl Policy {
    /// Whether pauses may follow this policy, too, with what a busy machine adds to them.
    pub(super) fn allows(&self, runs: &[Vec<Duration>]) -> bool {
        const ADDED: (f64, f64) = (0.5, 0.05);
        let (part, seconds) = ADDED;
        columns(runs).iter().enumerate().all(|(index, pauses)| {
            let index = if self.first_at_once { index.checked_sub(1) } else { Some(index) };
            let longest = index.map_or(0.0, |index| self.longest(index));
            let shortest = 0.9 * self.jitter.unwrap_or(1.0) * longest;
            (shortest..=longest * (1.0 + part) + seconds).contains(&least(pauses))
        })
    }

    /// The pause of this index, in seconds, or the longest that it can be; counted from 0, which is the first that is one.
    fn longest(&self, index: usize) -> f64 {
        let grown = self.base.as_secs_f64() * self.growth.unwrap_or(Growth::Constant).at(index);
        grown.min(self.cap.map_or(f64::INFINITY, |cap| cap.as_secs_f64()))
    }
}

impl Growth {
    /// How many times the first pause the pause of this index is, counted from 0.
    fn at(self, index: usize) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Linear => number(index) + 1.0,
            Self::Exponential(factor) => factor.powf(number(index)),
        }
    }
}

/// The pauses before the second attempt, the third, and so on, of all runs: in seconds, sorted.
fn columns(runs: &[Vec<Duration>]) -> Vec<Vec<f64>> {
    let column = |at: usize| {
        let mut pauses: Vec<f64> =
            runs.iter().filter_map(|run| run.get(at)).map(Duration::as_secs_f64).collect();
        pauses.sort_by(f64::total_cmp);
        pauses
    };
    (0..runs.iter().map(Vec::len).max().unwrap_or(0)).map(column).collect()
}

/// Whether pauses of the same place differ by more than a busy machine adds to them.
fn is_random(columns: &[Vec<f64>]) -> bool {
    const FEWEST: usize = 3;
    let known = || columns.iter().filter(|pauses| pauses.len() >= FEWEST);
    let differs = |pauses: &&Vec<f64>| {
        let middle = middle(pauses);
        middle - least(pauses) > f64::max(0.015, 0.12 * middle)
    };
    // More than half of them: one may be what the machine has added.
    known().filter(differs).count().saturating_mul(2) > known().count()
}

/// The least of sorted numbers; 0 of none.
fn least(sorted: &[f64]) -> f64 {
    sorted.first().copied().unwrap_or(0.0)
}

/// The greatest of sorted numbers; 0 of none.
fn greatest(sorted: &[f64]) -> f64 {
    sorted.last().copied().unwrap_or(0.0)
}

/// The one in the middle of sorted numbers; 0 of none.
fn middle(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

/// A small number, which is all that there is of attempts and runs.
fn number(count: usize) -> f64 {
    f64::from(u16::try_from(count).unwrap_or(u16::MAX))
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
