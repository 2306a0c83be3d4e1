//! Replies that are grown from the grammar of real ones and then changed: their JSON, their bytes, their heads.

use std::fmt::Write;

use super::choices::Choices;
use super::json::{Json, quoted};
use super::{heads, pool};
use crate::protocol::{Delivery, Op, Response};
use crate::server::{Fault, Literal, Reaction, Reply, SliceSelector, Storing};

/// How many changes a reply has at most.
const MOST_CHANGES: usize = 3;
/// How many bytes it has at most.
const MOST_BYTES: usize = 128 << 10;

/// A fault whose reply is made of literal bytes.
pub(super) fn fault(choices: &mut Choices) -> Fault {
    let op = choices.one_of(&pool::OPERATIONS).cloned().unwrap_or(Op::Finish);
    let place = if choices.once_in(3) { SliceSelector::Last } else { SliceSelector::Any };
    let reaction = any(&op, choices);
    let trigger = pool::trigger(&op, place);
    if choices.once_in(3) {
        Fault::once(trigger, reaction)
    } else {
        Fault::always(trigger, reaction)
    }
}

/// A reply to a request of this operation, whatever it says.
pub(super) fn any(op: &Op, choices: &mut Choices) -> Reaction {
    with_codes(op, FAILURES, choices)
}

/// The same, but if it is still a refusal, it is one after which a request can be sent again.
pub(super) fn passing(op: &Op, choices: &mut Choices) -> Reaction {
    with_codes(op, PASSING, choices)
}

fn with_codes(op: &Op, codes: &[&str], choices: &mut Choices) -> Reaction {
    let body = body(op, codes, choices);
    reaction(if choices.once_in(4) {
        Reply::LiteralResponse(Literal::from(heads::response(&body, choices).as_slice()))
    } else {
        Reply::LiteralBody(Literal::from(body.as_slice()))
    })
}

/// What is done beside such a reply: nothing, if nobody can take it for a success. Otherwise it is done, so that
/// who takes it for one is right.
pub(super) fn reaction(replied: Reply) -> Reaction {
    let response = match &replied {
        Reply::LiteralResponse(bytes) => Response::new(bytes.bytes().unwrap_or_default()),
        Reply::LiteralBody(bytes) => framed(&bytes.bytes().unwrap_or_default()),
        _ => framed(b""),
    };
    let stored = if response.is_plain_failure() { Storing::Nothing } else { Storing::AsSent };
    Reaction { stored, replied, delivered: Delivery::Whole }
}

/// A response with a head that is as it should be.
fn framed(body: &[u8]) -> Response {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    Response::new([head.as_bytes(), body].concat().into())
}

fn body(op: &Op, codes: &[&str], choices: &mut Choices) -> Vec<u8> {
    let mut json = regular(op);
    if !choices.once_in(3) {
        // A refusal that is written in another way is still one.
        let code = choices.one_of(codes).copied().unwrap_or("-5997");
        if let Some(place) = json.member("code") {
            *place = Json::raw(code);
        }
    }
    for _ in 0..=choices.below(MOST_CHANGES) {
        change(&mut json, choices);
    }
    let mut bytes = json.to_bytes();
    if choices.once_in(3) {
        bytes = changed_bytes(bytes, choices);
    }
    bytes.truncate(MOST_BYTES);
    bytes
}

/// What the service says when it has done what was asked for.
fn regular(op: &Op) -> Json {
    let session = "ab".repeat(16);
    let data = match op {
        Op::Init => {
            Json::object([("session", Json::text(&session)), ("slice_size", Json::raw("65536"))])
        }
        Op::Data => Json::object([
            ("datalen", Json::raw("65536")),
            ("datamd5", Json::text(&session)),
            ("offset", Json::raw("0")),
            ("session", Json::text(&session)),
        ]),
        Op::List => Json::object([
            ("filesize", Json::raw("150000")),
            (
                "listparts",
                Json::Array(vec![Json::object([
                    ("datalen", Json::raw("65536")),
                    ("offset", Json::raw("0")),
                ])]),
            ),
            ("session", Json::text(&session)),
            ("slice_size", Json::raw("65536")),
        ]),
        _ => Json::object([
            ("access_url", Json::text("http://b-1.file.myqcloud.com/a")),
            ("resource_path", Json::text("/1/b/a")),
            ("source_url", Json::text("http://b-1.cosgz.myqcloud.com/a")),
        ]),
    };
    Json::object([
        ("code", Json::raw("0")),
        ("message", Json::text("SUCCESS")),
        ("request_id", Json::text("NTliNzhkNGJfN2YwMDAwMDFfNDg0ZF8wMDAwMDE=")),
        ("data", data),
    ])
}

