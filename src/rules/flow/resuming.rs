//! What is made of an upload that was interrupted, and of the grid that the service names.

use std::collections::HashSet;

use super::is_removal;
use crate::protocol::{Op, Slice};
use crate::rules::counterexample::{Breaks, Counterexample, FIRST_SLICE, INIT, LIST, RESUMED};
use crate::rules::data::is_as_announced;
use crate::rules::{Analysis, AnnotatedExchange, Check, Evidence, Rule, Verdict};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] =
    &[GRID_OF_INIT, GRID_OF_LIST, RESUMES, RESUMES_MISSING_ONLY, GOES_ON, CONFLICT];

const GRID_OF_INIT: Rule = Rule {
    id: "flow/slice-size-of-init",
    clause: &spec::SLICE_SIZE_OF_INIT,
    summary: "slices have the slice_size in the reply to init",
    why: "The service cuts by its own size; slices of the size that was asked for are refused, or \
          overlap.",
    fix: "Read data.slice_size of the reply to init before the first slice is cut, and use it for \
          every offset and length; use the configured size for the field slice_size of init alone.",
    check: Check::Request(|annotated| grid_adopted(annotated, false)),
    counterexample: Counterexample::plain(Breaks::ReplyValue(INIT, "/data/slice_size", "524288")),
};

const GRID_OF_LIST: Rule = Rule {
    id: "flow/slice-size-of-list",
    clause: &spec::SLICE_SIZE_OF_LIST,
    summary: "a resumed upload has the slice_size in its list",
    why: "The upload was begun with that size; slices of another size overlap those that are already there.",
    fix: "Replace the configured slice size of a resumed upload by data.slice_size of the reply to \
          upload_slice_list before the missing offsets are computed.",
    check: Check::Request(|annotated| grid_adopted(annotated, true)),
    counterexample: Counterexample::plain(Breaks::ReplyValue(LIST, "/data/slice_size", "524288"))
        .in_scenario(RESUMED),
};

const RESUMES: Rule = Rule {
    id: "flow/resumes",
    clause: &spec::RESUMES,
    summary: "after -4019 at init the client requests the list of slices",
    why: "Otherwise an interrupted upload can be neither completed nor replaced until somebody deletes it.",
    fix: "Handle -4019 from init apart from other errors: send upload_slice_list to the same path, \
          and take session and listparts from its reply, instead of reporting a failure at once.",
    check: Check::Conversation(|analysis| {
        // Who has opened the upload itself knows of its slices without a list.
        let not_opened = analysis.of(Op::Init).take_while(|annotated| !annotated.success());
        let in_progress = not_opened.filter(|annotated| annotated.clear_code() == Some(-4019));
        let is_listed = analysis.comes_after(|later| later.is(&Op::List));
        let verdict = |annotated: &AnnotatedExchange| {
            Verdict::of_later(is_listed(annotated.number), analysis, || {
                let found = "no list request follows";
                Evidence::at("code -4019").expected("upload_slice_list").found(found)
            })
        };
        in_progress.filter_map(|annotated| Some((annotated.number, verdict(annotated)?))).collect()
    }),
    counterexample: Counterexample::plain(Breaks::EndsAfter(1)).in_scenario(RESUMED),
};

const RESUMES_MISSING_ONLY: Rule = Rule {
    id: "flow/resumes-missing-only",
    clause: &spec::RESUMES_MISSING_ONLY,
    summary: "slices that the list names are not sent again",
    why: "It costs the time and the traffic that resuming is meant to save.",
    fix: "Skip every slice that listparts covers, by offset and datalen as integers; do not start \
          again at 0, nor assume that the listed parts follow each other without a gap.",
    check: Check::Conversation(missing_only),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let file = transcript.job.file.as_ref()?.whole()?;
        let request = &mut FIRST_SLICE.exchange(transcript)?.request;
        let slice = file.get(..request.value("filecontent")?.content.len())?.to_vec();
        request.edit(|form| {
            form.set("offset", "0")?;
            form.set("filecontent", slice)
        })
    }))
    .in_scenario(RESUMED),
};

const GOES_ON: Rule = Rule {
    id: "flow/resume-goes-on",
    clause: &spec::RESUME_GOES_ON,
    summary: "slices or finish follow the list of an interrupted upload",
    why: "The list alone does not complete the upload.",
    fix: "Go on after the list with the session in its data: send the slices that listparts does \
          not cover, which are all where it is empty, and then finish.",
    check: Check::Conversation(|analysis| {
        let goes_on = analysis.comes_after(|later| {
            matches!(later.op(), Some(Op::Data | Op::Finish | Op::Upload)) || is_removal(later)
        });
        let verdict = |annotated: &AnnotatedExchange| {
            let data = annotated.reply.as_ref().ok()?.list()?;
            // A list of another file, or one that can be misread, is no reason to go on.
            if !annotated.clear() || data.filesize != annotated.file_size()? {
                return None;
            }
            Verdict::of_later(goes_on(annotated.number), analysis, || {
                let expected = "the missing slices, then finish";
                Evidence::at("op").expected(expected).found("neither of them after the list")
            })
        };
        // A list that was asked for to learn the fate of a request may be all that a client wanted to know.
        let inits =
            analysis.of(Op::Init).map(|annotated| (annotated.number, annotated.clear_code()));
        // Collected once: the last init before each list is then found
        // without going over all of them.
        let inits: Vec<_> = inits.collect();
        let resumes = |list: &&AnnotatedExchange| {
            let before = inits.partition_point(|(number, _)| *number < list.number);
            let last = before.checked_sub(1).and_then(|last| inits.get(last));
            last.is_some_and(|(_, code)| *code == Some(-4019))
        };
        let lists = analysis.of(Op::List).filter(resumes);
        lists.filter_map(|annotated| Some((annotated.number, verdict(annotated)?))).collect()
    }),
    counterexample: Counterexample::plain(Breaks::EndsAfter(2)).in_scenario(RESUMED),
};

