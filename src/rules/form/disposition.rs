//! The grammar of the headers of a part.

use super::without;
use crate::protocol::FormDefectKind;
use crate::rules::counterexample::{Counterexample, Edit, SECOND_SLICE};
use crate::rules::{Check, Rule};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] = &[PARAMETERS_ONCE, LINE_ENDS, QUOTES, UNFOLDED];

const DISPOSITION: &str = "Content-Disposition";
/// The header of a slice's content, to be replaced.
const FILECONTENT: &str = "; name=\"filecontent\"";

const PARAMETERS_ONCE: Rule = Rule {
    id: "form/parameters-once",
    clause: &spec::PARAMETERS_ONCE,
    summary: "no parameter of Content-Disposition comes twice",
    why: "A part with two names is one field to one reader and another to the next; a filename that was \
          put in without escaping can name any field so.",
    fix: "Write name once and filename at most once in Content-Disposition, and escape a double \
          quote of the filename as %22, as it would end the filename and let the rest add a \
          parameter.",
    check: Check::Request(|annotated| {
        let kinds = [FormDefectKind::RepeatedParameter];
        without(annotated, &kinds, DISPOSITION, "each parameter once")
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Body(FILECONTENT, "; name=\"filecontent\"; filename=\"x\"; name=\"op\""),
    ),
};

const LINE_ENDS: Rule = Rule {
    id: "form/parameter-line-ends",
    clause: &spec::PARAMETER_LINE_ENDS,
    summary: "no line ends within a parameter of Content-Disposition",
    why: "What follows is read as another header or as the content; clients write %0D%0A instead.",
    fix: "Replace CR and LF in a filename by %0D and %0A before it is put in Content-Disposition, \
          or send a fixed filename instead of the local one.",
    check: Check::Request(|annotated| {
        let kinds = [FormDefectKind::LineEndInQuotes];
        without(annotated, &kinds, DISPOSITION, "%0D and %0A for the line end in a filename")
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Body(FILECONTENT, "; name=\"filecontent\"; filename=\"a\r\nb.bin\""),
    ),
};

const QUOTES: Rule = Rule {
    id: "form/parameter-quotes",
    clause: &spec::PARAMETER_QUOTES,
    summary: "a quote within a parameter of Content-Disposition is escaped",
    why: "A reader ends the value at that quote: the name is another one, or the rest is refused.",
    fix: "Write a double quote within a name or filename as %22 or with a backslash before it, and \
          close each value with a quote; formatting the raw filename between two quotes does not \
          escape it.",
    check: Check::Request(|annotated| {
        let kinds = [FormDefectKind::StrayQuote];
        without(
            annotated,
            &kinds,
            DISPOSITION,
            "\\\" or %22 for the quote in a value, and one at its end",
        )
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Body(FILECONTENT, "; name=\"filecontent\"; filename=\"a\"b.bin\""),
    ),
};

const UNFOLDED: Rule = Rule {
    id: "form/part-headers-unfolded",
    clause: &spec::PART_HEADERS_UNFOLDED,
    summary: "no header of a part goes on in a second line",
    why: "Mail allows it; many readers of forms take the second line for the content.",
    fix: "Write each part header on one line, without a line break between its parameters; \
          libraries for mail wrap a long Content-Disposition unless told not to.",
    check: Check::Request(|annotated| {
        let kinds = [FormDefectKind::FoldedHeader];
        without(annotated, &kinds, "headers of a part", "each header in one line")
    }),
    counterexample: Counterexample::edited(
        SECOND_SLICE,
        Edit::Body(FILECONTENT, ";\r\n name=\"filecontent\""),
    ),
};
