use std::collections::HashSet;

use super::without;
use crate::protocol::{FormDefectKind, Part};
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
    check: Check::Request(|annotated| {
        let kinds = [FormDefectKind::NoBlankLine, FormDefectKind::MalformedHeader];
        without(annotated, &kinds, "headers of a part", "header lines, then an empty line")
    }),
    counterexample: edits_text!("name=\"op\"\r\n\r\n", "name=\"op\"\r\n"),
};

const DISPOSITION: Rule = Rule {
    id: "form/disposition",
    clause: &spec::DISPOSITION,
    summary: "each part is form-data",
    why: "The service has no other way to learn what a part is.",
    check: Check::Request(|annotated| {
        let kinds = [FormDefectKind::NoDisposition, FormDefectKind::NotFormData];
        without(
            annotated,
            &kinds,
            "headers of a part",
            "Content-Disposition: form-data; name=\"…\"",
        )
    }),
    counterexample: edits_text!("form-data; name=\"filesize\"", "attachment; name=\"filesize\""),
};

const PART_NAME: Rule = Rule {
    id: "form/part-name",
    clause: &spec::PART_NAME,
    summary: "each part has a name",
    why: "A part without a name is a value for no field.",
    check: Check::Request(|annotated| {
        without(annotated, &[FormDefectKind::NoName], "Content-Disposition", "name=\"…\"")
    }),
    counterexample: edits_text!("; name=\"filesize\"", ""),
};

const IDENTITY_PARTS: Rule = Rule {
    id: "form/identity-parts",
    clause: &spec::IDENTITY_PARTS,
    summary: "content is sent as it is",
    why: "The service stores the encoded text instead of the file's bytes.",
    check: Check::Request(|annotated| {
        let parts = annotated.form()?.parts();
        let coding = |part: &Part| {
            part.header("content-transfer-encoding").map(str::trim).map(str::to_ascii_lowercase)
        };
        let bad = |part: &&Part| {
            coding(part).is_some_and(|coding| !matches!(&*coding, "7bit" | "8bit" | "binary"))
        };
        let part = parts.iter().find(bad);
        Verdict::of(part.is_none(), || {
            let found = part.and_then(coding).unwrap_or_default();
            let span = part.and_then(head_span);
            Evidence::new("Content-Transfer-Encoding", "7bit, 8bit, binary or none", found, span)
        })
    }),
    counterexample: edits_form!(|form| {
        let part = form.part_mut("filecontent")?;
        part.set_header("Content-Transfer-Encoding", "base64".to_owned());
        Some(())
    }),
};

const TEXT_WITHOUT_FILENAME: Rule = Rule {
    id: "form/text-without-filename",
    clause: &spec::TEXT_WITHOUT_FILENAME,
    summary: "only filecontent has a filename",
    why: "A filename does not make a text field a file; generic readers may take it for one.",
    check: Check::Request(|annotated| {
        let file =
            |part: &Part| part.name().is_some_and(|name| name.eq_ignore_ascii_case("filecontent"));
        let mut parts = annotated.form()?.parts().iter();
        let part = parts.find(|part| part.filename().is_some() && !file(part));
        Verdict::of(part.is_none(), || {
            let found = part.and_then(Part::filename).unwrap_or_default();
            let name = part.and_then(Part::name).unwrap_or_default();
            let span = part.and_then(head_span);
            Evidence::new(name, "no filename", quote(found.as_bytes()), span)
        })
    }),
    counterexample: edits_form!(|form| {
        *form.part_mut("op")? = Part::new("op", "upload_slice_data").with_filename("op");
        Some(())
    }),
};

const PART_HEADERS: Rule = Rule {
    id: "form/part-headers",
    clause: &spec::PART_HEADERS,
    summary: "parts have no headers but Content-Disposition",
    why: "The service ignores them.",
    check: Check::Request(|annotated| {
        let extra = |part: &Part| {
            let mut headers = part.headers().iter();
            headers.find(|(name, _)| !name.eq_ignore_ascii_case("content-disposition")).cloned()
        };
        let part = annotated.form()?.parts().iter().find(|part| extra(part).is_some());
        Verdict::of(part.is_none(), || {
            let (name, value) = part.and_then(extra).unwrap_or_default();
            let found = quote(format!("{name}: {value}").as_bytes());
            let at = part.and_then(Part::name).unwrap_or_default();
            Evidence::new(at, "Content-Disposition only", found, part.and_then(head_span))
        })
    }),
    counterexample: edits_form!(|form| {
        let part = form.part_mut("filecontent")?;
        part.set_header("Content-Type", "application/octet-stream".to_owned());
        Some(())
    }),
};

