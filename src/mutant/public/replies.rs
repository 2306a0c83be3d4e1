use crate::client::{
    ClientPolicy, Misreading, OnExhausted, ReplyPolicy, RequestError, RetryPolicy, Task,
};
use crate::mutant::planted::{Planted, code, json, plant};
use crate::mutant::{REPLIES, RETRY, replies, retry};
use crate::protocol::{Delivery, Response};

pub(super) const PLANTED: &[Planted] = &[
    plant(
        "public/s3cmd-200-with-error",
        "s3tools/s3cmd#577",
        "the end of an upload is a success by its status 200, though the body is an error",
        &["outcome/code-heeded"],
        finishing(|_, reply| reply.status() == 200 && code(reply).is_some_and(|code| code != 0)),
    ),
    plant(
        "public/aws-crt-error-body",
        "aws/aws-sdk-java-v2#7068",
        "an error document with status 200 at the end of an upload is not looked at",
        &["outcome/json-heeded"],
        finishing(|_, reply| reply.status() == 200 && json(reply).is_null()),
    ),
    plant(
        "public/bun-no-result",
        "oven-sh/bun#34044",
        "a reply with status 200 that names no result ends the upload in success",
        &["outcome/json-heeded"],
        finishing(|_, reply| reply.status() == 200 && json(reply)["data"].is_null()),
    ),
    plant(
        "public/google-rs-next-chunk",
        "Byron/google-apis-rs#286",
        "when a slice has failed, the next one follows",
        &["flow/reply-awaited", "flow/code-heeded"],
        retry(RetryPolicy { attempts: 1, then: OnExhausted::GoOn, ..RETRY }),
    ),
    plant(
        "public/dropbox-uploader-skips",
        "andreafabrizi/Dropbox-Uploader#405",
        "the offset goes on before the reply is looked at, so that a failed slice is passed over",
        &["flow/code-heeded"],
        replies(ReplyPolicy {
            believes: |task, reply| {
                matches!(task, Task::Data(_))
                    && reply.is_some_and(|reply| code(reply).is_some_and(|code| code != 0))
            },
            ..REPLIES
        }),
    ),
    plant(
        "public/java-storage-503",
        "googleapis/java-storage#3040",
        "slices are not tried again after a 500 or a 503",
        &["flow/retries"],
        retry(RetryPolicy {
            is_retryable: |task, error| {
                let refused =
                    matches!(error, RequestError::Refused { status, .. } if *status >= 500);
                let is_data = matches!(task, Task::Data(_));
                !(is_data && refused) && (RETRY.is_retryable)(task, error)
            },
            ..RETRY
        }),
    ),
    plant(
        "public/ng-flow-no-retries",
        "flowjs/ng-flow#113",
        "the number of retries is 0 unless it is set",
        &["flow/retries"],
        retry(RetryPolicy { attempts: 1, ..RETRY }),
    ),
    plant(
        "public/http-client-100",
        "snoyberg/http-client#49",
        "a 100 Continue before the reply ends in an exception",
        &["outcome/lawful-replies-read"],
        replies(ReplyPolicy {
            hears: |delivery, reply| match delivery {
                Delivery::Interim | Delivery::Interims => None,
                _ => delivery.heard(reply),
            },
            ..REPLIES
        }),
    ),
    plant(
        "public/mc-error-after-success",
        "minio/minio#5178",
        "the end of an upload is an error although the service has finished it",
        &["outcome/success-reported"],
        replies(ReplyPolicy {
            doubts: |task, reply| *task == Task::Finish && reply.status() == 200,
            ..REPLIES
        }),
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
