mod replies;

use super::matrix::{SMALL_SLICES, TWELVE_SLICES};
use super::{Entry, lax, plain, strict};
use crate::protocol::Delivery;
use crate::server::{Behaviour, Fault, Preexisting, Reaction, Storing, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    [
        transient(),
        conditional(),
        permanent(),
        misplaced(),
        unknown(),
        replies::in_front(),
        replies::contradicting(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Codes that ask to come again, or that are transient by nature [ERR].
fn transient() -> Vec<Entry> {
    vec![
        status(
            // -71, -196, -5997, -21095 and -29302 say to try later [§3.3].
            "status/slice-rate-limited",
            "the second slice is answered with -71 the first time: too many requests",
            strict([once(Trigger::slice(1), 503, -71)]),
        ),
        status(
            "status/slice-backend-error",
            "the second slice is answered with -195 the first time: the storage failed",
            strict([once(Trigger::slice(1), 500, -195)]),
        ),
        status(
            "status/slice-unavailable",
            "the second slice is answered with -196 the first time: the service is busy",
            strict([once(Trigger::slice(1), 503, -196)]),
        ),
        status(
            "status/slice-concurrent",
            "the second slice is answered with -20034 the first time: somebody else writes to the file",
            strict([once(Trigger::slice(1), 409, -20034)]),
        ),
        status(
            "status/first-slice-storage-error",
            "the first slice is answered with -21095 the first time: the storage failed",
            strict([once(Trigger::slice(0), 503, -21095)]),
        ),
        status(
            "status/last-slice-storage-error",
            "the last slice is answered with -29302 the first time: the storage failed",
            strict([once(Trigger::LAST_SLICE, 503, -29302)]),
        ),
        status(
            "status/init-rate-limited",
            "init is answered with -71 the first time: too many requests",
            strict([once(Trigger::Init, 503, -71)]),
        ),
        with_list(
            "status/list-unavailable",
            "init answers -4019, and the list of slices is answered with -196 the first time",
            Behaviour {
                preexisting: Preexisting::Unfinished(vec![0]),
                ..strict([once(Trigger::List, 503, -196)])
            },
        ),
        status(
            "status/finish-concurrent",
            "finish is answered with -20034 the first time: somebody else writes to the file",
            strict([once(Trigger::Finish, 409, -20034)]),
        ),
        status(
            "status/finish-backend-error",
            "finish is answered with HTTP 200 and -195 the first time: the storage failed",
            strict([once(Trigger::Finish, 200, -195)]),
        ),
    ]
}

/// Codes that ask for something else first [ERR].
fn conditional() -> Vec<Entry> {
    vec![
        status(
            "status/signature-expired",
            "the second slice is answered with -59 the first time: the signature has expired",
            strict([once(Trigger::slice(1), 403, -59)]),
        ),
        status(
            "status/finish-slices-missing",
            "finish is answered with -29144 the first time, though no slice is missing",
            strict([once(Trigger::Finish, 400, -29144)]),
        ),
        with_list(
            "status/list-without-session",
            "init answers -4019 each time, and the list has neither a session nor an address",
            strict([
                always(Trigger::Init, 409, -4019),
                Fault::always(Trigger::List, Reaction::foreign(200, NO_SESSION)),
            ]),
        ),
        with_list(
            "status/list-not-found-always",
            "init answers -4019 each time, and nothing is there whenever the client asks for the list",
            strict([always(Trigger::Init, 409, -4019)]),
        ),
        with_list(
            "status/list-not-found",
            "init answers -4019 the first time, but nothing is there when the client asks for the list",
            strict([once(Trigger::Init, 409, -4019)]),
        ),
    ]
}

/// Codes that the same request is certain to meet again [ERR].
fn permanent() -> Vec<Entry> {
    vec![
        status(
            "status/init-signature-refused",
            "init is answered with HTTP 403 and -97 each time: the signature is refused",
            strict([always(Trigger::Init, 403, -97)]),
        ),
        status(
            "status/init-exists",
            "init is answered with -177 each time: another file is there",
            strict([always(Trigger::Init, 409, -177)]),
        ),
        status(
            "status/init-other-upload",
            "init is answered with -4020 each time: another file's upload is under way",
            strict([always(Trigger::Init, 409, -4020)]),
        ),
        status(
            "status/init-slice-size-refused",
            "init is answered with -284 each time: the slice size is refused",
            strict([always(Trigger::Init, 400, -284)]),
        ),
        status(
            "status/slice-session-refused",
            "the second slice is answered with -29096 each time, its session is refused; finish would not \
         notice",
            lax([held(Trigger::slice(1), 400, -29096)]),
        ),
        status(
            "status/slice-forbidden",
            "the last slice is answered with HTTP 403 and -97 each time; finish would not notice",
            lax([always(Trigger::LAST_SLICE, 403, -97)]),
        ),
        status(
            "status/slice-sha-differs",
            "the first slice is answered with -4016 each time: the file has changed; finish would not \
         notice",
            lax([always(Trigger::slice(0), 409, -4016)]),
        ),
        status(
            "status/slices-refused",
            "each slice is answered with -5999 each time; finish would not notice",
            lax([held(Trigger::ANY_SLICE, 400, -5999)]),
        ),
        status(
            "status/slice-rate-limited-always",
            "the second slice is answered with -71 each time: too many requests; finish would not notice",
            lax([always(Trigger::slice(1), 503, -71)]),
        ),
        status(
            "status/slice-missing-always",
            "the second slice is answered with HTTP 200 and -4024 each time: the file is not there; finish would \
             not notice",
            lax([always(Trigger::slice(1), 200, -4024)]),
        ),
    ]
}

/// The same, where a client may not look for them, and what finish alone answers.
fn misplaced() -> Vec<Entry> {
    vec![
        // A client may know these codes from init, where they mean that something is there already.
        status(
            "status/slice-occupied",
            "the second slice is answered with -177 each time: a file is there; finish would not notice",
            lax([always(Trigger::slice(1), 409, -177)]),
        ),
        status(
            "status/slice-in-progress",
            "the second slice is answered with -4019 each time: an upload is under way; finish would not notice",
            lax([always(Trigger::slice(1), 409, -4019)]),
        ),
        status(
            "status/slice-misplaced",
            "the last slice is answered with -29095 each time: its offset is not on the grid; finish would not \
             notice",
            lax([always(Trigger::LAST_SLICE, 400, -29095)]),
        ),
        with_list(
            "status/list-forbidden",
            "init answers -4019, and the list of slices is answered with HTTP 403 and -97 each time",
            Behaviour {
                preexisting: Preexisting::Unfinished(vec![0]),
                ..strict([always(Trigger::List, 403, -97)])
            },
        ),
        status(
            "status/finish-in-progress",
            "finish is answered with -4019 each time: an upload is under way",
            strict([always(Trigger::Finish, 409, -4019)]),
        ),
        status(
            "status/finish-bad-parameter",
            "finish is answered with -5999 each time: a parameter is wrong",
            strict([always(Trigger::Finish, 400, -5999)]),
        ),
        status(
            "status/finish-length-differs",
            "finish is answered with -50152 each time: the lengths differ",
            strict([always(Trigger::Finish, 400, -50152)]),
        ),
        status(
            "status/finish-size-differs",
            "finish is answered with -175 each time: the lengths differ",
            strict([always(Trigger::Finish, 400, -175)]),
        ),
        status(
            "status/finish-sha-differs",
            "finish is answered with HTTP 200 and -29138 each time: the digests differ",
            strict([always(Trigger::Finish, 200, -29138)]),
        ),
    ]
}

/// Codes that are in no table, or have no place in it.
fn unknown() -> Vec<Entry> {
    vec![
        status(
            "status/slice-unknown-code",
            "the second slice is answered with HTTP 400 and a code that no document has, each time; finish \
         would not notice",
            lax([always(Trigger::slice(1), 400, -99_999)]),
        ),
        in_twelve_slices(
            "status/slice-positive-code",
            "a slice in the middle of twelve is answered with HTTP 200 and a code above 0, each time; \
         finish would not notice",
            lax([always(Trigger::MIDDLE_SLICE, 200, 100)]),
        ),
        in_twelve_slices(
            "status/slice-refused-ahead",
            "the second of twelve slices is answered with HTTP 403 and -97 each time, and nothing else until a \
             second later; finish would not notice",
            lax([Fault::always(
                Trigger::slice(1),
                Reaction { delivered: Delivery::Ahead, ..Reaction::refusal(403, -97) },
            )]),
        ),
        status(
            "status/finish-forbidden",
            "finish is answered with HTTP 403 and -97 each time",
            strict([always(Trigger::Finish, 403, -97)]),
        ),
        status(
            "status/finish-content-differs",
            "finish is answered with HTTP 409 and -4016 each time: what is stored is not the file",
            strict([always(Trigger::Finish, 409, -4016)]),
        ),
        lost_finish_answered(
            "status/finish-lost-session-refused",
            "finish is not done, and its connection reset; sent again, it is answered with -29096: the session is \
             refused",
            400,
            -29096,
        ),
        lost_finish_answered(
            "status/finish-lost-occupied",
            "finish is not done, and its connection reset; sent again, it is answered with -177: a file is there",
            409,
            -177,
        ),
        lost_finish_answered(
            "status/finish-lost-not-found",
            "finish is not done, and its connection reset; sent again, it is answered with -197: nothing is there",
            409,
            -197,
        ),
        status(
            "status/finish-internal-code",
            "finish is answered with HTTP 500 and an internal code each time",
            strict([always(Trigger::Finish, 500, -5937)]),
        ),
    ]
}

const NO_SESSION: &str =
    "{\"code\":0,\"message\":\"SUCCESS\",\"data\":{\"slice_size\":1048576,\"listparts\":[]}}";

fn status(id: &'static str, summary: &'static str, behaviour: Behaviour) -> Entry {
    Entry {
        id,
        summary,
        key: "/slicecheck/status.bin",
        behaviour,
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

/// Where init leads to the list of slices.
fn with_list(id: &'static str, summary: &'static str, behaviour: Behaviour) -> Entry {
    Entry { control: Some("resume/init-in-progress"), ..status(id, summary, behaviour) }
}

fn in_twelve_slices(id: &'static str, summary: &'static str, behaviour: Behaviour) -> Entry {
    Entry { size: TWELVE_SLICES, slice_size: SMALL_SLICES, ..status(id, summary, behaviour) }
}

fn once(at: Trigger, status: u16, code: i64) -> Fault {
    Fault::once(at, Reaction::refusal(status, code))
}

/// Each time, and so that it can be told who went on without having heard.
fn held(at: Trigger, status: u16, code: i64) -> Fault {
    Fault::always(at, Reaction { delivered: Delivery::Held, ..Reaction::refusal(status, code) })
}

/// Nothing is done, and no reply comes.
pub(super) fn lost() -> Reaction {
    Reaction { stored: Storing::Nothing, ..Reaction::delivered(Delivery::Reset) }
}

/// Finish is lost at first, and then answered with this status and code for ever; nothing is done.
fn lost_finish_answered(
    id: &'static str,
    summary: &'static str,
    status_code: u16,
    code: i64,
) -> Entry {
    let fault = Fault {
        trigger: Trigger::Finish,
        reactions: vec![lost(), Reaction::refusal(status_code, code)],
        repeats: true,
    };
    status(id, summary, strict([fault]))
}

fn always(at: Trigger, status: u16, code: i64) -> Fault {
    Fault::always(at, Reaction::refusal(status, code))
}
