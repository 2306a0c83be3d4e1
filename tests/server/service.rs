//! Our own server is what the ledger says that the service is: the clauses that no rule can check
//! name these tests.

use base64::Engine;
use slicecheck::protocol::{
    Codes, Dialect, Fields, ListData, ListPart, MultipartBody, ObjectPath, Op, Part, ReplyContent,
    Request, RequestBuilder, Response, ResponseEnvelope, SessionData, Slice, SliceData, SlicePlan,
    Stored, StoredData, UploadJob, md5_hex,
};
use slicecheck::scenario::{SIMULATION_CLOCK, Scenario, Situation, scenarios};

use crate::holds::holds;

const MIB: u64 = 1_048_576;

/// A service, and somebody who says to it whatever a test wants.
struct Bench {
    job: UploadJob,
    server: Situation,
    dialect: Dialect,
}

impl Bench {
    fn new(scenario: &str) -> Self {
        let scenario: &Scenario = scenarios().find(|known| known.id == scenario).unwrap();
        let job = scenario.job(1);
        let server = Situation::new(&scenario.setup, &job);
        Self { server, job, dialect: Dialect::REFERENCE }
    }

    fn plain() -> Self {
        Self::new("happy/last-slice-short")
    }

    fn request(&self, fields: &Fields) -> Request {
        let builder = RequestBuilder {
            dialect: &self.dialect,
            path: &self.job.path,
            credentials: &self.job.credentials,
            host: "gz.file.myqcloud.com",
            local_file: "big.bin",
            begins: SIMULATION_CLOCK,
            ends: SIMULATION_CLOCK + 60,
            random: 1,
            seed: 1,
        };
        Request::new(builder.write(fields).to_bytes())
    }

    fn say(&mut self, request: &Request) -> Response {
        self.server.answer(request, SIMULATION_CLOCK).response
    }

    fn ask<T: ReplyContent>(&mut self, fields: &Fields) -> T {
        let request = self.request(fields);
        let reply = self.say(&request);
        assert_eq!(reply.status(), 200);
        ResponseEnvelope::read(reply.body()).unwrap().data.unwrap()
    }

    /// Sends a request with one more field.
    fn say_with(&mut self, fields: &Fields, name: &str, value: &str) -> Response {
        let mut request = self.request(fields);
        let part = Part::new(name, value.to_owned());
        request
            .edit(|form| {
                form.push(part);
                Some(())
            })
            .unwrap();
        self.say(&request)
    }

    fn size(&self) -> u64 {
        self.job.file.len()
    }

    fn init(&self) -> Fields {
        Fields::init(self.size(), MIB)
    }

    fn slice(&self, session: &str, slice: Slice) -> Fields {
        let at = |place: u64| usize::try_from(place).unwrap();
        let content =
            self.job.file.whole().unwrap().slice(at(slice.offset)..at(slice.end().unwrap()));
        Fields::data(session.to_owned(), slice.offset, content)
    }

    fn slices(&self) -> Vec<Slice> {
        SlicePlan::new(self.size(), MIB).unwrap().slices().collect()
    }

    /// Opens an upload and sends all slices; returns the session.
    fn upload_all(&mut self) -> String {
        let session = self.ask::<SessionData>(&self.init()).session;
        for slice in self.slices() {
            self.ask::<SliceData>(&self.slice(&session, slice));
        }
        session
    }
}

fn code(reply: &Response) -> i64 {
    ResponseEnvelope::<()>::read(reply.body()).unwrap().code
}

/// The replies of the service in all situations in which nothing is made to go wrong.
fn faultless_replies() -> Vec<Response> {
    let faultless = scenarios().filter(|scenario| scenario.setup.behaviour.faults.is_empty());
    let transcripts = faultless.map(|scenario| scenario.simulate(1));
    let replies = transcripts.flat_map(|transcript| {
        transcript.exchanges.into_iter().map(|transcript| transcript.response)
    });
    let replies: Vec<_> = replies.collect();
    assert!(replies.len() > 50);
    replies
}

#[test]
fn every_reply_is_one_compact_json_object() {
    for reply in faultless_replies() {
        let text = std::str::from_utf8(reply.body()).unwrap();
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let places = ["code", "message", "request_id", "data"]
            .map(|name| value.get(name).and_then(|_| text.find(&format!("\"{name}\":"))));
        holds!(SERVICE_JSON, places[..3].iter().all(Option::is_some));
        // Another writer takes as many bytes; its order is another.
        holds!(SERVICE_COMPACT, value.to_string().len() == text.len());
        holds!(SERVICE_COMPACT, places.iter().flatten().is_sorted());
        assert_eq!(reply.head().get("content-type"), Some("application/json; charset=utf-8"));
    }
}

