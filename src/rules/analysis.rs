use std::cell::OnceCell;
use std::sync::Arc;

use serde::Deserialize;

use super::digests::FileDigests;
use super::framed::{Readability, is_framed};
use super::literal::LiteralReplies;
use super::ruling::{self, Ruling};
use super::signed::Signed;
use super::{Rule, Verdict, catalogue};
use crate::protocol::{
    Acknowledgement, Claim, Delivery, Encoding, EnvelopeError, Exchange, FileView, JobFacts,
    ListPart, MultipartBody, Op, Outcome, PartialData, ReplyFacts, Request, Slice, Transcript,
};

mod held;
mod order;
mod redirected;
mod uploads;

pub(super) use held::Held;
use order::Order;
use redirected::Redirected;
pub(super) use uploads::Upload;
use uploads::Uploads;

/// A transcript with what the client could know at each point of it.
pub struct Analysis {
    job: Arc<JobFacts>,
    exchanges: Vec<AnnotatedExchange>,
    outcome: Option<Outcome>,
    overflowed: bool,
    order: Order,
    literal: LiteralReplies,
}

/// What is known of the exchanges so far, for the one that comes next.
pub(super) struct Arrivals {
    job: Arc<JobFacts>,
    exchanges: Vec<AnnotatedExchange>,
    uploads: Uploads,
    sha: Option<Arc<str>>,
    init: Option<Announced>,
    readability: Readability,
    file_digests: Arc<FileDigests>,
}

/// One exchange, and what the client could know when it sent the request.
pub struct AnnotatedExchange {
    /// The number of the exchange, counted from 0.
    pub number: usize,
    /// The exchange.
    pub exchange: Exchange,
    /// Its request.
    pub request: Request,
    /// What the client was asked to do.
    pub job: Arc<JobFacts>,
    /// The upload that the service had opened by then, if any.
    pub upload: Option<Arc<Upload>>,
    /// Which init opened the upload that the request belongs to, counted from 0.
    pub(super) opening: usize,
    /// `sha` of the last init request before, if it had one.
    pub sha: Option<Arc<str>>,
    /// The last init request before.
    pub init: Option<Announced>,
    /// `offset` of the request, if it is a number.
    pub offset: Option<u64>,
    /// Where the slice of a data request lies, if its offset can be read.
    slice: Option<Slice>,
    /// What its reply says, or why nobody can read it.
    pub reply: Result<ReplyFacts, EnvelopeError>,
    /// What the client can have taken the reply for.
    pub acknowledgement: Acknowledgement,
    /// The slices that its reply lists.
    pub listed: Held,
    /// Whether the request can be judged by what is in it; see `framed.rs`.
    pub well_framed: bool,
    /// Where in the file a line reads like a delimiter of the request's form.
    pub(super) collision: Option<u64>,
    /// The digests of the file, as far as a rule has asked for them.
    pub(super) file_digests: Arc<FileDigests>,
    /// Its signature, once a rule has asked for it.
    pub(super) signed: OnceCell<Option<Signed>>,
}

/// What an init request announced.
#[derive(Clone, Debug)]
pub struct Announced {
    /// The length of the file, as it gave it.
    pub filesize: Option<u64>,
    /// The slice size that it asked for.
    pub slice_size: Option<u64>,
    /// The slices that its `uploadparts` describes, by offset.
    pub parts: Option<Arc<[Slice]>>,
}

impl Arrivals {
    pub(super) fn new(job: JobFacts) -> Self {
        Self {
            readability: Readability::of(job.file.clone()),
            file_digests: Arc::new(FileDigests::of(job.file.clone())),
            job: Arc::new(job),
            exchanges: Vec::new(),
            uploads: Uploads::default(),
            sha: None,
            init: None,
        }
    }

    pub(super) fn job(&self) -> &JobFacts {
        &self.job
    }

