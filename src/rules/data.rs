use std::collections::HashMap;

use super::diagnosis::{session_mistake, value_evidence};
use super::{Analysis, AnnotatedExchange, Check, Evidence, Rule, Span, Verdict, quote};
use crate::protocol::{Op, Part, sha1_hex};
use crate::rules::counterexample::{
    Breaks, Counterexample, Edit, INIT, SECOND_SLICE, SHA1_OF_NOTHING,
};
use crate::spec;

mod bytes;
mod order;

use bytes::bytes_elsewhere;
pub(super) use bytes::{length_evidence, same_bytes};
pub(super) use order::RULES as ORDER;

pub(super) const RULES: &[Rule] = &[
    SESSION,
    OFFSET_FORM,
    OFFSET_ALIGNED,
    IN_UPLOADPARTS,
    IN_FILE,
    CONTENT,
    LENGTH,
    BYTES,
    SHA,
    NO_STRAY_SHA,
    DATAMD5,
];

const SESSION: Rule = Rule {
    id: "data/session",
    clause: &spec::DATA_SESSION,
    summary: "session is the one that the service issued",
    why: "The service keeps slices by session; a slice with another one is refused with -29096.",
    fix: "Keep session as an opaque string of any length, and send it byte for byte with each \
          slice; after a new init or list, pass the new one to all workers.",
    check: Check::Request(|annotated| session(annotated, &Op::Data)),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Set("session", "8ad1d23f1b1f3452a1bda9bfbfcb81c4"),
    ),
};

const OFFSET_FORM: Rule = Rule {
    id: "data/offset-form",
    clause: &spec::DATA_OFFSET_FORM,
    summary: "offset is a decimal number",
    why: "The service cannot tell where the slice belongs; it answers -5999.",
    fix: "Add offset to each slice as decimal digits, printed from a 64-bit integer; check for \
          hexadecimal and floating-point output, and for code that leaves out a field with the \
          value 0.",
    check: Check::Request(|annotated| {
        let offset = data(annotated)?.request.number("offset");
        let expected = "decimal digits, the place of the slice in the file";
        Verdict::of(offset.is_some(), || value_evidence(annotated, "offset", expected))
    }),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Set("offset", "0x100000")),
};

const OFFSET_ALIGNED: Rule = Rule {
    id: "data/offset-aligned",
    clause: &spec::DATA_OFFSET_GRID,
    summary: "offset is a multiple of the slice_size in the service's reply",
    why: "The service refuses other offsets with -29095 or -29098; if it accepts one, the upload \
          cannot be resumed from its list of slices.",
    fix: "Compute offset in 64 bits as the index of the slice, from 0, times data.slice_size of \
          the reply to init or list; do not add up the lengths of short reads.",
    check: Check::Request(offset_aligned),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Set("offset", "1048577")),
};

