//! Reports in all formats: they agree, and others can read them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::Value;
use slicecheck::report::FORMATS;

use crate::cli::{client, example, slicecheck};

/// A run with a report in each format, each in a file of its format's name in the folder.
fn run_with_all(folder: &Path, options: &[&str], client: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
    command.args(["run", "-j", "2", "--name", "a client"]).args(options);
    for format in FORMATS {
        let path = folder.join(format.name);
        command.args(["--report", &format!("{}={}", format.name, path.display())]);
    }
    command.arg("--").args(client).output().unwrap()
}

fn read(folder: &Path, format: &str) -> String {
    fs::read_to_string(folder.join(format)).unwrap()
}

fn json(folder: &Path, format: &str) -> Value {
    serde_json::from_str(&read(folder, format)).unwrap()
}

#[test]
fn all_reports_of_a_run_agree_in_every_count() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let known = folder.join("known.toml");
    let entry = "rule = \"data/length\"\nscenario = \"server-choice/smaller*\"\nreason = \"x\"\n";
    fs::write(&known, format!("[[known]]\n{entry}")).unwrap();
    let known = known.to_str().unwrap();
    let options = ["-s", "server-choice/*", "-s", "restart/*", "--known", known];
    let output = run_with_all(folder, &options, &[&client(), "stubborn"]);
    let report = json(folder, "json");
    let summary = &report["summary"];
    assert_eq!(output.status.code().map(i64::from), summary["exit"].as_i64());
    let number = |name: &str| usize::try_from(summary[name].as_u64().unwrap()).unwrap();
    let levels = ["must", "should", "note"].map(number);
    assert!(levels[0] > 0 && number("known") > 0, "{summary:#}");

    let sarif = json(folder, "sarif");
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    let counts = ["error", "warning", "note"].map(|level| {
        let counts = |of: &&Value| of["level"] == level && of["suppressions"].is_null();
        results.iter().filter(counts).count()
    });
    assert_eq!(counts, levels);
    let suppressed = results.iter().filter(|of| of["suppressions"].is_array()).count();
    assert_eq!(suppressed, number("known") + number("discounted"));
    assert_eq!(run["invocations"][0]["exitCode"], summary["exit"]);

    let scenarios = report["scenarios"].as_array().unwrap();
    let with = |verdict: &str| scenarios.iter().filter(|of| of["verdict"] == verdict).count();
    let junit = Report::deserialize_from_str(&read(folder, "junit")).unwrap();
    // One case is the run itself.
    assert_eq!(junit.tests, scenarios.len() + 1);
    assert_eq!((junit.failures, junit.errors), (with("fail"), with("harness-error")));
    let cases = junit.test_suites.iter().flat_map(|suite| &suite.test_cases);
    let (mut failed, mut skipped) = (0, 0);
    for case in cases {
        match case.status {
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => failed += 1,
            TestCaseStatus::Skipped { .. } => skipped += 1,
            _ => {}
        }
    }
    assert_eq!((failed, skipped), (with("fail"), with("not-exercised") + with("unsupported")));

    let [must, should, note] = levels;
    let words = format!("{must} must, {should} should, {note} note");
    let (known, discounted) = (number("known"), number("discounted"));
    let exercised = &summary["exercised"]["scenarios"];
    let [of, all] = [0, 1].map(|place| exercised[place].as_u64().unwrap());
    let counts = format!(
        "{words}; {known} known, {discounted} discounted. Exercised: {of} of {all} scenarios."
    );
    let page = read(folder, "html");
    for (class, number) in ["must", "should", "note"].into_iter().zip(levels) {
        let class = if number == 0 { "none" } else { class };
        assert!(
            page.contains(&format!("<li class=\"{class}\"><b>{number}</b>")),
            "{class} {number}"
        );
    }
    assert_eq!(page.matches("<details class=\"scenario s-broken\"").count(), with("fail"));
    assert_eq!(page.matches("<details class=\"scenario ").count(), scenarios.len());

    let markdown = read(folder, "markdown");
    assert!(markdown.contains(&counts), "{markdown}");
    assert_eq!(json(folder, "badge")["message"], words);
    let github = read(folder, "github");
    assert!(github.lines().last().unwrap().ends_with(&format!("::{words}")), "{github}");
    let transcripts = fs::read_dir(folder.join("transcript")).unwrap();
    let is_transcript = |name: &str| name.ends_with(".json.gz");
    let names = transcripts.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| is_transcript(name)).count(), scenarios.len());
}