    /// Takes in the exchange that came next.
    pub(super) fn add(&mut self, exchange: Exchange) {
        let annotated = self.annotate(exchange);
        let request = &annotated.request;
        if request.op() == Some(&Op::Init) {
            self.init = Some(announced(request));
            // Also of an init that is refused: who resumes then sends the
            // sha that it announced there.
            self.sha = request.text("sha").filter(|sha| !sha.is_empty()).map(Arc::from);
        }
        self.uploads.learn(&annotated);
        self.exchanges.push(annotated);
    }

    fn annotate(&mut self, exchange: Exchange) -> AnnotatedExchange {
        let request = exchange.request.clone();
        let collision = self.readability.collision(&request);
        let reply = exchange.facts();
        let facts = reply.as_ref().ok();
        AnnotatedExchange {
            number: self.exchanges.len(),
            job: Arc::clone(&self.job),
            // As of its first byte: what was replied later, the client cannot
            // have known when it wrote this.
            upload: self.uploads.known_at(exchange.started).cloned(),
            opening: self.uploads.opening_of(request.text("session"), exchange.started),
            sha: self.sha.clone(),
            init: self.init.clone(),
            offset: request.number("offset"),
            slice: slice(&request),
            acknowledgement: Acknowledgement::of(&exchange, facts),
            listed: listed(request.op(), facts),
            well_framed: is_framed(&exchange) && collision.is_none(),
            collision,
            file_digests: Arc::clone(&self.file_digests),
            signed: OnceCell::new(),
            request,
            exchange,
            reply,
        }
    }

    /// That nothing more comes, and how it ended.
    pub(super) fn end(self, outcome: Option<Outcome>, overflowed: bool) -> Analysis {
        let Self { job, exchanges, .. } = self;
        let order = Order::of(&exchanges, job.file.as_ref().map_or(0, FileView::len));
        let literal = LiteralReplies::of(&exchanges);
        Analysis { job, exchanges, outcome, overflowed, order, literal }
    }
}

impl Analysis {
    /// Follows a transcript from its beginning.
    pub fn new(transcript: &Transcript) -> Self {
        let mut arrivals = Arrivals::new(transcript.job.clone());
        for exchange in &transcript.exchanges {
            arrivals.add(exchange.clone());
        }
        arrivals.end(transcript.outcome.clone(), transcript.overflowed)
    }

    /// What every rule says, in the order of the catalogue.
    pub(super) fn rulings(&self) -> Vec<Ruling> {
        let redirected = Redirected::of(&self.exchanges);
        let ruling = |rule: &'static Rule| {
            let mut verdicts = self.verdicts(rule);
            redirected.name(rule, &mut verdicts);
            Ruling::new(rule, verdicts)
        };
        let mut rulings: Vec<_> = catalogue().map(ruling).collect();
        // After all of them, as the bound is one for the whole transcript.
        ruling::bound(&mut rulings);
        rulings
    }

    /// What a rule says, if what the client got leaves it anything to say.
    fn verdicts(&self, rule: &Rule) -> Vec<(Option<usize>, Verdict)> {
        if self.literal.leaves(rule) { rule.verdicts(self) } else { Vec::new() }
    }

    /// All exchanges in order of arrival.
    pub fn exchanges(&self) -> &[AnnotatedExchange] {
        &self.exchanges
    }

    /// The well-framed exchanges of one operation.
    pub fn of(&self, op: Op) -> impl Iterator<Item = &AnnotatedExchange> {
        self.exchanges.iter().filter(move |annotated| annotated.is(&op))
    }

    /// The next exchange that asks for the same: the operation, and the slice.
    pub fn next_same(&self, annotated: &AnnotatedExchange) -> Option<&AnnotatedExchange> {
        self.exchanges.get(self.order.next_same(annotated.number)?)
    }

    /// Whether an exchange of this kind comes after one that is given by its number.
    pub(super) fn comes_after(
        &self,
        is: impl Fn(&AnnotatedExchange) -> bool,
    ) -> impl Fn(usize) -> bool {
        // Looked for once and not for each question, of which there is one per exchange.
        let last = self
            .exchanges
            .iter()
            .rfind(|annotated| is(annotated))
            .map(|annotated| annotated.number);
        move |number| last > Some(number)
    }

    /// Whether there were more exchanges than are kept.
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Whether the client came to an end of its own, and all that it sent until then was kept.
    pub fn has_ended(&self) -> bool {
        // Of what a client was not given the time for, nobody says that it did not do it.
        let killed = self.outcome().is_some_and(|outcome| outcome.claim == Claim::Hung);
        !killed && !self.overflowed()
    }

    /// How it ended.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// What the client was asked to do.
    pub fn job(&self) -> &JobFacts {
        &self.job
    }

    /// Whether the service had acknowledged the slice of an exchange for its upload, by its own words, when
    /// another one was sent.
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

    /// A request that had these bytes, but for an upload that another init had opened.
    pub(super) fn sent_for_another_opening(
        &self,
        annotated: &AnnotatedExchange,
        bytes: Slice,
    ) -> Option<&AnnotatedExchange> {
        let before = self.exchanges.iter().take(annotated.number);
        let mut sent = before.filter(|other| other.is(&Op::Data));
        sent.find(|other| {
            other.opening != annotated.opening
                && other.slice.is_some_and(|slice| {
                    Some(slice.offset) < bytes.end() && Some(bytes.offset) < slice.end()
                })
        })
    }

    /// The finish or upload by which the object was complete, by clear words of the service, before this
    /// exchange was sent.
    pub fn stored_before(&self, annotated: &AnnotatedExchange) -> Option<&AnnotatedExchange> {
        self.exchanges.get(self.order.stored_before(annotated.exchange.started)?)
    }
}

