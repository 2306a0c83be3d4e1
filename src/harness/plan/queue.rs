use std::collections::BTreeMap;
use std::future::pending;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

use crate::harness::HarnessError;
use crate::harness::access::Access;
use crate::harness::driver::DriverAnswer;
use crate::protocol::FileView;

/// Where scenarios are handed out and claims are taken.
#[derive(Default)]
pub(super) struct TaskQueue {
    state: watch::Sender<QueueState>,
}

struct QueueState {
    /// Those that wait and those that are handed out, by their number.
    tasks: BTreeMap<u64, Task>,
    last_id: u64,
    /// When somebody last asked, claimed, or had the time for one.
    since: Instant,
    /// How many were handed out at the same time, at most.
    most_held: usize,
    /// How many have been told that there are no more.
    dismissed: usize,
    is_over: bool,
}

impl Default for QueueState {
    fn default() -> Self {
        Self {
            tasks: BTreeMap::new(),
            last_id: 0,
            since: Instant::now(),
            most_held: 0,
            dismissed: 0,
            is_over: false,
        }
    }
}

/// One scenario that somebody is to fetch.
pub(super) struct Task {
    words: Map<String, Value>,
    access: Access,
    file: FileView,
    /// Used when it is handed out.
    hand_out: Option<oneshot::Sender<()>>,
    claim: Option<oneshot::Sender<Result<DriverAnswer, HarnessError>>>,
}

/// What became of a claim.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ClaimReception {
    Taken,
    /// The contract does not know what it says: in words.
    Unreadable(String),
    /// No scenario with this number is being played.
    Unknown,
}

impl Task {
    pub(super) fn new(words: Map<String, Value>, access: Access, file: FileView) -> Self {
        Self { words, access, file, hand_out: None, claim: None }
    }

    fn is_waiting(&self) -> bool {
        self.hand_out.is_some()
    }

    /// What a client finds that has reached this machine at an address.
    fn words_for(&self, id: u64, reached: IpAddr) -> Map<String, Value> {
        let access = self.access.clone().reached_at(reached);
        let mut words = self.words.clone();
        words.insert("id".to_owned(), json!(id));
        words.insert("file".to_owned(), json!(format!("/__slicecheck/file/{id}")));
        words.insert("endpoint".to_owned(), json!(access.endpoint));
        words.extend(access.proxy.map(|proxy| ("proxy".to_owned(), json!(proxy))));
        words
    }
}

impl QueueState {
    fn held(&self) -> usize {
        self.tasks.values().filter(|task| !task.is_waiting()).count()
    }

    fn first_waiting(&self) -> Option<u64> {
        self.tasks.iter().find(|(_, task)| task.is_waiting()).map(|(id, _)| *id)
    }

    fn hand_out(&mut self, reached: IpAddr) -> Option<Map<String, Value>> {
        let id = self.first_waiting()?;
        let task = self.tasks.get_mut(&id)?;
        // Fails if the run is over.
        let _ = task.hand_out.take()?.send(());
        let words = task.words_for(id, reached);
        self.since = Instant::now();
        self.most_held = self.most_held.max(self.held());
        Some(words)
    }

    fn claim(&mut self, claim: &Map<String, Value>) -> ClaimReception {
        // Numbers begin with 1: nobody has 0.
        let id = claim.get("id").and_then(Value::as_u64).unwrap_or_default();
        let held = self.tasks.get_mut(&id).filter(|task| !task.is_waiting());
        let Some(sender) = held.and_then(|task| task.claim.take()) else {
            return ClaimReception::Unknown;
        };
        let answer = DriverAnswer::read(claim);
        let receipt = match &answer {
            Ok(_) => ClaimReception::Taken,
            Err(error) => ClaimReception::Unreadable(error.to_string()),
        };
        // Fails if the deadline has just passed: it does not matter any more.
        let _ = sender.send(answer);
        self.since = Instant::now();
        receipt
    }
}

