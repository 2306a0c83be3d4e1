//! Pauses that a client really makes, beside what is measured of them.

use std::time::Duration;

use slicecheck::client::{ClientPolicy, Outgoing, RetryPolicy};
use slicecheck::fingerprint::pauses_after_faults;
use slicecheck::scenario::scenarios;

use crate::raw_client::{Wire, played_with_waits};

/// A client that tries so many times, with these pauses: from the number of the attempt that failed, counted from 1,
/// and a number from 0 to 1.
macro_rules! pausing {
    ($attempts:expr, $pause:expr) => {
        ClientPolicy {
            retry: RetryPolicy { attempts: $attempts, ..ClientPolicy::REFERENCE.retry },
            edit: |outgoing| {
                pause(outgoing, $pause);
                Some(())
            },
            ..ClientPolicy::REFERENCE
        }
    };
}

const POLICIES: [ClientPolicy; 12] = [
    pausing!(5, |_, _| 100.0),
    pausing!(2, |_, _| 300.0),
    pausing!(5, |failed, _| 60.0 * failed),
    pausing!(7, |failed, _| f64::min(60.0 * failed, 200.0)),
    pausing!(5, |failed, _| 30.0 * failed.exp2()),
    pausing!(6, |failed, _| 50.0 * 1.5_f64.powf(failed)),
    pausing!(4, |failed, _| 20.0 * 3.0_f64.powf(failed)),
    pausing!(7, |failed, _| f64::min(30.0 * failed.exp2(), 250.0)),
    pausing!(5, |_, random| 20.0 + 300.0 * random),
    pausing!(5, |failed, random| 20.0 + 40.0 * failed.exp2() * random),
    pausing!(5, |failed, random| 40.0 * failed.exp2() * (0.5 + 0.5 * random)),
    pausing!(7, |failed, random| 20.0 + f64::min(40.0 * failed.exp2(), 300.0) * random),
];

fn pause(outgoing: &mut Outgoing, millis: fn(f64, f64) -> f64) {
    if outgoing.attempt > 1 {
        // Which it is does not matter: the client tells what it has waited.
        let random = f64::from(outgoing.id.wrapping_mul(2_654_435_761)) / f64::from(u32::MAX);
        let millis = millis(f64::from(outgoing.attempt - 1), random);
        outgoing.pause = Duration::from_secs_f64(millis / 1000.0);
    }
}

#[test]
fn no_pause_is_measured_shorter_than_it_was_or_beside_another() {
    let scenario = scenarios().find(|of| of.id == "faults/slice-500-always").unwrap();
    std::thread::scope(|scope| {
        for policy in &POLICIES {
            scope.spawn(move || {
                let (transcript, waited) = played_with_waits(scenario, policy, Wire::PLAIN);
                let measured = pauses_after_faults(&transcript);
                let attempts = usize::try_from(policy.retry.attempts).unwrap();
                assert_eq!((measured.len(), waited.len()), (attempts - 1, attempts - 1));
                for (measured, waited) in measured.iter().zip(&waited) {
                    assert!(measured >= waited, "{measured:?} of {waited:?}");
                }
                // They do not overlap, and are within the time of the client.
                let elapsed = transcript.outcome.unwrap().elapsed;
                assert!(measured.iter().sum::<Duration>() <= elapsed, "{measured:?}");
            });
        }
    });
}
