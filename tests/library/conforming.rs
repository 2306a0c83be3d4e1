//! What conforming clients do and the reference client does not: nobody is to be accused of it.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use slicecheck::protocol::{
    Claim, Delivery, Exchange, FieldOrder, Kept, Op, Outcome, Part, Request, Response,
    ResponseEnvelope, SessionData, Signature, Slice, SliceData, SlicePlan, Stored, StringToSign,
    Transcript, cumulative_sha1, md5_hex, sha1_hex,
};
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::{SIMULATION_CLOCK, scenarios};
use slicecheck::spec::Level;

/// The reference client's conversation in a scenario.
pub(crate) fn played(id: &str) -> Transcript {
    scenarios().find(|scenario| scenario.id == id).unwrap().simulate(1)
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
        begun_again(),
        met_another_file(),
        told_in_other_words(),
        with_content_md5(),
    ]
}

fn with_sha() -> Transcript {
    let mut transcript = plain();
    let file = transcript.job.file.as_ref().unwrap().whole().unwrap();
    let sha = sha1_hex(&file);
    let parts = SlicePlan::new(file.len() as u64, 1 << 20).unwrap().slices();
    let parts: Vec<_> = parts
        .zip(cumulative_sha1(&file, 1 << 20).unwrap())
        .map(|(slice, datasha)| {
            let Slice { offset, length } = slice;
            format!("{{\"offset\":{offset},\"datalen\":{length},\"datasha\":\"{datasha}\"}}")
        })
        .collect();
    for exchange in &mut transcript.exchanges {
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
    transcript
}

fn with_content_md5() -> Transcript {
    let mut transcript = plain();
    for exchange in &mut transcript.exchanges {
        let digits = md5_hex(&exchange.request.body());
        let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        let digest: Vec<u8> = (0..32).step_by(2).map(byte).collect();
        let line = format!("Content-MD5: {}\r\nHost:", STANDARD.encode(digest));
        exchange.request.edit_head(|head| head.replacen("Host:", &line, 1));
    }
    transcript
}

fn signed_in_query() -> Transcript {
    let mut transcript = plain();
    for exchange in &mut transcript.exchanges {
        exchange.request.edit_head(|head| {
            let line = head.lines().find(|line| line.starts_with("Authorization: ")).unwrap();
            let sign = line.trim_start_matches("Authorization: ");
            let sign = sign.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            let head = head.replace(&format!("{line}\r\n"), "");
            head.replacen(" HTTP", &format!("?sign={sign} HTTP"), 1)
        });
    }
    transcript
}

fn chunked() -> Transcript {
    let mut transcript = plain();
    put_in_chunks(&mut transcript);
    transcript
}

/// The body of each request in one chunk, so that nothing says how long it is.
pub(crate) fn put_in_chunks(transcript: &mut Transcript) {
    for exchange in &mut transcript.exchanges {
        let body = exchange.request.body().clone();
        let chunks = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
        exchange.request.edit_body(|_| chunks);
        exchange.request.edit_head(|head| {
            let length = head.lines().find(|line| line.starts_with("Content-Length")).unwrap();
            head.replace(length, "Transfer-Encoding: chunked")
        });
    }
}

pub(crate) fn in_one_request() -> Transcript {
    let mut transcript = plain();
    let file = transcript.job.file.as_ref().unwrap().whole().unwrap();
    let mut finish = transcript.exchanges.pop().unwrap();
    finish.request.edit(|form| {
        form.remove("session")?;
        form.remove("filesize")?;
        form.push(Part::new("sha", sha1_hex(&file)));
        form.push(Part::new("filecontent", file));
        form.set("op", "upload")
    });
    transcript.exchanges = vec![finish];
    transcript
}

fn unsupported() -> Transcript {
    let mut transcript = plain();
    transcript.exchanges.truncate(1);
    let outcome = transcript.outcome.as_mut().unwrap();
    (outcome.claim, outcome.stored) = (Claim::Unsupported, Stored::Absent);
    transcript
}

fn asked_what_became_of_it() -> Transcript {
    let mut transcript = played("faults/finish-reply-truncated");
    let target = format!("{}?op=stat", transcript.job.path.as_ref().unwrap());
    let fields = [("Host", "h".to_owned()), ("Authorization", signature(&transcript))];
    let question = transcript.exchanges.last_mut().unwrap();
    question.request = Request::write("GET", &target, &fields, b"");
    transcript
}

fn in_a_new_folder() -> Transcript {
    let mut transcript = plain();
    let folder = transcript.job.path.as_ref().unwrap().to_string().replace("plain.bin", "");
    let create = json_call(&transcript, &folder, signature(&transcript), b"{\"op\":\"create\"}");
    transcript.exchanges.insert(0, create);
    transcript
}

/// An interrupted upload may be deleted, with a signature for one use, and begun again.
fn begun_again() -> Transcript {
    let mut transcript = plain();
    let delete = delete(&transcript);
    transcript.exchanges.insert(0, delete);
    transcript
}

fn met_another_file() -> Transcript {
    let mut transcript = played("resume/init-in-progress");
    transcript.exchanges.truncate(1);
    let mut refusal: ResponseEnvelope<()> = transcript.exchanges[0].reply().unwrap();
    refusal.code = -4020;
    transcript.exchanges[0].response = Response::write(409, &[], &refusal.write());
    let outcome = transcript.outcome.as_mut().unwrap();
    (outcome.claim, outcome.stored) = (Claim::Failed, Stored::Absent);
    transcript
}

fn told_in_other_words() -> Transcript {
    let mut transcript = plain();
    let mut reply: ResponseEnvelope<SliceData> = transcript.exchanges[1].reply().unwrap();
    "OK".clone_into(&mut reply.message);
    transcript.exchanges[1].response = Response::write(200, &[], &reply.write());
    transcript
}

fn signature(transcript: &Transcript) -> String {
    transcript.exchanges[0].request.signature_text().unwrap().0
}

pub(crate) fn delete(transcript: &Transcript) -> Exchange {
    let clear = StringToSign {
        order: FieldOrder::Documented,
        path: transcript.job.path.as_ref().unwrap(),
        secret_id: &transcript.job.credentials.as_ref().unwrap().secret_id,
        begins: SIMULATION_CLOCK,
        ends: 0,
        random: 1,
        fileid: &transcript.job.path.as_ref().unwrap().fileid(),
    };
    let sign = Signature::sign(
        &transcript.job.credentials.as_ref().unwrap().secret_key,
        &clear.to_string(),
    );
    json_call(
        transcript,
        &transcript.job.path.as_ref().unwrap().to_string(),
        sign,
        b"{\"op\":\"delete\"}",
    )
}

fn json_call(transcript: &Transcript, target: &str, sign: String, body: &[u8]) -> Exchange {
    let fields = [
        ("Host", "h".to_owned()),
        ("Authorization", sign),
        ("Content-Type", "application/json".to_owned()),
    ];
    let mut call = transcript.exchanges[0].clone();
    call.request = Request::write("POST", target, &fields, body);
    call.response = Response::write(200, &[], "{\"code\":0,\"message\":\"SUCCESS\"}");
    (call.started, call.answered) = (Duration::ZERO, Duration::ZERO);
    call
}

/// Puts the exchanges one after the other, in their order.
pub(crate) fn in_turn(transcript: &mut Transcript) {
    for (number, exchange) in (0_u64..).zip(&mut transcript.exchanges) {
        exchange.started = Duration::from_millis(200 * number);
        exchange.answered = exchange.started + Duration::from_millis(100);
    }
    if let Some(outcome) = &mut transcript.outcome {
        outcome.elapsed = Duration::from_millis(200 * transcript.exchanges.len() as u64);
    }
}

/// That no finding is graver than this.
pub(crate) fn assert_no_more_than(level: Level, transcript: &Transcript, what: &str) {
    let rulings = judge(transcript);
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
        let mut transcript = played(id);
        let (first, last) = {
            let numbers: Vec<_> = transcript.of(&Op::Data).map(|(number, _)| number).collect();
            (numbers[0], *numbers.last().unwrap())
        };
        transcript.exchanges[first..=last].reverse();
        in_turn(&mut transcript);
        assert_no_more_than(Level::Note, &transcript, "backwards");
        // All of them are under way at once, on connections of their own.
        let begun = transcript.exchanges[first].started;
        for (connection, exchange) in (1..).zip(&mut transcript.exchanges[first..=last]) {
            exchange.started = begun;
            exchange.connection = connection;
        }
        assert_no_more_than(Level::Note, &transcript, "in parallel");
    }
}

