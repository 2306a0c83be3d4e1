//! Defects that are no mutant, each with the mutants that send its author to the right place.
//!
//! They were written down before any of them was compared with a mutant, and none was changed since.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use slicecheck::client::{
    ClientPolicy, CompletionPolicy, Digests, InitPolicy, Misreading, Outgoing, ReplyPolicy,
    RequestError, ResumePolicy, RetryPolicy, Signing, SlicingPolicy, Task, content,
};
use slicecheck::protocol::{
    Claim, FileView, ListData, Request, Response, ResponseEnvelope, Signature, Slice, SlicePlan,
    UploadJob, UploadPart, hmac_sha1, sha1_hex,
};

/// A client with a defect of its own.
pub(super) struct Planted {
    /// The defect in a sentence.
    pub(super) what: &'static str,
    /// How the client behaves.
    pub(super) policy: ClientPolicy,
    /// The mutants that are about the same decision; `*` at the end stands for anything.
    pub(super) akin: &'static [&'static str],
}

impl Planted {
    /// Whether a mutant sends the author of this to the right place.
    pub(super) fn is_akin_to(&self, mutant: &str) -> bool {
        self.akin.iter().any(|akin| match akin.strip_suffix('*') {
            Some(beginning) => mutant.starts_with(beginning),
            None => mutant == *akin,
        })
    }
}

/// A client that changes the head of its requests.
macro_rules! head {
    ($change:expr) => {
        edited(|outgoing| {
            outgoing.request.edit_head($change);
            Some(())
        })
    };
}

/// A client that changes one field of these requests.
macro_rules! form {
    ($task:pat, $name:literal, $change:expr) => {
        edited(|outgoing| {
            let change: fn(&str) -> String = $change;
            let value = change(outgoing.request.text($name)?);
            let is_meant = matches!(outgoing.task, $task);
            is_meant.then(|| outgoing.request.edit(|form| form.set($name, value))).flatten()
        })
    };
}

/// A client whose forms have other bytes somewhere.
macro_rules! body {
    ($from:literal, $to:literal) => {
        edited(|outgoing| {
            replace(outgoing, $from, $to);
            Some(())
        })
    };
}

const REFERENCE: ClientPolicy = ClientPolicy::REFERENCE;

