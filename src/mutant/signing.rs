use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::{Mutant, RETRY, SIGNING, edited, edits_head, signing};
use crate::client::{ClientPolicy, Outgoing, RequestError, RetryPolicy, Signing, Task};
use crate::protocol::{Credentials, Dialect, Request, Signature, UploadJob, hmac_sha1};

/// A client that signs another string to sign: a macro, as a function cannot keep the change in a constant.
macro_rules! worded {
    ($change:expr) => {
        sealed(|told, string_to_sign| {
            let change: fn(&str) -> String = $change;
            Signature::sign(&told.credentials.secret_key, &change(string_to_sign))
        })
    };
}

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "signing/not-at-all",
        summary: "no request is signed",
        policy: edited(|outgoing| authorized(outgoing, |_| None)),
        expected: &["auth/signed"],
    },
    Mutant {
        id: "signing/secret-key-sent",
        summary: "the SecretKey is sent in a header, for a proxy to sign with",
        policy: sealed(|job, string_to_sign| {
            let Credentials { secret_key, .. } = &job.credentials;
            format!("{}\r\nX-Note: {secret_key}", Signature::sign(secret_key, string_to_sign))
        }),
        expected: &["auth/secret-key-kept"],
    },
    Mutant {
        id: "signing/in-two-places",
        summary: "another signature is in the query as well",
        policy: edits_head!(_, |head| head.replacen(" HTTP", "?sign=dGVzdA%3D%3D HTTP", 1)),
        expected: &["auth/signed-once"],
    },
    Mutant {
        id: "signing/plus-in-query",
        summary: "the signature goes into the query as it is",
        policy: ClientPolicy {
            edit: |outgoing| {
                let unescaped = |head: &str| {
                    let (line, rest) = head.split_once("\r\n").unwrap_or((head, ""));
                    let line = line.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
                    [line.as_str(), rest].join("\r\n")
                };
                outgoing.request.edit_head(unescaped);
                Some(())
            },
            signing: Signing {
                // Base64 has a plus in it if some six bits of the MAC are 62: with one of these `r`.
                sign: |told, string_to_sign| {
                    let sealed =
                        |more: &String| Signature::sign(&told.credentials.secret_key, more);
                    let others =
                        (0..200).map(|r| string_to_sign.replace("&f=", &format!("{r}&f=")));
                    let mut others = others.map(|string_to_sign| sealed(&string_to_sign));
                    others.find(|signature| signature.contains('+')).unwrap_or_default()
                },
                ..SIGNING
            },
            ..REFERENCE_IN_QUERY
        },
        expected: &["auth/sign-escaped"],
    },
    Mutant {
        id: "signing/scheme",
        summary: "a scheme stands before the signature",
        policy: edited(|outgoing| authorized(outgoing, |sign| Some(format!("Bearer {sign}")))),
        expected: &["auth/signature-form"],
    },
    Mutant {
        id: "signing/url-safe",
        summary: "the signature is base64 in the URL-safe alphabet",
        policy: sealed(|told, string_to_sign| {
            // One of these has a character in it in which the alphabets differ.
            let safe = |string_to_sign: String| URL_SAFE.encode(bytes(told, &string_to_sign));
            let others = (0..200).map(|r| string_to_sign.replace("&f=", &format!("{r}&f=")));
            others.map(safe).find(|signature| signature.contains(['-', '_'])).unwrap_or_default()
        }),
        expected: &["auth/signature-form"],
    },
    Mutant {
        id: "signing/wrapped",
        summary: "base64 is broken into lines of 76 characters, and the line ends are spaces now",
        policy: sealed(|told, string_to_sign| {
            let whole = STANDARD.encode(bytes(told, string_to_sign));
            let lines = whole.as_bytes().chunks(76).map(String::from_utf8_lossy);
            lines.collect::<Vec<_>>().join(" ")
        }),
        expected: &["auth/signature-form"],
    },
    Mutant {
        id: "signing/wrapped-lines",
        summary: "base64 is broken into lines of 76 characters, as some encoders do",
        policy: sealed(|told, string_to_sign| {
            let whole = STANDARD.encode(bytes(told, string_to_sign));
            let lines = whole.as_bytes().chunks(76).map(String::from_utf8_lossy);
            lines.collect::<Vec<_>>().join("\r\n")
        }),
        expected: &["request/field-lines"],
    },
    Mutant {
        id: "signing/hexadecimal",
        summary: "the MAC is written in hexadecimal digits before base64",
        policy: sealed(|told, string_to_sign| {
            let mac = hmac_sha1(told.credentials.secret_key.as_bytes(), string_to_sign.as_bytes());
            let digits = mac.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
            STANDARD.encode(format!("{digits}{string_to_sign}"))
        }),
        expected: &["auth/mac", "auth/fields"],
    },
    Mutant {
        id: "signing/mac-alone",
        summary: "the signature is the MAC without the string to sign",
        policy: sealed(|told, string_to_sign| {
            STANDARD.encode(hmac_sha1(
                told.credentials.secret_key.as_bytes(),
                string_to_sign.as_bytes(),
            ))
        }),
        expected: &["auth/signature-form"],
    },
    Mutant {
        id: "signing/other-key",
        summary: "the key of the MAC is the SecretId",
        policy: sealed(|told, string_to_sign| {
            Signature::sign(&told.credentials.secret_id, string_to_sign)
        }),
        expected: &["auth/mac"],
    },
    Mutant {
        id: "signing/other-text",
        summary: "the MAC covers the string to sign with a line end after it",
        policy: sealed(|told, string_to_sign| {
            let covered = format!("{string_to_sign}\n");
            let mac = hmac_sha1(told.credentials.secret_key.as_bytes(), covered.as_bytes());
            STANDARD.encode([mac.as_slice(), string_to_sign.as_bytes()].concat())
        }),
        expected: &["auth/mac"],
    },
    Mutant {
        id: "signing/field-missing",
        summary: "the string to sign has no r",
        policy: worded!(|string_to_sign| {
            let pairs = string_to_sign.split('&').filter(|pair| !pair.starts_with("r="));
            pairs.collect::<Vec<_>>().join("&")
        }),
        expected: &["auth/fields"],
    },
    Mutant {
        id: "signing/field-renamed",
        summary: "the string to sign calls r by another name",
        policy: worded!(|string_to_sign| string_to_sign.replacen("&r=", "&rnd=", 1)),
        expected: &["auth/fields"],
    },
    Mutant {
        id: "signing/long",
        summary: "r has two thousand digits",
        policy: worded!(
            |string_to_sign| string_to_sign.replace("&r=", &format!("&r={}", "7".repeat(2000)))
        ),
        expected: &["auth/signature-length", "auth/random-form"],
    },
    Mutant {
        id: "signing/other-appid",
        summary: "a is that of another account",
        policy: worded!(|string_to_sign| string_to_sign.replace("a=1251668577", "a=10055004")),
        expected: &["auth/appid"],
    },
    Mutant {
        id: "signing/bucket-with-appid",
        summary: "b is the bucket's name as newer APIs write it",
        policy: worded!(|string_to_sign| {
            string_to_sign.replace("b=examplebucket", "b=examplebucket-1251668577")
        }),
        expected: &["auth/bucket"],
    },
    Mutant {
        id: "signing/secret-id-lower-case",
        summary: "k is the SecretId in lower case",
        policy: worded!(|string_to_sign| string_to_sign.replace("k=AKID", "k=akid")),
        expected: &["auth/secret-id"],
    },
    Mutant {
        id: "signing/duration",
        summary: "e is a duration",
        policy: worded!(|string_to_sign| field(string_to_sign, "e", |_| "3600".to_owned())),
        expected: &["auth/times"],
    },
    Mutant {
        id: "signing/expires-at-zero",
        summary: "e is 0, as in a signature for once",
        policy: worded!(|string_to_sign| field(string_to_sign, "e", |_| "0".to_owned())),
        expected: &["auth/expires"],
    },
    Mutant {
        id: "signing/milliseconds",
        summary: "t and e count milliseconds",
        policy: worded!(|string_to_sign| {
            string_to_sign.replace("&t=", "000&t=").replace("&r=", "000&r=")
        }),
        expected: &["auth/valid"],
    },
    Mutant {
        id: "signing/in-another-zone",
        summary: "t and e are eight hours too early, in the wrong time zone",
        policy: worded!(|string_to_sign| {
            let after = field(string_to_sign, "t", eight_hours_before);
            field(&after, "e", eight_hours_before)
        }),
        expected: &["auth/valid"],
    },
    Mutant {
        id: "signing/for-a-year",
        summary: "a signature is valid for a year",
        policy: signing(Signing { lifetime: 365 * 86_400, ..SIGNING }),
        expected: &["auth/lifetime"],
    },
    Mutant {
        id: "signing/for-two-months",
        summary: "a signature is valid for 60 days",
        policy: signing(Signing { lifetime: 60 * 86_400, ..SIGNING }),
        expected: &["auth/lifetime-of-a-month"],
    },
    Mutant {
        id: "signing/refused-again",
        summary: "what is refused because its signature has expired is sent again with the same signature",
        policy: ClientPolicy {
            retry: RetryPolicy {
                pause: Duration::from_secs(2),
                is_retryable: |task, error| {
                    matches!(error, RequestError::Refused { code: -59, .. })
                        || (RETRY.is_retryable)(task, error)
                },
                ..RETRY
            },
            ..signing(Signing { per_request: false, ..SIGNING })
        },
        expected: &["flow/permanent-not-retried"],
    },
    Mutant {
        id: "signing/stale",
        summary: "another attempt carries the signature of the first, which has expired",
        policy: ClientPolicy {
            retry: RetryPolicy { pause: Duration::from_secs(2), ..RETRY },
            ..signing(Signing { lifetime: 1, per_request: false, ..SIGNING })
        },
        expected: &["auth/valid"],
    },
    Mutant {
        id: "signing/other-object",
        summary: "f names another object",
        policy: worded!(|string_to_sign| {
            string_to_sign.replace("f=", "f=/1251668577/examplebucket/other.bin")
        }),
        expected: &["auth/fileid"],
    },
    Mutant {
        id: "signing/unescaped-object",
        summary: "f is the object's path, not escaped",
        policy: sealed(|told, string_to_sign| {
            let path = &told.path;
            let object = format!("f=/{}/{}{}", path.appid, path.bucket, path.key);
            Signature::sign(&told.credentials.secret_key, &string_to_sign.replace("f=", &object))
        }),
        expected: &["auth/fields"],
    },
    Mutant {
        id: "signing/key-without-bucket",
        summary: "f is the key alone",
        policy: worded!(|string_to_sign| string_to_sign.replace("f=", "f=/slicecheck/plain.bin")),
        expected: &["auth/fileid"],
    },
    Mutant {
        id: "signing/random-hexadecimal",
        summary: "r is written in hexadecimal digits",
        policy: worded!(|string_to_sign| string_to_sign.replace("&r=", "&r=ff")),
        expected: &["auth/random-form"],
    },
    Mutant {
        id: "signing/random-long",
        summary: "r has more than ten digits",
        policy: worded!(|string_to_sign| string_to_sign.replace("&r=", "&r=12345678901")),
        expected: &["auth/random"],
    },
    Mutant {
        id: "signing/reversed",
        summary: "the fields are in an order of its own",
        policy: worded!(|string_to_sign| {
            string_to_sign.split('&').rev().collect::<Vec<_>>().join("&")
        }),
        expected: &["auth/order"],
    },
    Mutant {
        id: "signing/spaces-in-object",
        summary: "f is the path of the object, its spaces not escaped",
        policy: sealed(|told, string_to_sign| {
            let path = &told.path;
            let object = format!("/{}/{}{}", path.appid, path.bucket, path.key);
            let object = field(string_to_sign, "f", |_| object.replace(['&', '='], "_"));
            Signature::sign(&told.credentials.secret_key, &object)
        }),
        expected: &["auth/fileid-escaped"],
    },
    Mutant {
        id: "signing/delete-for-many-uses",
        summary: "an interrupted upload is deleted, with a signature for many uses and any object",
        policy: edited(|outgoing| delete(outgoing, str::to_owned)),
        expected: &["auth/once-expiry", "auth/once-fileid"],
    },
    Mutant {
        id: "signing/delete-twice",
        summary: "an interrupted upload is deleted, each time with the same signature for one use",
        policy: edited(|outgoing| {
            delete(outgoing, |signature| {
                let without_end = |text: &str| field(text, "e", |_| "0".to_owned());
                reworded(signature, without_end).unwrap_or_default()
            })
        }),
        expected: &["auth/once-used-once"],
    },
];

