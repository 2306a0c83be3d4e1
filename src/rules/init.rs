use serde::Deserialize;

use super::{Call, Check, Counterexample, Evidence, Rule, Span, Verdict, quote};
use crate::protocol::{Op, Part, cumulative_sha1, sha1_hex};
use crate::spec;

pub(super) const RULES: &[Rule] = &[
    FILESIZE_FORM,
    FILESIZE,
    SLICE_SIZE_FORM,
    SLICE_SIZE,
    SHA,
    UPLOADPARTS_WITH_SHA,
    UPLOADPARTS_FORM,
    UPLOADPARTS_SHAS,
    INSERT_ONLY,
    BIZ_ATTR,
];

/// The largest slice size that any document allows, in bytes [DOC16 6067].
const LARGEST_SLICE: u64 = 3 << 20;

/// A counterexample that edits the form of the init request.
macro_rules! edits_init {
    ($change:expr) => {
        Counterexample {
            scenario: "happy/last-slice-short",
            breaks: |talk| talk.tamper(&Op::Init, 0)?.edit($change),
        }
    };
}

const FILESIZE_FORM: Rule = Rule {
    id: "init/filesize-form",
    clause: &spec::FILESIZE_FORM,
    summary: "filesize is a decimal number",
    why: "The service refuses init with -5971, -29126 or -29141.",
    check: Check::Request(|call| decimal(call, "filesize", |_| true, "decimal digits")),
    counterexample: edits_init!(|form| form.set("filesize", "2.4e6")),
};

const FILESIZE: Rule = Rule {
    id: "init/filesize",
    clause: &spec::FILESIZE_VALUE,
    summary: "filesize is the length of the file",
    why: "The service counts slices against it; finish fails, or an object of another size is made.",
    check: Check::Request(|call| {
        let filesize = init(call)?.request.number("filesize")?;
        let file = call.file_size();
        Verdict::of(filesize == file, || {
            let expected = format!("{file}, the length of the file");
            value_evidence(call, "filesize", expected)
        })
    }),
    counterexample: edits_init!(|form| form.set("filesize", "2442829")),
};

const SLICE_SIZE_FORM: Rule = Rule {
    id: "init/slice-size-form",
    clause: &spec::SLICE_SIZE_FORM,
    summary: "slice_size is a decimal number from 1 to 3145728",
    why: "The service refuses init with -5965, -281 or -46622.",
    check: Check::Request(|call| {
        let fits = |size| (1..=LARGEST_SLICE).contains(&size);
        decimal(call, "slice_size", fits, "decimal digits, 1 to 3145728")
    }),
    counterexample: edits_init!(|form| form.remove("slice_size")),
};

const SLICE_SIZE: Rule = Rule {
    id: "init/slice-size",
    clause: &spec::SLICE_SIZE_VALUE,
    summary: "slice_size is 1048576",
    why: "The current error table refuses any other with -284; older pages allow four values.",
    check: Check::Request(|call| {
        let size = init(call)?.request.number("slice_size")?;
        if !(1..=LARGEST_SLICE).contains(&size) {
            return None;
        }
        Verdict::of(size == 1_048_576, || value_evidence(call, "slice_size", "1048576"))
    }),
    counterexample: edits_init!(|form| form.set("slice_size", "524288")),
};

