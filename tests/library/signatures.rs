//! Signatures: how strings to sign are written, and the known ways of getting a signature wrong.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use slicecheck::protocol::{
    Credentials, FieldOrder, MacMistake, ObjectPath, Signature, SignatureError,
    SignatureFaultKind as Fault, StringToSign, Uses, Verification, hmac_sha1,
};

use crate::vectors::vectors;

const SECRET_ID: &str = "AKIDUfLUEUigQiXqm7CVSspKJnuaiIKtxqAv";
const SECRET_KEY: &str = "bLcPnl88WU30VY57ipRhSePfPdOfSruK";

#[test]
fn clear_texts_are_written_in_both_orders_for_many_uses_and_for_one() {
    let path = ObjectPath::read("/files/v2/200001/newbucket/tencent_test.jpg").unwrap();
    let bound = path.fileid();
    let write = |order, begins, ends, random, fileid: &str| {
        let clear =
            StringToSign { order, path: &path, secret_id: SECRET_ID, begins, ends, random, fileid };
        clear.to_string()
    };
    let (sdk, documented) = (FieldOrder::Sdk, FieldOrder::Documented);
    let written = [
        ("A1", write(sdk, 1_437_995_644, 1_437_995_704, 2_081_660_421, "")),
        ("A2", write(sdk, 1_437_995_645, 0, 1_166_710_792, &bound)),
        ("B1", write(documented, 1_437_995_644, 1_437_995_704, 2_081_660_421, "")),
        ("B2", write(documented, 1_437_995_645, 0, 1_166_710_792, &bound)),
    ];
    let known = vectors("signatures");
    for (name, clear) in written {
        let known = known.iter().find(|known| known["id"] == name).unwrap();
        assert_eq!(known["clear_text"], clear, "{name}");
    }
}

fn credentials() -> Credentials {
    Credentials { secret_id: SECRET_ID.to_owned(), secret_key: SECRET_KEY.to_owned() }
}

fn clear() -> String {
    format!("a=1&b=b&k={SECRET_ID}&e=2&t=1&r=3&f=/1/b/a%20b")
}