/// Codes that are no success, some of them at the edges of types.
const FAILURES: &[&str] = &[
    "-5997",
    "\"-5997\"",
    "-71",
    "4294967296",
    "-4294967296",
    "18446744073709551616",
    "-18446744073709551616",
    "9223372036854775808",
    "1000000000000000000000000000000",
    "2147483648",
    "65536",
    "256",
];

/// Codes that pass, written in two ways.
const PASSING: &[&str] = &["-5997", "\"-5997\"", "-71"];

/// Numbers, and what stands where one is expected.
const SCALARS: &[&[u8]] = &[
    b"0",
    b"-1",
    b"-0",
    b"0.0",
    b"1e0",
    b"-5.997e3",
    b"0e1",
    b"1E+2",
    b"1e400",
    b"-1e-400",
    b"1.5",
    b"2147483647",
    b"2147483648",
    b"-2147483649",
    b"4294967295",
    b"4294967296",
    b"9007199254740993",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551615",
    b"18446744073709551616",
    b"00",
    b"01",
    b"+1",
    b"0x10",
    b"1.",
    b".5",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"null",
    b"true",
    b"false",
    b"undefined",
    b"",
    b"\"\"",
    b"\"0\"",
    b"\"-1\"",
    b"\" 1\"",
    b"\"1e3\"",
    b"[]",
    b"{}",
    b"[0]",
    b"{\"\":0}",
];

/// Strings that readers stumble over.
const STRINGS: &[&[u8]] = &[
    b"\"\\ud800\"",
    b"\"\\udc00\\ud800\"",
    b"\"\\u0000\"",
    b"\"a\\u0000b\"",
    b"\"a\0b\"",
    b"\"\xff\"",
    b"\"\xc0\x80\"",
    b"\"\xed\xa0\x80\"",
    b"\"\x01\"",
    b"\"a\nb\"",
    b"\"\\x41\"",
    b"\"\\u12\"",
    b"\"\\ud83d\\ude00\"",
    b"\"\xf0\x9f\x98\x80\"",
    b"\"\\\"",
    b"\"%s%n\"",
    b"'x'",
    b"\"\\/\\b\\f\"",
    b"\"unfinished",
];

/// Changes one value, or what is around it.
fn change(json: &mut Json, choices: &mut Choices) {
    // What the envelope has matters more than what is deep in it.
    let number = if choices.once_in(3) { 0 } else { choices.below(json.count()) };
    let Some(node) = json.nth(number) else { return };
    match choices.below(12) {
        0 | 1 => *node = Json::raw(choices.one_of(SCALARS).copied().unwrap_or(b"0")),
        2 => *node = Json::raw(choices.one_of(STRINGS).copied().unwrap_or(b"\"\"")),
        3 => *node = deep(node, choices),
        4 => *node = long(choices),
        5 => {
            // Its text as a string, or its digits.
            let text = String::from_utf8_lossy(&node.to_bytes()).replace(['"', '\\'], "");
            *node = Json::text(&text);
        }
        6 => {
            let inner = node.clone();
            *node = match inner {
                Json::Object(members) => {
                    Json::Array(members.into_iter().map(|(_, value)| value).collect())
                }
                other => Json::Object(vec![(quoted("0"), other)]),
            };
        }
        _ => change_members(node, choices),
    }
}

