use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::sample::Index;
use slicecheck::protocol::{
    Credentials, FieldOrder, ObjectPath, Signature, SignatureError, SignatureFaultKind,
    StringToSign, Uses, Verification,
};

use super::config;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_signature_verifies_with_its_own_key_only(
        key in "[0-9A-Za-z]{1,70}",
        other in "[0-9A-Za-z]{1,70}",
        string_to_sign in "[ -~é]{1,200}",
    ) {
        let signature = Signature::read(&Signature::sign(&key, &string_to_sign)).unwrap();
        prop_assert_eq!(signature.sent_string_to_sign(), string_to_sign);
        prop_assert!(signature.verify(&key));
        prop_assert_eq!(signature.verify(&other), key == other);
    }

    #[test]
    fn a_signature_with_any_bit_flipped_does_not_verify(
        key in "[0-9A-Za-z]{1,40}",
        string_to_sign in "[ -~]{1,200}",
        place in any::<Index>(),
        bit in 0..8,
    ) {
        let mut bytes = STANDARD.decode(Signature::sign(&key, &string_to_sign)).unwrap();
        *place.get_mut(&mut bytes) ^= 1_u8 << bit;
        match Signature::read(&STANDARD.encode(bytes)) {
            Ok(signature) => prop_assert!(!signature.verify(&key)),
            Err(error) => prop_assert_eq!(error, SignatureError::NotText),
        }
    }

    #[test]
    fn a_signature_is_base64_of_20_bytes_and_a_text_and_nothing_else(text in signature_like()) {
        let behind_mac = |bytes: Vec<u8>| String::from_utf8(bytes.get(20..)?.to_vec()).ok();
        let clear = STANDARD.decode(&text).ok().and_then(behind_mac);
        let read = Signature::read(&text).ok();
        let read = read.map(|signature| signature.sent_string_to_sign().to_owned());
        prop_assert_eq!(read, clear.filter(|clear| !clear.is_empty()));
    }

    #[test]
    fn a_signature_is_written_as_it_was_read(text in signature_like()) {
        if let Ok(signature) = Signature::read(&text) {
            prop_assert_eq!(signature.write(), text);
        }
    }

    #[test]
    fn a_clear_text_for_its_request_has_no_fault_in_either_order(
        documented: bool, bound: bool, random: u32, age in 0..900_u64, rest in 0..7_000_000_u64,
        key in "[/a-z +%é]{0,20}", secret_key: String,
    ) {
        let path = path(format!("/{key}."));
        let credentials = Credentials { secret_id: "AKID".to_owned(), secret_key };
        let fileid = if bound { path.fileid() } else { String::new() };
        let clear = StringToSign {
            order: if documented { FieldOrder::Documented } else { FieldOrder::Sdk },
            path: &path,
            secret_id: &credentials.secret_id,
            begins: CLOCK - age,
            ends: CLOCK + rest + 1,
            random,
            fileid: &fileid,
        };
        let text = Signature::sign(&credentials.secret_key, &clear.to_string());
        let verification = Verification {
            credentials: &credentials, path: Some(&path), uses: Uses::Many, clock: CLOCK,
        };
        prop_assert_eq!(verification.faults(&text), []);
    }

    #[test]
    fn a_directory_binds_a_signature_for_many_uses_and_never_for_one(
        key in "(/[a-z é]{1,4}){1,4}", cut in any::<Index>(),
    ) {
        let path = path(key);
        let fileid = path.fileid();
        let slashes: Vec<_> = fileid.match_indices('/').map(|(at, _)| at).collect();
        let above = &fileid[..=slashes[cut.index(slashes.len())]];
        let faults = |uses| {
            let credentials = Credentials { secret_id: String::new(), secret_key: String::new() };
            let verification =
                Verification { credentials: &credentials, path: Some(&path), uses, clock: CLOCK };
            let faults = verification.faults(&Signature::sign("", &format!("f={above}")));
            faults.iter().filter(|fault| fault.kind == SignatureFaultKind::Fileid).count()
        };
        prop_assert_eq!((faults(Uses::Many), faults(Uses::Once)), (0, 1), "{}", above);
    }

    #[test]
    fn a_mac_under_another_key_is_no_mistake_about_the_string_to_sign(
        key in "[0-9A-Za-z]{8,40}", other in "[0-9A-Za-z]{8,40}", string_to_sign in "[ -~]{1,200}",
    ) {
        prop_assume!(key != other);
        let credentials = Credentials { secret_id: "AKID".to_owned(), secret_key: key };
        let text = Signature::sign(&other, &string_to_sign);
        prop_assert_eq!(Signature::explain_text(&text, &credentials), None);
    }

    #[test]
    fn every_text_that_is_no_signature_has_a_fault(text in signature_like()) {
        let credentials = Credentials { secret_id: "AKID".to_owned(), secret_key: text.clone() };
        let verification =
            Verification { credentials: &credentials, path: None, uses: Uses::Many, clock: CLOCK };
        let faults = verification.faults(&text);
        prop_assert!(Signature::read(&text).is_ok() || !faults.is_empty());
        prop_assert!(faults.iter().all(|fault| !fault.found.is_empty()));
    }
}

const CLOCK: u64 = 1_505_201_819;

fn path(key: String) -> ObjectPath {
    ObjectPath { appid: "200001".to_owned(), bucket: "newbucket".to_owned(), key }
}

/// Any text, and more often one of the alphabet of base64.
fn signature_like() -> impl Strategy<Value = String> {
    let signed = (any::<[u8; 20]>(), any::<String>());
    prop_oneof![
        any::<String>(),
        "[A-Za-z0-9+/]{0,80}={0,2}",
        "([A-Za-z0-9+/]{4}){6,20}",
        signed.prop_map(|(mac, text)| STANDARD.encode([&mac, text.as_bytes()].concat())),
    ]
}
