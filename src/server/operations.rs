use super::reply::{envelope, json, refusal, stored_data};
use super::{FinishCheck, Object, Piece, Refusal, Server, SliceSize, length};
use crate::protocol::{
    Codes, FileView, LARGEST_FILE, ListData, ListPart, ObjectPath, Op, Request, Response,
    SessionData, SliceData, md5_hex, sha1_hex,
};

/// The largest slice size any document allows, in bytes [DOC16 6067].
const LARGEST_SLICE: u64 = 3 << 20;

/// What the service does with a request when nothing goes wrong.
impl Server {
    pub(super) fn perform(&mut self, request: &Request, clock: u64, request_id: &str) -> Response {
        let ok = |data: serde_json::Value| envelope(200, 0, "SUCCESS", request_id, Some(data));
        match self.try_perform(request, clock) {
            Ok(serde_json::Value::Null) => envelope(200, 0, "SUCCESS", request_id, None::<()>),
            Ok(data) => ok(data),
            Err(Refusal(code)) => {
                // Most codes have no documented status: as far as one is known,
                // mistakes of a request have 400.
                let status = Codes::get(code).and_then(|known| known.status).unwrap_or(400);
                refusal(status, code, request_id)
            }
        }
    }

    /// What the reply would be, if anything were done.
    pub(super) fn perform_on_a_copy(
        &mut self,
        request: &Request,
        clock: u64,
        request_id: &str,
    ) -> Response {
        // Ranges of a file are shared, so that this copies no content that the service knows.
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
            return match op_in_query(request).ok_or(Refusal(-5980))? {
                Op::Other(word) if word == "stat" => self.stat(&path, clock),
                Op::Other(_) => Err(Refusal(-5964)),
                // All operations of an upload are a POST, list included [§1.2].
                _ => Err(Refusal(-5996)),
            };
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
                // Finished or not: some clients clear an interrupted upload away like this [§3.1].
                self.objects.remove(&path).ok_or(Refusal(-197))?;
                Ok(serde_json::Value::Null)
            }
            Op::Other(_) => Err(Refusal(-5964)),
        }
    }

    fn stat(&self, path: &ObjectPath, clock: u64) -> Result<serde_json::Value, Refusal> {
        let object = self.objects.get(path).and_then(Object::standing);
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
        if let Some(known) = self.objects.get(&path).and_then(Object::standing) {
            // The same content is a success, as if it had been uploaded [§2.1].
            let same = known.is(&content.clone().into());
            if !same && !overwrites(request) {
                return Err(Refusal(-177));
            }
        }
        let data = stored_data(&path, clock);
        let content = Piece::of(&self.known, 0, &content);
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
                // An upload that was left is the same file's, in whichever mode it was.
                // The digest of a large file is not known; what comes is taken for it.
                let is_of =
                    |file: &FileView| sha.is_none() || file.sha1().is_none_or(|of| sha == Some(of));
                let same_file = known.left_behind.as_ref().is_some_and(is_of);
                if same_file && sha.is_some() {
                    // What is announced now is what finish compares, in
                    // whichever mode the upload was left.
                    known.sha.clone_from(&sha);
                }
                return Err(Refusal(if same_file || known.sha == sha { -4019 } else { -4020 }));
            }
            // Before insertOnly is looked at: an instant hit replaces nothing. So it is documented
            // for the simple upload, and assumed for init [INFER §3.1].
            if sha.is_some() && known.sha == sha {
                return Ok(stored_data(&path, clock));
            }
            if !overwrites(request) {
                return Err(Refusal(-177));
            }
        }
        // Only by a sha: without one the service cannot know the content [INFER §2.2].
        if let Some(content) = self.recognised.clone()
            && sha.is_some()
            && sha == content.sha1()
        {
            let data = stored_data(&path, clock);
            self.hold_object(path, content);
            return Ok(data);
        }
        let granted = self.behaviour.slice_size;
        let asked = request.number("slice_size");
        let asked = match asked.filter(|size| (1..=LARGEST_SLICE).contains(size)) {
            Some(asked) => asked,
            None if granted == SliceSize::Asked => return Err(Refusal(-284)),
            // Rules tell that none is asked for, and the run goes on.
            None => 0,
        };
        let is_first = self.sessions == 0;
        let slice_size =
            if is_first { granted.granted(asked) } else { granted.granted_later(asked) };
        let session = self.new_session();
        let data = SessionData {
            serial_upload: self.behaviour.serial_upload.map(i64::from),
            session: session.clone(),
            slice_size,
        };
        // It is finished, as an upload under way was refused above; readers get it until finish.
        let replaces = self.objects.remove(&path).map(Box::new);
        let object = Object::begun(session, filesize, slice_size, sha);
        self.objects.insert(path, Object { replaces, ..object });
        Ok(json(&data))
    }

    fn data(&mut self, request: &Request, path: &ObjectPath) -> Result<serde_json::Value, Refusal> {
        let object = self.objects.get_mut(path).ok_or(Refusal(-29096))?;
        if !object.is_of(request.text("session")) {
            return Err(Refusal(-29096));
        }
        let offset = request.number("offset").ok_or(Refusal(-5999))?;
        let content = request.value("filecontent").map(|value| &value.content);
        // Taken as a success, an empty slice would lead a client with a
        // slice size of 0 on for ever.
        let content = content.filter(|content| !content.is_empty()).ok_or(Refusal(-5990))?;
        // Counted before it is known whether they are kept: the traffic is what is to be bounded.
        self.content = self.content.saturating_add(length(content));
        if self.behaviour.most_content.is_some_and(|most| self.content > most) {
            return Err(Refusal(-46615));
        }
        let end = offset.checked_add(length(content)).ok_or(Refusal(-29098))?;
        // No code is documented for a slice beyond the end; this is the nearest one [§3.3].
        if end > object.filesize {
            return Err(Refusal(-29098));
        }
        let stored = self.storing.of(content);
        // The same bytes again are acknowledged, even after finish: the client may not have heard
        // the first reply, or sends all slices again [INFER §3.3].
        if !object.holds(offset, &stored) {
            if object.complete {
                return Err(Refusal(-29096));
            }
            let piece = Piece::of(&self.known, offset, &stored);
            object.store(offset, piece, *stored != *content);
        }
        let datamd5 =
            // The request keeps its MD5, which rules ask for, too: it is taken once.
            if *stored == *content { request.content_md5().map(str::to_owned) } else { None };
        Ok(json(&SliceData {
            datalen: length(&stored),
            datamd5: datamd5.unwrap_or_else(|| md5_hex(&stored)),
            offset,
            session: object.session.clone(),
        }))
    }

    fn list(&self, path: &ObjectPath, clock: u64) -> Result<serde_json::Value, Refusal> {
        // No session is asked for: the path alone says which upload is meant [§2.4].
        let object = self.objects.get(path).ok_or(Refusal(-197))?;
        if object.complete {
            return Ok(stored_data(path, clock));
        }
        let part =
            |(offset, content): &(u64, Piece)| ListPart { datalen: content.len(), offset: *offset };
        let mut listparts: Vec<_> = object.slices.iter().map(part).collect();
        // Ascending, as in all samples: one SDK takes the last for the furthest [§2.4].
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
        if !object.is_of(request.text("session")) {
            return Err(Refusal(-29096));
        }
        let filesize = request.number("filesize").ok_or(Refusal(-29104))?;
        if filesize != object.filesize {
            return Err(Refusal(-175));
        }
        // The gap first: of bytes that are not there no digest says anything.
        if self.behaviour.finish == FinishCheck::Strict {
            if object.first_gap().is_some() {
                return Err(Refusal(-29144));
            }
            if !object.altered.is_empty() {
                return Err(Refusal(-4016));
            }
            // Of a large object no digest is taken.
            let other = |sha: &String| object.whole().is_some_and(|all| *sha != sha1_hex(&all));
            if object.sha.as_ref().is_some_and(other) {
                return Err(Refusal(-29138));
            }
        }
        // Also the second time: repeated unchanged it gets the same answer, as the first may
        // have been lost [INFER §3.3].
        object.complete = true;
        object.replaces = None;
        Ok(stored_data(path, clock))
    }
}

/// The operation of a request without a body [§2.6].
fn op_in_query(request: &Request) -> Option<Op> {
    request.query()?.split('&').find_map(|field| field.strip_prefix("op=")).map(Op::read)
}

fn overwrites(request: &Request) -> bool {
    // Empty and other values are seen on the wire; they mean the default, which is 1 [§9.5 item 5].
    request.text("insertOnly") == Some("0")
}
