use std::time::Duration;

use crate::client::{
    ClientPolicy, CompletionPolicy, FinishTiming, Grid, OnExhausted, Remembers, ResumePolicy,
    RetryPolicy, SlicingPolicy, content,
};
use crate::mutant::planted::{Planted, plant};
use crate::mutant::{COMPLETION, RESUME, RETRY, SLICING, resume, retry, slicing};
use crate::protocol::Slice;

pub(super) const PLANTED: &[Planted] = &[
    plant(
        "public/aws-java-rest-on-retry",
        "aws/aws-sdk-java#272",
        "a retry sends what the stream has left, which is less or nothing",
        &["data/content"],
        slicing(SlicingPolicy {
            content: |file, slice, attempt| match attempt {
                1 => content(file, slice),
                _ => content(file, Slice { length: 0, ..slice }),
            },
            ..SLICING
        }),
    ),
    plant(
        "public/apitools-wrong-seek",
        "google/apitools#198",
        "a retry seeks to the wrong place of the stream",
        &["data/bytes"],
        slicing(SlicingPolicy {
            content: |file, slice, attempt| {
                let offset =
                    if attempt > 1 { slice.offset.saturating_sub(1) } else { slice.offset };
                content(file, Slice { offset, ..slice })
            },
            ..SLICING
        }),
    ),
    plant(
        "public/aws-go-inclusive-end",
        "aws/aws-sdk-go#3009",
        "the end of a range is taken for its length: each slice begins a byte later than it should",
        &["data/offset-aligned"],
        slicing(SlicingPolicy {
            offset: |slice, size| (slice.offset + slice.offset / size.max(1)).to_string(),
            ..SLICING
        }),
    ),
    plant(
        "public/resumable-js-last-chunk",
        "23/resumable.js#462",
        "the last slice has what is left over as well, and is longer than the others",
        &["data/length"],
        slicing(SlicingPolicy {
            slices: |plan| {
                let mut slices: Vec<_> = plan.slices().collect();
                let rest = slices.pop();
                match (slices.last_mut(), rest) {
                    (Some(last), Some(rest)) => last.length += rest.length,
                    (None, rest) => slices.extend(rest),
                    (Some(_), None) => {}
                }
                slices
            },
            ..SLICING
        }),
    ),
    plant(
        "public/resumable-js-last-twice",
        "23/resumable.js#180",
        "the last slice but one has the bytes of the last as well, which is sent all the same",
        &["data/no-overlap"],
        slicing(SlicingPolicy {
            slices: |plan| {
                let mut slices: Vec<_> = plan.slices().collect();
                if let [.., before, last] = slices.as_mut_slice() {
                    before.length += last.length;
                }
                slices
            },
            ..SLICING
        }),
    ),
    plant(
        "public/aws-c-tail-first",
        "awslabs/aws-c-s3#656",
        "the last slice is read before its turn from a shared stream: it has the bytes of another",
        &["data/bytes"],
        slicing(SlicingPolicy {
            content: |file, slice, _| {
                let is_last = slice.end() == Some(file.len());
                let offset =
                    if is_last { slice.offset.saturating_sub(slice.length) } else { slice.offset };
                content(file, Slice { offset, ..slice })
            },
            ..SLICING
        }),
    ),
    plant(
        "public/s3-stream-lost-part",
        "alexmojaki/s3-stream-upload#17",
        "two threads add to one list of parts, and one part is lost",
        &["finish/after-all-slices"],
        slicing(SlicingPolicy {
            slices: |plan| {
                plan.slices().filter(|slice| slice.offset != plan.slice_size()).collect()
            },
            in_flight: 2,
            ..SLICING
        }),
    ),
    plant(
        "public/tus-java-empty-chunk",
        "tus/tus-java-client#69",
        "a file of whole slices is followed by one of no bytes",
        &["data/content"],
        slicing(SlicingPolicy {
            slices: |plan| {
                let slices: Vec<_> = plan.slices().collect();
                let end = slices.last().and_then(|slice| slice.end()).unwrap_or(0);
                let extra =
                    (end % plan.slice_size() == 0).then_some(Slice { offset: end, length: 0 });
                slices.into_iter().chain(extra).collect()
            },
            ..SLICING
        }),
    ),
    plant(
        "public/filepond-empty-chunk",
        "ImperialCollegeLondon/django-drf-filepond#72",
        "the number of slices is rounded down and one added, whatever the size",
        &["data/content", "data/in-file"],
        slicing(SlicingPolicy {
            slices: |plan| {
                let size = plan.slices().last().and_then(Slice::end).unwrap_or(0);
                let whole = plan.slice_size();
                let slice = |index: u64| Slice {
                    offset: index * whole,
                    length: size.saturating_sub(index * whole).min(whole),
                };
                (0..=size / whole).map(slice).collect()
            },
            ..SLICING
        }),
    ),
    plant(
        "public/artifactory-2-gb",
        "jfrog/artifactory-client-java#75",
        "what is beyond 2 GB is not sent, and no error shows",
        &["finish/after-all-slices"],
        resume(ResumePolicy {
            missing: |list, plan| {
                let held = list.listparts.iter();
                let held = held.map(|part| Slice { offset: part.offset, length: part.datalen });
                plan.missing(held).filter(|slice| slice.offset < 1 << 31).collect()
            },
            ..RESUME
        }),
    ),
    plant(
        "public/qiniu-short-tail",
        "qiniu/nodejs-sdk#268",
        "a last slice of a few bytes is lost",
        &["finish/after-all-slices"],
        slicing(SlicingPolicy {
            slices: |plan| {
                plan.slices().filter(|slice| slice.offset == 0 || slice.length >= 2056).collect()
            },
            ..SLICING
        }),
    ),
    plant(
        "public/oss-android-part-size",
        "aliyun/aliyun-oss-android-sdk#321",
        "the part size is worked out a second time, from the number of parts, and comes out larger",
        &["data/length"],
        slicing(SlicingPolicy { grid: Grid::Share(3, 2), ..SLICING }),
    ),
    plant(
        "public/dropbox-php-offset",
        "kunalvarma05/dropbox-php-sdk#2",
        "the offset of the last slice is counted as if it had the length of the others",
        &["data/offset-aligned"],
        slicing(SlicingPolicy {
            offset: |slice, size| match size.checked_sub(slice.length) {
                Some(less) if less > 0 => slice.offset.saturating_add(less).to_string(),
                _ => slice.offset.to_string(),
            },
            ..SLICING
        }),
    ),
    plant(
        "public/plupload-last-twice",
        "moxiecode/plupload#1517",
        "the last slice is sent twice",
        &["data/once"],
        slicing(SlicingPolicy {
            slices: |plan| {
                let slices: Vec<_> = plan.slices().collect();
                let last = slices.last().copied();
                slices.into_iter().chain(last).collect()
            },
            ..SLICING
        }),
    ),
    plant(
        "public/plupload-all-again",
        "moxiecode/plupload#1435",
        "when a slice has failed, all slices are sent again",
        &["data/once"],
        retry(RetryPolicy { attempts: 1, then: OnExhausted::FromTheStart, ..RETRY }),
    ),
    plant(
        "public/uppy-parts-twice",
        "transloadit/uppy#2324",
        "after an interruption a slice that the service has is sent a second time",
        &["flow/resumes-missing-only"],
        resume(ResumePolicy {
            missing: |list, plan| {
                let held = list.listparts.iter().skip(1);
                let held = held.map(|part| Slice { offset: part.offset, length: part.datalen });
                plan.missing(held).collect()
            },
            ..RESUME
        }),
    ),
    plant(
        "public/minio-js-no-resume",
        "minio/minio-js#1318",
        "the list of parts is read and thrown away: all parts are sent",
        &["flow/resumes-missing-only"],
        resume(ResumePolicy { missing: |_, plan| plan.slices().collect(), ..RESUME }),
    ),
    plant(
        "public/minio-go-other-file",
        "minio/minio-go#507",
        "an unfinished upload of a file of another size is gone on with",
        &["finish/filesize-as-announced"],
        resume(ResumePolicy { compares_filesize: false, ..RESUME }),
    ),
    plant(
        "public/tuskit-not-advanced",
        "tus/TUSKit#17",
        "a request names the offset of its slice, and carries the file from its beginning",
        &["data/bytes"],
        slicing(SlicingPolicy {
            // Only a resumed upload asks for its first slice after others.
            content: |file, slice, _| content(file, Slice { offset: 0, ..slice }),
            ..SLICING
        }),
    ),
    plant(
        "public/oss-python-own-record",
        "aliyun/aliyun-oss-python-sdk#17",
        "after a restart the client's own record of parts is believed, not the service's list",
        &["flow/reply-awaited"],
        resume(ResumePolicy { remembers: Remembers::Sent, ..RESUME }),
    ),
    plant(
        "public/fine-uploader-early-end",
        "FineUploader/fine-uploader#1519",
        "the upload is finished while slices are still under way",
        &["finish/after-replies"],
        ClientPolicy {
            slicing: SlicingPolicy { in_flight: 5, ..SLICING },
            completion: CompletionPolicy { finish: FinishTiming::Sent, ..COMPLETION },
            ..ClientPolicy::REFERENCE
        },
    ),
    plant(
        "public/safari-endless-loop",
        "23/resumable.js#221",
        "a slice that fails is sent again at once, without end",
        &["flow/retries-bounded"],
        retry(RetryPolicy {
            attempts: u32::MAX,
            pause: Duration::ZERO,
            is_retryable: |_, _| true,
            ..RETRY
        }),
    ),
];
