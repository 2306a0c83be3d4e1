//! `slicecheck run`.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use slicecheck::harness::{self, HarnessError, Introduction, Options, Subject, Tls};
use slicecheck::report::screen::Screen;
use slicecheck::results::{self, Judged, JudgedScenario, Played, RunEnd};
use slicecheck::scenario::Scenario;

use super::output::Opened;
use super::progress::{Done, Progress};
use super::selection::Asked;
use super::signals::Signals;
use super::supervise::supervise;
use super::{Run, ViaOption, anchor, files, plan, selection};
use crate::exit::Exit;

/// Runs and judges; people's text goes to `out`, unless a report takes stdout.
pub(crate) fn run(run: &Run, signals: &Signals, out: &mut Screen, err: &mut Screen) -> Exit {
    let begun = selection::chosen(run).and_then(|Asked { scenarios, controls, case }| {
        let (chosen, shard) = selection::part(scenarios, run.shard)?;
        let ids: Vec<_> = chosen.iter().map(|scenario| scenario.id.as_str()).collect();
        let required = selection::required(run, &ids)?;
        try_temporary_folder(run)?;
        let seed = run.replay.as_ref().map_or(run.seed, |replay| replay.seed);
        let options = options(run, seed).map_err(|error| error.to_string())?;
        let own = case.as_ref().map(|case| case.scenario.as_str());
        let opened = Opened::new(&run.options, run.write_known.as_deref(), own)?;
        let opened = opened.requiring(required);
        // The subject comes last: it says where the plan is, which no error should follow.
        Ok((chosen, (controls, case), shard, options, opened, subject(run, err)?))
    });
    let (chosen, (controls, case), shard, options, opened, subject) = match begun {
        Ok(begun) => begun,
        Err(refused) => return refused.tell(err),
    };
    let command: Vec<_> =
        run.client.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let counts = |id: &str| shard.as_ref().is_none_or(|shard| shard.counts(id));
    let selected = Some(chosen.iter().filter(|scenario| counts(&scenario.id)).count());
    let info = results::Run {
        anchor: anchor::of(&run.options, &command),
        stand_in: anchor::stand_in(),
        name: run.options.name.clone(),
        version: None,
        command,
        seed: options.seed,
        replay_options: replay_options(run),
        case,
        shard: shard.clone(),
        selected,
        unplayed: Vec::new(),
        controls,
    };
    let introduced = || results::Run {
        name: info.name.clone().or_else(|| options.introduction.name().map(str::to_owned)),
        version: options.introduction.version().map(str::to_owned),
        ..info.clone()
    };
    // Whose scenario has ended has been introduced.
    let keep = |played: &Played| {
        if counts(&played.scenario.id) {
            opened.keep(&introduced(), played);
        }
    };
    let fails = |judged: &JudgedScenario, all: &[JudgedScenario]| {
        counts(judged.id()) && opened.fails(judged, all)
    };
    let (judged, end) =
        judge_all(run, &chosen, (&subject, &options), signals, (&keep, &fails), err);
    let is_judged = |id: &str| judged.iter().any(|judged| judged.id() == id);
    let ids = chosen.iter().map(|scenario| &scenario.id);
    let unplayed = ids.filter(|id| counts(id) && !is_judged(id)).cloned().collect();
    opened.write(results::Run { unplayed, ..introduced() }, end, judged, out, err)
}

/// A program finds its file in the folder for temporary files.
fn try_temporary_folder(run: &Run) -> Result<(), String> {
    if run.client.is_empty() {
        return Ok(());
    }
    files::try_folder(&std::env::temp_dir()).map_err(|error| format!("TMPDIR: {error}"))
}

fn subject(run: &Run, err: &mut Screen) -> Result<Subject, String> {
    Ok(match run.client.as_slice() {
        [] if run.plan.plan && run.via == ViaOption::Hosts => {
            return Err("--plan: who fetches a scenario is on no known machine, so --via hosts \
                cannot lead it to the service"
                .to_owned());
        }
        [] if run.plan.plan => Subject::Plan(plan::listen(&run.plan, err)?),
        [] => Subject::reference(),
        command if run.driver => Subject::Driver(command.to_vec()),
        command => Subject::Command(command.to_vec()),
    })
}

/// How it is run; what that takes is made here.
fn options(run: &Run, seed: u64) -> Result<Options, HarnessError> {
    let is_built_in = run.client.is_empty() && !run.plan.plan;
    Ok(Options {
        jobs: run.jobs.unwrap_or_else(|| harness::usual_jobs(is_built_in)),
        deadline: run.deadline,
        patience: run.patience,
        via: run.via.open()?,
        tls: if run.tls { Some(Tls::new()?) } else { None },
        seed,
        introduction: Introduction::default(),
    })
}

