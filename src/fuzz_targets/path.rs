use arbitrary::Unstructured;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::protocol::{
    Credentials, Escaping, ObjectPath, PathError, Signature, SignatureFaultKind, Slashes, Uses,
    Verification, percent_decode,
};

/// What is escaped by each, but for letters, digits and what is removed here [SDK §1.3].
const KEPT_BY_MOST: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');
const UNRESERVED: AsciiSet = KEPT_BY_MOST.remove(b'~');
const JAVA: AsciiSet = KEPT_BY_MOST.remove(b'*');
const DOTNET: AsciiSet = JAVA.remove(b'!').remove(b'(').remove(b')').remove(b'~');
const JAVASCRIPT: AsciiSet = DOTNET.remove(b'\'');
const SETS: [(Escaping, &AsciiSet); 4] = [
    (Escaping::UNRESERVED, &UNRESERVED),
    (Escaping::JAVA, &JAVA),
    (Escaping::JAVASCRIPT, &JAVASCRIPT),
    (Escaping::DOTNET, &DOTNET),
];

/// The bytes are read as a target, and, apart from that, cut into a key that is escaped in each way
/// and into the `f` of a signature.
pub fn path(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    decoding_is_as_by_hand(&text);
    target_is_as_by_hand(&text);
    target_is_as_by_hand(&format!("/files/v2/{text}"));
    let _ = writing(&mut Unstructured::new(input));
}

fn decoding_is_as_by_hand(text: &str) {
    let expected = by_hand(text.as_bytes())
        .ok_or(PathError::Escape)
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| PathError::NotUtf8));
    assert_eq!(percent_decode(text), expected, "{text:?}");
}

/// `None` for a percent sign without two digits after it.
fn by_hand(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let mut decoded = Vec::new();
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'%' => {
                let byte = digit(rest.next()?)? * 16 + digit(rest.next()?)?;
                u8::try_from(byte).expect("two digits are a byte")
            }
            other => *other,
        });
    }
    Some(decoded)
}

fn target_is_as_by_hand(target: &str) {
    let read = ObjectPath::read(target);
    assert_eq!(read.as_ref().ok(), read_by_hand(target).as_ref(), "{target:?}");
    let Ok(path) = read else { return };
    assert_eq!(ObjectPath::read(&path.to_string()), Ok(path.clone()), "{target:?}");
    assert!(!path.key.ends_with('/') && !path.bucket.is_empty(), "{path:?}");
}

fn read_by_hand(target: &str) -> Option<ObjectPath> {
    let mut segments = target.split('/');
    if [segments.next()?, segments.next()?, segments.next()?] != ["", "files", "v2"] {
        return None;
    }
    let (appid, bucket) = (segments.next()?, segments.next()?);
    let decode = |text: &str| String::from_utf8(by_hand(text.as_bytes())?).ok();
    let key = decode(&format!("/{}", segments.collect::<Vec<_>>().join("/")))?;
    let bucket = decode(bucket)?;
    let digits = !appid.is_empty() && appid.chars().all(|digit| digit.is_ascii_digit());
    let good = digits && !bucket.is_empty() && !key.ends_with('/');
    good.then(|| ObjectPath { appid: appid.to_owned(), bucket, key })
}

fn writing(bytes: &mut Unstructured) -> arbitrary::Result<()> {
    let appid = bytes.int_in_range(0..=2_000_000_000)?.to_string();
    // Neither of both is empty, and the key does not end with a slash.
    let bucket = format!("b{}", bytes.arbitrary::<&str>()?);
    let key = format!("/{}.", bytes.arbitrary::<&str>()?);
    let path = ObjectPath { appid, bucket, key };
    for escaping in Escaping::ALL {
        escaped_is_as_by_the_crate(escaping, &path.key);
        let sent = sent_by_hand(escaping.slashes, &path.key);
        assert_eq!(escaping.slashes.sent(&path.key), sent, "{escaping:?}");
        let target = path.target(escaping);
        let expected = ObjectPath { key: sent, ..path.clone() };
        assert_eq!(ObjectPath::read(&target), Ok(expected), "{target} of {escaping:?}");
        assert_eq!(target, format!("/files/v2{}", path.fileid_in(escaping)));
    }
    fileid_is_as_by_hand(&path, &path.fileid_in(*bytes.choose(&Escaping::ALL)?));
    let above = path.fileid();
    let slashes: Vec<_> = above.match_indices('/').map(|(at, _)| at).collect();
    let slash = *bytes.choose(&slashes)?;
    fileid_is_as_by_hand(&path, &above[..=slash]);
    fileid_is_as_by_hand(&path, &above[..slash]);
    fileid_is_as_by_hand(&path, bytes.arbitrary::<&str>()?);
    Ok(())
}

/// The crate that percent-encodes for browsers, told what to leave.
fn escaped_is_as_by_the_crate(escaping: Escaping, key: &str) {
    let all_slashes = Escaping { slashes: Slashes::Kept, ..escaping };
    let escaped = all_slashes.escape(key);
    let (_, set) = SETS.iter().find(|(known, _)| *known == escaping).expect("all are known");
    let theirs = utf8_percent_encode(key, set).to_string();
    assert!(escaped.eq_ignore_ascii_case(&theirs), "{escaped} and {theirs}");
    assert_eq!(percent_decode(&escaped).as_deref(), Ok(key), "{escaped} of {escaping:?}");
    if !escaping.lower_case {
        assert_eq!(escaped, theirs, "{escaping:?}");
    } else if key.is_ascii() {
        let upper =
            escaped.split('%').skip(1).any(|digits| digits[..2].contains(char::is_uppercase));
        assert!(!upper, "{escaped}");
    }
}

/// A key that begins with a slash and does not end with one.
fn sent_by_hand(slashes: Slashes, key: &str) -> String {
    let segments = || key.split('/').skip(1);
    let segments: Vec<_> = match slashes {
        Slashes::Kept => segments().collect(),
        Slashes::OneInFront => segments().skip_while(|segment| segment.is_empty()).collect(),
        Slashes::NoEmptySegment => segments().filter(|segment| !segment.is_empty()).collect(),
    };
    format!("/{}", segments.join("/"))
}

/// Which `f` lets an object be uploaded, and which one lets it be deleted.
fn fileid_is_as_by_hand(path: &ObjectPath, f: &str) {
    // Values in a string to sign are not escaped [§4.2]: it would end f.
    if f.contains('&') {
        return;
    }
    let object = format!("/{}/{}{}", path.appid, path.bucket, path.key).into_bytes();
    let raw = f.as_bytes().to_vec();
    let decoded = by_hand(&raw).filter(|bytes| std::str::from_utf8(bytes).is_ok());
    let readings: Vec<Vec<u8>> = [Some(raw), decoded].into_iter().flatten().collect();
    let is_object = readings.contains(&object);
    let is_above =
        readings.iter().any(|f| f.last() == Some(&b'/') && object.get(..f.len()) == Some(f));
    let credentials = Credentials { secret_id: "k".to_owned(), secret_key: "key".to_owned() };
    for (uses, good) in
        [(Uses::Many, f.is_empty() || is_object || is_above), (Uses::Once, is_object)]
    {
        let verification =
            Verification { credentials: &credentials, path: Some(path), uses, clock: 0 };
        let faults = verification.faults(&Signature::sign("key", &format!("f={f}")));
        let is_fault = faults.iter().any(|fault| {
            matches!(fault.kind, SignatureFaultKind::Fileid | SignatureFaultKind::NoFileid)
        });
        assert_eq!(is_fault, !good, "f={f} for {path:?}, {uses:?}");
    }
}
