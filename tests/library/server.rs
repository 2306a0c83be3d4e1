//! The server by itself: it does not know the job, and what it holds is compared from outside.

use bytes::Bytes;
use slicecheck::protocol::{
    Credentials, Dialect, Fields, FileView, ListData, ObjectPath, Request, RequestBuilder,
    ResponseEnvelope, SessionData, SliceData, Stored, sha1_hex,
};
use slicecheck::scenario::SIMULATION_CLOCK;
use slicecheck::server::{Behaviour, Fault, Reaction, Reply, Server, Storing, Trigger};

const SLICE: u64 = 1024;

fn path(key: &str) -> ObjectPath {
    ObjectPath { appid: "1".to_owned(), bucket: "b".to_owned(), key: key.to_owned() }
}

fn request(key: &str, fields: &Fields) -> Request {
    let credentials = Credentials { secret_id: "id".to_owned(), secret_key: "key".to_owned() };
    let builder = RequestBuilder {
        dialect: &Dialect::REFERENCE,
        path: &path(key),
        credentials: &credentials,
        host: "h",
        local_file: "f",
        begins: SIMULATION_CLOCK,
        ends: SIMULATION_CLOCK + 60,
        random: 1,
        seed: 1,
    };
    Request::new(builder.write(fields).to_bytes())
}

fn code(server: &mut Server, key: &str, fields: &Fields) -> i64 {
    let answer = server.answer(&request(key, fields), SIMULATION_CLOCK);
    ResponseEnvelope::<serde_json::Value>::read(answer.response.body()).unwrap().code
}

fn begin(server: &mut Server, key: &str, size: u64) -> String {
    let answer = server.answer(&request(key, &Fields::init(size, SLICE)), SIMULATION_CLOCK);
    let reply = ResponseEnvelope::<SessionData>::read(answer.response.body()).unwrap();
    reply.data.unwrap().session
}

fn listed(server: &mut Server, key: &str) -> Vec<(u64, u64)> {
    let answer = server.answer(&request(key, &Fields::list()), SIMULATION_CLOCK);
    let reply = ResponseEnvelope::<ListData>::read(answer.response.body()).unwrap();
    reply.data.unwrap().listparts.iter().map(|part| (part.offset, part.datalen)).collect()
}

fn with_faults(faults: impl Into<Vec<Fault>>) -> Server {
    Server::new(Behaviour { faults: faults.into(), ..Behaviour::default() }, "seed")
}

/// Uploads these bytes as one slice, to the end.
fn upload(server: &mut Server, key: &str, content: &Bytes) {
    let size = u64::try_from(content.len()).unwrap();
    let session = begin(server, key, size);
    assert_eq!(code(server, key, &Fields::data(session.clone(), 0, content.clone())), 0);
    assert_eq!(code(server, key, &Fields::finish(session, size)), 0);
}

#[test]
fn what_is_stored_is_compared_byte_by_byte() {
    let mut server = with_faults([]);
    upload(&mut server, "/a", &Bytes::from_static(b"one content"));
    let stored = |content: &'static [u8]| {
        server.stored(&path("/a"), &FileView::from(Bytes::from_static(content)))
    };
    assert_eq!(stored(b"one content"), Stored::Complete);
    assert_eq!(stored(b"two content"), Stored::Different);
    assert_eq!(stored(b"one conten"), Stored::Different);
    assert_eq!(server.stored(&path("/b"), &FileView::default()), Stored::Absent);
}

#[test]
fn uploads_at_two_places_do_not_mix_and_another_object_stays() {
    let mut server = with_faults([]);
    let old = FileView::from(Bytes::from_static(b"old"));
    server.hold_object(path("/old"), old.clone());
    let (one, two) = (begin(&mut server, "/1", 3), begin(&mut server, "/2", 3));
    assert_ne!(one, two);
    assert_eq!(code(&mut server, "/1", &Fields::data(two.clone(), 0, "abc")), -29096);
    assert_eq!(code(&mut server, "/1", &Fields::data(one.clone(), 0, "abc")), 0);
    assert_eq!(code(&mut server, "/2", &Fields::data(two.clone(), 0, "xyz")), 0);
    assert_eq!(code(&mut server, "/1", &Fields::finish(one, 3)), 0);
    assert_eq!(code(&mut server, "/2", &Fields::finish(two, 3)), 0);
    // Nobody has a session for what was never uploaded in slices.
    assert_eq!(code(&mut server, "/old", &Fields::finish("", 3)), -29096);
    for (key, content) in [("/1", "abc"), ("/2", "xyz"), ("/old", "old")] {
        let file = FileView::from(Bytes::from(content));
        assert_eq!(server.stored(&path(key), &file), Stored::Complete, "{key}");
    }
}

#[test]
fn finish_refuses_a_slice_that_was_altered_until_it_is_sent_again() {
    let altered = Fault::once(Trigger::slice(0), Reaction::stored(Storing::Altered));
    let mut server = with_faults([altered]);
    let session = begin(&mut server, "/a", 3);
    let slice = Fields::data(session.clone(), 0, "abc");
    assert_eq!(code(&mut server, "/a", &slice), 0);
    assert_eq!(code(&mut server, "/a", &Fields::finish(session.clone(), 3)), -4016);
    assert_eq!(code(&mut server, "/a", &slice), 0);
    assert_eq!(code(&mut server, "/a", &Fields::finish(session, 3)), 0);
    let file = FileView::from(Bytes::from_static(b"abc"));
    assert_eq!(server.stored(&path("/a"), &file), Stored::Complete);
}

