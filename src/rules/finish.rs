use super::data::{ANNOUNCED_SHA, session, sha};
use super::diagnosis::value_evidence;
use super::{Analysis, AnnotatedExchange, Check, Evidence, Rule, Verdict};
use crate::protocol::{Op, Slice};
use crate::rules::counterexample::{Breaks, Counterexample, Edit, FINISH, INIT, THIRD_SLICE};
use crate::spec;

pub(super) const RULES: &[Rule] =
    &[SESSION, FILESIZE_FORM, FILESIZE, AS_ANNOUNCED, SHA, AFTER_ALL_SLICES, WAITS, ONCE];

const SESSION: Rule = Rule {
    id: "finish/session",
    clause: &spec::FINISH_SESSION,
    summary: "session is the one that the service issued",
    why: "The service cannot tell which upload is to be closed; it answers -29096.",
    fix: "Put into finish the session that the reply to init or list has in its data and that the \
          slices were sent with, as a whole string, without trimming, escaping or a number type.",
    check: Check::Request(|annotated| session(annotated, &Op::Finish)),
    counterexample: Counterexample::edited(FINISH, Edit::Set("session", "")),
};

const FILESIZE_FORM: Rule = Rule {
    id: "finish/filesize-form",
    clause: &spec::FINISH_FILESIZE_FORM,
    summary: "filesize is present, in decimal digits",
    why: "The service refuses finish without it with -29104.",
    fix: "Add filesize to the form of finish, and print it from an integer without sign, point, \
          exponent or separators; a floating-point type prints large files as 1e+08.",
    check: Check::Request(|annotated| {
        let filesize = finish(annotated)?.request.number("filesize");
        let expected = format!("{}, the length of the file", annotated.file_size()?);
        Verdict::of(filesize.is_some(), || value_evidence(annotated, "filesize", expected))
    }),
    counterexample: Counterexample::edited(FINISH, Edit::Remove("filesize")),
};

const FILESIZE: Rule = Rule {
    id: "finish/filesize",
    clause: &spec::FINISH_FILESIZE,
    summary: "filesize is the length of the file",
    why: "The service compares it with what arrived; it answers -175.",
    fix: "Send the length of the whole file in bytes as filesize at finish; do not compute it as \
          slices times slice_size, nor from the bytes that were sent since the upload was resumed.",
    check: Check::Request(|annotated| {
        // What is no number breaks `finish/filesize-form`.
        let filesize = finish(annotated)?.request.number("filesize")?;
        let file = annotated.file_size()?;
        Verdict::of(filesize == file, || {
            value_evidence(annotated, "filesize", format!("{file}, the length of the file"))
        })
    }),
    counterexample: Counterexample::edited(FINISH, Edit::Set("filesize", "345678")),
};

