//! A driver in Rust: one process per scenario, or one for all with --driver. Your client goes into `upload`.
#![expect(clippy::print_stdout, reason = "a driver answers on its stdout")]

use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Uploads the file at `words["file"]`; an error is a claim of failure.
fn upload(words: &Map<String, Value>) -> Result<(), String> {
    let [endpoint, key] = ["endpoint", "key"].map(|name| words[name].as_str().unwrap_or_default());
    Err(format!("call your client here: {endpoint}{key}"))
}

fn claim(words: &Map<String, Value>) -> (Value, u8) {
    match (words["op"] == "upload").then(|| upload(words)) {
        None => (json!({ "outcome": "unsupported" }), 89),
        Some(Ok(())) => (json!({ "outcome": "ok" }), 0),
        Some(Err(error)) => (json!({ "outcome": "api_error", "detail": error }), 1),
    }
}

fn main() -> ExitCode {
    let name = |name: &str| Some(name.strip_prefix("SLICECHECK_")?.to_lowercase());
    let words = std::env::vars().filter_map(|(k, v)| Some((name(&k)?, json!(v))));
    let words: Map<String, Value> = words.collect();
    if words.contains_key("op") {
        let (said, code) = claim(&words);
        println!("{said}");
        return code.into();
    }
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let words: Map<String, Value> = serde_json::from_str(&line).expect("a line is an object");
        let mut said = json!({ "name": "my driver", "version": "1.0" });
        if let Some(id) = words.get("id") {
            said = claim(&words).0;
            said["id"] = id.clone();
        }
        println!("{said}");
    }
    ExitCode::SUCCESS
}
