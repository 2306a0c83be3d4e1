use self::end::{Delay, may_end_in_time};
use super::data::same_bytes;
use super::flow::{NoSuccess, failure};
use super::framed::ends_after;
use super::{Analysis, AnnotatedExchange, Check, Evidence, Rule, Verdict};
use crate::protocol::{BodyFraming, Claim, FailedConnection, FileView, Op, Outcome, Slice, Stored};
use crate::rules::counterexample::{Breaks, Counterexample, FINISH, SECOND_FINISH};
use crate::spec;

mod end;
mod kept;
mod lawful;

pub(super) use end::RULES as END;
pub(super) use kept::RULES as KEPT;
pub(super) use lawful::RULES as LAWFUL;

pub(super) const RULES: &[Rule] = &[
    SUCCESS_ACKNOWLEDGED,
    CODE_HEEDED,
    STATUS_HEEDED,
    JSON_HEEDED,
    REPLY_AWAITED,
    UNSUPPORTED_IN_TIME,
    SUCCESS_REPORTED,
    FAILURE_ASKED_ABOUT,
];

/// What all else that is broken comes to in the end: reports tell the cause first.
pub(super) const RESULT: &[Rule] = &[COMPLETES, TRUTHFUL];

const TRUTHFUL: Rule = Rule {
    id: "outcome/truthful",
    clause: &spec::TRUTH,
    summary: "what the client calls stored is stored, byte for byte",
    why: "The user may delete the local file, and then the data is lost.",
    fix: "Report success only if each slice was acknowledged as it was sent and a reply with code \
          0 names the object; let every other way out end with an error and a non-zero exit code.",
    check: Check::Outcome(|analysis, outcome| {
        if outcome.claim != Claim::Ok {
            return None;
        }
        Verdict::of(outcome.stored == Stored::Complete, || {
            let found = match outcome.stored {
                Stored::Complete => "the file",
                Stored::Absent if analysis.exchanges().is_empty() => {
                    "success claimed; no request was sent, and the service holds no object"
                }
                Stored::Absent => "success claimed; the service holds no finished object",
                Stored::Different => "success claimed; the stored object differs from the file",
            };
            let evidence = Evidence::at("claim")
                .expected("the file is stored, or a failure is reported")
                .found(found);
            match taken_over(analysis).filter(|_| outcome.stored == Stored::Different) {
                Some((list, taken)) => evidence.explained(Some(taken)).related(
                    list,
                    "named slices of an upload that is not known to be of this file",
                ),
                None => evidence,
            }
        })
    }),
    counterexample: Counterexample::plain(Breaks::Outcome(Claim::Ok, Stored::Different, "stored")),
};

const SUCCESS_ACKNOWLEDGED: Rule = Rule {
    id: "outcome/success-acknowledged",
    clause: &spec::SUCCESS_ACKNOWLEDGED,
    summary: "success is claimed only after the service has said so",
    why: "An error, a cut reply or a page of HTML does not say that the object is stored.",
    fix: "Return success from one place alone, after a reply that names the object was parsed and \
          has code 0; neither the end of the loop over the slices nor a caught exception may lead \
          there.",
    check: Check::Outcome(success_acknowledged),
    counterexample: Counterexample::plain(Breaks::Without(FINISH)),
};

const CODE_HEEDED: Rule = Rule {
    id: "outcome/code-heeded",
    clause: &spec::FINISH_CODE,
    summary: "a finish that was answered with a code other than 0 is not reported as success",
    why: "The service has said that there is no object.",
    fix: "Check code in the reply to finish, and to upload, also with HTTP 200: where it is not 0, \
          try again or end with an error that names code and message.",
    check: Check::Outcome(|analysis, outcome| claimed_despite(analysis, outcome, NoSuccess::Code)),
    counterexample: Counterexample::plain(Breaks::Outcome(Claim::Ok, Stored::Complete, "stored"))
        .in_scenario("faults/finish-refused"),
};

const STATUS_HEEDED: Rule = Rule {
    id: "outcome/status-heeded",
    clause: &spec::FINISH_STATUS,
    summary: "a finish that was answered with code 0 and an HTTP error status is not a success",
    why: "Code and status contradict each other; some SDKs go by the code, others by the status.",
    fix: "Require HTTP 200 and code 0 in the same reply to finish; where they contradict each \
          other, send finish again, and report a failure if that gives no clear success.",
    check: Check::Outcome(|analysis, outcome| {
        let mut said =
            analysis.exchanges().iter().filter(|annotated| annotated.says_stored()).peekable();
        let first = said.peek().filter(|_| outcome.claim == Claim::Ok)?.number;
        Verdict::of(said.any(|annotated| annotated.exchange.response.status() == 200), || {
            Evidence::at("claim")
                .expected("HTTP 200 and code 0 in one reply")
                .found("success claimed")
                .related(first, "got code 0 with the HTTP status of an error")
        })
    }),
    counterexample: Counterexample::plain(Breaks::Without(SECOND_FINISH))
        .in_scenario("status/finish-400-with-code-0"),
};