const CONFLICT: Rule = Rule {
    id: "flow/conflict-not-resumed",
    clause: &spec::CONFLICT,
    summary: "an upload that init refused with -4020 is not resumed",
    why: "The slices that are there belong to another file; the object would be a mixture of both.",
    fix: "End with an error on -4020 from init, or delete the unfinished upload and send init \
          again; keep this code out of the branch that resumes after -4019.",
    check: Check::Conversation(|analysis| {
        let mut conflict: Option<&AnnotatedExchange> = None;
        let mut verdicts = Vec::new();
        for annotated in analysis.exchanges() {
            if annotated.is(&Op::Init) {
                conflict =
                    Some(annotated).filter(|annotated| annotated.clear_code() == Some(-4020));
                verdicts.extend(conflict.map(|annotated| (annotated.number, Verdict::Holds)));
            } else if is_removal(annotated) {
                conflict = None;
            } else if let Some(known) = conflict
                && matches!(annotated.op(), Some(Op::Data | Op::Finish))
            {
                let evidence = Evidence::at("op")
                    .expected("the end of the upload, or a delete request")
                    .found(annotated.op().map_or("", Op::as_str))
                    .related(known.number, "was refused with -4020");
                verdicts.push((annotated.number, Verdict::Broken(evidence)));
            }
        }
        verdicts
    }),
    counterexample: Counterexample::plain(Breaks::Refusal(INIT, 409, -4020)).in_scenario(RESUMED),
};

/// Whether a slice is cut by the size that the service named, where that is not the one asked for.
fn grid_adopted(annotated: &AnnotatedExchange, by_list: bool) -> Option<Verdict> {
    let slice = Some(annotated).filter(|annotated| annotated.is(&Op::Data))?.slice()?;
    let upload = annotated.upload.as_ref().filter(|upload| upload.listed == by_list)?;
    let named = upload.slice_size?;
    // Where both sizes are the same, nothing shows which of them the client goes by.
    let asked = annotated.init.as_ref()?.slice_size.filter(|asked| *asked != named)?;
    let rest = annotated.file_size()?.checked_sub(slice.offset)?;
    let is_on =
        |grid: u64| slice.offset.checked_rem(grid) == Some(0) && slice.length == rest.min(grid);
    // A slice that is on neither grid breaks `data/length` or `data/offset-aligned`.
    Verdict::of(is_on(named) || !is_on(asked) || is_as_announced(annotated), || {
        let reply = if by_list { "the list" } else { "the reply to init" };
        let expected = format!("slices of {named} bytes, the slice_size in {reply}");
        let Slice { offset, length } = slice;
        let found =
            format!("{length} bytes at offset {offset}: cut by the {asked} that init asked for");
        Evidence::at("slice_size").expected(expected).found(found)
    })
}

/// Since a client may begin again, only the list that it goes on from counts.
fn missing_only(analysis: &Analysis) -> Vec<(usize, Verdict)> {
    let mut list: Option<&AnnotatedExchange> = None;
    // A list has no datamd5: what was acknowledged with another one may be damaged all the same [§2.4].
    let mut doubtful: HashSet<Option<u64>> = HashSet::new();
    let mut verdicts = Vec::new();
    for annotated in analysis.exchanges() {
        if annotated.is(&Op::List) && annotated.success() {
            list = Some(annotated);
        } else if is_removal(annotated) || (annotated.is(&Op::Init) && annotated.success()) {
            list = None;
        } else if annotated.is(&Op::Finish) && !annotated.clear() {
            // Where finish finds slices missing that the list names, nobody knows which.
            return verdicts;
        }
        // Slices that were sent before the list arrived could not know of it.
        let known = list.filter(|list| list.exchange.answered <= annotated.exchange.started);
        let is_doubtful = doubtful.contains(&annotated.offset);
        if annotated.is(&Op::Data) && annotated.success() {
            // Once it was acknowledged as it was sent, there is no more doubt.
            if annotated.echoed() {
                doubtful.remove(&annotated.offset);
            } else {
                doubtful.insert(annotated.offset);
            }
        }
        let (Some(list), Some(slice)) =
            (known, annotated.slice().filter(|_| annotated.is(&Op::Data) && !is_doubtful))
        else {
            continue;
        };
        let verdict = Verdict::of(!list.listed.covers(slice), || {
            let found = format!("offset {}, which is in listparts", slice.offset);
            Evidence::at("offset").expected("a slice that is still missing").found(found)
        });
        verdicts.extend(verdict.map(|verdict| (annotated.number, verdict)));
    }
    verdicts
}
