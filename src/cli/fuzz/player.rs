//! Plays the scenarios that a campaign asks for.

use std::future::pending;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use slicecheck::campaign::{self, Campaign};
use slicecheck::client::ClientPolicy;
use slicecheck::harness::{
    self, HarnessError, Introduction, Options, Playlist, Run, Subject, play_list,
};
use slicecheck::report::screen::Screen;
use slicecheck::results::Played;
use slicecheck::scenario::{Scenario, Simulation};
use tokio::sync::oneshot;

use super::Fuzz;
use crate::cli::progress::Progress;
use crate::cli::signals::Signals;

/// How much longer than that it may take to make finds smaller and to compare them, at the least.
const ENDING: Duration = Duration::from_mins(2);

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
        self.progress.end(self.err);
        (self.campaign, self.begun.elapsed(), self.failed)
    }

    /// Plays the built-in client, in memory; says whether it was interrupted.
    pub(super) fn play_in_memory(&mut self, seed: u64, signals: &Signals) -> bool {
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
    pub(super) fn play(&mut self, fuzz: &Fuzz, signals: &Signals) -> bool {
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
                None => pending().await,
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
        let campaign::Progress { runs, behaviours, finds, is_ending, .. } =
            self.campaign.progress();
        let millis = self.begun.elapsed().as_millis().max(1);
        let rate = u128::try_from(runs).unwrap_or(u128::MAX).saturating_mul(1000) / millis;
        let ending = if is_ending { ", making finds smaller" } else { "" };
        self.progress.tell(
            format_args!(
                "{runs} runs, {rate}/s, {behaviours} kinds of behaviour, {finds} finds{ending}"
            ),
            self.err,
        );
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