pub(super) const PLANTED: &[Planted] = &[
    planted(
        "the key is sent in its composed form",
        &[],
        head!(|head| head.replace("e%CC%81", "%C3%A9")),
    ),
    planted(
        "dots at the end of the key are dropped",
        &[],
        head!(|head| head.replacen("end.. HTTP", "end HTTP", 1)),
    ),
    planted("two spaces in the key become one", &[], head!(|head| head.replace("%20%20", "%20"))),
    planted(
        "another attempt at a slice sends the half that was not sent yet",
        &["cutting/retry-is-empty", "cutting/retry-reads-on"],
        filled(|file, slice, attempt| {
            let whole = content(file, slice);
            if attempt > 1 { whole.slice(whole.len() / 2..) } else { whole }
        }),
    ),
    planted(
        "another attempt is not signed",
        &["signing/not-at-all"],
        edited(|outgoing| (outgoing.attempt > 1).then(|| without(outgoing, "Authorization"))),
    ),
    planted(
        "the signature is encoded in base64 twice",
        &[],
        signed(|job, text| STANDARD.encode(Signature::sign(&job.credentials.secret_key, text))),
    ),
    planted(
        "the values of t and e are exchanged",
        &[],
        signed(|job, text| {
            let exchanged = text.replace("&e=", "&x=").replace("&t=", "&e=").replace("&x=", "&t=");
            Signature::sign(&job.credentials.secret_key, &exchanged)
        }),
    ),
    planted(
        "t and e are eight hours ahead",
        &["signing/in-another-zone"],
        signed(|job, text| {
            let ahead = text.split('&').map(|pair| match pair.split_once('=') {
                Some((name @ ("t" | "e"), time)) => {
                    format!("{name}={}", time.parse::<u64>().unwrap_or_default() + 8 * 3600)
                }
                _ => pair.to_owned(),
            });
            Signature::sign(&job.credentials.secret_key, &ahead.collect::<Vec<_>>().join("&"))
        }),
    ),
    planted(
        "the SecretKey has a line end at its end",
        &["signing/other-key"],
        signed(|job, text| Signature::sign(&format!("{}\n", job.credentials.secret_key), text)),
    ),
    planted(
        "the MAC covers the string to sign in lower case",
        &["signing/other-text"],
        signed(|job, text| {
            let covered = text.to_ascii_lowercase();
            let mac = hmac_sha1(job.credentials.secret_key.as_bytes(), covered.as_bytes());
            STANDARD.encode([mac.as_slice(), text.as_bytes()].concat())
        }),
    ),
    planted(
        "op of finish is misspelt",
        &["form/op-upper-case", "form/op-of-the-predecessor", "form/op-with-line-end"],
        form!(Task::Finish, "op", |_| "upload_slice_finsh".to_owned()),
    ),
    planted(
        "offset is that of the slice before",
        &[
            "cutting/offset-of-end",
            "cutting/offset-zero",
            "cutting/offset-in-slices",
            "cutting/offset-from-one",
        ],
        slicing(SlicingPolicy {
            offset: |slice, size| slice.offset.saturating_sub(size).to_string(),
            ..REFERENCE.slicing
        }),
    ),
    planted(
        "after the first slice, reading begins a byte too late",
        &[],
        filled(|file, slice, _| {
            let whole = content(file, slice);
            if slice.offset > 0 { whole.slice(1..) } else { whole }
        }),
    ),
    planted(
        "the highest bit of each byte is lost",
        &["cutting/damaged", "cutting/as-utf8", "cutting/as-latin1", "cutting/text-mode"],
        filled(|file, slice, _| content(file, slice).iter().map(|byte| byte & 0x7f).collect()),
    ),
    planted(
        "content is sent in hexadecimal digits",
        &["cutting/base64"],
        filled(|file, slice, _| {
            let digits = content(file, slice);
            digits.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
        }),
    ),
    planted(
        "the second slice is never sent",
        &["cutting/last-slice-forgotten", "cutting/first-slice-forgotten"],
        slicing(SlicingPolicy {
            slices: |plan| {
                let numbered = plan.slices().enumerate();
                numbered.filter(|(number, _)| *number != 1).map(|(_, slice)| slice).collect()
            },
            ..REFERENCE.slicing
        }),
    ),
    planted(
        "the session ends at its first plus",
        &["session/cut"],
        kept(|session| session.split('+').next().unwrap_or_default().to_owned()),
    ),
    planted(
        "the session has a space at its end",
        &["session/quoted"],
        kept(|session| format!("{session} ")),
    ),
    planted(
        "only the first slice has a session",
        &["session/missing-on-data"],
        edited(|outgoing| {
            let later = matches!(outgoing.task, Task::Data(slice) if slice.offset > 0);
            later.then(|| outgoing.request.edit(|form| form.remove("session"))).flatten()
        }),
    ),
    planted(
        "filesize of init is one too many",
        &["announcing/filesize-of-slice"],
        form!(Task::Init, "filesize", one_more),
    ),
    planted(
        "filesize of finish is one too many",
        &["ending/finish-with-slice-count", "ending/finish-with-last-slice"],
        form!(Task::Finish, "filesize", one_more),
    ),
    planted(
        "slice_size of init has a unit",
        &["announcing/slice-size-in-kib", "announcing/slice-size-of-2016"],
        form!(Task::Init, "slice_size", |_| "1MB".to_owned()),
    ),
    planted(
        "sha is in base64",
        &["announcing/sha-upper-case"],
        digests(|file| STANDARD.encode(sha1_hex(file)), UploadPart::all),
    ),
    planted(
        "uploadparts lacks its last part",
        &["announcing/one-part", "announcing/uploadparts-of-half-slices"],
        digests(sha1_hex, |file, size| {
            let mut parts = UploadPart::all(file, size)?;
            parts.pop();
            Some(parts)
        }),
    ),
    planted(
        "codes from -99 on are warnings",
        &[
            "reading/slice-forbidden",
            "reading/init-forbidden",
            "reading/positive-code-means-success",
        ],
        believing(|_, reply| code(reply).is_some_and(|code| code > -100)),
    ),
    planted(
        "HTTP status 204 and 202 are as good as 200 at finish",
        &["reading/finish-*", "reading/refused-finish", "misreading/finish-*"],
        misreading(|task, _| *task == Task::Finish, |_, reply| matches!(reply.status(), 201..300)),
    ),
    planted(
        "a slice that fails on the side of the service is taken for stored",
        &["reading/slice-bad-gateway", "reading/slice-gateway-timeout", "misreading/slice-*"],
        misreading(|task, _| matches!(task, Task::Data(_)), |_, reply| reply.status() >= 500),
    ),
    planted(
        "init alone is tried again",
        &["trying/once", "trying/slice*", "trying/finish-*", "trying/list-*", "trying/not-*"],
        retry(RetryPolicy {
            is_retryable: |task, error| {
                *task == Task::Init && matches!(error, RequestError::Lost(_))
            },
            ..REFERENCE.retry
        }),
    ),
    planted(
        "a slice is tried thirty times without a pause",
        &["trying/storm", "trying/for-ever"],
        retry(RetryPolicy { attempts: 30, pause: std::time::Duration::ZERO, ..REFERENCE.retry }),
    ),
    planted(
        "of the parts in the list only the first is seen",
        &["resuming/from-the-start"],
        resuming(|list, plan| {
            let first = list.listparts.first().map(|part| part.offset);
            plan.slices().filter(|slice| Some(slice.offset) != first).collect()
        }),
    ),
    planted(
        "gaps between the parts in the list are filled, and what follows them is forgotten",
        &["resuming/nothing-more-to-send", "resuming/behind-the-last", "resuming/by-count"],
        resuming(|list, plan| {
            let end = list.listparts.last().map_or(0, |part| part.offset + part.datalen);
            let held =
                |slice: &Slice| list.listparts.iter().any(|part| part.offset == slice.offset);
            plan.slices().filter(|slice| slice.offset < end && !held(slice)).collect()
        }),
    ),
    planted(
        "a failure is said to be unsupported",
        &[],
        completion(CompletionPolicy {
            claims: |claim| if claim == Claim::Failed { Claim::Unsupported } else { claim },
            ..REFERENCE.completion
        }),
    ),
    planted(
        "the method is in lower case",
        &["request/put"],
        head!(|head| head.replacen("POST", "post", 1)),
    ),
    planted(
        "Host is empty",
        &["request/without-host", "request/host-of-another-service"],
        head!(|head| {
            let line = head.lines().find(|line| line.starts_with("Host: ")).unwrap_or_default();
            head.replacen(line, "Host:", 1)
        }),
    ),
    planted(
        "Content-Length counts the head as well",
        &["request/length-one-long", "request/length-one-short", "request/length-of-content"],
        edited(|outgoing| {
            let length = outgoing.request.body().len();
            let (old, new) =
                (length.to_string(), (length + outgoing.request.head().end).to_string());
            outgoing.request.edit_head(|head| head.replacen(&old, &new, 1));
            Some(())
        }),
    ),
    planted(
        "names of fields are in single quotes",
        &["form/names-unquoted"],
        body!("name=\"op\"", "name='op'"),
    ),
    planted(
        "no semicolon follows form-data",
        &["form/content-without-name", "form/names-unquoted"],
        body!("form-data; name=\"op\"", "form-data name=\"op\""),
    ),
    planted(
        "delimiters have a dash more than was announced",
        &["form/boundary-of-another-form", "form/delimiters-without-dashes"],
        edited(|outgoing| {
            let boundary = outgoing.request.form().as_multipart()?.boundary().to_owned();
            replace(outgoing, &format!("--{boundary}"), &format!("---{boundary}"));
            Some(())
        }),
    ),
    planted(
        "finish is JSON",
        &["resuming/list-as-json", "request/urlencoded", "request/multipart-mixed"],
        edited(as_json),
    ),
    planted(
        "the path has its parts in another order",
        &["request/files-v1", "request/without-appid"],
        head!(|head| head.replacen("/1251668577/examplebucket/", "/examplebucket/1251668577/", 1)),
    ),
];

