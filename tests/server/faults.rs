//! How the server goes wrong: which request a fault meets, what is done, said and delivered then.

use bytes::Bytes;
use slicecheck::protocol::{
    Delivery, Fields, Kept, Response, ResponseEnvelope, SliceData, Stored, md5_hex,
};
use slicecheck::scenario::SIMULATION_CLOCK;
use slicecheck::server::{
    EchoField, Fault, Literal, PlayedReaction, Reaction, Reply, ReplyEncoding, Server, Storing,
    Trigger,
};

use crate::requests::{
    SLICE, ask, begin, begin_with, code, expecting, file, in_http_10, listed, path, request,
    with_faults,
};

/// What the first of two slices is answered with, and by what server, if this becomes of it.
fn first_slice(reaction: Reaction) -> (Response, Server, String) {
    let mut server = with_faults([Fault::once(Trigger::slice(0), reaction)]);
    let session = begin(&mut server, "/a", 6);
    let slice = Fields::data(session.clone(), 0, "abc");
    let reply = server.answer(&request("/a", &slice), SIMULATION_CLOCK).response;
    (reply, server, session)
}

fn read(reply: &Response) -> SliceData {
    ResponseEnvelope::read(reply.body()).unwrap().data.unwrap()
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

#[test]
fn a_fault_meets_the_operation_that_it_is_for_and_no_other() {
    let other = |word: &str| {
        let mut request = request("/a", &Fields::list());
        request.edit(|form| form.set("op", word.to_owned())).unwrap();
        request
    };
    let of = |fields: Fields| request("/a", &fields);
    let requests = [
        of(Fields::init(2 * SLICE, SLICE)),
        of(Fields::data("s", 0, "a")),
        of(Fields::data("s", SLICE, "a")),
        of(Fields::list()),
        of(Fields::finish("s", 1)),
        of(Fields::upload("a")),
        expecting(&Fields::list()),
        in_http_10(&expecting(&Fields::list())),
        other("create"),
    ];
    for (trigger, met) in [
        (Trigger::Any, [1, 1, 1, 1, 1, 1, 1, 1, 0]),
        (Trigger::Init, [1, 0, 0, 0, 0, 0, 0, 0, 0]),
        (Trigger::ANY_SLICE, [0, 1, 1, 0, 0, 0, 0, 0, 0]),
        (Trigger::slice(0), [0, 1, 0, 0, 0, 0, 0, 0, 0]),
        (Trigger::slice(1), [0, 0, 1, 0, 0, 0, 0, 0, 0]),
        (Trigger::slice(9), [0, 0, 1, 0, 0, 0, 0, 0, 0]),
        (Trigger::LAST_SLICE, [0, 0, 1, 0, 0, 0, 0, 0, 0]),
        (Trigger::List, [0, 0, 0, 1, 0, 0, 1, 1, 0]),
        (Trigger::Finish, [0, 0, 0, 0, 1, 1, 0, 0, 0]),
        (Trigger::Expecting, [0, 0, 0, 0, 0, 0, 1, 0, 0]),
        (Trigger::LongBody, [0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ] {
        let is_met = requests.each_ref().map(|request| {
            let mut server = with_faults([Fault::always(trigger, Reaction::refusal(503, -71))]);
            let path = path("/a");
            server.hold_upload(path, &file(&[0; 2048]), SLICE, |_| true, false);
            let reply = server.answer(request, SIMULATION_CLOCK).response;
            u8::from(ResponseEnvelope::<()>::read(reply.body()).unwrap().code == -71)
        });
        assert_eq!(is_met, met, "{trigger:?}");
    }
}

#[test]
fn each_attempt_meets_its_reaction_and_later_ones_the_last_if_it_repeats() {
    let reactions = vec![Reaction::refusal(503, -71), Reaction::refusal(500, -5991)];
    for (repeats, third) in [(true, -5991), (false, -197)] {
        let fault = Fault { trigger: Trigger::List, reactions: reactions.clone(), repeats };
        let mut server = with_faults([Fault::once(Trigger::Init, Reaction::reset()), fault]);
        let answers = [1, 2, 3].map(|attempt| {
            let answer = server.answer(&request("/a", &Fields::list()), SIMULATION_CLOCK);
            let code = ResponseEnvelope::<()>::read(answer.response.body()).unwrap().code;
            if attempt < 3 || repeats {
                let reaction = usize::from(attempt > 1);
                assert_eq!(answer.played, Some(PlayedReaction { fault: 1, reaction, attempt }));
            } else {
                assert_eq!(answer.played, None);
            }
            (answer.response.status(), code)
        });
        let third = (if repeats { 500 } else { 404 }, third);
        assert_eq!(answers, [(503, -71), (500, -5991), third]);
    }
}

#[test]
fn what_is_stored_of_a_slice_is_what_is_echoed() {
    let cases = [
        (Reaction::stored(Storing::AsSent), Some("abc"), "abc"),
        (Reaction::stored(Storing::Nothing), None, "abc"),
        (Reaction::stored(Storing::Altered), Some("acc"), "acc"),
        (Reaction::stored(Storing::Halved), Some("a"), "a"),
    ];
    for (reaction, stored, echoed) in cases {
        let (reply, mut server, session) = first_slice(reaction.clone());
        let echo = read(&reply);
        assert_eq!(echo.datalen, echoed.len() as u64, "{reaction}");
        assert_eq!(echo.datamd5, md5_hex(echoed.as_bytes()), "{reaction}");
        let held: Vec<_> = stored.iter().map(|stored| (0, stored.len() as u64)).collect();
        assert_eq!(listed(&mut server, "/a"), held, "{reaction}");
        // Afterwards all is as it was sent.
        let again = ask::<SliceData>(&mut server, "/a", &Fields::data(session, 3, "xyz"));
        assert_eq!(again.datamd5, md5_hex(b"xyz"));
    }
}

#[test]
fn what_is_forgotten_is_gone_before_the_request_is_answered() {
    let (reply, mut server, _) = first_slice(Reaction::stored(Storing::Forgotten));
    assert_eq!(ResponseEnvelope::<()>::read(reply.body()).unwrap().code, -29096);
    assert_eq!(code(&mut server, "/a", &Fields::list()), -197);
}

#[test]
fn a_reply_that_breaks_off_lacks_its_last_byte_however_short_it_is() {
    for cut in [Delivery::Truncated as fn(usize) -> Delivery, Delivery::ResetWithin] {
        let fault = Fault::always(Trigger::List, Reaction::delivered(cut(100_000)));
        let answer = with_faults([fault]).answer(&request("/a", &Fields::list()), SIMULATION_CLOCK);
        assert_eq!(answer.delivery, cut(answer.response.body().len() - 1));
        assert!(answer.played.is_some());
    }
}

#[test]
fn an_object_outlives_an_upload_that_is_forgotten() {
    let forgotten = Fault::once(Trigger::slice(0), Reaction::stored(Storing::Forgotten));
    let mut server = with_faults([forgotten]);
    server.hold_object(path("/a"), file(b"other"));
    let replacing = Fields::init(6, 1 << 20).with("insertOnly", "0");
    let session = begin_with(&mut server, "/a", &replacing);
    assert_eq!(code(&mut server, "/a", &Fields::data(session, 0, "abcdef")), -29096);
    assert_eq!(server.kept(&path("/a"), &file(b"other")), Kept::Whole);
}

#[test]
fn literal_bytes_are_the_reply_whatever_else_is_said() {
    let body = r#"{"code":1e0,"code":"\ud800"}"#;
    for (replied, raw_body) in [
        (Reply::LiteralBody(Literal::Text(body.to_owned())), body.as_bytes()),
        (Reply::LiteralBody(Literal::Base64 { base64: "/wA=".to_owned() }), b"\xff\0"),
        (Reply::LiteralResponse(Literal::Text("nothing like HTTP".to_owned())), b""),
    ] {
        let is_response = matches!(replied, Reply::LiteralResponse(_));
        let mut server = with_faults([Fault::always(Trigger::List, Reaction::nothing(replied))]);
        let answer = server.answer(&request("/a", &Fields::list()), SIMULATION_CLOCK);
        assert_eq!((answer.delivery, answer.played.is_some()), (Delivery::Literal, true));
        assert_eq!(answer.response.is_well_framed(), !is_response);
        if is_response {
            assert_eq!(answer.response.raw(), "nothing like HTTP");
        } else {
            assert_eq!(answer.response.body(), raw_body);
        }
    }
}

#[test]
fn somebody_else_completes_what_has_no_gap() {
    for (last, stored) in [(Some("def"), Stored::Complete), (None, Stored::Absent)] {
        let completed = Reaction::stored(Storing::Completed);
        let mut server = with_faults([Fault::once(Trigger::List, completed)]);
        let session = begin(&mut server, "/a", 6);
        for (offset, content) in [(0, Some("abc")), (3, last)] {
            let Some(content) = content else { continue };
            let slice = Fields::data(session.clone(), offset, content);
            assert_eq!(code(&mut server, "/a", &slice), 0);
        }
        assert_eq!(code(&mut server, "/a", &Fields::list()), 0);
        assert_eq!(server.stored(&path("/a"), &file(b"abcdef")), stored);
    }
}

#[test]
fn an_echo_is_wrong_in_the_field_that_was_asked_for_and_in_no_other() {
    let right = |session: &str| SliceData {
        datalen: 3,
        datamd5: md5_hex(b"abc"),
        offset: 0,
        session: session.to_owned(),
    };
    for field in [
        EchoField::Datalen,
        EchoField::TooMuch,
        EchoField::Datamd5,
        EchoField::Offset,
        EchoField::Session,
    ] {
        let (reply, _, session) = first_slice(Reaction::reply(Reply::Echo(field)));
        let right = right(&session);
        let expected = match field {
            EchoField::Datalen => SliceData { datalen: 2, ..right },
            EchoField::TooMuch => SliceData { datalen: 4, ..right },
            EchoField::Datamd5 => SliceData { datamd5: md5_hex(right.datamd5.as_bytes()), ..right },
            EchoField::Offset => SliceData { offset: 1, ..right },
            EchoField::Session | EchoField::Slice => {
                SliceData { session: md5_hex(session.as_bytes()), ..right }
            }
        };
        assert_eq!(read(&reply), expected, "{field}");
    }
    // The reply to another slice is that to the first one that is there.
    let other = Reaction::reply(Reply::Echo(EchoField::Slice));
    let mut server = with_faults([Fault::once(Trigger::LAST_SLICE, other)]);
    let session = begin(&mut server, "/a", SLICE + 3);
    let first = Fields::data(session.clone(), 0, "abc");
    assert_eq!(code(&mut server, "/a", &first), 0);
    let last = Fields::data(session.clone(), SLICE, "xyz");
    let reply = server.answer(&request("/a", &last), SIMULATION_CLOCK).response;
    assert_eq!(read(&reply), right(&session));
}

#[test]
fn a_reply_says_what_was_asked_for_with_its_status_code_and_message() {
    let text = |reply: Reply| {
        let (reply, _, session) = first_slice(Reaction::reply(reply));
        let id = reply.head().get("x-cos-request-id").unwrap_or("none").to_owned();
        let body = String::from_utf8_lossy(reply.body()).replace(&id, "ID");
        (reply.status(), body.replace(&session, "S"))
    };
    let data = format!(
        r#""data":{{"datalen":3,"datamd5":"{}","offset":0,"session":"S"}}"#,
        md5_hex(b"abc")
    );
    let body = |code: i64, message: &str, data: &str| {
        format!(r#"{{"code":{code},"message":"{message}","request_id":"ID"{data}}}"#)
    };
    let with_data = format!(",{data}");
    let regular = body(0, "SUCCESS", &with_data);
    assert_eq!(text(Reply::Regular), (200, regular.clone()));
    assert_eq!(text(Reply::Status(500)), (500, regular));
    assert_eq!(text(Reply::Message("OK".to_owned())), (200, body(0, "OK", &with_data)));
    assert_eq!(text(Reply::CodeWithSuccess(-71)), (200, body(-71, "SUCCESS", "")));
    let (status, refused) = text(Reply::CodeWithData(-71));
    assert!(status == 200 && refused.starts_with("{\"code\":-71,"), "{refused}");
    assert!(refused.ends_with(&format!(r#""request_id":"ID",{data}}}"#)), "{refused}");
    let (status, refused) = text(Reply::Refusal { status: 503, code: -71 });
    assert!(
        status == 503 && refused.starts_with("{\"code\":-71,") && !refused.contains("\"data\"")
    );
    let (_, encoded) = text(Reply::Encoded(ReplyEncoding::WithoutData));
    assert_eq!(encoded, body(0, "SUCCESS", ""));
}

#[test]
fn what_is_no_reply_of_the_service_has_the_type_of_what_it_is() {
    for (body, mime) in [
        ("<?xml version='1.0'?><Error/>", Some("application/xml")),
        ("<html></html>", Some("text/html")),
        ("{}", Some("application/json")),
        ("", None),
    ] {
        let (reply, ..) = first_slice(Reaction::foreign(502, body));
        assert_eq!((reply.status(), reply.head().get("content-type")), (502, mime), "{body}");
        assert_eq!(reply.body(), body.as_bytes());
    }
}

#[test]
fn a_reset_does_nothing_and_a_pause_is_no_harm() {
    let (_, mut server, _) = first_slice(Reaction::reset());
    assert_eq!(listed(&mut server, "/a"), []);
    assert_eq!(Reaction::reset().delivered, Delivery::Reset);
    assert_eq!(Reaction::reset().replied, Reply::Refusal { status: 503, code: -5997 });
    let held = Fault::once(Trigger::List, Reaction::delivered(Delivery::Held));
    assert!(held.only_delays());
    assert!(!Fault::once(Trigger::List, Reaction::reset()).only_delays());
}

#[test]
fn a_fault_is_written_without_what_is_as_usual_and_read_again() {
    let written = |reaction: Reaction| {
        let fault = Fault::once(Trigger::List, reaction);
        let json = serde_json::to_string(&fault).unwrap();
        assert_eq!(serde_json::from_str::<Fault>(&json).unwrap(), fault);
        json
    };
    let whole = r#"{"trigger":"list","reactions":[{"stored":"altered"}]}"#;
    assert_eq!(written(Reaction::stored(Storing::Altered)), whole);
    let reset = written(Reaction { replied: Reply::Regular, ..Reaction::reset() });
    assert_eq!(
        reset,
        r#"{"trigger":"list","reactions":[{"stored":"nothing","delivered":"reset"}]}"#
    );
    // Older case files have capitals.
    let older: Fault = serde_json::from_str(&reset.replace("reset", "Reset")).unwrap();
    assert_eq!(serde_json::to_string(&older).unwrap(), reset);
    assert!(written(Reaction::refusal(503, -71)).contains("replied"));
}

#[test]
fn a_reaction_says_what_is_not_as_usual() {
    let said = |reaction: &Reaction| reaction.to_string();
    let reset = "the connection is reset, nothing is done";
    assert_eq!(said(&Reaction::reset()), reset);
    let reset = "it is done, but the connection is reset before the reply";
    assert_eq!(said(&Reaction::delivered(Delivery::Reset)), reset);
    assert_eq!(said(&Reaction::delivered(Delivery::Whole)), "");
    let chunked = Reaction { delivered: Delivery::Chunked, ..Reaction::stored(Storing::Nothing) };
    let told = "it is acknowledged, but not stored, the reply comes in chunks";
    assert_eq!(said(&chunked), told);
    assert_eq!(said(&Reaction::refusal(503, -71)), "HTTP status 503 and code -71");
    assert_eq!(said(&Reaction::foreign(502, "")), "HTTP status 502 without a body");
    let page = "HTTP status 502 with a body that is no reply of the service";
    assert_eq!(said(&Reaction::foreign(502, "x")), page);
    let echo = Reaction::reply(Reply::Echo(EchoField::Offset));
    assert_eq!(said(&echo), "the reply has a wrong offset");
    assert_eq!(said(&Reaction::encoded(ReplyEncoding::NullData)), "data is null");
    assert_eq!(Trigger::slice(2).to_string(), "slice 3");
}
