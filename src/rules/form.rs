use std::collections::HashMap;

use super::{Call, Check, Counterexample, Evidence, Rule, Span, Verdict, quote};
use crate::protocol::{FormDefectKind, MultipartBody, Op, Part, Request, boundary_parameter};
use crate::spec;

pub(super) const RULES: &[Rule] = &[
    BOUNDARY,
    BOUNDARY_LENGTH,
    BOUNDARY_UNIQUE,
    BOUNDARY_CHARACTERS,
    BOUNDARY_UNQUOTED,
    DELIMITERS,
    CLOSING_DELIMITER,
    LINE_ENDS,
    BLANK_LINE,
    DISPOSITION,
    PART_NAME,
    OP,
    ONE_VALUE,
    NO_REPEATS,
    IDENTITY_PARTS,
    FIELD_CASE,
    TEXT_WITHOUT_FILENAME,
    PART_HEADERS,
    PREAMBLE,
    NO_TEXT_AROUND,
    QUOTED_PARAMETERS,
    PLAIN_FILENAME,
    KNOWN_FIELDS,
    SECOND_READER,
];

const PLAIN: &str = "happy/last-slice-short";

/// A counterexample that edits the second data request's form.
macro_rules! edits_form {
    ($change:expr) => {
        Counterexample { scenario: PLAIN, breaks: |talk| talk.tamper(&Op::Data, 1)?.edit($change) }
    };
}

/// A counterexample that edits the first request's bytes: their text, from one to another.
macro_rules! edits_text {
    ($from:expr, $to:expr) => {
        Counterexample {
            scenario: PLAIN,
            breaks: |talk| {
                replace_in_body(talk.tamper(&Op::Init, 0)?, $from, $to);
                Some(())
            },
        }
    };
}

