//! What each client does wrong, on record: the rules that it breaks and the scenarios that it does not pass.
//!
//! Clients that others have written are played in their natural way. Each `must` that one of them breaks
//! has an explanation, with the line of the client that is to blame, in `explained.rs`. Ours take every
//! care, one on each HTTP stack: none has a `must`.

use std::fmt::Write;
use std::fs;

use serde_json::Value;
use slicecheck::report::matrix::{self, Report};

use super::explained::explanation;
use super::{browser, entries, file, judge, judge_with, python, text};
use crate::snapshot::assert_snapshot;

/// The clients that are on record.
pub(crate) const ON_RECORD: &[&str] = &[
    "careful-aiohttp",
    "careful-axios",
    "careful-fetch",
    "careful-form-data",
    "careful-go",
    "careful-httpx",
    "careful-java",
    "careful-mono",
    "careful-perl",
    "careful-php",
    "careful-requests",
    "careful-reqwest",
    "careful-ruby",
    "cos-js-sdk-v4",
    "cos-lib3",
    "curl",
    "qcloud-cos-py3",
    "qcloud-cos-v4",
    "qcloud-cos-v4-sha",
    "qcloud-cos-v4-threads",
    "qos-node-client",
    "qos-node-client-driver",
    "requests",
];

/// Of them, those that others have written or are written upon, and that take minutes.
const SLOW: &[&str] = &["careful-httpx", "qos-node-client", "requests"];

/// Slow ones that are not if one process does it all.
const WITH_DRIVER: &[&str] = &["qcloud-cos-py3", "qcloud-cos-v4"];

/// The report on one of these.
fn play(client: &str, options: &[&str]) -> Value {
    let script = |name: &str| [python(), file(name)];
    let (how, command) = match client {
        "cos-lib3" => (["--via", "proxy"].as_slice(), script("sdks/cos_lib3.py")),
        "careful-httpx" => ([].as_slice(), script("careful/with_httpx.py")),
        "qcloud-cos-py3" => {
            (["--via", "proxy"].as_slice(), script("sdks/qcloud_cos_py3_client.py"))
        }
        "qcloud-cos-v4" => ([].as_slice(), script("sdks/qcloud_cos_v4.py")),
        "qos-node-client" => ([].as_slice(), ["node".to_owned(), file("sdks/qos_node_client.mjs")]),
        "requests" => ([].as_slice(), script("requests_client.py")),
        other => panic!("{other} is none of them"),
    };
    judge(&[how, options].concat(), &command.each_ref().map(String::as_str))
}

/// Of them, those with several slices under way: in which place a rule is broken first, and how a scenario
/// ends that the order decides, differs from run to run. On record are the rules alone.
const SIDE_BY_SIDE: &[&str] =
    &["cos-js-sdk-v4", "qcloud-cos-v4-threads", "qos-node-client", "qos-node-client-driver"];

// What others have written.

#[test]
#[ignore = "needs Python and cos-lib3"]
fn what_cos_lib3_does_wrong_is_on_record() {
    on_record("cos-lib3", &play("cos-lib3", &[]));
}

// Ours, as one writes them with the documents at hand.

#[test]
#[ignore = "needs curl and openssl"]
fn what_curl_does_wrong_is_on_record() {
    on_record("curl", &judge(&[], &["sh", &file("curl.sh")]));
}

// Ours that take every care, and what their HTTP stacks make of it.

#[test]
#[ignore = "needs Node"]
fn a_careful_client_on_fetch_breaks_no_must() {
    is_careful("careful-fetch", &judge(&[], &["node", &file("careful/with_fetch.mjs")]));
}

// Those that take minutes: in every run a part of the scenarios, which has every topic.

#[test]
#[ignore = "needs Python, Node, and packages of both"]
fn slow_clients_do_nothing_beyond_their_record_in_some_scenarios() {
    for name in SLOW {
        let report = play(name, &["--shard", "1/8"]);
        let found = broken(&report, &["must", "should"]);
        let recorded = recorded_row(name);
        let new: Vec<_> = found.filter(|rule| !recorded.contains(rule)).collect();
        assert_eq!(new, Vec::<&str>::new(), "{name}: {}", page_of(name, &report));
        let exercised = report["summary"]["exercised"]["scenarios"][0].as_u64().unwrap();
        assert!(exercised > 20, "{name}: {exercised}");
    }
}

#[test]
#[ignore = "needs Python and packages of it"]
fn a_process_that_stays_breaks_the_rules_that_one_for_each_scenario_does() {
    for name in WITH_DRIVER {
        let report = play(name, &["--driver"]);
        assert_eq!(row(name, &report), recorded_row(name), "{}", page_of(name, &report));
    }
}

