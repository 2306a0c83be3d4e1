use super::{PLAIN, Scenario, lax, strict};
use crate::protocol::Delivery;
use crate::server::{Behaviour, Fault, FaultKind, Preexisting, Trigger};

pub(super) const SCENARIOS: &[Scenario] = &[
    SLICE_503_ONCE,
    SLICE_CODE_ALWAYS,
    SLICE_CODE_WITH_DATA,
    LAST_SLICE_CODE_ALWAYS,
    SLICE_500_ALWAYS,
    SLICE_RESET,
    SLICE_RESET_ALWAYS,
    SLICE_REPLY_TRUNCATED,
    SLICE_HTML,
    INIT_REFUSED,
    INIT_CODE_ALWAYS,
    INIT_503_ONCE,
    LIST_503_ALWAYS,
    FINISH_REFUSED,
    FINISH_REPLY_TRUNCATED,
    FINISH_HTML,
    FINISH_503_ONCE,
    FINISH_RESET_ALWAYS,
];

/// What these scenarios have in common.
const FAULTY: Scenario = Scenario { control: Some("happy/last-slice-short"), ..PLAIN };

const SLICE_503_ONCE: Scenario = Scenario {
    id: "faults/slice-503-once",
    summary: "the second slice is answered with HTTP 503 the first time",
    key: "/slicecheck/slice-503-once.bin",
    behaviour: strict(&[Fault::once(Trigger::Slice(1), FaultKind::refuse(503, -5997))]),
    ..FAULTY
};

const SLICE_CODE_ALWAYS: Scenario = Scenario {
    id: "faults/slice-code-always",
    summary: "the second slice is answered with HTTP 200 and a code that is not 0, each time; \
              finish would not notice",
    key: "/slicecheck/slice-code-always.bin",
    behaviour: lax(&[Fault::always(Trigger::Slice(1), FaultKind::refuse(200, -21095))]),
    ..FAULTY
};

const SLICE_CODE_WITH_DATA: Scenario = Scenario {
    id: "faults/slice-code-with-data",
    summary: "the second slice is answered with a code that is not 0, each time, and with all the \
              data of a success; finish would not notice",
    key: "/slicecheck/slice-code-with-data.bin",
    behaviour: lax(&[Fault::always(Trigger::Slice(1), FaultKind::RefuseWithData { code: -21095 })]),
    ..FAULTY
};

const LAST_SLICE_CODE_ALWAYS: Scenario = Scenario {
    id: "faults/last-slice-code-always",
    summary: "the last slice is answered with HTTP 200 and a code that is not 0, each time; \
              finish would not notice",
    key: "/slicecheck/last-slice-code-always.bin",
    behaviour: lax(&[Fault::always(Trigger::Slice(2), FaultKind::refuse(200, -21095))]),
    ..FAULTY
};

const SLICE_500_ALWAYS: Scenario = Scenario {
    id: "faults/slice-500-always",
    summary: "the first slice is answered with HTTP 500 each time; finish would not notice",
    key: "/slicecheck/slice-500-always.bin",
    behaviour: lax(&[Fault::always(Trigger::Slice(0), FaultKind::refuse(500, -195))]),
    ..FAULTY
};

const SLICE_RESET: Scenario = Scenario {
    id: "faults/slice-reset",
    summary: "the connection is reset on the second slice the first time; finish would not notice",
    key: "/slicecheck/slice-reset.bin",
    behaviour: lax(&[Fault::once(Trigger::Slice(1), FaultKind::Reset)]),
    ..FAULTY
};

const SLICE_RESET_ALWAYS: Scenario = Scenario {
    id: "faults/slice-reset-always",
    summary: "the connection is reset on the second slice each time; finish would not notice",
    key: "/slicecheck/slice-reset-always.bin",
    behaviour: lax(&[Fault::always(Trigger::Slice(1), FaultKind::Reset)]),
    ..FAULTY
};

const SLICE_REPLY_TRUNCATED: Scenario = Scenario {
    id: "faults/slice-reply-truncated",
    summary: "the reply to the second slice ends in the middle, the first time",
    key: "/slicecheck/slice-reply-truncated.bin",
    behaviour: strict(&[Fault::once(
        Trigger::Slice(1),
        FaultKind::Deliver(Delivery::Truncated(40)),
    )]),
    ..FAULTY
};