/// Whether a scenario fails, as far as the others show.
type Fails<'a> = dyn Fn(&JudgedScenario, &[JudgedScenario]) -> bool + 'a;

/// The judged scenarios in order, and how the run ended.
///
/// Each scenario is judged while others run, handed to `keep`, and let go of; `fails` says whether it counts
/// for `--max-fail`.
fn judge_all(
    run: &Run,
    chosen: &[Arc<Scenario>],
    (subject, options): (&Subject, &Options),
    signals: &Signals,
    (keep, fails): (&dyn Fn(&Played), &Fails),
    err: &mut Screen,
) -> (Vec<JudgedScenario>, RunEnd) {
    let mut progress = Progress::new(run.options.quiet);
    let mut all: Vec<JudgedScenario> = Vec::new();
    let mut record = |all: &mut Vec<JudgedScenario>, judged: JudgedScenario, played| {
        // The report tells it again.
        let number = all.len().saturating_add(1);
        let done = Done { number, all: chosen.len() };
        progress.tell(Some(done), format_args!("{}", judged.id()), err);
        Option::iter(&played).for_each(keep);
        all.push(judged);
        let is_enough = |most: NonZeroUsize| {
            all.iter().filter(|judged| fails(judged, all)).count() >= most.get()
        };
        match run.max_fail {
            Some(most) if is_enough(most) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    };
    let mut play = |scenarios: Vec<Arc<Scenario>>, all: &mut Vec<JudgedScenario>| {
        let on_judged = |judged, played| record(all, judged, played);
        supervise(scenarios, subject.clone(), options.clone(), signals, on_judged)
    };
    // Whether a client resumes is known once the controls were played.
    let (later, first): (Vec<_>, Vec<_>) =
        chosen.iter().cloned().partition(|scenario| waits_for_its_control(scenario, chosen));
    let mut end = play(first, &mut all);
    if end == RunEnd::Complete && !later.is_empty() {
        let (resumed, others): (Vec<_>, Vec<_>) =
            later.into_iter().partition(|scenario| has_resumed_control(scenario, &all));
        for scenario in others {
            let transcript =
                scenario.unplayed(options.seed, "the client did not resume its control");
            all.push(JudgedScenario::of(scenario, &transcript));
        }
        if !resumed.is_empty() {
            end = play(resumed, &mut all);
        }
    }
    // Where a run is cut short, nobody waits for those who may still ask.
    if let (Subject::Plan(plan), RunEnd::Complete) = (subject, &end) {
        plan.finish();
    }
    signals.tell_nobody();
    harness::end_runs();
    progress.end();
    let place = |judged: &JudgedScenario| chosen.iter().position(|it| it.id == judged.id());
    all.sort_by_key(place);
    (all, end)
}

/// Whether a scenario is only played once its control was.
fn waits_for_its_control(scenario: &Scenario, chosen: &[Arc<Scenario>]) -> bool {
    let control = |other: &Arc<Scenario>| scenario.control.as_ref() == Some(&other.id);
    scenario.needs_resuming() && chosen.iter().any(control)
}

/// Whether the client was seen to resume, in the control of a scenario.
fn has_resumed_control(scenario: &Scenario, all: &[JudgedScenario]) -> bool {
    let mut controls = all.iter().filter(|other| scenario.control.as_deref() == Some(other.id()));
    controls.any(|control| control.judged.as_ref().is_ok_and(Judged::is_exercised))
}

/// Options that change what the client meets, for the replay line.
fn replay_options(run: &Run) -> Vec<String> {
    let mut options = Vec::new();
    if run.driver {
        options.push("--driver".to_owned());
    }
    if run.plan.plan {
        options.push("--plan".to_owned());
    }
    if let Some(address) = run.plan.listen {
        options.extend(["--listen".to_owned(), address.to_string()]);
    }
    if let Some(folder) = &run.plan.serve {
        options.extend(["--serve".to_owned(), folder.to_string_lossy().into_owned()]);
    }
    options.extend(run.via.replay_options());
    if run.tls {
        options.push("--tls".to_owned());
    }
    for pattern in &run.options.rules {
        options.extend(["--rule".to_owned(), pattern.text()]);
    }
    if run.options.strict {
        options.push("--strict".to_owned());
    }
    if run.deadline != Duration::from_secs(30) {
        options.extend(["--deadline".to_owned(), in_one_word(run.deadline)]);
    }
    if let Some(patience) = run.patience {
        options.extend(["--patience".to_owned(), in_one_word(patience)]);
    }
    options
}

pub(super) fn in_one_word(time: Duration) -> String {
    humantime::format_duration(time).to_string().replace(' ', "")
}
