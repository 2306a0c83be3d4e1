//! Plays the scenarios that a campaign asks for.

use std::future::pending;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use slicecheck::campaign::{self, Campaign};
use slicecheck::client::ClientPolicy;
use slicecheck::harness::{HarnessError, Playlist, Run};
use slicecheck::report::screen::Screen;
use slicecheck::results::{Judged, Played};
use slicecheck::scenario::{Scenario, Simulation};

use super::Fuzz;
use crate::cli::playing::{self, Client};
use crate::cli::progress::Progress;
use crate::cli::signals::Signals;

/// How much longer than that it may take to make finds smaller and to compare them, at the least.
const ENDING: Duration = Duration::from_mins(2);

/// How many scenarios are played in memory before what came of them is told: however many are played at a time, so
/// that what comes next never depends on that.
const BATCH: usize = 32;

/// A campaign that is being played.
pub(super) struct Player<'a, 'b> {
    campaign: Campaign,
    begun: Instant,
    /// When nothing new is tried any more.
    until: Option<Duration>,
    progress: Progress,
    /// Why a scenario could not be played.
    failed: Option<HarnessError>,
    err: &'a mut Screen<'b>,
}

impl<'a, 'b> Player<'a, 'b> {
    pub(super) fn new(
        campaign: Campaign,
        until: Option<Duration>,
        err: &'a mut Screen<'b>,
    ) -> Self {
        let progress = Progress::new(false);
        Self { campaign, begun: Instant::now(), until, progress, failed: None, err }
    }

    /// The campaign, how long it was played, and why it could not be played further, if it could not.
    pub(super) fn end(self) -> (Campaign, Duration, Option<HarnessError>) {
        self.progress.end();
        (self.campaign, self.begun.elapsed(), self.failed)
    }

    /// Plays the built-in client, in memory; says whether it was interrupted.
    pub(super) fn play_in_memory(&mut self, fuzz: &Fuzz, signals: &Signals) -> bool {
        let seed = fuzz.seed;
        let jobs = fuzz.jobs.or_else(|| available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let interrupted = Arc::new(AtomicBool::new(false));
        let signalled = Arc::clone(&interrupted);
        signals.tell(move || !signalled.swap(true, Ordering::Relaxed));
        while !interrupted.load(Ordering::Relaxed) {
            let batch: Vec<_> = std::iter::from_fn(|| self.next()).take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            for (played, judged) in in_memory(&batch, jobs, seed) {
                self.campaign.tell_judged(played, judged);
            }
        }
        interrupted.load(Ordering::Relaxed)
    }

    /// Plays a program; says whether it was interrupted.
    pub(super) fn play(&mut self, fuzz: &Fuzz, signals: &Signals) -> bool {
        let client = Client {
            command: &fuzz.client,
            driver: fuzz.driver,
            via: fuzz.via,
            deadline: fuzz.deadline,
            patience: None,
            jobs: fuzz.jobs,
            seed: fuzz.seed,
        };
        let until = self.until;
        let end = async move {
            match until {
                // What is not small or compared by then is told as it is.
                Some(time) => tokio::time::sleep(time + time.max(ENDING)).await,
                None => pending().await,
            }
        };
        playing::play(self, &client, end, signals).unwrap_or_else(|error| {
            self.failed = Some(error);
            false
        })
    }

    fn tell_progress(&mut self) {
        let campaign::Progress { runs, behaviours, finds, is_ending, .. } =
            self.campaign.progress();
        let millis = self.begun.elapsed().as_millis().max(1);
        let rate = u128::try_from(runs).unwrap_or(u128::MAX).saturating_mul(1000) / millis;
        let ending = if is_ending { ", making finds smaller" } else { "" };
        self.progress.tell(
            None,
            format_args!(
                "{runs} runs, {rate}/s, {behaviours} kinds of behaviour, {finds} finds{ending}"
            ),
            self.err,
        );
    }
}

/// Plays these scenarios and judges them, so many at a time, and tells of them in their order.
fn in_memory(batch: &[Arc<Scenario>], jobs: usize, seed: u64) -> Vec<(Played, Judged)> {
    let play = |scenario: &Arc<Scenario>| {
        let transcript = Simulation::new(scenario, seed).play(&ClientPolicy::REFERENCE);
        let judged = Judged::new(&transcript);
        let elapsed = transcript.outcome.as_ref().map_or(Duration::ZERO, |it| it.elapsed);
        let (scenario, stdout, stderr) = (Arc::clone(scenario), Vec::new(), Vec::new());
        (Played { scenario, transcript, elapsed, stdout, stderr }, judged)
    };
    let share = batch.len().div_ceil(jobs.max(1)).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = batch
            .chunks(share)
            .map(|share| scope.spawn(move || share.iter().map(play).collect::<Vec<_>>()))
            .collect();
        let ended = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        ended.flatten().collect()
    })
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
