//! What is tried again, how, and what is not.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::is_refused_for_good;
use crate::protocol::{Codes, ErrorCode, Op, Part, Reach, Value};
use crate::rules::{Call, Check, Counterexample, Evidence, Rule, Talk, Verdict};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] =
    &[RETRIES, RETRIES_IDENTICAL, RETRIES_BOUNDED, RETRIES_SPACED, PERMANENT_NOT_RETRIED];

/// More attempts at one request than any client has a reason for; shipped ones make 1 to 4.
const MANY_ATTEMPTS: usize = 20;
/// A client that pauses longer each time makes fewer attempts before any deadline.
const ENDLESS: usize = 10;
/// So many attempts without a pause are a storm.
const STORM: usize = 6;
/// What no client takes for a pause.
const NO_PAUSE: Duration = Duration::from_millis(10);

const RETRIES: Rule = Rule {
    id: "flow/retries",
    clause: &spec::RETRIES,
    summary: "a request that met a transient failure is tried again",
    why: "Uploads of many slices meet such failures every day; each costs the whole upload.",
    check: Check::Conversation(|talk| {
        let failed = talk.calls().iter().filter(|call| is_transient(call));
        let is_stored = talk.comes_behind(|later| later.says_stored);
        let verdict = |call: &Call| {
            let again = talk.next_same(call).is_some() || is_stored(call.number);
            Verdict::of_later(again, talk, || {
                let found = format!("nothing after {}", call.reply_in_words());
                Evidence::new("op", "the same request again", found, None)
            })
        };
        first_of_each(failed).filter_map(|call| Some((call.number, verdict(call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: "faults/slice-503-once",
        breaks: |talk| {
            let (number, _) = talk.of(&Op::Data).nth(1)?;
            talk.exchanges.truncate(number.checked_add(1)?);
            Some(())
        },
    },
};

const RETRIES_IDENTICAL: Rule = Rule {
    id: "flow/retries-identical",
    clause: &spec::RETRIES_IDENTICAL,
    summary: "another attempt has the fields of the first",
    why: "If the first one arrived after all, the service has two that contradict each other.",
    check: Check::Conversation(|talk| {
        let failed = talk.calls().iter().filter(|call| is_transient(call));
        let verdict = |call: &Call| {
            let again = talk.next_same(call)?;
            // With a new session it is a request of another upload.
            if call.session() != again.session() {
                return None;
            }
            let (first, second) = (fields(call), fields(again));
            let name = first.symmetric_difference(&second).next().map(|(name, _)| name.clone());
            Verdict::of(name.is_none(), || {
                let number = again.number.saturating_add(1);
                let found = format!("another one in exchange {number}, or none");
                Evidence::new(name.unwrap_or_default(), "the same value again", found, None)
            })
        };
        failed.filter_map(|call| Some((call.number, verdict(call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: "faults/slice-503-once",
        breaks: |talk| {
            talk.tamper(&Op::Data, 2)?.edit(|form| {
                form.push(Part::new("attempt", "2"));
                Some(())
            })
        },
    },
};

const RETRIES_BOUNDED: Rule = Rule {
    id: "flow/retries-bounded",
    clause: &spec::RETRIES_BOUNDED,
    summary: "a request that fails is not tried more than 20 times",
    why: "A client that never gives up keeps a service down that is trying to come up.",
    check: Check::Conversation(|talk| {
        let attempts = failed_attempts(talk);
        let verdict = |call: &Call| {
            let attempts = attempts.get(&(call.op()?, call.offset)).copied().unwrap_or_default();
            Verdict::of(attempts <= MANY_ATTEMPTS, || {
                let expected = format!("at most {MANY_ATTEMPTS} attempts");
                Evidence::new("op", expected, format!("{attempts} failed attempts"), None)
            })
        };
        let failed = talk.calls().iter().filter(|call| !call.success);
        first_of_each(failed).filter_map(|call| Some((call.number, verdict(call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: "faults/slice-code-always",
        breaks: |talk| {
            let refused = talk.of(&Op::Data).nth(1)?.1.clone();
            let storm = std::iter::repeat_n(refused, MANY_ATTEMPTS);
            talk.exchanges.extend(storm);
            Some(())
        },
    },
};

const RETRIES_SPACED: Rule = Rule {
    id: "flow/retries-spaced",
    clause: &spec::RETRIES_SPACED,
    summary: "many attempts at one request are not made without a pause",
    why: "What is overloaded gets no time to recover.",
    check: Check::Conversation(|talk| {
        let mut runs: HashMap<(&Op, Option<u64>), (&Call, usize)> = HashMap::new();
        let mut storms = Vec::new();
        for call in talk.calls().iter().filter(|call| !call.success) {
            let Some(op) = call.op() else { continue };
            let (last, length) = runs.entry((op, call.offset)).or_insert((call, 0));
            let pause = call.exchange.started.saturating_sub(last.exchange.answered);
            *length = if pause < NO_PAUSE { length.saturating_add(1) } else { 1 };
            *last = call;
            let length = *length;
            let verdict = Verdict::of(length != STORM, || {
                let expected = "a pause before another attempt, a longer one each time";
                let found = format!("{length} attempts, each right after the one before failed");
                Evidence::new("op", expected, found, None)
            });
            storms.extend(verdict.map(|verdict| (call.number, verdict)));
        }
        storms
    }),
    counterexample: Counterexample {
        scenario: "faults/slice-code-always",
        breaks: |talk| {
            let mut refused = talk.of(&Op::Data).nth(1)?.1.clone();
            refused.started = refused.answered;
            talk.exchanges.extend(std::iter::repeat_n(refused, STORM));
            Some(())
        },
    },
};

const PERMANENT_NOT_RETRIED: Rule = Rule {
    id: "flow/permanent-not-retried",
    clause: &spec::PERMANENT_NOT_RETRIED,
    summary: "a request that is refused for good is not tried again",
    why: "It can only be refused again; the person who could mend it learns of it later.",
    check: Check::Conversation(|talk| {
        let refused = talk.calls().iter().filter(|call| {
            // That nothing was uploaded yet is a normal answer to a list request, and a reply that
            // says of itself that the service is at fault may be wrong about the rest.
            let judged = call.op().filter(|op| **op != Op::List);
            let code = call.exchange.clear_code();
            let code = code.filter(|_| call.exchange.response.status() < 500);
            judged.zip(code).is_some_and(|(op, code)| is_refused_for_good(op, code))
        });
        // Where another operation follows.
        let pairs = talk.calls().windows(2).filter_map(|pair| match pair {
            [before, call] => (before.op() != call.op()).then_some(call.number),
            _ => None,
        });
        let others: Vec<usize> = pairs.collect();
        let verdict = |call: &Call| {
            // What another operation changed in between, a deletion or a new session, may help.
            let other = others.get(others.partition_point(|other| *other <= call.number));
            let same = std::iter::successors(talk.next_same(call), |call| talk.next_same(call));
            let mut same = same.take_while(|later| other.is_none_or(|other| later.number < *other));
            let again = same.find(|later| same_body(call, later) && !is_signed_anew(call, later));
            Verdict::of(again.is_none(), || {
                let number = again.map(|call| call.number.saturating_add(1)).unwrap_or_default();
                let found = format!("again in exchange {number}, after {}", call.reply_in_words());
                Evidence::new("op", "an end, or another request", found, None)
            })
        };
        first_of_each(refused).filter_map(|call| Some((call.number, verdict(call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: "faults/init-refused",
        breaks: |talk| {
            let refused = talk.exchanges.first()?.clone();
            talk.exchanges.push(refused);
            Some(())
        },
    },
};

/// Whether one request was sent so often that a client which is still at it will not give up: it failed
/// each time, or nothing that was new came between.
pub(in crate::rules) fn is_endless(talk: &Talk) -> bool {
    failed_attempts(talk).values().any(|attempts| *attempts > ENDLESS) || repeats(talk) > ENDLESS
}

/// How often one request was sent since the last one that was sent for the first time.
fn repeats(talk: &Talk) -> usize {
    // With each request, its number when it was last counted from none on, and the count since.
    let mut counts: HashMap<_, (usize, usize)> = HashMap::new();
    let (mut latest, mut most) = (0, 0);
    for call in talk.calls() {
        let request = (call.request.op(), call.offset, call.request.path());
        let is_new = !counts.contains_key(&request);
        let (since, count) = counts.entry(request).or_default();
        if is_new {
            (latest, most) = (call.number, 0);
        }
        if *since < latest {
            (*since, *count) = (latest, 0);
        }
        *count = count.saturating_add(1);
        most = most.max(*count);
    }
    most
}

/// How often each request failed.
fn failed_attempts<'a>(talk: &'a Talk) -> HashMap<(&'a Op, Option<u64>), usize> {
    let mut attempts = HashMap::new();
    for call in talk.calls().iter().filter(|call| !call.success) {
        if let Some(op) = call.op() {
            let count = attempts.entry((op, call.offset)).or_insert(0_usize);
            *count = count.saturating_add(1);
        }
    }
    attempts
}

/// The fields of a request; one that is repeated as it is counts once.
fn fields<'a>(call: &'a Call) -> BTreeSet<(String, &'a [u8])> {
    let values = call.request.form().values().iter();
    values.map(|value| (value.name.to_ascii_lowercase(), value.content.as_ref())).collect()
}

/// Whether a refusal of the signature was answered with another signature.
fn is_signed_anew(refused: &Call, later: &Call) -> bool {
    let of_signature = refused.exchange.response.status() == 403
        || refused.exchange.clear_code().is_some_and(|code| (-97..=-47).contains(&code));
    of_signature && refused.request.signature_text() != later.request.signature_text()
}

fn same_body(one: &Call, other: &Call) -> bool {
    let same =
        |(one, other): (&Value, &Value)| (&one.name, &one.content) == (&other.name, &other.content);
    let (one, other) = (one.request.form().values(), other.request.form().values());
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// Nothing but time stands between this request and success.
fn is_transient(call: &Call) -> bool {
    let lost = call.exchange.delivery.reach() == Reach::Nothing;
    let later =
        call.exchange.clear_code().and_then(Codes::get).is_some_and(ErrorCode::is_retryable);
    let busy = call.exchange.response.status() == 503 && !call.success;
    call.op().is_some() && (lost || later || busy)
}

/// The first call of each request among these.
fn first_of_each<'a>(
    calls: impl Iterator<Item = &'a Call<'a>>,
) -> impl Iterator<Item = &'a Call<'a>> {
    let mut seen = HashSet::new();
    calls.filter(move |call| call.op().is_some_and(|op| seen.insert((op, call.offset))))
}
