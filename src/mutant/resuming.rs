use super::{Mutant, REFERENCE, REPLIES, RESUME, edits_form, resume};
use crate::client::{
    ClientPolicy, ComparesSha, Grid, InProgress, Remembers, ReplyPolicy, ResumePolicy, Task,
};
use crate::protocol::{Dialect, ListData, Part, ResponseEnvelope, Slice, SlicePlan};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "resuming/progress-noted-too-early",
        summary: "a slice is noted as sent before it is acknowledged, and not sent after a restart",
        policy: remembering(Remembers::Sent),
        expected: &["flow/reply-awaited", "outcome/truthful"],
    },
    Mutant {
        id: "resuming/progress-of-a-forgotten-upload",
        summary: "a slice that was acknowledged is not sent after a restart, whichever upload it was of",
        policy: remembering(Remembers::Acknowledged),
        expected: &["finish/after-all-slices", "outcome/truthful"],
    },
    Mutant {
        id: "resuming/finish-noted-too-early",
        summary: "finish is noted as done before it is acknowledged, and not sent after a restart",
        policy: remembering(Remembers::Finish),
        expected: &["outcome/truthful"],
    },
    Mutant {
        id: "resuming/own-slice-size-after-a-restart",
        summary: "after a restart, the slice size in the list is ignored in favour of the one that is asked for",
        policy: remembering(Remembers::SliceSize),
        expected: &["flow/slice-size-of-list"],
    },
    Mutant {
        id: "resuming/not-at-all",
        summary: "-4019 at init is the end of the upload",
        policy: progressing(InProgress::Fail),
        expected: &["flow/resumes"],
    },
    Mutant {
        id: "resuming/taken-for-stored",
        summary: "-4019 at init is taken for: the file is there",
        policy: progressing(InProgress::Succeed),
        expected: &["outcome/truthful", "outcome/success-acknowledged"],
    },
    Mutant {
        id: "resuming/without-a-session",
        summary: "after -4019 at init slices are sent, with an empty session",
        policy: progressing(InProgress::Slices),
        expected: &["flow/starts-with-init"],
    },
    Mutant {
        id: "resuming/init-again",
        summary: "after -4019 at init the same init is sent again",
        policy: progressing(InProgress::Again),
        expected: &["flow/permanent-not-retried", "flow/resumes"],
    },
    Mutant {
        id: "resuming/from-the-start",
        summary: "slices that the list names are sent again",
        policy: missing(|_, plan| plan.slices().collect()),
        expected: &["flow/resumes-missing-only"],
    },
    Mutant {
        id: "resuming/by-count",
        summary: "as many slices are skipped as the list names, whichever they are",
        policy: missing(|list, plan| plan.slices().skip(list.listparts.len()).collect()),
        expected: &["finish/after-all-slices"],
    },
    Mutant {
        id: "resuming/behind-the-last",
        summary: "the upload goes on after the last slice that the list names",
        policy: missing(|list, plan| {
            let end =
                list.listparts.last().map_or(0, |part| part.offset.saturating_add(part.datalen));
            plan.slices().filter(|slice| slice.offset >= end).collect()
        }),
        expected: &["finish/after-all-slices"],
    },
    Mutant {
        id: "resuming/own-slice-size",
        summary: "the slice size in the list is ignored in favour of the one that is always asked for",
        policy: resume(ResumePolicy { grid: Grid::Asked, ..RESUME }),
        expected: &["data/length", "flow/slice-size-of-list"],
    },
    Mutant {
        id: "resuming/own-slice-size-with-sha",
        summary: "with sha, the slices of uploadparts are sent although the list has smaller ones",
        policy: ClientPolicy {
            resume: ResumePolicy { grid: Grid::Asked, ..RESUME },
            ..ClientPolicy::WITH_SHA
        },
        expected: &["flow/slice-size-of-list", "data/no-overlap"],
    },
    Mutant {
        id: "resuming/partial-part-taken-for-whole",
        summary: "a part that the list names is taken for a whole slice, however long it is",
        policy: missing(|list, plan| {
            let held =
                |slice: &Slice| list.listparts.iter().any(|part| part.offset == slice.offset);
            plan.slices().filter(|slice| !held(slice)).collect()
        }),
        expected: &["finish/after-all-slices"],
    },
    Mutant {
        id: "resuming/old-session",
        summary: "the session in the list is not looked at",
        policy: resume(ResumePolicy { takes_session: false, ..RESUME }),
        expected: &["data/session"],
    },
    Mutant {
        id: "resuming/nothing-more-to-send",
        summary: "an upload that was interrupted is finished as it is",
        policy: missing(|_, _| Vec::new()),
        expected: &["finish/after-all-slices"],
    },
    Mutant {
        id: "resuming/list-without-op",
        summary: "the list request lacks its op",
        policy: edits_form!(Task::List, |form| form.remove("op")),
        expected: &["form/op"],
    },
    Mutant {
        id: "resuming/list-not-understood",
        summary: "the list is not understood, and asked for again",
        policy: ClientPolicy {
            replies: ReplyPolicy { doubts: |task, _| *task == Task::List, ..REPLIES },
            ..REFERENCE
        },
        expected: &["flow/resume-goes-on", "list/heeded"],
    },
    Mutant {
        id: "resuming/another-file",
        summary: "-4020 at init is taken for an upload that can be gone on with",
        policy: ClientPolicy {
            replies: ReplyPolicy {
                believes: |task, reply| {
                    let code = reply.map(|reply| ResponseEnvelope::<()>::read(reply.body()));
                    *task == Task::Init && matches!(code, Some(Ok(reply)) if reply.code == -4020)
                },
                ..REPLIES
            },
            ..REFERENCE
        },
        expected: &["flow/conflict-not-resumed"],
    },
    Mutant {
        id: "resuming/longer-file",
        summary: "the filesize in the list is not compared with that of the file",
        policy: resume(ResumePolicy { compares_filesize: false, ..RESUME }),
        expected: &["finish/filesize-as-announced"],
    },
    Mutant {
        id: "resuming/sha-not-compared",
        summary: "a list comes before every init, and its sha is not compared with that of the file",
        policy: ClientPolicy {
            resume: ResumePolicy { compares_sha: ComparesSha::Never, ..RESUME },
            ..ClientPolicy::LISTING_FIRST
        },
        expected: &["outcome/truthful"],
    },
    Mutant {
        id: "resuming/sha-with-suffix-refused",
        summary: "the sha of the list is compared with its suffix, where sha was announced",
        policy: ClientPolicy {
            resume: ResumePolicy { compares_sha: ComparesSha::WholeWhereAnnounced, ..RESUME },
            ..REFERENCE
        },
        expected: &["flow/resume-goes-on"],
    },
    Mutant {
        id: "resuming/list-first",
        summary: "a list comes before every init",
        policy: ClientPolicy::LISTING_FIRST,
        expected: &["list/after-refusal"],
    },
    Mutant {
        id: "resuming/list-as-json",
        summary: "the list request is JSON, as one SDK has it",
        policy: REFERENCE.speaking(Dialect::JAVA),
        expected: &["list/multipart"],
    },
    Mutant {
        id: "resuming/list-with-session",
        summary: "the list request carries a session",
        policy: edits_form!(Task::List, |form| {
            form.push(Part::new("session", "undefined"));
            Some(())
        }),
        expected: &["list/op-alone"],
    },
];

const fn remembering(remembers: Remembers) -> ClientPolicy {
    resume(ResumePolicy { remembers, ..RESUME })
}

const fn progressing(in_progress: InProgress) -> ClientPolicy {
    resume(ResumePolicy { in_progress, ..RESUME })
}

const fn missing(missing: fn(&ListData, SlicePlan) -> Vec<Slice>) -> ClientPolicy {
    resume(ResumePolicy { missing, ..RESUME })
}
