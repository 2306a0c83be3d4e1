//! The reference server, without sockets: a state machine per object path.
//!
//! It is a lenient server: where a request breaks a rule but its meaning is plain, it goes on as the
//! service would, so that one run yields all findings. It refuses what it cannot understand with the
//! documented code [§3.1, ERR].

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;

use crate::protocol::{
    Assignment, Codes, Delivery, ListData, ListPart, ObjectPath, Op, Request, Response,
    ResponseEnvelope, SessionData, SliceData, Stored, StoredData, md5_hex, sha1_hex,
};

mod behaviour;
mod object;

pub use behaviour::{
    Behaviour, EchoField, Fault, FaultKind, Finish, Found, Moment, SessionForm, SliceSize, Times,
};
use object::Object;

/// The largest sliced file, in bytes [ERR -29105].
const LARGEST_FILE: u64 = 64 << 30;
/// The largest slice size any document allows, in bytes [DOC16 6067].
const LARGEST_SLICE: u64 = 3 << 20;

/// A reply and what becomes of it on the way.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The reply, whole.
    pub response: Response,
    /// How much of it reaches the client.
    pub delivery: Delivery,
}

/// The service: what it holds, and how it behaves.
#[derive(Debug)]
pub struct Server {
    behaviour: Behaviour,
    assignment: Assignment,
    objects: HashMap<ObjectPath, Object>,
    spent: Vec<bool>,
    requests: u32,
    sessions: u32,
}

/// A refusal, by the code it is answered with.
struct Refusal(i64);

impl Server {
    /// A service with this behaviour, as the assignment finds it.
    pub fn new(behaviour: Behaviour, assignment: &Assignment) -> Self {
        let mut server = Self {
            spent: vec![false; behaviour.faults.len()],
            behaviour,
            assignment: assignment.clone(),
            objects: HashMap::new(),
            requests: 0,
            sessions: 0,
        };
        let path = assignment.path.clone();
        match behaviour.found {
            Found::Nothing => {}
            Found::Unfinished(held) => server.leave_behind(held),
            Found::SameFile => {
                server.objects.insert(path, Object::complete(assignment.file.clone()));
            }
        }
        server
    }

    /// Answers one request; `clock` is in unix seconds.
    pub fn answer(&mut self, request: &Request, clock: u64) -> Answer {
        self.requests = self.requests.saturating_add(1);
        let request_id = self.request_id(clock);
        match self.fault(request) {
            Some(FaultKind::Refuse { status, code }) => {
                whole(envelope(status, code, Codes::message(code), &request_id, None::<()>))
            }
            Some(FaultKind::Foreign(status, body)) => {
                let content_type = ("Content-Type", "text/html".to_owned());
                whole(Response::write(status, &[content_type], body))
            }
            Some(FaultKind::RefuseWithData { code }) => {
                let reply = self.perform_on_a_copy(request, clock, &request_id);
                let data = ResponseEnvelope::<serde_json::Value>::read(reply.body());
                let data = data.ok().and_then(|reply| reply.data);
                whole(envelope(200, code, Codes::message(code), &request_id, data))
            }
            Some(FaultKind::Reset) => {
                let response = envelope(503, -5997, Codes::message(-5997), &request_id, None::<()>);
                Answer { response, delivery: Delivery::Reset }
            }
            Some(FaultKind::Echo(field)) => {
                let response = self.perform(request, clock, &request_id);
                whole(misreport(response, field, &request_id))
            }
            Some(FaultKind::Truncate(length)) => {
                let response = self.perform(request, clock, &request_id);
                Answer { response, delivery: Delivery::Truncated(length) }
            }
            None => whole(self.perform(request, clock, &request_id)),
        }
    }

    /// What the service holds of the file that the client was to upload.
    pub fn stored(&self) -> Stored {
        match self.objects.get(&self.assignment.path) {
            Some(object) if object.complete => {
                let file = &self.assignment.file;
                let same = object.filesize == length(file) && object.content(file.len()) == **file;
                if same { Stored::Complete } else { Stored::Different }
            }
            _ => Stored::Absent,
        }
    }