#[expect(
    clippy::large_types_passed_by_value,
    reason = "what makes a constant is called at compile time"
)]
const fn planted(
    what: &'static str,
    akin: &'static [&'static str],
    policy: ClientPolicy,
) -> Planted {
    Planted { what, policy, akin }
}

const fn edited(edit: fn(&mut Outgoing) -> Option<()>) -> ClientPolicy {
    ClientPolicy { edit, ..REFERENCE }
}

const fn slicing(slicing: SlicingPolicy) -> ClientPolicy {
    ClientPolicy { slicing, ..REFERENCE }
}

const fn filled(content: fn(&FileView, Slice, u32) -> bytes::Bytes) -> ClientPolicy {
    slicing(SlicingPolicy { content, ..REFERENCE.slicing })
}

const fn kept(session: fn(&str) -> String) -> ClientPolicy {
    slicing(SlicingPolicy { session, ..REFERENCE.slicing })
}

const fn signed(sign: fn(&UploadJob, &str) -> String) -> ClientPolicy {
    ClientPolicy { signing: Signing { sign, ..REFERENCE.signing }, ..REFERENCE }
}

const fn retry(retry: RetryPolicy) -> ClientPolicy {
    ClientPolicy { retry, ..REFERENCE }
}

const fn resuming(missing: fn(&ListData, SlicePlan) -> Vec<Slice>) -> ClientPolicy {
    ClientPolicy { resume: ResumePolicy { missing, ..REFERENCE.resume }, ..REFERENCE }
}

