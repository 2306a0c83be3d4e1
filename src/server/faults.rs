use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::reply::{envelope, refusal, write};
use super::{Answer, Played, ReplyEncoding, Server};
use crate::protocol::{
    BodyFraming, Codes, Delivery, HeadForm, Op, Request, Response, ResponseEnvelope, SliceData,
    SlicePlan, md5_hex,
};

/// What goes wrong with one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which request it hits.
    pub trigger: Trigger,
    /// What happens to the first attempt, to the second, and so on.
    pub reactions: Vec<Reaction>,
    /// Whether all later attempts meet the last reaction again; otherwise they are served.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeats: bool,
}

/// Which request a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Each request of an upload.
    Any,
    /// The request that opens the upload.
    Init,
    /// A request with a slice.
    Slice(SliceSelector),
    /// The request for the list of slices.
    List,
    /// The request that closes the upload, or that is the whole of it.
    Finish,
    /// A request whose head announces more than 512 KiB: of a head, no more is known.
    LongBody,
    /// A request that asks for `100 Continue` (RFC 9110 §10.1.1).
    Expecting,
}

/// Which slice of a file, by the grid of the upload that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SliceSelector {
    /// Whichever.
    Any,
    /// The one with this index, counted from 0; the last one if there are fewer.
    Nth(u64),
    /// The one in the middle of the file: of twelve the seventh.
    Middle,
    /// The last of the file.
    Last,
}

/// What happens to one attempt: three independent choices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    /// What the service does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stored: Storing,
    /// What it says.
    #[serde(default, skip_serializing_if = "is_default")]
    pub replied: Reply,
    /// How that reaches the client.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub delivered: Delivery,
}

/// What the service does with a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storing {
    /// What was asked for.
    #[default]
    AsSent,
    /// Nothing. The list and finish know that, whatever the reply says.
    Nothing,
    /// One bit of the slice is not what it was; finish notices, and refuses with -4016.
    Altered,
    /// The second half of the slice is lost.
    Halved,
    /// The upload is forgotten first, as if it had never begun.
    Forgotten,
    /// What was asked for; then somebody else closes the upload that is there.
    Completed,
}

/// What the service says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// What it says when it does what was asked for.
    #[default]
    Regular,
    /// That, written in another way.
    Encoded(ReplyEncoding),
    /// That, with this HTTP status.
    Status(u16),
    /// That, with this message.
    Message(String),
    /// That, but this field of the reply to a slice describes another slice.
    Echo(EchoField),
    /// An error, with the message of its code.
    Refusal {
        /// HTTP status.
        status: u16,
        /// `code` of the envelope.
        code: i64,
    },
    /// HTTP status 200, this code, and all the data of a success.
    CodeWithData(i64),
    /// HTTP status 200, this code, and the message `SUCCESS`.
    CodeWithSuccess(i64),
    /// What is no envelope of the service.
    Foreign {
        /// HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// HTTP status 302 and a page of HTML, whose `Location` is the path of the request: who follows it
    /// stays where it is.
    Redirect,
}

/// A field of the reply to a slice that repeats what the client knows [SEED L84–L89].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EchoField {
    /// The number of bytes received: one less.
    Datalen,
    /// The number of bytes received: one more.
    TooMuch,
    /// Their MD5.
    Datamd5,
    /// The offset of the request.
    Offset,
    /// The session of the request.
    Session,
    /// Offset and MD5: the reply to the first slice that the service holds.
    Slice,
}

impl Trigger {
    /// A request with a slice, whichever.
    pub const ANY_SLICE: Self = Self::Slice(SliceSelector::Any);

    /// The request with the last slice of the file.
    pub const LAST_SLICE: Self = Self::Slice(SliceSelector::Last);

    /// The request with the slice in the middle of the file.
    pub const MIDDLE_SLICE: Self = Self::Slice(SliceSelector::Middle);

    /// The request with the slice of this index, counted from 0; with the last one if there are fewer.
    pub const fn slice(index: u64) -> Self {
        Self::Slice(SliceSelector::Nth(index))
    }
}

impl Fault {
    /// A fault that happens to the first attempt only.
    pub fn once(trigger: Trigger, reaction: Reaction) -> Self {
        Self { trigger, reactions: vec![reaction], repeats: false }
    }

