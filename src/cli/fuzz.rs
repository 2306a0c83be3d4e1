//! `slicecheck fuzz`.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use clap::Args;
use slicecheck::campaign::{Campaign, Earlier, Find, Plan, Progress};
use slicecheck::client::ClientPolicy;
use slicecheck::harness::{
    self, HarnessError, Introduction, Options, Playlist, Run, Subject, play_list,
};
use slicecheck::report::screen::Screen;
use slicecheck::report::{View, terminal};
use slicecheck::results::{Case, Played, Results, RunEnd, RunVerdict, Terms};
use slicecheck::scenario::{Blame, Scenario, Simulation};
use slicecheck::spec::Level;
use tokio::sync::oneshot;

use super::files::{self, Folder};
use super::output::unless_closed;
use super::signals::Signals;
use super::{Via, input, positive_duration, width};
use crate::exit::Exit;

/// How long a campaign looks for something new, if nothing is said.
const TIME: Duration = Duration::from_mins(1);
/// How much longer than that it may take to make finds smaller and to compare them, at the least.
const ENDING: Duration = Duration::from_mins(2);
/// How often progress is told where that is no terminal, and where it is.
const RARELY: Duration = Duration::from_secs(10);
const OFTEN: Duration = Duration::from_millis(200);
/// A file of a find may have this many bytes.
const MOST_BYTES: u64 = 4 << 20;

/// Options of `fuzz`.
#[derive(Debug, Args)]
#[command(after_help = "\
The client is started as by `run`, or stays with --driver, which is many times faster. Each find is a file for \
`run --case`. What was found before is played first.

Exit codes: 0 nothing was found; 1 something was found, or is still there; 2 usage; 3 the client does not complete an \
upload in which nothing goes wrong; 4 it does not support it; 70 our own fault; 130 interrupted.")]
pub(crate) struct Fuzz {
    /// How long to look for something new [default: 1m]
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    time: Option<Duration>,
    /// How many setups to try, whatever time that takes
    #[arg(long, value_name = "NUMBER", conflicts_with = "time")]
    runs: Option<usize>,
    /// Where all decisions, contents and credentials come from
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How many scenarios run at a time [default: number of cores]
    #[arg(short, long)]
    jobs: Option<NonZeroUsize>,
    /// How long the client may take for a scenario
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = positive_duration)]
    deadline: Duration,
    /// Start the client once and tell it what to do in lines of JSON on its stdin
    #[arg(long, requires = "client")]
    driver: bool,
    /// How the client finds the service: by its address, or through an HTTP proxy
    #[arg(long, value_name = "HOW", default_value = "endpoint")]
    via: Via,
    /// Where finds are kept
    #[arg(long, value_name = "FOLDER", default_value = "slicecheck-finds")]
    finds: PathBuf,
    /// How much is done.
    #[command(flatten)]
    extent: Extent,
    /// Print each find as an entry for the catalogue, too
    #[arg(long)]
    export_scenario: bool,
    /// Show signatures and keys as they are
    #[arg(long)]
    show_secrets: bool,
    /// The client and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) client: Vec<OsString>,
}

/// How much a campaign does.
#[derive(Clone, Copy, Debug, Args)]
struct Extent {
    /// Do not play the catalogue to see whether it shows the same
    #[arg(long)]
    skip_comparison: bool,
    /// Try nothing new once something was found
    #[arg(long)]
    stop_at_first: bool,
}

/// A campaign that is being played.
struct Player<'a, 'b> {
    campaign: Campaign,
    begun: Instant,
    /// When nothing new is tried any more.
    until: Option<Duration>,
    told: Instant,
    is_terminal: bool,
    /// Why a scenario could not be played.
    failed: Option<HarnessError>,
    err: &'a mut Screen<'b>,
}

/// Looks for setups in which the client breaks something, and keeps what it finds.
pub(crate) fn fuzz(fuzz: &Fuzz, signals: &Signals, out: &mut Screen, err: &mut Screen) -> Exit {
    let earlier = match earlier(&fuzz.finds) {
        Ok(earlier) => earlier,
        Err(message) => {
            // Nothing is left to tell it to, should this fail.
            let _ = writeln!(err, "error: {message}");
            return Exit::Usage;
        }
    };
    let plan = Plan {
        seed: fuzz.seed,
        most: fuzz.runs,
        has_feedback: true,
        compares: !fuzz.extent.skip_comparison,
        stops_at_first: fuzz.extent.stop_at_first,
    };
    let mut player = Player {
        campaign: Campaign::new(plan, earlier),
        begun: Instant::now(),
        until: fuzz.runs.is_none().then(|| fuzz.time.unwrap_or(TIME)),
        told: Instant::now(),
        is_terminal: io::stderr().is_terminal(),
        failed: None,
        err,
    };
    let is_interrupted = if fuzz.client.is_empty() {
        player.play_in_memory(fuzz.seed, signals)
    } else {
        player.play(fuzz, signals)
    };
    signals.tell_nobody();
    harness::end_runs();
    if player.is_terminal {
        let _ = player.err.replace_line(format_args!(""));
    }
    let Player { mut campaign, begun, failed, .. } = player;
    campaign.end();
    let written = unless_closed(tell(fuzz, &campaign, begun.elapsed(), out));
    let kept = keep(fuzz, &campaign);
    for message in written.err().map(|error| error.to_string()).into_iter().chain(kept.err()) {
        let _ = writeln!(err, "error: {message}");
    }
    let verdict = verdict(&campaign, failed.as_ref(), is_interrupted);
    if let Some(error) = failed {
        let _ = writeln!(err, "error: {error}");
    } else if verdict == RunVerdict::Unjudged {
        let message =
            "the client completes no upload in which nothing goes wrong; judge it with `run` first";
        let _ = writeln!(err, "error: {message}");
    }
    verdict.into()
}

