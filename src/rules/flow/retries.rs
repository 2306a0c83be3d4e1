//! What is tried again, how, and what is not.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::is_refused_for_good;
use crate::protocol::{
    Claim, Codes, Delivery, ErrorCode, Op, Outcome, Received, Retry, Stored, Value,
};
use crate::rules::counterexample::{Breaks, Counterexample, Edit, INIT, SECOND_SLICE, THIRD_SLICE};
use crate::rules::{Analysis, AnnotatedExchange, Check, Evidence, Rule, Verdict, quote};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] = &[
    RETRIES,
    RETRY_GOES_ON,
    RETRIES_IDENTICAL,
    RETRIES_BOUNDED,
    RETRIES_SPACED,
    PERMANENT_NOT_RETRIED,
];

/// More attempts at one request than any client has a reason for; shipped ones make 1 to 4.
const MANY_ATTEMPTS: usize = 20;
/// A client that pauses longer each time makes fewer attempts before any deadline.
const ENDLESS: usize = 10;
/// So many attempts without a pause are a storm.
const STORM: usize = 6;
/// What no client takes for a pause.
const NO_PAUSE: Duration = Duration::from_millis(10);

/// The rule about requests that fail for a transient reason.
pub(super) const AGAIN: &str = RETRIES.id;
/// The rule about requests that are refused for good.
pub(super) const NOT_AGAIN: &str = PERMANENT_NOT_RETRIED.id;

const RETRIES: Rule = Rule {
    id: "flow/retries",
    clause: &spec::RETRIES,
    summary: "a request that fails for a transient reason is tried again",
    why: "Such failures are common in uploads of many slices; without a retry, each ends the whole upload.",
    fix: "Send a request again, a few times, after HTTP 503, a cut or reset connection or a code \
          such as -71, -196, -5997 or -21095; many HTTP libraries do not repeat a POST by \
          themselves.",
    check: Check::Conversation(|analysis| {
        // Who has waited in vain for as long as it has patience for may well report that.
        let is_judged = |annotated: &&AnnotatedExchange| {
            is_transient(annotated) && annotated.exchange.delivery != Delivery::Unanswered
        };
        let failed = analysis.exchanges().iter().filter(is_judged);
        let is_stored = analysis.comes_after(AnnotatedExchange::says_stored);
        // Who was killed asks by a new init.
        let is_occupied = analysis.comes_after(AnnotatedExchange::says_occupied);
        // Another attempt may fail in this way after a first that failed in another.
        let failed_before = analysis.exchanges().iter().filter(|annotated| !annotated.clear());
        let attempts: HashSet<_> = failed_before
            .filter_map(|annotated| analysis.next_same(annotated))
            .map(|again| again.number)
            .collect();
        let verdict = |annotated: &AnnotatedExchange| {
            let is_closed = annotated.op() == Some(&Op::Finish) && is_occupied(annotated.number);
            let again = analysis.next_same(annotated).is_some()
                || attempts.contains(&annotated.number)
                || is_stored(annotated.number)
                || is_closed;
            Verdict::of_later(again, analysis, || {
                let found = format!("nothing after {}", annotated.describe_reply());
                Evidence::at("op").expected("the same request again").found(found)
            })
        };
        first_of_each(failed)
            .filter_map(|annotated| Some((annotated.number, verdict(annotated)?)))
            .collect()
    }),
    counterexample: Counterexample::plain(Breaks::EndsAfter(3))
        .in_scenario("faults/slice-503-once"),
};

const RETRY_GOES_ON: Rule = Rule {
    id: "flow/retry-goes-on",
    clause: &spec::RETRY_GOES_ON,
    summary: "the upload goes on once another attempt at a slice was acknowledged",
    why: "The retry helped, and its result is thrown away: the failure ends the upload as if there were no retry.",
    fix: "Return what the last attempt returned: look for an error kept from the first attempt, a flag \
          that is not reset, and a loop that ends with a failure also after a success.",
    check: Check::Outcome(goes_on),
    counterexample: Counterexample::plain(Breaks::Each(&[
        Breaks::EndsAfter(4),
        Breaks::Outcome(Claim::Failed, Stored::Absent, "a slice was not stored at once"),
    ]))
    .in_scenario("faults/slice-503-once"),
};

