//! What is made of replies to slices: failures and echoes.

use std::collections::HashMap;
use std::time::Duration;

use crate::protocol::{Delivery, Exchange, Op, Received, ReplyFacts, SliceData};
use crate::rules::counterexample::{Breaks, Counterexample, SECOND_SLICE};
use crate::rules::{Analysis, AnnotatedExchange, Check, Evidence, Rule, Span, Verdict, quote};
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
pub(in crate::rules) enum NoSuccess {
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
    why: "The slice is missing; a service that does not check at finish stores an object with a gap.",
    fix: "Read code in the JSON of each reply to a slice, also with HTTP 200; where it is not 0, \
          send that slice again or end with an error, but do not go on to finish.",
    check: Check::Conversation(|analysis| {
        unheeded(analysis, NoSuccess::Code, "acknowledged with code 0")
    }),
    counterexample: Counterexample::plain(Breaks::Refusal(SECOND_SLICE, 200, -21095)),
};

const JSON_HEEDED: Rule = Rule {
    id: "flow/json-heeded",
    clause: &spec::REPLY_JSON,
    summary: "a slice whose reply is not JSON is sent again before finish",
    why: "A page of HTML, an empty body or a code that is not a number comes from a proxy in front \
          of the service, or from an error in it; the slice is missing.",
    fix: "Take a reply as an acknowledgement only if its body parses as JSON and has a code: let \
          neither a parse error nor a missing code default to 0. Send the slice again otherwise.",
    check: Check::Conversation(|analysis| {
        unheeded(analysis, NoSuccess::NoJson, "acknowledged with code 0")
    }),
    counterexample: Counterexample::plain(Breaks::Reply(
        SECOND_SLICE,
        200,
        "<html><body>502 Bad Gateway</body></html>",
    )),
};

const REPLY_AWAITED: Rule = Rule {
    id: "flow/reply-awaited",
    clause: &spec::REPLY_AWAITED,
    summary: "a slice whose reply was lost is sent again, or found in the list, before finish",
    why: "Whether the slice has arrived is not known; if it has not, the object has a gap.",
    fix: "Send the slice again, or request the list, before finish where a read times out or the \
          connection ends before the whole body is there; a status line with 200 is not yet a \
          reply.",
    check: Check::Conversation(|analysis| {
        unheeded(analysis, NoSuccess::Lost, "acknowledged, or was listed")
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        SECOND_SLICE.exchange(transcript)?.delivery = Delivery::Reset;
        Some(())
    })),
};

const MESSAGE_IGNORED: Rule = Rule {
    id: "flow/message-ignored",
    clause: &spec::REPLY_MESSAGE,
    summary: "whether a slice is sent again depends on code, not on message",
    why: "Messages are meant for people, and may change.",
    fix: "Decide by code alone, compared with 0, whether a slice is sent again; do not compare \
          message with SUCCESS, but keep it for logs and error texts.",
    check: Check::Conversation(message_ignored),
    counterexample: Counterexample::plain(Breaks::Reply(
        SECOND_SLICE,
        200,
        r#"{"code":-21095,"message":"SUCCESS"}"#,
    )),
};

const DATALEN_COMPARED: Rule = Rule {
    id: "flow/datalen-compared",
    clause: &spec::REPLY_DATALEN,
    summary: "a slice that was acknowledged with another length is sent again",
    why: "The service reports that it did not store the slice as it was sent; the object has a gap.",
    fix: "Compare datalen in the reply, as an integer, with the number of bytes in filecontent; \
          where they differ, send the slice again before finish, or end with an error.",
    check: Check::Conversation(|analysis| {
        echo(analysis, "datalen", Mend::AgainOrListed, |annotated, data| {
            (annotated.slice().map(|slice| slice.length.to_string()), data.datalen.to_string())
        })
    }),
    counterexample: Counterexample::plain(Breaks::ReplyValue(SECOND_SLICE, "/data/datalen", "7")),
};

const DATAMD5_COMPARED: Rule = Rule {
    id: "flow/datamd5-compared",
    clause: &spec::REPLY_DATAMD5,
    summary: "a slice that was acknowledged with another MD5 is sent again",
    why: "The bytes were damaged on their way, and the service says so.",
    fix: "Compute the MD5 of each filecontent, compare it in lower-case hex digits with datamd5 in \
          the reply where there is one, and on a mismatch send the slice again instead of finish.",
    check: Check::Conversation(|analysis| {
        echo(analysis, "datamd5", Mend::Again, |annotated, data| {
            // Replies of 2016 have no datamd5.
            let sent = annotated.request.content_md5().filter(|_| !data.datamd5.is_empty());
            (sent.map(str::to_owned), data.datamd5.clone())
        })
    }),
    counterexample: Counterexample::plain(Breaks::ReplyValue(
        SECOND_SLICE,
        "/data/datamd5",
        "\"d41d8cd98f00b204e9800998ecf8427e\"",
    )),
};

