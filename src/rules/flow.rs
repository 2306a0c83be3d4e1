use super::{Analysis, AnnotatedExchange, Check, Evidence, Rule, Verdict};
use crate::protocol::{Codes, Delivery, ErrorCode, Op, Retry, Slice};
use crate::rules::counterexample::{Breaks, Counterexample, FINISH, INIT, SECOND_SLICE};
use crate::spec;

mod replies;
mod resuming;
mod retries;

pub(super) use replies::RULES as REPLIES;
pub(super) use replies::{NoSuccess, failure};
pub(super) use resuming::RULES as RESUMING;
pub(super) use retries::RULES as RETRIES;
pub(super) use retries::{is_endless, most_repeated};

pub(super) const RULES: &[Rule] = &[STARTS_WITH_INIT, INSTANT_HIT, SESSION_KEPT, STOPS, FINISHES];

const STARTS_WITH_INIT: Rule = Rule {
    id: "flow/starts-with-init",
    clause: &spec::STARTS_WITH_INIT,
    summary: "slices and finish are sent only after the service has granted a session",
    why: "The service has no upload to add the slice to; it answers -29096.",
    fix: "Read the reply to init before anything else is sent, and send slices and finish only if \
          it, or a list, names a session; where init fails, end the upload with an error.",
    check: Check::Conversation(starts_with_init),
    counterexample: Counterexample::plain(Breaks::Without(INIT)),
};

const INSTANT_HIT: Rule = Rule {
    id: "flow/instant-hit-ends",
    clause: &spec::INSTANT_HIT,
    summary: "the upload ends when init or list says that the object is complete",
    why: "There is no session to continue with; more requests are refused, or upload the file a second time.",
    fix: "Treat the object as complete where data of a reply to init or list has access_url and no \
          session: send no slices, no finish and, after such an init, no second init or upload.",
    check: Check::Conversation(|analysis| {
        let mut hit: Option<&AnnotatedExchange> = None;
        let mut verdicts = Vec::new();
        for annotated in analysis.exchanges() {
            // What a list names may be another file, which init and upload are to replace.
            let is_upload = |hit: &&AnnotatedExchange| match annotated.op() {
                Some(Op::Data | Op::Finish) => true,
                Some(Op::Init | Op::Upload) => !hit.is(&Op::List),
                _ => false,
            };
            let known = hit.filter(|hit| hit.exchange.answered <= annotated.exchange.started);
            if let Some(hit) = known.filter(is_upload) {
                let evidence = Evidence::at("op")
                    .expected("nothing more: the object is stored")
                    .found(annotated.op().map_or("", Op::as_str))
                    .related(hit.number, "named the object");
                verdicts.push((annotated.number, Verdict::Broken(evidence)));
            }
            // An init after a list that names another file replaces it: from then on nothing is complete.
            let replaces = hit.is_some_and(|hit| hit.is(&Op::List));
            if is_removal(annotated)
                || (replaces && matches!(annotated.op(), Some(Op::Init | Op::Upload)))
            {
                hit = None;
            } else if matches!(annotated.op(), Some(Op::Init | Op::List))
                && annotated.says_stored()
                && annotated.clear()
            {
                verdicts.push((annotated.number, Verdict::Holds));
                hit = Some(annotated);
            }
        }
        verdicts
    }),
    counterexample: Counterexample::plain(Breaks::Again(INIT)).in_scenario("existing/instant-hit"),
};

const SESSION_KEPT: Rule = Rule {
    id: "flow/session-kept",
    clause: &spec::SESSION_KEPT,
    summary: "a session that was granted is used, and no other session is requested",
    why: "The service refuses a second init with -4019, or discards the slices that it has.",
    fix: "Send init once, and share the session of its reply with all slices, all workers and \
          finish; send it again only after a request has failed.",
    check: Check::Conversation(|analysis| {
        let mut granted: Option<&AnnotatedExchange> = None;
        let mut verdicts = Vec::new();
        for annotated in analysis.exchanges() {
            if annotated.is(&Op::Init) {
                let filesize = annotated.request.text("filesize");
                // Of a file that has changed meanwhile the session cannot be used.
                let known = granted.filter(|grant| {
                    grant.exchange.answered <= annotated.exchange.started
                        && grant.request.text("filesize") == filesize
                });
                let verdict = Verdict::broken_by(known, |known| {
                    Evidence::at("op")
                        .expected("slices, or finish")
                        .found("init again")
                        .related(known.number, "granted a session")
                });
                verdicts.extend(verdict.map(|verdict| (annotated.number, verdict)));
            }
            // Once something went wrong a client may have its reasons.
            let trouble = is_removal(annotated) || !annotated.confirmed();
            // After a finish the session is used up, and another upload may begin.
            let ends = matches!(annotated.op(), Some(Op::Finish | Op::Upload));
            granted = match granted {
                _ if trouble || ends => None,
                None if grants(annotated) => Some(annotated),
                known => known,
            };
        }
        verdicts
    }),
    counterexample: Counterexample::plain(Breaks::Again(INIT)),
};

