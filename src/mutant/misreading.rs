//! Clients that take one unclear reply to one operation for a success, and read all others rightly: one
//! for each cell of the matrix in which a client can lie.

use std::sync::LazyLock;

use super::{Mutant, REPLIES, replies};
use crate::client::{Misreading, ReplyPolicy, Task};
use crate::protocol::{Response, ResponseEnvelope, Slice, SliceData};
use crate::scenario::matrix::{Cell, Operation, Position, Unclear, cells};

pub(super) static MUTANTS: LazyLock<Vec<Mutant>> =
    LazyLock::new(|| cells().into_iter().filter_map(mutant).collect());

/// The cells whose misreading stands in `reading.rs`, from before there was a matrix.
const WRITTEN: [(Operation, Unclear); 3] = [
    (Operation::Finish, Unclear::Html),
    (Operation::Finish, Unclear::Empty),
    (Operation::Finish, Unclear::CutJson),
];

fn mutant(cell: Cell) -> Option<Mutant> {
    if WRITTEN.contains(&(cell.operation, cell.reply)) {
        return None;
    }
    let expected = expected(cell)?;
    let misreads = Misreading { requests: requests(cell), replies: recognises(cell.reply) };
    let place = match cell.operation {
        Operation::Slice => format!("-{}", cell.place.word()),
        _ => String::new(),
    };
    // Kept for ever, as those are that were compiled.
    let id = format!("misreading/{}-{}{place}", cell.operation.word(), cell.reply.word());
    let summary = format!(
        "{} is taken for served where it is answered with {}",
        cell.describe_request(),
        cell.describe_reply()
    );
    Some(Mutant {
        id: id.leak(),
        summary: summary.leak(),
        policy: replies(ReplyPolicy { misreads: Some(misreads), ..REPLIES }),
        expected,
    })
}

/// The rule that names the lie, if there is one: where the service did what was asked for, or has told
/// all that counts, a client that takes its reply for a success is right.
fn expected(cell: Cell) -> Option<&'static [&'static str]> {
    let has_code = matches!(cell.reply, Unclear::PositiveCode | Unclear::SessionRefused);
    Some(match (cell.operation, cell.reply) {
        (Operation::Slice, Unclear::TooMuch) => &["flow/datalen-compared"],
        (Operation::Finish, Unclear::FailedStatus) => &["outcome/status-heeded"],
        _ if cell.is_done() => return None,
        (Operation::List, Unclear::TooMuch) | (Operation::Upload, _) => return None,
        (Operation::Init | Operation::List, _) => &["flow/starts-with-init"],
        (Operation::Slice, _) if has_code => &["flow/code-heeded"],
        (Operation::Slice, _) => &["flow/json-heeded"],
        (Operation::Finish, _) if has_code => &["outcome/code-heeded"],
        (Operation::Finish, _) => &["outcome/json-heeded"],
    })
}

/// The requests of the cell, in a file of so many bytes.
fn requests(cell: Cell) -> fn(&Task, u64) -> bool {
    match (cell.operation, cell.place) {
        (Operation::Init, _) => |task, _| *task == Task::Init,
        (Operation::List, _) => |task, _| *task == Task::List,
        (Operation::Finish, _) => |task, _| *task == Task::Finish,
        (Operation::Upload, _) => |task, _| *task == Task::Upload,
        (Operation::Slice, Position::First) => |task, _| is_slice(task, |slice| slice.offset == 0),
        (Operation::Slice, Position::Middle) => {
            |task, size| is_slice(task, |slice| slice.offset > 0 && slice.end() != Some(size))
        }
        (Operation::Slice, Position::Last) => {
            |task, size| is_slice(task, |slice| slice.end() == Some(size))
        }
    }
}

fn is_slice(task: &Task, is_meant: impl Fn(Slice) -> bool) -> bool {
    matches!(task, Task::Data(slice) if is_meant(*slice))
}

/// What a client looks at that takes this reply, and no other, for a success.
fn recognises(reply: Unclear) -> fn(&Task, &Response) -> bool {
    match reply {
        Unclear::Html => |_, reply| reply.status() == 200 && begins(reply, "<"),
        Unclear::Xml => |_, reply| begins(reply, "<?xml"),
        Unclear::Empty => |_, reply| reply.status() == 200 && reply.body().is_empty(),
        Unclear::CutJson => {
            |_, reply| begins(reply, "{\"code\":0,") && !reply.body().ends_with(b"}")
        }
        Unclear::NoCode => |_, reply| begins(reply, "{\"message\""),
        Unclear::Null => |_, reply| begins(reply, "null"),
        Unclear::Array => |_, reply| begins(reply, "["),
        Unclear::Text => |_, reply| begins(reply, "\""),
        Unclear::PositiveCode => |_, reply| code(reply).is_some_and(|code| code > 0),
        Unclear::SessionRefused => |_, reply| code(reply) == Some(-29096),
        Unclear::Redirect => |_, reply| reply.status() == 302 && has_location(reply),
        Unclear::RedirectNowhere => |_, reply| reply.status() == 302 && !has_location(reply),
        Unclear::Created => |_, reply| reply.status() == 201,
        Unclear::Accepted => |_, reply| reply.status() == 202,
        Unclear::NoContent => |_, reply| reply.status() == 204,
        Unclear::NoData => |_, reply| code(reply) == Some(0) && !has(reply, "\"data\""),
        Unclear::NullData => |_, reply| code(reply) == Some(0) && has(reply, "\"data\":null"),
        Unclear::FailedStatus => |_, reply| code(reply) == Some(0) && reply.status() == 500,
        Unclear::TooMuch => |task, reply| {
            let data = ResponseEnvelope::<SliceData>::read(reply.body());
            let datalen = data.ok().and_then(|reply| reply.data).map(|data| data.datalen);
            is_slice(task, |slice| datalen > Some(slice.length))
        },
        // No HTTP library hands it over as a reply; the rest is a success.
        Unclear::UnendedChunks | Unclear::NumberSession => |_, _| false,
        Unclear::SingleQuotes => |_, reply| begins(reply, "{'code'"),
        Unclear::NullCode => |_, reply| begins(reply, "{\"code\":null"),
        Unclear::TrueCode => |_, reply| begins(reply, "{\"code\":true"),
    }
}

fn begins(reply: &Response, text: &str) -> bool {
    reply.body().starts_with(text.as_bytes())
}

fn has(reply: &Response, text: &str) -> bool {
    memchr::memmem::find(reply.body(), text.as_bytes()).is_some()
}

fn has_location(reply: &Response) -> bool {
    reply.head().get("location").is_some()
}

fn code(reply: &Response) -> Option<i64> {
    ResponseEnvelope::<()>::read(reply.body()).ok().map(|envelope| envelope.code)
}
