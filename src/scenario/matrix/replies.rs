//! How the service comes to each unclear reply, and what it is called.

use super::Cell;
use super::dimensions::{Attempts, Operation, Position, Unclear};
use crate::protocol::Delivery;
use crate::server::{EchoField, Fault, Reaction, Reply, ReplyEncoding, Storing, Trigger};

/// The fault that a cell is about.
pub(super) fn fault(cell: Cell) -> Fault {
    let trigger = match (cell.operation, cell.place) {
        (Operation::Init, _) => Trigger::Init,
        (Operation::List, _) => Trigger::List,
        (Operation::Finish | Operation::Upload, _) => Trigger::Finish,
        (Operation::Slice, Position::First) => Trigger::slice(0),
        (Operation::Slice, Position::Middle) => Trigger::MIDDLE_SLICE,
        (Operation::Slice, Position::Last) => Trigger::LAST_SLICE,
    };
    let reaction = reaction(cell);
    match cell.attempts {
        Attempts::Once => Fault::once(trigger, reaction),
        Attempts::Always => Fault::always(trigger, reaction),
        Attempts::ThenUnavailable => Fault {
            trigger,
            reactions: vec![reaction, Reaction::refusal(503, -71)],
            repeats: false,
        },
    }
}

/// Whether what was asked for is done: where the code is 0, a client that goes by it may say so. An init
/// whose session nobody learns is none, and a list does nothing.
pub(super) fn is_done(cell: Cell) -> bool {
    match cell.reply {
        Unclear::NoData | Unclear::NullData => {
            !matches!(cell.operation, Operation::Init | Operation::List)
        }
        Unclear::FailedStatus
        | Unclear::TooMuch
        | Unclear::UnendedChunks
        | Unclear::NumberSession => true,
        _ => false,
    }
}

fn reaction(cell: Cell) -> Reaction {
    let stored = if is_done(cell) { Storing::AsSent } else { Storing::Nothing };
    let delivered = match cell.reply {
        Unclear::UnendedChunks => Delivery::WithoutLastChunk,
        _ => Delivery::Whole,
    };
    Reaction { stored, replied: reply(cell), delivered }
}

fn reply(cell: Cell) -> Reply {
    let foreign = |status, body: &str| Reply::Foreign { status, body: body.to_owned() };
    match cell.reply {
        Unclear::Html => foreign(200, "<html><body>please log in</body></html>"),
        // As the XML API on this host says it (cos-python-sdk-v4#30).
        Unclear::Xml => foreign(400, XML),
        Unclear::Empty => foreign(200, ""),
        Unclear::CutJson => foreign(200, cut_json(cell.operation)),
        Unclear::NoCode => foreign(200, "{\"message\":\"SUCCESS\"}"),
        Unclear::Null => foreign(200, "null"),
        Unclear::Array => foreign(200, "[0,\"SUCCESS\"]"),
        Unclear::Text => foreign(200, "\"SUCCESS\""),
        // The table has 100 and 101 as internal codes [§1.6].
        Unclear::PositiveCode => Reply::Refusal { status: 200, code: 100 },
        Unclear::SessionRefused => Reply::Refusal { status: 400, code: -29096 },
        Unclear::Redirect => Reply::Redirect,
        Unclear::RedirectNowhere => foreign(302, "<html><body>302 Found</body></html>"),
        Unclear::Created => foreign(201, ""),
        Unclear::Accepted => foreign(202, ""),
        Unclear::NoContent => foreign(204, ""),
        Unclear::NoData => Reply::Encoded(ReplyEncoding::WithoutData),
        Unclear::NullData => Reply::Encoded(ReplyEncoding::NullData),
        Unclear::FailedStatus => Reply::Status(500),
        Unclear::TooMuch if cell.operation == Operation::List => {
            Reply::Encoded(ReplyEncoding::PartsAhead)
        }
        // Seen of another service (googleapis/google-cloud-swift#861).
        Unclear::TooMuch => Reply::Echo(EchoField::TooMuch),
        // Some readers take what has come for all (nodejs/undici#5273).
        Unclear::UnendedChunks => Reply::Regular,
        // There is an SDK that evaluates replies as source text.
        Unclear::SingleQuotes => Reply::Encoded(ReplyEncoding::SingleQuotes),
        Unclear::NullCode => Reply::Encoded(ReplyEncoding::Code("null".to_owned())),
        Unclear::TrueCode => Reply::Encoded(ReplyEncoding::Code("true".to_owned())),
        Unclear::NumberSession => Reply::Encoded(ReplyEncoding::Unquoted("session".to_owned())),
    }
}

