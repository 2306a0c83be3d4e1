use super::diagnosis::compression;
use super::{AnnotatedExchange, Check, Evidence, Rule, Span, Verdict, quote};
use crate::protocol::{
    FormDefectKind, Part, Request, SecondReading, boundary_parameter, boundary_parameters,
};
use crate::rules::counterexample::{Counterexample, Edit, INIT, SECOND_SLICE, replace_in_body};
use crate::spec;

mod disposition;
mod fields;
mod parts;

pub(super) use disposition::RULES as DISPOSITION_RULES;
pub(super) use fields::RULES as FIELDS;
pub(super) use parts::RULES as PARTS;

pub(super) const RULES: &[Rule] = &[
    BOUNDARY,
    BOUNDARY_LENGTH,
    BOUNDARY_UNIQUE,
    BOUNDARY_CHARACTERS,
    BOUNDARY_TOKEN,
    BOUNDARY_UNQUOTED,
    ONE_BOUNDARY,
    DELIMITERS,
    CLOSING_DELIMITER,
    LINE_ENDS,
    PREAMBLE,
    NO_TEXT_AROUND,
    SECOND_READER,
];

const BOUNDARY: Rule = Rule {
    id: "form/boundary",
    clause: &spec::BOUNDARY,
    summary: "Content-Type has a boundary parameter",
    why: "Without it nobody can tell the parts apart; the service answers -5993.",
    fix: "Let the form library set Content-Type with its boundary: a multipart/form-data that is \
          set by hand replaces it. A form written by hand needs the parameter boundary= there.",
    check: Check::Request(|annotated| {
        let (value, boundary) = boundary_of(annotated)?;
        let is_there = boundary.is_some_and(|(boundary, _)| !boundary.is_empty());
        Verdict::of(is_there, || {
            Evidence::at("Content-Type")
                .expected("a boundary parameter")
                .found(quote(value.as_bytes()))
                .span(content_type_span(&annotated.request))
        })
    }),
    counterexample: Counterexample::edited(INIT, Edit::Head("; boundary=", "; charset=")),
};

