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
use crate::harness::driver::Answer;
use crate::protocol::FileView;

/// Where scenarios are handed out and claims are taken.
#[derive(Default)]
pub(super) struct Desk {
    board: watch::Sender<Board>,
}

struct Board {
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

impl Default for Board {
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
    claim: Option<oneshot::Sender<Result<Answer, HarnessError>>>,
}

/// What became of a claim.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Receipt {
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

impl Board {
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

    fn claim(&mut self, claim: &Map<String, Value>) -> Receipt {
        let id = claim.get("id").and_then(Value::as_u64).unwrap_or_default();
        let held = self.tasks.get_mut(&id).filter(|task| !task.is_waiting());
        let Some(sender) = held.and_then(|task| task.claim.take()) else {
            return Receipt::Unknown;
        };
        let answer = Answer::read(claim);
        let receipt = match &answer {
            Ok(_) => Receipt::Taken,
            Err(error) => Receipt::Unreadable(error.to_string()),
        };
        // Fails if the deadline has just passed: it does not matter any more.
        let _ = sender.send(answer);
        self.since = Instant::now();
        receipt
    }
}

impl Desk {
    /// Has a task wait for somebody who asks.
    pub(super) fn offer(self: &Arc<Self>, mut task: Task) -> Ticket {
        let (hand_out, handed_out) = oneshot::channel();
        let (claim, claimed) = oneshot::channel();
        (task.hand_out, task.claim) = (Some(hand_out), Some(claim));
        let mut id = 0;
        self.board.send_modify(|board| {
            if board.tasks.is_empty() {
                board.since = Instant::now();
            }
            board.last_id += 1;
            id = board.last_id;
            board.tasks.insert(id, task);
        });
        Ticket { desk: Arc::clone(self), id, handed_out, claimed }
    }

    /// The words of the next scenario, for somebody who has reached this machine at an address; `None` when
    /// there are no more.
    pub(super) async fn next(&self, reached: IpAddr) -> Option<Map<String, Value>> {
        let mut board = self.board.subscribe();
        loop {
            let is_news = |board: &Board| board.is_over || board.first_waiting().is_some();
            if board.wait_for(is_news).await.is_err() {
                return None;
            }
            let (mut words, mut is_over) = (None, false);
            self.board.send_modify(|board| {
                words = board.hand_out(reached);
                is_over = words.is_none() && board.is_over;
                board.dismissed += usize::from(is_over);
            });
            // Neither, if somebody else was faster.
            if words.is_some() || is_over {
                return words;
            }
        }
    }

    /// The file of a scenario that is being played.
    pub(super) fn file(&self, id: u64) -> Option<FileView> {
        let board = self.board.borrow();
        board.tasks.get(&id).filter(|task| !task.is_waiting()).map(|task| task.file.clone())
    }

    pub(super) fn claim(&self, claim: &Map<String, Value>) -> Receipt {
        let mut receipt = Receipt::Unknown;
        self.board.send_modify(|board| receipt = board.claim(claim));
        receipt
    }

    /// Waits until nobody has asked or claimed for this long, while nobody had a scenario to play.
    pub(super) async fn nobody_asks(&self, deadline: Duration) {
        let mut board = self.board.subscribe();
        loop {
            let (held, since) = {
                let board = board.borrow_and_update();
                (board.held(), board.since)
            };
            tokio::select! {
                changed = board.changed() => if changed.is_err() { pending::<()>().await },
                () = sleep_until(since + deadline), if held == 0 => return,
            }
        }
    }

    /// Tells all who ask from now on that there are no more scenarios; returns when as many have asked as
    /// have played at the same time.
    pub(super) async fn dismiss(&self) {
        self.board.send_modify(|board| board.is_over = true);
        let mut board = self.board.subscribe();
        // Never fails: this desk is still there.
        let _ = board.wait_for(|board| board.dismissed >= board.most_held).await;
    }
}

/// A task that was offered; it is taken back when this is dropped.
pub(super) struct Ticket {
    desk: Arc<Desk>,
    id: u64,
    handed_out: oneshot::Receiver<()>,
    claimed: oneshot::Receiver<Result<Answer, HarnessError>>,
}

impl Ticket {
    /// Waits until somebody has fetched it.
    pub(super) async fn handed_out(&mut self) {
        // The sender is in the task, which stays as long as this.
        let _ = (&mut self.handed_out).await;
    }