fn verdict(campaign: &Campaign, failed: Option<&HarnessError>, is_interrupted: bool) -> RunVerdict {
    let is_there = |earlier: &Earlier| earlier.is_mended == Some(false);
    let found = campaign.finds().iter().any(|find| find.is_steady && find.level() == Level::Must);
    if is_interrupted {
        RunVerdict::Interrupted
    } else if found || campaign.earlier().iter().any(is_there) {
        RunVerdict::Violates
    } else if let Some(error) = failed {
        match error.blame() {
            Blame::Client => RunVerdict::Unjudged,
            Blame::Machine => RunVerdict::Machine,
            Blame::Harness => RunVerdict::HarnessError,
        }
    } else if campaign.is_unsupported() {
        RunVerdict::NotExercised
    } else if campaign.has_begun() {
        RunVerdict::Conforms
    } else {
        RunVerdict::Unjudged
    }
}

/// What earlier campaigns have kept in a folder.
fn earlier(folder: &Path) -> Result<Vec<Arc<Scenario>>, String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = input::read_text(&path, MOST_BYTES)?;
        let scenario = Scenario::from_toml(&text).map_err(|error| files::place(&path, &error))?;
        Ok(Arc::new(scenario))
    };
    paths.into_iter().map(read).collect()
}

/// Writes what was found into the folder, which is made if there is something.
fn keep(fuzz: &Fuzz, campaign: &Campaign) -> Result<(), String> {
    if campaign.finds().is_empty() {
        return Ok(());
    }
    let folder = Folder::open(&fuzz.finds)?;
    campaign.finds().iter().try_for_each(|find| {
        folder.replace(&format!("{}.toml", find.name()), find.to_toml().as_bytes())
    })
}

fn path_of(fuzz: &Fuzz, find: &Find) -> String {
    fuzz.finds.join(format!("{}.toml", find.name())).display().to_string()
}

fn tell(fuzz: &Fuzz, campaign: &Campaign, elapsed: Duration, out: &mut Screen) -> io::Result<()> {
    for Earlier { scenario, is_mended, .. } in campaign.earlier() {
        let state = match is_mended {
            Some(true) => "mended",
            Some(false) => "still there",
            None => "not played",
        };
        writeln!(out, "{state}: {}: {}", scenario.id, scenario.summary)?;
    }
    for find in campaign.finds() {
        tell_find(fuzz, find, out)?;
    }
    let Progress { runs, explored, behaviours, finds, .. } = campaign.progress();
    let seconds = elapsed.as_secs_f64();
    let rate = if seconds > 0.0 {
        f64::from(u32::try_from(runs).unwrap_or(u32::MAX)) / seconds
    } else {
        0.0
    };
    writeln!(
        out,
        "{finds} found in {runs} runs of {explored} setups, {behaviours} kinds of behaviour, {seconds:.0} s, \
         {rate:.0} runs/s"
    )
}

/// A find as `run` reports it, and how far it is from a setup that the client masters.
fn tell_find(fuzz: &Fuzz, find: &Find, out: &mut Screen) -> io::Result<()> {
    let scenario = find.scenario.id.clone();
    let run = slicecheck::results::Run {
        command: fuzz.client.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        seed: fuzz.seed,
        replay_options: replay_options(fuzz),
        case: Some(Case { scenario, path: path_of(fuzz, find) }),
        ..slicecheck::results::Run::default()
    };
    let judged = vec![find.judged.clone()];
    let results =
        Results::resolve(run, Terms::default(), RunEnd::Complete, judged, NonZeroUsize::MIN);
    let view =
        View { show_secrets: fuzz.show_secrets, width: width::of(io::stdout()), ..View::default() };
    terminal::write_rule_alone(&results, &find.cause.rule, view, out.document())?;
    writeln!(out, "  differs from a situation that it masters in")?;
    for deviation in find.judged.judged.iter().flat_map(|judged| &judged.deviations) {
        writeln!(out, "    {}", deviation.what)?;
    }
    if !find.is_steady {
        writeln!(
            out,
            "  unsteady  it was not found each time that it was tried: no verdict rests on it"
        )?;
    }
    if let Some(id) = &find.shown_by {
        writeln!(out, "  shown by  run -s {id}")?;
    }
    if find.others > 0 {
        writeln!(out, "  others    {} more setups came down to the same", find.others)?;
    }
    if fuzz.export_scenario {
        let Scenario { id, summary, setup, .. } = find.scenario.as_ref();
        writeln!(out, "  entry     {id:?}, {summary:?}")?;
        for line in format!("{setup:#?}").lines() {
            writeln!(out, "    {line}")?;
        }
    }
    writeln!(out)
}

