//! Scenarios as files.

use std::num::NonZeroUsize;
use std::sync::Arc;

use slicecheck::results::{JudgedScenario, Results, Run, RunEnd, Terms};
use slicecheck::rules::catalogue;
use slicecheck::scenario::{Scenario, TomlError, scenarios};

use crate::formats::document;

fn error(text: &str) -> (usize, usize, String) {
    let TomlError { line, column, message } = Scenario::from_toml(text).unwrap_err();
    (line, column, message)
}

const SHORT: &str = "id = \"mine/one\"\nkey = \"/a.bin\"\n\n[file]\nsize = 3000\n";

#[test]
fn every_scenario_is_written_and_read_as_the_same() {
    for scenario in scenarios() {
        let text = scenario.to_toml();
        assert_eq!(Scenario::from_toml(&text).as_ref(), Ok(scenario.as_ref()), "{text}");
    }
}

#[test]
fn how_a_reply_comes_is_written_in_small_letters_like_all_else() {
    let texts: Vec<_> = scenarios().map(|scenario| scenario.to_toml()).collect();
    let mut written = Vec::new();
    for text in &texts {
        let mut is_next = false;
        for line in text.lines() {
            if is_next || line.starts_with("delivered = ") {
                written.push(line);
            }
            is_next = line.ends_with(".delivered]");
        }
    }
    for expected in ["delivered = \"closed_after\"", "truncated = 40", "head = \"lower_case\""] {
        assert!(written.contains(&expected), "{expected}: {written:?}");
    }
    assert!(!written.concat().contains(char::is_uppercase), "{written:?}");
}

#[test]
fn how_a_reply_comes_is_read_as_earlier_versions_wrote_it() {
    let read = |delivered: &str| {
        let fault = format!(
            "[[behaviour.faults]]\ntrigger = \"init\"\nreactions = [{{ delivered = {delivered} }}]"
        );
        Scenario::from_toml(&format!("{SHORT}\n{fault}\n"))
    };
    for (before, now) in [
        ("\"ClosedAfter\"", "\"closed_after\""),
        ("{ Truncated = 40 }", "{ truncated = 40 }"),
        ("{ Head = \"lower_case\" }", "{ head = \"lower_case\" }"),
    ] {
        assert!(read(now).is_ok());
        assert_eq!(read(before), read(now));
    }
    assert!(read("\"Closed_after\"").is_err());
}

/// The report on the reference client in these.
fn report(all: impl Iterator<Item = Arc<Scenario>>) -> String {
    let judged = all.map(|it| JudgedScenario::of(it.clone(), &it.simulate(7)));
    // Where rules are chosen, nobody looks which mutant the client resembles, which takes long.
    let rules = catalogue().map(|rule| rule.id).collect();
    let terms = Terms { rules: Some(rules), ..Terms::default() };
    let (run, end) = (Run::default(), RunEnd::Complete);
    document(&Results::resolve(run, terms, end, judged.collect(), NonZeroUsize::MIN), "json")
}

#[test]
fn the_case_of_every_scenario_gives_the_same_report() {
    let read = |scenario: &Scenario| Scenario::from_toml(&scenario.to_toml()).map(Arc::new);
    let catalogued = report(scenarios().cloned());
    assert!(catalogued.len() > 100_000, "{}", catalogued.len());
    assert!(catalogued == report(scenarios().map(|it| read(it).unwrap())));
}

#[test]
fn what_a_file_does_not_name_is_as_in_the_plain_setup() {
    let scenario = Scenario::from_toml(SHORT).unwrap();
    let plain = scenarios().find(|of| of.id == "happy/last-slice-short").unwrap();
    assert_eq!(scenario.setup.slice_size, plain.setup.slice_size);
    assert_eq!(scenario.setup.behaviour, plain.setup.behaviour);
    assert_eq!(scenario.setup.file.content, plain.setup.file.content);
    assert_eq!((scenario.topic(), scenario.control.as_deref()), ("mine", None));
}

