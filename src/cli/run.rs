//! `slicecheck run`.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::sync::mpsc;
use std::thread::available_parallelism;
use std::time::Duration;

use globset::GlobSetBuilder;
use slicecheck::harness::{self, Options, Subject};
use slicecheck::report::screen::Screen;
use slicecheck::report::{Failure, Judged, Report, ScenarioResult};
use slicecheck::scenario::{Scenario, scenarios};

use super::telling::{Opened, unless_closed};
use super::{Run, Via, known};
use crate::exit::Exit;

/// Runs and judges; people's text goes to `text`, unless a report takes stdout.
pub(crate) fn run(run: &Run, out: &mut Screen, err: &mut Screen) -> io::Result<Exit> {
    let chosen = match chosen(run) {
        Ok(chosen) => chosen,
        Err(error) => {
            writeln!(err, "error: {error}")?;
            return Ok(Exit::Usage);
        }
    };
    if chosen.is_empty() {
        let globs: Vec<_> = run.scenarios.iter().map(globset::Glob::glob).collect();
        writeln!(err, "error: no scenario matches {}; see slicecheck scenarios", globs.join(", "))?;
        return Ok(Exit::NotExercised);
    }
    let mut opened = match Opened::new(&run.telling) {
        Ok(opened) => opened,
        Err(error) => {
            writeln!(err, "error: {error}")?;
            return Ok(Exit::Usage);
        }
    };
    let drafted = match run.write_known.as_ref().map(|path| (path, File::create_new(path))) {
        Some((path, Err(error))) => {
            writeln!(err, "error: {}: {error}", path.display())?;
            return Ok(Exit::Usage);
        }
        drafted => drafted.and_then(|(_, file)| file.ok()),
    };
    let seed = run.replay.as_ref().map_or(run.seed, |replay| replay.seed);
    let mut report = Report {
        command: run.client.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        seed,
        replay_options: replay_options(run),
        strict: run.telling.strict,
        known: opened.take_known(),
        interrupted: false,
        resembles: None,
        results: Vec::new(),
    };
    let keep = |result: &ScenarioResult| opened.keep(&report, result);
    (report.results, report.interrupted) = results(run, &chosen, seed, keep, err)?;
    if let Some(file) = drafted {
        known::draft(&report, file)?;
    }
    opened.write(report, out, err)
}

fn chosen(run: &Run) -> Result<Vec<&'static Scenario>, globset::Error> {
    if let Some(replay) = &run.replay {
        return Ok(scenarios().filter(|scenario| scenario.id == replay.scenario).collect());
    }
    let mut globs = GlobSetBuilder::new();
    for glob in &run.scenarios {
        globs.add(glob.clone());
    }
    let globs = globs.build()?;
    let asked = |id: &str| run.scenarios.is_empty() || globs.is_match(id);
    // What a fault scenario finds counts only beside its control.
    let controls: Vec<_> =
        scenarios().filter(|scenario| asked(scenario.id)).flat_map(Scenario::controls).collect();
    let wanted = |scenario: &&Scenario| {
        asked(scenario.id) || controls.iter().any(|control| control.id == scenario.id)
    };
    Ok(scenarios().filter(wanted).collect())
}

/// The results in order, and whether a signal ended the run before its end.
///
/// Each scenario is judged while others run, handed to `keep`, and let go of.
fn results(
    run: &Run,
    chosen: &[&'static Scenario],
    seed: u64,
    keep: impl Fn(&ScenarioResult) -> io::Result<()> + Send,
    err: &mut Screen,
) -> io::Result<(Vec<ScenarioResult>, bool)> {
    let subject = match run.client.as_slice() {
        [] => Subject::Reference,
        command if run.driver => Subject::Driver(command.to_vec()),
        command => Subject::Command(command.to_vec()),
    };
    let options = Options {
        jobs: run.jobs.unwrap_or_else(|| available_parallelism().unwrap_or(NonZeroUsize::MIN)),
        deadline: run.deadline,
        via: match run.via {
            Via::Endpoint => harness::Via::Endpoint,
            Via::Proxy => harness::Via::Proxy,
        },
        seed,
    };
    let progress = io::stderr().is_terminal();
    let runtime = tokio::runtime::Runtime::new()?;
    let (mut results, finished) = std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let judge = scope.spawn(move || {
            let results = receiver.into_iter().map(|run| {
                let mut result = judged(run);
                keep(&result)?;
                if let Ok(judged) = &mut result.judged {
                    judged.release();
                }
                Ok(result)
            });
            results.collect::<io::Result<Vec<_>>>()
        });
        let mut number = 0;
        let harness = harness::run(chosen, &subject, &options, |run| {
            number += 1;
            if progress {
                let all = chosen.len();
                // The report tells it again; a terminal that is gone is no reason to stop.
                let _ = err.replace_line(format_args!("[{number}/{all}] {}", run.scenario.id));
            }
            // Fails if the judge has given up, which is told when it is asked.
            let _ = sender.send(run);
        });
        let finished = runtime.block_on(async {
            tokio::select! {
                () = harness => true,
                () = interrupted() => false,
            }
        });
        drop(sender);
        let results = judge.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok::<_, io::Error>((results, finished))
    })?;
    if progress {
        unless_closed(err.replace_line(format_args!("")))?;
    }
    let place = |result: &ScenarioResult| chosen.iter().position(|it| it.id == result.scenario.id);
    results.sort_by_key(place);
    Ok((results, !finished))
}

fn judged(run: harness::Run) -> ScenarioResult {
    let judged = run
        .result
        .map(Judged::new)
        .map_err(|error| Failure { not_started: error.is_unusable(), message: error.to_string() });
    let harness::Run { scenario, stdout, stderr, elapsed, .. } = run;
    ScenarioResult { scenario, judged, elapsed, stdout, stderr }
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
    if run.telling.strict {
        options.push("--strict".to_owned());
    }
    if run.deadline != Duration::from_secs(30) {
        let deadline = humantime::format_duration(run.deadline).to_string().replace(' ', "");
        options.extend(["--deadline".to_owned(), deadline]);
    }
    options
}

#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = |kind| async move {
        match signal(kind) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::hangup()) => {}
    }
}
