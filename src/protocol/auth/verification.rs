use std::fmt;

use super::{Credentials, MacMistake, Signature, SignatureError};
use crate::protocol::path::{ObjectPath, percent_decode};
use crate::protocol::quote;

/// What a signature has to be for when it arrives, and so whether it is good [DOC17 6054]. Whether one
/// for a single use was used before [ERR -77] is not told by its text.
///
/// ```
/// use slicecheck::protocol::{Credentials, ObjectPath, Signature, Uses, Verification};
///
/// let credentials = Credentials { secret_id: "AKID".to_owned(), secret_key: "key".to_owned() };
/// let path = ObjectPath::read("/files/v2/200001/newbucket/a.jpg").unwrap();
/// let verification = Verification {
///     credentials: &credentials,
///     path: Some(&path),
///     uses: Uses::Many,
///     clock: 1_437_995_704,
/// };
/// let clear = "a=200001&b=bucket&k=AKID&e=1437995703&t=1437995644&r=1&f=";
/// let faults = verification.faults(&Signature::sign("key", clear));
/// let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
/// assert_eq!(faults, [
///     "b: expected \"newbucket\", the bucket of the path, found \"bucket\"",
///     "e: expected later than 1437995704, the service's clock, found t=1437995644 and e=1437995703",
/// ]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Verification<'a> {
    /// The key pair of the client that is known to the service.
    pub credentials: &'a Credentials,
    /// The object of the request; without one, appid, bucket and `f` are not looked at.
    pub path: Option<&'a ObjectPath>,
    /// How often the operation lets its signature be used.
    pub uses: Uses,
    /// The service's clock, in unix seconds.
    pub clock: u64,
}

/// How often a signature can be used [DOC17 6054].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Uses {
    /// Any number of times until it ends: what all uploads need.
    Many,
    /// A single time for a single object, with an `e` of 0: what deleting, moving and updating need.
    Once,
}

/// What is wrong with a signature: one field, or the whole of it. It displays as a line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureFault {
    /// What kind of fault it is.
    pub kind: SignatureFaultKind,
    /// The field of the string to sign that is wrong; `None` if it is not one of them.
    pub field: Option<&'static str>,
    /// What belongs there, in words.
    pub expected: String,
    /// What is there, in words.
    pub found: String,
}

/// Kinds of faults, each with what the service answers; those without a code are refused in a way
/// that is not documented `[ERR]`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureFaultKind {
    /// It is not one line of standard base64 with a string to sign in it; the mistake that reproduces
    /// what it decodes to, if one does.
    Form(SignatureError, Option<MacMistake>),
    /// It is longer than [`Verification::LONGEST`] [ERR -46180].
    Length,
    /// A field is missing [ERR -57]; the `SecretId` has a code of its own [ERR -47].
    Missing,
    /// A field is there more than once, or not one of the seven [INFER §4.2].
    Surplus,
    /// The MAC is another one [ERR -97]; the mistake that reproduces it, if one does.
    Mac(Option<MacMistake>),
    /// `a` is not the appid of the path [ERR -70].
    Appid,
    /// `b` is not the bucket of the path [ERR -61].
    Bucket,
    /// `k` is not the `SecretId` [ERR -79].
    SecretId,
    /// `t` or `e` is no decimal number of seconds.
    Seconds,
    /// It is for many uses and has an `e` of 0 [ERR -74].
    NoEnd,
    /// It is for one use and has an end [ERR -73].
    End,
    /// It ends before it begins, or at once [ERR -59].
    NeverValid,
    /// It begins later than the service's clock and [`Verification::CLOCK_SKEW`] [ERR -59].
    NotYetValid,
    /// It ended before it arrived [ERR -59, -96].
    Expired,
    /// It lives longer than [`Verification::LONGEST_LIFETIME`] [ERR -53].
    Lifetime,
    /// `r` is no decimal number.
    Random,
    /// It is for one use, and `f` is empty [ERR -76].
    NoFileid,
    /// `f` is bound to another object [ERR -63].
    Fileid,
}

