use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::watch;

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

/// When a client has had its time: at the deadline, or when it has sent more than anybody would.
///
/// The second is why a client that never gives up costs no more than its share of traffic.
#[derive(Clone)]
pub(super) struct Limit {
    deadline: Duration,
    overflowing: watch::Receiver<bool>,
}

impl Limit {
    pub(super) fn new(deadline: Duration, overflowing: watch::Receiver<bool>) -> Self {
        Self { deadline, overflowing }
    }

    /// A limit in time alone.
    pub(super) fn of_time(deadline: Duration) -> Self {
        Self::new(deadline, watch::channel(false).1)
    }

    /// Waits for an end, or for the limit, whichever comes first; the error says which limit.
    pub(super) async fn within<T>(mut self, end: impl Future<Output = T>) -> Result<T, String> {
        let overflow = async {
            // Without a tap nothing can overflow.
            if self.overflowing.wait_for(|overflowed| *overflowed).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(LAST_CHANCE).await;
        };
        tokio::select! {
            biased;
            ended = end => Ok(ended),
            () = overflow => Err("still sending when its share of traffic was used up".to_owned()),
            () = tokio::time::sleep(self.deadline) => {
                Err(format!("no answer within {:?}", self.deadline))
            }
        }
    }
}
