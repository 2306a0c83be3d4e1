use super::matrix::{SMALL_SLICES, TWELVE_SLICES};
use super::{Entry, MIB, lax, plain, strict};
use crate::protocol::Delivery;
use crate::server::{Behaviour, Fault, Preexisting, Reaction, Reply, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        slice_503_once(),
        each_slice_503_once(),
        slice_code_always(),
        slice_code_with_data(),
        last_slice_code_always(),
        slice_500_always(),
        slice_reset(),
        slice_reset_always(),
        slice_reply_truncated(),
        slice_html(),
        init_refused(),
        init_code_always(),
        init_503_once(),
        list_503_always(),
        finish_refused(),
        finish_reply_truncated(),
        finish_html(),
        finish_503_once(),
        finish_reset_always(),
    ]
}

/// What these scenarios have in common.
fn faulty() -> Entry {
    Entry { control: Some("happy/last-slice-short"), ..plain() }
}

fn slice_503_once() -> Entry {
    Entry {
        id: "faults/slice-503-once",
        summary: "the second slice is answered with HTTP 503 the first time",
        key: "/slicecheck/slice-503-once.bin",
        behaviour: strict([Fault::once(Trigger::slice(1), Reaction::refusal(503, -5997))]),
        ..faulty()
    }
}

/// Of six slices: who waits for seconds before each repetition still comes to its end in time.
fn each_slice_503_once() -> Entry {
    let slices = 0..6;
    Entry {
        id: "faults/each-slice-503-once",
        summary: "each of six slices is answered with HTTP 503 the first time",
        size: 2 * MIB + MIB / 2 + 12_345,
        slice_size: SMALL_SLICES,
        key: "/slicecheck/each-slice-503-once.bin",
        // A number of repetitions that all slices share is used up by a short failure of the service.
        behaviour: strict(
            slices
                .map(|slice| Fault::once(Trigger::slice(slice), Reaction::refusal(503, -5997)))
                .collect::<Vec<_>>(),
        ),
        ..faulty()
    }
}

fn slice_code_always() -> Entry {
    Entry {
        id: "faults/slice-code-always",
        summary: "the second slice is answered with HTTP 200 and a code that is not 0, each time; \
              finish would not notice",
        key: "/slicecheck/slice-code-always.bin",
        // For clients that go by the status first [§3.4]: with 200, only the code tells.
        behaviour: lax([Fault::always(Trigger::slice(1), Reaction::refusal(200, -21095))]),
        ..faulty()
    }
}

fn slice_code_with_data() -> Entry {
    Entry {
        id: "faults/slice-code-with-data",
        summary: "the second slice is answered with a code that is not 0, each time, and with all the \
              data of a success; finish would not notice",
        key: "/slicecheck/slice-code-with-data.bin",
        behaviour: lax([Fault::always(
            Trigger::slice(1),
            Reaction::nothing(Reply::CodeWithData(-21095)),
        )]),
        ..faulty()
    }
}

fn last_slice_code_always() -> Entry {
    Entry {
        id: "faults/last-slice-code-always",
        summary: "the last slice is answered with HTTP 200 and a code that is not 0, each time; \
              finish would not notice",
        key: "/slicecheck/last-slice-code-always.bin",
        behaviour: lax([Fault::always(Trigger::slice(2), Reaction::refusal(200, -21095))]),
        ..faulty()
    }
}

fn slice_500_always() -> Entry {
    Entry {
        id: "faults/slice-500-always",
        summary: "the first slice is answered with HTTP 500 each time; finish would not notice",
        key: "/slicecheck/slice-500-always.bin",
        behaviour: lax([Fault::always(Trigger::slice(0), Reaction::refusal(500, -195))]),
        ..faulty()
    }
}

fn slice_reset() -> Entry {
    Entry {
        id: "faults/slice-reset",
        summary: "the connection is reset on the second slice the first time; finish would not notice",
        key: "/slicecheck/slice-reset.bin",
        behaviour: lax([Fault::once(Trigger::slice(1), Reaction::reset())]),
        ..faulty()
    }
}

fn slice_reset_always() -> Entry {
    Entry {
        id: "faults/slice-reset-always",
        summary: "the connection is reset on the second slice each time; finish would not notice",
        key: "/slicecheck/slice-reset-always.bin",
        behaviour: lax([Fault::always(Trigger::slice(1), Reaction::reset())]),
        ..faulty()
    }
}

