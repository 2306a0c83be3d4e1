use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::client::{ClientPolicy, Deletes, RetryPolicy, Signing, Task};
use crate::mutant::planted::{Planted, plant, with_field, with_target, without_field};
use crate::mutant::{RETRY, SIGNING, edited, edits_head, signing};
use crate::protocol::{Dialect, Part, Signature, UploadJob, hmac_sha1};

pub(super) const PLANTED: &[Planted] = &[
    plant(
        "spec/list-unsigned",
        "signed",
        "the list is requested without a signature: nothing is changed by it",
        &["auth/signed"],
        edits_head!(Task::List, |head| without_field(head, "authorization")),
    ),
    plant(
        "spec/secret-in-clear-string",
        "secret-key-kept",
        "the string to sign, which is sent along, has the SecretKey as an eighth field",
        &["auth/secret-key-kept"],
        with(|job, clear| signed(job, &format!("{clear}&s={}", job.credentials.secret_key))),
    ),
    plant(
        "spec/sign-in-query-too",
        "signed-once",
        "the signature stands in Authorization and in the query",
        &["auth/signed-once"],
        edited(|outgoing| {
            let (sign, _) = outgoing.request.signature_text()?;
            let sign = sign.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            outgoing
                .request
                .edit_head(|head| with_target(head, |target| format!("{target}?sign={sign}")));
            Some(())
        }),
    ),
    plant(
        "spec/sign-plus",
        "sign-escaped",
        "the signature is in the query as it is, plus signs included",
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
        "spec/sign-with-word",
        "signature-form",
        "the word QCS stands before the signature",
        &["auth/signature-form"],
        with(|job, clear| format!("QCS {}", signed(job, clear))),
    ),
    plant(
        "spec/sign-without-padding",
        "signature-form",
        "the signature has no padding",
        &["auth/signature-form"],
        with(|job, clear| signed(job, clear).trim_end_matches('=').to_owned()),
    ),
    plant(
        "spec/sign-three-kilobytes",
        "signature-length",
        "the string to sign has a long field of the client's own",
        &["auth/signature-length"],
        with(|job, clear| signed(job, &format!("{clear}&ua={}", "x".repeat(3000)))),
    ),
    plant(
        "spec/sign-without-f",
        "signature-fields",
        "the string to sign has no f",
        &["auth/fields"],
        with(|job, clear| signed(job, &clear.replace("&f=", ""))),
    ),
    plant(
        "spec/mac-in-hex",
        "signature-mac",
        "the HMAC stands before the string in hexadecimal digits",
        &["auth/mac"],
        with(|job, clear| {
            let mac = hmac_sha1(job.credentials.secret_key.as_bytes(), clear.as_bytes());
            let hex = mac.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            BASE64_STANDARD.encode([hex.as_bytes(), clear.as_bytes()].concat())
        }),
    ),
    plant(
        "spec/mac-of-other-order",
        "signature-mac",
        "what is signed has its fields sorted, what is sent has not",
        &["auth/mac"],
        with(|job, clear| {
            let mut fields: Vec<_> = clear.split('&').collect();
            fields.sort_unstable();
            let key = job.credentials.secret_key.as_bytes();
            let mac = hmac_sha1(key, fields.join("&").as_bytes());
            BASE64_STANDARD.encode([&mac, clear.as_bytes()].concat())
        }),
    ),
    plant(
        "spec/mac-key-and-message",
        "signature-mac",
        "key and message of the HMAC are the wrong way round",
        &["auth/mac"],
        with(|job, clear| {
            let mac = hmac_sha1(clear.as_bytes(), job.credentials.secret_key.as_bytes());
            BASE64_STANDARD.encode([&mac, clear.as_bytes()].concat())
        }),
    ),
    plant(
        "spec/a-zero",
        "signature-appid",
        "a is 0, an appid that was not read yet",
        &["auth/appid"],
        with(|job, clear| signed(job, &change(clear, "a", |_| "0".to_owned()))),
    ),
    plant(
        "spec/b-with-appid",
        "signature-bucket",
        "b is bucket-appid, as in the XML API",
        &["auth/bucket"],
        with(|job, clear| {
            let name = format!("{}-{}", job.path.bucket, job.path.appid);
            signed(job, &change(clear, "b", |_| name.clone()))
        }),
    ),
    plant(
        "spec/k-cut",
        "signature-key",
        "k lacks the last letter of the SecretId",
        &["auth/secret-id"],
        with(|job, clear| {
            let cut = |id: &str| id.chars().take(id.chars().count().saturating_sub(1)).collect();
            signed(job, &change(clear, "k", cut))
        }),
    ),
    plant(
        "spec/fields-sorted",
        "signature-order",
        "the fields of the signature are sorted by name",
        &["auth/order"],
        with(|job, clear| {
            let mut fields: Vec<_> = clear.split('&').collect();
            fields.sort_unstable();
            signed(job, &fields.join("&"))
        }),
    ),
    plant(
        "spec/e-zero",
        "signature-expires",
        "uploads are signed for one use",
        &["auth/expires"],
        with(|job, clear| signed(job, &change(clear, "e", |_| "0".to_owned()))),
    ),
    plant(
        "spec/f-slashes-escaped",
        "signature-fileid-escaped",
        "the slashes of f are escaped as well",
        &["auth/fileid-escaped"],
        ClientPolicy {
            dialect: Dialect { bound: true, ..Dialect::REFERENCE },
            ..with(|job, clear| {
                signed(job, &change(clear, "f", |fileid| fileid.replace('/', "%2F")))
            })
        },
    ),
    plant(
        "spec/e-relative",
        "signature-times",
        "e is how long the signature is valid, not until when",
        &["auth/times"],
        with(|job, clear| signed(job, &change(clear, "e", |_| "3600".to_owned()))),
    ),
    plant(
        "spec/times-in-milliseconds",
        "signature-times",
        "t and e are in milliseconds",
        &["auth/times"],
        with(|job, clear| {
            let clear = change(clear, "t", |time| format!("{time}000"));
            signed(job, &change(&clear, "e", |time| format!("{time}000")))
        }),
    ),
    plant(
        "spec/local-time",
        "signature-valid",
        "t and e are eight hours ahead: local time taken for that of Greenwich",
        &["auth/valid"],
        with(|job, clear| {
            let ahead = |time: &str| (time.parse().unwrap_or(0) + 8 * 3600_u64).to_string();
            signed(job, &change(&change(clear, "t", ahead), "e", ahead))
        }),
    ),
    plant(
        "spec/valid-for-a-year",
        "signature-lifetime",
        "signatures are valid for a year",
        &["auth/lifetime"],
        signing(Signing { lifetime: 365 * 86_400, ..SIGNING }),
    ),
    plant(
        "spec/f-of-folder-beside",
        "signature-fileid",
        "f is a folder beside that of the object, whose name begins alike",
        &["auth/fileid"],
        ClientPolicy {
            dialect: Dialect { bound: true, ..Dialect::REFERENCE },
            ..with(|job, clear| {
                let beside = |fileid: &str| {
                    let (folder, name) = fileid.rsplit_once('/').unwrap_or(("", ""));
                    format!("{folder}/{}/", name.chars().take(1).collect::<String>())
                };
                signed(job, &change(clear, "f", beside))
            })
        },
    ),
    plant(
        "spec/r-in-hex",
        "signature-random-form",
        "r is in hexadecimal digits",
        &["auth/random-form"],
        with(|job, clear| signed(job, &change(clear, "r", |_| "7fa9c0de".to_owned()))),
    ),
    plant(
        "spec/r-sixteen-digits",
        "signature-random",
        "r has sixteen digits",
        &["auth/random"],
        with(|job, clear| signed(job, &change(clear, "r", |_| "1234567890123456".to_owned()))),
    ),
    plant(
        "spec/delete-signed-for-an-hour",
        "once-expiry",
        "the delete before an overwrite is signed as an upload is",
        &["auth/once-expiry"],
        ClientPolicy {
            retry: RetryPolicy { deletes: Deletes::Conflicts, ..RETRY },
            ..with(|job, clear| {
                let begins = clear.split("&t=").nth(1).and_then(|rest| rest.split('&').next());
                let begins: u64 = begins.and_then(|time| time.parse().ok()).unwrap_or(0);
                // Only the delete is signed for one use, with an e of 0 [§4.1].
                let until = |time: &str| match time {
                    "0" => (begins + 3600).to_string(),
                    time => time.to_owned(),
                };
                signed(job, &change(clear, "e", until))
            })
        },
    ),
    plant(
        "spec/delete-without-f",
        "once-fileid",
        "the delete before an overwrite names no object in its signature",
        &["auth/once-fileid"],
        ClientPolicy {
            retry: RetryPolicy { deletes: Deletes::Conflicts, ..RETRY },
            ..with(|job, clear| signed(job, &change(clear, "f", |_| String::new())))
        },
    ),
    plant(
        "spec/sign-in-form",
        "signed",
        "slices have their signature as a field of the form",
        &["auth/signed"],
        edited(|outgoing| {
            let (sign, _) = outgoing.request.signature_text()?;
            if !matches!(outgoing.task, Task::Data(_)) {
                return None;
            }
            outgoing.request.edit_head(|head| without_field(head, "authorization"));
            outgoing.request.edit(|form| {
                form.push(Part::new("sign", sign));
                Some(())
            })
        }),
    ),
    plant(
        "spec/sign-url-alphabet",
        "signature-form",
        "the signature is in the alphabet for URLs",
        &["auth/signature-form"],
        edits_head!(_, |head| with_field(head, "authorization", |line| {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            format!("{name}: {}", value.replace('+', "-").replace('/', "_"))
        })),
    ),
];

/// A client that signs in this way.
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
