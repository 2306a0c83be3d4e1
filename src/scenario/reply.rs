use super::matrix::{SMALL_SLICES, TWELVE_SLICES};
use super::{Entry, MIB, lax, plain, strict};
use crate::server::{Behaviour, Fault, Reaction, ReplyEncoding, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    [same_in_other_words(), no_reply()].into_iter().flatten().collect()
}

/// The same, in other words: who cannot read it may fail, but not misread it.
fn same_in_other_words() -> Vec<Entry> {
    vec![
        reply(
            "reply/unknown-fields",
            "each reply has fields that no document has, of each type",
            strict([each(ReplyEncoding::UnknownFields)]),
        ),
        // Objects have no order (RFC 8259 §4).
        reply(
            "reply/reordered-fields",
            "each reply has its fields in the opposite order",
            strict([each(ReplyEncoding::Reordered)]),
        ),
        reply(
            // White space may stand between tokens (RFC 8259 §2).
            "reply/pretty",
            "each reply has tabs and line ends in it, as on the pages",
            strict([each(ReplyEncoding::Pretty)]),
        ),
        reply(
            // Any character of a string may be an escape (RFC 8259 §7).
            "reply/escaped",
            "each reply has its keys and strings written in escapes",
            strict([each(ReplyEncoding::Escaped)]),
        ),
        reply(
            "reply/nested",
            "each reply has a field of 40 levels",
            strict([each(ReplyEncoding::Nested)]),
        ),
        reply(
            "reply/big-numbers",
            "each reply has a field with numbers that fit into no common type",
            strict([each(ReplyEncoding::BigNumbers)]),
        ),
        // The table of the list types numbers as strings [§2.4].
        reply(
            "reply/digit-strings",
            "each reply has its numbers as strings of digits, as some pages say",
            strict([each(ReplyEncoding::DigitStrings)]),
        ),
        // What a name means that is there twice, RFC 8259 §4 leaves open: both have the same value here.
        reply(
            "reply/repeated-fields",
            "each reply has each field twice, with the same value",
            strict([each(ReplyEncoding::Repeated)]),
        ),
        reply(
            "reply/long",
            "each reply has a field of 64 KiB",
            strict([each(ReplyEncoding::Long)]),
        ),
        // Samples of that year lack these fields [§1.6, §2.1, §2.3].
        reply(
            "reply/of-2016",
            "each reply is of 2016: without request_id, datamd5 and vid",
            strict([each(ReplyEncoding::Of2016)]),
        ),
        // Nobody may write one, and a reader may ignore it (RFC 8259 §8.1).
        reply(
            "reply/byte-order-mark",
            "each reply has a byte order mark in front of its JSON",
            strict([each(ReplyEncoding::ByteOrderMark)]),
        ),
        reply(
            "reply/trailing-brace",
            "each reply has one closing brace too many, as on the seed page",
            strict([each(ReplyEncoding::Trailing("\n}".to_owned()))]),
        ),
    ]
}

/// What is no reply of the service, or lacks what it is about.
fn no_reply() -> Vec<Entry> {
    vec![
        reply(
            "reply/init-xml",
            "init is answered with HTTP 400 and the XML of another API, each time",
            strict([Fault::always(Trigger::Init, Reaction::foreign(400, XML))]),
        ),
        in_twelve_slices(
            "reply/slice-empty",
            "a slice in the middle of twelve is answered with HTTP 200 and no body, each time; finish \
         would not notice",
            lax([Fault::always(Trigger::MIDDLE_SLICE, Reaction::foreign(200, ""))]),
        ),
        in_twelve_slices(
            "reply/slice-without-code",
            "a slice in the middle of twelve is answered with HTTP 200 and JSON without a code, each \
         time; finish would not notice",
            lax([Fault::always(
                Trigger::MIDDLE_SLICE,
                Reaction::foreign(200, "{\"message\":\"SUCCESS\"}"),
            )]),
        ),
        reply(
            "reply/slice-no-object",
            "the last slice is answered with HTTP 200 and JSON that is an array, each time; finish would \
         not notice",
            lax([Fault::always(Trigger::LAST_SLICE, Reaction::foreign(200, "[0,\"SUCCESS\"]"))]),
        ),
        reply(
            "reply/init-data-true",
            "init is answered with the code 0 and data that is true, each time",
            strict([Fault::always(
                Trigger::Init,
                Reaction::foreign(200, "{\"code\":0,\"message\":\"SUCCESS\",\"data\":true}"),
            )]),
        ),
        // What has no session is an instant hit for who looks for nothing else [§2.2].
        reply(
            "reply/init-data-empty",
            "init is answered with the code 0 and data that has no fields, each time",
            strict([Fault::always(
                Trigger::Init,
                Reaction::foreign(200, "{\"code\":0,\"message\":\"SUCCESS\",\"data\":{}}"),
            )]),
        ),
        reply(
            "reply/finish-empty",
            "finish is answered with HTTP 200 and no body, each time",
            strict([Fault::always(Trigger::Finish, Reaction::foreign(200, ""))]),
        ),
        reply(
            "reply/finish-html",
            "finish is answered with HTTP 200 and a page of HTML, each time",
            strict([Fault::always(Trigger::Finish, Reaction::foreign(200, LOGIN))]),
        ),
        reply(
            "reply/finish-cut-json",
            "finish is answered with HTTP 200 and JSON that breaks off, in a body of the right length, each \
         time",
            strict([Fault::always(
                Trigger::Finish,
                Reaction::foreign(
                    200,
                    "{\"code\":0,\"message\":\"SUCCESS\",\"data\":{\"access_url\":\"htt",
                ),
            )]),
        ),
    ]
}

const XML: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Error><Code>InvalidURI</Code>\
                   <Message>Could not parse the specified URI.</Message></Error>";
const LOGIN: &str = "<html><body>please log in</body></html>";

fn reply(id: &'static str, summary: &'static str, behaviour: Behaviour) -> Entry {
    Entry {
        id,
        summary,
        size: MIB + 12_345,
        key: "/slicecheck/reply.bin",
        behaviour,
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn in_twelve_slices(id: &'static str, summary: &'static str, behaviour: Behaviour) -> Entry {
    Entry { size: TWELVE_SLICES, slice_size: SMALL_SLICES, ..reply(id, summary, behaviour) }
}

fn each(variant: ReplyEncoding) -> Fault {
    Fault::always(Trigger::Any, Reaction::encoded(variant))
}