    fn perform(&mut self, request: &Request, clock: u64, request_id: &str) -> Response {
        let ok = |data: serde_json::Value| envelope(200, 0, "SUCCESS", request_id, Some(data));
        match self.try_perform(request, clock) {
            Ok(serde_json::Value::Null) => envelope(200, 0, "SUCCESS", request_id, None::<()>),
            Ok(data) => ok(data),
            Err(Refusal(code)) => {
                let status = Codes::get(code).and_then(|known| known.status).unwrap_or(400);
                envelope(status, code, Codes::message(code), request_id, None::<()>)
            }
        }
    }

    /// What the reply would be, if anything were done.
    fn perform_on_a_copy(&mut self, request: &Request, clock: u64, request_id: &str) -> Response {
        let objects = self.objects.clone();
        let reply = self.perform(request, clock, request_id);
        self.objects = objects;
        reply
    }

    fn try_perform(&mut self, request: &Request, clock: u64) -> Result<serde_json::Value, Refusal> {
        // A folder is made by its path, which names no object [§2.6].
        if matches!(request.op(), Some(Op::Other(word)) if word == "create") {
            return Ok(serde_json::Value::Null);
        }
        let path = request.object_path().map_err(|_| Refusal(-180))?.clone();
        if request.method() == "GET" {
            return self.stat(&path, clock);
        }
        if request.method() != "POST" {
            return Err(Refusal(-5996));
        }
        match request.op().ok_or(Refusal(-5980))? {
            Op::Upload => self.upload(request, path, clock),
            Op::Init => self.init(request, path, clock),
            Op::Data => self.data(request, &path),
            Op::List => self.list(&path, clock),
            Op::Finish => self.finish(request, &path, clock),
            Op::Other(word) if word == "delete" => {
                self.objects.remove(&path).ok_or(Refusal(-197))?;
                Ok(serde_json::Value::Null)
            }
            Op::Other(_) => Err(Refusal(-5964)),
        }
    }

    fn stat(&self, path: &ObjectPath, clock: u64) -> Result<serde_json::Value, Refusal> {
        let object = self.objects.get(path).filter(|object| object.complete);
        object.map(|_| stored_data(path, clock)).ok_or(Refusal(-197))
    }

    fn upload(
        &mut self,
        request: &Request,
        path: ObjectPath,
        clock: u64,
    ) -> Result<serde_json::Value, Refusal> {
        // Some clients leave the part out where the content is empty [§2.1].
        let content = request.value("filecontent").map(|value| value.content.clone());
        let content = content.unwrap_or_default();
        let sha = request.text("sha").filter(|sha| !sha.is_empty());
        if sha.is_some_and(|sha| sha != sha1_hex(&content)) {
            return Err(Refusal(-29138));
        }
        if let Some(known) = self.objects.get(&path).filter(|object| object.complete) {
            let same =
                known.filesize == length(&content) && known.content(content.len()) == *content;
            if !same && !overwrites(request) {
                return Err(Refusal(-177));
            }
        }
        let data = stored_data(&path, clock);
        self.objects.insert(path, Object::complete(content));
        Ok(data)
    }

    fn init(
        &mut self,
        request: &Request,
        path: ObjectPath,
        clock: u64,
    ) -> Result<serde_json::Value, Refusal> {
        let filesize = request.number("filesize").ok_or(Refusal(-5971))?;
        if filesize > LARGEST_FILE {
            return Err(Refusal(-29105));
        }
        let sha = request.text("sha").filter(|sha| !sha.is_empty()).map(str::to_owned);
        if let Some(known) = self.objects.get_mut(&path) {
            if !known.complete {
                // An upload that was left behind is the same file's, in whichever mode it was.
                let same_file = || sha == Some(sha1_hex(&self.assignment.file));
                if known.left_behind && same_file() {
                    known.sha.clone_from(&sha);
                }
                return Err(Refusal(if known.sha == sha { -4019 } else { -4020 }));
            }
            if sha.is_some() && known.sha == sha {
                return Ok(stored_data(&path, clock));
            }
            if !overwrites(request) {
                return Err(Refusal(-177));
            }
        }
        let slice_size = match self.behaviour.slice_size {
            SliceSize::Fixed(size) => size,
            SliceSize::Asked => request
                .number("slice_size")
                .filter(|size| (1..=LARGEST_SLICE).contains(size))
                .ok_or(Refusal(-284))?,
        };
        let session = self.new_session();
        let data = SessionData {
            serial_upload: self.behaviour.serial_upload.map(i64::from),
            session: session.clone(),
            slice_size,
        };
        let object = Object {
            session,
            filesize,
            slice_size,
            sha,
            slices: Vec::new(),
            complete: false,
            left_behind: false,
        };
        self.objects.insert(path, object);
        Ok(json(&data))
    }

