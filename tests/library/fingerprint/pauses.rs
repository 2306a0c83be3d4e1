//! Policies that are planted: what is found of them in the pauses.

use std::time::Duration;

use slicecheck::fingerprint::policy::{Growth, Policy};

/// What a client follows between attempts.
struct Planted {
    name: &'static str,
    attempts: usize,
    /// In milliseconds.
    base: f64,
    growth: Growth,
    cap: Option<f64>,
    /// The least part of a pause that is waited, if pauses are drawn at random.
    jitter: Option<f64>,
}

const CONSTANT: Planted = Planted {
    name: "constant",
    attempts: 5,
    base: 200.0,
    growth: Growth::Constant,
    cap: None,
    jitter: None,
};

const PLANTED: [Planted; 12] = [
    CONSTANT,
    Planted { name: "one more attempt", attempts: 2, base: 300.0, ..CONSTANT },
    Planted { name: "linear", base: 100.0, growth: Growth::Linear, ..CONSTANT },
    Planted {
        name: "linear to a cap",
        growth: Growth::Linear,
        cap: Some(350.0),
        attempts: 7,
        base: 100.0,
        ..CONSTANT
    },
    Planted { name: "doubling", growth: Growth::Exponential(2.0), base: 50.0, ..CONSTANT },
    Planted {
        name: "by a half",
        growth: Growth::Exponential(1.5),
        base: 80.0,
        attempts: 6,
        ..CONSTANT
    },
    Planted {
        name: "threefold",
        growth: Growth::Exponential(3.0),
        base: 50.0,
        attempts: 4,
        ..CONSTANT
    },
    Planted {
        name: "doubling to a cap",
        growth: Growth::Exponential(2.0),
        base: 50.0,
        cap: Some(300.0),
        attempts: 7,
        ..CONSTANT
    },
    Planted { name: "full jitter", jitter: Some(0.0), base: 300.0, ..CONSTANT },
    Planted {
        name: "doubling, full jitter",
        jitter: Some(0.0),
        growth: Growth::Exponential(2.0),
        base: 100.0,
        ..CONSTANT
    },
    Planted {
        name: "doubling, half jitter",
        jitter: Some(0.5),
        growth: Growth::Exponential(2.0),
        base: 100.0,
        ..CONSTANT
    },
    Planted {
        name: "doubling to a cap, full jitter",
        jitter: Some(0.0),
        growth: Growth::Exponential(2.0),
        base: 100.0,
        cap: Some(600.0),
        attempts: 8,
    },
];

impl Planted {
    /// The pauses of a run, with up to 3 ms more that a machine adds.
    fn run(&self, random: &mut impl FnMut() -> f64) -> Vec<Duration> {
        let pauses = (0..self.attempts - 1).map(|index| {
            let index = f64::from(u8::try_from(index).unwrap());
            let grown = match self.growth {
                Growth::Constant => self.base,
                Growth::Linear => self.base * (index + 1.0),
                Growth::Exponential(factor) => self.base * factor.powf(index),
            };
            let longest = grown.min(self.cap.unwrap_or(f64::INFINITY));
            let drawn =
                self.jitter.map_or(longest, |least| longest * (least + (1.0 - least) * random()));
            Duration::from_secs_f64((drawn + 3.0 * random()) / 1000.0)
        });
        pauses.collect()
    }

    /// What is wrong with what was found.
    fn complaint(&self, found: Option<Policy>) -> Option<String> {
        let Some(policy) = found else { return Some("nothing".to_owned()) };
        let is_near = |found: Duration, planted: f64| {
            (found.as_secs_f64() * 1000.0 - planted).abs() <= 0.1 * planted
        };
        let growth = (self.attempts > 2).then_some(self.growth);
        let is_growth = match (policy.growth, growth) {
            (Some(Growth::Exponential(found)), Some(Growth::Exponential(planted))) => {
                (found - planted).abs() <= 0.1 * planted
            }
            (found, planted) => found == planted,
        };
        let is_cap = match (policy.cap, self.cap) {
            (Some(found), Some(planted)) => is_near(found, planted),
            (found, planted) => found.is_none() && planted.is_none(),
        };
        let is_jitter = match (policy.jitter, self.jitter) {
            (Some(found), Some(planted)) => (found - planted).abs() <= 0.1,
            (found, planted) => found.is_none() && planted.is_none(),
        };
        let is_right = is_near(policy.base, self.base) && is_growth && is_cap && is_jitter;
        (!is_right).then(|| format!("{policy:?}"))
    }
}

/// Numbers from 0 to 1 that look random.
fn random(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

#[test]
fn twelve_planted_policies_are_found_within_a_tenth() {
    const SEEDS: u64 = 200;
    for planted in PLANTED {
        let (runs, most_wrong) = if planted.jitter.is_some() { (16, SEEDS / 20) } else { (6, 0) };
        let complaints: Vec<_> = (0..SEEDS)
            .filter_map(|seed| {
                let mut random = random(seed);
                let runs: Vec<_> = (0..runs).map(|_| planted.run(&mut random)).collect();
                planted.complaint(Policy::fit(&runs))
            })
            .collect();
        let wrong = u64::try_from(complaints.len()).unwrap();
        assert!(wrong <= most_wrong, "{}: {wrong} of {SEEDS}: {complaints:#?}", planted.name);
    }
}

fn fit(runs: &[&[u64]]) -> Option<Policy> {
    let run = |run: &&[u64]| run.iter().copied().map(Duration::from_millis).collect();
    Policy::fit(&runs.iter().map(run).collect::<Vec<_>>())
}

#[test]
fn without_a_second_attempt_there_is_no_policy() {
    assert_eq!(fit(&[]), None);
    assert_eq!(fit(&[&[], &[]]), None);
}

#[test]
fn what_is_sent_again_at_once_has_no_pause() {
    let policy = fit(&[&[1, 2, 30], &[2, 1, 1], &[1, 1, 3]]).unwrap();
    assert_eq!((policy.base, policy.first_at_once), (Duration::ZERO, true));
    assert_eq!((policy.growth, policy.jitter), (Some(Growth::Constant), None));
}

#[test]
fn a_first_attempt_at_once_is_told_apart_from_what_follows() {
    let policy = fit(&[&[1, 400, 800, 1600], &[2, 401, 802, 1603]]).unwrap();
    assert!(policy.first_at_once);
    assert_eq!(policy.base, Duration::from_millis(400));
    assert!(
        matches!(policy.growth, Some(Growth::Exponential(factor)) if (1.9..2.1).contains(&factor))
    );
}

#[test]
fn a_delay_of_the_machine_is_no_jitter_and_no_growth() {
    let policy = fit(&[&[51, 140], &[90, 52], &[52, 55], &[53, 51], &[51, 52], &[52, 60]]).unwrap();
    assert_eq!((policy.growth, policy.jitter), (Some(Growth::Constant), None));
    assert_eq!(policy.base, Duration::from_millis(51));
}

#[test]
fn pauses_of_which_nothing_fits_are_told_by_the_nearest() {
    let policy = fit(&[&[400, 100, 300]]).unwrap();
    assert!(policy.base >= Duration::from_millis(100));
}