const JSON_HEEDED: Rule = Rule {
    id: "outcome/json-heeded",
    clause: &spec::FINISH_JSON,
    summary: "a finish that was answered without JSON is not reported as success",
    why: "A page of HTML or an empty body usually comes from a proxy in front of the service.",
    fix: "Let a reply to finish that is not JSON with a code be an error, whatever its HTTP \
          status; do not catch the exception of the parser and go on, nor decide by status 200 \
          alone.",
    check: Check::Outcome(|analysis, outcome| {
        claimed_despite(analysis, outcome, NoSuccess::NoJson)
    }),
    counterexample: Counterexample::plain(Breaks::Outcome(Claim::Ok, Stored::Complete, "stored"))
        .in_scenario("faults/finish-html"),
};

const REPLY_AWAITED: Rule = Rule {
    id: "outcome/reply-awaited",
    clause: &spec::FINISH_REPLY,
    summary: "a finish whose reply was lost is not reported as success",
    why: "The service has not said that the object is stored.",
    fix: "Treat a timeout, a reset or a cut body at finish as an unknown outcome: send the same \
          finish again or request the list, and report a failure if neither is answered with \
          success.",
    check: Check::Outcome(|analysis, outcome| claimed_despite(analysis, outcome, NoSuccess::Lost)),
    counterexample: Counterexample::plain(Breaks::Outcome(Claim::Ok, Stored::Complete, "stored"))
        .in_scenario("faults/finish-reset-always"),
};

const COMPLETES: Rule = Rule {
    id: "outcome/completes",
    clause: &spec::COMPLETES,
    summary: "an upload in which nothing goes wrong is completed, and reported as completed",
    why: "A client that fails, hangs or crashes where nothing is wrong is of no use.",
    fix: "Correct what the first refused request, or else the client's error output, points to: \
          often a character of the key, or too strict a check of replies; after code 0 to \
          finish, end with exit status 0.",
    check: Check::Outcome(|analysis, outcome| {
        let is_judged = match outcome.claim {
            // Of a success that is none, `outcome/truthful` has the say.
            Claim::Ok => outcome.stored == Stored::Complete,
            // A client need not support each key and file, if it says so.
            Claim::Unsupported => false,
            Claim::Failed | Claim::Crashed => true,
            Claim::Hung => {
                let delay = Delay::of(analysis, outcome);
                may_end_in_time(analysis)
                    && !delay.is_some_and(|delay| delay.may_be_starved(outcome))
            }
        };
        if !analysis.job().must_succeed || !is_judged {
            return None;
        }
        Verdict::of(outcome.claim == Claim::Ok, || {
            let expected = "success: nothing was wrong with the service";
            Evidence::at("claim").expected(expected).found(describe_end(analysis, outcome))
        })
    }),
    counterexample: Counterexample::plain(Breaks::Outcome(
        Claim::Failed,
        Stored::Complete,
        "exit status 1",
    )),
};

const UNSUPPORTED_IN_TIME: Rule = Rule {
    id: "outcome/unsupported-in-time",
    clause: &spec::UNSUPPORTED_IN_TIME,
    summary: "an upload that is reported as unsupported has not been made",
    why: "Nobody can tell whether the object can be relied on.",
    fix: "Check what is asked for, such as key, size of the file, sha and insertOnly, before the \
          first request, and report unsupported there; after finish or upload, report its result.",
    check: Check::Outcome(|analysis, outcome| {
        if outcome.claim != Claim::Unsupported {
            return None;
        }
        let mut finished = analysis.exchanges().iter().filter_map(AnnotatedExchange::op);
        let finished = finished.find(|op| matches!(op, Op::Finish | Op::Upload));
        Verdict::broken_by(finished, |finished| {
            let found = format!("{}, after {}", outcome.detail, finished.as_str());
            Evidence::at("claim").expected("unsupported, before anything is stored").found(found)
        })
    }),
    counterexample: Counterexample::plain(Breaks::Outcome(
        Claim::Unsupported,
        Stored::Complete,
        "exit status 89",
    )),
};

