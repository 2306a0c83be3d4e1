use super::{Mutant, REPLIES, RESUME, SLICING, edits_form, replies, resume, slicing};
use crate::client::{ClientPolicy, Forgotten, ReplyPolicy, ResumePolicy, SlicingPolicy, Task};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "session/lower-case",
        summary: "the session is kept in lower case",
        policy: kept(str::to_ascii_lowercase),
        expected: &["data/session"],
    },
    Mutant {
        id: "session/upper-case",
        summary: "the session is kept in upper case",
        policy: kept(str::to_ascii_uppercase),
        expected: &["data/session"],
    },
    Mutant {
        id: "session/percent-encoded",
        summary: "the session is percent-encoded, as if it went into a query",
        policy: kept(|session| {
            // The percent sign first: the others bring more of them.
            session.replace('%', "%25").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
        }),
        expected: &["data/session"],
    },
    Mutant {
        id: "session/percent-decoded",
        summary: "escapes in the session are decoded",
        // The percent sign last: otherwise some escapes would be decoded twice.
        policy: kept(|session| session.replace("%2B", "+").replace("%25", "%")),
        expected: &["data/session"],
    },
    Mutant {
        id: "session/plus-as-space",
        summary: "a plus in the session becomes a space",
        policy: kept(|session| session.replace('+', " ")),
        expected: &["data/session"],
    },
    Mutant {
        id: "session/padding-trimmed",
        summary: "equals signs at the end of the session are trimmed",
        policy: kept(|session| session.trim_end_matches('=').to_owned()),
        expected: &["data/session"],
    },
    Mutant {
        id: "session/cut",
        summary: "the session is kept in a column of 128 characters",
        // Those of 2017 have 192 [§2.3].
        policy: kept(|session| session.chars().take(128).collect()),
        expected: &["data/session"],
    },
    Mutant {
        id: "session/quoted",
        summary: "the session is sent as JSON, with quotes around it",
        policy: kept(|session| format!("\"{session}\"")),
        expected: &["data/session"],
    },
    Mutant {
        id: "session/as-number",
        summary: "the session is read as a number, as the page types it",
        policy: kept(|session| {
            let digits: String = session.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u64>().unwrap_or_default().to_string()
        }),
        expected: &["data/session"],
    },
    Mutant {
        id: "session/missing-on-data",
        summary: "slices are sent without their session",
        policy: edits_form!(Task::Data(_), |form| form.remove("session")),
        expected: &["data/session"],
    },
    Mutant {
        id: "session/missing-on-finish",
        summary: "finish is sent without its session",
        policy: edits_form!(Task::Finish, |form| form.remove("session")),
        expected: &["finish/session"],
    },
    Mutant {
        id: "session/empty-on-finish",
        summary: "the session has been cleared when finish is sent",
        policy: edits_form!(Task::Finish, |form| form.set("session", "")),
        expected: &["finish/session"],
    },
    Mutant {
        id: "session/old-after-restart",
        summary: "when the service has forgotten the upload, the session of the new one is not looked at",
        policy: resume(ResumePolicy { forgotten: Forgotten::KeepSession, ..RESUME }),
        expected: &["data/session"],
    },
    Mutant {
        id: "session/old-progress-after-restart",
        summary: "when the service has forgotten the upload, only the slices that it had not acknowledged are sent \
                  with the new session",
        policy: resume(ResumePolicy { forgotten: Forgotten::KeepProgress, ..RESUME }),
        expected: &["finish/after-all-slices"],
    },
    Mutant {
        id: "session/restarts-endlessly",
        summary: "whenever the service has forgotten the upload, a new one is opened",
        policy: resume(ResumePolicy { forgotten: Forgotten::RestartEndlessly, ..RESUME }),
        expected: &["flow/retries-bounded", "outcome/within-bounds"],
    },
    Mutant {
        id: "session/undefined-after-instant-hit",
        summary: "a reply to init with the address of the finished object is read for its session, which is \
                  undefined",
        policy: replies(ReplyPolicy { sees_instant_hit: false, ..REPLIES }),
        expected: &["flow/starts-with-init", "flow/instant-hit-ends"],
    },
];

/// A client that keeps the session otherwise.
const fn kept(session: fn(&str) -> String) -> ClientPolicy {
    slicing(SlicingPolicy { session, ..SLICING })
}
