//! The server by itself: it does not know the job, and what it holds is compared from outside.

use bytes::Bytes;
use slicecheck::protocol::{
    Fields, FileView, Kept, ListData, ResponseEnvelope, SliceData, Stored, StoredData, sha1_hex,
};
use slicecheck::scenario::SIMULATION_CLOCK;
use slicecheck::server::{
    Behaviour, Fault, FinishCheck, Reaction, Reply, Server, SliceSize, Storing, Trigger,
};

use crate::requests::{
    SLICE, ask, begin, begin_with, code, file, listed, path, request, with_faults,
};

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
fn an_upload_of_another_file_is_resumed_by_whoever_has_its_sha() {
    let file = FileView::from(Bytes::from(vec![7; 3000]));
    let own = sha1_hex(&[7; 3000]);
    let answered = |with_sha: bool, sha: Option<&str>| {
        let mut server = with_faults([]);
        server.hold_upload(path("/a"), &file, SLICE, |index| index != 1, with_sha);
        server.disown(&path("/a"));
        let fields = Fields::init(3000, SLICE);
        let fields = sha.into_iter().fold(fields, |fields, sha| fields.with("sha", sha));
        code(&mut server, "/a", &fields)
    };
    assert_eq!([answered(true, Some(&own)), answered(false, None)], [-4019; 2]);
    let others = [answered(true, None), answered(true, Some("7")), answered(false, Some(&own))];
    assert_eq!(others, [-4020; 3]);
}

#[test]
fn what_is_sent_is_stored_though_another_file_was_known() {
    let mut server = with_faults([]);
    server.know(file(b"abcdef"));
    for (key, content) in [("/same", "abcdef"), ("/other", "abcxyz"), ("/short", "abc")] {
        upload(&mut server, key, &Bytes::from(content));
        assert_eq!(server.stored(&path(key), &file(content.as_bytes())), Stored::Complete);
    }
    assert_eq!(server.stored(&path("/other"), &file(b"abcdef")), Stored::Different);
    assert_eq!(server.stored(&path("/short"), &file(b"abcdef")), Stored::Different);
}

#[test]
fn a_later_slice_covers_an_earlier_one_as_far_as_it_goes() {
    let mut server = with_faults([]);
    let session = begin(&mut server, "/a", 6);
    let mut send = |offset, content: &'static str| {
        let slice = Fields::data(session.clone(), offset, content);
        assert_eq!(code(&mut server, "/a", &slice), 0);
        listed(&mut server, "/a")
    };
    assert_eq!(send(0, "xxxx"), [(0, 4)]);
    // A longer one stays below a shorter one, whose place a longer one takes.
    assert_eq!(send(0, "ab"), [(0, 2), (0, 4)]);
    assert_eq!(send(4, "e"), [(0, 2), (0, 4), (4, 1)]);
    assert_eq!(send(4, "ef"), [(0, 2), (0, 4), (4, 2)]);
    assert_eq!(send(3, "de"), [(0, 2), (0, 4), (3, 2), (4, 2)]);
    assert_eq!(code(&mut server, "/a", &Fields::finish(session, 6)), 0);
    assert_eq!(server.stored(&path("/a"), &file(b"abxdef")), Stored::Complete);
    for other in [b"xxxxef", b"abxxef", b"abxdeg", b"bbxdef"] {
        assert_eq!(server.stored(&path("/a"), &file(other)), Stored::Different, "{other:?}");
    }
}

#[test]
fn a_gap_keeps_finish_from_success_and_is_zeros_where_it_does_not() {
    for (finish, answer) in [(FinishCheck::Strict, -29144), (FinishCheck::Lax, 0)] {
        let mut server = Server::new(Behaviour { finish, ..Behaviour::default() }, "seed");
        let session = begin(&mut server, "/a", 6);
        for (offset, content) in [(0, "ab"), (4, "e")] {
            let slice = Fields::data(session.clone(), offset, content);
            assert_eq!(code(&mut server, "/a", &slice), 0);
        }
        assert_eq!(code(&mut server, "/a", &Fields::finish(session, 6)), answer);
        let stored = |content: &'static [u8]| server.stored(&path("/a"), &file(content));
        if answer == 0 {
            assert_eq!(stored(b"ab\0\0e\0"), Stored::Complete);
            assert_eq!(stored(b"abcde\0"), Stored::Different);
            assert_eq!(stored(b"ab\0\0ef"), Stored::Different);
            assert_eq!(stored(b"ab\0\0e"), Stored::Different);
        } else {
            assert_eq!(stored(b"ab\0\0e\0"), Stored::Absent);
        }
    }
}

#[test]
fn a_finished_object_stands_until_the_upload_that_replaces_it_is_finished() {
    let mut server = with_faults([]);
    server.hold_object(path("/a"), file(b"old"));
    let content = [file(b"old"), file(b"new")];
    let kept =
        |server: &Server| content.each_ref().map(|content| server.kept(&path("/a"), content));
    let init = Fields::init(3, SLICE);
    assert_eq!(code(&mut server, "/a", &init), -177);
    assert_eq!(code(&mut server, "/a", &init.clone().with("insertOnly", "1")), -177);
    let session = begin_with(&mut server, "/a", &init.with("insertOnly", "0"));
    assert_eq!(code(&mut server, "/a", &Fields::data(session.clone(), 0, "new")), 0);
    assert_eq!(code(&mut server, "/a", &Fields::upload("xyz").with("insertOnly", "1")), -177);
    assert_eq!(kept(&server), [Kept::Whole, Kept::Altered]);
    assert_eq!(code(&mut server, "/a", &Fields::finish(session, 3)), 0);
    assert_eq!(kept(&server), [Kept::Altered, Kept::Whole]);
    assert_eq!(server.kept(&path("/b"), &content[0]), Kept::Gone);
}