#[test]
fn every_reply_has_its_length_and_its_id() {
    let transcript = Bench::plain();
    let transcript = scenarios().find(|known| known.id == transcript.job.scenario).unwrap();
    let mut known = std::collections::HashSet::new();
    for exchange in transcript.simulate(1).exchanges {
        let reply = exchange.response;
        let length = reply.body().len().to_string();
        holds!(SERVICE_LENGTH, reply.head().get("content-length") == Some(length.as_str()));
        let id = ResponseEnvelope::<()>::read(reply.body()).unwrap().request_id.unwrap();
        holds!(SERVICE_REQUEST_ID, reply.head().get("x-cos-request-id") == Some(id.as_str()));
        let decoded = base64::engine::general_purpose::STANDARD.decode(&id).unwrap();
        assert!(decoded.starts_with(b"59b78e9b_7f000001_"), "{decoded:?}");
        holds!(SERVICE_REQUEST_ID, known.insert(id));
    }
}

#[test]
fn refusals_have_a_code_of_the_table_its_status_and_no_data() {
    let mut bench = Bench::plain();
    let session = "another".to_owned();
    let fields = [
        Fields::list(),
        Fields::finish(session.clone(), 1),
        Fields::data(session, 0, vec![0; 10]),
        Fields::init(65 << 30, MIB),
        Fields::init(10, 0),
    ];
    for fields in fields {
        let request = bench.request(&fields);
        let reply = bench.say(&request);
        let envelope = ResponseEnvelope::<serde_json::Value>::read(reply.body()).unwrap();
        let known = Codes::get(envelope.code);
        holds!(SERVICE_CODE, known.is_some());
        holds!(SERVICE_STATUS, known.unwrap().status == Some(reply.status()));
        holds!(SERVICE_MESSAGE, envelope.message == Codes::message(envelope.code));
        holds!(SERVICE_DATA, !String::from_utf8_lossy(reply.body()).contains("\"data\""));
    }
    let request = bench.request(&bench.init());
    let reply = bench.say(&request);
    holds!(SERVICE_STATUS, reply.status() == 200);
    let success = ResponseEnvelope::<serde_json::Value>::read(reply.body()).unwrap();
    holds!(SERVICE_CODE, success.code == 0);
    holds!(SERVICE_MESSAGE, success.message == "SUCCESS");
    holds!(SERVICE_DATA, success.data.is_some_and(|data| data.is_object()));
}

#[test]
fn a_target_in_absolute_form_names_the_same_object() {
    let mut bench = Bench::plain();
    let mut request = bench.request(&bench.init());
    request.edit_head(|head| head.replacen("/files", "http://gz.file.myqcloud.com/files", 1));
    assert_eq!(bench.say(&request).status(), 200);
    let opened = bench.ask::<ListData>(&Fields::list());
    holds!(SERVICE_ABSOLUTE_FORM, opened.filesize == bench.size());
}

#[test]
fn a_file_of_one_byte_is_uploaded_in_slices() {
    let mut bench = Bench::new("happy/one-byte");
    let session = bench.upload_all();
    bench.ask::<StoredData>(&Fields::finish(session, 1));
    holds!(SERVICE_NO_MINIMUM, bench.server.stored() == Stored::Complete);
}

#[test]
fn init_grants_a_session_and_a_slice_size() {
    let mut bench = Bench::plain();
    let granted = bench.ask::<SessionData>(&bench.init());
    holds!(SERVICE_GRANTS, granted.slice_size == MIB && granted.session.len() == 192);
}

#[test]
fn init_of_an_unfinished_upload_is_refused_by_whether_the_sha_is_the_same() {
    let sha = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    let other = "ad5b3fdbcb526778c2839d2f151ea753995e26a0";
    let mut bench = Bench::plain();
    bench.say_with(&bench.init(), "sha", sha);
    let again = |bench: &mut Bench, sha: &str| {
        let reply = bench.say_with(&bench.init(), "sha", sha);
        (reply.status(), code(&reply))
    };
    holds!(SERVICE_IN_PROGRESS, again(&mut bench, sha) == (409, -4019));
    holds!(SERVICE_IN_PROGRESS, again(&mut bench, other) == (409, -4020));
    let mut bench = Bench::plain();
    bench.ask::<SessionData>(&bench.init());
    let request = bench.request(&bench.init());
    holds!(SERVICE_IN_PROGRESS, code(&bench.say(&request)) == -4019);
}

