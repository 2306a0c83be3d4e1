//! Clients that come to no end, or to a bad one.

use std::time::Duration;

use crate::protocol::{Claim, Delivery, Exchange, FileView, Outcome, Receipt, Stored};
use crate::rules::counterexample::{Breaks, Counterexample};
use crate::rules::flow::{is_endless, most_repeated};
use crate::rules::framed::awaits_continue;
use crate::rules::{Analysis, AnnotatedExchange, Check, Evidence, Rule, Verdict};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] =
    &[NO_CRASH, NO_HANG, ENDS_IN_TIME, REPLY_TIMEOUT, TIMEOUT_TRUE, WITHIN_BOUNDS];

const NO_CRASH: Rule = Rule {
    id: "outcome/no-crash",
    clause: &spec::NO_CRASH,
    summary: "the client does not die of a signal",
    why: "Nobody learns what was stored, and an attacker may be able to use the crash.",
    fix: "Check lengths and missing fields of replies before they are used, catch exceptions that \
          would call abort, do not read large files whole, and end with an error and an exit \
          status.",
    check: Check::Outcome(|analysis, outcome| {
        may_be_held(analysis)?;
        Verdict::of(outcome.claim != Claim::Crashed, || {
            Evidence::at("claim").expected("an exit status").found(outcome.detail.clone())
        })
    }),
    counterexample: Counterexample::plain(Breaks::Outcome(
        Claim::Crashed,
        Stored::Complete,
        "signal 11",
    )),
};

const NO_HANG: Rule = Rule {
    id: "outcome/no-hang",
    clause: &spec::NO_HANG,
    summary: "the client neither hangs nor repeats a request for ever",
    why: "A job that never ends is noticed later than one that fails.",
    fix: "Limit every retry and every loop over list or finish by a count, set a timeout for each \
          read and each wait, and let one failed worker release those that wait for it.",
    check: Check::Outcome(|analysis, outcome| {
        may_end_in_time(analysis).then(|| ends(analysis, outcome, Delay::is_lost))
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let outcome = transcript.outcome.as_mut()?;
        outcome.elapsed = Duration::from_secs(30);
        (outcome.claim, outcome.detail) = (Claim::Hung, "no end within 30s".to_owned());
        Some(())
    })),
};

const ENDS_IN_TIME: Rule = Rule {
    id: "outcome/ends-in-time",
    clause: &spec::ENDS_IN_TIME,
    summary: "the client ends within the deadline",
    why: "Who waits for it takes it for one that hangs. With a longer deadline it may have come to an end.",
    fix: "Hash the file once, limit the total time of retries, send the body after at most a \
          second without 100 Continue, and end reading at Content-Length or the last chunk.",
    check: Check::Outcome(|analysis, outcome| {
        may_be_held(analysis)?;
        Some(ends(analysis, outcome, |delay| !delay.is_lost() && delay != Delay::Unanswered))
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let outcome = transcript.outcome.as_mut()?;
        outcome.elapsed = Duration::from_secs(30);
        outcome.busy = Some(outcome.elapsed);
        (outcome.claim, outcome.detail) = (Claim::Hung, "no end within 30s".to_owned());
        Some(())
    })),
};

const REPLY_TIMEOUT: Rule = Rule {
    id: "outcome/reply-timeout",
    clause: &spec::REPLY_TIMEOUT,
    summary: "the client does not wait for ever for a reply that does not come",
    why: "A service or a network that falls silent keeps a client without a timeout waiting for ever.",
    fix: "Set a read timeout on every request, such as 60 seconds, as the default of many HTTP \
          libraries is none, and handle it as a failed attempt; a timeout for connecting is not \
          enough.",
    check: Check::Outcome(|analysis, outcome| {
        analysis.exchanges().iter().find(|annotated| is_unanswered(annotated))?;
        Some(ends(analysis, outcome, |delay| delay == Delay::Unanswered))
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let is_unanswered = |exchange: &Exchange| exchange.delivery == Delivery::Unanswered;
        let unanswered = transcript.exchanges.iter().position(is_unanswered)?;
        transcript.exchanges.truncate(unanswered.saturating_add(1));
        let outcome = transcript.outcome.as_mut()?;
        (outcome.claim, outcome.stored) = (Claim::Hung, Stored::Absent);
        outcome.elapsed = Duration::from_secs(20);
        "still waiting for a reply after 20s (--patience)".clone_into(&mut outcome.detail);
        Some(())
    }))
    .in_scenario("patience/slice"),
};