/// But not because of how a reply came that everybody has to read: this is what it looks like where it
/// gives up at the first of them.
#[test]
fn a_client_may_give_up_honestly_at_any_point() {
    for scenario in scenarios() {
        let whole = scenario.simulate(1);
        for kept in 1..whole.exchanges.len() {
            let mut transcript = whole.clone();
            transcript.exchanges.truncate(kept);
            transcript.job.must_succeed = false;
            let outcome: &mut Outcome = transcript.outcome.as_mut().unwrap();
            (outcome.claim, outcome.stored) = (Claim::Failed, Stored::Absent);
            outcome.other_object = outcome.other_object.map(|_| Kept::Whole);
            let mut unusual = transcript.exchanges.iter().map(|of| of.delivery.is_unusual());
            let is_first = unusual.position(|unusual| unusual) == Some(kept - 1);
            let accepted: &[_] = if is_first { &["outcome/http-replies-read"] } else { &[] };
            let rulings = judge(&transcript);
            let mut found = findings(&rulings).filter(|of| of.rule.level() == Level::Must);
            assert!(found.all(|of| accepted.contains(&of.rule.id)), "{} {kept}", scenario.id);
        }
    }
}

#[test]
fn requests_may_be_repeated_when_their_fate_is_not_known() {
    let whole = plain();
    for lost in 1..whole.exchanges.len() {
        let mut transcript = whole.clone();
        let mut again = transcript.exchanges[lost].clone();
        transcript.exchanges[lost].delivery = Delivery::Reset;
        if again.request.op() == Some(&Op::Finish) {
            again.clock += 1;
        }
        transcript.exchanges.insert(lost + 1, again);
        in_turn(&mut transcript);
        transcript.job.must_succeed = false;
        assert_no_more_than(Level::Note, &transcript, &format!("exchange {lost} was lost"));
    }
}

