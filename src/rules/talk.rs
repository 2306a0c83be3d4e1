use std::collections::BTreeSet;

use crate::protocol::{
    Assignment, Delivery, Exchange, MultipartBody, Op, Outcome, ReplyData, Request, Slice,
    SliceData, SlicePlan, Transcript, Witness,
};

/// A transcript with what the client could know at each point of it.
pub struct Talk<'a> {
    transcript: &'a Transcript,
    calls: Vec<Call<'a>>,
}

/// One exchange, and what the client could know when it sent the request.
pub struct Call<'a> {
    /// The number of the exchange, counted from 0.
    pub number: usize,
    /// The exchange.
    pub exchange: &'a Exchange,
    /// Its request.
    pub request: &'a Request,
    /// What the client was asked to do.
    pub assignment: &'a Assignment,
    /// The upload that the service had opened by then, if any.
    pub upload: Option<Upload>,
    /// `sha` of the last init request before, if it had one.
    pub sha: Option<String>,
    /// Whether an init request was sent before.
    pub init_sent: bool,
}

/// An upload that the service has opened, as its replies describe it.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The sessions that replies have named, the one that was granted last in front.
    pub sessions: Vec<String>,
    /// The grid of the slices, in bytes.
    pub slice_size: u64,
    /// Whether the service asked for one data request at a time.
    pub serial: bool,
}

impl<'a> Talk<'a> {
    /// Follows a transcript from its beginning.
    pub fn new(transcript: &'a Transcript) -> Self {
        let mut upload: Option<Upload> = None;
        let mut sha = None;
        let mut init_sent = false;
        let mut calls = Vec::with_capacity(transcript.exchanges.len());
        for (number, exchange) in transcript.exchanges.iter().enumerate() {
            let request = &exchange.request;
            calls.push(Call {
                number,
                exchange,
                request,
                assignment: &transcript.assignment,
                upload: upload.clone(),
                sha: sha.clone(),
                init_sent,
            });
            if request.op() == Some(&Op::Init) {
                init_sent = true;
                sha = request.text("sha").filter(|sha| !sha.is_empty()).map(str::to_owned);
            }
            learn(&mut upload, exchange);
        }
        Self { transcript, calls }
    }

    /// All calls in order of arrival.
    pub fn calls(&self) -> &[Call<'a>] {
        &self.calls
    }

    /// The calls of one operation that were read whole.
    pub fn of(&self, op: Op) -> impl Iterator<Item = &Call<'a>> {
        self.calls.iter().filter(move |call| call.is(&op))
    }

    /// How it ended.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.transcript.outcome.as_ref()
    }

    /// What the client was asked to do.
    pub fn assignment(&self) -> &Assignment {
        &self.transcript.assignment
    }

    /// The slices that the service had acknowledged, by its own words, before this call was sent.
    pub fn acknowledged_before(&self, call: &Call) -> BTreeSet<Slice> {
        let mut slices = BTreeSet::new();
        for earlier in &self.calls {
            if earlier.exchange.answered > call.exchange.started || !earlier.exchange.is_success() {
                continue;
            }
            if earlier.is(&Op::Data) {
                slices.extend(earlier.slice());
            } else if let Ok(reply) = earlier.exchange.reply::<ReplyData>()
                && let Some(ReplyData::Listed(data)) = reply.data
            {
                let part = data.listparts.iter();
                slices.extend(part.map(|part| Slice { offset: part.offset, length: part.datalen }));
            }
        }
        slices
    }

    /// Whether the object was complete, by the service's own words, before this call was sent.
    pub fn stored_before(&self, call: &Call) -> Option<&Call<'a>> {
        self.calls.iter().find(|earlier| {
            earlier.exchange.answered <= call.exchange.started && earlier.says_stored()
        })
    }
}

