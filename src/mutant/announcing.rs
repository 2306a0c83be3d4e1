use super::cutting::in_32_bits;
use super::{INIT, Mutant, edits_form, init};
use crate::client::{ClientPolicy, Digests, First, InitPolicy, Task};
use crate::protocol::{Part, UploadPart, md5_hex, sha1_hex};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "announcing/no-init",
        summary: "slices are sent without an init",
        policy: init(InitPolicy { first: First::Slice, ..INIT }),
        expected: &["flow/starts-with-init"],
    },
    Mutant {
        id: "announcing/filesize-of-slice",
        summary: "filesize of init is the length of the first slice",
        policy: edits_form!(Task::Init, |form| form.set("filesize", "1048576")),
        expected: &["init/filesize"],
    },
    Mutant {
        id: "announcing/filesize-of-32-bits",
        summary: "filesize of init is kept in 32 bits with a sign",
        policy: edits_form!(Task::Init, |form| {
            let size = std::str::from_utf8(form.value("filesize")?).ok()?.parse().ok()?;
            form.set("filesize", in_32_bits(size).to_string())
        }),
        expected: &["init/filesize"],
    },
    Mutant {
        id: "announcing/filesize-missing",
        summary: "init has no filesize",
        policy: edits_form!(Task::Init, |form| form.remove("filesize")),
        expected: &["init/filesize-form"],
    },
    Mutant {
        id: "announcing/filesize-with-fraction",
        summary: "filesize of init is a floating-point number, printed as such",
        policy: edits_form!(Task::Init, |form| {
            let size = form.value("filesize")?.clone();
            form.set("filesize", [size.as_ref(), b".0"].concat())
        }),
        expected: &["init/filesize-form"],
    },
    Mutant {
        id: "announcing/slice-size-missing",
        summary: "init has no slice_size",
        policy: edits_form!(Task::Init, |form| form.remove("slice_size")),
        expected: &["init/slice-size-form"],
    },
    Mutant {
        id: "announcing/slice-size-in-kib",
        summary: "slice_size of init counts KiB",
        policy: edits_form!(Task::Init, |form| form.set("slice_size", "1024")),
        expected: &["init/slice-size-form"],
    },
    Mutant {
        id: "announcing/slice-size-of-2016",
        summary: "slice_size of init is one that only older documents allow",
        policy: edits_form!(Task::Init, |form| form.set("slice_size", "524288")),
        expected: &["init/slice-size"],
    },
    Mutant {
        id: "announcing/insert-only-word",
        summary: "insertOnly is true, in letters",
        policy: init(InitPolicy { extra: &[("insertOnly", "true")], ..INIT }),
        expected: &["init/insert-only"],
    },
    Mutant {
        id: "announcing/long-biz-attr",
        summary: "biz_attr holds a document",
        policy: edits_form!(Task::Init, |form| {
            // 4 KB are allowed [§2.2].
            form.push(Part::new("biz_attr", "x".repeat(5000)));
            Some(())
        }),
        expected: &["init/biz-attr"],
    },
    Mutant {
        id: "announcing/sha-upper-case",
        summary: "sha is written in upper case",
        policy: digests(|file| sha1_hex(file).to_ascii_uppercase(), UploadPart::all),
        expected: &["init/sha"],
    },
    Mutant {
        id: "announcing/sha-of-first-block",
        summary: "sha is that of the first block that was read",
        policy: digests(|file| sha1_hex(file.get(..1 << 16).unwrap_or(file)), UploadPart::all),
        expected: &["init/sha"],
    },
    Mutant {
        id: "announcing/md5-for-sha",
        summary: "sha is the MD5 of the file",
        policy: digests(md5_hex, UploadPart::all),
        expected: &["init/sha"],
    },
    Mutant {
        id: "announcing/sha-of-nothing",
        summary: "sha is that of a stream that has been read to its end",
        policy: digests(|_| sha1_hex(b""), UploadPart::all),
        expected: &["init/sha"],
    },
    Mutant {
        id: "announcing/datasha-big-endian",
        summary: "the words of datasha are in big-endian order",
        // They are little-endian on the wire [§2.2].
        policy: digests(sha1_hex, |file, slice_size| {
            let mut parts = UploadPart::all(file, slice_size)?;
            let (_, running) = parts.split_last_mut()?;
            for part in running {
                part.datasha = swapped(&part.datasha);
            }
            Some(parts)
        }),
        expected: &["init/uploadparts-shas"],
    },
    Mutant {
        id: "announcing/datasha-of-slices",
        summary: "datasha is the SHA-1 of each slice alone",
        policy: digests(sha1_hex, |file, slice_size| {
            let parts = UploadPart::all(file, slice_size)?;
            let alone = |(mut part, slice): (UploadPart, &[u8])| {
                part.datasha = sha1_hex(slice);
                part
            };
            Some(parts.into_iter().zip(file.chunks(slice_size)).map(alone).collect())
        }),
        expected: &["init/uploadparts-shas"],
    },
    Mutant {
        id: "announcing/datasha-finished",
        summary: "datasha is the finished SHA-1 up to the end of each slice",
        policy: digests(sha1_hex, |file, slice_size| {
            let mut parts = UploadPart::all(file, slice_size)?;
            for (part, end) in parts.iter_mut().zip((slice_size..).step_by(slice_size)) {
                part.datasha = sha1_hex(file.get(..end).unwrap_or(file));
            }
            Some(parts)
        }),
        expected: &["init/uploadparts-shas"],
    },
    Mutant {
        id: "announcing/parts-from-one",
        summary: "offsets in uploadparts count from one",
        policy: digests(sha1_hex, |file, slice_size| {
            let mut parts = UploadPart::all(file, slice_size)?;
            for part in &mut parts {
                part.offset = part.offset.saturating_add(1);
            }
            Some(parts)
        }),
        expected: &["init/uploadparts-form"],
    },
    Mutant {
        id: "announcing/one-part",
        summary: "uploadparts has one part, the whole file",
        policy: digests(sha1_hex, |file, _| {
            let datalen = file.len() as u64;
            Some(vec![UploadPart { offset: 0, datalen, datasha: sha1_hex(file) }])
        }),
        expected: &["data/in-uploadparts"],
    },
    Mutant {
        id: "announcing/sha-without-parts",
        summary: "sha comes without uploadparts",
        policy: ClientPolicy {
            edit: |outgoing| match outgoing.task {
                Task::Init => outgoing.request.edit(|form| form.remove("uploadparts")),
                _ => None,
            },
            ..ClientPolicy::WITH_SHA
        },
        expected: &["init/uploadparts-with-sha"],
    },
    Mutant {
        id: "announcing/parts-without-sha",
        summary: "uploadparts comes without sha",
        policy: ClientPolicy { edit: |outgoing| without_sha(outgoing), ..ClientPolicy::WITH_SHA },
        expected: &["init/sha-with-uploadparts"],
    },
    Mutant {
        id: "announcing/no-sha-on-data",
        summary: "sha is on init and finish, and not on slices",
        policy: ClientPolicy {
            edit: |outgoing| match outgoing.task {
                Task::Data(_) => without_sha(outgoing),
                _ => None,
            },
            ..ClientPolicy::WITH_SHA
        },
        expected: &["data/sha"],
    },
    Mutant {
        id: "announcing/sha-of-slice-on-data",
        summary: "sha on a slice is that of the slice, as in the predecessor API",
        policy: ClientPolicy {
            edit: |outgoing| match outgoing.task {
                Task::Data(_) => outgoing.request.edit(|form| {
                    let sha = sha1_hex(form.value("filecontent")?);
                    form.set("sha", sha)
                }),
                _ => None,
            },
            ..ClientPolicy::WITH_SHA
        },
        expected: &["data/sha"],
    },
    Mutant {
        id: "announcing/no-sha-on-finish",
        summary: "sha is on init and slices, and not on finish",
        policy: ClientPolicy {
            edit: |outgoing| match outgoing.task {
                Task::Finish => without_sha(outgoing),
                _ => None,
            },
            ..ClientPolicy::WITH_SHA
        },
        expected: &["finish/sha"],
    },
    Mutant {
        id: "announcing/stray-sha-on-data",
        summary: "sha is on slices although init had none",
        policy: edits_form!(Task::Data(_), |form| {
            let sha = sha1_hex(form.value("filecontent")?);
            form.push(Part::new("sha", sha));
            Some(())
        }),
        expected: &["data/no-stray-sha"],
    },
    Mutant {
        id: "announcing/wrong-datamd5",
        summary: "datamd5 is that of a stream that has been read to its end",
        policy: edits_form!(Task::Data(_), |form| {
            form.push(Part::new("datamd5", md5_hex(b"")));
            Some(())
        }),
        expected: &["data/datamd5"],
    },
    Mutant {
        id: "announcing/simple-without-content",
        summary: "a simple upload has no filecontent",
        policy: simple(|outgoing| outgoing.request.edit(|form| form.remove("filecontent"))),
        expected: &["upload/content"],
    },
    Mutant {
        id: "announcing/simple-cut",
        summary: "a simple upload has the first MiB of the file",
        policy: simple(|outgoing| {
            outgoing.request.edit(|form| {
                let content = form.value("filecontent")?.clone();
                form.set(
                    "filecontent",
                    // One byte less where there is no second MiB: something has to be missing.
                    content.slice(..content.len().saturating_sub(1).min(1 << 20)),
                )
            })
        }),
        expected: &["upload/length"],
    },
    Mutant {
        id: "announcing/simple-damaged",
        summary: "a simple upload has one bit turned over",
        policy: simple(|outgoing| {
            outgoing.request.edit(|form| {
                let mut content = form.value("filecontent")?.to_vec();
                *content.last_mut()? ^= 1;
                form.set("filecontent", content)
            })
        }),
        expected: &["upload/bytes"],
    },
    Mutant {
        id: "announcing/simple-sha-of-nothing",
        summary: "sha of a simple upload is that of nothing",
        policy: simple(|outgoing| {
            outgoing.request.edit(|form| {
                form.push(Part::new("sha", sha1_hex(b"")));
                Some(())
            })
        }),
        expected: &["upload/sha"],
    },
    Mutant {
        id: "announcing/filesize-beyond-64-gib",
        summary: "filesize of init is read from memory that nobody wrote to",
        // 0xCAFEBABEDEADBEEF, as debuggers fill memory.
        policy: edits_form!(Task::Init, |form| form.set("filesize", "14627333968688430831")),
        expected: &["init/filesize-limit"],
    },
    Mutant {
        id: "announcing/uploadparts-of-half-slices",
        summary: "uploadparts are cut in halves of what slices are",
        // Some clients hash in steps of 1 MiB, whatever the size of their slices [§2.2].
        policy: digests(sha1_hex, |file, slice_size| UploadPart::all(file, slice_size / 2)),
        expected: &["init/uploadparts-grid"],
    },
    Mutant {
        id: "announcing/any-size-in-one-request",
        summary: "a file of any size goes in one request",
        policy: init(InitPolicy { first: First::Upload(u64::MAX), ..INIT }),
        expected: &["upload/size"],
    },
];

const fn digests(
    sha: fn(&[u8]) -> String,
    parts: fn(&[u8], usize) -> Option<Vec<UploadPart>>,
) -> ClientPolicy {
    init(InitPolicy { digests: Some(Digests { sha, parts }), ..INIT })
}

const fn simple(edit: fn(&mut crate::client::Outgoing) -> Option<()>) -> ClientPolicy {
    ClientPolicy { edit, ..ClientPolicy::IN_ONE_REQUEST }
}

fn without_sha(outgoing: &mut crate::client::Outgoing) -> Option<()> {
    outgoing.request.edit(|form| form.remove("sha"))
}

/// The same hex digits with the bytes of each 32-bit word turned round.
fn swapped(digits: &str) -> String {
    let word = |word: &[u8]| {
        let word = std::str::from_utf8(word).unwrap_or_default();
        format!("{:08x}", u32::from_str_radix(word, 16).unwrap_or_default().swap_bytes())
    };
    digits.as_bytes().chunks(8).map(word).collect()
}
