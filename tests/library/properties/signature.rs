use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::sample::Index;
use slicecheck::protocol::{Signature, SignatureError};

use super::config;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_signature_verifies_with_its_own_key_only(
        key in "[0-9A-Za-z]{1,70}",
        other in "[0-9A-Za-z]{1,70}",
        clear_text in "[ -~é]{1,200}",
    ) {
        let signature = Signature::read(&Signature::sign(&key, &clear_text)).unwrap();
        prop_assert_eq!(signature.sent_clear_text(), clear_text);
        prop_assert!(signature.verify(&key));
        prop_assert_eq!(signature.verify(&other), key == other);
    }

    #[test]
    fn a_signature_with_any_bit_flipped_does_not_verify(
        key in "[0-9A-Za-z]{1,40}",
        clear_text in "[ -~]{1,200}",
        place in any::<Index>(),
        bit in 0..8,
    ) {
        let mut bytes = STANDARD.decode(Signature::sign(&key, &clear_text)).unwrap();
        *place.get_mut(&mut bytes) ^= 1_u8 << bit;
        match Signature::read(&STANDARD.encode(bytes)) {
            Ok(signature) => prop_assert!(!signature.verify(&key)),
            Err(error) => prop_assert_eq!(error, SignatureError::NotText),
        }
    }

    #[test]
    fn a_signature_of_any_text_is_read_or_refused(text: String) {
        if let Ok(signature) = Signature::read(&text) {
            prop_assert!(!signature.sent_clear_text().is_empty());
        }
    }
}