impl SignatureFault {
    /// The codes that the documents have for it, the most likely first; none for some `[ERR]`.
    pub fn codes(&self) -> &'static [i64] {
        use SignatureFaultKind as Kind;
        match self.kind {
            Kind::Form(SignatureError::Empty, _) => &[-81],
            Kind::Form(..) | Kind::Surplus | Kind::Seconds | Kind::Random => &[],
            Kind::Length => &[-46180],
            Kind::Missing if self.field == Some("k") => &[-47, -57],
            Kind::Missing => &[-57],
            Kind::Mac(_) => &[-97, -48, -46618],
            Kind::Appid => &[-70],
            Kind::Bucket => &[-61],
            Kind::SecretId => &[-79],
            Kind::NoEnd => &[-74],
            Kind::End => &[-73],
            Kind::NeverValid | Kind::Expired => &[-59, -96, -46619],
            Kind::NotYetValid => &[-59],
            Kind::Lifetime => &[-53],
            Kind::NoFileid => &[-76],
            Kind::Fileid => &[-63],
        }
    }
}

impl fmt::Display for SignatureFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, expected, found, .. } = self;
        let place = match (field, &self.kind) {
            (Some(field), _) => field,
            (None, SignatureFaultKind::Mac(_)) => "MAC",
            (None, SignatureFaultKind::Missing | SignatureFaultKind::Surplus) => "string to sign",
            _ => "signature",
        };
        write!(formatter, "{place}: expected {expected}, found {found}")
    }
}