const BOUNDARY_LENGTH: Rule = Rule {
    id: "form/boundary-length",
    clause: &spec::BOUNDARY_LENGTH,
    summary: "the boundary has at most 70 characters",
    why: "Readers may reserve no more space for it, and then do not find the delimiters.",
    fix: "Shorten the boundary to at most 70 characters: a few dashes and 16 random bytes in \
          hexadecimal are enough.",
    check: Check::Request(|annotated| {
        let (boundary, _) = boundary_of(annotated)?.1?;
        let length = boundary.chars().count();
        // RFC 2046 §5.1.1.
        Verdict::of(length <= 70, || {
            let span = content_type_span(&annotated.request);
            Evidence::at("boundary")
                .expected("1 to 70 characters")
                .found(length.to_string())
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| change_boundary(request, &"b".repeat(71))),
    ),
};

const BOUNDARY_UNIQUE: Rule = Rule {
    id: "form/boundary-unique",
    clause: &spec::BOUNDARY_UNIQUE,
    summary: "no line of the file reads like a delimiter of the form",
    why: "The service takes that line of the file for the end of the part, and the rest is lost. A \
          long random boundary avoids that.",
    fix: "Draw a boundary of at least 16 random bytes for each request instead of using a constant \
          or a short one, and draw again if it occurs in the slice.",
    check: Check::Request(|annotated| {
        let boundary = annotated.request.form().as_multipart()?.boundary();
        Verdict::broken_by(annotated.collision, |at| {
            let found = format!("\"--{boundary}\" at byte {at} of the file");
            let expected = "a boundary that no line of the file has after two dashes";
            Evidence::at("boundary")
                .expected(expected)
                .found(found)
                .span(content_type_span(&annotated.request))
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| change_boundary(request, "boundary")),
    )
    .in_scenario("content/delimiters"),
};

const BOUNDARY_CHARACTERS: Rule = Rule {
    id: "form/boundary-characters",
    clause: &spec::BOUNDARY_CHARACTERS,
    summary: "the boundary has only characters that a boundary may have",
    why: "Other characters are cut off or refused by some readers.",
    fix: "Make the boundary of letters, digits and dashes alone, such as random bytes in \
          hexadecimal, and trim white space at its end.",
    check: Check::Request(|annotated| {
        let (boundary, _) =
            boundary_of(annotated)?.1.filter(|(boundary, _)| !boundary.is_empty())?;
        // The characters of RFC 2046 §5.1.1; a space is legal, but not at the end.
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
        let good = boundary.bytes().all(legal) && !boundary.ends_with(' ');
        Verdict::of(good, || {
            let expected = "letters, digits and '()+_,-./:=?";
            let span = content_type_span(&annotated.request);
            Evidence::at("boundary").expected(expected).found(quote(boundary.as_bytes())).span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| change_boundary(request, "b*@{}")),
    ),
};

const BOUNDARY_TOKEN: Rule = Rule {
    id: "form/boundary-token",
    clause: &spec::BOUNDARY_TOKEN,
    summary: "a boundary with characters that no token has is quoted",
    why: "A reader that goes by the grammar ends the boundary at such a character, and finds no part.",
    fix: "Write the random part of the boundary in hexadecimal instead of base64, without / = : ? \
          or brackets; where that cannot be changed, put double quotes around it in Content-Type.",
    check: Check::Request(|annotated| {
        let (value, boundary) = boundary_of(annotated)?;
        let (boundary, _) = boundary.filter(|(_, quoted)| !quoted)?;
        let special = boundary.chars().find(|character| "()<>@,;:\\\"/[]?= ".contains(*character));
        Verdict::broken_by(special, |special| {
            Evidence::at("boundary")
                .expected("quotes around it, or letters, digits, and '+_-. alone")
                .found(format!("{special:?} in {}, without quotes", quote(value.as_bytes())))
                .span(content_type_span(&annotated.request))
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| change_boundary(request, "a(b)c:d/e?f=1234")),
    ),
};

const BOUNDARY_UNQUOTED: Rule = Rule {
    id: "form/boundary-unquoted",
    clause: &spec::BOUNDARY_UNQUOTED,
    summary: "the boundary is not quoted",
    why: "A quoted boundary is legal, but one community client was refused because of it.",
    fix: "Choose a boundary of letters, digits and dashes and write it without quotes; where a \
          library quotes it by default, as MultipartFormDataContent of .NET does, set Content-Type \
          again.",
    check: Check::Request(|annotated| {
        let (value, boundary) = boundary_of(annotated)?;
        // Without a boundary, `form/boundary` is broken.
        let (_, quoted) = boundary?;
        Verdict::of(!quoted, || {
            let span = content_type_span(&annotated.request);
            Evidence::at("boundary").expected("no quotes").found(quote(value.as_bytes())).span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| {
            let boundary = request.form().as_multipart()?.boundary().to_owned();
            let quoted = format!("\"{boundary}\"");
            request.edit_head(|head| head.replacen(&boundary, &quoted, 1));
            Some(())
        }),
    ),
};

const ONE_BOUNDARY: Rule = Rule {
    id: "form/one-boundary",
    clause: &spec::ONE_BOUNDARY,
    summary: "Content-Type has one boundary",
    why: "The service may look for the other one, and finds no part.",
    fix: "Set the boundary in one place: either the form library appends it to \
          multipart/form-data, or the client writes the whole Content-Type, but not both.",
    check: Check::Request(|annotated| {
        let (value, boundary) = boundary_of(annotated)?;
        boundary?;
        Verdict::of(boundary_parameters(value).len() == 1, || {
            let span = content_type_span(&annotated.request);
            Evidence::at("Content-Type")
                .expected("one boundary")
                .found(quote(value.as_bytes()))
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| {
            let value = request.head().get("content-type")?.to_owned();
            request.edit_head(|head| head.replacen(&value, &format!("{value}; boundary=x"), 1));
            Some(())
        }),
    ),
};

const DELIMITERS: Rule = Rule {
    id: "form/delimiters",
    clause: &spec::DELIMITERS,
    summary: "every delimiter is the announced boundary",
    why: "A part after another delimiter is read as content of the previous part, and is lost.",
    fix: "Keep the boundary in one variable for Content-Type and every delimiter, and write CR LF \
          and two more dashes before it in the body, even where it begins with dashes itself.",
    check: Check::Request(|annotated| {
        let kinds = [FormDefectKind::NoDelimiter, FormDefectKind::ForeignDelimiter];
        let boundary = format!("\"--{}\"", annotated.form()?.boundary());
        without(annotated, &kinds, "delimiter", &boundary)
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Any(|request| {
            let boundary = request.form().as_multipart()?.boundary();
            let headers = "\r\nContent-Disposition: form-data; name=\"filesize\"";
            let (right, wrong) =
                (format!("--{boundary}{headers}"), format!("--x{boundary}{headers}"));
            replace_in_body(request, &right, &wrong)
        }),
    ),
};

const CLOSING_DELIMITER: Rule = Rule {
    id: "form/closing-delimiter",
    clause: &spec::CLOSING_DELIMITER,
    summary: "the body ends with the closing delimiter",
    why: "A reader cannot tell a complete form from a truncated one.",
    fix: "Write CR LF, two dashes, the boundary and two more dashes after the last part: close or \
          finish the form writer before its bytes are sent and counted in Content-Length.",
    check: Check::Request(|annotated| {
        let form = annotated.form()?;
        // Without any delimiter the boundary itself is wrong; `form/delimiters` says so.
        if form.defects_of(FormDefectKind::NoDelimiter).next().is_some() {
            return None;
        }
        let expected = format!("\"--{}--\"", form.boundary());
        without(annotated, &[FormDefectKind::NoClosingDelimiter], "end of the body", &expected)
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Form(|form| {
            form.set_epilogue(None);
            Some(())
        }),
    ),
};

const LINE_ENDS: Rule = Rule {
    id: "form/line-ends",
    clause: &spec::FORM_LINE_ENDS,
    summary: "lines of the form end in CR LF",
    why: "A strict reader does not find a delimiter after a lone LF, or adds a byte to the content.",
    fix: "Write CR LF before and after each delimiter and after each part header; build the form \
          as bytes, not with println functions, multi-line literals or a stream in text mode.",
    check: Check::Request(|annotated| {
        without(annotated, &[FormDefectKind::BareLineFeed], "line end", "\"\\r\\n\"")
    }),
    counterexample: Counterexample::edited(INIT, Edit::Body("\r\n", "\n")),
};

const PREAMBLE: Rule = Rule {
    id: "form/preamble",
    clause: &spec::PREAMBLE,
    summary: "the body begins with the first delimiter",
    why: "One SDK sends an empty line before it, and the service takes it.",
    fix: "Start the body with the two dashes of the first delimiter: write the CR LF before a \
          delimiter from the second one on.",
    check: Check::Request(|annotated| {
        without(annotated, &[FormDefectKind::LineEndPreamble], "start of the body", "the delimiter")
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Form(|form| {
            form.set_preamble("\r\n");
            Some(())
        }),
    ),
};

const NO_TEXT_AROUND: Rule = Rule {
    id: "form/no-text-around",
    clause: &spec::NO_TEXT_AROUND,
    summary: "there is no text before the first delimiter or after the last",
    why: "Readers ignore such text, or refuse the form.",
    fix: "Start the body with the first delimiter and end it with the closing one and at most one \
          CR LF; look for a note to mail readers, or a reused buffer that is longer than the form.",
    check: Check::Request(|annotated| {
        let kinds = [FormDefectKind::TextPreamble, FormDefectKind::Epilogue];
        without(annotated, &kinds, "around the parts", "nothing but one line end at the end")
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Form(|form| {
            form.set_epilogue(Some("\r\nThe end.\r\n".into()));
            Some(())
        }),
    ),
};

const SECOND_READER: Rule = Rule {
    id: "form/second-reader",
    clause: &spec::SECOND_READER,
    summary: "a second, independent reader finds the same fields",
    why: "Where two readers differ, nobody knows with which of them the service agrees.",
    fix: "Make the boundary long and random, so that no line of the content begins with it, and \
          write Content-Disposition as common form libraries do, with a plain name in double \
          quotes.",
    check: Check::Request(second_reader),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Form(|form| {
            let look_alike = format!("\r\n--{}x", form.boundary());
            form.set("filecontent", look_alike)
        }),
    ),
};

/// Content-Type and its boundary parameter, for a request that says it is multipart.
fn boundary_of(annotated: &AnnotatedExchange) -> Option<(&str, Option<(String, bool)>)> {
    let value =
        annotated.request.head().get("content-type").filter(|_| annotated.is_upload_call())?;
    // The first ten characters are the type; any subtype has parts.
    let multipart = value.trim_start().get(..10)?.eq_ignore_ascii_case("multipart/");
    multipart.then(|| (value, boundary_parameter(value)))
}

fn content_type_span(request: &Request) -> Option<Span> {
    let field = request.head().all("content-type").next()?;
    Some(Span::raw(field.value_span.clone()))
}

/// Holds if the form has no defect of these kinds.
fn without(
    annotated: &AnnotatedExchange,
    kinds: &[FormDefectKind],
    at: &str,
    expected: &str,
) -> Option<Verdict> {
    let form = annotated.form()?;
    let mut defects = form.defects().iter().filter(|defect| kinds.contains(&defect.kind));
    let first = defects.next();
    Verdict::broken_by(first, |first| {
        let span = Span::body(first.span.clone());
        let mut evidence =
            Evidence::at(at).expected(expected).found_bytes(&annotated.request, span);
        let more = defects.count();
        if more > 0 {
            evidence.found = format!("{}, and {more} more", evidence.found);
        }
        // Of such a body nothing else can be read.
        match compression(&annotated.request.body()) {
            Some(compressed) => evidence.found(format!("no form: {compressed}")),
            None => evidence,
        }
    })
}

fn second_reader(annotated: &AnnotatedExchange) -> Option<Verdict> {
    let form = annotated.form()?;
    // Other defects have rules of their own; no second opinion is needed.
    if !form.defects().iter().all(|defect| defect.kind.leaves_parts_clear()) {
        return None;
    }
    // Such a parameter is lawful, and only this reader cannot read it.
    if form.parts().iter().any(Part::has_unusual_parameter) {
        return None;
    }
    let ours: Vec<_> = form.parts().iter().map(Part::name).collect();
    let found = match annotated.request.second_reading()? {
        Ok(theirs) => difference(&ours, theirs).map(|found| match unread(form.parts(), theirs) {
            Some(disposition) => format!("{found}; it reads no name in {disposition}"),
            None => found,
        }),
        Err(error) => Some(error.to_owned()),
    };
    Verdict::broken_by(found, |found| Evidence::at("parts").expected(listed(&ours)).found(found))
}

/// What another reader finds that is not what ours does: the names of all parts, and those of parts
/// with another content.
fn difference(ours: &[Option<&str>], theirs: &[SecondReading]) -> Option<String> {
    let names: Vec<_> = theirs.iter().map(|part| part.name.as_deref()).collect();
    let others = theirs.iter().filter(|part| !part.same_content);
    let others: Vec<_> = others.map(|part| part.name.as_deref()).collect();
    // Parts with other content are told first: their names may well be the same.
    if !others.is_empty() {
        return Some(format!("{}; with another content: {}", listed(&names), listed(&others)));
    }
    (names != ours).then(|| listed(&names))
}

/// The disposition of a part with a name in which another reader finds none.
fn unread(ours: &[Part], theirs: &[SecondReading]) -> Option<String> {
    let mut pairs = ours.iter().zip(theirs);
    let (part, _) = pairs.find(|(our, their)| our.name().is_some() && their.name.is_none())?;
    Some(quote(part.header("content-disposition")?.as_bytes()))
}

/// Names, and how many parts have none: equal words one after the other would say nothing.
fn listed(names: &[Option<&str>]) -> String {
    let mut words: Vec<_> = names.iter().flatten().map(|name| (*name).to_owned()).collect();
    match names.iter().filter(|name| name.is_none()).count() {
        0 => {}
        1 => words.push("a part without a name".to_owned()),
        nameless => words.push(format!("{nameless} parts without a name")),
    }
    if words.is_empty() { "no part".to_owned() } else { words.join(", ") }
}

/// Replaces the boundary in head and body.
fn change_boundary(request: &mut Request, boundary: &str) -> Option<()> {
    let old = request.form().as_multipart()?.boundary().to_owned();
    replace_in_body(request, &old, boundary)?;
    request.edit_head(|head| head.replacen(&old, boundary, 1));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::{SecondReading, difference};

    #[test]
    fn names_and_contents_that_differ_are_told_apart() {
        let part =
            |name: &str, same_content| SecondReading { name: Some(name.to_owned()), same_content };
        let ours = [Some("op"), Some("offset")];
        let found = |theirs: &[SecondReading]| difference(&ours, theirs);
        assert_eq!(found(&[part("op", true), part("offset", true)]), None);
        assert_eq!(found(&[part("op", true)]).unwrap(), "op");
        assert_eq!(
            found(&[part("op", true), part("offset", false)]).unwrap(),
            "op, offset; with another content: offset"
        );
        let nameless = SecondReading { name: None, same_content: false };
        let none = || SecondReading { name: None, same_content: true };
        assert_eq!(found(&[none(), none()]).unwrap(), "2 parts without a name");
        assert_eq!(found(&[]).unwrap(), "no part");
        assert_eq!(
            found(&[part("op", true), nameless]).unwrap(),
            "op, a part without a name; with another content: a part without a name"
        );
    }
}
