//! What the server refuses, on both sides of each edge.

use base64::Engine;
use slicecheck::protocol::{
    Fields, LARGEST_FILE, ListData, Request, ResponseEnvelope, SessionData, Stored,
};
use slicecheck::scenario::SIMULATION_CLOCK;
use slicecheck::server::{Behaviour, Server, SessionForm, SliceSize};

use crate::requests::{SLICE, ask, begin, begin_with, code, file, path, request, with_faults};

fn code_of(server: &mut Server, request: &Request) -> i64 {
    let answer = server.answer(request, SIMULATION_CLOCK);
    ResponseEnvelope::<serde_json::Value>::read(answer.response.body()).unwrap().code
}

/// The request, without this field.
fn without(fields: &Fields, name: &str) -> Request {
    let mut request = request("/a", fields);
    request.edit(|form| form.remove(name)).unwrap();
    request
}

#[test]
fn init_is_held_to_the_sizes_that_the_documents_allow() {
    for (filesize, slice_size, answer) in [
        (LARGEST_FILE, SLICE, 0),
        (LARGEST_FILE + 1, SLICE, -29105),
        (0, SLICE, 0),
        (10, 1, 0),
        (10, 0, -284),
        (10, 3 << 20, 0),
        (10, (3 << 20) + 1, -284),
    ] {
        let said = code(&mut with_faults([]), "/a", &Fields::init(filesize, slice_size));
        assert_eq!(said, answer, "{filesize} in slices of {slice_size}");
    }
    let init = Fields::init(10, SLICE);
    assert_eq!(code_of(&mut with_faults([]), &without(&init, "filesize")), -5971);
    assert_eq!(code_of(&mut with_faults([]), &without(&init, "slice_size")), -284);
    // Where the service has a size of its own, nobody has to ask for one.
    let behaviour = Behaviour { slice_size: SliceSize::Fixed(512), ..Behaviour::default() };
    let mut server = Server::new(behaviour, "seed");
    assert_eq!(ask::<SessionData>(&mut server, "/b", &init).slice_size, 512);
    assert_eq!(code_of(&mut server, &without(&init, "slice_size")), 0);
}

#[test]
fn a_slice_has_a_session_an_offset_and_bytes_within_the_file() {
    let mut server = with_faults([]);
    let slice = |session: &str, offset| Fields::data(session, offset, "abc");
    assert_eq!(code(&mut server, "/a", &slice("s", 0)), -29096);
    let session = begin(&mut server, "/a", 6);
    for (offset, answer) in [(0, 0), (3, 0), (4, -29098), (6, -29098), (u64::MAX, -29098)] {
        assert_eq!(code(&mut server, "/a", &slice(&session, offset)), answer, "{offset}");
    }
    let whole = slice(&session, 0);
    assert_eq!(code_of(&mut server, &without(&whole, "session")), -29096);
    assert_eq!(code_of(&mut server, &without(&whole, "offset")), -5999);
    assert_eq!(code_of(&mut server, &without(&whole, "filecontent")), -5990);
    for other in ["", "another", &session[1..]] {
        assert_eq!(code(&mut server, "/a", &slice(other, 0)), -29096, "{other}");
    }
}

#[test]
fn finish_has_the_session_and_the_size_of_the_upload() {
    let mut server = with_faults([]);
    assert_eq!(code(&mut server, "/a", &Fields::finish("s", 3)), -29096);
    let session = begin(&mut server, "/a", 3);
    assert_eq!(code(&mut server, "/a", &Fields::data(session.clone(), 0, "abc")), 0);
    let finish = Fields::finish(session.clone(), 3);
    assert_eq!(code_of(&mut server, &without(&finish, "filesize")), -29104);
    assert_eq!(code_of(&mut server, &without(&finish, "session")), -29096);
    for size in [2, 4] {
        assert_eq!(code(&mut server, "/a", &Fields::finish(session.clone(), size)), -175);
    }
    assert_eq!(server.stored(&path("/a"), &file(b"abc")), Stored::Absent);
    assert_eq!(code(&mut server, "/a", &finish), 0);
}

#[test]
fn the_bytes_that_a_scenario_allows_are_counted_over_all_slices() {
    let behaviour = Behaviour { most_content: Some(6), ..Behaviour::default() };
    let mut server = Server::new(behaviour, "seed");
    let session = begin(&mut server, "/a", 9);
    let codes = [0, 3, 6]
        .map(|offset| code(&mut server, "/a", &Fields::data(session.clone(), offset, "abc")));
    assert_eq!(codes, [0, 0, -46615]);
}