impl Verification<'_> {
    /// The longest signature, in bytes [ERR -46180].
    pub const LONGEST: usize = 2048;
    /// The longest validity: 90 days, in seconds [DOC17 6054].
    pub const LONGEST_LIFETIME: u64 = 7_776_000;
    /// How far a client's clock may be ahead, in seconds; no document says, so this is generous
    /// [INFER §4.1].
    pub const CLOCK_SKEW: u64 = 900;

    /// All that is wrong with a signature as it travels in `Authorization`; empty if it is good. Text
    /// of another alphabet or with line breaks, and a MAC of another form, are judged as the signature
    /// that was meant, too.
    pub fn faults(self, text: &str) -> Vec<SignatureFault> {
        let mut faults = Vec::new();
        if text.len() > Self::LONGEST {
            let found = format!("{} bytes", text.len());
            let expected = format!("at most {} bytes", Self::LONGEST);
            faults.push(fault(SignatureFaultKind::Length, None, expected, found));
        }
        let read = Signature::read(text);
        let decoded = read.as_ref().ok().cloned().or_else(|| Signature::read_anyhow(text));
        let verifies = |signature: &Signature| signature.verify(&self.credentials.secret_key);
        let is_right = decoded.as_ref().is_some_and(verifies);
        let mistake = (!is_right).then(|| Signature::mistake_in(text, self.credentials)).flatten();
        let name = mistake.as_ref().map(|(name, _)| *name);
        if let Err(error) = read {
            // What can be decoded after all has its mistake told with
            // the MAC, below, and not twice.
            let known = name.filter(|_| decoded.is_none());
            let found = known.map_or_else(|| error.to_string(), |known| known.describe().into());
            let kind = SignatureFaultKind::Form(error, known);
            let expected = "base64 of 20 bytes of HMAC-SHA1 and the string to sign";
            faults.push(fault(kind, None, expected, found));
        }
        if let Some(signature) = decoded.as_ref().filter(|_| !is_right) {
            faults.push(wrong_mac(signature, name));
        }
        // Where the MAC is of another length or in another place, the string to sign is elsewhere, too.
        if let Some(meant) = mistake.map(|(_, meant)| meant).or(decoded) {
            fields(&meant, &mut faults);
            faults.extend(self.who(&meant));
            self.when(&meant, &mut faults);
            faults.extend(random(&meant));
            faults.extend(self.fileid(&meant));
        }
        faults
    }

    fn who(self, signature: &Signature) -> impl Iterator<Item = SignatureFault> {
        use SignatureFaultKind as Kind;
        let path = self.path;
        let secret_id = Some(self.credentials.secret_id.as_str());
        let known = [
            ("a", path.map(|path| path.appid.as_str()), "the appid of the path", Kind::Appid),
            ("b", path.map(|path| path.bucket.as_str()), "the bucket of the path", Kind::Bucket),
            ("k", secret_id, "the SecretId that was given", Kind::SecretId),
        ];
        // a and b are judged by two rules, either of which may be shown alone: both name the cause.
        let swapped = path.is_some_and(|path| {
            (signature.field("a"), signature.field("b")) == (Some(&path.bucket), Some(&path.appid))
        });
        known.into_iter().filter_map(move |(name, wanted, source, kind)| {
            let (wanted, found) = (wanted?, signature.field(name)?);
            let hint = if swapped && name != "k" { ": a and b are swapped" } else { "" };
            (wanted != found).then(|| {
                let expected = format!("{}, {source}", quoted(wanted));
                fault(kind, Some(name), expected, format!("{}{hint}", quoted(found)))
            })
        })
    }

    fn when(self, signature: &Signature, faults: &mut Vec<SignatureFault>) {
        use SignatureFaultKind as Kind;
        // A field that is not there is told as missing, and not as a wrong time, too.
        let Some((sent_t, sent_e)) = signature.field("t").zip(signature.field("e")) else { return };
        let found = format!("t={} and e={}", quoted(sent_t), quoted(sent_e));
        let expected = "unix seconds, e later than t";
        let (Some(t), Some(e)) = (seconds(sent_t), seconds(sent_e)) else {
            let name = if seconds(sent_t).is_none() { "t" } else { "e" };
            return faults.push(fault(Kind::Seconds, Some(name), expected, found));
        };
        match (self.uses, e) {
            (Uses::Once, 0) => faults.extend(self.too_early(t)),
            (Uses::Once, _) => {
                faults.extend(self.too_early(t));
                faults.push(fault(Kind::End, Some("e"), "0, as it is for one use", quoted(sent_e)));
            }
            // Before `e <= t`, which is true of 0 as well: this one has
            // a code of its own [ERR -74].
            (Uses::Many, 0) => faults.push(fault(Kind::NoEnd, Some("e"), expected, found)),
            (Uses::Many, _) if e <= t => {
                faults.push(fault(Kind::NeverValid, Some("e"), expected, found));
            }
            (Uses::Many, _) => faults.extend(self.while_valid(t, e)),
        }
    }

    /// Of a signature that begins before it ends.
    fn while_valid(self, t: u64, e: u64) -> impl Iterator<Item = SignatureFault> {
        use SignatureFaultKind as Kind;
        let expired = || {
            let expected = format!("later than {}, the service's clock", self.clock);
            // By t: how long a signature lives is the client's choice, so that e shows no clock.
            let late = off_by(self.clock.saturating_sub(t), "before");
            fault(Kind::Expired, Some("e"), expected, format!("t={t} and e={e}{late}"))
        };
        // The last second is the one before e: t ≤ now < e [§10].
        let valid = self.too_early(t).or_else(|| (e <= self.clock).then(expired));
        let lifetime = e.saturating_sub(t);
        let too_long = (lifetime > Self::LONGEST_LIFETIME).then(|| {
            let expected = format!("at most {} s after t", Self::LONGEST_LIFETIME);
            fault(Kind::Lifetime, Some("e"), expected, format!("{lifetime} s after t"))
        });
        valid.into_iter().chain(too_long)
    }

    /// Of a signature that begins later than a clock may be ahead.
    fn too_early(self, t: u64) -> Option<SignatureFault> {
        (t > self.clock.saturating_add(Self::CLOCK_SKEW)).then(|| {
            let expected = format!("at most {}, the service's clock", self.clock);
            // As seconds, these are more than thirty thousand years away.
            let hint = if t >= 1_000_000_000_000 {
                ": these are milliseconds".to_owned()
            } else {
                off_by(t.saturating_sub(self.clock), "after")
            };
            fault(SignatureFaultKind::NotYetValid, Some("t"), expected, format!("t={t}{hint}"))
        })
    }

    /// Compared after decoding; a key with a percent sign may have been put in `f` as it is.
    fn fileid(self, signature: &Signature) -> Option<SignatureFault> {
        let (path, f) = (self.path?, signature.field("f")?);
        let object = format!("/{}/{}{}", path.appid, path.bucket, path.key);
        let is_above =
            // A prefix without its slash would match /a/bc by /a/b. Seen in production for many
            // uses [ISSUE cos-js-sdk-v4#16]; a signature for one use names its object [§4.1].
            |f: &str| self.uses == Uses::Many && f.ends_with('/') && object.starts_with(f);
        let matches = |f: &str| f == object || is_above(f);
        if matches(f) || percent_decode(f).is_ok_and(|f| matches(&f)) {
            return None;
        }
        let object = quoted(&object);
        let (kind, expected) = match (self.uses, f) {
            (Uses::Many, "") => return None,
            (Uses::Many, _) => {
                (SignatureFaultKind::Fileid, format!("nothing, {object}, or a directory above it"))
            }
            (Uses::Once, "") => (SignatureFaultKind::NoFileid, object),
            (Uses::Once, _) => (SignatureFaultKind::Fileid, object),
        };
        Some(fault(kind, Some("f"), expected, quoted(f)))
    }
}

