use super::data::{announce_sha, session, sha};
use super::init::value_evidence;
use super::{Call, Check, Counterexample, Evidence, Rule, Talk, Verdict};
use crate::protocol::{Op, Slice};
use crate::spec;

pub(super) const RULES: &[Rule] = &[SESSION, FILESIZE, SHA, AFTER_ALL_SLICES, ONCE];

const PLAIN: &str = "happy/last-slice-short";

const SESSION: Rule = Rule {
    id: "finish/session",
    clause: &spec::FINISH_SESSION,
    summary: "session is the one that the service issued",
    why: "The service cannot tell which upload is to be closed; it answers -29096.",
    check: Check::Request(|call| session(call, &Op::Finish)),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| talk.tamper(&Op::Finish, 0)?.edit(|form| form.set("session", "")),
    },
};

const FILESIZE: Rule = Rule {
    id: "finish/filesize",
    clause: &spec::FINISH_FILESIZE,
    summary: "filesize is the length of the file",
    why: "The service compares it with init and with what arrived; it answers -29104 or -175.",
    check: Check::Request(|call| {
        let filesize = finish(call)?.request.number("filesize");
        let file = call.file_size();
        Verdict::of(filesize == Some(file), || {
            value_evidence(call, "filesize", format!("{file}, the length of the file"))
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| talk.tamper(&Op::Finish, 0)?.edit(|form| form.set("filesize", "345678")),
    },
};

const SHA: Rule = Rule {
    id: "finish/sha",
    clause: &spec::FINISH_SHA,
    summary: "sha is on finish if it was at init, and it is the same",
    why: "The service answers -29094, or skips the comparison that the client counts on.",
    check: Check::Request(|call| sha(call, &Op::Finish)),
    counterexample: Counterexample { scenario: PLAIN, breaks: announce_sha },
};

const AFTER_ALL_SLICES: Rule = Rule {
    id: "finish/after-all-slices",
    clause: &spec::FINISH_AFTER_ALL,
    summary: "finish follows when every slice has been sent and answered",
    why: "A service that does not check stores an object with a hole in it.",
    check: Check::Conversation(|talk| {
        let verdicts = talk.of(Op::Finish);
        verdicts.filter_map(|call| Some((call.number, after_all_slices(talk, call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let number = talk.of(&Op::Data).last()?.0;
            talk.exchanges.remove(number);
            Some(())
        },
    },
};

const ONCE: Rule = Rule {
    id: "finish/once",
    clause: &spec::FINISH_ONCE,
    summary: "a finish that succeeded is not sent again",
    why: "The upload is closed; what a second finish does is not documented.",
    check: Check::Conversation(|talk| {
        let verdict = |call: &Call| {
            let before = talk.stored_before(call);
            Verdict::of(before.is_none(), || {
                let number = before.map(|call| call.number.saturating_add(1)).unwrap_or_default();
                let found = format!("finish again, after exchange {number}");
                Evidence::new("op", "nothing behind finish", found, None)
            })
        };
        talk.of(Op::Finish).filter_map(|call| Some((call.number, verdict(call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let mut again = talk.exchanges.last()?.clone();
            again.started = again.answered;
            talk.exchanges.push(again);
            Some(())
        },
    },
};

fn finish<'a, 'b>(call: &'a Call<'b>) -> Option<&'a Call<'b>> {
    Some(call).filter(|call| call.is(&Op::Finish))
}

/// Slices that were sent and refused are the matter of `flow/code-heeded`, not of this rule.
fn after_all_slices(talk: &Talk, call: &Call) -> Option<Verdict> {
    call.upload.as_ref()?;
    let listed = talk.acknowledged_before(call);
    let sent = talk.calls().iter().filter(|earlier| {
        earlier.request.op() == Some(&Op::Data)
            && earlier.number < call.number
            && earlier.exchange.answered <= call.exchange.started
    });
    let covered: Vec<Slice> = listed.into_iter().chain(sent.filter_map(Call::slice)).collect();
    let size = call.file_size();
    let gap = Slice::first_gap(covered.iter().copied(), size);
    Verdict::of(gap.is_none(), || {
        let start = gap.unwrap_or_default();
        let behind = covered.iter().map(|slice| slice.offset).filter(|offset| *offset > start);
        let end = behind.min().unwrap_or(size);
        let in_flight = talk.calls().iter().filter(|other| {
            other.request.op() == Some(&Op::Data)
                && other.exchange.started <= call.exchange.started
                && other.exchange.answered > call.exchange.started
        });
        let numbers: Vec<_> =
            in_flight.map(|other| other.number.saturating_add(1).to_string()).take(8).collect();
        let found = if numbers.is_empty() {
            format!("nothing was sent that has bytes {start} to {end}")
        } else {
            format!("finish before the reply to exchange {}", numbers.join(", "))
        };
        let expected = format!("slices for all {size} bytes before finish");
        Evidence::new("op", expected, found, None)
    })
}