impl AnnotatedExchange {
    /// Whether this is a well-framed request of this operation.
    pub fn is(&self, op: &Op) -> bool {
        self.well_framed && self.request.op() == Some(op)
    }

    /// The operation, if the request is well-framed and one of an upload.
    pub fn op(&self) -> Option<&Op> {
        self.request.op().filter(|op| self.well_framed && !matches!(op, Op::Other(_)))
    }

    /// Whether this is a well-framed POST, or a request with a body, that is not one of the other
    /// operations of the API, which come as JSON: a wrong method is no reason to pass over the body.
    pub fn is_upload_call(&self) -> bool {
        let is_json = self.request.form().encoding() == Encoding::Json;
        let has_body = self.request.method() == "POST" || self.request.body_length() > 0;
        self.well_framed && has_body && !(is_json && self.is_other_operation())
    }

    /// The exchange, if it is well-framed and one of an upload, be its op one that the service does not know.
    pub fn of_upload(&self) -> Option<&Self> {
        let is_meant = self.is_upload_call() && self.request.path().starts_with("/files/");
        (self.op().is_some() || (is_meant && !self.is_other_operation())).then_some(self)
    }

    fn is_other_operation(&self) -> bool {
        const OTHER_OPERATIONS: [&str; 4] = ["create", "delete", "move", "update"];
        matches!(self.request.op(),
            Some(Op::Other(word)) if OTHER_OPERATIONS.contains(&word.as_str()))
    }

    /// The multipart form of an upload call.
    pub fn form(&self) -> Option<&MultipartBody> {
        self.request.form().as_multipart().filter(|_| self.is_upload_call())
    }

    /// `session` of the request.
    pub fn session(&self) -> Option<&str> {
        self.request.text("session")
    }

    /// Where the slice of a data request lies, if its offset can be read.
    pub fn slice(&self) -> Option<Slice> {
        self.slice
    }

    /// The file, if it is known.
    pub fn file(&self) -> Option<&FileView> {
        self.job.file.as_ref()
    }

    /// The length of the file in bytes, if it is known.
    pub fn file_size(&self) -> Option<u64> {
        self.file().map(FileView::len)
    }

    /// Whether a client can have taken the reply for success.
    pub fn success(&self) -> bool {
        self.acknowledgement.is_possible()
    }

    /// Whether no client can have taken it for anything else.
    pub fn clear(&self) -> bool {
        self.acknowledgement.is_clear()
    }

    /// Whether the reply says that the slice arrived, and describes it as it was sent.
    pub fn echoed(&self) -> bool {
        self.acknowledgement.is_of_slice()
    }

