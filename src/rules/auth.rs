use super::diagnosis::{misplaced_signature, signature_mistake};
use super::signed::{Signed, is_no_validity};
use super::{Check, Evidence, Rule, Span, Verdict, quote};
use crate::protocol::{Signature, SignatureFaultKind as Fault, Verification};
use crate::rules::counterexample::{Breaks, Counterexample, Edit, INIT, SECOND_SLICE, sign_again};
use crate::spec;

mod once;
mod secret;

pub(super) use once::RULES as ONCE;

pub(super) const RULES: &[Rule] = &[
    SIGNED,
    SIGNED_ONCE,
    SIGN_ESCAPED,
    SIGNATURE_FORM,
    SIGNATURE_LENGTH,
    SIGNATURE_FIELDS,
    ORDER,
    MAC,
    APPID,
    BUCKET,
    SECRET_ID,
    EXPIRES,
    TIMES,
    VALID,
    LIFETIME,
    MONTH,
    FILEID,
    FILEID_ESCAPED,
    RANDOM_FORM,
    RANDOM,
    secret::KEPT,
];

const SIGNED: Rule = Rule {
    id: "auth/signed",
    clause: &spec::SIGNED,
    summary: "each request is signed",
    why: "The service refuses a request without signature with -81.",
    fix: "Set Authorization (or sign in the query) to the signature in every request, lists and \
          retries included; HTTP libraries drop Authorization when they follow a redirect to \
          another host.",
    check: Check::Request(|annotated| {
        annotated.of_upload()?;
        let signature = annotated.request.signature_text();
        Verdict::of(signature.is_some_and(|(text, _)| !text.is_empty()), || {
            let expected = "base64(HMAC-SHA1 ‖ string to sign)";
            let found = match misplaced_signature(annotated) {
                Some(place) => format!("no signature; one is in {place}"),
                None => "no signature".to_owned(),
            };
            Evidence::at("Authorization").expected(expected).found(found)
        })
    }),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::HeaderLine("Authorization", None)),
};

