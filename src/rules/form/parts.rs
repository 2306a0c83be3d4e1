use std::collections::HashSet;

use super::without;
use crate::protocol::{FormDefectKind, Part};
use crate::rules::counterexample::{Counterexample, Edit, INIT, SECOND_SLICE};
use crate::rules::{Check, Evidence, Rule, Span, Verdict, quote};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] = &[
    BLANK_LINE,
    DISPOSITION,
    PART_NAME,
    ONE_OF_EACH_HEADER,
    IDENTITY_PARTS,
    TEXT_CHARSET,
    PART_LENGTH,
    TEXT_WITHOUT_FILENAME,
    PART_HEADERS,
    QUOTED_PARAMETERS,
    PLAIN_FILENAME,
];

const BLANK_LINE: Rule = Rule {
    id: "form/blank-line",
    clause: &spec::BLANK_LINE,
    summary: "an empty line separates the headers of a part from its content",
    why: "Without it the value is read as a header, and the field is empty or refused.",
    fix: "Write each part header as name, colon and value, end the last one with CR LF, and write \
          another CR LF before the content.",
    check: Check::Request(|annotated| {
        let kinds = [FormDefectKind::NoBlankLine, FormDefectKind::MalformedHeader];
        without(annotated, &kinds, "headers of a part", "header lines, then an empty line")
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Body("name=\"op\"\r\n\r\n", "name=\"op\"\r\n"),
    ),
};

const DISPOSITION: Rule = Rule {
    id: "form/disposition",
    clause: &spec::DISPOSITION,
    summary: "each part is form-data",
    why: "The service has no other way to learn what a part is.",
    fix: "Give each part the header Content-Disposition with the type form-data; attachment and \
          inline are for mail and downloads, and a Content-Type alone names no field.",
    check: Check::Request(|annotated| {
        let kinds = [FormDefectKind::NoDisposition, FormDefectKind::NotFormData];
        without(
            annotated,
            &kinds,
            "headers of a part",
            "Content-Disposition: form-data; name=\"…\"",
        )
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Body("form-data; name=\"filesize\"", "attachment; name=\"filesize\""),
    ),
};

const PART_NAME: Rule = Rule {
    id: "form/part-name",
    clause: &spec::PART_NAME,
    summary: "each part has a name",
    why: "A part without a name does not belong to any field.",
    fix: "Write name with the name of the field in Content-Disposition of each part, that of the \
          file included: a filename does not replace it, and an empty name counts as none.",
    check: Check::Request(|annotated| {
        without(annotated, &[FormDefectKind::NoName], "Content-Disposition", "name=\"…\"")
    }),
    counterexample: Counterexample::edited(INIT, Edit::Body("; name=\"filesize\"", "")),
};

const IDENTITY_PARTS: Rule = Rule {
    id: "form/identity-parts",
    clause: &spec::IDENTITY_PARTS,
    summary: "the content of a part is not encoded",
    why: "The service stores the encoded text instead of the file's bytes.",
    fix: "Write the raw bytes into each part, and set its Content-Transfer-Encoding to binary or \
          leave it out; libraries for mail choose base64 or quoted-printable.",
    check: Check::Request(|annotated| {
        let parts = annotated.form()?.parts();
        let coding = |part: &Part| {
            part.header("content-transfer-encoding").map(str::trim).map(str::to_ascii_lowercase)
        };
        // These three leave the bytes as they are (RFC 2045 §6.2).
        let other = |coding: &String| !matches!(&**coding, "7bit" | "8bit" | "binary");
        let coded = parts.iter().find_map(|part| Some((part, coding(part).filter(other)?)));
        Verdict::broken_by(coded, |(part, found)| {
            let span = head_span(part);
            Evidence::at("Content-Transfer-Encoding")
                .expected("7bit, 8bit, binary or none")
                .found(found)
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::PartHeader("filecontent", "Content-Transfer-Encoding", "base64"),
    ),
};

const TEXT_WITHOUT_FILENAME: Rule = Rule {
    id: "form/text-without-filename",
    clause: &spec::TEXT_WITHOUT_FILENAME,
    summary: "only filecontent has a filename",
    why: "A filename does not make a text field a file; generic readers may take it for one.",
    fix: "Add text fields with the form library's function for texts, not with that for files; \
          Python's requests gives each plain value in files a filename, but not a pair of None and \
          the value.",
    check: Check::Request(|annotated| {
        let file =
            |part: &Part| part.name().is_some_and(|name| name.eq_ignore_ascii_case("filecontent"));
        let mut parts = annotated.form()?.parts().iter();
        let named = parts.find_map(|part| Some((part, part.filename().filter(|_| !file(part))?)));
        Verdict::broken_by(named, |(part, found)| {
            // Nameless parts are told by `form/part-name`; here they need something to be called.
            let name = part.name().unwrap_or("no name");
            let span = head_span(part);
            Evidence::at(name).expected("no filename").found(quote(found.as_bytes())).span(span)
        })
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Form(|form| {
            *form.part_mut("op")? = Part::new("op", "upload_slice_data").with_filename("op");
            Some(())
        }),
    ),
};

const PART_HEADERS: Rule = Rule {
    id: "form/part-headers",
    clause: &spec::PART_HEADERS,
    summary: "parts have no header other than Content-Disposition",
    why: "The service ignores them.",
    fix: "Turn off the Content-Type, Content-Transfer-Encoding or Content-Length that the form \
          library adds to parts, where it allows that; a part needs Content-Disposition alone.",
    check: Check::Request(|annotated| {
        let extra = |part: &Part| {
            let mut headers = part.headers().iter();
            headers.find(|(name, _)| !name.eq_ignore_ascii_case("content-disposition")).cloned()
        };
        let mut parts = annotated.form()?.parts().iter();
        let extra = parts.find_map(|part| Some((part, extra(part)?)));
        Verdict::broken_by(extra, |(part, (name, value))| {
            let found = quote(format!("{name}: {value}").as_bytes());
            let at = part.name().unwrap_or("no name");
            Evidence::at(at).expected("Content-Disposition only").found(found).span(head_span(part))
        })
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::PartHeader("filecontent", "Content-Type", "application/octet-stream"),
    ),
};

const QUOTED_PARAMETERS: Rule = Rule {
    id: "form/quoted-parameters",
    clause: &spec::QUOTED_PARAMETERS,
    summary: "names in Content-Disposition are quoted",
    why: "Generic readers accept both forms.",
    fix: "Put double quotes around the values of name and filename, as in name=\"op\"; \
          MultipartFormDataContent of .NET leaves them out unless they are part of the name that \
          it is given.",
    check: Check::Request(|annotated| {
        without(
            annotated,
            &[FormDefectKind::UnquotedParameter],
            "Content-Disposition",
            "name=\"…\"",
        )
    }),
    counterexample: Counterexample::edited(INIT, Edit::Body("name=\"op\"", "name=op")),
};

const PLAIN_FILENAME: Rule = Rule {
    id: "form/plain-filename",
    clause: &spec::PLAIN_FILENAME,
    summary: "a filename is not written as filename*",
    why: "Forms have no such parameter; readers ignore it.",
    fix: "Send filename in quotes and no filename*, which form libraries add for names that are \
          not ASCII; a fixed ASCII filename avoids it.",
    check: Check::Request(|annotated| {
        let kinds = [FormDefectKind::ExtendedFilename];
        without(annotated, &kinds, "Content-Disposition", "filename=\"…\"")
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Body("name=\"op\"", "name=\"op\"; filename*=utf-8''op"),
    ),
};

const ONE_OF_EACH_HEADER: Rule = Rule {
    id: "form/part-headers-once",
    clause: &spec::PART_HEADERS_ONCE,
    summary: "no header of a part comes twice",
    why: "With two dispositions a part has two names, and readers differ in which one they use.",
    fix: "Replace a part header instead of adding it a second time: form libraries write \
          Content-Disposition themselves, and often Content-Type, too.",
    check: Check::Request(|annotated| {
        let repeated = |part: &Part| {
            let names = part.headers().iter().map(|(name, _)| name.to_ascii_lowercase());
            let mut seen = HashSet::new();
            // The second of two is the one that is reported.
            names.into_iter().find(|name| !seen.insert(name.clone()))
        };
        let mut parts = annotated.form()?.parts().iter();
        let repeated = parts.find_map(|part| Some((part, repeated(part)?)));
        Verdict::broken_by(repeated, |(part, name)| {
            let span = head_span(part);
            Evidence::at(name)
                .expected("each header once")
                .found("the same header again")
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Body(
            "name=\"op\"\r\n",
            "name=\"op\"\r\nContent-Disposition: form-data; name=\"session\"\r\n",
        ),
    ),
};

const PART_LENGTH: Rule = Rule {
    id: "form/part-length",
    clause: &spec::PART_LENGTH,
    summary: "Content-Length of a part, if sent, is the length of its content",
    why: "A reader that relies on it reads too much or too little.",
    fix: "Leave Content-Length of a part out, or count the bytes of its content alone, after \
          encoding to UTF-8 and without part headers and line ends.",
    check: Check::Request(|annotated| {
        let length = |part: &Part| part.header("content-length").map(|text| text.trim().to_owned());
        let wrong = |part: &Part| {
            let expected = part.content().len().to_string();
            Some((
                expected.clone(),
                length(part).filter(|length| *length != expected)?,
                head_span(part),
            ))
        };
        let parts = annotated.form()?.parts();
        // Hardly any client sends it; where it is not sent there is nothing to compare.
        if !parts.iter().any(|part| length(part).is_some()) {
            return None;
        }
        Verdict::broken_by(parts.iter().find_map(wrong), |(expected, found, span)| {
            Evidence::at("Content-Length of a part").expected(expected).found(found).span(span)
        })
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::PartHeader("offset", "Content-Length", "6"),
    ),
};

const TEXT_CHARSET: Rule = Rule {
    id: "form/text-is-utf8",
    clause: &spec::TEXT_IS_UTF8,
    summary: "text fields are UTF-8",
    why: "In another encoding, digits and words are other bytes, and are not recognised.",
    fix: "Encode all text fields in UTF-8 explicitly instead of in the default charset of the \
          system, such as GBK or UTF-16, and drop the charset of their Content-Type or set it to \
          utf-8.",
    check: Check::Request(|annotated| {
        let is_text = |part: &&Part| {
            // filecontent is bytes, whatever it says of itself.
            part.name().is_some_and(|name| !name.eq_ignore_ascii_case("filecontent"))
        };
        // RFC 7578 §4.4 lets a text name its charset.
        let charset = |part: &Part| {
            let value = part.header("content-type")?.to_ascii_lowercase();
            let (_, charset) = value.split_once("charset=")?;
            Some(charset.trim_matches(|c: char| c == '"' || c.is_whitespace()).to_owned())
        };
        let other = |part: &Part| {
            let named = charset(part);
            // In all of these, digits and ASCII letters are the bytes that they are in UTF-8.
            let known = ["utf-8", "us-ascii", "ascii", "iso-8859-1"];
            let foreign = named.filter(|name| !known.contains(&name.as_str()));
            let undecodable = std::str::from_utf8(part.content()).is_err();
            foreign.or_else(|| undecodable.then(|| "bytes that are not UTF-8".to_owned()))
        };
        let mut texts = annotated.form()?.parts().iter().filter(is_text);
        let other = texts.find_map(|part| Some((part, other(part)?)));
        Verdict::broken_by(other, |(part, found)| {
            let name = part.name().unwrap_or("no name");
            Evidence::at(name).expected("UTF-8").found(found).span(head_span(part))
        })
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::PartHeader("op", "Content-Type", "text/plain; charset=utf-16"),
    ),
};

fn head_span(part: &Part) -> Span {
    Span::body(part.span().start..part.content_span().start)
}