fn replay_options(fuzz: &Fuzz) -> Vec<String> {
    let mut options = Vec::new();
    if fuzz.driver {
        options.push("--driver".to_owned());
    }
    let via = match fuzz.via {
        Via::Endpoint => None,
        Via::Proxy => Some("proxy"),
        Via::Hosts => Some("hosts"),
    };
    if let Some(via) = via {
        options.extend(["--via".to_owned(), via.to_owned()]);
    }
    let deadline = humantime::format_duration(fuzz.deadline).to_string().replace(' ', "");
    options.extend(["--deadline".to_owned(), deadline]);
    options
}

impl Player<'_, '_> {
    /// Plays the built-in client, in memory; says whether it was interrupted.
    fn play_in_memory(&mut self, seed: u64, signals: &Signals) -> bool {
        let interrupted = Arc::new(AtomicBool::new(false));
        let signalled = Arc::clone(&interrupted);
        signals.tell(move || !signalled.swap(true, Ordering::Relaxed));
        while !interrupted.load(Ordering::Relaxed)
            && let Some(scenario) = self.next()
        {
            let transcript = Simulation::new(&scenario, seed).play(&ClientPolicy::REFERENCE);
            let elapsed = transcript.outcome.as_ref().map_or(Duration::ZERO, |it| it.elapsed);
            let (stdout, stderr) = (Vec::new(), Vec::new());
            self.campaign.tell(Played { scenario, transcript, elapsed, stdout, stderr });
        }
        interrupted.load(Ordering::Relaxed)
    }

    /// Plays a program; says whether it was interrupted.
    fn play(&mut self, fuzz: &Fuzz, signals: &Signals) -> bool {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                self.failed = Some(HarnessError::no_thread(&error));
                return false;
            }
        };
        let (stop, stopped) = oneshot::channel::<()>();
        signals.tell(move || stop.send(()).is_ok());
        harness::dedicate_process();
        let command = fuzz.client.clone();
        let subject =
            if fuzz.driver { Subject::Driver(command) } else { Subject::Command(command) };
        let via = match fuzz.via.open() {
            Ok(via) => via,
            Err(error) => {
                self.failed = Some(error);
                return false;
            }
        };
        let options = Options {
            jobs: fuzz.jobs.unwrap_or_else(|| available_parallelism().unwrap_or(NonZeroUsize::MIN)),
            deadline: fuzz.deadline,
            patience: None,
            via,
            tls: None,
            seed: fuzz.seed,
            introduction: Introduction::default(),
        };
        let until = self.until;
        let end = async move {
            match until {
                Some(time) => tokio::time::sleep(time + time.max(ENDING)).await,
                None => std::future::pending().await,
            }
        };
        let is_interrupted = runtime.block_on(async {
            tokio::select! {
                () = play_list(self, &subject, &options) => false,
                // What is not small or compared by now is told as it is.
                () = end => false,
                _ = stopped => true,
            }
        });
        runtime.shutdown_background();
        is_interrupted
    }

    fn tell_progress(&mut self) {
        let pause = if self.is_terminal { OFTEN } else { RARELY };
        if self.told.elapsed() < pause {
            return;
        }
        self.told = Instant::now();
        let Progress { runs, behaviours, finds, is_ending, .. } = self.campaign.progress();
        let millis = self.begun.elapsed().as_millis().max(1);
        let rate = u128::try_from(runs).unwrap_or(u128::MAX).saturating_mul(1000) / millis;
        let ending = if is_ending { ", making finds smaller" } else { "" };
        let line = format!(
            "{runs} runs, {rate}/s, {behaviours} kinds of behaviour, {finds} finds{ending}"
        );
        // A terminal that is gone is no reason to stop.
        let _ = if self.is_terminal {
            self.err.replace_line(format_args!("{line}"))
        } else {
            writeln!(self.err, "{line}")
        };
    }
}

impl Playlist for Player<'_, '_> {
    fn next(&mut self) -> Option<Arc<Scenario>> {
        if self.until.is_some_and(|time| self.begun.elapsed() >= time) {
            self.campaign.stop_exploring();
        }
        self.tell_progress();
        // Who cannot be used for one scenario cannot be used for another.
        if self.failed.is_some() { None } else { self.campaign.poll() }
    }

    fn ended(&mut self, run: Run) {
        let Run { scenario, result, stdout, stderr, elapsed, .. } = run;
        match result {
            Ok(transcript) => {
                self.campaign.tell(Played { scenario, transcript, elapsed, stdout, stderr });
            }
            Err(error) => {
                self.campaign.give_up(&scenario);
                self.failed.get_or_insert(error);
            }
        }
    }
}