/// Whether this is the reply to init from which an upload can go on.
fn grants(annotated: &AnnotatedExchange) -> bool {
    annotated.is(&Op::Init)
        && annotated.partial_data().is_some_and(|data| {
            data.session.is_some() && data.slice_size.is_some_and(|size| size > 0)
        })
}

const STOPS: Rule = Rule {
    id: "flow/stops-when-refused",
    clause: &spec::STOPS,
    summary: "no further slice follows one that was refused for good",
    why: "The upload cannot be completed any more; the rest of the file is sent for nothing.",
    fix: "Leave the loop over the slices, and drop those that are queued, after a code that no \
          retry can change, such as -29096; do not merely log the code and go on with the next \
          offset.",
    check: Check::Conversation(stops),
    counterexample: Counterexample::plain(Breaks::Refusal(SECOND_SLICE, 400, -29096)),
};

const FINISHES: Rule = Rule {
    id: "flow/finishes",
    clause: &spec::FINISHES,
    summary: "finish is sent when all slices are acknowledged",
    why: "Without finish there is no object, whatever was sent.",
    fix: "Send finish after the loop over the slices whenever each has been acknowledged, also \
          where the file has one slice only or ends on a multiple of slice_size.",
    check: Check::Outcome(|analysis, _| {
        let data: Vec<&AnnotatedExchange> = analysis.of(Op::Data).collect();
        // A client with a slice that was not acknowledged has a reason to stop.
        let all_well = !data.is_empty() && data.iter().all(|annotated| annotated.confirmed());
        let slices = data.iter().filter_map(|annotated| annotated.slice());
        let size = analysis.job().file.as_ref()?.len();
        // What is sent into a connection that is closing does not arrive, and may not be sent again blindly
        // (RFC 9112 §9.3.1).
        let is_closing =
            data.iter().any(|annotated| annotated.exchange.delivery == Delivery::ClosedAfter);
        // Who has asked, and was told that one is missing, has a reason, too.
        let is_missed = |list: &AnnotatedExchange| {
            list.success()
                && data.iter().any(|sent| {
                    let is_earlier = sent.exchange.answered <= list.exchange.started;
                    is_earlier && sent.slice().is_some_and(|slice| !list.listed.covers(slice))
                })
        };
        let is_missed = analysis.of(Op::List).any(is_missed);
        if !all_well || is_missed || is_closing || Slice::first_gap(slices, size).is_some() {
            return None;
        }
        Verdict::of_later(analysis.of(Op::Finish).next().is_some(), analysis, || {
            Evidence::at("op")
                .expected("upload_slice_finish")
                .found("no finish after the last slice")
        })
    }),
    counterexample: Counterexample::plain(Breaks::Without(FINISH)),
};

/// Whether this removes what is stored or under way, so that everything begins again.
pub(super) fn is_removal(annotated: &AnnotatedExchange) -> bool {
    matches!(annotated.request.op(), Some(Op::Other(word)) if word == "delete")
}

/// Whether a client that never had two slices under way knew of a reply when it sent another request: it
/// came on the same connection, or the reply was held back and nothing else began meanwhile.
fn knew_of(known: &AnnotatedExchange, later: &AnnotatedExchange) -> bool {
    known.exchange.connection == later.exchange.connection
        || known.exchange.delivery == Delivery::Held
}

fn starts_with_init(analysis: &Analysis) -> Vec<(usize, Verdict)> {
    let mut asked: Option<&AnnotatedExchange> = None;
    let mut verdicts = Vec::new();
    for annotated in analysis.exchanges() {
        match annotated.op() {
            Some(Op::Init | Op::List) => asked = Some(annotated),
            Some(op @ (Op::Data | Op::Finish)) => {
                let evidence = || {
                    let op = op.as_str();
                    let evidence = Evidence::at("op").expected("a session before anything else");
                    match asked {
                        None => evidence.found(format!("{op} before init")),
                        Some(asked) => evidence
                            .found(format!("{op}, though no reply has granted a session"))
                            .related(asked.number, format!("got {}", no_session(asked))),
                    }
                };
                let verdict = Verdict::of(annotated.upload.is_some(), evidence);
                verdicts.extend(verdict.map(|verdict| (annotated.number, verdict)));
            }
            _ => {}
        }
    }
    verdicts
}

