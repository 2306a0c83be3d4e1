//! Plays scenarios and judges them on threads of their own, and watches whether they get on.
//!
//! Who watches neither plays nor judges, and depends on no runtime: whatever hangs, the run ends, and
//! what was judged by then is reported.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use slicecheck::harness::{self, Event, HarnessError, MemoryPermit, Options, Run, Subject};
use slicecheck::results::{Failure, JudgedScenario, Played, RunEnd};
use slicecheck::scenario::{Blame, Scenario};
use tokio::sync::oneshot;

use super::signals::Signals;

/// How much longer than the deadline a run may go on without a scenario that begins, ends or is judged.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long scenarios that have ended may take to be judged, once a signal has ended the run.
const LAST_VERDICTS: Duration = Duration::from_secs(2);

/// Something that gets a run on, or ends it.
enum Step {
    Began(Arc<Scenario>),
    Ended(Arc<Scenario>),
    Judged(Box<(JudgedScenario, Option<Played>)>, MemoryPermit),
    /// All scenarios have been played.
    AllPlayed,
    /// All scenarios that were played have been judged.
    AllJudged,
    /// The harness or the judge is gone, and why.
    Broken(HarnessError),
    Signal,
}

/// Plays the scenarios and hands each to `on_judged`: what was judged, and of what. The run ends when that one
/// has seen enough.
///
/// Whoever has no more to play ends what is left of the runs.
pub(super) fn supervise(
    scenarios: Vec<Arc<Scenario>>,
    subject: Subject,
    options: Options,
    signals: &Signals,
    on_judged: impl FnMut(JudgedScenario, Option<Played>) -> ControlFlow<()>,
) -> RunEnd {
    let scenario = options.longest_scenario();
    let patience = scenario.saturating_add(PATIENCE);
    let (steps, progress) = channel();
    let signalled = steps.clone();
    signals.tell(move || signalled.send(Step::Signal).is_ok());
    harness::dedicate_process();
    let (stop, stopped) = oneshot::channel::<()>();
    // Needs no bound: what waits here holds its share of the memory, so that no other scenario begins.
    let (runs, to_judge) = channel();
    let (played, ended) = (steps.clone(), steps.clone());
    spawn("harness", steps.clone(), move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return drop(played.send(Step::Broken(HarnessError::no_thread(&error)))),
        };
        let on_event = |event| {
            let sent = match event {
                Event::Began(scenario) => played.send(Step::Began(scenario)).is_ok(),
                Event::Ended(run) => {
                    // Told before the judge has it: if its verdict came first, it would be taken for
                    // unjudged from then on.
                    played.send(Step::Ended(Arc::clone(&run.scenario))).is_ok()
                        && runs.send(run).is_ok()
                }
            };
            // Nobody is interested any more: who supervises has dropped `stop`, too.
            let _ = sent;
        };
        runtime.block_on(async {
            tokio::select! {
                () = harness::run(&scenarios, &subject, &options, on_event) => {
                    // Fails if the run was given up.
                    let _ = ended.send(Step::AllPlayed);
                }
                _ = stopped => {}
            }
        });
        // A client in the same process may block a thread for ever.
        runtime.shutdown_background();
    });
    let judged = steps.clone();
    spawn("judge", steps, move || {
        for run in to_judge {
            let (result, share) = judge(*run);
            if judged.send(Step::Judged(Box::new(result), share)).is_err() {
                return;
            }
        }
        // Fails if the run was given up.
        let _ = judged.send(Step::AllJudged);
    });
    watch(&progress, patience, stop, on_judged)
}

/// Starts a thread; that it cannot be started, or panics, is a step, too.
fn spawn(name: &str, steps: Sender<Step>, work: impl FnOnce() + Send + 'static) {
    let failed = steps.clone();
    let guarded = move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            // Fails if the run was given up.
            let _ = steps.send(Step::Broken(HarnessError::panicked(&*panic)));
        }
    };
    if let Err(error) = Builder::new().name(name.to_owned()).spawn(guarded) {
        // Who supervises still waits for it.
        let _ = failed.send(Step::Broken(HarnessError::no_thread(&error)));
    }
}