const QUOTED_PARAMETERS: Rule = Rule {
    id: "form/quoted-parameters",
    clause: &spec::QUOTED_PARAMETERS,
    summary: "names in Content-Disposition are quoted",
    why: "Generic readers take both forms.",
    check: Check::Request(|annotated| {
        without(
            annotated,
            &[FormDefectKind::UnquotedParameter],
            "Content-Disposition",
            "name=\"…\"",
        )
    }),
    counterexample: edits_text!("name=\"op\"", "name=op"),
};

const PLAIN_FILENAME: Rule = Rule {
    id: "form/plain-filename",
    clause: &spec::PLAIN_FILENAME,
    summary: "a filename is not written as filename*",
    why: "Forms have no such parameter; readers ignore it.",
    check: Check::Request(|annotated| {
        let kinds = [FormDefectKind::ExtendedFilename];
        without(annotated, &kinds, "Content-Disposition", "filename=\"…\"")
    }),
    counterexample: edits_text!("name=\"op\"", "name=\"op\"; filename*=utf-8''op"),
};

const ONE_OF_EACH_HEADER: Rule = Rule {
    id: "form/part-headers-once",
    clause: &spec::PART_HEADERS_ONCE,
    summary: "no header of a part comes twice",
    why: "With two dispositions a part has two names, and readers differ in which one counts.",
    check: Check::Request(|annotated| {
        let repeated = |part: &Part| {
            let names = part.headers().iter().map(|(name, _)| name.to_ascii_lowercase());
            let mut seen = HashSet::new();
            names.into_iter().find(|name| !seen.insert(name.clone()))
        };
        let part = annotated.form()?.parts().iter().find(|part| repeated(part).is_some());
        Verdict::of(part.is_none(), || {
            let name = part.and_then(repeated).unwrap_or_default();
            let span = part.and_then(head_span);
            Evidence::new(name, "each header once", "the same header again", span)
        })
    }),
    counterexample: edits_text!(
        "name=\"op\"\r\n",
        "name=\"op\"\r\nContent-Disposition: form-data; name=\"session\"\r\n"
    ),
};

const PART_LENGTH: Rule = Rule {
    id: "form/part-length",
    clause: &spec::PART_LENGTH,
    summary: "Content-Length of a part, if sent, is the length of its content",
    why: "A reader that trusts it takes too much or too little.",
    check: Check::Request(|annotated| {
        let length = |part: &Part| part.header("content-length").map(|text| text.trim().to_owned());
        let wrong = |part: &&Part| {
            length(part).is_some_and(|length| length != part.content().len().to_string())
        };
        let parts = annotated.form()?.parts();
        if !parts.iter().any(|part| length(part).is_some()) {
            return None;
        }
        let part = parts.iter().find(wrong);
        Verdict::of(part.is_none(), || {
            let expected = part.map(|part| part.content().len().to_string()).unwrap_or_default();
            let found = part.and_then(length).unwrap_or_default();
            Evidence::new("Content-Length of a part", expected, found, part.and_then(head_span))
        })
    }),
    counterexample: edits_form!(|form| {
        form.part_mut("offset")?.set_header("Content-Length", "6".to_owned());
        Some(())
    }),
};

const TEXT_CHARSET: Rule = Rule {
    id: "form/text-is-utf8",
    clause: &spec::TEXT_IS_UTF8,
    summary: "text fields are UTF-8",
    why: "In another encoding digits and words are other bytes, and are not recognised.",
    check: Check::Request(|annotated| {
        let is_text = |part: &&Part| {
            part.name().is_some_and(|name| !name.eq_ignore_ascii_case("filecontent"))
        };
        let charset = |part: &Part| {
            let value = part.header("content-type")?.to_ascii_lowercase();
            let (_, charset) = value.split_once("charset=")?;
            Some(charset.trim_matches(|c: char| c == '"' || c.is_whitespace()).to_owned())
        };
        let other = |part: &Part| {
            let named = charset(part);
            let known = ["utf-8", "us-ascii", "ascii", "iso-8859-1"];
            let foreign = named.filter(|name| !known.contains(&name.as_str()));
            let undecodable = std::str::from_utf8(part.content()).is_err();
            foreign.or_else(|| undecodable.then(|| "bytes that are no UTF-8".to_owned()))
        };
        let mut texts = annotated.form()?.parts().iter().filter(is_text);
        let part = texts.find(|part| other(part).is_some());
        Verdict::of(part.is_none(), || {
            let name = part.and_then(Part::name).unwrap_or_default();
            let found = part.and_then(other).unwrap_or_default();
            Evidence::new(name, "UTF-8", found, part.and_then(head_span))
        })
    }),
    counterexample: edits_form!(|form| {
        form.part_mut("op")?.set_header("Content-Type", "text/plain; charset=utf-16".to_owned());
        Some(())
    }),
};

fn head_span(part: &Part) -> Option<Span> {
    Span::body(part.span().start..part.content_span().start)
}
