use std::cell::OnceCell;
use std::rc::Rc;
use std::time::Duration;

use serde::Deserialize;

use super::digests::FileDigests;
use super::framed::{Readability, is_framed};
use super::signed::Signed;
use crate::protocol::{
    Claim, Delivery, Encoding, Exchange, FileView, JobFacts, ListPart, MultipartBody, Op, Outcome,
    PartialData, Request, Slice, SliceData, Transcript,
};

mod held;
mod order;

pub(super) use held::Held;
use order::Order;

/// How many sessions are kept of an upload, and how many of those before it.
const MOST_SESSIONS: usize = 16;

/// A transcript with what the client could know at each point of it.
pub struct Analysis<'a> {
    transcript: &'a Transcript,
    exchanges: Vec<AnnotatedExchange<'a>>,
    order: Order,
}

/// One exchange, and what the client could know when it sent the request.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one exchange")]
pub struct AnnotatedExchange<'a> {
    /// The number of the exchange, counted from 0.
    pub number: usize,
    /// The exchange.
    pub exchange: &'a Exchange,
    /// Its request.
    pub request: &'a Request,
    /// What the client was asked to do.
    pub job: &'a JobFacts,
    /// The upload that the service had opened by then, if any.
    pub upload: Option<Rc<Upload>>,
    /// `sha` of the last init request before, if it had one.
    pub sha: Option<&'a str>,
    /// The last init request before.
    pub init: Option<Announced>,
    /// `offset` of the request, if it is a number.
    pub offset: Option<u64>,
    /// Where the slice of a data request lies, if its offset can be read.
    slice: Option<Slice>,
    /// `session` of the request.
    session: Option<&'a str>,
    /// The slices that its reply lists.
    pub listed: Held,
    /// Whether the request can be judged by what is in it; see `framed.rs`.
    pub well_framed: bool,
    /// Where in the file a line reads like a delimiter of the request's form.
    pub(super) collision: Option<u64>,
    /// The digests of the file, as far as a rule has asked for them.
    pub(super) file_digests: Rc<FileDigests<'a>>,
    /// Its signature, once a rule has asked for it.
    pub(super) signed: OnceCell<Option<Signed>>,
    /// Whether the client can have taken the reply for success.
    pub success: bool,
    /// Whether it cannot have taken the reply for anything else.
    pub clear: bool,
    /// Whether that reply describes the slice that was sent.
    pub echoed: bool,
    /// Whether the reply says that the object is complete.
    pub says_stored: bool,
}

/// What an init request announced.
#[derive(Clone, Debug)]
pub struct Announced {
    /// The length of the file, as it gave it.
    pub filesize: Option<u64>,
    /// The slice size that it asked for.
    pub slice_size: Option<u64>,
    /// The slices that its `uploadparts` describes, by offset.
    pub parts: Option<Rc<[Slice]>>,
}

/// An upload that the service has opened, as its replies describe it.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The sessions that replies have named, the one that was granted last in front.
    pub sessions: Vec<Rc<str>>,
    /// The grid of the slices, in bytes; `None` if the service did not name a usable one.
    pub slice_size: Option<u64>,
    /// Whether it named a size of 0 instead, with which a slice has no bytes.
    pub is_empty_grid: bool,
    /// Whether the service asked for one data request at a time.
    pub serial: bool,
    /// Whether it was named by a list, and not by the reply to an init.
    pub listed: bool,
    /// The sessions of uploads before it.
    pub former: Vec<Rc<str>>,
}

impl Upload {
    /// Whether replies have named this session; `None` if they may have, with more than are kept.
    pub fn names(&self, session: &str) -> Option<bool> {
        let known = self.sessions.iter().any(|one| **one == *session);
        (known || self.sessions.len() < MOST_SESSIONS).then_some(known)
    }
}