    fn data(&mut self, request: &Request, path: &ObjectPath) -> Result<serde_json::Value, Refusal> {
        let object = self.objects.get_mut(path).ok_or(Refusal(-29096))?;
        if request.text("session") != Some(&object.session) {
            return Err(Refusal(-29096));
        }
        let offset = request.number("offset").ok_or(Refusal(-5999))?;
        let content = &request.value("filecontent").ok_or(Refusal(-5990))?.content;
        let end = offset.checked_add(length(content)).ok_or(Refusal(-29098))?;
        if end > object.filesize {
            return Err(Refusal(-29098));
        }
        let slice = (offset, content.clone());
        if !object.slices.contains(&slice) {
            if object.complete {
                return Err(Refusal(-29096));
            }
            object.slices.push(slice);
        }
        Ok(json(&SliceData {
            datalen: length(content),
            datamd5: request.content_md5().unwrap_or_default().to_owned(),
            offset,
            session: object.session.clone(),
        }))
    }

    fn list(&self, path: &ObjectPath, clock: u64) -> Result<serde_json::Value, Refusal> {
        let object = self.objects.get(path).ok_or(Refusal(-197))?;
        if object.complete {
            return Ok(stored_data(path, clock));
        }
        let part = |(offset, content): &(u64, Bytes)| ListPart {
            datalen: length(content),
            offset: *offset,
        };
        let mut listparts: Vec<_> = object.slices.iter().map(part).collect();
        listparts.sort_unstable_by_key(|part| (part.offset, part.datalen));
        listparts.dedup();
        Ok(json(&ListData {
            filesize: object.filesize,
            listparts,
            session: object.session.clone(),
            sha: object.sha.clone(),
            slice_size: object.slice_size,
        }))
    }

    fn finish(
        &mut self,
        request: &Request,
        path: &ObjectPath,
        clock: u64,
    ) -> Result<serde_json::Value, Refusal> {
        let object = self.objects.get_mut(path).ok_or(Refusal(-29096))?;
        if request.text("session") != Some(&object.session) {
            return Err(Refusal(-29096));
        }
        let filesize = request.number("filesize").ok_or(Refusal(-29104))?;
        if filesize != object.filesize {
            return Err(Refusal(-175));
        }
        if self.behaviour.finish == Finish::Strict {
            if object.first_gap().is_some() {
                return Err(Refusal(-29144));
            }
            // Without a gap the object is no larger than the slices that came.
            let size = usize::try_from(object.filesize).map_err(|_| Refusal(-5999))?;
            if object.sha.as_ref().is_some_and(|sha| *sha != sha1_hex(&object.content(size))) {
                return Err(Refusal(-29138));
            }
        }
        object.complete = true;
        Ok(stored_data(path, clock))
    }

    /// The fault that this request meets, if any.
    fn fault(&mut self, request: &Request) -> Option<FaultKind> {
        let moment = self.moment(request)?;
        let faults = self.behaviour.faults.iter().zip(&mut self.spent);
        let mut hit = faults.filter(|(fault, spent)| fault.at == moment && !**spent);
        let (fault, spent) = hit.next()?;
        *spent = fault.times == Times::Once;
        Some(fault.kind)
    }

    fn moment(&self, request: &Request) -> Option<Moment> {
        match request.op()? {
            Op::Init => Some(Moment::Init),
            Op::List => Some(Moment::List),
            Op::Finish => Some(Moment::Finish),
            Op::Data => {
                let object = self.objects.get(request.object_path().ok()?)?;
                request.number("offset")?.checked_div(object.slice_size).map(Moment::Slice)
            }
            Op::Upload | Op::Other(_) => None,
        }
    }

