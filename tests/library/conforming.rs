//! What conforming clients do and the reference client does not: nobody is to be accused of it.

use std::time::Duration;

use slicecheck::protocol::{
    Claim, ClearText, Delivery, Exchange, FieldOrder, Op, Outcome, Part, Request, Response,
    ResponseEnvelope, SessionData, Signature, Slice, SliceData, SlicePlan, Stored, Transcript,
    cumulative_sha1, md5_hex, sha1_hex,
};
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::{REHEARSAL_CLOCK, scenarios};
use slicecheck::spec::Level;

/// The reference client's conversation in a scenario.
pub(crate) fn played(id: &str) -> Transcript {
    scenarios().find(|scenario| scenario.id == id).unwrap().rehearse(1)
}

fn plain() -> Transcript {
    played("happy/last-slice-short")
}

/// Conversations that between them exercise what the reference client leaves out.
pub(crate) fn variants() -> Vec<Transcript> {
    vec![
        with_sha(),
        signed_in_query(),
        chunked(),
        in_one_request(),
        unsupported(),
        asked_what_became_of_it(),
        in_a_new_folder(),
        begun_anew(),
        met_another_file(),
        told_in_other_words(),
    ]
}

fn with_sha() -> Transcript {
    let mut talk = plain();
    let file = talk.assignment.file.clone();
    let sha = sha1_hex(&file);
    let parts = SlicePlan::new(file.len() as u64, 1 << 20).unwrap().slices();
    let parts: Vec<_> = parts
        .zip(cumulative_sha1(&file, 1 << 20).unwrap())
        .map(|(slice, datasha)| {
            let Slice { offset, length } = slice;
            format!("{{\"offset\":{offset},\"datalen\":{length},\"datasha\":\"{datasha}\"}}")
        })
        .collect();
    for exchange in &mut talk.exchanges {
        let op = exchange.request.op().unwrap().clone();
        exchange.request.edit(|form| {
            form.push(Part::new("sha", sha.clone()));
            if op == Op::Init {
                form.push(Part::new("uploadparts", format!("[{}]", parts.join(","))));
                form.push(Part::new("insertOnly", "0"));
                form.push(Part::new("biz_attr", ""));
            }
            if op == Op::Data {
                let datamd5 = md5_hex(form.value("filecontent")?);
                form.push(Part::new("datamd5", datamd5));
            }
            Some(())
        });
    }
    talk
}

fn signed_in_query() -> Transcript {
    let mut talk = plain();
    for exchange in &mut talk.exchanges {
        exchange.request.edit_head(|head| {
            let line = head.lines().find(|line| line.starts_with("Authorization: ")).unwrap();
            let sign = line.trim_start_matches("Authorization: ");
            let sign = sign.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            let head = head.replace(&format!("{line}\r\n"), "");
            head.replacen(" HTTP", &format!("?sign={sign} HTTP"), 1)
        });
    }
    talk
}

fn chunked() -> Transcript {
    let mut talk = plain();
    for exchange in &mut talk.exchanges {
        let body = exchange.request.body().clone();
        let chunks = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
        exchange.request.edit_body(|_| chunks);
        exchange.request.edit_head(|head| {
            let length = head.lines().find(|line| line.starts_with("Content-Length")).unwrap();
            head.replace(length, "Transfer-Encoding: chunked")
        });
    }
    talk
}

pub(crate) fn in_one_request() -> Transcript {
    let mut talk = plain();
    let file = talk.assignment.file.clone();
    let mut finish = talk.exchanges.pop().unwrap();
    finish.request.edit(|form| {
        form.remove("session")?;
        form.remove("filesize")?;
        form.push(Part::new("sha", sha1_hex(&file)));
        form.push(Part::new("filecontent", file));
        form.set("op", "upload")
    });
    talk.exchanges = vec![finish];
    talk
}

fn unsupported() -> Transcript {
    let mut talk = plain();
    talk.exchanges.truncate(1);
    let outcome = talk.outcome.as_mut().unwrap();
    (outcome.claim, outcome.stored) = (Claim::Unsupported, Stored::Absent);
    talk
}

fn asked_what_became_of_it() -> Transcript {
    let mut talk = played("faults/finish-reply-truncated");
    let target = format!("{}?op=stat", talk.assignment.path);
    let fields = [("Host", "h".to_owned()), ("Authorization", signature(&talk))];
    let question = talk.exchanges.last_mut().unwrap();
    question.request = Request::write("GET", &target, &fields, b"");
    talk
}

fn in_a_new_folder() -> Transcript {
    let mut talk = plain();
    let folder = talk.assignment.path.to_string().replace("plain.bin", "");
    let create = json_call(&talk, &folder, signature(&talk), b"{\"op\":\"create\"}");
    talk.exchanges.insert(0, create);
    talk
}

