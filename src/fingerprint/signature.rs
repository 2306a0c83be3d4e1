use std::collections::BTreeMap;

use serde::Serialize;

use crate::protocol::{Exchange, Signature, Transcript};

/// How a client signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignatureHabit {
    /// Where it is: `Authorization`, or `?sign=`.
    pub place: &'static str,
    /// The fields in the order in which they are sent.
    pub fields: String,
    /// How long it is valid.
    pub lifetime: String,
    /// For how many requests it is made.
    pub made_for: &'static str,
    /// Whether `f` names the object.
    pub names_object: bool,
}

/// The signatures that were seen: each property with how often it was.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    places: BTreeMap<&'static str, usize>,
    fields: BTreeMap<String, usize>,
    lifetimes: BTreeMap<String, usize>,
    named: BTreeMap<bool, usize>,
    /// Of two requests of the same second, whether they have the same.
    near: BTreeMap<bool, usize>,
    /// Of two requests that are some seconds apart, whether they have the same.
    far: BTreeMap<bool, usize>,
}

impl Signatures {
    pub(super) fn add(&mut self, transcript: &Transcript) {
        let exchanges = transcript.exchanges.iter();
        let signed: Vec<_> =
            exchanges.filter_map(|it| Some((it.clock, place_and_text(it)?))).collect();
        let all = || signed.iter().map(|(clock, (_, text))| (*clock, text));
        for ((clock, text), (later, other)) in all().zip(all().skip(1)) {
            if clock == later {
                count(&mut self.near, text == other);
            }
        }
        let first = all().next();
        for (later, other) in all() {
            // A request that was signed at the end of a second comes in the next one.
            if let Some((_, text)) = first.filter(|(clock, _)| clock.saturating_add(2) <= later) {
                count(&mut self.far, text == other);
            }
        }
        for (_, (place, text)) in signed {
            count(&mut self.places, place);
            let Ok(signature) = Signature::read(&text) else { continue };
            let names: Vec<_> = signature.fields().map(|(name, _)| name).collect();
            count(&mut self.fields, names.join(", "));
            count(&mut self.lifetimes, lifetime(&signature));
            count(&mut self.named, signature.field("f").is_some_and(|path| !path.is_empty()));
        }
    }

    pub(super) fn habit(&self) -> Option<SignatureHabit> {
        let times = |pairs: &BTreeMap<bool, usize>, same| pairs.get(&same).copied().unwrap_or(0);
        // Two of the same second may be equal because nothing in them is drawn at random.
        let made_for = if times(&self.near, false) > times(&self.near, true) {
            "one request"
        } else if times(&self.far, false) > times(&self.far, true) {
            "the requests of a second"
        } else if self.far.is_empty() {
            "the requests of a second, or more"
        } else {
            "several requests"
        };
        Some(SignatureHabit {
            place: most(&self.places)?,
            fields: most(&self.fields)?,
            lifetime: most(&self.lifetimes)?,
            made_for,
            names_object: most(&self.named)?,
        })
    }
}

fn place_and_text(exchange: &Exchange) -> Option<(&'static str, String)> {
    let request = &exchange.request;
    let (text, _) = request.signature_text()?;
    let in_head = request.head().get("authorization").is_some();
    Some((if in_head { "Authorization" } else { "?sign=" }, text))
}

/// From the time of signing to the end.
fn lifetime(signature: &Signature) -> String {
    let number = |name| signature.field(name).and_then(|text| text.parse::<u64>().ok());
    match (number("e"), number("t")) {
        (Some(0), _) => "one use".to_owned(),
        (Some(end), Some(time)) => match end.checked_sub(time) {
            Some(seconds) => format!("{seconds} s"),
            None => "it ends before it begins".to_owned(),
        },
        _ => "unknown".to_owned(),
    }
}

fn count<T: Ord>(seen: &mut BTreeMap<T, usize>, value: T) {
    let times = seen.entry(value).or_default();
    *times = times.saturating_add(1);
}

/// What was seen most often: a clock may have gone on between two readings of it.
fn most<T: Clone>(seen: &BTreeMap<T, usize>) -> Option<T> {
    seen.iter().max_by_key(|(_, times)| **times).map(|(value, _)| value.clone())
}
