use std::collections::BTreeSet;

use arbitrary::Unstructured;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::protocol::{
    Credentials, Escaping, FieldOrder, MacMistake, ObjectPath, Signature, SignatureError,
    SignatureFaultKind as Fault, Slashes, StringToSign, Uses, Verification,
};

/// The bytes are read as a signature, and, apart from that, cut into the fields of one that is signed
/// rightly, and wrongly in each known way.
pub fn signature(input: &[u8]) {
    reading(&String::from_utf8_lossy(input));
    let _ = signing(&mut Unstructured::new(input));
}

fn reading(text: &str) {
    let credentials = Credentials { secret_id: "id".to_owned(), secret_key: "key".to_owned() };
    let verification =
        Verification { credentials: &credentials, path: None, uses: Uses::Many, clock: 0 };
    let faults = verification.faults(text);
    let by_hand = decode_by_hand(text).filter(|bytes| bytes.len() > 20);
    let by_hand = by_hand.filter(|bytes| std::str::from_utf8(&bytes[20..]).is_ok());
    match Signature::read(text) {
        Ok(signature) => {
            assert_eq!(signature.write(), text, "written as it was read");
            let bytes = by_hand.expect("it is base64 of a MAC and a text");
            let (mac, clear) = bytes.split_at(20);
            assert_eq!(signature.sent_string_to_sign().as_bytes(), clear);
            assert_eq!(signature.verify("key"), mac == hmac(b"key", clear), "{text}");
            let is_wrong = faults.iter().any(|fault| matches!(fault.kind, Fault::Mac(_)));
            assert_eq!(is_wrong, !signature.verify("key"), "{faults:?}");
            fields_are_those_of_the_text(&signature);
        }
        Err(error) => {
            assert_eq!(by_hand, None, "{error} of {text:?}");
            assert_eq!(error == SignatureError::Empty, text.is_empty());
            let mut forms = faults.iter().filter_map(|fault| match &fault.kind {
                Fault::Form(error, _) => Some(error),
                _ => None,
            });
            assert_eq!((forms.next(), forms.next()), (Some(&error), None), "of {text:?}");
        }
    }
    assert_eq!(faults.iter().any(|fault| fault.kind == Fault::Length), text.len() > 2048);
}

fn fields_are_those_of_the_text(signature: &Signature) {
    let mut at = 0;
    let clear = signature.sent_string_to_sign();
    for (name, value) in signature.fields() {
        let pair = clear[at..].split('&').next().expect("there is a pair");
        assert!(pair == name && value.is_empty() || pair == format!("{name}={value}"), "{pair:?}");
        at += pair.len() + 1;
    }
    assert_eq!(at, clear.len() + 1, "{clear:?} is left after the last field");
    let names = signature.fields().map(|(name, _)| name);
    let firsts: BTreeSet<_> = names.collect();
    assert!(firsts.iter().all(|name| signature.field(name).is_some()));
}

/// RFC 4648 §4, where the bits that are left over are zero.
fn decode_by_hand(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = text.trim_end_matches('=');
    let padding = text.len() - letters.len();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in letters.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = bits << 6 | u32::try_from(value).expect("it is below 64");
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).expect("it is a byte"));
            bits &= (1 << count) - 1;
        }
    }
    (bits == 0 && count == padding * 2).then_some(bytes)
}