const AS_ANNOUNCED: Rule = Rule {
    id: "finish/filesize-as-announced",
    clause: &spec::FINISH_AS_ANNOUNCED,
    summary: "filesize is what init announced, or what the list has",
    why: "The service compares it with what was announced, and answers -175 or -50152.",
    fix: "Keep filesize from init, or from data of the list, and send the same value at finish; \
          where the list has another one than the local file, do not resume that upload.",
    check: Check::Request(|annotated| {
        let filesize = finish(annotated)?.request.number("filesize")?;
        // An upload that is gone on with may have been begun with another file.
        let listed = annotated.upload.as_ref().and_then(|upload| upload.filesize);
        if let Some(listed) = listed {
            return Verdict::of(filesize == listed, || {
                let is_other = annotated.file_size().is_some_and(|file| file != listed);
                let why = if is_other { ": the upload is of another file" } else { "" };
                let expected = format!("{listed}, as the list has it{why}");
                value_evidence(annotated, "filesize", expected)
            });
        }
        // What is no number at init breaks `init/filesize-form`.
        let announced = annotated.init.as_ref()?.filesize?;
        Verdict::of(filesize == announced, || {
            value_evidence(annotated, "filesize", format!("{announced}, as at init"))
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Set("filesize", "2442831")),
};

const SHA: Rule = Rule {
    id: "finish/sha",
    clause: &spec::FINISH_SHA,
    summary: "finish has the sha of init, if init had one",
    why: "The service answers -29094, or skips the comparison that the client relies on.",
    fix: "Keep the sha of init together with the session, and add it unchanged to the form of \
          finish: it is the SHA-1 of the whole file, not of the last slice.",
    check: Check::Request(|annotated| sha(annotated, &Op::Finish)),
    counterexample: Counterexample::plain(ANNOUNCED_SHA),
};

const AFTER_ALL_SLICES: Rule = Rule {
    id: "finish/after-all-slices",
    clause: &spec::FINISH_AFTER_ALL,
    summary: "finish is sent only after every slice of the file has been sent",
    why: "A service that does not check stores an object with a gap.",
    fix: "Round the number of slices up, and check before finish that slices sent or listed for \
          its session, by offset and datalen, cover the file without a gap; after a new init, \
          begin again at offset 0.",
    check: Check::Conversation(|analysis| {
        let verdicts = analysis.of(Op::Finish);
        verdicts
            .filter_map(|annotated| {
                Some((annotated.number, after_all_slices(analysis, annotated)?))
            })
            .collect()
    }),
    counterexample: Counterexample::plain(Breaks::Without(THIRD_SLICE)),
};

const WAITS: Rule = Rule {
    id: "finish/after-replies",
    clause: &spec::FINISH_AFTER_REPLIES,
    summary: "finish waits for the replies to all slices",
    why: "It is not yet known whether the last slices were accepted; they may be refused, or arrive too late.",
    fix: "Join all workers and read the reply to each slice before finish is sent; do not send it \
          as soon as the last slice is written, or the one at the end of the file is answered.",
    check: Check::Conversation(|analysis| {
        let verdicts = analysis.of(Op::Finish);
        verdicts
            .filter_map(|annotated| Some((annotated.number, after_replies(analysis, annotated)?)))
            .collect()
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let slice = THIRD_SLICE.exchange(transcript)?.started;
        FINISH.exchange(transcript)?.started = slice;
        Some(())
    })),
};

const ONCE: Rule = Rule {
    id: "finish/once",
    clause: &spec::FINISH_ONCE,
    summary: "no finish is sent once the object is complete",
    why: "The upload is closed; what a second finish does is not documented.",
    fix: "Return as soon as finish, or op upload, is answered with code 0; check that neither a \
          retry, nor each of several workers, nor a cleanup handler sends it again.",
    check: Check::Conversation(|analysis| nothing_after_finish(analysis, Op::Finish, "a finish")),
    counterexample: Counterexample::plain(Breaks::Again(FINISH)),
};

fn finish(annotated: &AnnotatedExchange) -> Option<&AnnotatedExchange> {
    Some(annotated).filter(|annotated| annotated.is(&Op::Finish))
}

/// Slices that were sent and refused are the matter of `flow/code-heeded`, not of this rule, and
/// those without a reply that of `finish/after-replies`.
fn after_all_slices(analysis: &Analysis, annotated: &AnnotatedExchange) -> Option<Verdict> {
    // Without an upload there is nothing to be complete; `flow/starts-with-init` says so.
    annotated.upload.as_ref()?;
    let size = annotated.file_size()?;
    // Slices that a list names need not be sent by this client.
    let gap = analysis.first_gap_before(annotated);
    Verdict::broken_by(gap, |gap| {
        let (start, end) = (gap.offset, gap.end().unwrap_or(size));
        let elsewhere = analysis.sent_for_another_opening(annotated, gap);
        let only = if elsewhere.is_some() { " in this upload" } else { "" };
        let found = format!("no slice was sent{only} that has bytes {start} to {end}");
        let expected = format!("slices for all {size} bytes before finish");
        // The bytes that went to another session explain the gap whatever a list has, and a list
        // does before a slice that came too late.
        let evidence = Evidence::at("op").expected(expected).found(found);
        match (elsewhere, list_before(analysis, annotated)) {
            (Some(other), _) => evidence.related(
                other.number,
                "sent some of these bytes for another session: an upload that a new init opens has none",
            ),
            (None, Some(list)) => evidence.related(list.number, beside(list, gap)),
            (None, None) => match sent_later(analysis, annotated, gap) {
                Some(later) => evidence.related(later.number, "sent some of these bytes too late"),
                None => evidence,
            },
        }
    })
}

/// The slice with bytes of this gap that came only after finish.
fn sent_later<'a>(
    analysis: &'a Analysis,
    finish: &AnnotatedExchange,
    gap: Slice,
) -> Option<&'a AnnotatedExchange> {
    let is_in_gap = |slice: Slice| {
        slice.offset < gap.end().unwrap_or(u64::MAX) && Some(gap.offset) < slice.end()
    };
    // By number: it was complete after finish, whenever it began. What another init opened is another upload.
    let mut later = analysis
        .of(Op::Data)
        .filter(|later| later.number > finish.number && later.opening == finish.opening);
    later.find(|later| later.slice().is_some_and(is_in_gap))
}