    /// A fault that happens to each attempt.
    pub fn always(trigger: Trigger, reaction: Reaction) -> Self {
        Self { trigger, reactions: vec![reaction], repeats: true }
    }

    /// Whether all goes well, and only takes a moment longer.
    pub fn only_delays(&self) -> bool {
        self.reactions.iter().all(|reaction| *reaction == Reaction::delivered(Delivery::Held))
    }

    /// What happens to an attempt, counted from 0, and which of the reactions that is.
    fn reaction(&self, attempt: usize) -> Option<(usize, &Reaction)> {
        let last = self.reactions.len().checked_sub(1)?;
        let at = if self.repeats { attempt.min(last) } else { attempt };
        Some((at, self.reactions.get(at)?))
    }
}

impl Reaction {
    /// Nothing is done, and the reply says so.
    pub fn refusal(status: u16, code: i64) -> Self {
        Self::nothing(Reply::Refusal { status, code })
    }

    /// Nothing is done, and this is the reply.
    pub fn nothing(replied: Reply) -> Self {
        Self { stored: Storing::Nothing, replied, delivered: Delivery::Whole }
    }

    /// Nothing is done, and the reply is somebody else's.
    pub fn foreign(status: u16, body: &str) -> Self {
        Self::nothing(Reply::Foreign { status, body: body.to_owned() })
    }

    /// It is done, and this is the reply.
    pub fn reply(replied: Reply) -> Self {
        Self { stored: Storing::AsSent, replied, delivered: Delivery::Whole }
    }

    /// It is done, and the reply is written in this way.
    pub fn encoded(encoding: ReplyEncoding) -> Self {
        Self::reply(Reply::Encoded(encoding))
    }

    /// It is done, and the reply reaches the client in this way.
    pub fn delivered(delivered: Delivery) -> Self {
        Self { stored: Storing::AsSent, replied: Reply::Regular, delivered }
    }

    /// This is done, and the reply says what it says then.
    pub fn stored(stored: Storing) -> Self {
        Self { stored, replied: Reply::Regular, delivered: Delivery::Whole }
    }

    /// Nothing is done; the connection is reset.
    pub fn reset() -> Self {
        Self { delivered: Delivery::Reset, ..Self::refusal(503, -5997) }
    }
}

/// Requests that announce more than this are long.
const LONG: u64 = 512 << 10;

impl Server {
    /// The answer to a request of which the head is there, if the service does not wait for more.
    pub fn answer_early(&mut self, head: &Request, clock: u64) -> Option<Answer> {
        let is_long = matches!(head.framing(), BodyFraming::Sized { length, .. } if *length > LONG);
        let (reaction, played) = self.next_reaction(|trigger, delivered| {
            let is_meant = match trigger {
                Trigger::LongBody => is_long,
                Trigger::Expecting => is_expecting(head),
                _ => false,
            };
            is_meant && delivered.is_early()
        })?;
        self.requests = self.requests.saturating_add(1);
        let response = match reaction.replied {
            Reply::Foreign { status, body } => foreign(status, &[], &body),
            Reply::Refusal { status, code } => refusal(status, code, &self.request_id(clock)),
            _ => return None,
        };
        Some(Answer { played: Some(played), ..Answer::new(response, reaction.delivered) })
    }

    /// How the `100 Continue` is kept back that a request asks for, if it is.
    pub fn keeps_back(&self, head: &Request) -> Option<Delivery> {
        let faults = self.behaviour.faults.iter().zip(&self.attempts);
        let mut meant = faults.filter(|(fault, _)| fault.trigger == Trigger::Expecting);
        let delivered = meant.find_map(|(fault, attempts)| {
            let (_, reaction) = fault.reaction(*attempts)?;
            Some(reaction.delivered).filter(|delivered| !delivered.is_early())
        });
        delivered.filter(|_| is_expecting(head))
    }

    /// What happens to this request, if anything goes wrong with it.
    pub(super) fn reaction_to(&mut self, request: &Request) -> Option<(Reaction, Played)> {
        let triggers = self.behaviour.faults.iter().map(|fault| fault.trigger);
        let hits: Vec<Trigger> = triggers.filter(|trigger| self.hits(*trigger, request)).collect();
        self.next_reaction(|trigger, delivered| hits.contains(&trigger) && !delivered.is_early())
    }