const SUCCESS_REPORTED: Rule = Rule {
    id: "outcome/success-reported",
    clause: &spec::SUCCESS_REPORTED,
    summary: "a success that the service has confirmed is not reported as a failure",
    why: "The user uploads a second time what is already stored.",
    fix: "Discard the errors of earlier attempts when finish is answered with code 0, and report \
          success; let neither a late worker nor closing or cleaning up turn it into a failure.",
    check: Check::Outcome(|analysis, outcome| {
        // Where nothing went wrong, `outcome/completes` has the say.
        if analysis.job().must_succeed || !matches!(outcome.claim, Claim::Ok | Claim::Failed) {
            return None;
        }
        // A client that saw the local file change has stored what is not the file any more, and may say so.
        analysis.job().file.as_ref()?;
        // What is there before that may be another file, for all the client knows.
        let since = analysis.exchanges().iter().skip_while(|annotated| !has_begun(annotated));
        let mut confirmed = since.filter(|annotated| annotated.says_stored() && annotated.clear());
        let confirmed = confirmed.next().filter(|_| outcome.stored == Stored::Complete)?;
        Verdict::of(outcome.claim == Claim::Ok, || {
            Evidence::at("claim")
                .expected("success, which the service has confirmed")
                .found(format!("failure reported ({})", outcome.detail))
                .related(confirmed.number, "named the object")
        })
    }),
    counterexample: Counterexample::plain(Breaks::Outcome(
        Claim::Failed,
        Stored::Complete,
        "exit status 1",
    ))
    .in_scenario("faults/slice-503-once"),
};

const FAILURE_ASKED_ABOUT: Rule = Rule {
    id: "outcome/failure-asked-about",
    clause: &spec::FAILURE_ASKED_ABOUT,
    summary: "a failure is not reported while the object is complete",
    why: "The user uploads a second time what is already stored.",
    fix: "Send the same finish again or request the list, a few times with pauses, before a \
          failure of finish is reported; report success if one of the replies names the object.",
    check: Check::Outcome(|analysis, outcome| {
        // Where nothing went wrong, `outcome/completes` has the say.
        if outcome.claim != Claim::Failed || analysis.job().must_succeed {
            return None;
        }
        // Only after a finish whose reply failed can the object be complete without the client knowing.
        // Who asks by a new init whether it is there may be told no more than that something is.
        let is_occupied = analysis.comes_after(AnnotatedExchange::says_occupied);
        let in_doubt = |of: &AnnotatedExchange| !of.success() && !is_occupied(of.number);
        let finished = analysis.of(Op::Finish).any(in_doubt);
        Verdict::of(outcome.stored != Stored::Complete || !finished, || {
            let expected = "the same finish again, or a list request, to learn the outcome";
            let found = format!("failure reported ({}); the object is complete", outcome.detail);
            Evidence::at("claim").expected(expected).found(found)
        })
    }),
    counterexample: Counterexample::plain(Breaks::Each(&[
        Breaks::Without(SECOND_FINISH),
        Breaks::Outcome(Claim::Failed, Stored::Complete, "exit status 1"),
    ]))
    .in_scenario("faults/finish-reply-truncated"),
};

/// The list that named slices which the client never sent, and what to say of the first of them: only where
/// they are known to be of the same file may an object be made of them.
fn taken_over(analysis: &Analysis) -> Option<(usize, String)> {
    let size = analysis.job().file.as_ref().map(FileView::len)?;
    let acknowledged: Vec<_> =
        analysis.of(Op::Data).filter(|annotated| annotated.success()).collect();
    // An object of wrong bytes that the client itself has sent says nothing against the list.
    if acknowledged.iter().any(|annotated| !is_of_file(annotated)) {
        return None;
    }
    let own: Vec<_> = acknowledged.into_iter().filter_map(AnnotatedExchange::slice).collect();
    // Where bytes are neither sent nor listed, the list is not what is wrong.
    let lists = analysis.of(Op::List).filter(|annotated| annotated.success());
    let listed = lists.flat_map(|annotated| annotated.listed.slices());
    if Slice::first_gap(own.iter().copied().chain(listed), size).is_some() {
        return None;
    }
    // Whoever sent every byte has taken over nothing.
    let gaps: Vec<_> = Slice::gaps(own, size).collect();
    analysis.of(Op::List).filter(|annotated| annotated.success()).find_map(|annotated| {
        let is_missing = |slice: &Slice| gaps.iter().any(|gap| gap.covers(*slice));
        let Slice { offset, length } = annotated.listed.slices().find(is_missing)?;
        let taken = format!(
            "the {length} bytes at offset {offset} are of an upload that the list named; the \
             client did not send them. Without a sha to compare, go on from a list only after \
             -4019, and send all slices again if the file is not known to be the same"
        );
        Some((annotated.number, taken))
    })
}

