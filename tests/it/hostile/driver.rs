//! Drivers that do not keep to the contract. Each must be told what is wrong with its answer.

use std::io::{self, BufRead};
use std::process::exit;
use std::thread::sleep;
use std::time::Duration;

use super::Behaviour;
use super::wire::wait_for_ever;

pub(crate) const BEHAVIOURS: &[Behaviour] = &[(
    "driver",
    "MANNER: silent, wrong-hello, gullible, long, endless-line, other-id, no-id, unknown-outcome, \
     no-outcome, no-json, dies, closes, late, chatters, stays",
    |arguments| drive(arguments.first().map_or("", String::as_str)),
)];

/// Answers hello and canary, and then as badly as asked.
fn drive(manner: &str) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let line = line?;
        let id = id(&line);
        if line.contains("\"hello\"") {
            match manner {
                "silent" => wait_for_ever(),
                "wrong-hello" => println!("[\"hello\"]"),
                _ => println!("{{\"name\":\"hostile\",\"version\":\"1\"}}"),
            }
        } else if line.contains("slicecheck_canary") {
            let outcome = if manner == "gullible" { "ok" } else { "unsupported" };
            println!("{{\"id\":{id},\"outcome\":\"{outcome}\"}}");
        } else {
            answer(manner, id);
        }
    }
    if manner == "stays" {
        wait_for_ever();
    }
    exit(0)
}

fn answer(manner: &str, id: u64) {
    match manner {
        "long" => {
            let detail = "x".repeat(100 << 10);
            println!("{{\"id\":{id},\"outcome\":\"api_error\",\"detail\":\"{detail}\"}}");
        }
        "endless-line" => loop {
            print!("{}", "x".repeat(1 << 16));
        },
        "other-id" => println!("{{\"id\":{},\"outcome\":\"ok\"}}", id + 1),
        "no-id" => println!("{{\"outcome\":\"ok\"}}"),
        "unknown-outcome" => println!("{{\"id\":{id},\"outcome\":\"success\"}}"),
        "no-outcome" => println!("{{\"id\":{id}}}"),
        "no-json" => println!("{{'id':{id},'outcome':'ok'}}"),
        "dies" => exit(3),
        "closes" => {
            // The shell takes this process's place at the same pipes, and closes one.
            use std::os::unix::process::CommandExt;
            let error = std::process::Command::new("sh")
                .args(["-c", "exec >&-; while read -r line; do :; done"])
                .exec();
            eprintln!("{error}");
            exit(3)
        }
        "late" => {
            sleep(Duration::from_secs(3));
            println!("{{\"id\":{id},\"outcome\":\"ok\"}}");
        }
        "chatters" => loop {
            println!("line {id}");
        },
        _ => println!("{{\"id\":{id},\"outcome\":\"unsupported\"}}"),
    }
}

/// The number after `"id":`.
fn id(line: &str) -> u64 {
    let after = line.split_once("\"id\":").map_or("", |(_, after)| after);
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    after[..end].parse().unwrap_or(0)
}