#[test]
fn a_sequence_of_reactions_can_be_written_by_hand() {
    let text = format!(
        "{SHORT}\n[[behaviour.faults]]\ntrigger = {{ slice = {{ nth = 1 }} }}\nreactions = [\n  \
         {{ stored = \"nothing\", replied = {{ refusal = {{ status = 503, code = -5997 }} }} }},\n  \
         {{ delivered = \"reset\" }},\n]\n"
    );
    let scenario = Scenario::from_toml(&text).unwrap();
    let transcript = scenario.simulate(1);
    let what: Vec<_> = transcript.deviations.iter().map(|of| of.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "the last slice, the first time: HTTP status 503 and code -5997",
            "the last slice, at attempt 2: it is done, but the connection is reset before the reply",
        ]
    );
    assert!(transcript.is_exercised());
    assert_eq!(transcript.exchanges.len(), 5, "init, three attempts at the slice, finish");
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_place() {
    for (from, to, place, message) in [
        ("size", "sise", (5, 1), "unknown field `sise`, expected `size` or `content`"),
        ("3000", "-1", (5, 8), "invalid value: integer `-1`, expected usize"),
        ("3000", "99999999999", (5, 8), "expected a file of at most 67108864 bytes"),
        ("/a.bin", "a.bin", (2, 7), "a key begins with a slash"),
        ("/a.bin", "/a/", (2, 7), "a key ends with no slash, which is a folder's, and has no NUL"),
        ("/a.bin", "", (2, 7), "expected a key of 1 to 1024 bytes"),
        ("mine/one", "mine one", (1, 6), "an id has letters, digits, slashes, hyphens, dots"),
        ("key", "slice_size = 0\nkey", (2, 14), "expected a slice size of 1 to 33554432 bytes"),
    ] {
        assert!(SHORT.contains(from));
        let (line, column, told) = error(&SHORT.replacen(from, to, 1));
        assert_eq!(((line, column), told.as_str()), (place, message));
    }
    let grid = |text: &str| {
        let file = "[file]\nsize = 68719476736\ncontent = { sparse = [";
        error(&SHORT.replace("[file]\nsize = 3000", &format!("{file}{text}")))
    };
    let one =
        "1] }\n[behaviour]\nslice_size = { fixed = 1 }\npreexisting = { unfinished_but = [] }";
    assert_eq!(grid(one).2, "expected a file of at most 131072 slices");
    // All of this one may have to be sent.
    let whole = |slices: usize| SHORT.replace("size = 3000", &format!("size = {}", slices * 1000));
    let with_slices = |slices| format!("slice_size = 1000\n{}", whole(slices));
    assert_eq!(error(&with_slices(1025)).2, "expected a file of at most 1024 slices");
    assert!(Scenario::from_toml(&with_slices(1024)).is_ok());
    let many = "1, 2] }\n[behaviour]\nslice_size = { fixed = 68719476736 }";
    assert_eq!(grid(many).2, "expected at most 67108864 bytes in slices that are not zeros");
    let sparse = "size = 67108865\ncontent = { sparse = [] }";
    let changing = |source: &str| {
        format!("{}[machine]\nsource = {source}\n", SHORT.replace("size = 3000", sparse))
    };
    let message = "expected a file of at most 67108864 bytes, as it changes";
    assert_eq!(error(&changing("{ shrinks = 5 }")).2, message);
    assert!(Scenario::from_toml(&changing("\"symlink\"")).is_ok());
    let restarts = error(&format!("{SHORT}[machine]\nrestarts = true\n"));
    let message = "expected a fault: the client is killed at the first that it meets";
    assert_eq!(restarts, (7, 12, message.to_owned()));
    let set = error(&format!("{SHORT}[machine.environment]\nSLICECHECK_KEY = \"/b\"\n"));
    assert_eq!(set.2, "expected no variable whose name begins with SLICECHECK_");
    let behaviour = |text: &str| error(&format!("{SHORT}\n{text}\n")).2;
    let reaction = |text: &str| {
        let fault = "[[behaviour.faults]]\ntrigger = \"init\"\nreactions";
        behaviour(&format!("{fault} = [{text}]"))
    };
    assert_eq!(reaction(""), "expected 1 to 1024 reactions of each fault");
    assert_eq!(reaction("{ replied = { status = 99 } }"), "expected an HTTP status of 200 to 599");
    let early = "{ delivered = \"early\", replied = { refusal = { status = 503, code = -71 } } }";
    assert!(reaction(early).starts_with("expected a refusal or a foreign reply, and the trigger"));
    assert!(reaction("{ answered = 1 }").starts_with("unknown field `answered`"));
    assert!(behaviour("[behaviour]\nfinish = \"slack\"").starts_with("unknown variant `slack`"));
}

