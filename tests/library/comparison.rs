//! Reports side by side.

use serde_json::{Value, json};
use slicecheck::report::matrix::{self, Change, Difference, Kind, Report};
use slicecheck::report::screen::Screen;

#[test]
fn a_table_in_markdown_has_a_client_in_each_row() {
    let reports = [
        read("good", &report(&[("data/length", "holds")], &[("happy/one-slice", "pass")])),
        read("bad", &report(&[("data/length", "broken")], &[("happy/one-slice", "fail")])),
    ];
    let expected = "\
| client | `must` broken | `should` broken | notes | pass | broken | not exercised |
|---|---|---|---|---|---|---|
| good | – | – | 0 | 1 | 0 | 0 |
| bad | 1: data/length | – | 0 | 0 | 1 | 0 |
";
    assert_eq!(written(&reports, matrix::markdown), expected);
}

#[test]
fn the_text_shows_which_client_breaks_which_rule() {
    let reports = [
        read("good", &report(&[("data/length", "holds")], &[])),
        read("old", &report(&[], &[])),
        read("bad", &report(&[("data/length", "broken")], &[])),
        read("shy", &report(&[("data/length", "not-exercised")], &[])),
    ];
    let mut shown = Vec::new();
    matrix::text(&reports, &mut Screen::new(&mut shown)).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains("\n✓ ✗·  must    data/length\n"), "{shown}");
    // A line end within a line would be shown as an escape.
    assert!(!shown.contains('\\'), "{shown}");
}

#[test]
fn a_change_is_told_by_name_the_worst_first() {
    let before = read(
        "before",
        &report(
            &[
                ("a/broken", "holds"),
                ("a/fixed", "broken"),
                ("a/gone", "holds"),
                ("a/same", "broken"),
            ],
            &[("b/new", "not-exercised"), ("b/unsupported", "fail")],
        ),
    );
    let after = read(
        "after",
        &report(
            &[("a/broken", "broken"), ("a/fixed", "holds"), ("a/same", "broken")],
            &[("b/new", "pass"), ("b/unsupported", "unsupported")],
        ),
    );
    let found = Difference::between(&before, &after);
    let found: Vec<_> = found.iter().map(|it| (it.change, it.kind, it.id)).collect();
    let expected = [
        (Change::NewlyBroken, Kind::Rule, "a/broken"),
        (Change::NewlyNotExercised, Kind::Rule, "a/gone"),
        (Change::NewlyNotExercised, Kind::Scenario, "b/unsupported"),
        (Change::NewlyFixed, Kind::Rule, "a/fixed"),
        (Change::NewlyExercised, Kind::Scenario, "b/new"),
    ];
    assert_eq!(found, expected);
    let worse: Vec<_> = Change::ALL.into_iter().filter(|change| change.is_worse()).collect();
    assert_eq!(worse, [Change::NewlyBroken, Change::NewlyNotExercised]);
}

#[test]
fn each_broken_cell_leads_to_its_evidence() {
    let mut broken = report(&[("data/length", "broken")], &[("happy/one-slice", "fail")]);
    broken["scenarios"][0]["findings"] = json!([finding("data/length")]);
    let page = written(&[read("one", &broken), read("two", &broken)], matrix::html);
    for place in ["0/data/length", "1/data/length", "0/happy/one-slice", "1/happy/one-slice"] {
        assert_eq!(page.matches(&format!("href=\"#{place}\"")).count(), 1, "{place}");
        assert_eq!(page.matches(&format!("id=\"{place}\"")).count(), 1, "{place}");
    }
    assert!(page.contains("524288 bytes"), "{page}");
}

/// The identifier to which the cell of a row in a column leads, and what is said there.
fn evidence_of(page: &str, row: &str, column: usize) -> (String, String) {
    let (_, cells) = page.split_once(&format!("<code>{row}</code>")).expect("a row");
    let (cells, _) = cells.split_once("</tr>").unwrap();
    let cell = cells.split("<td").nth(column + 1).expect("a cell");
    let (_, link) = cell.split_once("<a href=\"#").unwrap_or_else(|| panic!("no link: {cell}"));
    let (place, label) = link.split_once("\" aria-label=\"").unwrap();
    let (label, _) = label.split_once('"').unwrap();
    let place = format!(" id=\"{place}\"");
    assert_eq!(page.matches(&place).count(), 1, "{place}");
    let (_, said) = page.split_once(&place).unwrap();
    let end = ["</li>", "</details>", "</p>"].iter().filter_map(|end| said.find(end)).min();
    (label.to_owned(), said[..end.unwrap()].to_owned())
}

