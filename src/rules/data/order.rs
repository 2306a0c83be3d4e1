//! The slices of an upload among each other: when, how often, how many at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::data;
use crate::protocol::{Delivery, Op, Slice};
use crate::rules::counterexample::{Breaks, Counterexample, FIRST_SLICE, SECOND_SLICE};
use crate::rules::finish::nothing_after_finish;
use crate::rules::{Analysis, AnnotatedExchange, Check, Evidence, Rule, Verdict};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] =
    &[BEFORE_FINISH, SERIAL, SERIAL_ORDER, ONCE, NO_OVERLAP];

const BEFORE_FINISH: Rule = Rule {
    id: "data/before-finish",
    clause: &spec::DATA_BEFORE_FINISH,
    summary: "no slice is sent once the object is complete",
    why: "The upload is closed; what happens to such a slice is not documented.",
    fix: "Stop all workers, and cancel slices and retries that are still queued, before finish is \
          sent; once it, or upload, is answered with code 0, send no more slices.",
    check: Check::Conversation(|analysis| nothing_after_finish(analysis, Op::Data, "a slice")),
    counterexample: Counterexample::plain(Breaks::AgainAtEnd(FIRST_SLICE)),
};

const SERIAL: Rule = Rule {
    id: "data/serial",
    clause: &spec::DATA_SERIAL,
    summary: "slices are sent one at a time if the service asks for that",
    why: "The service has said that it cannot take slices in parallel.",
    fix: "Read data.serial_upload of the reply to init and list: where it is 1, use a single \
          worker, which reads the reply to each slice before it sends the next.",
    check: Check::Conversation(serial),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let first = FIRST_SLICE.exchange(transcript)?.started;
        SECOND_SLICE.exchange(transcript)?.started = first;
        Some(())
    }))
    .in_scenario("server-choice/serial-upload"),
};

const SERIAL_ORDER: Rule = Rule {
    id: "data/serial-order",
    clause: &spec::DATA_SERIAL_ORDER,
    summary: "slices are sent in the order of the file if the service wants them one at a time",
    why: "A service that can only append cannot use a slice that comes too early.",
    fix: "Send slices by ascending offset where serial_upload is 1, and repeat one that failed \
          before the next is sent; do not let a pool or an unordered map choose the order.",
    check: Check::Conversation(serial_order),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let first = FIRST_SLICE.exchange(transcript)?.clone();
        let second = SECOND_SLICE.exchange(transcript)?;
        let (request, response) = (second.request.clone(), second.response.clone());
        (second.request, second.response) = (first.request, first.response);
        let first = FIRST_SLICE.exchange(transcript)?;
        (first.request, first.response) = (request, response);
        Some(())
    }))
    .in_scenario("server-choice/serial-upload"),
};

const ONCE: Rule = Rule {
    id: "data/once",
    clause: &spec::DATA_ONCE,
    summary: "an acknowledged slice is not sent again",
    why: "It wastes time and traffic.",
    fix: "Mark a slice as done when it is acknowledged, and let a retry repeat only those that \
          failed; check that no two workers take the same offset from the queue.",
    check: Check::Conversation(once),
    counterexample: Counterexample::plain(Breaks::Again(FIRST_SLICE)),
};

const NO_OVERLAP: Rule = Rule {
    id: "data/no-overlap",
    clause: &spec::DATA_NO_OVERLAP,
    summary: "slices do not overlap, unless the same slice is sent again",
    why: "Which of two slices counts where they overlap is not documented.",
    fix: "Step offset by one slice size for the whole upload, and never by less than was sent; \
          after a list, cut what is missing so that no slice shares bytes with a part in \
          listparts.",
    check: Check::Conversation(no_overlap),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let file = transcript.job.file.as_ref()?.whole()?;
        let request = &mut SECOND_SLICE.exchange(transcript)?.request;
        let length = request.value("filecontent")?.content.len();
        let half = length.checked_div(2)?;
        let slice = file.get(half..)?.get(..length)?.to_vec();
        request.edit(|form| {
            form.set("offset", half.to_string())?;
            form.set("filecontent", slice)
        })
    })),
};

fn once(analysis: &Analysis) -> Vec<(usize, Verdict)> {
    let mut acknowledged: HashMap<(Slice, Option<&str>), &AnnotatedExchange> = HashMap::new();
    // What a client was told before it was killed it need not have heard, and may have had no time to note.
    let mut before_kill = HashMap::new();
    let mut verdicts = Vec::new();
    for annotated in analysis.exchanges() {
        if analysis.job().restarts && annotated.exchange.delivery == Delivery::Reset {
            // Requests that were cut off by the kill may be several.
            before_kill.extend(acknowledged.drain());
        }
        // What the service does not list, or misses at finish, is to be sent again.
        if annotated.is(&Op::Finish) && !annotated.clear() {
            acknowledged.clear();
        }
        if annotated.is(&Op::List) && annotated.success() {
            acknowledged.extend(before_kill.drain());
            acknowledged.retain(|(slice, _), _| annotated.listed.covers(*slice));
        }
        let Some(slice) = data(annotated).and_then(AnnotatedExchange::slice) else { continue };
        let key = (slice, annotated.session());
        let before = acknowledged.get(&key);
        let before = before.filter(|before| before.exchange.answered <= annotated.exchange.started);
        let verdict = Verdict::broken_by(before, |before| {
            Evidence::at("offset")
                .expected("a slice that is still missing")
                .found(format!("offset {} again", slice.offset))
                .related(before.number, "the same slice, which was acknowledged")
        });
        verdicts.extend(verdict.map(|verdict| (annotated.number, verdict)));
        // A reply that describes another slice acknowledges nothing.
        if annotated.clear() && annotated.echoed() {
            acknowledged.entry(key).or_insert(annotated);
        }
    }
    verdicts
}

