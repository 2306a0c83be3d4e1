use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::super::{HarnessError, lock};
use super::Recorded;
use crate::protocol::{
    Delivery, Exchange, FailedConnection, FileView, Occurred, Request, Transcript,
};

/// What the tap has seen so far, within bounds.
pub(super) struct Recorder {
    most_bytes: usize,
    /// Content of which no copy is kept.
    file: FileView,
    begun: Instant,
    entries: Mutex<Entries>,
    overflowed: watch::Sender<bool>,
    /// Whether the client has waited too long for a reply that does not come.
    waited: watch::Sender<bool>,
    /// How many requests have begun.
    begun_requests: watch::Sender<u64>,
    /// Whether a request to close an upload has come.
    finishing: watch::Sender<bool>,
    /// Until when no reply goes out, but for the one that went ahead.
    quiet_until: watch::Sender<Option<Instant>>,
}

/// How long a reply is held back where no other request begins.
const HOLD: Duration = Duration::from_millis(500);

/// The same for one that is held back until finish: longer than who waits for a while only would.
const LONG_HOLD: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Entries {
    exchanges: Vec<Exchange>,
    occurred: Vec<(usize, Vec<Occurred>)>,
    /// How many bytes came.
    received: usize,
    /// How many of them are kept, or may be: those that are being read are.
    bytes: usize,
    connections: u32,
    failed_connections: BTreeSet<FailedConnection>,
    fault: Option<HarnessError>,
}

/// What a field of a form takes in memory beside its bytes, roughly: a client that sends many of them
/// would otherwise fill it long before it has sent its share.
const FIELD: usize = 512;

/// How many different reasons are kept why connections brought no request.
const MOST_FAILED: usize = 8;

/// The place of an exchange in the recorder.
#[derive(Clone, Copy)]
pub(super) struct EntryId(usize);

impl Recorder {
    pub(super) fn new(file: FileView) -> Self {
        Self {
            most_bytes: Transcript::most_bytes(file.len()),
            file,
            begun: Instant::now(),
            entries: Mutex::default(),
            overflowed: watch::Sender::new(false),
            waited: watch::Sender::new(false),
            begun_requests: watch::Sender::new(0),
            finishing: watch::Sender::new(false),
            quiet_until: watch::Sender::new(None),
        }
    }

    /// The time since the scenario began.
    pub(super) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Notes that a request has begun.
    pub(super) fn begin(&self) {
        self.begun_requests.send_modify(|count| *count = count.saturating_add(1));
    }

    /// Holds back the reply of an exchange until another request begins, or for a while.
    pub(super) async fn hold(&self, EntryId(place): EntryId) {
        let mut begun = self.begun_requests.subscribe();
        // Which of both it was, the exchanges tell.
        let _ = tokio::time::timeout(HOLD, begun.changed()).await;
        self.answer_now(place);
    }

    /// Notes that a request to close an upload has come.
    pub(super) fn begin_finish(&self) {
        self.finishing.send_replace(true);
    }

    /// Holds back the reply of an exchange until the upload is to be closed, or until nothing has begun for a
    /// while.
    pub(super) async fn hold_until_finish(&self, EntryId(place): EntryId) {
        let (mut begun, mut finishing) =
            (self.begun_requests.subscribe(), self.finishing.subscribe());
        let finish = finishing.wait_for(|is_finishing| *is_finishing);
        // As long as others begin, whoever has sent this one has something else to do than to wait for it.
        let idle = async {
            while let Ok(Ok(())) = tokio::time::timeout(LONG_HOLD, begun.changed()).await {}
        };
        tokio::select! {
            _ = finish => {}
            () = idle => {}
        }
        self.answer_now(place);
    }

    /// Keeps all other replies back for a while, from now on.
    pub(super) fn go_ahead(&self) {
        self.quiet_until.send_replace(Instant::now().checked_add(Delivery::AHEAD));
    }

    /// Keeps back the reply of an exchange while another one has gone ahead.
    pub(super) async fn give_way(&self, EntryId(place): EntryId) {
        let until = *self.quiet_until.borrow();
        if let Some(until) = until.filter(|until| *until > Instant::now()) {
            tokio::time::sleep_until(until).await;
            self.answer_now(place);
        }
    }

    /// Notes that the reply of an exchange goes out now: the client knows nothing of it before that.
    fn answer_now(&self, place: usize) {
        let now = self.now();
        if let Some(exchange) = lock(&self.entries).exchanges.get_mut(place) {
            exchange.answered = now;
        }
    }

    /// Notes that a client has had its time to wait for the reply of an exchange, unless it went on
    /// without it.
    pub(super) fn wait_out(&self, EntryId(place): EntryId) {
        let entries = lock(&self.entries);
        let mut exchanges = entries.exchanges.iter().skip(place);
        let Some(unanswered) = exchanges.next() else { return };
        if !exchanges.any(|later| later.request.gives_up_on(&unanswered.request)) {
            self.waited.send_replace(true);
        }
    }

    /// Counts a connection and numbers it, from 1.
    pub(super) fn connect(&self) -> u32 {
        let mut entries = lock(&self.entries);
        entries.connections = entries.connections.saturating_add(1);
        entries.connections
    }

    /// Whether there was a connection.
    pub(super) fn is_reached(&self) -> bool {
        lock(&self.entries).connections > 0
    }

    /// Notes why a connection brought no request, each reason once.
    pub(super) fn fail_connection(&self, failed: FailedConnection) {
        let mut entries = lock(&self.entries);
        if entries.failed_connections.len() < MOST_FAILED {
            entries.failed_connections.insert(failed);
        }
    }

