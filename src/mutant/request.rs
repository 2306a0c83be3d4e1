use super::{Mutant, edited, edits_head};
use crate::client::{Outgoing, Task};
use crate::protocol::{Bound, Receipt, Request};

/// A client with other request targets.
macro_rules! target {
    ($change:expr) => {
        edited(|outgoing| retarget(outgoing, $change))
    };
}

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "request/space-in-target",
        summary: "the path is not escaped, and a space in it ends the target",
        policy: edits_head!(_, |head| head.replacen("/slicecheck/", "/slice check/", 1)),
        expected: &["request/line"],
    },
    Mutant {
        id: "request/put",
        summary: "the method is PUT",
        policy: edits_head!(_, |head| head.replacen("POST", "PUT", 1)),
        expected: &["request/method"],
    },
    Mutant {
        id: "request/list-by-get",
        summary: "the list request is a GET, as the overview has it",
        policy: edits_head!(Task::List, |head| head.replacen("POST", "GET", 1)),
        expected: &["request/method"],
    },
    Mutant {
        id: "request/without-appid",
        summary: "the path has no appid",
        policy: edits_head!(_, |head| head.replacen("/1251668577", "", 1)),
        expected: &["request/path-grammar"],
    },
    Mutant {
        id: "request/files-v1",
        summary: "the path is that of the predecessor API",
        policy: edits_head!(_, |head| head.replacen("/files/v2/", "/files/v1/", 1)),
        expected: &["request/path-grammar"],
    },
    Mutant {
        id: "request/trailing-slash",
        summary: "the path ends in a slash",
        policy: edits_head!(_, |head| head.replacen(" HTTP", "/ HTTP", 1)),
        expected: &["request/path-grammar"],
    },
    Mutant {
        id: "request/latin1",
        summary: "the path is escaped in Latin-1",
        // A letter of Latin-1, and no UTF-8 by itself.
        policy: edits_head!(_, |head| head.replacen("/slicecheck/", "/slicecheck/%E4", 1)),
        expected: &["request/path-decodes"],
    },
    Mutant {
        id: "request/other-object-on-data",
        summary: "slices go to the name of the local file",
        policy: edits_head!(Task::Data(_), |head| head.replacen("/slicecheck/", "/", 1)),
        expected: &["request/path-object"],
    },
    Mutant {
        id: "request/escaped-twice",
        summary: "the path is escaped twice",
        policy: target!(|target| target.replace('%', "%25")),
        expected: &["request/path-object"],
    },
    Mutant {
        id: "request/plus-for-space",
        summary: "a space in the path is sent as a plus, as in forms",
        policy: target!(|target| target.replace("%20", "+")),
        expected: &["request/path-object"],
    },
    Mutant {
        id: "request/plus-as-space",
        summary: "a plus in the path is sent as a space",
        policy: target!(|target| target.replace("%2B", "%20")),
        expected: &["request/path-object"],
    },
    Mutant {
        id: "request/upper-case-path",
        summary: "the key is sent in upper case",
        policy: target!(|target| target.replace("/slicecheck/", "/SLICECHECK/")),
        expected: &["request/path-object"],
    },
    Mutant {
        id: "request/lower-case-path",
        summary: "the key is sent in lower case",
        policy: target!(str::to_lowercase),
        expected: &["request/path-object"],
    },
    Mutant {
        id: "request/raw-utf8",
        summary: "letters outside of ASCII are not escaped",
        policy: edited(|outgoing| {
            retarget(outgoing, |target| {
                let object = Request::write("POST", target, &[], b"");
                object.object_path().map_or_else(
                    |_| target.to_owned(),
                    |path| {
                        format!("/files/v2/{}/{}{}", path.appid, path.bucket, {
                            path.key
                                .replace('%', "%25")
                                .replace(' ', "%20")
                                .replace('#', "%23")
                                .replace('?', "%3F")
                        })
                    },
                )
            })
        }),
        expected: &["request/target-ascii"],
    },
    Mutant {
        id: "request/slashes-escaped",
        summary: "slashes of the key are escaped",
        policy: edits_head!(_, |head| head.replacen("/slicecheck/", "/slicecheck%2F", 1)),
        expected: &["request/path-slashes"],
    },
    Mutant {
        id: "request/op-in-query",
        summary: "op is in the query as well",
        policy: edits_head!(_, |head| head.replacen(" HTTP", "?type=upload HTTP", 1)),
        expected: &["request/query"],
    },
    Mutant {
        id: "request/without-host",
        summary: "there is no Host header",
        policy: edits_head!(_, |head| head.replacen("Host: gz.file.myqcloud.com\r\n", "", 1)),
        expected: &["request/host"],
    },
    Mutant {
        id: "request/host-of-another-service",
        summary: "Host is that of the other API of the vendor",
        policy: edits_head!(_, |head| head.replacen(
            "Host: gz.file.",
            "Host: newbucket-1251668577.cos.ap-guangzhou.",
            1
        )),
        expected: &["request/host-of-service"],
    },
    Mutant {
        id: "request/md5-of-the-slice",
        summary: "Content-MD5 is the MD5 of the slice, not that of the body",
        policy: edited(|outgoing| {
            let line = format!("Content-MD5: {}\r\nHost: ", outgoing.request.content_md5()?);
            outgoing.request.edit_head(|head| head.replacen("Host: ", &line, 1));
            Some(())
        }),
        expected: &["request/content-md5"],
    },
    Mutant {
        id: "request/two-hosts",
        summary: "there are two Host headers",
        policy: edits_head!(_, |head| head.replacen("Host:", "Host: localhost\r\nHost:", 1)),
        expected: &["request/host"],
    },
    Mutant {
        id: "request/blank-before-colon",
        summary: "a space stands between a header's name and its colon",
        policy: edits_head!(_, |head| head.replacen("User-Agent:", "User-Agent :", 1)),
        expected: &["request/field-lines"],
    },
    Mutant {
        id: "request/folded-header",
        summary: "a header goes on in the next line",
        policy: edits_head!(_, |head| head.replacen("User-Agent: ", "User-Agent:\r\n ", 1)),
        expected: &["request/unfolded"],
    },
    Mutant {
        id: "request/line-feeds",
        summary: "lines of the head end in LF",
        policy: edits_head!(_, |head| head.replace("\r\n", "\n")),
        expected: &["request/head-line-ends"],
    },
    Mutant {
        id: "request/length-one-short",
        summary: "Content-Length is one byte too small",
        policy: edited(|outgoing| announce(outgoing, |length| length.saturating_sub(1))),
        expected: &["request/content-length"],
    },
    Mutant {
        id: "request/length-one-long",
        summary: "Content-Length is one byte too large",
        policy: edited(|outgoing| announce(outgoing, |length| length.saturating_add(1))),
        expected: &["request/content-length"],
    },
    Mutant {
        id: "request/length-of-content",
        summary: "Content-Length of a slice is the length of the slice, not of the form",
        policy: edited(|outgoing| match outgoing.task {
            Task::Data(slice) => announce(outgoing, |_| slice.length),
            _ => None,
        }),
        expected: &["request/content-length"],
    },
    Mutant {
        id: "request/length-missing",
        summary: "there is no Content-Length",
        policy: edited(|outgoing| {
            let line = format!("Content-Length: {}\r\n", outgoing.request.body().len());
            outgoing.request.edit_head(|head| head.replacen(&line, "", 1));
            Some(())
        }),
        expected: &["request/content-length"],
    },
    Mutant {
        id: "request/bytes-behind",
        summary: "a line end too many follows each body, and is not counted",
        policy: edited(|outgoing| {
            let raw = [outgoing.request.raw().as_ref(), b"\r\n"].concat();
            outgoing.request = Request::new(raw.into());
            Some(())
        }),
        expected: &["request/no-empty-line"],
    },
    Mutant {
        id: "request/stops-half-way",
        summary: "half of each slice is sent, and then a reply is waited for",
        policy: edited(|outgoing| half(outgoing, Receipt::Stalled)),
        expected: &["request/content-length"],
    },
    Mutant {
        id: "request/chunked",
        summary: "bodies are chunked",
        policy: edited(|outgoing| chunk(outgoing, b"\r\n0\r\n\r\n")),
        expected: &["request/not-chunked"],
    },
    Mutant {
        id: "request/last-chunk-missing",
        summary: "bodies are chunked, without a last chunk",
        policy: edited(|outgoing| chunk(outgoing, b"\r\n")),
        expected: &["request/chunks"],
    },
    Mutant {
        id: "request/chunk-size-decimal",
        summary: "bodies are chunked, and a chunk's size is written in decimal digits",
        policy: edited(|outgoing| {
            let size = outgoing.request.body().len();
            chunk(outgoing, b"\r\n0\r\n\r\n")?;
            let raw = outgoing.request.raw();
            let (hex, decimal) = (format!("\r\n{size:x}\r\n"), format!("\r\n{size}\r\n"));
            let at = memchr::memmem::find(&raw, hex.as_bytes())?;
            let (head, body) = (raw.get(..at)?, raw.get(at.checked_add(hex.len())?..)?);
            outgoing.request = Request::new([head, decimal.as_bytes(), body].concat().into());
            // Read as hexadecimal, decimal digits announce more than what comes.
            outgoing.receipt = Receipt::Stalled;
            Some(())
        }),
        expected: &["request/chunks"],
    },
    Mutant {
        id: "request/framed-twice",
        summary: "Transfer-Encoding stands beside Content-Length",
        policy: edits_head!(_, |head| {
            head.replacen("Content-Length", "Transfer-Encoding: identity\r\nContent-Length", 1)
        }),
        expected: &["request/one-framing", "request/transfer-coding"],
    },
    Mutant {
        id: "request/large-head",
        summary: "the head carries megabytes of cookies",
        policy: edited(|outgoing| {
            // Nobody reads them: what the tap makes of such a head is enough.
            outgoing.receipt = Receipt::Refused(Bound::Head);
            Some(())
        }),
        expected: &["request/bounds"],
    },
    Mutant {
        id: "request/many-headers",
        summary: "the head has hundreds of headers",
        policy: edits_head!(_, |head| {
            let many = "X-Trace: 1\r\n".repeat(300);
            head.replacen("Host:", &format!("{many}Host:"), 1)
        }),
        expected: &["request/bounds"],
    },
    Mutant {
        id: "request/urlencoded",
        summary: "Content-Type says that the form is urlencoded",
        policy: edited(|outgoing| {
            outgoing.request.edit_head(|head| {
                let line = head.lines().find(|line| line.starts_with("Content-Type"));
                let new = "Content-Type: application/x-www-form-urlencoded";
                head.replacen(line.unwrap_or_default(), new, 1)
            });
            Some(())
        }),
        expected: &["request/content-type"],
    },
    Mutant {
        id: "request/multipart-mixed",
        summary: "Content-Type is multipart/mixed",
        policy: edits_head!(_, |head| head.replacen("multipart/form-data", "multipart/mixed", 1)),
        expected: &["request/content-type"],
    },
    Mutant {
        id: "request/http-1.0",
        summary: "requests are HTTP/1.0",
        policy: edits_head!(_, |head| head.replacen("HTTP/1.1", "HTTP/1.0", 1)),
        expected: &["request/version"],
    },
    Mutant {
        id: "request/long-key",
        summary: "the key is put after a long prefix",
        policy: edits_head!(_, |head| {
            let prefix = format!("/slicecheck/{}/", "x".repeat(850));
            head.replacen("/slicecheck/", &prefix, 1)
        }),
        expected: &["request/key-length"],
    },
    Mutant {
        id: "request/long-query",
        summary: "a long note is appended to the address",
        policy: edits_head!(_, |head| {
            head.replacen(" HTTP", &format!("?note={} HTTP", "x".repeat(1000)), 1)
        }),
        expected: &["request/url-length"],
    },
    Mutant {
        id: "request/bare-cr",
        summary: "a header has a CR in it",
        policy: edits_head!(_, |head| head.replacen("Host: ", "X-Note: a\rb\r\nHost: ", 1)),
        expected: &["request/no-bare-cr"],
    },
    Mutant {
        id: "request/nul-in-header",
        summary: "a header has a NUL in it: a buffer is sent to its end",
        policy: edits_head!(_, |head| head.replacen("Host: ", "X-Note: a\0\r\nHost: ", 1)),
        expected: &["request/field-values"],
    },
    Mutant {
        id: "request/two-content-types",
        summary: "a default Content-Type is sent besides the right one",
        policy: edits_head!(_, |head| head.replacen(
            "Content-Length",
            "Content-Type: application/octet-stream\r\nContent-Length",
            1
        )),
        expected: &["request/one-content-type"],
    },
    Mutant {
        id: "request/content-length-twice",
        summary: "Content-Length is set by hand, and again by the library",
        policy: edits_head!(_, |head| {
            let line = head.lines().find(|line| line.starts_with("Content-Length"));
            let line = line.unwrap_or_default();
            head.replacen(line, &format!("{line}\r\n{line}"), 1)
        }),
        expected: &["request/headers-once"],
    },
    Mutant {
        id: "request/method-header",
        summary: "a header is named Method",
        // There are clients that send it [§1.4].
        policy: edits_head!(_, |head| head.replacen("Host: ", "Method: POST\r\nHost: ", 1)),
        expected: &["request/no-method-header"],
    },
    Mutant {
        id: "request/other-expectation",
        summary: "Expect is not what servers know",
        policy: edits_head!(_, |head| head.replacen("Host: ", "Expect: 200-ok\r\nHost: ", 1)),
        expected: &["request/expect"],
    },
    Mutant {
        id: "request/content-encoding",
        summary: "the body is said to be compressed",
        policy: edits_head!(_, |head| head.replacen(
            "Host: ",
            "Content-Encoding: gzip\r\nHost: ",
            1
        )),
        expected: &["request/no-content-encoding"],
    },
];

