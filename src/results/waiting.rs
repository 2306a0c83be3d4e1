//! Time in which a scenario stood still, as the times of its exchanges tell it.

use std::time::Duration;

use crate::protocol::{Delivery, Exchange, Transcript};

/// What is shorter is work, of the client or of the machine.
const LEAST: Duration = Duration::from_millis(50);

/// How long nothing was under way, and who let the other wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// The pauses of the client between an answer and its next request.
    pub client: Duration,
    /// Replies that the service delayed or kept to itself, until the client did something else.
    pub service: Duration,
    /// Since when nothing came of the last request, if nothing did.
    silent_since: Option<Duration>,
}

impl Waiting {
    pub(super) fn of(transcript: &Transcript) -> Self {
        let mut exchanges: Vec<_> = transcript.exchanges.iter().collect();
        exchanges.sort_by_key(|exchange| exchange.started);
        let mut waiting = Self::default();
        let mut last: Option<&Exchange> = None;
        for exchange in exchanges {
            if let Some(last) = last {
                waiting.add(last.delivery, exchange.started.saturating_sub(last.answered));
            }
            // While others were under way nobody waited for this one alone.
            let alone = last.map_or(exchange.started, |last| last.answered.max(exchange.started));
            if is_slow(exchange.delivery) {
                waiting.add(exchange.delivery, exchange.answered.saturating_sub(alone));
            }
            if last.is_none_or(|last| last.answered <= exchange.answered) {
                last = Some(exchange);
            }
        }
        let silent = last.filter(|last| last.delivery == Delivery::Unanswered);
        Self { silent_since: silent.map(|last| last.answered), ..waiting }
    }

    /// The same of a scenario that took so long in all: who gets no answer may end without another request.
    pub(super) fn until(mut self, elapsed: Duration) -> Self {
        if let Some(since) = self.silent_since.take() {
            self.add(Delivery::Unanswered, elapsed.saturating_sub(since));
        }
        self
    }

    /// Nothing was under way for so long behind a reply that was delivered like this.
    fn add(&mut self, delivery: Delivery, time: Duration) {
        let sum = if is_slow(delivery) { &mut self.service } else { &mut self.client };
        *sum = sum.saturating_add(if time < LEAST { Duration::ZERO } else { time });
    }
}

/// Whether the service takes its time on purpose.
fn is_slow(delivery: Delivery) -> bool {
    delivery.is_timed()
        || matches!(
            delivery,
            Delivery::Unanswered
                | Delivery::Dribbled
                | Delivery::ContinueLate
                | Delivery::ContinueNever
        )
}