/// The reference client with its signature in the query.
const REFERENCE_IN_QUERY: ClientPolicy =
    ClientPolicy::REFERENCE.speaking(Dialect { sign_in_query: true, ..Dialect::REFERENCE });

const fn sealed(sign: fn(&UploadJob, &str) -> String) -> ClientPolicy {
    signing(Signing { sign, ..SIGNING })
}

/// Deletes, where others list, what was interrupted.
fn delete(outgoing: &mut Outgoing, change: fn(&str) -> String) -> Option<()> {
    let Task::List = outgoing.task else { return None };
    let request = &outgoing.request;
    let fields = [
        ("Host", "gz.file.myqcloud.com".to_owned()),
        ("Authorization", change(&request.signature_text()?.0)),
        ("Content-Type", "application/json".to_owned()),
    ];
    outgoing.request = Request::write("POST", request.target(), &fields, b"{\"op\":\"delete\"}");
    Some(())
}

/// A signature with another string to sign, and the MAC that it had.
fn reworded(signature: &str, change: impl Fn(&str) -> String) -> Option<String> {
    let string_to_sign = Signature::read(signature).ok()?;
    let mac = STANDARD.decode(signature).ok()?;
    let string_to_sign = change(string_to_sign.sent_string_to_sign());
    Some(STANDARD.encode([mac.get(..20)?, string_to_sign.as_bytes()].concat()))
}