/// The list from which the upload of this request was gone on with.
fn list_before<'a>(
    analysis: &'a Analysis,
    annotated: &AnnotatedExchange,
) -> Option<&'a AnnotatedExchange> {
    annotated.upload.as_ref().filter(|upload| upload.listed)?;
    let before = analysis.exchanges().get(..annotated.number)?;
    before.iter().rfind(|other| other.is(&Op::List) && other.success())
}

/// What a list has of a slice in which bytes are missing.
fn beside(list: &AnnotatedExchange, gap: Slice) -> String {
    let touches = |part: &Slice| part.end() == Some(gap.offset) || gap.end() == Some(part.offset);
    let is_partial = |part: &Slice| {
        let named = list.partial_data().and_then(|data| data.slice_size);
        named.is_some_and(|slice_size| part.length < slice_size)
    };
    match list.listed.slices().find(|part| touches(part) && is_partial(part)) {
        Some(Slice { offset, length }) => {
            format!("lists {length} bytes at offset {offset}, which is a part of a slice")
        }
        None => "lists the slices that are there, and these bytes are not among them".to_owned(),
    }
}

fn after_replies(analysis: &Analysis, annotated: &AnnotatedExchange) -> Option<Verdict> {
    annotated.upload.as_ref()?;
    // Slices that a list has acknowledged meanwhile are not waited for.
    // Those of an upload that was given up before another init say nothing of this one.
    let is_own = |number: &usize| {
        let open = analysis.exchanges().get(*number);
        open.is_some_and(|open| open.opening == annotated.opening)
    };
    let mut open = analysis.open_at(annotated).filter(is_own).peekable();
    Verdict::of(open.peek().is_none(), || {
        let evidence = Evidence::at("op")
            .expected("the replies to all slices before finish")
            .found("finish before the replies to some slices");
        open.fold(evidence, |evidence, number| evidence.related(number, "the slice"))
    })
}

/// Whether requests of an operation come while the object is not complete yet.
pub(super) fn nothing_after_finish(
    analysis: &Analysis,
    op: Op,
    found: &str,
) -> Vec<(usize, Verdict)> {
    let verdict = |annotated: &AnnotatedExchange| {
        Verdict::broken_by(analysis.stored_before(annotated), |finish| {
            let op = finish.op().map_or("finish", Op::as_str);
            Evidence::at("op")
                .expected("nothing more: the object is complete")
                .found(found)
                .related(finish.number, format!("the {op} that succeeded"))
        })
    };
    analysis.of(op).filter_map(|annotated| Some((annotated.number, verdict(annotated)?))).collect()
}
