//! Plays the scenarios that a campaign asks for.

use std::collections::VecDeque;
use std::future::pending;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
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

/// How many scenarios are asked for in memory before what came of the first of them is told: however many are played
/// at a time, so that what comes next never depends on that.
const AHEAD: usize = 32;

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
        // More would never have anything to do.
        let jobs = jobs.min(AHEAD);
        let interrupted = Arc::new(AtomicBool::new(false));
        let signalled = Arc::clone(&interrupted);
        signals.tell(move || !signalled.swap(true, Ordering::Relaxed));
        std::thread::scope(|scope| {
            let (asked, to_play) = mpsc::channel();
            let to_play = Arc::new(Mutex::new(to_play));
            for _ in 0..jobs {
                let to_play = Arc::clone(&to_play);
                scope.spawn(move || play_each(&to_play, seed));
            }
            let mut ahead = VecDeque::new();
            while !interrupted.load(Ordering::Relaxed) {
                while ahead.len() < AHEAD
                    && let Some(scenario) = self.next()
                {
                    // With room for it, so that nobody who plays waits for whoever asked.
                    let (tell, told) = mpsc::sync_channel(1);
                    // Only those that play could have ended it.
                    let _ = asked.send((scenario, tell));
                    ahead.push_back(told);
                }
                // In the order in which they were asked for, whichever ends first: the seed alone
                // decides.
                let Some(told) = ahead.pop_front() else { break };
                // One who panicked tells nothing; the scope says so at its end.
                let Ok((played, judged)) = told.recv() else { break };
                self.campaign.tell_judged(played, judged);
            }
        });
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

/// A scenario, and who is told what came of it.
type Asked = (Arc<Scenario>, SyncSender<(Played, Judged)>);

/// Plays scenarios in memory and judges them, one after the other, until nobody asks any more.
fn play_each(to_play: &Mutex<Receiver<Asked>>, seed: u64) {
    loop {
        // One waits for the channel, the others for the lock: whoever is free takes the next one.
        let next = to_play.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((scenario, tell)) = next else { return };
        let transcript = Simulation::new(&scenario, seed).play(&ClientPolicy::REFERENCE);
        let judged = Judged::new(&transcript);
        let elapsed = transcript.outcome.as_ref().map_or(Duration::ZERO, |it| it.elapsed);
        let (stdout, stderr) = (Vec::new(), Vec::new());
        // Where it was interrupted, nobody listens.
        let _ = tell.send((Played { scenario, transcript, elapsed, stdout, stderr }, judged));
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