/// A client, what it was told, and what it made of it.
struct Signer {
    credentials: Credentials,
    /// The object of the request.
    path: ObjectPath,
    uses: Uses,
    clock: u64,
    /// What the string to sign names.
    named: ObjectPath,
    secret_id: String,
    order: FieldOrder,
    begins: u64,
    ends: u64,
    random: u32,
    fileid: Fileid,
    escaping: Escaping,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fileid {
    Empty,
    Object,
    Raw,
    Above,
    Other,
}

impl Fileid {
    const ALL: [Self; 5] = [Self::Empty, Self::Object, Self::Raw, Self::Above, Self::Other];
}

impl Signer {
    fn new(bytes: &mut Unstructured) -> arbitrary::Result<Self> {
        let appid = bytes.int_in_range(0..=2_000_000_000)?.to_string();
        // Values in a string to sign are not escaped [§4.2].
        let key = format!("/{}.", bytes.arbitrary::<&str>()?.replace('&', "%"));
        let path = ObjectPath { appid, bucket: "newbucket".to_owned(), key };
        let mut named = path.clone();
        if bytes.ratio(1, 4)? {
            named.appid.push('0');
        }
        if bytes.ratio(1, 4)? {
            named.bucket.pop();
        }
        let (secret_id, secret_key) = ("AKID".to_owned(), bytes.arbitrary::<String>()?);
        let credentials = Credentials { secret_id: secret_id.clone(), secret_key };
        // The moment of the seed page's sample [SEED L127].
        let clock = 1_505_201_819;
        let begins = near(bytes, clock)?;
        let ends = if bytes.ratio(1, 4)? { 0 } else { near(bytes, begins)? };
        Ok(Self {
            credentials,
            path,
            uses: *bytes.choose(&[Uses::Many, Uses::Once])?,
            clock,
            named,
            secret_id: if bytes.ratio(1, 4)? { "AKIE".to_owned() } else { secret_id },
            order: *bytes.choose(&[FieldOrder::Documented, FieldOrder::Sdk])?,
            begins,
            ends,
            random: bytes.arbitrary()?,
            fileid: *bytes.choose(&Fileid::ALL)?,
            escaping: *bytes.choose(&Escaping::ALL)?,
        })
    }

    fn object(&self) -> String {
        format!("/{}/{}{}", self.path.appid, self.path.bucket, self.path.key)
    }

    fn fileid(&self) -> String {
        match self.fileid {
            Fileid::Empty => String::new(),
            Fileid::Object => self.path.fileid_in(self.escaping),
            Fileid::Raw => self.object(),
            Fileid::Above => format!("/{}/{}/", self.path.appid, self.path.bucket),
            Fileid::Other => format!("{}x", self.path.fileid()),
        }
    }

    /// The object that `f` names in an escaping, if it does.
    fn escaped_path(&self) -> Option<ObjectPath> {
        let key = match self.fileid {
            Fileid::Object => self.escaping.slashes.sent(&self.path.key).into_owned(),
            Fileid::Other => format!("{}x", self.path.key),
            Fileid::Empty | Fileid::Raw | Fileid::Above => return None,
        };
        Some(ObjectPath { key, ..self.path.clone() })
    }

    fn string_to_sign(&self, order: FieldOrder, path: &ObjectPath, fileid: &str) -> String {
        let Self { secret_id, begins, ends, random, .. } = self;
        let (begins, ends, random) = (*begins, *ends, *random);
        StringToSign { order, path, secret_id, begins, ends, random, fileid }.to_string()
    }

    fn sent(&self) -> String {
        self.string_to_sign(self.order, &self.named, &self.fileid())
    }

    fn verification(&self) -> Verification<'_> {
        let Self { credentials, path, uses, clock, .. } = self;
        Verification { credentials, path: Some(path), uses: *uses, clock: *clock }
    }

    /// What is wrong with a signature with the right MAC.
    fn faults(&self, text: &str) -> Vec<Fault> {
        let Self { begins, ends, clock, .. } = *self;
        let many = self.uses == Uses::Many;
        let lives = many && ends > begins;
        let loses_slash = self.escaping.slashes.sent(&self.path.key) != self.path.key;
        let is_object = match self.fileid {
            Fileid::Object => !loses_slash,
            Fileid::Raw => true,
            _ => false,
        };
        let is_bound_elsewhere = match self.fileid {
            Fileid::Empty => false,
            Fileid::Above => !many,
            _ => !is_object,
        };
        let expected = [
            (Fault::Length, text.len() > 2048),
            (Fault::Appid, self.named.appid != self.path.appid),
            (Fault::Bucket, self.named.bucket != self.path.bucket),
            (Fault::SecretId, self.secret_id != self.credentials.secret_id),
            (Fault::NotYetValid, !many && begins > clock + 900),
            (Fault::End, !many && ends > 0),
            (Fault::NoEnd, many && ends == 0),
            (Fault::NeverValid, many && ends > 0 && ends <= begins),
            (Fault::NotYetValid, lives && begins > clock + 900),
            (Fault::Expired, lives && begins <= clock + 900 && ends <= clock),
            (Fault::Lifetime, lives && ends - begins > 90 * 24 * 60 * 60),
            (Fault::NoFileid, !many && self.fileid == Fileid::Empty),
            (Fault::Fileid, is_bound_elsewhere),
        ];
        expected.into_iter().filter(|(_, there)| *there).map(|(kind, _)| kind).collect()
    }
}

