use super::{Entry, MIB, plain, strict};
use crate::protocol::Delivery;
use crate::server::{Behaviour, Fault, Reaction, ReplyEncoding, SessionForm, SliceSize, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        smaller_slices(),
        larger_slices(),
        one_slice_for_all(),
        slice_size_absent(),
        slice_size_string(),
        slice_size_zero(),
        other_size_asked(),
        session(),
        serial(),
        parallel(),
    ]
}

fn smaller_slices() -> Entry {
    Entry {
        id: "server-choice/smaller-slice-size",
        summary: "the service answers a smaller slice_size than was asked for",
        key: "/slicecheck/smaller-slices.bin",
        behaviour: Behaviour { slice_size: SliceSize::Fixed(524_288), ..Behaviour::default() },
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn session() -> Entry {
    Entry {
        id: "server-choice/opaque-session",
        summary: "the session has characters in it that mean something in forms and addresses",
        size: MIB + 1,
        key: "/slicecheck/opaque-session.bin",
        behaviour: Behaviour { session: SessionForm::Reserved, ..Behaviour::default() },
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn serial() -> Entry {
    Entry {
        id: "server-choice/serial-upload",
        summary: "the service asks for one data request at a time",
        size: 4 * MIB,
        key: "/slicecheck/serial-upload.bin",
        // Held back, the first replies show who does not wait for them, however quick the service is.
        behaviour: Behaviour {
            serial_upload: Some(true),
            ..strict([0, 1].map(|slice| {
                Fault::once(Trigger::slice(slice), Reaction::delivered(Delivery::Held))
            }))
        },
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn larger_slices() -> Entry {
    Entry {
        id: "server-choice/larger-slice-size",
        summary: "the service answers twice the slice_size that was asked for",
        size: 4 * MIB + 9,
        key: "/slicecheck/larger-slices.bin",
        behaviour: Behaviour { slice_size: SliceSize::Fixed(2_097_152), ..Behaviour::default() },
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn one_slice_for_all() -> Entry {
    Entry {
        id: "server-choice/slice-size-above-file",
        summary: "the service answers a slice_size that is larger than the file",
        key: "/slicecheck/one-slice-for-all.bin",
        // The largest size that a document has [§2.2].
        behaviour: Behaviour { slice_size: SliceSize::Fixed(3_145_728), ..Behaviour::default() },
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn slice_size_absent() -> Entry {
    Entry {
        id: "server-choice/slice-size-absent",
        summary: "the reply to init has a session, but no slice_size: the client may keep its own, or fail",
        // The table of the init page has neither session nor slice_size [§2.2].
        key: "/slicecheck/slice-size-absent.bin",
        behaviour: strict([written(ReplyEncoding::Without("slice_size".to_owned()))]),
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn slice_size_string() -> Entry {
    Entry {
        id: "server-choice/slice-size-string",
        summary: "the service answers a smaller slice_size, as a string of digits: the client may read it, or \
              fail",
        key: "/slicecheck/slice-size-string.bin",
        behaviour: Behaviour {
            slice_size: SliceSize::Fixed(524_288),
            ..strict([written(ReplyEncoding::Quoted("slice_size".to_owned()))])
        },
        control: Some("server-choice/smaller-slice-size"),
        ..plain()
    }
}

fn slice_size_zero() -> Entry {
    Entry {
        id: "server-choice/slice-size-zero",
        summary: "the reply to init has the slice_size 0: the client may keep its own, or fail",
        key: "/slicecheck/slice-size-zero.bin",
        behaviour: strict([written(ReplyEncoding::With("slice_size".to_owned(), "0".to_owned()))]),
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn other_size_asked() -> Entry {
    Entry {
        id: "server-choice/other-slice-size-asked",
        summary: "the client is told to ask for a slice_size of 524288, and gets it",
        slice_size: 524_288,
        key: "/slicecheck/other-slice-size-asked.bin",
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn parallel() -> Entry {
    Entry {
        id: "server-choice/parallel-upload",
        summary: "the service answers serial_upload 0: several data requests at a time are welcome",
        size: 4 * MIB,
        key: "/slicecheck/parallel-upload.bin",
        // Where it is absent, slices may be sent in parallel, too [§2.2].
        behaviour: Behaviour { serial_upload: Some(false), ..Behaviour::default() },
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn written(variant: ReplyEncoding) -> Fault {
    Fault::always(Trigger::Init, Reaction::encoded(variant))
}
