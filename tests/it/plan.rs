//! `run --plan`: clients that fetch their scenarios over HTTP.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::{Value, json};

use crate::cli::{broken, client, scenario, slicecheck};

/// A run that waits for clients.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    /// Its address is what it prints.
    fn start(options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
        command.args(["run", "--plan", "--report", "json=-"]).args(options);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it is built");
        let mut line = String::new();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        said.read_line(&mut line).unwrap();
        // The rest is not lost in a closed pipe.
        thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let address = line.split("http://").nth(1).expect(&line).split('/').next().unwrap();
        Self { child, address: address.to_owned() }
    }

    fn get(&self, path: &str) -> (u16, Vec<u8>) {
        self.say(&format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
    }

    /// The words of the next scenario; nothing when there are no more.
    fn next(&self) -> Option<Value> {
        match self.get("/__slicecheck/next") {
            (200, words) => Some(serde_json::from_slice(&words).unwrap()),
            (status, _) => {
                assert_eq!(status, 204);
                None
            }
        }
    }

    fn claim(&self, claim: &str) -> (u16, String) {
        let head = format!("Host: h\r\nConnection: close\r\nContent-Length: {}", claim.len());
        let (status, body) =
            self.say(&format!("POST /__slicecheck/claim HTTP/1.1\r\n{head}\r\n\r\n{claim}"));
        (status, String::from_utf8(body).unwrap())
    }

    /// Sends bytes on a connection of their own, and reads the status and the body of the reply.
    fn say(&self, request: &str) -> (u16, Vec<u8>) {
        let reply = self.hear(request);
        let end = reply.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&reply[..end]);
        // A page of another origin may read it, whatever it is.
        assert!(head.contains("access-control-allow-origin: *"), "{head}");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, reply[end + 4..].to_vec())
    }

    fn hear(&self, request: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        // Who is refused need not send all.
        let _ = stream.write_all(request.as_bytes());
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        reply
    }

    /// Waits for its end, and reads its report.
    fn end(mut self) -> (Option<i32>, Value) {
        let report = serde_json::from_reader(self.child.stdout.take().unwrap()).unwrap();
        (self.child.wait().unwrap().code(), report)
    }
}

/// Uploads with the example client what the words say, and claims what it says.
fn upload(run: &Running, words: &Value) {
    let (status, content) = run.get(words["file"].as_str().unwrap());
    assert_eq!(status, 200);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), content).unwrap();
    let mut command = Command::new(client());
    for (name, value) in words.as_object().unwrap() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        command.env(format!("SLICECHECK_{}", name.to_uppercase()), value);
    }
    let ended = command.env("SLICECHECK_FILE", file.path()).output().unwrap();
    let outcome = if ended.status.success() { "ok" } else { "api_error" };
    let claim = json!({ "id": words["id"], "outcome": outcome });
    assert_eq!(run.claim(&claim.to_string()), (204, String::new()));
}

fn play(run: &Running) -> usize {
    std::iter::from_fn(|| run.next()).map(|words| upload(run, &words)).count()
}

#[test]
fn the_page_for_browsers_and_its_frame_are_served() {
    let run = Running::start(&["-s", "happy/one-byte"]);
    for path in ["/__slicecheck/", "/__slicecheck/frame"] {
        let (status, page) = run.get(path);
        let page = String::from_utf8(page).unwrap();
        assert!(status == 200 && page.starts_with("<!doctype html>"), "{path}: {page}");
    }
    assert_eq!(play(&run), 1);
    assert_eq!(run.end().0, Some(0));
}

#[test]
fn a_client_that_fetches_its_scenarios_is_judged_like_any_other() {
    let run = Running::start(&["-s", "happy/*", "-s", "key/nested", "-j", "2"]);
    // Two fetch at the same time, and both are told when it is over.
    let played = thread::scope(|scope| {
        let other = scope.spawn(|| play(&run));
        play(&run) + other.join().unwrap()
    });
    let (code, report) = run.end();
    assert_eq!(code, Some(0), "{report:#}");
    let scenarios = report["scenarios"].as_array().unwrap();
    assert_eq!(scenarios.len(), played);
    assert!(scenarios.iter().all(|entry| entry["verdict"] == "pass"), "{report:#}");
}

#[test]
fn a_scenario_that_nobody_claims_is_hung_and_the_next_one_is_not() {
    let two = ["-s", "happy/one-byte", "-s", "happy/one-slice"];
    let run = Running::start(&[&two as &[_], &["-j", "1", "--deadline", "5s"]].concat());
    let held = run.next().unwrap();
    // It waits until the deadline of the first is over.
    let next = run.next().unwrap();
    let late = run.claim(&json!({ "id": held["id"], "outcome": "ok" }).to_string());
    assert_eq!(late.0, 404);
    upload(&run, &next);
    assert_eq!(run.next(), None);
    let (code, report) = run.end();
    assert_eq!(code, Some(1), "{report:#}");
    let all = report["scenarios"].as_array().unwrap().iter();
    let hung: Vec<_> = all.filter(|entry| entry["claim"] == "hung").collect();
    assert_eq!(hung.len(), 1);
    assert!(broken(hung[0]).contains(&"outcome/no-hang"), "{report:#}");
}

