//! What whole runs cost: all scenarios in memory, over sockets, and with one process per scenario; and what each
//! report takes on a client that fails everywhere.
//!
//! Everything is measured in one run on one machine. Nothing fails here; the aims are for people. The
//! last rows need `python3`, or are left out.
#![expect(clippy::print_stdout, reason = "a table is what this program is for")]

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use slicecheck::harness::{Event, Introduction, Options, Run, Subject, Via, run};
use slicecheck::protocol::{Op, Stored};
use slicecheck::report::{FORMATS, View, Writer};
use slicecheck::results::{self, Judged, JudgedScenario, Results, RunEnd, Terms};
use slicecheck::rules::judge;
use slicecheck::scenario::{Scenario, scenarios};

fn main() {
    let all: Vec<Arc<Scenario>> = scenarios().cloned().collect();
    println!("{} scenarios, {} jobs", all.len(), jobs());
    println!("{:<58} {:>10}  aim", "what", "takes");
    row("play and judge all, in memory", &seconds(in_memory(&all)), "≤ 2 s");
    let failing = failing_in_memory(&all);
    for format in FORMATS {
        if let Writer::Document(write) = format.writer {
            let begin = Instant::now();
            write(&failing, View::default(), &mut std::io::sink()).expect("a sink takes all bytes");
            row(
                &format!("  {} of one that fails everywhere", format.name),
                &seconds(begin.elapsed()),
                "≤ 1 s",
            );
        }
    }
    let reference = over_sockets(&all, &Subject::reference());
    row("run and judge the built-in client, over sockets", &seconds(reference.wall), "≤ 15 s");
    let conforming = over_sockets(&all, &python("conforming.py"));
    if conforming.runs == 0 {
        return println!("no python3: the rest is left out");
    }
    let failing = over_sockets(&all, &python("failing.py"));
    let overhead = conforming.wall.as_secs_f64() * f64::from(jobs().get())
        / conforming.processes.as_secs_f64()
        - 1.0;
    row("a client in Python, a process per scenario", &seconds(conforming.wall), "");
    row("  more than its processes take, by jobs", &format!("{:.1} %", 100.0 * overhead), "≤ 10 %");
    row("a client that does everything wrong", &seconds(failing.wall), "");
    let ratio = failing.wall.as_secs_f64() / conforming.wall.as_secs_f64();
    row("  as against the one that conforms", &format!("{ratio:.2} ×"), "≤ 3 ×");
}

/// What one run of all scenarios took.
#[derive(Default)]
struct Cost {
    wall: Duration,
    /// The lives of all processes, together.
    processes: Duration,
    /// How many scenarios were run.
    runs: usize,
}

fn in_memory(all: &[Arc<Scenario>]) -> Duration {
    let begin = Instant::now();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..jobs().get() {
            scope.spawn(|| {
                while let Some(scenario) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    std::hint::black_box(judge(&scenario.simulate(1)));
                }
            });
        }
    });
    begin.elapsed()
}

/// All scenarios with a client that sends one slice of the wrong place and stores nothing.
fn failing_in_memory(all: &[Arc<Scenario>]) -> Results {
    let judged = all.iter().map(|scenario| {
        let mut transcript = scenario.simulate(1);
        if let Some(request) = transcript.tamper(&Op::Data, 0) {
            request.edit(|form| form.set("offset", "7"));
        }
        if let Some(outcome) = transcript.outcome.as_mut() {
            outcome.stored = Stored::Absent;
        }
        JudgedScenario::of(scenario.clone(), &transcript)
    });
    let (run, terms) = (results::Run::default(), Terms::default());
    let jobs = NonZeroUsize::new(usize::from(jobs().get())).unwrap_or(NonZeroUsize::MIN);
    Results::resolve(run, terms, RunEnd::Complete, judged.collect(), jobs)
}

fn over_sockets(all: &[Arc<Scenario>], subject: &Subject) -> Cost {
    let options = Options {
        jobs: NonZeroUsize::new(usize::from(jobs().get())).unwrap_or(NonZeroUsize::MIN),
        deadline: Duration::from_secs(30),
        patience: None,
        via: Via::Endpoint,
        tls: None,
        seed: 1,
        introduction: Introduction::default(),
    };
    let begin = Instant::now();
    let mut cost = Cost::default();
    let (sender, receiver) = std::sync::mpsc::channel::<Box<Run>>();
    let runtime = tokio::runtime::Runtime::new().expect("threads for the harness");
    std::thread::scope(|scope| {
        // As `slicecheck run` does it: judged while others run.
        scope.spawn(|| {
            for run in receiver {
                std::hint::black_box(run.result.as_ref().map(Judged::new).is_ok());
                drop(run.share);
            }
        });
        runtime.block_on(run(all, subject, &options, |event| {
            let Event::Ended(run) = event else { return };
            if run.result.is_ok() {
                cost.runs += 1;
                cost.processes += run.elapsed;
            }
            sender.send(run).expect("the judge waits for more");
        }));
        drop(sender);
    });
    Cost { wall: begin.elapsed(), ..cost }
}

fn python(client: &str) -> Subject {
    let there = Command::new("python3").arg("--version").output().is_ok();
    let program = if there { "python3" } else { "no-python3" };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients");
    Subject::Command(vec![OsString::from(program), folder.join(client).into()])
}

fn jobs() -> std::num::NonZeroU16 {
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    u16::try_from(cores)
        .ok()
        .and_then(std::num::NonZeroU16::new)
        .unwrap_or(std::num::NonZeroU16::MIN)
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn row(what: &str, takes: &str, aim: &str) {
    println!("{what:<58} {takes:>10}  {aim}");
}
