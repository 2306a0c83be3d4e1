use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::client::{ClientPolicy, Task};
use crate::mutant::planted::{Planted, change_text, plant, replace, with_field};
use crate::mutant::{edited, edits_form, edits_head};
use crate::protocol::{Dialect, Filename, Part, PartStyle};

const DIALECT: Dialect = Dialect::REFERENCE;

pub(super) const PLANTED: &[Planted] = &[
    plant(
        "spec/retry-without-boundary",
        "boundary",
        "a retry says multipart/form-data without the boundary",
        &["form/boundary"],
        edited(|outgoing| {
            (outgoing.attempt > 1).then(|| {
                outgoing.request.edit_head(|head| {
                    with_field(head, "content-type", |_| {
                        "Content-Type: multipart/form-data".to_owned()
                    })
                });
            })
        }),
    ),
    plant(
        "spec/boundary-71",
        "boundary-length",
        "the boundary has 71 characters",
        &["form/boundary-length"],
        speaking(Dialect {
            boundary: "-----------------------------------------------------xxxxxxxxxxxxxxxxxx",
            ..DIALECT
        }),
    ),
    plant(
        "spec/boundary-of-the-rfc",
        "boundary-unique",
        "the boundary is always the one of the examples in RFC 1867, whatever the file",
        &["form/boundary-unique"],
        // The x of a pattern is drawn for each form, so that this one is not the same each time.
        speaking(Dialect { boundary: "AaB03x", ..DIALECT }),
    ),
    plant(
        "spec/boundary-with-at",
        "boundary-characters",
        "the boundary has an @, as a message id",
        &["form/boundary-characters"],
        speaking(Dialect { boundary: "xxxxxxxxxxxx@client", ..DIALECT }),
    ),
    plant(
        "spec/boundary-quoted",
        "boundary-unquoted",
        "the boundary of a slice stands in quotes",
        &["form/boundary-unquoted"],
        edits_head!(Task::Data(_), |head| with_field(head, "content-type", |line| {
            format!("{}\"", line.replace("boundary=", "boundary=\""))
        })),
    ),
    plant(
        "spec/boundary-twice",
        "one-boundary",
        "Content-Type has a second boundary, of another form",
        &["form/one-boundary"],
        edits_head!(_, |head| with_field(head, "content-type", |line| {
            format!("{line}; boundary=0000")
        })),
    ),
    plant(
        "spec/boundary-upper-in-head",
        "delimiters",
        "the boundary is in capitals in Content-Type, in small letters in the body",
        &["form/delimiters"],
        edits_head!(_, |head| with_field(head, "content-type", |line| {
            let (start, boundary) = line.split_once("boundary=").unwrap_or((line, ""));
            format!("{start}boundary={}", boundary.to_ascii_uppercase())
        })),
    ),
    plant(
        "spec/finish-left-open",
        "closing-delimiter",
        "the last delimiter of finish lacks its two dashes",
        &["form/closing-delimiter"],
        edited(|outgoing| {
            (outgoing.task == Task::Finish).then(|| {
                outgoing.request.edit_body(|body| {
                    let end = body.strip_suffix(b"--\r\n").unwrap_or(body);
                    [end, b"\r\n"].concat()
                });
            })
        }),
    ),
    plant(
        "spec/lf-after-session",
        "form-line-ends",
        "the part header of session ends in LF",
        &["form/line-ends"],
        edited(|outgoing| replace(outgoing, "name=\"session\"\r\n\r\n", "name=\"session\"\n\n")),
    ),
    plant(
        "spec/no-line-before-offset",
        "blank-line",
        "no empty line stands before the value of offset",
        &["form/blank-line"],
        edited(|outgoing| replace(outgoing, "name=\"offset\"\r\n\r\n", "name=\"offset\"\r\n")),
    ),
    plant(
        "spec/disposition-attachment",
        "disposition",
        "filecontent is an attachment",
        &["form/disposition"],
        edited(|outgoing| {
            replace(outgoing, "form-data; name=\"filecontent\"", "attachment; name=\"filecontent\"")
        }),
    ),
    plant(
        "spec/part-without-disposition",
        "disposition",
        "filesize at finish has a Content-Type and no Content-Disposition",
        &["form/disposition"],
        edited(|outgoing| {
            (outgoing.task == Task::Finish).then(|| {
                replace(
                    outgoing,
                    "Content-Disposition: form-data; name=\"filesize\"",
                    "Content-Type: text/plain",
                )
            })?
        }),
    ),
    plant(
        "spec/part-with-id",
        "part-name",
        "offset has an id where its name should be",
        &["form/part-name"],
        edited(|outgoing| replace(outgoing, "; name=\"offset\"", "; id=\"offset\"")),
    ),
    plant(
        "spec/op-with-line-end",
        "op",
        "op of finish ends in a line end",
        &["form/op"],
        edits_form!(Task::Finish, |form| form.set("op", "upload_slice_finish\n")),
    ),
    plant(
        "spec/op-of-xml-api",
        "op",
        "the list is requested with the word of another API",
        &["form/op"],
        edits_form!(Task::List, |form| form.set("op", "list_parts")),
    ),
    plant(
        "spec/offset-appended",
        "one-value",
        "the form is used again, so that each slice after the first has the offset of the first as well",
        &["form/one-value"],
        edited(|outgoing| {
            let later = matches!(outgoing.task, Task::Data(slice) if slice.offset > 0);
            later
                .then(|| {
                    outgoing.request.edit(|form| {
                        form.push(Part::new("offset", "0"));
                        Some(())
                    })
                })
                .flatten()
        }),
    ),
    plant(
        "spec/session-appended-on-retry",
        "no-repeats",
        "a retry appends the session to the same form",
        &["form/no-repeats"],
        edited(|outgoing| {
            let session = outgoing.request.text("session")?.to_owned();
            let again = outgoing.attempt > 1;
            again
                .then(|| {
                    outgoing.request.edit(|form| {
                        form.push(Part::new("session", session));
                        Some(())
                    })
                })
                .flatten()
        }),
    ),
    plant(
        "spec/disposition-twice",
        "part-headers-once",
        "filecontent has its Content-Disposition twice",
        &["form/part-headers-once"],
        edited(|outgoing| {
            let line = "Content-Disposition: form-data; name=\"filecontent\"\r\n";
            replace(outgoing, line, &[line, line].concat())
        }),
    ),
    plant(
        "spec/part-length-of-file",
        "part-length",
        "Content-Length of the part of a slice counts the line end after it",
        &["form/part-length"],
        edits_form!(Task::Data(_), |form| {
            let part = form.part_mut("filecontent")?;
            let length = part.content().len() + 2;
            part.set_header("Content-Length", length.to_string());
            Some(())
        }),
    ),
    plant(
        "spec/session-in-latin1",
        "text-is-utf8",
        "session says that it is ISO-8859-1",
        &["form/text-is-utf8"],
        edits_form!(Task::Data(_) | Task::Finish, |form| {
            form.part_mut("session")?
                .set_header("Content-Type", "text/plain; charset=ISO-8859-1".to_owned());
            Some(())
        }),
    ),
    plant(
        "spec/offset-padded",
        "plain-numbers",
        "offset has ten digits, with zeros before it",
        &["form/plain-numbers"],
        edited(|outgoing| change_text(outgoing, "offset", |offset| format!("{offset:0>10}"))),
    ),
    plant(
        "spec/empty-md5",
        "no-empty-fields",
        "slices have a datamd5 without a value",
        &["form/no-empty-fields"],
        edits_form!(Task::Data(_), |form| {
            form.push(Part::new("datamd5", ""));
            Some(())
        }),
    ),
    plant(
        "spec/slice-in-base64",
        "identity-parts",
        "slices are sent in base64, and say so in their part",
        &["form/identity-parts"],
        edits_form!(Task::Data(_), |form| {
            let part = form.part_mut("filecontent")?;
            let encoded = BASE64_STANDARD.encode(part.content());
            part.set_header("Content-Transfer-Encoding", "base64".to_owned());
            form.set("filecontent", encoded)
        }),
    ),
    plant(
        "spec/camel-case",
        "field-case",
        "fields are named in camel case: fileSize, sliceSize",
        &["form/field-case"],
        edits_form!(Task::Init, |form| {
            form.rename("filesize", "fileSize")?;
            form.rename("slice_size", "Slice_Size")
        }),
    ),
    plant(
        "spec/session-is-a-file",
        "text-without-filename",
        "session is sent as a file",
        &["form/text-without-filename"],
        edits_form!(Task::Data(_), |form| {
            let part = form.part_mut("session")?;
            *part = Part::new("session", part.content().clone()).with_filename("blob");
            Some(())
        }),
    ),
    plant(
        "spec/slice-is-jpeg",
        "part-headers",
        "filecontent says that it is a picture",
        &["form/part-headers"],
        edits_form!(Task::Data(_), |form| {
            form.part_mut("filecontent")?.set_header("Content-Type", "image/jpeg".to_owned());
            Some(())
        }),
    ),
    plant(
        "spec/empty-line-first",
        "preamble",
        "an empty line stands before the form of a list",
        &["form/preamble"],
        edits_form!(Task::List, |form| {
            form.set_preamble("\r\n");
            Some(())
        }),
    ),
    plant(
        "spec/comment-after-form",
        "no-text-around",
        "a comment follows the closing delimiter of init",
        &["form/no-text-around"],
        edits_form!(Task::Init, |form| {
            form.set_epilogue(Some("\r\nend of form\r\n".into()));
            Some(())
        }),
    ),
    plant(
        "spec/name-twice",
        "parameters-once",
        "the disposition of filecontent has the name twice",
        &["form/parameters-once"],
        edited(|outgoing| {
            let name = "name=\"filecontent\"";
            replace(outgoing, name, &format!("{name}; {name}"))
        }),
    ),
    plant(
        "spec/filename-with-line-end",
        "parameter-line-ends",
        "the filename was read with its line end",
        &["form/parameter-line-ends"],
        edited(|outgoing| {
            let name = "name=\"filecontent\"";
            replace(outgoing, name, &format!("{name}; filename=\"big.bin\n\""))
        }),
    ),
    plant(
        "spec/filename-with-quotes",
        "parameter-quotes",
        "the filename stands in quotes within its quotes",
        &["form/parameter-quotes"],
        edited(|outgoing| {
            let name = "name=\"filecontent\"";
            replace(outgoing, name, &format!("{name}; filename=\"my \"big\" file\""))
        }),
    ),
    plant(
        "spec/disposition-folded",
        "part-headers-unfolded",
        "the filename stands on a line of its own",
        &["form/part-headers-unfolded"],
        edited(|outgoing| {
            let name = "name=\"filecontent\"";
            replace(outgoing, name, &format!("{name};\r\n filename=\"big.bin\""))
        }),
    ),
    plant(
        "spec/boundary-with-equals",
        "boundary-token",
        "the boundary has equals signs and is not quoted",
        &["form/boundary-token"],
        speaking(Dialect { boundary: "===============xxxxxxxxxxxxxxxxx==", ..DIALECT }),
    ),
    plant(
        "spec/op-unquoted",
        "quoted-parameters",
        "the name of op is not quoted",
        &["form/quoted-parameters"],
        edited(|outgoing| replace(outgoing, "name=\"op\"", "name=op")),
    ),
    plant(
        "spec/filename-star",
        "plain-filename",
        "filecontent has a filename* in UTF-8",
        &["form/plain-filename"],
        edited(|outgoing| {
            let name = "name=\"filecontent\"";
            replace(outgoing, name, &format!("{name}; filename*=UTF-8''b%C3%BCro.bin"))
        }),
    ),
    plant(
        "spec/finish-with-etags",
        "known-fields",
        "finish has the parts' ETags, as in another API",
        &["form/known-fields"],
        edits_form!(Task::Finish, |form| {
            form.push(Part::new("parts", "[\"0cc175b9c0f1b6a831c399e269772661\"]"));
            Some(())
        }),
    ),
    plant(
        "spec/two-readers",
        "second-reader",
        "the disposition of session names op in a comment before its own name",
        &["form/second-reader", "form/parameters-once"],
        edited(|outgoing| {
            replace(outgoing, "; name=\"session\"", "; name=\"op\"; name=\"session\"")
        }),
    ),
    plant(
        "spec/content-last-with-filename",
        "text-without-filename",
        "each field but the content has a filename, the content has none",
        &["form/text-without-filename"],
        speaking(Dialect {
            text: PartStyle { filename: Filename::Base, ..DIALECT.text },
            ..DIALECT
        }),
    ),
];

#[expect(clippy::large_types_passed_by_value, reason = "only at compile time")]
const fn speaking(dialect: Dialect) -> ClientPolicy {
    ClientPolicy::REFERENCE.speaking(dialect)
}