/// What `.ci/run` leaves to `CI_LANE=full`: of each language and of each kind of client, one is played always.
mod full_lane {
    use super::*;
    use crate::templates::build;

    #[test]
    #[ignore = "needs Python and requests"]
    fn what_requests_does_wrong_is_on_record() {
        on_record("requests", &play("requests", &[]));
    }

    #[test]
    #[ignore = "needs Python and qcloud-cos-v4"]
    fn what_the_official_python_sdk_does_wrong_is_on_record() {
        on_record("qcloud-cos-v4", &play("qcloud-cos-v4", &[]));
    }

    #[test]
    #[ignore = "needs Python and qcloud-cos-py3"]
    fn what_qcloud_cos_py3_does_wrong_is_on_record() {
        on_record("qcloud-cos-py3", &play("qcloud-cos-py3", &[]));
    }

    #[test]
    #[ignore = "needs Node and qos-node-client"]
    fn what_qos_node_client_does_wrong_is_on_record() {
        on_record("qos-node-client", &play("qos-node-client", &[]));
    }

    #[test]
    #[ignore = "needs Python and cos-lib3"]
    fn cos_lib3_breaks_the_same_rules_in_a_process_that_stays() {
        let report = play("cos-lib3", &["--driver"]);
        assert_eq!(row("cos-lib3", &report), recorded_row("cos-lib3"));
    }

    /// As a process for each scenario it ends with 1 where nothing catches its error, which is a claim of failure.
    #[test]
    #[ignore = "needs Node and qos-node-client"]
    fn that_qos_node_client_also_ends_a_process_that_stays_is_on_record() {
        on_record("qos-node-client-driver", &play("qos-node-client", &["--driver"]));
    }

    /// It adds a slice size of 0 to the offset for ever, in the only thread that a page has: nobody can end that but
    /// who closes the page, so that it is played without.
    #[test]
    #[ignore = "needs Chromium and cos-js-sdk-v4"]
    fn what_the_official_browser_sdk_does_wrong_is_on_record() {
        let report = browser::judge_official_sdk(&["*", "!server-choice/slice-size-zero"]);
        on_record("cos-js-sdk-v4", &report);
    }

    /// The official Python SDK, with a variable that its driver reads.
    fn official_sdk_with(variable: &str, value: &str) -> Value {
        let client = [&*python(), &file("sdks/qcloud_cos_v4.py")];
        judge_with(&[(variable, value)], &[], &client)
    }

    #[test]
    #[ignore = "needs Python and qcloud-cos-v4"]
    fn what_the_official_python_sdk_does_wrong_with_threads_is_on_record() {
        let report = official_sdk_with("SLICECHECK_TEST_CONNECTIONS", "3");
        on_record("qcloud-cos-v4-threads", &report);
    }

    #[test]
    #[ignore = "needs Python and qcloud-cos-v4"]
    fn what_the_official_python_sdk_does_wrong_with_sha_is_on_record() {
        on_record("qcloud-cos-v4-sha", &official_sdk_with("SLICECHECK_TEST_SHA", "1"));
    }

    #[test]
    #[ignore = "needs Python and requests"]
    fn a_careful_client_on_requests_breaks_no_must() {
        is_careful(
            "careful-requests",
            &judge(&[], &[&python(), &file("careful/with_requests.py")]),
        );
    }

    #[test]
    #[ignore = "needs Python and httpx"]
    fn a_careful_client_on_httpx_breaks_no_must() {
        is_careful("careful-httpx", &play("careful-httpx", &[]));
    }

    #[test]
    #[ignore = "needs Python"]
    fn fewer_slices_under_way_change_nothing() {
        let report = judge(&["--strict"], &[&python(), &file("parallel.py"), "5"]);
        assert_eq!(report["summary"]["exit"], 0, "{}", page(&report));
    }

    #[test]
    #[ignore = "needs Python and aiohttp"]
    fn a_careful_client_on_aiohttp_breaks_no_must() {
        is_careful("careful-aiohttp", &judge(&[], &[&python(), &file("careful/with_aiohttp.py")]));
    }

    #[test]
    #[ignore = "needs Node and axios"]
    fn a_careful_client_on_axios_breaks_no_must() {
        is_careful("careful-axios", &judge(&[], &["node", &file("careful/with_axios.mjs")]));
    }

