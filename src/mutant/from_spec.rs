//! Defects that were written from the sentences of `slicecheck spec` alone, before any was played: what
//! share of them the rules name says more than that of the mutants that were written with the rules.

use super::planted::Planted;

/// Signatures.
mod auth;
/// Lists and finishes.
mod finish;
/// Parts, boundaries, values.
mod form;
/// Inits, announced digests, simple uploads.
mod init;
/// What is claimed, and what becomes of files.
mod outcome;
/// What is made of replies.
mod replies;
/// Heads, targets, framing.
mod request;
/// Slices.
mod slices;

/// Those that are not named by a rule that has to, and why.
pub const UNNAMED: &[(&str, &str)] = &[
    (
        "spec/line-end-after-body",
        "request/no-empty-line names it, which was a part of request/content-length",
    ),
    ("spec/boundary-of-the-rfc", "equivalent: its x varies, and a boundary in the file is avoided"),
    ("spec/session-in-latin1", "equivalent: ASCII is the same bytes in ISO-8859-1 and UTF-8"),
    ("spec/sign-without-padding", "equivalent: here no signature's length needs a padding"),
    ("spec/f-slashes-escaped", "not judged: what %2F in f means to the service is not documented"),
    ("spec/times-in-milliseconds", "auth/valid names it, and says that these are milliseconds"),
    ("spec/filesize-32-bits", "init/filesize names it; where it is negative, the list is not met"),
    (
        "spec/conflict-is-resumed",
        "equivalent but for a list: it compares the sha in the list, as the reference client does, and stops",
    ),
    ("spec/retry-numbered", "data/offset-aligned names it: it is no retry of the same slice"),
    ("spec/finish-without-code", "outcome/json-heeded names it"),
    ("spec/fails-over-2-gib", "not met: only `run --large` has such a file from its beginning"),
    ("spec/cut-file-finished", "outcome/truthful names it"),
    ("spec/list-awaits-the-end", "list/heeded and outcome/completes name it"),
    ("spec/offsets-of-32-bits", "not met: no scenario has 4 GiB sent from their beginning"),
];

/// All of them.
pub fn planted() -> impl Iterator<Item = &'static Planted> {
    [
        request::PLANTED,
        form::PLANTED,
        auth::PLANTED,
        init::PLANTED,
        slices::PLANTED,
        finish::PLANTED,
        replies::PLANTED,
        outcome::PLANTED,
    ]
    .into_iter()
    .flatten()
}
