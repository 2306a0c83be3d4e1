//! What is made of replies to slices: failures and echoes.

use std::collections::HashMap;
use std::time::Duration;

use super::{PLAIN, refuse};
use crate::protocol::{Delivery, Exchange, Op, Reach, Response, SliceData, Transcript};
use crate::rules::{Call, Check, Counterexample, Evidence, Rule, Talk, Verdict, quote};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] = &[
    CODE_HEEDED,
    JSON_HEEDED,
    REPLY_AWAITED,
    MESSAGE_IGNORED,
    DATALEN_COMPARED,
    DATAMD5_COMPARED,
    OFFSET_COMPARED,
    SESSION_COMPARED,
];

/// Why a reply is no success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Failure {
    /// It has a code other than 0.
    Code,
    /// It is no JSON with a code.
    NoJson,
    /// It did not come, or not whole.
    Lost,
}

const CODE_HEEDED: Rule = Rule {
    id: "flow/code-heeded",
    clause: &spec::REPLY_CODE,
    summary: "a slice whose reply has a code other than 0 is sent again before finish",
    why: "The slice is missing; a service that does not check at finish stores a hole.",
    check: Check::Conversation(|talk| {
        unheeded(talk, Failure::Code, "until it is acknowledged with code 0, before finish")
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let number = talk.of(&Op::Data).nth(1)?.0;
            refuse(talk, number, 200, -21095)
        },
    },
};

const JSON_HEEDED: Rule = Rule {
    id: "flow/json-heeded",
    clause: &spec::REPLY_JSON,
    summary: "a slice whose reply is no JSON is sent again before finish",
    why: "A page of HTML, an empty body or a code that is no number comes from something in front \
          of the service, or from an error of it; the slice is missing.",
    check: Check::Conversation(|talk| {
        unheeded(talk, Failure::NoJson, "until a reply has the code 0, before finish")
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let (number, _) = talk.of(&Op::Data).nth(1)?;
            let page = "<html><body>502 Bad Gateway</body></html>";
            talk.exchanges.get_mut(number)?.response = Response::write(200, &[], page);
            Some(())
        },
    },
};

const REPLY_AWAITED: Rule = Rule {
    id: "flow/reply-awaited",
    clause: &spec::REPLY_AWAITED,
    summary: "a slice whose reply was lost is sent again, or found in the list, before finish",
    why: "Whether the slice has arrived is not known; if it has not, the object has a hole.",
    check: Check::Conversation(|talk| {
        unheeded(talk, Failure::Lost, "until it is acknowledged or listed, before finish")
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let (number, _) = talk.of(&Op::Data).nth(1)?;
            talk.exchanges.get_mut(number)?.delivery = Delivery::Reset;
            Some(())
        },
    },
};

const MESSAGE_IGNORED: Rule = Rule {
    id: "flow/message-ignored",
    clause: &spec::REPLY_MESSAGE,
    summary: "what becomes of a slice depends on code, not on message",
    why: "Messages are for people, and change.",
    check: Check::Conversation(message_ignored),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let (number, _) = talk.of(&Op::Data).nth(1)?;
            let body = r#"{"code":-21095,"message":"SUCCESS"}"#;
            talk.exchanges.get_mut(number)?.response = Response::write(200, &[], body);
            Some(())
        },
    },
};

