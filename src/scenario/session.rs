use super::{Entry, MIB, plain, strict};
use crate::protocol::{DEFAULT_SLICE_SIZE, Delivery};
use crate::server::{Behaviour, Fault, Reaction, SessionForm, SliceSize, Storing, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        // Sessions of the API before this one ended in base64 [V1, §2.3].
        looking(
            "session/base64",
            "the session is base64, with a plus, a slash and an equals sign",
            SessionForm::Base64,
        ),
        looking(
            "session/percent-signs",
            "the session has percent signs in it, which escape nothing",
            SessionForm::Percent,
        ),
        // The seed page types the session as a Number [SEED L89].
        looking(
            "session/digits",
            "the session is a string of digits that no number type holds",
            SessionForm::Digits,
        ),
        looking("session/long", "the session has 1024 characters", SessionForm::Long),
        forgotten(),
        forgotten_then_smaller(),
        always_forgotten(),
    ]
}

fn looking(id: &'static str, summary: &'static str, session: SessionForm) -> Entry {
    Entry {
        id,
        summary,
        size: MIB + 1,
        key: "/slicecheck/session.bin",
        behaviour: Behaviour { session, ..Behaviour::default() },
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn forgotten() -> Entry {
    Entry {
        id: "session/forgotten",
        summary: "the service forgets the upload at the second slice, and refuses the session: a new init \
              would be granted a new one",
        key: "/slicecheck/session-forgotten.bin",
        // How long a session lives, no document says [§3.3].
        behaviour: strict([forgotten_once()]),
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

/// Who keeps the slices of the first upload leaves gaps, or sends what the second one has no place for.
fn forgotten_then_smaller() -> Entry {
    Entry {
        id: "session/forgotten-then-smaller-slices",
        summary: "the service forgets the upload at the second slice, and refuses the session: a new init is \
              granted slices of half the size",
        key: "/slicecheck/session-forgotten-then-smaller-slices.bin",
        behaviour: Behaviour {
            slice_size: SliceSize::Changes {
                first: DEFAULT_SLICE_SIZE,
                later: DEFAULT_SLICE_SIZE / 2,
            },
            ..strict([forgotten_once()])
        },
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

/// The upload is forgotten at the second slice.
pub(super) fn forgotten_once() -> Fault {
    let forgotten = Reaction::stored(Storing::Forgotten);
    // Held back, so that it can be told who went on without having heard.
    Fault::once(Trigger::slice(1), Reaction { delivered: Delivery::Held, ..forgotten })
}

fn always_forgotten() -> Entry {
    Entry {
        id: "session/forgotten-always",
        summary: "the service forgets the upload at the second slice, and refuses the session, however often a \
              new one is granted",
        key: "/slicecheck/session-forgotten-always.bin",
        behaviour: strict([Fault::always(Trigger::slice(1), Reaction::stored(Storing::Forgotten))]),
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}