impl TaskQueue {
    /// Has a task wait for somebody who asks.
    pub(super) fn offer(self: &Arc<Self>, mut task: Task) -> OfferedTask {
        let (hand_out, handed_out) = oneshot::channel();
        let (claim, claimed) = oneshot::channel();
        (task.hand_out, task.claim) = (Some(hand_out), Some(claim));
        let mut id = 0;
        self.state.send_modify(|state| {
            // While there was nothing to ask for, nobody was late.
            if state.tasks.is_empty() {
                state.since = Instant::now();
            }
            state.last_id += 1;
            id = state.last_id;
            state.tasks.insert(id, task);
        });
        OfferedTask { queue: Arc::clone(self), id, handed_out, claimed }
    }

    /// The words of the next scenario, for somebody who has reached this machine at an address; `None` when
    /// there are no more.
    pub(super) async fn next(&self, reached: IpAddr) -> Option<Map<String, Value>> {
        let mut state = self.state.subscribe();
        loop {
            let is_news = |state: &QueueState| state.is_over || state.first_waiting().is_some();
            if state.wait_for(is_news).await.is_err() {
                return None;
            }
            let (mut words, mut is_over) = (None, false);
            self.state.send_modify(|state| {
                words = state.hand_out(reached);
                is_over = words.is_none() && state.is_over;
                state.dismissed += usize::from(is_over);
            });
            // Neither, if somebody else was faster.
            if words.is_some() || is_over {
                return words;
            }
        }
    }

    /// The file of a scenario that is being played.
    pub(super) fn file(&self, id: u64) -> Option<FileView> {
        let state = self.state.borrow();
        state.tasks.get(&id).filter(|task| !task.is_waiting()).map(|task| task.file.clone())
    }

    pub(super) fn claim(&self, claim: &Map<String, Value>) -> ClaimReception {
        let mut receipt = ClaimReception::Unknown;
        self.state.send_modify(|state| receipt = state.claim(claim));
        receipt
    }

    /// Waits until nobody has asked or claimed for this long, while nobody had a scenario to play.
    pub(super) async fn nobody_asks(&self, deadline: Duration) {
        let mut state = self.state.subscribe();
        loop {
            let (held, since) = {
                let state = state.borrow_and_update();
                (state.held(), state.since)
            };
            tokio::select! {
                changed = state.changed() => if changed.is_err() { pending::<()>().await },
                () = sleep_until(since + deadline), if held == 0 => return,
            }
        }
    }

    /// Tells all who ask from now on that there are no more scenarios; returns when as many have asked as
    /// have played at the same time.
    pub(super) async fn dismiss(&self) {
        self.state.send_modify(|state| state.is_over = true);
        let mut state = self.state.subscribe();
        // Never fails: this queue is still there.
        let _ = state.wait_for(|state| state.dismissed >= state.most_held).await;
    }
}

/// A task that was offered; it is taken back when this is dropped.
pub(super) struct OfferedTask {
    queue: Arc<TaskQueue>,
    id: u64,
    handed_out: oneshot::Receiver<()>,
    claimed: oneshot::Receiver<Result<DriverAnswer, HarnessError>>,
}

impl OfferedTask {
    /// Waits until somebody has fetched it.
    pub(super) async fn handed_out(&mut self) {
        // The sender is in the task, which stays as long as this.
        let _ = (&mut self.handed_out).await;
    }

    /// Waits for what is claimed.
    pub(super) async fn answer(&mut self) -> Result<DriverAnswer, HarnessError> {
        match (&mut self.claimed).await {
            Ok(answer) => answer,
            Err(_) => pending().await,
        }
    }
}

