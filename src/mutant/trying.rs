use std::time::Duration;

use super::{Mutant, TRYING, trying};
use crate::client::{Task, Then, Trouble, Trying};
use crate::protocol::Part;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "trying/once",
        summary: "no request is tried again",
        conduct: trying(Trying { attempts: 1, ..TRYING }),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/not-after-errors",
        summary: "only lost replies are tried again, not those that say to try later",
        conduct: trying(Trying {
            may_help: |_, trouble| matches!(trouble, Trouble::Lost(_)),
            ..TRYING
        }),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/not-after-loss",
        summary: "a lost reply is the end of the upload",
        conduct: trying(Trying {
            may_help: |task, trouble| {
                !matches!(trouble, Trouble::Lost(_)) && (TRYING.may_help)(task, trouble)
            },
            ..TRYING
        }),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/slices-alone",
        summary: "slices are tried again, init and finish are not",
        conduct: trying(Trying {
            may_help: |task, trouble| {
                matches!(task, Task::Data(_)) && (TRYING.may_help)(task, trouble)
            },
            ..TRYING
        }),
        expected: &["flow/retries"],
    },
    Mutant {
        id: "trying/everything",
        summary: "what is refused for good is tried again",
        conduct: trying(Trying { may_help: |_, _| true, ..TRYING }),
        expected: &["flow/permanent-not-retried"],
    },
    Mutant {
        id: "trying/for-ever",
        summary: "a request is tried again until it succeeds",
        conduct: trying(Trying { attempts: u32::MAX, pause: Duration::from_secs(1), ..TRYING }),
        expected: &["outcome/no-hang", "flow/retries-bounded"],
    },
    Mutant {
        id: "trying/storm",
        summary: "a finish is tried again until it succeeds, without a pause",
        conduct: trying(Trying {
            attempts: u32::MAX,
            pause: Duration::ZERO,
            may_help: |task, trouble| *task == Task::Finish && (TRYING.may_help)(task, trouble),
            ..TRYING
        }),
        expected: &["outcome/within-bounds", "flow/retries-bounded", "flow/retries-spaced"],
    },
    Mutant {
        id: "trying/goes-on",
        summary: "a slice that failed is logged, and the upload goes on",
        conduct: trying(Trying { then: Then::GoOn, ..TRYING }),
        expected: &["flow/code-heeded", "outcome/truthful", "flow/stops-when-refused"],
    },
    Mutant {
        id: "trying/finishes",
        summary: "a slice that failed ends the loop, and finish follows",
        conduct: trying(Trying { then: Then::Finish, ..TRYING }),
        expected: &["flow/code-heeded", "finish/after-all-slices"],
    },
    Mutant {
        id: "trying/from-the-start",
        summary: "after a slice that failed all slices are sent again",
        conduct: trying(Trying { attempts: 1, then: Then::FromTheStart, ..TRYING }),
        expected: &["data/once"],
    },
    Mutant {
        id: "trying/finish-once",
        summary: "a finish whose reply is lost is a failure, and nobody asks what became of it",
        conduct: trying(Trying {
            may_help: |task, trouble| *task != Task::Finish && (TRYING.may_help)(task, trouble),
            ..TRYING
        }),
        expected: &["outcome/failure-asked-about"],
    },
    Mutant {
        id: "trying/crashes",
        summary: "a failure is not expected, and the client dies of a signal",
        conduct: trying(Trying { then: Then::Crash, ..TRYING }),
        expected: &["outcome/no-crash"],
    },
    Mutant {
        id: "trying/hangs",
        summary: "after a failure the client waits for a thread that has died",
        conduct: trying(Trying { then: Then::Hang, ..TRYING }),
        expected: &["outcome/no-hang"],
    },
    Mutant {
        id: "trying/slow",
        summary: "the pause between two attempts is longer than anybody waits",
        conduct: trying(Trying { attempts: 8, pause: Duration::from_secs(9), ..TRYING }),
        expected: &["outcome/ends-in-time"],
    },
    Mutant {
        id: "trying/otherwise",
        summary: "another attempt says that it is one",
        conduct: super::edited(|outgoing| {
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
];