const DATALEN_COMPARED: Rule = Rule {
    id: "flow/datalen-compared",
    clause: &spec::REPLY_DATALEN,
    summary: "a slice that was acknowledged with another length is sent again",
    why: "The service has kept less than was sent, and says so; the object has a hole.",
    check: Check::Conversation(|talk| {
        echo(talk, "datalen", |call, data| {
            (call.slice().map(|slice| slice.length.to_string()), data.datalen.to_string())
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| wrong_echo(talk, |data| data.datalen = 7),
    },
};

const DATAMD5_COMPARED: Rule = Rule {
    id: "flow/datamd5-compared",
    clause: &spec::REPLY_DATAMD5,
    summary: "a slice that was acknowledged with another MD5 is sent again",
    why: "The bytes were damaged on their way, and the service says so.",
    check: Check::Conversation(|talk| {
        echo(talk, "datamd5", |call, data| {
            let sent = call.request.content_md5().filter(|_| !data.datamd5.is_empty());
            (sent.map(str::to_owned), data.datamd5.clone())
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            wrong_echo(talk, |data| data.datamd5 = "d41d8cd98f00b204e9800998ecf8427e".into())
        },
    },
};

const OFFSET_COMPARED: Rule = Rule {
    id: "flow/offset-compared",
    clause: &spec::REPLY_OFFSET,
    summary: "a slice that was acknowledged at another offset is sent again",
    why: "The reply belongs to another slice; this one may be missing.",
    check: Check::Conversation(|talk| {
        echo(talk, "offset", |call, data| {
            (call.slice().map(|slice| slice.offset.to_string()), data.offset.to_string())
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| wrong_echo(talk, |data| data.offset = 7),
    },
};

const SESSION_COMPARED: Rule = Rule {
    id: "flow/session-compared",
    clause: &spec::REPLY_SESSION,
    summary: "a slice that was acknowledged for another session is sent again",
    why: "The reply belongs to another upload; this one may lack the slice.",
    check: Check::Conversation(|talk| {
        echo(talk, "session", |call, data| {
            (call.request.text("session").map(str::to_owned), data.session.clone())
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| wrong_echo(talk, |data| data.session = "another".into()),
    },
};

/// Why the reply to a request is no success; `None` if it can be taken for one.
pub(in crate::rules) fn failure(call: &Call) -> Option<Failure> {
    if call.success {
        return None;
    }
    if call.exchange.delivery.reach() == Reach::Nothing {
        return Some(Failure::Lost);
    }
    let readable = call.exchange.reply::<()>().is_ok();
    Some(if readable { Failure::Code } else { Failure::NoJson })
}

/// For each slice whose reply failed like this: it has to be sent again before finish.
fn unheeded(talk: &Talk, kind: Failure, until: &str) -> Vec<(usize, Verdict)> {
    sent_again_before_finish(
        talk,
        |call| failure(call) == Some(kind),
        |call, finish| talk.is_acknowledged_before(call, finish),
        |call| {
            let found = format!("finish after {}", call.reply_in_words());
            let at = if kind == Failure::Code { "code" } else { "reply" };
            Evidence::new(at, format!("the slice again, {until}"), found, None)
        },
    )
}

/// Of the replies whose code and message disagree: a slice that was taken is not sent again, and one
/// that was not is.
fn message_ignored(talk: &Talk) -> Vec<(usize, Verdict)> {
    let disagreeing = |call: &Call| {
        let reply = call.exchange.reply::<()>().ok().filter(|_| call.is(&Op::Data))?;
        let said = !reply.message.is_empty() && (reply.message == "SUCCESS") != (reply.code == 0);
        said.then_some(reply)
    };
    let verdict = |call: &Call, again: bool, finish: bool| {
        let reply = disagreeing(call)?;
        let good = if reply.code == 0 { !again || !call.echoed } else { again || !finish };
        Verdict::of(good, || {
            let expected = format!("a decision by code, which is {}", reply.code);
            let found = if again { "the slice again" } else { "finish, without the slice" };
            let found = format!("{found}; message is {}", quote(reply.message.as_bytes()));
            Evidence::new("message", expected, found, None)
        })
    };
    // From the end on, when each slice, and finish, was sent last.
    let mut last_sent: HashMap<_, Option<Duration>> = HashMap::new();
    let mut last_finish: Option<Duration> = None;
    let mut verdicts = Vec::new();
    for call in talk.calls().iter().rev() {
        let Exchange { started, answered, .. } = call.exchange;
        if call.is(&Op::Data) {
            let last = last_sent.entry((call.offset, call.session())).or_default();
            let (again, finish) = (*last >= Some(*answered), last_finish >= Some(*answered));
            verdicts.extend(verdict(call, again, finish).map(|verdict| (call.number, verdict)));
            *last = (*last).max(Some(*started));
        } else if call.is(&Op::Finish) {
            last_finish = last_finish.max(Some(*started));
        }
    }
    verdicts.reverse();
    verdicts
}

/// For each data request that `wanting` selects: broken if finish was sent before its slice was
/// `mended`, which is asked with that finish; holds if it was, or without finish.
fn sent_again_before_finish(
    talk: &Talk,
    wanting: impl Fn(&Call) -> bool,
    mended: impl Fn(&Call, &Call) -> bool,
    evidence: impl Fn(&Call) -> Evidence,
) -> Vec<(usize, Verdict)> {
    let mut finish: Option<&Call> = None;
    let mut verdicts = Vec::new();
    for call in talk.calls().iter().rev() {
        if call.is(&Op::Finish) {
            finish = Some(call);
        }
        if call.is(&Op::Data) && call.slice().is_some() && wanting(call) {
            let good = finish.is_none_or(|finish| mended(call, finish));
            let verdict = Verdict::of(good, || evidence(call));
            verdicts.extend(verdict.map(|verdict| (call.number, verdict)));
        }
    }
    verdicts.reverse();
    verdicts
}

/// For each reply to a slice whose echo differs: the slice has to be sent again before finish.
fn echo(
    talk: &Talk,
    name: &str,
    pair: impl Fn(&Call, &SliceData) -> (Option<String>, String),
) -> Vec<(usize, Verdict)> {
    let differing = |call: &Call| {
        let data = call.exchange.reply::<SliceData>().ok()?.data?;
        let (sent, echoed) = pair(call, &data);
        sent.filter(|sent| *sent != echoed).map(|sent| (sent, echoed))
    };
    let wanting = |call: &Call| call.success && !call.echoed && differing(call).is_some();
    sent_again_before_finish(
        talk,
        wanting,
        |call, finish| talk.is_echoed_before(call, finish),
        |call| {
            let (sent, echoed) = differing(call).unwrap_or_default();
            let expected = format!("the slice again, as {} was sent", quote(sent.as_bytes()));
            let found = format!("finish, after the reply said {}", quote(echoed.as_bytes()));
            Evidence::new(name, expected, found, None)
        },
    )
}

/// Changes the reply to the second slice.
fn wrong_echo(talk: &mut Transcript, change: fn(&mut SliceData)) -> Option<()> {
    let (number, _) = talk.of(&Op::Data).nth(1)?;
    let exchange = talk.exchanges.get_mut(number)?;
    let mut reply = exchange.reply::<SliceData>().ok()?;
    change(reply.data.as_mut()?);
    exchange.response = Response::write(200, &[], &reply.write());
    Some(())
}
