use std::time::Duration;

use super::{COMPLETION, Mutant, completion, edits_form, init};
use crate::client::{
    ClientPolicy, CompletionPolicy, FinishTiming, First, InitPolicy, Task, Unreadable,
};
use crate::protocol::{Claim, Kept, MultipartBody, Part, Slice};

use super::INIT;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "ending/at-the-end-of-the-file",
        summary: "what can be read of the local file is the file, even if it is less than was announced",
        policy: init(InitPolicy { unreadable: Unreadable::Empty, ..INIT }),
        expected: &["outcome/truthful"],
    },
    Mutant {
        id: "ending/timeout-of-the-driver",
        summary: "each failure is reported as a timeout",
        policy: completion(CompletionPolicy {
            says: |_| "exit status 1, outcome timeout".to_owned(),
            ..COMPLETION
        }),
        expected: &["outcome/timeout-true"],
    },
    Mutant {
        id: "ending/source-deleted",
        summary: "the local file is deleted in the end, whatever came of it",
        policy: completion(CompletionPolicy { source: Kept::Gone, ..COMPLETION }),
        expected: &["outcome/source-kept"],
    },
    Mutant {
        id: "ending/source-altered",
        summary: "the local file is cut where the upload ended",
        policy: completion(CompletionPolicy { source: Kept::Altered, ..COMPLETION }),
        expected: &["outcome/source-kept"],
    },
    Mutant {
        id: "ending/without-finish",
        summary: "finish is never sent",
        policy: finishing(FinishTiming::Never),
        expected: &["flow/finishes", "outcome/truthful"],
    },
    Mutant {
        id: "ending/finish-with-the-last",
        summary: "finish is sent when all slices are sent, and not when they are acknowledged",
        policy: ClientPolicy {
            completion: CompletionPolicy { finish: FinishTiming::Sent, ..COMPLETION },
            ..ClientPolicy::PARALLEL
        },
        expected: &["finish/after-replies"],
    },
    Mutant {
        id: "ending/finish-before-the-last",
        summary: "finish is sent before the last slice",
        policy: finishing(FinishTiming::BeforeLast),
        expected: &["finish/after-all-slices"],
    },
    Mutant {
        id: "ending/finish-twice",
        summary: "finish is sent twice",
        policy: finishing(FinishTiming::Twice),
        expected: &["finish/once"],
    },
    Mutant {
        id: "ending/slice-behind-finish",
        summary: "a late thread sends its slice when finish is done",
        policy: finishing(FinishTiming::ThenSlice),
        expected: &["data/before-finish"],
    },
    Mutant {
        id: "ending/finish-with-slice-count",
        summary: "filesize of finish is the number of slices",
        // The plain file has three slices.
        policy: edits_form!(Task::Finish, |form| form.set("filesize", "3")),
        expected: &["finish/filesize", "finish/filesize-as-announced"],
    },
    Mutant {
        id: "ending/finish-with-last-slice",
        summary: "filesize of finish is the length of the last slice",
        // So long is the last slice of the plain file.
        policy: edits_form!(Task::Finish, |form| form.set("filesize", "345678")),
        expected: &["finish/filesize"],
    },
    Mutant {
        id: "ending/finish-without-filesize",
        summary: "finish has no filesize",
        policy: edits_form!(Task::Finish, |form| form.remove("filesize")),
        expected: &["finish/filesize-form"],
    },
    Mutant {
        id: "ending/always-ok",
        summary: "failure is claimed nowhere: all exceptions are swallowed",
        policy: claiming(|_| Claim::Ok),
        expected: &["outcome/truthful", "outcome/success-acknowledged"],
    },
    Mutant {
        id: "ending/always-failed",
        summary: "success is claimed nowhere",
        policy: claiming(|_| Claim::Failed),
        expected: &["outcome/completes"],
    },
    Mutant {
        id: "ending/unsupported-when-stored",
        summary: "what is stored is said to be unsupported",
        policy: claiming(|_| Claim::Unsupported),
        expected: &["outcome/unsupported-in-time"],
    },
    Mutant {
        id: "ending/crash",
        summary: "the client dies of a signal while it cleans up",
        policy: claiming(|_| Claim::Crashed),
        expected: &["outcome/no-crash", "outcome/completes"],
    },
    Mutant {
        id: "ending/nothing-done",
        summary: "success is claimed, and nothing was sent",
        policy: init(InitPolicy { first: First::Nothing, ..INIT }),
        expected: &["outcome/truthful"],
    },
    Mutant {
        id: "ending/finish-awaited",
        summary: "finish is never sent: the list is asked for until it names the object",
        policy: finishing(FinishTiming::Awaited),
        expected: &["outcome/completes", "outcome/no-hang", "outcome/within-bounds"],
    },
    Mutant {
        id: "ending/pauses",
        summary: "there is a pause of nine seconds before each request",
        policy: super::edited(|outgoing| {
            // Five requests then take longer than the deadline.
            outgoing.pause = Duration::from_secs(9);
            Some(())
        }),
        expected: &["outcome/completes", "outcome/ends-in-time"],
    },
    Mutant {
        id: "ending/plain-keys-only",
        summary: "a key with other characters than A-Z a-z 0-9 / . _ - is refused, and nothing sent",
        policy: init(InitPolicy {
            refuses: |told| {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
                !told.path.key.bytes().all(plain)
            },
            ..INIT
        }),
        expected: &["outcome/completes"],
    },
    Mutant {
        id: "ending/large-files-only",
        summary: "a file of less than a slice is refused, and nothing sent",
        policy: init(InitPolicy { refuses: |told| told.slice_size > told.file.len(), ..INIT }),
        expected: &["outcome/completes"],
    },
    Mutant {
        id: "ending/list-behind-finish",
        summary: "a list is asked for when all is done",
        policy: ClientPolicy {
            edit: |outgoing| match outgoing.task {
                // The first slice, once more.
                Task::Data(Slice { offset: 0, .. }) if outgoing.id > 3 => {
                    outgoing.request.edit(|form| {
                        let mut list = MultipartBody::new(form.boundary());
                        list.push(Part::new("op", "upload_slice_list"));
                        *form = list;
                        Some(())
                    })
                }
                _ => None,
            },
            ..finishing(FinishTiming::ThenSlice)
        },
        expected: &["list/before-finish"],
    },
];

const fn finishing(finish: FinishTiming) -> ClientPolicy {
    completion(CompletionPolicy { finish, ..COMPLETION })
}

const fn claiming(claims: fn(Claim) -> Claim) -> ClientPolicy {
    completion(CompletionPolicy { claims, ..COMPLETION })
}