    #[test]
    #[ignore = "needs Node and form-data"]
    fn a_careful_client_on_form_data_breaks_no_must() {
        is_careful(
            "careful-form-data",
            &judge(&[], &["node", &file("careful/with_form_data.mjs")]),
        );
    }

    #[test]
    #[ignore = "needs Go"]
    fn a_careful_client_on_go_breaks_no_must() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("careful").to_str().unwrap().to_owned();
        build(&["go", "build", "-o", &program, &file("careful/with_net_http.go")]);
        is_careful("careful-go", &judge(&[], &[&program]));
    }

    #[test]
    #[ignore = "needs Java"]
    fn a_careful_client_on_java_breaks_no_must() {
        let folder = tempfile::tempdir().unwrap();
        let classes = folder.path().to_str().unwrap();
        build(&["javac", "-d", classes, &file("careful/WithHttpClient.java")]);
        let quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];
        is_careful(
            "careful-java",
            &judge(&[], &["java", quick[0], quick[1], "-cp", classes, "WithHttpClient"]),
        );
    }

    #[test]
    #[ignore = "needs Mono and Json.NET"]
    fn a_careful_client_on_mono_breaks_no_must() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("careful.exe").to_str().unwrap().to_owned();
        // The folder of Debian's package, where `mcs` does not look of itself.
        let libraries =
            ["-lib:/usr/lib/cli/Newtonsoft.Json-5.0", "-r:Newtonsoft.Json,System.Net.Http"];
        let out = format!("-out:{program}");
        build(&["mcs", libraries[0], libraries[1], &out, &file("careful/WithHttpClient.cs")]);
        is_careful("careful-mono", &judge(&[], &["mono", &program]));
    }

    #[test]
    #[ignore = "needs Ruby"]
    fn a_careful_client_on_ruby_breaks_no_must() {
        is_careful("careful-ruby", &judge(&[], &["ruby", &file("careful/with_net_http.rb")]));
    }

    #[test]
    #[ignore = "needs PHP and its extension curl"]
    fn a_careful_client_on_php_breaks_no_must() {
        is_careful("careful-php", &judge(&[], &["php", &file("careful/with_curl.php")]));
    }

    #[test]
    #[ignore = "needs Perl and LWP"]
    fn a_careful_client_on_perl_breaks_no_must() {
        is_careful("careful-perl", &judge(&[], &["perl", &file("careful/with_lwp.pl")]));
    }
}

/// The row of README's table, from that of `matrix`: how many scenarios pass changes with each new one.
fn row(client: &str, report: &Value) -> String {
    let report = Report::read(&report.to_string(), "").unwrap().called(client);
    let mut table = Vec::new();
    matrix::markdown(&[report], &mut table).unwrap();
    let table = String::from_utf8(table).unwrap();
    let cells: Vec<_> = table.lines().last().unwrap().split(" | ").take(3).collect();
    cells.join(" | ") + " |"
}

/// The same row, from what is on record.
fn recorded_row(client: &str) -> String {
    let path = format!("{}/snapshots/clients/{client}.snap", env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(path).unwrap();
    let broken = |level: &str| {
        let words = page.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let of_level = words.filter(|words| words.len() > 1 && words[0] == level);
        let rules: Vec<_> = of_level.map(|words| words[1].to_owned()).collect();
        if rules.is_empty() {
            return "–".to_owned();
        }
        format!("{}: {}", rules.len(), rules.join(", "))
    };
    format!("| {client} | {} | {} |", broken("must"), broken("should"))
}

const README: &str = include_str!("../../../README.md");

#[test]
fn the_table_of_clients_in_readme_is_what_is_on_record() {
    let header = "| client | `must` broken | `should` broken |";
    let table = README.lines().skip_while(|line| *line != header).skip(2);
    let table: Vec<_> = table.take_while(|line| line.starts_with('|')).collect();
    let recorded: Vec<_> = ON_RECORD.iter().map(|client| recorded_row(client)).collect();
    assert_eq!(table, recorded);
}

fn on_record(client: &str, report: &Value) {
    let unexplained: Vec<_> =
        broken(report, &["must"]).filter(|rule| explanation(client, rule).is_none()).collect();
    let page = page_of(client, report);
    assert_snapshot("clients", client, &page);
    assert!(README.contains(&row(client, report)), "{}", row(client, report));
    assert_eq!(unexplained, Vec::<&str>::new(), "{page}");
}

/// No `must`, and each `should` is explained.
pub(crate) fn is_careful(name: &str, report: &Value) {
    let page = page_of(name, report);
    assert_eq!(report["summary"]["must"], 0, "{page}");
    let unexplained: Vec<_> =
        broken(report, &["should"]).filter(|rule| explanation(name, rule).is_none()).collect();
    assert_snapshot("clients", name, &page);
    assert!(README.contains(&row(name, report)), "{}", row(name, report));
    assert_eq!(unexplained, Vec::<&str>::new(), "{page}");
}

/// The rules of these levels that are broken.
fn broken<'a>(report: &'a Value, levels: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let is_broken =
        |rule: &&Value| levels.contains(&text(&rule["level"])) && rule["verdict"] == "broken";
    entries(&report["rules"]).iter().filter(is_broken).map(|rule| text(&rule["id"]))
}