impl<'a> Analysis<'a> {
    /// Follows a transcript from its beginning.
    pub fn new(transcript: &'a Transcript) -> Self {
        let mut uploads = Uploads::default();
        let mut sha = None;
        let mut init = None;
        let file = transcript.job.file.as_ref();
        let mut readability = Readability::of(file);
        let file_digests = Rc::new(FileDigests::of(file));
        let mut exchanges = Vec::with_capacity(transcript.exchanges.len());
        for (number, exchange) in transcript.exchanges.iter().enumerate() {
            let request = &exchange.request;
            let collision = readability.collision(request);
            let mut annotated = AnnotatedExchange {
                number,
                exchange,
                request,
                job: &transcript.job,
                upload: uploads.known_at(exchange.started).cloned(),
                sha,
                init: init.clone(),
                offset: request.number("offset"),
                slice: slice(request),
                session: request.text("session"),
                listed: listed(exchange),
                well_framed: is_framed(exchange) && collision.is_none(),
                collision,
                file_digests: Rc::clone(&file_digests),
                signed: OnceCell::new(),
                success: exchange.is_success(),
                clear: exchange.is_clear_success(),
                echoed: false,
                says_stored: says_stored(exchange),
            };
            annotated.echoed = echoes(&annotated);
            exchanges.push(annotated);
            if request.op() == Some(&Op::Init) {
                init = Some(announced(request));
                sha = request.text("sha").filter(|sha| !sha.is_empty());
            }
            uploads.learn(exchange);
        }
        let order = Order::of(&exchanges, file.map_or(0, FileView::len));
        Self { transcript, exchanges, order }
    }

    /// All exchanges in order of arrival.
    pub fn exchanges(&self) -> &[AnnotatedExchange<'a>] {
        &self.exchanges
    }

    /// The readable exchanges of one operation.
    pub fn of(&self, op: Op) -> impl Iterator<Item = &AnnotatedExchange<'a>> {
        self.exchanges.iter().filter(move |annotated| annotated.is(&op))
    }

    /// The next annotated that asks for the same: the operation, and the slice.
    pub fn next_same(&self, annotated: &AnnotatedExchange) -> Option<&AnnotatedExchange<'a>> {
        self.exchanges.get(self.order.next_same(annotated.number)?)
    }

    /// Whether an exchange of this kind comes after one that is given by its number.
    pub(super) fn comes_behind(
        &self,
        is: impl Fn(&AnnotatedExchange) -> bool,
    ) -> impl Fn(usize) -> bool {
        let last = self
            .exchanges
            .iter()
            .rfind(|annotated| is(annotated))
            .map(|annotated| annotated.number);
        move |number| last > Some(number)
    }

    /// Whether there were more exchanges than are kept.
    pub fn overflowed(&self) -> bool {
        self.transcript.overflowed
    }

    /// Whether the client came to an end of its own, and all that it sent until then was kept.
    pub fn has_ended(&self) -> bool {
        let killed = self.outcome().is_some_and(|outcome| outcome.claim == Claim::Hung);
        !killed && !self.overflowed()
    }

    /// How it ended.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.transcript.outcome.as_ref()
    }

    /// What the client was asked to do.
    pub fn job(&self) -> &JobFacts {
        &self.transcript.job
    }

    /// Whether the service had acknowledged the slice of an exchange, by its own words, when another one
    /// was sent.
    pub fn is_acknowledged_before(
        &self,
        annotated: &AnnotatedExchange,
        other: &AnnotatedExchange,
    ) -> bool {
        self.order.is_acknowledged_before(annotated.number, other.exchange.started)
    }

    /// The same, by the reply to a data request that describes the slice as it was sent.
    pub fn is_echoed_before(
        &self,
        annotated: &AnnotatedExchange,
        other: &AnnotatedExchange,
    ) -> bool {
        self.order.is_echoed_before(annotated.number, other.exchange.started)
    }

    /// The data requests that were under way when this exchange was sent, by number, but for those whose
    /// slices were acknowledged by then.
    pub fn open_at(&self, annotated: &AnnotatedExchange) -> impl Iterator<Item = usize> {
        self.order.open_at(annotated)
    }

    /// The first bytes of the file that were neither sent nor acknowledged before this exchange was sent.
    pub fn first_gap_before(&self, annotated: &AnnotatedExchange) -> Option<Slice> {
        self.order.first_gap_before(annotated, annotated.file_size()?)
    }

    /// The finish or upload by which the object was complete, by clear words of the service, before this
    /// exchange was sent.
    pub fn stored_before(&self, annotated: &AnnotatedExchange) -> Option<&AnnotatedExchange<'a>> {
        self.exchanges.get(self.order.stored_before(annotated.exchange.started)?)
    }
}

