use super::data::{length_evidence, same_bytes};
use super::diagnosis::value_evidence;
use super::init::sha_of_file;
use super::{AnnotatedExchange, Check, Evidence, Rule, Verdict};
use crate::protocol::{Op, Part, Transcript};
use crate::rules::counterexample::{
    Breaks, Counterexample, Edit, FINISH, NthExchange, SHA1_OF_NOTHING,
};
use crate::spec;

pub(super) const RULES: &[Rule] = &[CONTENT, SIZE, LENGTH, BYTES, SHA];

/// The largest simple upload, in bytes [DOC17 6066].
const LARGEST: usize = 20 << 20;

/// The first step of all counterexamples here.
const IN_ONE_REQUEST: Breaks = Breaks::Conversation(in_one_request);
/// The request that remains then.
const UPLOAD: NthExchange = NthExchange { op: &Op::Upload, nth: 0 };

const CONTENT: Rule = Rule {
    id: "upload/content",
    clause: &spec::UPLOAD_CONTENT,
    summary: "filecontent is present",
    why: "The service stores an empty object, or none.",
    fix: "Add the bytes of the file to the form as the part filecontent; check which argument of \
          the HTTP library is the name of a part, and which its filename.",
    check: Check::Request(|annotated| {
        upload(annotated)?;
        let there = annotated.request.value("filecontent").is_some();
        // Some clients leave the part out where the file is empty.
        Verdict::of(there || annotated.file()?.is_empty(), || {
            value_evidence(annotated, "filecontent", "the bytes of the file")
        })
    }),
    counterexample: Counterexample::plain(Breaks::Each(&[
        IN_ONE_REQUEST,
        Breaks::Request(UPLOAD, Edit::Remove("filecontent")),
    ])),
};

const SIZE: Rule = Rule {
    id: "upload/size",
    clause: &spec::UPLOAD_SIZE,
    summary: "a simple upload has at most 20 MiB",
    why: "The service refuses larger ones with -285; larger files are sent in slices.",
    fix: "Compare the size of the file with 20971520 before the operation is chosen, and begin \
          with upload_slice_init where it is larger; do not fall back to upload where init fails.",
    check: Check::Request(|annotated| {
        let length = upload(annotated)?.request.value("filecontent")?.content.len();
        Verdict::of(length <= LARGEST, || {
            let expected = format!("at most {LARGEST} bytes; larger files are sent in slices");
            Evidence::at("filecontent").expected(expected).found(format!("{length} bytes"))
        })
    }),
    counterexample: Counterexample::plain(Breaks::Each(&[
        IN_ONE_REQUEST,
        Breaks::Request(
            UPLOAD,
            Edit::Form(|form| form.set("filecontent", vec![0; LARGEST.saturating_add(1)])),
        ),
    ])),
};

const LENGTH: Rule = Rule {
    id: "upload/length",
    clause: &spec::UPLOAD_CONTENT,
    summary: "filecontent is as long as the file",
    why: "The object is truncated, or has extra bytes at its end.",
    fix: "Read the file until a read returns no more bytes, and send exactly those: no line end or \
          NUL after them, no whole buffer after a short last read, and no length counted in \
          characters.",
    check: Check::Request(|annotated| {
        let content = upload(annotated)?.request.value("filecontent")?;
        let file = annotated.file_size()?;
        Verdict::of(u64::try_from(content.content.len()) == Ok(file), || {
            length_evidence(annotated, content, 0, file)
                .expected(format!("{file} bytes, the length of the file"))
        })
    }),
    counterexample: Counterexample::plain(Breaks::Each(&[
        IN_ONE_REQUEST,
        Breaks::Request(UPLOAD, Edit::Cut("filecontent", 1000)),
    ])),
};

const BYTES: Rule = Rule {
    id: "upload/bytes",
    clause: &spec::UPLOAD_CONTENT,
    summary: "filecontent is the file",
    why: "The stored object is not the file, and nobody notices.",
    fix: "Open the file in binary mode and send it from its first byte as filecontent, without \
          base64, compression, or a conversion of its encoding or line ends.",
    check: Check::Request(|annotated| same_bytes(upload(annotated)?, 0)),
    counterexample: Counterexample::plain(Breaks::Each(&[
        IN_ONE_REQUEST,
        Breaks::Request(UPLOAD, Edit::Flip("filecontent", 500_000)),
    ])),
};

const SHA: Rule = Rule {
    id: "upload/sha",
    clause: &spec::UPLOAD_SHA,
    summary: "sha, if sent, is the SHA-1 of the file",
    why: "The service compares it with what arrived, and refuses the object.",
    fix: "Compute sha of a simple upload by SHA-1 over the whole file, in 40 lower-case hex \
          digits, or leave the field out; check for a digest of an empty or already consumed \
          stream.",
    check: Check::Request(|annotated| sha_of_file(upload(annotated)?)),
    counterexample: Counterexample::plain(Breaks::Each(&[
        IN_ONE_REQUEST,
        Breaks::Request(UPLOAD, Edit::Add("sha", SHA1_OF_NOTHING)),
    ])),
};

fn upload(annotated: &AnnotatedExchange) -> Option<&AnnotatedExchange> {
    Some(annotated).filter(|annotated| annotated.is(&Op::Upload))
}

/// Replaces a conversation by a single request that carries the whole file.
fn in_one_request(transcript: &mut Transcript) -> Option<()> {
    let file = transcript.job.file.as_ref()?.whole()?;
    // The reply to finish names the object, as the reply to a simple upload does.
    let finish = transcript.exchanges.pop()?;
    transcript.exchanges.clear();
    transcript.exchanges.push(finish);
    FINISH.exchange(transcript)?.request.edit(|form| {
        form.remove("session")?;
        form.remove("filesize")?;
        form.push(Part::new("filecontent", file));
        form.set("op", "upload")
    })
}