fn sha256(key: &str, message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[test]
fn a_mac_of_something_else_is_explained() {
    use MacMistake as M;
    let clear = clear();
    let sha1 = |key: &str, message: &str| hmac_sha1(key.as_bytes(), message.as_bytes()).to_vec();
    let other_order = format!("a=1&k={SECRET_ID}&e=2&t=1&r=3&f=/1/b/a%20b&b=b");
    let swapped = format!("a=b&b=1&k={SECRET_ID}&e=2&t=1&r=3&f=/1/b/a%20b");
    let key = SECRET_KEY;
    let cases = [
        (M::OtherOrder, sha1(key, &other_order)),
        (M::AppidAndBucketSwapped, sha1(key, &swapped)),
        (M::SecretIdAsKey, sha1(SECRET_ID, &clear)),
        (M::WhiteSpaceInKey, sha1(&format!("{key}\n"), &clear)),
        (M::WhiteSpaceInKey, sha1(&format!(" {key}"), &clear)),
        (M::KeyAndMessageSwapped, sha1(&clear, key)),
        (M::WhiteSpaceAfter, sha1(key, &format!("{clear}\n"))),
        (M::OtherOrder, sha1(key, &format!("a=1&b=b&e=2&f=/1/b/a%20b&k={SECRET_ID}&r=3&t=1"))),
        (M::EmptyKey, sha1("", &clear)),
        (M::NoHmac, Sha1::digest(format!("{key}{clear}")).to_vec()),
        (M::NoHmac, Sha1::digest(format!("{clear}{key}")).to_vec()),
        (M::WhiteSpaceAfter, sha1(key, &format!("{clear} "))),
        (M::UnescapedFileid, sha1(key, &clear.replace("%20", " "))),
        (M::OtherEscaping, sha1(key, &clear.replace("%20", "%2520"))),
        (M::OtherEscaping, sha1(key, &clear.replace("/1/b/a%20b", "%2F1%2Fb%2Fa%20b"))),
        (M::EmptyFileid, sha1(key, &clear.replace("/1/b/a%20b", ""))),
        (M::Sha256, sha256(key, &clear)[..20].to_vec()),
    ];
    for (mistake, mac) in cases {
        let text = STANDARD.encode([mac.as_slice(), clear.as_bytes()].concat());
        let signature = Signature::read(&text).unwrap();
        assert!(!signature.verify(key), "{mistake:?}");
        assert_eq!(signature.explain(&credentials()), Some(mistake));
        assert_eq!(Signature::explain_text(&text, &credentials()), Some(mistake));
    }
    let unknown = STANDARD.encode([&[7; 20], clear.as_bytes()].concat());
    assert_eq!(Signature::explain_text(&unknown, &credentials()), None);
}

#[test]
fn an_escaping_by_another_routine_keeps_the_slashes_that_were_sent() {
    let sent = clear().replace("a%20b", "/a~b");
    // Java's routine escapes the tilde; as it writes paths, it drops empty segments, too.
    let signed = sent.replace('~', "%7E");
    let mac = hmac_sha1(SECRET_KEY.as_bytes(), signed.as_bytes());
    let text = STANDARD.encode([mac.as_slice(), sent.as_bytes()].concat());
    let found = Signature::explain_text(&text, &credentials());
    assert_eq!(found, Some(MacMistake::OtherEscaping));
}

#[test]
fn a_field_that_is_missing_is_not_taken_for_an_empty_one() {
    let clear = format!("a=1&b=b&k={SECRET_ID}&e=2&t=1&f=");
    let other_order = format!("a=1&k={SECRET_ID}&e=2&t=1&r=&f=&b=b");
    let mac = hmac_sha1(SECRET_KEY.as_bytes(), other_order.as_bytes());
    let text = STANDARD.encode([mac.as_slice(), clear.as_bytes()].concat());
    assert_eq!(Signature::explain_text(&text, &credentials()), None);
}

#[test]
fn a_mac_in_the_wrong_place_or_form_is_explained() {
    let clear = clear();
    let mac = hmac_sha1(SECRET_KEY.as_bytes(), clear.as_bytes());
    let hex = mac.map(|byte| format!("{byte:02x}")).concat();
    let joined = |front: &[u8], back: &[u8]| STANDARD.encode([front, back].concat());
    let cases = [
        (MacMistake::Hex, joined(hex.as_bytes(), clear.as_bytes())),
        (MacMistake::Base64, joined(STANDARD.encode(mac).as_bytes(), clear.as_bytes())),
        (MacMistake::Behind, joined(clear.as_bytes(), &mac)),
        (MacMistake::Sha256, joined(&sha256(SECRET_KEY, &clear), clear.as_bytes())),
    ];
    for (mistake, text) in cases {
        assert_eq!(Signature::explain_text(&text, &credentials()), Some(mistake));
        assert!(!Signature::read(&text).is_ok_and(|read| read.verify(SECRET_KEY)));
    }
}

#[test]
fn a_mistake_is_found_after_another_alphabet_and_broken_lines() {
    let clear = format!("{}??>>", clear());
    let mac = hmac_sha1(SECRET_ID.as_bytes(), clear.as_bytes());
    let text = STANDARD.encode([mac.as_slice(), clear.as_bytes()].concat());
    let url_safe = text.replace('+', "-").replace('/', "_");
    let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n");
    let lines = lines.collect::<String>();
    assert_ne!(text, url_safe);
    assert_eq!(Signature::read(&url_safe), Err(SignatureError::UrlSafe));
    assert_eq!(Signature::read(&lines), Err(SignatureError::WhiteSpace));
    for text in [url_safe, lines, text.trim_end_matches('=').to_owned()] {
        let found = Signature::explain_text(&text, &credentials());
        assert_eq!(found, Some(MacMistake::SecretIdAsKey), "{text}");
    }
}

#[test]
fn hex_digits_of_a_mac_may_be_of_either_case() {
    let clear = clear();
    let hex = hmac_sha1(SECRET_KEY.as_bytes(), clear.as_bytes()).map(|byte| format!("{byte:02X}"));
    let text = STANDARD.encode([hex.concat(), clear].concat());
    assert_eq!(Signature::explain_text(&text, &credentials()), Some(MacMistake::Hex));
}

/// What is wrong with a string to sign that is signed rightly, on a request for a.jpg at second 1000.
fn faults_of(uses: Uses, clear: &str) -> Vec<(Fault, Option<&'static str>, &'static [i64])> {
    let path = ObjectPath::read("/files/v2/200001/newbucket/dir/a.jpg").unwrap();
    let credentials = credentials();
    let clock = 1000;
    let verification = Verification { credentials: &credentials, path: Some(&path), uses, clock };
    let faults = verification.faults(&Signature::sign(SECRET_KEY, clear));
    faults.iter().map(|fault| (fault.kind.clone(), fault.field, fault.codes())).collect()
}

#[test]
fn what_is_wrong_is_told_by_field_and_documented_code() {
    use Uses::{Many, Once};
    let object = "/200001/newbucket/dir/a.jpg";
    let many = format!("a=200001&b=newbucket&k={SECRET_ID}&e=1060&t=1000&r=3&f=");
    let once = format!("a=200001&b=newbucket&k={SECRET_ID}&e=0&t=1000&r=3&f={object}");
    for good in [
        many.clone(),
        format!("{many}{object}"),
        format!("{many}/200001/newbucket/dir/"),
        format!("{many}/200001/newbucket/"),
        format!("{many}/200001/newbucket/%64ir/a%2Ejpg"),
        many.replace("1060", "1001").replace("t=1000", "t=999"),
        many.replace("1060", "7776000").replace("t=1000", "t=0"),
        many.replace("1060", "1901").replace("t=1000", "t=1900"),
        many.replace("1060", "1060.5"),
    ] {
        assert_eq!(faults_of(Many, &good), [], "{good}");
    }
    assert_eq!(faults_of(Once, &once), []);
    assert_eq!(faults_of(Once, &once.replace("t=1000", "t=1")), [], "it does not end");
    assert_eq!(faults_of(Once, &once.replace("t=1000", "t=1900")), []);

    let cases: [(Uses, String, Fault, &str, &[i64]); 25] = [
        (Many, many.replace("200001", "200002"), Fault::Appid, "a", &[-70]),
        (Many, many.replace("newb", "b"), Fault::Bucket, "b", &[-61]),
        (Many, many.replace("AKID", "AKIE"), Fault::SecretId, "k", &[-79]),
        (Many, many.replace("&r=3", ""), Fault::Missing, "r", &[-57]),
        (Many, many.replace(&format!("&k={SECRET_ID}"), ""), Fault::Missing, "k", &[-47, -57]),
        (Many, many.replace("&r=3", "&r=3&r=3"), Fault::Surplus, "r", &[]),
        (Many, many.replace("r=3", "r=x"), Fault::Random, "r", &[]),
        (Many, many.replace("t=1000", "t=x"), Fault::Seconds, "t", &[]),
        (Many, many.replace("1060", ".5"), Fault::Seconds, "e", &[]),
        (Many, many.replace("1060", "+1060"), Fault::Seconds, "e", &[]),
        (Many, many.replace("1060", "1060.x"), Fault::Seconds, "e", &[]),
        (Many, many.replace("1060", "0"), Fault::NoEnd, "e", &[-74]),
        (Many, many.replace("1060", "1000"), Fault::NeverValid, "e", &[-59, -96, -46619]),
        (
            Many,
            many.replace("1060", "999").replace("t=1000", "t=998"),
            Fault::Expired,
            "e",
            &[-59, -96, -46619],
        ),
        (
            Many,
            many.replace("1060", "1960").replace("t=1000", "t=1901"),
            Fault::NotYetValid,
            "t",
            &[-59],
        ),
        (
            Many,
            many.replace("1060", "1000").replace("t=1000", "t=999"),
            Fault::Expired,
            "e",
            &[-59, -96, -46619],
        ),
        (Once, once.replace("t=1000", "t=1901"), Fault::NotYetValid, "t", &[-59]),
        (Many, many.replace("1060", "7777001"), Fault::Lifetime, "e", &[-53]),
        (Many, format!("{many}{object}x"), Fault::Fileid, "f", &[-63]),
        (Many, format!("{many}/200001/newbucket/dir"), Fault::Fileid, "f", &[-63]),
        (Many, format!("{many}/200001/newbucket/other/"), Fault::Fileid, "f", &[-63]),
        (Once, once.replace("e=0", "e=1060"), Fault::End, "e", &[-73]),
        (Once, once.replace(object, ""), Fault::NoFileid, "f", &[-76]),
        (Once, once.replace("a.jpg", ""), Fault::Fileid, "f", &[-63]),
        (Once, once.replace("a.jpg", "b.jpg"), Fault::Fileid, "f", &[-63]),
    ];
    for (uses, clear, kind, field, codes) in cases {
        assert_eq!(faults_of(uses, &clear), [(kind, Some(field), codes)], "{clear}");
    }
}

#[test]
fn appid_and_bucket_in_each_others_place_are_told() {
    let credentials = credentials();
    let path = ObjectPath::read("/files/v2/200001/newbucket/dir/a.jpg").unwrap();
    let verification = Verification {
        credentials: &credentials,
        path: Some(&path),
        uses: Uses::Many,
        clock: 1000,
    };
    let told = |a: &str, b: &str| {
        let clear = format!("a={a}&b={b}&k={SECRET_ID}&e=1060&t=1000&r=3&f=");
        let faults = verification.faults(&Signature::sign(SECRET_KEY, &clear));
        faults.iter().map(|fault| fault.found.clone()).collect::<Vec<_>>()
    };
    let swapped = ["\"newbucket\": a and b are swapped", "\"200001\": a and b are swapped"];
    assert_eq!(told("newbucket", "200001"), swapped);
    assert_eq!(told("newbucket", "newbucket"), ["\"newbucket\""]);
    assert_eq!(told("1", "2"), ["\"1\"", "\"2\""]);
}

#[test]
fn times_in_milliseconds_are_told() {
    let credentials = credentials();
    let verification =
        Verification { credentials: &credentials, path: None, uses: Uses::Many, clock: 1000 };
    let told = |t: u64| {
        let clear = format!("a=1&b=b&k={SECRET_ID}&e={}&t={t}&r=3&f=", t + 60);
        let faults = verification.faults(&Signature::sign(SECRET_KEY, &clear));
        faults[0].found.clone()
    };
    assert_eq!(told(1_795_673_314_241), "t=1795673314241: these are milliseconds");
    assert_eq!(told(1_000_000_000_000), "t=1000000000000: these are milliseconds");
    assert_eq!(told(999_999_999_999), "t=999999999999");
}

#[test]
fn a_signature_that_cannot_be_read_is_judged_as_the_one_that_was_meant() {
    let credentials = credentials();
    let verification =
        Verification { credentials: &credentials, path: None, uses: Uses::Many, clock: 1000 };
    let clear = format!("a=1&b=b&k={SECRET_ID}&e=999&t=1&r=3&f=??>>");
    let url_safe = Signature::sign(SECRET_KEY, &clear).replace('+', "-").replace('/', "_");
    let described = |text: &str| {
        let faults = verification.faults(text);
        faults.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        described(&url_safe),
        [
            "signature: expected base64 of 20 bytes of HMAC-SHA1 and the string to sign, found \
         it is base64 in the URL-safe alphabet, not in the standard one",
            "e: expected later than 1000, the service's clock, found t=1 and e=999",
        ]
    );
    let empty = verification.faults("");
    assert_eq!(empty.len(), 1);
    assert_eq!(
        (empty[0].kind.clone(), empty[0].codes()),
        (Fault::Form(SignatureError::Empty, None), [-81].as_slice(),)
    );
    let long = Signature::sign(
        SECRET_KEY,
        &clear.replace("e=999", "e=1060").replace('?', &"?".repeat(900)),
    );
    assert_eq!(verification.faults(&long)[0].codes(), [-46180]);
    assert!(verification.faults(&long)[0].to_string().ends_with(" bytes"));
    let broken = Signature::sign(SECRET_ID, &clear);
    assert_eq!(verification.faults(&broken)[0].codes(), [-97, -48, -46618]);
    assert!(described(&broken)[0].starts_with("MAC: expected HMAC-SHA1(SecretKey, \"a=1&"));
    let other = described(&Signature::sign(SECRET_KEY, &clear.replace("e=999", "e=1060&x=1")));
    assert_eq!(other, ["string to sign: expected a, b, k, e, t, r, f, each once, found \"x\""]);
}

#[test]
fn each_mistake_has_words_of_its_own() {
    let detail: BTreeSet<_> = MacMistake::ALL.map(MacMistake::describe).into();
    assert_eq!(detail.len(), MacMistake::ALL.len());
    assert!(detail.iter().all(|detail| detail.starts_with("the MAC ")), "{detail:?}");
}
