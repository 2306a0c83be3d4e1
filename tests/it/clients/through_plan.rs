//! Clients that fetch their scenarios from a plan.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

/// The report on a client that is started with the address of a plan.
pub(crate) fn judge(options: &[&str], start: impl FnOnce(&str) -> Child) -> Value {
    let mut run = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
    run.args(["run", "--plan", "--report", "json=-", "--jobs", "2", "--deadline", "30s"]);
    let mut run = run.args(options).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(run.stderr.take().unwrap()).lines();
    let address = said.find_map(|line| {
        let line = line.unwrap();
        let (_, address) = line.split_once("http://")?;
        Some(format!("http://{}", address.split('/').next()?))
    });
    thread::spawn(move || said.for_each(drop));
    let player = Ended(start(&address.expect("it is printed")));
    let mut report = Vec::new();
    run.stdout.take().unwrap().read_to_end(&mut report).unwrap();
    run.wait().unwrap();
    drop(player);
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