#[test]
fn who_leaves_while_waiting_takes_no_scenario_along() {
    let run = Running::start(&["-s", "happy/one-byte", "-s", "happy/one-slice", "-j", "1"]);
    let held = run.next().unwrap();
    let mut gone = TcpStream::connect(&run.address).unwrap();
    gone.write_all(b"GET /__slicecheck/next HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    drop(gone);
    upload(&run, &held);
    assert_eq!(play(&run), 1);
    assert_eq!(run.end().0, Some(0));
}

#[test]
fn a_plan_that_nobody_asks_ends_and_says_where_it_was() {
    let output = slicecheck(&["run", "--plan", "-s", "happy/*", "-j", "2", "--deadline", "1s"]);
    let (text, said) =
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).into();
    assert_eq!(output.status.code(), Some(3), "{text}");
    let address = said.split("GET ").nth(1).unwrap().lines().next().unwrap();
    assert!(text.contains(&format!("nobody asked for a scenario at {address} for 1s")), "{text}");
    assert!(text.contains("the client that asked the plan: could not be judged"), "{text}");
}

#[test]
fn what_is_no_claim_and_no_request_of_a_plan_is_refused() {
    let run = Running::start(&["-s", "happy/one-byte", "-j", "1"]);
    let words = run.next().unwrap();
    for (claim, status) in [
        ("", 400),
        ("[]", 400),
        ("{", 400),
        ("{\"id\":77,\"outcome\":\"ok\"}", 404),
        ("{\"id\":\"1\",\"outcome\":\"ok\"}", 404),
        ("{\"outcome\":\"ok\"}", 404),
        (&*format!("{{\"id\":1,\"detail\":\"{}\"}}", "x".repeat(2 << 20)), 400),
    ] {
        assert_eq!(run.claim(claim).0, status, "{claim:.80}");
    }
    for path in ["/", "/__slicecheck/file/0", "/__slicecheck/file/x", "/__slicecheck/files/../a"] {
        assert_eq!(run.get(path).0, 404, "{path}");
    }
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20));
    assert!(!run.hear(&long).starts_with(b"HTTP/1.1 2"));
    assert!(!run.hear("no HTTP at all\r\n\r\n").starts_with(b"HTTP/1.1 2"));
    let preflight = "OPTIONS /__slicecheck/claim HTTP/1.1\r\nOrigin: http://a\r\nHost: h\r\n\
                     Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n";
    assert_eq!(run.say(preflight).0, 204);
    upload(&run, &words);
    assert_eq!(run.next(), None);
    assert_eq!(run.end().0, Some(0));
}

#[test]
fn an_outcome_that_is_not_known_is_told_to_both_sides() {
    let run = Running::start(&["-s", "happy/one-byte", "-j", "1"]);
    let id = &run.next().unwrap()["id"];
    let (status, why) = run.claim(&json!({ "id": id, "outcome": "done" }).to_string());
    assert_eq!(status, 400);
    assert!(why.contains("the outcome \"done\" is not known"), "{why}");
    assert_eq!(run.next(), None);
    let (code, report) = run.end();
    assert_eq!(code, Some(3), "{report:#}");
    let entry = scenario(&report, "happy/one-byte");
    assert_eq!(entry["verdict"], "harness-error");
    assert!(entry.to_string().contains("is not known"), "{entry:#}");
}

#[test]
fn a_page_and_files_for_browsers_are_served() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("driver.js"), "export const upload = 1;").unwrap();
    let path = folder.path().to_str().unwrap();
    let run = Running::start(&["-s", "happy/one-byte", "--serve", path]);
    let (status, page) = run.get("/__slicecheck/?driver=%3Cscript%3E");
    assert_eq!(status, 200);
    assert!(!String::from_utf8(page).unwrap().contains("%3Cscript"), "nothing foreign is in it");
    let module = run.get("/__slicecheck/files/driver.js");
    assert_eq!(module, (200, b"export const upload = 1;".to_vec()));
    assert_eq!(run.get("/__slicecheck/files/none.js").0, 404);
    let words = run.next().unwrap();
    upload(&run, &words);
    assert_eq!(run.next(), None);
    assert_eq!(run.end().0, Some(0));
}

#[test]
fn a_replay_line_has_the_address_at_which_a_plan_was_listened() {
    let replay = |options: &[&str]| {
        let run = Running::start(&[&["-s", "happy/one-byte"], options].concat());
        let words = run.next().unwrap();
        let claim = json!({ "id": words["id"], "outcome": "api_error" }).to_string();
        assert_eq!(run.claim(&claim), (204, String::new()));
        assert_eq!(run.next(), None);
        let (_, report) = run.end();
        let replay = scenario(&report, "happy/one-byte")["replay_command"].to_string();
        replay.replace("\",\"", " ")
    };
    let line = replay(&["--listen", "127.0.0.1:0"]);
    assert!(line.contains("run --plan --listen 127.0.0.1:0 --replay "), "{line}");
    let line = replay(&[]);
    assert!(line.contains("run --plan --replay "), "{line}");
}

#[test]
fn a_plan_without_a_place_to_listen_is_an_error_of_usage() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for options in [
        &["--plan", "--listen", &*address] as &[&str],
        &["--plan", "--serve", "/nonexistent/folder"],
        &["--plan", "--listen", "nowhere"],
        &["--listen", "127.0.0.1:0"],
        &["--plan", "--driver", "--", "true"],
    ] {
        let output = slicecheck(&[&["run", "-s", "happy/one-byte"], options].concat());
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(!output.stderr.is_empty());
    }
}
