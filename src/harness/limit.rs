use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::watch;

use super::tap::Tap;

/// How long a client may go on that nobody listens to any more: it may still say that it failed.
const LAST_CHANCE: Duration = Duration::from_secs(1);

/// As many files may be open as a few dozen scenarios with all the connections that a tap takes need. Not
/// more: clients inherit the limit, and some close as many files as it says when they start.
const OPEN_FILES: u64 = 16 << 10;

/// Raises the limit of open files, as far as the system lets us.
pub(super) fn raise_open_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(OPEN_FILES, |maximum| maximum.min(OPEN_FILES));
    if current.is_some_and(|current| current < wanted) {
        // Where that is refused, the error comes when a file cannot be opened, and says what to do.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}

/// When a client has had its time: at the deadline, when it has sent more than anybody would, or when it
/// has waited long enough for a reply that does not come.
///
/// The second is why a client that never gives up costs no more than its share of traffic.
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
    pub(super) async fn within<T>(mut self, end: impl Future<Output = T>) -> Result<T, String> {
        let overflow = async {
            turns_true(&mut self.overflowing).await;
            tokio::time::sleep(LAST_CHANCE).await;
        };
        tokio::select! {
            biased;
            ended = end => Ok(ended),
            () = overflow => Err("still sending when its share of traffic was used up".to_owned()),
            () = turns_true(&mut self.waited) => {
                Err(format!("still waiting for a reply after {:?} (--patience)", self.patience))
            }
            () = tokio::time::sleep(self.deadline) => {
                Err(format!("no answer within {:?}", self.deadline))
            }
        }
    }
}

/// Waits until this is true; without a tap it never is.
async fn turns_true(told: &mut watch::Receiver<bool>) {
    if told.wait_for(|told| *told).await.is_err() {
        std::future::pending::<()>().await;
    }
}