/// A reply without a session, in words.
fn no_session(annotated: &AnnotatedExchange) -> String {
    let reply = annotated.describe_reply();
    if annotated.says_stored() {
        format!("{reply}, and addresses: the object is complete")
    } else {
        reply
    }
}

/// Parallel clients have other slices under way when one is refused: they are judged by what they send once
/// they have had time to stop.
fn stops(analysis: &Analysis) -> Vec<(usize, Verdict)> {
    let mut refused: Option<&AnnotatedExchange> = None;
    let mut before: Option<&AnnotatedExchange> = None;
    let mut verdicts = Vec::new();
    for annotated in analysis.exchanges() {
        if !annotated.is(&Op::Data) {
            // Another request may change what is possible: a list, a new init, or finish.
            refused = None;
            continue;
        }
        // Slices in parallel: those that were under way when one was refused could not be stopped.
        if before.is_some_and(|before| annotated.exchange.started < before.exchange.answered) {
            return parallel_stops(analysis);
        }
        before = Some(annotated);
        // The same slice again is the subject of `flow/permanent-not-retried`.
        let known = refused.filter(|known| known.offset != annotated.offset);
        if let Some(known) = known.filter(|known| knew_of(known, annotated)) {
            verdicts.push((annotated.number, Verdict::Broken(another_slice_after(known))));
        } else if is_slice_refused_for_good(annotated) {
            verdicts.push((annotated.number, Verdict::Holds));
            refused = Some(annotated);
        }
    }
    verdicts
}

/// The same where nothing else was answered until the refusal was known: what begins later is sent in spite
/// of it.
fn parallel_stops(analysis: &Analysis) -> Vec<(usize, Verdict)> {
    let goes_ahead =
        |annotated: &&AnnotatedExchange| annotated.exchange.delivery == Delivery::Ahead;
    let refused = analysis.of(Op::Data).filter(goes_ahead);
    let refused = refused.filter(|annotated| is_slice_refused_for_good(annotated));
    let verdict = |known: &AnnotatedExchange| {
        let heard = known.exchange.answered.saturating_add(Delivery::AHEAD);
        let later = analysis.exchanges().iter().skip(known.number.saturating_add(1));
        let went_on = later
            .take_while(|later| later.is(&Op::Data))
            .find(|later| later.offset != known.offset && later.exchange.started >= heard);
        match went_on {
            Some(later) => (later.number, Verdict::Broken(another_slice_after(known))),
            None => (known.number, Verdict::Holds),
        }
    };
    refused.map(verdict).collect()
}

fn another_slice_after(known: &AnnotatedExchange) -> Evidence {
    Evidence::at("op")
        .expected("the end of the upload, and a report of the failure")
        .found("another slice")
        .related(known.number, format!("got {}", known.describe_reply()))
}

fn is_slice_refused_for_good(annotated: &AnnotatedExchange) -> bool {
    annotated.clear_code().is_some_and(|code| is_refused_for_good(&Op::Data, code))
}

/// The ids of the rules about another attempt at what is refused with a code.
pub(crate) fn about_another_attempt(code: &ErrorCode) -> Vec<&'static str> {
    let mut operations = Op::ALL.into_iter().filter(|op| *op != Op::List);
    let is_final = operations.any(|op| is_refused_for_good(&op, code.code));
    let again = code.is_retryable().then_some(retries::AGAIN);
    again.into_iter().chain(is_final.then_some(retries::NOT_AGAIN)).collect()
}

/// Whether the same request is certain to be refused again.
fn is_refused_for_good(op: &Op, code: i64) -> bool {
    /// Refusals of bytes that may have been damaged on their way.
    const DAMAGED: [i64; 6] = [-29147, -29143, -29138, -29063, -5961, -4016];
    // A code that does not belong to this operation says nothing about it.
    let known = Codes::get(code).filter(|known| known.operations.contains(op));
    // After a code that says to resume, too, the same request is refused again.
    let final_one = known.is_some_and(|known| matches!(known.retry, Retry::No | Retry::Resume));
    final_one && !DAMAGED.contains(&code)
}