#[test]
fn init_of_what_is_there_is_an_instant_hit_or_a_conflict() {
    let mut bench = Bench::new("happy/one-slice");
    let sha = bench.job.file.sha1().unwrap();
    let session = bench.upload_all();
    bench.ask::<StoredData>(&Fields::finish(session, bench.size()));
    let request = bench.request(&bench.init());
    holds!(SERVICE_EXISTS, code(&bench.say(&request)) == -177);
    let reply = bench.say_with(&bench.init(), "insertOnly", "0");
    let replacing = ResponseEnvelope::<SessionData>::read(reply.body());
    holds!(SERVICE_EXISTS, replacing.is_ok_and(|reply| reply.data.is_some()));

    // With a sha of its own the object is recognised.
    let mut bench = Bench::new("happy/one-slice");
    let reply = bench.say_with(&bench.init(), "sha", &sha);
    let session =
        ResponseEnvelope::<SessionData>::read(reply.body()).unwrap().data.unwrap().session;
    let slice = bench.slices()[0];
    bench.ask::<SliceData>(&bench.slice(&session, slice));
    bench.ask::<StoredData>(&Fields::finish(session, bench.size()));
    let reply = bench.say_with(&bench.init(), "sha", &sha);
    let hit = ResponseEnvelope::<serde_json::Value>::read(reply.body()).unwrap().data.unwrap();
    holds!(SERVICE_INSTANT_HIT, hit.get("access_url").is_some() && hit.get("session").is_none());
}

#[test]
fn the_reply_to_a_slice_echoes_it() {
    let mut bench = Bench::plain();
    let session = bench.ask::<SessionData>(&bench.init()).session;
    for slice in bench.slices() {
        let fields = bench.slice(&session, slice);
        let data = bench.ask::<serde_json::Value>(&fields);
        let md5 = md5_hex(fields.content().unwrap());
        holds!(SERVICE_DATALEN, data["datalen"] == slice.length);
        holds!(SERVICE_DATAMD5, data["datamd5"] == md5);
        holds!(SERVICE_OFFSET, data["offset"] == slice.offset);
        holds!(SERVICE_SESSION, data["session"] == session);
        holds!(SERVICE_DATA_HAS_NO_ADDRESS, data.as_object().is_some_and(|data| data.len() == 4));
    }
}

#[test]
fn slices_come_in_any_order_and_repeats_change_nothing() {
    let mut bench = Bench::plain();
    let session = bench.ask::<SessionData>(&bench.init()).session;
    let mut slices = bench.slices();
    slices.reverse();
    for slice in slices.iter().chain(&slices) {
        let echo = bench.ask::<SliceData>(&bench.slice(&session, *slice));
        holds!(SERVICE_ANY_ORDER, echo.offset == slice.offset);
    }
    bench.ask::<StoredData>(&Fields::finish(session.clone(), bench.size()));
    let late = bench.ask::<SliceData>(&bench.slice(&session, slices[0]));
    holds!(SERVICE_ANY_ORDER, late.datalen == slices[0].length);
    holds!(SERVICE_ANY_ORDER, bench.server.stored() == Stored::Complete);
}

#[test]
fn a_list_is_of_slices_in_order_or_the_address_or_404() {
    let mut bench = Bench::plain();
    let request = bench.request(&Fields::list());
    let nothing = bench.say(&request);
    holds!(SERVICE_LIST_NOTHING, (nothing.status(), code(&nothing)) == (404, -197));
    let session = bench.ask::<SessionData>(&bench.init()).session;
    let slices = bench.slices();
    for slice in [slices[2], slices[0]] {
        bench.ask::<SliceData>(&bench.slice(&session, slice));
    }
    let list = bench.ask::<ListData>(&Fields::list());
    let part = |slice: Slice| ListPart { datalen: slice.length, offset: slice.offset };
    holds!(SERVICE_LISTS, list.listparts == [part(slices[0]), part(slices[2])]);
    holds!(SERVICE_LISTS, list.session == session && list.slice_size == MIB);
    holds!(SERVICE_LISTS, list.filesize == bench.size());
    bench.ask::<SliceData>(&bench.slice(&session, slices[1]));
    bench.ask::<StoredData>(&Fields::finish(session, bench.size()));
    let finished = bench.ask::<serde_json::Value>(&Fields::list());
    holds!(
        SERVICE_LIST_FINISHED,
        finished.get("access_url").is_some() && finished.get("session").is_none()
    );
}

#[test]
fn finish_names_the_object_and_may_be_repeated() {
    let mut bench = Bench::plain();
    let session = bench.upload_all();
    let finish = Fields::finish(session, bench.size());
    let reply = bench.ask::<serde_json::Value>(&finish);
    for name in ["access_url", "resource_path", "source_url", "url", "vid"] {
        holds!(SERVICE_STORED, reply[name].is_string());
    }
    let stored = bench.ask::<StoredData>(&finish);
    let ObjectPath { appid, bucket, key } = &bench.job.path;
    assert_eq!(stored.resource_path, format!("/{appid}/{bucket}{key}"));
    assert_eq!(stored.vid.as_ref().map(String::len), Some(42));
    holds!(SERVICE_REPEATED_FINISH, bench.ask::<serde_json::Value>(&finish) == reply);
}

