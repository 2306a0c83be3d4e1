//! `slicecheck fingerprint`.

use std::ffi::OsString;
use std::future::pending;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use slicecheck::fingerprint::{self, Fingerprint, Survey, Unusable};
use slicecheck::harness::{self, HarnessError, Playlist, Run};
use slicecheck::report;
use slicecheck::report::screen::Screen;
use slicecheck::results::RunVerdict;
use slicecheck::scenario::Scenario;

use super::files::Output;
use super::output::{put, replacing};
use super::playing::{self, Client};
use super::progress::{Done, Progress};
use super::signals::Signals;
use super::{ViaOption, positive_duration};
use crate::exit::Exit;

/// How long a client is left without any reply to its slices, while it is counted how many it sends.
const SILENCE: Duration = Duration::from_secs(2);

/// Options of `fingerprint`.
#[derive(Debug, Args)]
#[command(after_help = "\
The client is started as by `run`, some 70 times; without a command, it is the built-in reference client. One at a \
time, as others would add to the pauses that are measured. What differs from run to run is left out: pauses are told \
by ranges, and of boundaries and signatures the form.

Examples:
  slicecheck fingerprint -- python3 client.py
  slicecheck fingerprint --out before.toml -- ./client-1.4
  slicecheck fingerprint -- ./client-1.5 | diff before.toml -

Exit codes: 0 it is written; 2 usage; 3 the client does not complete an upload in which nothing goes wrong; 4 it does \
not support it; 70 our own fault; 130 interrupted.")]
pub(crate) struct FingerprintOptions {
    /// Write it into this file instead, which is replaced as a whole; - is stdout
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Add the times that were measured: they differ from run to run
    #[arg(long)]
    spread: bool,
    /// How many scenarios run at a time
    #[arg(short, long, value_name = "NUMBER", default_value = "1")]
    jobs: NonZeroUsize,
    /// How long the client may take for a scenario
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = positive_duration)]
    deadline: Duration,
    /// Start the client once and tell it what to do in lines of JSON on its stdin
    #[arg(long, requires = "client")]
    driver: bool,
    /// How the client finds the service: by its address, through an HTTP proxy, or by its documented name
    #[arg(long, value_name = "HOW", default_value = "endpoint")]
    via: ViaOption,
    /// Where contents and credentials come from
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// The client and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) client: Vec<OsString>,
}

/// Plays the client and writes its habits.
pub(crate) fn fingerprint(
    options: &FingerprintOptions,
    signals: &Signals,
    out: &mut Screen,
    err: &mut Screen,
) -> Exit {
    // Tried first: nobody waits for some 70 uploads whose result cannot be written.
    let file = match replacing(options.out.as_deref()) {
        Ok(file) => file,
        Err(message) => return tell(err, &message, Exit::Usage),
    };
    let mut player = Player {
        survey: Survey::default(),
        progress: Progress::new(false),
        failed: None,
        err: &mut *err,
    };
    let client = Client {
        command: &options.client,
        driver: options.driver,
        via: options.via,
        deadline: options.deadline,
        patience: Some(SILENCE),
        jobs: Some(options.jobs),
        seed: options.seed,
    };
    let ending = playing::play(&mut player, &client, pending(), signals);
    signals.tell_nobody();
    harness::end_runs();
    let (found, failed) = player.end();
    let is_interrupted = match (ending, failed) {
        (Err(error), _) | (_, Some(error)) => {
            return tell(err, &error, RunVerdict::from(error.blame()).into());
        }
        (Ok(is_interrupted), None) => is_interrupted,
    };
    if is_interrupted {
        return RunVerdict::Interrupted.into();
    }
    match found {
        Ok(found) => match write(&found, options.spread, file, out) {
            Ok(()) => Exit::Shown,
            Err(message) => tell(err, &message, Exit::Usage),
        },
        Err(Unusable::Unsupported) => {
            tell(err, &Unusable::Unsupported, RunVerdict::NotExercised.into())
        }
        Err(unusable) => tell(err, &unusable, RunVerdict::Unjudged.into()),
    }
}

fn write(
    found: &Fingerprint,
    spread: bool,
    file: Option<Output>,
    out: &mut Screen,
) -> Result<(), String> {
    let mut text = Vec::new();
    report::fingerprint::write(found, spread, &mut text).map_err(|error| error.to_string())?;
    put(&text, file, out)
}

fn tell(err: &mut Screen, message: &dyn std::fmt::Display, exit: Exit) -> Exit {
    // Nothing is left to tell it to, should this fail.
    let _ = writeln!(err, "error: {message}");
    exit
}

/// A survey that is being played.
struct Player<'a, 'b> {
    survey: Survey,
    progress: Progress,
    /// Why a scenario could not be played.
    failed: Option<HarnessError>,
    err: &'a mut Screen<'b>,
}

impl Player<'_, '_> {
    fn end(self) -> (Result<Fingerprint, Unusable>, Option<HarnessError>) {
        self.progress.end();
        (self.survey.end(), self.failed)
    }
}

impl Playlist for Player<'_, '_> {
    fn next(&mut self) -> Option<Arc<Scenario>> {
        // Who cannot be used for one scenario cannot be used for another.
        if self.failed.is_some() { None } else { self.survey.poll() }
    }

    fn ended(&mut self, run: Run) {
        match run.result {
            Ok(transcript) => self.survey.tell(&run.scenario, &transcript),
            Err(error) => {
                self.failed.get_or_insert(error);
            }
        }
        let fingerprint::Progress { answered, all } = self.survey.progress();
        let done = Done { number: answered, all };
        self.progress.tell(Some(done), format_args!("{}", run.scenario.id), self.err);
    }
}