const XML: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Error><Code>InvalidURI</Code>\
                   <Message>Could not parse the specified URI.</Message></Error>";

/// The beginning of what a success would be.
fn cut_json(operation: Operation) -> &'static str {
    match operation {
        Operation::Init => "{\"code\":0,\"message\":\"SUCCESS\",\"data\":{\"session\":\"48d4",
        Operation::Slice => "{\"code\":0,\"message\":\"SUCCESS\",\"data\":{\"datalen\":5242",
        Operation::List => "{\"code\":0,\"message\":\"SUCCESS\",\"data\":{\"filesize\":10",
        Operation::Finish | Operation::Upload => {
            "{\"code\":0,\"message\":\"SUCCESS\",\"data\":{\"access_url\":\"htt"
        }
    }
}

/// What happens, in a sentence.
pub(super) fn summary(cell: Cell) -> String {
    let before = if cell.operation == Operation::List { "init answers -4019, and " } else { "" };
    let (request, words) = (request(cell), words(cell));
    let attempts = match cell.attempts {
        Attempts::Once => "the first time",
        Attempts::Always => "each time",
        Attempts::ThenUnavailable => "the first time, and with HTTP 503 and -71 the second time",
    };
    let done = match cell.operation {
        Operation::Slice if is_done(cell) => "stored, but ",
        Operation::Finish if is_done(cell) => "done, but ",
        _ => "",
    };
    let lax = if cell.finish.word().is_some() { "; finish would not notice" } else { "" };
    format!("{before}{request} is {done}answered with {words}, {attempts}{lax}")
}

pub(super) fn request(cell: Cell) -> &'static str {
    match (cell.operation, cell.place) {
        (Operation::Init, _) => "init",
        (Operation::List, _) => "the list of slices",
        (Operation::Finish | Operation::Upload, _) => "finish",
        (Operation::Slice, Position::First) => "the first slice",
        (Operation::Slice, Position::Middle) => "a slice in the middle of twelve",
        (Operation::Slice, Position::Last) => "the last slice",
    }
}

pub(super) fn words(cell: Cell) -> &'static str {
    match cell.reply {
        Unclear::Html => "HTTP 200 and a page of HTML",
        Unclear::Xml => "HTTP 400 and the XML of another API",
        Unclear::Empty => "HTTP 200 and no body",
        Unclear::CutJson => "HTTP 200 and JSON that breaks off, in a body of the right length",
        Unclear::NoCode => "HTTP 200 and JSON without a code",
        Unclear::Null => "HTTP 200 and JSON that is null",
        Unclear::Array => "HTTP 200 and JSON that is an array",
        Unclear::Text => "HTTP 200 and JSON that is a string",
        Unclear::PositiveCode => "HTTP 200 and a code above 0",
        Unclear::SessionRefused => "-29096, as if its session were not known",
        Unclear::Redirect => "HTTP 302, a page of HTML and its own path as the Location",
        Unclear::RedirectNowhere => "HTTP 302, a page of HTML and no Location",
        Unclear::Created => "HTTP 201 and no body",
        Unclear::Accepted => "HTTP 202 and no body",
        Unclear::NoContent => "HTTP 204, which has no body",
        Unclear::NoData => "code 0, and without data",
        Unclear::NullData => "code 0, and data that is null",
        Unclear::FailedStatus => "HTTP 500 and code 0",
        Unclear::TooMuch if cell.operation == Operation::List => {
            "one slice more than has been sent"
        }
        Unclear::TooMuch => "a datalen of one byte more than was sent",
        Unclear::UnendedChunks => "chunks of which the last one is missing",
        Unclear::SingleQuotes => {
            "JSON whose strings are in single quotes, which only a program takes that runs it as code"
        }
        Unclear::NullCode => "a code that is null",
        Unclear::TrueCode => "a code that is true",
        Unclear::NumberSession => "a session that is a number",
    }
}
