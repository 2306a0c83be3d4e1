use super::{Call, Check, Counterexample, Evidence, Rule, Talk, Verdict};
use crate::protocol::{Codes, Op, Response, ResponseEnvelope, Retry, Slice, Transcript};
use crate::spec;

mod replies;
mod resuming;
mod retries;

pub(super) use replies::RULES as REPLIES;
pub(super) use replies::{Failure, failure};
pub(super) use resuming::RULES as RESUMING;
pub(super) use retries::RULES as RETRIES;
pub(super) use retries::is_endless;

pub(super) const RULES: &[Rule] = &[STARTS_WITH_INIT, INSTANT_HIT, SESSION_KEPT, STOPS, FINISHES];

const PLAIN: &str = "happy/last-slice-short";

const STARTS_WITH_INIT: Rule = Rule {
    id: "flow/starts-with-init",
    clause: &spec::STARTS_WITH_INIT,
    summary: "slices and finish follow a session that the service granted",
    why: "The service has nothing to add the slice to; it answers -29096.",
    check: Check::Request(|call| {
        if !matches!(call.op()?, Op::Data | Op::Finish) {
            return None;
        }
        Verdict::of(call.upload.is_some(), || {
            let found = format!("{} without a session", call.op().map_or("", Op::as_str));
            Evidence::new("op", "upload_slice_init first, and its session", found, None)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let (number, _) = talk.of(&Op::Init).next()?;
            talk.exchanges.remove(number);
            Some(())
        },
    },
};

const INSTANT_HIT: Rule = Rule {
    id: "flow/instant-hit-ends",
    clause: &spec::INSTANT_HIT,
    summary: "the upload ends where init or list says that the object is complete",
    why: "There is no session to go on with; what is sent is refused, or uploads again what is there.",
    check: Check::Conversation(|talk| {
        let mut hit: Option<&Call> = None;
        let mut verdicts = Vec::new();
        for call in talk.calls() {
            // What a list names may be another file, which init and upload are to replace.
            let is_upload = |hit: &&Call| match call.op() {
                Some(Op::Data | Op::Finish) => true,
                Some(Op::Init | Op::Upload) => !hit.is(&Op::List),
                _ => false,
            };
            let known = hit.filter(|hit| hit.exchange.answered <= call.exchange.started);
            if let Some(hit) = known.filter(is_upload) {
                let number = hit.number.saturating_add(1);
                let found = format!("{} behind exchange {number}, which named the object", {
                    call.op().map_or("", Op::as_str)
                });
                let evidence =
                    Evidence::new("op", "nothing more: the object is there", found, None);
                verdicts.push((call.number, Verdict::Broken(evidence)));
            }
            let replaces = hit.is_some_and(|hit| hit.is(&Op::List));
            if is_removal(call) || (replaces && matches!(call.op(), Some(Op::Init | Op::Upload))) {
                hit = None;
            } else if matches!(call.op(), Some(Op::Init | Op::List))
                && call.says_stored
                && call.clear
            {
                verdicts.push((call.number, Verdict::Holds));
                hit = Some(call);
            }
        }
        verdicts
    }),
    counterexample: Counterexample {
        scenario: "existing/instant-hit",
        breaks: |talk| {
            let mut again = talk.exchanges.first()?.clone();
            again.started = again.answered;
            talk.exchanges.push(again);
            Some(())
        },
    },
};

const SESSION_KEPT: Rule = Rule {
    id: "flow/session-kept",
    clause: &spec::SESSION_KEPT,
    summary: "a session that was granted is used, and no other one asked for",
    why: "The service refuses a second init with -4019, or forgets the slices that it has.",
    check: Check::Conversation(|talk| {
        let mut granted: Option<&Call> = None;
        let mut verdicts = Vec::new();
        for call in talk.calls() {
            if call.is(&Op::Init) {
                let known =
                    granted.filter(|grant| grant.exchange.answered <= call.exchange.started);
                let verdict = Verdict::of(known.is_none(), || {
                    let number = known.map(|grant| grant.number.saturating_add(1));
                    let found = format!("init again, after exchange {} granted a session", {
                        number.unwrap_or_default()
                    });
                    Evidence::new("op", "slices, or finish", found, None)
                });
                verdicts.extend(verdict.map(|verdict| (call.number, verdict)));
            }
            // Once something went wrong a client may have its reasons.
            let trouble = is_removal(call) || !call.clear;
            let ends = matches!(call.op(), Some(Op::Finish | Op::Upload));
            granted = match granted {
                _ if trouble || ends => None,
                None if call.is(&Op::Init) && !call.says_stored => Some(call),
                known => known,
            };
        }
        verdicts
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let (number, init) = talk.of(&Op::Init).next()?;
            let mut again = init.clone();
            again.started = again.answered;
            talk.exchanges.insert(number.checked_add(1)?, again);
            Some(())
        },
    },
};

const STOPS: Rule = Rule {
    id: "flow/stops-when-refused",
    clause: &spec::STOPS,
    summary: "no further slice follows one that was refused for good",
    why: "The upload cannot be completed any more; the rest of the file is sent for nothing.",
    check: Check::Conversation(stops),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let number = talk.of(&Op::Data).nth(1)?.0;
            refuse(talk, number, 400, -29096)
        },
    },
};