impl<'a> AnnotatedExchange<'a> {
    /// Whether this is a readable request of this operation.
    pub fn is(&self, op: &Op) -> bool {
        self.well_framed && self.request.op() == Some(op)
    }

    /// The operation, if the request is readable and one of an upload.
    pub fn op(&self) -> Option<&Op> {
        self.request.op().filter(|op| self.well_framed && !matches!(op, Op::Other(_)))
    }

    /// Whether this is a readable POST, or a request with a body, that is not one of the other
    /// operations of the API, which come as JSON: a wrong method is no reason to pass over the body.
    pub fn is_upload_call(&self) -> bool {
        let is_json = self.request.form().encoding() == Encoding::Json;
        let has_body = self.request.method() == "POST" || self.request.body_length() > 0;
        self.well_framed && has_body && !(is_json && self.is_other_operation())
    }

    /// The exchange, if it is readable and one of an upload, be its op one that the service does not know.
    pub fn of_upload(&self) -> Option<&Self> {
        let is_meant = self.is_upload_call() && self.request.path().starts_with("/files/");
        (self.op().is_some() || (is_meant && !self.is_other_operation())).then_some(self)
    }

    fn is_other_operation(&self) -> bool {
        const OTHER_OPERATIONS: [&str; 4] = ["create", "delete", "move", "update"];
        matches!(self.request.op(),
            Some(Op::Other(word)) if OTHER_OPERATIONS.contains(&word.as_str()))
    }

    /// The multipart form of an upload annotated.
    pub fn form(&self) -> Option<&MultipartBody> {
        self.request.form().as_multipart().filter(|_| self.is_upload_call())
    }

    /// `session` of the request.
    pub fn session(&self) -> Option<&'a str> {
        self.session
    }

    /// Where the slice of a data request lies, if its offset can be read.
    pub fn slice(&self) -> Option<Slice> {
        self.slice
    }

    /// The file, if it is known.
    pub fn file(&self) -> Option<&'a FileView> {
        self.job.file.as_ref()
    }

    /// The length of the file in bytes, if it is known.
    pub fn file_size(&self) -> Option<u64> {
        self.file().map(FileView::len)
    }

    /// The reply in words.
    pub fn reply_in_words(&self) -> String {
        let status = self.exchange.response.status();
        match (self.exchange.delivery, self.exchange.reply::<()>()) {
            (Delivery::Reset, _) => "a reset connection".to_owned(),
            (Delivery::Truncated(length), _) => format!("a reply that ends after {length} bytes"),
            (Delivery::Whole, Ok(reply)) => format!("HTTP {status}, code {}", reply.code),
            (Delivery::Whole, Err(_)) => format!("HTTP {status} without JSON"),
            (delivery, Ok(reply)) => format!("HTTP {status}, code {}, {delivery}", reply.code),
            (delivery, Err(_)) => format!("HTTP {status}, {delivery}"),
        }
    }
}

fn slice(request: &Request) -> Option<Slice> {
    let content = request.value("filecontent")?;
    let length = u64::try_from(content.content.len()).ok()?;
    Some(Slice { offset: request.number("offset")?, length })
}

/// Whether the reply to a slice describes the slice that was sent.
fn echoes(annotated: &AnnotatedExchange) -> bool {
    let request = annotated.request;
    if request.op() != Some(&Op::Data) {
        return false;
    }
    let reply = annotated.exchange.reply::<SliceData>();
    let Some(data) = reply.ok().and_then(|reply| reply.data) else { return false };
    let Some(content) = request.value("filecontent").map(|value| &value.content) else {
        return false;
    };
    annotated.offset == Some(data.offset)
        && u64::try_from(content.len()).is_ok_and(|length| length == data.datalen)
        && request.text("session") == Some(&data.session)
        && (data.datamd5.is_empty() || request.content_md5() == Some(&data.datamd5))
}

