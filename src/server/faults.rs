use bytes::Bytes;

use super::reply::{self, envelope, refusal, write};
use super::{Answer, ReplyEncoding, Server};
use crate::protocol::{
    BodyFraming, Codes, Delivery, Op, Request, Response, ResponseEnvelope, SliceData, SlicePlan,
    md5_hex,
};

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Which request it hits.
    pub at: Trigger,
    /// How often.
    pub times: Times,
    /// What happens.
    pub kind: FaultKind,
}

/// Which request a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Each request of an upload.
    Any,
    /// The request that opens the upload.
    Init,
    /// The request with the slice of this index.
    Slice(u64),
    /// A request with a slice, whichever.
    AnySlice,
    /// The request with the last slice of the file.
    LastSlice,
    /// The request for the list of slices.
    List,
    /// The request that closes the upload, or that is the whole of it.
    Finish,
}

/// How often a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The first time only.
    Once,
    /// Each time.
    Always,
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Nothing is done; the reply says so.
    Refuse {
        /// HTTP status.
        status: u16,
        /// `code` of the envelope.
        code: i64,
    },
    /// Nothing is done; the reply has HTTP status 200, this code, and all the data of a success.
    RefuseWithData {
        /// `code` of the envelope.
        code: i64,
    },
    /// Nothing is done; the reply has HTTP status 200, this code, and the message `SUCCESS`.
    RefuseAsSuccess {
        /// `code` of the envelope.
        code: i64,
    },
    /// Nothing is done; the reply has this status and this body, which is no envelope.
    Foreign(u16, &'static str),
    /// Nothing is done; the reply says so, before the body of the request is read.
    ///
    /// It hits the first request that announces more than 512 KiB: of its head, no more is known.
    Early {
        /// HTTP status.
        status: u16,
        /// `code` of the envelope.
        code: i64,
    },
    /// Nothing is done; the connection is reset.
    Reset,
    /// The upload is forgotten, as if it had never begun; the reply follows from that.
    Forget,
    /// It is done; the reply reaches the client in this way.
    Deliver(Delivery),
    /// It is done; the body of the reply is written in this way.
    Write(ReplyEncoding),
    /// It is done; the reply has this HTTP status.
    Status(u16),
    /// It is done; the reply has the code 0 and this message.
    Message(&'static str),
    /// The slice is stored as it should be; the reply describes another one in this field.
    Echo(EchoField),
    /// The slice is not stored as it came; the reply tells the truth, unless nothing is stored.
    Store(Corruption),
}

/// A field of the reply to a slice that repeats what the client knows [SEED L84–L89].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EchoField {
    /// The number of bytes received.
    Datalen,
    /// Their MD5.
    Datamd5,
    /// The offset of the request.
    Offset,
    /// The session of the request.
    Session,
    /// Offset and MD5: the reply to the first slice of the file.
    Slice,
}

/// What becomes of a slice between the wire and the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corruption {
    /// One bit is not what it was; finish notices, and refuses with -4016.
    Altered,
    /// It is not kept, though the reply says so; the list and finish know better.
    Dropped,
    /// The second half is lost.
    Halved,
}

impl Fault {
    /// A fault that happens the first time only.
    pub const fn once(at: Trigger, kind: FaultKind) -> Self {
        Self { at, times: Times::Once, kind }
    }

    /// A fault that happens each time.
    pub const fn always(at: Trigger, kind: FaultKind) -> Self {
        Self { at, times: Times::Always, kind }
    }
}

impl FaultKind {
    /// Nothing is done; the reply says so.
    pub const fn refuse(status: u16, code: i64) -> Self {
        Self::Refuse { status, code }
    }
}

/// Requests that announce more than this are refused early, where any are.
const EARLY: u64 = 512 << 10;

impl Server {
    /// The answer to a request of which the head is there, if the service does not wait for more.
    pub fn answer_early(&mut self, head: &Request, clock: u64) -> Option<Answer> {
        let is_long =
            matches!(head.framing(), BodyFraming::Sized { length, .. } if *length > EARLY);
        if !is_long {
            return None;
        }
        let mut faults = self.behaviour.faults.iter().zip(&mut self.spent);
        let refusal = faults.find_map(|(fault, spent)| match fault.kind {
            FaultKind::Early { status, code } if !*spent => {
                *spent = fault.times == Times::Once;
                Some((status, code))
            }
            _ => None,
        });
        let (status, code) = refusal?;
        self.requests = self.requests.saturating_add(1);
        let response = reply::refusal(status, code, &self.request_id(clock));
        Some(Answer { response, delivery: Delivery::Early })
    }

    /// The fault that this request meets, if any.
    pub(super) fn fault(&mut self, request: &Request) -> Option<FaultKind> {
        let hits = self.behaviour.faults.iter().map(|fault| {
            !matches!(fault.kind, FaultKind::Early { .. }) && self.hits(fault.at, request)
        });
        let hits: Vec<bool> = hits.collect();
        let faults = self.behaviour.faults.iter().zip(&mut self.spent).zip(hits);
        let mut hit = faults.filter(|((_, spent), hits)| *hits && !**spent);
        let ((fault, spent), _) = hit.next()?;
        *spent = fault.times == Times::Once;
        Some(fault.kind)
    }

