//! How faults are played: which of them a request meets, and what becomes of it then.

use std::borrow::Cow;

use bytes::Bytes;

use super::faults::{EchoField, Reaction, Reply, SliceSelector, Storing, Trigger};
use super::reply::{envelope, literal_body, refusal, write};
use super::{Answer, Object, PlayedReaction, Server};
use crate::protocol::{
    BodyFraming, Codes, Delivery, HeadForm, ObjectPath, Op, Request, Response, ResponseEnvelope,
    SliceData, SlicePlan, md5_hex,
};

/// Requests that announce more than this are long.
const LONG: u64 = 512 << 10;

impl Server {
    /// The answer to a request of which the head is there, if the service does not wait for more.
    pub fn answer_early(&mut self, head: &Request, clock: u64) -> Option<Answer> {
        // Without a Content-Length the head does not tell.
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
            // A case with any other reply is refused when it is read.
            _ => return None,
        };
        Some(Answer { played: Some(played), ..Answer::new(response, reaction.delivered) })
    }

    /// How the `100 Continue` is kept back that a request asks for, if it is.
    pub fn keeps_back(&self, head: &Request) -> Option<Delivery> {
        let faults = self.behaviour.faults.iter().zip(&self.attempts);
        let mut meant = faults.filter(|(fault, _)| fault.trigger == Trigger::Expecting);
        let delivered = meant.find_map(|(fault, attempts)| {
            // Looked at and not consumed: that is done when the request has come and is answered.
            let (_, reaction) = fault.reaction(*attempts)?;
            Some(reaction.delivered).filter(|delivered| !delivered.is_early())
        });
        delivered.filter(|_| is_expecting(head))
    }

    /// What happens to this request, if anything goes wrong with it.
    pub(super) fn reaction_to(&mut self, request: &Request) -> Option<(Reaction, PlayedReaction)> {
        let triggers = self.behaviour.faults.iter().map(|fault| fault.trigger);
        // Collected before the attempts are counted, for which the server is borrowed again.
        let hits: Vec<Trigger> = triggers.filter(|trigger| self.hits(*trigger, request)).collect();
        self.next_reaction(|trigger, delivered| hits.contains(&trigger) && !delivered.is_early())
    }

    /// The next reaction of the first fault that has one left for a request that it hits.
    fn next_reaction(
        &mut self,
        hits: impl Fn(Trigger, Delivery) -> bool,
    ) -> Option<(Reaction, PlayedReaction)> {
        let mut faults = self.behaviour.faults.iter().enumerate().zip(&mut self.attempts);
        faults.find_map(|((number, fault), attempts)| {
            let (reaction, played) = fault.reaction(*attempts)?;
            if !hits(fault.trigger, played.delivered) {
                return None;
            }
            *attempts = attempts.saturating_add(1);
            let attempt = u32::try_from(*attempts).unwrap_or(u32::MAX);
            Some((played.clone(), PlayedReaction { fault: number, reaction, attempt }))
        })
    }

    fn hits(&self, trigger: Trigger, request: &Request) -> bool {
        match (trigger, request.op()) {
            // Of a long body the head decides, in `answer_early`.
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
        // By the grid of the upload, so that the fault meets the same slice
        // whatever size was asked for.
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
            Reply::LiteralBody(body) => literal_body(&body.bytes().unwrap_or_default(), request_id),
            Reply::LiteralResponse(bytes) => Response::new(bytes.bytes().unwrap_or_default()),
            Reply::Redirect => {
                let body = "<html><body>302 Found</body></html>";
                foreign(302, &[("Location", location(request))], body)
            }
        };
        let delivery = if reaction.is_literal() {
            Delivery::Literal
        } else {
            possible(reaction.delivered, request)
        };
        (response, delivery)
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
                // For this request only.
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
                if let Some(path) = request.object_path().ok().cloned() {
                    self.forget(&path);
                }
                self.perform(request, clock, request_id)
            }
        }
    }

    /// Forgets the upload of a place. An object that it was to replace is still there.
    fn forget(&mut self, path: &ObjectPath) {
        let standing = self.objects.remove(path).and_then(Object::into_standing);
        if let Some(object) = standing {
            self.objects.insert(path.clone(), object);
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
                // Of the right form: who compares forms alone must not notice it.
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
        // A server sends neither chunks nor a 1xx to HTTP/1.0 (RFC 9112 §6.1, RFC 9110 §15.2).
        | Delivery::Interims => request.version() != "HTTP/1.0",
        // Who did not ask for it need not be able to read it (RFC 9110 §12.5.3).
        Delivery::Gzipped => request.head().accepts_coding("gzip"),
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
