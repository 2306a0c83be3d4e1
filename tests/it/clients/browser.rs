//! Clients in a browser: real Chromium, without a window, plays a plan. It cannot be told to resume or to meet
//! a certain file, so that these are the topics in which a client meets all that it is about.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

use super::{file, record, text};

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
    let mut run = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
    run.args(["run", "--plan", "--report", "json=-", "--jobs", "2", "--deadline", "30s"]);
    run.args(topics.iter().flat_map(|topic| ["-s", topic])).arg("--serve").arg(folder);
    let mut run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(run.stderr.take().unwrap()).lines();
    let page = said.find_map(|line| Some(line.unwrap().strip_prefix("in a page  ")?.to_owned()));
    let page = page.unwrap().replace("files/DRIVER.js", &format!("files/{driver}"));
    thread::spawn(move || said.for_each(drop));
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Command::new(CHROMIUM[0]);
    browser.args(&CHROMIUM[1..]).arg(&page).stdout(Stdio::null()).stderr(Stdio::null());
    browser.arg(format!("--user-data-dir={}", profile.path().display()));
    let browser = Ended(browser.spawn().unwrap());
    let mut report = Vec::new();
    run.stdout.take().unwrap().read_to_end(&mut report).unwrap();
    run.wait().unwrap();
    drop(browser);
    serde_json::from_slice(&report).unwrap()
}

/// A process that ends with its test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Its own processes end when they see that it has.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
