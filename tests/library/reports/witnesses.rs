//! What the scripts of `witness` hold: the request with its wrong bytes, and how each reply is given again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;
use slicecheck::client::ClientPolicy;
use slicecheck::protocol::{Claim, Delivery, Request, Response, Stored, Transcript};
use slicecheck::report::View;
use slicecheck::report::witness::Witness;
use slicecheck::results::{Played, Run};
use slicecheck::scenario::scenarios;

use super::policy;
use crate::conforming::put_in_chunks;
use crate::snapshot::assert_snapshot;

fn played(id: &str, policy: &ClientPolicy, change: impl FnOnce(&mut Transcript)) -> Played {
    let mut played = super::played(id, policy, "");
    change(&mut played.transcript);
    played
}

/// The text of the script before its data, and the data, if there was a finding to show.
fn script(played: &Played) -> Option<(String, Value)> {
    let run = Run { command: vec!["/opt/client".to_owned()], seed: 1, ..Run::default() };
    let numbers = 0..played.transcript.exchanges.len();
    let replies = numbers.map(|number| format!("reply {number}").into_bytes()).collect();
    let judged = played.judge();
    let witness = Witness { run: &run, played, judged: &judged, replies };
    let (data, mut text) = (RefCell::default(), Vec::new());
    let keep = |bytes: &[u8]| {
        data.replace(bytes.to_vec());
        Vec::new()
    };
    let is_found = witness.write(|_| true, View::default(), keep, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let heading: String = text.lines().take_while(|line| !line.starts_with("\"\"\"")).collect();
    is_found.then(|| (heading, serde_json::from_slice(&data.into_inner()).unwrap()))
}

/// A change of the bytes of a request.
type Edit = fn(&mut Vec<u8>);

/// The request with these bytes in the place of its own.
fn edited(request: &Request, edit: impl Fn(&mut Vec<u8>)) -> Request {
    let mut raw = request.raw().to_vec();
    edit(&mut raw);
    Request::new(raw.into())
}

/// With a line in its head that no field looks like.
fn with_defect(raw: &mut Vec<u8>) {
    let place = raw.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    raw.splice(place..place, *b"X A: b\r\n");
}

#[test]
fn what_the_script_shows_is_on_record() {
    let slicing = policy(Some("cutting/asked-slice-size"));
    let silent = policy(Some("reading/no-echo"));
    let all = [
        ("a span in the body", played("server-choice/smaller-slice-size", &slicing, |_| {})),
        (
            "no exchange",
            played("happy/one-byte", &silent, |transcript| {
                transcript.exchanges.truncate(1);
            }),
        ),
        (
            "no exchange at all",
            played("happy/one-byte", &silent, |transcript| {
                transcript.exchanges.clear();
                transcript.outcome.as_mut().unwrap().stored = Stored::Absent;
            }),
        ),
        ("a span in chunks", played("server-choice/smaller-slice-size", &slicing, put_in_chunks)),
    ];
    let edits: [(&str, Edit); 4] = [
        ("a defect in the head", with_defect),
        ("a method in small letters", |raw| raw[..4].make_ascii_lowercase()),
        ("a body that ends early", |raw| raw.truncate(raw.len() - 10)),
        ("bytes after the body", |raw| raw.extend_from_slice(b"more")),
    ];
    let edits = edits.map(|(what, edit)| {
        let played = played("server-choice/smaller-slice-size", &slicing, |transcript| {
            for exchange in &mut transcript.exchanges {
                exchange.request = edited(&exchange.request, edit);
            }
        });
        (what, played)
    });
    let replies: [&'static [u8]; 3] = [
        b"nothing like HTTP",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
    ];
    let literal = replies.map(|reply| {
        let played = played("happy/one-byte", &silent, |transcript| {
            let last = transcript.exchanges.last_mut().unwrap();
            last.delivery = Delivery::Literal;
            last.response = Response::new(reply.into());
            // Few rules are judged beside literal replies.
            transcript.outcome.as_mut().unwrap().claim = Claim::Crashed;
        });
        ("a literal reply", played)
    });
    let mut text = String::new();
    for (what, played) in all.into_iter().chain(edits).chain(literal) {
        let (heading, data) = script(&played).expect(what);
        let _ = writeln!(text, "==== {what}\n{heading}\n{data:#}");
    }
    assert_snapshot("reports", "witness", &text);
}

/// How a script gives a reply again goes by how it was given, and by nothing else.
#[test]
fn each_delivery_is_given_again_in_its_way() {
    // Something to show in any case.
    let noted = policy(Some("form/typed-content"));
    let mut ways: BTreeMap<String, String> = BTreeMap::new();
    for scenario in scenarios().filter(|of| matches!(of.topic(), "transport" | "lawful")) {
        let Some((_, data)) = script(&played(&scenario.id, &noted, |_| {})) else { continue };
        for reply in data["replies"].as_array().unwrap() {
            let mut way = reply.clone();
            let bytes = way.as_object_mut().unwrap().remove("bytes");
            assert!(bytes.is_some());
            let delivery = way["delivery"].as_str().unwrap().to_owned();
            ways.entry(delivery).or_insert(way.to_string());
        }
    }
    let lines: Vec<_> = ways.into_values().collect();
    assert_snapshot("reports", "witness-replies", &lines.join("\n"));
}
