use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::watch;

use super::tap::Tap;

/// How long a client may go on that nobody listens to any more: it may still say that it failed.
const LAST_CHANCE: Duration = Duration::from_secs(1);

/// How many deadlines pass at most until a client has had one, if it has to wait for a processor.
const MOST_DEADLINES: u32 = 4;

/// Less than this is not given to a client again.
const LEAST: Duration = Duration::from_millis(50);

/// How long a client with this deadline can take.
pub(super) fn longest(deadline: Duration) -> Duration {
    deadline.saturating_mul(MOST_DEADLINES)
}

/// As many files may be open as a few dozen scenarios with all the connections that a tap takes need. Not
/// more: clients inherit the limit, and some close as many files as it says when they start.
const OPEN_FILES: u64 = 16 << 10;

/// Raises the limit of open files, as far as the system lets us.
pub(super) fn raise_open_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(OPEN_FILES, |maximum| maximum.min(OPEN_FILES));
    // None is no limit at all.
    if current.is_some_and(|current| current < wanted) {
        // Where that is refused, the error comes when a file cannot be opened, and says what to do.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}

/// When a client has had its time: at the deadline, when it has sent more than anybody would, or when it
/// has waited long enough for a reply that does not come.
///
/// The deadline does not count the time for which the client was kept from a processor, within bounds: how much
/// else a machine has to do says nothing of a client. The second is why a client that never gives up costs no
/// more than its share of traffic.
#[derive(Clone)]
pub(super) struct Limit {
    deadline: Duration,
    patience: Duration,
    overflowing: watch::Receiver<bool>,
    waited: watch::Receiver<bool>,
}

impl Limit {
    /// The deadline does not count the time for which a client may wait in vain.
    pub(super) fn new(deadline: Duration, patience: Duration, tap: &Tap) -> Self {
        let (overflowing, waited) = (tap.overflowing(), tap.waited());
        Self { deadline, patience, overflowing, waited }
    }

    /// A limit in time alone.
    pub(super) fn of_time(deadline: Duration) -> Self {
        let never = || watch::channel(false).1;
        Self { deadline, patience: Duration::ZERO, overflowing: never(), waited: never() }
    }

    /// How long a client may take, if nothing else ends it.
    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Waits for an end, or for the limit, whichever comes first; the error says which limit.
    ///
    /// `delayed` is how long the client has been kept from a processor so far.
    pub(super) async fn within<T>(
        mut self,
        end: impl Future<Output = T>,
        delayed: impl Fn() -> Duration,
    ) -> Result<T, String> {
        let overflow = async {
            turns_true(&mut self.overflowing).await;
            tokio::time::sleep(LAST_CHANCE).await;
        };
        tokio::select! {
            // An answer that is there counts, even if a limit was reached at the same moment.
            biased;
            ended = end => Ok(ended),
            () = overflow => Err("still sending when its share of traffic was used up".to_owned()),
            () = turns_true(&mut self.waited) => {
                Err(format!("still waiting for a reply after {:?} (--patience)", self.patience))
            }
            () = used_up(self.deadline, delayed) => {
                Err(format!("no answer within {:?}", self.deadline))
            }
        }
    }
}

/// Waits until a client has had its time.
async fn used_up(deadline: Duration, delayed: impl Fn() -> Duration) {
    tokio::time::sleep(deadline).await;
    let most = longest(deadline).saturating_sub(deadline);
    let mut given = Duration::ZERO;
    loop {
        let owed = delayed().min(most).saturating_sub(given);
        // Everybody is always delayed a little: without this bound the waits would become shorter for
        // ever.
        if owed < LEAST {
            return;
        }
        tokio::time::sleep(owed).await;
        given = given.saturating_add(owed);
    }
}

/// Waits until this is true; without a tap it never is.
async fn turns_true(told: &mut watch::Receiver<bool>) {
    if told.wait_for(|told| *told).await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::Instant;

    use super::*;

    /// How long a client with a deadline of 10 s may take that has been kept from a processor for so long
    /// when it is asked for the first time, the second time, and so on.
    async fn seconds(delays: &[f64]) -> f64 {
        let (begun, asked) = (Instant::now(), Cell::new(0));
        let delayed = || {
            let at = asked.replace(asked.get() + 1).min(delays.len() - 1);
            Duration::from_secs_f64(delays[at])
        };
        used_up(Duration::from_secs(10), delayed).await;
        begun.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_client_waits_for_a_processor_is_given_to_it_again() {
        for (delays, expected) in [
            (&[0.0][..], 10.0),
            (&[0.04], 10.0),
            (&[3.0], 13.0),
            (&[3.0, 4.0, 4.5], 14.5),
            // What ended threads were kept from is forgotten.
            (&[3.0, 1.0], 13.0),
            // It comes to an end.
            (&[8.0, 16.0, 24.0, 32.0, 40.0], 40.0),
        ] {
            let taken = seconds(delays).await;
            assert!((taken - expected).abs() < 0.01, "{delays:?}: {taken}");
        }
    }
}
