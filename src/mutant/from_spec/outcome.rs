use crate::client::{
    ClientPolicy, CompletionPolicy, Deletes, Digests, FinishTiming, First, InitPolicy, Misreading,
    OnExhausted, ReplyPolicy, RequestError, RetryPolicy, SlicingPolicy, Task, Unreadable,
};
use crate::mutant::planted::{Planted, code, json, plant};
use crate::mutant::{
    COMPLETION, INIT, REPLIES, RETRY, SLICING, completion, init, replies, retry, slicing,
};
use crate::protocol::{Claim, Kept, Response};

pub(super) const PLANTED: &[Planted] = &[
    plant(
        "spec/errors-swallowed",
        "truth",
        "an upload that has failed is reported as a success",
        &["outcome/truthful"],
        completion(CompletionPolicy { claims: |_| Claim::Ok, ..COMPLETION }),
    ),
    plant(
        "spec/nothing-sent",
        "truth",
        "nothing is sent, and success claimed",
        &["outcome/truthful"],
        init(InitPolicy { first: First::Nothing, ..INIT }),
    ),
    plant(
        "spec/success-before-finish",
        "finishes",
        "the upload is over when all slices are acknowledged",
        &["flow/finishes"],
        completion(CompletionPolicy { finish: FinishTiming::Never, ..COMPLETION }),
    ),
    plant(
        "spec/finish-without-code",
        "success-acknowledged",
        "a finish is a success though its JSON has no code",
        &["outcome/success-acknowledged"],
        finishing(|_, reply| json(reply).is_object() && json(reply)["code"].is_null()),
    ),
    plant(
        "spec/finish-status-ignored",
        "finish-status",
        "a finish with code 0 is a success though its status is 500 or more",
        &["outcome/status-heeded"],
        finishing(|_, reply| code(reply) == Some(0) && reply.status() >= 500),
    ),
    plant(
        "spec/finish-code-ignored",
        "finish-code",
        "a finish with status 200 and an error code is a success",
        &["outcome/code-heeded"],
        finishing(|_, reply| reply.status() == 200 && code(reply).is_some_and(|code| code != 0)),
    ),
    plant(
        "spec/finish-page-is-success",
        "finish-json",
        "a finish that is answered by a page with status 200 is a success",
        &["outcome/json-heeded"],
        finishing(|_, reply| reply.status() == 200 && reply.body().starts_with(b"<")),
    ),
    plant(
        "spec/finish-lost-is-success",
        "finish-reply",
        "a finish whose reply is lost is a success",
        &["outcome/reply-awaited"],
        replies(ReplyPolicy {
            believes: |task, reply| *task == Task::Finish && reply.is_none(),
            ..REPLIES
        }),
    ),
    plant(
        "spec/success-is-failure",
        "success-reported",
        "the exit status is always that of a failure",
        &["outcome/success-reported"],
        completion(CompletionPolicy { claims: |_| Claim::Failed, ..COMPLETION }),
    ),
    plant(
        "spec/finish-doubted",
        "success-reported",
        "a finish is taken for a failure once it has succeeded, and given up",
        &["outcome/success-reported"],
        replies(ReplyPolicy { doubts: |task, _| *task == Task::Finish, ..REPLIES }),
    ),
    plant(
        "spec/refuses-special-keys",
        "completes",
        "keys with other characters than letters, digits, points and dashes fail",
        &["outcome/completes"],
        init(InitPolicy {
            refuses: |job| {
                let plain =
                    |letter: char| letter.is_ascii_alphanumeric() || "/.-_".contains(letter);
                !job.path.key.chars().all(plain)
            },
            ..INIT
        }),
    ),
    plant(
        "spec/refuses-small-files",
        "completes",
        "files that are no longer than a slice fail",
        &["outcome/completes"],
        init(InitPolicy { refuses: |job| job.file.len() <= job.slice_size, ..INIT }),
    ),
    plant(
        "spec/fails-over-2-gib",
        "completes",
        "files of more than 2 GiB fail",
        &["outcome/completes"],
        init(InitPolicy { refuses: |job| job.file.len() > 2 << 30, ..INIT }),
    ),
    plant(
        "spec/source-removed",
        "source-kept",
        "the local file is removed in the end, as a temporary one",
        &["outcome/source-kept"],
        completion(CompletionPolicy { source: Kept::Gone, ..COMPLETION }),
    ),
    plant(
        "spec/failed-upload-deleted",
        "other-object-kept",
        "what is at the place of the object is deleted when a slice has failed",
        &["outcome/other-object-kept"],
        retry(RetryPolicy { deletes: Deletes::Failures, ..RETRY }),
    ),
    plant(
        "spec/unsupported-after-work",
        "unsupported-in-time",
        "each failure is reported as something that is not supported",
        &["outcome/unsupported-in-time"],
        completion(CompletionPolicy {
            claims: |claim| if claim == Claim::Failed { Claim::Unsupported } else { claim },
            ..COMPLETION
        }),
    ),
    plant(
        "spec/finish-not-asked-again",
        "failure-asked-about",
        "a finish whose reply is lost is a failure at once",
        &["outcome/failure-asked-about"],
        retry(RetryPolicy {
            is_retryable: |task, error| {
                let lost = matches!(error, RequestError::Lost(_));
                !(*task == Task::Finish && lost) && (RETRY.is_retryable)(task, error)
            },
            ..RETRY
        }),
    ),
    plant(
        "spec/panics-on-failure",
        "no-crash",
        "a failure kills the client",
        &["outcome/no-crash"],
        retry(RetryPolicy { then: OnExhausted::Crash, ..RETRY }),
    ),
    plant(
        "spec/waits-on-failure",
        "no-hang",
        "after a failure the client waits for a queue that is never filled",
        &["outcome/no-hang"],
        retry(RetryPolicy { then: OnExhausted::Hang, ..RETRY }),
    ),
    plant(
        "spec/retries-for-ever",
        "traffic",
        "a request is tried until it succeeds",
        &["outcome/within-bounds", "outcome/no-hang"],
        retry(RetryPolicy { attempts: u32::MAX, ..RETRY }),
    ),
    plant(
        "spec/cut-file-finished",
        "truth",
        "a file that has become shorter is finished all the same",
        &["finish/after-all-slices"],
        init(InitPolicy { unreadable: Unreadable::Empty, ..INIT }),
    ),
    plant(
        "spec/finishes-after-failed-slice",
        "stops",
        "finish follows a slice that has failed",
        &["flow/stops-when-refused", "flow/code-heeded"],
        retry(RetryPolicy { then: OnExhausted::Finish, ..RETRY }),
    ),
    plant(
        "spec/rounds-of-slices",
        "stops",
        "all slices are sent again when one is refused",
        &["flow/stops-when-refused"],
        retry(RetryPolicy { then: OnExhausted::FromTheStart, ..RETRY }),
    ),
    plant(
        "spec/list-awaits-the-end",
        "finishes",
        "the list is asked instead of finish",
        &["flow/finishes"],
        completion(CompletionPolicy { finish: FinishTiming::Awaited, ..COMPLETION }),
    ),
    plant(
        "spec/offsets-of-32-bits",
        "finish-after-all",
        "slices at and after 4 GiB are not sent: their offset is kept in 32 bits",
        &["finish/after-all-slices"],
        slicing(SlicingPolicy {
            slices: |plan| plan.slices().filter(|slice| slice.offset < 1 << 32).collect(),
            ..SLICING
        }),
    ),
    plant(
        "spec/sha-of-nothing",
        "init-sha",
        "sha is that of an empty file",
        &["init/sha"],
        ClientPolicy {
            init: InitPolicy {
                digests: Some(Digests {
                    sha: |_| crate::protocol::sha1_hex(b""),
                    ..Digests::DOCUMENTED
                }),
                ..INIT
            },
            ..ClientPolicy::REFERENCE
        },
    ),
];

/// A client that takes such replies to finish for a success.
const fn finishing(replies_to_it: fn(&Task, &Response) -> bool) -> ClientPolicy {
    replies(ReplyPolicy {
        misreads: Some(Misreading {
            requests: |task, _| matches!(task, Task::Finish),
            replies: replies_to_it,
        }),
        ..REPLIES
    })
}