    /// Counts bytes read; `false` if the scenario has had its share.
    pub(super) fn charge(&self, bytes: usize) -> bool {
        let mut entries = lock(&self.entries);
        entries.bytes = entries.bytes.saturating_add(bytes);
        entries.received = entries.received.saturating_add(bytes);
        let most_received = Transcript::most_received(self.file.len());
        if entries.bytes > self.most_bytes || entries.received > most_received {
            self.overflow();
        }
        // The share is that of the scenario: another connection may have used it up.
        !self.overflowed()
    }

    /// Keeps an exchange; `None` if there are too many already.
    pub(super) fn record(&self, mut exchange: Exchange, occurred: &[Occurred]) -> Option<EntryId> {
        let came = exchange.request.kept();
        exchange.request.compact(&self.file);
        let spared = came.saturating_sub(exchange.request.kept());
        let fields = exchange.request.form().values().len();
        let mut entries = lock(&self.entries);
        entries.bytes = entries.bytes.saturating_sub(spared);
        entries.bytes = entries.bytes.saturating_add(fields.saturating_mul(FIELD));
        if entries.exchanges.len() >= Transcript::MOST_EXCHANGES || entries.bytes > self.most_bytes
        {
            self.overflow();
            return None;
        }
        let number = entries.exchanges.len();
        if !occurred.is_empty() {
            entries.occurred.push((number, occurred.to_vec()));
        }
        entries.exchanges.push(exchange);
        Some(EntryId(number))
    }

    /// Notes how much of the response was sent; an exchange is in the recorder before that, so that
    /// none is lost if the scenario ends meanwhile.
    pub(super) fn delivered(&self, EntryId(place): EntryId, delivery: Delivery) {
        if let Some(exchange) = lock(&self.entries).exchanges.get_mut(place) {
            exchange.delivery = delivery;
        }
    }

    /// Adds bytes that came after a request and begin no other.
    pub(super) fn exceed(&self, EntryId(place): EntryId, excess: &[u8]) {
        let request = lock(&self.entries).exchanges.get(place).map(|kept| kept.request.clone());
        let Some(request) = request else { return };
        // Parsed outside of the lock: it may be long.
        let mut request = Request::new([request.raw().as_ref(), excess].concat().into());
        request.compact(&self.file);
        if let Some(exchange) = lock(&self.entries).exchanges.get_mut(place) {
            exchange.request = request;
        }
    }

    pub(super) fn overflow(&self) {
        self.overflowed.send_replace(true);
    }

    pub(super) fn overflowed(&self) -> bool {
        *self.overflowed.borrow()
    }

    /// Tells when the scenario has had its share.
    pub(super) fn overflowing(&self) -> watch::Receiver<bool> {
        self.overflowed.subscribe()
    }

    /// Tells when the client has waited too long for a reply that does not come.
    pub(super) fn waited(&self) -> watch::Receiver<bool> {
        self.waited.subscribe()
    }

    /// Notes a failure of ours; the first one counts.
    pub(super) fn fail(&self, fault: HarnessError) {
        lock(&self.entries).fault.get_or_insert(fault);
    }

    pub(super) fn close(&self) -> Result<Recorded, HarnessError> {
        let Entries { exchanges, occurred, connections, failed_connections, fault, .. } =
            std::mem::take(&mut *lock(&self.entries));
        let overflowed = self.overflowed();
        match fault {
            Some(fault) => Err(fault),
            None => {
                Ok(Recorded { exchanges, occurred, connections, failed_connections, overflowed })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Receipt, Response};

    fn recorder() -> Recorder {
        Recorder::new(FileView::from(Vec::new()))
    }

    /// A request of one field of a form for each of these.
    fn exchange(fields: usize) -> Exchange {
        let part = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
        let body = format!("{}--b--\r\n", part.repeat(fields));
        let head = format!(
            "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        Exchange {
            request: Request::new([head, body].concat().into_bytes().into()),
            receipt: Receipt::Whole,
            response: Response::write(200, &[], ""),
            delivery: Delivery::Whole,
            connection: 1,
            started: Duration::ZERO,
            answered: Duration::ZERO,
            clock: 0,
        }
    }

    #[test]
    fn a_byte_beyond_the_share_of_bytes_is_too_many() {
        // Of a large file fewer are kept than may come.
        for length in [0, FileView::MOST_BYTES * 4] {
            let recorder = Recorder::new(FileView::zeros(length));
            assert!(recorder.charge(Transcript::most_bytes(length)));
            assert!(!recorder.overflowed());
            assert!(!recorder.charge(1));
            assert!(recorder.overflowed());
        }
    }

    #[test]
    fn a_request_beyond_the_share_of_requests_is_not_kept() {
        let recorder = recorder();
        let one = exchange(0);
        for _ in 0..Transcript::MOST_EXCHANGES {
            assert!(recorder.record(one.clone(), &[]).is_some());
        }
        assert!(!recorder.overflowed());
        assert!(recorder.record(one, &[]).is_none());
        assert!(recorder.overflowed());
    }

    #[test]
    fn fields_of_forms_count_as_more_than_their_bytes() {
        const FIELDS: usize = 64;
        let recorder = recorder();
        let large = exchange(FIELDS);
        assert_eq!(large.request.form().values().len(), FIELDS);
        let fitting = Transcript::most_bytes(0) / (FIELDS * FIELD);
        assert!(fitting < Transcript::MOST_EXCHANGES);
        for _ in 0..fitting {
            assert!(recorder.record(large.clone(), &[]).is_some());
        }
        assert!(recorder.record(large, &[]).is_none());
        assert!(recorder.overflowed());
    }
}
