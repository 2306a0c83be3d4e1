//! Pauses that are the same each time.

use super::{Growth, Policy, duration, least, number};

/// By how much a pause may differ from what a policy says: a part of it, and seconds.
const TOLERANCE: (f64, f64) = (0.1, 0.01);

/// Pauses grow by at least this factor, or not at all.
const LEAST_FACTOR: f64 = 1.25;

/// The plainest policy that fits, or the plainest of all. Two pauses of which the second is twice as long
/// are told as exponential, though they may be linear.
pub(super) fn fit(columns: &[Vec<f64>]) -> Policy {
    // What a machine adds is least in the least of them.
    let pauses: Vec<f64> = columns.iter().map(|pauses| least(pauses)).collect();
    let policy = |base: f64, growth, cap: Option<f64>| Policy {
        first_at_once: false,
        base: duration(base),
        growth,
        cap: cap.map(duration),
        jitter: None,
    };
    let [_, _, ..] = pauses.as_slice() else { return policy(least(&pauses), None, None) };
    let mut shapes = shapes(&pauses);
    shapes.sort_by(|a, b| {
        let key = |shape: &Shape| (shape.misfit(&pauses) > 1.0, shape.plainness);
        key(a).cmp(&key(b)).then(a.misfit(&pauses).total_cmp(&b.misfit(&pauses)))
    });
    match shapes.first() {
        Some(Shape { base, growth, cap, .. }) => policy(*base, Some(*growth), *cap),
        None => policy(least(&pauses), None, None),
    }
}

/// What pauses may be, in seconds.
struct Shape {
    base: f64,
    growth: Growth,
    cap: Option<f64>,
    /// How many pauses it leaves unexplained but for a cap; those that explain all of them come first.
    plainness: usize,
}

impl Shape {
    /// How far the worst pause is from what is said of it, in tolerances.
    fn misfit(&self, pauses: &[f64]) -> f64 {
        let (part, seconds) = TOLERANCE;
        let misfits = pauses.iter().enumerate().map(|(index, pause)| {
            let said = (self.base * self.growth.at(index)).min(self.cap.unwrap_or(f64::INFINITY));
            (pause - said).abs() / (pause * part + seconds)
        });
        misfits.fold(0.0, f64::max)
    }
}

/// Each with as many pauses that grow before those that do not any more.
fn shapes(pauses: &[f64]) -> Vec<Shape> {
    // A machine adds to pauses and takes nothing from them: the least is nearest to what is meant.
    let base = pauses.iter().copied().fold(f64::INFINITY, f64::min);
    let constant = Shape { base, growth: Growth::Constant, cap: None, plainness: 0 };
    let growing = (2..=pauses.len()).flat_map(|length| {
        let (head, tail) = pauses.split_at(length);
        let cap = tail.iter().copied().reduce(f64::min);
        let plainness = tail.len().saturating_add(1);
        let grown = [exponential(head), linear(head)].into_iter().flatten();
        grown.filter_map(move |(base, growth)| {
            // What has not come to the cap is not beyond it.
            let last = base * growth.at(length.saturating_sub(1));
            let is_possible = cap.is_none_or(|cap| 0.95 * last <= cap);
            is_possible.then_some(Shape { base, growth, cap, plainness })
        })
    });
    std::iter::once(constant).chain(growing).collect()
}

fn exponential(head: &[f64]) -> Option<(f64, Growth)> {
    let (first, last) = (*head.first()?, *head.last()?);
    let steps = number(head.len().saturating_sub(1));
    let factor = (last / first).powf(1.0 / steps);
    let is_growing = factor.is_finite() && factor >= LEAST_FACTOR;
    is_growing.then_some((first, Growth::Exponential(factor)))
}

fn linear(head: &[f64]) -> Option<(f64, Growth)> {
    let steps = head.iter().enumerate().map(|(index, pause)| pause / Growth::Linear.at(index));
    let base = steps.sum::<f64>() / number(head.len());
    (head.last()? > head.first()?).then_some((base, Growth::Linear))
}