#[test]
fn each_cell_leads_to_what_shows_how_it_stands() {
    let rules = [("data/length", "holds"), ("flow/resumes", "not-exercised")];
    let scenarios = [("a/pass", "pass"), ("a/idle", "not-exercised"), ("a/not", "unsupported")];
    let mut one = report(&rules, &scenarios);
    one["rules"][0]["held"] = 12.into();
    one["scenarios"][0]["exchanges"] = 5.into();
    one["scenarios"][1]["reasons"] = json!(["no slice was sent again"]);
    one["scenarios"][2]["detail"] = "no list here".into();
    let page = written(&[read("one", &one), read("two", &report(&[], &[]))], matrix::html);
    for (row, label, said) in [
        ("data/length", "pass", "held in 12 places"),
        ("flow/resumes", "not exercised", "the 3 scenarios of the report"),
        ("a/pass", "pass", "5 exchanges"),
        ("a/idle", "not exercised", "no slice was sent again"),
        ("a/not", "unsupported", "no list here"),
    ] {
        let found = evidence_of(&page, row, 0);
        assert_eq!(found.0, label, "{row}");
        assert!(found.1.contains(said), "{row}: {}", found.1);
        let (label, why) = evidence_of(&page, row, 1);
        assert_eq!(label, "absent", "{row}");
        assert!(why.contains("this report has 0 rules and 0 scenarios"), "{row}: {why}");
    }
}

#[test]
fn nothing_foreign_becomes_markup() {
    const HOSTILE: &str =
        "</style><script>alert(1)</script>\" onload=x |\n# [a](javascript:b)\u{202e}\0";
    let mut hostile = report(&[(HOSTILE, "broken")], &[(HOSTILE, "fail")]);
    hostile["client"]["name"] = HOSTILE.into();
    hostile["scenarios"][0]["findings"] = json!([
        {"rule": HOSTILE, "at": HOSTILE, "expected": HOSTILE, "found": HOSTILE, "counts": true}
    ]);
    let reports = [read("file", &hostile)];
    let page = written(&reports, matrix::html);
    assert!(!page.contains("<script"), "{page}");
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(!page.contains("\" onload"), "{page}");
    let table = written(&reports, matrix::markdown);
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(!table.contains("<script") && !table.contains("[a]"), "{table}");
}

#[test]
fn what_is_no_report_is_refused_with_its_place() {
    let error = |text: &str| Report::read(text, "file").unwrap_err().to_string();
    assert!(error("{}").contains("missing field `version` at line 1"), "{}", error("{}"));
    assert_eq!(error(r#"{"version":2}"#), "a JSON report of version 2; 1 can be read");
    assert!(error("[").contains("no JSON report"), "{}", error("["));
}

#[test]
fn a_column_has_the_name_of_its_client_or_else_of_its_file() {
    let mut report = report(&[], &[]);
    assert_eq!(read("file", &report).name, "file");
    report["client"]["name"] = " ".into();
    assert_eq!(read("file", &report).name, "file");
    report["client"]["name"] = "cos-lib3 0.2.0".into();
    assert_eq!(read("file", &report).name, "cos-lib3 0.2.0");
}

type Write = fn(&[Report], &mut dyn std::io::Write) -> std::io::Result<()>;

fn written(reports: &[Report], write: Write) -> String {
    let mut page = Vec::new();
    write(reports, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

fn read(name: &str, report: &Value) -> Report {
    Report::read(&report.to_string(), name).unwrap()
}

/// A report with these rules and scenarios, and their verdicts.
fn report(rules: &[(&str, &str)], scenarios: &[(&str, &str)]) -> Value {
    let rules =
        rules.iter().map(|(id, verdict)| json!({"id": id, "level": "must", "verdict": verdict}));
    let scenarios =
        scenarios.iter().map(|(id, verdict)| json!({"id": id, "verdict": verdict, "findings": []}));
    json!({
        "version": 1,
        "client": {"command": ["client"]},
        "summary": {"verdict": "violates"},
        "rules": rules.collect::<Vec<_>>(),
        "scenarios": scenarios.collect::<Vec<_>>(),
    })
}

fn finding(rule: &str) -> Value {
    json!({
        "rule": rule, "exchange": 1, "at": "filecontent", "expected": "524288 bytes",
        "found": "1048576 bytes", "counts": true, "a field of a later version": 1
    })
}
