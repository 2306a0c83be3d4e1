use slicecheck::client::{ClientPolicy, Outgoing, Signing};
use slicecheck::protocol::{Signature, UploadJob};

use super::{Manner, PLAIN, REFERENCE, edited, head_with};

const ORDER: (&str, &str) = (
    "auth/order",
    "any order can be verified, and the two that are published are what the service is known to take",
);
const SLASHES: (&str, &str) = (
    "request/path-slashes",
    "all SDKs keep the slashes; they mean the same to a reader that decodes first",
);

/// A client whose string to sign is changed.
macro_rules! signing {
    ($change:expr) => {
        ClientPolicy {
            signing: Signing {
                sign: |job, clear| signed(job, clear, $change),
                ..REFERENCE.signing
            },
            ..REFERENCE
        }
    };
}

pub(super) const MANNERS: &[Manner] = &[
    Manner {
        what: "escapes in the path are in lower case",
        source: "RFC 3986 §2.1: case-insensitive",
        scenario: "key/unicode",
        policy: edited(|outgoing| escapes(outgoing, str::to_lowercase)),
        ..PLAIN
    },
    Manner {
        what: "letters in the path are escaped that need not be",
        source: "RFC 3986 §2.3: equivalent",
        policy: head_with!("/slicecheck/", "/%73lice%63heck/"),
        ..PLAIN
    },
    Manner {
        what: "dots, dashes and tildes in the path are escaped",
        source: "RFC 3986 §2.3: equivalent",
        policy: head_with!(".bin ", "%2Ebin "),
        ..PLAIN
    },
    Manner {
        what: "slashes in the key are escaped",
        source: "SDK §1.3, WIRE §9.5",
        policy: head_with!("/slicecheck/", "/slicecheck%2F"),
        told: &[SLASHES],
        ..PLAIN
    },
    Manner {
        what: "a plus in the path is not escaped",
        source: "RFC 3986 §3.3: sub-delims",
        scenario: "key/plus-and-percent",
        policy: edited(|outgoing| target(outgoing, |target| target.replace("%2B", "+"))),
        ..PLAIN
    },
    Manner {
        what: "characters that a path may have are not escaped",
        source: "RFC 3986 §3.3: pchar",
        scenario: "key/query-characters",
        policy: edited(|outgoing| {
            target(outgoing, |target| {
                let pchars = [("%26", "&"), ("%3D", "="), ("%3B", ";"), ("%40", "@"), ("%24", "$")];
                pchars.iter().fold(target.to_owned(), |new, (from, to)| new.replace(from, to))
            })
        }),
        ..PLAIN
    },
    Manner {
        what: "the query is empty",
        source: "RFC 3986 §3.4",
        policy: head_with!(" HTTP/", "? HTTP/"),
        ..PLAIN
    },
    Manner {
        what: "the signature is in the query",
        source: "SEED E16, SDK qcloud_sdk.js:137",
        policy: edited(|outgoing| in_query(outgoing, ["%2B", "%2F", "%3D"])),
        ..PLAIN
    },
    Manner {
        what: "the signature is in the query, with escapes in lower case and slashes as they are",
        source: "RFC 3986 §2.1, §3.4",
        policy: edited(|outgoing| in_query(outgoing, ["%2b", "/", "%3d"])),
        ..PLAIN
    },
    Manner {
        what: "the fields of the signature are in the order of the SDKs",
        source: "SDK §4.2",
        policy: signing!(|_, clear| {
            let (bucket, rest) = clear.split_once("&k=").unwrap();
            let (appid, bucket) = bucket.split_once('&').unwrap();
            format!("{appid}&k={rest}&{bucket}")
        }),
        ..PLAIN
    },
    Manner {
        what: "the fields of the signature are in an order of their own",
        source: "DOC17 6054: in any order",
        policy: signing!(|_, clear| {
            let fields: Vec<_> = clear.split('&').rev().collect();
            fields.join("&")
        }),
        told: &[ORDER],
        ..PLAIN
    },
    Manner {
        what: "the signature is for this object alone",
        source: "DOC17 6054",
        policy: signing!(|job, clear| clear.replace("&f=", &format!("&f={}", job.path.fileid()))),
        ..PLAIN
    },
    Manner {
        what: "one signature is used for all requests",
        source: "DOC17 6054: signatures for uploads may be used again",
        policy: ClientPolicy {
            signing: Signing { per_request: false, ..REFERENCE.signing },
            ..REFERENCE
        },
        ..PLAIN
    },
    Manner {
        what: "a signature is valid for a minute",
        source: "DOC17 6054",
        policy: ClientPolicy {
            signing: Signing { lifetime: 60, ..REFERENCE.signing },
            ..REFERENCE
        },
        ..PLAIN
    },
    Manner {
        what: "a signature is valid for thirty days",
        source: "DOC17 6054",
        policy: ClientPolicy {
            signing: Signing { lifetime: 30 * 24 * 3600, ..REFERENCE.signing },
            ..REFERENCE
        },
        ..PLAIN
    },
    Manner {
        what: "the random number is zero",
        source: "DOC17 6054",
        policy: signing!(|_, clear| random(clear, "0")),
        ..PLAIN
    },
    Manner {
        what: "the random number has ten digits",
        source: "DOC17 6054",
        policy: signing!(|_, clear| random(clear, "9999999999")),
        ..PLAIN
    },
];

fn signed(job: &UploadJob, clear: &str, change: impl Fn(&UploadJob, &str) -> String) -> String {
    let clear = super::changed(clear, |clear| change(job, clear));
    Signature::sign(&job.credentials.secret_key, &clear)
}

/// The string to sign with another random number.
fn random(clear: &str, digits: &str) -> String {
    let (before, rest) = clear.split_once("&r=").unwrap();
    let (_, after) = rest.split_once('&').unwrap();
    format!("{before}&r={digits}&{after}")
}

#[expect(clippy::unnecessary_wraps, reason = "an edit says whether it found its place")]
fn target(outgoing: &mut Outgoing, change: impl Fn(&str) -> String) -> Option<()> {
    let old = outgoing.request.target().to_owned();
    let new = super::changed(&old, change);
    outgoing.request.edit_head(|head| head.replacen(&old, &new, 1));
    Some(())
}

/// Writes each percent sign and the two digits after it in another way.
fn escapes(outgoing: &mut Outgoing, change: impl Fn(&str) -> String) -> Option<()> {
    target(outgoing, |target| {
        let mut pieces = target.split('%');
        let first = pieces.next().unwrap_or_default().to_owned();
        pieces.fold(first, |new, piece| {
            let (digits, rest) = piece.split_at(2);
            format!("{new}%{}{rest}", change(digits))
        })
    })
}

/// Takes the signature into the query, a plus, a slash and an equals sign of it written like this.
#[expect(clippy::unnecessary_wraps, reason = "an edit says whether it found its place")]
fn in_query(outgoing: &mut Outgoing, [plus, slash, equals]: [&str; 3]) -> Option<()> {
    outgoing.request.edit_head(|head| {
        let line = head.lines().find(|line| line.starts_with("Authorization: ")).unwrap();
        let sign = line.trim_start_matches("Authorization: ");
        let sign = sign.replace('+', plus).replace('/', slash).replace('=', equals);
        head.replacen(&format!("{line}\r\n"), "", 1).replacen(
            " HTTP/",
            &format!("?sign={sign} HTTP/"),
            1,
        )
    });
    Some(())
}