#[test]
fn what_cannot_be_understood_is_refused_with_its_code() {
    let mut bench = Bench::plain();
    let size = bench.size();
    let session = bench.ask::<SessionData>(&bench.init()).session;
    let refused = |bench: &mut Bench, fields: &Fields| {
        let request = bench.request(fields);
        code(&bench.say(&request))
    };
    let other = || "another".to_owned();
    let slice = Fields::data(other(), 0, vec![0; 10]);
    holds!(SERVICE_WRONG_SESSION, refused(&mut bench, &slice) == -29096);
    holds!(SERVICE_WRONG_SESSION, refused(&mut bench, &Fields::finish(other(), size)) == -29096);
    assert_eq!(refused(&mut bench, &Fields::finish(session.clone(), size + 1)), -175);
    let finish = Fields::finish(session.clone(), size);
    holds!(SERVICE_GAP, refused(&mut bench, &finish) == -29144);
    assert_eq!(refused(&mut bench, &Fields::data(session, size, vec![0; 10])), -29098);
    let open = bench.ask::<ListData>(&Fields::list());
    holds!(SERVICE_GAP, open.listparts.is_empty());
}

#[test]
fn a_slice_without_bytes_is_refused_whatever_slice_size_was_answered() {
    for scenario in ["happy/last-slice-short", "server-choice/slice-size-zero"] {
        let mut bench = Bench::new(scenario);
        let session = bench.ask::<SessionData>(&bench.init()).session;
        for offset in [0, MIB] {
            let request = bench.request(&Fields::data(session.clone(), offset, Vec::new()));
            holds!(SERVICE_EMPTY_SLICE, code(&bench.say(&request)) == -5990);
        }
        assert_eq!(bench.ask::<ListData>(&Fields::list()).listparts, []);
    }
}

#[test]
fn requests_of_every_dialect_are_taken_with_and_without_sha() {
    let mut played = 0;
    for dialect in Dialect::ALL.into_iter().filter(|dialect| dialect.sliced_op.is_none()) {
        for with_sha in [false, true] {
            let mut bench = Bench { dialect, ..Bench::plain() };
            let sha = bench.job.file.sha1().unwrap();
            let signed = |fields: Fields| {
                if with_sha { fields.with("sha", sha.as_str()) } else { fields }
            };
            let session = bench.ask::<SessionData>(&signed(bench.init())).session;
            for slice in bench.slices() {
                let said = bench.ask::<SliceData>(&signed(bench.slice(&session, slice)));
                assert_eq!((said.offset, said.datalen), (slice.offset, slice.length));
            }
            assert_eq!(bench.ask::<ListData>(&Fields::list()).listparts.len(), 3);
            bench.ask::<StoredData>(&signed(Fields::finish(session, bench.size())));
            holds!(SERVICE_DIALECTS, bench.server.stored() == Stored::Complete);
            played += 1;
        }
    }
    assert_eq!(played, 18);
}

#[test]
fn fields_are_taken_in_any_order_and_case() {
    let mut bench = Bench::plain();
    let size = bench.size();
    let mut opened = bench.request(&bench.init());
    opened
        .edit(|form| {
            let mut other = MultipartBody::new(form.boundary());
            for part in form.parts().iter().rev() {
                other.push(Part::new(&part.name()?.to_uppercase(), part.content().clone()));
            }
            *form = other;
            Some(())
        })
        .unwrap();
    holds!(SERVICE_DIALECTS, code(&bench.say(&opened)) == 0);
    assert_eq!(bench.ask::<ListData>(&Fields::list()).filesize, size);
}

#[test]
fn a_signature_in_the_query_is_taken_as_one_in_the_head_is() {
    let dialect = Dialect::ALL.into_iter().find(|dialect| dialect.sign_in_query).unwrap();
    let mut bench = Bench { dialect, ..Bench::plain() };
    let request = bench.request(&bench.init());
    assert!(request.head().get("authorization").is_none());
    assert!(request.query().unwrap().starts_with("sign="));
    let session = bench.upload_all();
    bench.ask::<StoredData>(&Fields::finish(session, bench.size()));
    holds!(SERVICE_SIGN_QUERY, bench.server.stored() == Stored::Complete);
}

#[test]
fn an_unfinished_upload_can_be_deleted_and_begun_again() {
    let mut bench = Bench::plain();
    let first = bench.ask::<SessionData>(&bench.init()).session;
    let mut delete = bench.request(&Fields::list());
    delete.edit(|form| form.set("op", "delete")).unwrap();
    assert_eq!(delete.op(), Some(&Op::Other("delete".to_owned())));
    holds!(SERVICE_DELETE, code(&bench.say(&delete)) == 0);
    let second = bench.ask::<SessionData>(&bench.init()).session;
    holds!(SERVICE_DELETE, first != second);
}
