use bytes::Bytes;

use super::{Mutant, edited, edits_form};
use crate::client::{Outgoing, Task};
use crate::protocol::{MultipartBody, Part};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "form/boundary-missing",
        summary: "Content-Type has no boundary",
        policy: edited(|outgoing| {
            let boundary = format!("; boundary={}", boundary(outgoing)?);
            outgoing.request.edit_head(|head| head.replacen(&boundary, "", 1));
            Some(())
        }),
        expected: &["form/boundary"],
    },
    Mutant {
        id: "form/boundary-long",
        summary: "the boundary has more than 70 characters",
        policy: edited(|outgoing| rebound(outgoing, &"b".repeat(80))),
        expected: &["form/boundary-length"],
    },
    Mutant {
        id: "form/boundary-fixed",
        summary: "the boundary is always the same word",
        policy: edited(|outgoing| rebound(outgoing, "boundary")),
        expected: &["form/boundary-unique"],
    },
    Mutant {
        id: "form/boundary-characters",
        summary: "the boundary has characters that no boundary may have",
        // None of these but the letter may stand in a boundary (RFC 2046 §5.1.1).
        policy: edited(|outgoing| rebound(outgoing, "b*@{}")),
        expected: &["form/boundary-characters"],
    },
    Mutant {
        id: "form/boundary-no-token",
        summary: "the boundary has characters in it that a token cannot have, and no quotes",
        // All of these may, but a parameter with them needs quotes (RFC 2045 §5.1).
        policy: edited(|outgoing| rebound(outgoing, "a(b)c:d/e?f=1234")),
        expected: &["form/boundary-token"],
    },
    Mutant {
        id: "form/name-of-another-field",
        summary: "the filename is written without escaping, and names another field",
        policy: edited(|outgoing| disposed(outgoing, "; filename=\"x\"; name=\"op\"")),
        expected: &["form/parameters-once"],
    },
    Mutant {
        id: "form/line-end-in-filename",
        summary: "a line end in the filename is sent as it is",
        policy: edited(|outgoing| disposed(outgoing, "; filename=\"a\r\nb.bin\"")),
        expected: &["form/parameter-line-ends"],
    },
    Mutant {
        id: "form/quote-in-filename",
        summary: "a quote in the filename is sent as it is",
        policy: edited(|outgoing| disposed(outgoing, "; filename=\"a\"b.bin\"")),
        expected: &["form/parameter-quotes"],
    },
    Mutant {
        id: "form/part-header-folded",
        summary: "the headers of a part go on in a second line",
        policy: edited(|outgoing| {
            let name = "; name=\"filecontent\"";
            replaced_once(outgoing, name, &name.replace("; ", ";\r\n "))
        }),
        expected: &["form/part-headers-unfolded"],
    },
    Mutant {
        id: "form/boundary-quoted",
        summary: "the boundary is quoted",
        policy: edited(|outgoing| {
            let boundary = boundary(outgoing)?;
            let quoted = format!("\"{boundary}\"");
            outgoing.request.edit_head(|head| head.replacen(&boundary, &quoted, 1));
            Some(())
        }),
        expected: &["form/boundary-unquoted"],
    },
    Mutant {
        id: "form/boundary-of-another-form",
        summary: "Content-Type announces another boundary than the form has",
        policy: edited(|outgoing| {
            let boundary = boundary(outgoing)?;
            outgoing.request.edit_head(|head| head.replacen(&boundary, "another", 1));
            Some(())
        }),
        expected: &["form/delimiters"],
    },
    Mutant {
        id: "form/delimiters-without-dashes",
        summary: "delimiters are the boundary without the two dashes before it",
        policy: edited(|outgoing| {
            let boundary = boundary(outgoing)?;
            replace(outgoing, format!("--{boundary}").as_bytes(), boundary.as_bytes())
        }),
        expected: &["form/delimiters"],
    },
    Mutant {
        id: "form/not-closed",
        summary: "the form has no closing delimiter",
        policy: edits_form!(_, |form| {
            form.set_epilogue(None);
            Some(())
        }),
        expected: &["form/closing-delimiter"],
    },
    Mutant {
        id: "form/closed-like-a-part",
        summary: "the last delimiter is like the others",
        policy: edited(|outgoing| {
            let boundary = boundary(outgoing)?;
            let closing = format!("--{boundary}--\r\n");
            replace(outgoing, closing.as_bytes(), format!("--{boundary}\r\n").as_bytes())
        }),
        expected: &["form/closing-delimiter"],
    },
    Mutant {
        id: "form/line-feeds",
        summary: "lines of the form end in LF",
        policy: edited(|outgoing| match outgoing.task {
            Task::Data(_) | Task::Upload => None,
            _ => replace(outgoing, b"\r\n", b"\n"),
        }),
        expected: &["form/line-ends"],
    },
    Mutant {
        id: "form/no-blank-line",
        summary: "no empty line separates the headers of a part from its content",
        policy: edited(|outgoing| replace(outgoing, b"\"\r\n\r\n", b"\"\r\n")),
        expected: &["form/blank-line"],
    },
    Mutant {
        id: "form/attachment",
        summary: "parts are attachments",
        policy: edited(|outgoing| replace(outgoing, b": form-data;", b": attachment;")),
        expected: &["form/disposition"],
    },
    Mutant {
        id: "form/no-disposition",
        summary: "the content has a Content-Type instead of a Content-Disposition",
        policy: edited(|outgoing| {
            let disposition = b"Content-Disposition: form-data; name=\"filecontent\"";
            replace(outgoing, disposition, b"Content-Type: application/octet-stream")
        }),
        expected: &["form/disposition"],
    },
    Mutant {
        id: "form/typed-content",
        summary: "the content has a Content-Type",
        policy: edits_form!(Task::Data(_), |form| {
            let part = form.part_mut("filecontent")?;
            part.set_header("Content-Type", "application/octet-stream".to_owned());
            Some(())
        }),
        expected: &["form/part-headers"],
    },
    Mutant {
        id: "form/content-without-name",
        summary: "the part with the content has no name",
        policy: edited(|outgoing| replace(outgoing, b"; name=\"filecontent\"", b"")),
        expected: &["form/part-name"],
    },
    Mutant {
        id: "form/content-by-another-name",
        summary: "the part with the content is called file",
        policy: edits_form!(Task::Data(_), |form| form.rename("filecontent", "file")),
        expected: &["data/content"],
    },
    Mutant {
        id: "form/op-upper-case",
        summary: "op is written in upper case",
        policy: edits_form!(_, |form| {
            let op = form.value("op")?.to_ascii_uppercase();
            form.set("op", op)
        }),
        expected: &["form/op"],
    },
    Mutant {
        id: "form/op-of-the-predecessor",
        summary: "op of slices is that of the predecessor API",
        policy: edits_form!(Task::Data(_), |form| form.set("op", "upload_slice")),
        expected: &["form/op"],
    },
    Mutant {
        id: "form/op-missing",
        summary: "there is no op",
        policy: edits_form!(_, |form| form.remove("op")),
        expected: &["form/op"],
    },
    Mutant {
        id: "form/op-with-line-end",
        summary: "a line end stands after op",
        policy: edits_form!(_, |form| {
            let op = [form.value("op")?.as_ref(), b"\n"].concat();
            form.set("op", op)
        }),
        expected: &["form/op"],
    },
    Mutant {
        id: "form/two-offsets",
        summary: "the offset of the slice before is still in the form",
        policy: edits_form!(Task::Data(_), |form| {
            form.push(Part::new("offset", "7"));
            Some(())
        }),
        expected: &["form/one-value"],
    },
    Mutant {
        id: "form/op-twice",
        summary: "op is in the form twice",
        policy: edits_form!(_, |form| {
            let op = form.value("op")?.clone();
            form.push(Part::new("op", op));
            Some(())
        }),
        expected: &["form/no-repeats"],
    },
    Mutant {
        id: "form/retry-appends",
        summary: "another attempt appends its fields to the form of the first",
        policy: edited(|outgoing| {
            (outgoing.attempt > 1).then_some(())?;
            outgoing.request.edit(|form| {
                let again: Vec<_> = form.parts().to_vec();
                for part in again {
                    form.push(part);
                }
                Some(())
            })
        }),
        expected: &["form/no-repeats"],
    },
    Mutant {
        id: "form/says-base64",
        summary: "a header says that the content is base64",
        policy: edits_form!(Task::Data(_), |form| {
            let part = form.part_mut("filecontent")?;
            part.set_header("Content-Transfer-Encoding", "base64".to_owned());
            Some(())
        }),
        expected: &["form/identity-parts"],
    },
    Mutant {
        id: "form/camel-case",
        summary: "filecontent is written fileContent",
        policy: edits_form!(Task::Data(_), |form| form.rename("filecontent", "fileContent")),
        expected: &["form/field-case"],
    },
    Mutant {
        id: "form/filename-on-text",
        summary: "op has a filename",
        policy: edits_form!(_, |form| {
            let op = form.value("op")?.clone();
            *form.part_mut("op")? = Part::new("op", op).with_filename("op");
            Some(())
        }),
        expected: &["form/text-without-filename"],
    },
    Mutant {
        id: "form/empty-line-first",
        summary: "an empty line stands before the first delimiter",
        policy: edits_form!(_, |form| {
            form.set_preamble("\r\n");
            Some(())
        }),
        expected: &["form/preamble"],
    },
    Mutant {
        id: "form/text-first",
        summary: "a text stands before the first delimiter",
        policy: edits_form!(_, |form| {
            form.set_preamble("This is a multi-part message in MIME format.\r\n");
            Some(())
        }),
        expected: &["form/no-text-around"],
    },
    Mutant {
        id: "form/lines-behind",
        summary: "more line ends than one follow the closing delimiter, and are counted",
        policy: edits_form!(_, |form| {
            form.set_epilogue(Some(Bytes::from_static(b"\r\n\r\n")));
            Some(())
        }),
        expected: &["form/no-text-around"],
    },
    Mutant {
        id: "form/names-unquoted",
        summary: "names of fields are not quoted",
        policy: edited(|outgoing| replace(outgoing, b"name=\"op\"", b"name=op")),
        expected: &["form/quoted-parameters"],
    },
    Mutant {
        id: "form/extended-filename",
        summary: "the content has a filename* of a newer standard",
        policy: edited(|outgoing| {
            replace(outgoing, b"name=\"op\"", b"name=\"op\"; filename*=utf-8''op")
        }),
        expected: &["form/plain-filename"],
    },
    Mutant {
        id: "form/unknown-field",
        summary: "slices have a field that no document knows",
        policy: edits_form!(Task::Data(_), |form| {
            // The browser's SDK sends this one [§2.3].
            form.push(Part::new("sliceSize", "1048576"));
            Some(())
        }),
        expected: &["form/known-fields"],
    },
    Mutant {
        id: "form/delimiter-in-session",
        summary: "the content is followed by what begins like a delimiter and is none",
        policy: edits_form!(Task::List, |form| {
            let look_alike = format!("upload_slice_list\r\n--{}x", form.boundary());
            form.set("op", look_alike)
        }),
        expected: &["form/second-reader"],
    },
    Mutant {
        id: "form/two-boundaries",
        summary: "Content-Type has a second boundary",
        policy: edited(|outgoing| {
            let boundary = boundary(outgoing)?;
            let two = format!("{boundary}; boundary=x");
            outgoing.request.edit_head(|head| head.replacen(&boundary, &two, 1));
            Some(())
        }),
        expected: &["form/one-boundary"],
    },
    Mutant {
        id: "form/two-dispositions",
        summary: "a part has a second Content-Disposition",
        policy: edited(|outgoing| {
            let twice = b"; name=\"op\"\r\nContent-Disposition: form-data; name=\"op\"";
            replace(outgoing, b"; name=\"op\"", twice)
        }),
        expected: &["form/part-headers-once"],
    },
    Mutant {
        id: "form/part-length",
        summary: "parts have a Content-Length that counts something else",
        policy: edits_form!(_, |form| {
            form.part_mut("op")?.set_header("Content-Length", "4".to_owned());
            Some(())
        }),
        expected: &["form/part-length"],
    },
    Mutant {
        id: "form/utf-16",
        summary: "a text field says that it is in UTF-16",
        policy: edits_form!(_, |form| {
            let charset = "text/plain; charset=utf-16";
            form.part_mut("op")?.set_header("Content-Type", charset.to_owned());
            Some(())
        }),
        expected: &["form/text-is-utf8"],
    },
    Mutant {
        id: "form/padded-numbers",
        summary: "numbers are padded with zeros",
        policy: edits_form!(Task::Data(_), |form| {
            let offset = [b"00000000".as_slice(), form.value("offset")?].concat();
            form.set("offset", offset)
        }),
        expected: &["form/plain-numbers"],
    },
    Mutant {
        id: "form/empty-sha",
        summary: "sha is sent, and empty",
        policy: edits_form!(_, |form| {
            form.push(Part::new("sha", ""));
            Some(())
        }),
        expected: &["form/no-empty-fields"],
    },
];

