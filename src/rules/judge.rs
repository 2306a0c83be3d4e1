use super::Ruling;
use super::analysis::Arrivals;
use crate::protocol::{Exchange, JobFacts, Outcome};

/// The judge of exchanges that come one by one: of a service that runs on, or of a long recording.
///
/// Each exchange is reduced to what rules need to know of it when it comes; content that the file has
/// anyway is not kept twice. What [`judge`](super::judge) says of a transcript is said of the same
/// exchanges here.
///
/// ```
/// use slicecheck::rules::{Judge, findings, judge};
/// use slicecheck::scenario::scenarios;
///
/// let transcript = scenarios().next().unwrap().simulate(1);
/// let mut one_by_one = Judge::new(transcript.job.clone());
/// for exchange in &transcript.exchanges {
///     one_by_one.push(exchange.clone());
/// }
/// let rulings = one_by_one.finish(transcript.outcome.clone(), transcript.overflowed);
/// assert_eq!(findings(&rulings).count(), findings(&judge(&transcript)).count());
/// ```
pub struct Judge(Arrivals);

impl Judge {
    /// A judge who knows this of what the client was asked to do, and has seen nothing.
    pub fn new(job: JobFacts) -> Self {
        Self(Arrivals::new(job))
    }

    /// Takes in the exchange that came next: its request was complete after those before.
    pub fn push(&mut self, mut exchange: Exchange) {
        if let Some(file) = &self.0.job().file {
            // Before it is analysed: copies of its fields would keep all of its bytes.
            exchange.request.compact(file);
        }
        self.0.add(exchange);
    }

    /// What every rule says, in the order of the catalogue, once it has ended like this; `overflowed` if
    /// there were exchanges that were not pushed.
    pub fn finish(self, outcome: Option<Outcome>, overflowed: bool) -> Vec<Ruling> {
        self.0.end(outcome, overflowed).rulings()
    }
}
