use std::time::Duration;

use super::{Mutant, RETRY, retry};
use crate::client::{ClientPolicy, Deletes, OnExhausted, RequestError, RetryPolicy, Task};
use crate::protocol::Part;

/// A client that takes this code for final in reply to this operation: a macro, as a function cannot keep
/// them in a constant.
macro_rules! gives_up {
    ($task:pat, $code:literal) => {
        retry(RetryPolicy {
            is_retryable: |task, error| {
                !(matches!(task, $task)
                    && matches!(error, RequestError::Refused { code: $code, .. }))
                    && (RETRY.is_retryable)(task, error)
            },
            ..RETRY
        })
    };
}

/// A client that leaves this field out of such a request where it sends it again.
macro_rules! drops {
    ($task:pat, $field:literal) => {
        super::edited(|outgoing| {
            let again = outgoing.attempt > 1 && matches!(outgoing.task, $task);
            again.then(|| outgoing.request.edit(|form| form.remove($field))).flatten()
        })
    };
}

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "trying/deletes-conflicts",
        summary: "where another object is there it is deleted, and init sent again",
        policy: retry(RetryPolicy { deletes: Deletes::Conflicts, ..RETRY }),
        expected: &["outcome/other-object-kept"],
    },
    Mutant {
        id: "trying/overwrites-conflicts",
        summary: "where another object is there init is sent again, with insertOnly=0",
        policy: ClientPolicy {
            edit: |outgoing| {
                (outgoing.task == Task::Init && outgoing.attempt > 1).then_some(())?;
                outgoing.request.edit(|form| {
                    let _ = form.remove("insertOnly");
                    form.push(Part::new("insertOnly", "0"));
                    Some(())
                })
            },
            ..retry(RetryPolicy {
                is_retryable: |task, error| {
                    matches!(error, RequestError::Refused { code: -177, .. })
                        || (RETRY.is_retryable)(task, error)
                },
                ..RETRY
            })
        },
        expected: &["outcome/other-object-kept"],
    },
    Mutant {
        id: "trying/deletes-failures",
        summary: "when a slice has failed, what is at the place of the object is deleted",
        policy: retry(RetryPolicy { deletes: Deletes::Failures, ..RETRY }),
        expected: &["outcome/other-object-kept"],
    },
    Mutant {
        id: "trying/fails-although-it-helped",
        summary: "the upload ends once a slice needed another attempt, though that was acknowledged",
        policy: retry(RetryPolicy { goes_on: false, ..RETRY }),
        expected: &["flow/retry-goes-on"],
    },
    Mutant {
        id: "trying/once",
        summary: "no request is tried again",
        policy: retry(RetryPolicy { attempts: 1, ..RETRY }),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/not-after-errors",
        summary: "only lost replies are tried again, not those that say to try later",
        policy: retry(RetryPolicy {
            is_retryable: |_, error| matches!(error, RequestError::Lost(_)),
            ..RETRY
        }),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/not-after-loss",
        summary: "a lost reply is the end of the upload",
        policy: retry(RetryPolicy {
            is_retryable: |task, error| {
                !matches!(error, RequestError::Lost(_)) && (RETRY.is_retryable)(task, error)
            },
            ..RETRY
        }),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/slices-alone",
        summary: "slices are tried again, init and finish are not",
        policy: retry(RetryPolicy {
            is_retryable: |task, error| {
                matches!(task, Task::Data(_)) && (RETRY.is_retryable)(task, error)
            },
            ..RETRY
        }),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/everything",
        summary: "what is refused for good is tried again",
        policy: retry(RetryPolicy { is_retryable: |_, _| true, ..RETRY }),
        expected: &["flow/permanent-not-retried"],
    },
    Mutant {
        id: "trying/for-ever",
        summary: "a request is tried again until it succeeds",
        policy: retry(RetryPolicy { attempts: u32::MAX, pause: Duration::from_secs(1), ..RETRY }),
        expected: &["outcome/no-hang", "flow/retries-bounded"],
    },
    Mutant {
        id: "trying/storm",
        summary: "a finish is tried again until it succeeds, without a pause",
        policy: retry(RetryPolicy {
            attempts: u32::MAX,
            pause: Duration::ZERO,
            is_retryable: |task, error| *task == Task::Finish && (RETRY.is_retryable)(task, error),
            ..RETRY
        }),
        expected: &["outcome/within-bounds", "flow/retries-bounded", "flow/retries-spaced"],
    },
    Mutant {
        id: "trying/goes-on",
        summary: "a slice that failed is logged, and the upload goes on",
        policy: retry(RetryPolicy { then: OnExhausted::GoOn, ..RETRY }),
        expected: &["flow/code-heeded", "outcome/truthful", "flow/stops-when-refused"],
    },
    Mutant {
        id: "trying/parallel-goes-on",
        summary: "slices are sent in parallel, and go on when one was refused for good",
        policy: ClientPolicy {
            retry: RetryPolicy { then: OnExhausted::GoOn, ..RETRY },
            ..ClientPolicy::PARALLEL
        },
        expected: &["flow/stops-when-refused"],
    },
    Mutant {
        id: "trying/finishes",
        summary: "a slice that failed ends the loop, and finish follows",
        policy: retry(RetryPolicy { then: OnExhausted::Finish, ..RETRY }),
        expected: &["flow/code-heeded", "finish/after-all-slices"],
    },
    Mutant {
        id: "trying/from-the-start",
        summary: "after a slice that failed all slices are sent again",
        policy: retry(RetryPolicy { attempts: 1, then: OnExhausted::FromTheStart, ..RETRY }),
        expected: &["data/once"],
    },
    Mutant {
        id: "trying/finish-once",
        summary: "a finish whose reply is lost is a failure, and nobody asks what became of it",
        policy: retry(RetryPolicy {
            is_retryable: |task, error| *task != Task::Finish && (RETRY.is_retryable)(task, error),
            ..RETRY
        }),
        expected: &["outcome/failure-asked-about"],
    },
    Mutant {
        id: "trying/crashes",
        summary: "a failure is not expected, and the client dies of a signal",
        policy: retry(RetryPolicy { then: OnExhausted::Crash, ..RETRY }),
        expected: &["outcome/no-crash"],
    },
    Mutant {
        id: "trying/hangs",
        summary: "after a failure the client waits for a thread that has died",
        policy: retry(RetryPolicy { then: OnExhausted::Hang, ..RETRY }),
        expected: &["outcome/no-hang"],
    },
    Mutant {
        id: "trying/slow",
        summary: "the pause between two attempts is longer than anybody waits",
        // Four of these pauses take longer than the deadline.
        policy: retry(RetryPolicy { attempts: 8, pause: Duration::from_secs(9), ..RETRY }),
        expected: &["outcome/ends-in-time"],
    },
    Mutant {
        id: "trying/otherwise",
        summary: "another attempt says that it is one",
        policy: super::edited(|outgoing| {
            let again = outgoing.attempt > 1;
            let part = Part::new("attempt", outgoing.attempt.to_string());
            again
                .then(|| {
                    outgoing.request.edit(|form| {
                        form.push(part);
                        Some(())
                    })
                })
                .flatten()
        }),
        expected: &["flow/retries-identical"],
    },
    Mutant {
        id: "trying/init-without-sha",
        summary: "an init that is sent again lacks its sha",
        policy: drops!(Task::Init, "sha"),
        expected: &["flow/retries-identical"],
    },
    Mutant {
        id: "trying/slice-without-sha",
        summary: "a slice that is sent again lacks its sha",
        policy: drops!(Task::Data(_), "sha"),
        expected: &["flow/retries-identical"],
    },
    Mutant {
        id: "trying/finish-without-sha",
        summary: "a finish that is sent again lacks its sha",
        policy: drops!(Task::Finish, "sha"),
        expected: &["flow/retries-identical"],
    },
    Mutant {
        id: "trying/init-without-insert-only",
        summary: "an init that is sent again lacks its insertOnly",
        policy: drops!(Task::Init, "insertOnly"),
        expected: &["flow/retries-identical"],
    },
    Mutant {
        id: "trying/few-for-all-slices",
        summary: "all requests of an upload share five repetitions",
        policy: retry(RetryPolicy { repetitions: 5, ..RETRY }),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/slice-not-when-unavailable",
        summary: "-196 in reply to a slice is taken for final",
        policy: gives_up!(Task::Data(_), -196),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/slice-not-when-concurrent",
        summary: "-20034 in reply to a slice is taken for final: somebody else has the file",
        policy: gives_up!(Task::Data(_), -20034),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/slice-not-after-storage-error",
        summary: "-29302 in reply to a slice is taken for final",
        policy: gives_up!(Task::Data(_), -29302),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/slice-not-after-503",
        summary: "-5997 in reply to a slice is taken for final",
        policy: gives_up!(Task::Data(_), -5997),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/init-not-when-limited",
        summary: "-71 in reply to init is taken for final",
        policy: gives_up!(Task::Init, -71),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/list-not-after-503",
        summary: "-5997 in reply to a list request is taken for final",
        policy: gives_up!(Task::List, -5997),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/list-not-when-unavailable",
        summary: "-196 in reply to a list request is taken for final",
        policy: gives_up!(Task::List, -196),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/finish-not-when-concurrent",
        summary: "-20034 in reply to finish is taken for final: somebody else has the file",
        policy: gives_up!(Task::Finish, -20034),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/finish-not-after-503",
        summary: "-5997 in reply to finish is taken for final",
        policy: gives_up!(Task::Finish, -5997),
        expected: &["flow/retries"],
    },
];
