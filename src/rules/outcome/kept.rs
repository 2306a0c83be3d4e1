//! What was there before the upload, and is not the client's to take away.

use crate::protocol::{Kept, Outcome, Stored};
use crate::rules::counterexample::{Breaks, Counterexample};
use crate::rules::flow::is_removal;
use crate::rules::{Analysis, AnnotatedExchange, Check, Evidence, Rule, Verdict};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] = &[SOURCE_KEPT, OTHER_OBJECT_KEPT];

const SOURCE_KEPT: Rule = Rule {
    id: "outcome/source-kept",
    clause: &spec::SOURCE_KEPT,
    summary: "the local file is as it was",
    why: "It is the user's data, and where the upload failed there is no other copy.",
    fix: "Open the local file read-only, and write temporary files and state elsewhere; do not \
          truncate, rename or delete it, not even after a success or when cleaning up.",
    check: Check::Outcome(|_, outcome| {
        let kept = outcome.source?;
        Verdict::of(kept == Kept::Whole, || {
            let found = match kept {
                Kept::Gone => "it was deleted",
                Kept::Whole | Kept::Altered => "it was changed",
            };
            Evidence::at("local file").expected("the file as it was").found(found)
        })
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        transcript.outcome.as_mut()?.source = Some(Kept::Gone);
        Some(())
    })),
};

const OTHER_OBJECT_KEPT: Rule = Rule {
    id: "outcome/other-object-kept",
    clause: &spec::OTHER_OBJECT_KEPT,
    summary: "another object in the same place survives an upload that is refused or fails",
    why: "It was complete, and somebody relies on it; insertOnly=0 replaces it only when the upload is.",
    fix: "Remove delete requests that make room or clean up after a failure; report -177 as a failure, \
          and do not ask again with insertOnly=0: to replace an object, the first init says so.",
    check: Check::Outcome(other_object_kept),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        transcript.outcome.as_mut()?.other_object = Some(Kept::Gone);
        Some(())
    }))
    .in_scenario("existing/other-file"),
};

fn other_object_kept(analysis: &Analysis, outcome: &Outcome) -> Option<Verdict> {
    let removed = removed_after_refusal(analysis);
    let found = match outcome.other_object? {
        Kept::Gone => "it is gone, and nothing is in its place",
        Kept::Altered if outcome.stored != Stored::Complete => {
            "something that is not the file is in its place"
        }
        Kept::Altered if removed.is_some() => "it was deleted, and the file uploaded in its place",
        Kept::Altered => {
            return Some(replaced_after_refusal(analysis).map_or(Verdict::Holds, Verdict::Broken));
        }
        Kept::Whole => return Some(Verdict::Holds),
    };
    let expected = "the object that was there before";
    let evidence = Evidence::at("object").expected(expected).found(found);
    // Without a refusal before it, any removal is what may have taken the object away.
    let removal = removed.or_else(|| analysis.exchanges().iter().find(|it| is_removal(it)));
    Some(Verdict::Broken(match removal {
        Some(removal) => evidence.related(removal.number, "deleted it"),
        None => evidence,
    }))
}

/// The request that deleted the object once the service had refused to replace it, unless the client was
/// asked to have it replaced.
fn removed_after_refusal(analysis: &Analysis) -> Option<&AnnotatedExchange> {
    if analysis.job().wishes.insert_only == Some(false) {
        return None;
    }
    // Only after the refusal: what nobody has refused to replace may be deleted.
    let (_, mut later) = refusal(analysis)?;
    later.find(|annotated| is_removal(annotated))
}

/// The object was to be kept, the service kept it, and the client asked again to have it replaced.
///
/// Who asks for that from the start may only be unable to ask for anything else.
fn replaced_after_refusal(analysis: &Analysis) -> Option<Evidence> {
    if analysis.job().wishes.insert_only != Some(true) {
        return None;
    }
    let (refused, mut later) = refusal(analysis)?;
    // No request has this field but those that begin an upload.
    let again = later.find(|annotated| annotated.request.text("insertOnly") == Some("0"))?;
    let evidence = Evidence::at("object")
        .expected("the object that was there before, as insertOnly=1 asks for")
        .found("it was replaced by the file, with insertOnly=0 after the refusal")
        .related(refused.number, "got -177")
        .related(again.number, "asked for the replacement");
    Some(evidence)
}

/// The refusal to replace the object, and what was sent after it.
fn refusal(
    analysis: &Analysis,
) -> Option<(&AnnotatedExchange, impl Iterator<Item = &AnnotatedExchange>)> {
    let mut exchanges = analysis.exchanges().iter();
    let refused = exchanges.find(|annotated| annotated.says_occupied())?;
    Some((refused, exchanges))
}
