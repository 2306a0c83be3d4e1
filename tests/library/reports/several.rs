//! Reports of several runs: side by side, compared, and put together.

use std::num::NonZeroUsize;

use slicecheck::report::View;
use slicecheck::report::matrix::{self, Difference, Report};
use slicecheck::report::merged::{Merged, PartReport};
use slicecheck::report::screen::Screen;
use slicecheck::results::{Requirement, Results, Run, RunEnd, Shard, Terms};

use super::{body_of_page, failed, good, judged, run};
use crate::formats::viewed;
use crate::snapshot::assert_snapshot;

fn in_json(results: &Results) -> String {
    viewed(results, "json", View { verbose: true, ..View::default() })
}

fn read(results: &Results, name: &str) -> Report {
    Report::read(&in_json(results), name).unwrap().called(name)
}

fn for_people(write: impl FnOnce(&mut Screen) -> std::io::Result<()>) -> String {
    let mut text = Vec::new();
    write(&mut Screen::new(&mut text)).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn clients_side_by_side_are_on_record() {
    let reports = [read(&run(), "broken"), read(&good(), "good"), read(&failed(), "absent")];
    let text = for_people(|screen| matrix::text(&reports, screen));
    assert_snapshot("reports", "matrix-text", &text);
    let mut table = Vec::new();
    matrix::markdown(&reports, &mut table).unwrap();
    assert_snapshot("reports", "matrix-markdown", &String::from_utf8(table).unwrap());
    let mut page = Vec::new();
    matrix::html(&reports, &mut page).unwrap();
    let page = body_of_page(&String::from_utf8(page).unwrap());
    // Of the tables those in which somebody breaks something.
    let sections = page.split("\n<details");
    let sections: Vec<_> =
        sections.filter(|section| !section.contains(", 0 broken by somebody")).collect();
    assert_snapshot("reports", "matrix-html", &sections.join("\n<details"));
}

#[test]
fn what_differs_between_two_runs_is_on_record() {
    let (before, after) = (read(&good(), "before"), read(&run(), "after"));
    let mut text = String::new();
    for (one, other) in [(&before, &after), (&after, &before), (&before, &before)] {
        let differences = Difference::between(one, other);
        text += &for_people(|screen| matrix::differences(&differences, screen));
        text += "----\n";
    }
    assert_snapshot("reports", "differences", &text);
}

/// One of two parts of a run: what it played, and with which defect.
fn part(number: &str, ids: &[(&str, Option<&str>)]) -> PartReport {
    let all = ids.iter().map(|(id, mutant)| judged(id, *mutant, "")).collect();
    let shard = Shard { part: number.parse().unwrap(), borrowed: Vec::new() };
    let run = Run { seed: 1, shard: Some(shard), ..Run::default() };
    let results = Results::resolve(run, Terms::default(), RunEnd::Complete, all, NonZeroUsize::MIN);
    PartReport::read(&in_json(&results)).unwrap()
}

#[test]
fn the_parts_of_a_run_put_together_are_on_record() {
    let slicing = Some("cutting/asked-slice-size");
    let first =
        part("1/2", &[("happy/one-slice", None), ("server-choice/smaller-slice-size", slicing)]);
    let once = Some("trying/once");
    let second = part("2/2", &[("happy/last-slice-short", None), ("faults/slice-503-once", once)]);
    let required = [Requirement { topic: "resume".to_owned(), percent: 50 }];
    let merged = Merged::of(vec![second, first], &required).unwrap();
    let mut text = Vec::new();
    merged.write(&mut text).unwrap();
    let mut document: serde_json::Value = serde_json::from_slice(&text).unwrap();
    document["rules"].as_array_mut().unwrap().retain(|rule| rule["verdict"] == "broken");
    let complaints = merged.complaints().join("\n");
    let verdict = merged.verdict();
    let ids = merged.ids().join(" ");
    let text = format!("{verdict:?}\n{ids}\n{complaints}\n{document:#}");
    assert_snapshot("reports", "merged", &text);
}