/// A time at one of the distances that are decided upon.
fn near(bytes: &mut Unstructured, time: u64) -> arbitrary::Result<u64> {
    let distance = *bytes.choose(&[0, 1, 60, 900, 901, 7_776_000, 7_776_001])?;
    Ok(if bytes.arbitrary()? { time + distance } else { time - distance })
}

fn signing(bytes: &mut Unstructured) -> arbitrary::Result<()> {
    let signer = Signer::new(bytes)?;
    let clear = signer.sent();
    let key = &signer.credentials.secret_key;
    let text = Signature::sign(key, &clear);
    let signature = Signature::read(&text).expect("it is what was signed");
    assert_eq!(
        (signature.sent_string_to_sign(), signature.write()),
        (clear.as_str(), text.clone())
    );
    assert!(signature.verify(key) && signature.explain(&signer.credentials).is_none());
    let faults = signer.verification().faults(&text);
    let kinds: Vec<_> = faults.iter().map(|fault| fault.kind.clone()).collect();
    assert_eq!(kinds, signer.faults(&text), "of {clear}: {faults:?}");

    lacking_a_field_is_noticed(&signer, &clear, bytes.choose(&Signature::FIELDS)?);
    let raw = STANDARD.decode(&text).expect("it is base64");
    let place = bytes.choose_index(raw.len())?;
    flipped_bits_do_not_verify(key, &raw, place);
    let mistake = *bytes.choose(&MacMistake::ALL)?;
    mistake_is_explained(mistake, &signer, &clear);
    Ok(())
}

fn lacking_a_field_is_noticed(signer: &Signer, clear: &str, name: &'static str) {
    let is_it = |pair: &&str| pair.split('=').next() == Some(name);
    let without: Vec<_> = clear.split('&').filter(|pair| !is_it(pair)).collect();
    let twice: Vec<_> = clear.split('&').chain(clear.split('&').find(is_it)).collect();
    for (pairs, kind) in [(without, Fault::Missing), (twice, Fault::Surplus)] {
        let text = Signature::sign(&signer.credentials.secret_key, &pairs.join("&"));
        let faults = signer.verification().faults(&text);
        let named = faults.iter().filter(|fault| fault.kind == kind).map(|fault| fault.field);
        assert_eq!(named.collect::<Vec<_>>(), [Some(name)], "{faults:?}");
    }
}

fn flipped_bits_do_not_verify(key: &str, raw: &[u8], place: usize) {
    for bit in 0..8 {
        let mut raw = raw.to_vec();
        raw[place] ^= 1 << bit;
        match Signature::read(&STANDARD.encode(raw)) {
            Ok(signature) => assert!(!signature.verify(key), "bit {bit} of byte {place} flipped"),
            Err(error) => assert_eq!(error, SignatureError::NotText),
        }
    }
}

/// A mistake is found as itself, or as another one that makes the same bytes.
fn mistake_is_explained(mistake: MacMistake, signer: &Signer, clear: &str) {
    let credentials = &signer.credentials;
    let right = hmac(credentials.secret_key.as_bytes(), clear.as_bytes());
    let right = [right.as_slice(), clear.as_bytes()].concat();
    for wrong in planted(mistake, signer, clear).into_iter().filter(|wrong| *wrong != right) {
        let text = STANDARD.encode(&wrong);
        let found = Signature::explain_text(&text, credentials);
        let equal = found.is_some_and(|found| planted(found, signer, clear).contains(&wrong));
        assert!(found == Some(mistake) || equal, "{mistake:?} is taken for {found:?}");
        let read = Signature::read(&text);
        assert!(!read.is_ok_and(|read| read.verify(&credentials.secret_key)), "{mistake:?}");

        let faults = signer.verification().faults(&text);
        let explained = faults.iter().any(|fault| match fault.kind {
            Fault::Mac(known) | Fault::Form(_, known) => known == found,
            _ => false,
        });
        assert!(explained, "{mistake:?} in {faults:?}");
        let url_safe = text.replace('+', "-").replace('/', "_");
        assert_eq!(Signature::explain_text(&url_safe, credentials), found, "{url_safe}");
        let (front, back) = text.split_at(text.len() / 2);
        let wrapped = format!("{front}\r\n{back}\n");
        assert_eq!(Signature::explain_text(&wrapped, credentials), found, "{wrapped}");
    }
}

