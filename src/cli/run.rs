//! `slicecheck run`.

use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use slicecheck::harness::{self, Options, Subject};
use slicecheck::report::screen::Screen;
use slicecheck::report::{Report, RunEnd, ScenarioResult};
use slicecheck::scenario::Scenario;

use super::output::Opened;
use super::signals::Signals;
use super::supervise::supervise;
use super::{Run, Via, files, selection};
use crate::exit::Exit;

/// Runs and judges; people's text goes to `text`, unless a report takes stdout.
pub(crate) fn run(run: &Run, signals: &Signals, out: &mut Screen, err: &mut Screen) -> Exit {
    let begun = selection::chosen(run).and_then(|chosen| {
        try_temporary_folder(run)?;
        Ok((chosen, Opened::new(&run.options, run.write_known.as_deref())?))
    });
    let (chosen, mut opened) = match begun {
        Ok(begun) => begun,
        Err(refused) => return refused.tell(err),
    };
    let seed = run.replay.as_ref().map_or(run.seed, |replay| replay.seed);
    let mut report = Report {
        command: run.client.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        seed,
        replay_options: replay_options(run),
        strict: run.options.strict,
        known: opened.take_known(),
        end: RunEnd::Complete,
        resembles: None,
        results: Vec::new(),
    };
    let keep = |result: &ScenarioResult| opened.keep(&report, result);
    (report.results, report.end) = results(run, &chosen, seed, signals, keep, err);
    opened.write(report, out, err)
}

/// A program finds its file in the folder for temporary files.
fn try_temporary_folder(run: &Run) -> Result<(), String> {
    if run.client.is_empty() {
        return Ok(());
    }
    files::try_folder(&std::env::temp_dir()).map_err(|error| format!("TMPDIR: {error}"))
}

fn subject(run: &Run) -> Subject {
    match run.client.as_slice() {
        [] => Subject::Reference,
        command if run.driver => Subject::Driver(command.to_vec()),
        command => Subject::Command(command.to_vec()),
    }
}

fn options(run: &Run, seed: u64) -> Options {
    Options {
        jobs: run.jobs.unwrap_or_else(|| available_parallelism().unwrap_or(NonZeroUsize::MIN)),
        deadline: run.deadline,
        via: match run.via {
            Via::Endpoint => harness::Via::Endpoint,
            Via::Proxy => harness::Via::Proxy,
        },
        seed,
    }
}

/// The results in order, and how the run ended.
///
/// Each scenario is judged while others run, handed to `keep`, and let go of.
fn results(
    run: &Run,
    chosen: &[Arc<Scenario>],
    seed: u64,
    signals: &Signals,
    keep: impl Fn(&ScenarioResult),
    err: &mut Screen,
) -> (Vec<ScenarioResult>, RunEnd) {
    let progress = io::stderr().is_terminal();
    let mut results: Vec<ScenarioResult> = Vec::new();
    let on_result = |mut result: ScenarioResult| {
        if progress {
            let (number, all) = (results.len().saturating_add(1), chosen.len());
            // The report tells it again; a terminal that is gone is no reason to stop.
            let _ = err.replace_line(format_args!("[{number}/{all}] {}", result.scenario.id));
        }
        keep(&result);
        if let Ok(judged) = &mut result.judged {
            judged.release();
        }
        results.push(result);
    };
    let end = supervise(chosen.to_vec(), subject(run), options(run, seed), signals, on_result);
    if progress {
        let _ = err.replace_line(format_args!(""));
    }
    let place = |result: &ScenarioResult| chosen.iter().position(|it| it.id == result.scenario.id);
    results.sort_by_key(place);
    (results, end)
}

/// Options that change what the client meets, for the replay line.
fn replay_options(run: &Run) -> Vec<String> {
    let mut options = Vec::new();
    if run.driver {
        options.push("--driver".to_owned());
    }
    if run.via == Via::Proxy {
        options.extend(["--via".to_owned(), "proxy".to_owned()]);
    }
    if run.options.strict {
        options.push("--strict".to_owned());
    }
    if run.deadline != Duration::from_secs(30) {
        let deadline = humantime::format_duration(run.deadline).to_string().replace(' ', "");
        options.extend(["--deadline".to_owned(), deadline]);
    }
    options
}