/// Replaces the request target; `None` if it stays the same.
fn retarget(outgoing: &mut Outgoing, change: impl Fn(&str) -> String) -> Option<()> {
    let old = outgoing.request.target().to_owned();
    let new = change(&old);
    (new != old).then(|| outgoing.request.edit_head(|head| head.replacen(&old, &new, 1)))
}

/// Replaces the announced length.
fn announce(outgoing: &mut Outgoing, change: impl Fn(u64) -> u64) -> Option<()> {
    let length = u64::try_from(outgoing.request.body().len()).ok()?;
    let old = format!("Content-Length: {length}\r\n");
    let new = format!("Content-Length: {}\r\n", change(length));
    outgoing.request.edit_head(|head| head.replacen(&old, &new, 1));
    Some(())
}

/// Sends the first half of a slice.
fn half(outgoing: &mut Outgoing, receipt: Receipt) -> Option<()> {
    let Task::Data(_) = outgoing.task else { return None };
    let raw = outgoing.request.raw();
    outgoing.request = Request::new(raw.slice(..raw.len() / 2));
    outgoing.receipt = receipt;
    Some(())
}

/// Puts the body into one chunk, and this after it.
fn chunk(outgoing: &mut Outgoing, after: &[u8]) -> Option<()> {
    let body = outgoing.request.body().clone();
    let head = outgoing.request.raw_part(0..outgoing.request.head().end)?;
    let head = String::from_utf8_lossy(&head);
    let length = format!("Content-Length: {}\r\n", body.len());
    let head = head.replacen(&length, "Transfer-Encoding: chunked\r\n", 1);
    let size = format!("{:x}\r\n", body.len());
    let raw = [head.as_bytes(), size.as_bytes(), &body, after].concat();
    outgoing.request = Request::new(raw.into());
    Some(())
}