    /// The next reaction of the first fault that has one left for a request that it hits.
    fn next_reaction(
        &mut self,
        hits: impl Fn(Trigger, Delivery) -> bool,
    ) -> Option<(Reaction, Played)> {
        let mut faults = self.behaviour.faults.iter().enumerate().zip(&mut self.attempts);
        faults.find_map(|((number, fault), attempts)| {
            let (reaction, played) = fault.reaction(*attempts)?;
            if !hits(fault.trigger, played.delivered) {
                return None;
            }
            *attempts = attempts.saturating_add(1);
            let attempt = u32::try_from(*attempts).unwrap_or(u32::MAX);
            Some((played.clone(), Played { fault: number, reaction, attempt }))
        })
    }

    fn hits(&self, trigger: Trigger, request: &Request) -> bool {
        match (trigger, request.op()) {
            (Trigger::LongBody, _) | (_, None | Some(Op::Other(_))) => false,
            (Trigger::Any, _)
            | (Trigger::Init, Some(Op::Init))
            | (Trigger::Slice(SliceSelector::Any), Some(Op::Data))
            | (Trigger::List, Some(Op::List))
            | (Trigger::Finish, Some(Op::Finish | Op::Upload)) => true,
            (Trigger::Expecting, _) => is_expecting(request),
            (Trigger::Slice(SliceSelector::Nth(nth)), Some(Op::Data)) => {
                self.slice_of(request).is_some_and(|(index, last)| index == nth.min(last))
            }
            (Trigger::Slice(SliceSelector::Middle), Some(Op::Data)) => self
                .slice_of(request)
                .is_some_and(|(index, last)| index == last.saturating_add(1) / 2),
            (Trigger::Slice(SliceSelector::Last), Some(Op::Data)) => {
                self.slice_of(request).is_some_and(|(index, last)| index == last)
            }
            _ => false,
        }
    }

    /// The index of the slice that a request carries, and that of the last of the file.
    fn slice_of(&self, request: &Request) -> Option<(u64, u64)> {
        let object = self.objects.get(request.object_path().ok()?)?;
        let index = request.number("offset")?.checked_div(object.slice_size)?;
        let plan = SlicePlan::new(object.filesize, object.slice_size).ok()?;
        Some((index, plan.count().checked_sub(1)?))
    }

    /// Answers a request that meets a fault.
    pub(super) fn react(
        &mut self,
        reaction: &Reaction,
        request: &Request,
        clock: u64,
        request_id: &str,
    ) -> (Response, Delivery) {
        let regular = self.perform_as(reaction.stored, request, clock, request_id);
        let response = match &reaction.replied {
            Reply::Regular => regular,
            Reply::Encoded(encoding) => encoding.rewrite(&regular, request_id),
            Reply::Status(status) => {
                write(*status, request_id, &String::from_utf8_lossy(regular.body()))
            }
            Reply::Message(message) => restate(&regular, message, request_id),
            Reply::Echo(field) => self.misreport(regular, *field, request, request_id),
            Reply::Refusal { status, code } => refusal(*status, *code, request_id),
            Reply::CodeWithData(code) => {
                let data = ResponseEnvelope::<serde_json::Value>::read(regular.body());
                let data = data.ok().and_then(|reply| reply.data);
                envelope(200, *code, Codes::message(*code), request_id, data)
            }
            Reply::CodeWithSuccess(code) => envelope(200, *code, "SUCCESS", request_id, None::<()>),
            Reply::Foreign { status, body } => foreign(*status, &[], body),
            Reply::Redirect => {
                let body = "<html><body>302 Found</body></html>";
                foreign(302, &[("Location", location(request))], body)
            }
        };
        (response, possible(reaction.delivered, request))
    }

    /// Does with a request what is to be done with it; the reply is the regular one to that.
    fn perform_as(
        &mut self,
        stored: Storing,
        request: &Request,
        clock: u64,
        request_id: &str,
    ) -> Response {
        match stored {
            Storing::AsSent => self.perform(request, clock, request_id),
            Storing::Nothing => self.perform_on_a_copy(request, clock, request_id),
            Storing::Altered | Storing::Halved => {
                self.storing = stored;
                let response = self.perform(request, clock, request_id);
                self.storing = Storing::AsSent;
                response
            }
            Storing::Completed => {
                let response = self.perform(request, clock, request_id);
                if let Some(path) = request.object_path().ok().cloned() {
                    self.complete(&path);
                }
                response
            }
            Storing::Forgotten => {
                if let Ok(path) = request.object_path() {
                    self.objects.remove(path);
                }
                self.perform(request, clock, request_id)
            }
        }
    }

