//! Clients in a browser: real Chromium, without a window, plays a plan. It cannot be told to resume or to meet
//! a certain file, so that these are the topics in which a client meets all that it is about.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{file, record, text, through_plan};

/// What Chromium is called in Debian, without its own traffic, and without the sandbox that root cannot have.
const CHROMIUM: &[&str] = &[
    "chromium",
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

#[test]
#[ignore = "needs Chromium"]
fn a_client_on_the_fetch_of_a_browser_breaks_no_must() {
    let folder = tempfile::tempdir().unwrap();
    let topics = ["happy/*", "key/*", "faults/slice*", "transport/slice*"];
    let report = judge(folder.path(), "fetch_client.js", &topics);
    assert_eq!(report["summary"]["must"], 0, "{}", record::page(&report));
    assert_eq!(report["summary"]["exit"], 0, "{}", record::page(&report));
    let all = report["scenarios"].as_array().unwrap();
    assert!(all.len() > 30, "{}", all.len());
    let slices = all.iter().filter(|entry| text(&entry["id"]).starts_with("faults/slice"));
    assert!(slices.clone().all(|entry| entry["verdict"] == "pass"), "{}", record::page(&report));
    assert!(slices.count() > 5);
}

#[test]
#[ignore = "needs Chromium and cos-js-sdk-v4"]
fn the_official_browser_sdk_hangs_where_finish_has_no_reply() {
    // It reads the message of an error that is undefined then, and never calls back.
    let hanging = "faults/finish-reply-truncated";
    let topics = ["happy/*", "key/*", "content/*", "faults/slice*", hanging];
    let report = judge_official_sdk(&topics);
    let all = report["scenarios"].as_array().unwrap();
    assert!(all.len() > 30, "{}", all.len());
    for entry in all {
        let hangs = entry["id"] == hanging;
        assert_eq!(entry["claim"] == "hung", hangs, "{}", record::page(&report));
        assert_eq!(entry["verdict"] == "pass", !hangs, "{}", record::page(&report));
    }
}

/// The report on npm's cos-js-sdk-v4 in these scenarios.
pub(super) fn judge_official_sdk(topics: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let installed = std::env::var("SLICECHECK_TEST_NODE").expect("it is where npm installs");
    let sdk = "node_modules/cos-js-sdk-v4/dist/cos-js-sdk-v4.js";
    fs::copy(Path::new(&installed).join(sdk), folder.path().join("cos-js-sdk-v4.js")).unwrap();
    judge(folder.path(), "cos_js_sdk_client.js", topics)
}

/// The report on a driver of our folder that Chromium plays; `folder` has what it imports besides.
fn judge(folder: &Path, driver: &str, topics: &[&str]) -> Value {
    for name in [driver, "signature.js"] {
        fs::copy(file(&format!("browser/{name}")), folder.join(name)).unwrap();
    }
    let topics = topics.iter().flat_map(|topic| ["-s", topic]);
    let options: Vec<_> = topics.chain(["--serve", folder.to_str().unwrap()]).collect();
    let profile = tempfile::tempdir().unwrap();
    through_plan::judge(&options, |plan| {
        let mut browser = Command::new(CHROMIUM[0]);
        browser.args(&CHROMIUM[1..]).stdout(Stdio::null()).stderr(Stdio::null());
        browser.arg(format!("--user-data-dir={}", profile.path().display()));
        browser.arg(format!("{plan}/__slicecheck/?driver=files/{driver}")).spawn().unwrap()
    })
}
