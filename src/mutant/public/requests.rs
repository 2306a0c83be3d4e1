use crate::client::{ClientPolicy, Signing, Task};
use crate::mutant::planted::{
    Planted, change_text, plant, with_field, with_line, with_target, without_field,
};
use crate::mutant::{SIGNING, edited, edits_head, signing};
use crate::protocol::{Dialect, Request, Signature, UploadJob, percent_decode};

pub(super) const PLANTED: &[Planted] = &[
    plant(
        "public/rclone-empty-retry",
        "rclone/rclone#520",
        "a retry announces the length of a body that was read already, and sends none of it",
        &["request/content-length"],
        edited(|outgoing| (outgoing.attempt > 1).then(|| without_body(&mut outgoing.request))),
    ),
    plant(
        "public/oci-read-body",
        "oracle/oci-go-sdk#430",
        "something has read the body of a slice before it is sent",
        &["request/content-length"],
        edited(|outgoing| {
            let is_data = matches!(outgoing.task, Task::Data(_));
            is_data.then(|| without_body(&mut outgoing.request))
        }),
    ),
    plant(
        "public/restkit-length",
        "benoitc/restkit#65",
        "Content-Length leaves out the headers of the parts",
        &["request/content-length"],
        edited(|outgoing| {
            let length = outgoing.request.body_length();
            // The headers of a part take about so many bytes.
            let headers = outgoing.request.form().as_multipart()?.parts().len() * 50;
            let short = length.saturating_sub(headers);
            outgoing.request.edit_head(|head| {
                with_field(head, "content-length", |_| format!("Content-Length: {short}"))
            });
            Some(())
        }),
    ),
    plant(
        "public/aws-java-length-of-file",
        "aws/aws-sdk-java-v2#5807",
        "Content-Length of a part is that of the whole upload",
        &["request/content-length"],
        edited(|outgoing| {
            let twice = outgoing.request.body_length() * 2;
            let is_data = matches!(outgoing.task, Task::Data(_));
            is_data.then(|| {
                outgoing.request.edit_head(|head| {
                    with_field(head, "content-length", |_| format!("Content-Length: {twice}"))
                });
            })
        }),
    ),
    plant(
        "public/axios-chunked",
        "axios/axios#4943",
        "forms go in chunks, without a Content-Length",
        &["request/not-chunked"],
        edited(|outgoing| {
            chunked(&mut outgoing.request);
            Some(())
        }),
    ),
    plant(
        "public/guzzle-chunked",
        "guzzle/guzzle#1441",
        "where the length of a stream is not known, it goes in chunks",
        &["request/not-chunked"],
        edited(|outgoing| {
            let is_data = matches!(outgoing.task, Task::Data(_));
            is_data.then(|| chunked(&mut outgoing.request))
        }),
    ),
    plant(
        "public/aws-go-no-length",
        "aws/aws-sdk-go#5176",
        "a body that cannot be sought goes without Content-Length",
        &["request/content-length"],
        edits_head!(Task::Data(_), |head| without_field(head, "content-length")),
    ),
    plant(
        "public/urllib3-nothing-on-retry",
        "urllib3/urllib3#506",
        "the second attempt begins where the first stopped reading: it sends a form that is empty",
        &["form/delimiters", "form/closing-delimiter"],
        edited(|outgoing| {
            (outgoing.attempt > 1).then(|| outgoing.request.edit_body(|_| Vec::new()))
        }),
    ),
    plant(
        "public/ios-clock",
        "aws-amplify/aws-sdk-ios#541",
        "requests are signed by a clock that is a day ahead",
        &["auth/valid"],
        with(|job, clear| {
            let later = |time: &str| (time.parse().unwrap_or(0) + 86_400_u64).to_string();
            signed(job, &change(&change(clear, "t", later), "e", later))
        }),
    ),
    plant(
        "public/s3fs-old-signature",
        "s3fs-fuse/s3fs-fuse#1042",
        "requests are signed with a time of long before they are sent",
        &["auth/valid"],
        with(|job, clear| {
            let earlier =
                |time: &str| time.parse().unwrap_or(0_u64).saturating_sub(86_400).to_string();
            signed(job, &change(&change(clear, "t", earlier), "e", earlier))
        }),
    ),
    plant(
        "public/cos-node-raw-path",
        "tencentyun/cos-nodejs-sdk-v5#233",
        "what is signed has the path as it is, what is sent has it escaped",
        &["auth/fileid-escaped"],
        ClientPolicy {
            dialect: Dialect { bound: true, ..Dialect::REFERENCE },
            ..with(|job, clear| {
                signed(
                    job,
                    &change(clear, "f", |fileid| percent_decode(fileid).unwrap_or_default()),
                )
            })
        },
    ),
    plant(
        "public/cos-client-lost-slash",
        "overtrue/qcloud-cos-client#5",
        "the slash before the path is lost where it is signed",
        &["auth/fileid"],
        ClientPolicy {
            dialect: Dialect { bound: true, ..Dialect::REFERENCE },
            ..with(|job, clear| {
                signed(job, &change(clear, "f", |fileid| fileid.trim_start_matches('/').to_owned()))
            })
        },
    ),
    plant(
        "public/go-blank-as-plus",
        "tencentyun/cos-nodejs-sdk-v5#8",
        "the escaping of the language's library writes a space as a plus",
        &["request/path-object"],
        edits_head!(_, |head| with_target(head, |target| target.replace("%20", "+"))),
    ),
    plant(
        "public/s3upload-plus",
        "tadruj/s3upload-coffee-javascript#8",
        "the signature stands in the query with its plus signs, which are read as spaces",
        &["auth/sign-escaped"],
        ClientPolicy {
            dialect: Dialect { sign_in_query: true, ..Dialect::REFERENCE },
            edit: |outgoing| {
                outgoing
                    .request
                    .edit_head(|head| with_target(head, |target| target.replace("%2B", "+")));
                Some(())
            },
            ..ClientPolicy::REFERENCE
        },
    ),
    plant(
        "public/filestack-negative-size",
        "filestack/filestack-java#85",
        "the size of a file of more than 2 GB is kept in 32 bits and wraps",
        &["init/filesize"],
        edited(|outgoing| {
            (outgoing.task == Task::Init).then_some(())?;
            change_text(outgoing, "filesize", |size| wrapped(size).to_string())
        }),
    ),
    plant(
        "public/msgraph-ranges",
        "microsoftgraph/msgraph-sdk-dotnet#106",
        "offsets beyond 2 GB are negative",
        &["data/offset-form"],
        edited(|outgoing| change_text(outgoing, "offset", |offset| wrapped(offset).to_string())),
    ),
];