    /// Waits for what is claimed.
    pub(super) async fn answer(&mut self) -> Result<Answer, HarnessError> {
        match (&mut self.claimed).await {
            Ok(answer) => answer,
            Err(_) => pending().await,
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.desk.board.send_modify(|board| {
            let task = board.tasks.remove(&self.id);
            // Whoever had it may ask for the next one now.
            if task.is_some_and(|task| !task.is_waiting()) {
                board.since = Instant::now();
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

    fn offer(desk: &Arc<Desk>) -> Ticket {
        let access =
            Access::new(SocketAddr::from(([0, 0, 0, 0], 8080)), &Via::Endpoint, None, None);
        let words = json!({ "op": "upload" }).as_object().unwrap().clone();
        desk.offer(Task::new(words, access, FileView::zeros(3)))
    }

    fn claim(desk: &Desk, claim: &Value) -> Receipt {
        desk.claim(claim.as_object().unwrap())
    }

    #[tokio::test]
    async fn a_task_is_handed_out_once_and_claimed_once() {
        let desk = Arc::<Desk>::default();
        let mut ticket = offer(&desk);
        let ok = json!({ "id": 1, "outcome": "ok" });
        assert_eq!(claim(&desk, &ok), Receipt::Unknown, "nobody has it");
        assert!(desk.file(1).is_none());
        let words = desk.next(HERE).await.unwrap();
        ticket.handed_out().await;
        assert_eq!((&words["id"], &words["file"]), (&json!(1), &json!("/__slicecheck/file/1")));
        assert_eq!(words["endpoint"], "http://127.0.0.1:8080", "the address that was reached");
        assert_eq!(desk.file(1).unwrap().len(), 3);
        assert!(desk.next(HERE).now_or_never().is_none(), "there is no other");
        assert_eq!(claim(&desk, &json!({ "outcome": "ok" })), Receipt::Unknown);
        assert_eq!(claim(&desk, &ok), Receipt::Taken);
        assert_eq!(claim(&desk, &ok), Receipt::Unknown);
        assert!(ticket.answer().await.is_ok());
    }

    #[tokio::test]
    async fn who_goes_while_waiting_takes_no_task_along() {
        let desk = Arc::<Desk>::default();
        let (mut gone, mut patient) = (Box::pin(desk.next(HERE)), Box::pin(desk.next(HERE)));
        assert!((&mut gone).now_or_never().is_none() && (&mut patient).now_or_never().is_none());
        let _ticket = offer(&desk);
        drop(gone);
        assert!(patient.await.is_some());
    }

    #[tokio::test]
    async fn an_outcome_that_is_not_known_is_no_claim_of_a_plan_either() {
        let desk = Arc::<Desk>::default();
        let mut ticket = offer(&desk);
        desk.next(HERE).await.unwrap();
        let receipt = claim(&desk, &json!({ "id": 1, "outcome": "fine" }));
        assert!(
            matches!(&receipt, Receipt::Unreadable(why) if why.contains("fine")),
            "{receipt:?}"
        );
        assert!(matches!(ticket.answer().await, Err(HarnessError::Answer(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn while_somebody_plays_nobody_is_missed() {
        let deadline = Duration::from_secs(30);
        let desk = Arc::<Desk>::default();
        let (first, _second) = (offer(&desk), offer(&desk));
        desk.next(HERE).await.unwrap();
        let begun = Instant::now();
        let missed = tokio::time::timeout(deadline * 3, desk.nobody_asks(deadline)).await;
        assert!(missed.is_err(), "one is being played");
        drop(first);
        desk.nobody_asks(deadline).await;
        assert_eq!(begun.elapsed().as_secs(), 120);
    }

    #[tokio::test]
    async fn when_it_is_over_all_who_have_played_are_told() {
        let desk = Arc::<Desk>::default();
        assert!(desk.dismiss().now_or_never().is_some(), "nobody has played");
        let desk = Arc::<Desk>::default();
        let ticket = offer(&desk);
        desk.next(HERE).await.unwrap();
        drop(ticket);
        assert!(desk.dismiss().now_or_never().is_none());
        assert_eq!(desk.next(HERE).await, None);
        assert!(desk.dismiss().now_or_never().is_some());
    }
}