const OFFSET_COMPARED: Rule = Rule {
    id: "flow/offset-compared",
    clause: &spec::REPLY_OFFSET,
    summary: "a slice that was acknowledged at another offset is sent again",
    why: "The reply belongs to another slice; this one may be missing.",
    fix: "Match a reply to its slice by offset in its data: where that is not the offset that was \
          sent, count the slice as missing, and send it again before finish.",
    check: Check::Conversation(|analysis| {
        echo(analysis, "offset", Mend::AgainOrListed, |annotated, data| {
            (annotated.slice().map(|slice| slice.offset.to_string()), data.offset.to_string())
        })
    }),
    counterexample: Counterexample::plain(Breaks::ReplyValue(SECOND_SLICE, "/data/offset", "7")),
};

const SESSION_COMPARED: Rule = Rule {
    id: "flow/session-compared",
    clause: &spec::REPLY_SESSION,
    summary: "a slice that was acknowledged for another session is sent again",
    why: "The reply belongs to another upload; this one may lack the slice.",
    fix: "Compare session in the reply to a slice, as a string, with the one that was sent; where \
          they differ, send the slice again before finish instead of adopting the other session.",
    check: Check::Conversation(|analysis| {
        echo(analysis, "session", Mend::Again, |annotated, data| {
            (annotated.request.text("session").map(str::to_owned), data.session.clone())
        })
    }),
    counterexample: Counterexample::plain(Breaks::ReplyValue(
        SECOND_SLICE,
        "/data/session",
        "\"another\"",
    )),
};

/// Why the reply to a request is no success; `None` if it can be taken for one.
pub(in crate::rules) fn failure(annotated: &AnnotatedExchange) -> Option<NoSuccess> {
    if annotated.success() {
        return None;
    }
    // Whether there is JSON in it does not matter then: the client has not got it.
    if annotated.exchange.delivery.received() == Received::Nothing {
        return Some(NoSuccess::Lost);
    }
    let is_json = annotated.reply.is_ok();
    Some(if is_json { NoSuccess::Code } else { NoSuccess::NoJson })
}

/// For each slice whose reply failed like this: it has to be sent again before finish.
fn unheeded(analysis: &Analysis, kind: NoSuccess, until: &str) -> Vec<(usize, Verdict)> {
    sent_again_before_finish(
        analysis,
        |annotated| failure(annotated).filter(|failure| *failure == kind),
        |annotated, finish| analysis.is_acknowledged_before(annotated, finish),
        |annotated, kind| {
            let found = format!("finish after {}", annotated.describe_reply());
            // Only a reply that could be read has a code to point at.
            let at = if kind == NoSuccess::Code { "code" } else { "reply" };
            let expected = format!("no finish before the slice was sent again and {until}");
            Evidence::at(at).expected(expected).found(found)
        },
    )
}

/// Of the replies whose code and message disagree: a slice that was taken is not sent again, and one
/// that was not is.
fn message_ignored(analysis: &Analysis) -> Vec<(usize, Verdict)> {
    let verdict = |annotated: &AnnotatedExchange, again: bool, finish: bool| {
        let reply = in_disagreement(annotated)?;
        // Sending a slice again that was taken is a fault only if nothing else was wrong with its reply.
        let good = if reply.code == 0 { !again || !annotated.echoed() } else { again || !finish };
        Verdict::of(good, || {
            let expected = format!("a decision by code, which is {}", reply.code);
            let found = if again { "the slice again" } else { "finish, without the slice" };
            let found = format!("{found}; message is {}", quote(reply.message.as_bytes()));
            Evidence::at("message").expected(expected).found(found)
        })
    };
    // From the end on, when each slice, and finish, was sent last.
    let mut last_sent: HashMap<_, Option<Duration>> = HashMap::new();
    let mut last_finish: Option<Duration> = None;
    let mut verdicts = Vec::new();
    for annotated in analysis.exchanges().iter().rev() {
        let Exchange { started, answered, .. } = annotated.exchange;
        if annotated.is(&Op::Data) {
            let last = last_sent.entry((annotated.offset, annotated.session())).or_default();
            // At the time of the reply counts as after it: a client that reacts at once is right.
            let (again, finish) = (*last >= Some(answered), last_finish >= Some(answered));
            verdicts.extend(
                verdict(annotated, again, finish).map(|verdict| (annotated.number, verdict)),
            );
            *last = (*last).max(Some(started));
        } else if annotated.is(&Op::Finish) {
            last_finish = last_finish.max(Some(started));
        }
    }
    verdicts.reverse();
    verdicts
}

/// The reply to a slice, if its code and its message contradict each other.
fn in_disagreement(annotated: &AnnotatedExchange) -> Option<&ReplyFacts> {
    let reply = annotated.reply.as_ref().ok().filter(|_| annotated.is(&Op::Data))?;
    let said = !reply.message.is_empty() && (reply.message == "SUCCESS") != (reply.code == 0);
    said.then_some(reply)
}

