//! What the page shows of exchanges is in the JSON report of the same run, too.

use serde_json::{Value, json};
use slicecheck::protocol::{Exchange, Op};
use slicecheck::report::View;
use slicecheck::results::{JudgedScenario, Results};
use slicecheck::scenario::scenarios;

use crate::formats::{document, viewed};
use crate::html::{resolved, section_of, stubborn};

/// The texts between two others, as often as these occur.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let rest = text.split(start).skip(1);
    rest.map(|rest| rest.split_once(end).expect("an end").0).collect()
}

fn unescaped(markup: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    pairs.iter().fold(markup.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn documents(results: &Results) -> (String, Value) {
    (document(results, "html"), serde_json::from_str(&in_detail(results)).unwrap())
}

fn in_detail(results: &Results) -> String {
    viewed(results, "json", View { verbose: true, ..View::default() })
}

#[test]
fn json_has_what_differs_from_run_to_run_only_on_request() {
    let results = stubborn();
    let of = |json: &str| -> Value { serde_json::from_str(json).unwrap() };
    let (plain, in_detail) = (of(&document(&results, "json")), of(&in_detail(&results)));
    for field in ["wire", "wire_left_out", "waited_ms"] {
        let has = |report: &Value| {
            let all = report["scenarios"].as_array().unwrap();
            all.iter().filter(|scenario| !scenario[field].is_null()).count()
        };
        assert_eq!(has(&plain), 0, "{field}");
        assert!(has(&in_detail) > 0, "{field}");
    }
}

/// The first bytes of something, as the page shows them in lines.
fn lines(piece: &Value) -> String {
    let text = piece["text"].as_str().unwrap();
    let cut = match piece["length"].as_u64().unwrap() {
        length if length > text.len() as u64 => format!("… {} of {length} bytes", text.len()),
        _ => String::new(),
    };
    text.replace("\r\n", "\n") + &cut
}

/// The content of a field, as the page shows it.
fn content(piece: &Value) -> String {
    if let Some(text) = piece["text"].as_str() {
        return text.to_owned();
    }
    let digits = piece["hex"].as_str().unwrap().as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let bytes: Vec<_> = digits.map(byte).collect();
    let escaped = bytes.escape_ascii().to_string();
    escaped.replace("\\'", "'").replace("\\\"", "\"") + "…"
}

fn millis(time: &Value) -> String {
    let micros = time.as_u64().unwrap();
    format!("+{}.{} ms", micros / 1000, micros % 1000 / 100)
}

/// Compares the exchanges of a section with those of the report, and says how many there are.
fn compared(section: &str, scenario: &Value) -> usize {
    let id = scenario["id"].as_str().unwrap();
    let exchanges = between(section, "<details class=\"wire\" id=\"s/", "</details>");
    for shown in &exchanges {
        let (number, shown) = shown[id.len() + 1..].split_once('"').unwrap();
        let number = number.parse::<u64>().unwrap() - 1;
        let mut all = scenario["wire"].as_array().unwrap().iter();
        let exchange = all.find(|of| of["exchange"] == number).expect("the exchange");
        let (request, reply) = (&exchange["request"], &exchange["reply"]);
        let expected = [&request["head"], &reply["head"], &reply["body"]].map(lines);
        let pieces: Vec<_> = between(shown, "<pre>", "</pre>").into_iter().map(unescaped).collect();
        assert_eq!(pieces, expected, "{id} {number}");
        let started = millis(&exchange["started_us"]);
        let expected = [
            format!("Request, connection {}, {started}", exchange["connection"]),
            format!("Reply, {}", millis(&exchange["answered_us"])),
        ];
        assert_eq!(between(shown, "<h5>", "</h5>"), expected);
        let fields = between(shown, "<th scope=\"row\">", "</tr>").into_iter().map(|row| {
            let codes = between(row, "<code>", "</code>").into_iter().map(unescaped);
            (
                codes.collect::<Vec<_>>(),
                between(row, "<td class=\"number\">", "</td>")[0].to_owned(),
            )
        });
        let expected = request["fields"].as_array().unwrap().iter().map(|field| {
            let name = field["name"].as_str().unwrap().to_owned();
            (vec![name, content(&field["content"])], field["content"]["length"].to_string())
        });
        assert_eq!(fields.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{id} {number}");
    }
    exchanges.len()
}

#[test]
fn what_the_page_shows_of_each_exchange_is_in_json() {
    let passing = scenarios().find(|scenario| scenario.id == "faults/slice-503-once").unwrap();
    let passing = resolved(vec![JudgedScenario::of(passing.clone(), &passing.simulate(1))]);
    for results in [stubborn(), passing] {
        let (page, report) = documents(&results);
        let mut shown = 0;
        for scenario in report["scenarios"].as_array().unwrap() {
            let section = section_of(&page, scenario["id"].as_str().unwrap());
            shown += compared(section, scenario);
            assert_eq!(scenario["wire_left_out"], 0, "{scenario:#}");
            let rows = |name: &str| {
                let all = scenario[name].as_array().unwrap().iter();
                all.map(|row| row["exchange"].clone()).collect::<Vec<_>>()
            };
            assert_eq!(rows("wire"), rows("ladder"));
        }
        assert!(shown > 0);
    }
}

#[test]
fn the_bar_of_the_file_is_in_json_as_ranges() {
    let scenario = scenarios().find(|scenario| scenario.id == "faults/slice-503-once").unwrap();
    let mut transcript = scenario.simulate(1);
    let is_slice = |exchange: &Exchange| exchange.request.op() == Some(&Op::Data);
    let last = transcript.exchanges.iter().rposition(is_slice).unwrap();
    transcript.exchanges.remove(last);
    let (page, report) =
        documents(&resolved(vec![JudgedScenario::of(scenario.clone(), &transcript)]));
    let (mut slices, mut missing) = (0, 0);
    for scenario in report["scenarios"].as_array().unwrap() {
        let sent = &scenario["sent"];
        let section = section_of(&page, scenario["id"].as_str().unwrap());
        let Some(words) = between(section, "aria-label=\"File of ", "\"").first().copied() else {
            continue;
        };
        let all = sent["slices"].as_array().unwrap();
        let plural = if all.len() == 1 { "slice" } else { "slices" };
        let start = format!("{} bytes: {} {plural} sent", sent["length"], all.len());
        assert!(words.starts_with(&start), "{start}: {words}");
        let length = |of: &Value| of["end"].as_u64().unwrap() - of["start"].as_u64().unwrap();
        let gaps: u64 = sent["missing"].as_array().unwrap().iter().map(length).sum();
        assert_eq!(words.contains(&format!(", {gaps} bytes missing")), gaps > 0, "{words}");
        assert!(all.iter().all(|slice| slice["accepted"].is_boolean()), "{sent}");
        slices += all.len();
        missing += gaps;
    }
    assert!(slices > 0 && missing > 0, "{slices} {missing}");
}

#[test]
fn exchanges_in_json_are_bounded_and_those_of_findings_come_first() {
    let scenario = scenarios().find(|scenario| scenario.id == "happy/one-slice").unwrap();
    let mut transcript = scenario.simulate(1);
    let one = JudgedScenario::of(scenario.clone(), &transcript);
    let request = transcript.tamper(&Op::Data, 0).unwrap();
    request.edit(|form| form.set("offset", "7"));
    let broken = JudgedScenario::of(scenario.clone(), &transcript);
    let all = std::iter::repeat_n(one, 8000).chain([broken]).collect();
    let report = in_detail(&resolved(all));
    assert!(report.len() < 48 << 20, "{}", report.len());
    let report: Value = serde_json::from_str(&report).unwrap();
    let all = report["scenarios"].as_array().unwrap();
    let [.., last, with_findings] = &all[..] else { panic!("no scenarios") };
    assert_eq!((&all[0]["wire_left_out"], &all[0]["findings"]), (&0.into(), &json!([])));
    assert!(last["wire_left_out"].as_u64() > Some(0), "{last:#}");
    assert!(!with_findings["findings"].as_array().unwrap().is_empty());
    assert_eq!(with_findings["wire_left_out"], 0);
}

#[test]
fn of_one_scenario_the_exchanges_of_findings_come_first() {
    let scenario =
        scenarios().find(|scenario| scenario.id == "faults/each-slice-503-once").unwrap();
    let mut transcript = scenario.simulate(1);
    // Its other exchanges are shown for the faults that they meet.
    let request = transcript.tamper(&Op::Data, 2).unwrap();
    request.edit(|form| form.set("offset", "7"));
    let broken = JudgedScenario::of(scenario.clone(), &transcript);
    let report = in_detail(&resolved(std::iter::repeat_n(broken, 2500).collect()));
    let report: Value = serde_json::from_str(&report).unwrap();
    for scenario in report["scenarios"].as_array().unwrap() {
        let found = &scenario["findings"][0]["exchange"];
        let rows = scenario["wire"].as_array().unwrap();
        let row = rows.iter().find(|row| row["exchange"] == *found).unwrap();
        assert!(row["request"].is_object(), "{row:#}");
    }
    let last = report["scenarios"].as_array().unwrap().last().unwrap();
    assert!(last["wire_left_out"].as_u64() > Some(0), "{last:#}");
}