impl Call<'_> {
    /// Whether this is a whole request of this operation.
    pub fn is(&self, op: &Op) -> bool {
        self.exchange.witness == Witness::Whole && self.request.op() == Some(op)
    }

    /// The operation, if the request was read whole and is one of an upload.
    pub fn op(&self) -> Option<&Op> {
        let op = self.request.op().filter(|op| !matches!(op, Op::Other(_)));
        op.filter(|_| self.exchange.witness == Witness::Whole)
    }

    /// Whether this is a whole POST to the API that is not one of its other operations.
    pub fn is_upload_call(&self) -> bool {
        const OTHER_OPERATIONS: [&str; 6] = ["create", "delete", "list", "move", "stat", "update"];
        let foreign = matches!(self.request.op(),
            Some(Op::Other(word)) if OTHER_OPERATIONS.contains(&word.as_str()));
        self.exchange.witness == Witness::Whole && self.request.method() == "POST" && !foreign
    }

    /// The multipart form of an upload call.
    pub fn form(&self) -> Option<&MultipartBody> {
        self.request.form().as_multipart().filter(|_| self.is_upload_call())
    }

    /// Where the slice of a data request lies, if its offset can be read.
    pub fn slice(&self) -> Option<Slice> {
        let content = self.request.value("filecontent")?;
        let length = u64::try_from(content.content.len()).ok()?;
        Some(Slice { offset: self.request.number("offset")?, length })
    }

    /// The grid of the upload that is open, over the whole file.
    pub fn plan(&self) -> Option<SlicePlan> {
        SlicePlan::new(self.file_size(), self.upload.as_ref()?.slice_size)
    }

    /// The length of the file in bytes.
    pub fn file_size(&self) -> u64 {
        u64::try_from(self.assignment.file.len()).unwrap_or(u64::MAX)
    }

    /// Whether the reply says that the object is complete.
    pub fn says_stored(&self) -> bool {
        let reply = self.exchange.reply::<serde_json::Value>();
        let success = self.exchange.is_success();
        match self.request.op() {
            Some(Op::Finish | Op::Upload) => success,
            Some(Op::Init | Op::List) => {
                let data = reply.ok().and_then(|reply| reply.data).unwrap_or_default();
                success && data.get("access_url").is_some()
            }
            _ => false,
        }
    }

    /// The reply in words.
    pub fn reply_in_words(&self) -> String {
        let status = self.exchange.response.status();
        match (self.exchange.delivery, self.exchange.reply::<serde::de::IgnoredAny>()) {
            (Delivery::Reset, _) => "a reset connection".to_owned(),
            (Delivery::Truncated(length), _) => format!("a reply that ends after {length} bytes"),
            (Delivery::Whole, Ok(reply)) => format!("HTTP {status}, code {}", reply.code),
            (Delivery::Whole, Err(_)) => format!("HTTP {status} without JSON"),
        }
    }
}

/// Takes from a reply what it says about the upload.
fn learn(upload: &mut Option<Upload>, exchange: &Exchange) {
    if !exchange.is_success() {
        return;
    }
    match exchange.request.op() {
        Some(Op::Init | Op::List) => {
            let Ok(reply) = exchange.reply::<ReplyData>() else { return };
            let (session, slice_size, serial) = match reply.data {
                Some(ReplyData::Granted(data)) => {
                    (data.session, data.slice_size, data.serial_upload == Some(1))
                }
                Some(ReplyData::Listed(data)) => (data.session, data.slice_size, false),
                _ => return,
            };
            let known = upload.take();
            let serial = serial || known.is_some_and(|known| known.serial);
            *upload = Some(Upload { sessions: vec![session], slice_size, serial });
        }
        // Some clients take the session for finish from the reply to a slice [protocol.md §2.3].
        Some(Op::Data) => {
            let Ok(reply) = exchange.reply::<SliceData>() else { return };
            if let (Some(upload), Some(data)) = (upload, reply.data)
                && !upload.sessions.contains(&data.session)
            {
                upload.sessions.push(data.session);
            }
        }
        _ => {}
    }
}