const SIGNED_ONCE: Rule = Rule {
    id: "auth/signed-once",
    clause: &spec::SIGNED_ONCE,
    summary: "the signature is in one place",
    why: "Where two signatures differ, the client cannot know which one counts.",
    fix: "Send the signature in Authorization or as sign in the query, not in both, and replace \
          the header for a new attempt instead of adding a second one.",
    check: Check::Request(|annotated| {
        annotated.of_upload()?;
        let headers = annotated.request.head().all("authorization").count();
        let pairs = annotated.request.query().into_iter().flat_map(|query| query.split('&'));
        let queries = pairs.filter(|pair| pair.starts_with("sign=")).count();
        let places = headers.saturating_add(queries);
        // `auth/signed` is about requests without one.
        if places == 0 {
            return None;
        }
        Verdict::of(places == 1, || {
            let found = format!("{headers} in the head, {queries} in the query");
            Evidence::at("signature").expected("one").found(found)
        })
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Head(" HTTP", "?sign=dGVzdA%3D%3D HTTP"),
    ),
};

const SIGN_ESCAPED: Rule = Rule {
    id: "auth/sign-escaped",
    clause: &spec::SIGN_ESCAPED,
    summary: "a plus of the signature is escaped in the query",
    why: "A plus in a query is a space, and the signature no longer decodes.",
    fix: "Percent-encode the signature before it is put in the query, with %2B for a plus, %2F for \
          a slash and %3D for =; functions for whole URLs or paths leave the plus as it is.",
    check: Check::Request(|annotated| {
        annotated.of_upload()?;
        let mut pairs = annotated.request.query()?.split('&');
        let sign = pairs.find_map(|pair| pair.strip_prefix("sign="))?;
        Verdict::of(!sign.contains('+'), || {
            let span = annotated.request.target_span().map(Span::raw);
            Evidence::at("sign")
                .expected("%2B for each plus")
                .found(quote(sign.as_bytes()))
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Head(" HTTP", "?sign=dGV+dA%3D%3D HTTP"),
    ),
};

const SIGNATURE_FORM: Rule = Rule {
    id: "auth/signature-form",
    clause: &spec::SIGNATURE_FORM,
    summary: "the signature is one line of standard base64",
    why: "The service cannot decode anything else, and refuses the request.",
    fix: "Send base64(20 raw bytes of HMAC-SHA1, string to sign) alone: standard alphabet with \
          padding, no line breaks, no word before it, and percent-encoded in the query only.",
    check: Check::Request(|annotated| {
        annotated.of_upload()?;
        let (text, span) =
            annotated.request.signature_text().filter(|(text, _)| !text.is_empty())?;
        let error = Signature::read(&text).err();
        Verdict::broken_by(error, |error| {
            Evidence::at("signature")
                .expected("base64 of 20 bytes of HMAC-SHA1 and the string to sign")
                .found(masked(&text))
                .explained(Some(signature_mistake(annotated, &text, &error)))
                .span(span.map(Span::raw))
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Head("Authorization: ", "Authorization: COS "),
    ),
};

const SIGNATURE_LENGTH: Rule = Rule {
    id: "auth/signature-length",
    clause: &spec::SIGNATURE_LENGTH,
    summary: "the signature has at most 2048 bytes",
    why: "The service refuses longer ones with -46180.",
    fix: "Leave f empty for uploads, as the percent-encoded path of a long key can make the \
          signature too long, and sign only the seven fields, with an r of at most 10 digits.",
    check: Check::Request(|annotated| {
        annotated.of_upload()?;
        let (text, span) =
            annotated.request.signature_text().filter(|(text, _)| !text.is_empty())?;
        Verdict::of(text.len() <= Verification::LONGEST, || {
            let found = format!("{} bytes", text.len());
            Evidence::at("signature")
                .expected("at most 2048 bytes")
                .found(found)
                .span(span.map(Span::raw))
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::SignText(|text| text.replace("&r=", &format!("&r={}", "0".repeat(2048)))),
    ),
};

const SIGNATURE_FIELDS: Rule = Rule {
    id: "auth/fields",
    clause: &spec::SIGNATURE_FIELDS,
    summary: "the string to sign has the seven fields, each once",
    why: "The service refuses a signature in which one is missing with -57.",
    fix: "Sign a, b, k, e, t, r and f, each once and joined by &; write f= even where it is empty, \
          and percent-encode f so that no & of the key starts another field.",
    check: Check::Request(|annotated| {
        let signed = Signed::of(annotated)?;
        let mut found: Vec<_> = signed.signature.fields().map(|(name, _)| name).collect();
        let in_order = found.join(", ");
        // Sorted, as their order is the subject of `auth/order`.
        let mut expected = Signature::FIELDS;
        expected.sort_unstable();
        found.sort_unstable();
        Verdict::of(found == expected, || {
            let escaping = (found.len() > 7).then_some("is f percent-encoded?");
            let found = quote(in_order.as_bytes());
            signed
                .evidence("string to sign", "a, b, k, e, t, r, f, each once", found)
                .explained(signed.mac_mistake().or(escaping))
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Sign(&[("&r=", "&rnd=")])),
};

const ORDER: Rule = Rule {
    id: "auth/order",
    clause: &spec::SIGNATURE_ORDER,
    summary: "the fields are in one of the two published orders",
    why: "It is not known whether the service accepts another order.",
    fix: "Append the fields in the order a, b, k, e, t, r, f or a, k, e, t, r, f, b; a sorted map \
          or a hash map puts them in another order.",
    check: Check::Request(|annotated| {
        let signed = Signed::of(annotated)?;
        let names: Vec<_> = signed.signature.fields().map(|(name, _)| name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        let mut all = Signature::FIELDS;
        all.sort_unstable();
        // Fields that are missing or unknown break `auth/fields`.
        if sorted != all {
            return None;
        }
        let order = names.concat();
        Verdict::of(matches!(order.as_str(), "abketrf" | "aketrfb"), || {
            signed.evidence("string to sign", "a b k e t r f, or a k e t r f b", names.join(" "))
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::SignText(|text| {
            let pairs: Vec<_> = text.split('&').rev().collect();
            pairs.join("&")
        }),
    ),
};

const MAC: Rule = Rule {
    id: "auth/mac",
    clause: &spec::SIGNATURE_MAC,
    summary: "the MAC covers the string to sign that was sent",
    why: "The service recomputes it and refuses the request with -97 if it differs.",
    fix: "Compute HMAC-SHA1 over exactly the bytes that are sent after it (same order, same \
          escaping of f), under the SecretKey without a line end around it; no SHA-256, no hex \
          digits.",
    check: Check::Request(|annotated| {
        // Of recorded traffic the key may not be known, and then no MAC can be recomputed.
        annotated.job.credentials.as_ref()?;
        Signed::of(annotated)?.verdict("MAC", |kind| matches!(kind, Fault::Mac(_)))
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let wrong_key = transcript.job.credentials.as_ref()?.secret_id.clone();
        sign_again(&mut INIT.exchange(transcript)?.request, &wrong_key, str::to_owned)
    })),
};

const APPID: Rule = Rule {
    id: "auth/appid",
    clause: &spec::SIGNATURE_APPID,
    summary: "a is the appid of the path",
    why: "The service refuses the request with -70.",
    fix: "Use one variable for a and for the appid of the path, and check that a and b are not \
          swapped where the string to sign is formatted.",
    check: Check::Request(|annotated| {
        annotated.request.object_path().ok()?;
        Signed::of(annotated)?.verdict("a", |kind| *kind == Fault::Appid)
    }),
    counterexample: Counterexample::edited(INIT, Edit::Sign(&[("a=1251668577", "a=1251668578")])),
};

const BUCKET: Rule = Rule {
    id: "auth/bucket",
    clause: &spec::SIGNATURE_BUCKET,
    summary: "b is the bucket of the path",
    why: "The service refuses the request with -61.",
    fix: "Set b to the bucket as it stands in the path, without the appid after it: examplebucket, \
          not examplebucket-1251668577.",
    check: Check::Request(|annotated| {
        annotated.request.object_path().ok()?;
        Signed::of(annotated)?.verdict("b", |kind| *kind == Fault::Bucket)
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Sign(&[("b=examplebucket", "b=examplebuket")]),
    ),
};

const SECRET_ID: Rule = Rule {
    id: "auth/secret-id",
    clause: &spec::SIGNATURE_KEY,
    summary: "k is the SecretId",
    why: "The service does not know which key to verify with; it answers -47 or -79.",
    fix: "Set k to the SecretId as it was given, with its case kept and without white space around \
          it, and to neither the SecretKey nor the id of another account.",
    check: Check::Request(|annotated| {
        annotated.job.credentials.as_ref()?;
        Signed::of(annotated)?.verdict("k", |kind| *kind == Fault::SecretId)
    }),
    counterexample: Counterexample::edited(INIT, Edit::Sign(&[("k=AKID", "k=akid")])),
};

const EXPIRES: Rule = Rule {
    id: "auth/expires",
    clause: &spec::SIGNATURE_EXPIRES,
    summary: "e is not 0: the signature is for more than one use",
    why: "A signature for one use is refused for uploads with -74.",
    fix: "Sign the operations of an upload with e set to t plus a lifetime; keep e=0 for delete, \
          update and move, with a parameter of the signing function that tells the two apart.",
    check: Check::Request(|annotated| {
        // A missing e breaks `auth/fields`.
        Signed::of(annotated)?.with_times()?.verdict("e", |kind| *kind == Fault::NoEnd)
    }),
    counterexample: Counterexample::edited(INIT, Edit::Sign(&[("e=1505205419", "e=0")])),
};

const TIMES: Rule = Rule {
    id: "auth/times",
    clause: &spec::SIGNATURE_TIMES,
    summary: "t and e are unix times, and e is later",
    why: "A signature that is valid at no time is refused with -59.",
    fix: "Set t to unix time and e to t plus the lifetime, both as whole seconds in a 64-bit \
          integer; e is a point in time, not a duration, and both are in the same unit.",
    check: Check::Request(|annotated| {
        let signed = Signed::of(annotated)?.with_times()?;
        // e=0 breaks `auth/expires`, and says nothing about t.
        if signed.faults.iter().any(|fault| fault.kind == Fault::NoEnd) {
            return None;
        }
        signed.verdict("e", is_no_validity)
    }),
    counterexample: Counterexample::edited(INIT, Edit::Sign(&[("&e=15", "&e=00000000000000*&")])),
};

const VALID: Rule = Rule {
    id: "auth/valid",
    clause: &spec::SIGNATURE_VALID,
    summary: "the signature is valid when it arrives",
    why: "The service refuses an expired signature with -59 or -96.",
    fix: "Sign each request and each attempt right before it is sent, and take t from the clock as \
          unix seconds: not as milliseconds, and not from local time read as UTC.",
    check: Check::Request(|annotated| {
        // A signature that is valid at no time breaks `auth/times`, and is not called expired as well.
        let signed = Signed::of(annotated)?.with_validity()?;
        let is_early = signed.faults.iter().any(|fault| fault.kind == Fault::NotYetValid);
        let at = if is_early { "t" } else { "e" };
        signed.verdict(at, |kind| matches!(kind, Fault::Expired | Fault::NotYetValid))
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Sign(&[("e=1505205419", "e=1505201818"), ("t=1505201819", "t=1505201758")]),
    ),
};

const LIFETIME: Rule = Rule {
    id: "auth/lifetime",
    clause: &spec::SIGNATURE_LIFETIME,
    summary: "the signature is valid for at most 90 days",
    why: "The service refuses longer ones with -53.",
    fix: "Set e to t plus minutes or hours, at most 7776000 seconds; look for a lifetime in \
          milliseconds that is added to seconds, or a date far away that is meant as never.",
    check: Check::Request(|annotated| {
        Signed::of(annotated)?.with_validity()?.verdict("e", |kind| *kind == Fault::Lifetime)
    }),
    counterexample: Counterexample::edited(INIT, Edit::Sign(&[("e=1505205419", "e=1605205419")])),
};

/// In seconds: the longest month there is.
const LONGEST_MONTH: u64 = 31 * 86_400;

const MONTH: Rule = Rule {
    id: "auth/lifetime-of-a-month",
    clause: &spec::SIGNATURE_MONTH,
    summary: "the signature is valid for at most a month",
    why: "The error table allows a month and the page on signatures three: longer ones may be refused with -53.",
    fix: "Keep e at most 2592000 seconds (30 days) after t and sign again for each upload, instead \
          of storing a signature for the longest time that the page on signatures allows.",
    check: Check::Request(|annotated| {
        let signed = Signed::of(annotated)?.with_validity()?;
        let seconds = |name| signed.signature.field(name)?.parse::<u64>().ok();
        let lifetime = seconds("e")?.checked_sub(seconds("t")?)?;
        // What both forbid breaks `auth/lifetime`.
        if signed.faults.iter().any(|fault| fault.kind == Fault::Lifetime) {
            return None;
        }
        Verdict::of(lifetime <= LONGEST_MONTH, || {
            let expected = format!("at most {LONGEST_MONTH} seconds after t: 31 days");
            signed.evidence("e", expected, format!("{lifetime} seconds after t"))
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Sign(&[("e=1505205419", "e=1510205419")])),
};

const FILEID: Rule = Rule {
    id: "auth/fileid",
    clause: &spec::SIGNATURE_FILEID,
    summary: "f is empty, the object, or a directory above it",
    why: "A signature that is bound to another object is refused with -63.",
    fix: "Leave f empty, or set it to /appid/bucket/key of the request's own path, percent-encoded \
          once; a directory above it needs its slash at the end, and a key without appid and \
          bucket is no f.",
    check: Check::Request(|annotated| {
        annotated.request.object_path().ok()?;
        Signed::of(annotated)?.verdict("f", |kind| *kind == Fault::Fileid)
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Sign(&[("f=", "f=/1251668577/examplebucket/other.bin")]),
    ),
};

const FILEID_ESCAPED: Rule = Rule {
    id: "auth/fileid-escaped",
    clause: &spec::SIGNATURE_FILEID_ESCAPED,
    summary: "f is percent-encoded, except for its slashes",
    why: "A & or a = in it would end the field; other characters are taken as they are.",
    fix: "Write the path in f with the same percent-encoding as in the request line: %20 for a \
          space, %26 for &, slashes kept; a function for forms writes a plus for a space.",
    check: Check::Request(|annotated| {
        let signed = Signed::of(annotated)?;
        let f = signed.signature.field("f").filter(|f| !f.is_empty())?;
        // What is no printable ASCII, or has a meaning in the string to sign or in a URL.
        let bad = |byte: u8| !(0x21..=0x7e).contains(&byte) || b"\"#<>?\\^`{|}&=+".contains(&byte);
        Verdict::of(!f.bytes().any(bad), || {
            signed.evidence("f", "%XX for reserved characters", quote(f.as_bytes()))
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Sign(&[("f=", "f=/1251668577/examplebucket/slice check/")]),
    ),
};

const RANDOM_FORM: Rule = Rule {
    id: "auth/random-form",
    clause: &spec::SIGNATURE_RANDOM_FORM,
    summary: "r is a decimal number",
    why: "How the service handles any other value is not documented.",
    fix: "Print r as a decimal integer from the random generator: a UUID, hexadecimal digits, a \
          floating-point number or an empty text is none.",
    check: Check::Request(|annotated| {
        Signed::of(annotated)?.verdict("r", |kind| *kind == Fault::Random)
    }),
    counterexample: Counterexample::edited(INIT, Edit::Sign(&[("&r=", "&r=x")])),
};

const RANDOM: Rule = Rule {
    id: "auth/random",
    clause: &spec::SIGNATURE_RANDOM,
    summary: "r has at most 10 digits and no sign",
    why: "Shipped SDKs send longer ones, and the service takes them.",
    fix: "Draw r as an unsigned 32-bit number: 64-bit ones have up to 20 digits, and signed ones \
          may print a minus sign.",
    check: Check::Request(|annotated| {
        let signed = Signed::of(annotated)?;
        let r = signed.signature.field("r")?;
        let good = r.len() <= 10 && !r.starts_with('-');
        Verdict::of(good, || signed.evidence("r", "at most 10 digits", quote(r.as_bytes())))
    }),
    counterexample: Counterexample::edited(INIT, Edit::Sign(&[("&r=", "&r=12345678901")])),
};

/// The first characters of a signature, enough to recognise it.
fn masked(text: &str) -> String {
    // A signature that is valid would let anybody who reads a report upload: it is not shown whole.
    let head: String = text.chars().take(12).collect();
    format!("{}… ({} characters)", head.escape_default(), text.chars().count())
}