/// In how many scenarios a rule is broken, as the reports say it: from what the findings of JSON say.
fn places(report: &Value, rule: &str) -> (usize, usize) {
    let of = |counts: bool| {
        let is_meant = |finding: &Value| {
            finding["rule"] == rule && finding["counts"] == counts && finding["known"] == false
        };
        let scenarios = report["scenarios"].as_array().unwrap().iter();
        let findings = scenarios.map(|scenario| scenario["findings"].as_array().unwrap());
        findings.filter(|findings| findings.iter().any(is_meant)).count()
    };
    (of(true), of(false))
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

#[test]
fn all_reports_of_a_run_agree_in_where_each_rule_is_broken() {
    let clients = [
        ("stubborn", "server-choice/*"),
        ("denier", "faults/slice-*"),
        // It breaks the same rules in the control.
        ("storm", "faults/slice-503-once"),
    ];
    let mut compared = [0, 0];
    for (behaviour, scenarios) in clients {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let output = run_with_all(
            folder,
            &["-v", "--deadline", "3s", "-s", scenarios],
            &[&client(), behaviour],
        );
        let report = json(folder, "json");
        let terminal = String::from_utf8(output.stdout).unwrap();
        let [github, markdown, html] = ["github", "markdown", "html"].map(|of| read(folder, of));
        for rule in report["rules"].as_array().unwrap() {
            let id = rule["id"].as_str().unwrap();
            let (counting, discounted) = places(&report, id);
            if counting == 0 {
                continue;
            }
            compared[usize::from(discounted > 0)] += 1;
            let more = count(discounted, "more scenario") + " where it is discounted";
            let mut all = count(counting, "scenario");
            if discounted > 0 {
                all = format!("{all}, and {more}");
            }
            // The summary of its element ends with it.
            assert!(markdown.contains(&format!("<code>{id}</code>: ")), "{id}: {markdown}");
            let line = markdown.lines().find(|line| line.contains(&format!("<code>{id}</code>")));
            assert!(line.unwrap().contains(&format!("({all})</summary>")), "{line:?}: {all}");
            let (_, section) = html.split_once(&format!("id=\"r/{id}\"")).unwrap();
            let (summary, _) = section.split_once("</summary>").unwrap();
            assert!(summary.contains(&format!("in {all}<")), "{summary}: {all}");

            let others = count(counting - 1, "more scenario");
            let more: Vec<_> = [(counting > 1, others), (discounted > 0, more)]
                .into_iter()
                .filter_map(|(is_told, words)| is_told.then_some(words))
                .collect();
            if let Some(line) = github.lines().find(|line| line.contains(&format!("title={id} (")))
            {
                let told = line.split_once("%0AAlso in ").map(|(_, told)| told);
                let expected = format!("{}.", more.join(", and in "));
                assert_eq!(told.unwrap_or("."), expected, "{line}");
            }
            let Some((_, block)) = terminal.split_once(&format!("✗ {id}  ")) else { continue };
            let (block, _) = block.split_once("\n\n").unwrap();
            let told = block.lines().filter_map(|line| {
                let (words, _) = line.strip_prefix("  also in   ")?.split_once(": ")?;
                Some(words.to_owned())
            });
            assert_eq!(told.collect::<Vec<_>>(), more, "{id}: {block}");
        }
    }
    // A test that compares nothing agrees with everything.
    assert!(compared.iter().all(|number| *number > 0), "{compared:?}");
}

/// All objects of a report, each with its schema.
fn undescribed(
    value: &Value,
    schema: &Value,
    root: &Value,
    place: &str,
    out: &mut BTreeSet<String>,
) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => &root["$defs"][reference.rsplit('/').next().unwrap()],
        None => schema,
    };
    match value {
        Value::Array(values) if schema["items"].is_object() => {
            for value in values {
                undescribed(value, &schema["items"], root, place, out);
            }
        }
        Value::Object(fields) if schema["properties"].is_object() => {
            for (name, value) in fields {
                let (place, schema) = (format!("{place}/{name}"), &schema["properties"][name]);
                if schema.is_null() {
                    out.insert(place.clone());
                }
                undescribed(value, schema, root, &place, out);
            }
        }
        _ => {}
    }
}

