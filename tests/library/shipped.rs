//! What shipped clients send and the service takes [SDK §9.5]: worth a note at most.

use slicecheck::protocol::{MultipartBody, Part, Request, Signature, md5_hex};
use slicecheck::spec::Level;

use crate::conforming::{assert_no_more_than, played};

/// A request changed, and what that is.
type Edit = (&'static str, fn(&mut Request));

/// Edits the multipart form, where there is one.
fn form(request: &mut Request, change: impl FnOnce(&mut MultipartBody)) {
    request.edit(|form| {
        change(form);
        Some(())
    });
}

/// Renames a part without losing its content.
fn rename(request: &mut Request, from: &str, to: &str) {
    request.edit(|form| form.rename(from, to));
}

fn set_part_header(request: &mut Request, name: &str, value: impl Fn(&Part) -> String) {
    form(request, |form| {
        let names: Vec<String> =
            form.parts().iter().filter_map(|part| part.name().map(str::to_owned)).collect();
        for part_name in names {
            let part = form.part_mut(&part_name).unwrap();
            let value = value(part);
            part.set_header(name, value);
        }
    });
}

fn with_boundary(request: &mut Request, boundary: &str) {
    let old = request.form().as_multipart().unwrap().boundary().to_owned();
    let body = MultipartBody::replace_boundary(&old, boundary, &request.body()).unwrap();
    request.edit_body(|_| body.to_vec());
    request.edit_head(|head| head.replacen(&old, boundary, 1));
}

/// Signs with another string to sign.
fn resign(request: &mut Request, key: &str, change: impl Fn(&str) -> String) {
    let (old, _) = request.signature_text().unwrap();
    let clear = Signature::read(&old).unwrap().sent_string_to_sign().to_owned();
    let new = Signature::sign(key, &change(&clear));
    request.edit_head(|head| head.replacen(&old, &new, 1));
}

/// Everything that was sent by a shipped client and accepted by the service [SDK §9.5], item by item.
const UNION: &[Edit] = &[
    ("1 fileContent", |request| rename(request, "filecontent", "fileContent")),
    ("1 fileSize", |request| rename(request, "filesize", "fileSize")),
    ("1 any order", |request| {
        form(request, |form| {
            let mut reversed = MultipartBody::new(form.boundary());
            for part in form.parts().iter().rev() {
                reversed.push(part.clone());
            }
            *form = reversed;
        });
    }),
    ("1 datamd5", |request| {
        form(request, |form| {
            if let Some(content) = form.value("filecontent") {
                let md5 = md5_hex(content);
                form.push(Part::new("datamd5", md5));
            }
        });
    }),
    ("1 sliceSize", |request| form(request, |form| form.push(Part::new("sliceSize", "1048576")))),
    ("1 insertOnly on a slice", |request| {
        form(request, |form| form.push(Part::new("insertOnly", "1")));
    }),
    ("1 x-cos-meta", |request| {
        form(request, |form| form.push(Part::new("x-cos-meta-magic-context", "m")));
    }),
    ("2 filename = name", |request| {
        set_part_header(request, "Content-Disposition", |part| {
            let name = part.name().unwrap();
            format!("form-data; name=\"{name}\"; filename=\"{name}\"")
        });
    }),
    ("2 a local path as filename", |request| {
        form(request, |form| {
            if let Some(part) = form.part_mut("filecontent") {
                *part = Part::new("filecontent", part.content().clone())
                    .with_filename("/data/liudg/big.bin");
            }
        });
    }),
    ("2 Content-Type: text/plain", |request| {
        set_part_header(request, "Content-Type", |_| "text/plain; charset=UTF-8".to_owned());
    }),
    ("2 octet-stream", |request| {
        set_part_header(request, "Content-Type", |_| "application/octet-stream".to_owned());
    }),
    ("2 8bit", |request| {
        set_part_header(request, "Content-Transfer-Encoding", |_| "8bit".to_owned());
    }),
    ("2 binary", |request| {
        set_part_header(request, "Content-Transfer-Encoding", |_| "binary".to_owned());
    }),
    ("2 Content-Length of parts", |request| {
        set_part_header(request, "Content-Length", |part| part.content().len().to_string());
    }),
    ("3 a CRLF in front", |request| form(request, |form| form.set_preamble("\r\n"))),
    ("3 a boundary of dashes", |request| {
        with_boundary(request, "---------------------5ee524972a63b22bbf7a1e98d575279b");
    }),
    ("3 a boundary of 70 characters", |request| with_boundary(request, &"-_Az09".repeat(12)[..70])),
    ("4 each part twice", |request| {
        form(request, |form| {
            for part in form.parts().to_vec() {
                form.push(part);
            }
        });
    }),
    ("5 insertOnly empty", |request| form(request, |form| form.push(Part::new("insertOnly", "")))),
    ("5 insertOnly a byte", |request| {
        form(request, |form| form.push(Part::new("insertOnly", "\u{1}")));
    }),
    ("6 the other order", |_| ()),
    ("6 f exact", |_| ()),
    ("6 f a prefix", |_| ()),
    ("8 Expect", |request| {
        request.edit_head(|head| head.replacen("Host", "Expect: 100-continue\r\nHost", 1));
    }),
    ("8 Method", |request| {
        request.edit_head(|head| head.replacen("Host", "Method: POST\r\nHost", 1));
    }),
    ("an empty sha", |request| form(request, |form| form.push(Part::new("sha", "")))),
    ("an empty biz_attr", |request| form(request, |form| form.push(Part::new("biz_attr", "")))),
    ("headers of a browser", |request| {
        let more = "Origin: http://h\r\nAccept: */*\r\nCookie: a=b; c=d\r\nHost";
        request.edit_head(|head| head.replacen("Host", more, 1));
    }),
    ("absolute form", |request| {
        request.edit_head(|head| head.replacen("/files", "http://gz.file.myqcloud.com/files", 1));
    }),
    ("HTTP/1.0", |request| {
        request.edit_head(|head| head.replacen("HTTP/1.1", "HTTP/1.0", 1));
    }),
];

#[test]
fn what_shipped_clients_do_and_the_service_takes_is_worth_a_note_at_most() {
    for scenario in ["happy/last-slice-short", "resume/init-in-progress"] {
        for (what, edit) in UNION {
            let mut transcript = played(scenario);
            let key = transcript.job.credentials.as_ref().unwrap().secret_key.clone();
            let fileid = transcript.job.path.as_ref().unwrap().fileid();
            let folder = fileid.trim_end_matches(|c| c != '/').to_owned();
            for exchange in &mut transcript.exchanges {
                edit(&mut exchange.request);
                match *what {
                    "6 the other order" => resign(&mut exchange.request, &key, |clear| {
                        let mut pairs: Vec<_> = clear.split('&').collect();
                        let bucket = pairs.iter().position(|pair| pair.starts_with("b=")).unwrap();
                        let bucket = pairs.remove(bucket);
                        pairs.push(bucket);
                        pairs.join("&")
                    }),
                    "6 f exact" => resign(&mut exchange.request, &key, |clear| {
                        clear.replacen("f=", &format!("f={fileid}"), 1)
                    }),
                    "6 f a prefix" => resign(&mut exchange.request, &key, |clear| {
                        clear.replacen("f=", &format!("f={folder}"), 1)
                    }),
                    _ => {}
                }
            }
            assert_no_more_than(Level::Note, &transcript, what);
        }
    }
}