/// An interrupted upload may be deleted, with a signature for one use, and begun anew.
fn begun_anew() -> Transcript {
    let mut talk = plain();
    let delete = delete(&talk);
    talk.exchanges.insert(0, delete);
    talk
}

fn met_another_file() -> Transcript {
    let mut talk = played("resume/init-in-progress");
    talk.exchanges.truncate(1);
    let mut refusal: ResponseEnvelope<()> = talk.exchanges[0].reply().unwrap();
    refusal.code = -4020;
    talk.exchanges[0].response = Response::write(409, &[], &refusal.write());
    let outcome = talk.outcome.as_mut().unwrap();
    (outcome.claim, outcome.stored) = (Claim::Failed, Stored::Absent);
    talk
}

fn told_in_other_words() -> Transcript {
    let mut talk = plain();
    let mut reply: ResponseEnvelope<SliceData> = talk.exchanges[1].reply().unwrap();
    "OK".clone_into(&mut reply.message);
    talk.exchanges[1].response = Response::write(200, &[], &reply.write());
    talk
}

fn signature(talk: &Transcript) -> String {
    talk.exchanges[0].request.signature_text().unwrap().0
}

pub(crate) fn delete(talk: &Transcript) -> Exchange {
    let clear = ClearText {
        order: FieldOrder::Documented,
        path: &talk.assignment.path,
        secret_id: &talk.assignment.credentials.secret_id,
        begins: REHEARSAL_CLOCK,
        ends: 0,
        random: 1,
        fileid: &talk.assignment.path.fileid(),
    };
    let sign = Signature::sign(&talk.assignment.credentials.secret_key, &clear.to_string());
    json_call(talk, &talk.assignment.path.to_string(), sign, b"{\"op\":\"delete\"}")
}

fn json_call(talk: &Transcript, target: &str, sign: String, body: &[u8]) -> Exchange {
    let fields = [
        ("Host", "h".to_owned()),
        ("Authorization", sign),
        ("Content-Type", "application/json".to_owned()),
    ];
    let mut call = talk.exchanges[0].clone();
    call.request = Request::write("POST", target, &fields, body);
    call.response = Response::write(200, &[], "{\"code\":0,\"message\":\"SUCCESS\"}");
    (call.started, call.answered) = (Duration::ZERO, Duration::ZERO);
    call
}

/// Puts the exchanges one behind the other, in their order.
fn in_turn(talk: &mut Transcript) {
    for (number, exchange) in (0_u64..).zip(&mut talk.exchanges) {
        exchange.started = Duration::from_millis(200 * number);
        exchange.answered = exchange.started + Duration::from_millis(100);
    }
    if let Some(outcome) = &mut talk.outcome {
        outcome.elapsed = Duration::from_millis(200 * talk.exchanges.len() as u64);
    }
}

/// That no finding is graver than this.
pub(crate) fn assert_no_more_than(level: Level, talk: &Transcript, what: &str) {
    let rulings = judge(talk);
    // Level orders from the gravest on.
    let found: Vec<_> = findings(&rulings)
        .filter(|finding| finding.rule.level() < level)
        .map(|finding| format!("{}: {:?}", finding.rule.id, finding.evidence))
        .collect();
    assert_eq!(found, Vec::<String>::new(), "{what}");
}

#[test]
fn slices_may_arrive_in_any_order_and_all_at_once() {
    for id in ["happy/exact-multiple", "happy/last-slice-short", "resume/hole-in-the-middle"] {
        let mut talk = played(id);
        let (first, last) = {
            let numbers: Vec<_> = talk.of(&Op::Data).map(|(number, _)| number).collect();
            (numbers[0], *numbers.last().unwrap())
        };
        talk.exchanges[first..=last].reverse();
        in_turn(&mut talk);
        assert_no_more_than(Level::Note, &talk, "backwards");
        // All of them are under way at once, on connections of their own.
        let begun = talk.exchanges[first].started;
        for (connection, exchange) in (1..).zip(&mut talk.exchanges[first..=last]) {
            exchange.started = begun;
            exchange.connection = connection;
        }
        assert_no_more_than(Level::Note, &talk, "in parallel");
    }
}

#[test]
fn a_client_may_give_up_honestly_at_any_point() {
    for scenario in scenarios() {
        let whole = scenario.rehearse(1);
        for kept in 1..whole.exchanges.len() {
            let mut talk = whole.clone();
            talk.exchanges.truncate(kept);
            talk.assignment.undisturbed = false;
            let outcome: &mut Outcome = talk.outcome.as_mut().unwrap();
            (outcome.claim, outcome.stored) = (Claim::Failed, Stored::Absent);
            assert_no_more_than(Level::Should, &talk, scenario.id);
        }
    }
}

