//! What goes wrong in uploads that take another course than a plain one: a client may send slices in a second
//! place of its code, and not look at replies there.
//!
//! Each course meets each trouble, but for those pairs that say nothing new.

use super::transport::closed;
use super::{Entry, MIB, Scenario, WITH_SHA, lax, plain, strict};
use crate::server::{
    Behaviour, Fault, Preexisting, Reaction, SessionForm, SliceSize, Storing, Trigger,
};

/// How an upload goes that nothing is wrong with.
struct Course {
    name: &'static str,
    summary: &'static str,
    /// With the behaviour of the service, but for its faults and its finish.
    entry: fn() -> Entry,
    troubles: &'static [Trouble],
}

/// What goes wrong in it.
struct Trouble {
    name: &'static str,
    summary: &'static str,
    /// The faults, and what finish notices.
    behaviour: fn() -> Behaviour,
}

const ALL: &[Trouble] = &[SLICE_REFUSED, SLICE_ALTERED, SLICE_503_ONCE, FINISH_REFUSED];

const COURSES: [Course; 9] = [
    Course {
        name: "resumed",
        summary: "init answers -4019, and the first slice is there",
        entry: || Entry {
            behaviour: Behaviour {
                preexisting: Preexisting::Unfinished(vec![0]),
                ..Behaviour::default()
            },
            control: Some("resume/init-in-progress"),
            ..plain()
        },
        troubles: ALL,
    },
    Course {
        name: "serial",
        summary: "the service asks for one data request at a time",
        entry: || Entry {
            behaviour: Behaviour { serial_upload: Some(true), ..Behaviour::default() },
            control: Some("happy/last-slice-short"),
            ..plain()
        },
        // Beside another attempt at a slice in front, the next one would be under way.
        troubles: &[SLICE_REFUSED, SLICE_ALTERED, SLICE_503_ONCE, FIRST_503_ONCE, FINISH_REFUSED],
    },
    Course {
        name: "one-slice",
        summary: "the file is one slice",
        entry: || Entry { size: 345_678, control: Some("happy/one-slice"), ..plain() },
        // Many clients send such a file in one request, which is to the service what finish is.
        troubles: &[
            SLICE_REFUSED,
            SLICE_ALTERED,
            SLICE_503_ONCE,
            FINISH_REFUSED,
            FINISH_503_ONCE,
            FINISH_HTML,
            FINISH_WITHOUT_CODE,
            FINISH_LOST,
            FINISH_OCCUPIED,
        ],
    },
    Course {
        name: "exact-multiple",
        summary: "the last of three slices is as long as the others",
        entry: || Entry { size: 3 * MIB, control: Some("happy/exact-multiple"), ..plain() },
        troubles: ALL,
    },
    Course {
        name: "sha",
        summary: "the client is asked for sha and uploadparts",
        entry: || Entry { wishes: WITH_SHA, control: Some("sha/upload"), ..plain() },
        // The other one is `sha/slice-503-once`.
        troubles: &[SLICE_REFUSED, SLICE_ALTERED, FINISH_REFUSED],
    },
    Course {
        name: "smaller-slices",
        summary: "the service answers half of the slice_size that was asked for",
        entry: || Entry {
            behaviour: Behaviour { slice_size: SliceSize::Fixed(524_288), ..Behaviour::default() },
            control: Some("server-choice/smaller-slice-size"),
            ..plain()
        },
        troubles: ALL,
    },
    Course {
        name: "special-key",
        summary: "the key has a space, a plus, a percent sign and letters outside of ASCII",
        entry: || Entry {
            key: "/slicecheck/zusammen 50%25 + ünï 目录.bin",
            control: Some("key/plus-and-percent"),
            ..plain()
        },
        troubles: ALL,
    },
    Course {
        name: "opaque-session",
        summary: "the session has characters in it that mean something in forms and addresses",
        entry: || Entry {
            behaviour: Behaviour { session: SessionForm::Reserved, ..Behaviour::default() },
            control: Some("server-choice/opaque-session"),
            ..plain()
        },
        // A session is written once more only where something is sent once more.
        troubles: &[SLICE_503_ONCE],
    },
    Course {
        name: "above-20-mib",
        summary: "the file has 21 MiB, one more than is taken in one request",
        entry: || Entry { size: 21 * MIB, control: Some("large/above-20-mib"), ..plain() },
        // Who sends whole files up to there has no other slices; each of these sends all of them.
        troubles: &[SLICE_REFUSED, SLICE_ALTERED, SLICE_503_ONCE, FINISH_REFUSED],
    },
];

