use super::{Mutant, REPLIES, replies};
use crate::client::{ClientPolicy, Echoes, Quoted, ReplyPolicy, Task};
use crate::protocol::{Codes, Response, ResponseEnvelope};

/// A client that takes such a reply to this operation for a success: a macro, as a function cannot keep the
/// condition in a constant.
macro_rules! misreads {
    ($task:pat, $condition:expr) => {
        believing(|task, reply| {
            let condition: fn(&Response) -> bool = $condition;
            matches!(task, $task) && reply.is_some_and(condition)
        })
    };
}

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "reading/status-alone",
        summary: "any reply with HTTP status 200 is a success, whatever its code",
        policy: believing(|_, reply| reply.is_some_and(|reply| reply.status() == 200)),
        expected: &["flow/code-heeded"],
    },
    Mutant {
        id: "reading/status-of-slices",
        summary: "a slice is acknowledged by HTTP status 200; code is read at init and finish only",
        policy: believing(|task, reply| {
            matches!(task, Task::Data(_)) && reply.is_some_and(|reply| reply.status() == 200)
        }),
        expected: &["flow/code-heeded"],
    },
    Mutant {
        id: "reading/data-means-success",
        summary: "a reply with data is a success, whatever its code",
        policy: believing(|_, reply| has(reply, "\"data\"")),
        expected: &["flow/code-heeded"],
    },
    Mutant {
        id: "reading/html-means-success",
        summary: "a reply that is no JSON is a success: the exception of the parser is swallowed",
        policy: believing(|_, reply| {
            reply.is_some_and(|reply| ResponseEnvelope::<()>::read(reply.body()).is_err())
        }),
        expected: &["flow/json-heeded", "outcome/json-heeded"],
    },
    Mutant {
        id: "reading/json-means-success",
        summary: "any JSON is a success",
        policy: believing(|_, reply| {
            reply.is_some_and(|reply| ResponseEnvelope::<()>::read(reply.body()).is_ok())
        }),
        expected: &["flow/code-heeded", "outcome/code-heeded"],
    },
    Mutant {
        id: "reading/code-0-anywhere",
        summary: "a reply that has a code of 0 somewhere in its text is a success, even if it breaks off",
        policy: believing(|_, reply| has(reply, "\"code\":0")),
        expected: &["outcome/json-heeded", "outcome/truthful"],
    },
    Mutant {
        id: "reading/empty-means-success",
        summary: "a reply without a body is a success: there is no error in it",
        policy: believing(|_, reply| reply.is_some_and(|reply| reply.body().is_empty())),
        expected: &["flow/json-heeded", "outcome/json-heeded"],
    },
    Mutant {
        id: "reading/no-code-means-success",
        summary: "a code that is not there is 0",
        policy: believing(|_, reply| has(reply, "{") && !has(reply, "\"code\"")),
        expected: &["flow/json-heeded"],
    },
    Mutant {
        id: "reading/code-in-quotes-means-success",
        summary: "the code of a reply to a slice that is a string is taken for 0",
        policy: misreads!(Task::Data(_), |reply| has(Some(reply), "\"code\":\"-")),
        expected: &["flow/code-heeded"],
    },
    Mutant {
        id: "reading/positive-code-means-success",
        summary: "only a code below 0 is an error",
        policy: believing(|_, reply| has(reply, "\"code\":") && !has(reply, "\"code\":-")),
        expected: &["flow/code-heeded"],
    },
    Mutant {
        id: "reading/client-errors-ignored",
        summary: "only an HTTP status of 500 and above is an error",
        policy: believing(|_, reply| reply.is_some_and(|reply| reply.status() < 500)),
        expected: &["flow/code-heeded", "outcome/code-heeded"],
    },
    Mutant {
        id: "reading/refused-finish",
        summary: "whatever comes in reply to finish ends the upload in success",
        policy: believing(|task, reply| *task == Task::Finish && reply.is_some()),
        expected: &["outcome/code-heeded", "outcome/json-heeded"],
    },
    Mutant {
        id: "reading/lost-finish",
        summary: "a finish whose reply does not come is a success",
        policy: believing(|task, reply| *task == Task::Finish && reply.is_none()),
        expected: &["outcome/reply-awaited"],
    },
    Mutant {
        id: "reading/lost-slice",
        summary: "a slice whose reply does not come is a success",
        policy: believing(|task, reply| matches!(task, Task::Data(_)) && reply.is_none()),
        expected: &["flow/reply-awaited"],
    },
    Mutant {
        id: "reading/md5-upper-case",
        summary: "datamd5 is compared with an MD5 in upper case, and never the same",
        policy: doubting(|task, _| matches!(task, Task::Data(_))),
        expected: &["outcome/completes"],
    },
    Mutant {
        id: "reading/message-ok",
        summary: "only a message of OK is a success",
        policy: doubting(|_, _| true),
        expected: &["outcome/completes"],
    },
    Mutant {
        id: "reading/finish-like-data",
        summary: "the reply to finish is read for a session, which it does not have",
        policy: doubting(|task, _| *task == Task::Finish),
        expected: &["outcome/completes"],
    },
    Mutant {
        id: "reading/no-echo",
        summary: "nothing in the reply to a slice is compared with what was sent",
        policy: comparing(Echoes { datalen: false, datamd5: false, offset: false, session: false }),
        expected: &[
            "flow/datalen-compared",
            "flow/datamd5-compared",
            "flow/offset-compared",
            "flow/session-compared",
        ],
    },
    Mutant {
        id: "reading/datalen-ignored",
        summary: "datalen of the reply to a slice is not compared",
        policy: comparing(Echoes { datalen: false, ..REPLIES.compares }),
        expected: &["flow/datalen-compared"],
    },
    Mutant {
        id: "reading/datamd5-ignored",
        summary: "datamd5 of the reply to a slice is not compared",
        policy: comparing(Echoes { datamd5: false, ..REPLIES.compares }),
        expected: &["flow/datamd5-compared"],
    },
    Mutant {
        id: "reading/offset-ignored",
        summary: "offset of the reply to a slice is not compared",
        policy: comparing(Echoes { offset: false, ..REPLIES.compares }),
        expected: &["flow/offset-compared"],
    },
    Mutant {
        id: "reading/session-ignored",
        summary: "session of the reply to a slice is not compared",
        policy: comparing(Echoes { session: false, ..REPLIES.compares }),
        expected: &["flow/session-compared"],
    },
    Mutant {
        id: "reading/message-means-success",
        summary: "a reply with the message SUCCESS is a success",
        policy: believing(|_, reply| has(reply, "\"SUCCESS\"")),
        expected: &["flow/message-ignored"],
    },
    Mutant {
        id: "reading/quoted-slice-size-unseen",
        summary: "a slice_size in quotes is not seen, and the size that was asked for kept",
        policy: replies(ReplyPolicy { quoted: Quoted::Unseen, ..REPLIES }),
        expected: &["data/length", "flow/slice-size-of-init"],
    },
    Mutant {
        id: "reading/quoted-slice-size-endless",
        summary: "no number is beyond a slice_size in quotes: the file is sent as one slice",
        policy: replies(ReplyPolicy { quoted: Quoted::Endless, ..REPLIES }),
        expected: &["data/length"],
    },
    Mutant {
        id: "reading/quoted-slice-size-appended",
        summary: "offsets are added to a slice_size in quotes as strings: 0524288524288",
        policy: replies(ReplyPolicy { quoted: Quoted::Appended, ..REPLIES }),
        expected: &["data/in-file", "form/plain-numbers"],
    },
    Mutant {
        id: "reading/code-alone",
        summary: "code 0 is a success, whatever the HTTP status",
        policy: believing(|_, reply| reply.and_then(code) == Some(0)),
        expected: &["outcome/status-heeded"],
    },
    Mutant {
        id: "reading/init-not-understood",
        summary: "what init answers is not understood, and init sent again",
        policy: doubting(|task, _| *task == Task::Init),
        expected: &["flow/session-kept"],
    },
    Mutant {
        id: "reading/instant-hit-not-understood",
        summary: "an address in reply to init is not understood, and the upload said to have failed",
        policy: doubting(|task, reply| *task == Task::Init && has(Some(reply), "access_url")),
        expected: &["outcome/success-reported", "flow/instant-hit-ends"],
    },
    Mutant {
        id: "reading/finish-html",
        summary: "a page of HTML with HTTP status 200 is a success at finish",
        policy: misreads!(Task::Finish, |reply| reply.status() == 200
            && reply.body().starts_with(b"<")),
        expected: &["outcome/json-heeded"],
    },
    Mutant {
        id: "reading/finish-gateway-error",
        summary: "HTTP status 502 at finish means that the service is still at work, and is a success",
        policy: misreads!(Task::Finish, |reply| reply.status() == 502),
        expected: &["outcome/json-heeded"],
    },
    Mutant {
        id: "reading/finish-empty",
        summary: "HTTP status 200 without a body is a success at finish",
        policy: misreads!(Task::Finish, |reply| reply.status() == 200 && reply.body().is_empty()),
        expected: &["outcome/json-heeded"],
    },
    Mutant {
        id: "reading/finish-cut-json",
        summary: "at finish the code is read by a parser that does not mind how the JSON ends",
        policy: misreads!(Task::Finish, |reply| reply.body().starts_with(b"{\"code\":0,")
            && code(reply).is_none()),
        expected: &["outcome/json-heeded"],
    },
    Mutant {
        id: "reading/finish-internal-error",
        summary: "HTTP status 500 at finish is logged only",
        policy: misreads!(Task::Finish, |reply| reply.status() == 500),
        expected: &["outcome/code-heeded"],
    },
    Mutant {
        id: "reading/finish-digest-differs",
        summary: "-29138 at finish is a success: digests are not compared with this service",
        policy: misreads!(Task::Finish, |reply| code(reply) == Some(-29138)),
        expected: &["outcome/code-heeded"],
    },
    Mutant {
        id: "reading/finish-size-differs",
        summary: "-175 at finish is a success: a length that differs is a warning only",
        policy: misreads!(Task::Finish, |reply| code(reply) == Some(-175)),
        expected: &["outcome/code-heeded"],
    },
    Mutant {
        id: "reading/finish-storage-error",
        summary: "-21095 at finish is a success: the slices were acknowledged",
        policy: misreads!(Task::Finish, |reply| code(reply) == Some(-21095)),
        expected: &["outcome/code-heeded"],
    },
    Mutant {
        id: "reading/finish-unavailable",
        summary: "-5997 with HTTP status 503 at finish is a success: the service is at work",
        policy: misreads!(Task::Finish, |reply| reply.status() == 503
            && code(reply) == Some(-5997)),
        expected: &["outcome/code-heeded"],
    },
    Mutant {
        id: "reading/finish-message",
        summary: "the message SUCCESS at finish is a success, whatever the code is",
        policy: misreads!(Task::Finish, |reply| code(reply).is_some_and(|code| code < 0)
            && has(Some(reply), "\"SUCCESS\"")),
        expected: &["outcome/code-heeded"],
    },
    Mutant {
        id: "reading/init-unavailable",
        summary: "a page of HTML with HTTP status 503 at init is passed over",
        policy: misreads!(Task::Init, |reply| reply.status() == 503
            && reply.body().starts_with(b"<")),
        expected: &["flow/starts-with-init"],
    },
    Mutant {
        id: "reading/init-bucket-missing",
        summary: "-133 at init is passed over: the bucket is made when it is needed",
        policy: misreads!(Task::Init, |reply| code(reply) == Some(-133)),
        expected: &["flow/starts-with-init"],
    },
    Mutant {
        id: "reading/init-storage-error",
        summary: "-21095 at init is passed over",
        policy: misreads!(Task::Init, |reply| code(reply) == Some(-21095)),
        expected: &["flow/starts-with-init"],
    },
    Mutant {
        id: "reading/init-forbidden",
        summary: "-97 at init is passed over",
        policy: misreads!(Task::Init, |reply| code(reply) == Some(-97)),
        expected: &["flow/starts-with-init"],
    },
    Mutant {
        id: "reading/init-slice-size-refused",
        summary: "-284 at init is passed over",
        policy: misreads!(Task::Init, |reply| code(reply) == Some(-284)),
        expected: &["flow/starts-with-init"],
    },
    Mutant {
        id: "reading/slice-bad-gateway",
        summary: "HTTP status 502 acknowledges a slice: the gateway has passed it on",
        policy: misreads!(Task::Data(_), |reply| reply.status() == 502),
        expected: &["flow/json-heeded"],
    },
    Mutant {
        id: "reading/slice-empty",
        summary: "HTTP status 200 without a body acknowledges a slice",
        policy: misreads!(Task::Data(_), |reply| reply.status() == 200 && reply.body().is_empty()),
        expected: &["flow/json-heeded"],
    },
    Mutant {
        id: "reading/slice-gateway-timeout",
        summary: "HTTP status 504 acknowledges a slice: the service has it, only its reply was late",
        policy: misreads!(Task::Data(_), |reply| reply.status() == 504),
        expected: &["flow/json-heeded"],
    },
    Mutant {
        id: "reading/slice-array",
        summary: "a JSON array acknowledges a slice: no field code means no error",
        policy: misreads!(Task::Data(_), |reply| reply.body().starts_with(b"[")),
        expected: &["flow/json-heeded"],
    },
    Mutant {
        id: "reading/slice-html",
        summary: "a page of HTML with HTTP status 200 acknowledges a slice",
        policy: misreads!(Task::Data(_), |reply| reply.status() == 200
            && reply.body().starts_with(b"<")),
        expected: &["flow/json-heeded"],
    },
    Mutant {
        id: "reading/slice-too-large",
        summary: "HTTP status 413 acknowledges a slice",
        policy: misreads!(Task::Data(_), |reply| reply.status() == 413),
        expected: &["flow/json-heeded"],
    },
    Mutant {
        id: "reading/slice-forbidden",
        summary: "-97 in reply to a slice is passed over",
        policy: misreads!(Task::Data(_), |reply| code(reply) == Some(-97)),
        expected: &["flow/code-heeded"],
    },
    Mutant {
        id: "reading/slice-sha-differs",
        summary: "-4016 in reply to a slice is passed over: finish will tell",
        policy: misreads!(Task::Data(_), |reply| code(reply) == Some(-4016)),
        expected: &["flow/code-heeded"],
    },
    Mutant {
        id: "reading/slice-parameters-refused",
        summary: "-5999 in reply to a slice is passed over",
        policy: misreads!(Task::Data(_), |reply| code(reply) == Some(-5999)),
        expected: &["flow/code-heeded"],
    },
    Mutant {
        id: "reading/slice-unknown-code",
        summary: "a code below 0 that is in no table is passed over in reply to a slice",
        policy: misreads!(Task::Data(_), |reply| code(reply)
            .is_some_and(|code| code < 0 && Codes::get(code).is_none())),
        expected: &["flow/code-heeded"],
    },
];

const fn believing(believes: fn(&Task, Option<&Response>) -> bool) -> ClientPolicy {
    replies(ReplyPolicy { believes, ..REPLIES })
}

const fn doubting(doubts: fn(&Task, &Response) -> bool) -> ClientPolicy {
    replies(ReplyPolicy { doubts, ..REPLIES })
}

const fn comparing(compares: Echoes) -> ClientPolicy {
    replies(ReplyPolicy { compares, ..REPLIES })
}

/// Whether the body of a reply has this text in it.
fn has(reply: Option<&Response>, text: &str) -> bool {
    reply.is_some_and(|reply| memchr::memmem::find(reply.body(), text.as_bytes()).is_some())
}

/// `code` of a reply that is an envelope.
fn code(reply: &Response) -> Option<i64> {
    ResponseEnvelope::<()>::read(reply.body()).ok().map(|envelope| envelope.code)
}