fn wrong_mac(signature: &Signature, mistake: Option<MacMistake>) -> SignatureFault {
    let found = mistake.map_or("another MAC", MacMistake::describe);
    let expected = format!("HMAC-SHA1(SecretKey, {})", quoted(signature.sent_string_to_sign()));
    fault(SignatureFaultKind::Mac(mistake), None, expected, found)
}

fn fields(signature: &Signature, faults: &mut Vec<SignatureFault>) {
    let expected = "a, b, k, e, t, r, f, each once";
    for name in Signature::FIELDS {
        let times = signature.fields().filter(|(known, _)| *known == name).count();
        let kind = match times {
            0 => SignatureFaultKind::Missing,
            1 => continue,
            _ => SignatureFaultKind::Surplus,
        };
        faults.push(fault(kind, Some(name), expected, format!("{times} of them")));
    }
    let mut names = signature.fields().map(|(name, _)| name);
    if let Some(unknown) = names.find(|name| !Signature::FIELDS.contains(name)) {
        faults.push(fault(SignatureFaultKind::Surplus, None, expected, quoted(unknown)));
    }
}

/// Up to 20 digits and a leading minus sign were sent by shipped SDKs, and taken [SDK §4.3].
fn random(signature: &Signature) -> Option<SignatureFault> {
    let r = signature.field("r")?;
    let digits = r.strip_prefix('-').unwrap_or(r);
    let good = (1..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    (!good).then(|| fault(SignatureFaultKind::Random, Some("r"), "decimal digits", quoted(r)))
}

/// Unix seconds; a fraction, as one client sends it, is cut off.
fn seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() && digits(whole) && digits(fraction)).then(|| whole.parse().ok())?
}

fn quoted(text: &str) -> String {
    quote(text.as_bytes())
}

/// A hint where `t` is off by as much as a time zone is; a few seconds are the upload's.
fn off_by(seconds: u64, side: &str) -> String {
    // All zones are whole quarters of an hour from UTC, the farthest of them 14 hours.
    const QUARTER: u64 = 900;
    const EASTERNMOST: u64 = 14 * 3600;
    const UPLOAD: u64 = 60;
    let zone = (seconds.saturating_add(UPLOAD) / QUARTER).saturating_mul(QUARTER);
    let is_zone = zone > 0 && zone <= EASTERNMOST && seconds.abs_diff(zone) <= UPLOAD;
    if !is_zone {
        return String::new();
    }
    let (hours, minutes) = (zone / 3600, zone % 3600 / 60);
    format!(": t is {hours}:{minutes:02} h {side} the clock; is it local time?")
}

fn fault(
    kind: SignatureFaultKind,
    field: Option<&'static str>,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> SignatureFault {
    SignatureFault { kind, field, expected: expected.into(), found: found.into() }
}
