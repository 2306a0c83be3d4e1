use slicecheck::client::{ClientPolicy, InitPolicy, SlicingPolicy, Task};
use slicecheck::protocol::{Dialect, Part, md5_hex};

use super::{Manner, PLAIN, REFERENCE, edited};

const LIST_FIRST: (&str, &str) = (
    "list/after-refusal",
    "init says whether there is anything to list, so that the question costs an exchange; SDKs ask it nevertheless",
);
const SLICE_SIZE: (&str, &str) = (
    "init/slice-size",
    "the error table refuses all but one megabyte, older pages allow it: it works or not, as the service is",
);

/// A client that asks for slices of another size, and takes those that it is granted.
macro_rules! asking {
    ($size:literal) => {
        edited(|outgoing| {
            if outgoing.task == Task::Init {
                outgoing.request.edit(|form| form.set("slice_size", $size))?;
            }
            Some(())
        })
    };
}

pub(super) const MANNERS: &[Manner] = &[
    Manner {
        what: "slices are sent in parallel",
        source: "SEED L88, SDK §3.2",
        policy: ClientPolicy::PARALLEL,
        scenario: "happy/large",
        ..PLAIN
    },
    Manner {
        what: "the shorter last slice is sent first",
        source: "SEED L88, WIRE §9.6",
        policy: ClientPolicy::BACKWARDS,
        ..PLAIN
    },
    Manner {
        what: "the shorter last slice is sent first, in parallel with others",
        source: "SEED L88, WIRE §9.6",
        policy: ClientPolicy {
            slicing: SlicingPolicy { in_flight: 10, ..ClientPolicy::BACKWARDS.slicing },
            ..REFERENCE
        },
        scenario: "happy/large",
        ..PLAIN
    },
    Manner {
        what: "the list is asked for before init",
        source: "SDK §9.2: some list before every init",
        policy: ClientPolicy::LISTING_FIRST,
        told: &[LIST_FIRST],
        ..PLAIN
    },
    Manner {
        what: "the list is asked for before init, where an upload is unfinished",
        source: "SDK §9.2: some list before every init",
        policy: ClientPolicy::LISTING_FIRST,
        scenario: "resume/hole-in-the-middle",
        told: &[LIST_FIRST],
        ..PLAIN
    },
    Manner {
        what: "what is missing is sent in parallel",
        source: "SEED L5, L88",
        policy: ClientPolicy::PARALLEL,
        scenario: "resume/hole-in-the-middle",
        ..PLAIN
    },
    Manner {
        what: "digests are announced",
        source: "DOC17 6067",
        policy: ClientPolicy::WITH_SHA,
        ..PLAIN
    },
    Manner {
        what: "digests are announced, and slices sent in parallel",
        source: "DOC17 6067",
        policy: ClientPolicy { init: ClientPolicy::WITH_SHA.init, ..ClientPolicy::PARALLEL },
        scenario: "happy/one-byte-more",
        ..PLAIN
    },
    Manner {
        what: "slices carry their MD5",
        source: "SDK SliceUploading.php:155",
        policy: edited(|outgoing| {
            if matches!(outgoing.task, Task::Data(_)) {
                outgoing.request.edit(|form| {
                    let digest = md5_hex(form.value("filecontent")?);
                    form.push(Part::new("datamd5", digest));
                    Some(())
                })?;
            }
            Some(())
        }),
        told: &[(
            "form/known-fields",
            "one SDK sends datamd5 and the service takes it, but no page has it: worth knowing, and no more",
        )],
        ..PLAIN
    },
    Manner {
        what: "attributes and insertOnly are sent with init",
        source: "DOC16 6067, DOC17 6067",
        policy: ClientPolicy {
            init: InitPolicy {
                extra: &[("biz_attr", "a note; with = and &"), ("insertOnly", "1")],
                ..REFERENCE.init
            },
            ..REFERENCE
        },
        ..PLAIN
    },
    Manner {
        what: "another object is replaced",
        source: "DOC16 6067",
        policy: ClientPolicy::OVERWRITING,
        scenario: "existing/other-file-replaced",
        ..PLAIN
    },
    Manner {
        what: "the file is sent in one request",
        source: "DOC17 6066",
        policy: ClientPolicy::IN_ONE_REQUEST,
        scenario: "happy/one-slice",
        ..PLAIN
    },
    Manner {
        what: "the file is sent in one request, with its digest",
        source: "DOC17 6066",
        policy: ClientPolicy {
            init: InitPolicy {
                first: ClientPolicy::IN_ONE_REQUEST.init.first,
                ..ClientPolicy::WITH_SHA.init
            },
            ..REFERENCE
        },
        scenario: "happy/one-slice",
        ..PLAIN
    },
    Manner {
        what: "slices of half a megabyte are asked for",
        source: "DOC16 6067",
        policy: asking!("524288"),
        told: &[SLICE_SIZE],
        ..PLAIN
    },
    Manner {
        what: "slices of three megabytes are asked for",
        source: "DOC16 6067",
        policy: asking!("3145728"),
        told: &[SLICE_SIZE],
        ..PLAIN
    },
    Manner {
        what: "a slice whose reply was lost is sent again",
        source: "SDK §9.2",
        policy: ClientPolicy::PARALLEL,
        scenario: "transport/slice-reply-lost",
        ..PLAIN
    },
    Manner {
        what: "an upload that was forgotten is begun again",
        source: "ERR -29096",
        policy: ClientPolicy::RESTARTING,
        scenario: "session/forgotten",
        ..PLAIN
    },
    Manner {
        what: "a client takes its time before another attempt",
        source: "ERR -71",
        policy: ClientPolicy::PATIENT,
        scenario: "faults/slice-503-once",
        ..PLAIN
    },
    Manner {
        what: "requests are those of the Java SDK, whose list is JSON",
        source: "SDK FileOp.java:537",
        policy: REFERENCE.speaking(Dialect::JAVA),
        scenario: "resume/hole-in-the-middle",
        told: &[
            ("form/part-headers", "none of them is needed; the service takes those of this SDK"),
            (
                "form/field-case",
                "the pages write filecontent; the service takes the letters of this SDK",
            ),
            ("list/multipart", "the pages have a form; the service takes the JSON of this SDK"),
        ],
        ..PLAIN
    },
    Manner {
        what: "requests are those of the PHP SDK, which asks about large bodies",
        source: "SDK §9.1",
        policy: REFERENCE.speaking(Dialect::PHP),
        ..PLAIN
    },
    Manner {
        what: "requests are those of the Python SDK, which signs the object",
        source: "SDK §9.1",
        policy: REFERENCE.speaking(Dialect::PYTHON),
        told: &[(
            "form/text-without-filename",
            "the service takes the filenames of this SDK, and other readers store such texts as files",
        )],
        ..PLAIN
    },
];
