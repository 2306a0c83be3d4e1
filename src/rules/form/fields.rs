use std::collections::HashMap;

use crate::protocol::{Op, Value};
use crate::rules::counterexample::{Counterexample, Edit, SECOND_SLICE};
use crate::rules::diagnosis::{NUMBERS, surroundings};
use crate::rules::{AnnotatedExchange, Check, Evidence, Rule, Span, Verdict, quote};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] =
    &[OP, ONE_VALUE, NO_REPEATS, PLAIN_NUMBERS, NO_EMPTY_FIELDS, FIELD_CASE, KNOWN_FIELDS];

const OP: Rule = Rule {
    id: "form/op",
    clause: &spec::OP,
    summary: "op is one of the five operations",
    why: "The service does not know what to do; it answers -5980 or -5964.",
    fix: "Send a part named op with upload, upload_slice_init, upload_slice_data, \
          upload_slice_list or upload_slice_finish, in lower case and without quotes or spaces; \
          upload_slice is of the v1 API.",
    check: Check::Request(|annotated| {
        // Requests outside /files/ belong to other APIs on the same host.
        if !annotated.is_upload_call() || !annotated.request.path().starts_with("/files/") {
            return None;
        }
        let op = annotated.request.op();
        Verdict::of(annotated.op().is_some(), || {
            let detail: Vec<_> = Op::ALL.iter().map(Op::as_str).collect();
            let found = op.map_or_else(|| no_op(annotated), |op| quote(op.as_str().as_bytes()));
            let span = annotated.request.value("op").map(|value| Span::body(value.span.clone()));
            Evidence::at("op")
                .expected(detail.join(", "))
                .found(found)
                .explained(op.and_then(op_mistake))
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Set("op", "upload_slice")),
};

const ONE_VALUE: Rule = Rule {
    id: "form/one-value",
    clause: &spec::ONE_VALUE,
    summary: "no field has two different values",
    why: "The service takes one of them, and the client cannot know which.",
    fix: "Build a new form for each request, or replace fields instead of adding them: a form \
          reused for the next slice keeps the old offset. Names in another case are the same name.",
    check: Check::Request(|annotated| repeats(annotated, false)),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Add("offset", "0")),
};

const NO_REPEATS: Rule = Rule {
    id: "form/no-repeats",
    clause: &spec::NO_REPEATS,
    summary: "no field comes twice",
    why: "Retries that append to the same form double its size each time.",
    fix: "Create the form inside the retry loop, not before it, so that an attempt does not append \
          its fields to those of the last one; look also for a field set both as a default and \
          explicitly.",
    check: Check::Request(|annotated| repeats(annotated, true)),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Add("op", "upload_slice_data")),
};

const FIELD_CASE: Rule = Rule {
    id: "form/field-case",
    clause: &spec::FIELD_CASE,
    summary: "field names are written as documented",
    why: "The service accepts other spellings from some SDKs, but that is not documented.",
    fix: "Write field names in lower case (filecontent, filesize) and insertOnly with its capital \
          O; map the names of properties and variables, such as fileContent, to those of the API.",
    check: Check::Request(|annotated| {
        let other = |name: &str| {
            let known = FIELDS.iter().find(|known| known.eq_ignore_ascii_case(name));
            known.filter(|known| **known != name).copied()
        };
        // A JSON list request has no field names to compare.
        let values = annotated.form().map(|_| annotated.request.form().values())?;
        let other = values.iter().find_map(|value| Some((value, other(&value.name)?)));
        Verdict::broken_by(other, |(value, documented)| {
            Evidence::at(value.name.clone())
                .expected(documented)
                .found(value.name.clone())
                .span(Span::body(value.span.clone()))
        })
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Rename("filecontent", "fileContent"),
    ),
};

const KNOWN_FIELDS: Rule = Rule {
    id: "form/known-fields",
    clause: &spec::KNOWN_FIELDS,
    summary: "a request has only the documented fields",
    why: "The service ignores others.",
    fix: "Give each op a list of fields of its own instead of one set for all: upload_slice_data, \
          for example, has op, session, offset, filecontent and sha, and neither slice_size nor \
          insertOnly.",
    check: Check::Request(|annotated| {
        let known = known_fields(annotated.op()?);
        let values = annotated.request.form().values();
        let is_known = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
        let value = values.iter().find(|value| !is_known(&value.name));
        Verdict::broken_by(value, |value| {
            let name = value.name.clone();
            let span = Span::body(value.span.clone());
            Evidence::at(quote(name.as_bytes()))
                .expected(known.join(", "))
                .found("another field")
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Add("sliceSize", "1048576")),
};

const PLAIN_NUMBERS: Rule = Rule {
    id: "form/plain-numbers",
    clause: &spec::PLAIN_NUMBERS,
    summary: "numbers have no leading zeros",
    why: "Some readers take a number with leading zeros for octal.",
    fix: "Print offset, filesize and slice_size as decimal integers without a fixed width: a \
          format such as %010d pads them with zeros.",
    check: Check::Request(|annotated| {
        annotated.of_upload()?;
        let padded = |value: &&Value| {
            let is_number = NUMBERS.iter().any(|name| value.name.eq_ignore_ascii_case(name));
            // A single 0 is a number as it should be: the offset of the first slice.
            is_number
                && value.content.len() > 1
                && value.content.starts_with(b"0")
                && value.content.iter().all(u8::is_ascii_digit)
        };
        let value = annotated.request.form().values().iter().find(padded);
        Verdict::broken_by(value, |value| {
            Evidence::at(value.name.clone())
                .expected("digits without leading zeros")
                .found(quote(&value.content))
                .span(Span::body(value.span.clone()))
        })
    }),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Set("offset", "01048576")),
};

const NO_EMPTY_FIELDS: Rule = Rule {
    id: "form/no-empty-fields",
    clause: &spec::NO_EMPTY_FIELDS,
    summary: "an optional field without a value is left out",
    why: "Readers differ in whether an empty field counts as a missing one.",
    fix: "Add sha, uploadparts and datamd5 to the form only where they have a value; do not turn \
          an unset option into an empty string.",
    check: Check::Request(|annotated| {
        annotated.of_upload()?;
        // All other fields are mandatory where they are documented; rules of their own ask for them.
        let optional = |name: &str| {
            ["sha", "uploadparts", "datamd5"].iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        let mut values = annotated.request.form().values().iter();
        let value = values.find(|value| value.content.is_empty() && optional(&value.name));
        Verdict::broken_by(value, |value| {
            Evidence::at(value.name.clone())
                .expected("a value, or no such field")
                .found("an empty field")
                .span(Span::body(value.span.clone()))
        })
    }),
    counterexample: Counterexample::edited(SECOND_SLICE, Edit::Add("sha", "")),
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
        // One SDK adds datamd5, which no page documents; `data/datamd5` compares it.
        Op::Data => &["op", "session", "offset", "filecontent", "sha"],
        Op::Finish => &["op", "session", "filesize", "sha"],
        Op::List | Op::Other(_) => &["op"],
    }
}

/// The well-known mistake that makes this of an operation.
fn op_mistake(op: &Op) -> Option<&'static str> {
    let word = op.as_str();
    let is_known =
        |text: &str| Op::ALL.iter().any(|known| known.as_str().eq_ignore_ascii_case(text));
    // Known here means known in another case: in the right one it would be no mistake.
    if is_known(word) {
        Some("operations are written in lower case")
    } else if word.contains('\0') {
        Some("this is UTF-16; text fields are UTF-8")
    } else if ["create", "delete", "move", "update"].contains(&word) {
        Some("this is no step of an upload, and comes as JSON and not as a form")
    } else {
        surroundings(word, is_known)
    }
}

/// That there is no op, and what there is instead: it may have another name.
fn no_op(annotated: &AnnotatedExchange) -> String {
    const SHOWN: usize = 6;
    let names = annotated.request.form().values().iter().map(|value| quote(value.name.as_bytes()));
    let names: Vec<_> = names.take(SHOWN).collect();
    if names.is_empty() {
        "no op".to_owned()
    } else {
        format!("no op; the fields are {}", names.join(", "))
    }
}

/// Holds if no field comes twice, counting repeats with equal or with different values.
fn repeats(annotated: &AnnotatedExchange, equal: bool) -> Option<Verdict> {
    annotated.op().or(annotated.form().and(annotated.request.op()))?;
    let mut seen = HashMap::new();
    let values = annotated.request.form().values();
    let repeated = values.iter().find_map(|value| {
        // Names are compared without case, as the service reads them.
        let first: &&Value = seen.entry(value.name.to_ascii_lowercase()).or_insert(value);
        let again = !std::ptr::eq(*first, value) && (first.content == value.content) == equal;
        again.then_some((*first, value))
    });
    Verdict::broken_by(repeated, |(first, again)| {
        let found = format!("{} and then {}", quote(&first.content), quote(&again.content));
        Evidence::at(again.name.clone())
            .expected("one value")
            .found(found)
            .span(Span::body(again.span.clone()))
    })
}