const SLICE_REFUSED: Trouble = Trouble {
    name: "slice-refused",
    summary: "the last slice is answered with HTTP 200 and -97 each time; finish would not notice",
    behaviour: || lax([Fault::always(Trigger::LAST_SLICE, Reaction::refusal(200, -97))]),
};

const SLICE_ALTERED: Trouble = Trouble {
    name: "slice-altered",
    summary: "one bit of the last slice is stored wrong the first time, which datamd5 in its reply tells",
    behaviour: || strict([Fault::once(Trigger::LAST_SLICE, Reaction::stored(Storing::Altered))]),
};

const SLICE_503_ONCE: Trouble = Trouble {
    name: "slice-503-once",
    summary: "the last slice is answered with HTTP 503 the first time",
    behaviour: || strict([Fault::once(Trigger::LAST_SLICE, Reaction::refusal(503, -5997))]),
};

const FIRST_503_ONCE: Trouble = Trouble {
    name: "first-slice-503-once",
    summary: "the first slice is answered with HTTP 503 the first time",
    behaviour: || strict([Fault::once(Trigger::slice(0), Reaction::refusal(503, -5997))]),
};

const FINISH_503_ONCE: Trouble = Trouble {
    name: "finish-503-once",
    summary: "finish, or the only request, is answered with HTTP 503 the first time",
    behaviour: || strict([Fault::once(Trigger::Finish, Reaction::refusal(503, -5997))]),
};

const FINISH_HTML: Trouble = Trouble {
    name: "finish-html",
    summary: "finish, or the only request, is answered with HTTP 200 and a page of HTML each time",
    behaviour: || {
        let page = "<html><body>Welcome</body></html>";
        strict([Fault::always(Trigger::Finish, Reaction::foreign(200, page))])
    },
};

const FINISH_WITHOUT_CODE: Trouble = Trouble {
    name: "finish-without-code",
    summary: "finish, or the only request, is answered with HTTP 200 and JSON without a code each time",
    behaviour: || {
        let body = "{\"message\":\"busy\",\"data\":{}}";
        strict([Fault::always(Trigger::Finish, Reaction::foreign(200, body))])
    },
};

const FINISH_LOST: Trouble = Trouble {
    name: "finish-lost",
    summary: "finish, or the only request, is not done, and its connection closed without a reply each time",
    behaviour: || strict([Fault::always(Trigger::Finish, closed())]),
};

const FINISH_OCCUPIED: Trouble = Trouble {
    name: "finish-occupied",
    summary: "finish, or the only request, is answered with -177 each time: another file is there",
    behaviour: || strict([Fault::always(Trigger::Finish, Reaction::refusal(409, -177))]),
};

const FINISH_REFUSED: Trouble = Trouble {
    name: "finish-refused",
    summary: "finish is answered with HTTP 200 and -97 each time",
    behaviour: || strict([Fault::always(Trigger::Finish, Reaction::refusal(200, -97))]),
};

pub(super) fn scenarios() -> impl Iterator<Item = Scenario> {
    COURSES
        .iter()
        .flat_map(|course| course.troubles.iter().map(|trouble| together(course, trouble)))
}

fn together(course: &Course, trouble: &Trouble) -> Scenario {
    let entry = (course.entry)();
    let Behaviour { faults, finish, .. } = (trouble.behaviour)();
    let mut scenario = Scenario::from(Entry {
        behaviour: Behaviour { finish, faults, ..entry.behaviour },
        ..entry
    });
    scenario.id = format!("combined/{}-{}", course.name, trouble.name);
    scenario.summary = format!("{}; {}", course.summary, trouble.summary);
    if scenario.setup.key == plain().key {
        scenario.setup.key = format!("/slicecheck/{}-{}.bin", course.name, trouble.name);
    }
    scenario
}