    fn hits(&self, trigger: Trigger, request: &Request) -> bool {
        match (trigger, request.op()) {
            (_, None | Some(Op::Other(_))) => false,
            (Trigger::Any, _)
            | (Trigger::Init, Some(Op::Init))
            | (Trigger::AnySlice, Some(Op::Data))
            | (Trigger::List, Some(Op::List))
            | (Trigger::Finish, Some(Op::Finish | Op::Upload)) => true,
            (Trigger::Slice(index), Some(Op::Data)) => {
                self.slice_of(request).is_some_and(|(found, _)| found == index)
            }
            (Trigger::LastSlice, Some(Op::Data)) => {
                self.slice_of(request).is_some_and(|(_, last)| last)
            }
            _ => false,
        }
    }

    /// The index of the slice that a request carries, and whether it is the last of the file.
    fn slice_of(&self, request: &Request) -> Option<(u64, bool)> {
        let object = self.objects.get(request.object_path().ok()?)?;
        let index = request.number("offset")?.checked_div(object.slice_size)?;
        let plan = SlicePlan::new(object.filesize, object.slice_size).ok()?;
        Some((index, index.checked_add(1) == Some(plan.count())))
    }

    /// Answers a request that meets a fault.
    pub(super) fn misbehave(
        &mut self,
        kind: FaultKind,
        request: &Request,
        clock: u64,
        request_id: &str,
    ) -> Answer {
        let mut delivery = Delivery::Whole;
        let response = match kind {
            FaultKind::Refuse { status, code } | FaultKind::Early { status, code } => {
                refusal(status, code, request_id)
            }
            FaultKind::RefuseWithData { code } => {
                let reply = self.perform_on_a_copy(request, clock, request_id);
                let data = ResponseEnvelope::<serde_json::Value>::read(reply.body());
                let data = data.ok().and_then(|reply| reply.data);
                envelope(200, code, Codes::message(code), request_id, data)
            }
            FaultKind::RefuseAsSuccess { code } => {
                envelope(200, code, "SUCCESS", request_id, None::<()>)
            }
            FaultKind::Foreign(status, body) => foreign(status, body),
            FaultKind::Reset => {
                delivery = Delivery::Reset;
                refusal(503, -5997, request_id)
            }
            FaultKind::Forget => {
                if let Ok(path) = request.object_path() {
                    self.objects.remove(path);
                }
                self.perform(request, clock, request_id)
            }
            FaultKind::Deliver(asked) => {
                delivery = possible(asked, request);
                self.perform(request, clock, request_id)
            }
            FaultKind::Write(variant) => {
                variant.rewrite(&self.perform(request, clock, request_id), request_id)
            }
            FaultKind::Status(status) => {
                let reply = self.perform(request, clock, request_id);
                write(status, request_id, &String::from_utf8_lossy(reply.body()))
            }
            FaultKind::Message(message) => {
                restate(&self.perform(request, clock, request_id), message, request_id)
            }
            FaultKind::Echo(field) => {
                misreport(self.perform(request, clock, request_id), field, self, request_id)
            }
            FaultKind::Store(corruption) => {
                self.corruption = Some(corruption);
                let response = self.perform(request, clock, request_id);
                self.corruption = None;
                response
            }
        };
        Answer { response, delivery }
    }
}

impl Corruption {
    /// What is kept of a slice.
    pub(super) fn of(self, slice: &Bytes) -> Option<Bytes> {
        match self {
            Self::Altered => {
                let mut bytes = slice.to_vec();
                let middle = bytes.len() / 2;
                if let Some(byte) = bytes.get_mut(middle) {
                    *byte ^= 1;
                }
                Some(bytes.into())
            }
            Self::Dropped => None,
            Self::Halved => Some(slice.slice(..slice.len() / 2)),
        }
    }
}

/// The delivery, if HTTP and the client allow it for this request.
fn possible(delivery: Delivery, request: &Request) -> Delivery {
    let possible = match delivery {
        Delivery::Chunked | Delivery::Interim => request.version() != "HTTP/1.0",
        Delivery::Gzipped => request.head().has_token("accept-encoding", "gzip"),
        _ => true,
    };
    if possible { delivery } else { Delivery::Whole }
}

/// A reply that the service does not give: somebody else's, on the way.
fn foreign(status: u16, body: &str) -> Response {
    let mime = match body {
        "" => return Response::write(status, &[], body),
        xml if xml.starts_with("<?xml") => "application/xml",
        html if html.starts_with('<') => "text/html",
        _ => "application/json",
    };
    Response::write(status, &[("Content-Type", mime.to_owned())], body)
}

/// The reply with another message.
fn restate(response: &Response, message: &str, request_id: &str) -> Response {
    let reply = ResponseEnvelope::<serde_json::Value>::read(response.body());
    let Ok(reply) = reply else { return response.clone() };
    envelope(response.status(), reply.code, message, request_id, reply.data)
}

/// The reply to a slice with an echo wrong; any other reply stays as it is.
fn misreport(response: Response, field: EchoField, server: &Server, request_id: &str) -> Response {
    let Ok(reply) = ResponseEnvelope::<SliceData>::read(response.body()) else { return response };
    let data = reply.data.map(|mut data| {
        match field {
            EchoField::Datalen => data.datalen = data.datalen.saturating_sub(1),
            EchoField::Datamd5 => data.datamd5 = md5_hex(data.datamd5.as_bytes()),
            EchoField::Offset => data.offset = data.offset.saturating_add(1),
            EchoField::Session => data.session = md5_hex(data.session.as_bytes()),
            EchoField::Slice => {
                let first = server.job.file.bytes(0..data.datalen);
                data.offset = 0;
                data.datamd5 = md5_hex(&first.unwrap_or_default());
            }
        }
        data
    });
    envelope(response.status(), reply.code, &reply.message, request_id, data)
}