fn slice_reply_truncated() -> Entry {
    Entry {
        id: "faults/slice-reply-truncated",
        summary: "the reply to the second slice ends in the middle, the first time",
        key: "/slicecheck/slice-reply-truncated.bin",
        behaviour: strict([Fault::once(
            Trigger::slice(1),
            Reaction::delivered(Delivery::Truncated(40)),
        )]),
        ..faulty()
    }
}

fn slice_html() -> Entry {
    Entry {
        id: "faults/slice-html-always",
        summary: "a slice in the middle of twelve is answered with HTTP 200 and a page of HTML each time; \
              finish would not notice",
        size: TWELVE_SLICES,
        slice_size: SMALL_SLICES,
        key: "/slicecheck/slice-html-always.bin",
        // Not every body on this host is JSON [§1.6].
        behaviour: lax([Fault::always(
            Trigger::MIDDLE_SLICE,
            Reaction::foreign(200, "<html><body>please log in</body></html>"),
        )]),
        ..faulty()
    }
}

fn init_refused() -> Entry {
    Entry {
        id: "faults/init-refused",
        summary: "init is refused for good: the bucket does not exist",
        key: "/slicecheck/init-refused.bin",
        behaviour: strict([Fault::always(Trigger::Init, Reaction::refusal(404, -133))]),
        ..faulty()
    }
}

fn init_503_once() -> Entry {
    Entry {
        id: "faults/init-503-once",
        summary: "init is answered with HTTP 503 and a page of HTML the first time",
        key: "/slicecheck/init-503-once.bin",
        behaviour: strict([Fault::once(
            Trigger::Init,
            Reaction::foreign(503, "<html><body>503 Service Unavailable</body></html>"),
        )]),
        ..faulty()
    }
}

fn finish_refused() -> Entry {
    Entry {
        id: "faults/finish-refused",
        summary: "finish is answered with HTTP 200 and a code that is not 0, each time",
        key: "/slicecheck/finish-refused.bin",
        behaviour: strict([Fault::always(Trigger::Finish, Reaction::refusal(200, -21095))]),
        ..faulty()
    }
}

fn finish_reply_truncated() -> Entry {
    Entry {
        id: "faults/finish-reply-truncated",
        summary: "the reply to finish ends in the middle, the first time",
        key: "/slicecheck/finish-reply-truncated.bin",
        behaviour: strict([Fault::once(
            Trigger::Finish,
            Reaction::delivered(Delivery::Truncated(60)),
        )]),
        ..faulty()
    }
}

fn finish_html() -> Entry {
    Entry {
        id: "faults/finish-html",
        summary: "finish is answered with HTTP 502 and a page of HTML each time",
        key: "/slicecheck/finish-html.bin",
        behaviour: strict([Fault::always(
            Trigger::Finish,
            Reaction::foreign(502, "<html><body>502 Bad Gateway</body></html>"),
        )]),
        ..faulty()
    }
}

fn init_code_always() -> Entry {
    Entry {
        id: "faults/init-code-always",
        summary: "init is answered with HTTP 200 and a code that is not 0, each time",
        key: "/slicecheck/init-code-always.bin",
        behaviour: strict([Fault::always(Trigger::Init, Reaction::refusal(200, -21095))]),
        ..faulty()
    }
}

fn list_503_always() -> Entry {
    Entry {
        id: "faults/list-503-always",
        summary: "init answers -4019, and the list of slices is answered with HTTP 503 each time",
        key: "/slicecheck/list-503-always.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![0]),
            ..strict([Fault::always(Trigger::List, Reaction::refusal(503, -5997))])
        },
        control: Some("resume/init-in-progress"),
        ..faulty()
    }
}

fn finish_503_once() -> Entry {
    Entry {
        id: "faults/finish-503-once",
        summary: "finish is answered with HTTP 503 the first time",
        key: "/slicecheck/finish-503-once.bin",
        behaviour: strict([Fault::once(Trigger::Finish, Reaction::refusal(503, -5997))]),
        ..faulty()
    }
}

fn finish_reset_always() -> Entry {
    Entry {
        id: "faults/finish-reset-always",
        summary: "the connection is reset on finish, each time",
        key: "/slicecheck/finish-reset-always.bin",
        behaviour: strict([Fault::always(Trigger::Finish, Reaction::reset())]),
        ..faulty()
    }
}
