use super::matrix::{SMALL_SLICES, TWELVE_SLICES};
use super::{Entry, MIB, plain, strict};
use crate::protocol::Delivery;
use crate::server::{Fault, Reaction, Storing, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    [on_the_way(), no_byte(), before_the_body()].into_iter().flatten().collect()
}

/// An end without one byte is no reply, and says nothing: here, nothing was done.
fn no_byte() -> Vec<Entry> {
    vec![
        transport(
            "transport/slice-closed",
            "the second slice is not stored, and the connection closed without a reply, the first time",
            [Fault::once(Trigger::slice(1), closed())],
        ),
        transport(
            "transport/finish-closed-always",
            "finish is not done, and its connection closed without a reply, each time",
            [Fault::always(Trigger::Finish, closed())],
        ),
    ]
}

/// What becomes of replies on their way.
fn on_the_way() -> Vec<Entry> {
    vec![
        // Replies that are lost on the way: it is done, but the client cannot know.
        transport(
            "transport/init-reply-lost",
            "the upload is opened, but the connection is reset before the reply, the first time",
            [once(Trigger::Init, Delivery::Reset)],
        ),
        transport(
            "transport/slice-reply-lost",
            "the second slice is stored, but the connection is reset before the reply, the first time",
            [once(Trigger::slice(1), Delivery::Reset)],
        ),
        transport(
            "transport/finish-reply-lost",
            "the file is stored, but the connection is reset before the reply, the first time",
            [once(Trigger::Finish, Delivery::Reset)],
        ),
        transport(
            "transport/slice-reply-reset",
            "the connection is reset in the middle of the reply to the second slice, the first time",
            [once(Trigger::slice(1), Delivery::ResetWithin(60))],
        ),
        transport(
            "transport/init-reply-cut",
            "the reply to init ends in the middle of the session, the first time",
            [once(Trigger::Init, Delivery::Truncated(160))],
        ),
        transport(
            "transport/slice-head-cut",
            "the reply to the second slice ends after its status, the first time",
            // The status line with its end has 17 bytes.
            [once(Trigger::slice(1), Delivery::CutHead(17))],
        ),
        transport(
            "transport/slice-body-missing",
            "the reply to the last slice has a head, and nothing of its body, the first time",
            [once(Trigger::LAST_SLICE, Delivery::Truncated(0))],
        ),
        transport(
            "transport/finish-head-cut",
            "the reply to finish ends within its head, the first time",
            [once(Trigger::Finish, Delivery::CutHead(60))],
        ),
        // A reply that is late: it is done, and whoever waits learns of it.
        Entry {
            size: TWELVE_SLICES,
            slice_size: SMALL_SLICES,
            ..transport(
                "transport/slice-reply-late",
                "the reply to the slice in the middle comes when finish has begun, or nothing else for two \
                 seconds",
                [once(Trigger::MIDDLE_SLICE, Delivery::HeldUntilFinish)],
            )
        },
        // Lengths that are wrong: careful clients try again, others may take what there is.
        transport(
            // Such a reply is incomplete, whatever has come of it (RFC 9112 §8).
            "transport/slice-length-too-long",
            "the reply to the second slice promises five bytes more than come, the first time",
            [once(Trigger::slice(1), Delivery::Overstated(5))],
        ),
        transport(
            "transport/slice-length-too-short",
            "the reply to the second slice is five bytes longer than it says, the first time",
            [once(Trigger::slice(1), Delivery::Understated(5))],
        ),
        // Other ways in which HTTP lets a reply come.
        transport(
            "transport/chunked",
            "each reply comes in chunks, one of them with an extension",
            [each(Delivery::Chunked)],
        ),
        // Lawful where a reply has no length (RFC 9112 §6.3).
        transport(
            "transport/until-close",
            "each reply comes without a length, and ends with its connection",
            [each(Delivery::UntilClose)],
        ),
        transport(
            "transport/closed-after-reply",
            "the connection is closed after each reply, whose head does not announce that",
            [each(Delivery::ClosedAfter)],
        ),
        transport(
            "transport/finish-reset-after-reply",
            "the connection is reset after the reply to finish, the first time",
            [once(Trigger::Finish, Delivery::ResetAfter)],
        ),
        transport(
            "transport/dribbled",
            "the replies to the second slice and to finish come in small pieces",
            [
                Fault::always(Trigger::slice(1), Reaction::delivered(Delivery::Dribbled)),
                Fault::always(Trigger::Finish, Reaction::delivered(Delivery::Dribbled)),
            ],
        ),
        // Only who sends Accept-Encoding has said so (RFC 9110 §12.5.3).
        transport(
            "transport/compressed",
            "each reply is compressed with gzip, if the client said that it reads that",
            [each(Delivery::Gzipped)],
        ),
        transport(
            // A client has to read a 1xx that it did not ask for (RFC 9110 §15.2).
            "transport/continue",
            "each reply comes after a 100 Continue, which HTTP allows whether it was asked for or not",
            [each(Delivery::Interim)],
        ),
    ]
}