const RETRIES_IDENTICAL: Rule = Rule {
    id: "flow/retries-identical",
    clause: &spec::RETRIES_IDENTICAL,
    summary: "a retry has the same fields as the first attempt",
    why: "If the first attempt did arrive, the service has two requests that contradict each other.",
    fix: "Build the fields of a request once for all its attempts: seek back to the offset of the \
          slice before filecontent is read again, and add no counter or time to the form.",
    check: Check::Conversation(|analysis| {
        let failed = analysis.exchanges().iter().filter(|annotated| is_transient(annotated));
        let verdict = |annotated: &AnnotatedExchange| {
            let again = analysis.next_same(annotated)?;
            // With a new session it is a request of another upload.
            if annotated.session() != again.session() {
                return None;
            }
            let (first, second) = (fields(annotated), fields(again));
            // A field that only one of them has, or that has two values.
            let name = first.symmetric_difference(&second).next().map(|(name, _)| name.clone());
            Verdict::broken_by(name, |name| {
                let expected = format!("{} in each attempt", in_attempt(annotated, &name));
                let found = format!("{} in the other attempt", in_attempt(again, &name));
                Evidence::at(name)
                    .expected(expected)
                    .found(found)
                    .related(again.number, "the other attempt")
            })
        };
        failed.filter_map(|annotated| Some((annotated.number, verdict(annotated)?))).collect()
    }),
    counterexample: Counterexample::edited(THIRD_SLICE, Edit::Add("attempt", "2"))
        .in_scenario("faults/slice-503-once"),
};

const RETRIES_BOUNDED: Rule = Rule {
    id: "flow/retries-bounded",
    clause: &spec::RETRIES_BOUNDED,
    summary: "a request that fails is not tried more than 20 times",
    why: "A client that never gives up can keep an overloaded service from recovering.",
    fix: "Give up after a fixed number of attempts, such as 5, counted per request; check that \
          retries of the HTTP library and of the code around it do not multiply.",
    check: Check::Conversation(|analysis| {
        let attempts = failed_attempts(analysis);
        let verdict = |annotated: &AnnotatedExchange| {
            let attempts = *attempts.get(&(annotated.op()?, annotated.offset))?;
            Verdict::of(attempts <= MANY_ATTEMPTS, || {
                let expected = format!("at most {MANY_ATTEMPTS} attempts");
                Evidence::at("op").expected(expected).found(format!("{attempts} failed attempts"))
            })
        };
        let failed = analysis.exchanges().iter().filter(|annotated| !annotated.success());
        first_of_each(failed)
            .filter_map(|annotated| Some((annotated.number, verdict(annotated)?)))
            .collect()
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let refused = SECOND_SLICE.exchange(transcript)?.clone();
        transcript.exchanges.extend(std::iter::repeat_n(refused, MANY_ATTEMPTS));
        Some(())
    }))
    .in_scenario("faults/slice-code-always"),
};

const RETRIES_SPACED: Rule = Rule {
    id: "flow/retries-spaced",
    clause: &spec::RETRIES_SPACED,
    summary: "retries of one request are made with pauses between them",
    why: "An overloaded service gets no time to recover.",
    fix: "Sleep before each retry, such as 500 ms and twice as long each time; set a backoff for \
          the retries of the HTTP library, too, whose default may be none.",
    check: Check::Conversation(|analysis| {
        let mut runs: HashMap<(&Op, Option<u64>), (&AnnotatedExchange, usize)> = HashMap::new();
        let mut storms = Vec::new();
        for annotated in analysis.exchanges().iter().filter(|annotated| !annotated.success()) {
            let Some(op) = annotated.op() else { continue };
            let (last, length) = runs.entry((op, annotated.offset)).or_insert((annotated, 0));
            // From the reply on: the time that the service took is no pause of the client.
            let pause = annotated.exchange.started.saturating_sub(last.exchange.answered);
            // A pause ends the run: the count begins again.
            *length = if pause < NO_PAUSE { length.saturating_add(1) } else { 1 };
            *last = annotated;
            let length = *length;
            // Reported once, when the run reaches that length.
            let verdict = Verdict::of(length != STORM, || {
                let expected = "a pause before each retry, longer each time";
                let found =
                    format!("{length} attempts, each made as soon as the previous one had failed");
                Evidence::at("op").expected(expected).found(found)
            });
            storms.extend(verdict.map(|verdict| (annotated.number, verdict)));
        }
        storms
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let mut refused = SECOND_SLICE.exchange(transcript)?.clone();
        refused.started = refused.answered;
        transcript.exchanges.extend(std::iter::repeat_n(refused, STORM));
        Some(())
    }))
    .in_scenario("faults/slice-code-always"),
};