const FINISHES: Rule = Rule {
    id: "flow/finishes",
    clause: &spec::FINISHES,
    summary: "finish follows when all slices are acknowledged",
    why: "Without finish there is no object, whatever was sent.",
    check: Check::Outcome(|talk, _| {
        let data: Vec<&Call> = talk.of(Op::Data).collect();
        let acknowledged = |call: &&Call| call.clear && call.echoed;
        let all_well = !data.is_empty() && data.iter().all(acknowledged);
        let slices = data.iter().filter_map(|call| call.slice());
        let size = talk.assignment().file.len().try_into().ok()?;
        if !all_well || Slice::first_gap(slices, size).is_some() {
            return None;
        }
        Verdict::of_later(talk.of(Op::Finish).next().is_some(), talk, || {
            Evidence::new("op", "upload_slice_finish", "no finish after the last slice", None)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            talk.exchanges.pop()?;
            Some(())
        },
    },
};

/// Whether this removes what is stored or under way, so that everything begins anew.
fn is_removal(call: &Call) -> bool {
    matches!(call.request.op(), Some(Op::Other(word)) if word == "delete")
}

/// Parallel clients have other slices under way when one is refused; they are not judged.
fn stops(talk: &Talk) -> Vec<(usize, Verdict)> {
    let mut refused: Option<&Call> = None;
    let mut before: Option<&Call> = None;
    let mut verdicts = Vec::new();
    for call in talk.calls() {
        if !call.is(&Op::Data) {
            refused = None;
            continue;
        }
        if before.is_some_and(|before| call.exchange.started < before.exchange.answered) {
            return Vec::new();
        }
        before = Some(call);
        let known = refused.filter(|known| known.offset != call.offset);
        if let Some(known) = known {
            let number = known.number.saturating_add(1);
            let found = format!("another slice, after exchange {number} met {}", {
                known.reply_in_words()
            });
            let evidence = Evidence::new("op", "an end, and the failure reported", found, None);
            verdicts.push((call.number, Verdict::Broken(evidence)));
        } else if call
            .exchange
            .clear_code()
            .is_some_and(|code| is_refused_for_good(&Op::Data, code))
        {
            verdicts.push((call.number, Verdict::Holds));
            refused = Some(call);
        }
    }
    verdicts
}

/// Whether the same request is certain to be refused again.
fn is_refused_for_good(op: &Op, code: i64) -> bool {
    /// Refusals of bytes that may have been damaged on their way.
    const DAMAGED: [i64; 6] = [-29147, -29143, -29138, -29063, -5961, -4016];
    let known = Codes::get(code).filter(|known| known.operations.contains(op));
    let final_one = known.is_some_and(|known| matches!(known.retry, Retry::No | Retry::Resume));
    final_one && !DAMAGED.contains(&code)
}

/// Replaces a reply by a refusal in the words of the service.
fn refuse(talk: &mut Transcript, number: usize, status: u16, code: i64) -> Option<()> {
    let exchange = talk.exchanges.get_mut(number)?;
    let message = Codes::message(code).to_owned();
    let request_id = exchange.reply::<()>().ok()?.request_id;
    let refusal = ResponseEnvelope::<()> { code, message, request_id, data: None };
    exchange.response = Response::write(status, &[], &refusal.write());
    Some(())
}