    /// The reply to a slice with an echo wrong; any other reply stays as it is.
    fn misreport(
        &self,
        response: Response,
        field: EchoField,
        request: &Request,
        request_id: &str,
    ) -> Response {
        let Ok(reply) = ResponseEnvelope::<SliceData>::read(response.body()) else {
            return response;
        };
        let object = request.object_path().ok().and_then(|path| self.objects.get(path));
        let data = reply.data.map(|mut data| {
            match field {
                EchoField::Datalen => data.datalen = data.datalen.saturating_sub(1),
                EchoField::TooMuch => data.datalen = data.datalen.saturating_add(1),
                EchoField::Datamd5 => data.datamd5 = md5_hex(data.datamd5.as_bytes()),
                EchoField::Offset => data.offset = data.offset.saturating_add(1),
                EchoField::Session => data.session = md5_hex(data.session.as_bytes()),
                EchoField::Slice => {
                    if let Some((offset, content)) = object.and_then(|object| object.slices.first())
                    {
                        data.offset = *offset;
                        data.datamd5 = md5_hex(&content.bytes().unwrap_or_default());
                    }
                }
            }
            data
        });
        envelope(response.status(), reply.code, &reply.message, request_id, data)
    }
}

impl Storing {
    /// What is kept of a slice.
    pub(super) fn of(self, slice: &Bytes) -> Cow<'_, Bytes> {
        match self {
            Self::Altered => {
                let mut bytes = slice.to_vec();
                let middle = bytes.len() / 2;
                if let Some(byte) = bytes.get_mut(middle) {
                    *byte ^= 1;
                }
                Cow::Owned(bytes.into())
            }
            Self::Halved => Cow::Owned(slice.slice(..slice.len() / 2)),
            Self::AsSent | Self::Nothing | Self::Forgotten | Self::Completed => {
                Cow::Borrowed(slice)
            }
        }
    }
}

/// Whether a request waits for `100 Continue`; one of HTTP/1.0 cannot.
fn is_expecting(head: &Request) -> bool {
    head.head().has_token("expect", "100-continue") && head.version() != "HTTP/1.0"
}

/// The delivery, if HTTP and the client allow it for this request.
fn possible(delivery: Delivery, request: &Request) -> Delivery {
    let possible = match delivery {
        Delivery::Chunked
        | Delivery::ChunkedTrailers
        | Delivery::ChunkedCase
        | Delivery::WithoutLastChunk
        | Delivery::Interim
        | Delivery::Interims => request.version() != "HTTP/1.0",
        Delivery::Gzipped => request.head().has_token("accept-encoding", "gzip"),
        Delivery::Head(HeadForm::KeepAlive) => {
            let closes = request.head().has_token("connection", "close");
            request.version() != "HTTP/1.0" && !closes
        }
        _ => true,
    };
    if possible { delivery } else { Delivery::Whole }
}

/// A reply that the service does not give: somebody else's, on the way.
fn foreign(status: u16, fields: &[(&str, String)], body: &str) -> Response {
    let mime = match body {
        "" => return Response::write(status, fields, body),
        xml if xml.starts_with("<?xml") => "application/xml",
        html if html.starts_with('<') => "text/html",
        _ => "application/json",
    };
    let mime = [("Content-Type", mime.to_owned())];
    Response::write(status, &[&mime, fields].concat(), body)
}

/// The path and query of a request of this API. Of any other the root: what begins with two slashes would
/// name another host (RFC 3986 §4.2).
fn location(request: &Request) -> String {
    let path = request.path();
    if !path.starts_with("/files/") {
        return "/".to_owned();
    }
    request.query().map_or(path.to_owned(), |query| format!("{path}?{query}"))
}

/// The reply with another message.
fn restate(response: &Response, message: &str, request_id: &str) -> Response {
    let reply = ResponseEnvelope::<serde_json::Value>::read(response.body());
    let Ok(reply) = reply else { return response.clone() };
    envelope(response.status(), reply.code, message, request_id, reply.data)
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn whole() -> Delivery {
    Delivery::Whole
}

fn is_whole(delivery: &Delivery) -> bool {
    *delivery == Delivery::Whole
}
