use bytes::Bytes;

use crate::client::{
    ClientPolicy, CompletionPolicy, FinishTiming, Grid, Outgoing, SlicingPolicy, Task, content,
};
use crate::mutant::planted::{Planted, change_text, plant};
use crate::mutant::{COMPLETION, SLICING, completion, edited, edits_form, slicing};
use crate::protocol::{Part, Slice, md5_hex, sha1_hex};

pub(super) const PLANTED: &[Planted] = &[
    plant(
        "spec/session-64-characters",
        "data-session",
        "the session is kept in 64 characters",
        &["data/session"],
        slicing(SlicingPolicy { session: |session| session.chars().take(64).collect(), ..SLICING }),
    ),
    plant(
        "spec/session-percent-encoded",
        "data-session",
        "the session is percent-encoded in the form",
        &["data/session"],
        edited(|outgoing| {
            change_text(outgoing, "session", |session| {
                session.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
            })
        }),
    ),
    plant(
        "spec/session-absent-in-later-slices",
        "data-session",
        "only the first slice has the session",
        &["data/session"],
        edited(|outgoing| {
            let later = matches!(outgoing.task, Task::Data(slice) if slice.offset > 0);
            later.then(|| outgoing.request.edit(|form| form.remove("session"))).flatten()
        }),
    ),
    plant(
        "spec/offset-zero-dropped",
        "data-offset-form",
        "an offset of 0 is taken for none and left out",
        &["data/offset-form"],
        edited(|outgoing| {
            let first = matches!(outgoing.task, Task::Data(slice) if slice.offset == 0);
            first.then(|| outgoing.request.edit(|form| form.remove("offset"))).flatten()
        }),
    ),
    plant(
        "spec/offset-grouped",
        "data-offset-form",
        "offset has a comma before each three digits",
        &["data/offset-form"],
        edited(|outgoing| {
            change_text(outgoing, "offset", |offset| {
                let digits: Vec<char> = offset.chars().rev().collect();
                let groups: Vec<String> =
                    digits.chunks(3).map(|group| group.iter().collect()).collect();
                groups.join(",").chars().rev().collect()
            })
        }),
    ),
    plant(
        "spec/offset-from-one",
        "data-offset-grid",
        "offsets are counted from 1",
        &["data/offset-aligned"],
        slicing(SlicingPolicy { offset: |slice, _| (slice.offset + 1).to_string(), ..SLICING }),
    ),
    plant(
        "spec/offset-of-end",
        "data-offset-grid",
        "offset of a shorter last slice is counted back from a whole one",
        &["data/offset-aligned"],
        slicing(SlicingPolicy {
            offset: |slice, size| match slice.offset.checked_sub(size.saturating_sub(slice.length))
            {
                Some(back) => back.to_string(),
                None => slice.offset.to_string(),
            },
            ..SLICING
        }),
    ),
    plant(
        "spec/last-slice-padded",
        "data-in-file",
        "a shorter last slice is filled up with zeros, to whole blocks of 8 KiB",
        &["data/in-file"],
        edits_form!(Task::Data(_), |form| {
            let mut bytes = form.part_mut("filecontent")?.content().to_vec();
            bytes.resize(bytes.len().next_multiple_of(8192), 0);
            form.set("filecontent", bytes)
        }),
    ),
    plant(
        "spec/content-empty-on-retry",
        "data-content",
        "a retry of a slice has an empty filecontent: its stream was read",
        &["data/content"],
        slicing(SlicingPolicy {
            content: |file, slice, attempt| match attempt {
                1 => content(file, slice),
                _ => Bytes::new(),
            },
            ..SLICING
        }),
    ),
    plant(
        "spec/empty-slice-at-end",
        "data-content",
        "a file of whole slices gets an empty one at its end",
        &["data/content", "data/in-file"],
        slicing(SlicingPolicy {
            slices: |plan| {
                let mut slices: Vec<_> = plan.slices().collect();
                let end = slices.last().and_then(|slice| slice.end()).unwrap_or(0);
                if end % plan.slice_size() == 0 {
                    slices.push(Slice { offset: end, length: 0 });
                }
                slices
            },
            ..SLICING
        }),
    ),
    plant(
        "spec/short-tail-joined",
        "data-length",
        "a shorter last slice is sent with the one before",
        &["data/length"],
        slicing(SlicingPolicy {
            slices: |plan| {
                let mut slices: Vec<_> = plan.slices().collect();
                if let [.., before, last] = slices.as_mut_slice()
                    && last.length < before.length
                {
                    before.length += last.length;
                    slices.pop();
                }
                slices
            },
            ..SLICING
        }),
    ),
    plant(
        "spec/first-slice-small",
        "data-length",
        "the first slice is half a slice, as a test of the connection",
        &["data/length"],
        slicing(SlicingPolicy {
            slices: |plan| {
                let mut slices: Vec<_> = plan.slices().collect();
                if let [first, ..] = slices.as_mut_slice() {
                    let half = first.length.div_ceil(2);
                    let rest = Slice { offset: half, length: first.length - half };
                    first.length = half;
                    if rest.length > 0 {
                        slices.insert(1, rest);
                    }
                }
                slices
            },
            ..SLICING
        }),
    ),
    plant(
        "spec/retry-reads-on",
        "data-bytes",
        "a retry reads on from where the file was left: it sends the next slice's bytes",
        &["data/bytes"],
        slicing(SlicingPolicy {
            content: |file, slice, attempt| {
                let further = u64::from(attempt - 1) * slice.length;
                let there = Slice { offset: slice.offset + further, length: slice.length };
                let read = content(file, there);
                if read.is_empty() { content(file, slice) } else { read }
            },
            ..SLICING
        }),
    ),
    plant(
        "spec/buffer-not-cleared",
        "data-bytes",
        "the last slice is what the buffer begins with: the slice before",
        &["data/bytes"],
        slicing(SlicingPolicy {
            content: |file, slice, _| {
                let is_last = slice.end() == Some(file.len()) && slice.offset >= slice.length;
                let offset = if is_last { slice.offset - slice.length } else { slice.offset };
                content(file, Slice { offset, ..slice })
            },
            ..SLICING
        }),
    ),
    plant(
        "spec/text-mode",
        "data-bytes",
        "the file is read as text: a zero byte becomes a space",
        &["data/bytes"],
        slicing(SlicingPolicy {
            content: |file, slice, _| {
                let space = |byte: &u8| if *byte == 0 { b' ' } else { *byte };
                content(file, slice).iter().map(space).collect::<Vec<_>>().into()
            },
            ..SLICING
        }),
    ),
    plant(
        "spec/sha-of-slice",
        "data-sha",
        "sha of a slice is that of the slice",
        &["data/sha"],
        with_sha(|outgoing| {
            matches!(outgoing.task, Task::Data(_)).then_some(())?;
            outgoing.request.edit(|form| {
                let sha = sha1_hex(form.part_mut("filecontent")?.content());
                form.set("sha", sha)
            })
        }),
    ),
    plant(
        "spec/stray-sha",
        "data-stray-sha",
        "slices have their SHA-1, though init announced none",
        &["data/no-stray-sha"],
        edits_form!(Task::Data(_), |form| {
            let sha = sha1_hex(form.part_mut("filecontent")?.content());
            form.push(Part::new("sha", sha));
            Some(())
        }),
    ),
    plant(
        "spec/datamd5-in-capitals",
        "data-md5",
        "datamd5 is in capital letters",
        &["data/datamd5"],
        edits_form!(Task::Data(_), |form| {
            let md5 = md5_hex(form.part_mut("filecontent")?.content()).to_uppercase();
            form.push(Part::new("datamd5", md5));
            Some(())
        }),
    ),
    plant(
        "spec/datamd5-of-first",
        "data-md5",
        "datamd5 of a retry is computed after its stream was read: it is that of nothing",
        &["data/datamd5"],
        edited(|outgoing| {
            matches!(outgoing.task, Task::Data(_)).then_some(())?;
            let again = outgoing.attempt > 1;
            outgoing.request.edit(|form| {
                let content = form.part_mut("filecontent")?.content().clone();
                let md5 = md5_hex(if again { b"" } else { &content });
                form.push(Part::new("datamd5", md5));
                Some(())
            })
        }),
    ),
    plant(
        "spec/two-at-a-time",
        "data-serial",
        "two slices are under way at a time, whatever serial_upload is",
        &["data/serial"],
        slicing(SlicingPolicy { in_flight: 2, heeds_serial: false, ..SLICING }),
    ),
    plant(
        "spec/even-then-odd",
        "data-serial-order",
        "every second slice is sent first, one at a time",
        &["data/serial-order"],
        slicing(SlicingPolicy {
            slices: |plan| {
                plan.slices().step_by(2).chain(plan.slices().skip(1).step_by(2)).collect()
            },
            ..SLICING
        }),
    ),
    plant(
        "spec/one-byte-shared",
        "data-no-overlap",
        "each slice has the first byte of the next one as well",
        &["data/no-overlap"],
        slicing(SlicingPolicy {
            content: |file, slice, _| content(file, Slice { length: slice.length + 1, ..slice }),
            ..SLICING
        }),
    ),
    plant(
        "spec/first-slice-twice",
        "data-once",
        "the first slice is sent again at the end, to be sure",
        &["data/once"],
        slicing(SlicingPolicy {
            slices: |plan| plan.slices().chain(plan.slice(0)).collect(),
            ..SLICING
        }),
    ),
    plant(
        "spec/slice-after-finish",
        "data-before-finish",
        "the first slice is sent once more after finish",
        &["data/before-finish"],
        completion(CompletionPolicy { finish: FinishTiming::ThenSlice, ..COMPLETION }),
    ),
    plant(
        "spec/slices-as-asked",
        "slice-size-of-init",
        "slices are cut by what was asked for if that is smaller than the reply's",
        &["flow/slice-size-of-init", "data/length"],
        slicing(SlicingPolicy { grid: Grid::Asked, ..SLICING }),
    ),
];

const fn with_sha(edit: fn(&mut Outgoing) -> Option<()>) -> ClientPolicy {
    ClientPolicy { edit, ..ClientPolicy::WITH_SHA }
}