#[test]
fn slices_and_finish_may_be_repeated_though_they_succeeded() {
    let whole = plain();
    for repeated in 1..whole.exchanges.len() {
        let mut transcript = whole.clone();
        let again = transcript.exchanges[repeated].clone();
        transcript.exchanges.insert(repeated + 1, again);
        in_turn(&mut transcript);
        assert_no_more_than(Level::Should, &transcript, &format!("exchange {repeated}, twice"));
    }
}

#[test]
fn a_client_may_begin_again_and_use_the_new_session() {
    let mut transcript = played("resume/init-in-progress");
    // init is refused, the list is looked at, what is there is deleted, and all is sent.
    let mut whole = plain();
    let path = transcript.job.path.as_ref().unwrap().to_string();
    for exchange in &mut whole.exchanges {
        exchange.request.edit_head(|head| {
            head.replacen(&whole.job.path.as_ref().unwrap().to_string(), &path, 1)
        });
    }
    whole.job.path = transcript.job.path.clone();
    whole.job.must_succeed = false;
    transcript.job = whole.job.clone();
    let refused = Response::write(409, &[], "{\"code\":-4019,\"message\":\"M\"}");
    let mut begun = whole.clone();
    let mut first = begun.exchanges[0].clone();
    first.response = refused;
    let mut list = transcript.exchanges[1].clone();
    list.request = begun.exchanges[0].request.clone();
    list.request.edit(|form| {
        form.remove("filesize");
        form.remove("slice_size");
        form.set("op", "upload_slice_list")
    });
    let removal = delete(&begun);
    begun.exchanges.splice(0..0, [first, list, removal]);
    in_turn(&mut begun);
    assert_no_more_than(Level::Note, &begun, "deleted and begun again");
}

/// Slices that were under way when a new session was granted carry the old one.
#[test]
fn a_slice_sent_before_a_new_session_was_granted_may_carry_the_old_one() {
    let mut transcript = plain();
    let mut init = transcript.exchanges[0].clone();
    let mut reply: ResponseEnvelope<SessionData> = init.reply().unwrap();
    reply.data.as_mut().unwrap().session = "another".to_owned();
    init.response = Response::write(200, &[], &reply.write());
    transcript.exchanges[1].response =
        Response::write(400, &[], "{\"code\":-29096,\"message\":\"M\"}");
    // In order of arrival: the first slice is refused, init again, and then the end of a slice that
    // was begun before.
    transcript.exchanges.insert(2, init);
    in_turn(&mut transcript);
    transcript.exchanges[3].started = transcript.exchanges[1].started;
    transcript.exchanges.truncate(4);
    let outcome = transcript.outcome.as_mut().unwrap();
    (outcome.claim, outcome.stored) = (Claim::Failed, Stored::Absent);
    transcript.job.must_succeed = false;
    assert_no_more_than(Level::Should, &transcript, "a slice under way");
    // One that was begun afterwards has to carry the new one.
    transcript.exchanges[3].started = transcript.exchanges[2].answered;
    let rulings = judge(&transcript);
    let found = findings(&rulings).find(|finding| finding.rule.id == "data/session").unwrap();
    assert!(found.evidence.found.ends_with(": this is the session of an earlier upload"));
}

#[test]
fn clocks_may_differ_by_minutes() {
    let mut transcript = plain();
    for skew in [-900_i64, -60, 60, 900] {
        for exchange in &mut transcript.exchanges {
            exchange.clock = SIMULATION_CLOCK.checked_add_signed(skew).unwrap();
        }
        assert_no_more_than(Level::Note, &transcript, "another clock");
    }
}

#[test]
fn requests_may_follow_each_other_on_one_connection_without_waiting() {
    let mut transcript = plain();
    let begun = transcript.exchanges[1].started;
    for exchange in &mut transcript.exchanges[1..4] {
        exchange.started = begun;
    }
    assert_no_more_than(Level::Note, &transcript, "pipelined");
}
