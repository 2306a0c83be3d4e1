//! `slicecheck witness`.

use std::ffi::OsString;
use std::future::pending;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use slicecheck::harness::{self, HarnessError, Playlist, bytes_of_reply};
use slicecheck::report::View;
use slicecheck::report::saved::{Saved, file_name};
use slicecheck::report::screen::Screen;
use slicecheck::report::witness::Witness;
use slicecheck::results::{self, Played, RunVerdict};
use slicecheck::scenario::{Scenario, with_large_uploads};

use super::files::place;
use super::input::Links;
use super::output::{put, replacing};
use super::pattern::Pattern;
use super::playing::{self, Client};
use super::signals::Signals;
use super::{Refused, Replay, ViaOption, check, positive_duration, run, selection};
use crate::exit::Exit;

/// Options of `witness`.
#[derive(Debug, Args)]
#[command(after_help = "\
The script needs Python and nothing else. It shows the request of the gravest finding with the wrong bytes marked, what \
was expected and found, and a command line of curl; it is a service that gives the recorded replies to whoever asks.

Examples:
  slicecheck witness 1:faults/slice-code-always --out bug.py -- python3 client.py
  slicecheck witness 1:happy/one-byte -r data/length --from transcripts --out bug.py
  python3 bug.py

Exit codes: 0 it is written; 2 usage; 3 the client could not be played; 4 nothing is broken; 70 our own fault; 130 \
interrupted.")]
pub(crate) struct WitnessOptions {
    /// The scenario and its seed, as a report shows them after --replay
    token: Replay,
    /// The rule whose finding is shown; with ! before it: all others. May be repeated [default: the gravest]
    #[arg(short, long = "rule", value_name = "GLOB")]
    rules: Vec<Pattern>,
    /// Write it into this file instead of stdout, which is replaced as a whole; - is stdout
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Play nothing, but read what `run --report transcript=FOLDER` has saved
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["client", "driver", "via", "deadline", "patience"])]
    from: Option<PathBuf>,
    /// Start the client once and tell it what to do in lines of JSON on its stdin
    #[arg(long, requires = "client")]
    driver: bool,
    /// How the client finds the service: by its address, through an HTTP proxy, or by its documented name
    #[arg(long, value_name = "HOW", default_value = "endpoint")]
    via: ViaOption,
    /// How long the client may take
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = positive_duration)]
    deadline: Duration,
    /// How much longer, where a request is left without a reply
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    patience: Option<Duration>,
    /// Show signatures and keys as they are
    #[arg(long)]
    show_secrets: bool,
    /// The client and its arguments
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "from")]
    pub(crate) client: Vec<OsString>,
}

/// Plays a scenario, or reads what was played, and writes the script.
pub(crate) fn witness(
    options: &WitnessOptions,
    signals: &Signals,
    out: &mut Screen,
    err: &mut Screen,
) -> Exit {
    match write(options, signals, out) {
        Ok(exit) => exit,
        Err(refused) => refused.tell(err),
    }
}

fn write(options: &WitnessOptions, signals: &Signals, out: &mut Screen) -> Result<Exit, Refused> {
    let rules = selection::rules(&options.rules)?;
    let file = replacing(options.out.as_deref())?;
    let Saved { run, played } = match &options.from {
        Some(folder) => saved(folder, &options.token)?,
        None => match play(options, signals)? {
            Some(played) => Saved { run: info(options), played },
            None => return Ok(RunVerdict::Interrupted.into()),
        },
    };
    let replies = played.transcript.exchanges.iter().map(bytes_of_reply).collect();
    let judged = played.judge();
    let witness = Witness { run: &run, played: &played, judged: &judged, replies };
    let is_chosen = |id: &str| rules.as_ref().is_none_or(|rules| rules.contains(&id));
    let view = View { show_secrets: options.show_secrets, ..View::default() };
    let mut text = Vec::new();
    let is_found =
        witness.write(is_chosen, view, compressed, &mut text).map_err(|error| error.to_string())?;
    if !is_found {
        let message = format!("nothing is broken in {}: there is nothing to show", judged.id());
        return Err(Refused { exit: Exit::NotExercised, message });
    }
    put(&text, file, out)?;
    Ok(Exit::Shown)
}

/// In zlib's format, which Python reads.
fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("a vector takes all bytes");
    encoder.finish().expect("a vector takes all bytes")
}

/// What a folder has of a scenario, if it is of this seed.
fn saved(folder: &Path, token: &Replay) -> Result<Saved, Refused> {
    let path = folder.join(file_name(&token.scenario));
    let saved = check::read(&path, Links::Refused)?;
    let found = saved.run.replay_token(&saved.played.scenario.id);
    let asked = format!("{}:{}", token.seed, token.scenario);
    if found != asked {
        return Err(place(&path, &format!("of {found}, not of {asked}")).into());
    }
    Ok(saved)
}

/// The run, as a report on it would name it.
fn info(options: &WitnessOptions) -> results::Run {
    let mut replay_options = Vec::new();
    if options.driver {
        replay_options.push("--driver".to_owned());
    }
    replay_options.extend(options.via.replay_options());
    let deadline = Some(options.deadline).filter(|time| *time != Duration::from_secs(30));
    for (name, time) in [("--deadline", deadline), ("--patience", options.patience)] {
        replay_options
            .extend(time.into_iter().flat_map(|time| [name.to_owned(), run::in_one_word(time)]));
    }
    let words = options.client.iter().map(|word| word.to_string_lossy().into_owned());
    results::Run {
        command: words.collect(),
        seed: options.token.seed,
        replay_options,
        ..results::Run::default()
    }
}

/// What was played; `None` if a signal was first.
fn play(options: &WitnessOptions, signals: &Signals) -> Result<Option<Played>, Refused> {
    let mut all = with_large_uploads();
    let scenario = all.find(|scenario| scenario.id == options.token.scenario).cloned();
    if scenario.as_ref().is_some_and(|scenario| scenario.needs_tls()) {
        let message = "what is only played over TLS is not played here: keep it with \
                       run --tls --report transcript=FOLDER, and give --from FOLDER";
        return Err(message.to_owned().into());
    }
    let mut single = Single { scenario, played: None };
    let client = Client {
        command: &options.client,
        driver: options.driver,
        via: options.via,
        deadline: options.deadline,
        patience: options.patience,
        jobs: None,
        seed: options.token.seed,
    };
    let is_interrupted = playing::play(&mut single, &client, pending(), signals);
    signals.tell_nobody();
    harness::end_runs();
    if is_interrupted.map_err(|error| unplayed(&error))? {
        return Ok(None);
    }
    single.played.transpose().map_err(|error| unplayed(&error))
}

fn unplayed(error: &HarnessError) -> Refused {
    Refused { exit: RunVerdict::from(error.blame()).into(), message: error.to_string() }
}

/// One scenario that is played once.
struct Single {
    scenario: Option<Arc<Scenario>>,
    played: Option<Result<Played, HarnessError>>,
}

impl Playlist for Single {
    fn next(&mut self) -> Option<Arc<Scenario>> {
        self.scenario.take()
    }

    fn ended(&mut self, run: harness::Run) {
        let harness::Run { scenario, result, stdout, stderr, elapsed, .. } = run;
        self.played =
            Some(result.map(|transcript| Played { scenario, transcript, elapsed, stdout, stderr }));
    }
}