const fn completion(completion: CompletionPolicy) -> ClientPolicy {
    ClientPolicy { completion, ..REFERENCE }
}

const fn digests(
    sha: fn(&[u8]) -> String,
    parts: fn(&[u8], usize) -> Option<Vec<UploadPart>>,
) -> ClientPolicy {
    let digests = Some(Digests { sha, parts });
    ClientPolicy { init: InitPolicy { digests, ..REFERENCE.init }, ..REFERENCE }
}

const fn believing(believes: fn(&Task, Option<&Response>) -> bool) -> ClientPolicy {
    ClientPolicy { replies: ReplyPolicy { believes, ..REFERENCE.replies }, ..REFERENCE }
}

const fn misreading(
    requests: fn(&Task, u64) -> bool,
    replies: fn(&Task, &Response) -> bool,
) -> ClientPolicy {
    let misreads = Some(Misreading { requests, replies });
    ClientPolicy { replies: ReplyPolicy { misreads, ..REFERENCE.replies }, ..REFERENCE }
}

fn one_more(number: &str) -> String {
    number.parse::<u64>().map_or_else(|_| number.to_owned(), |number| (number + 1).to_string())
}

fn code(reply: Option<&Response>) -> Option<i64> {
    Some(ResponseEnvelope::<()>::read(reply?.body()).ok()?.code)
}

/// Removes a header.
fn without(outgoing: &mut Outgoing, name: &str) {
    outgoing.request.edit_head(|head| {
        let lines = head.split_inclusive("\r\n").filter(|line| !line.starts_with(name));
        lines.collect()
    });
}

/// Replaces a text wherever it is in the body.
fn replace(outgoing: &mut Outgoing, from: &str, to: &str) {
    outgoing.request.edit_body(|body| {
        let places: Vec<_> = memchr::memmem::find_iter(body, from).collect();
        let (mut new, mut end) = (Vec::new(), 0);
        for start in places {
            new.extend_from_slice(&body[end..start]);
            new.extend_from_slice(to.as_bytes());
            end = start + from.len();
        }
        [&new, &body[end..]].concat()
    });
}

/// finish with its fields as JSON.
fn as_json(outgoing: &mut Outgoing) -> Option<()> {
    (outgoing.task == Task::Finish).then_some(())?;
    let request = &outgoing.request;
    let fields =
        request.form().values().iter().map(|value| {
            (value.name.clone(), String::from_utf8_lossy(&value.content).into_owned())
        });
    let body = serde_json::to_vec(&fields.collect::<std::collections::BTreeMap<_, _>>()).ok()?;
    let head = [
        ("Host", "gz.file.myqcloud.com".to_owned()),
        ("Authorization", request.signature_text()?.0),
        ("Content-Type", "application/json".to_owned()),
    ];
    outgoing.request = Request::write("POST", request.target(), &head, &body);
    Some(())
}