#[test]
fn requests_may_be_repeated_when_their_fate_is_not_known() {
    let whole = plain();
    for lost in 1..whole.exchanges.len() {
        let mut talk = whole.clone();
        let mut again = talk.exchanges[lost].clone();
        talk.exchanges[lost].delivery = Delivery::Reset;
        if again.request.op() == Some(&Op::Finish) {
            again.clock += 1;
        }
        talk.exchanges.insert(lost + 1, again);
        in_turn(&mut talk);
        talk.assignment.undisturbed = false;
        assert_no_more_than(Level::Note, &talk, &format!("exchange {lost} was lost"));
    }
}

#[test]
fn slices_and_finish_may_be_repeated_though_they_succeeded() {
    let whole = plain();
    for repeated in 1..whole.exchanges.len() {
        let mut talk = whole.clone();
        let again = talk.exchanges[repeated].clone();
        talk.exchanges.insert(repeated + 1, again);
        in_turn(&mut talk);
        assert_no_more_than(Level::Should, &talk, &format!("exchange {repeated}, twice"));
    }
}

#[test]
fn a_client_may_begin_anew_and_use_the_new_session() {
    let mut talk = played("resume/init-in-progress");
    // init is refused, the list is looked at, what is there is deleted, and all is sent.
    let mut whole = plain();
    let path = talk.assignment.path.to_string();
    for exchange in &mut whole.exchanges {
        exchange
            .request
            .edit_head(|head| head.replacen(&whole.assignment.path.to_string(), &path, 1));
    }
    whole.assignment.path = talk.assignment.path.clone();
    whole.assignment.undisturbed = false;
    talk.assignment = whole.assignment.clone();
    let refused = Response::write(409, &[], "{\"code\":-4019,\"message\":\"M\"}");
    let mut begun = whole.clone();
    let mut first = begun.exchanges[0].clone();
    first.response = refused;
    let mut list = talk.exchanges[1].clone();
    list.request = begun.exchanges[0].request.clone();
    list.request.edit(|form| {
        form.remove("filesize");
        form.remove("slice_size");
        form.set("op", "upload_slice_list")
    });
    let removal = delete(&begun);
    begun.exchanges.splice(0..0, [first, list, removal]);
    in_turn(&mut begun);
    assert_no_more_than(Level::Note, &begun, "deleted and begun anew");
}

/// Slices that were under way when a new session was granted carry the old one.
#[test]
fn a_slice_that_was_sent_before_a_new_session_was_granted_may_carry_the_old_one() {
    let mut talk = plain();
    let mut init = talk.exchanges[0].clone();
    let mut reply: ResponseEnvelope<SessionData> = init.reply().unwrap();
    reply.data.as_mut().unwrap().session = "another".to_owned();
    init.response = Response::write(200, &[], &reply.write());
    talk.exchanges[1].response = Response::write(400, &[], "{\"code\":-29096,\"message\":\"M\"}");
    // In order of arrival: the first slice is refused, init again, and then the end of a slice that
    // was begun before.
    talk.exchanges.insert(2, init);
    in_turn(&mut talk);
    talk.exchanges[3].started = talk.exchanges[1].started;
    talk.exchanges.truncate(4);
    let outcome = talk.outcome.as_mut().unwrap();
    (outcome.claim, outcome.stored) = (Claim::Failed, Stored::Absent);
    talk.assignment.undisturbed = false;
    assert_no_more_than(Level::Should, &talk, "a slice under way");
    // One that was begun afterwards has to carry the new one.
    talk.exchanges[3].started = talk.exchanges[2].answered;
    let rulings = judge(&talk);
    let found = findings(&rulings).find(|finding| finding.rule.id == "data/session").unwrap();
    assert!(found.evidence.found.ends_with(": this is the session of an upload before"));
}

#[test]
fn clocks_may_differ_by_minutes() {
    let mut talk = plain();
    for skew in [-900_i64, -60, 60, 900] {
        for exchange in &mut talk.exchanges {
            exchange.clock = REHEARSAL_CLOCK.checked_add_signed(skew).unwrap();
        }
        assert_no_more_than(Level::Note, &talk, "another clock");
    }
}

#[test]
fn requests_may_follow_each_other_on_one_connection_without_waiting() {
    let mut talk = plain();
    let begun = talk.exchanges[1].started;
    for exchange in &mut talk.exchanges[1..4] {
        exchange.started = begun;
    }
    assert_no_more_than(Level::Note, &talk, "pipelined");
}
