use serde_json::Value;

use super::diagnosis::{datasha_mistake, digest_mistake, value_evidence};
use super::{AnnotatedExchange, Check, Evidence, Rule, Span, Verdict, quote};
use crate::protocol::{LARGEST_FILE, Op, Part, UploadPart, is_documented_slice_size};
use crate::rules::counterexample::{Breaks, Counterexample, Edit, INIT, SHA1_OF_NOTHING};
use crate::spec;

pub(super) const RULES: &[Rule] = &[
    FILESIZE_FORM,
    FILESIZE,
    FILESIZE_LIMIT,
    SLICE_SIZE_FORM,
    SLICE_SIZE,
    SHA,
    UPLOADPARTS_WITH_SHA,
    SHA_WITH_UPLOADPARTS,
    UPLOADPARTS_FORM,
    UPLOADPARTS_GRID,
    UPLOADPARTS_SHAS,
    INSERT_ONLY,
    BIZ_ATTR,
];

/// One MiB, in bytes.
const MIB: u64 = 1 << 20;

const FILESIZE_FORM: Rule = Rule {
    id: "init/filesize-form",
    clause: &spec::FILESIZE_FORM,
    summary: "filesize is a decimal number",
    why: "The service refuses init with -5971, -29126 or -29141.",
    fix: "Add filesize to init as decimal digits, printed from a 64-bit integer without regard to \
          the locale: no sign, point, exponent or separators, and no word where the size is \
          unknown.",
    check: Check::Request(|annotated| decimal(annotated, "filesize", |_| true, "decimal digits")),
    counterexample: Counterexample::edited(INIT, Edit::Set("filesize", "2.4e6")),
};