fn judge(run: Run) -> ((JudgedScenario, Option<Played>), MemoryPermit) {
    let Run { scenario, result, stdout, stderr, elapsed, share, .. } = run;
    let judged = match result {
        Ok(transcript) => {
            let played = Played { scenario, transcript, elapsed, stdout, stderr };
            (played.judge(), Some(played))
        }
        Err(error) => {
            let failure = Failure { blame: error.blame(), message: error.to_string() };
            (JudgedScenario { scenario, judged: Err(failure), elapsed, stdout, stderr }, None)
        }
    };
    (judged, share)
}

/// Takes steps until the run ends, by itself, by a signal, or because nothing happens any more. The harness
/// stops when `stop` is dropped.
fn watch(
    progress: &Receiver<Step>,
    patience: Duration,
    stop: oneshot::Sender<()>,
    mut on_judged: impl FnMut(JudgedScenario, Option<Played>) -> ControlFlow<()>,
) -> RunEnd {
    let (mut running, mut unjudged) = (BTreeSet::new(), BTreeSet::new());
    let mut interrupted: Option<Instant> = None;
    let (mut all_played, mut stop) = (false, Some(stop));
    loop {
        let wait =
            // The time after a signal is for all verdicts together, and does not begin again with each.
            interrupted.map_or(patience, |since| LAST_VERDICTS.saturating_sub(since.elapsed()));
        match progress.recv_timeout(wait) {
            Ok(Step::Began(scenario)) => drop(running.insert(scenario.id.clone())),
            Ok(Step::Ended(scenario)) => {
                running.remove(&scenario.id);
                unjudged.insert(scenario.id.clone());
            }
            Ok(Step::Judged(judged, share)) => {
                let (judged, played) = *judged;
                unjudged.remove(judged.id());
                let next = on_judged(judged, played);
                drop(share);
                if next.is_break() && interrupted.is_none() {
                    return RunEnd::Stopped;
                }
            }
            Ok(Step::AllPlayed) => all_played = true,
            Ok(Step::AllJudged) if all_played => return RunEnd::Complete,
            // The harness has ended before its time; why, it is about to say.
            Ok(Step::AllJudged) => {}
            Ok(Step::Signal) => {
                interrupted = Some(Instant::now());
                stop.take();
                // Nothing that runs comes to an end any more.
                running.clear();
            }
            Ok(Step::Broken(error)) => return given_up(error.blame(), error.to_string()),
            Err(_) if interrupted.is_some() => return RunEnd::Interrupted,
            Err(RecvTimeoutError::Timeout) => {
                let detail = where_it_stands(patience, &running, &unjudged);
                return given_up(Blame::Harness, detail);
            }
            Err(RecvTimeoutError::Disconnected) => {
                return given_up(Blame::Harness, "all threads are gone".to_owned());
            }
        }
        if interrupted.is_some() && unjudged.is_empty() {
            return RunEnd::Interrupted;
        }
    }
}

fn given_up(blame: Blame, detail: String) -> RunEnd {
    RunEnd::GivenUp { blame, detail }
}