const SLICE_HTML: Scenario = Scenario {
    id: "faults/slice-html-always",
    summary: "the second slice is answered with HTTP 200 and a page of HTML each time; finish would \
              not notice",
    key: "/slicecheck/slice-html-always.bin",
    behaviour: lax(&[Fault::always(
        Trigger::Slice(1),
        FaultKind::Foreign(200, "<html><body>please log in</body></html>"),
    )]),
    ..FAULTY
};

const INIT_REFUSED: Scenario = Scenario {
    id: "faults/init-refused",
    summary: "init is refused for good: the bucket does not exist",
    key: "/slicecheck/init-refused.bin",
    behaviour: strict(&[Fault::always(Trigger::Init, FaultKind::refuse(404, -133))]),
    ..FAULTY
};

const INIT_503_ONCE: Scenario = Scenario {
    id: "faults/init-503-once",
    summary: "init is answered with HTTP 503 and a page of HTML the first time",
    key: "/slicecheck/init-503-once.bin",
    behaviour: strict(&[Fault::once(
        Trigger::Init,
        FaultKind::Foreign(503, "<html><body>503 Service Unavailable</body></html>"),
    )]),
    ..FAULTY
};

const FINISH_REFUSED: Scenario = Scenario {
    id: "faults/finish-refused",
    summary: "finish is answered with HTTP 200 and a code that is not 0, each time",
    key: "/slicecheck/finish-refused.bin",
    behaviour: strict(&[Fault::always(Trigger::Finish, FaultKind::refuse(200, -21095))]),
    ..FAULTY
};

const FINISH_REPLY_TRUNCATED: Scenario = Scenario {
    id: "faults/finish-reply-truncated",
    summary: "the reply to finish ends in the middle, the first time",
    key: "/slicecheck/finish-reply-truncated.bin",
    behaviour: strict(&[Fault::once(Trigger::Finish, FaultKind::Deliver(Delivery::Truncated(60)))]),
    ..FAULTY
};

const FINISH_HTML: Scenario = Scenario {
    id: "faults/finish-html",
    summary: "finish is answered with HTTP 502 and a page of HTML each time",
    key: "/slicecheck/finish-html.bin",
    behaviour: strict(&[Fault::always(
        Trigger::Finish,
        FaultKind::Foreign(502, "<html><body>502 Bad Gateway</body></html>"),
    )]),
    ..FAULTY
};

const INIT_CODE_ALWAYS: Scenario = Scenario {
    id: "faults/init-code-always",
    summary: "init is answered with HTTP 200 and a code that is not 0, each time",
    key: "/slicecheck/init-code-always.bin",
    behaviour: strict(&[Fault::always(Trigger::Init, FaultKind::refuse(200, -21095))]),
    ..FAULTY
};

const LIST_503_ALWAYS: Scenario = Scenario {
    id: "faults/list-503-always",
    summary: "init answers -4019, and the list of slices is answered with HTTP 503 each time",
    key: "/slicecheck/list-503-always.bin",
    behaviour: Behaviour {
        preexisting: Preexisting::Unfinished(&[0]),
        ..strict(&[Fault::always(Trigger::List, FaultKind::refuse(503, -5997))])
    },
    control: Some("resume/init-in-progress"),
    ..FAULTY
};

const FINISH_503_ONCE: Scenario = Scenario {
    id: "faults/finish-503-once",
    summary: "finish is answered with HTTP 503 the first time",
    key: "/slicecheck/finish-503-once.bin",
    behaviour: strict(&[Fault::once(Trigger::Finish, FaultKind::refuse(503, -5997))]),
    ..FAULTY
};

const FINISH_RESET_ALWAYS: Scenario = Scenario {
    id: "faults/finish-reset-always",
    summary: "the connection is reset on finish, each time",
    key: "/slicecheck/finish-reset-always.bin",
    behaviour: strict(&[Fault::always(Trigger::Finish, FaultKind::Reset)]),
    ..FAULTY
};