#[test]
fn what_is_wrong_within_a_fault_is_told_with_the_place_of_the_value() {
    let fault = "[[behaviour.faults]]\ntrigger = \"list\"\nreactions = [{}]\n";
    let other = "[[behaviour.faults]]\ntrigger = \"long_body\"\nreactions = [\n  { delivered = \"early\",\n    \
                 replied = { refusal = { status = 503, code = -71 } } },\n]\n";
    let text = format!("{SHORT}{fault}{other}");
    assert!(Scenario::from_toml(&text).is_ok(), "the control");
    let (line, column, message) = error(&text.replace("503", "99"));
    assert_eq!((line, column), (13, 38));
    assert_eq!(message, "expected an HTTP status of 200 to 599");
    let (line, column, _) = error(&text.replace("long_body", "finish"));
    assert_eq!((line, column), (12, 17));
}

/// The case with this fault: what it meets, what is stored, and what is said.
fn with_fault(finish: &str, trigger: &str, reaction: &str) -> String {
    format!(
        "{SHORT}\n[behaviour]\nfinish = \"{finish}\"\n[[behaviour.faults]]\ntrigger = {trigger}\n\
         reactions = [\n  {{ delivered = \"reset\" }},\n  {{ {reaction} }},\n]\n"
    )
}

#[test]
fn a_lie_that_no_client_can_notice_is_refused_with_its_place() {
    const NOTHING: &str = "stored = \"nothing\"";
    const SLICE: &str = "{ slice = \"any\" }";
    for (finish, trigger, replied) in [
        ("strict", "\"finish\"", ""),
        ("lax", "\"finish\"", ", replied = { message = \"done\" }"),
        ("lax", "\"finish\"", ", delivered = \"chunked\""),
        ("lax", SLICE, ""),
        ("lax", SLICE, ", replied = { code_with_data = 0 }"),
    ] {
        let text = with_fault(finish, trigger, &format!("{NOTHING}{replied}"));
        let (line, column, message) = error(&text);
        assert_eq!((line, column), (13, 14), "{text}");
        assert!(message.starts_with("expected a reply that is no success"), "{message}");
        assert!(message.contains("notice"), "{message}");
    }
    for (finish, trigger, reaction) in [
        ("strict", SLICE, NOTHING),
        ("lax", SLICE, "stored = \"altered\""),
        ("lax", SLICE, "stored = \"nothing\", replied = { echo = \"datamd5\" }"),
        ("lax", SLICE, "stored = \"nothing\", delivered = \"reset\""),
        (
            "lax",
            "\"finish\"",
            "stored = \"nothing\", replied = { refusal = { status = 503, code = -71 } }",
        ),
        ("lax", "\"init\"", NOTHING),
    ] {
        let text = with_fault(finish, trigger, reaction);
        let read = Scenario::from_toml(&text);
        assert!(read.is_ok(), "the control: {read:?} in {text}");
    }
}

#[test]
fn a_sha_is_asked_for_only_in_slices_of_whole_blocks() {
    let case =
        |slice_size: u64| format!("slice_size = {slice_size}\n{SHORT}[wishes]\nsha = true\n");
    let (line, column, message) = error(&case(1_000_001));
    assert_eq!((line, column), (1, 14));
    assert_eq!(message, "expected a slice size that is a multiple of 64, as a sha is asked for");
    assert!(Scenario::from_toml(&case(1_000_001).replace("true", "false")).is_ok());
    assert!(Scenario::from_toml(&case(64 * 1000)).is_ok());
}