const FILESIZE: Rule = Rule {
    id: "init/filesize",
    clause: &spec::FILESIZE_VALUE,
    summary: "filesize is the length of the file",
    why: "The service compares the slices with it; finish fails, or the object gets another size.",
    fix: "Take filesize from the opened file, by its status or a seek to its end, in bytes and 64 \
          bits; not from a symbolic link, a decoded text or a multiple of slice_size.",
    check: Check::Request(|annotated| {
        let filesize = init(annotated)?.request.number("filesize")?;
        let file = annotated.file_size()?;
        Verdict::of(filesize == file, || {
            let expected = format!("{file}, the length of the file");
            value_evidence(annotated, "filesize", expected)
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Set("filesize", "2442829")),
};

const FILESIZE_LIMIT: Rule = Rule {
    id: "init/filesize-limit",
    clause: &spec::FILESIZE_LIMIT,
    summary: "filesize is at most 64 GiB",
    why: "The service refuses larger files with -29105.",
    fix: "Compare the size of the file with 68719476736, and end with an error before init where \
          it is larger; if it is not, look for a size of -1 that became an unsigned integer.",
    check: Check::Request(|annotated| {
        let filesize = init(annotated)?.request.number("filesize")?;
        Verdict::of(filesize <= LARGEST_FILE, || {
            value_evidence(
                annotated,
                "filesize",
                format!("at most {LARGEST_FILE}, which is 64 GiB"),
            )
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Set("filesize", "68719476737")),
};

const SLICE_SIZE_FORM: Rule = Rule {
    id: "init/slice-size-form",
    clause: &spec::SLICE_SIZE_FORM,
    summary: "slice_size is a value that some version of the documentation allows",
    why: "The service refuses init with -5965, -281 or -46622.",
    fix: "Add slice_size to init in bytes and decimal digits, by default 1048576; check for a \
          value in KiB or MiB, one with a unit, and one that is lowered to the size of a small \
          file.",
    check: Check::Request(|annotated| {
        // Whoever asks for what it was told to ask for is not to blame.
        let told = annotated.job.slice_size;
        decimal(
            annotated,
            "slice_size",
            |size| is_documented_slice_size(size) || Some(size) == told,
            "65536 to 1048576, 2097152 or 3145728, in digits",
        )
    }),
    counterexample: Counterexample::edited(INIT, Edit::Remove("slice_size")),
};

const SLICE_SIZE: Rule = Rule {
    id: "init/slice-size",
    clause: &spec::SLICE_SIZE_VALUE,
    summary: "slice_size is 1048576",
    why: "The current error table refuses any other with -284; older pages allow four values.",
    fix: "Make 1048576 the default of slice_size at init, and offer 524288, 2097152 and 3145728 \
          only as an explicit setting; do not choose it by the size of the file.",
    check: Check::Request(|annotated| {
        let size = init(annotated)?.request.number("slice_size")?;
        // A size that no document allows breaks `init/slice-size-form`.
        if !is_documented_slice_size(size) {
            return None;
        }
        // Here, too, it may have been told to ask for it.
        let told = annotated.job.slice_size?;
        Verdict::of(size == 1_048_576 || size == told, || {
            value_evidence(annotated, "slice_size", "1048576")
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Set("slice_size", "524288")),
};

const SHA: Rule = Rule {
    id: "init/sha",
    clause: &spec::INIT_SHA,
    summary: "sha is the SHA-1 of the file",
    why: "The service compares it with what arrived, and refuses to complete the object.",
    fix: "Compute sha by SHA-1 over all bytes of the file, opened in binary mode, and send it as \
          40 lower-case hex digits; check for an MD5, the digest of one slice, and base64.",
    check: Check::Request(|annotated| sha_of_file(init(annotated)?)),
    counterexample: Counterexample::plain(Breaks::Each(&[
        Breaks::Request(INIT, Edit::Add("sha", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709")),
        Breaks::Request(INIT, Edit::Add("uploadparts", "[]")),
    ])),
};

const UPLOADPARTS_WITH_SHA: Rule = Rule {
    id: "init/uploadparts-with-sha",
    clause: &spec::UPLOADPARTS_WITH_SHA,
    summary: "sha comes with uploadparts",
    why: "The service refuses init with -29133.",
    fix: "Add uploadparts, a JSON array with offset, datalen and datasha of each slice, to each \
          init that has sha, or leave sha out as well.",
    check: Check::Request(|annotated| {
        init(annotated)?.request.value("sha").filter(|sha| !sha.content.is_empty())?;
        let parts =
            annotated.request.value("uploadparts").filter(|parts| !parts.content.is_empty());
        Verdict::of(parts.is_some(), || {
            Evidence::at("uploadparts").expected("a JSON array of all slices").found("none")
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Add("sha", SHA1_OF_NOTHING)),
};

const SHA_WITH_UPLOADPARTS: Rule = Rule {
    id: "init/sha-with-uploadparts",
    clause: &spec::SHA_WITH_UPLOADPARTS,
    summary: "uploadparts comes with sha",
    why: "The parts describe a digest that the service was never given.",
    fix: "Add sha, the SHA-1 of the whole file, to each init that has uploadparts; let one option \
          of the client switch both fields on and off.",
    check: Check::Request(|annotated| {
        let there = |name: &str| {
            annotated.request.value(name).is_some_and(|value| !value.content.is_empty())
        };
        if !init(annotated).is_some_and(|_| there("uploadparts")) {
            return None;
        }
        Verdict::of(there("sha"), || {
            Evidence::at("sha").expected("the SHA-1 of the file").found("none")
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Add("uploadparts", "[]")),
};

const UPLOADPARTS_FORM: Rule = Rule {
    id: "init/uploadparts-form",
    clause: &spec::UPLOADPARTS_FORM,
    summary: "the parts of uploadparts are contiguous, from the first byte to the last",
    why: "The service refuses init with -5965 or -29134.",
    fix: "Write uploadparts with a JSON library, numbers without quotes: the first part has offset \
          0, each next one the offset plus datalen of the previous, and the last ends at filesize.",
    check: Check::Request(uploadparts_form),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Add(
            "uploadparts",
            r#"[{"offset":0,"datalen":1048576,"datasha":""},{"offset":1048577,"datalen":1}]"#,
        ),
    ),
};

const UPLOADPARTS_GRID: Rule = Rule {
    id: "init/uploadparts-grid",
    clause: &spec::UPLOADPARTS_GRID,
    summary: "the parts of uploadparts are slices of slice_size bytes",
    why: "Each slice has to be one of these parts; the service refuses others with -29136.",
    fix: "Give each part of uploadparts the slice_size of the same init as datalen, and only the \
          last one what is left; cut the slices and these parts by the same function.",
    check: Check::Request(|annotated| {
        let parts = uploadparts(annotated)?.ok()?;
        let asked = annotated.request.number("slice_size")?;
        let (last, but_last) = parts.split_last()?;
        // Where larger slices are asked for, some clients take digests of each MiB.
        let fits = |part: &&UploadPart| part.datalen == asked || part.datalen == asked.min(MIB);
        // The last part has what is left of the file, which is never more than a slice.
        let too_long = Some(last).filter(|last| last.datalen > asked);
        let other = but_last.iter().find(|part| !fits(part)).or(too_long);
        Verdict::broken_by(other, |other| {
            let (offset, datalen) = (other.offset, other.datalen);
            let expected = format!(
                "datalen {asked}, the slice_size that was asked for, and in the last part no more"
            );
            let found = format!("{datalen} at offset {offset}");
            let span = annotated.request.value("uploadparts");
            Evidence::at("uploadparts")
                .expected(expected)
                .found(found)
                .span(span.map(|value| Span::body(value.span.clone())))
        })
    }),
    counterexample: Counterexample::plain(Breaks::Each(&[
        Breaks::Request(INIT, Edit::Add("sha", SHA1_OF_NOTHING)),
        Breaks::Request(
            INIT,
            Edit::Form(|form| {
                let parts = [part(0, 1_000_000, ""), part(1_000_000, 1_442_830, "")];
                form.push(Part::new("uploadparts", format!("[{}]", parts.join(","))));
                Some(())
            }),
        ),
    ])),
};

const UPLOADPARTS_SHAS: Rule = Rule {
    id: "init/uploadparts-shas",
    clause: &spec::UPLOADPARTS_SHAS,
    summary: "datasha is the running SHA-1 after each part, and in the last that of the file",
    why: "The service cannot verify slices, or recognise a file that it already has.",
    fix: "Run one SHA-1 over the file, and after each part but the last write its five state \
          words, unfinished and each little-endian, as datasha; the last part has the finished \
          digest, as in sha.",
    check: Check::Request(uploadparts_shas),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Form(|form| {
            let part = |offset, length| part(offset, length, SHA1_OF_NOTHING);
            let parts = [part(0, 1_048_576), part(1_048_576, 1_048_576), part(2_097_152, 345_678)];
            form.push(Part::new("uploadparts", format!("[{}]", parts.join(","))));
            Some(())
        }),
    ),
};

const INSERT_ONLY: Rule = Rule {
    id: "init/insert-only",
    clause: &spec::INSERT_ONLY,
    summary: "insertOnly, if sent, is 0 or 1",
    why: "With any other value, it is not documented whether an object is replaced.",
    fix: "Send insertOnly as 0 or 1, and leave it out where it is not set; check for an empty \
          string, and for a boolean or null that is printed as a word.",
    check: Check::Request(|annotated| {
        // Both ways of uploading take this field.
        if !matches!(annotated.op()?, Op::Init | Op::Upload) {
            return None;
        }
        let value = annotated.request.value("insertOnly")?;
        let good = matches!(value.content.as_ref(), b"0" | b"1");
        Verdict::of(good, || value_evidence(annotated, "insertOnly", "\"0\" or \"1\""))
    }),
    counterexample: Counterexample::edited(INIT, Edit::Add("insertOnly", "")),
};

const BIZ_ATTR: Rule = Rule {
    id: "init/biz-attr",
    clause: &spec::BIZ_ATTR,
    summary: "biz_attr, if sent, has at most 4096 bytes",
    why: "The service refuses longer ones with -5947.",
    fix: "Measure biz_attr in bytes of its encoding, not in characters, and end with an error \
          before the first request where it has more than 4096; do not cut it silently.",
    check: Check::Request(|annotated| {
        annotated.op()?;
        let value = annotated.request.value("biz_attr")?;
        let length = value.content.len();
        Verdict::of(length <= 4096, || {
            let span = Span::body(value.span.clone());
            Evidence::at("biz_attr")
                .expected("at most 4096 bytes")
                .found(format!("{length} bytes"))
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Form(|form| {
            form.push(Part::new("biz_attr", "x".repeat(4097)));
            Some(())
        }),
    ),
};

fn init(annotated: &AnnotatedExchange) -> Option<&AnnotatedExchange> {
    Some(annotated).filter(|annotated| annotated.is(&Op::Init))
}

/// Whether the field sha, if it is not empty, is the SHA-1 of the file.
pub(super) fn sha_of_file(annotated: &AnnotatedExchange) -> Option<Verdict> {
    // An empty sha is the subject of `form/no-empty-fields`.
    let sha = annotated.request.value("sha").filter(|sha| !sha.content.is_empty())?;
    // One pass over the file gives this digest and the states that `init/uploadparts-shas` compares.
    let grid = uploadparts(annotated).and_then(|parts| grid(&parts.ok()?));
    let wanted = annotated.file_digests.sha1(grid)?;
    Verdict::of(sha.content == wanted, || {
        let expected = format!("\"{wanted}\", the SHA-1 of the file");
        let mistake = digest_mistake(annotated, &sha.content, wanted);
        value_evidence(annotated, "sha", expected).explained(mistake)
    })
}

/// One of `uploadparts`, as JSON.
fn part(offset: u64, length: u64, sha: &str) -> String {
    format!(r#"{{"offset":{offset},"datalen":{length},"datasha":"{sha}"}}"#)
}

fn decimal(
    annotated: &AnnotatedExchange,
    name: &str,
    fits: impl FnOnce(u64) -> bool,
    expected: &str,
) -> Option<Verdict> {
    let number = init(annotated)?.request.number(name);
    Verdict::of(number.is_some_and(fits), || value_evidence(annotated, name, expected))
}

/// The parts of `uploadparts`, if they are there.
fn uploadparts(
    annotated: &AnnotatedExchange,
) -> Option<Result<Vec<UploadPart>, serde_json::Error>> {
    let value = init(annotated)?.request.value("uploadparts")?;
    (!value.content.is_empty()).then(|| serde_json::from_slice(&value.content))
}

/// The length of the first part, in bytes: the grid that `datasha` is reckoned on.
fn grid(parts: &[UploadPart]) -> Option<usize> {
    usize::try_from(parts.first()?.datalen).ok()
}

fn uploadparts_form(annotated: &AnnotatedExchange) -> Option<Verdict> {
    let size = annotated.file_size()?;
    let mut end = 0_u64;
    let wrong = match uploadparts(annotated)? {
        Err(error) => Some(unreadable(annotated, &error)),
        Ok(parts) => parts
            .iter()
            .find_map(|part| {
                let start = end;
                // From where the last one ended, whatever it said of its own
                // place: each gap is told once.
                end = start.saturating_add(part.datalen);
                (part.offset != start).then(|| {
                    format!("offset {}, but the previous part ends at {start}", part.offset)
                })
            })
            .or_else(|| {
                let last = parts.last().map_or(0, |part| part.datalen);
                let found = || format!("the parts end at {end}; the last one has datalen {last}");
                (end != size).then(found)
            }),
    };
    Verdict::broken_by(wrong, |wrong| {
        let span = annotated.request.value("uploadparts");
        let span = span.map(|value| Span::body(value.span.clone()));
        let expected = format!("[{{offset, datalen, datasha}}, …] from 0 to {size}");
        Evidence::at("uploadparts").expected(expected).found(wrong).span(span)
    })
}

/// Why uploadparts cannot be read, in words of JSON.
fn unreadable(annotated: &AnnotatedExchange, error: &serde_json::Error) -> String {
    let value = annotated.request.value("uploadparts");
    let json = value.and_then(|value| serde_json::from_slice::<Value>(&value.content).ok());
    let Some(json) = json else { return format!("no JSON: {error}") };
    let Some(parts) = json.as_array() else { return "JSON, but no array".to_owned() };
    // Not in the words of serde, which name a type of ours and a column that nobody sees.
    let wrong = parts.iter().find_map(|part| {
        ["offset", "datalen"].into_iter().find_map(|name| match part.get(name) {
            None => Some(format!("a part without {name}")),
            Some(Value::String(text)) => {
                Some(format!("{name} {} in quotes, which is no number", quote(text.as_bytes())))
            }
            Some(value) if !value.is_u64() => {
                Some(format!("{name} {value}, which is no whole number"))
            }
            Some(_) => None,
        })
    });
    wrong.unwrap_or_else(|| error.to_string())
}

fn uploadparts_shas(annotated: &AnnotatedExchange) -> Option<Verdict> {
    let parts = uploadparts(annotated)?.ok()?;
    let wanted = annotated.file_digests.cumulative_sha1(grid(&parts)?)?;
    // Parts that do not cover the file on one grid break other rules, and have no states to compare.
    if wanted.len() != parts.len() {
        return None;
    }
    let mut pairs = parts.iter().zip(wanted.iter());
    let wrong = pairs.find(|(part, wanted)| part.datasha != **wanted);
    Verdict::broken_by(wrong, |(part, wanted)| {
        let span = annotated.request.value("uploadparts");
        let span = span.map(|value| Span::body(value.span.clone()));
        Evidence::at(format!("datasha at offset {}", part.offset))
            .expected(quote(wanted.as_bytes()))
            .found(quote(part.datasha.as_bytes()))
            .explained(datasha_mistake(annotated, part, wanted))
            .span(span)
    })
}
