use std::collections::BTreeSet;

use serde::Serialize;

use super::request::op_name;
use crate::protocol::{Claim, Exchange, Op, Stored, Transcript};

/// Which operations an upload is made of, and how it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Course {
    /// The operations in order, each once where several follow each other.
    pub operations: Vec<String>,
    /// What the client says in the end, and whether that is true.
    pub ends: &'static str,
}

/// How a plain upload goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UploadHabits {
    /// Operations and end.
    #[serde(flatten)]
    pub course: Course,
    /// In which order slices are sent, where they are sent one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice_order: Option<&'static str>,
    /// How many slices are sent before the reply to the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slices_in_flight: Option<usize>,
    /// Whether connections are used for several requests.
    pub keeps_connections: bool,
    /// The slice size that init asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice_size_asked: Option<String>,
    /// The slice size that is used where the service grants another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice_size_used: Option<String>,
}

/// An upload for which digests are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WithDigests {
    /// Operations and end.
    #[serde(flatten)]
    pub course: Course,
    /// The fields of the first request, in order.
    pub fields: Vec<String>,
}

/// What is done about an upload that was interrupted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resumption {
    /// Operations and end.
    #[serde(flatten)]
    pub course: Course,
    /// Which slices are sent.
    pub slices: &'static str,
}

/// More operations of a course are not told.
const MOST_OPERATIONS: usize = 32;

impl Course {
    pub(super) fn of(transcript: &Transcript) -> Self {
        let mut operations: Vec<_> =
            transcript.exchanges.iter().map(|exchange| op_name(&exchange.request)).collect();
        operations.dedup();
        operations.truncate(MOST_OPERATIONS);
        Self { operations, ends: ends(transcript) }
    }
}

impl UploadHabits {
    /// What a plain upload shows; `asked` is the slice size that the client was told to ask for.
    pub(super) fn of(transcript: &Transcript) -> Self {
        let offsets = offsets(transcript);
        let asked = transcript.exchanges.iter().find_map(|exchange| {
            let is_init = exchange.request.op() == Some(&Op::Init);
            is_init.then(|| exchange.request.text("slice_size").map(str::to_owned))
        });
        let told = transcript.job.slice_size.unwrap_or_default().to_string();
        let slice_size_asked = asked.map(|asked| match asked {
            Some(size) if size == told => "as told".to_owned(),
            Some(size) => size,
            None => "none".to_owned(),
        });
        let connections: BTreeSet<_> =
            transcript.exchanges.iter().map(|exchange| exchange.connection).collect();
        Self {
            course: Course::of(transcript),
            slice_order: order(&offsets),
            slices_in_flight: None,
            keeps_connections: connections.len() < transcript.exchanges.len(),
            slice_size_asked,
            slice_size_used: None,
        }
    }
}

impl WithDigests {
    pub(super) fn of(transcript: &Transcript) -> Self {
        let first = transcript.exchanges.first().map(|exchange| exchange.request.form().values());
        let fields = first.unwrap_or_default().iter().map(|value| value.name.clone()).collect();
        Self { course: Course::of(transcript), fields }
    }
}

impl Resumption {
    /// What is sent where the slices `held` are there, of `slices`.
    pub(super) fn of(transcript: &Transcript, held: &[u64], slices: u64) -> Self {
        let size = transcript.job.slice_size.unwrap_or(1);
        let sent: BTreeSet<_> = offsets(transcript).into_iter().collect();
        let offset = |index: u64| index.saturating_mul(size);
        let all: BTreeSet<_> = (0..slices).map(offset).collect();
        let missing: BTreeSet<_> =
            (0..slices).filter(|index| !held.contains(index)).map(offset).collect();
        let slices = if sent == missing {
            "those that are missing"
        } else if sent == all {
            "all"
        } else if sent.is_empty() {
            "none"
        } else {
            "others"
        };
        Self { course: Course::of(transcript), slices }
    }
}

/// The slice size that is used where another one was granted than was asked for.
pub(super) fn used_size(transcript: &Transcript, granted: u64) -> Option<String> {
    let largest = slices(transcript).filter_map(|exchange| {
        let content = &exchange.request.value("filecontent")?.content;
        u64::try_from(content.len()).ok()
    });
    let largest = largest.max()?;
    Some(match transcript.job.slice_size {
        _ if largest == granted => "as granted".to_owned(),
        Some(asked) if largest == asked => "as asked".to_owned(),
        _ => largest.to_string(),
    })
}

/// How many slices came while no reply to any of them did, before one came again or something else.
pub(super) fn in_flight(transcript: &Transcript) -> Option<usize> {
    let mut sent = BTreeSet::new();
    let since = transcript.exchanges.iter();
    let since = since.skip_while(|exchange| exchange.request.op() != Some(&Op::Data));
    for exchange in since {
        let offset = exchange.request.number("offset");
        if exchange.request.op() != Some(&Op::Data) || !sent.insert(offset) {
            break;
        }
    }
    Some(sent.len()).filter(|sent| *sent > 0)
}

/// What the client says in the end, and whether that is true.
pub(super) fn ends(transcript: &Transcript) -> &'static str {
    let Some(outcome) = &transcript.outcome else { return "unknown" };
    match (outcome.claim, outcome.stored) {
        (Claim::Ok, Stored::Complete) => "ok",
        (Claim::Ok, Stored::Absent) => "ok, but there is no object",
        (Claim::Ok, Stored::Different) => "ok, but the object is another one",
        (Claim::Failed, _) => "failed",
        (Claim::Crashed, _) => "crashed",
        (Claim::Hung, _) => "hung",
        (Claim::Unsupported, _) => "unsupported",
    }
}

fn slices(transcript: &Transcript) -> impl Iterator<Item = &Exchange> {
    transcript.of(&Op::Data).map(|(_, exchange)| exchange)
}

fn offsets(transcript: &Transcript) -> Vec<u64> {
    slices(transcript).filter_map(|exchange| exchange.request.number("offset")).collect()
}

fn order(offsets: &[u64]) -> Option<&'static str> {
    let (first, last) = (offsets.first()?, offsets.last()?);
    let steps = || offsets.windows(2).filter_map(|pair| Some((pair.first()?, pair.last()?)));
    Some(if first <= last && steps().all(|(a, b)| a < b) {
        "ascending"
    } else if steps().all(|(a, b)| a > b) {
        "descending"
    } else {
        "mixed"
    })
}