#[test]
fn a_later_slice_of_the_same_length_replaces_the_one_before() {
    let mut server = with_faults([]);
    let session = begin(&mut server, "/a", 3);
    for content in ["abc", "xyz"] {
        assert_eq!(code(&mut server, "/a", &Fields::data(session.clone(), 0, content)), 0);
    }
    assert_eq!(code(&mut server, "/a", &Fields::finish(session.clone(), 3)), 0);
    let file = FileView::from(Bytes::from_static(b"xyz"));
    assert_eq!(server.stored(&path("/a"), &file), Stored::Complete);
    // What is finished is not overwritten.
    assert_eq!(code(&mut server, "/a", &Fields::data(session, 0, "abc")), -29096);
    assert_eq!(server.stored(&path("/a"), &file), Stored::Complete);
}

#[test]
fn a_refusal_with_the_data_of_a_success_stores_nothing() {
    let refusal = Reaction::nothing(Reply::CodeWithData(-21095));
    let mut server = with_faults([Fault::once(Trigger::ANY_SLICE, refusal)]);
    let session = begin(&mut server, "/a", 3);
    let slice = Fields::data(session, 0, "abc");
    let answer = server.answer(&request("/a", &slice), SIMULATION_CLOCK);
    let reply = ResponseEnvelope::<serde_json::Value>::read(answer.response.body()).unwrap();
    assert_eq!(reply.code, -21095);
    // The data of an error is not read by a reader of envelopes: it is there nonetheless.
    let text = String::from_utf8_lossy(answer.response.body()).into_owned();
    let reply = ResponseEnvelope::<SliceData>::read(text.replace("-21095", "0").as_bytes());
    assert!(reply.is_ok_and(|reply| reply.data.is_none() || text.contains("datalen")), "{text}");
    assert_eq!(listed(&mut server, "/a"), []);
}

#[test]
fn an_upload_left_behind_is_that_of_the_same_file_with_sha_or_without() {
    let file = FileView::from(Bytes::from(vec![7; 3000]));
    let init = |sha: Option<String>| {
        let fields = Fields::init(3000, SLICE);
        sha.into_iter().fold(fields, |fields, sha| fields.with("sha", sha))
    };
    let answered = |sha: Option<String>| {
        let mut server = with_faults([]);
        server.hold_upload(path("/a"), &file, SLICE, |index| index != 1, false);
        code(&mut server, "/a", &init(sha))
    };
    assert_eq!(answered(None), -4019);
    assert_eq!(answered(Some(sha1_hex(&[7; 3000]))), -4019);
    assert_eq!(answered(Some(sha1_hex(b"another"))), -4020);
    let mut server = with_faults([]);
    server.hold_upload(path("/a"), &file, SLICE, |index| index != 1, false);
    assert_eq!(listed(&mut server, "/a"), [(0, 1024), (2048, 952)]);
}

#[test]
fn the_slice_in_the_middle_is_that_of_the_grid_of_the_client() {
    for (count, middle) in [(12_u64, 6_u64), (5, 2), (4, 2), (3, 1), (2, 1), (1, 0)] {
        let fault = Fault::always(Trigger::MIDDLE_SLICE, Reaction::refusal(503, -71));
        let mut server = with_faults([fault]);
        let session = begin(&mut server, "/a", count * SLICE);
        let content = Bytes::from(vec![1; usize::try_from(SLICE).unwrap()]);
        let refused: Vec<_> = (0..count)
            .filter(|index| {
                let slice = Fields::data(session.clone(), index * SLICE, content.clone());
                code(&mut server, "/a", &slice) == -71
            })
            .collect();
        assert_eq!(refused, [middle], "of {count}");
    }
}

#[test]
fn a_redirect_leads_to_the_path_that_was_asked_and_to_no_other_host() {
    for (target, location) in [
        ("/files/v2/1/b/a%20b", "/files/v2/1/b/a%20b"),
        ("/files/v2/1/b/a?sign=x%2By", "/files/v2/1/b/a?sign=x%2By"),
        ("http://gz.file.myqcloud.com/files/v2/1/b/a", "/files/v2/1/b/a"),
        ("//other.example/files/v2/1/b/a", "/"),
        ("/\\other.example/files/", "/"),
    ] {
        let reaction = Reaction::nothing(Reply::Redirect);
        let mut server = with_faults([Fault::always(Trigger::Any, reaction)]);
        let plain = request("/a", &Fields::list());
        let mut request = plain.clone();
        request.edit_head(|head| head.replacen(plain.target(), target, 1));
        let reply = server.answer(&request, SIMULATION_CLOCK).response;
        assert_eq!((reply.status(), reply.head().get("location")), (302, Some(location)));
    }
}

#[test]
fn a_reply_with_status_204_has_neither_body_nor_length() {
    let reaction = Reaction::foreign(204, "");
    let mut server = with_faults([Fault::always(Trigger::List, reaction)]);
    let reply = server.answer(&request("/a", &Fields::list()), SIMULATION_CLOCK).response;
    assert_eq!(&reply.raw()[..], b"HTTP/1.1 204 No Content\r\n\r\n");
}