impl Drop for OfferedTask {
    fn drop(&mut self) {
        self.queue.state.send_modify(|state| {
            let task = state.tasks.remove(&self.id);
            // Whoever had it may ask for the next one now.
            if task.is_some_and(|task| !task.is_waiting()) {
                state.since = Instant::now();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use futures_util::FutureExt;

    use super::*;
    use crate::harness::Via;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn offer(queue: &Arc<TaskQueue>) -> OfferedTask {
        let access =
            Access::new(SocketAddr::from(([0, 0, 0, 0], 8080)), &Via::Endpoint, None, None);
        let words = json!({ "op": "upload" }).as_object().unwrap().clone();
        queue.offer(Task::new(words, access, FileView::zeros(3)))
    }

    fn claim(queue: &TaskQueue, claim: &Value) -> ClaimReception {
        queue.claim(claim.as_object().unwrap())
    }

    #[tokio::test]
    async fn a_task_is_handed_out_once_and_claimed_once() {
        let queue = Arc::<TaskQueue>::default();
        let mut offered = offer(&queue);
        let ok = json!({ "id": 1, "outcome": "ok" });
        assert_eq!(claim(&queue, &ok), ClaimReception::Unknown, "nobody has it");
        assert!(queue.file(1).is_none());
        let words = queue.next(HERE).await.unwrap();
        offered.handed_out().await;
        assert_eq!((&words["id"], &words["file"]), (&json!(1), &json!("/__slicecheck/file/1")));
        assert_eq!(words["endpoint"], "http://127.0.0.1:8080", "the address that was reached");
        assert_eq!(queue.file(1).unwrap().len(), 3);
        assert!(queue.next(HERE).now_or_never().is_none(), "there is no other");
        assert_eq!(claim(&queue, &json!({ "outcome": "ok" })), ClaimReception::Unknown);
        assert_eq!(claim(&queue, &ok), ClaimReception::Taken);
        assert_eq!(claim(&queue, &ok), ClaimReception::Unknown);
        assert!(offered.answer().await.is_ok());
    }

    #[tokio::test]
    async fn who_goes_while_waiting_takes_no_task_along() {
        let queue = Arc::<TaskQueue>::default();
        let (mut gone, mut patient) = (Box::pin(queue.next(HERE)), Box::pin(queue.next(HERE)));
        assert!((&mut gone).now_or_never().is_none() && (&mut patient).now_or_never().is_none());
        let _ticket = offer(&queue);
        drop(gone);
        assert!(patient.await.is_some());
    }

    #[tokio::test]
    async fn an_outcome_that_is_not_known_is_no_claim_of_a_plan_either() {
        let queue = Arc::<TaskQueue>::default();
        let mut offered = offer(&queue);
        queue.next(HERE).await.unwrap();
        let receipt = claim(&queue, &json!({ "id": 1, "outcome": "fine" }));
        assert!(
            matches!(&receipt, ClaimReception::Unreadable(why) if why.contains("fine")),
            "{receipt:?}"
        );
        assert!(matches!(offered.answer().await, Err(HarnessError::Answer(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn while_somebody_plays_nobody_is_missed() {
        let deadline = Duration::from_secs(30);
        let queue = Arc::<TaskQueue>::default();
        let (first, _second) = (offer(&queue), offer(&queue));
        queue.next(HERE).await.unwrap();
        let begun = Instant::now();
        let missed = tokio::time::timeout(deadline * 3, queue.nobody_asks(deadline)).await;
        assert!(missed.is_err(), "one is being played");
        drop(first);
        queue.nobody_asks(deadline).await;
        assert_eq!(begun.elapsed().as_secs(), 120);
    }

    #[tokio::test]
    async fn when_it_is_over_all_who_have_played_are_told() {
        let queue = Arc::<TaskQueue>::default();
        assert!(queue.dismiss().now_or_never().is_some(), "nobody has played");
        let queue = Arc::<TaskQueue>::default();
        let offered = offer(&queue);
        queue.next(HERE).await.unwrap();
        drop(offered);
        assert!(queue.dismiss().now_or_never().is_none());
        assert_eq!(queue.next(HERE).await, None);
        assert!(queue.dismiss().now_or_never().is_some());
    }
}