const BOUNDARY: Rule = Rule {
    id: "form/boundary",
    clause: &spec::BOUNDARY,
    summary: "Content-Type carries the boundary",
    why: "Without it nobody can tell the parts apart; the service answers -5993.",
    check: Check::Request(|call| {
        let (value, boundary) = boundary_of(call)?;
        let found = boundary.map(|(boundary, _)| boundary).unwrap_or_default();
        Verdict::of(!found.is_empty(), || {
            Evidence::new("Content-Type", "a boundary parameter", quote(value.as_bytes()), {
                content_type_span(call.request)
            })
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Init, 0)?;
            request.edit_head(|head| head.replacen("; boundary=", "; charset=", 1));
            Some(())
        },
    },
};

const BOUNDARY_LENGTH: Rule = Rule {
    id: "form/boundary-length",
    clause: &spec::BOUNDARY_LENGTH,
    summary: "the boundary has at most 70 characters",
    why: "Readers keep no more room for it, and do not find the delimiters.",
    check: Check::Request(|call| {
        let (boundary, _) = boundary_of(call)?.1?;
        let length = boundary.chars().count();
        Verdict::of(length <= 70, || {
            let span = content_type_span(call.request);
            Evidence::new("boundary", "1 to 70 characters", length.to_string(), span)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| change_boundary(talk.tamper(&Op::Init, 0)?, &"b".repeat(71)),
    },
};

const BOUNDARY_UNIQUE: Rule = Rule {
    id: "form/boundary-unique",
    clause: &spec::BOUNDARY_UNIQUE,
    summary: "the boundary does not occur in the file",
    why: "The service takes the line in the file for the end of the part, and the rest is lost. A \
          long random boundary does not occur.",
    check: Check::Request(|call| {
        let boundary = call.request.form().as_multipart()?.boundary();
        Verdict::of(call.collision.is_none(), || {
            let at = call.collision.unwrap_or_default();
            let found = format!("\"--{boundary}\" at byte {at} of the file");
            let expected = "a boundary that is in no line of the file";
            Evidence::new("boundary", expected, found, content_type_span(call.request))
        })
    }),
    counterexample: Counterexample {
        scenario: "content/delimiters",
        breaks: |talk| change_boundary(talk.tamper(&Op::Init, 0)?, "boundary"),
    },
};

const BOUNDARY_CHARACTERS: Rule = Rule {
    id: "form/boundary-characters",
    clause: &spec::BOUNDARY_CHARACTERS,
    summary: "the boundary has only characters that a boundary may have",
    why: "Other characters are cut off or refused by some readers.",
    check: Check::Request(|call| {
        let (boundary, _) = boundary_of(call)?.1.filter(|(boundary, _)| !boundary.is_empty())?;
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
        let good = boundary.bytes().all(legal) && !boundary.ends_with(' ');
        Verdict::of(good, || {
            let expected = "letters, digits and '()+_,-./:=?";
            let span = content_type_span(call.request);
            Evidence::new("boundary", expected, quote(boundary.as_bytes()), span)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| change_boundary(talk.tamper(&Op::Init, 0)?, "b*@{}"),
    },
};

const BOUNDARY_UNQUOTED: Rule = Rule {
    id: "form/boundary-unquoted",
    clause: &spec::BOUNDARY_UNQUOTED,
    summary: "the boundary is not quoted",
    why: "A quoted boundary is legal, but one community client was refused because of it.",
    check: Check::Request(|call| {
        let (value, boundary) = boundary_of(call)?;
        let (_, quoted) = boundary?;
        Verdict::of(!quoted, || {
            let span = content_type_span(call.request);
            Evidence::new("boundary", "no quotes", quote(value.as_bytes()), span)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Init, 0)?;
            let boundary = request.form().as_multipart()?.boundary().to_owned();
            let quoted = format!("\"{boundary}\"");
            request.edit_head(|head| head.replacen(&boundary, &quoted, 1));
            Some(())
        },
    },
};

const DELIMITERS: Rule = Rule {
    id: "form/delimiters",
    clause: &spec::DELIMITERS,
    summary: "every delimiter is the announced boundary",
    why: "A part behind another delimiter is read as content of the part before, and is lost.",
    check: Check::Request(|call| {
        let kinds = [FormDefectKind::NoDelimiter, FormDefectKind::ForeignDelimiter];
        let boundary = format!("\"--{}\"", call.form()?.boundary());
        without(call, &kinds, "delimiter", &boundary)
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let request = talk.tamper(&Op::Init, 0)?;
            let whole = format!("--{}\r\nContent-Disposition: form-data; name=\"filesize\"", {
                request.form().as_multipart()?.boundary()
            });
            let cut = whole.replacen("--", "--x", 1);
            replace_in_body(request, &whole, &cut);
            Some(())
        },
    },
};

const CLOSING_DELIMITER: Rule = Rule {
    id: "form/closing-delimiter",
    clause: &spec::CLOSING_DELIMITER,
    summary: "the body ends in the closing delimiter",
    why: "A reader cannot tell a whole form from one that was cut.",
    check: Check::Request(|call| {
        let form = call.form()?;
        if form.defects_of(FormDefectKind::NoDelimiter).next().is_some() {
            return None;
        }
        let expected = format!("\"--{}--\"", form.boundary());
        without(call, &[FormDefectKind::NoClosingDelimiter], "end of the body", &expected)
    }),
    counterexample: edits_form!(|form| {
        form.set_epilogue(None);
        Some(())
    }),
};

const LINE_ENDS: Rule = Rule {
    id: "form/line-ends",
    clause: &spec::FORM_LINE_ENDS,
    summary: "lines of the form end in CR LF",
    why: "A strict reader finds no delimiter behind a lone LF, or leaves a byte on the content.",
    check: Check::Request(|call| {
        without(call, &[FormDefectKind::BareLineFeed], "line end", "\"\\r\\n\"")
    }),
    counterexample: edits_text!("\r\n", "\n"),
};

const BLANK_LINE: Rule = Rule {
    id: "form/blank-line",
    clause: &spec::BLANK_LINE,
    summary: "an empty line separates the headers of a part from its content",
    why: "Without it the value is read as a header, and the field is empty or refused.",
    check: Check::Request(|call| {
        let kinds = [FormDefectKind::NoBlankLine, FormDefectKind::MalformedHeader];
        without(call, &kinds, "headers of a part", "header lines, then an empty line")
    }),
    counterexample: edits_text!("name=\"op\"\r\n\r\n", "name=\"op\"\r\n"),
};

const DISPOSITION: Rule = Rule {
    id: "form/disposition",
    clause: &spec::DISPOSITION,
    summary: "each part is form-data",
    why: "The service has no other way to learn what a part is.",
    check: Check::Request(|call| {
        let kinds = [FormDefectKind::NoDisposition, FormDefectKind::NotFormData];
        without(call, &kinds, "headers of a part", "Content-Disposition: form-data; name=\"…\"")
    }),
    counterexample: edits_text!("form-data; name=\"filesize\"", "attachment; name=\"filesize\""),
};

const PART_NAME: Rule = Rule {
    id: "form/part-name",
    clause: &spec::PART_NAME,
    summary: "each part has a name",
    why: "A part without a name is a value for no field.",
    check: Check::Request(|call| {
        without(call, &[FormDefectKind::NoName], "Content-Disposition", "name=\"…\"")
    }),
    counterexample: edits_text!("; name=\"filesize\"", ""),
};

const OP: Rule = Rule {
    id: "form/op",
    clause: &spec::OP,
    summary: "op is one of the five operations",
    why: "The service does not know what to do; it answers -5980 or -5964.",
    check: Check::Request(|call| {
        if !call.is_upload_call() || !call.request.path().starts_with("/files/") {
            return None;
        }
        let op = call.request.op();
        Verdict::of(call.op().is_some(), || {
            let words: Vec<_> = Op::ALL.iter().map(Op::as_str).collect();
            let found = op.map_or("no op".to_owned(), |op| quote(op.as_str().as_bytes()));
            let span = call.request.value("op").and_then(|value| Span::body(value.span.clone()));
            Evidence::new("op", words.join(", "), found, span)
        })
    }),
    counterexample: edits_form!(|form| form.set("op", "upload_slice")),
};

const ONE_VALUE: Rule = Rule {
    id: "form/one-value",
    clause: &spec::ONE_VALUE,
    summary: "no field has two different values",
    why: "The service takes one of them, and the client cannot know which.",
    check: Check::Request(|call| repeats(call, false)),
    counterexample: edits_form!(|form| {
        form.push(Part::new("offset", "0"));
        Some(())
    }),
};

const NO_REPEATS: Rule = Rule {
    id: "form/no-repeats",
    clause: &spec::NO_REPEATS,
    summary: "no field comes twice",
    why: "Retries that append to the same form double its size each time.",
    check: Check::Request(|call| repeats(call, true)),
    counterexample: edits_form!(|form| {
        form.push(Part::new("op", "upload_slice_data"));
        Some(())
    }),
};

const IDENTITY_PARTS: Rule = Rule {
    id: "form/identity-parts",
    clause: &spec::IDENTITY_PARTS,
    summary: "content is sent as it is",
    why: "The service stores the encoded text instead of the file's bytes.",
    check: Check::Request(|call| {
        let parts = call.form()?.parts();
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

const FIELD_CASE: Rule = Rule {
    id: "form/field-case",
    clause: &spec::FIELD_CASE,
    summary: "field names are written as documented",
    why: "The service takes other spellings from some SDKs; that it does is not documented.",
    check: Check::Request(|call| {
        let other = |name: &str| {
            let known = FIELDS.iter().find(|known| known.eq_ignore_ascii_case(name));
            known.filter(|known| **known != name).copied()
        };
        let values = call.form().map(|_| call.request.form().values())?;
        let value = values.iter().find(|value| other(&value.name).is_some());
        Verdict::of(value.is_none(), || {
            let name = value.map(|value| value.name.clone()).unwrap_or_default();
            let span = value.and_then(|value| Span::body(value.span.clone()));
            Evidence::new(name.clone(), other(&name).unwrap_or_default(), name, span)
        })
    }),
    counterexample: edits_form!(|form| form.rename("filecontent", "fileContent")),
};

const TEXT_WITHOUT_FILENAME: Rule = Rule {
    id: "form/text-without-filename",
    clause: &spec::TEXT_WITHOUT_FILENAME,
    summary: "only filecontent has a filename",
    why: "A filename does not make a text field a file; generic readers may take it for one.",
    check: Check::Request(|call| {
        let file =
            |part: &Part| part.name().is_some_and(|name| name.eq_ignore_ascii_case("filecontent"));
        let mut parts = call.form()?.parts().iter();
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
    check: Check::Request(|call| {
        let extra = |part: &Part| {
            let mut headers = part.headers().iter();
            headers.find(|(name, _)| !name.eq_ignore_ascii_case("content-disposition")).cloned()
        };
        let part = call.form()?.parts().iter().find(|part| extra(part).is_some());
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

const PREAMBLE: Rule = Rule {
    id: "form/preamble",
    clause: &spec::PREAMBLE,
    summary: "the body begins with the first delimiter",
    why: "One SDK sends an empty line before it, and the service takes it.",
    check: Check::Request(|call| {
        without(call, &[FormDefectKind::LineEndPreamble], "start of the body", "the delimiter")
    }),
    counterexample: edits_form!(|form| {
        form.set_preamble("\r\n");
        Some(())
    }),
};

const NO_TEXT_AROUND: Rule = Rule {
    id: "form/no-text-around",
    clause: &spec::NO_TEXT_AROUND,
    summary: "nothing stands before the first delimiter and behind the last",
    why: "Readers ignore such text, or refuse it.",
    check: Check::Request(|call| {
        let kinds = [FormDefectKind::TextPreamble, FormDefectKind::Epilogue];
        without(call, &kinds, "around the parts", "nothing but one line end at the end")
    }),
    counterexample: edits_form!(|form| {
        form.set_epilogue(Some("\r\nThe end.\r\n".into()));
        Some(())
    }),
};

const QUOTED_PARAMETERS: Rule = Rule {
    id: "form/quoted-parameters",
    clause: &spec::QUOTED_PARAMETERS,
    summary: "names in Content-Disposition are quoted",
    why: "Generic readers take both forms.",
    check: Check::Request(|call| {
        without(call, &[FormDefectKind::UnquotedParameter], "Content-Disposition", "name=\"…\"")
    }),
    counterexample: edits_text!("name=\"op\"", "name=op"),
};

const PLAIN_FILENAME: Rule = Rule {
    id: "form/plain-filename",
    clause: &spec::PLAIN_FILENAME,
    summary: "a filename is not written as filename*",
    why: "Forms have no such parameter; readers ignore it.",
    check: Check::Request(|call| {
        let kinds = [FormDefectKind::ExtendedFilename];
        without(call, &kinds, "Content-Disposition", "filename=\"…\"")
    }),
    counterexample: edits_text!("name=\"op\"", "name=\"op\"; filename*=utf-8''op"),
};

const KNOWN_FIELDS: Rule = Rule {
    id: "form/known-fields",
    clause: &spec::KNOWN_FIELDS,
    summary: "a request has only the documented fields",
    why: "The service ignores others.",
    check: Check::Request(|call| {
        let known = known_fields(call.op()?);
        let values = call.request.form().values();
        let is_known = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
        let value = values.iter().find(|value| !is_known(&value.name));
        Verdict::of(value.is_none(), || {
            let name = value.map(|value| value.name.clone()).unwrap_or_default();
            let span = value.and_then(|value| Span::body(value.span.clone()));
            Evidence::new(quote(name.as_bytes()), known.join(", "), "another field", span)
        })
    }),
    counterexample: edits_form!(|form| {
        form.push(Part::new("sliceSize", "1048576"));
        Some(())
    }),
};

const SECOND_READER: Rule = Rule {
    id: "form/second-reader",
    clause: &spec::SECOND_READER,
    summary: "a second, independent reader finds the same fields",
    why: "Where two readers differ, the service may be a third.",
    check: Check::Request(second_reader),
    counterexample: edits_form!(|form| {
        let look_alike = format!("\r\n--{}x", form.boundary());
        form.set("filecontent", look_alike)
    }),
};

/// Field names as the documents write them.
const FIELDS: [&str; 11] = [
    "op",
    "filesize",
    "slice_size",
    "sha",
    "uploadparts",
    "biz_attr",
    "insertOnly",
    "session",
    "offset",
    "filecontent",
    "datamd5",
];

fn known_fields(op: &Op) -> &'static [&'static str] {
    match op {
        Op::Upload => &["op", "filecontent", "sha", "biz_attr", "insertOnly"],
        Op::Init => {
            &["op", "filesize", "slice_size", "sha", "uploadparts", "biz_attr", "insertOnly"]
        }
        Op::Data => &["op", "session", "offset", "filecontent", "sha"],
        Op::Finish => &["op", "session", "filesize", "sha"],
        Op::List | Op::Other(_) => &["op"],
    }
}

/// Content-Type and its boundary parameter, for a request that says it is multipart.
fn boundary_of<'a>(call: &'a Call) -> Option<(&'a str, Option<(String, bool)>)> {
    let value = call.request.head().get("content-type").filter(|_| call.is_upload_call())?;
    let multipart = value.trim_start().get(..10)?.eq_ignore_ascii_case("multipart/");
    multipart.then(|| (value, boundary_parameter(value)))
}

fn content_type_span(request: &Request) -> Option<Span> {
    let field = request.head().all("content-type").next()?;
    Span::raw(field.value_span.clone())
}

fn head_span(part: &Part) -> Option<Span> {
    Span::body(part.span().start..part.content_span().start)
}

/// Holds if the form has no defect of these kinds.
fn without(call: &Call, kinds: &[FormDefectKind], at: &str, expected: &str) -> Option<Verdict> {
    let form = call.form()?;
    let mut defects = form.defects().iter().filter(|defect| kinds.contains(&defect.kind));
    let first = defects.next();
    Verdict::of(first.is_none(), || {
        let span = first.map(|defect| defect.span.clone()).unwrap_or_default();
        let found = quote(call.request.body().get(span.clone()).unwrap_or_default());
        let found = match defects.count() {
            0 => found,
            more => format!("{found}, and {more} more"),
        };
        Evidence::new(at, expected, found, Span::body(span))
    })
}

/// Holds if no field comes twice, counting repeats with equal or with different values.
fn repeats(call: &Call, equal: bool) -> Option<Verdict> {
    call.op().or(call.form().and(call.request.op()))?;
    let mut seen = HashMap::new();
    let values = call.request.form().values();
    let repeated = values.iter().find(|value| {
        let first = seen.entry(value.name.to_ascii_lowercase()).or_insert(&value.content);
        !std::ptr::eq(*first, &raw const value.content) && (**first == value.content) == equal
    });
    Verdict::of(repeated.is_none(), || {
        let (name, found, span) = repeated.map_or_else(Default::default, |value| {
            let first = call.request.value(&value.name).map(|first| quote(&first.content));
            let found = format!("{} and then {}", first.unwrap_or_default(), quote(&value.content));
            (value.name.clone(), found, Span::body(value.span.clone()))
        });
        Evidence::new(name, "one value", found, span)
    })
}

fn second_reader(call: &Call) -> Option<Verdict> {
    const HARMLESS: [FormDefectKind; 4] = [
        FormDefectKind::LineEndPreamble,
        FormDefectKind::UnquotedParameter,
        FormDefectKind::ExtendedFilename,
        FormDefectKind::Epilogue,
    ];
    let form = call.form()?;
    // Other defects have rules of their own; no second opinion is needed.
    if form.defects().iter().any(|defect| !HARMLESS.contains(&defect.kind)) {
        return None;
    }
    let ours: Vec<_> = form.parts().iter().map(|part| (part.name(), part.content())).collect();
    let theirs = MultipartBody::read_with_multer(form.boundary(), call.request.body());
    let words = |names: Vec<&str>| names.join(", ");
    let found = match &theirs {
        Ok(theirs) => {
            let same = theirs.len() == ours.len()
                && theirs
                    .iter()
                    .zip(&ours)
                    .all(|((name, content), ours)| name.as_deref() == ours.0 && content == ours.1);
            if same {
                return Some(Verdict::Holds);
            }
            words(theirs.iter().map(|(name, _)| name.as_deref().unwrap_or("?")).collect())
        }
        Err(error) => error.to_string(),
    };
    let expected = words(ours.iter().map(|(name, _)| name.unwrap_or("?")).collect());
    Some(Verdict::Broken(Evidence::new("parts", expected, found, None)))
}

fn replace_in_body(request: &mut Request, from: &str, to: &str) {
    request.edit_body(|body| String::from_utf8_lossy(body).replace(from, to).into_bytes());
}

/// Replaces the boundary in head and body.
fn change_boundary(request: &mut Request, boundary: &str) -> Option<()> {
    let old = request.form().as_multipart()?.boundary().to_owned();
    replace_in_body(request, &old, boundary);
    request.edit_head(|head| head.replacen(&old, boundary, 1));
    Some(())
}