const SHA: Rule = Rule {
    id: "init/sha",
    clause: &spec::INIT_SHA,
    summary: "sha is the SHA-1 of the file",
    why: "The service compares it with what arrived, and refuses the object in the end.",
    check: Check::Request(|call| {
        let sha = init(call)?.request.value("sha").filter(|sha| !sha.content.is_empty())?;
        let wanted = sha1_hex(&call.assignment.file);
        Verdict::of(sha.content == wanted, || {
            value_evidence(call, "sha", format!("\"{wanted}\", the SHA-1 of the file"))
        })
    }),
    counterexample: edits_init!(|form| {
        form.push(Part::new("sha", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"));
        form.push(Part::new("uploadparts", "[]"));
        Some(())
    }),
};

const UPLOADPARTS_WITH_SHA: Rule = Rule {
    id: "init/uploadparts-with-sha",
    clause: &spec::UPLOADPARTS_WITH_SHA,
    summary: "sha comes with uploadparts",
    why: "The service refuses init with -29133.",
    check: Check::Request(|call| {
        init(call)?.request.value("sha").filter(|sha| !sha.content.is_empty())?;
        let parts = call.request.value("uploadparts").filter(|parts| !parts.content.is_empty());
        Verdict::of(parts.is_some(), || {
            Evidence::new("uploadparts", "a JSON array of all slices", "none", None)
        })
    }),
    counterexample: edits_init!(|form| {
        form.push(Part::new("sha", "da39a3ee5e6b4b0d3255bfef95601890afd80709"));
        Some(())
    }),
};

const UPLOADPARTS_FORM: Rule = Rule {
    id: "init/uploadparts-form",
    clause: &spec::UPLOADPARTS_FORM,
    summary: "uploadparts chains from the first byte to the last",
    why: "The service refuses init with -5965 or -29134.",
    check: Check::Request(uploadparts_form),
    counterexample: edits_init!(|form| {
        let parts =
            r#"[{"offset":0,"datalen":1048576,"datasha":""},{"offset":1048577,"datalen":1}]"#;
        form.push(Part::new("uploadparts", parts));
        Some(())
    }),
};

const UPLOADPARTS_SHAS: Rule = Rule {
    id: "init/uploadparts-shas",
    clause: &spec::UPLOADPARTS_SHAS,
    summary: "datasha is the running SHA-1 behind each slice",
    why: "The service cannot verify slices, nor recognise a file that it has already.",
    check: Check::Request(uploadparts_shas),
    counterexample: edits_init!(|form| {
        let part = |offset: u64, datalen: u64| {
            let datasha = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
            format!(r#"{{"offset":{offset},"datalen":{datalen},"datasha":"{datasha}"}}"#)
        };
        let parts = [part(0, 1_048_576), part(1_048_576, 1_048_576), part(2_097_152, 345_678)];
        form.push(Part::new("uploadparts", format!("[{}]", parts.join(","))));
        Some(())
    }),
};

const INSERT_ONLY: Rule = Rule {
    id: "init/insert-only",
    clause: &spec::INSERT_ONLY,
    summary: "insertOnly is 0 or 1",
    why: "With anything else it depends on the service whether an object is replaced.",
    check: Check::Request(|call| {
        if !matches!(call.op()?, Op::Init | Op::Upload) {
            return None;
        }
        let value = call.request.value("insertOnly")?;
        let good = matches!(value.content.as_ref(), b"0" | b"1");
        Verdict::of(good, || value_evidence(call, "insertOnly", "\"0\" or \"1\""))
    }),
    counterexample: edits_init!(|form| {
        form.push(Part::new("insertOnly", ""));
        Some(())
    }),
};

const BIZ_ATTR: Rule = Rule {
    id: "init/biz-attr",
    clause: &spec::BIZ_ATTR,
    summary: "biz_attr has at most 4096 bytes",
    why: "The service refuses longer ones with -5947.",
    check: Check::Request(|call| {
        call.op()?;
        let value = call.request.value("biz_attr")?;
        let length = value.content.len();
        Verdict::of(length <= 4096, || {
            let span = Span::body(value.span.clone());
            Evidence::new("biz_attr", "at most 4096 bytes", format!("{length} bytes"), span)
        })
    }),
    counterexample: edits_init!(|form| {
        form.push(Part::new("biz_attr", "x".repeat(4097)));
        Some(())
    }),
};

fn init<'a, 'b>(call: &'a Call<'b>) -> Option<&'a Call<'b>> {
    Some(call).filter(|call| call.is(&Op::Init))
}

fn decimal(
    call: &Call,
    name: &str,
    fits: impl FnOnce(u64) -> bool,
    expected: &str,
) -> Option<Verdict> {
    let number = init(call)?.request.number(name);
    Verdict::of(number.is_some_and(fits), || value_evidence(call, name, expected))
}

/// Evidence about a field's value as it was sent.
pub(super) fn value_evidence(call: &Call, name: &str, expected: impl Into<String>) -> Evidence {
    let value = call.request.value(name);
    let found = value.map_or("no such field".to_owned(), |value| quote(&value.content));
    Evidence::new(name, expected, found, value.and_then(|value| Span::body(value.span.clone())))
}

#[derive(Deserialize)]
struct UploadPart {
    offset: u64,
    datalen: u64,
    #[serde(default)]
    datasha: String,
}

/// The parts of `uploadparts`, if they are there.
fn uploadparts(call: &Call) -> Option<Result<Vec<UploadPart>, serde_json::Error>> {
    let value = init(call)?.request.value("uploadparts")?;
    (!value.content.is_empty()).then(|| serde_json::from_slice(&value.content))
}

fn uploadparts_form(call: &Call) -> Option<Verdict> {
    let mut end = 0_u64;
    let wrong = match uploadparts(call)? {
        Err(error) => Some(error.to_string()),
        Ok(parts) => parts
            .iter()
            .find_map(|part| {
                let start = end;
                end = start.saturating_add(part.datalen);
                (part.offset != start).then(|| {
                    format!("offset {} where the part before ends at {start}", part.offset)
                })
            })
            .or_else(|| (end != call.file_size()).then(|| format!("parts end at {end}"))),
    };
    Verdict::of(wrong.is_none(), || {
        let span = call.request.value("uploadparts");
        let span = span.and_then(|value| Span::body(value.span.clone()));
        let expected = format!("[{{offset, datalen, datasha}}, …] from 0 to {}", call.file_size());
        Evidence::new("uploadparts", expected, wrong.unwrap_or_default(), span)
    })
}

fn uploadparts_shas(call: &Call) -> Option<Verdict> {
    let parts = uploadparts(call)?.ok()?;
    let slice_size = usize::try_from(parts.first()?.datalen).ok()?;
    let wanted = cumulative_sha1(&call.assignment.file, slice_size)?;
    if wanted.len() != parts.len() {
        return None;
    }
    let mut pairs = parts.iter().zip(&wanted);
    let wrong = pairs.find(|(part, wanted)| part.datasha != **wanted);
    Verdict::of(wrong.is_none(), || {
        let span = call.request.value("uploadparts");
        let span = span.and_then(|value| Span::body(value.span.clone()));
        let (at, expected, found) = wrong.map_or_else(Default::default, |(part, wanted)| {
            let at = format!("datasha at offset {}", part.offset);
            (at, quote(wanted.as_bytes()), quote(part.datasha.as_bytes()))
        });
        Evidence::new(at, expected, found, span)
    })
}
