//! Pauses that are drawn at random, each with the same likelihood up to its longest.

use super::{Growth, Policy, duration, greatest, least, number};

/// Factors are told as one of these: a few random pauses do not tell more.
const GROWTHS: [Growth; 5] = [
    Growth::Constant,
    Growth::Linear,
    Growth::Exponential(1.5),
    Growth::Exponential(2.0),
    Growth::Exponential(3.0),
];

/// Pauses of which none is less than this part of the longest are drawn from there on.
const LEAST_PART: f64 = 0.2;

/// The policy under which the pauses are most likely; a cap has to make them clearly more so.
pub(super) fn fit(columns: &[Vec<f64>]) -> Policy {
    let heads = (1..=columns.len()).rev();
    let shapes = heads.flat_map(|head| GROWTHS.map(|growth| Shape::of(columns, growth, head)));
    let best = shapes.flatten().min_by(|a, b| a.unlikelihood.total_cmp(&b.unlikelihood));
    let shape = best.unwrap_or(Shape {
        growth: Growth::Constant,
        base: columns.iter().map(|pauses| greatest(pauses)).fold(0.0, f64::max),
        cap: None,
        unlikelihood: 0.0,
    });
    shape.policy(columns)
}

/// What the longest pauses may be, in seconds.
struct Shape {
    growth: Growth,
    base: f64,
    cap: Option<f64>,
    /// The negative logarithm of the likelihood, and the price of a cap.
    unlikelihood: f64,
}

impl Shape {
    /// The smallest policy that the pauses of all columns are within, of which those from `head` on have the cap.
    fn of(columns: &[Vec<f64>], growth: Growth, head: usize) -> Option<Self> {
        let (growing, capped) = columns.split_at_checked(head)?;
        let is_constant = growth == Growth::Constant;
        // One pause that grows, or many that do not and then end: neither says anything.
        if is_constant != (head == 1) && !capped.is_empty() || is_constant && !capped.is_empty() {
            return None;
        }
        let longest = growing.iter().enumerate();
        let base = longest.map(|(index, pauses)| greatest(pauses) / growth.at(index));
        let base = base.fold(0.0, f64::max);
        let cap = capped.iter().map(|pauses| greatest(pauses)).reduce(f64::max);
        let last = base * growth.at(head.saturating_sub(1));
        let next = base * growth.at(head);
        if base <= 0.0 || cap.is_some_and(|cap| cap < 0.85 * last || cap > next) {
            return None;
        }
        let mut unlikelihood = 0.0;
        for (index, pauses) in columns.iter().enumerate() {
            let most = cap.filter(|_| index >= head).unwrap_or(base * growth.at(index));
            // Each pause has the same likelihood up to the longest, which is one in so many seconds.
            unlikelihood += number(pauses.len()) * most.ln();
        }
        if cap.is_some() {
            unlikelihood += number(columns.iter().map(Vec::len).sum()).ln();
        }
        Some(Self { growth, base, cap, unlikelihood })
    }

    fn longest(&self, index: usize) -> f64 {
        (self.base * self.growth.at(index)).min(self.cap.unwrap_or(f64::INFINITY))
    }

    fn policy(&self, columns: &[Vec<f64>]) -> Policy {
        let parts = columns.iter().enumerate();
        let parts = parts.map(|(index, pauses)| least(pauses) / self.longest(index));
        let count = number(columns.iter().map(Vec::len).sum()) + 1.0;
        // The least of some numbers is above the least that they can be, by about one of so many parts.
        let least_part = ((parts.fold(1.0, f64::min) - 1.0 / count) / (1.0 - 1.0 / count)).max(0.0);
        let jitter = if least_part < LEAST_PART { 0.0 } else { least_part };
        // And the greatest below the greatest.
        let above = |of: usize| 1.0 / (1.0 - (1.0 - jitter) / (number(of) + 1.0));
        let is_capped =
            |index: usize| self.cap.is_some_and(|cap| cap < self.base * self.growth.at(index));
        let lengths = || columns.iter().enumerate();
        let capped: usize =
            lengths().filter(|(at, _)| is_capped(*at)).map(|(_, it)| it.len()).sum();
        let growing: usize =
            lengths().filter(|(at, _)| !is_capped(*at)).map(|(_, it)| it.len()).sum();
        Policy {
            first_at_once: false,
            base: duration(self.base * above(growing)),
            growth: (columns.len() > 1).then_some(self.growth),
            cap: self.cap.map(|cap| duration(cap * above(capped))),
            jitter: Some(jitter),
        }
    }
}
