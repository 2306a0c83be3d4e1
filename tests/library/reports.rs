//! Each report on record, on a run that has something of everything: so a change of any word or number in it shows.

use std::num::NonZeroUsize;
use std::time::Duration;

use serde_json::Value;
use slicecheck::client::{ClientPolicy, First, InitPolicy};
use slicecheck::mutant::mutants;
use slicecheck::report::{View, brief, terminal};
use slicecheck::results::known::Known;
use slicecheck::results::{
    Failure, JudgedScenario, Played, Requirement, Results, Run, RunEnd, Terms,
};
use slicecheck::scenario::{Blame, Simulation};

use crate::formats::viewed;
use crate::snapshot::assert_snapshot;
use crate::terminal::named;

mod pages;
mod several;
mod witnesses;

/// What is known of the findings, in each state that there is.
const KNOWN: &str = "
[[known]]
rule = \"flow/retries\"
scenario = \"faults/slice-503-once\"
reason = \"ticket 1\"

[[known]]
rule = \"data/bytes\"
scenario = \"happy/*\"
reason = \"ticket 2\"
expires = 2026-01-01

[[known]]
rule = \"data/offset-aligned\"
scenario = \"echo/*\"
reason = \"ticket 3\"

[[known]]
rule = \"auth/fields\"
scenario = \"patience/*\"
reason = \"ticket 4\"
";

/// The reference client with the defect of this mutant; without one, as it is.
fn policy(mutant: Option<&str>) -> ClientPolicy {
    let found = mutant.map(|id| mutants().find(|mutant| mutant.id == id).expect("a mutant").policy);
    found.unwrap_or(ClientPolicy::REFERENCE)
}

fn judged(id: &str, mutant: Option<&str>, printed: &str) -> JudgedScenario {
    judged_as(id, &policy(mutant), printed)
}

fn judged_as(id: &str, policy: &ClientPolicy, printed: &str) -> JudgedScenario {
    played(id, policy, printed).judge()
}

fn played(id: &str, policy: &ClientPolicy, printed: &str) -> Played {
    let scenario = named(id).clone();
    let transcript = Simulation::new(&scenario, 1).play(policy);
    let elapsed = Duration::from_millis(1234);
    let (stdout, stderr) = (printed.as_bytes().to_vec(), Vec::new());
    Played { scenario, transcript, elapsed, stdout, stderr }
}

/// The results of a run of the built-in client.
fn resolved(terms: Terms, end: RunEnd, all: Vec<JudgedScenario>) -> Results {
    Results::resolve(Run { seed: 1, ..Run::default() }, terms, end, all, NonZeroUsize::MIN)
}

/// A run that breaks rules of each level, in which some count and some do not.
fn run() -> Results {
    let slicing = Some("cutting/asked-slice-size");
    let mut all = vec![
        judged("happy/last-slice-short", None, ""),
        judged("happy/one-slice", None, "first\nlast\n"),
        judged("server-choice/smaller-slice-size", slicing, "uploading\n"),
        judged("server-choice/larger-slice-size", slicing, ""),
        judged("echo/datamd5", Some("reading/no-echo"), ""),
        judged("faults/slice-503-once", Some("trying/once"), ""),
        judged("faults/finish-503-once", Some("trying/once"), ""),
    ];
    for id in ["resume/init-in-progress", "resume/hole-in-the-middle", "list/no-data-always"] {
        let scenario = named(id).clone();
        let transcript = scenario.unplayed(1, "no list was requested");
        all.push(JudgedScenario::of(scenario, &transcript));
    }
    let run = Run {
        command: ["python3", "ci/driver.py"].map(str::to_owned).to_vec(),
        name: Some("a client".to_owned()),
        version: Some("1.2".to_owned()),
        anchor: Some("ci/driver.py".to_owned()),
        seed: 1,
        selected: Some(12),
        unplayed: ["faults/slice-reset", "faults/finish-reset-always"].map(str::to_owned).to_vec(),
        ..Run::default()
    };
    let terms = Terms {
        known: Known::read(KNOWN, "2026-06-01", None).unwrap(),
        required: vec![
            Requirement { topic: "resume".to_owned(), percent: 50 },
            Requirement { topic: "happy".to_owned(), percent: 100 },
            Requirement { topic: "faults".to_owned(), percent: 90 },
        ],
        ..Terms::default()
    };
    Results::resolve(run, terms, RunEnd::Stopped, all, NonZeroUsize::MIN)
}

/// A run in which parts of the file are sent twice, overlap and are missing, or the whole file comes at once; the first
/// bytes of a request are wrong, too.
fn overlapping() -> Results {
    let init = InitPolicy { first: First::Upload(1 << 20), ..ClientPolicy::REFERENCE.init };
    let at_once = ClientPolicy { init, ..ClientPolicy::REFERENCE };
    let all = [
        judged_as("happy/one-slice", &at_once, ""),
        judged("happy/one-byte", Some("request/put"), ""),
        judged("happy/last-slice-short", Some("cutting/overlapping"), ""),
        judged("happy/exact-multiple", Some("cutting/twice"), ""),
        judged("echo/datamd5", Some("cutting/first-slice-forgotten"), ""),
        judged("content/every-byte", Some("cutting/last-slice-forgotten"), ""),
    ];
    resolved(Terms::default(), RunEnd::Complete, all.into())
}

/// A run in which all is well.
fn good() -> Results {
    let all = ["happy/last-slice-short", "faults/slice-503-once"].map(|id| judged(id, None, ""));
    resolved(Terms::default(), RunEnd::Complete, all.into())
}