#[test]
fn a_method_or_an_operation_that_is_none_of_the_service_is_refused() {
    let mut server = with_faults([]);
    server.hold_object(path("/a"), file(b"abc"));
    let plain = request("/a", &Fields::list());
    let edited = |from: &str, to: &str| {
        let mut request = plain.clone();
        request.edit_head(|head| head.replacen(from, to, 1));
        request
    };
    assert_eq!(code_of(&mut server, &edited("POST", "PUT")), -5996);
    assert_eq!(code_of(&mut server, &edited("/files", "/elsewhere")), -180);
    assert_eq!(code_of(&mut server, &without(&Fields::list(), "op")), -5980);
    let with_op = |word: &str| {
        let mut request = plain.clone();
        request.edit(|form| form.set("op", word.to_owned())).unwrap();
        request
    };
    assert_eq!(code_of(&mut server, &with_op("rename")), -5964);
    assert_eq!(code_of(&mut server, &with_op("create")), 0);
    assert_eq!(server.stored(&path("/a"), &file(b"abc")), Stored::Complete);
    assert_eq!(code(&mut server, "/a", &Fields::delete()), 0);
    assert_eq!(code(&mut server, "/a", &Fields::delete()), -197);
    assert_eq!(code(&mut server, "/a", &Fields::list()), -197);
}

#[test]
fn a_get_is_a_question_for_an_object_only_if_its_query_says_so() {
    let mut server = with_faults([]);
    let got = |query: &str, server: &mut Server| {
        let mut request = request("/a", &Fields::list());
        request.edit_head(|head| {
            head.replacen("POST", "GET", 1).replacen(" HTTP", &format!("{query} HTTP"), 1)
        });
        code_of(server, &request)
    };
    assert_eq!(got("?op=stat", &mut server), -197);
    // An upload under way is no object yet.
    begin(&mut server, "/a", 3);
    assert_eq!(got("?op=stat", &mut server), -197);
    server.hold_object(path("/a"), file(b"abc"));
    for found in ["?op=stat", "?sign=s&op=stat"] {
        assert_eq!(got(found, &mut server), 0, "{found}");
    }
    // The field of the body is not heeded: this is what becomes of a redirected POST.
    for none in ["", "?", "?sign=op=stat", "?top=stat"] {
        assert_eq!(got(none, &mut server), -5980, "{none}");
    }
    assert_eq!(got("?op=rename", &mut server), -5964);
    assert_eq!(got("?op=upload_slice_list", &mut server), -5996);
    assert_eq!(server.stored(&path("/a"), &file(b"abc")), Stored::Complete);
}

#[test]
fn the_id_of_a_request_has_the_time_in_eight_digits() {
    let id = |clock: u64| {
        let answer = with_faults([]).answer(&request("/a", &Fields::list()), clock);
        let id = answer.response.head().get("x-cos-request-id").unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(id).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    assert_eq!(id(0x59b7_8e9b), "59b78e9b_7f000001_484d_000001");
    assert_eq!(id(0x1_0000_0002), "00000002_7f000001_484d_000001");
}

#[test]
fn each_form_of_session_is_what_its_name_says_and_no_two_are_the_same() {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    for form in SessionForm::ALL {
        let behaviour = Behaviour { session: form, ..Behaviour::default() };
        let mut server = Server::new(behaviour, "seed");
        let sessions =
            ["/a", "/b"].map(|key| begin_with(&mut server, key, &Fields::init(3, SLICE)));
        assert_ne!(sessions[0], sessions[1]);
        for session in sessions {
            let as_told = match form {
                SessionForm::Hex => session.len() == 192 && is_hex(&session),
                SessionForm::Long => session.len() == 1024 && is_hex(&session),
                SessionForm::Digits => {
                    session.len() == 66 && session.starts_with('0') && is_digits(&session)
                }
                SessionForm::Number => {
                    session.len() == 15 && session.starts_with('7') && is_digits(&session)
                }
                SessionForm::Base64 => session.ends_with("+/w==") && session.len() == 103,
                SessionForm::Percent => session.ends_with("%2B%20%%zz%e4%BD%A0%"),
                SessionForm::Reserved => session.ends_with("+/&%2B%25-_.~+/=="),
            };
            assert!(as_told, "{form}: {session}");
        }
    }
}

#[test]
fn a_list_names_the_upload_that_it_is_of() {
    let mut server = with_faults([]);
    let session = begin(&mut server, "/a", 6);
    let list = ask::<ListData>(&mut server, "/a", &Fields::list());
    assert_eq!((list.filesize, list.slice_size, list.session), (6, SLICE, session));
}
