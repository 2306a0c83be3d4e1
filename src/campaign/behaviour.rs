//! What a client does, reduced to what tells one kind of behaviour from another.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::protocol::{Exchange, Op, Outcome, Transcript};
use crate::results::Judged;

/// The longest part of a client's own words that counts.
const LONGEST_WORDS: usize = 60;

/// A number that is the same for two runs in which the client did the same kind of things: which requests it sent,
/// one after the other, on how many connections, what it said in the end and how long that took, roughly.
pub(super) fn signature(transcript: &Transcript, judged: &Judged) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut requests: Vec<_> = transcript.exchanges.iter().map(request).collect();
    // How many times it does the same in a row, by orders of magnitude.
    let runs = requests.chunk_by(|one, other| one == other).map(<[_]>::len);
    let runs: Vec<_> = runs.map(|times| times.ilog2()).collect();
    requests.dedup();
    (requests, runs, transcript.overflowed).hash(&mut hasher);
    let connections = transcript.exchanges.iter().map(|exchange| exchange.connection).max();
    connections.map(u32::ilog2).hash(&mut hasher);
    if let Some(Outcome { claim, detail, stored, elapsed, .. }) = &transcript.outcome {
        // Ports, times and offsets in them would make each run a kind of its own.
        let words = detail.chars().filter(|letter| !letter.is_ascii_digit());
        (*claim as u8, *stored as u8).hash(&mut hasher);
        words.take(LONGEST_WORDS).collect::<String>().hash(&mut hasher);
        seconds(*elapsed).hash(&mut hasher);
    }
    for finding in judged.findings() {
        finding.rule.id.hash(&mut hasher);
    }
    hasher.finish()
}

/// What a request is, and what kind of reply it got.
fn request(exchange: &Exchange) -> (&str, u16, bool) {
    let op = exchange.request.op().map_or("", Op::as_str);
    let is_success = exchange.facts().is_ok_and(|facts| facts.code == 0);
    (op, exchange.response.status() / 100, is_success)
}

/// The order of magnitude of a time in seconds: less than that is more the machine's doing than the client's.
fn seconds(time: Duration) -> u32 {
    time.as_secs().checked_ilog2().map_or(0, |order| order.saturating_add(1))
}