const TIMEOUT_TRUE: Rule = Rule {
    id: "outcome/timeout-true",
    clause: &spec::TIMEOUT_TRUE,
    summary: "a timeout is reported only where a reply did not come",
    why: "A client that never returns looks like one that has failed honestly, if its driver has a timeout of its own.",
    fix: "Report the outcome timeout only where a read timeout of the client has expired: remove a \
          timeout of the driver around it, and report all other errors as what they are.",
    check: Check::Outcome(|analysis, outcome| {
        let exchanges = analysis.exchanges();
        if outcome.claim != Claim::Failed || exchanges.is_empty() {
            return None;
        }
        let is_answered = |annotated: &AnnotatedExchange| {
            let Exchange { receipt, delivery, .. } = annotated.exchange;
            receipt == Receipt::Whole && delivery == Delivery::Whole
        };
        let is_true = !outcome.reports_timeout() || !exchanges.iter().all(is_answered);
        Verdict::of(is_true, || {
            let expected = "a failure that is no timeout: each request was answered";
            Evidence::at("claim").expected(expected).found(outcome.detail.clone())
        })
    }),
    counterexample: Counterexample::plain(Breaks::Outcome(
        Claim::Failed,
        Stored::Complete,
        "exit status 1, outcome timeout",
    )),
};

const WITHIN_BOUNDS: Rule = Rule {
    id: "outcome/within-bounds",
    clause: &spec::TRAFFIC,
    summary: "an upload takes a bounded number of requests and bytes",
    why: "No service can serve such a client; the rest of its requests was not read.",
    fix: "Limit how often each request is repeated, check that every loop advances offset, refuse \
          a slice_size of a few bytes, and send one slice, not the rest of the file, per request.",
    check: Check::Outcome(|analysis, _| {
        Verdict::of(!analysis.overflowed(), || {
            let expected = "at most 4096 requests, and at most 48 MiB more than four times the bytes of the file";
            let found = match most_repeated(analysis) {
                Some(most) => format!("more, most of them {most}; the rest was not read"),
                None => "more; the rest was not read".to_owned(),
            };
            Evidence::at("traffic").expected(expected).found(found)
        })
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        transcript.overflowed = true;
        Some(())
    })),
};

/// Whether the file is one that any client may be asked to read as a whole. Whether a machine holds a
/// larger one, or computes its digest in time, says nothing of the client.
fn may_be_held(analysis: &Analysis) -> Option<()> {
    let size = analysis.job().file.as_ref().map_or(0, FileView::len);
    // The same bound up to which we read a file as a whole ourselves.
    (size <= FileView::MOST_BYTES).then_some(())
}

/// Whether a client that has not ended at the deadline can be told from one that only takes long: who
/// reads a file that no machine holds is as silent as one who waits for ever.
pub(super) fn may_end_in_time(analysis: &Analysis) -> bool {
    may_be_held(analysis).is_some() || is_endless(analysis)
}

/// What a client was doing when it was killed at the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delay {
    /// It sent the same request over and over.
    Repeating,
    /// It sent nothing, and computed nothing.
    Silent,
    /// It sent nothing, and computed.
    Busy,
    /// It sent nothing after a reply that came in a way which no capture of the service shows.
    Waiting(Delivery),
    /// It waited for a reply that the service did not give.
    Unanswered,
    /// It sent the head of a request, and waited for a `100 Continue`.
    Expecting,
    /// It was still sending.
    Sending,
}

impl Delay {
    /// `None` if the client was not killed.
    ///
    /// It is silent if nothing came from it for two thirds of the time since its first request, which
    /// is longer than it may reasonably pause between two attempts, and busy if it used the processor
    /// for a quarter of that silence: more than waiting takes, and less than a client gets that computes
    /// while others do.
    pub(super) fn of(analysis: &Analysis, outcome: &Outcome) -> Option<Self> {
        if outcome.claim != Claim::Hung {
            return None;
        }
        // Repeats come first: such a client is sending all the time.
        if is_endless(analysis) {
            return Some(Self::Repeating);
        }
        let exchanges = analysis.exchanges();
        // Before silence is measured: here the service is what is silent.
        if is_waiting_in_vain(exchanges) {
            return Some(Self::Unanswered);
        }
        let began = exchanges.iter().map(|annotated| annotated.exchange.started).min();
        let first = began.unwrap_or(Duration::ZERO);
        let latest = answered_last(analysis);
        let last = latest.map_or(Duration::ZERO, |annotated| annotated.exchange.answered);
        let since_first = outcome.elapsed.saturating_sub(first);
        // Since the client was last answered: what it does from then on is its own choice.
        let silence = outcome.elapsed.saturating_sub(last);
        if silence.saturating_mul(3) <= since_first.saturating_mul(2) {
            return Some(Self::Sending);
        }
        // Where nobody measures it, as for a client that asks a plan, silence is all that is known.
        if outcome.busy.is_some_and(|busy| busy.saturating_mul(4) >= silence) {
            return Some(Self::Busy);
        }
        if latest.is_some_and(|latest| awaits_continue(&latest.request)) {
            return Some(Self::Expecting);
        }
        let unheard_of = latest
            .map(|annotated| annotated.exchange.delivery)
            .filter(|delivery| delivery.is_unusual());
        Some(unheard_of.map_or(Self::Silent, Self::Waiting))
    }