/// What a client with this mistake sends, in each form that the mistake has.
fn planted(mistake: MacMistake, signer: &Signer, clear: &str) -> Vec<Vec<u8>> {
    let Credentials { secret_id, secret_key } = &signer.credentials;
    let key = secret_key.as_bytes();
    let text = clear.as_bytes();
    let joined = |mac: &[u8]| [mac, text].concat();
    let over = |message: &str| joined(&hmac(key, message.as_bytes()));
    let under = |key: &str| joined(&hmac(key.as_bytes(), text));
    let other = |fileid: &str| over(&signer.string_to_sign(signer.order, &signer.named, fileid));
    let sends_fileid = signer.fileid != Fileid::Empty;
    let right = hmac(key, text);
    match mistake {
        MacMistake::Hex => {
            let hex = right.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
            vec![joined(hex.as_bytes()), joined(hex.to_uppercase().as_bytes())]
        }
        MacMistake::Base64 => vec![joined(STANDARD.encode(right).as_bytes())],
        MacMistake::Behind => vec![[text, &right].concat()],
        MacMistake::Sha256 => {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key has any length");
            mac.update(text);
            let mac = mac.finalize().into_bytes();
            vec![joined(&mac), joined(&mac[..20])]
        }
        MacMistake::NoHmac => {
            let of = |front, back| joined(&Sha1::digest([front, back].concat()));
            vec![of(key, text), of(text, key)]
        }
        MacMistake::OtherOrder => {
            let orders = [FieldOrder::Documented, FieldOrder::Sdk];
            let fileid = signer.fileid();
            let clear = orders.map(|order| signer.string_to_sign(order, &signer.named, &fileid));
            let mut sorted: Vec<_> = clear[0].split('&').collect();
            sorted.sort_unstable();
            vec![over(&clear[0]), over(&clear[1]), over(&sorted.join("&"))]
        }
        MacMistake::AppidAndBucketSwapped => {
            let ObjectPath { appid, bucket, key } = signer.named.clone();
            let swapped = ObjectPath { appid: bucket, bucket: appid, key };
            vec![over(&signer.string_to_sign(signer.order, &swapped, &signer.fileid()))]
        }
        MacMistake::SecretIdAsKey => vec![under(secret_id)],
        MacMistake::EmptyKey => vec![under("")],
        MacMistake::WhiteSpaceInKey => {
            let spaces = ["\n", "\r\n", " "];
            let padded = |space| [format!("{space}{secret_key}"), format!("{secret_key}{space}")];
            spaces.into_iter().flat_map(padded).map(|key| under(&key)).collect()
        }
        MacMistake::KeyAndMessageSwapped => vec![joined(&hmac(text, key))],
        MacMistake::WhiteSpaceAfter => {
            ["\n", "\r\n", " "].map(|space| over(&format!("{clear}{space}"))).to_vec()
        }
        MacMistake::UnescapedFileid if let Some(path) = signer.escaped_path() => {
            vec![other(&format!("/{}/{}{}", path.appid, path.bucket, path.key))]
        }
        MacMistake::OtherEscaping if let Some(path) = signer.escaped_path() => {
            let in_another =
                |escaping| other(&path.fileid_in(Escaping { slashes: Slashes::Kept, ..escaping }));
            Escaping::ALL.map(in_another).to_vec()
        }
        MacMistake::EmptyFileid if sends_fileid => vec![other("")],
        _ => Vec::new(),
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("a key has any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
