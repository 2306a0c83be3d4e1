use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::client::{ClientPolicy, Digests, First, InitPolicy, Task};
use crate::mutant::planted::{Planted, change_text, plant, replace};
use crate::mutant::{INIT, edited, edits_form, init};
use crate::protocol::{Part, UploadPart, md5_hex, sha1_hex};

/// Files up to 20 MiB in one request.
const UPLOAD: ClientPolicy = ClientPolicy::IN_ONE_REQUEST;

pub(super) const PLANTED: &[Planted] = &[
    plant(
        "spec/upload-as-file",
        "upload-content",
        "a simple upload calls its content file",
        &["upload/content"],
        ClientPolicy {
            edit: |outgoing| {
                (outgoing.task == Task::Upload).then_some(())?;
                outgoing.request.edit(|form| form.rename("filecontent", "file"))
            },
            ..UPLOAD
        },
    ),
    plant(
        "spec/upload-first-64k",
        "upload-content",
        "a simple upload reads its file once, which gives at most 64 KiB",
        &["upload/length"],
        ClientPolicy {
            edit: |outgoing| {
                (outgoing.task == Task::Upload).then_some(())?;
                outgoing.request.edit(|form| {
                    let content = form.part_mut("filecontent")?.content().clone();
                    form.set("filecontent", content.slice(..content.len().min(65_536)))
                })
            },
            ..UPLOAD
        },
    ),
    plant(
        "spec/upload-as-ascii",
        "upload-content",
        "a simple upload has a question mark for each byte that is not ASCII",
        &["upload/bytes"],
        ClientPolicy {
            edit: |outgoing| {
                (outgoing.task == Task::Upload).then_some(())?;
                outgoing.request.edit(|form| {
                    let content = form.part_mut("filecontent")?.content();
                    let ascii = |byte: &u8| if byte.is_ascii() { *byte } else { b'?' };
                    let new: Vec<u8> = content.iter().map(ascii).collect();
                    form.set("filecontent", new)
                })
            },
            ..UPLOAD
        },
    ),
    plant(
        "spec/upload-md5-for-sha",
        "upload-sha",
        "sha of a simple upload is the file's MD5",
        &["upload/sha"],
        ClientPolicy {
            edit: |outgoing| {
                (outgoing.task == Task::Upload).then_some(())?;
                outgoing.request.edit(|form| {
                    let md5 = md5_hex(form.part_mut("filecontent")?.content());
                    form.push(Part::new("sha", md5));
                    Some(())
                })
            },
            ..UPLOAD
        },
    ),
    plant(
        "spec/upload-21-mb",
        "upload-size",
        "files of up to 21 MiB are sent in one request",
        &["upload/size"],
        init(InitPolicy { first: First::Upload(21 << 20), ..INIT }),
    ),
    plant(
        "spec/filesize-with-point",
        "filesize-form",
        "filesize is a number with a point, as a division leaves it",
        &["init/filesize-form"],
        edited(|outgoing| {
            (outgoing.task == Task::Init).then_some(())?;
            change_text(outgoing, "filesize", |size| format!("{size}.0"))
        }),
    ),
    plant(
        "spec/filesize-32-bits",
        "filesize-form",
        "filesize of a file of 2 GiB or more is negative",
        &["init/filesize-form"],
        edited(|outgoing| {
            change_text(outgoing, "filesize", |size| {
                let low = size.parse::<u64>().unwrap_or(0) & 0xffff_ffff;
                let low = i64::try_from(low).unwrap_or(0);
                (if low >= 1 << 31 { low - (1 << 32) } else { low }).to_string()
            })
        }),
    ),
    plant(
        "spec/filesize-of-name",
        "filesize-value",
        "filesize is one less than the file's: the index of its last byte",
        &["init/filesize"],
        edited(|outgoing| {
            change_text(outgoing, "filesize", |size| {
                size.parse::<u64>().unwrap_or(0).saturating_sub(1).to_string()
            })
        }),
    ),
    plant(
        "spec/filesize-rounded",
        "filesize-value",
        "filesize at init is rounded up to whole slices",
        &["init/filesize"],
        edited(|outgoing| {
            let slice: u64 = outgoing.request.text("slice_size")?.parse().ok()?;
            change_text(outgoing, "filesize", |size| {
                (size.parse::<u64>().unwrap_or(0).div_ceil(slice) * slice).to_string()
            })
        }),
    ),
    plant(
        "spec/slice-size-8m",
        "slice-size-form",
        "slice_size is 8 MiB",
        &["init/slice-size-form"],
        edits_form!(Task::Init, |form| form.set("slice_size", "8388608")),
    ),
    plant(
        "spec/slice-size-missing",
        "slice-size-form",
        "init has no slice_size",
        &["init/slice-size-form"],
        edits_form!(Task::Init, |form| form.remove("slice_size")),
    ),
    plant(
        "spec/slice-size-512k",
        "slice-size-value",
        "slice_size is 512 KiB whatever was asked for",
        &["init/slice-size"],
        edits_form!(Task::Init, |form| form.set("slice_size", "524288")),
    ),
    plant(
        "spec/sha-in-base64",
        "init-sha",
        "sha at init is in base64",
        &["init/sha"],
        announcing(Digests {
            sha: |file| {
                let digits = sha1_hex(file);
                let byte = |at: usize| {
                    digits
                        .get(at * 2..at * 2 + 2)
                        .and_then(|byte| u8::from_str_radix(byte, 16).ok())
                };
                BASE64_STANDARD.encode((0..20).filter_map(byte).collect::<Vec<_>>())
            },
            ..Digests::DOCUMENTED
        }),
    ),
    plant(
        "spec/sha-of-first-mib",
        "init-sha",
        "sha is of the first megabyte at most",
        &["init/sha"],
        announcing(Digests {
            // In simulations most files are smaller than a megabyte.
            sha: |file| sha1_hex(file.get(..100_000).unwrap_or(file)),
            ..Digests::DOCUMENTED
        }),
    ),
    plant(
        "spec/sha-alone",
        "uploadparts-with-sha",
        "init has sha, and uploadparts only for files of many slices",
        &["init/uploadparts-with-sha"],
        ClientPolicy {
            edit: |outgoing| {
                outgoing.request.edit(|form| {
                    let many = form.part_mut("uploadparts")?.content().len() > 1000;
                    if many { None } else { form.remove("uploadparts") }
                })
            },
            ..ClientPolicy::WITH_SHA
        },
    ),
    plant(
        "spec/parts-alone",
        "sha-with-uploadparts",
        "sha is nowhere, uploadparts is in init",
        &["init/sha-with-uploadparts"],
        ClientPolicy {
            edit: |outgoing| outgoing.request.edit(|form| form.remove("sha")),
            ..ClientPolicy::WITH_SHA
        },
    ),
    plant(
        "spec/parts-in-object",
        "uploadparts-form",
        "uploadparts is an object around the array",
        &["init/uploadparts-form"],
        ClientPolicy {
            edit: |outgoing| {
                change_text(outgoing, "uploadparts", |parts| format!("{{\"parts\":{parts}}}"))
            },
            ..ClientPolicy::WITH_SHA
        },
    ),
    plant(
        "spec/parts-without-last",
        "uploadparts-form",
        "uploadparts ends before the last slice, if that is a shorter one",
        &["init/uploadparts-form"],
        announcing(Digests {
            parts: |file, slice_size| {
                let mut parts = UploadPart::all(file, slice_size)?;
                let whole = u64::try_from(slice_size).ok()?;
                parts.pop_if(|part| part.datalen < whole);
                Some(parts)
            },
            ..Digests::DOCUMENTED
        }),
    ),
    plant(
        "spec/parts-halved",
        "uploadparts-grid",
        "the parts of uploadparts have half the slice size",
        &["init/uploadparts-grid"],
        announcing(Digests {
            parts: |file, slice_size| UploadPart::all(file, slice_size / 2),
            ..Digests::DOCUMENTED
        }),
    ),
    plant(
        "spec/parts-sha-of-slices",
        "uploadparts-shas",
        "each datasha but the last is the SHA-1 of its slice",
        &["init/uploadparts-shas"],
        announcing(Digests {
            parts: |file, slice_size| {
                let mut parts = UploadPart::all(file, slice_size)?;
                parts.pop()?;
                for (part, slice) in parts.iter_mut().zip(file.chunks(slice_size)) {
                    part.datasha = sha1_hex(slice);
                }
                parts.extend(UploadPart::all(file, slice_size)?.pop());
                Some(parts)
            },
            ..Digests::DOCUMENTED
        }),
    ),
    plant(
        "spec/parts-big-endian",
        "uploadparts-shas",
        "datasha has the words of its state in big-endian order",
        &["init/uploadparts-shas"],
        announcing(Digests {
            parts: |file, slice_size| {
                let mut parts = UploadPart::all(file, slice_size)?;
                let last = parts.len().saturating_sub(1);
                for part in parts.iter_mut().take(last) {
                    let word = |at: usize| {
                        let digits = part.datasha.get(at * 8..at * 8 + 8)?;
                        u32::from_str_radix(digits, 16).ok()
                    };
                    let words = (0..5).filter_map(word);
                    part.datasha = words.fold(String::new(), |digits, word| {
                        format!("{digits}{:08x}", word.swap_bytes())
                    });
                }
                Some(parts)
            },
            ..Digests::DOCUMENTED
        }),
    ),
    plant(
        "spec/insert-only-true",
        "insert-only",
        "insertOnly is true, in letters",
        &["init/insert-only"],
        init(InitPolicy { extra: &[("insertOnly", "true")], ..INIT }),
    ),
    plant(
        "spec/biz-attr-large",
        "biz-attr",
        "biz_attr has 5000 bytes",
        &["init/biz-attr"],
        edits_form!(Task::Init, |form| {
            form.push(Part::new("biz_attr", "a".repeat(5000)));
            Some(())
        }),
    ),
    plant(
        "spec/init-as-json",
        "content-type",
        "init is a JSON object",
        &["request/content-type"],
        edited(|outgoing| {
            (outgoing.task == Task::Init).then_some(())?;
            let filesize = outgoing.request.text("filesize")?.to_owned();
            outgoing.request.edit_body(|_| {
                format!("{{\"op\":\"upload_slice_init\",\"filesize\":{filesize},\"slice_size\":1048576}}")
                    .into_bytes()
            });
            outgoing.request.edit_head(|head| {
                crate::mutant::planted::with_field(head, "content-type", |_| {
                    "Content-Type: application/json".to_owned()
                })
            });
            Some(())
        }),
    ),
    plant(
        "spec/init-op-as-slice",
        "op",
        "init is sent with the op of a simple upload",
        &["init/filesize-form", "flow/starts-with-init", "upload/content"],
        edited(|outgoing| replace(outgoing, "upload_slice_init", "upload")),
    ),
];

/// A client that announces the file's digests in this way.
const fn announcing(digests: Digests) -> ClientPolicy {
    init(InitPolicy { digests: Some(digests), ..INIT })
}