fn where_it_stands(
    patience: Duration,
    running: &BTreeSet<String>,
    unjudged: &BTreeSet<String>,
) -> String {
    let list = |ids: &BTreeSet<String>| {
        if ids.is_empty() {
            "none".to_owned()
        } else {
            ids.iter().cloned().collect::<Vec<_>>().join(", ")
        }
    };
    format!(
        "nothing has happened for {}; scenarios that run: {}; that wait for a verdict: {}",
        humantime::format_duration(patience),
        list(running),
        list(unjudged)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicecheck::scenario::scenarios;

    const SOON: Duration = Duration::from_millis(20);
    const NEVER: Duration = Duration::from_mins(10);

    fn some() -> [Arc<Scenario>; 2] {
        let mut all = scenarios().cloned();
        [all.next().unwrap(), all.next().unwrap()]
    }

    fn play(steps: Vec<Step>, patience: Duration) -> (RunEnd, Vec<String>) {
        let (sender, progress) = channel();
        for step in steps {
            sender.send(step).unwrap();
        }
        let mut seen = Vec::new();
        let end = watch(&progress, patience, oneshot::channel().0, |judged, _| {
            seen.push(judged.id().to_owned());
            ControlFlow::Continue(())
        });
        (end, seen)
    }

    fn judged(scenario: Arc<Scenario>) -> Step {
        let failure = Failure { blame: Blame::Harness, message: String::new() };
        let judged = JudgedScenario {
            scenario,
            judged: Err(failure),
            elapsed: Duration::ZERO,
            stdout: Vec::new(),
            stderr: Vec::new(),
        };
        Step::Judged(Box::new((judged, None)), MemoryPermit::default())
    }

    #[test]
    fn a_run_in_which_nothing_happens_is_given_up_and_says_where() {
        let [one, other] = some();
        let steps = vec![
            Step::Began(Arc::clone(&one)),
            Step::Began(Arc::clone(&other)),
            Step::Ended(Arc::clone(&one)),
        ];
        let (RunEnd::GivenUp { blame: Blame::Harness, detail }, seen) = play(steps, SOON) else {
            panic!("it is given up")
        };
        assert!(seen.is_empty());
        let expected = format!(
            "nothing has happened for 20ms; scenarios that run: {}; that wait for a verdict: {}",
            other.id, one.id
        );
        assert_eq!(detail, expected);
    }

    #[test]
    fn a_run_that_gets_on_is_not_given_up() {
        let [one, other] = some();
        let steps = vec![
            Step::Began(Arc::clone(&one)),
            Step::Ended(Arc::clone(&one)),
            judged(Arc::clone(&one)),
            judged(Arc::clone(&other)),
            Step::AllPlayed,
            Step::AllJudged,
        ];
        assert_eq!(play(steps, NEVER), (RunEnd::Complete, vec![one.id.clone(), other.id.clone()]));
    }

    #[test]
    fn a_signal_ends_a_run_as_soon_as_what_has_ended_is_judged() {
        let [one, other] = some();
        let steps = || {
            vec![
                Step::Began(Arc::clone(&one)),
                Step::Began(Arc::clone(&other)),
                Step::Ended(Arc::clone(&one)),
                Step::Signal,
            ]
        };
        let mut with_verdict = steps();
        with_verdict.push(judged(Arc::clone(&one)));
        assert_eq!(play(with_verdict, NEVER), (RunEnd::Interrupted, vec![one.id.clone()]));
        // The verdict never comes; nor does the end of the other.
        assert_eq!(play(steps(), NEVER), (RunEnd::Interrupted, vec![]));
    }

    #[test]
    fn a_harness_that_ends_before_its_time_completes_nothing() {
        let [one, _] = some();
        let steps = vec![Step::Began(Arc::clone(&one)), Step::AllJudged];
        assert!(matches!(play(steps, SOON).0, RunEnd::GivenUp { .. }));
        let broken = Step::Broken(HarnessError::Panicked("a bug".to_owned()));
        let (end, _) = play(vec![Step::Began(Arc::clone(&one)), Step::AllJudged, broken], NEVER);
        assert_eq!(end, given_up(Blame::Harness, "the harness panicked: a bug".to_owned()));
    }

    #[test]
    fn a_run_ends_when_enough_was_seen_and_stops_the_harness() {
        let [one, other] = some();
        let (steps, progress) = channel();
        for scenario in [one, other] {
            steps.send(judged(scenario)).unwrap();
        }
        let (stop, stopped) = oneshot::channel::<()>();
        let mut seen = 0;
        let end = watch(&progress, NEVER, stop, |_, _| {
            seen += 1;
            ControlFlow::Break(())
        });
        assert_eq!((end, seen), (RunEnd::Stopped, 1));
        assert!(stopped.blocking_recv().is_err());
    }

    #[test]
    fn a_signal_stops_the_harness() {
        let (steps, progress) = channel();
        let (stop, stopped) = oneshot::channel::<()>();
        steps.send(Step::Signal).unwrap();
        assert_eq!(
            watch(&progress, NEVER, stop, |_, _| ControlFlow::Continue(())),
            RunEnd::Interrupted
        );
        assert!(stopped.blocking_recv().is_err());
    }

    #[test]
    fn a_thread_that_panics_ends_the_run() {
        let (steps, progress) = channel();
        spawn("test", steps, || panic!("a bug of ours"));
        let end = watch(&progress, NEVER, oneshot::channel().0, |_, _| ControlFlow::Continue(()));
        let detail = "the harness panicked: a bug of ours".to_owned();
        assert_eq!(end, given_up(Blame::Harness, detail));
    }
}