/// Whether a slice is the file's bytes at its offset, as far as that can be told.
fn is_of_file(annotated: &AnnotatedExchange) -> bool {
    let start = annotated.slice().and_then(|slice| usize::try_from(slice.offset).ok());
    let verdict = start.and_then(|start| same_bytes(annotated, start));
    !matches!(verdict, Some(Verdict::Broken(_)))
}

/// Whether this is a request of the upload itself, and not refused because an object is there.
fn has_begun(annotated: &AnnotatedExchange) -> bool {
    matches!(annotated.op(), Some(Op::Init | Op::Data | Op::Finish | Op::Upload))
        && annotated.clear_code() != Some(-177)
}

/// Finishes that failed have rules of their own.
fn success_acknowledged(analysis: &Analysis, outcome: &Outcome) -> Option<Verdict> {
    // Without any request there is no reply to go by; what is stored decides then, in `outcome/truthful`.
    if outcome.claim != Claim::Ok || analysis.exchanges().is_empty() || analysis.overflowed() {
        return None;
    }
    if last_closing(analysis).is_some_and(|annotated| failure(annotated).is_some())
        && !is_acknowledged(analysis)
    {
        return None;
    }
    Verdict::of(is_acknowledged(analysis), || {
        let found = match last_closing(analysis) {
            None => "success claimed; no finish was sent",
            Some(_) => "success claimed without a finish that succeeded",
        };
        let evidence = Evidence::at("claim").expected("JSON with code 0 in reply to finish");
        let evidence = evidence.found(found);
        match analysis.exchanges().last() {
            Some(last) => {
                let what = format!("the last request, which got {}", last.describe_reply());
                evidence.related(last.number, what)
            }
            None => evidence,
        }
    })
}

fn is_acknowledged(analysis: &Analysis) -> bool {
    analysis.exchanges().iter().any(AnnotatedExchange::says_stored)
}

/// The last request that closes an upload.
fn last_closing(analysis: &Analysis) -> Option<&AnnotatedExchange> {
    analysis
        .exchanges()
        .iter()
        .rfind(|annotated| matches!(annotated.op(), Some(Op::Finish | Op::Upload)))
}

/// Whether success was claimed although the last finish failed like this.
fn claimed_despite(analysis: &Analysis, outcome: &Outcome, kind: NoSuccess) -> Option<Verdict> {
    let last = last_closing(analysis).filter(|annotated| failure(annotated) == Some(kind))?;
    // The finish that succeeded may be among the exchanges that were not kept.
    if !matches!(outcome.claim, Claim::Ok | Claim::Failed) || analysis.overflowed() {
        return None;
    }
    Verdict::of(outcome.claim == Claim::Failed || is_acknowledged(analysis), || {
        Evidence::at("claim")
            .expected("a failure, or a finish that succeeds")
            .found("success claimed")
            .related(last.number, format!("got {}", last.describe_reply()))
    })
}

/// How an upload ended that was no success: what the client says, what is stored, and what may help.
fn describe_end(analysis: &Analysis, outcome: &Outcome) -> String {
    let Outcome { detail, .. } = outcome;
    let delay = Delay::of(analysis, outcome);
    let end = match (outcome.claim, &delay) {
        (_, Some(delay)) => format!("{detail}; {}", delay.describe()),
        (Claim::Crashed, None) => format!("a crash ({detail})"),
        (_, None) => format!("failure reported ({detail})"),
    };
    let nothing_sent = analysis.exchanges().is_empty().then(|| {
        let failed = outcome.failed_connections.iter().map(FailedConnection::describe);
        let no_request = std::iter::once("no request was sent".into());
        no_request.chain(failed).collect::<Vec<_>>().join(": ")
    });
    let stored = match outcome.stored {
        Stored::Complete => "the object is complete",
        Stored::Absent => "nothing is stored",
        Stored::Different => "the object differs from the file",
    };
    let advice = delay.and_then(|delay| delay.advice(outcome));
    let cut = analysis.exchanges().last().and_then(|last| match last.request.framing() {
        BodyFraming::Sized { length, missing } if *missing > 0 => Some(format!(
            "of its last request, {}",
            ends_after(length.saturating_sub(*missing), *length)
        )),
        _ => None,
    });
    let facts = [
        Some(end.as_str()),
        nothing_sent.as_deref(),
        cut.as_deref(),
        Some(stored),
        advice.as_deref(),
    ];
    facts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