/// The boundary of a request's form.
fn boundary(outgoing: &Outgoing) -> Option<String> {
    Some(outgoing.request.form().as_multipart()?.boundary().to_owned())
}

/// Replaces the boundary in head and body.
fn rebound(outgoing: &mut Outgoing, new: &str) -> Option<()> {
    let old = boundary(outgoing)?;
    let body = MultipartBody::replace_boundary(&old, new, &outgoing.request.body());
    outgoing.request.edit_head(|head| head.replacen(&old, new, 1));
    if let Some(body) = body {
        outgoing.request.edit_body(|_| body.to_vec());
    } else {
        replace(outgoing, format!("--{old}").as_bytes(), format!("--{new}").as_bytes())?;
    }
    Some(())
}

/// Replaces bytes in the body, wherever they are but in the bytes of the file, which stay as they are: a
/// mutant has one defect. `None` if they are nowhere.
fn replace(outgoing: &mut Outgoing, from: &[u8], to: &[u8]) -> Option<()> {
    let file = outgoing.request.value("filecontent").map_or(0..0, |value| value.span.clone());
    let body = outgoing.request.body();
    let (before, content) = (body.get(..file.start)?, body.get(file.clone())?);
    let after = body.get(file.end..)?;
    let new = [&replaced(before, from, to), content, &replaced(after, from, to)].concat();
    if new == *body {
        return None;
    }
    outgoing.request.edit_body(|_| new);
    Some(())
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut new = Vec::with_capacity(bytes.len());
    let mut end = 0;
    for start in memchr::memmem::find_iter(bytes, from) {
        new.extend_from_slice(bytes.get(end..start).unwrap_or_default());
        new.extend_from_slice(to);
        end = start.saturating_add(from.len());
    }
    new.extend_from_slice(bytes.get(end..).unwrap_or_default());
    new
}

/// Adds parameters to the disposition of a slice's content.
fn disposed(outgoing: &mut Outgoing, parameters: &str) -> Option<()> {
    let name = "; name=\"filecontent\"";
    replaced_once(outgoing, name, &format!("{name}{parameters}"))
}

/// Replaces a text that stands before the content of a slice.
fn replaced_once(outgoing: &mut Outgoing, text: &str, by: &str) -> Option<()> {
    let body = outgoing.request.body();
    let at = memchr::memmem::find(&body, text.as_bytes())?;
    let end = at.checked_add(text.len())?;
    let (before, after) = (body.get(..at)?.to_vec(), body.get(end..)?.to_vec());
    outgoing.request.edit_body(|_| [before.as_slice(), by.as_bytes(), &after].concat());
    Some(())
}
