//! The slices of an upload among each other: when, how often, how many at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{PLAIN, data};
use crate::protocol::{Op, Slice};
use crate::rules::{Call, Check, Counterexample, Evidence, Rule, Talk, Verdict};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] =
    &[BEFORE_FINISH, SERIAL, SERIAL_ORDER, ONCE, NO_OVERLAP];

const BEFORE_FINISH: Rule = Rule {
    id: "data/before-finish",
    clause: &spec::DATA_BEFORE_FINISH,
    summary: "no slice follows a finish that succeeded",
    why: "The object is closed; what becomes of such a slice is not documented.",
    check: Check::Conversation(|talk| {
        let verdict = |call: &Call| {
            let finished = talk.stored_before(call);
            Verdict::of(finished.is_none(), || {
                let number = finished.map(|call| call.number.saturating_add(1));
                let found = format!("a slice behind exchange {}", number.unwrap_or_default());
                Evidence::new("op", "nothing behind finish", found, None)
            })
        };
        talk.of(Op::Data).filter_map(|call| Some((call.number, verdict(call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let (_, slice) = talk.of(&Op::Data).next()?;
            let mut late = slice.clone();
            late.started = talk.exchanges.last()?.answered;
            late.answered = late.started;
            talk.exchanges.push(late);
            Some(())
        },
    },
};

const SERIAL: Rule = Rule {
    id: "data/serial",
    clause: &spec::DATA_SERIAL,
    summary: "slices go one at a time if the service asks for that",
    why: "The service has said that it cannot take them in parallel.",
    check: Check::Conversation(serial),
    counterexample: Counterexample {
        scenario: "server-choice/serial-upload",
        breaks: |talk| {
            let start = talk.of(&Op::Data).next()?.1.started;
            let slice = talk.of(&Op::Data).nth(1)?.0;
            talk.exchanges.get_mut(slice)?.started = start;
            Some(())
        },
    },
};

const SERIAL_ORDER: Rule = Rule {
    id: "data/serial-order",
    clause: &spec::DATA_SERIAL_ORDER,
    summary: "slices go in the order of the file if the service wants them one at a time",
    why: "A service that can only append has no use for a slice that comes too early.",
    check: Check::Conversation(serial_order),
    counterexample: Counterexample {
        scenario: "server-choice/serial-upload",
        breaks: |talk| {
            let first = talk.of(&Op::Data).next()?.0;
            let second = talk.of(&Op::Data).nth(1)?.0;
            let request = talk.exchanges.get(first)?.request.clone();
            let other = std::mem::replace(&mut talk.exchanges.get_mut(second)?.request, request);
            talk.exchanges.get_mut(first)?.request = other;
            let reply = talk.exchanges.get(first)?.response.clone();
            let other = std::mem::replace(&mut talk.exchanges.get_mut(second)?.response, reply);
            talk.exchanges.get_mut(first)?.response = other;
            Some(())
        },
    },
};

const ONCE: Rule = Rule {
    id: "data/once",
    clause: &spec::DATA_ONCE,
    summary: "an acknowledged slice is not sent again",
    why: "It costs the time and the traffic of the slice.",
    check: Check::Conversation(once),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let (number, slice) = talk.of(&Op::Data).next()?;
            let mut again = slice.clone();
            again.started = again.answered;
            talk.exchanges.insert(number.checked_add(1)?, again);
            Some(())
        },
    },
};

const NO_OVERLAP: Rule = Rule {
    id: "data/no-overlap",
    clause: &spec::DATA_NO_OVERLAP,
    summary: "slices do not overlap; only the same one comes again",
    why: "Which of two slices counts where they overlap is not documented.",
    check: Check::Conversation(no_overlap),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let file = talk.assignment.file.clone();
            let request = talk.tamper(&Op::Data, 1)?;
            let length = request.value("filecontent")?.content.len();
            let half = length.checked_div(2)?;
            let slice = file.get(half..)?.get(..length)?.to_vec();
            request.edit(|form| {
                form.set("offset", half.to_string())?;
                form.set("filecontent", slice)
            })
        },
    },
};

