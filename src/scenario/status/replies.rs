//! What other programs between a client and the service say, and replies whose status and body disagree.

use super::{in_twelve_slices, status};
use crate::scenario::{Entry, lax, strict};
use crate::server::{Fault, Reaction, Reply, Trigger};

/// What something in front of the service may say.
pub(super) fn in_front() -> Vec<Entry> {
    vec![
        status(
            "status/slice-429-empty",
            "the second slice is answered with HTTP 429 and no body each time; finish would not notice",
            lax([Fault::always(Trigger::slice(1), Reaction::foreign(429, ""))]),
        ),
        status(
            "status/slice-408-empty",
            "the last slice is answered with HTTP 408 and no body each time; finish would not notice",
            lax([Fault::always(Trigger::LAST_SLICE, Reaction::foreign(408, ""))]),
        ),
        status(
            "status/first-slice-html",
            "the first slice is answered with HTTP 200 and a page of HTML each time; finish would not notice",
            lax([Fault::always(Trigger::slice(0), Reaction::foreign(200, BAD_GATEWAY))]),
        ),
        status(
            "status/first-slice-empty",
            "the first slice is answered with HTTP 200 and no body each time; finish would not notice",
            lax([Fault::always(Trigger::slice(0), Reaction::foreign(200, ""))]),
        ),
        status(
            "status/last-slice-413-html",
            "the last slice is answered with HTTP 413 and a page of HTML each time; finish would not notice",
            lax([Fault::always(Trigger::LAST_SLICE, Reaction::foreign(413, TOO_LARGE))]),
        ),
        // Neither has a body that says anything, and neither stores anything; 308 means to go on in the upload
        // protocols of others.
        status(
            "status/slice-304",
            "the second slice is answered with HTTP 304, which has no body, each time; finish would not notice",
            lax([Fault::always(Trigger::slice(1), Reaction::foreign(304, ""))]),
        ),
        status(
            "status/slice-308-nowhere",
            "the second slice is answered with HTTP 308, no Location and no body each time; finish would not \
             notice",
            lax([Fault::always(Trigger::slice(1), Reaction::foreign(308, ""))]),
        ),
        status(
            "status/finish-304",
            "finish is answered with HTTP 304, which has no body, each time",
            strict([Fault::always(Trigger::Finish, Reaction::foreign(304, ""))]),
        ),
        status(
            "status/finish-504-empty",
            "finish is not done, and answered with HTTP 504 and no body each time",
            strict([Fault::always(Trigger::Finish, Reaction::foreign(504, ""))]),
        ),
    ]
}

/// Where status and body do not say the same.
pub(super) fn contradicting() -> Vec<Entry> {
    vec![
        status(
            "status/slice-502-html",
            "the second slice is answered with HTTP 502 and a page of HTML the first time",
            strict([Fault::once(Trigger::slice(1), Reaction::foreign(502, BAD_GATEWAY))]),
        ),
        status(
            "status/slice-504-empty",
            "the last slice is answered with HTTP 504 and no body each time; finish would not notice",
            lax([Fault::always(Trigger::LAST_SLICE, Reaction::foreign(504, ""))]),
        ),
        // Such a page was seen on this host (chmod740/cos-python3-sdk#1).
        status(
            "status/slice-413-html",
            "each slice is answered with HTTP 413 and a page of HTML; finish would not notice",
            lax([Fault::always(Trigger::ANY_SLICE, Reaction::foreign(413, TOO_LARGE))]),
        ),
        // Not equal to 0, but to many languages as good as that.
        status(
            "status/slice-code-false",
            "the second slice is answered with HTTP 200 and the code false each time; finish would not notice",
            lax([Fault::always(Trigger::slice(1), Reaction::foreign(200, FALSE_CODE))]),
        ),
        status(
            "status/slice-code-empty",
            "the second slice is answered with HTTP 200 and an empty string for code each time; finish would \
             not notice",
            lax([Fault::always(Trigger::slice(1), Reaction::foreign(200, EMPTY_CODE))]),
        ),
        status(
            "status/finish-code-false",
            "finish is answered with HTTP 200 and the code false each time",
            strict([Fault::always(Trigger::Finish, Reaction::foreign(200, FALSE_CODE))]),
        ),
        // cos-lib3 takes such a code for none.
        status(
            "status/slice-code-in-quotes",
            "the second slice is answered with HTTP 200 and the code \"-21095\", in quotes, each time; finish \
         would not notice",
            lax([Fault::always(Trigger::slice(1), Reaction::foreign(200, QUOTED_CODE))]),
        ),
        in_twelve_slices(
            "status/slice-500-with-code-0",
            "a slice in the middle of twelve is stored, but answered with HTTP 500 and code 0, the first \
         time",
            strict([Fault::once(Trigger::MIDDLE_SLICE, Reaction::reply(Reply::Status(500)))]),
        ),
        status(
            "status/finish-400-with-code-0",
            "the file is stored, but finish is answered with HTTP 400 and code 0, the first time",
            strict([Fault::once(Trigger::Finish, Reaction::reply(Reply::Status(400)))]),
        ),
        status(
            "status/slice-code-with-success",
            "the second slice is answered with a code that is not 0, and the message SUCCESS, each time; \
         finish would not notice",
            lax([Fault::always(
                Trigger::slice(1),
                Reaction::nothing(Reply::CodeWithSuccess(-21095)),
            )]),
        ),
        status(
            "status/finish-code-with-success",
            "finish is answered with a code that is not 0, and the message SUCCESS, each time",
            strict([Fault::always(
                Trigger::Finish,
                Reaction::nothing(Reply::CodeWithSuccess(-195)),
            )]),
        ),
        status(
            "status/code-0-with-error",
            "each reply has the code 0, and the message of an error",
            strict([Fault::always(
                Trigger::Any,
                Reaction::reply(Reply::Message("ERROR_CMD_COS_FILE_EXIST".to_owned())),
            )]),
        ),
    ]
}

const BAD_GATEWAY: &str = "<html><body>502 Bad Gateway</body></html>";
const FALSE_CODE: &str = "{\"code\":false,\"message\":\"ERROR_PROXY_STORAGE\"}";
const EMPTY_CODE: &str = "{\"code\":\"\",\"message\":\"ERROR_PROXY_STORAGE\"}";
const QUOTED_CODE: &str = "{\"code\":\"-21095\",\"message\":\"ERROR_PROXY_STORAGE\"}";
const TOO_LARGE: &str = "<html><body>413 Request Entity Too Large</body></html>";
