use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::{Mutant, SIGNING, TRYING, edited, edits_head, signing};
use crate::client::{Conduct, Outgoing, Signing, Task, Trying};
use crate::protocol::{Assignment, Dialect, Request, Signature, hmac_sha1};

/// A client that signs another clear text: a macro, as a function cannot keep the change in a constant.
macro_rules! worded {
    ($change:expr) => {
        sealed(|told, clear_text| {
            let change: fn(&str) -> String = $change;
            Signature::sign(&told.credentials.secret_key, &change(clear_text))
        })
    };
}

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "signing/not-at-all",
        summary: "no request is signed",
        conduct: edited(|outgoing| authorized(outgoing, |_| None)),
        expected: &["auth/signed"],
    },
    Mutant {
        id: "signing/in-two-places",
        summary: "another signature is in the query as well",
        conduct: edits_head!(_, |head| head.replacen(" HTTP", "?sign=dGVzdA%3D%3D HTTP", 1)),
        expected: &["auth/signed-once"],
    },
    Mutant {
        id: "signing/plus-in-query",
        summary: "the signature goes into the query as it is",
        conduct: Conduct {
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
                seal: |told, clear_text| {
                    let sealed =
                        |more: &String| Signature::sign(&told.credentials.secret_key, more);
                    let others = (0..200).map(|r| clear_text.replace("&f=", &format!("{r}&f=")));
                    let mut others = others.map(|clear_text| sealed(&clear_text));
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
        conduct: edited(|outgoing| authorized(outgoing, |sign| Some(format!("Bearer {sign}")))),
        expected: &["auth/signature-form"],
    },
    Mutant {
        id: "signing/url-safe",
        summary: "the signature is base64 in the URL-safe alphabet",
        conduct: sealed(|told, clear_text| {
            // One of these has a character in it in which the alphabets differ.
            let safe = |clear_text: String| URL_SAFE.encode(bytes(told, &clear_text));
            let others = (0..200).map(|r| clear_text.replace("&f=", &format!("{r}&f=")));
            others.map(safe).find(|signature| signature.contains(['-', '_'])).unwrap_or_default()
        }),
        expected: &["auth/signature-form"],
    },
    Mutant {
        id: "signing/wrapped",
        summary: "base64 is broken into lines of 76 characters, and the line ends are blanks now",
        conduct: sealed(|told, clear_text| {
            let whole = STANDARD.encode(bytes(told, clear_text));
            let lines = whole.as_bytes().chunks(76).map(String::from_utf8_lossy);
            lines.collect::<Vec<_>>().join(" ")
        }),
        expected: &["auth/signature-form"],
    },
    Mutant {
        id: "signing/wrapped-lines",
        summary: "base64 is broken into lines of 76 characters, as some encoders do",
        conduct: sealed(|told, clear_text| {
            let whole = STANDARD.encode(bytes(told, clear_text));
            let lines = whole.as_bytes().chunks(76).map(String::from_utf8_lossy);
            lines.collect::<Vec<_>>().join("\r\n")
        }),
        expected: &["request/field-lines"],
    },
    Mutant {
        id: "signing/hexadecimal",
        summary: "the MAC is written in hexadecimal digits before base64",
        conduct: sealed(|told, clear_text| {
            let mac = hmac_sha1(told.credentials.secret_key.as_bytes(), clear_text.as_bytes());
            let digits = mac.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
            STANDARD.encode(format!("{digits}{clear_text}"))
        }),
        expected: &["auth/mac", "auth/fields"],
    },
    Mutant {
        id: "signing/mac-alone",
        summary: "the signature is the MAC without the clear text",
        conduct: sealed(|told, clear_text| {
            STANDARD
                .encode(hmac_sha1(told.credentials.secret_key.as_bytes(), clear_text.as_bytes()))
        }),
        expected: &["auth/signature-form"],
    },
    Mutant {
        id: "signing/other-key",
        summary: "the key of the MAC is the SecretId",
        conduct: sealed(|told, clear_text| {
            Signature::sign(&told.credentials.secret_id, clear_text)
        }),
        expected: &["auth/mac"],
    },
    Mutant {
        id: "signing/other-text",
        summary: "the MAC covers the clear text with a line end behind it",
        conduct: sealed(|told, clear_text| {
            let covered = format!("{clear_text}\n");
            let mac = hmac_sha1(told.credentials.secret_key.as_bytes(), covered.as_bytes());
            STANDARD.encode([mac.as_slice(), clear_text.as_bytes()].concat())
        }),
        expected: &["auth/mac"],
    },
    Mutant {
        id: "signing/field-missing",
        summary: "the clear text has no r",
        conduct: worded!(|clear_text| {
            let pairs = clear_text.split('&').filter(|pair| !pair.starts_with("r="));
            pairs.collect::<Vec<_>>().join("&")
        }),
        expected: &["auth/fields"],
    },
    Mutant {
        id: "signing/field-renamed",
        summary: "the clear text calls r by another name",
        conduct: worded!(|clear_text| clear_text.replacen("&r=", "&rnd=", 1)),
        expected: &["auth/fields"],
    },
    Mutant {
        id: "signing/long",
        summary: "r has two thousand digits",
        conduct: worded!(
            |clear_text| clear_text.replace("&r=", &format!("&r={}", "7".repeat(2000)))
        ),
        expected: &["auth/signature-length", "auth/random-form"],
    },
    Mutant {
        id: "signing/other-appid",
        summary: "a is that of another account",
        conduct: worded!(|clear_text| clear_text.replace("a=1251668577", "a=10055004")),
        expected: &["auth/appid"],
    },
    Mutant {
        id: "signing/bucket-with-appid",
        summary: "b is the bucket's name as newer APIs write it",
        conduct: worded!(|clear_text| {
            clear_text.replace("b=examplebucket", "b=examplebucket-1251668577")
        }),
        expected: &["auth/bucket"],
    },
    Mutant {
        id: "signing/secret-id-lower-case",
        summary: "k is the SecretId in lower case",
        conduct: worded!(|clear_text| clear_text.replace("k=AKID", "k=akid")),
        expected: &["auth/secret-id"],
    },
    Mutant {
        id: "signing/duration",
        summary: "e is a duration",
        conduct: worded!(|clear_text| field(clear_text, "e", |_| "3600".to_owned())),
        expected: &["auth/times"],
    },
    Mutant {
        id: "signing/expires-at-zero",
        summary: "e is 0, as in a signature for once",
        conduct: worded!(|clear_text| field(clear_text, "e", |_| "0".to_owned())),
        expected: &["auth/expires"],
    },
    Mutant {
        id: "signing/milliseconds",
        summary: "t and e count milliseconds",
        conduct: worded!(|clear_text| {
            clear_text.replace("&t=", "000&t=").replace("&r=", "000&r=")
        }),
        expected: &["auth/valid"],
    },
    Mutant {
        id: "signing/in-another-zone",
        summary: "t and e are eight hours behind, in the wrong time zone",
        conduct: worded!(|clear_text| {
            let behind = field(clear_text, "t", eight_hours_before);
            field(&behind, "e", eight_hours_before)
        }),
        expected: &["auth/valid"],
    },
    Mutant {
        id: "signing/for-a-year",
        summary: "a signature is valid for a year",
        conduct: signing(Signing { lifetime: 365 * 86_400, ..SIGNING }),
        expected: &["auth/lifetime"],
    },
    Mutant {
        id: "signing/stale",
        summary: "another attempt carries the signature of the first, which has expired",
        conduct: Conduct {
            trying: Trying { pause: Duration::from_secs(2), ..TRYING },
            ..signing(Signing { lifetime: 1, anew: false, ..SIGNING })
        },
        expected: &["auth/valid"],
    },
    Mutant {
        id: "signing/other-object",
        summary: "f names another object",
        conduct: worded!(|clear_text| {
            clear_text.replace("f=", "f=/1251668577/examplebucket/other.bin")
        }),
        expected: &["auth/fileid"],
    },
    Mutant {
        id: "signing/unescaped-object",
        summary: "f is the object's path, not escaped",
        conduct: sealed(|told, clear_text| {
            let path = &told.path;
            let object = format!("f=/{}/{}{}", path.appid, path.bucket, path.key);
            Signature::sign(&told.credentials.secret_key, &clear_text.replace("f=", &object))
        }),
        expected: &["auth/fields"],
    },
    Mutant {
        id: "signing/key-without-bucket",
        summary: "f is the key alone",
        conduct: worded!(|clear_text| clear_text.replace("f=", "f=/slicecheck/plain.bin")),
        expected: &["auth/fileid"],
    },
    Mutant {
        id: "signing/random-hexadecimal",
        summary: "r is written in hexadecimal digits",
        conduct: worded!(|clear_text| clear_text.replace("&r=", "&r=ff")),
        expected: &["auth/random-form"],
    },
    Mutant {
        id: "signing/random-long",
        summary: "r has more than ten digits",
        conduct: worded!(|clear_text| clear_text.replace("&r=", "&r=12345678901")),
        expected: &["auth/random"],
    },
    Mutant {
        id: "signing/reversed",
        summary: "the fields are in an order of its own",
        conduct: worded!(|clear_text| {
            clear_text.split('&').rev().collect::<Vec<_>>().join("&")
        }),
        expected: &["auth/order"],
    },
    Mutant {
        id: "signing/spaces-in-object",
        summary: "f is the path of the object, its spaces not escaped",
        conduct: sealed(|told, clear_text| {
            let path = &told.path;
            let object = format!("/{}/{}{}", path.appid, path.bucket, path.key);
            let object = field(clear_text, "f", |_| object.replace(['&', '='], "_"));
            Signature::sign(&told.credentials.secret_key, &object)
        }),
        expected: &["auth/fileid-escaped"],
    },
    Mutant {
        id: "signing/delete-for-many-uses",
        summary: "an interrupted upload is deleted, with a signature for many uses and any object",
        conduct: edited(|outgoing| delete(outgoing, str::to_owned)),
        expected: &["auth/once-expiry", "auth/once-fileid"],
    },
    Mutant {
        id: "signing/delete-twice",
        summary: "an interrupted upload is deleted, each time with the same signature for one use",
        conduct: edited(|outgoing| {
            delete(outgoing, |signature| {
                let without_end = |text: &str| field(text, "e", |_| "0".to_owned());
                reworded(signature, without_end).unwrap_or_default()
            })
        }),
        expected: &["auth/once-used-once"],
    },
];

/// The reference client with its signature in the query.
const REFERENCE_IN_QUERY: Conduct =
    Conduct::REFERENCE.speaking(Dialect { sign_in_query: true, ..Dialect::REFERENCE });

const fn sealed(seal: fn(&Assignment, &str) -> String) -> Conduct {
    signing(Signing { seal, ..SIGNING })
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

/// A signature with another clear text, and the MAC that it had.
fn reworded(signature: &str, change: impl Fn(&str) -> String) -> Option<String> {
    let clear_text = Signature::read(signature).ok()?;
    let mac = STANDARD.decode(signature).ok()?;
    let clear_text = change(clear_text.sent_clear_text());
    Some(STANDARD.encode([mac.get(..20)?, clear_text.as_bytes()].concat()))
}

/// What is base64 of.
fn bytes(told: &Assignment, clear_text: &str) -> Vec<u8> {
    let mac = hmac_sha1(told.credentials.secret_key.as_bytes(), clear_text.as_bytes());
    [mac.as_slice(), clear_text.as_bytes()].concat()
}

/// The clear text with one field changed.
fn field(clear_text: &str, name: &str, change: impl Fn(&str) -> String) -> String {
    let field = |pair: &str| match pair.split_once('=') {
        Some((known, value)) if known == name => format!("{name}={}", change(value)),
        _ => pair.to_owned(),
    };
    clear_text.split('&').map(field).collect::<Vec<_>>().join("&")
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
