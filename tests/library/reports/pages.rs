//! The page of `explain` of one entry of each kind, with its links.

use std::fmt::Write;

use slicecheck::report::explain::{ids_like, page};

use crate::snapshot::assert_snapshot;

/// A rule, scenarios of which one has a control, a clause with an erratum and one without rules, an erratum,
/// error codes of each age, a mutant of the catalogue and one of a public report, topics.
const SHOWN: [&str; 13] = [
    "flow/retries",
    "happy/last-slice-short",
    "resume/init-in-progress",
    "boundary",
    "service-lists",
    "E28",
    "-71",
    "-4019",
    "-5961",
    "reading/no-echo",
    "public/axios-no-boundary",
    "sha",
    "form",
];

#[test]
fn the_page_of_each_kind_of_entry_is_on_record() {
    let mut text = String::new();
    for id in SHOWN {
        let page = page(id).unwrap_or_else(|| panic!("{id}: {:?}", ids_like(id)));
        let _ = writeln!(text, "==== {id}\n{}", without_long_lists(&page));
    }
    assert_snapshot("reports", "pages", &text);
}

/// The first two lines of each list: what comes to the catalogue later changes no record.
fn without_long_lists(page: &str) -> String {
    let mut text = String::new();
    let mut listed = 0;
    for line in page.lines() {
        let entry = line.trim_start().split("  ").next().unwrap_or_default();
        let is_listed = line.starts_with("  ") && entry.contains('/') && !entry.contains(' ');
        listed = if is_listed { listed + 1 } else { 0 };
        if listed <= 2 {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}
