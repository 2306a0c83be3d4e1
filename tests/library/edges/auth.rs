use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use slicecheck::protocol::{Op, Part, Transcript};

use super::{PLAIN, changed, edit, found, in_head};

/// A conversation whose first request has no signature; what it was is given to `put`, which may put
/// it elsewhere.
fn unsigned(put: impl FnOnce(&mut Transcript, &str)) -> Transcript {
    changed(PLAIN, |transcript| {
        let request = transcript.tamper(&Op::Init, 0).unwrap();
        let (sign, _) = request.signature_text().unwrap();
        request.edit_head(|head| head.replacen(&format!("Authorization: {sign}\r\n"), "", 1));
        put(transcript, &sign);
    })
}

#[test]
fn a_signature_in_a_wrong_place_is_told() {
    let where_it_is = |put: fn(&mut Transcript, &str)| found("auth/signed", &unsigned(put));
    assert_eq!(where_it_is(|_, _| ()), ["no signature"]);
    let header = where_it_is(|transcript, sign| {
        in_head(transcript, "\r\n", &format!("\r\nX-Authorization: {sign}\r\n"));
    });
    assert_eq!(header, ["no signature; one is in the header X-Authorization"]);
    let query = where_it_is(|transcript, sign| {
        let sign = sign.replace('+', "%2B").replace('=', "%3D");
        in_head(transcript, " HTTP", &format!("?token=x&signature={sign} HTTP"));
    });
    assert_eq!(query, ["no signature; one is in the query, as signature"]);
    let field = where_it_is(|transcript, sign| {
        let sign = sign.to_owned();
        edit(transcript, &Op::Init, 0, |form| form.push(Part::new("sign", sign)));
    });
    assert_eq!(field, ["no signature; one is in the field sign"]);
}

#[test]
fn what_stands_around_a_signature_is_told() {
    let wrapped = |wrap: fn(&str) -> String| {
        let transcript = changed(PLAIN, |transcript| {
            let (sign, _) = transcript.tamper(&Op::Init, 0).unwrap().signature_text().unwrap();
            in_head(transcript, &sign, &wrap(&sign));
        });
        let found = found("auth/signature-form", &transcript);
        found[0].split_once("): ").unwrap().1.to_owned()
    };
    assert_eq!(wrapped(|sign| format!("COS {sign}")), "a word stands before it");
    assert_eq!(wrapped(|sign| format!("\"{sign}\"")), "it is in quotes");
    let percent = |sign: &str| sign.replace('=', "%3D").replace('+', "%2B").replace('/', "%2F");
    assert!(wrapped(percent).starts_with("it is percent-encoded"), "{}", wrapped(percent));
    for neither in ["COS signature", "\"quoted\"", "%41"] {
        let transcript = changed(PLAIN, |transcript| {
            let (sign, _) = transcript.tamper(&Op::Init, 0).unwrap().signature_text().unwrap();
            in_head(transcript, &sign, neither);
        });
        let found = &found("auth/signature-form", &transcript)[0];
        let guesses = ["word", "quotes", "encoded"];
        assert!(!guesses.iter().any(|guess| found.contains(guess)), "{neither}: {found}");
    }
}

#[test]
fn a_secret_key_is_found_in_whatever_anybody_can_decode() {
    let sent = |form: fn(&str) -> String| {
        let transcript = changed(PLAIN, |transcript| {
            let key = transcript.job.credentials.as_ref().unwrap().secret_key.clone();
            in_head(transcript, "\r\n", &format!("\r\nX-Note: {}\r\n", form(&key)));
        });
        found("auth/secret-key-kept", &transcript)
    };
    assert_eq!(sent(str::to_owned), ["the SecretKey"]);
    assert_eq!(sent(|key| BASE64_STANDARD.encode(key)), ["the SecretKey in base64"]);
    assert_eq!(sent(|key| BASE64_STANDARD.encode(format!("a:{key}"))), ["the SecretKey in base64"]);
    assert_eq!(
        sent(|key| BASE64_STANDARD.encode(format!("id:{key}:x"))),
        ["the SecretKey in base64"]
    );
    assert_eq!(
        sent(|key| BASE64_URL_SAFE.encode(format!("id:{key}"))),
        ["the SecretKey in base64"]
    );
    assert_eq!(sent(|key| BASE64_STANDARD.encode(key.to_lowercase())), [""; 0]);
    let escaped: fn(&str) -> String =
        |key| key.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02x}"));
    assert_eq!(sent(escaped), ["the SecretKey with escapes"]);
}

#[test]
fn a_time_that_is_off_by_a_time_zone_is_told() {
    let found = |off: i64| {
        let transcript = changed(PLAIN, |transcript| {
            let clock = &mut transcript.exchanges[0].clock;
            *clock = clock.checked_add_signed(off).unwrap();
        });
        found("auth/valid", &transcript).remove(0)
    };
    let nepal = ": t is 5:45 h before the clock; is it local time?";
    assert!(found(20_705).ends_with(nepal), "{}", found(20_705));
    let ahead = ": t is 8:00 h after the clock; is it local time?";
    assert!(found(-28_800).ends_with(ahead), "{}", found(-28_800));
    for other in [20_300, -28_000, -100_000] {
        assert!(!found(other).contains("local"), "{other}: {}", found(other));
    }
}

#[test]
fn a_mac_in_digits_is_told_where_it_moves_the_fields() {
    let in_digits = |sign: &str| {
        let bytes = BASE64_STANDARD.decode(sign).unwrap();
        let (mac, text) = bytes.split_at(20);
        let digits = mac.iter().flat_map(|byte| format!("{byte:02x}").into_bytes());
        BASE64_STANDARD.encode([digits.collect::<Vec<_>>().as_slice(), text].concat())
    };
    let transcript = unsigned(|transcript, sign| {
        let line = format!("\r\nAuthorization: {}\r\n", in_digits(sign));
        in_head(transcript, "\r\n", &line);
    });
    let mistake = ": the MAC was written as 40 hex digits; it travels as 20 raw bytes";
    let fields = found("auth/fields", &transcript).remove(0);
    assert!(fields.ends_with(mistake), "{fields}");
}