    /// Whether the client would not have ended later, either.
    fn is_lost(self) -> bool {
        matches!(self, Self::Repeating | Self::Silent)
    }

    /// Whether others who used the processor may be all that was wrong: the client waited for it three quarters of
    /// the time or more, so that even four deadlines left it less than one, and was doing something when it was
    /// killed.
    pub(super) fn may_be_starved(self, outcome: &Outcome) -> bool {
        let elapsed = outcome.elapsed;
        let is_starved = |(busy, computed): (Duration, Duration)| {
            let waited = busy.saturating_sub(computed);
            // The sum over many processes can be more than the time that has passed.
            computed.saturating_mul(4) < elapsed
                && waited.saturating_mul(4) >= elapsed.saturating_mul(3)
        };
        matches!(self, Self::Busy | Self::Sending)
            && outcome.busy.zip(outcome.computed).is_some_and(is_starved)
    }

    pub(super) fn describe(self) -> String {
        match self {
            Self::Repeating => "the same request was repeated all the time".to_owned(),
            Self::Silent => "nothing was sent for most of it".to_owned(),
            Self::Busy => "it was still computing".to_owned(),
            Self::Waiting(delivery) => format!("nothing was sent after a reply {delivery}"),
            Self::Unanswered => {
                "no reply came; it neither sent the request again over another connection nor gave up".to_owned()
            }
            Self::Expecting => {
                "it waited for 100 Continue, which need not come (RFC 9110 §10.1.1)".to_owned()
            }
            Self::Sending => "it was still sending".to_owned(),
        }
    }

    /// The deadline with which it may come to an end.
    pub(super) fn advice(self, outcome: &Outcome) -> Option<String> {
        // At least one second: nothing ends within a deadline of none.
        let seconds = outcome.elapsed.as_secs().max(1).saturating_mul(4);
        let longer = match (seconds.checked_div(60), seconds.checked_rem(60)) {
            (Some(minutes), Some(0)) => format!("--deadline {minutes}m"),
            _ => format!("--deadline {seconds}s"),
        };
        match self {
            Self::Busy | Self::Sending => Some(format!("it may only need longer: try {longer}")),
            Self::Silent => Some(format!("if it waits for a timeout of its own, try {longer}")),
            Self::Unanswered => {
                Some("if it has a timeout that is longer, give --patience more".to_owned())
            }
            Self::Repeating | Self::Waiting(_) | Self::Expecting => None,
        }
    }

    fn evidence(self, outcome: &Outcome) -> Evidence {
        let mut found = format!("{}; {}", outcome.detail, self.describe());
        if let Some(advice) = self.advice(outcome) {
            found = format!("{found}; {advice}");
        }
        Evidence::at("claim")
            .expected("the end of the upload, in success or in failure")
            .found(found)
    }
}

/// The exchange with the latest reply: with requests side by side it need not be that of the last number,
/// which tells when a request was complete.
pub(super) fn answered_last(analysis: &Analysis) -> Option<&AnnotatedExchange> {
    analysis.exchanges().iter().max_by_key(|annotated| annotated.exchange.answered)
}

fn is_unanswered(annotated: &AnnotatedExchange) -> bool {
    annotated.exchange.delivery == Delivery::Unanswered
}

/// Whether a request was not answered, and the client did not go on without a reply.
fn is_waiting_in_vain(exchanges: &[AnnotatedExchange]) -> bool {
    let mut unanswered = exchanges.iter().filter(|annotated| is_unanswered(annotated));
    unanswered.any(|unanswered| {
        let mut later = exchanges.iter().skip(unanswered.number.saturating_add(1));
        !later.any(|later| later.request.gives_up_on(&unanswered.request))
    })
}

/// Whether the client came to an end, or was killed in a way that another rule is about.
fn ends(analysis: &Analysis, outcome: &Outcome, is_meant: fn(Delay) -> bool) -> Verdict {
    let delay = Delay::of(analysis, outcome).filter(|delay| is_meant(*delay));
    let Some(delay) = delay else { return Verdict::Holds };
    let evidence = delay.evidence(outcome);
    // Who was silent at the end is told so; of who was still sending, a
    // long pause may be the cause.
    let pause = longest_pause(analysis, outcome).filter(|_| delay == Delay::Sending);
    Verdict::Broken(match pause {
        Some(before) => evidence.related(
            before,
            "the reply to it was followed by a long time in which nothing was sent",
        ),
        None => evidence,
    })
}

/// The exchange after which the client sent nothing for a third of the time that it had, or longer.
fn longest_pause(analysis: &Analysis, outcome: &Outcome) -> Option<usize> {
    let pairs = analysis.exchanges().windows(2);
    let pauses = pairs.filter_map(|pair| match pair {
        [one, next] => {
            let pause = next.exchange.started.saturating_sub(one.exchange.answered);
            (pause.saturating_mul(3) >= outcome.elapsed).then_some((pause, one.number))
        }
        _ => None,
    });
    pauses.max().map(|(_, number)| number)
}