#[test]
fn a_file_in_one_request_is_stored_unless_another_object_is_there() {
    let mut server = with_faults([]);
    let wrong = Fields::upload("abc").with("sha", sha1_hex(b"abd"));
    assert_eq!(code(&mut server, "/a", &wrong), -29138);
    assert_eq!(server.stored(&path("/a"), &file(b"abc")), Stored::Absent);
    let right = Fields::upload("abc").with("sha", sha1_hex(b"abc"));
    assert_eq!(code(&mut server, "/a", &right), 0);
    // The same again changes nothing; another one only where that is asked for.
    assert_eq!(code(&mut server, "/a", &Fields::upload("abc").with("sha", "")), 0);
    assert_eq!(code(&mut server, "/a", &Fields::upload("xyz")), -177);
    assert_eq!(server.stored(&path("/a"), &file(b"abc")), Stored::Complete);
    assert_eq!(code(&mut server, "/a", &Fields::upload("xyz").with("insertOnly", "0")), 0);
    assert_eq!(server.stored(&path("/a"), &file(b"xyz")), Stored::Complete);
    // An upload that was begun is no object that it could overwrite.
    begin(&mut server, "/b", 3);
    assert_eq!(code(&mut server, "/b", &Fields::upload("abc")), 0);
    assert_eq!(server.stored(&path("/b"), &file(b"abc")), Stored::Complete);
}

#[test]
fn what_was_left_behind_is_on_the_grid_that_is_granted_and_may_be_halved() {
    let content = FileView::from(Bytes::from(vec![7; 3000]));
    let behaviour = Behaviour { slice_size: SliceSize::Fixed(1000), ..Behaviour::default() };
    let mut server = Server::new(behaviour, "seed");
    server.hold_upload(path("/a"), &content, SLICE, |index| index > 0, false);
    assert_eq!(listed(&mut server, "/a"), [(1000, 1000), (2000, 1000)]);
    server.halve_last(&path("/a"));
    assert_eq!(listed(&mut server, "/a"), [(1000, 1000), (2000, 500)]);
    server.hold_object(path("/b"), content.clone());
    server.halve_last(&path("/b"));
    assert_eq!(server.stored(&path("/b"), &content), Stored::Complete);
}

#[test]
fn an_upload_left_behind_takes_the_sha_that_it_is_resumed_with() {
    let content = FileView::from(Bytes::from(vec![7; 3000]));
    let sha = sha1_hex(&[7; 3000]);
    let mut server = with_faults([]);
    server.hold_upload(path("/a"), &content, SLICE, |index| index != 1, false);
    let listed_sha = |server: &mut Server| ask::<ListData>(server, "/a", &Fields::list()).sha;
    assert_eq!(code(&mut server, "/a", &Fields::init(3000, SLICE)), -4019);
    assert_eq!(listed_sha(&mut server), None);
    assert_eq!(code(&mut server, "/a", &Fields::init(3000, SLICE).with("sha", &sha)), -4019);
    assert_eq!(listed_sha(&mut server), Some(sha.clone()));
    let mut server = with_faults([]);
    server.hold_upload(path("/a"), &content, SLICE, |index| index != 1, true);
    assert_eq!(listed_sha(&mut server), Some(sha));
}

#[test]
fn a_sha_names_what_is_there_or_elsewhere_and_no_sha_names_nothing() {
    let sha = sha1_hex(b"abc");
    let init = || Fields::init(3, SLICE);
    let mut server = with_faults([]);
    server.recognise(file(b"abc"));
    begin_with(&mut server, "/1", &init());
    begin_with(&mut server, "/2", &init().with("sha", sha1_hex(b"xyz")));
    let hit = ask::<StoredData>(&mut server, "/3", &init().with("sha", &sha));
    assert_eq!(hit.resource_path, "/1/b/3");
    assert_eq!(server.stored(&path("/3"), &file(b"abc")), Stored::Complete);
    // What is finished is named by its own sha, and by no other.
    let hit = ask::<StoredData>(&mut server, "/3", &init().with("sha", &sha));
    assert_eq!(hit.resource_path, "/1/b/3");
    assert_eq!(code(&mut server, "/3", &init().with("sha", sha1_hex(b"xyz"))), -177);
    assert_eq!(code(&mut server, "/3", &init()), -177);
}

#[test]
fn finish_compares_the_sha_with_which_the_upload_was_begun() {
    for (announced, answer) in [("abc", 0), ("abd", -29138)] {
        let mut server = with_faults([]);
        let init = Fields::init(3, SLICE).with("sha", sha1_hex(announced.as_bytes()));
        let session = begin_with(&mut server, "/a", &init);
        assert_eq!(code(&mut server, "/a", &Fields::data(session.clone(), 0, "abc")), 0);
        assert_eq!(code(&mut server, "/a", &Fields::finish(session, 3)), answer, "{announced}");
    }
}
