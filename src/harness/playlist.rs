use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::subject::Subject;
use super::wiremock::Responder;
use super::{MemoryPermit, Options, Run, perform};
use crate::scenario::Scenario;

/// Who says which scenario is played next, while others run.
pub trait Playlist {
    /// The next one; `None` if there is none before another has ended, or none any more.
    fn next(&mut self) -> Option<Arc<Scenario>>;

    /// Takes in what came of one.
    fn ended(&mut self, run: Run);
}

/// Plays scenarios, [`Options::jobs`] at a time, until there is none any more and the last one has ended.
///
/// Requests are answered without wiremock. Dropping the future kills the process groups of all programs that run.
pub async fn play_list(playlist: &mut impl Playlist, subject: &Subject, options: &Options) {
    let client = subject.attach(options);
    let mut running = FuturesUnordered::new();
    loop {
        // Asked only when it can be played at once: what comes next may depend on all that has ended.
        while running.len() < options.jobs.get()
            && let Some(scenario) = playlist.next()
        {
            let share = MemoryPermit::default();
            running.push(perform(scenario, &*client, options, Responder::Service, None, share));
        }
        match running.next().await {
            Some(run) => playlist.ended(run),
            None => break,
        }
    }
    drop(running);
    client.close().await;
}