/// What a reviewer wants to know about a client: the rules that it breaks and the scenarios that it does
/// not pass, and nothing that differs from run to run or that every new scenario would change.
pub(crate) fn page(report: &Value) -> String {
    page_of("", report)
}

fn page_of(client: &str, report: &Value) -> String {
    let mut page = String::new();
    let summary = &report["summary"];
    writeln!(page, "{}, exit {}", text(&summary["verdict"]), summary["exit"]).unwrap();
    if SIDE_BY_SIDE.contains(&client) {
        writeln!(page).unwrap();
        for level in ["must", "should"] {
            for rule in broken(report, &[level]) {
                let why = explanation(client, rule).unwrap_or_default();
                writeln!(page, "{}", format!("{level:<8}{rule:<32}{why}").trim_end()).unwrap();
            }
        }
        return page;
    }
    for level in ["must", "should", "note"] {
        let of_level = |rule: &&Value| rule["level"] == level && rule["verdict"] == "broken";
        for rule in entries(&report["rules"]).iter().filter(of_level) {
            broken_rule(&mut page, report, level, text(&rule["id"]));
            if let Some(why) = explanation(client, text(&rule["id"])) {
                writeln!(page, "        because   {why}").unwrap();
            }
        }
    }
    writeln!(page, "\n{:<44}{:<15}{:<13}stored", "scenario", "verdict", "claim").unwrap();
    let scenarios = entries(&report["scenarios"]).iter();
    for scenario in scenarios.filter(|scenario| deviates(scenario)) {
        let [id, verdict, claim, stored] =
            ["id", "verdict", "claim", "stored"].map(|name| scenario[name].as_str().unwrap_or("–"));
        writeln!(page, "{id:<44}{verdict:<15}{claim:<13}{stored}").unwrap();
    }
    page
}

/// Whether something counts in it that its control does not explain, or nothing could be said.
fn deviates(scenario: &Value) -> bool {
    let mut findings = entries(&scenario["findings"]).iter();
    match text(&scenario["verdict"]) {
        "pass" => false,
        "fail" => findings.any(|finding| finding["counts"] == true && finding["level"] == "must"),
        _ => true,
    }
}

fn broken_rule(page: &mut String, report: &Value, level: &str, rule: &str) {
    let mut places = entries(&report["scenarios"]).iter().filter_map(|scenario| {
        let findings = entries(&scenario["findings"]);
        Some((text(&scenario["id"]), findings.iter().find(|one| one["rule"] == rule)?))
    });
    let (scenario, finding) = places.next().expect("a broken rule has a finding");
    writeln!(page, "\n{level:<8}{rule}").unwrap();
    // Requests are counted from 1, as in the report for people.
    let request = finding["exchange"].as_u64().map(|index| format!(", request {}", index + 1));
    let (request, at) = (request.unwrap_or_default(), text(&finding["at"]));
    writeln!(page, "        first in  {scenario}{request}, {at}").unwrap();
    writeln!(page, "        expected  {}", text(&finding["expected"])).unwrap();
    writeln!(page, "        found     {}", without_uuids(text(&finding["found"]))).unwrap();
    for related in entries(&finding["related"]) {
        let (number, what) = (related["exchange"].as_u64().unwrap() + 1, text(&related["what"]));
        writeln!(page, "        see       request {number}: {what}").unwrap();
    }
}

/// No two boundaries of .NET are the same.
fn without_uuids(text: &str) -> String {
    let is_dash = |at: usize| [8, 13, 18, 23].contains(&at);
    let is_uuid = |part: &[u8]| {
        let mut bytes = part.iter().enumerate();
        bytes.all(|(at, byte)| if is_dash(at) { *byte == b'-' } else { byte.is_ascii_hexdigit() })
    };
    let mut text = text.to_owned();
    while let Some(at) = text.as_bytes().windows(36).position(is_uuid) {
        text.replace_range(at..at + 36, "UUID");
    }
    text
}