const IN_UPLOADPARTS: Rule = Rule {
    id: "data/in-uploadparts",
    clause: &spec::DATA_IN_UPLOADPARTS,
    summary: "offset is that of one of the uploadparts, if init had them",
    why: "The service refuses a slice that was not announced with -29136.",
    fix: "Compute one list of parts that covers the whole file, send it as uploadparts, and take \
          the offset of each slice from it instead of computing the offsets a second time.",
    check: Check::Request(in_uploadparts),
    counterexample: Counterexample::plain(Breaks::Each(&[
        ANNOUNCED_SHA,
        Breaks::Request(INIT, Edit::Add("uploadparts", r#"[{"offset":0,"datalen":2442830}]"#)),
    ])),
};

const IN_FILE: Rule = Rule {
    id: "data/in-file",
    clause: &spec::DATA_IN_FILE,
    summary: "the slice lies within the file",
    why: "Bytes after the end of the file do not belong to the object.",
    fix: "Send as the last slice only the bytes that the last read returned, not the whole buffer, \
          and end the loop where offset reaches the length of the file.",
    check: Check::Request(|annotated| {
        let slice = data(annotated)?.slice()?;
        let size = annotated.file_size()?;
        let good = slice.end().is_some_and(|end| end <= size);
        // An empty slice breaks `data/content`, wherever it is.
        Verdict::of(good || slice.length == 0, || {
            let found = format!("offset {} and {} bytes", slice.offset, slice.length);
            let span = annotated.request.value("offset");
            let span = span.map(|value| Span::body(value.span.clone()));
            Evidence::at("offset")
                .expected(format!("a slice that ends at byte {size} or before"))
                .found(found)
                .explained(bytes_elsewhere(annotated, slice))
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Set("offset", "2097152")),
};

const CONTENT: Rule = Rule {
    id: "data/content",
    clause: &spec::DATA_CONTENT,
    summary: "filecontent is present and not empty",
    why: "A slice without bytes uploads nothing; the service answers -5990.",
    fix: "Add the bytes of each slice as the part filecontent, and send no slice at the end of the \
          file; before a retry seek back, as a stream that was sent once has no more bytes.",
    check: Check::Request(|annotated| {
        let content = data(annotated)?.request.value("filecontent");
        // Whoever does what a slice size of 0 says may only go on like that for ever.
        let is_empty = content.is_some_and(|content| content.content.is_empty());
        if is_empty && annotated.upload.as_ref().is_some_and(|upload| upload.is_empty_grid) {
            return None;
        }
        // A file that has become shorter meanwhile leaves nothing to send; the service says so.
        if is_empty && annotated.file().is_none() {
            return None;
        }
        let good = content.is_some_and(|content| !content.content.is_empty());
        Verdict::of(good, || value_evidence(annotated, "filecontent", "the bytes of the slice"))
    }),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Remove("filecontent")),
};

const LENGTH: Rule = Rule {
    id: "data/length",
    clause: &spec::DATA_LENGTH,
    summary: "a slice has slice_size bytes, unless it is the last",
    why: "A longer slice is refused with -281; a shorter one leaves a gap, which finish may not report.",
    fix: "Cut the file by data.slice_size of the reply to init or list, not by the size asked \
          for; read each slice whole, in binary mode and from its offset, also for a retry, and \
          send the rest as the last one.",
    check: Check::Conversation(lengths),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Cut("filecontent", 1000)),
};

const BYTES: Rule = Rule {
    id: "data/bytes",
    clause: &spec::DATA_BYTES,
    summary: "a slice is the file's bytes at its offset",
    why: "The stored object is not the file, and nobody notices.",
    fix: "Seek to offset before each slice is read, in binary mode and with a file handle or a \
          positioned read for each worker; do not refill a buffer that is still being sent.",
    check: Check::Request(|annotated| {
        let slice = data(annotated)?.slice().filter(|slice| slice.length > 0)?;
        same_bytes(annotated, usize::try_from(slice.offset).ok()?)
    }),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Flip("filecontent", 500_000)),
};

const SHA: Rule = Rule {
    id: "data/sha",
    clause: &spec::DATA_SHA,
    summary: "each slice has the sha of init, if init had one",
    why: "The service cannot match the slice to the upload that was announced.",
    fix: "Add the sha of init unchanged to each slice: the SHA-1 of the whole file, computed once, \
          and not that of the bytes in filecontent.",
    check: Check::Request(|annotated| sha(annotated, &Op::Data)),
    counterexample: Counterexample::plain(ANNOUNCED_SHA),
};

const NO_STRAY_SHA: Rule = Rule {
    id: "data/no-stray-sha",
    clause: &spec::DATA_STRAY_SHA,
    summary: "slices have no sha if init had none",
    why: "The service has nothing to compare it with.",
    fix: "Add sha to slices only where init of the same upload had it; remove a digest that is \
          computed for each slice, or announce sha and uploadparts at init.",
    check: Check::Request(|annotated| {
        data(annotated)?;
        // Without an init, nobody knows whether there was to be a digest.
        if annotated.sha.is_some() || annotated.init.is_none() {
            return None;
        }
        let stray = annotated.request.value("sha").is_some_and(|sha| !sha.content.is_empty());
        Verdict::of(!stray, || value_evidence(annotated, "sha", "no sha, as at init"))
    }),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Add("sha", SHA1_OF_NOTHING)),
};

const DATAMD5: Rule = Rule {
    id: "data/datamd5",
    clause: &spec::DATA_MD5,
    summary: "datamd5, if sent, is the MD5 of the slice",
    why: "A service that checks it refuses the slice with -29063.",
    fix: "Compute datamd5 over exactly the bytes that go into filecontent, as 32 lower-case hex \
          digits, or leave it out; check for base64, upper case, and the MD5 of the whole file.",
    check: Check::Request(|annotated| {
        let found = data(annotated)?.request.value("datamd5")?;
        let wanted = annotated.request.content_md5()?;
        Verdict::of(found.content == wanted, || {
            value_evidence(annotated, "datamd5", format!("\"{wanted}\", the MD5 of the slice"))
        })
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Add("datamd5", "d41d8cd98f00b204e9800998ecf8427e"),
    ),
};

fn data(annotated: &AnnotatedExchange) -> Option<&AnnotatedExchange> {
    Some(annotated).filter(|annotated| annotated.is(&Op::Data))
}

/// Whether a request carries the session that was issued.
pub(super) fn session(annotated: &AnnotatedExchange, op: &Op) -> Option<Verdict> {
    // Without any upload there is none to carry; `flow/starts-with-init` says so.
    let upload = annotated.upload.as_ref().filter(|_| annotated.is(op))?;
    let issued = upload.sessions.first()?;
    let found = annotated.session();
    // Where replies have named more sessions than are kept, an unknown one may be right: no verdict.
    let good = found.map_or(Some(false), |found| upload.names(found))?;
    Verdict::of(good, || {
        let expected = format!("{}, as the service issued it", quote(issued.as_bytes()));
        let mistake = found.and_then(|found| session_mistake(found, upload));
        value_evidence(annotated, "session", expected).explained(mistake)
    })
}

/// Whether a request carries the sha that init announced.
pub(super) fn sha(annotated: &AnnotatedExchange, op: &Op) -> Option<Verdict> {
    let announced = annotated.sha.as_ref().filter(|_| annotated.is(op))?;
    let is_sha = |sha: &str| annotated.request.value("sha").is_some_and(|it| it.content == *sha);
    Verdict::of(is_sha(announced), || {
        let slice = annotated.request.value("filecontent");
        let of_slice = slice.filter(|slice| is_sha(&sha1_hex(&slice.content)));
        value_evidence(annotated, "sha", format!("\"{announced}\", as at init"))
            .explained(of_slice.map(|_| "this is the SHA-1 of the slice"))
    })
}

/// A counterexample to every rule by which others have to repeat it: only init has a sha.
pub(super) const ANNOUNCED_SHA: Breaks = Breaks::Conversation(|transcript| {
    let sha = transcript.job.file.as_ref()?.sha1()?;
    INIT.exchange(transcript)?.request.edit(|form| {
        form.push(Part::new("sha", sha));
        Some(())
    })
});

fn offset_aligned(annotated: &AnnotatedExchange) -> Option<Verdict> {
    let offset = data(annotated)?.request.number("offset")?;
    let slice_size = annotated.upload.as_ref()?.slice_size?;
    // The grid is that of the reply: the service may answer another size than was asked for.
    let rest = offset.checked_rem(slice_size)?;
    Verdict::of(rest == 0 || is_as_announced(annotated), || {
        let expected = format!("a multiple of {slice_size}, the slice_size of the service's reply");
        value_evidence(annotated, "offset", expected)
    })
}

/// Whether a slice is one of `uploadparts`. They are announced before the service answers with its
/// slice size, and later slices have to be among them: where both differ, either may be kept to.
pub(super) fn is_as_announced(annotated: &AnnotatedExchange) -> bool {
    // What a refused init announced is no part of the upload that was there before it.
    let is_resumed = annotated.upload.as_ref().is_some_and(|upload| upload.listed);
    let init = annotated.init.as_ref().filter(|_| !is_resumed);
    let parts = init.and_then(|init| init.parts.as_ref());
    annotated
        .slice()
        .is_some_and(|slice| parts.is_some_and(|parts| parts.binary_search(&slice).is_ok()))
}

fn in_uploadparts(annotated: &AnnotatedExchange) -> Option<Verdict> {
    // Without a sha the service has nothing to hold the parts to [ERR -29136].
    let init = data(annotated)?.init.as_ref().filter(|_| annotated.sha.is_some())?;
    let parts = init.parts.as_ref()?;
    let offset = annotated.offset?;
    // The service may have answered with a grid that uploadparts could not know.
    if init.slice_size != Some(annotated.upload.as_ref()?.slice_size?) {
        return None;
    }
    Verdict::of(parts.binary_search_by_key(&offset, |part| part.offset).is_ok(), || {
        value_evidence(annotated, "offset", "an offset of uploadparts, as init announced them")
    })
}

/// For each slice; of one that is sent again, the attempt that had the right length is named.
fn lengths(analysis: &Analysis) -> Vec<(usize, Verdict)> {
    let mut whole: HashMap<u64, usize> = HashMap::new();
    let mut verdicts = Vec::new();
    for annotated in analysis.exchanges() {
        let Some((offset, verdict)) = annotated.offset.zip(length(annotated)) else { continue };
        let verdict = match (verdict, whole.get(&offset)) {
            (Verdict::Holds, _) => {
                // The latest is named: it is nearest to the attempt that is wrong.
                whole.insert(offset, annotated.number);
                Verdict::Holds
            }
            (Verdict::Broken(evidence), Some(first)) => {
                let what = "another attempt at this slice, which had all of its bytes";
                Verdict::Broken(evidence.related(*first, what))
            }
            (broken, None) => broken,
        };
        verdicts.push((annotated.number, verdict));
    }
    verdicts
}

fn length(annotated: &AnnotatedExchange) -> Option<Verdict> {
    let slice = data(annotated)?.slice().filter(|slice| slice.length > 0)?;
    let content = annotated.request.value("filecontent")?;
    let slice_size = annotated.upload.as_ref()?.slice_size?;
    let rest = match annotated.file_size() {
        // A slice that begins at the end of the file or after it breaks `data/in-file`.
        Some(size) => size.checked_sub(slice.offset).filter(|rest| *rest > 0)?,
        // Where the file ends is not known, but that no slice is longer than slice_size is.
        None if slice.length > slice_size => u64::MAX,
        None => return None,
    };
    let wanted = rest.min(slice_size);
    Verdict::of(slice.length == wanted || is_as_announced(annotated), || {
        let is_listed = annotated.upload.as_ref().is_some_and(|upload| upload.listed);
        let why = match (rest < slice_size, is_listed) {
            (true, _) => "what is left of the file",
            (false, true) => "the slice_size in the list",
            (false, false) => "the slice_size in the reply to init",
        };
        length_evidence(annotated, content, slice.offset, wanted)
            .expected(format!("{wanted} bytes, {why}"))
    })
}