fn once(talk: &Talk) -> Vec<(usize, Verdict)> {
    let mut acknowledged: HashMap<(Slice, Option<&str>), &Call> = HashMap::new();
    let mut verdicts = Vec::new();
    for call in talk.calls() {
        // What the service does not list, or misses at finish, is to be sent again.
        if call.is(&Op::Finish) && !call.clear {
            acknowledged.clear();
        }
        if call.is(&Op::List) && call.success {
            acknowledged.retain(|(slice, _), _| call.listed.covers(*slice));
        }
        let Some(slice) = data(call).and_then(Call::slice) else { continue };
        let key = (slice, call.session());
        let before = acknowledged.get(&key);
        let before = before.filter(|before| before.exchange.answered <= call.exchange.started);
        let verdict = Verdict::of(before.is_none(), || {
            let number = before.map(|call| call.number.saturating_add(1)).unwrap_or_default();
            let found = format!("offset {} again, after exchange {number}", slice.offset);
            Evidence::new("offset", "a slice that is still missing", found, None)
        });
        verdicts.extend(verdict.map(|verdict| (call.number, verdict)));
        if call.clear && call.echoed {
            acknowledged.entry(key).or_insert(call);
        }
    }
    verdicts
}

fn serial(talk: &Talk) -> Vec<(usize, Verdict)> {
    let overlaps = overlapping(talk);
    let verdict = |call: &Call| {
        if !call.upload.as_ref()?.serial {
            return None;
        }
        let other = overlaps.get(&call.number);
        Verdict::of(other.is_none(), || {
            let number = other.map(|number| number.saturating_add(1)).unwrap_or_default();
            let found = format!("sent before the reply to exchange {number}");
            Evidence::new("serial_upload", "one data request at a time", found, None)
        })
    };
    talk.of(Op::Data).filter_map(|call| Some((call.number, verdict(call)?))).collect()
}

/// For each slice that was sent before the reply to another one, the first of these, by number.
fn overlapping(talk: &Talk) -> HashMap<usize, usize> {
    let mut calls: Vec<&Call> = talk.of(Op::Data).collect();
    calls.sort_by_key(|call| call.exchange.started);
    let (mut open, mut ends) = (BTreeSet::new(), BTreeSet::new());
    let mut overlapping = HashMap::new();
    for together in calls.chunk_by(|one, next| one.exchange.started == next.exchange.started) {
        for call in together {
            open.insert(call.number);
            ends.insert((call.exchange.answered, call.number));
        }
        let now = together.first().map(|call| call.exchange.started).unwrap_or_default();
        while let Some((_, number)) = ends.first().filter(|(answered, _)| *answered <= now) {
            open.remove(number);
            ends.pop_first();
        }
        for call in together {
            let other = open.iter().find(|number| **number != call.number);
            overlapping.extend(other.map(|number| (call.number, *number)));
        }
    }
    overlapping
}

fn serial_order(talk: &Talk) -> Vec<(usize, Verdict)> {
    let mut furthest: HashMap<Option<&str>, u64> = HashMap::new();
    let mut sent = HashSet::new();
    let mut verdicts = Vec::new();
    for call in talk.of(Op::Data) {
        // One that failed comes again.
        let is_repeated = !sent.insert((call.offset, call.session()));
        let is_serial = call.upload.as_ref().is_some_and(|upload| upload.serial);
        let Some(offset) = call.offset.filter(|_| is_serial) else { continue };
        let before = furthest.get(&call.session()).copied();
        furthest.insert(call.session(), before.unwrap_or(0).max(offset));
        let good = before.is_none_or(|before| before <= offset) || is_repeated;
        let verdict = Verdict::of(good, || {
            let found = format!("{offset}, after {}", before.unwrap_or_default());
            Evidence::new("offset", "an offset behind the one before", found, None)
        });
        verdicts.extend(verdict.map(|verdict| (call.number, verdict)));
    }
    verdicts
}

fn no_overlap<'t>(talk: &Talk<'t>) -> Vec<(usize, Verdict)> {
    // By session, the slices sent so far; none of them overlap, for one that does is not kept.
    let mut sent: HashMap<Option<&str>, BTreeMap<u64, Slice>> = HashMap::new();
    let mut verdict = |call: &Call<'t>| {
        let slice = data(call)?.slice().filter(|slice| slice.length > 0)?;
        let end = slice.end()?;
        let known = sent.entry(call.session()).or_default();
        let before = known.range(..end).next_back().map(|(_, before)| *before);
        let other = before.filter(|before| before.end() > Some(slice.offset) && *before != slice);
        if other.is_none() {
            known.insert(slice.offset, slice);
        }
        Verdict::of(other.is_none(), || {
            let Slice { offset, length } = other.unwrap_or(slice);
            let expected = format!("no byte of the slice of {length} bytes at {offset}");
            let found = format!("{} bytes at {}", slice.length, slice.offset);
            Evidence::new("offset", expected, found, None)
        })
    };
    talk.of(Op::Data).filter_map(|call| Some((call.number, verdict(call)?))).collect()
}