/// What 32 bits with a sign keep of a number.
fn wrapped(number: &str) -> i64 {
    let low = i64::try_from(number.parse::<u64>().unwrap_or(0) & 0xffff_ffff).unwrap_or(0);
    if low >= 1 << 31 { low - (1 << 32) } else { low }
}

fn without_body(request: &mut Request) {
    let end = request.head().end;
    *request = Request::new(request.raw().slice(..end));
}

fn chunked(request: &mut Request) {
    request.edit_head(|head| {
        with_line(&without_field(head, "content-length"), "Transfer-Encoding: chunked")
    });
    let raw = request.raw();
    let (head, body) = raw.split_at(request.head().end.min(raw.len()));
    let size = format!("{:x}\r\n", body.len());
    *request = Request::new([head, size.as_bytes(), body, b"\r\n0\r\n\r\n"].concat().into());
}

const fn with(sign: fn(&UploadJob, &str) -> String) -> ClientPolicy {
    signing(Signing { sign, ..SIGNING })
}

fn signed(job: &UploadJob, clear: &str) -> String {
    Signature::sign(&job.credentials.secret_key, clear)
}

/// A string to sign with another value of a field.
fn change(clear: &str, name: &str, new: impl Fn(&str) -> String) -> String {
    let field = |field: &str| match field.split_once('=') {
        Some((known, value)) if known == name => format!("{known}={}", new(value)),
        _ => field.to_owned(),
    };
    clear.split('&').map(field).collect::<Vec<_>>().join("&")
}