    /// Whether the reply says clearly that the request was done, and describes a slice as it was sent.
    pub fn confirmed(&self) -> bool {
        self.clear() && (!self.is(&Op::Data) || self.echoed())
    }

    /// Whether the reply says that the object is complete.
    pub fn says_stored(&self) -> bool {
        self.acknowledgement.is_of_object()
    }

    /// Whether an upload is refused at its beginning because an object is in its place: who has sent finish
    /// before learns no more of it than that.
    pub fn says_occupied(&self) -> bool {
        matches!(self.op(), Some(Op::Init | Op::Upload)) && self.clear_code() == Some(-177)
    }

    /// The code of a reply that nobody can have misread.
    pub fn clear_code(&self) -> Option<i64> {
        self.exchange.clear_code(self.reply.as_ref().ok()?)
    }

    /// What can be read of the reply's `data`.
    pub fn partial_data(&self) -> Option<&PartialData> {
        self.reply.as_ref().ok()?.partial.as_ref()
    }

    /// The reply in words.
    pub fn describe_reply(&self) -> String {
        let status = self.exchange.response.status();
        match (self.exchange.delivery, &self.reply) {
            (Delivery::Reset, _) => "a reset connection".to_owned(),
            (Delivery::Unanswered, _) => "no reply".to_owned(),
            (Delivery::Truncated(length), _) => format!("a reply that ends after {length} bytes"),
            (Delivery::Whole, Ok(reply)) => format!("HTTP {status}, code {}", reply.code),
            (Delivery::Whole, Err(error)) => format!("HTTP {status} {}", what_it_is(error)),
            (delivery, Ok(reply)) => format!("HTTP {status}, code {}, {delivery}", reply.code),
            (delivery, Err(_)) => format!("HTTP {status}, {delivery}"),
        }
    }
}

/// A body that nobody can take for a reply of the service.
fn what_it_is(error: &EnvelopeError) -> String {
    match error {
        EnvelopeError::Field(_) => "and JSON without a code that is a number".to_owned(),
        EnvelopeError::NotAnObject { found } => format!("and JSON that is {found}, no object"),
        EnvelopeError::Empty => "without a body".to_owned(),
        EnvelopeError::Html => "and a page of HTML".to_owned(),
        EnvelopeError::Xml => "and XML".to_owned(),
        EnvelopeError::Truncated { .. } => "and JSON that breaks off".to_owned(),
        _ => "without JSON".to_owned(),
    }
}

fn slice(request: &Request) -> Option<Slice> {
    let content = request.value("filecontent")?;
    let length = u64::try_from(content.content.len()).ok()?;
    Some(Slice { offset: request.number("offset")?, length })
}

fn listed(op: Option<&Op>, facts: Option<&ReplyFacts>) -> Held {
    // As far as it can be read: each part that a client can have read is one it need not send.
    let data = facts.and_then(|facts| facts.partial.as_ref()).filter(|_| op == Some(&Op::List));
    let parts = data.map(|data| data.listparts.as_slice()).unwrap_or_default();
    let slice = |part: &ListPart| Slice { offset: part.offset, length: part.datalen };
    Held::new(parts.iter().map(slice).collect())
}

fn announced(request: &Request) -> Announced {
    #[derive(Deserialize)]
    struct AnnouncedPart {
        offset: u64,
        datalen: u64,
    }
    let parts = request.text("uploadparts").and_then(|text| {
        // Without datasha: where that is broken, the places still count.
        let parts: Vec<AnnouncedPart> = serde_json::from_str(text).ok()?;
        let slice = |part: &AnnouncedPart| Slice { offset: part.offset, length: part.datalen };
        let mut slices: Vec<_> = parts.iter().map(slice).collect();
        // For a binary search later: nobody says that clients write their parts in order.
        slices.sort_unstable();
        Some(slices.into())
    });
    let (filesize, slice_size) = (request.number("filesize"), request.number("slice_size"));
    Announced { filesize, slice_size, parts }
}