fn listed(exchange: &Exchange) -> Held {
    let is_list = exchange.request.op() == Some(&Op::List);
    let data = is_list.then(|| partial_data(exchange)).flatten();
    let parts = data.map(|data| data.listparts).unwrap_or_default();
    let slice = |part: &ListPart| Slice { offset: part.offset, length: part.datalen };
    Held::new(parts.iter().map(slice).collect())
}

/// What a client can take from a reply, field by field.
fn partial_data(exchange: &Exchange) -> Option<PartialData> {
    exchange.reply().ok()?.data
}

fn announced(request: &Request) -> Announced {
    #[derive(Deserialize)]
    struct Part {
        offset: u64,
        datalen: u64,
    }
    let parts = request.text("uploadparts").and_then(|text| {
        let parts: Vec<Part> = serde_json::from_str(text).ok()?;
        let slice = |part: &Part| Slice { offset: part.offset, length: part.datalen };
        let mut slices: Vec<_> = parts.iter().map(slice).collect();
        slices.sort_unstable();
        Some(slices.into())
    });
    let (filesize, slice_size) = (request.number("filesize"), request.number("slice_size"));
    Announced { filesize, slice_size, parts }
}

fn says_stored(exchange: &Exchange) -> bool {
    let success = exchange.is_success();
    match exchange.request.op() {
        Some(Op::Finish | Op::Upload) => success,
        Some(Op::Data | Op::Other(_)) => false,
        // Without an op it may be a question about the object, which is a GET.
        Some(Op::Init | Op::List) | None => {
            success && partial_data(exchange).is_some_and(|data| data.names_object)
        }
    }
}

/// The uploads that replies have named, each with the time from which a client can know of it; each was
/// told later than the one before.
#[derive(Default)]
struct Uploads(Vec<(Duration, Rc<Upload>)>);

impl Uploads {
    /// The upload that a client knows at a time: while a new session is on its way, slices of the one
    /// before may still be sent. If none is known by then, the one that was named last.
    fn known_at(&self, time: Duration) -> Option<&Rc<Upload>> {
        let behind = self.0.partition_point(|(answered, _)| *answered <= time);
        let known = behind.checked_sub(1).and_then(|last| self.0.get(last));
        known.or(self.0.last()).map(|(_, upload)| upload)
    }

    fn add(&mut self, answered: Duration, upload: Upload) {
        // Who knows of this one knows of no other that was told later.
        let told_before = self.0.partition_point(|(before, _)| *before < answered);
        self.0.truncate(told_before);
        self.0.push((answered, Rc::new(upload)));
    }

    /// Takes from a reply what it says about the upload.
    fn learn(&mut self, exchange: &Exchange) {
        if !exchange.is_success() {
            return;
        }
        match exchange.request.op() {
            Some(Op::Init | Op::List) => {
                let Some(data) = partial_data(exchange) else { return };
                let Some(session) = data.session else { return };
                let (mut former, mut was_serial) = (Vec::new(), false);
                if let Some((_, known)) = self.0.last() {
                    let before = known.sessions.iter().chain(&known.former);
                    former.extend(
                        before.filter(|one| ***one != *session).take(MOST_SESSIONS).cloned(),
                    );
                    was_serial = known.serial;
                }
                let upload = Upload {
                    sessions: vec![session.into()],
                    // Where the grid cannot be read a client may go by the size that it asked for.
                    slice_size: data.slice_size.filter(|size| *size > 0),
                    is_empty_grid: data.slice_size == Some(0),
                    serial: data.serial_upload == Some(1) || was_serial,
                    listed: exchange.request.op() == Some(&Op::List),
                    former,
                };
                self.add(exchange.answered, upload);
            }
            // Some clients take the session for finish from the reply to a slice [§2.3].
            Some(Op::Data) => {
                let session = partial_data(exchange).and_then(|data| data.session);
                if let (Some((_, upload)), Some(session)) = (self.0.last_mut(), session)
                    && upload.sessions.len() < MOST_SESSIONS
                    && !upload.sessions.iter().chain(&upload.former).any(|one| **one == *session)
                {
                    // The exchanges before it keep what was known by then.
                    Rc::make_mut(upload).sessions.push(session.into());
                }
            }
            _ => {}
        }
    }
}
