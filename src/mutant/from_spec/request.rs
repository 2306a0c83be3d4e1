use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::client::{Outgoing, Task};
use crate::mutant::planted::{Planted, plant, with_field, with_line, with_target, without_field};
use crate::mutant::{edited, edits_head};
use crate::protocol::{Request, md5_hex, percent_decode};

pub(super) const PLANTED: &[Planted] = &[
    plant(
        "spec/line-tab",
        "request-line",
        "a tab follows the method",
        &["request/line"],
        edits_head!(_, |head| head.replacen("POST ", "POST\t", 1)),
    ),
    plant(
        "spec/line-two-spaces",
        "request-line",
        "two spaces stand before the HTTP version of a finish",
        &["request/line"],
        edits_head!(Task::Finish, |head| head.replacen(" HTTP/1.1", "  HTTP/1.1", 1)),
    ),
    plant(
        "spec/method-patch",
        "method",
        "slices after the first are sent with PATCH",
        &["request/method"],
        edited(|outgoing| {
            let later = matches!(outgoing.task, Task::Data(slice) if slice.offset > 0);
            later.then(|| outgoing.request.edit_head(|head| head.replacen("POST", "PATCH", 1)))
        }),
    ),
    plant(
        "spec/path-v1",
        "path-grammar",
        "finish goes to the path of the API's first version",
        &["request/path-grammar"],
        edits_head!(Task::Finish, |head| head.replacen("/files/v2/", "/files/v1/", 1)),
    ),
    plant(
        "spec/path-slash-at-end",
        "path-grammar",
        "the path of a list request ends in a slash, as that of a folder",
        &["request/path-grammar"],
        edits_head!(Task::List, |head| with_target(head, |target| format!("{target}/"))),
    ),
    plant(
        "spec/path-percent-u",
        "path-decodes",
        "characters beyond ASCII are escaped as %uXXXX",
        &["request/path-decodes"],
        edits_head!(_, |head| with_target(head, |target| {
            let mut new = String::new();
            for unit in percent_decode(target).unwrap_or_default().encode_utf16() {
                let _ = match char::from_u32(unit.into()).filter(char::is_ascii_graphic) {
                    Some(plain) if plain != '%' => write!(new, "{plain}"),
                    _ if unit < 128 => write!(new, "%{unit:02X}"),
                    _ => write!(new, "%u{unit:04X}"),
                };
            }
            new
        })),
    ),
    plant(
        "spec/path-latin1",
        "path-decodes",
        "letters with accents are escaped as Latin-1",
        &["request/path-decodes"],
        edits_head!(_, |head| {
            let escapes = |target: &str| {
                (0x80..=0xff_u8).fold(target.to_owned(), |target, byte| {
                    let utf8: String =
                        char::from(byte).to_string().bytes().fold(String::new(), |mut text, b| {
                            let _ = write!(text, "%{b:02X}");
                            text
                        });
                    target.replace(&utf8, &format!("%{byte:02X}"))
                })
            };
            with_target(head, escapes)
        }),
    ),
    plant(
        "spec/path-plus-for-space",
        "path-object",
        "a space of the key is escaped as a plus",
        &["request/path-object"],
        edits_head!(_, |head| with_target(head, |target| target.replace("%20", "+"))),
    ),
    plant(
        "spec/path-lower-case",
        "path-object",
        "the key is sent in lower case",
        &["request/path-object"],
        edits_head!(_, |head| with_target(head, str::to_ascii_lowercase)),
    ),
    plant(
        "spec/path-one-slash",
        "path-object",
        "the folders of the key are joined with an underscore",
        &["request/path-object"],
        edits_head!(_, |head| with_target(head, |target| {
            let mut segments: Vec<_> = target.split('/').collect();
            let key = segments.split_off(segments.len().min(5)).join("_");
            format!("{}/{key}", segments.join("/"))
        })),
    ),
    plant(
        "spec/target-raw",
        "target-ascii",
        "characters beyond ASCII are sent as they are",
        &["request/target-ascii"],
        edits_head!(_, |head| with_target(head, |target| {
            percent_decode(target)
                .unwrap_or_default()
                .chars()
                .map(|letter| match letter {
                    '\u{80}'.. => letter.to_string(),
                    letter if letter.is_ascii_alphanumeric() || "/-_.~".contains(letter) => {
                        letter.to_string()
                    }
                    letter => format!("%{:02X}", u32::from(letter)),
                })
                .collect()
        })),
    ),
    plant(
        "spec/target-escaped-slash",
        "path-slashes",
        "the last slash of the key is escaped",
        &["request/path-slashes"],
        edits_head!(_, |head| with_target(head, |target| {
            target
                .rsplit_once('/')
                .map_or(String::new(), |(folder, name)| format!("{folder}%2F{name}"))
        })),
    ),
    plant(
        "spec/url-all-escaped",
        "url-length",
        "each letter of the key is percent-encoded, which makes long keys too long for a URL",
        &["request/url-length"],
        edits_head!(_, |head| with_target(head, |target| {
            let mut segments: Vec<_> = target.splitn(6, '/').collect();
            let key = percent_decode(segments.pop().unwrap_or_default()).unwrap_or_default();
            let escaped = key.bytes().fold(String::new(), |mut text, byte| {
                let _ = match byte {
                    b'/' => write!(text, "/"),
                    byte => write!(text, "%{byte:02X}"),
                };
                text
            });
            format!("{}/{escaped}", segments.join("/"))
        })),
    ),
    plant(
        "spec/query-attempt",
        "query",
        "a retry has the number of the attempt in the query",
        &["request/query"],
        edited(|outgoing| {
            let attempt = outgoing.attempt;
            (attempt > 1).then(|| {
                outgoing.request.edit_head(|head| {
                    with_target(head, |target| format!("{target}?attempt={attempt}"))
                });
            })
        }),
    ),
    plant(
        "spec/host-twice",
        "host",
        "finish has the Host twice",
        &["request/host"],
        edits_head!(Task::Finish, |head| with_line(head, "Host: gz.file.myqcloud.com")),
    ),
    plant(
        "spec/host-of-other-api",
        "host-of-service",
        "Host is that of the XML API",
        &["request/host-of-service"],
        edits_head!(_, |head| {
            with_field(head, "host", |_| "Host: newbucket-200001.cos.gz.myqcloud.com".to_owned())
        }),
    ),
    plant(
        "spec/md5-hex",
        "content-md5",
        "Content-MD5 of a slice is in hexadecimal digits",
        &["request/content-md5"],
        edited(|outgoing| {
            let md5 = md5_hex(&outgoing.request.body());
            let is_data = matches!(outgoing.task, Task::Data(_));
            is_data.then(|| add(outgoing, &format!("Content-MD5: {md5}")))
        }),
    ),
    plant(
        "spec/md5-of-content",
        "content-md5",
        "Content-MD5 is of the slice, not of the body that holds it",
        &["request/content-md5"],
        edited(|outgoing| {
            let digits = outgoing.request.content_md5()?.to_owned();
            let bytes: Option<Vec<u8>> = (0..16)
                .map(|at| u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok())
                .collect();
            let md5 = BASE64_STANDARD.encode(bytes?);
            add(outgoing, &format!("Content-MD5: {md5}"));
            Some(())
        }),
    ),
    plant(
        "spec/folded-authorization",
        "unfolded",
        "a long Authorization is continued on a second line",
        &["request/unfolded"],
        edits_head!(_, |head| with_field(head, "authorization", |line| {
            let (start, end) = line.split_at(line.len().min(76));
            format!("{start}\r\n {end}")
        })),
    ),
    plant(
        "spec/space-before-colon",
        "field-lines",
        "a space stands before the colon of User-Agent",
        &["request/field-lines"],
        edits_head!(_, |head| head.replacen("User-Agent:", "User-Agent :", 1)),
    ),
    plant(
        "spec/bare-lf-after-host",
        "head-line-ends",
        "the line of Host ends in LF alone",
        &["request/head-line-ends"],
        edits_head!(_, |head| head.replacen(".com\r\n", ".com\n", 1)),
    ),
    plant(
        "spec/cr-in-agent",
        "bare-cr",
        "a CR from the name of the machine stands in User-Agent",
        &["request/no-bare-cr"],
        edits_head!(_, |head| with_field(head, "user-agent", |_| "User-Agent: my\rpc".to_owned())),
    ),
    plant(
        "spec/control-in-agent",
        "field-values",
        "an escape character stands in User-Agent",
        &["request/field-values"],
        edits_head!(_, |head| {
            with_field(head, "user-agent", |_| "User-Agent: \u{1b}[1mclient".to_owned())
        }),
    ),
    plant(
        "spec/length-in-characters",
        "content-length",
        "Content-Length of a slice counts characters of its text, not bytes",
        &["request/content-length"],
        edited(|outgoing| {
            let body = outgoing.request.body();
            let characters = String::from_utf8_lossy(&body).chars().count();
            let is_data = matches!(outgoing.task, Task::Data(_));
            is_data.then(|| {
                outgoing.request.edit_head(|head| {
                    with_field(head, "content-length", |_| format!("Content-Length: {characters}"))
                });
            })
        }),
    ),
    plant(
        "spec/line-end-after-body",
        "content-length",
        "an uncounted line end follows the body of init",
        &["request/content-length"],
        edited(|outgoing| {
            (outgoing.task == Task::Init).then(|| {
                let raw = outgoing.request.raw();
                outgoing.request = Request::new([&raw, &b"\r\n"[..]].concat().into());
            })
        }),
    ),
    plant(
        "spec/finish-chunked",
        "not-chunked",
        "finish is sent in chunks",
        &["request/not-chunked"],
        edited(|outgoing| {
            (outgoing.task == Task::Finish).then(|| {
                outgoing.request.edit_head(|head| {
                    let head = without_field(head, "content-length");
                    with_line(&head, "Transfer-Encoding: chunked")
                });
                let raw = outgoing.request.raw();
                let end = outgoing.request.head().end;
                let (head, body) = raw.split_at(end.min(raw.len()));
                let size = format!("{:x}\r\n", body.len());
                let chunks = [head, size.as_bytes(), body, b"\r\n0\r\n\r\n"].concat();
                outgoing.request = Request::new(chunks.into());
            })
        }),
    ),
    plant(
        "spec/length-and-chunked",
        "one-framing",
        "a slice announces chunks as well as a length",
        &["request/one-framing"],
        edits_head!(Task::Data(_), |head| with_line(head, "Transfer-Encoding: chunked")),
    ),
    plant(
        "spec/coding-identity",
        "transfer-coding",
        "Transfer-Encoding is identity",
        &["request/transfer-coding"],
        edits_head!(_, |head| with_line(head, "Transfer-Encoding: identity")),
    ),
    plant(
        "spec/three-hundred-lines",
        "bounds",
        "each request has three hundred tracing headers",
        &["request/bounds"],
        edits_head!(_, |head| {
            (0..300).fold(head.to_owned(), |head, at| with_line(&head, &format!("X-Trace-{at}: 1")))
        }),
    ),
    plant(
        "spec/finish-urlencoded",
        "content-type",
        "finish is sent as a form of a web page, name=value",
        &["request/content-type"],
        edited(|outgoing| {
            // No other request has both of these fields.
            let session = outgoing.request.text("session")?.to_owned();
            let filesize = outgoing.request.text("filesize")?.to_owned();
            outgoing.request.edit_body(|_| {
                format!("op=upload_slice_finish&session={session}&filesize={filesize}").into_bytes()
            });
            outgoing.request.edit_head(|head| {
                with_field(head, "content-type", |_| {
                    "Content-Type: application/x-www-form-urlencoded".to_owned()
                })
            });
            Some(())
        }),
    ),
    plant(
        "spec/two-types",
        "one-content-type",
        "the HTTP library adds a Content-Type of its own to that of the form",
        &["request/one-content-type"],
        edits_head!(_, |head| with_line(head, "Content-Type: application/octet-stream")),
    ),
    plant(
        "spec/length-twice",
        "headers-once",
        "Content-Length of a slice is there twice, with the same value",
        &["request/headers-once"],
        edits_head!(Task::Data(_), |head| {
            with_field(head, "content-length", |line| format!("{line}\r\n{line}"))
        }),
    ),
    plant(
        "spec/method-field",
        "method-header",
        "a header says what the method is",
        &["request/no-method-header"],
        edits_head!(_, |head| with_line(head, "method: POST")),
    ),
    plant(
        "spec/expect-ok",
        "expect",
        "a slice expects 200-ok",
        &["request/expect"],
        edits_head!(Task::Data(_), |head| with_line(head, "Expect: 200-ok")),
    ),
    plant(
        "spec/says-gzip",
        "content-encoding",
        "slices say that they are compressed",
        &["request/no-content-encoding"],
        edits_head!(Task::Data(_), |head| with_line(head, "Content-Encoding: gzip")),
    ),
    plant(
        "spec/http-1-0",
        "http-version",
        "finish is HTTP/1.0",
        &["request/version"],
        edits_head!(Task::Finish, |head| head.replacen(" HTTP/1.1", " HTTP/1.0", 1)),
    ),
    plant(
        "spec/agent-of-two-lines",
        "field-values",
        "User-Agent has a tab and a byte of zero",
        &["request/field-values"],
        edits_head!(_, |head| with_field(head, "user-agent", |_| "User-Agent: a\t\0".to_owned())),
    ),
];

fn add(outgoing: &mut Outgoing, line: &str) {
    outgoing.request.edit_head(|head| with_line(head, line));
}