/// A run in which too little was exercised.
fn too_little() -> Results {
    let all = vec![judged("happy/last-slice-short", None, "")];
    let required = vec![Requirement { topic: "resume".to_owned(), percent: 50 }];
    resolved(Terms { required, ..Terms::default() }, RunEnd::Complete, all)
}

/// A run that was given up, of a client that breaks the same rule in its controls, too, and of which not all could be
/// judged.
fn given_up() -> Results {
    let ids = [
        "happy/last-slice-short",
        "faults/slice-503-once",
        "faults/slice-html-always",
        "faults/finish-html",
        "status/slice-backend-error",
        "echo/datamd5",
    ];
    let mut all: Vec<_> =
        ids.into_iter().map(|id| judged(id, Some("form/not-closed"), "")).collect();
    let failures = [
        ("key/nested", Blame::Client, "cannot start ./client: No such file or directory"),
        ("key/at-the-root", Blame::Client, "cannot start ./client: No such file or directory"),
        ("happy/one-byte", Blame::Machine, "no port is free"),
        ("happy/one-slice", Blame::Harness, "a lock is poisoned"),
        ("happy/exact-multiple", Blame::Machine, "the disk is full"),
        ("echo/offset", Blame::Machine, "too many processes"),
        ("reply/pretty", Blame::Machine, "too many open files"),
    ];
    all.extend(failures.map(|(id, blame, message)| failing(id, blame, message)));
    let end = RunEnd::GivenUp { blame: Blame::Machine, detail: "too many open files".to_owned() };
    resolved(Terms::default(), end, all)
}

/// A scenario that could not be played.
fn failing(id: &str, blame: Blame, message: &str) -> JudgedScenario {
    let failure = Failure { blame, message: message.to_owned() };
    let (scenario, elapsed) = (named(id).clone(), Duration::ZERO);
    let (stdout, stderr) = (Vec::new(), Vec::new());
    JudgedScenario { scenario, judged: Err(failure), elapsed, stdout, stderr }
}

/// A run whose client was not there.
fn failed() -> Results {
    let message = "cannot start ./client: No such file or directory";
    let all = vec![failing("happy/one-slice", Blame::Client, message)];
    resolved(Terms::default(), RunEnd::Complete, all)
}

fn for_people(results: &Results, view: View) -> String {
    let mut text = Vec::new();
    terminal::write(results, view, &mut text).unwrap();
    brief::write(results, view, &mut text).unwrap();
    // Where a style begins is to be seen.
    String::from_utf8(text).unwrap().replace('\u{1b}', "␛")
}

#[test]
fn the_report_for_people_is_on_record() {
    assert_snapshot("reports", "text", &for_people(&run(), View::default()));
    let all = View { verbose: true, width: Some(100), ..View::default() };
    assert_snapshot("reports", "text-verbose", &for_people(&run(), all));
    // In the narrowest terminal that has 16 bytes in a line, and in the widest that has 8.
    let narrow =
        [84, 83].map(|width| View { verbose: true, width: Some(width), ..View::default() });
    let narrow = narrow.map(|view| for_people(&run(), view)).join("----\n");
    assert_snapshot("reports", "text-narrow", &narrow);
    assert_snapshot("reports", "text-good", &for_people(&good(), View::default()));
    assert_snapshot("reports", "text-given-up", &for_people(&given_up(), View::default()));
    assert_snapshot("reports", "text-too-little", &for_people(&too_little(), View::default()));
    assert_snapshot("reports", "text-failed", &for_people(&failed(), View::default()));
}

#[test]
fn each_report_for_machines_is_on_record() {
    for format in ["junit", "github", "markdown", "badge"] {
        assert_snapshot("reports", format, &viewed(&run(), format, View::default()));
    }
    // Of all rules the first stands for the others, which say the same of themselves in `explain`.
    let mut sarif = parsed("sarif", View::default());
    sarif["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap().truncate(1);
    assert_snapshot("reports", "sarif", &format!("{sarif:#}"));
    for format in ["junit", "github", "markdown"] {
        let text = viewed(&given_up(), format, View::default());
        assert_snapshot("reports", &format!("{format}-given-up"), &text);
    }
    let sarif = viewed(&given_up(), "sarif", View::default());
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let invocations = &sarif["runs"][0]["invocations"];
    assert_snapshot("reports", "sarif-given-up", &format!("{invocations:#}"));
    assert_snapshot("reports", "markdown-good", &viewed(&good(), "markdown", View::default()));
    assert_snapshot("reports", "badge-good", &viewed(&good(), "badge", View::default()));
}

/// What follows the style of a page, one element on a line: a change shows where it is.
fn body_of_page(page: &str) -> String {
    let (_, body) = page.split_once("</style>").unwrap();
    body.replace("><", ">\n<")
}

/// Of the page what follows its style, of the JSON report all but the rules that are not broken.
#[test]
fn the_page_and_the_json_report_are_on_record() {
    let page = viewed(&run(), "html", View::default());
    assert_snapshot("reports", "html", &body_of_page(&page));
    let page = viewed(&overlapping(), "html", View::default());
    assert_snapshot("reports", "html-sent-twice", &body_of_page(&page));
    let page = viewed(&given_up(), "html", View::default());
    let (_, errors) = page.split_once(r#"<ul class="errors">"#).unwrap();
    let (errors, _) = errors.split_once("</ul>").unwrap();
    assert_snapshot("reports", "html-errors", &errors.replace("><", ">\n<"));
    let mut json = parsed("json", View { verbose: true, ..View::default() });
    json["rules"].as_array_mut().unwrap().retain(|rule| rule["verdict"] == "broken");
    assert_snapshot("reports", "json", &format!("{json:#}"));
}

fn parsed(format: &str, view: View) -> Value {
    serde_json::from_str(&viewed(&run(), format, view)).unwrap()
}