    /// Puts an unfinished upload of the file in place, with the slices of these indices.
    fn leave_behind(&mut self, held: &[u64]) {
        let slice_size = match self.behaviour.slice_size {
            SliceSize::Fixed(size) => size,
            SliceSize::Asked => self.assignment.slice_size,
        };
        let file = &self.assignment.file;
        let plan = crate::protocol::SlicePlan::new(length(file), slice_size).ok();
        let slice = |index: &u64| {
            let slice = plan?.slice(*index)?;
            let start = usize::try_from(slice.offset).ok()?;
            Some((slice.offset, file.slice(start..usize::try_from(slice.end()?).ok()?)))
        };
        let slices = held.iter().filter_map(slice).collect();
        let filesize = length(file);
        let session = self.new_session();
        let object = Object {
            session,
            filesize,
            slice_size,
            sha: None,
            slices,
            complete: false,
            left_behind: true,
        };
        self.objects.insert(self.assignment.path.clone(), object);
    }

    fn new_session(&mut self) -> String {
        self.sessions = self.sessions.saturating_add(1);
        let source = format!("{}:{}", self.assignment.credentials.secret_key, self.sessions);
        let hex: String =
            (0..6).map(|piece| md5_hex(format!("{source}:{piece}").as_bytes())).collect();
        match self.behaviour.session {
            SessionForm::Hex => hex,
            SessionForm::Reserved => {
                let head = hex.get(..32).unwrap_or_default();
                format!("{head}+/&%2B%25-_.~+/==")
            }
        }
    }

    /// Base64 of unix time, address and two numbers, as the service makes them [CALC §1.5].
    fn request_id(&self, clock: u64) -> String {
        let time = clock & 0xffff_ffff;
        STANDARD.encode(format!("{time:08x}_7f000001_{:04x}_{:06x}", 0x484d, self.requests))
    }
}

/// The reply to a slice with one echo wrong; any other reply stays as it is.
fn misreport(response: Response, field: EchoField, request_id: &str) -> Response {
    let Ok(reply) = ResponseEnvelope::<SliceData>::read(response.body()) else { return response };
    let data = reply.data.map(|mut data| {
        match field {
            EchoField::Datalen => data.datalen = data.datalen.saturating_sub(1),
            EchoField::Datamd5 => data.datamd5 = md5_hex(data.datamd5.as_bytes()),
            EchoField::Offset => data.offset = data.offset.saturating_add(1),
            EchoField::Session => data.session = md5_hex(data.session.as_bytes()),
        }
        data
    });
    envelope(response.status(), reply.code, &reply.message, request_id, data)
}

fn whole(response: Response) -> Answer {
    Answer { response, delivery: Delivery::Whole }
}

fn overwrites(request: &Request) -> bool {
    request.text("insertOnly") == Some("0")
}

fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn json<T: Serialize>(data: &T) -> serde_json::Value {
    serde_json::to_value(data).expect("reply data has string keys and finite numbers")
}

fn stored_data(path: &ObjectPath, clock: u64) -> serde_json::Value {
    let ObjectPath { appid, bucket, .. } = path;
    let fileid = path.fileid();
    let key = fileid.splitn(4, '/').last().unwrap_or_default();
    json(&StoredData {
        access_url: format!("http://{bucket}-{appid}.file.myqcloud.com/{key}"),
        preview_url: None,
        source_url: format!("http://{bucket}-{appid}.cosgz.myqcloud.com/{key}"),
        url: format!("http://gz.file.myqcloud.com{path}"),
        vid: Some(format!("{}{:010}", md5_hex(fileid.as_bytes()), clock.min(9_999_999_999))),
        resource_path: fileid,
    })
}

fn envelope<T: Serialize>(
    status: u16,
    code: i64,
    message: &str,
    request_id: &str,
    data: Option<T>,
) -> Response {
    let body = ResponseEnvelope {
        code,
        message: message.to_owned(),
        request_id: Some(request_id.to_owned()),
        data,
    };
    let fields = [
        ("Content-Type", "application/json; charset=utf-8".to_owned()),
        ("Server", "tencent-cos".to_owned()),
        ("x-cos-request-id", request_id.to_owned()),
    ];
    Response::write(status, &fields, &body.write())
}