#[test]
fn every_field_of_a_report_is_in_its_schema() {
    let output = slicecheck(&[
        "run",
        "--report",
        "json=-",
        "-s",
        "server-choice/*",
        "--",
        &client(),
        "stubborn",
    ]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema: Value =
        serde_json::from_str(include_str!("../../src/report/json_v1/schema.json")).unwrap();
    let mut missing = BTreeSet::new();
    undescribed(&report, &schema, &schema, "", &mut missing);
    assert!(missing.is_empty(), "{missing:?}");
    // What other reports show is in it.
    let entry = &report["scenarios"].as_array().unwrap().iter().find(|of| of["verdict"] == "fail");
    let entry = entry.unwrap();
    assert_eq!(entry["ladder"][0]["op"], "upload_slice_init", "{entry:#}");
    assert!(entry["findings"][0]["bytes"]["hex"].is_string(), "{entry:#}");
    let rule = &report["rules"][0];
    for text in [&rule["why"], &rule["clause"]["source"], &rule["clause"]["text"], &rule["summary"]]
    {
        assert!(text.as_str().is_some_and(|text| !text.is_empty()), "{rule:#}");
    }
}

#[test]
fn what_a_client_prints_is_in_the_report_without_its_keys() {
    let script = "echo \"key $SLICECHECK_SECRET_KEY\"; echo oh no >&2; exit 1";
    let output = slicecheck(&[
        "run",
        "--report",
        "json=-",
        "-s",
        "happy/one-byte",
        "--",
        "sh",
        "-c",
        script,
    ]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let printed = &report["scenarios"][0]["printed"];
    assert_eq!(
        (&printed["stdout"], &printed["stderr"]),
        (&"key <SecretKey>\n".into(), &"oh no\n".into())
    );
}

#[test]
fn the_name_of_a_driver_is_in_the_report_unless_another_is_given() {
    let client = client();
    let report = |options: &[&str]| {
        let run = ["run", "--report", "json=-", "-s", "happy/one-byte", "--driver"];
        let output = slicecheck(&[&run, options, &["--", &client, "driver"]].concat());
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["client"].clone()
    };
    let told = report(&[]);
    assert!(told["name"].as_str().is_some_and(|name| !name.is_empty()), "{told:#}");
    assert_eq!(report(&["--name", "mine"])["name"], "mine");
}

#[test]
fn the_page_tells_what_has_changed_since_an_earlier_report() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let before = folder.join("before.json");
    let before = before.to_str().unwrap();
    let options = ["run", "-s", "server-choice/*", "--report"];
    let client = client();
    let earlier = format!("json={before}");
    slicecheck(&[&options[..], &[&earlier, "--", &client]].concat());
    let page = folder.join("page.html");
    let html = format!("html={}", page.display());
    let now = [&html, "--baseline", before, "--", &client, "stubborn"];
    assert_eq!(slicecheck(&[&options[..], &now].concat()).status.code(), Some(1));
    let page = fs::read_to_string(page).unwrap();
    let (_, changes) = page.split_once("newly broken: ").unwrap();
    let (changes, _) = changes.split_once("</section>").unwrap();
    assert!(changes.contains("<a href=\"#s/server-choice/smaller-slice-size\">"), "{changes}");
    let missing = slicecheck(&[&options[..], &[&html, "--baseline", "nowhere.json"]].concat());
    assert_eq!(missing.status.code(), Some(2), "{missing:#?}");
}

/// The reports on record are of versions that did not have all fields.
#[test]
fn reports_of_older_versions_are_still_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let [part, page] = ["part.json", "page.html"].map(|name| folder.path().join(name));
    let files = fs::read_dir(root.join("tests/reports")).unwrap();
    let files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let path = file.to_str().unwrap();
        let mut report: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let matrix = slicecheck(&["matrix", path, path]);
        assert_eq!(matrix.status.code(), Some(0), "{matrix:#?}");
        let first = report["scenarios"][0]["id"].as_str().unwrap();
        let html = format!("html={}", page.display());
        let run = ["run", "-s", first, "--report", &html, "--baseline", path];
        let output = slicecheck(&run);
        assert_eq!(output.status.code(), Some(0), "{output:#?}");
        assert!(fs::read_to_string(&page).unwrap().contains("id=\"changes\""), "{path}");

        report["shard"] = serde_json::json!({ "number": 1, "of": 1 });
        fs::write(&part, report.to_string()).unwrap();
        let merged = slicecheck(&["merge", "--out", "-", part.to_str().unwrap()]);
        let whole: Value = serde_json::from_slice(&merged.stdout).unwrap();
        for name in ["verdict", "must", "known", "exercised"] {
            assert_eq!(whole["summary"][name], report["summary"][name], "{path}: {name}");
        }
        assert_eq!(whole["scenarios"].as_array(), report["scenarios"].as_array(), "{path}");
    }
}