const PERMANENT_NOT_RETRIED: Rule = Rule {
    id: "flow/permanent-not-retried",
    clause: &spec::PERMANENT_NOT_RETRIED,
    summary: "a request that is refused for good is not tried again",
    why: "It will be refused again, and the user learns of the failure later.",
    fix: "Retry only after codes known to be transient, not after every code other than 0; after \
          -4019 at init request the list, after -59 sign again, and after others report the failure.",
    check: Check::Conversation(|analysis| {
        let refused = analysis.exchanges().iter().filter(|annotated| {
            // That nothing was uploaded yet is a normal answer to a list request, and a reply that
            // says of itself that the service is at fault may be wrong about the rest.
            let judged = annotated.op().filter(|op| **op != Op::List);
            let code = annotated.clear_code();
            let code = code.filter(|_| annotated.exchange.response.status() < 500);
            judged.zip(code).is_some_and(|(op, code)| {
                is_refused_for_good(op, code) || needs_another_signature(code)
            })
        });
        // Where another operation follows.
        let pairs = analysis.exchanges().windows(2).filter_map(|pair| match pair {
            [before, annotated] => (before.op() != annotated.op()).then_some(annotated.number),
            _ => None,
        });
        let others: Vec<usize> = pairs.collect();
        let verdict = |annotated: &AnnotatedExchange| {
            // What another operation changed in between, a deletion or a new session, may help.
            let other = others.get(others.partition_point(|other| *other <= annotated.number));
            let same = std::iter::successors(analysis.next_same(annotated), |annotated| {
                analysis.next_same(annotated)
            });
            let mut same = same.take_while(|later| other.is_none_or(|other| later.number < *other));
            let again = same
                .find(|later| same_body(annotated, later) && !is_signed_again(annotated, later));
            // Two signatures of one second can be the same text, and time is all that was wrong.
            let again = again.filter(|later| {
                let waited = later.exchange.started.saturating_sub(annotated.exchange.answered);
                !annotated.clear_code().is_some_and(needs_another_signature) || waited >= SECOND
            });
            Verdict::broken_by(again, |again| {
                Evidence::at("op")
                    .expected("the end of the upload, or another request")
                    .found(format!("the same request again, after {}", annotated.describe_reply()))
                    .related(again.number, "the same request")
            })
        };
        first_of_each(refused)
            .filter_map(|annotated| Some((annotated.number, verdict(annotated)?)))
            .collect()
    }),
    counterexample: Counterexample::plain(Breaks::Again(INIT)).in_scenario("faults/init-refused"),
};

/// Whether one request was sent so often that a client which is still at it will not give up: it failed
/// each time, or nothing that was new came between.
pub(in crate::rules) fn is_endless(analysis: &Analysis) -> bool {
    failed_attempts(analysis).values().any(|attempts| *attempts > ENDLESS)
        || repeats(analysis) > ENDLESS
}

/// How often one request was sent since the last one that was sent for the first time.
fn repeats(analysis: &Analysis) -> usize {
    // With each request, its number when it was last counted from none on, and the count since.
    let mut counts: HashMap<_, (usize, usize)> = HashMap::new();
    let (mut latest, mut most) = (0, 0);
    for annotated in analysis.exchanges() {
        let request = (annotated.request.op(), annotated.offset, annotated.request.path());
        let is_new = !counts.contains_key(&request);
        let (since, count) = counts.entry(request).or_default();
        if is_new {
            (latest, most) = (annotated.number, 0);
        }
        // A count from before the last new request does not count any more.
        if *since < latest {
            (*since, *count) = (latest, 0);
        }
        *count = count.saturating_add(1);
        most = most.max(*count);
    }
    most
}

/// The request that more than half of all were, in words.
pub(in crate::rules) fn most_repeated(analysis: &Analysis) -> Option<String> {
    let mut counts: HashMap<(&Op, Option<u64>), usize> = HashMap::new();
    for annotated in analysis.exchanges() {
        if let Some(op) = annotated.op() {
            let count = counts.entry((op, annotated.offset)).or_default();
            *count = count.saturating_add(1);
        }
    }
    // More than half: at most one request can be that, so that the order
    // of the map does not matter.
    let half = analysis.exchanges().len() / 2;
    let ((op, offset), _) = counts.into_iter().find(|(_, count)| *count > half)?;
    Some(match offset {
        Some(offset) => format!("{} with offset {offset}", op.as_str()),
        None => op.as_str().to_owned(),
    })
}

/// How often each request failed.
fn failed_attempts(analysis: &Analysis) -> HashMap<(&Op, Option<u64>), usize> {
    let mut attempts = HashMap::new();
    for annotated in analysis.exchanges().iter().filter(|annotated| !annotated.success()) {
        if let Some(op) = annotated.op() {
            let count = attempts.entry((op, annotated.offset)).or_insert(0_usize);
            *count = count.saturating_add(1);
        }
    }
    attempts
}

/// The fields of a request; one that is repeated as it is counts once.
fn fields(annotated: &AnnotatedExchange) -> BTreeSet<(String, &[u8])> {
    let values = annotated.request.form().values().iter();
    values.map(|value| (value.name.to_ascii_lowercase(), value.content.as_ref())).collect()
}

