//! `slicecheck fuzz`.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use slicecheck::campaign::{Campaign, CampaignOptions, Earlier, Find};
use slicecheck::harness::{self, HarnessError};
use slicecheck::report::screen::Screen;
use slicecheck::results::RunVerdict;
use slicecheck::scenario::Scenario;
use slicecheck::spec::Level;

use super::files::{self, Folder};
use super::output::unless_closed;
use super::signals::Signals;
use super::{ViaOption, input, positive_duration};
use crate::exit::Exit;

mod player;
mod telling;

use player::Player;

/// How long a campaign looks for something new, if nothing is said.
const TIME: Duration = Duration::from_mins(1);
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
    /// How many setups to try, whatever time that takes; 0 plays only what was found before
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
    via: ViaOption,
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
    let plan = CampaignOptions {
        seed: fuzz.seed,
        most: fuzz.runs,
        has_feedback: true,
        compares: !fuzz.extent.skip_comparison,
        stops_at_first: fuzz.extent.stop_at_first,
    };
    let until = fuzz.runs.is_none().then(|| fuzz.time.unwrap_or(TIME));
    let mut player = Player::new(Campaign::new(plan, earlier), until, err);
    let is_interrupted = if fuzz.client.is_empty() {
        player.play_in_memory(fuzz, signals)
    } else {
        player.play(fuzz, signals)
    };
    signals.tell_nobody();
    harness::end_runs();
    let (mut campaign, elapsed, failed) = player.end();
    campaign.end();
    // Told before it is kept: a folder that cannot be written hides no find.
    let written = unless_closed(telling::tell(fuzz, &campaign, elapsed, out));
    let kept = keep(fuzz, &campaign);
    let verdict = verdict(&campaign, failed.as_ref(), is_interrupted);
    let lost: Vec<_> =
        written.err().map(|error| error.to_string()).into_iter().chain(kept.err()).collect();
    for message in &lost {
        let _ = writeln!(err, "error: {message}");
    }
    if let Some(error) = failed {
        let _ = writeln!(err, "error: {error}");
    } else if verdict == RunVerdict::Unjudged {
        let message =
            "the client completes no upload in which nothing goes wrong; judge it with `run` first";
        let _ = writeln!(err, "error: {message}");
    }
    // As of `run`: what could not be written matters where nothing else does.
    if verdict == RunVerdict::Conforms && !lost.is_empty() { Exit::Usage } else { verdict.into() }
}

fn verdict(campaign: &Campaign, failed: Option<&HarnessError>, is_interrupted: bool) -> RunVerdict {
    let is_there = |earlier: &Earlier| earlier.is_mended == Some(false);
    let found = campaign.finds().iter().any(|find| find.is_steady && find.level() == Level::Must);
    if is_interrupted {
        RunVerdict::Interrupted
    } else if found || campaign.earlier().iter().any(is_there) {
        // What was found stays found, even if the client could not be played to the end.
        RunVerdict::Violates
    } else if let Some(error) = failed {
        error.blame().into()
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
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", folder.display())),
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    // What is played first decides what comes next; folders are listed in any order.
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
