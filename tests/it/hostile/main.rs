//! Clients and drivers that do what none should: the suite has to end, to stay small, to leave nothing
//! behind, and to tell what was wrong. `tests/it/robustness.rs` says what of each.
//!
//! ```sh
//! cargo build --example hostile
//! cargo run -- run --deadline 2s -s happy/one-byte -- target/debug/examples/hostile one-byte-a-second
//! ```
//!
//! Without an argument it lists what it can do. The standard library is all that it uses: nothing here
//! is right by way of the code that it is to test.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "clients print")]
#![expect(clippy::exit, reason = "the exit status is the claim")]

mod driver;
mod escape;
mod flood;
mod forger;
mod garbage;
mod output;
mod slow;
mod wire;
mod wrong;

use std::io;
use std::process::exit;

/// One way of misbehaving: its name, what it does, and how, given the arguments after the name.
type Behaviour = (&'static str, &'static str, fn(&[String]) -> io::Result<()>);

/// How a client ends that says nothing else about itself.
const FAILED: i32 = 1;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let behaviours = [
        slow::BEHAVIOURS,
        flood::BEHAVIOURS,
        garbage::BEHAVIOURS,
        escape::BEHAVIOURS,
        output::BEHAVIOURS,
        forger::BEHAVIOURS,
        driver::BEHAVIOURS,
        wrong::BEHAVIOURS,
    ];
    let behaviours = behaviours.concat();
    let Some((asked, arguments)) = arguments.split_first() else {
        for (name, summary, _) in &behaviours {
            println!("{name:<24} {summary}");
        }
        return Ok(());
    };
    let Some((_, _, act)) = behaviours.iter().find(|(name, _, _)| name == asked) else {
        eprintln!("unknown behaviour {asked:?}");
        exit(2);
    };
    act(arguments)?;
    exit(FAILED)
}