/// The value of a field in one of several attempts, in words.
fn in_attempt(annotated: &AnnotatedExchange, name: &str) -> String {
    let Some(value) = annotated.request.value(name) else { return "no such field".to_owned() };
    let digest = || annotated.request.content_md5().filter(|_| name == "filecontent");
    match digest() {
        Some(md5) => format!("{} bytes with the MD5 {md5}", value.content.len()),
        None => quote(&value.content),
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// Whether a request was refused because its signature has expired: the same one is refused again.
fn needs_another_signature(code: i64) -> bool {
    Codes::get(code).is_some_and(|known| known.retry == Retry::SignAgain)
}

/// Whether a refusal of the signature was answered with another signature.
fn is_signed_again(refused: &AnnotatedExchange, later: &AnnotatedExchange) -> bool {
    // The codes from -97 to -47 are about signatures; HTTP 403 says the same where the code is another.
    let of_signature = refused.exchange.response.status() == 403
        || refused.clear_code().is_some_and(|code| (-97..=-47).contains(&code));
    // The same request with a new signature is not the same to the service.
    let is_other = || refused.request.signature_text() != later.request.signature_text();
    of_signature && (refused.job.secrets_masked || is_other())
}

fn same_body(one: &AnnotatedExchange, other: &AnnotatedExchange) -> bool {
    let same =
        |(one, other): (&Value, &Value)| (&one.name, &one.content) == (&other.name, &other.content);
    let (one, other) = (one.request.form().values(), other.request.form().values());
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// Nothing but time stands between this request and success.
fn is_transient(annotated: &AnnotatedExchange) -> bool {
    // Nothing arrived that makes sense: the client cannot know whether the request did.
    let lost = annotated.exchange.delivery.received() == Received::Nothing;
    let later = annotated.clear_code().and_then(Codes::get).is_some_and(ErrorCode::is_retryable);
    // A proxy in front of the service says so without a code.
    let busy = annotated.exchange.response.status() == 503 && !annotated.success();
    annotated.op().is_some() && (lost || later || busy)
}

/// Broken if a failure is reported although every request that failed was acknowledged later, a slice last of all.
fn goes_on(analysis: &Analysis, outcome: &Outcome) -> Option<Verdict> {
    let Delivered { last, helped } = delivered_at_last(analysis)?;
    // What is there, or the end, may be another one by now; and a client may wait for so long only.
    let may_stop = analysis.job().restarts
        || analysis.job().file.is_none()
        || !outcome.failed_connections.is_empty()
        || analysis.exchanges().iter().any(|it| it.exchange.delivery.is_timed());
    let is_end = last.is(&Op::Data) && last.exchange.delivery == Delivery::Whole;
    match outcome.claim {
        Claim::Ok => Some(Verdict::Holds),
        Claim::Failed if is_end && !may_stop => {
            let evidence = Evidence::at("op")
                .expected("the next slice, or finish")
                .found(format!("failure reported ({})", outcome.detail))
                .related(helped.number, "the attempt that was acknowledged");
            Some(Verdict::Broken(evidence))
        }
        _ => None,
    }
}

/// An upload in which nothing is left that failed.
struct Delivered<'a> {
    /// The reply that came last.
    last: &'a AnnotatedExchange,
    /// The last other attempt at a slice that was acknowledged.
    helped: &'a AnnotatedExchange,
}

/// `None` if a request has failed for which no other attempt was acknowledged, or none has.
fn delivered_at_last(analysis: &Analysis) -> Option<Delivered<'_>> {
    let mut failed = HashSet::new();
    let (mut last, mut helped): (Option<&AnnotatedExchange>, _) = (None, None);
    for annotated in analysis.exchanges() {
        let request = (annotated.op()?, annotated.offset);
        if !annotated.confirmed() {
            failed.insert(request);
        } else if failed.remove(&request) && annotated.is(&Op::Data) {
            helped = Some(annotated);
        }
        // By the reply: where slices overlap, the request that began last may be answered first.
        if last.is_none_or(|last| last.exchange.answered <= annotated.exchange.answered) {
            last = Some(annotated);
        }
    }
    if !failed.is_empty() {
        return None;
    }
    Some(Delivered { last: last?, helped: helped? })
}

/// The first attempt at each request among these.
fn first_of_each<'a>(
    exchanges: impl Iterator<Item = &'a AnnotatedExchange>,
) -> impl Iterator<Item = &'a AnnotatedExchange> {
    let mut seen = HashSet::new();
    exchanges.filter(move |annotated| {
        annotated.op().is_some_and(|op| seen.insert((op, annotated.offset)))
    })
}