/// Changes the members of an object, or the items of an array.
fn change_members(node: &mut Json, choices: &mut Choices) {
    match node {
        Json::Object(members) if !members.is_empty() => {
            let at = choices.below(members.len());
            let to = choices.below(members.len());
            match choices.below(6) {
                0 => drop(members.remove(at)),
                1 => {
                    let Some((name, _)) = members.get(at).cloned() else { return };
                    let value = choices.one_of(SCALARS).copied().unwrap_or(b"0");
                    members.insert(to, (name, Json::raw(value)));
                }
                2 => members.swap(at, to),
                3 => members.reverse(),
                4 => {
                    let name = choices.one_of(NAMES).copied().unwrap_or("\"\"");
                    members.insert(to, (name.as_bytes().to_vec(), Json::raw("0")));
                }
                _ => {
                    if let Some((name, _)) = members.get_mut(at) {
                        *name = renamed(name, choices);
                    }
                }
            }
        }
        Json::Array(items) if !items.is_empty() => {
            let at = choices.below(items.len());
            if choices.once_in(2) {
                items.remove(at);
            } else if let Some(item) = items.get(at).cloned() {
                let times = 1_usize << choices.below(11);
                items.extend(std::iter::repeat_n(item, times));
            }
        }
        other => *other = Json::raw(choices.one_of(SCALARS).copied().unwrap_or(b"0")),
    }
}

/// Names that objects of some languages have anyway, and others that mean something to somebody.
const NAMES: &[&str] =
    &["\"\"", "\"__proto__\"", "\"Code\"", "\"code\\u0000\"", "\"errorcode\"", "code", "\"a.b\""];

fn renamed(name: &[u8], choices: &mut Choices) -> Vec<u8> {
    let text = String::from_utf8_lossy(name).replace('"', "");
    match choices.below(4) {
        0 => quoted(&text.to_uppercase()),
        1 => quoted(&escaped(&text)),
        2 => text.into_bytes(),
        _ => quoted(&format!("{text} ")),
    }
}

/// A text with each of its characters as an escape.
fn escaped(text: &str) -> String {
    text.encode_utf16().fold(String::new(), |mut out, unit| {
        // Writing to a string cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
        out
    })
}

fn deep(inner: &Json, choices: &mut Choices) -> Json {
    let levels = 1_usize << choices.below(14);
    let (open, close) = if choices.once_in(3) { ("{\"a\":", "}") } else { ("[", "]") };
    let inner = inner.to_bytes();
    Json::Raw([open.repeat(levels).as_bytes(), &inner, close.repeat(levels).as_bytes()].concat())
}

fn long(choices: &mut Choices) -> Json {
    let length = 1_usize << choices.below(17);
    match choices.below(3) {
        0 => Json::raw("9".repeat(length.min(4096))),
        1 => Json::text(&"x".repeat(length)),
        _ => Json::text(&"\\u00e9".repeat(length / 8)),
    }
}

/// A body with a few of its bytes changed.
pub(super) fn mutated(body: &[u8], choices: &mut Choices) -> Reply {
    let mut bytes = body.to_vec();
    for _ in 0..=choices.below(3) {
        let at = choices.below(bytes.len().saturating_add(1));
        let pieces = if choices.once_in(2) { STRINGS } else { SCALARS };
        let piece = choices.one_of(pieces).copied().unwrap_or_default();
        match choices.below(3) {
            0 => drop(bytes.splice(at..at, piece.iter().copied())),
            1 => {
                let end = at.saturating_add(choices.below(8)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1_u8 << choices.below(8);
                }
            }
        }
    }
    bytes.truncate(MOST_BYTES);
    Reply::LiteralBody(Literal::from(bytes.as_slice()))
}

/// Changes what is around the JSON, or breaks it.
fn changed_bytes(bytes: Vec<u8>, choices: &mut Choices) -> Vec<u8> {
    let at = choices.below(bytes.len());
    match choices.below(12) {
        0 => [b"\xef\xbb\xbf", bytes.as_slice()].concat(),
        1 => [bytes.as_slice(), b"}"].concat(),
        2 => [bytes.as_slice(), b"\0\0"].concat(),
        3 => [bytes.as_slice(), bytes.as_slice()].concat(),
        4 | 10 | 11 => bytes.get(..at).unwrap_or_default().to_vec(),
        5 => String::from_utf8_lossy(&bytes).encode_utf16().flat_map(u16::to_le_bytes).collect(),
        6 => [b"\x0b\xc2\xa0", bytes.as_slice()].concat(),
        7 => String::from_utf8_lossy(&bytes).replace('"', "'").into_bytes(),
        8 => [b"/* */", bytes.as_slice(), b"// end"].concat(),
        _ => {
            let mut bytes = bytes;
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1_u8 << choices.below(8);
            }
            bytes
        }
    }
}
