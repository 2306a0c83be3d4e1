use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use super::course::ends;
use super::policy::{AT_ONCE, Growth, Policy};
use super::request::op_name;
use crate::protocol::{Exchange, Transcript};

/// What is done about a fault that does not end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RetryHabit {
    /// How many times the request is sent.
    pub attempts: String,
    /// The first pause before another attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<String>,
    /// How pauses grow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth: Option<String>,
    /// The longest pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<String>,
    /// Whether pauses are drawn at random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter: Option<&'static str>,
    /// Whether the client waits for as long as `Retry-After` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heeds_retry_after: Option<&'static str>,
    /// Other operations between attempts.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub between: BTreeSet<String>,
    /// How the upload ends.
    pub then: &'static str,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// The first pause of the policy that fits best, in milliseconds.
    pub base_ms: u64,
    /// Its longest pause, if any reaches it, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_ms: Option<u64>,
    /// The pauses before the second attempt and each after it, in milliseconds: a text for each run.
    pub pauses_ms: Vec<String>,
}

/// The attempts at one request in one run.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    number: usize,
    /// Between the end of a reply and the next attempt.
    pauses: Vec<Duration>,
    between: BTreeSet<String>,
    then: &'static str,
}

/// How many times a fault strikes before the request is served: who comes more often, comes for ever.
pub(super) const MOST_ATTEMPTS: usize = 16;

/// What `Retry-After` says.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(2);

impl Attempts {
    /// Those that the fault of a scenario has met; `None` if it has met none.
    pub(super) fn of(transcript: &Transcript) -> Option<Self> {
        let occurred = transcript.deviations.iter().flat_map(|deviation| &deviation.occurred);
        let hits: BTreeSet<_> = occurred.map(|occurrence| occurrence.exchange).collect();
        let mut between = BTreeSet::new();
        let mut pauses = Vec::new();
        for (at, next) in hits.iter().zip(hits.iter().skip(1)) {
            let failed = transcript.exchanges.get(*at)?;
            let later = transcript.exchanges.get(at.checked_add(1)?..=*next)?;
            // Other slices may be under way meanwhile.
            let mut since = later.iter().filter(|later| later.request.gives_up_on(&failed.request));
            let again = since.next()?;
            pauses.push(again.started.saturating_sub(failed.answered));
            let own = failed.request.op();
            let others = std::iter::once(again).chain(since);
            let others = others.filter(|exchange| exchange.request.op() != own);
            between.extend(others.map(|exchange: &Exchange| op_name(&exchange.request)));
        }
        (!hits.is_empty()).then(|| Self {
            number: hits.len(),
            pauses,
            between,
            then: ends(transcript),
        })
    }
}

/// The pauses before the second attempt at a request that a fault strikes and before each after it: from when the
/// reply to one attempt is sent to the first byte of the next.
pub fn pauses_after_faults(transcript: &Transcript) -> Vec<Duration> {
    Attempts::of(transcript).map(|attempts| attempts.pauses).unwrap_or_default()
}

/// The pauses of runs against the same fault.
pub(super) fn pauses(runs: &[Attempts]) -> Vec<Vec<Duration>> {
    runs.iter().map(|run| run.pauses.clone()).collect()
}

impl RetryHabit {
    /// What runs against the same fault show; `measured` are the pauses after the fault that was played most, whose
    /// policy is often that of all faults, and better known.
    pub(super) fn of(
        runs: &[Attempts],
        measured: &[Vec<Duration>],
        has_retry_after: bool,
    ) -> Option<Self> {
        let last = runs.last()?;
        let own = pauses(runs);
        let usual = Policy::fit(measured).filter(|usual| usual.allows(&own));
        let policy = Policy::fit(&own).map(|own| usual.unwrap_or(own));
        let heeds = has_retry_after.then(|| heeds_retry_after(&own, measured));
        // Where the service says how long to wait, the client's own pauses are not seen.
        let policy = policy.filter(|_| heeds != Some("yes"));
        Some(Self {
            attempts: number(runs),
            pause: policy.map(|policy| {
                let base = range(&policy, policy.base);
                let is_later = policy.first_at_once && !policy.base.is_zero();
                if is_later { format!("none, then {base}") } else { base }
            }),
            growth: policy.and_then(|policy| policy.growth).map(growth),
            cap: policy.and_then(|policy| Some(range(&policy, policy.cap?))),
            jitter: policy.map(|policy| jitter(policy.jitter)),
            heeds_retry_after: heeds,
            between: runs.iter().flat_map(|run| run.between.clone()).collect(),
            then: last.then,
        })
    }
}

