use super::{Mutant, READING, REFERENCE, RESUMING, edits_form, resuming};
use crate::client::{Conduct, Grid, InProgress, Reading, Resuming, Task};
use crate::protocol::{Dialect, ListData, Part, ResponseEnvelope, Slice, SlicePlan};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "resuming/not-at-all",
        summary: "-4019 at init is the end of the upload",
        conduct: progressing(InProgress::Fail),
        expected: &["flow/resumes"],
    },
    Mutant {
        id: "resuming/taken-for-stored",
        summary: "-4019 at init is taken for: the file is there",
        conduct: progressing(InProgress::Succeed),
        expected: &["outcome/truthful", "outcome/success-acknowledged"],
    },
    Mutant {
        id: "resuming/without-a-session",
        summary: "after -4019 at init slices are sent, with an empty session",
        conduct: progressing(InProgress::Slices),
        expected: &["flow/starts-with-init"],
    },
    Mutant {
        id: "resuming/init-again",
        summary: "after -4019 at init the same init is sent again",
        conduct: progressing(InProgress::Again),
        expected: &["flow/permanent-not-retried", "flow/resumes"],
    },
    Mutant {
        id: "resuming/from-the-start",
        summary: "slices that the list names are sent again",
        conduct: missing(|_, plan| plan.slices().collect()),
        expected: &["flow/resumes-missing-only"],
    },
    Mutant {
        id: "resuming/by-count",
        summary: "as many slices are skipped as the list names, whichever they are",
        conduct: missing(|list, plan| plan.slices().skip(list.listparts.len()).collect()),
        expected: &["finish/after-all-slices"],
    },
    Mutant {
        id: "resuming/behind-the-last",
        summary: "the upload goes on behind the last slice that the list names",
        conduct: missing(|list, plan| {
            let end =
                list.listparts.last().map_or(0, |part| part.offset.saturating_add(part.datalen));
            plan.slices().filter(|slice| slice.offset >= end).collect()
        }),
        expected: &["finish/after-all-slices"],
    },
    Mutant {
        id: "resuming/own-slice-size",
        summary: "the slice size in the list is ignored in favour of the one that is always asked for",
        conduct: resuming(Resuming { grid: Grid::Asked, ..RESUMING }),
        expected: &["data/length", "flow/slice-size-of-list"],
    },
    Mutant {
        id: "resuming/old-session",
        summary: "the session in the list is not looked at",
        conduct: resuming(Resuming { takes_session: false, ..RESUMING }),
        expected: &["data/session"],
    },
    Mutant {
        id: "resuming/nothing-more-to-send",
        summary: "an upload that was interrupted is finished as it is",
        conduct: missing(|_, _| Vec::new()),
        expected: &["finish/after-all-slices"],
    },
    Mutant {
        id: "resuming/list-without-op",
        summary: "the list request lacks its op",
        conduct: edits_form!(Task::List, |form| form.remove("op")),
        expected: &["form/op"],
    },
    Mutant {
        id: "resuming/list-not-understood",
        summary: "the list is not understood, and asked for again",
        conduct: Conduct {
            reading: Reading { doubts: |task, _| *task == Task::List, ..READING },
            ..REFERENCE
        },
        expected: &["flow/resume-goes-on", "list/heeded"],
    },
    Mutant {
        id: "resuming/another-file",
        summary: "-4020 at init is taken for an upload that can be gone on with",
        conduct: Conduct {
            reading: Reading {
                believes: |task, reply| {
                    let code = reply.map(|reply| ResponseEnvelope::<()>::read(reply.body()));
                    *task == Task::Init && matches!(code, Some(Ok(reply)) if reply.code == -4020)
                },
                ..READING
            },
            ..REFERENCE
        },
        expected: &["flow/conflict-not-resumed"],
    },
    Mutant {
        id: "resuming/list-first",
        summary: "a list comes before every init",
        conduct: Conduct::LISTING_FIRST,
        expected: &["list/after-refusal"],
    },
    Mutant {
        id: "resuming/list-as-json",
        summary: "the list request is JSON, as one SDK has it",
        conduct: REFERENCE.speaking(Dialect::JAVA),
        expected: &["list/multipart"],
    },
    Mutant {
        id: "resuming/list-with-session",
        summary: "the list request carries a session",
        conduct: edits_form!(Task::List, |form| {
            form.push(Part::new("session", "undefined"));
            Some(())
        }),
        expected: &["list/op-alone"],
    },
];

const fn progressing(in_progress: InProgress) -> Conduct {
    resuming(Resuming { in_progress, ..RESUMING })
}

const fn missing(missing: fn(&ListData, SlicePlan) -> Vec<Slice>) -> Conduct {
    resuming(Resuming { missing, ..RESUMING })
}
