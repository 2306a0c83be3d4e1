use std::time::Duration;

use crate::client::{
    ClientPolicy, Echoes, First, Forgotten, Grid, InProgress, InitPolicy, Misreading, OnExhausted,
    ReplyPolicy, RequestError, ResumePolicy, RetryPolicy, Task,
};
use crate::mutant::planted::{Planted, change_text, code, json, plant, with_body};
use crate::mutant::{INIT, REPLIES, RESUME, RETRY, edited, init, replies, resume, retry};
use crate::protocol::{Delivery, HeadForm, Part, Response, Slice};

const COMPARES: Echoes = REPLIES.compares;

pub(super) const PLANTED: &[Planted] = &[
    plant(
        "spec/slice-200-is-success",
        "reply-code",
        "a slice is acknowledged by HTTP status 200, whatever code says",
        &["flow/code-heeded"],
        believing(|task, reply| is_slice(task) && reply.status() == 200 && code(reply).is_some()),
    ),
    plant(
        "spec/slice-positive-code",
        "reply-code",
        "only negative codes of slices are errors",
        &["flow/code-heeded"],
        believing(|task, reply| is_slice(task) && code(reply).is_some_and(|code| code > 0)),
    ),
    plant(
        "spec/slice-code-in-quotes",
        "reply-code",
        "a code of a slice that is a string is taken for 0",
        &["flow/code-heeded"],
        believing(|task, reply| is_slice(task) && json(reply)["code"].is_string()),
    ),
    plant(
        "spec/slice-empty-reply",
        "reply-json",
        "an empty reply to a slice is an acknowledgement",
        &["flow/json-heeded"],
        believing(|task, reply| is_slice(task) && reply.body().is_empty()),
    ),
    plant(
        "spec/slice-json-without-code",
        "reply-json",
        "a slice is acknowledged by any JSON object that has no code",
        &["flow/json-heeded"],
        believing(|task, reply| {
            is_slice(task) && json(reply).is_object() && json(reply)["code"].is_null()
        }),
    ),
    plant(
        "spec/slice-lost-is-sent",
        "reply-awaited",
        "a slice after the first whose reply is lost counts as sent",
        &["flow/reply-awaited"],
        replies(ReplyPolicy {
            believes: |task, reply| {
                reply.is_none() && matches!(task, Task::Data(slice) if slice.offset > 0)
            },
            ..REPLIES
        }),
    ),
    plant(
        "spec/datalen-not-compared",
        "reply-datalen",
        "datalen of a reply is not looked at",
        &["flow/datalen-compared"],
        comparing(Echoes { datalen: false, datamd5: false, ..COMPARES }),
    ),
    plant(
        "spec/offset-not-compared",
        "reply-offset",
        "offset of a reply is not looked at",
        &["flow/offset-compared"],
        comparing(Echoes { offset: false, datamd5: false, ..COMPARES }),
    ),
    plant(
        "spec/message-decides",
        "reply-message",
        "a slice is acknowledged by the message SUCCESS, whatever code says",
        &["flow/message-ignored"],
        believing(|task, reply| is_slice(task) && json(reply)["message"] == "SUCCESS"),
    ),
    plant(
        "spec/message-fails",
        "reply-message",
        "a slice has failed unless its message is SUCCESS",
        &["flow/message-ignored"],
        replies(ReplyPolicy {
            doubts: |task, reply| is_slice(task) && json(reply)["message"] != "SUCCESS",
            ..REPLIES
        }),
    ),
    plant(
        "spec/begins-with-slices",
        "starts-with-init",
        "the first request is a slice",
        &["flow/starts-with-init"],
        init(InitPolicy { first: First::Slice, ..INIT }),
    ),
    plant(
        "spec/init-failed-goes-on",
        "starts-with-init",
        "an init that failed with HTTP 500 or more is passed over",
        &["flow/starts-with-init"],
        believing(|task, reply| *task == Task::Init && reply.status() >= 500),
    ),
    plant(
        "spec/in-progress-is-failure",
        "resumes",
        "an upload that is in progress already is a failure",
        &["flow/resumes"],
        resume(ResumePolicy { in_progress: InProgress::Fail, ..RESUME }),
    ),
    plant(
        "spec/resumes-from-the-start",
        "resumes-missing-only",
        "after the list all slices are sent",
        &["flow/resumes-missing-only"],
        resume(ResumePolicy { missing: |_, plan| plan.slices().collect(), ..RESUME }),
    ),
    plant(
        "spec/resumes-last-again",
        "resumes-missing-only",
        "the last slice that the list names is sent again",
        &["flow/resumes-missing-only"],
        resume(ResumePolicy {
            missing: |list, plan| {
                let held = list.listparts.iter().rev().skip(1);
                let held = held.map(|part| Slice { offset: part.offset, length: part.datalen });
                plan.missing(held).collect()
            },
            ..RESUME
        }),
    ),
    plant(
        "spec/resumes-behind-last-part",
        "finish-after-all",
        "the slices after the last part of the list are sent, gaps before it are not seen",
        &["finish/after-all-slices"],
        resume(ResumePolicy {
            missing: |list, plan| {
                let end = list.listparts.iter().map(|part| part.offset + part.datalen).max();
                plan.slices().filter(|slice| slice.offset >= end.unwrap_or(0)).collect()
            },
            ..RESUME
        }),
    ),
    plant(
        "spec/resumes-by-number",
        "finish-after-all",
        "as many slices as the list has are taken to be the first ones",
        &["finish/after-all-slices"],
        resume(ResumePolicy {
            missing: |list, plan| plan.slices().skip(list.listparts.len()).collect(),
            ..RESUME
        }),
    ),
    plant(
        "spec/resumes-with-asked-size",
        "slice-size-of-list",
        "an upload is resumed with the slice size that was asked for",
        &["flow/slice-size-of-list"],
        resume(ResumePolicy { grid: Grid::Asked, ..RESUME }),
    ),
    plant(
        "spec/resume-only-finishes",
        "resume-goes-on",
        "after the list the upload is finished, missing slices or not",
        &["flow/resume-goes-on", "finish/after-all-slices"],
        resume(ResumePolicy { missing: |_, _| Vec::new(), ..RESUME }),
    ),
    plant(
        "spec/conflict-is-resumed",
        "conflict",
        "-4020 is treated as -4019",
        &["flow/conflict-not-resumed"],
        replies(ReplyPolicy { hears: reads_conflict_as_progress, ..REPLIES }),
    ),
    plant(
        "spec/instant-hit-unseen",
        "instant-hit",
        "slices are sent although init says that the object is complete",
        &["flow/instant-hit-ends"],
        replies(ReplyPolicy { sees_instant_hit: false, ..REPLIES }),
    ),
    plant(
        "spec/init-twice",
        "session-kept",
        "the first answer to init is thrown away, and init sent again",
        &["flow/session-kept"],
        replies(ReplyPolicy {
            doubts: |task, reply| *task == Task::Init && code(reply) == Some(0),
            ..REPLIES
        }),
    ),
    plant(
        "spec/refused-slice-skipped",
        "stops",
        "a slice that is refused for good is skipped",
        &["flow/stops-when-refused"],
        retry(RetryPolicy { then: OnExhausted::GoOn, ..RETRY }),
    ),
    plant(
        "spec/retry-numbered",
        "retries-identical",
        "a retry of a slice asks for another offset: the attempts are added to it",
        &["flow/retries-identical"],
        edited(|outgoing| {
            let further = u64::from(outgoing.attempt - 1);
            (further > 0).then_some(())?;
            change_text(outgoing, "offset", |offset| {
                (offset.parse::<u64>().unwrap_or(0) + further).to_string()
            })
        }),
    ),
    plant(
        "spec/retry-of-init-marked",
        "retries-identical",
        "a retry of init has insertOnly=0, so as not to meet what it began itself",
        &["flow/retries-identical"],
        edited(|outgoing| {
            let again = outgoing.task == Task::Init && outgoing.attempt > 1;
            again
                .then(|| {
                    outgoing.request.edit(|form| {
                        form.push(Part::new("insertOnly", "0"));
                        Some(())
                    })
                })
                .flatten()
        }),
    ),
    plant(
        "spec/retries-at-once",
        "retries-spaced",
        "retries are made without a pause",
        &["flow/retries-spaced"],
        retry(RetryPolicy { pause: Duration::ZERO, attempts: 6, ..RETRY }),
    ),
    plant(
        "spec/lost-not-retried",
        "retries",
        "a connection that was cut or reset ends the upload",
        &["flow/retries"],
        retry(RetryPolicy {
            is_retryable: |task, error| {
                !matches!(error, RequestError::Lost(_)) && (RETRY.is_retryable)(task, error)
            },
            ..RETRY
        }),
    ),
    plant(
        "spec/init-not-retried",
        "retries",
        "init is tried once",
        &["flow/retries"],
        retry(RetryPolicy {
            is_retryable: |task, error| *task != Task::Init && (RETRY.is_retryable)(task, error),
            ..RETRY
        }),
    ),
    plant(
        "spec/finish-not-retried-on-503",
        "retries",
        "finish is not tried again where the service was busy",
        &["flow/retries"],
        retry(RetryPolicy {
            is_retryable: |task, error| {
                let refused = matches!(error, RequestError::Refused { .. });
                !(*task == Task::Finish && refused) && (RETRY.is_retryable)(task, error)
            },
            ..RETRY
        }),
    ),
    plant(
        "spec/fifty-retries",
        "retries-bounded",
        "a slice is tried fifty times",
        &["flow/retries-bounded"],
        retry(RetryPolicy { attempts: 50, ..RETRY }),
    ),
    plant(
        "spec/signature-error-retried",
        "permanent-not-retried",
        "an error of the signature is tried again",
        &["flow/permanent-not-retried"],
        retry(RetryPolicy {
            is_retryable: |task, error| {
                let of_auth = |code: i64| (-99..=-60).contains(&code);
                matches!(error, RequestError::Refused { code, .. } if of_auth(*code))
                    || (RETRY.is_retryable)(task, error)
            },
            ..RETRY
        }),
    ),
    plant(
        "spec/old-session-after-init",
        "data-session",
        "after a session is lost and another granted, slices carry the old one",
        &["data/session"],
        resume(ResumePolicy { forgotten: Forgotten::KeepSession, ..RESUME }),
    ),
    plant(
        "spec/finish-in-chunks-unread",
        "http-replies",
        "chunks with extensions cannot be read",
        &["outcome/http-replies-read"],
        replies(ReplyPolicy {
            hears: |delivery, reply| {
                let is_unread = matches!(delivery, Delivery::ChunkedTrailers);
                if is_unread { None } else { delivery.heard(reply) }
            },
            ..REPLIES
        }),
    ),
    plant(
        "spec/names-by-case",
        "http-replies",
        "Content-Length in small letters is not found, and the reply taken for an error",
        &["outcome/http-replies-read"],
        replies(ReplyPolicy {
            hears: |delivery, reply| {
                let is_unread = matches!(delivery, Delivery::Head(HeadForm::LowerCase));
                if is_unread { None } else { delivery.heard(reply) }
            },
            ..REPLIES
        }),
    ),
    plant(
        "spec/one-read-per-reply",
        "http-replies",
        "a reply is what the first read gives",
        &["outcome/http-replies-read"],
        replies(ReplyPolicy {
            hears: |delivery, reply| {
                let is_unread = matches!(delivery, Delivery::Segmented | Delivery::Dribbled);
                if is_unread { None } else { delivery.heard(reply) }
            },
            ..REPLIES
        }),
    ),
    plant(
        "spec/old-http-unread",
        "lawful-replies",
        "a reply in HTTP/1.0 is refused",
        &["outcome/lawful-replies-read"],
        replies(ReplyPolicy {
            hears: |delivery, reply| {
                let is_unread = matches!(delivery, Delivery::Head(HeadForm::Http10));
                if is_unread { None } else { delivery.heard(reply) }
            },
            ..REPLIES
        }),
    ),
    plant(
        "spec/interim-is-final",
        "lawful-replies",
        "a 102 or 103 is taken for the reply",
        &["outcome/lawful-replies-read"],
        replies(ReplyPolicy {
            hears: |delivery, reply| {
                let is_unread = matches!(delivery, Delivery::Interims);
                if is_unread { None } else { delivery.heard(reply) }
            },
            ..REPLIES
        }),
    ),
    plant(
        "spec/json-must-begin",
        "lawful-replies",
        "JSON that does not begin with a brace is no JSON: white space stands before it",
        &["outcome/lawful-replies-read"],
        replies(ReplyPolicy {
            hears: |delivery, reply| {
                let heard = delivery.heard(reply)?;
                let space = heard.body().first().is_some_and(u8::is_ascii_whitespace);
                Some(if space { with_body(&heard, "") } else { heard })
            },
            ..REPLIES
        }),
    ),
];

const fn believing(believes: fn(&Task, &Response) -> bool) -> ClientPolicy {
    replies(ReplyPolicy {
        misreads: Some(Misreading { requests: |_, _| true, replies: believes }),
        ..REPLIES
    })
}

const fn comparing(compares: Echoes) -> ClientPolicy {
    replies(ReplyPolicy { compares, ..REPLIES })
}

fn is_slice(task: &Task) -> bool {
    matches!(task, Task::Data(_))
}

fn reads_conflict_as_progress(delivery: Delivery, reply: &Response) -> Option<Response> {
    let heard = delivery.heard(reply)?;
    let is_conflict = code(&heard) == Some(-4020);
    Some(if is_conflict { with_body(&heard, r#"{"code":-4019,"message":""}"#) } else { heard })
}