/// Chromium reads the pages of clients without a defect, of careless and of hostile ones, as people do.
#[test]
#[ignore = "needs Chromium, curl, and packages of Node and of Python"]
fn a_browser_shows_the_pages_and_runs_nothing_of_a_client() {
    let folder = tempfile::tempdir().unwrap();
    let escapes: Client = (&[], vec![example("hostile"), "escapes".to_owned()]);
    let clients = six_clients().into_iter().chain([escapes]).zip([
        ("reference", "{happy,faults}/*"),
        ("conforming", "happy/*"),
        ("curl", "happy/*"),
        ("qcloud-cos-py3", "happy/*"),
        ("stubborn", "{server-choice,faults}/*"),
        ("markup", "happy/*"),
        ("escapes", "happy/*"),
    ]);
    let pages = clients.map(|((way, client), (name, scenarios))| {
        let [page, json] = ["html", "json"].map(|of| folder.path().join(format!("{name}.{of}")));
        let html = format!("html={}", page.display());
        let report = format!("json={}", json.display());
        let words: Vec<_> = client.iter().map(String::as_str).collect();
        let reports = ["run", "--report", &html, "--report", &report, "-s", scenarios];
        slicecheck(&[&reports, way, &["--"], &words].concat());
        (page.display().to_string(), json.display().to_string())
    });
    let (mut pages, reports): (Vec<_>, Vec<_>) = pages.unzip();
    let matrix = folder.path().join("matrix.html").display().to_string();
    let reports: Vec<_> = reports.iter().map(String::as_str).collect();
    let target = format!("html={matrix}");
    let compared = slicecheck(&[&["matrix", "--report", &target], &reports[..]].concat());
    assert_eq!(compared.status.code(), Some(0), "{compared:#?}");
    pages.push(format!("matrix:{matrix}"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/formats/page.mjs");
    let read = Command::new("node").arg(script).args(pages).output().unwrap();
    assert!(read.status.success(), "{read:#?}");
}

/// What others have written reads the reports.
#[test]
#[ignore = "needs Python, and packages of tests/it/clients/requirements.txt"]
fn programs_of_others_read_the_reports() {
    for (client, options) in six_clients().into_iter().zip([
        &["-s", "{happy,echo,restart}/*"] as &[&str],
        &["-s", "{happy,echo}/*"],
        &["-s", "{happy,faults}/*"],
        &["-s", "{happy,echo}/*"],
        &["-s", "server-choice/*"],
        &["-s", "happy/*"],
    ]) {
        are_read_by_others(options, &client);
    }
}

mod full_lane {
    use super::*;

    #[test]
    #[ignore = "needs Python, and packages of tests/it/clients/requirements.txt"]
    fn of_six_clients_others_read_the_reports_on_all_topics() {
        for client in six_clients() {
            are_read_by_others(&["--deadline", "60s"], &client);
        }
    }
}

/// Options and the words of a command.
type Client = (&'static [&'static str], Vec<String>);

fn in_this_folder(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    folder.join(name).to_str().unwrap().to_owned()
}

fn six_clients() -> [Client; 6] {
    let python = || std::env::var("SLICECHECK_TEST_PYTHON").unwrap_or("python3".to_owned());
    let script = |name: &str| vec![python(), in_this_folder(name)];
    [
        (&[], vec![client()]),
        (&[], script("clients/conforming.py")),
        (&[], vec!["sh".to_owned(), in_this_folder("clients/curl.sh")]),
        (&["--via", "proxy", "--driver"], script("clients/sdks/qcloud_cos_py3_client.py")),
        (&[], vec![client(), "stubborn".to_owned()]),
        (&["--show-secrets"], vec![example("hostile"), "markup".to_owned()]),
    ]
}

/// A run of a client, with reports in all formats.
fn are_read_by_others(options: &[&str], (way, client): &Client) {
    let python = std::env::var("SLICECHECK_TEST_PYTHON").unwrap_or("python3".to_owned());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let words: Vec<_> = client.iter().map(String::as_str).collect();
    run_with_all(folder.path(), &[options, way].concat(), &words);
    let schema = root.join("src/report/json_v1/schema.json");
    let validated = Command::new(&python)
        .arg(in_this_folder("formats/validate.py"))
        .args([folder.path(), &schema, &root.join("tests/reports")])
        .output()
        .unwrap();
    assert!(validated.status.success(), "{client:?}: {validated:#?}");
}
