use crate::client::{
    ClientPolicy, CompletionPolicy, FinishTiming, ReplyPolicy, SlicingPolicy, Task,
};
use crate::mutant::planted::{Planted, change_text, plant, with_field};
use crate::mutant::{
    COMPLETION, REPLIES, SLICING, completion, edited, edits_form, replies, slicing,
};
use crate::protocol::Part;

pub(super) const PLANTED: &[Planted] = &[
    plant(
        "spec/list-as-query-string",
        "list-multipart",
        "the list request is op=upload_slice_list, urlencoded",
        &["list/multipart", "request/content-type"],
        edited(|outgoing| {
            (outgoing.task == Task::List).then(|| {
                outgoing.request.edit_body(|_| b"op=upload_slice_list".to_vec());
                outgoing.request.edit_head(|head| {
                    with_field(head, "content-type", |_| {
                        "Content-Type: application/x-www-form-urlencoded".to_owned()
                    })
                });
            })
        }),
    ),
    plant(
        "spec/list-with-session",
        "list-op-alone",
        "the list request has a session, an empty one",
        &["list/op-alone"],
        edits_form!(Task::List, |form| {
            form.push(Part::new("session", ""));
            Some(())
        }),
    ),
    plant(
        "spec/list-until-finished",
        "list-heeded",
        "a list that names slices is doubted and requested again",
        &["list/heeded"],
        replies(ReplyPolicy { doubts: |task, _| *task == Task::List, ..REPLIES }),
    ),
    plant(
        "spec/finish-session-quoted",
        "finish-session",
        "session of finish is in quotes",
        &["finish/session"],
        edited(|outgoing| {
            (outgoing.task == Task::Finish).then_some(())?;
            change_text(outgoing, "session", |session| format!("\"{session}\""))
        }),
    ),
    plant(
        "spec/finish-filesize-of-slices",
        "finish-filesize",
        "filesize of finish is one more than the file's",
        &["finish/filesize"],
        edited(|outgoing| {
            (outgoing.task == Task::Finish).then_some(())?;
            change_text(outgoing, "filesize", |size| {
                (size.parse::<u64>().unwrap_or(0) + 1).to_string()
            })
        }),
    ),
    plant(
        "spec/finish-differs-from-init",
        "finish-as-announced",
        "filesize of finish is in bytes, that of init one byte more",
        &["finish/filesize-as-announced"],
        edited(|outgoing| {
            (outgoing.task == Task::Init).then_some(())?;
            change_text(outgoing, "filesize", |size| {
                (size.parse::<u64>().unwrap_or(0) + 1).to_string()
            })
        }),
    ),
    plant(
        "spec/finish-without-filesize",
        "finish-filesize-form",
        "finish has the session and nothing else",
        &["finish/filesize-form"],
        edits_form!(Task::Finish, |form| form.remove("filesize")),
    ),
    plant(
        "spec/finish-while-sending",
        "finish-after-replies",
        "finish is sent while the last two slices are under way",
        &["finish/after-replies"],
        ClientPolicy {
            slicing: SlicingPolicy { in_flight: 3, ..SLICING },
            completion: CompletionPolicy { finish: FinishTiming::Sent, ..COMPLETION },
            ..ClientPolicy::REFERENCE
        },
    ),
    plant(
        "spec/finish-without-sha",
        "finish-sha",
        "finish has no sha after an init with one",
        &["finish/sha"],
        ClientPolicy {
            edit: |outgoing| {
                (outgoing.task == Task::Finish).then_some(())?;
                outgoing.request.edit(|form| form.remove("sha"))
            },
            ..ClientPolicy::WITH_SHA
        },
    ),
    plant(
        "spec/tail-forgotten",
        "finish-after-all",
        "a shorter last slice is forgotten: the number of slices is rounded down",
        &["finish/after-all-slices"],
        slicing(SlicingPolicy {
            slices: |plan| {
                let whole = plan.slice_size();
                // slice| slice.offset == 0|A file of one short slice is still sent.
                plan.slices().filter(|slice| slice.offset == 0 || slice.length == whole).collect()
            },
            ..SLICING
        }),
    ),
    plant(
        "spec/many-slices-cut-off",
        "finish-after-all",
        "the number of slices is kept in too few digits: at most ten are sent",
        &["finish/after-all-slices"],
        slicing(SlicingPolicy { slices: |plan| plan.slices().take(10).collect(), ..SLICING }),
    ),
    plant(
        "spec/finish-twice",
        "finish-once",
        "finish is sent twice",
        &["finish/once"],
        completion(CompletionPolicy { finish: FinishTiming::Twice, ..COMPLETION }),
    ),
];