/// What is answered, or not, before the body of a request was read.
fn before_the_body() -> Vec<Entry> {
    vec![
        // A client should look for a reply while it still sends (RFC 9112 §9.5).
        transport(
            "transport/early-refusal",
            "the first request of more than 512 KiB is answered with HTTP 503 before its body is read",
            [Fault::once(
                Trigger::LongBody,
                Reaction { delivered: Delivery::Early, ..Reaction::refusal(503, -71) },
            )],
        ),
        transport(
            "transport/early-refusal-closed",
            "the first request of more than 512 KiB is answered with HTTP 503 before its body is read, and \
             the connection closed with the rest of it unread",
            [Fault::once(
                Trigger::LongBody,
                Reaction { delivered: Delivery::EarlyClosed, ..Reaction::refusal(503, -71) },
            )],
        ),
        transport(
            "transport/early-refusal-reset",
            "the first request of more than 512 KiB is answered with HTTP 503 before its body is read, and \
             the connection reset",
            [Fault::once(
                Trigger::LongBody,
                Reaction { delivered: Delivery::EarlyReset, ..Reaction::refusal(503, -71) },
            )],
        ),
        // What a request with Expect: 100-continue may meet (RFC 9110 §10.1.1).
        transport(
            "transport/continue-late",
            "whoever asks for 100 Continue gets it after two seconds, or when the body is there",
            [expecting(Reaction::delivered(Delivery::ContinueLate))],
        ),
        transport(
            // A client must not wait for it without end (RFC 9110 §10.1.1).
            "transport/continue-never",
            "whoever asks for 100 Continue does not get it, and the body is awaited all the same",
            [expecting(Reaction::delivered(Delivery::ContinueNever))],
        ),
        transport(
            // A client may send the request again without Expect (RFC 9110 §10.1.1).
            "transport/expectation-failed",
            "whoever asks for 100 Continue gets HTTP 417 before the body is read",
            [expecting(Reaction { delivered: Delivery::Early, ..Reaction::foreign(417, "") })],
        ),
    ]
}

fn transport(id: &'static str, summary: &'static str, faults: impl Into<Vec<Fault>>) -> Entry {
    Entry {
        id,
        summary,
        size: MIB + 12_345,
        key: "/slicecheck/transport.bin",
        behaviour: strict(faults),
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn once(at: Trigger, delivery: Delivery) -> Fault {
    Fault::once(at, Reaction::delivered(delivery))
}

/// Nothing is done, and the connection ends in good order.
pub(super) fn closed() -> Reaction {
    Reaction { stored: Storing::Nothing, ..Reaction::delivered(Delivery::CutHead(0)) }
}

fn expecting(reaction: Reaction) -> Fault {
    Fault::always(Trigger::Expecting, reaction)
}

fn each(delivery: Delivery) -> Fault {
    Fault::always(Trigger::Any, Reaction::delivered(delivery))
}