impl Spread {
    pub(super) fn of(runs: &[Attempts]) -> Option<Self> {
        let pauses = pauses(runs);
        let policy = Policy::fit(&pauses)?;
        let all = |run: &Vec<Duration>| {
            let texts = run.iter().map(|pause| millis(*pause).to_string());
            texts.collect::<Vec<_>>().join(" ")
        };
        Some(Self {
            base_ms: millis(policy.base),
            cap_ms: policy.cap.map(millis),
            pauses_ms: pauses.iter().map(all).collect(),
        })
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn number(runs: &[Attempts]) -> String {
    let numbers: BTreeSet<_> = runs.iter().map(|run| run.number).collect();
    match (numbers.first(), numbers.last()) {
        (Some(first), _) if *first >= MOST_ATTEMPTS => format!("at least {MOST_ATTEMPTS}"),
        (Some(first), Some(last)) if first < last => format!("{first} to {last}"),
        (first, _) => first.copied().unwrap_or_default().to_string(),
    }
}

fn growth(growth: Growth) -> String {
    match growth {
        Growth::Constant => "constant".to_owned(),
        Growth::Linear => "linear".to_owned(),
        Growth::Exponential(factor) => {
            let usual = [1.5, 2.0, 3.0, 4.0].into_iter();
            let near = usual.min_by(|a, b| (a - factor).abs().total_cmp(&(b - factor).abs()));
            let near = near.filter(|near| (near - factor).abs() < 0.1 * near);
            near.map_or_else(|| format!("by {factor:.1}"), |near| format!("by {near}"))
        }
    }
}

fn jitter(least_part: Option<f64>) -> &'static str {
    match least_part {
        None => "none",
        Some(0.0) => "full",
        Some(part) if (0.4..0.6).contains(&part) => "half",
        Some(_) => "partial",
    }
}

/// Whether pauses are as long as the service asks for, where they otherwise are not.
fn heeds_retry_after(asked: &[Vec<Duration>], plain: &[Vec<Duration>]) -> &'static str {
    let nearly = RETRY_AFTER.mul_f64(0.95);
    let least = |runs: &[Vec<Duration>]| runs.iter().flatten().min().copied();
    match (least(asked), least(plain)) {
        (None, _) => "not sent again",
        (Some(waited), _) if waited < nearly => "no",
        (Some(_), Some(plain)) if plain >= nearly => "unknown: its own pauses are as long",
        (Some(_), _) => "yes",
    }
}

/// The range in which a pause of a policy is. The longest of random pauses is found a little below it as often as above.
fn range(policy: &Policy, pause: Duration) -> String {
    class(if policy.jitter.is_some() { pause.mul_f64(1.1) } else { pause })
}

/// The range in which a pause is. What was meant is often a round number, and what was measured is a little more: so
/// each range begins a little below one.
fn class(pause: Duration) -> String {
    const STEPS: [(f64, &str); 14] = [
        (0.02, "20 ms"),
        (0.05, "50 ms"),
        (0.1, "100 ms"),
        (0.2, "200 ms"),
        (0.5, "500 ms"),
        (1.0, "1 s"),
        (2.0, "2 s"),
        (5.0, "5 s"),
        (10.0, "10 s"),
        (20.0, "20 s"),
        (30.0, "30 s"),
        (60.0, "1 min"),
        (120.0, "2 min"),
        (300.0, "5 min"),
    ];
    if pause < AT_ONCE {
        return "none".to_owned();
    }
    let seconds = pause.as_secs_f64();
    let below = STEPS.iter().rposition(|(step, _)| seconds >= 0.95 * step).unwrap_or(0);
    let word = |at: usize| STEPS.get(at).map(|(_, word)| *word);
    match (word(below), below.checked_add(1).and_then(word)) {
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (from, _) => format!("over {}", from.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(millis: &[u64]) -> Vec<Vec<Duration>> {
        vec![millis.iter().copied().map(Duration::from_millis).collect()]
    }

    #[test]
    fn a_round_pause_and_a_little_more_are_in_the_same_range() {
        for (millis, expected) in [(5, "none"), (50, "50 ms to 100 ms"), (200, "200 ms to 500 ms")]
        {
            for more in [0, 1, 9] {
                assert_eq!(class(Duration::from_millis(millis + more)), expected);
            }
        }
        assert_eq!(class(Duration::from_secs(1000)), "over 5 min");
    }

    #[test]
    fn retry_after_is_heeded_by_who_waits_longer_for_it() {
        let plain = runs(&[200, 200]);
        assert_eq!(heeds_retry_after(&runs(&[2001, 2003]), &plain), "yes");
        assert_eq!(heeds_retry_after(&runs(&[200, 2003]), &plain), "no");
        assert_eq!(heeds_retry_after(&runs(&[]), &plain), "not sent again");
        let own = heeds_retry_after(&runs(&[2001, 4003]), &runs(&[2001, 4003]));
        assert_eq!(own, "unknown: its own pauses are as long");
    }
}