/// What is base64 of.
fn bytes(told: &UploadJob, string_to_sign: &str) -> Vec<u8> {
    let mac = hmac_sha1(told.credentials.secret_key.as_bytes(), string_to_sign.as_bytes());
    [mac.as_slice(), string_to_sign.as_bytes()].concat()
}

/// The string to sign with one field changed.
fn field(string_to_sign: &str, name: &str, change: impl Fn(&str) -> String) -> String {
    let field = |pair: &str| match pair.split_once('=') {
        Some((known, value)) if known == name => format!("{name}={}", change(value)),
        _ => pair.to_owned(),
    };
    string_to_sign.split('&').map(field).collect::<Vec<_>>().join("&")
}

/// A time eight hours earlier.
fn eight_hours_before(time: &str) -> String {
    time.parse::<u64>().unwrap_or_default().saturating_sub(8 * 3600).to_string()
}

/// Changes the value of Authorization, or removes the header.
fn authorized(outgoing: &mut Outgoing, change: fn(&str) -> Option<String>) -> Option<()> {
    let (old, _) = outgoing.request.signature_text()?;
    let line = format!("Authorization: {old}\r\n");
    let new = change(&old).map(|new| format!("Authorization: {new}\r\n")).unwrap_or_default();
    outgoing.request.edit_head(|head| head.replacen(&line, &new, 1));
    Some(())
}