fn serial(analysis: &Analysis) -> Vec<(usize, Verdict)> {
    let overlaps = overlapping(analysis);
    let verdict = |annotated: &AnnotatedExchange| {
        if !annotated.upload.as_ref()?.serial {
            return None;
        }
        let other = overlaps.get(&annotated.number);
        Verdict::broken_by(other, |other| {
            Evidence::at("serial_upload")
                .expected("one data request at a time")
                .found("sent before the reply to another slice")
                .related(*other, "the other slice")
        })
    };
    analysis
        .of(Op::Data)
        .filter_map(|annotated| Some((annotated.number, verdict(annotated)?)))
        .collect()
}

/// For each slice that was sent before the reply to another one of the same upload, the first of these, by
/// number.
fn overlapping(analysis: &Analysis) -> HashMap<usize, usize> {
    // Who gives up on a slice and opens another upload need not wait for the reply to it.
    let mut by_opening: BTreeMap<usize, Vec<&AnnotatedExchange>> = BTreeMap::new();
    for annotated in analysis.of(Op::Data) {
        by_opening.entry(annotated.opening).or_default().push(annotated);
    }
    by_opening.into_values().flat_map(overlapping_in_one).collect()
}

fn overlapping_in_one(mut exchanges: Vec<&AnnotatedExchange>) -> HashMap<usize, usize> {
    exchanges.sort_by_key(|annotated| annotated.exchange.started);
    let (mut open, mut ends) = (BTreeSet::new(), BTreeSet::new());
    let mut overlapping = HashMap::new();
    for together in exchanges.chunk_by(|one, next| one.exchange.started == next.exchange.started) {
        for annotated in together {
            open.insert(annotated.number);
            ends.insert((annotated.exchange.answered, annotated.number));
        }
        // Those that began at the same time overlap each other, so all are open before any is looked at.
        let Some(now) = together.first().map(|annotated| annotated.exchange.started) else {
            continue;
        };
        // A request is closed by a reply that was sent by now, even at this very time.
        while let Some((_, number)) = ends.first().filter(|(answered, _)| *answered <= now) {
            open.remove(number);
            ends.pop_first();
        }
        for annotated in together {
            // The first by number: the same transcript always gives the same finding.
            let other = open.iter().find(|number| **number != annotated.number);
            overlapping.extend(other.map(|number| (annotated.number, *number)));
        }
    }
    overlapping
}

fn serial_order(analysis: &Analysis) -> Vec<(usize, Verdict)> {
    let mut furthest: HashMap<Option<&str>, u64> = HashMap::new();
    let mut sent = HashSet::new();
    let mut verdicts = Vec::new();
    for annotated in analysis.of(Op::Data) {
        // One that failed comes again.
        let is_repeated = !sent.insert((annotated.offset, annotated.session()));
        let is_serial = annotated.upload.as_ref().is_some_and(|upload| upload.serial);
        let Some(offset) = annotated.offset.filter(|_| is_serial) else { continue };
        let before = furthest.get(&annotated.session()).copied();
        // The furthest so far counts: after a slice that came too early, all before it are out of order.
        furthest.insert(annotated.session(), before.unwrap_or(0).max(offset));
        let later = before.filter(|before| *before > offset && !is_repeated);
        let verdict = Verdict::broken_by(later, |later| {
            let found = format!("{offset}, after {later}");
            Evidence::at("offset").expected("an offset greater than the previous one").found(found)
        });
        verdicts.extend(verdict.map(|verdict| (annotated.number, verdict)));
    }
    verdicts
}

fn no_overlap(analysis: &Analysis) -> Vec<(usize, Verdict)> {
    // By session, the slices sent so far; none of them overlap, for one that does is not kept.
    let mut sent: HashMap<Option<&str>, BTreeMap<u64, Slice>> = HashMap::new();
    let mut list: Option<&AnnotatedExchange> = None;
    let mut verdicts = Vec::new();
    for annotated in analysis.exchanges() {
        if annotated.is(&Op::List) && annotated.success() {
            list = Some(annotated);
        // What is deleted, or begun again, is no more as the list had it.
        } else if annotated.op().is_none() || annotated.is(&Op::Init) && annotated.success() {
            list = None;
        }
        let slice = data(annotated).and_then(AnnotatedExchange::slice);
        let Some(slice) = slice.filter(|slice| slice.length > 0) else { continue };
        let Some(end) = slice.end() else { continue };
        let known = sent.entry(annotated.session()).or_default();
        // Those kept do not overlap: only the last that begins before the end of this one can overlap it.
        let before = known.range(..end).next_back().map(|(_, before)| *before);
        let other = before.filter(|before| before.end() > Some(slice.offset) && *before != slice);
        if other.is_none() {
            known.insert(slice.offset, slice);
        }
        let list = list.filter(|list| list.exchange.answered <= annotated.exchange.started);
        let cut = list.and_then(|list| Some((list, list.listed.cut_across(slice)?)));
        let verdict = Verdict::broken_by(
            other.map(|other| (other, None)).or(cut.map(|(list, part)| (part, Some(list)))),
            |(other, list)| {
                let named = if list.is_some() { "part" } else { "slice" };
                let Slice { offset, length } = other;
                let expected =
                    format!("no byte of the {named} of {length} bytes at offset {offset}");
                let found = format!("{} bytes at offset {}", slice.length, slice.offset);
                let evidence = Evidence::at("offset").expected(expected).found(found);
                match list {
                    Some(list) => evidence.related(list.number, "lists that part"),
                    None => evidence,
                }
            },
        );
        verdicts.extend(verdict.map(|verdict| (annotated.number, verdict)));
    }
    verdicts
}