/// For each data request of which `defect` finds something in the reply: broken if finish of its upload was
/// sent before its slice was `mended`, which is asked with that finish; holds if it was, or without finish.
fn sent_again_before_finish<T>(
    analysis: &Analysis,
    defect: impl Fn(&AnnotatedExchange) -> Option<T>,
    mended: impl Fn(&AnnotatedExchange, &AnnotatedExchange) -> bool,
    evidence: impl Fn(&AnnotatedExchange, T) -> Evidence,
) -> Vec<(usize, Verdict)> {
    // By the init that opened the upload: where another one was begun instead, its finish does not close this one.
    let mut finishes: HashMap<usize, &AnnotatedExchange> = HashMap::new();
    let mut verdicts = Vec::new();
    for annotated in analysis.exchanges().iter().rev() {
        if annotated.is(&Op::Finish) {
            finishes.insert(annotated.opening, annotated);
        }
        if !annotated.is(&Op::Data) || annotated.slice().is_none() {
            continue;
        }
        let Some(defect) = defect(annotated) else { continue };
        let finish = finishes.get(&annotated.opening).copied();
        if finish.is_none_or(|finish| mended(annotated, finish)) {
            verdicts.push((annotated.number, Verdict::Holds));
        } else if let Some(again) = sent_otherwise(analysis, annotated, finish) {
            // There is the mistake: the reply to the first attempt was heeded.
            let evidence = otherwise(annotated, again);
            verdicts.push((again.number, Verdict::Broken(evidence)));
        } else {
            verdicts.push((annotated.number, Verdict::Broken(evidence(annotated, defect))));
        }
    }
    // A later attempt that is to blame comes out of turn.
    verdicts.sort_by_key(|(number, _)| *number);
    verdicts
}

/// The first later attempt before finish at a slice, if it has not as many bytes.
fn sent_otherwise<'a>(
    analysis: &'a Analysis,
    annotated: &AnnotatedExchange,
    finish: Option<&AnnotatedExchange>,
) -> Option<&'a AnnotatedExchange> {
    let again = analysis.next_same(annotated)?;
    let is_before = finish.is_some_and(|finish| again.number < finish.number);
    (is_before && again.slice()?.length != annotated.slice()?.length).then_some(again)
}

/// That a slice was sent again, but not as it was.
fn otherwise(annotated: &AnnotatedExchange, again: &AnnotatedExchange) -> Evidence {
    let bytes = |annotated: &AnnotatedExchange| annotated.slice().map_or(0, |slice| slice.length);
    let expected = format!("the slice again as it was, {} bytes, before finish", bytes(annotated));
    let found = format!("{} bytes at the same offset, and then finish", bytes(again));
    let first = format!("the slice as it was, which got {}", annotated.describe_reply());
    let span = again.request.value("filecontent").map(|value| Span::body(value.span.clone()));
    Evidence::at("filecontent")
        .expected(expected)
        .found(found)
        .span(span)
        .related(annotated.number, first)
}

/// What can make good that a reply describes a slice otherwise than it was sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mend {
    /// The same slice, acknowledged as it was sent.
    Again,
    /// Or a list that names it: it has offsets and lengths, and no digests [§2.4].
    AgainOrListed,
}

/// Whether a list was asked for after the reply to a slice, and named it before this finish.
fn is_listed_before(
    analysis: &Analysis,
    annotated: &AnnotatedExchange,
    finish: &AnnotatedExchange,
) -> bool {
    let Some(slice) = annotated.slice() else { return false };
    let is_between = |list: &&AnnotatedExchange| {
        list.exchange.started >= annotated.exchange.answered
            && list.exchange.answered <= finish.exchange.started
    };
    let mut lists = analysis.of(Op::List).filter(is_between);
    lists.any(|list| list.success() && list.listed.covers(slice))
}

/// For each reply to a slice whose echo differs: that has to be made good before finish.
fn echo(
    analysis: &Analysis,
    name: &str,
    mend: Mend,
    pair: impl Fn(&AnnotatedExchange, &SliceData) -> (Option<String>, String),
) -> Vec<(usize, Verdict)> {
    let differing = |annotated: &AnnotatedExchange| {
        // A refusal has no echo, and what is described as it was sent has none that is wrong.
        if !annotated.success() || annotated.echoed() {
            return None;
        }
        let data = annotated.reply.as_ref().ok()?.slice()?;
        let (sent, echoed) = pair(annotated, data);
        sent.filter(|sent| *sent != echoed).map(|sent| (sent, echoed))
    };
    sent_again_before_finish(
        analysis,
        differing,
        |annotated, finish| {
            analysis.is_echoed_before(annotated, finish)
                || (mend == Mend::AgainOrListed && is_listed_before(analysis, annotated, finish))
        },
        |_, (sent, echoed)| {
            let sent = quote(sent.as_bytes());
            let expected = format!("{sent}, as it was sent, or the slice again until that is so");
            let found = format!("{} in the reply, and then finish", quote(echoed.as_bytes()));
            Evidence::at(name).expected(expected).found(found)
        },
    )
}
